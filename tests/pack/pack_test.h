/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of the pack room share: making archives in memory, opening them, expecting errors.
 */
#ifndef UB_TESTS_PACK_TEST_H
#define UB_TESTS_PACK_TEST_H

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "image/image.h"
#include "pack/pack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <archive.h>
#include <archive_entry.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** An Intel HEX file of 4 bytes, and two that are as good. */
#define HEX_A    ":0400000001020304F2\n:00000001FF\n"
#define HEX_B    ":0400000005060708E2\n:00000001FF\n"
#define HEX_LATE ":020000040800F2\n:0400000001020304F2\n:00000001FF\n"

/** Bytes that no format and no magic knows. */
#define RAW_A "\x00\x20\x00\x20\xc1\x00\x00\x08raw firmware\x01\x02\x03"

/** A file to be packed. */
struct piece {
    const char *path;
    const void *bytes;
    size_t length;
    const char *link; /* a symbolic link to there, if not NULL */
};

#define PIECE(path, text)                                                                          \
    {                                                                                              \
        (path), (text), sizeof(text) - 1, NULL                                                     \
    }

/** Bytes that grow. */
struct blob {
    uint8_t *bytes;
    size_t length;
    size_t capacity; /* 0: not known */
};

static inline void blob_add(struct blob *blob, const void *bytes, size_t length)
{
    if (blob->length + length >= blob->capacity) {
        blob->capacity = 2 * (blob->length + length) + 16;
        blob->bytes = realloc(blob->bytes, blob->capacity);
        assert_non_null(blob->bytes);
    }
    memcpy(blob->bytes + blob->length, bytes, length);
    blob->length += length;
}

static inline la_ssize_t blob_write(struct archive *a, void *user, const void *bytes, size_t length)
{
    (void)a;
    blob_add(user, bytes, length);
    return (la_ssize_t)length;
}

/** Packs the pieces; `options` is libarchive's or NULL. The caller frees blob.bytes. */
static inline struct blob pack_with(int format, int filter, const char *options,
                                    const struct piece *pieces, size_t count)
{
    struct blob blob = {0};
    struct archive *a = archive_write_new();
    assert_non_null(a);
    assert_int_equal(archive_write_set_format(a, format), ARCHIVE_OK);
    if (filter)
        assert_int_equal(archive_write_add_filter(a, filter), ARCHIVE_OK);
    if (options)
        assert_int_equal(archive_write_set_options(a, options), ARCHIVE_OK);
    assert_int_equal(archive_write_set_bytes_in_last_block(a, 1), ARCHIVE_OK);
    assert_int_equal(archive_write_open(a, &blob, NULL, blob_write, NULL), ARCHIVE_OK);
    for (size_t i = 0; i < count; i++) {
        struct archive_entry *entry = archive_entry_new();
        archive_entry_set_pathname(entry, pieces[i].path);
        archive_entry_set_perm(entry, 0644);
        archive_entry_set_mtime(entry, 1700000000, 0);
        archive_entry_set_filetype(entry, pieces[i].link ? AE_IFLNK : AE_IFREG);
        if (pieces[i].link)
            archive_entry_set_symlink(entry, pieces[i].link);
        archive_entry_set_size(entry, (la_int64_t)pieces[i].length);
        if (archive_write_header(a, entry) != ARCHIVE_OK)
            fail_msg("%s", archive_error_string(a));
        if (pieces[i].length)
            assert_int_equal(archive_write_data(a, pieces[i].bytes, pieces[i].length),
                             pieces[i].length);
        archive_entry_free(entry);
    }
    assert_int_equal(archive_write_close(a), ARCHIVE_OK);
    (void)archive_write_free(a);
    return blob;
}

static inline struct blob pack_zip(const struct piece *pieces, size_t count)
{
    return pack_with(ARCHIVE_FORMAT_ZIP, 0, NULL, pieces, count);
}

/** Packs one file with a filter alone. */
static inline struct blob compress_with(int filter, const void *bytes, size_t length)
{
    struct piece piece = {"data", bytes, length, NULL};
    return pack_with(ARCHIVE_FORMAT_RAW, filter, NULL, &piece, 1);
}

static inline void print_error_of(const struct ub_error *err)
{
    print_error("%d %s\n", (int)err->code, err->message);
    for (unsigned i = 0; i < err->depth; i++)
        print_error("  %s\n", err->context[i]);
}

/** Opens what must be good. The caller closes. */
static inline struct ub_image *open_member(const char *name, const struct blob *blob,
                                           const char *member)
{
    struct ub_image_options options = {.member = member};
    struct ub_image *image = NULL;
    struct ub_error err = {0};
    enum ub_code code = ub_image_open_bytes(name, blob->bytes, blob->length, &options, &image,
                                            &err);
    if (code)
        print_error_of(&err);
    assert_int_equal(code, UB_OK);
    assert_non_null(image);
    return image;
}

/** Opens it, expects this member in this packing, 4 bytes or more of firmware, and closes it. */
static inline void expect_member(const char *name, const struct blob *blob, const char *asked,
                                 const char *packed, const char *member)
{
    struct ub_image *image = open_member(name, blob, asked);
    struct ub_image_info info;
    ub_image_info(image, &info);
    assert_string_equal(info.packed, packed);
    assert_string_equal(info.member, member);
    assert_string_equal(info.name, name);
    assert_int_equal(info.file_size, blob->length);
    assert_true(info.length >= 4);
    ub_image_close(image);
}

/** Opens what must be refused with that code, in words that contain `words`. */
static inline void expect_error(const char *name, const struct blob *blob, const char *member,
                                enum ub_code code, const char *words)
{
    struct ub_image_options options = {.member = member};
    struct ub_image *image = NULL;
    struct ub_error err = {0};
    bool found = false;
    enum ub_code got = ub_image_open_bytes(name, blob->bytes, blob->length, &options, &image, &err);
    bool named = strstr(err.message, name) != NULL;
    found = strstr(err.message, words) != NULL;
    for (unsigned i = 0; i < err.depth; i++) {
        found = found || strstr(err.context[i], words);
        named = named || strstr(err.context[i], name);
    }
    if (got != code || !found || !named) {
        print_error_of(&err);
        print_error("  instead of %d ...%s...\n", (int)code, words);
    }
    assert_null(image);
    assert_int_equal(got, code);
    assert_int_equal(err.code, code);
    assert_true(found && named);
    /* The same without anybody to listen. */
    assert_int_equal(ub_image_open_bytes(name, blob->bytes, blob->length, &options, &image, NULL),
                     code);
}

/** Reads a file of tests/pack/data; the caller frees. */
static inline struct blob read_data(const char *name)
{
    const char *repo = getenv("REPO");
    char path[1024];
    struct blob blob = {0};
    assert_true(ub_print(path, sizeof(path), "%s/tests/pack/data/%s", repo ? repo : ".", name));
    assert_int_equal(ub_file_read(path, 1 << 20, &blob.bytes, &blob.length, NULL), UB_OK);
    return blob;
}

#endif
