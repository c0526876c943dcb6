/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of keys, signatures and digests share: known-answer files and their texts. */
#ifndef UB_TESTS_STATEMENT_TEST_H
#define UB_TESTS_STATEMENT_TEST_H

#include "base/bytes.h"
#include "base/file.h"
#include "base/text.h"
#include "image/image.h"
#include "trust/key.h"
#include "trust/signature.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** A file in memory, without slack, so that a read past its end is seen by the sanitizer. */
struct file {
    uint8_t *bytes;
    size_t length;
};

/** Reads a file of tests/ROOM/data; free with drop(). */
static inline struct file load_from(const char *room, const char *name)
{
    const char *repo = getenv("REPO");
    char path[1024];
    uint8_t *bytes = NULL;
    struct file file = {NULL, 0};
    assert_true(ub_print(path, sizeof(path), "%s/tests/%s/data/%s", repo ? repo : ".", room, name));
    assert_int_equal(ub_file_read(path, 1 << 20, &bytes, &file.length, NULL), UB_OK);
    file.bytes = malloc(file.length);
    assert_non_null(file.bytes);
    memcpy(file.bytes, bytes, file.length);
    free(bytes);
    return file;
}

static inline struct file load(const char *name)
{
    return load_from("trust", name);
}

static inline struct file file_of(const char *text)
{
    struct file file = {NULL, strlen(text)};
    file.bytes = malloc(file.length ? file.length : 1);
    assert_non_null(file.bytes);
    memcpy(file.bytes, text, file.length);
    return file;
}

static inline void drop(struct file *file)
{
    free(file->bytes);
    *file = (struct file){NULL, 0};
}

/** The text with each LF made CRLF. */
static inline struct file with_crlf(const struct file *file)
{
    struct file longer = {malloc(file->length * 2), 0};
    assert_non_null(longer.bytes);
    for (size_t i = 0; i < file->length; i++) {
        if (file->bytes[i] == '\n')
            longer.bytes[longer.length++] = '\r';
        longer.bytes[longer.length++] = file->bytes[i];
    }
    return longer;
}

static inline struct ub_public_key key_of(const char *room, const char *name)
{
    struct file file = load_from(room, name);
    struct ub_public_key key;
    struct ub_error err = {0};
    if (ub_public_key_parse(name, file.bytes, file.length, &key, &err) != UB_OK)
        fail_msg("%s", err.message);
    drop(&file);
    return key;
}

static inline struct ub_signature signature_of(const char *name)
{
    struct file file = load(name);
    struct ub_signature signature;
    struct ub_error err = {0};
    if (ub_signature_parse(name, file.bytes, file.length, &signature, &err) != UB_OK)
        fail_msg("%s", err.message);
    drop(&file);
    return signature;
}

#endif
