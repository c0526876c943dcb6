/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DfuSe files: targets (alternate settings) of elements (address and bytes), inside a DFU suffix
 * (UM0391, "DfuSe file format specification"). */
#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"
#include "image/dfu_suffix.h"
#include "image/formats.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX_LENGTH  11u  /* UM0391 section 2.1 */
#define TARGET_LENGTH  274u /* UM0391 section 2.3.1 */
#define ELEMENT_LENGTH 8u   /* UM0391 section 2.3.2, without its data */
#define NAME_LENGTH    255u
#define VERSION        1u

static const uint8_t file_mark[5] = {'D', 'f', 'u', 'S', 'e'};
static const uint8_t target_mark[6] = {'T', 'a', 'r', 'g', 'e', 't'};

/** A DfuSe file being read. */
struct dfuse {
    const uint8_t *bytes; /**< of the file */
    struct ub_image *image;
    struct ub_error *err;
    unsigned targets; /**< number of targets that the prefix promises */
    unsigned target;  /**< the one being read, from 1 */
};

static bool probe(const uint8_t *bytes, size_t length)
{
    struct ub_dfu_suffix suffix;
    if (!ub_dfu_suffix_find(bytes, length, &suffix))
        return false;
    return suffix.bcdDFU == UB_BCD_DFUSE || memcmp(bytes, file_mark, sizeof(file_mark)) == 0;
}

/** Where in the file a cursor stands. */
static size_t offset(const struct dfuse *d, const struct ub_cursor *c)
{
    return (size_t)(c->at - d->bytes);
}

/** The error that something of `wanted` bytes begins at `at`, where only `left` are left. */
static enum ub_code fail_cut(const struct dfuse *d, size_t at, const char *what, uint64_t wanted,
                             size_t left)
{
    return ub_fail(d->err, UB_IMG_DFUSE,
                   "%s: byte %zu: %s of target %u of %u needs %" PRIu64 " bytes, but %zu are left",
                   d->image->name, at, what, d->target, d->targets, wanted, left);
}

static enum ub_code read_element(const struct dfuse *d, struct ub_cursor *in, int alt)
{
    size_t at = offset(d, in);
    size_t left = in->left;
    uint32_t address = ub_take_u32le(in);
    uint32_t size = ub_take_u32le(in);
    if (in->failed)
        return fail_cut(d, at, "an element", ELEMENT_LENGTH, left);
    left = in->left;
    const uint8_t *data = ub_take_bytes(in, size);
    if (in->failed)
        return fail_cut(d, at, "an element", size, left);
    if (size > UINT64_C(0x100000000) - address)
        return ub_fail(d->err, UB_IMG_DFUSE,
                       "%s: byte %zu: an element of %" PRIu32 " bytes at 0x%08" PRIx32
                       " runs past 0xffffffff",
                       d->image->name, at, size, address);
    return ub_image_add(d->image, alt, true, address, data, size, d->err);
}

static enum ub_code read_elements(const struct dfuse *d, struct ub_cursor *in, int alt,
                                  uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        enum ub_code code = read_element(d, in, alt);
        if (code)
            return ub_wrap(d->err, code, "in element %" PRIu32 " of %" PRIu32, i + 1, count);
    }
    if (in->left)
        return ub_fail(d->err, UB_IMG_DFUSE,
                       "%s: byte %zu: %zu bytes are left over behind the %" PRIu32
                       " elements of target %u of %u",
                       d->image->name, offset(d, in), in->left, count, d->target, d->targets);
    return UB_OK;
}

/** What the file says of the target; `name` ends with a NUL or after NAME_LENGTH characters. */
static enum ub_code claim_target(const struct dfuse *d, uint8_t alt, const char *name)
{
    char text[UB_STRING_TEXT];
    ub_print_stranger(text, sizeof(text), name, *name ? NAME_LENGTH : 0);
    if (d->target == 1)
        (void)ub_print(d->image->target_name, sizeof(d->image->target_name), "%s", text);
    return ub_image_add_claim(d->image, UB_CLAIM_TARGET, "DfuSe target", alt, 0, text, d->err);
}

static enum ub_code read_target(const struct dfuse *d, struct ub_cursor *in)
{
    size_t at = offset(d, in);
    size_t left = in->left;
    const uint8_t *mark = ub_take_bytes(in, sizeof(target_mark));
    uint8_t alt = ub_take_u8(in);
    uint32_t named = ub_take_u32le(in);
    const uint8_t *name = ub_take_bytes(in, NAME_LENGTH);
    uint32_t size = ub_take_u32le(in);
    uint32_t count = ub_take_u32le(in);
    if (!mark || !name || in->failed)
        return fail_cut(d, at, "the header", TARGET_LENGTH, left);
    if (memcmp(mark, target_mark, sizeof(target_mark)) != 0)
        return ub_fail(d->err, UB_IMG_DFUSE,
                       "%s: byte %zu: target %u of %u should begin here with \"Target\"",
                       d->image->name, at, d->target, d->targets);
    enum ub_code code = claim_target(d, alt, named ? (const char *)name : "");
    if (code)
        return code;
    left = in->left;
    struct ub_cursor elements = ub_take_cursor(in, size);
    if (in->failed)
        return fail_cut(d, at, "the content", size, left);
    return read_elements(d, &elements, alt, count);
}

/** DFUImageSize: UM0391 calls it the length of the file; ST's own tools leave out the suffix, while
 * others count it (dfu-util 0.11's dfuse-pack). Any other value does not describe this file. */
static enum ub_code check_size(const struct dfuse *d, uint32_t size, size_t payload, size_t length)
{
    if (size == payload || size == length)
        return UB_OK;
    return ub_fail(d->err, UB_IMG_DFUSE,
                   "%s: byte 6: the DfuSe prefix says that the file has %" PRIu32
                   " bytes; it has %zu, and %zu without its suffix",
                   d->image->name, size, length, payload);
}

static enum ub_code read_prefix(struct dfuse *d, struct ub_cursor *in, size_t length)
{
    size_t payload = in->left;
    const uint8_t *mark = ub_take_bytes(in, sizeof(file_mark));
    uint8_t version = ub_take_u8(in);
    uint32_t size = ub_take_u32le(in);
    d->targets = ub_take_u8(in);
    if (!mark || in->failed)
        return ub_fail(d->err, UB_IMG_DFUSE,
                       "%s: has %zu bytes before its suffix, too few for the DfuSe prefix of %u",
                       d->image->name, payload, PREFIX_LENGTH);
    if (memcmp(mark, file_mark, sizeof(file_mark)) != 0)
        return ub_fail(d->err, UB_IMG_DFUSE,
                       "%s: the suffix says DfuSe (bcdDFU 0x%04x), but the file does not begin "
                       "with \"DfuSe\"",
                       d->image->name, UB_BCD_DFUSE);
    if (version != VERSION)
        return ub_fail(d->err, UB_IMG_DFUSE,
                       "%s: byte 5: DfuSe format version %u; only version %u is known",
                       d->image->name, version, VERSION);
    return check_size(d, size, payload, length);
}

static enum ub_code read(const uint8_t *bytes, size_t length,
                         const struct ub_image_options *options, struct ub_image *image,
                         struct ub_error *err)
{
    struct dfuse d = {.bytes = bytes, .image = image, .err = err};
    struct ub_dfu_suffix suffix;
    size_t payload = 0;
    enum ub_code code = ub_dfu_suffix_take(bytes, length, options, image, &payload, err);
    if (code)
        return code;
    if (ub_dfu_suffix_find(bytes, length, &suffix) && suffix.bcdDFU != UB_BCD_DFUSE)
        return ub_fail(err, UB_IMG_DFUSE,
                       "%s: begins like a DfuSe file, but its suffix says bcdDFU 0x%04x; expected "
                       "0x%04x",
                       image->name, suffix.bcdDFU, UB_BCD_DFUSE);
    struct ub_cursor in = ub_cursor(bytes, payload);
    code = read_prefix(&d, &in, length);
    for (d.target = 1; !code && d.target <= d.targets; d.target++)
        code = read_target(&d, &in);
    if (!code && in.left)
        code = ub_fail(err, UB_IMG_DFUSE,
                       "%s: byte %zu: %zu bytes are left over between the last of %u targets and "
                       "the suffix",
                       image->name, offset(&d, &in), in.left, d.targets);
    return code;
}

/** The number of segments from `first` on that belong to one target. */
static size_t target_run(const struct ub_image *image, size_t first)
{
    size_t n = 1;
    while (first + n < image->segment_count &&
           image->segments[first + n].alt == image->segments[first].alt)
        n++;
    return n;
}

/** Refuses what the format has no field for, and sums up the file's length without its suffix. */
static enum ub_code measure(const struct ub_image *image, uint64_t *payload, unsigned *targets,
                            struct ub_error *err)
{
    *payload = PREFIX_LENGTH;
    *targets = 0;
    for (size_t i = 0; i < image->segment_count; i++) {
        const struct ub_segment *s = &image->segments[i];
        if (!s->has_address)
            return ub_fail(err, UB_IMG_UNWRITABLE,
                           "%s: does not say where its bytes go, and a DfuSe file has to",
                           image->name);
        if (s->address + s->length > UINT64_C(0x100000000) || s->alt > UINT8_MAX)
            return ub_fail(err, UB_IMG_UNWRITABLE,
                           "%s: 0x%08" PRIx64 " of alternate setting %d is out of reach of a DfuSe "
                           "file",
                           image->name, s->address, s->alt);
        if (i == 0 || s->alt != s[-1].alt) {
            ++*targets;
            *payload += TARGET_LENGTH;
        }
        *payload += ELEMENT_LENGTH + s->length;
    }
    if (*targets == 0 || *targets > UINT8_MAX || *payload > UINT32_MAX - UB_DFU_SUFFIX_LENGTH)
        return ub_fail(err, UB_IMG_UNWRITABLE,
                       "%s: %u targets with %" PRIu64 " bytes do not fit into a DfuSe file",
                       image->name, *targets, *payload);
    return UB_OK;
}

/** The name of the target that begins with segment `first`: what the file that it came from called
 * that alternate setting, or "". */
static const char *name_of(const struct ub_image *image, size_t first)
{
    int alt = image->segments[first].alt;
    uint64_t number = alt == UB_IMAGE_ALT_NONE ? 0 : (uint64_t)alt;
    for (size_t i = 0; i < image->claim_count; i++) {
        const struct ub_claim *claim = &image->claims[i];
        if (claim->kind == UB_CLAIM_TARGET && claim->number == number && claim->text[0])
            return claim->text;
    }
    return first == 0 && !ub_image_find_claim(image, UB_CLAIM_TARGET) ? image->target_name : "";
}

static uint8_t *put_target(uint8_t *to, const struct ub_image *image, size_t first, size_t count)
{
    const struct ub_segment *s = &image->segments[first];
    uint8_t *start = to;
    memset(to, 0, TARGET_LENGTH);
    memcpy(to, target_mark, sizeof(target_mark));
    to[6] = s->alt == UB_IMAGE_ALT_NONE ? 0 : (uint8_t)s->alt;
    const char *name = name_of(image, first);
    if (name[0]) {
        ub_put_u32le(to + 7, 1);
        (void)ub_print((char *)to + 11, NAME_LENGTH, "%s", name);
    }
    ub_put_u32le(to + 270, (uint32_t)count);
    to += TARGET_LENGTH;
    for (size_t i = 0; i < count; i++) {
        ub_put_u32le(to, (uint32_t)s[i].address);
        ub_put_u32le(to + 4, (uint32_t)s[i].length);
        memcpy(to + ELEMENT_LENGTH, s[i].data, s[i].length);
        to += ELEMENT_LENGTH + s[i].length;
    }
    ub_put_u32le(start + 266, (uint32_t)((size_t)(to - start) - TARGET_LENGTH));
    return to;
}

static enum ub_code write(const struct ub_image *image, const struct ub_save_options *options,
                          uint8_t **bytes, size_t *length, struct ub_error *err)
{
    uint64_t payload;
    unsigned targets;
    enum ub_code code = measure(image, &payload, &targets, err);
    if (code)
        return code;
    uint8_t *file = malloc((size_t)payload + UB_DFU_SUFFIX_LENGTH);
    if (!file)
        return ub_fail_memory(err);
    memcpy(file, file_mark, sizeof(file_mark));
    file[5] = VERSION;
    ub_put_u32le(file + 6, (uint32_t)payload);
    file[10] = (uint8_t)targets;
    uint8_t *to = file + PREFIX_LENGTH;
    for (size_t i = 0; i < image->segment_count;) {
        size_t count = target_run(image, i);
        to = put_target(to, image, i, count);
        i += count;
    }
    ub_dfu_suffix_put(file, (size_t)payload, image, options, UB_BCD_DFUSE);
    *bytes = file;
    *length = (size_t)payload + UB_DFU_SUFFIX_LENGTH;
    return UB_OK;
}

static const char *const endings[] = {".dfu", ".dfuse", NULL};

const struct ub_format ub_format_dfuse = {
    .name = "dfuse",
    .title = "DfuSe file",
    .endings = endings,
    .keeps_addresses = true,
    .probe = probe,
    .read = read,
    .write = write,
};
