/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing Intel HEX with linear addresses. */
#include "base/bytes.h"
#include "image/formats.h"
#include "image/lines_write.h"

static void put_record(struct ub_line_writer *w, uint16_t address, uint8_t type,
                       const uint8_t *data, uint8_t length)
{
    const uint8_t head[] = {length, (uint8_t)(address >> 8), (uint8_t)address, type};
    ub_line_put(w, ":", head, sizeof(head), data, length);
}

static void put_segment(struct ub_line_writer *w, const struct ub_segment *segment)
{
    for (size_t at = 0; at < segment->length;) {
        uint32_t address;
        uint8_t count = ub_line_room(segment, at, &address);
        if (address >> 16 != w->upper) {
            w->upper = address >> 16;
            const uint8_t upper[] = {(uint8_t)(w->upper >> 8), (uint8_t)w->upper};
            put_record(w, 0, 4, upper, sizeof(upper));
        }
        put_record(w, (uint16_t)address, 0, segment->data + at, count);
        at += count;
    }
}

/** The start address as the image's file had it: CS:IP (type 03), or linear (type 05). */
static void put_entry(struct ub_line_writer *w, const struct ub_image *image)
{
    const struct ub_claim *entry = ub_image_find_claim(image, UB_CLAIM_ENTRY);
    uint8_t data[4];
    if (!entry || entry->number > UINT32_MAX)
        return;
    bool segmented = (entry->detail & UB_IMAGE_ENTRY_SEGMENTED) != 0;
    ub_put_u32be(data, segmented ? (uint32_t)entry->detail : (uint32_t)entry->number);
    put_record(w, 0, segmented ? 3 : 5, data, sizeof(data));
}

static void put_image(struct ub_line_writer *w, const struct ub_image *image)
{
    for (size_t i = 0; i < image->segment_count; i++)
        put_segment(w, &image->segments[i]);
    put_entry(w, image);
    put_record(w, 0, 1, NULL, 0);
}

enum ub_code ub_ihex_write(const struct ub_image *image, const struct ub_save_options *options,
                           uint8_t **bytes, size_t *length, struct ub_error *err)
{
    (void)options;
    enum ub_code code = ub_line_check(image, "Intel HEX", err);
    return code ? code : ub_line_make(image, 0, put_image, bytes, length, err);
}
