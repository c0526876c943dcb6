/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "family/quirk_select.h"

#include <stdlib.h>
#include <string.h>

static void patterns(void **state)
{
    static const struct {
        const char *pattern;
        const char *text;
        bool fits;
    } cases[] = {
        {"", "", true},
        {"", "a", false},
        {"*", "", true},
        {"*", "anything", true},
        {"3?BJ", "3CBJ", true},
        {"3?BJ", "3BJ", false},
        {"3?BJ", "3CBJx", false},
        {"3??J", "3c8J", true},
        {"a*b*c", "abc", true},
        {"a*b*c", "aXbYbZc", true},
        {"a*b*c", "aXbYbZ", false},
        {"*07?128Kg", "@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg", true},
        {"*07?128Kg", "@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg,04*016Kg", false},
        {"01?64Kg", "01*64Kg", true},
        {"01?64Kg", "01*064Kg", false},
        {"?", "\xc3\xa9", true}, /* one character, two bytes */
        {"??", "\xc3\xa9", false},
        {"*?", "\xe4\x8c\xb3", true},
        {"Case", "case", false},
        {"**a**", "bab", true},
        {"*a", "aaaaaaaaaaaaaaaaaaab", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (ub_quirk_pattern_fits(cases[i].pattern, cases[i].text) != cases[i].fits)
            fail_msg("\"%s\" against \"%s\"", cases[i].pattern, cases[i].text);
}

/* A GD32VF103 sends "3CBJ" as bytes; the system reads them as two characters of UTF-16. */
static void bytes_in_place_of_utf16(void **state)
{
    static const uint8_t descriptor[] = {'3', 'C', 'B', 'J'};
    char text[UB_STRING_TEXT];
    char bytes[UB_STRING_TEXT];
    char small[4];
    ub_print_utf16le(text, sizeof(text), descriptor, sizeof(descriptor));
    assert_string_not_equal(text, "3CBJ");
    assert_true(ub_quirk_unpack(text, bytes, sizeof(bytes)));
    assert_string_equal(bytes, "3CBJ");
    assert_false(ub_quirk_unpack(text, small, sizeof(small)));
    assert_false(ub_quirk_unpack("357236543131", bytes, sizeof(bytes)));
    assert_false(ub_quirk_unpack("", bytes, sizeof(bytes)));
    assert_false(ub_quirk_unpack("\xc3\xa9", bytes, sizeof(bytes)));
    assert_false(ub_quirk_unpack("\xe4\x8c", bytes, sizeof(bytes)));     /* cut short */
    assert_false(ub_quirk_unpack("\xe2\x84\x80", bytes, sizeof(bytes))); /* U+2100: a NUL */
}

static void conditions_that_are_none(void **state)
{
    static const struct {
        enum ub_quirk_by by;
        const char *text;
    } bad[] = {
        {UB_QUIRK_BY_ID, ""},           {UB_QUIRK_BY_ID, "0483"},
        {UB_QUIRK_BY_ID, "0483:"},      {UB_QUIRK_BY_ID, ":df11"},
        {UB_QUIRK_BY_ID, "*:df11"},     {UB_QUIRK_BY_ID, "0483:df111"},
        {UB_QUIRK_BY_ID, "0483:g000"},  {UB_QUIRK_BY_ID, "0483:5126-5117"},
        {UB_QUIRK_BY_ID, "0483:1-2-3"}, {UB_QUIRK_BY_ID, "0483:-1"},
        {UB_QUIRK_BY_RELEASE, "*"},     {UB_QUIRK_BY_RELEASE, "2.00"},
        {UB_QUIRK_BY_RELEASE, ""},      {UB_QUIRK_BY_SERIAL, ""},
        {UB_QUIRK_BY_HOLDS, ""},        {UB_QUIRK_BY_HOLDS, "0x1000"},
        {UB_QUIRK_BY_HOLDS, "1&2"},     {UB_QUIRK_BY_HOLDS, "1&0=0"},
        {UB_QUIRK_BY_HOLDS, "1&2=1"},   {UB_QUIRK_BY_HOLDS, "1&256=0"},
        {UB_QUIRK_BY_HOLDS, "1&2=2=2"}, {UB_QUIRK_BY_HOLDS, "0x100000000&1=1"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct ub_quirk_condition condition;
        bool memory = true;
        if (ub_quirk_condition_read(bad[i].by, bad[i].text, &condition, &memory) || memory)
            fail_msg("\"%s\" was taken for %s", bad[i].text, ub_quirk_select_key(bad[i].by)->name);
        assert_null(condition.text);
    }
    char *text = calloc(1, 128);
    assert_non_null(text);
    memset(text, 'a', 127);
    struct ub_quirk_condition condition;
    bool memory;
    assert_false(ub_quirk_condition_read(UB_QUIRK_BY_SERIAL, text, &condition, &memory));
    free(text);
}

static unsigned asked; /* how often the memory was asked for */

static bool holds(void *self, const struct ub_quirk_condition *condition)
{
    const uint8_t *byte = self;
    asked++;
    assert_int_equal(condition->address, 0x1fff0009);
    return (*byte & condition->mask) == condition->value;
}

static struct ub_quirk_condition condition(enum ub_quirk_by by, const char *text)
{
    struct ub_quirk_condition out;
    bool memory;
    assert_true(ub_quirk_condition_read(by, text, &out, &memory));
    assert_string_equal(out.text, text);
    return out;
}

static void any_of_a_kind_and_all_kinds(void **state)
{
    static const char *const names[] = {"@Option", "@Flash"};
    uint8_t byte = 0xdf;
    struct ub_usb_info info = {.vid = 0x0483, .pid = 0xdf11, .bcdDevice = 0x0100};
    struct ub_quirk_device device = {.info = &info};
    struct ub_quirk_condition all[] = {
        condition(UB_QUIRK_BY_ID, "28e9:0189"),
        condition(UB_QUIRK_BY_ID, "0483:df10-df12"),
        condition(UB_QUIRK_BY_MAP, "@Fl*"),
        condition(UB_QUIRK_BY_RELEASE, "0000-01ff"),
        condition(UB_QUIRK_BY_HOLDS, "0x1fff0009&0x20=0x00"),
    };
    const size_t count = sizeof(all) / sizeof(all[0]);
    assert_int_equal(ub_quirk_conditions_fit(all, 0, &device), 0);
    assert_int_equal(ub_quirk_conditions_fit(all, 2, &device), 0x2);
    assert_int_equal(ub_quirk_conditions_fit(all, 3, &device), 0); /* names are not read yet */
    device.names = names;
    device.name_count = 2;
    assert_int_equal(ub_quirk_conditions_fit(all, 4, &device), 0xe);
    assert_int_equal(ub_quirk_conditions_fit(all, count, &device), 0); /* nor is the memory */
    device.holds = holds;
    device.self = &byte;
    assert_int_equal(ub_quirk_conditions_fit(all, count, &device), 0x1e);
    assert_int_equal(asked, 1);
    byte = 0xff;
    assert_int_equal(ub_quirk_conditions_fit(all, count, &device), 0);
    assert_int_equal(asked, 2);
    info.bcdDevice = 0x0200; /* where something else does not fit the memory is left alone */
    assert_int_equal(ub_quirk_conditions_fit(all, count, &device), 0);
    assert_int_equal(asked, 2);
    for (size_t i = 0; i < count; i++)
        free(all[i].text);
}

static void strings_and_ranges(void **state)
{
    struct ub_usb_info info = {.vid = 0x0b0e, .pid = 0xffff, .bcdDevice = 0x0200};
    const struct ub_quirk_device device = {.info = &info};
    (void)ub_print(info.manufacturer, sizeof(info.manufacturer), "Maker");
    (void)ub_print(info.product, sizeof(info.product), "Product");
    (void)ub_print(info.serial, sizeof(info.serial), "\xe4\x8c\xb3\xe4\xa9\x82"); /* 3CBJ */
    static const struct {
        enum ub_quirk_by by;
        const char *text;
        bool fits;
    } cases[] = {
        {UB_QUIRK_BY_ID, "0b0e:*", true},        {UB_QUIRK_BY_ID, "b0e:ffff", true},
        {UB_QUIRK_BY_ID, "0b0e:0-fffe", false},  {UB_QUIRK_BY_RELEASE, "0200", true},
        {UB_QUIRK_BY_RELEASE, "0201", false},    {UB_QUIRK_BY_MANUFACTURER, "Mak*", true},
        {UB_QUIRK_BY_MANUFACTURER, "P*", false}, {UB_QUIRK_BY_PRODUCT, "Product", true},
        {UB_QUIRK_BY_SERIAL, "3?BJ", true},      {UB_QUIRK_BY_SERIAL, "??", true},
        {UB_QUIRK_BY_SERIAL, "3?8J", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ub_quirk_condition one = condition(cases[i].by, cases[i].text);
        if ((ub_quirk_conditions_fit(&one, 1, &device) != 0) != cases[i].fits)
            fail_msg("%s %s", ub_quirk_select_key(cases[i].by)->name, cases[i].text);
        free(one.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns),
        cmocka_unit_test(bytes_in_place_of_utf16),
        cmocka_unit_test(conditions_that_are_none),
        cmocka_unit_test(any_of_a_kind_and_all_kinds),
        cmocka_unit_test(strings_and_ranges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
