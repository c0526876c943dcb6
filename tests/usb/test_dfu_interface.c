/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "usb/dfu_interface.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define CONFIG                             9, 2, 0, 0, 1, 1, 0, 0xc0, 50
#define DFU(number, alt, protocol, string) 9, 4, (number), (alt), 0, 0xfe, 1, (protocol), (string)
#define FUNCTIONAL_11                      9, 0x21, 0x0b, 0xff, 0x00, 0x00, 0x08, 0x1a, 0x01
#define FUNCTIONAL_10                      7, 0x21, 0x07, 0xe8, 0x03, 0x40, 0x00
#define HID                                9, 4, 0, 0, 1, 3, 1, 2, 0, 9, 0x21, 0x11, 0x01, 0, 1, 0x22, 0x32, 0
#define CDC                                9, 4, 1, 0, 0, 2, 2, 1, 0, 5, 0x24, 0, 0x10, 1
#define ENDPOINT                           7, 5, 0x81, 3, 8, 0, 10

#define FIND(bytes, out)                   ub_dfu_interface_find((bytes), sizeof(bytes), (out))

static void stm32_has_four_settings_and_one_descriptor(void **state)
{
    (void)state;
    const uint8_t config[] = {CONFIG,          DFU(0, 0, 2, 4), DFU(0, 1, 2, 5),
                              DFU(0, 2, 2, 6), DFU(0, 3, 2, 7), FUNCTIONAL_11};
    struct ub_dfu_interface found;
    assert_true(FIND(config, &found));
    assert_int_equal(found.number, 0);
    assert_int_equal(found.protocol, 2);
    assert_int_equal(found.mode, UB_MODE_DFU);
    assert_int_equal(found.alt_count, 4);
    for (uint8_t i = 0; i < 4; i++) {
        assert_int_equal(found.alts[i].alt, i);
        assert_int_equal(found.alts[i].iInterface, 4 + i);
    }
    assert_true(found.functional.present);
    assert_int_equal(found.functional.bmAttributes, 0x0b);
    assert_int_equal(found.functional.wDetachTimeOut, 255);
    assert_int_equal(found.functional.wTransferSize, 2048);
    assert_int_equal(found.functional.bcdDFUVersion, 0x011a);
}

static void descriptor_may_follow_any_setting(void **state)
{
    (void)state;
    const uint8_t config[] = {CONFIG, DFU(0, 0, 2, 4), FUNCTIONAL_11, DFU(0, 1, 2, 5)};
    struct ub_dfu_interface found;
    assert_true(FIND(config, &found));
    assert_int_equal(found.alt_count, 2);
    assert_true(found.functional.present);
}

static void descriptor_of_another_class_is_not_taken(void **state)
{
    (void)state;
    const uint8_t config[] = {CONFIG, DFU(2, 0, 1, 9), HID, ENDPOINT, CDC};
    struct ub_dfu_interface found;
    assert_true(FIND(config, &found));
    assert_int_equal(found.number, 2);
    assert_int_equal(found.mode, UB_MODE_RUNTIME);
    assert_false(found.functional.present);
    assert_int_equal(found.functional.bcdDFUVersion, 0x0100);
    assert_int_equal(found.functional.wTransferSize, 64);
}

static void runtime_beside_other_functions(void **state)
{
    (void)state;
    const uint8_t config[] = {CONFIG, HID, ENDPOINT, CDC, DFU(2, 0, 1, 9), FUNCTIONAL_10};
    struct ub_dfu_interface found;
    assert_true(FIND(config, &found));
    assert_int_equal(found.number, 2);
    assert_int_equal(found.mode, UB_MODE_RUNTIME);
    assert_true(found.functional.present);
    assert_int_equal(found.functional.bcdDFUVersion, 0x0100);
    assert_int_equal(found.functional.wTransferSize, 64);
    assert_int_equal(found.functional.wDetachTimeOut, 1000);
}

static void dfu_mode_wins_over_runtime(void **state)
{
    (void)state;
    const uint8_t config[] = {CONFIG, DFU(0, 0, 1, 1), FUNCTIONAL_10, DFU(1, 0, 2, 2),
                              FUNCTIONAL_11};
    struct ub_dfu_interface found;
    assert_true(FIND(config, &found));
    assert_int_equal(found.number, 1);
    assert_int_equal(found.alt_count, 1);
    assert_int_equal(found.functional.wTransferSize, 2048);
}

static void first_of_two_in_dfu_mode_wins(void **state)
{
    (void)state;
    const uint8_t config[] = {CONFIG, DFU(1, 0, 2, 1), FUNCTIONAL_11, DFU(2, 5, 2, 2),
                              FUNCTIONAL_10};
    struct ub_dfu_interface found;
    assert_true(FIND(config, &found));
    assert_int_equal(found.number, 1);
    assert_int_equal(found.alt_count, 1);
    assert_int_equal(found.functional.wTransferSize, 2048);
}

static void protocol_zero_is_dfu_mode(void **state)
{
    (void)state;
    const uint8_t config[] = {CONFIG, DFU(0, 0, 0, 0), FUNCTIONAL_11};
    struct ub_dfu_interface found;
    assert_true(FIND(config, &found));
    assert_int_equal(found.mode, UB_MODE_DFU);
    const uint8_t other[] = {CONFIG, DFU(0, 0, 3, 0), FUNCTIONAL_11};
    assert_false(FIND(other, &found));
}

static void devices_without_dfu_have_none(void **state)
{
    (void)state;
    const uint8_t config[] = {CONFIG, HID, ENDPOINT, CDC};
    struct ub_dfu_interface found;
    assert_false(FIND(config, &found));
    assert_int_equal(found.mode, UB_MODE_NONE);
    assert_false(ub_dfu_interface_find(NULL, 0, &found));
    assert_false(ub_dfu_interface_find(config, 0, &found));
}

static void lying_lengths_end_the_reading(void **state)
{
    (void)state;
    struct ub_dfu_interface found;
    const uint8_t zero[] = {CONFIG, DFU(0, 0, 2, 4), 0, 4, DFU(0, 1, 2, 5)};
    assert_true(FIND(zero, &found));
    assert_int_equal(found.alt_count, 1);
    const uint8_t one[] = {CONFIG, 1, DFU(0, 1, 2, 5)};
    assert_false(FIND(one, &found));
    const uint8_t beyond[] = {CONFIG, DFU(0, 0, 2, 4), 200, 0x21, 0x0b};
    assert_true(FIND(beyond, &found));
    assert_false(found.functional.present);
    const uint8_t shortened[] = {CONFIG, 8, 4, 0, 0, 0, 0xfe, 1, 2};
    assert_false(FIND(shortened, &found));
}

static void every_cut_is_survived(void **state)
{
    (void)state;
    const uint8_t config[] = {CONFIG, HID, DFU(0, 0, 2, 4), DFU(0, 1, 2, 5), FUNCTIONAL_11};
    for (size_t length = 0; length <= sizeof(config); length++) {
        struct ub_dfu_interface found;
        uint8_t *copy = malloc(length ? length : 1); /* so that a sanitizer sees any step over */
        memcpy(copy, config, length);
        bool any = ub_dfu_interface_find(copy, length, &found);
        assert_int_equal(any, length >= 9 + 18 + 9);
        free(copy);
    }
}

static void too_many_and_repeated_settings(void **state)
{
    (void)state;
    uint8_t config[40 * 9];
    struct ub_dfu_interface found;
    for (uint8_t i = 0; i < 40; i++) {
        const uint8_t one[] = {DFU(0, i, 2, i)};
        memcpy(config + i * 9, one, sizeof(one));
    }
    assert_true(FIND(config, &found));
    assert_int_equal(found.alt_count, UB_DFU_ALTS_MAX);
    const uint8_t twice[] = {DFU(0, 1, 2, 4), DFU(0, 1, 2, 5)};
    assert_true(FIND(twice, &found));
    assert_int_equal(found.alt_count, 1);
    assert_int_equal(found.alts[0].iInterface, 4);
}

static void functional_descriptors(void **state)
{
    (void)state;
    struct ub_dfu_functional read = {0};
    const uint8_t whole[] = {FUNCTIONAL_11};
    const uint8_t old[] = {FUNCTIONAL_10};
    assert_true(ub_dfu_functional_parse(whole, 9, &read));
    assert_int_equal(read.bcdDFUVersion, 0x011a);
    /* a cut one is read as DFU 1.0 as far as it goes */
    assert_true(ub_dfu_functional_parse(whole, 8, &read));
    assert_int_equal(read.bcdDFUVersion, 0x0100);
    assert_true(ub_dfu_functional_parse(old, 7, &read));
    for (size_t length = 0; length < 7; length++)
        assert_false(ub_dfu_functional_parse(whole, length, &read));
    const uint8_t other[] = {9, 0x24, 0, 0, 0, 0, 8, 0, 0};
    assert_false(ub_dfu_functional_parse(other, 9, &read));
    const uint8_t small[] = {6, 0x21, 0, 0, 0, 0, 8, 0, 0};
    assert_false(ub_dfu_functional_parse(small, 9, &read));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stm32_has_four_settings_and_one_descriptor),
        cmocka_unit_test(descriptor_may_follow_any_setting),
        cmocka_unit_test(descriptor_of_another_class_is_not_taken),
        cmocka_unit_test(runtime_beside_other_functions),
        cmocka_unit_test(dfu_mode_wins_over_runtime),
        cmocka_unit_test(first_of_two_in_dfu_mode_wins),
        cmocka_unit_test(protocol_zero_is_dfu_mode),
        cmocka_unit_test(devices_without_dfu_have_none),
        cmocka_unit_test(lying_lengths_end_the_reading),
        cmocka_unit_test(every_cut_is_survived),
        cmocka_unit_test(too_many_and_repeated_settings),
        cmocka_unit_test(functional_descriptors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
