/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of the inspect room share: known-answer files, images out of bytes. */
#ifndef UB_TESTS_INSPECT_TEST_H
#define UB_TESTS_INSPECT_TEST_H

#include "base/bytes.h"
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

/** Reads a file of tests/inspect/data; the caller frees. */
static inline uint8_t *read_data(const char *name, size_t *length)
{
    const char *repo = getenv("REPO");
    char path[1024];
    uint8_t *bytes = NULL;
    assert_true(ub_print(path, sizeof(path), "%s/tests/inspect/data/%s", repo ? repo : ".", name));
    assert_int_equal(ub_file_read(path, 1 << 20, &bytes, length, NULL), UB_OK);
    return bytes;
}

/** A copy without slack, so that a read past its end is seen by the sanitizer; the caller frees. */
static inline uint8_t *copy_of(const uint8_t *bytes, size_t length)
{
    uint8_t *copy = malloc(length ? length : 1);
    assert_non_null(copy);
    if (length)
        memcpy(copy, bytes, length);
    return copy;
}

#endif
