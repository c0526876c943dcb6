/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct mock mock;
static struct ub_error err;

static enum ub_code detach(uint8_t attributes, const struct mock_step *script, size_t length)
{
    mock_init(&mock, 0x0110);
    mock.interface.mode = UB_MODE_RUNTIME;
    mock.interface.protocol = 1;
    mock.interface.functional.bmAttributes = attributes;
    mock_play(&mock, script, length);
    enum ub_code code = ub_dfu_detach(&mock.port, &err);
    mock_played(&mock);
    assert_int_equal(mock.claims, 1);
    return code;
}

#define DETACH(attributes, script)                                                                 \
    detach((attributes), (script), sizeof(script) / sizeof((script)[0]))

static void bus_is_reset_within_the_timeout(void **state)
{
    (void)state;
    const struct mock_step gone[] = {TAKES(DFU_DETACH, 255), FAILS(MOCK_RESET, UB_USB_GONE)};
    assert_int_equal(DETACH(0, gone), UB_OK);
    assert_true(mock.log[1].at_us - mock.log[0].at_us < 255000);
    const struct mock_step stays[] = {TAKES(DFU_DETACH, 255), TAKES(MOCK_RESET, 0)};
    assert_int_equal(DETACH(0, stays), UB_OK);
}

static void device_that_detaches_itself_is_not_reset(void **state)
{
    (void)state;
    const struct mock_step script[] = {TAKES(DFU_DETACH, 255)};
    assert_int_equal(DETACH(UB_DFU_WILL_DETACH, script), UB_OK);
    assert_int_equal(mock_count(&mock, MOCK_RESET), 0);
    const struct mock_step at_once[] = {FAILS(DFU_DETACH, UB_USB_GONE)};
    assert_int_equal(DETACH(UB_DFU_WILL_DETACH, at_once), UB_OK);
    assert_int_equal(DETACH(0, at_once), UB_OK);
}

static void refusal_is_told(void **state)
{
    (void)state;
    const struct mock_step script[] = {FAILS(DFU_DETACH, UB_USB_STALL), STATUS(0, 0, 0)};
    assert_int_equal(DETACH(0, script), UB_DFU_DETACH);
    assert_int_equal(err.code, UB_DFU_DETACH);
    const struct mock_step mute[] = {FAILS(DFU_DETACH, UB_USB_STALL),
                                     FAILS(DFU_GETSTATUS, UB_USB_STALL)};
    assert_int_equal(DETACH(0, mute), UB_DFU_DETACH);
}

static void refusal_of_a_device_that_goes_all_the_same_is_none(void **state)
{
    (void)state;
    const struct mock_step vanishes[] = {FAILS(DFU_DETACH, UB_USB_STALL),
                                         FAILS(DFU_GETSTATUS, UB_USB_GONE)};
    assert_int_equal(DETACH(UB_DFU_WILL_DETACH, vanishes), UB_OK);
    const struct mock_step detaches[] = {FAILS(DFU_DETACH, UB_USB_TIMEOUT), STATUS(0, 0, 1),
                                         FAILS(MOCK_RESET, UB_USB_GONE)};
    assert_int_equal(DETACH(0, detaches), UB_OK);
}

static void failed_reset_is_told(void **state)
{
    (void)state;
    const struct mock_step script[] = {TAKES(DFU_DETACH, 255), FAILS(MOCK_RESET, UB_USB_IO)};
    assert_int_equal(DETACH(0, script), UB_USB_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bus_is_reset_within_the_timeout),
        cmocka_unit_test(device_that_detaches_itself_is_not_reset),
        cmocka_unit_test(refusal_is_told),
        cmocka_unit_test(refusal_of_a_device_that_goes_all_the_same_is_none),
        cmocka_unit_test(failed_reset_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
