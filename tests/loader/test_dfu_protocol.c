/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loader/dfu_names.h"
#include "mock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

static struct mock mock;
static struct dfu_link link_;

static int setup(void **state)
{
    (void)state;
    mock_init(&mock, 0x0110);
    mock_link(&mock, &link_, DFU_STATE_UNKNOWN);
    return 0;
}

static void status_is_read_byte_by_byte(void **state)
{
    (void)state;
    const struct mock_step script[] = {STATUS(3, 0x123456, 10)};
    struct dfu_status status;
    PLAY(&mock, script);
    assert_int_equal(dfu_get_status(&link_, 0, 0, &status, NULL), UB_OK);
    assert_int_equal(status.bStatus, 3);
    assert_int_equal(status.poll_ms, 0x123456);
    assert_int_equal(status.bState, 10);
    assert_int_equal(link_.state, DFU_ERROR);
    assert_int_equal(link_.bStatus, 3);
    assert_int_equal(link_.transfers, 1);
    assert_int_equal(mock.log[0].length, 6);
}

static void short_status_is_refused_after_retries(void **state)
{
    (void)state;
    for (unsigned length = 0; length < 6; length++) {
        const struct mock_step script[] = {
            {.request = DFU_GETSTATUS, .length = length, .forever = true}};
        struct dfu_status status;
        struct ub_error err;
        setup(NULL);
        PLAY(&mock, script);
        assert_int_equal(dfu_get_status(&link_, 0, 0, &status, &err), UB_USB_SHORT);
        assert_int_equal(err.raw.actual, length);
        assert_true(err.raw.has_transfer);
        assert_int_equal(mock.log_length, 1 + DFU_STATUS_RETRIES);
        assert_int_equal(link_.state, DFU_STATE_UNKNOWN);
    }
}

static void values_outside_the_standard_are_refused(void **state)
{
    (void)state;
    static const uint8_t pairs[][2] = {{0, 11}, {0, 15}, {0, 255}, {16, 2}, {255, 2}, {16, 11}};
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        const struct mock_step script[] = {STATUS(pairs[i][0], 0, pairs[i][1])};
        struct dfu_status status;
        struct ub_error err;
        setup(NULL);
        PLAY(&mock, script);
        assert_int_equal(dfu_get_status(&link_, 0, 0, &status, &err), UB_DFU_STATUS_INVALID);
        assert_int_equal(mock.log_length, 1);
    }
}

static void stalled_status_is_asked_again_after_the_poll_time(void **state)
{
    (void)state;
    const struct mock_step script[] = {FAILS(DFU_GETSTATUS, UB_USB_STALL),
                                       FAILS(DFU_GETSTATUS, UB_USB_IO), STATUS(0, 0, 5)};
    struct dfu_status status;
    struct ub_error err = {.code = UB_USB_STALL};
    PLAY(&mock, script);
    assert_int_equal(dfu_get_status(&link_, 0, 40, &status, &err), UB_OK);
    mock_played(&mock);
    assert_int_equal(status.bState, 5);
    assert_int_equal(err.code, UB_OK);
    assert_true(mock.log[1].at_us - mock.log[0].at_us >= 40000);
}

static void vanished_device_is_not_asked_again(void **state)
{
    (void)state;
    static const enum ub_code codes[] = {UB_USB_GONE, UB_USB_TIMEOUT, UB_USB_OVERFLOW};
    for (size_t i = 0; i < 3; i++) {
        const struct mock_step script[] = {FAILS(DFU_GETSTATUS, codes[i])};
        struct dfu_status status;
        setup(NULL);
        PLAY(&mock, script);
        assert_int_equal(dfu_get_status(&link_, 0, 0, &status, NULL), codes[i]);
        assert_int_equal(mock.log_length, 1);
    }
}

static void time_limit_follows_the_operation(void **state)
{
    (void)state;
    const struct mock_step script[] = {STATUS_FOREVER(0, 0, 2)};
    struct dfu_status status;
    PLAY(&mock, script);
    (void)dfu_get_status(&link_, 35000, 0, &status, NULL);
    assert_int_equal(mock.last_timeout, 35000);
    (void)dfu_get_status(&link_, 10, 0, &status, NULL);
    assert_int_equal(mock.last_timeout, DFU_CONTROL_MS);
    (void)dfu_get_status(&link_, UINT64_C(1) << 40, 0, &status, NULL);
    assert_int_equal(mock.last_timeout, UINT32_MAX);
}

static void every_status_has_its_own_error(void **state)
{
    (void)state;
    for (uint8_t bStatus = 1; bStatus <= DFU_STATUS_MAX; bStatus++) {
        const struct dfu_status status = {.bStatus = bStatus, .bState = DFU_ERROR};
        struct ub_error err;
        assert_true(dfu_status_is_error(&status));
        assert_int_equal(dfu_fail_status(&status, "testing", &err), 400 + bStatus);
        assert_int_equal(err.code, 400 + bStatus);
        assert_non_null(strstr(err.message, ub_dfu_status_name(bStatus)));
        assert_non_null(strstr(err.message, dfu_status_meaning(bStatus)));
        assert_true(err.raw.has_status);
        assert_int_equal(err.raw.bStatus, bStatus);
    }
    const struct dfu_status silent = {.bStatus = 0, .bState = DFU_ERROR};
    assert_int_equal(dfu_fail_status(&silent, "testing", NULL), UB_DFU_STATE);
}

static void names_are_the_standards(void **state)
{
    (void)state;
    assert_string_equal(ub_dfu_state_name(0), "appIDLE");
    assert_string_equal(ub_dfu_state_name(5), "dfuDNLOAD-IDLE");
    assert_string_equal(ub_dfu_state_name(10), "dfuERROR");
    assert_string_equal(ub_dfu_state_name(11), "?");
    assert_string_equal(ub_dfu_status_name(0), "OK");
    assert_string_equal(ub_dfu_status_name(15), "errSTALLEDPKT");
    assert_string_equal(ub_dfu_status_name(16), "?");
    for (uint8_t i = 0; i <= DFU_STATE_MAX; i++)
        assert_true(strlen(ub_dfu_state_name(i)) > 1);
}

static void refusal_is_explained_by_the_device(void **state)
{
    (void)state;
    const struct mock_step script[] = {FAILS(DFU_DNLOAD, UB_USB_STALL), STATUS(8, 0, 10)};
    const uint8_t data[4] = {1, 2, 3, 4};
    struct ub_error err;
    PLAY(&mock, script);
    enum ub_code code = dfu_dnload(&link_, 7, data, sizeof(data), 0, &err);
    assert_int_equal(code, UB_USB_STALL);
    assert_int_equal(dfu_explain(&link_, code, "testing", &err), UB_DFU_ERR_ADDRESS);
    assert_int_equal(err.code, UB_DFU_ERR_ADDRESS);
    assert_int_equal(err.raw.bState, 10);
    mock_played(&mock);
}

static void refusal_without_reason_stays_a_stall(void **state)
{
    (void)state;
    const struct mock_step script[] = {FAILS(DFU_UPLOAD, UB_USB_STALL), STATUS(0, 0, 2)};
    uint8_t data[4];
    uint16_t actual;
    struct ub_error err;
    PLAY(&mock, script);
    enum ub_code code = dfu_upload(&link_, 2, data, sizeof(data), &actual, &err);
    assert_int_equal(dfu_explain(&link_, code, "testing", &err), UB_USB_STALL);
    assert_int_equal(err.code, UB_USB_STALL);
}

static void get_state_is_checked(void **state)
{
    (void)state;
    const struct mock_step script[] = {{.request = DFU_GETSTATE, .length = 1, .answer = {9}},
                                       {.request = DFU_GETSTATE, .length = 1, .answer = {11}},
                                       {.request = DFU_GETSTATE, .length = 0}};
    uint8_t got;
    PLAY(&mock, script);
    assert_int_equal(dfu_get_state(&link_, &got, NULL), UB_OK);
    assert_int_equal(got, 9);
    assert_int_equal(dfu_get_state(&link_, &got, NULL), UB_DFU_STATUS_INVALID);
    assert_int_equal(dfu_get_state(&link_, &got, NULL), UB_USB_SHORT);
}

static void warnings_are_bounded(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2 * DFU_WARNINGS; i++)
        dfu_warn(&link_, "number %u", i);
    assert_int_equal(link_.warning_count, DFU_WARNINGS);
    assert_string_equal(link_.warnings[DFU_WARNINGS - 1], "number 7");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(status_is_read_byte_by_byte, setup),
        cmocka_unit_test_setup(short_status_is_refused_after_retries, setup),
        cmocka_unit_test_setup(values_outside_the_standard_are_refused, setup),
        cmocka_unit_test_setup(stalled_status_is_asked_again_after_the_poll_time, setup),
        cmocka_unit_test_setup(vanished_device_is_not_asked_again, setup),
        cmocka_unit_test_setup(time_limit_follows_the_operation, setup),
        cmocka_unit_test_setup(every_status_has_its_own_error, setup),
        cmocka_unit_test_setup(names_are_the_standards, setup),
        cmocka_unit_test_setup(refusal_is_explained_by_the_device, setup),
        cmocka_unit_test_setup(refusal_without_reason_stays_a_stall, setup),
        cmocka_unit_test_setup(get_state_is_checked, setup),
        cmocka_unit_test_setup(warnings_are_bounded, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
