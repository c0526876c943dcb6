/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Digests that were given, and lists of them in every form that sha256sum and BSD's tools write. */
#include "statement_test.h"

#include "trust/digest.h"

/* of "abc" (FIPS 180-2, B.1 and C.1) */
#define ABC256 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define ABC512                                                                                     \
    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3fe" \
    "e"                                                                                            \
    "bbd454d4423643ce80e2a9ac94fa54ca49f"
#define UPPER256 "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"
#define OTHER256 "0000000000000000000000000000000000000000000000000000000000000001"
#define OTHER512 OTHER256 OTHER256
#define MD5      "900150983cd24fb0d6963f7d28e17f72"

static const uint8_t abc[] = {'a', 'b', 'c'};

static void digests_that_were_given(void **state)
{
    (void)state;
    struct ub_error err = {0};
    assert_int_equal(ub_digest_check("f", ABC256, abc, 3, &err), UB_OK);
    assert_int_equal(ub_digest_check("f", UPPER256, abc, 3, &err), UB_OK);
    assert_int_equal(ub_digest_check("f", ABC512, abc, 3, &err), UB_OK);
    assert_int_equal(ub_digest_check("f", ABC256, abc, 2, &err), UB_TRU_DIGEST);
    assert_int_equal(ub_digest_check("f", ABC512, abc, 2, &err), UB_TRU_DIGEST);
    assert_non_null(strstr(err.message, "SHA-512"));
    assert_int_equal(ub_digest_check("f.bin", OTHER256, abc, 3, &err), UB_TRU_DIGEST);
    assert_string_equal(err.message,
                        "f.bin: its SHA-256 is ba7816bf8f01cfea..., not 0000000000000000...");
}

static void other_digits(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",          "ba78",     MD5,        ABC256 "0",
                                        ABC512 "00", " " ABC256, "g" ABC256, ABC256 " "};
    struct ub_error err = {0};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(ub_digest_check("f", wrong[i], abc, 3, &err), UB_USE_OPTION);
    char text[65] = ABC256;
    text[63] = 'x';
    assert_int_equal(ub_digest_check("f", text, abc, 3, &err), UB_USE_OPTION);
}

/** `expected` NULL: no line is for that name. */
static void expect(const char *sums, const char *name, const char *expected)
{
    struct file file = file_of(sums);
    char digits[129] = "?";
    const bool found = ub_digest_find(file.bytes, file.length, name, digits);
    if (found != (expected != NULL) || strcmp(digits, expected ? expected : "") != 0)
        fail_msg("%s in \"%s\": \"%s\"", name, sums, digits);
    drop(&file);
}

static void forms_of_lines(void **state)
{
    (void)state;
    expect(ABC256 "  f.bin\n", "f.bin", ABC256);
    expect(ABC256 " *f.bin\n", "f.bin", ABC256);
    expect(ABC256 "  f.bin", "f.bin", ABC256);
    expect(ABC256 "  f.bin\r\n", "f.bin", ABC256);
    expect(UPPER256 "  f.bin\n", "f.bin", ABC256);
    expect(ABC512 "  f.bin\n", "f.bin", ABC512);
    expect(ABC256 "  my f.bin\n", "my f.bin", ABC256);
    expect("SHA256 (f.bin) = " ABC256 "\n", "f.bin", ABC256);
    expect("SHA512 (f.bin) = " ABC512 "\n", "f.bin", ABC512);
    expect("SHA256 (f (1).bin) = " ABC256 "\n", "f (1).bin", ABC256);
    expect("SHA256 (f) = g) = " ABC256 "\n", "f) = g", ABC256);
    expect("untrusted comment: x\nRWQ=\nSHA256 (f.bin) = " ABC256 "\n", "f.bin", ABC256);
}

/** sha256sum writes a backslash in front of a line whose name has a backslash or a line break. */
static void escaped_names(void **state)
{
    (void)state;
    expect("\\" ABC256 "  a\\nb\n", "a\nb", ABC256);
    expect("\\" ABC256 "  a\\\\b\n", "a\\b", ABC256);
    expect("\\" ABC256 "  a\\rb\n", "a\rb", ABC256);
    expect("\\SHA256 (a\\nb) = " ABC256 "\n", "a\nb", ABC256);
    expect(ABC256 "  a\\nb\n", "a\\nb", ABC256);
    expect("\\" ABC256 "  a\\xb\n", "a\\xb", NULL);
    expect("\\" ABC256 "  ab\\\n", "ab\\", NULL);
}

static void lonely_digests(void **state)
{
    (void)state;
    expect(ABC256 "\n", "f.bin", ABC256);
    expect(ABC512, "f.bin", ABC512);
    expect(ABC256 "  \n", "f.bin", ABC256);
    expect(ABC256 "  -\n", "f.bin", ABC256);
    expect("\n" ABC256 "\n\n", "f.bin", ABC256);
    expect(ABC256 "\n" OTHER256 "\n", "f.bin", NULL);
    expect("here it is:\n" ABC256 "\n", "f.bin", NULL);
}

static void the_right_line(void **state)
{
    (void)state;
    expect(OTHER256 "  a.bin\n" ABC256 "  f.bin\n" OTHER256 "  b.bin\n", "f.bin", ABC256);
    expect(ABC256 "  ./f.bin\n", "f.bin", ABC256);
    expect(ABC256 "  out/f.bin\n", "f.bin", ABC256);
    /* the file itself before one of that name in a folder, in either order */
    expect(OTHER256 "  old/f.bin\n" ABC256 "  f.bin\n", "f.bin", ABC256);
    expect(ABC256 "  f.bin\n" OTHER256 "  old/f.bin\n", "f.bin", ABC256);
    expect(ABC256 "  f.bin.old\n" ABC256 "  of.bin\n", "f.bin", NULL);
    expect(ABC256 "  F.BIN\n", "f.bin", NULL);
    /* the longer digest says more */
    expect("SHA256 (f) = " ABC256 "\nSHA512 (f) = " ABC512 "\n", "f", ABC512);
    expect("SHA512 (f) = " ABC512 "\nSHA256 (f) = " ABC256 "\n", "f", ABC512);
    expect(ABC256 "  f.bin\n" ABC256 "  f.bin\n", "f.bin", ABC256);
}

static void lists_that_contradict_themselves(void **state)
{
    (void)state;
    expect(ABC256 "  f.bin\n" OTHER256 "  f.bin\n", "f.bin", NULL);
    expect(ABC256 "  a/f.bin\n" OTHER256 "  b/f.bin\n", "f.bin", NULL);
    expect("SHA512 (f) = " OTHER512 "\n" ABC512 "  f\n", "f", NULL);
    /* but the file itself is clear */
    expect(ABC256 "  a/f.bin\n" OTHER256 "  b/f.bin\n" ABC256 "  f.bin\n", "f.bin", ABC256);
}

static void what_is_no_line(void **state)
{
    (void)state;
    expect("", "f.bin", NULL);
    expect("\n\n", "f.bin", NULL);
    expect(MD5 "  f.bin\n", "f.bin", NULL);
    expect("MD5 (f.bin) = " MD5 "\n", "f.bin", NULL);
    expect("BLAKE2b (f.bin) = " ABC512 "\n", "f.bin", NULL);
    expect("SHA256 (f.bin) = " ABC512 "\n", "f.bin", NULL);
    expect("SHA512 (f.bin) = " ABC256 "\n", "f.bin", NULL);
    expect("SHA256 (f.bin) = " ABC256 " \n", "f.bin", NULL);
    expect("SHA256 () = " ABC256 "\n", "", NULL);
    expect("SHA256 (f.bin = " ABC256 "\n", "f.bin", NULL);
    expect(ABC256 " f.bin\n", "f.bin", NULL);
    expect(ABC256 "f.bin\n", "f.bin", NULL);
    expect("\\" ABC256 "\n", "f.bin", NULL);
    expect("x" ABC256 "  f.bin\n", "f.bin", NULL);
}

static void a_zero_in_a_name(void **state)
{
    (void)state;
    static const char sums[] = ABC256 "  f.bin\0x\n";
    char digits[129];
    assert_false(ub_digest_find((const uint8_t *)sums, sizeof(sums) - 1, "f.bin", digits));
}

static void long_lists(void **state)
{
    (void)state;
    const size_t lines = 14000;
    char *sums = calloc(1, lines * 75 + 75);
    assert_non_null(sums);
    size_t length = 0;
    for (size_t i = 0; i < lines; i++) {
        (void)ub_print(sums + length, 76, "%s  f%06zu\n", i == lines - 1 ? ABC256 : OTHER256, i);
        length += 74;
    }
    assert_true(length <= UB_SUMS_FILE_MAX);
    char digits[129];
    assert_true(ub_digest_find((const uint8_t *)sums, length, "f013999", digits));
    assert_string_equal(digits, ABC256);
    assert_false(ub_digest_find((const uint8_t *)sums, length, "f014000", digits));
    free(sums);
    sums = calloc(1, UB_SUMS_FILE_MAX + 1);
    assert_non_null(sums);
    memset(sums, '\n', UB_SUMS_FILE_MAX + 1);
    memcpy(sums, ABC256, 64);
    assert_true(ub_digest_find((const uint8_t *)sums, UB_SUMS_FILE_MAX, "f", digits));
    assert_false(ub_digest_find((const uint8_t *)sums, UB_SUMS_FILE_MAX + 1, "f", digits));
    free(sums);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_that_were_given),
        cmocka_unit_test(other_digits),
        cmocka_unit_test(forms_of_lines),
        cmocka_unit_test(escaped_names),
        cmocka_unit_test(lonely_digests),
        cmocka_unit_test(the_right_line),
        cmocka_unit_test(lists_that_contradict_themselves),
        cmocka_unit_test(what_is_no_line),
        cmocka_unit_test(a_zero_in_a_name),
        cmocka_unit_test(long_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
