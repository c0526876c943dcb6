/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing Motorola S-records: one width of address for the whole file (S19, S28, S37), chosen by
 * the highest one; the name as header, the count of lines, the start address. */
#include "base/bytes.h"
#include "image/formats.h"
#include "image/lines_write.h"

#include <string.h>

#define HEADER_MAX ((size_t)64)

/** How many bytes the addresses of this image need: 2 to 4. */
static size_t width_of(const struct ub_image *image)
{
    uint64_t last = 0;
    const struct ub_claim *entry = ub_image_find_claim(image, UB_CLAIM_ENTRY);
    for (size_t i = 0; i < image->segment_count; i++) {
        const struct ub_segment *s = &image->segments[i];
        uint64_t end = s->address + s->length - 1;
        last = end > last ? end : last;
    }
    if (entry && entry->number <= UINT32_MAX && entry->number > last)
        last = entry->number;
    return last <= 0xffff ? 2 : last <= 0xffffff ? 3 : 4;
}

static void put_record(struct ub_line_writer *w, const char *mark, size_t width, uint32_t address,
                       const uint8_t *data, size_t length)
{
    uint8_t head[5];
    ub_put_u32be(head + 1, address);
    head[4 - width] = (uint8_t)(width + length + 1); /* just before the address' first byte */
    ub_line_put(w, mark, head + 4 - width, 1 + width, data, length);
}

/** S0: the image's name, in ASCII. */
static void put_header(struct ub_line_writer *w, const struct ub_image *image)
{
    uint8_t text[HEADER_MAX];
    size_t length = strlen(image->name);
    if (length > sizeof(text))
        length = sizeof(text);
    for (size_t i = 0; i < length; i++) {
        uint8_t c = (uint8_t)image->name[i];
        text[i] = c >= 0x20 && c < 0x7f ? c : '?';
    }
    put_record(w, "S0", 2, 0, text, length);
}

static uint32_t put_segment(struct ub_line_writer *w, const struct ub_segment *segment,
                            size_t width)
{
    static const char *const marks[] = {[2] = "S1", [3] = "S2", [4] = "S3"};
    uint32_t lines = 0;
    for (size_t at = 0; at < segment->length; lines++) {
        uint32_t address;
        uint8_t count = ub_line_room(segment, at, &address);
        put_record(w, marks[width], width, address, segment->data + at, count);
        at += count;
    }
    return lines;
}

static void put_image(struct ub_line_writer *w, const struct ub_image *image)
{
    static const char *const ends[] = {[2] = "S9", [3] = "S8", [4] = "S7"};
    const struct ub_claim *entry = ub_image_find_claim(image, UB_CLAIM_ENTRY);
    size_t width = width_of(image);
    uint32_t lines = 0;
    put_header(w, image);
    for (size_t i = 0; i < image->segment_count; i++)
        lines += put_segment(w, &image->segments[i], width);
    if (lines <= 0xffff)
        put_record(w, "S5", 2, lines, NULL, 0);
    else if (lines <= 0xffffff)
        put_record(w, "S6", 3, lines, NULL, 0);
    bool known = entry && entry->number <= UINT32_MAX;
    put_record(w, ends[width], width, known ? (uint32_t)entry->number : 0, NULL, 0);
}

enum ub_code ub_srec_write(const struct ub_image *image, const struct ub_save_options *options,
                           uint8_t **bytes, size_t *length, struct ub_error *err)
{
    (void)options;
    enum ub_code code = ub_line_check(image, "S-records", err);
    return code ? code : ub_line_make(image, 0xff, put_image, bytes, length, err);
}
