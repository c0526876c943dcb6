/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From an image to a file. */
#include "base/error.h"
#include "image/image.h"

const char *ub_image_format_at(size_t index)
{
    size_t writable = 0;
    for (size_t i = 0; ub_formats[i]; i++)
        if (ub_formats[i]->write && writable++ == index)
            return ub_formats[i]->name;
    return NULL;
}

enum ub_code ub_image_save(const struct ub_image *image, const char *path,
                           const struct ub_save_options *options, struct ub_error *err)
{
    (void)image;
    (void)path;
    (void)options;
    return ub_fail(err, UB_SYS_INTERNAL, "not there yet");
}
