/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GUIDs, labels, releases, and the names that can be accepted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "match/accept.h"
#include "match/guid.h"
#include "match/label.h"
#include "match/match.h"
#include "match/release.h"

#include <string.h>

/* The first two are in fwupd's tests of fwupd_guid_hash_string(), the next two in those of
 * ChromeOS' client of fwupd; the others were made with Python's uuid.uuid5(). */
static void guids_as_fwupd_makes_them(void **state)
{
    static const struct {
        const char *id;
        const char *guid;
    } known[] = {
        {"python.org", "886313e1-3b8a-5372-9b90-0c9aee199e5d"},
        {"8086:0406", "1fbd1f2c-80f4-5d7c-a6ad-35c7b9bd5486"},
        {"USB\\VID_0A5C&PID_6412&REV_0001", "52fd36dc-5904-5936-b114-d98e9d410b25"},
        {"USB\\VID_0A5C&PID_6412", "7a1ba7b9-6bcd-54a4-8a36-d60cc5ee935c"},
        {"USB\\VID_0483&PID_DF11&REV_0100", "7931566e-8b49-5605-974f-af352f8f8f44"},
        {"USB\\VID_0483&PID_DF11", "5aea1200-2286-5819-93e6-3b5548b6c88a"},
        /* lengths around a block of SHA-1: 16 bytes of name space are before it */
        {"0123456789012345678901234567890123456789", "145078fe-b833-5436-962b-68058bcd2299"},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        char guid[UB_GUID_TEXT];
        ub_guid_of(known[i].id, guid);
        assert_string_equal(guid, known[i].guid);
    }
    assert_true(ub_guid_is_usb("52FD36DC-5904-5936-B114-D98E9D410B25", 0x0a5c, 0x6412, 1));
    assert_false(ub_guid_is_usb("52fd36dc-5904-5936-b114-d98e9d410b25", 0x0a5c, 0x6412, 2));
    assert_true(ub_guid_is_usb("5aea1200-2286-5819-93e6-3b5548b6c88a", 0x0483, 0xdf11, 0x2200));
    assert_false(ub_guid_is_usb("", 0x0483, 0xdf11, 0x2200));
}

static void labels_are_read_strictly(void **state)
{
    static const char *const bad[] = {
        "",         "model",      "model=",           "model=X,",          ",model=X",
        "Model=X",  "colour=red", "model=X,model=Y",  "model=X,,market=E", "=X",
        "model =X", "modelX",     "model=X, market=E"};
    struct ub_label label;
    struct ub_error err;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (ub_label_parse(bad[i], &label, &err) != UB_USE_OPTION)
            fail_msg("took \"%s\"", bad[i]);
    assert_int_equal(
        ub_label_parse("market=EU,revision=B=2,model=Some Thing,vendor=A", &label, &err), UB_OK);
    assert_string_equal(label.vendor, "A");
    assert_string_equal(label.model, "Some Thing");
    assert_string_equal(label.revision, "B=2");
    assert_string_equal(label.market, "EU");
    assert_int_equal(ub_label_parse(NULL, &label, &err), UB_OK);
    assert_string_equal(label.model, "");
    char text[UB_STRING_TEXT + 8] = "model=";
    memset(text + 6, 'x', UB_STRING_TEXT - 1);
    assert_int_equal(ub_label_parse(text, &label, &err), UB_OK);
    text[6 + UB_STRING_TEXT - 1] = 'x';
    assert_int_equal(ub_label_parse(text, &label, &err), UB_USE_OPTION);
}

static void releases(void **state)
{
    char text[UB_RELEASE_TEXT];
    int order;
    ub_release_print(text, 0x0120);
    assert_string_equal(text, "1.20");
    assert_true(ub_release_valid(0x9999) && !ub_release_valid(0x0a00));
    assert_true(ub_release_compare("v1.20.1", NULL, 0x0110, &order) && order > 0);
    assert_true(ub_release_compare("1.0.9", NULL, 0x0110, &order) && order < 0);
    assert_false(ub_release_compare("1.5", NULL, 0x0110, &order));
    assert_false(ub_release_compare("1.5", NULL, 0x01a0, &order));
    assert_true(ub_release_compare("1.160", "pair", 0x01a0, &order) && order == 0);
    assert_false(ub_release_compare("1.5", "dell-bios", 0x0110, &order));
    assert_false(ub_release_compare("", NULL, 0x0110, &order));
}

static void names_that_can_be_accepted(void **state)
{
    const char *name;
    const char *meaning;
    struct ub_error err;
    for (size_t i = 0; (name = ub_acceptable_at(i, &meaning)) != NULL; i++) {
        const char *const one[] = {name};
        const struct ub_flash_options options = {.accept = one, .accept_count = 1};
        assert_true(strlen(name) < 20 && meaning[0] && strlen(meaning) < 80);
        assert_int_equal(ub_check_accepted(&options, &err), UB_OK);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(name, ub_acceptable_at(j, NULL));
    }
    const char *const unknown[] = {"bad-crc", "everything"};
    const struct ub_flash_options options = {.accept = unknown, .accept_count = 2};
    assert_int_equal(ub_check_accepted(&options, &err), UB_USE_OPTION);
    assert_string_equal(err.message, "there is no \"everything\" to accept");
    assert_non_null(strstr(err.context[0], "there are bad-crc, "));
    assert_non_null(strstr(err.context[err.depth - 1], "rolled-back"));
    /* what cannot be accepted has no name for it */
    const char *const outside[] = {"outside"};
    const struct ub_flash_options cannot = {.accept = outside, .accept_count = 1};
    assert_int_equal(ub_check_accepted(&cannot, &err), UB_USE_OPTION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(guids_as_fwupd_makes_them),
        cmocka_unit_test(labels_are_read_strictly),
        cmocka_unit_test(releases),
        cmocka_unit_test(names_that_can_be_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
