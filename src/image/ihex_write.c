/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing Intel HEX: 16 bytes a line, linear addresses, upper case, as most tools do. */
#include "base/error.h"
#include "image/formats.h"

#include <inttypes.h>
#include <stdlib.h>

#define LINE_BYTES 16u

/** Where the text goes; a first walk with `to` NULL only counts. */
struct writer {
    uint8_t *to;
    size_t length;
    uint32_t upper; /**< bits 16..31 of the address as the reader has them now */
};

static void put_character(struct writer *w, char c)
{
    if (w->to)
        w->to[w->length] = (uint8_t)c;
    w->length++;
}

static void put_byte(struct writer *w, uint8_t value)
{
    static const char digits[] = "0123456789ABCDEF";
    put_character(w, digits[value >> 4]);
    put_character(w, digits[value & 0xf]);
}

static void put_record(struct writer *w, uint16_t address, uint8_t type, const uint8_t *data,
                       uint8_t length)
{
    const uint8_t head[] = {length, (uint8_t)(address >> 8), (uint8_t)address, type};
    uint8_t sum = 0;
    put_character(w, ':');
    for (size_t i = 0; i < sizeof(head); i++) {
        put_byte(w, head[i]);
        sum = (uint8_t)(sum + head[i]);
    }
    for (size_t i = 0; i < length; i++) {
        put_byte(w, data[i]);
        sum = (uint8_t)(sum + data[i]);
    }
    put_byte(w, (uint8_t)(0x100 - sum));
    put_character(w, '\n');
}

static void put_segment(struct writer *w, const struct ub_segment *segment)
{
    for (size_t at = 0; at < segment->length;) {
        uint32_t address = (uint32_t)(segment->address + at);
        size_t left = segment->length - at;
        uint32_t room = LINE_BYTES - address % LINE_BYTES; /* so that no line crosses 64 KiB */
        uint8_t count = (uint8_t)(left < room ? left : room);
        if (address >> 16 != w->upper) {
            w->upper = address >> 16;
            const uint8_t upper[] = {(uint8_t)(w->upper >> 8), (uint8_t)w->upper};
            put_record(w, 0, 4, upper, sizeof(upper));
        }
        put_record(w, (uint16_t)address, 0, segment->data + at, count);
        at += count;
    }
}

static void put_image(struct writer *w, const struct ub_image *image)
{
    for (size_t i = 0; i < image->segment_count; i++)
        put_segment(w, &image->segments[i]);
    put_record(w, 0, 1, NULL, 0);
}

/** Refuses what Intel HEX cannot say. */
static enum ub_code check(const struct ub_image *image, struct ub_error *err)
{
    for (size_t i = 0; i < image->segment_count; i++) {
        const struct ub_segment *s = &image->segments[i];
        if (!s->has_address)
            return ub_fail(err, UB_IMG_UNWRITABLE,
                           "%s: does not say where its bytes go, and Intel HEX has to",
                           image->name);
        if (s->alt != image->segments[0].alt)
            return ub_fail(err, UB_IMG_UNWRITABLE,
                           "%s: is for alternate settings %d and %d, which Intel HEX cannot tell "
                           "apart",
                           image->name, image->segments[0].alt, s->alt);
        if (s->address + s->length > UINT64_C(0x100000000))
            return ub_fail(err, UB_IMG_UNWRITABLE,
                           "%s: 0x%08" PRIx64 " is out of reach of Intel HEX, which ends at "
                           "0xffffffff",
                           image->name, s->address + s->length - 1);
    }
    return UB_OK;
}

enum ub_code ub_ihex_write(const struct ub_image *image, const struct ub_save_options *options,
                           uint8_t **bytes, size_t *length, struct ub_error *err)
{
    (void)options; /* the format has no field for any of them */
    struct writer w = {0};
    enum ub_code code = check(image, err);
    if (code)
        return code;
    put_image(&w, image);
    uint8_t *text = malloc(w.length);
    if (!text)
        return ub_fail_memory(err);
    w = (struct writer){.to = text};
    put_image(&w, image);
    *bytes = text;
    *length = w.length;
    return UB_OK;
}
