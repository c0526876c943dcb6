/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "flash/place.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"
#include "inspect/vectors.h"
#include "loader/layout.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool names_region(const struct ub_region *region, const char *word)
{
    uint64_t number;
    if (ub_parse_number(word, UINT8_MAX, &number))
        return region->alt == number;
    return ub_same_word(region->name, word);
}

static const struct ub_region *region_named(const struct ub_target *target, const char *word)
{
    for (size_t i = 0; i < target->region_count; i++)
        if (names_region(&target->regions[i], word))
            return &target->regions[i];
    return NULL;
}

static enum ub_code fail_no_region(const char *word, struct ub_error *err)
{
    return ub_fail(err, UB_USE_OPTION, "the device has no region \"%s\" (see unbrick info)", word);
}

static const struct ub_region *region_of_alt(const struct ub_target *target, int alt)
{
    for (size_t i = 0; i < target->region_count; i++)
        if (target->regions[i].alt == alt)
            return &target->regions[i];
    return NULL;
}

/** The kinds that need a name, or that nothing may be written to. */
static bool is_guarded(const struct ub_region *region)
{
    return region && region->kind != UB_REGION_FLASH && region->kind != UB_REGION_STREAM;
}

/** Of several that have the address, one that is guarded. */
static const struct ub_region *region_of_address(const struct ub_target *target, uint64_t address)
{
    const struct ub_region *found = NULL;
    for (size_t i = 0; i < target->region_count; i++)
        if (ub_region_reach(&target->regions[i], address, 0) > 0 &&
            (!found || (is_guarded(&target->regions[i]) && !is_guarded(found))))
            found = &target->regions[i];
    return found;
}

/** "0x08000000-0x080fffff, ..." for messages. */
static void list_ranges(const struct ub_target *target, char *text, size_t size)
{
    text[0] = '\0';
    for (size_t i = 0; target->regions && i < target->region_count; i++) {
        const struct ub_region *region = &target->regions[i];
        for (size_t r = 0; r < region->run_count;) {
            uint64_t start = region->runs[r].address;
            uint64_t length = ub_region_reach(region, start, 0);
            ub_append(text, size, "%s0x%08" PRIx64 "-0x%08" PRIx64 " (%s)", text[0] ? ", " : "",
                      start, start + length - 1, region->name);
            while (r < region->run_count && region->runs[r].address < start + length)
                r++;
        }
    }
}

static enum ub_code fail_outside(const struct ub_target *target, uint64_t address,
                                 struct ub_error *err)
{
    char ranges[UB_ERROR_TEXT];
    list_ranges(target, ranges, sizeof(ranges));
    (void)ub_fail(err, UB_MEM_OUTSIDE, "address 0x%08" PRIx64 " is outside the device's memory",
                  address);
    (void)ub_wrap(err, UB_MEM_OUTSIDE, "the device has %s", ranges);
    return UB_MEM_OUTSIDE;
}

/** May this person's command write a region of that kind? */
static enum ub_code check_kind(const struct ub_region *region,
                               const struct ub_flash_options *options, struct ub_error *err)
{
    switch (region->kind) {
    case UB_REGION_FLASH:
    case UB_REGION_STREAM:
        return UB_OK;
    case UB_REGION_OPTION:
        if (options->write_option_bytes)
            return UB_OK;
        return ub_fail(err, UB_MEM_IRREVERSIBLE,
                       "\"%s\" holds option bytes: a wrong value can lock the device for ever "
                       "(named by --write-option-bytes)",
                       region->name);
    case UB_REGION_OTP:
        if (options->write_otp)
            return UB_OK;
        return ub_fail(err, UB_MEM_IRREVERSIBLE,
                       "\"%s\" can be programmed once and never erased (named by --write-otp)",
                       region->name);
    case UB_REGION_OTHER:
        break;
    }
    return ub_fail(err, UB_MEM_READ_ONLY, "\"%s\" is not memory for firmware", region->name);
}

static bool overlaps(const struct ub_region *region, uint64_t address, uint64_t end)
{
    for (size_t i = 0; i < region->run_count; i++)
        if (region->runs[i].address < end && address < ub_run_end(&region->runs[i]))
            return true;
    return false;
}

bool ub_place_is_guarded(const struct ub_target *target, uint64_t address, uint64_t length)
{
    uint64_t end;
    if (!ub_add_u64(address, length, &end))
        end = UINT64_MAX;
    for (size_t i = 0; i < target->region_count; i++)
        if (is_guarded(&target->regions[i]) && overlaps(&target->regions[i], address, end))
            return true;
    return false;
}

/**
 * A memory map is what a stranger says: one alternate setting may call flash what another calls
 * option bytes. Where they overlap the strictest kind holds, over all of the sectors touched.
 */
static enum ub_code check_shared(const struct ub_target *target, const struct ub_piece *piece,
                                 const struct ub_flash_options *options, struct ub_error *err)
{
    struct ub_sector sector;
    uint64_t start = piece->address;
    uint64_t end;
    if (!ub_add_u64(start, piece->length, &end))
        end = UINT64_MAX;
    if (ub_region_sector(piece->region, start, &sector))
        start = sector.address;
    if (piece->length && ub_region_sector(piece->region, end - 1, &sector))
        end = sector.address + sector.size;
    enum ub_code code = UB_OK;
    for (size_t i = 0; !code && i < target->region_count; i++) {
        const struct ub_region *other = &target->regions[i];
        if (other != piece->region && is_guarded(other) && overlaps(other, start, end))
            code = check_kind(other, options, err);
    }
    if (!code)
        return UB_OK;
    return ub_wrap(err, code,
                   "what lies at 0x%08" PRIx64 " the device counts to \"%s\" and to another "
                   "memory as well",
                   piece->address, piece->region->name);
}

/** Checks one piece against its region: inside, writable, of a kind that may be written. */
static enum ub_code check_piece(const struct ub_target *target, const struct ub_piece *piece,
                                unsigned rights, const struct ub_flash_options *options,
                                struct ub_error *err)
{
    const struct ub_region *region = piece->region;
    enum ub_code code = check_kind(region, options, err);
    if (code || region->kind == UB_REGION_STREAM)
        return code;
    code = check_shared(target, piece, options, err);
    if (code)
        return code;
    uint64_t reach = ub_region_reach(region, piece->address, 0);
    if (reach == 0)
        return fail_outside(target, piece->address, err);
    if (reach < piece->length)
        return ub_fail(err, UB_IMG_DOES_NOT_FIT,
                       "%" PRIu64 " bytes at 0x%08" PRIx64 " do not fit: \"%s\" has %" PRIu64
                       " bytes from there on",
                       piece->length, piece->address, region->name, reach);
    uint64_t allowed = ub_region_reach(region, piece->address, rights);
    if (allowed < piece->length)
        return ub_fail(err, rights & UB_CAN_WRITE ? UB_MEM_READ_ONLY : UB_MEM_NOT_ERASABLE,
                       "0x%08" PRIx64 " in \"%s\" cannot be %s", piece->address + allowed,
                       region->name, rights & UB_CAN_WRITE ? "written" : "erased");
    return UB_OK;
}

static const struct ub_region *first_region(const struct ub_target *target,
                                            enum ub_region_kind kind)
{
    for (size_t i = 0; i < target->region_count; i++)
        if (target->regions[i].kind == kind)
            return &target->regions[i];
    return NULL;
}

/** The address for a segment that has none: --at, else where its vector table says, else an error.
 */
static enum ub_code find_address(const struct ub_target *target,
                                 const struct ub_image_segment *segment,
                                 const struct ub_flash_options *options, uint64_t *address,
                                 bool *by_vectors, struct ub_error *err)
{
    if (options->has_at) {
        *address = options->at;
        return UB_OK;
    }
    const struct ub_region *flash = first_region(target, UB_REGION_FLASH);
    uint64_t start = target->family->has_boot_address ? target->family->boot_address
                     : flash                          ? flash->runs[0].address
                                                      : 0;
    if (flash && ub_vectors_fit(segment->data, segment->length, start)) {
        *address = start;
        *by_vectors = true;
        return UB_OK;
    }
    return ub_fail(err, UB_IMG_NO_ADDRESS,
                   "the file carries no address, and nothing in it says that it belongs at the "
                   "start of the flash (0x%08" PRIx64 ")",
                   start);
}

static enum ub_code place_segment(const struct ub_target *target,
                                  const struct ub_image_segment *segment,
                                  const struct ub_flash_options *options, struct ub_piece *piece,
                                  bool *by_vectors, struct ub_error *err)
{
    piece->data = segment->data;
    piece->length = segment->length;
    piece->address = segment->address;
    if (!segment->has_address) {
        enum ub_code code = find_address(target, segment, options, &piece->address, by_vectors,
                                         err);
        if (code)
            return code;
    }
    piece->region = segment->alt >= 0 ? region_of_alt(target, segment->alt)
                    : options->region ? region_named(target, options->region)
                                      : region_of_address(target, piece->address);
    if (!piece->region && segment->alt >= 0)
        return ub_fail(err, UB_IMG_WRONG_TARGET,
                       "the file has a part for alternate setting %d, which this device lacks",
                       segment->alt);
    if (!piece->region && options->region)
        return fail_no_region(options->region, err);
    if (!piece->region)
        return fail_outside(target, piece->address, err);
    return check_piece(target, piece, UB_CAN_WRITE, options, err);
}

static int by_place(const void *a, const void *b)
{
    const struct ub_piece *x = a;
    const struct ub_piece *y = b;
    if (x->region != y->region)
        return x->region->alt < y->region->alt ? -1 : 1;
    return (x->address > y->address) - (x->address < y->address);
}

static enum ub_code check_overlap(const struct ub_placement *placement, struct ub_error *err)
{
    for (size_t i = 1; i < placement->count; i++) {
        const struct ub_piece *before = &placement->pieces[i - 1];
        const struct ub_piece *piece = &placement->pieces[i];
        if (before->region == piece->region && before->address + before->length > piece->address)
            return ub_fail(err, UB_IMG_OVERLAP, "two parts of the image want 0x%08" PRIx64,
                           piece->address);
    }
    return UB_OK;
}

/** Plain DFU: one stream, no addresses. */
static enum ub_code place_stream(const struct ub_target *target, const struct ub_image *image,
                                 const struct ub_flash_options *options, struct ub_placement *out,
                                 struct ub_error *err)
{
    struct ub_piece *piece = &out->pieces[0];
    struct ub_image_segment segment;
    if (options->has_at)
        return ub_fail(err, UB_USE_CONFLICT,
                       "this device takes a stream without addresses, so --at has no meaning");
    size_t index = 0;
    for (size_t i = 0; options->region && ub_image_segment(image, i, &segment); i++)
        if (segment.alt >= 0 && region_of_alt(target, segment.alt) &&
            names_region(region_of_alt(target, segment.alt), options->region))
            index = i;
    if ((image->segment_count != 1 && !options->region) ||
        !ub_image_segment(image, index, &segment))
        return ub_fail(err, UB_IMG_DOES_NOT_FIT,
                       "there are %zu separate parts, and the device takes one stream at a time: "
                       "name its memory with --region",
                       image->segment_count);
    size_t streams = 0;
    for (size_t i = 0; i < target->region_count; i++)
        streams += target->regions[i].kind == UB_REGION_STREAM;
    piece->region = segment.alt >= 0  ? region_of_alt(target, segment.alt)
                    : options->region ? region_named(target, options->region)
                    : streams == 1    ? first_region(target, UB_REGION_STREAM)
                                      : NULL;
    if (!piece->region && segment.alt >= 0)
        return ub_fail(err, UB_IMG_WRONG_TARGET,
                       "the file is for alternate setting %d, which this device lacks",
                       segment.alt);
    if (!piece->region && options->region)
        return fail_no_region(options->region, err);
    if (!piece->region)
        return ub_fail(err, UB_USE_OPTION,
                       "the device has %zu memories; name one with --region (see unbrick info)",
                       streams);
    out->addresses_dropped = segment.has_address;
    piece->address = 0;
    piece->data = segment.data;
    piece->length = segment.length;
    return UB_OK;
}

static enum ub_code check_at(const struct ub_image *image, const struct ub_flash_options *options,
                             struct ub_error *err)
{
    const struct ub_segment *first = &image->segments[0];
    if (options->has_at && first->has_address && first->address != options->at)
        return ub_fail(err, UB_IMG_ADDRESS_CONFLICT,
                       "--at says 0x%08" PRIx64 ", the file itself says 0x%08" PRIx64, options->at,
                       first->address);
    return UB_OK;
}

/** Erasing everything touches every sector of the flash, wherever the image lies. */
static enum ub_code check_wiped(const struct ub_target *target,
                                const struct ub_flash_options *options, struct ub_error *err)
{
    enum ub_code code = UB_OK;
    for (size_t i = 0; !code && options->erase_all && i < target->region_count; i++) {
        const struct ub_region *region = &target->regions[i];
        for (size_t r = 0; !code && region->kind == UB_REGION_FLASH && r < region->run_count; r++) {
            const struct ub_piece run = {.region = region,
                                         .address = region->runs[r].address,
                                         .length = ub_run_end(&region->runs[r]) -
                                                   region->runs[r].address};
            code = check_shared(target, &run, options, err);
        }
    }
    return code;
}

static enum ub_code place_addressed(const struct ub_target *target, const struct ub_image *image,
                                    const struct ub_flash_options *options,
                                    struct ub_placement *out, struct ub_error *err)
{
    enum ub_code code = check_at(image, options, err);
    if (!code && options->region && !region_named(target, options->region))
        code = fail_no_region(options->region, err);
    if (!code)
        code = check_wiped(target, options, err);
    struct ub_image_segment segment;
    for (size_t i = 0; !code && ub_image_segment(image, i, &segment); i++) {
        code = place_segment(target, &segment, options, &out->pieces[i], &out->by_vectors, err);
        out->count = i + 1;
    }
    if (code)
        return code;
    qsort(out->pieces, out->count, sizeof(out->pieces[0]), by_place);
    return check_overlap(out, err);
}

enum ub_code ub_place_image(const struct ub_target *target, const struct ub_image *image,
                            const struct ub_flash_options *options, struct ub_placement *out,
                            struct ub_error *err)
{
    memset(out, 0, sizeof(*out));
    if (image->segment_count == 0)
        return ub_fail(err, UB_IMG_EMPTY, "the image is empty");
    out->pieces = calloc(image->segment_count, sizeof(out->pieces[0]));
    if (!out->pieces)
        return ub_fail_memory(err);
    enum ub_code code;
    if (target->caps.addressed) {
        code = place_addressed(target, image, options, out, err);
    } else {
        out->count = 1;
        code = place_stream(target, image, options, out, err);
    }
    if (code) {
        ub_placement_free(out);
        return ub_wrap(err, code, "while finding the place of %s in the device's memory",
                       image->name);
    }
    return UB_OK;
}

enum ub_code ub_place_parts(const struct ub_target *target, const struct ub_image *image,
                            struct ub_placement *out, struct ub_error *err)
{
    struct ub_image_segment segment;
    memset(out, 0, sizeof(*out));
    if (image->segment_count == 0)
        return ub_fail(err, UB_IMG_EMPTY, "the image is empty");
    out->pieces = calloc(image->segment_count, sizeof(out->pieces[0]));
    if (!out->pieces)
        return ub_fail_memory(err);
    for (size_t i = 0; ub_image_segment(image, i, &segment); i++) {
        const struct ub_region *region = region_of_alt(target, segment.alt);
        if (!region || region->kind != UB_REGION_STREAM) {
            ub_placement_free(out);
            return ub_fail(err, UB_IMG_WRONG_TARGET,
                           "there is a part for alternate setting %d, which this device lacks",
                           segment.alt);
        }
        out->pieces[out->count++] = (struct ub_piece){
            .region = region, .length = segment.length, .data = segment.data};
    }
    return UB_OK;
}

/** Reads "START-END" or "START+LENGTH". */
static bool parse_range(const char *what, uint64_t *start, uint64_t *length)
{
    char text[64];
    if (!ub_print(text, sizeof(text), "%s", what))
        return false;
    char *mark = strpbrk(text, "-+");
    if (!mark)
        return false;
    bool by_length = *mark == '+';
    *mark = '\0';
    uint64_t second;
    if (!ub_parse_number(text, UINT64_MAX / 2, start) ||
        !ub_parse_number(mark + 1, UINT64_MAX / 2, &second))
        return false;
    if (!by_length && second < *start)
        return false;
    *length = by_length ? second : second - *start + 1;
    return *length > 0;
}

static enum ub_code check_whole_sectors(const struct ub_piece *piece, struct ub_error *err)
{
    struct ub_sector first;
    struct ub_sector last;
    if (!ub_region_sector(piece->region, piece->address, &first) ||
        !ub_region_sector(piece->region, piece->address + piece->length - 1, &last))
        return ub_fail(err, UB_MEM_OUTSIDE, "the range leaves \"%s\"", piece->region->name);
    uint64_t end = last.address + last.size;
    if (first.address != piece->address || end != piece->address + piece->length)
        return ub_fail(err, UB_MEM_RANGE,
                       "only whole sectors can be erased; the sectors that this range touches are "
                       "0x%08" PRIx64 "-0x%08" PRIx64,
                       first.address, end - 1);
    return UB_OK;
}

/** One piece for each stretch of the region without a gap. */
static void blank_region(const struct ub_region *region, struct ub_placement *out)
{
    for (size_t r = 0; r < region->run_count;) {
        struct ub_piece *piece = &out->pieces[out->count++];
        piece->region = region;
        piece->address = region->runs[r].address;
        piece->length = ub_region_reach(region, piece->address, 0);
        while (r < region->run_count && region->runs[r].address < piece->address + piece->length)
            r++;
    }
}

static enum ub_code blank_range(const struct ub_target *target, const char *what,
                                struct ub_placement *out, struct ub_error *err)
{
    struct ub_piece *piece = &out->pieces[0];
    if (!parse_range(what, &piece->address, &piece->length))
        return ub_fail(err, UB_MEM_RANGE,
                       "\"%s\" is neither a region of this device nor a range START-END or "
                       "START+LENGTH",
                       what);
    piece->region = region_of_address(target, piece->address);
    if (!piece->region)
        return fail_outside(target, piece->address, err);
    out->count = 1;
    return check_whole_sectors(piece, err);
}

/** Erasing all of the program memory is one of the things that need their name, however it is put.
 */
static enum ub_code check_not_all(const struct ub_placement *placement,
                                  const struct ub_flash_options *options, struct ub_error *err)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < placement->count; i++)
        sum += placement->pieces[i].length;
    const struct ub_region *region = placement->count ? placement->pieces[0].region : NULL;
    if (!region || options->erase_all || region->kind != UB_REGION_FLASH ||
        sum < ub_region_size(region))
        return UB_OK;
    return ub_fail(err, UB_MEM_ERASE_ALL,
                   "that is all of \"%s\": erasing everything is named by --erase-all",
                   region->name);
}

static enum ub_code check_blank(const struct ub_target *target, struct ub_placement *out,
                                const struct ub_flash_options *options, struct ub_error *err)
{
    enum ub_code code = UB_OK;
    for (size_t i = 0; !code && i < out->count && out->pieces[i].region; i++)
        code = check_piece(target, &out->pieces[i], UB_CAN_ERASE, options, err);
    if (!code)
        code = check_not_all(out, options, err);
    if (code)
        ub_placement_free(out);
    return code;
}

enum ub_code ub_place_region_blank(const struct ub_target *target, const struct ub_region *region,
                                   const struct ub_flash_options *options, struct ub_placement *out,
                                   struct ub_error *err)
{
    memset(out, 0, sizeof(*out));
    out->pieces = calloc(region->run_count + 1, sizeof(out->pieces[0]));
    if (!out->pieces)
        return ub_fail_memory(err);
    blank_region(region, out);
    return check_blank(target, out, options, err);
}

enum ub_code ub_place_blank(const struct ub_target *target, const char *what,
                            const struct ub_flash_options *options, struct ub_placement *out,
                            struct ub_error *err)
{
    memset(out, 0, sizeof(*out));
    if (!target->caps.addressed)
        return ub_fail(err, UB_MEM_NOT_ERASABLE,
                       "this device cannot be erased by a command: it erases what it writes over");
    const struct ub_region *region = region_named(target, what);
    if (region)
        return ub_place_region_blank(target, region, options, out, err);
    out->pieces = calloc(1, sizeof(out->pieces[0]));
    if (!out->pieces)
        return ub_fail_memory(err);
    enum ub_code code = blank_range(target, what, out, err);
    if (!code)
        return check_blank(target, out, options, err);
    ub_placement_free(out);
    return code;
}

void ub_placement_free(struct ub_placement *placement)
{
    free(placement->pieces);
    memset(placement, 0, sizeof(*placement));
}
