/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signing a file, or a manifest of it, as minisign does. */
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "image/image.h"
#include "trust/manifest.h"
#include "trust/secret_key.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SIGNATURE_ENDING ".minisig"
#define COMMENT_TEXT     1024

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/** `path` with `ending` behind it; the caller frees. NULL when out of memory. */
static char *with_ending(const char *path, const char *ending)
{
    const size_t size = strlen(path) + strlen(ending) + 1;
    char *longer = malloc(size);
    if (longer)
        (void)ub_print(longer, size, "%s%s", path, ending);
    return longer;
}

/** Writes PATH.minisig, the signature of `content`, which is that of `path`. */
static enum ub_code write_signature(const char *path, const uint8_t *content, size_t length,
                                    const struct ub_secret_key *key, const char *comment,
                                    struct ub_error *err)
{
    char usual[COMMENT_TEXT];
    char *text = NULL;
    char *to = with_ending(path, SIGNATURE_ENDING);
    enum ub_code code = to ? UB_OK : ub_fail_memory(err);
    if (!comment && !ub_print(usual, sizeof(usual), "timestamp:%" PRId64 "\tfile:%s\thashed",
                              (int64_t)time(NULL), base_name(path)))
        code = ub_fail(err, UB_USE_OPTION, "%s: the name is too long to be signed", path);
    if (!code)
        code = ub_secret_key_sign(key, content, length, comment ? comment : usual, &text, err);
    if (!code)
        code = ub_file_write(to, text, strlen(text), err);
    free(text);
    free(to);
    return code;
}

static enum ub_code sign_file(const char *path, const struct ub_sign_options *options,
                              const struct ub_secret_key *key, struct ub_error *err)
{
    uint8_t *content = NULL;
    size_t length = 0;
    enum ub_code code = ub_file_read(path, UB_IMAGE_TEXT_MAX, &content, &length, err);
    if (!code)
        code = write_signature(path, content, length, key, options->comment, err);
    free(content);
    return code;
}

/** Writes PATH.manifest.json and signs that. */
static enum ub_code sign_manifest(const char *path, const struct ub_sign_options *options,
                                  const struct ub_secret_key *key, struct ub_error *err)
{
    struct ub_image *image = NULL;
    char *text = NULL;
    char *to = with_ending(path, UB_MANIFEST_ENDING);
    enum ub_code code = to ? ub_image_open(path, options->image, &image, err) : ub_fail_memory(err);
    if (!code)
        code = ub_manifest_write(image, options->manifest, &text, err);
    if (!code)
        code = ub_file_write(to, text, strlen(text), err);
    if (!code)
        code = write_signature(to, (const uint8_t *)text, strlen(text), key, options->comment, err);
    ub_image_close(image);
    free(text);
    free(to);
    return code;
}

enum ub_code ub_image_sign(const char *path, const struct ub_sign_options *options,
                           struct ub_error *err)
{
    struct ub_secret_key key;
    ub_error_clear(err);
    if (!options || !options->key)
        return ub_fail(err, UB_TRU_KEY, "no secret key was named to sign with");
    if (options->image && options->image->member && !options->manifest)
        return ub_fail(err, UB_USE_CONFLICT,
                       "%s: a file is signed as a whole; only a manifest is about %s in it",
                       base_name(path), options->image->member);
    if (sodium_init() < 0)
        return ub_fail(err, UB_SYS_INTERNAL, "the cryptographic library cannot be started");
    enum ub_code code = ub_secret_key_read(options->key, options->password, options->user, &key,
                                           err);
    if (!code)
        code = options->manifest ? sign_manifest(path, options, &key, err)
                                 : sign_file(path, options, &key, err);
    ub_secret_key_wipe(&key);
    return code;
}
