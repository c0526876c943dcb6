/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _POSIX_C_SOURCE 200809L
/* From a file of hexadecimal lines to an image, piece by piece. */
#include "base/error.h"
#include "base/file.h"
#include "base/sha256.h"
#include "base/text.h"
#include "image/dfu_suffix.h"
#include "image/lines.h"

#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define PIECE ((size_t)256 * 1024)

/** A file on its way into an image. */
struct reading {
    const struct ub_image_source *source;
    struct ub_image *image; /**< owned */
    struct ub_lines lines;
    struct ub_sha256 *digest; /**< owned */
    uint8_t *piece;           /**< owned */
    size_t size;              /**< of the piece */
    size_t filled;            /**< how much of it is there */
    bool last;                /**< it holds the file's end */
};

/** Fills up the piece behind what is left of the one before. */
static enum ub_code fill(struct reading *r, struct ub_error *err)
{
    size_t got = 0;
    size_t room = r->size - r->filled;
    enum ub_code code = r->source->take(r->source->user, r->piece + r->filled, room, &got, err);
    if (code)
        return code;
    r->filled += got;
    r->last = got < room;
    return UB_OK;
}

/** The format of lines that the file's beginning shows, or NULL. */
static const struct ub_format *find_format(const struct reading *r)
{
    for (size_t i = 0; ub_formats[i]; i++)
        if (ub_formats[i]->lines && ub_formats[i]->probe(r->piece, r->filled))
            return ub_formats[i];
    return NULL;
}

/** Takes the piece at hand into digest and image, and keeps the rest of it. `kept` bytes of it were
 * digested before. */
static enum ub_code take_piece(struct reading *r, size_t kept, struct ub_error *err)
{
    size_t used = 0;
    r->image->file_size += r->filled - kept;
    if (r->image->file_size > UB_IMAGE_TEXT_MAX) {
        char limit[32];
        ub_print_grouped(limit, sizeof(limit), UB_IMAGE_TEXT_MAX);
        return ub_fail(err, UB_IMG_TOO_LARGE, "%s: larger than %s bytes", r->image->name, limit);
    }
    ub_sha256_feed(r->digest, r->piece + kept, r->filled - kept);
    enum ub_code code = ub_lines_feed(&r->lines, r->piece, r->filled, r->last, &used);
    if (code)
        return code;
    r->filled -= used;
    memmove(r->piece, r->piece + used, r->filled);
    return UB_OK;
}

static enum ub_code read_lines(struct reading *r, struct ub_error *err)
{
    enum ub_code code = ub_lines_open(&r->lines, r->image->format->lines, r->image, err);
    if (!code)
        code = ub_sha256_new(&r->digest, err);
    size_t kept = 0;
    while (!code) {
        code = take_piece(r, kept, err);
        if (code || r->last)
            break;
        kept = r->filled;
        code = fill(r, err);
    }
    if (!code)
        code = ub_lines_finish(&r->lines);
    if (!code)
        code = ub_image_finish(r->image, err);
    return code ? code : ub_sha256_take(r->digest, r->image->sha256, err);
}

enum ub_code ub_image_parse_pieces(const char *name, const struct ub_image_source *source,
                                   size_t piece, const struct ub_image_options *options,
                                   struct ub_image **out, bool *taken, struct ub_error *err)
{
    struct reading r = {.source = source, .size = piece};
    (void)options; /* a format of lines has no use for them */
    *out = NULL;
    *taken = false;
    r.piece = malloc(piece);
    enum ub_code code = r.piece ? fill(&r, err) : ub_fail_memory(err);
    if (code)
        goto out;
    const struct ub_format *format = find_format(&r);
    if (!format)
        goto out;
    *taken = true;
    code = ub_image_new(name, &r.image, err);
    if (code)
        goto out;
    r.image->format = format;
    code = read_lines(&r, err);
    if (code)
        goto out;
    *out = r.image;
    r.image = NULL;
out:
    ub_lines_close(&r.lines);
    ub_sha256_free(r.digest);
    ub_image_close(r.image);
    free(r.piece);
    return code;
}

struct file {
    int fd;
    const char *path;
};

static enum ub_code take(void *user, uint8_t *to, size_t length, size_t *got, struct ub_error *err)
{
    const struct file *file = user;
    return ub_file_take(file->fd, file->path, to, length, got, err);
}

/** A DFU suffix is looked for first, whatever the file begins with. */
static bool ends_with_suffix(int fd, uint64_t size)
{
    uint8_t tail[UB_DFU_SUFFIX_LENGTH];
    struct ub_dfu_suffix suffix;
    return size >= sizeof(tail) &&
           pread(fd, tail, sizeof(tail), (off_t)(size - sizeof(tail))) == (ssize_t)sizeof(tail) &&
           ub_dfu_suffix_find(tail, sizeof(tail), &suffix);
}

enum ub_code ub_image_parse_file(const char *path, const struct ub_image_options *options,
                                 struct ub_image **out, bool *taken, struct ub_error *err)
{
    struct file file = {.fd = -1, .path = path};
    const struct ub_image_source source = {.take = take, .user = &file};
    uint64_t size = 0;
    *out = NULL;
    *taken = false;
    enum ub_code code = ub_file_open(path, &file.fd, &size, err);
    if (code)
        return code;
    if (!ends_with_suffix(file.fd, size))
        code = ub_image_parse_pieces(path, &source, PIECE, options, out, taken, err);
    (void)close(file.fd);
    return code;
}
