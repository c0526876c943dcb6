/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _POSIX_C_SOURCE 200809L
/* From a file to an image, through whatever it is packed in. */
#include "base/error.h"
#include "base/file.h"
#include "image/image.h"

#include <stdlib.h>
#include <string.h>

enum ub_code ub_image_open_bytes(const char *name, const uint8_t *bytes, size_t length,
                                 const struct ub_image_options *options, struct ub_image **out,
                                 struct ub_error *err)
{
    return ub_image_parse(name, bytes, length, options, out, err);
}

enum ub_code ub_image_open(const char *path, const struct ub_image_options *options,
                           struct ub_image **out, struct ub_error *err)
{
    uint8_t *bytes = NULL;
    size_t length = 0;
    bool taken = false;
    enum ub_code code = UB_OK;
    if (!options || !options->member) /* which only an archive has */
        code = ub_image_parse_file(path, options, out, &taken, err);
    if (!code && !taken)
        code = ub_file_read(path, UB_IMAGE_FILE_MAX, &bytes, &length, err);
    if (!code && !taken)
        code = ub_image_open_bytes(path, bytes, length, options, out, err);
    free(bytes);
    if (code)
        return code;
    (*out)->path = strdup(path);
    if ((*out)->path)
        return UB_OK;
    ub_image_close(*out);
    *out = NULL;
    return ub_fail_memory(err);
}
