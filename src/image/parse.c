/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From bytes to an image: find their format by content, let the format read them. */
#include "image/image.h"

#include "base/error.h"
#include "base/text.h"

#include <sodium.h>

static const struct ub_format *find_format(const uint8_t *bytes, size_t length)
{
    size_t i = 0;
    while (ub_formats[i + 1] && !ub_formats[i]->probe(bytes, length))
        i++;
    return ub_formats[i];
}

bool ub_image_has_members(const uint8_t *bytes, size_t length)
{
    return find_format(bytes, length)->has_members;
}

enum ub_code ub_image_parse(const char *name, const uint8_t *bytes, size_t length,
                            const struct ub_image_options *options, struct ub_image **out,
                            struct ub_error *err)
{
    static const struct ub_image_options careful = {0};
    struct ub_image *image = NULL;
    enum ub_code code = ub_image_new(name, &image, err);
    if (code)
        return code;
    if (length == 0) {
        code = ub_fail(err, UB_IMG_EMPTY, "%s: the file is empty", image->name);
        goto out;
    }
    image->format = find_format(bytes, length);
    size_t max = image->format->lines ? UB_IMAGE_TEXT_MAX : UB_IMAGE_FILE_MAX;
    if (length > max) {
        char limit[32];
        ub_print_grouped(limit, sizeof(limit), max);
        code = ub_fail(err, UB_IMG_TOO_LARGE, "%s: larger than %s bytes", image->name, limit);
        goto out;
    }
    image->file_size = length;
    (void)crypto_hash_sha256(image->sha256, bytes, length); /* always returns 0 */
    code = image->format->read(bytes, length, options ? options : &careful, image, err);
    if (!code)
        code = ub_image_finish(image, err);
    if (code)
        goto out;
    *out = image;
    image = NULL;
out:
    ub_image_close(image);
    return code;
}
