/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/lines_write.h"

#include "base/error.h"

#include <inttypes.h>
#include <stdlib.h>

static uint8_t put_bytes(uint8_t *to, const uint8_t *bytes, size_t length)
{
    static const char digits[] = "0123456789ABCDEF";
    unsigned sum = 0;
    for (size_t i = 0; i < length; i++) {
        to[2 * i] = (uint8_t)digits[bytes[i] >> 4];
        to[2 * i + 1] = (uint8_t)digits[bytes[i] & 0xf];
        sum += bytes[i];
    }
    return (uint8_t)sum;
}

void ub_line_put(struct ub_line_writer *writer, const char *mark, const uint8_t *head,
                 size_t head_length, const uint8_t *data, size_t length)
{
    size_t at = writer->length;
    size_t marks = 0;
    for (; mark[marks]; marks++)
        if (writer->to)
            writer->to[at + marks] = (uint8_t)mark[marks];
    writer->length = at + marks + 2 * (head_length + length + 1) + 1;
    if (!writer->to)
        return;
    uint8_t *to = writer->to + at + marks;
    uint8_t sum = put_bytes(to, head, head_length);
    to += 2 * head_length;
    sum = (uint8_t)(sum + put_bytes(to, data, length));
    to += 2 * length;
    uint8_t checksum = (uint8_t)(writer->check - sum);
    (void)put_bytes(to, &checksum, 1);
    to[2] = '\n';
}

uint8_t ub_line_room(const struct ub_segment *segment, size_t at, uint32_t *address)
{
    size_t left = segment->length - at;
    *address = (uint32_t)(segment->address + at);
    uint32_t room = UB_LINE_BYTES - *address % UB_LINE_BYTES;
    return (uint8_t)(left < room ? left : room);
}

enum ub_code ub_line_check(const struct ub_image *image, const char *title, struct ub_error *err)
{
    for (size_t i = 0; i < image->segment_count; i++) {
        const struct ub_segment *s = &image->segments[i];
        if (!s->has_address)
            return ub_fail(err, UB_IMG_UNWRITABLE,
                           "%s: does not say where its bytes go, and a file of %s has to",
                           image->name, title);
        if (s->alt != image->segments[0].alt)
            return ub_fail(err, UB_IMG_UNWRITABLE,
                           "%s: is for alternate settings %d and %d, which %s cannot tell apart",
                           image->name, image->segments[0].alt, s->alt, title);
        if (s->address + s->length > UINT64_C(0x100000000))
            return ub_fail(err, UB_IMG_UNWRITABLE,
                           "%s: 0x%08" PRIx64 " is out of reach of %s, whose addresses end at "
                           "0xffffffff",
                           image->name, s->address + s->length - 1, title);
    }
    return UB_OK;
}

enum ub_code ub_line_make(const struct ub_image *image, uint8_t check,
                          void (*put)(struct ub_line_writer *writer, const struct ub_image *image),
                          uint8_t **bytes, size_t *length, struct ub_error *err)
{
    struct ub_line_writer writer = {.check = check};
    put(&writer, image);
    uint8_t *text = malloc(writer.length);
    if (!text)
        return ub_fail_memory(err);
    writer = (struct ub_line_writer){.to = text, .check = check};
    put(&writer, image);
    *bytes = text;
    *length = writer.length;
    return UB_OK;
}
