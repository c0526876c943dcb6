/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loader/dfu_wait.h"
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
    mock_init(&mock, 0x011a);
    mock_link(&mock, &link_, DFU_DNLOAD_SYNC);
    return 0;
}

static const struct dfu_patience patient = {.doing = "testing", .deadline_ms = 2000};

static uint64_t elapsed_ms(void)
{
    return (mock.time.now - 1000000) / 1000;
}

static void idle_at_once_costs_no_sleep(void **state)
{
    (void)state;
    /* a poll time outside dfuDNBUSY is not waited for, however long */
    const struct mock_step script[] = {STATUS(0, 0xffffff, 5)};
    PLAY(&mock, script);
    assert_int_equal(dfu_complete(&link_, &patient, DFU_DNLOAD_IDLE, &err), UB_OK);
    assert_int_equal(elapsed_ms(), 0);
}

static void busy_sleeps_what_is_asked(void **state)
{
    (void)state;
    const struct mock_step script[] = {STATUS(0, 30, 4), STATUS(0, 5, 4), STATUS(0, 0, 5)};
    PLAY(&mock, script);
    assert_int_equal(dfu_complete(&link_, &patient, DFU_DNLOAD_IDLE, &err), UB_OK);
    assert_true(mock.log[1].at_us - mock.log[0].at_us >= 30000);
    assert_true(mock.log[1].at_us - mock.log[0].at_us < 31000);
    assert_true(mock.log[2].at_us - mock.log[1].at_us >= 5000);
    assert_int_equal(mock.waits, 0);
    mock_played(&mock);
}

static void sync_counts_as_busy(void **state)
{
    (void)state;
    const struct mock_step script[] = {STATUS(0, 3, 3), STATUS(0, 0, 5)};
    PLAY(&mock, script);
    assert_int_equal(dfu_complete(&link_, &patient, DFU_DNLOAD_IDLE, &err), UB_OK);
}

static void set_address_is_asked_twice_without_sleep(void **state)
{
    (void)state;
    const struct dfu_patience at_once = {.doing = "x", .deadline_ms = 2000, .ask_at_once = true};
    const struct mock_step script[] = {STATUS(0, 104, 4), STATUS(0, 104, 5)};
    PLAY(&mock, script);
    assert_int_equal(dfu_complete(&link_, &at_once, DFU_DNLOAD_IDLE, &err), UB_OK);
    assert_int_equal(elapsed_ms(), 0);
    /* but not thrice */
    const struct mock_step slow[] = {STATUS(0, 104, 4), STATUS(0, 104, 4), STATUS(0, 0, 5)};
    setup(NULL);
    PLAY(&mock, slow);
    assert_int_equal(dfu_complete(&link_, &at_once, DFU_DNLOAD_IDLE, &err), UB_OK);
    assert_int_equal(elapsed_ms(), 104);
}

static void absurd_poll_time_is_refused(void **state)
{
    (void)state;
    const struct mock_step script[] = {STATUS(0, 16777000, 4)};
    PLAY(&mock, script);
    assert_int_equal(dfu_complete(&link_, &patient, DFU_DNLOAD_IDLE, &err), UB_DFU_POLL_TIME);
    assert_true(err.raw.has_status);
    assert_int_equal(err.raw.bState, 4);
    assert_int_equal(elapsed_ms(), 0);
}

static void stuck_device_meets_the_deadline(void **state)
{
    (void)state;
    const struct mock_step script[] = {STATUS_FOREVER(0, 50, 4)};
    PLAY(&mock, script);
    assert_int_equal(dfu_complete(&link_, &patient, DFU_DNLOAD_IDLE, &err), UB_DFU_BUSY);
    assert_true(elapsed_ms() >= 2000 && elapsed_ms() < 2100);
    assert_true(link_.stuck);
    assert_int_equal(link_.state, DFU_STATE_UNKNOWN);
    assert_true(mock.waits > 0);
}

static void poll_zero_for_ever_does_not_spin(void **state)
{
    (void)state;
    const struct mock_step script[] = {STATUS_FOREVER(0, 0, 4)};
    PLAY(&mock, script);
    assert_int_equal(dfu_complete(&link_, &patient, DFU_DNLOAD_IDLE, &err), UB_DFU_BUSY);
    assert_true(elapsed_ms() >= 2000 && elapsed_ms() < 2100);
    assert_true(mock.log_length < 60);
    /* three times at once, then 1 ms, 2 ms, ... up to 50 ms */
    for (size_t i = 1; i < 12; i++) {
        uint64_t pause = mock.log[i].at_us - mock.log[i - 1].at_us - 100;
        uint64_t due = i <= 3 ? 0 : UINT64_C(1000) << (i - 4);
        assert_int_equal(pause, due < 50000 ? due : 50000);
    }
}

static void first_poll_time_stretches_the_deadline(void **state)
{
    (void)state;
    const struct mock_step script[] = {STATUS(0, 8000, 4), STATUS(0, 0, 5)};
    PLAY(&mock, script);
    assert_int_equal(dfu_complete(&link_, &patient, DFU_DNLOAD_IDLE, &err), UB_OK);
    assert_true(elapsed_ms() >= 8000);
    /* a later one does not */
    const struct mock_step liar[] = {STATUS(0, 100, 4), STATUS_FOREVER(0, 50000, 4)};
    setup(NULL);
    PLAY(&mock, liar);
    assert_int_equal(dfu_complete(&link_, &patient, DFU_DNLOAD_IDLE, &err), UB_DFU_BUSY);
    assert_true(elapsed_ms() < 2100);
}

static void question_waits_as_long_as_the_operation_may_take(void **state)
{
    (void)state;
    const struct dfu_patience long_one = {.doing = "x", .deadline_ms = 35000};
    /* a ROM that answers only when its flash is done: the second question takes 20 s */
    const struct mock_step script[] = {STATUS(0, 100, 4),
                                       {.request = DFU_GETSTATUS,
                                        .length = 6,
                                        .answer = STATUS_BYTES(0, 0, 5),
                                        .takes_ms = 20000}};
    PLAY(&mock, script);
    assert_int_equal(dfu_complete(&link_, &long_one, DFU_DNLOAD_IDLE, &err), UB_OK);
    assert_true(mock.log[0].timeout_ms >= 34900);
    assert_true(mock.log[1].timeout_ms >= 34800);
}

static void long_wait_counts_down_and_can_be_stopped(void **state)
{
    (void)state;
    const struct mock_step script[] = {STATUS(0, 30000, 4)};
    PLAY(&mock, script);
    mock.cancel_on_wait = true;
    assert_int_equal(dfu_complete(&link_, &patient, DFU_DNLOAD_IDLE, &err), UB_SYS_INTERRUPTED);
    assert_true(elapsed_ms() < 1000);
    assert_true(mock.waits > 0);
}

static void short_wait_is_finished_all_the_same(void **state)
{
    (void)state;
    const struct mock_step script[] = {STATUS(0, 500, 4), STATUS(0, 0, 5)};
    PLAY(&mock, script);
    atomic_store(&mock.env.cancelled, true);
    assert_int_equal(dfu_complete(&link_, &patient, DFU_DNLOAD_IDLE, &err), UB_OK);
}

static void clean_up_cannot_be_stopped(void **state)
{
    (void)state;
    const struct dfu_patience deaf = {.doing = "x", .deadline_ms = 9000, .uninterruptible = true};
    const struct mock_step script[] = {STATUS(0, 3000, 4), STATUS(0, 0, 5)};
    PLAY(&mock, script);
    atomic_store(&mock.env.cancelled, true);
    assert_int_equal(dfu_complete(&link_, &deaf, DFU_DNLOAD_IDLE, &err), UB_OK);
    assert_true(elapsed_ms() >= 3000);
}

static void error_and_wrong_state_are_told_apart(void **state)
{
    (void)state;
    const struct mock_step error[] = {STATUS(0, 1, 4), STATUS(7, 0, 10)};
    PLAY(&mock, error);
    assert_int_equal(dfu_complete(&link_, &patient, DFU_DNLOAD_IDLE, &err), UB_DFU_ERR_VERIFY);
    const struct mock_step wrong[] = {STATUS(0, 0, 2)};
    PLAY(&mock, wrong);
    assert_int_equal(dfu_complete(&link_, &patient, DFU_DNLOAD_IDLE, &err), UB_DFU_STATE);
    /* an error status in a state that is not dfuERROR is an error as well */
    const struct mock_step odd[] = {STATUS(3, 0, 5)};
    PLAY(&mock, odd);
    assert_int_equal(dfu_complete(&link_, &patient, DFU_DNLOAD_IDLE, &err), UB_DFU_ERR_WRITE);
}

/* Operations of one kind, as the loaders wait for them. */
static struct dfu_pace pace;

static struct dfu_patience paced(void)
{
    return (struct dfu_patience){.doing = "testing", .deadline_ms = 2000, .pace = &pace};
}

#define PAUSE_MS(i) ((mock.log[i].at_us - mock.log[(i)-1].at_us - 100) / 1000)

static enum ub_code complete(const struct dfu_patience *with)
{
    mock_forget(&mock);
    enum ub_code code = dfu_complete(&link_, with, DFU_DNLOAD_IDLE, &err);
    mock_played(&mock);
    return code;
}

static void poll_time_is_kept_where_nothing_else_is_allowed(void **state)
{
    (void)state;
    const struct dfu_patience with = paced();
    pace = (struct dfu_pace){0};
    for (unsigned i = 0; i < 40; i++) { /* however well it is known */
        const struct mock_step script[] = {STATUS(0, 40, 4), STATUS(0, 0, 5)};
        PLAY(&mock, script);
        assert_int_equal(complete(&with), UB_OK);
        assert_int_equal(mock.log[1].at_us - mock.log[0].at_us, 40100);
    }
    assert_true(pace.done_us > 0);
    /* nor is the book a reason to wait longer, or less */
    struct dfu_patience by_book = with;
    by_book.typical_us = 300000;
    pace = (struct dfu_pace){0};
    const struct mock_step script[] = {STATUS(0, 40, 4), STATUS(0, 0, 5)};
    PLAY(&mock, script);
    assert_int_equal(complete(&by_book), UB_OK);
    assert_int_equal(PAUSE_MS(1), 40);
}

static void early_questions_need_a_habit(void **state)
{
    (void)state;
    struct dfu_patience with = paced();
    link_.port.habits.poll_early = true;
    with.typical_us = 20000;
    pace = (struct dfu_pace){0};
    const struct mock_step script[] = {STATUS(0, 100, 4), STATUS(0, 100, 4), STATUS(0, 0, 5)};
    PLAY(&mock, script);
    assert_int_equal(complete(&with), UB_OK);
    assert_true(PAUSE_MS(1) < 20); /* a little before the book says so */
    assert_true(PAUSE_MS(2) <= 2);
    /* a book that knows more than the device asks for is not believed */
    with.typical_us = 900000;
    pace = (struct dfu_pace){0};
    const struct mock_step slow[] = {STATUS(0, 50, 4), STATUS(0, 0, 5)};
    PLAY(&mock, slow);
    assert_int_equal(complete(&with), UB_OK);
    assert_int_equal(PAUSE_MS(1), 50);
}

static void first_refusal_ends_early_questions_for_the_run(void **state)
{
    (void)state;
    struct dfu_patience with = paced();
    link_.port.habits.poll_early = true;
    with.typical_us = 20000;
    pace = (struct dfu_pace){0};
    const struct mock_step script[] = {STATUS(0, 100, 4), FAILS(DFU_GETSTATUS, UB_USB_STALL),
                                       STATUS(0, 0, 5)};
    PLAY(&mock, script);
    assert_int_equal(complete(&with), UB_OK);
    assert_true(link_.refuses_early);
    /* the whole of its own time had passed when it was asked again */
    assert_int_equal((mock.log[2].at_us - mock.log[0].at_us) / 1000, 100);
    for (unsigned i = 0; i < 3; i++) {
        const struct mock_step next[] = {STATUS(0, 100, 4), STATUS(0, 0, 5)};
        PLAY(&mock, next);
        assert_int_equal(complete(&with), UB_OK);
        assert_int_equal(PAUSE_MS(1), 100);
    }
    assert_int_equal(err.code, UB_OK);
}

/* STM32L4: its poll time is over and it refuses; later it is asked when it is done. */
static void poll_time_that_is_too_short_is_learned(void **state)
{
    (void)state;
    const struct dfu_patience with = paced();
    pace = (struct dfu_pace){0};
    const struct mock_step script[] = {STATUS(0, 20, 4), FAILS(DFU_GETSTATUS, UB_USB_STALL),
                                       FAILS(DFU_GETSTATUS, UB_USB_STALL), STATUS(0, 0, 5)};
    PLAY(&mock, script);
    assert_int_equal(complete(&with), UB_OK);
    assert_false(link_.refuses_early); /* it was not early */
    assert_int_equal(PAUSE_MS(1), 20);
    assert_true(PAUSE_MS(2) >= 1 && PAUSE_MS(2) < 5);
    assert_true(PAUSE_MS(3) >= 1 && PAUSE_MS(3) < 5);
    const struct mock_step next[] = {STATUS(0, 20, 4), STATUS(0, 0, 5)};
    PLAY(&mock, next);
    assert_int_equal(complete(&with), UB_OK);
    assert_true(mock.log[1].at_us - mock.log[0].at_us > 21000);
}

static void refusals_end_at_the_deadline(void **state)
{
    (void)state;
    const struct dfu_patience with = paced();
    pace = (struct dfu_pace){.busy_us = 900, .done_us = 1000};
    const struct mock_step script[] = {
        STATUS(0, 20, 4), {.request = DFU_GETSTATUS, .code = UB_USB_STALL, .forever = true}};
    PLAY(&mock, script);
    assert_int_equal(complete(&with), UB_USB_STALL);
    assert_true(elapsed_ms() >= 2000 && elapsed_ms() < 2100);
    assert_true(mock.log_length < 300);
    assert_int_equal(pace.done_us, 1000); /* a device that hangs teaches nothing */
}

static void lost_answers_are_asked_for_again(void **state)
{
    (void)state;
    const struct dfu_patience with = paced();
    pace = (struct dfu_pace){0};
    const struct mock_step script[] = {STATUS(0, 20, 4),
                                       FAILS(DFU_GETSTATUS, UB_USB_IO),
                                       {.request = DFU_GETSTATUS, .length = 3},
                                       STATUS(0, 0, 5)};
    PLAY(&mock, script);
    assert_int_equal(complete(&with), UB_OK);
    assert_true(PAUSE_MS(2) <= DFU_RETRY_MS);
    const struct mock_step dead[] = {
        STATUS(0, 20, 4), {.request = DFU_GETSTATUS, .code = UB_USB_IO, .forever = true}};
    PLAY(&mock, dead);
    assert_int_equal(complete(&with), UB_USB_IO);
    assert_int_equal(mock.log_length, 2 + DFU_STATUS_RETRIES);
}

static void commands_that_take_time_are_found_out(void **state)
{
    (void)state;
    const struct dfu_patience at_once = {.doing = "x", .deadline_ms = 2000, .ask_at_once = true};
    const struct mock_step script[] = {STATUS(0, 104, 4), FAILS(DFU_GETSTATUS, UB_USB_STALL),
                                       STATUS(0, 0, 5)};
    PLAY(&mock, script);
    assert_int_equal(complete(&at_once), UB_OK);
    assert_true(link_.commands_take);
    assert_int_equal((mock.log[2].at_us - mock.log[0].at_us) / 1000, 104);
    const struct mock_step next[] = {STATUS(0, 104, 4), STATUS(0, 0, 5)};
    PLAY(&mock, next);
    assert_int_equal(complete(&at_once), UB_OK);
    assert_int_equal(PAUSE_MS(1), 104);
}

static void fixed_poll_time_takes_the_place_of_the_devices(void **state)
{
    (void)state;
    link_.port.habits.poll_fixed = true; /* Openmoko */
    link_.port.habits.poll_fixed_ms = 5;
    const struct mock_step script[] = {STATUS(0, 0x404040, 4), STATUS(0, 0, 4), STATUS(0, 0, 5)};
    PLAY(&mock, script);
    assert_int_equal(complete(&patient), UB_OK);
    assert_int_equal(PAUSE_MS(1), 5);
    assert_int_equal(PAUSE_MS(2), 5);
}

/* A device that says "ask at once" is asked when it was done the last time. */
static void poll_zero_is_learned_too(void **state)
{
    (void)state;
    const struct dfu_patience with = paced();
    pace = (struct dfu_pace){0};
    const struct mock_step script[] = {STATUS(0, 0, 4), STATUS(0, 0, 4), STATUS(0, 0, 4),
                                       STATUS(0, 0, 4), STATUS(0, 0, 4), STATUS(0, 0, 4),
                                       STATUS(0, 0, 4), STATUS(0, 0, 5)};
    PLAY(&mock, script);
    assert_int_equal(complete(&with), UB_OK);
    const struct mock_step next[] = {STATUS(0, 0, 4), STATUS(0, 0, 5)};
    PLAY(&mock, next);
    assert_int_equal(complete(&with), UB_OK);
    assert_true(PAUSE_MS(1) >= 7);
}

/* Early questions follow each other quickly, the countdown does not; and an operation that a silent
 * device carries out while the transport waits is announced. */
static void countdown_is_for_people(void **state)
{
    (void)state;
    struct dfu_patience with = paced();
    link_.port.habits.poll_early = true;
    with.deadline_ms = 6000;
    pace = (struct dfu_pace){0};
    const struct mock_step script[] = {STATUS(0, 100, 4), STATUS_FOREVER(0, 10, 4)};
    PLAY(&mock, script);
    assert_int_equal(complete(&with), UB_DFU_BUSY);
    assert_true(mock.waits >= 40 && mock.waits <= 50);
    assert_true(mock.log_length > 100);
    const struct dfu_patience all = {.doing = "x", .deadline_ms = 40000, .watched = true};
    const struct mock_step silent[] = {STATUS(0, 100, 4), STATUS(0, 0, 5)};
    mock.waits = 0;
    PLAY(&mock, silent);
    assert_int_equal(complete(&all), UB_OK);
    assert_int_equal(mock.waits, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(idle_at_once_costs_no_sleep, setup),
        cmocka_unit_test_setup(busy_sleeps_what_is_asked, setup),
        cmocka_unit_test_setup(sync_counts_as_busy, setup),
        cmocka_unit_test_setup(set_address_is_asked_twice_without_sleep, setup),
        cmocka_unit_test_setup(absurd_poll_time_is_refused, setup),
        cmocka_unit_test_setup(stuck_device_meets_the_deadline, setup),
        cmocka_unit_test_setup(poll_zero_for_ever_does_not_spin, setup),
        cmocka_unit_test_setup(first_poll_time_stretches_the_deadline, setup),
        cmocka_unit_test_setup(question_waits_as_long_as_the_operation_may_take, setup),
        cmocka_unit_test_setup(long_wait_counts_down_and_can_be_stopped, setup),
        cmocka_unit_test_setup(short_wait_is_finished_all_the_same, setup),
        cmocka_unit_test_setup(clean_up_cannot_be_stopped, setup),
        cmocka_unit_test_setup(error_and_wrong_state_are_told_apart, setup),
        cmocka_unit_test_setup(poll_time_is_kept_where_nothing_else_is_allowed, setup),
        cmocka_unit_test_setup(early_questions_need_a_habit, setup),
        cmocka_unit_test_setup(first_refusal_ends_early_questions_for_the_run, setup),
        cmocka_unit_test_setup(poll_time_that_is_too_short_is_learned, setup),
        cmocka_unit_test_setup(refusals_end_at_the_deadline, setup),
        cmocka_unit_test_setup(lost_answers_are_asked_for_again, setup),
        cmocka_unit_test_setup(commands_that_take_time_are_found_out, setup),
        cmocka_unit_test_setup(fixed_poll_time_takes_the_place_of_the_devices, setup),
        cmocka_unit_test_setup(poll_zero_is_learned_too, setup),
        cmocka_unit_test_setup(countdown_is_for_people, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
