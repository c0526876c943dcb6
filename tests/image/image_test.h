/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of the image room share: opening bytes, expecting errors, known-answer files. */
#ifndef UB_TESTS_IMAGE_TEST_H
#define UB_TESTS_IMAGE_TEST_H

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "image/image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Opens bytes that must be good. The caller closes. */
static inline struct ub_image *open_good(const char *name, const void *bytes, size_t length)
{
    struct ub_image *image = NULL;
    struct ub_error err;
    memset(&err, 0, sizeof(err));
    enum ub_code code = ub_image_open_bytes(name, bytes, length, NULL, &image, &err);
    if (code)
        print_error("%d %s\n", (int)code, err.message);
    assert_int_equal(code, UB_OK);
    assert_non_null(image);
    return image;
}

/** Opens bytes that must be refused with `code`, in words that contain `words`. */
static inline void expect_refused(const char *name, const void *bytes, size_t length,
                                  enum ub_code code, const char *words)
{
    struct ub_image *image = NULL;
    struct ub_error err;
    memset(&err, 0, sizeof(err));
    enum ub_code found = ub_image_open_bytes(name, bytes, length, NULL, &image, &err);
    if (found != code || !strstr(err.message, words) || !strstr(err.message, name))
        print_error("%d %s\n  instead of %d ...%s...\n", (int)found, err.message, (int)code, words);
    assert_null(image);
    assert_int_equal(found, code);
    assert_int_equal(err.code, code);
    assert_non_null(strstr(err.message, words));
    assert_non_null(strstr(err.message, name)); /* says which file */
    /* The same without anybody to listen. */
    assert_int_equal(ub_image_open_bytes(name, bytes, length, NULL, &image, NULL), code);
}

static inline void expect_segment(const struct ub_image *image, size_t index, int alt,
                                  uint64_t address, size_t length)
{
    struct ub_image_segment s;
    assert_true(ub_image_segment(image, index, &s));
    assert_int_equal(s.alt, alt);
    assert_true(s.has_address);
    assert_true(s.address == address);
    assert_int_equal(s.length, length);
}

/** Reads a file of tests/image/data; the caller frees. */
static inline uint8_t *read_data(const char *name, size_t *length)
{
    const char *repo = getenv("REPO");
    char path[1024];
    uint8_t *bytes = NULL;
    assert_true(ub_print(path, sizeof(path), "%s/tests/image/data/%s", repo ? repo : ".", name));
    assert_int_equal(ub_file_read(path, 1 << 20, &bytes, length, NULL), UB_OK);
    return bytes;
}

/** As read_data(), for a file that is a hex dump; the caller frees. */
static inline uint8_t *read_dump(const char *name, size_t *length)
{
    char *text = (char *)read_data(name, length);
    size_t digits = 0;
    for (size_t i = 0; i < *length; i++)
        if (text[i] != '\n')
            text[digits++] = text[i];
    text[digits] = '\0';
    uint8_t *bytes = malloc(digits / 2 + 1);
    assert_non_null(bytes);
    assert_true(ub_parse_hex(text, bytes, digits / 2));
    free(text);
    *length = digits / 2;
    return bytes;
}

/** The three pieces of firmware from which the known-answer files were made. */
static inline void expect_piece(const uint8_t *data, char piece, size_t from, size_t length)
{
    for (size_t i = from; i < from + length; i++) {
        size_t value = piece == 'a' ? i * 7 + 3 : piece == 'b' ? i * 5 + 1 : 255 - i;
        assert_int_equal(data[i - from], value & 0xff);
    }
}

#endif
