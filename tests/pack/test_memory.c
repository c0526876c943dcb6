/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every allocation of unpacking fails once: each time the answer is UB_SYS_MEMORY, nothing leaks
 * and nothing is freed twice (seen by the sanitizers). Those within libarchive, expat and libcrypto
 * are their own. The linker puts the functions below in the place of the allocator (--wrap). */
#include "pack_test.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static bool counting;
static unsigned calls;
static unsigned failing; /* the call that fails, from 1; 0: none */

static bool fails(void)
{
    return counting && ++calls == failing;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

/** Opens and lists the archive with allocation number `n` failing. */
static enum ub_code open_and_list(const struct blob *blob, unsigned n)
{
    struct ub_image *image = NULL;
    struct ub_member *members = NULL;
    size_t count = 0;
    struct ub_error err = {0};
    calls = 0;
    failing = n;
    counting = true;
    enum ub_code code = ub_image_open_bytes("a", blob->bytes, blob->length, NULL, &image, &err);
    if (!code || code == UB_IMG_SEVERAL)
        code = ub_pack_members("a", blob->bytes, blob->length, &ub_pack_limits, &members, &count,
                               &err);
    counting = false;
    ub_image_close(image);
    free(members);
    if (code)
        assert_int_equal(err.code, code);
    return code;
}

static void every_allocation_fails(const struct blob *blob)
{
    assert_int_equal(open_and_list(blob, 0), UB_OK);
    unsigned total = calls;
    unsigned survived = 0;
    assert_true(total > 8);
    for (unsigned n = 1; n <= total; n++) {
        enum ub_code code = open_and_list(blob, n);
        if (code == UB_OK)
            survived++; /* whether a member that is listed is firmware may stay unknown */
        else
            assert_int_equal(code, UB_SYS_MEMORY);
    }
    assert_true(survived * 2 < total);
}

static void known_answers(void **state)
{
    (void)state;
    static const char *const files[] = {"board.cab", "nordic.zip", "nordic-two.zip", "umlaut.7z"};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct blob blob = read_data(files[i]);
        every_allocation_fails(&blob);
        free(blob.bytes);
    }
}

static void nested(void **state)
{
    (void)state;
    const struct piece inner[] = {PIECE("x.hex", HEX_A), PIECE("y.srec", "S107000001020304EE\n"
                                                                         "S9030000FC\n")};
    struct blob tar = pack_with(ARCHIVE_FORMAT_TAR_PAX_INTERCHANGE, ARCHIVE_FILTER_GZIP, NULL,
                                inner, 2);
    const struct piece outer[] = {{"a.tgz", tar.bytes, tar.length, NULL}, PIECE("b.bin", RAW_A)};
    struct blob zip = pack_zip(outer, 2);
    every_allocation_fails(&zip);
    free(zip.bytes);
    free(tar.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),
        cmocka_unit_test(nested),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
