/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _POSIX_C_SOURCE 200809L /* close */
/* What an archive holds. */
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "pack/choose.h"

#include <stdlib.h>
#include <unistd.h>

static void describe(const struct ub_pack_contents *contents, size_t index, struct ub_member *to)
{
    static const struct ub_image_options careful = {0};
    const struct ub_packed *file = &contents->files[index].what;
    struct ub_pack_judged judged = ub_pack_judge(contents, index, &careful);
    (void)ub_print(to->path, sizeof(to->path), "%s", file->path);
    (void)ub_print(to->what, sizeof(to->what), "%s", ub_pack_describe(file));
    to->length = file->length;
    if (!file->bytes || judged.rank == UB_PACK_NO)
        return;
    struct ub_image *image = NULL;
    const enum ub_code code = ub_image_parse(file->path, file->bytes, file->length, &careful,
                                             &image, NULL);
    to->firmware = code == UB_OK || code == UB_IMG_SEVERAL;
    if (code == UB_IMG_SEVERAL) /* the family comes behind the path */
        (void)ub_append(to->what, sizeof(to->what), " for several families: PATH/FAMILY is one");
    ub_image_close(image);
}

static enum ub_code list(const struct ub_pack_contents *contents, struct ub_member **out,
                         size_t *count, struct ub_error *err)
{
    struct ub_member *members = calloc(contents->file_count + 1, sizeof(*members));
    if (!members)
        return ub_fail_memory(err);
    for (size_t i = 0; i < contents->file_count; i++)
        describe(contents, i, &members[i]);
    *out = members;
    *count = contents->file_count;
    return UB_OK;
}

enum ub_code ub_pack_members(const char *name, const uint8_t *bytes, size_t length,
                             const struct ub_pack_limits *limits, struct ub_member **out,
                             size_t *count, struct ub_error *err)
{
    struct ub_pack_contents contents;
    *out = NULL;
    *count = 0;
    if (!ub_pack_is_archive(bytes, length))
        return UB_OK;
    enum ub_code code = ub_pack_contents(name, bytes, length, NULL, limits, &contents, err);
    if (!code)
        code = ub_pack_read_lists(&contents, err);
    if (code == UB_IMG_METADATA)
        code = UB_OK; /* the list of files stands without it */
    if (!code)
        code = list(&contents, out, count, err);
    ub_pack_contents_free(&contents);
    return code;
}

/** Whether the file begins like an archive; other files may be too long to be read whole. */
static enum ub_code looks_packed(const char *path, bool *packed, struct ub_error *err)
{
    uint8_t head[UB_PACKING_HEAD];
    uint64_t size = 0;
    size_t got = 0;
    int fd = -1;
    enum ub_code code = ub_file_open(path, &fd, &size, err);
    if (code)
        return code;
    code = ub_file_take(fd, path, head, sizeof(head), &got, err);
    *packed = !code && ub_packing(head, got) != UB_PACKING_NONE;
    (void)close(fd);
    return code;
}

enum ub_code ub_image_members(const char *path, struct ub_member **out, size_t *count,
                              struct ub_error *err)
{
    uint8_t *bytes = NULL;
    size_t length = 0;
    bool packed = false;
    *out = NULL;
    *count = 0;
    enum ub_code code = looks_packed(path, &packed, err);
    if (code || !packed)
        return code;
    code = ub_file_read(path, UB_IMAGE_FILE_MAX, &bytes, &length, err);
    if (!code)
        code = ub_pack_members(path, bytes, length, &ub_pack_limits, out, count, err);
    free(bytes);
    return code;
}
