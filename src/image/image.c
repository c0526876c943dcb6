/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The image model: gathering segments, putting them in order, telling what is there. */
#include "image/image.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum ub_code ub_image_new(const char *name, struct ub_image **out, struct ub_error *err)
{
    struct ub_image *image = calloc(1, sizeof(*image));
    if (!image)
        return ub_fail_memory(err);
    const char *slash = strrchr(name, '/');
    const char *last = slash ? slash + 1 : name;
    ub_print_stranger(image->name, sizeof(image->name), last, strlen(last));
    image->vid = image->pid = image->bcdDevice = UB_IMAGE_ID_ANY;
    *out = image;
    return UB_OK;
}

void ub_image_close(struct ub_image *image)
{
    if (!image)
        return;
    for (size_t i = 0; i < image->segment_count; i++)
        free(image->segments[i].data);
    free(image->segments);
    free(image->claims);
    free(image->path);
    free(image);
}

/** Room for one segment more. The array doubles whenever its count is a power of two, so it always
 * holds at least the next power of two and needs no field for its capacity. */
static bool make_room(struct ub_image *image)
{
    size_t count = image->segment_count;
    if ((count & (count - 1)) != 0)
        return true;
    struct ub_segment *moved = realloc(image->segments,
                                       (count ? 2 * count : 1) * sizeof(*image->segments));
    if (moved)
        image->segments = moved;
    return moved != NULL;
}

enum ub_code ub_image_adopt(struct ub_image *image, int alt, bool has_address, uint64_t address,
                            uint8_t *data, size_t length, struct ub_error *err)
{
    enum ub_code code = UB_OK;
    uint64_t end;
    if (length == 0)
        goto out;
    if (!ub_add_u64(address, length, &end)) {
        code = ub_fail(err, UB_SYS_INTERNAL, "%s: a segment runs past the last address there is",
                       image->name);
        goto out;
    }
    if (image->segment_count >= UB_IMAGE_PIECES_MAX) {
        code = ub_fail(err, UB_IMG_TOO_LARGE, "%s: is in more than %zu pieces", image->name,
                       UB_IMAGE_PIECES_MAX);
        goto out;
    }
    if (!make_room(image)) {
        code = ub_fail_memory(err);
        goto out;
    }
    image->segments[image->segment_count++] = (struct ub_segment){
        .has_address = has_address,
        .address = has_address ? address : 0,
        .alt = alt,
        .data = data,
        .length = length,
    };
    data = NULL;
out:
    free(data);
    return code;
}

enum ub_code ub_image_add(struct ub_image *image, int alt, bool has_address, uint64_t address,
                          const uint8_t *data, size_t length, struct ub_error *err)
{
    if (length == 0)
        return UB_OK;
    uint8_t *copy = malloc(length);
    if (!copy)
        return ub_fail_memory(err);
    memcpy(copy, data, length);
    return ub_image_adopt(image, alt, has_address, address, copy, length, err);
}

static int compare(const void *left, const void *right)
{
    const struct ub_segment *a = left;
    const struct ub_segment *b = right;
    if (a->alt != b->alt)
        return a->alt < b->alt ? -1 : 1;
    if (a->address != b->address)
        return a->address < b->address ? -1 : 1;
    return (int)a->has_address - (int)b->has_address;
}

static void sort(struct ub_image *image)
{
    size_t count = image->segment_count;
    for (size_t i = 1; i < count; i++) {
        if (compare(&image->segments[i - 1], &image->segments[i]) > 0) {
            qsort(image->segments, count, sizeof(*image->segments), compare);
            return;
        }
    }
}

/** The error that two parts `a` and `b`, in this order, share addresses. */
static enum ub_code fail_overlap(const struct ub_image *image, const struct ub_segment *a,
                                 const struct ub_segment *b, struct ub_error *err)
{
    char where[48] = "";
    if (a->alt != UB_IMAGE_ALT_NONE)
        (void)ub_print(where, sizeof(where), " of alternate setting %d", a->alt);
    if (!a->has_address || !b->has_address)
        return ub_fail(err, UB_IMG_OVERLAP, "%s: two parts%s do not say where they go", image->name,
                       where);
    uint64_t a_end = a->address + a->length;
    uint64_t b_end = b->address + b->length;
    uint64_t last = (a_end < b_end ? a_end : b_end) - 1;
    return ub_fail(err, UB_IMG_OVERLAP, "%s: 0x%08" PRIx64 " to 0x%08" PRIx64 "%s is there twice",
                   image->name, b->address, last, where);
}

/** True if `b` begins where `a` ends. */
static bool touches(const struct ub_segment *a, const struct ub_segment *b)
{
    return a->alt == b->alt && a->has_address && b->has_address &&
           a->address + a->length == b->address;
}

static enum ub_code refuse_overlaps(const struct ub_image *image, struct ub_error *err)
{
    for (size_t i = 1; i < image->segment_count; i++) {
        const struct ub_segment *a = &image->segments[i - 1];
        const struct ub_segment *b = &image->segments[i];
        if (a->alt != b->alt)
            continue;
        if (!a->has_address || !b->has_address || b->address - a->address < a->length)
            return fail_overlap(image, a, b, err);
    }
    return UB_OK;
}

/** Makes one segment of the `count` touching ones from `first` on; their data are freed. */
static bool join_run(struct ub_segment *first, size_t count)
{
    size_t total = 0;
    size_t at = 0;
    for (size_t i = 0; i < count; i++)
        total += first[i].length;
    uint8_t *data = malloc(total);
    if (!data)
        return false;
    for (size_t i = 0; i < count; i++) {
        memcpy(data + at, first[i].data, first[i].length);
        at += first[i].length;
        free(first[i].data);
        first[i].data = NULL;
    }
    first->data = data;
    first->length = total;
    return true;
}

static enum ub_code join(struct ub_image *image, struct ub_error *err)
{
    struct ub_segment *s = image->segments;
    size_t count = image->segment_count;
    size_t kept = 0;
    size_t i = 0;
    while (i < count) {
        size_t run = 1;
        while (i + run < count && touches(&s[i + run - 1], &s[i + run]))
            run++;
        if (run > 1 && !join_run(&s[i], run))
            break;
        if (kept != i) {
            s[kept] = s[i];
            s[i].data = NULL; /* moved: whoever closes the image frees it once */
        }
        kept++;
        i += run;
    }
    if (i < count)
        return ub_fail_memory(err);
    image->segment_count = kept;
    return UB_OK;
}

enum ub_code ub_image_finish(struct ub_image *image, struct ub_error *err)
{
    if (image->segment_count == 0)
        return ub_fail(err, UB_IMG_EMPTY, "%s: holds no firmware", image->name);
    sort(image);
    enum ub_code code = refuse_overlaps(image, err);
    return code ? code : join(image, err);
}

void ub_image_info(const struct ub_image *image, struct ub_image_info *out)
{
    *out = (struct ub_image_info){
        .name = image->name,
        .format = image->format ? image->format->name : "",
        .format_title = image->format ? image->format->title : "",
        .packed = image->packed,
        .member = image->member,
        .file_size = image->file_size,
        .segment_count = image->segment_count,
        .has_ids = image->has_ids,
        .vid = image->vid,
        .pid = image->pid,
        .bcdDevice = image->bcdDevice,
        .target_name = image->target_name,
        .note = image->note,
    };
    memcpy(out->sha256, image->sha256, sizeof(out->sha256));
    for (size_t i = 0; i < image->segment_count; i++)
        out->length += image->segments[i].length;
}

bool ub_image_segment(const struct ub_image *image, size_t index, struct ub_image_segment *out)
{
    if (index >= image->segment_count)
        return false;
    const struct ub_segment *segment = &image->segments[index];
    *out = (struct ub_image_segment){
        .has_address = segment->has_address,
        .address = segment->address,
        .alt = segment->alt,
        .data = segment->data,
        .length = segment->length,
    };
    return true;
}
