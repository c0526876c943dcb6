/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/text.h"
#include "usb/usb_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>

static void ports_sort_as_a_person_counts(void **state)
{
    (void)state;
    static const char *const order[] = {"1-1",   "1-1.1", "1-1.2",   "1-1.10", "1-2",
                                        "1-2.1", "1-10",  "1-10.10", "2-1",    "10-1"};
    const size_t count = sizeof(order) / sizeof(order[0]);
    for (size_t a = 0; a < count; a++)
        for (size_t b = 0; b < count; b++) {
            int found = ub_port_compare(order[a], order[b]);
            assert_int_equal((found > 0) - (found < 0), (a > b) - (a < b));
        }
    assert_int_equal(ub_port_compare("1-01", "1-1"), 0);
    assert_true(ub_port_compare("", "1-1") < 0);
}

static void list_is_sorted_and_freed(void **state)
{
    (void)state;
    static const char *const ports[] = {"2-1", "1-10", "1-9"};
    struct ub_usb_list list = {.items = calloc(3, sizeof(*list.items)), .count = 3};
    assert_non_null(list.items);
    for (size_t i = 0; i < 3; i++) {
        (void)ub_print(list.items[i].port, UB_PORT_TEXT, "%s", ports[i]);
        list.items[i].config = malloc(4);
        list.items[i].config_length = 4;
    }
    ub_usb_list_sort(&list);
    assert_string_equal(list.items[0].port, "1-9");
    assert_string_equal(list.items[1].port, "1-10");
    assert_string_equal(list.items[2].port, "2-1");
    ub_usb_list_free(&list);
    assert_null(list.items);
    assert_int_equal(list.count, 0);
    ub_usb_list_free(&list);
    ub_usb_list_free(NULL);
}

static void raw_transfer_is_kept(void **state)
{
    (void)state;
    struct ub_error err = {0};
    const struct ub_setup setup = {0xa1, 3, 1, 2, 6};
    ub_error_transfer(&err, &setup, -1);
    assert_true(err.raw.has_transfer);
    assert_int_equal(err.raw.bmRequestType, 0xa1);
    assert_int_equal(err.raw.bRequest, 3);
    assert_int_equal(err.raw.wValue, 1);
    assert_int_equal(err.raw.wIndex, 2);
    assert_int_equal(err.raw.wLength, 6);
    assert_int_equal(err.raw.actual, -1);
    assert_false(err.raw.has_status);
    ub_error_transfer(NULL, &setup, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ports_sort_as_a_person_counts),
        cmocka_unit_test(list_is_sorted_and_freed),
        cmocka_unit_test(raw_transfer_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
