/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loader/dfu_arrive.h"
#include "mock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct mock mock;
static struct dfu_link link_;
static struct ub_error err;

static int setup(void **state)
{
    (void)state;
    mock_init(&mock, 0x0110);
    mock_link(&mock, &link_, DFU_STATE_UNKNOWN);
    return 0;
}

static enum ub_code arrive(const struct mock_step *script, size_t length)
{
    setup(NULL);
    mock_play(&mock, script, length);
    enum ub_code code = dfu_arrive(&link_, false, &err);
    mock_played(&mock);
    return code;
}

#define ARRIVE(script) arrive((script), sizeof(script) / sizeof((script)[0]))

static void table_has_a_row_for_every_state(void **state)
{
    (void)state;
    static const enum dfu_arrival rows[] = {
        DFU_ARRIVE_RESET, DFU_ARRIVE_RESET, DFU_ARRIVED,      DFU_ARRIVE_ASK,
        DFU_ARRIVE_WAIT,  DFU_ARRIVE_ABORT, DFU_ARRIVE_ASK,   DFU_ARRIVE_MANIFEST,
        DFU_ARRIVE_RESET, DFU_ARRIVE_ABORT, DFU_ARRIVE_CLEAR,
    };
    for (uint8_t i = 0; i <= DFU_STATE_MAX; i++)
        assert_int_equal(dfu_arrival(i), rows[i]);
}

static void idle_costs_one_question(void **state)
{
    (void)state;
    const struct mock_step script[] = {STATUS(0, 0xffffff, 2)};
    assert_int_equal(ARRIVE(script), UB_OK);
    assert_int_equal(link_.transfers, 1);
    assert_int_equal(link_.state, DFU_IDLE);
    assert_int_equal(mock.time.now, 1000100);
}

static void error_is_cleared(void **state)
{
    (void)state;
    for (uint8_t bStatus = 0; bStatus <= DFU_STATUS_MAX; bStatus++) {
        const struct mock_step script[] = {STATUS(bStatus, 0, 10), TAKES(DFU_CLRSTATUS, 0),
                                           STATUS(0, 0, 2)};
        assert_int_equal(ARRIVE(script), UB_OK);
    }
}

static void error_is_cleared_twice_where_needed(void **state)
{
    (void)state;
    const struct mock_step script[] = {STATUS(14, 0, 10), TAKES(DFU_CLRSTATUS, 0),
                                       STATUS(14, 0, 10), TAKES(DFU_CLRSTATUS, 0), STATUS(0, 0, 2)};
    assert_int_equal(ARRIVE(script), UB_OK);
}

static void half_done_transfers_are_aborted(void **state)
{
    (void)state;
    for (uint8_t at = 5; at <= 9; at = (uint8_t)(at + 4)) {
        const struct mock_step script[] = {STATUS(0, 0, at), TAKES(DFU_ABORT, 0), STATUS(0, 0, 2)};
        assert_int_equal(ARRIVE(script), UB_OK);
    }
}

static void refused_abort_leads_through_error(void **state)
{
    (void)state;
    const struct mock_step script[] = {STATUS(0, 0, 5), FAILS(DFU_ABORT, UB_USB_STALL),
                                       STATUS(15, 0, 10), TAKES(DFU_CLRSTATUS, 0), STATUS(0, 0, 2)};
    assert_int_equal(ARRIVE(script), UB_OK);
}

static void sync_states_are_asked_then_aborted(void **state)
{
    (void)state;
    const struct mock_step script[] = {STATUS(0, 0, 3), STATUS(0, 0, 5), TAKES(DFU_ABORT, 0),
                                       STATUS(0, 0, 2)};
    assert_int_equal(ARRIVE(script), UB_OK);
    const struct mock_step stays[] = {STATUS(0, 0, 6), STATUS(0, 0, 6), STATUS(0, 0, 6),
                                      TAKES(DFU_ABORT, 0), STATUS(0, 0, 2)};
    assert_int_equal(ARRIVE(stays), UB_OK);
}

static void busy_is_waited_for(void **state)
{
    (void)state;
    const struct mock_step script[] = {STATUS(0, 800, 4), STATUS(0, 0, 5), STATUS(0, 0, 5),
                                       TAKES(DFU_ABORT, 0), STATUS(0, 0, 2)};
    assert_int_equal(ARRIVE(script), UB_OK);
    assert_true(mock.time.now >= 1800000);
}

static void stuck_busy_is_freed_by_two_clears(void **state)
{
    (void)state;
    const struct mock_step script[] = {STATUS_FOREVER(0, 1000, 4), TAKES(DFU_CLRSTATUS, 0),
                                       STATUS(14, 0, 10),          STATUS(14, 0, 10),
                                       TAKES(DFU_CLRSTATUS, 0),    STATUS(0, 0, 2)};
    assert_int_equal(ARRIVE(script), UB_OK);
    assert_int_equal(link_.warning_count, 1);
}

static void stuck_for_good_is_told_within_the_deadline(void **state)
{
    (void)state;
    const struct mock_step script[] = {STATUS_FOREVER(0, 1000, 4), TAKES(DFU_CLRSTATUS, 0),
                                       STATUS_FOREVER(0, 1000, 4)};
    assert_int_equal(ARRIVE(script), UB_DFU_BUSY);
    assert_true(mock.time.now < 1000000 + 40000000);
}

static void known_stuck_device_is_not_waited_for_again(void **state)
{
    (void)state;
    const struct mock_step script[] = {STATUS_FOREVER(0, 500, 4), TAKES(DFU_CLRSTATUS, 0),
                                       STATUS(0, 0, 2), STATUS(0, 0, 2)};
    setup(NULL);
    link_.stuck = true;
    PLAY(&mock, script);
    assert_int_equal(dfu_arrive(&link_, false, &err), UB_OK);
    mock_played(&mock);
    assert_true(mock.time.now < 1000000 + 1000000);
}

static void manifestation_is_waited_for(void **state)
{
    (void)state;
    const struct mock_step script[] = {STATUS(0, 0, 6), STATUS(0, 1500, 7), STATUS(0, 0, 2)};
    assert_int_equal(ARRIVE(script), UB_OK);
    assert_true(mock.time.now >= 2500000);
    const struct mock_step endless[] = {STATUS_FOREVER(0, 0, 7)};
    assert_int_equal(ARRIVE(endless), UB_DFU_MANIFEST);
    assert_true(mock.time.now < 1000000 + 11000000);
    const struct mock_step absurd[] = {STATUS(0, 16777215, 7)};
    assert_int_equal(ARRIVE(absurd), UB_DFU_POLL_TIME);
}

static void wait_reset_takes_a_bus_reset(void **state)
{
    (void)state;
    const struct mock_step leaves[] = {STATUS(0, 0, 8), FAILS(MOCK_RESET, UB_USB_GONE)};
    assert_int_equal(ARRIVE(leaves), UB_USB_GONE);
    const struct mock_step stays[] = {STATUS(0, 0, 8), TAKES(MOCK_RESET, 0), STATUS(0, 0, 2)};
    assert_int_equal(ARRIVE(stays), UB_OK);
    const struct mock_step wedged[] = {STATUS(0, 0, 8), TAKES(MOCK_RESET, 0), STATUS(0, 0, 8)};
    assert_int_equal(ARRIVE(wedged), UB_DFU_STATE);
}

static void runtime_states_are_an_oddity(void **state)
{
    (void)state;
    for (uint8_t at = 0; at <= 1; at++) {
        const struct mock_step cured[] = {STATUS(0, 0, at), TAKES(MOCK_RESET, 0), STATUS(0, 0, 2)};
        assert_int_equal(ARRIVE(cured), UB_OK);
        const struct mock_step stays[] = {STATUS(0, 0, at), TAKES(MOCK_RESET, 0), STATUS(0, 0, at)};
        assert_int_equal(ARRIVE(stays), UB_DFU_STATE);
    }
}

static void steps_are_bounded(void **state)
{
    (void)state;
    const struct mock_step script[] = {
        STATUS(3, 0, 10), TAKES(DFU_CLRSTATUS, 0), STATUS(3, 0, 10), TAKES(DFU_CLRSTATUS, 0),
        STATUS(3, 0, 10), TAKES(DFU_CLRSTATUS, 0), STATUS(3, 0, 10), TAKES(DFU_CLRSTATUS, 0),
        STATUS(3, 0, 10), TAKES(DFU_CLRSTATUS, 0), STATUS(3, 0, 10), TAKES(DFU_CLRSTATUS, 0),
        STATUS(3, 0, 10), TAKES(DFU_CLRSTATUS, 0), STATUS(3, 0, 10), TAKES(DFU_CLRSTATUS, 0),
        STATUS(3, 0, 10), TAKES(DFU_CLRSTATUS, 0), STATUS(3, 0, 10), TAKES(DFU_CLRSTATUS, 0),
        STATUS(3, 0, 10), TAKES(DFU_CLRSTATUS, 0), STATUS(3, 0, 10), TAKES(DFU_CLRSTATUS, 0)};
    assert_int_equal(ARRIVE(script), UB_DFU_STATE);
    assert_int_equal(err.raw.bState, 10);
}

/* However a device answers, it is given up after a bounded number of steps, each with a deadline.
 */
static void no_device_keeps_the_host(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed < 3000; seed++) {
        setup(NULL);
        mock.chaos = seed;
        (void)dfu_arrive(&link_, true, &err);
        assert_true(mock.time.now < UINT64_C(12) * 60 * 1000000);
        assert_true(mock.log_length < 2000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_has_a_row_for_every_state),
        cmocka_unit_test(idle_costs_one_question),
        cmocka_unit_test(error_is_cleared),
        cmocka_unit_test(error_is_cleared_twice_where_needed),
        cmocka_unit_test(half_done_transfers_are_aborted),
        cmocka_unit_test(refused_abort_leads_through_error),
        cmocka_unit_test(sync_states_are_asked_then_aborted),
        cmocka_unit_test(busy_is_waited_for),
        cmocka_unit_test(stuck_busy_is_freed_by_two_clears),
        cmocka_unit_test(stuck_for_good_is_told_within_the_deadline),
        cmocka_unit_test(known_stuck_device_is_not_waited_for_again),
        cmocka_unit_test(manifestation_is_waited_for),
        cmocka_unit_test(wait_reset_takes_a_bus_reset),
        cmocka_unit_test(runtime_states_are_an_oddity),
        cmocka_unit_test(steps_are_bounded),
        cmocka_unit_test(no_device_keeps_the_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
