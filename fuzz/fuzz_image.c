/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as a firmware file that is not packed, carefully and with a wrong CRC accepted. What
 * can be read is sorted and free of overlaps, and what a format with addresses writes of it reads
 * back the same. Read in pieces it is the same too, or fails in the same words. */
#include "image/dfu_suffix.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Stops the fuzzer; assert() may be compiled out. */
static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check_order(const struct ub_image *image)
{
    must(image->segment_count > 0);
    for (size_t i = 0; i < image->segment_count; i++) {
        const struct ub_segment *s = &image->segments[i];
        must(s->length > 0 && s->address + s->length > s->address);
        if (i > 0 && s[-1].alt == s->alt)
            must(s[-1].address + s[-1].length < s->address);
        else if (i > 0)
            must(s[-1].alt < s->alt);
    }
}

static void check_same(const struct ub_image *a, const struct ub_image *b)
{
    must(a->segment_count == b->segment_count);
    for (size_t i = 0; i < a->segment_count; i++) {
        const struct ub_segment *s = &a->segments[i];
        const struct ub_segment *t = &b->segments[i];
        must(!b->format->keeps_addresses || s->address == t->address);
        must(s->length == t->length);
        must(memcmp(s->data, t->data, s->length) == 0);
    }
}

/** UF2 has whole pages: all of `a` is in `b`, and blank bytes around it. */
static void check_inside(const struct ub_image *a, const struct ub_image *b)
{
    size_t n = 0;
    for (size_t i = 0; i < a->segment_count; i++) {
        const struct ub_segment *s = &a->segments[i];
        while (n < b->segment_count && b->segments[n].address + b->segments[n].length <= s->address)
            n++;
        must(n < b->segment_count);
        const struct ub_segment *t = &b->segments[n];
        must(t->address <= s->address && s->address + s->length <= t->address + t->length);
        must(memcmp(s->data, t->data + (s->address - t->address), s->length) == 0);
    }
}

static void write_and_read(const struct ub_image *image, const struct ub_format *format)
{
    struct ub_error err;
    struct ub_image *again = NULL;
    uint8_t *bytes = NULL;
    size_t length = 0;
    if (!format->write)
        return;
    enum ub_code code = format->write(image, NULL, &bytes, &length, &err);
    if (code) {
        must(code == UB_IMG_UNWRITABLE);
        return;
    }
    code = ub_image_parse("again", bytes, length, NULL, &again, &err);
    if (strcmp(format->name, "raw") != 0) { /* raw bytes may look like anything */
        must(!code && again->format == format);
        if (strcmp(format->name, "uf2") == 0)
            check_inside(image, again);
        else
            check_same(image, again);
    }
    ub_image_close(again);
    free(bytes);
}

static void open_with(const uint8_t *data, size_t size, bool accept_bad_crc)
{
    struct ub_image_options options = {.accept_bad_crc = accept_bad_crc};
    struct ub_image *image = NULL;
    struct ub_image_info info;
    struct ub_error err;
    enum ub_code code = ub_image_parse("fuzz", data, size, &options, &image, &err);
    if (code) {
        must(code >= UB_IMG_READ && code <= UB_IMG_SEVERAL && err.code == code);
        must(err.message[0] && memchr(err.message, 0, sizeof(err.message)));
        return;
    }
    ub_image_info(image, &info);
    must(info.length <= size && info.file_size == size);
    check_order(image);
    for (size_t i = 0; ub_formats[i]; i++)
        write_and_read(image, ub_formats[i]);
    ub_image_close(image);
}

/** A file in memory, handed out piece by piece. */
struct text {
    const uint8_t *bytes;
    size_t left;
};

static enum ub_code take(void *user, uint8_t *to, size_t length, size_t *got, struct ub_error *err)
{
    struct text *text = user;
    (void)err;
    *got = length < text->left ? length : text->left;
    if (*got)
        memcpy(to, text->bytes, *got);
    text->bytes += *got;
    text->left -= *got;
    return UB_OK;
}

static void check_pieces(const uint8_t *data, size_t size)
{
    struct text text = {.bytes = data, .left = size};
    const struct ub_image_source source = {.take = take, .user = &text};
    struct ub_dfu_suffix suffix;
    struct ub_image *whole = NULL;
    struct ub_image *pieces = NULL;
    struct ub_error a = {0};
    struct ub_error b = {0};
    bool taken = false;
    if (size == 0 || ub_dfu_suffix_find(data, size, &suffix))
        return;
    size_t piece = 1024 + data[size - 1]; /* cut at other places for other files */
    enum ub_code code = ub_image_parse("fuzz", data, size, NULL, &whole, &a);
    enum ub_code again = ub_image_parse_pieces("fuzz", &source, piece, NULL, &pieces, &taken, &b);
    if (taken) {
        must(code == again && strcmp(a.message, b.message) == 0);
        must(!whole == !pieces);
    } else {
        must(!again && !pieces && (!whole || !whole->format->lines || size > piece));
    }
    if (pieces) {
        must(whole->format == pieces->format && whole->file_size == pieces->file_size);
        must(memcmp(whole->sha256, pieces->sha256, sizeof(whole->sha256)) == 0);
        must(whole->claim_count == pieces->claim_count);
        check_same(whole, pieces);
    }
    ub_image_close(whole);
    ub_image_close(pieces);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_pieces(data, size);
    open_with(data, size, false);
    open_with(data, size, true);
    return 0;
}
