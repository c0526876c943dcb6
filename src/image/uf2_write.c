/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing UF2: whole pages of 256 bytes, because bootloaders take nothing else (RP2040 datasheet,
 * section 2.8.4.2). What the image does not have of a page is blank, or what gaps are filled with.
 */
#include "base/bytes.h"
#include "base/error.h"
#include "image/formats.h"
#include "image/uf2.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define PAGE  UB_UF2_PAYLOAD
#define BLANK 0xff

/** What is the same in all blocks. */
struct form {
    uint32_t count;
    bool has_family;
    uint32_t family;
    uint8_t fill;
};

/** Refuses what UF2 has no field for. */
static enum ub_code check(const struct ub_image *image, struct ub_error *err)
{
    for (size_t i = 0; i < image->segment_count; i++) {
        const struct ub_segment *s = &image->segments[i];
        if (!s->has_address)
            return ub_fail(err, UB_IMG_UNWRITABLE,
                           "%s: does not say where its bytes go, and UF2 has to", image->name);
        if (s->alt != image->segments[0].alt)
            return ub_fail(err, UB_IMG_UNWRITABLE,
                           "%s: is for alternate settings %d and %d, which UF2 cannot tell apart",
                           image->name, image->segments[0].alt, s->alt);
        if (s->address + s->length > UINT64_C(0x100000000))
            return ub_fail(err, UB_IMG_UNWRITABLE,
                           "%s: 0x%08" PRIx64 " is out of reach of UF2, which ends at 0xffffffff",
                           image->name, s->address + s->length - 1);
    }
    return UB_OK;
}

/** The number of pages that have something of the image. */
static uint64_t count_pages(const struct ub_image *image)
{
    uint64_t count = 0;
    uint64_t next = 0; /* the first page not counted yet */
    for (size_t i = 0; i < image->segment_count; i++) {
        const struct ub_segment *s = &image->segments[i];
        uint64_t first = s->address / PAGE;
        uint64_t end = (s->address + s->length - 1) / PAGE + 1;
        count += end - (first > next ? first : next);
        next = end;
    }
    return count;
}

/** Begins a block with nothing of the image in its page. */
static void put_block(uint8_t *to, uint64_t page, uint32_t number, const struct form *form)
{
    memset(to, 0, UB_UF2_BLOCK);
    ub_put_u32le(to, UB_UF2_START0);
    ub_put_u32le(to + 4, UB_UF2_START1);
    ub_put_u32le(to + 8, form->has_family ? UB_UF2_HAS_FAMILY : 0);
    ub_put_u32le(to + 12, (uint32_t)(page * PAGE));
    ub_put_u32le(to + 16, PAGE);
    ub_put_u32le(to + 20, number);
    ub_put_u32le(to + 24, form->count);
    ub_put_u32le(to + 28, form->family);
    memset(to + UB_UF2_HEADER, form->fill, PAGE);
    ub_put_u32le(to + UB_UF2_BLOCK - 4, UB_UF2_END);
}

/** Puts all blocks to `to`, which has room for form->count. */
static void put_pages(uint8_t *to, const struct ub_image *image, const struct form *form)
{
    uint64_t next = 0;
    uint32_t number = 0;
    for (size_t i = 0; i < image->segment_count; i++) {
        const struct ub_segment *s = &image->segments[i];
        for (size_t at = 0; at < s->length;) {
            uint64_t address = s->address + at;
            size_t within = (size_t)(address % PAGE);
            size_t part = PAGE - within < s->length - at ? PAGE - within : s->length - at;
            if (address / PAGE >= next) {
                next = address / PAGE + 1;
                put_block(to + (size_t)number * UB_UF2_BLOCK, address / PAGE, number, form);
                number++;
            }
            memcpy(to + (size_t)(number - 1) * UB_UF2_BLOCK + UB_UF2_HEADER + within, s->data + at,
                   part);
            at += part;
        }
    }
}

enum ub_code ub_uf2_write(const struct ub_image *image, const struct ub_save_options *options,
                          uint8_t **bytes, size_t *length, struct ub_error *err)
{
    enum ub_code code = check(image, err);
    if (code)
        return code;
    bool given = options && options->has_uf2_family;
    const struct ub_claim *claim = ub_image_find_claim(image, UB_CLAIM_UF2_FAMILY);
    uint64_t count = count_pages(image);
    if (count == 0 || count > UB_IMAGE_FILE_MAX / UB_UF2_BLOCK)
        return ub_fail(err, UB_IMG_UNWRITABLE,
                       "%s: touches %" PRIu64 " pages of %u bytes, too many for a UF2 file",
                       image->name, count, PAGE);
    size_t total = (size_t)count * UB_UF2_BLOCK;
    uint8_t *file = malloc(total);
    if (!file)
        return ub_fail_memory(err);
    put_pages(file, image,
              &(struct form){
                  .count = (uint32_t)count,
                  .has_family = given || claim,
                  .family = given   ? options->uf2_family
                            : claim ? (uint32_t)claim->number
                                    : 0,
                  .fill = options && options->has_fill ? options->fill : BLANK,
              });
    *bytes = file;
    *length = total;
    return UB_OK;
}
