/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _POSIX_C_SOURCE 200809L
/* From a file to an image, through whatever it is packed in. */
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "inspect/claims.h"
#include "pack/choose.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static enum ub_code open_archive(const char *name, const uint8_t *bytes, size_t length,
                                 const struct ub_image_options *options,
                                 const struct ub_pack_limits *limits, struct ub_image **out,
                                 struct ub_error *err)
{
    struct ub_pack_contents contents;
    struct ub_image *image = NULL;
    enum ub_code code = ub_pack_contents(name, bytes, length, options->member, limits, &contents,
                                         err);
    if (!code)
        code = ub_pack_read_lists(&contents, err);
    if (code == UB_IMG_METADATA && options->member)
        code = UB_OK; /* who names the firmware needs no manifest for that */
    if (!code)
        code = ub_pack_choose(&contents, options, &image, err);
    if (!code) {
        image->file_size = length;
        (void)crypto_hash_sha256(image->sha256, bytes, length); /* always returns 0 */
        *out = image;
    }
    ub_pack_contents_free(&contents);
    return code;
}

enum ub_code ub_pack_open(const char *name, const uint8_t *bytes, size_t length,
                          const struct ub_image_options *options,
                          const struct ub_pack_limits *limits, struct ub_image **out,
                          struct ub_error *err)
{
    static const struct ub_image_options careful = {0};
    if (!options)
        options = &careful;
    if (ub_pack_is_archive(bytes, length))
        return open_archive(name, bytes, length, options, limits, out, err);
    if (options->member && !ub_image_has_members(bytes, length)) {
        char shown[UB_STRING_TEXT];
        ub_print_stranger(shown, sizeof(shown), name, strlen(name));
        return ub_fail(err, UB_IMG_NONE_INSIDE, "%s: is no archive, so there is no %s in it", shown,
                       options->member);
    }
    return ub_image_parse(name, bytes, length, options, out, err);
}

/** Adds what headers in the firmware claim. Closes the image on failure. */
static enum ub_code inspect(struct ub_image **image, struct ub_error *err)
{
    enum ub_code code = ub_inspect_claims(*image, err);
    if (code) {
        ub_image_close(*image);
        *image = NULL;
    }
    return code;
}

enum ub_code ub_image_open_bytes(const char *name, const uint8_t *bytes, size_t length,
                                 const struct ub_image_options *options, struct ub_image **out,
                                 struct ub_error *err)
{
    enum ub_code code = ub_pack_open(name, bytes, length, options, &ub_pack_limits, out, err);
    return code ? code : inspect(out, err);
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
    if (!code && taken)
        code = inspect(out, err);
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
