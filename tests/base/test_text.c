/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text for people and numbers from text: limits, cuts, and what a stranger may not do. */
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void print_and_append_say_when_they_cut(void **state)
{
    (void)state;
    char to[8];
    assert_true(ub_print(to, sizeof(to), "%s", "1234567"));
    assert_string_equal(to, "1234567");
    assert_false(ub_print(to, sizeof(to), "%s", "12345678"));
    assert_string_equal(to, "1234567");
    assert_true(ub_print(to, sizeof(to), "%d", 12));
    assert_true(ub_append(to, sizeof(to), "-%s", "abcd"));
    assert_string_equal(to, "12-abcd");
    assert_false(ub_append(to, sizeof(to), "e"));
    assert_string_equal(to, "12-abcd");
    assert_false(ub_print(to, 0, "x"));
    memset(to, 'y', sizeof(to));
    assert_false(ub_append(to, sizeof(to), "x")); /* not terminated: nothing is appended */
    assert_int_equal(to[7], 'y');
}

static const char *stranger(const char *text, size_t length, size_t size)
{
    static char to[64];
    memset(to, '#', sizeof(to));
    ub_print_stranger(to, size, text, length);
    return to;
}

static void text_from_strangers_cannot_act(void **state)
{
    (void)state;
    assert_string_equal(stranger("plain", 5, 64), "plain");
    assert_string_equal(stranger("cut here", 3, 64), "cut");
    assert_string_equal(stranger("ends\0here", 9, 64), "ends");
    assert_string_equal(stranger("padded   ", 9, 64), "padded");
    assert_string_equal(stranger("\x1b[2Jx\r\n\x7f", 8, 64), "?[2Jx???");
    assert_string_equal(stranger("\xc2\x9b", 2, 64), "?"); /* C1 CSI */
    assert_string_equal(stranger("a\xe2\x80\xae"
                                 "b",
                                 5, 64),
                        "a?b"); /* right-to-left override */
    assert_string_equal(stranger("", 0, 64), "");
    assert_string_equal(stranger("abcdef", 6, 1), "");
}

static void utf8_is_kept_only_when_valid(void **state)
{
    (void)state;
    assert_string_equal(stranger("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9, 64),
                        "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    assert_string_equal(stranger("\xff", 1, 64), "?");
    assert_string_equal(stranger("\x80", 1, 64), "?");
    assert_string_equal(stranger("\xc3", 1, 64), "?");                /* cut */
    assert_string_equal(stranger("\xe2\x82", 2, 64), "??");           /* cut */
    assert_string_equal(stranger("\xc0\x80", 2, 64), "??");           /* overlong NUL */
    assert_string_equal(stranger("\xe0\x80\xaf", 3, 64), "???");      /* overlong '/' */
    assert_string_equal(stranger("\xed\xa0\x80", 3, 64), "???");      /* surrogate */
    assert_string_equal(stranger("\xf4\x90\x80\x80", 4, 64), "????"); /* past U+10FFFF */
    assert_string_equal(stranger("\xc3(", 2, 64), "?(");
}

static void a_cut_never_splits_a_character(void **state)
{
    (void)state;
    assert_string_equal(stranger("ab\xe2\x82\xac", 5, 6), "ab\xe2\x82\xac");
    assert_string_equal(stranger("ab\xe2\x82\xac", 5, 5), "ab");
    assert_string_equal(stranger("ab\xe2\x82\xac", 5, 4), "ab");
    /* What would fit after the character that did not is dropped as well. */
    assert_string_equal(stranger("ab\xe2\x82\xac"
                                 "c",
                                 6, 5),
                        "ab");
}

static void strings_of_usb_descriptors(void **state)
{
    (void)state;
    char to[32];
    ub_print_utf16le(to, sizeof(to), (const uint8_t *)"S\0T\0M\0", 6);
    assert_string_equal(to, "STM");
    ub_print_utf16le(to, sizeof(to), (const uint8_t *)"S\0T\0M", 5); /* half a unit is dropped */
    assert_string_equal(to, "ST");
    ub_print_utf16le(to, sizeof(to), (const uint8_t *)"\x3d\xd8\x00\xde", 4);
    assert_string_equal(to, "\xf0\x9f\x98\x80");
    ub_print_utf16le(to, sizeof(to), (const uint8_t *)"\x3d\xd8", 2); /* high half alone */
    assert_string_equal(to, "?");
    ub_print_utf16le(to, sizeof(to), (const uint8_t *)"\x3d\xd8x\0", 4);
    assert_string_equal(to, "?x");
    ub_print_utf16le(to, sizeof(to), (const uint8_t *)"\x00\xdex\0", 4); /* low half alone */
    assert_string_equal(to, "?x");
    ub_print_utf16le(to, sizeof(to), (const uint8_t *)"a\0\0\0b\0", 6);
    assert_string_equal(to, "a");
    ub_print_utf16le(to, sizeof(to), (const uint8_t *)"\x1b\0[\0", 4);
    assert_string_equal(to, "?[");
    ub_print_utf16le(to, sizeof(to), NULL, 0);
    assert_string_equal(to, "");
    ub_print_utf16le(to, 2, (const uint8_t *)"a\0b\0", 4);
    assert_string_equal(to, "a");
}

static void numbers_are_grouped(void **state)
{
    (void)state;
    char to[32];
    ub_print_grouped(to, sizeof(to), 0);
    assert_string_equal(to, "0");
    ub_print_grouped(to, sizeof(to), 999);
    assert_string_equal(to, "999");
    ub_print_grouped(to, sizeof(to), 5664);
    assert_string_equal(to, "5,664");
    ub_print_grouped(to, sizeof(to), 1000000);
    assert_string_equal(to, "1,000,000");
    ub_print_grouped(to, sizeof(to), UINT64_MAX);
    assert_string_equal(to, "18,446,744,073,709,551,615");
}

static void hexadecimal_both_ways(void **state)
{
    (void)state;
    const uint8_t bytes[] = {0x00, 0x3b, 0xff};
    char text[7];
    uint8_t back[3];
    ub_print_hex(text, bytes, 3);
    assert_string_equal(text, "003bff");
    assert_true(ub_parse_hex("003BfF", back, 3));
    assert_memory_equal(back, bytes, 3);
    assert_false(ub_parse_hex("003bf", back, 3));
    assert_false(ub_parse_hex("003b", back, 3));
    assert_false(ub_parse_hex("003bff0", back, 3));
    assert_false(ub_parse_hex("003bfg", back, 3));
    assert_false(ub_parse_hex("", back, 3));
    assert_true(ub_parse_hex("", back, 0));
}

static void digits_have_no_surprises(void **state)
{
    (void)state;
    uint64_t value = 7;
    assert_true(ub_parse_digits("0", 1, 10, 0, &value));
    assert_int_equal(value, 0);
    assert_true(ub_parse_digits("18446744073709551615", 20, 10, UINT64_MAX, &value));
    assert_true(value == UINT64_MAX);
    assert_false(ub_parse_digits("18446744073709551616", 20, 10, UINT64_MAX, &value));
    assert_true(ub_parse_digits("ffffffffFFFFFFFF", 16, 16, UINT64_MAX, &value));
    assert_true(value == UINT64_MAX);
    assert_false(ub_parse_digits("10000000000000000", 17, 16, UINT64_MAX, &value));
    assert_true(ub_parse_digits("255", 3, 10, 255, &value));
    assert_false(ub_parse_digits("256", 3, 10, 255, &value));
    assert_false(ub_parse_digits("9", 1, 10, 8, &value));
    assert_true(ub_parse_digits("12xyz", 2, 10, 99, &value));
    assert_int_equal(value, 12);
    const char *bad[] = {"", " 1", "1 ", "+1", "-1", "0x1", "1a", "1.", "1_0"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(ub_parse_digits(bad[i], strlen(bad[i]), 10, UINT64_MAX, &value));
    assert_false(ub_parse_digits("0x1", 3, 16, UINT64_MAX, &value));
    assert_int_equal(value, 12); /* untouched by failures */
}

static void numbers_with_prefix_and_unit(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t value;
    } good[] = {{"0", 0},        {"1000", 1000},   {"0x08000000", 0x08000000},
                {"0XfF", 255},   {"16K", 16384},   {"16k", 16384},
                {"1M", 1048576}, {"0x10K", 16384}, {"010", 10}};
    uint64_t value;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(ub_parse_number(good[i].text, UINT64_MAX, &value));
        assert_true(value == good[i].value);
    }
    const char *bad[] = {"",    "0x", "0xK", "K",     "M",  "1KK", "1G",
                         "1 K", "-1", "x10", "0x0x1", "ff", " 1",  "18014398509481984K"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(ub_parse_number(bad[i], UINT64_MAX, &value));
    assert_true(ub_parse_number("4K", 4096, &value));
    assert_false(ub_parse_number("5K", 5119, &value));
}

static void words_without_case(void **state)
{
    (void)state;
    assert_true(ub_same_word("DfuSe", "dFUsE"));
    assert_true(ub_same_word("", ""));
    assert_false(ub_same_word("dfu", "dfus"));
    assert_false(ub_same_word("dfus", "dfu"));
    assert_false(ub_same_word("[", "{")); /* differ by 0x20 like letters, but are none */
    assert_false(ub_same_word("\xc3\x89", "\xc3\xa9"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(print_and_append_say_when_they_cut),
        cmocka_unit_test(text_from_strangers_cannot_act),
        cmocka_unit_test(utf8_is_kept_only_when_valid),
        cmocka_unit_test(a_cut_never_splits_a_character),
        cmocka_unit_test(strings_of_usb_descriptors),
        cmocka_unit_test(numbers_are_grouped),
        cmocka_unit_test(hexadecimal_both_ways),
        cmocka_unit_test(digits_have_no_surprises),
        cmocka_unit_test(numbers_with_prefix_and_unit),
        cmocka_unit_test(words_without_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
