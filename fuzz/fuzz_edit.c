/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two files, merged, moved, cropped and filled, and compared. What comes out is sorted, free of
 * overlaps and inside of what was asked for; a comparison by sectors finds as many bytes as one by
 * ranges. */
#include "base/bytes.h"
#include "image/image.h"

#include <stdlib.h>
#include <string.h>

#define SPAN_MAX ((uint64_t)1 << 20) /* gaps wider than this are not filled here */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Stops the fuzzer; assert() may be compiled out. */
static void must(bool holds)
{
    if (!holds)
        abort();
}

static uint64_t take_u64(struct ub_cursor *in)
{
    uint64_t high = ub_take_u32le(in);
    return high << 32 | ub_take_u32le(in);
}

static void check_order(const struct ub_image *image, const struct ub_edit *edit)
{
    must(image->segment_count > 0);
    for (size_t i = 0; i < image->segment_count; i++) {
        const struct ub_segment *s = &image->segments[i];
        must(s->length > 0 && s->address + s->length > s->address);
        if (edit->crop_length && s->has_address)
            must(s->address >= edit->crop_from &&
                 s->address + s->length <= edit->crop_from + edit->crop_length);
        if (i > 0 && s[-1].alt == s->alt)
            must(s[-1].address + s[-1].length < s->address && !edit->has_fill);
        else if (i > 0)
            must(s[-1].alt < s->alt);
    }
}

static bool narrow(const struct ub_image *image)
{
    for (size_t i = 1; i < image->segment_count; i++)
        if (image->segments[i].address - image->segments[i - 1].address > SPAN_MAX)
            return false;
    return true;
}

static uint64_t differing(const struct ub_image *a, const struct ub_image *b, const char *family)
{
    struct ub_difference *found = NULL;
    size_t count = 0;
    uint64_t sum = 0;
    must(ub_image_diff(a, b, family, &found, &count, NULL) == UB_OK);
    for (size_t i = 0; i < count; i++) {
        const struct ub_difference *d = &found[i];
        must(d->length > 0 && d->differing > 0 && d->differing <= d->length);
        must(d->first_at >= d->address && d->first_at - d->address < d->length);
        must(!d->only_first || !d->only_second);
        sum += d->differing;
    }
    free(found);
    return sum;
}

static void compare(const struct ub_image *a, const struct ub_image *b)
{
    static const char *const families[] = {"stm32f405", "stm32f767", "stm32l4"};
    uint64_t bytes = differing(a, b, NULL);
    must(differing(b, a, NULL) == bytes);
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
        must(differing(a, b, families[i]) == bytes);
    must(differing(a, a, NULL) == 0);
}

/** The parts of an image have all of its bytes. */
static void fall_apart(const struct ub_image *image)
{
    struct ub_image_part *parts = NULL;
    struct ub_image_info info;
    size_t count = 0;
    uint64_t sum = 0;
    must(ub_image_parts(image, "stm32f767", &parts, &count, NULL) == UB_OK);
    for (size_t i = 0; i < count; i++) {
        const struct ub_edit edit = {
            .has_alt = true,
            .alt = parts[i].alt,
            .crop_from = parts[i].address,
            .crop_length = parts[i].length,
        };
        struct ub_image *piece = NULL;
        must(ub_image_edit(&image, 1, &edit, &piece, NULL) == UB_OK);
        ub_image_info(piece, &info);
        sum += info.length;
        ub_image_close(piece);
    }
    ub_image_info(image, &info);
    must(sum == info.length);
    free(parts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ub_cursor in = ub_cursor(data, size);
    uint8_t flags = ub_take_u8(&in);
    struct ub_edit edit = {
        .has_at = flags & 1,
        .has_fill = flags & 2,
        .has_alt = flags & 4,
        .alt = (int8_t)ub_take_u8(&in),
        .fill = ub_take_u8(&in),
        .at = take_u64(&in),
        .offset = (int64_t)take_u64(&in),
        .crop_from = take_u64(&in),
        .crop_length = take_u64(&in),
    };
    size_t first = ub_take_u16le(&in);
    struct ub_cursor file = ub_take_cursor(&in, first < in.left ? first : in.left);
    struct ub_image *images[2] = {NULL, NULL};
    struct ub_image *out = NULL;
    struct ub_error err = {0};
    size_t count = 0;
    if (!ub_image_parse("first", file.at, file.left, NULL, &images[0], NULL))
        count = ub_image_parse("second", in.at, in.left, NULL, &images[1], NULL) ? 1 : 2;
    if (count == 0)
        return 0;
    edit.has_fill = edit.has_fill && count == 1 && narrow(images[0]);
    enum ub_code code = ub_image_edit((const struct ub_image *const *)images, count, &edit, &out,
                                      &err);
    must(!code == (out != NULL) && err.code == code);
    if (out)
        check_order(out, &edit);
    if (count == 2)
        compare(images[0], images[1]);
    else if (out)
        compare(images[0], out);
    fall_apart(images[0]);
    ub_image_close(images[0]);
    ub_image_close(images[1]);
    ub_image_close(out);
    return 0;
}
