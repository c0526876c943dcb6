/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From an image to a file. */
#define _POSIX_C_SOURCE 200809L
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "image/prefix.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const char *ub_image_format_at(size_t index)
{
    size_t writable = 0;
    for (size_t i = 0; ub_formats[i]; i++)
        if (ub_formats[i]->write && writable++ == index)
            return ub_formats[i]->name;
    return NULL;
}

/** The error that `what` leads to no format that can be written; names those that can. */
static enum ub_code fail_format(const char *what, const char *why, struct ub_error *err)
{
    char names[UB_ERROR_TEXT] = "";
    for (size_t i = 0; ub_image_format_at(i); i++)
        (void)ub_append(names, sizeof(names), "%s%s", i ? ", " : "", ub_image_format_at(i));
    return ub_fail(err, UB_USE_OPTION, "%.80s %s; there are %s", what, why, names);
}

static enum ub_code choose_format(const struct ub_image *image, const char *path, const char *name,
                                  const struct ub_format **format, struct ub_error *err)
{
    *format = NULL;
    if (!name) {
        *format = ub_format_for_image(path, image);
        return *format && (*format)->write
                   ? UB_OK
                   : fail_format(path, "does not end like a format that can be written", err);
    }
    for (size_t i = 0; ub_formats[i]; i++)
        if (ub_same_word(ub_formats[i]->name, name))
            *format = ub_formats[i];
    if (!*format)
        return fail_format(name, "is no format", err);
    return (*format)->write ? UB_OK : fail_format(name, "can be read but not written", err);
}

/** The number of segments from `first` on that belong together: one alternate setting, addresses.
 */
static size_t run_of(const struct ub_image *image, size_t first)
{
    const struct ub_segment *s = &image->segments[first];
    size_t count = 1;
    while (s->has_address && first + count < image->segment_count && s[count].has_address &&
           s[count].alt == s->alt)
        count++;
    return count;
}

/** Adds one segment that is `count` of the image from `first` on, and what is between them. */
static enum ub_code add_filled(const struct ub_image *image, size_t first, size_t count,
                               uint8_t fill, struct ub_image *to, struct ub_error *err)
{
    const struct ub_segment *s = &image->segments[first];
    const struct ub_segment *last = &s[count - 1];
    uint64_t length = last->address - s->address + last->length;
    if (length > UB_IMAGE_FILE_MAX)
        return ub_fail(err, UB_IMG_UNWRITABLE,
                       "%s: its pieces lie from 0x%08" PRIx64 " to 0x%08" PRIx64
                       ", too far apart to fill what is between them",
                       image->name, s->address, last->address + last->length - 1);
    uint8_t *data = malloc((size_t)length);
    if (!data)
        return ub_fail_memory(err);
    memset(data, fill, (size_t)length);
    for (size_t i = 0; i < count; i++)
        memcpy(data + (s[i].address - s->address), s[i].data, s[i].length);
    return ub_image_adopt(to, s->alt, s->has_address, s->address, data, (size_t)length, err);
}

static enum ub_code fill_gaps(const struct ub_image *image, uint8_t fill, struct ub_image *to,
                              struct ub_error *err)
{
    enum ub_code code = UB_OK;
    for (size_t i = 0; !code && i < image->segment_count;) {
        size_t count = run_of(image, i);
        code = add_filled(image, i, count, fill, to, err);
        i += count;
    }
    return code;
}

/** Adds the segments as they are. */
static enum ub_code copy_segments(const struct ub_image *image, struct ub_image *to,
                                  struct ub_error *err)
{
    enum ub_code code = UB_OK;
    for (size_t i = 0; !code && i < image->segment_count; i++) {
        const struct ub_segment *s = &image->segments[i];
        code = ub_image_add(to, s->alt, s->has_address, s->address, s->data, s->length, err);
    }
    return code;
}

/** Takes away the prefix that the content has, if any, and puts the one asked for in its place. */
static enum ub_code change_prefix(struct ub_image *image, const struct ub_save_options *options,
                                  const struct ub_format *format, struct ub_error *err)
{
    enum ub_prefix_kind kind = UB_PREFIX_NONE;
    uint8_t head[UB_LPC_PREFIX_LENGTH];
    size_t head_length = 0;
    if (!ub_prefix_word(options->prefix, &kind))
        return ub_fail(err, UB_USE_OPTION, "%.80s is no prefix; there are lpc, ti and none",
                       options->prefix);
    if (kind != UB_PREFIX_NONE && (format->keeps_addresses || image->segment_count != 1))
        return ub_fail(
            err, UB_IMG_UNWRITABLE,
            "%s: a prefix stands in front of one piece without an address, in a raw or a "
            "plain DFU file",
            image->name);
    struct ub_segment *s = &image->segments[0];
    size_t old = ub_prefix_find(s->data, s->length).length;
    enum ub_code code = ub_prefix_make(kind, options->prefix_address, s->length - old, head,
                                       &head_length, err);
    if (code)
        return code;
    uint8_t *data = malloc(s->length - old + head_length);
    if (!data)
        return ub_fail_memory(err);
    memcpy(data, head, head_length);
    memcpy(data + head_length, s->data + old, s->length - old);
    free(s->data);
    s->data = data;
    s->length = s->length - old + head_length;
    return UB_OK;
}

/** A copy of the image as it is to be written. *out is the caller's. */
static enum ub_code prepare(const struct ub_image *image, const struct ub_save_options *options,
                            const struct ub_format *format, struct ub_image **out,
                            struct ub_error *err)
{
    struct ub_image *copy = NULL;
    enum ub_code code = ub_image_new(image->name, &copy, err);
    if (!code)
        code = options->has_fill ? fill_gaps(image, options->fill, copy, err)
                                 : copy_segments(image, copy, err);
    for (size_t i = 0; !code && i < image->claim_count; i++) {
        const struct ub_claim *claim = &image->claims[i];
        code = ub_image_add_claim(copy, claim->kind, claim->source, claim->number, claim->detail,
                                  claim->text, err);
    }
    if (!code && options->prefix && copy->segment_count)
        code = change_prefix(copy, options, format, err);
    if (code) {
        ub_image_close(copy);
        return code;
    }
    copy->has_ids = image->has_ids;
    copy->vid = image->vid;
    copy->pid = image->pid;
    copy->bcdDevice = image->bcdDevice;
    (void)ub_print(copy->target_name, sizeof(copy->target_name), "%s", image->target_name);
    *out = copy;
    return UB_OK;
}

enum ub_code ub_image_save(const struct ub_image *image, const char *path,
                           const struct ub_save_options *options, struct ub_error *err)
{
    static const struct ub_save_options usual = {0};
    const struct ub_format *format = NULL;
    struct ub_image *copy = NULL;
    uint8_t *bytes = NULL;
    size_t length = 0;
    struct stat status;
    if (!options)
        options = &usual;
    enum ub_code code = choose_format(image, path, options->format, &format, err);
    if (!code && !options->replace && lstat(path, &status) == 0)
        code = ub_fail(err, UB_SYS_WRITE, "%s: is there already, and is not replaced unasked",
                       path);
    if (!code && (options->has_fill || options->prefix))
        code = prepare(image, options, format, &copy, err);
    if (!code && format && format->write)
        code = format->write(copy ? copy : image, options, &bytes, &length, err);
    if (!code)
        code = ub_file_write(path, bytes, length, err);
    free(bytes);
    ub_image_close(copy);
    return code;
}
