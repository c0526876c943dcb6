/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "procedure/select.h"

#include <string.h>

/* A configuration with one interface of class fe/01 and protocol P, and its functional descriptor.
 */
#define CONFIG(protocol)                                                                           \
    {                                                                                              \
        9, 2, 27, 0, 1, 1, 0, 0x80, 50, 9, 4, 0, 0, 0, 0xfe, 1, (protocol), 0, 9, 0x21, 0x0b, 255, \
            0, 0, 8, 0x1a, 1                                                                       \
    }

static uint8_t runtime_config[] = CONFIG(1);
static uint8_t dfu_config[] = CONFIG(2);
static uint8_t other_config[] = {9, 2, 18, 0, 1, 1, 0, 0x80, 50, 9, 4, 0, 0, 0, 3, 0, 0, 0};

static struct ub_usb_info device(const char *port, uint16_t pid, uint8_t *config, size_t length,
                                 const char *serial)
{
    struct ub_usb_info info = {
        .vid = 0x1209, .pid = pid, .config = config, .config_length = length};
    (void)ub_print(info.port, sizeof(info.port), "%s", port);
    (void)ub_print(info.serial, sizeof(info.serial), "%s", serial);
    return info;
}

static enum ub_code pick(const struct ub_usb_list *list, const char *selector, size_t *index)
{
    return ub_select(NULL, list, selector, index, NULL);
}

static void a_device_in_dfu_mode_comes_before_headsets(void **state)
{
    struct ub_usb_info items[] = {
        device("1-1", 1, runtime_config, sizeof(runtime_config), "a"),
        device("1-2", 2, dfu_config, sizeof(dfu_config), "b"),
        device("1-3", 3, runtime_config, sizeof(runtime_config), "c"),
        device("1-4", 4, other_config, sizeof(other_config), "d"),
    };
    struct ub_usb_list list = {items, 4};
    size_t index = 99;
    assert_int_equal(pick(&list, NULL, &index), UB_OK);
    assert_int_equal(index, 1);
    list.count = 1;
    assert_int_equal(pick(&list, NULL, &index), UB_OK);
    assert_int_equal(index, 0);
}

static void terms_narrow_each_other(void **state)
{
    struct ub_usb_info items[] = {
        device("1-1", 2, dfu_config, sizeof(dfu_config), "same"),
        device("1-1.4", 2, dfu_config, sizeof(dfu_config), "same"),
        device("2-1", 5, dfu_config, sizeof(dfu_config), "other"),
    };
    struct ub_usb_list list = {items, 3};
    size_t index = 99;
    assert_int_equal(pick(&list, NULL, &index), UB_DEV_SEVERAL);
    assert_int_equal(pick(&list, "serial=same", &index), UB_DEV_SEVERAL);
    assert_int_equal(pick(&list, "serial=same,port=1-1.4", &index), UB_OK);
    assert_int_equal(index, 1);
    assert_int_equal(pick(&list, "1-1", &index), UB_OK);
    assert_int_equal(index, 0);
    assert_int_equal(pick(&list, "id=1209:0005", &index), UB_OK);
    assert_int_equal(index, 2);
    assert_int_equal(pick(&list, "dfu", &index), UB_DEV_SEVERAL);
    assert_int_equal(pick(&list, "stm32", &index), UB_DEV_NONE);
    assert_int_equal(pick(&list, "port=1-9", &index), UB_DEV_NONE);
    items[1].config = runtime_config; /* a name that fits two is never resolved by their mode */
    assert_int_equal(pick(&list, "serial=same", &index), UB_DEV_SEVERAL);
}

static void what_cannot_be_read_is_said(void **state)
{
    static const char *const bad[] = {
        "id=1209", "id=1209:10005", "id=12g9:0001", "serial=", "port=", "colour=red", "nonsense",
        ",",       "1-1,,1-2"};
    struct ub_usb_info items[] = {device("1-1", 2, dfu_config, sizeof(dfu_config), "s")};
    struct ub_usb_list list = {items, 1};
    size_t index;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (pick(&list, bad[i], &index) != UB_USE_SELECTOR)
            fail_msg("\"%s\" was taken", bad[i]);
}

static void without_a_dfu_interface_there_is_nothing_to_do(void **state)
{
    struct ub_usb_info items[] = {device("1-1", 4, other_config, sizeof(other_config), "d"),
                                  device("1-2", 4, NULL, 0, "d")};
    struct ub_usb_list list = {items, 2};
    size_t index;
    assert_int_equal(pick(&list, NULL, &index), UB_DEV_NONE);
    assert_int_equal(pick(&list, "1-1", &index), UB_DEV_NOT_DFU);
    assert_int_equal(pick(&list, "1-2", &index), UB_DEV_DESCRIPTOR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_in_dfu_mode_comes_before_headsets),
        cmocka_unit_test(terms_narrow_each_other),
        cmocka_unit_test(what_cannot_be_read_is_said),
        cmocka_unit_test(without_a_dfu_interface_there_is_nothing_to_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
