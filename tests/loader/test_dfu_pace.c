/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What learning the time of operations costs, against operations of known length. */
#include "loader/dfu_pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define QUESTION_US UINT64_C(300) /* a question takes that long itself */

/** One operation of `takes_us`: returns how late its end was noticed; adds to *questions. */
static uint64_t run(struct dfu_pace *pace, uint64_t takes_us, unsigned *questions)
{
    uint64_t age = dfu_pace_first(pace);
    if (age == 0)
        age = dfu_pace_next(pace, 0);
    for (;;) {
        (*questions)++;
        if (age >= takes_us) {
            dfu_pace_done(pace, age);
            return age - takes_us;
        }
        dfu_pace_busy(pace, age);
        age += QUESTION_US;
        age += dfu_pace_next(pace, age);
    }
}

static void kinds_and_sizes_are_apart(void **state)
{
    (void)state;
    struct dfu_paces paces = {0};
    struct dfu_pace *block = dfu_pace_of(&paces, DFU_PACE_WRITE, 2048);
    dfu_pace_done(block, 5000);
    assert_int_equal(dfu_pace_of(&paces, DFU_PACE_ERASE, 2048)->done_us, 0);
    assert_int_equal(dfu_pace_of(&paces, DFU_PACE_WRITE, 1024)->done_us, 0);
    assert_ptr_equal(dfu_pace_of(&paces, DFU_PACE_WRITE, 2048), block);
    for (uint32_t size = 1; size < 100; size++) /* too many: the last makes room */
        assert_int_equal(dfu_pace_of(&paces, DFU_PACE_ERASE, size)->size, size);
    assert_int_equal(paces.count, DFU_PACES_MAX);
    assert_int_equal(dfu_pace_of(&paces, DFU_PACE_WRITE, 2048)->done_us, 5000);
}

static void first_operation_is_asked_about_in_growing_steps(void **state)
{
    (void)state;
    const uint64_t lengths[] = {100, 3200, 20900, 1000000, 32000000};
    for (size_t i = 0; i < 5; i++) {
        struct dfu_pace pace = {0};
        unsigned questions = 0;
        uint64_t late = run(&pace, lengths[i], &questions);
        assert_true(late <= 1000 + QUESTION_US + lengths[i] / 32);
        assert_true(questions < 500);
        assert_true(pace.busy_us < pace.done_us);
    }
}

/* The length does not change: soon every end is met within 1/128 of it, almost always by the only
 * question. */
static void steady_operations_are_met(void **state)
{
    (void)state;
    const uint64_t lengths[] = {3200, 8200, 20900, 26750, 1100000};
    for (size_t i = 0; i < 5; i++) {
        struct dfu_pace pace = {0};
        unsigned questions = 0;
        uint64_t late = 0;
        for (unsigned n = 0; n < 20; n++)
            (void)run(&pace, lengths[i], &questions);
        questions = 0;
        for (unsigned n = 0; n < 160; n++)
            late += run(&pace, lengths[i], &questions);
        const uint64_t fine = lengths[i] / 128 > 50 ? lengths[i] / 128 : 50;
        assert_true(late / 160 <= fine + QUESTION_US / 16);
        assert_true(questions <= 160 + 160 / 8);
    }
}

/* A book that says too much does no lasting harm. */
static void too_late_a_beginning_is_left_behind(void **state)
{
    (void)state;
    struct dfu_pace pace = {0};
    unsigned questions = 0;
    uint64_t late = 0;
    dfu_pace_done(&pace, 400000); /* by the book; it takes 50 ms */
    for (unsigned n = 0; n < 24; n++)
        late = run(&pace, 50000, &questions);
    assert_true(late < 1000);
}

/* Operations that vary by 5 % in either direction cost no more than that. */
static void varying_operations_are_followed(void **state)
{
    (void)state;
    struct dfu_pace pace = {0};
    unsigned questions = 0;
    uint64_t late = 0;
    uint32_t random = 1;
    for (unsigned n = 0; n < 1000; n++) {
        random = random * 1664525u + 1013904223u;
        uint64_t one = run(&pace, 19000 + (random >> 8) % 2000, &questions);
        late += n >= 20 ? one : 0;
        assert_true(pace.busy_us < pace.done_us);
        assert_true(pace.slack_us <= 21000 / 8);
    }
    assert_true(late / 980 < 20000 / 10);
    assert_true(questions < 2000 + 60);
}

/* A flash that gets slower is followed at once, one that gets faster within some operations. */
static void changes_are_followed(void **state)
{
    (void)state;
    struct dfu_pace pace = {0};
    unsigned questions = 0;
    for (unsigned n = 0; n < 20; n++)
        (void)run(&pace, 20000, &questions);
    for (unsigned n = 0; n < 20; n++)
        assert_true(run(&pace, 40000, &questions) < 10000);
    uint64_t late = 0;
    for (unsigned n = 0; n < 200; n++)
        late = run(&pace, 20000, &questions);
    assert_true(late < 2500);
}

/* A device that keeps silent until it is done answers every question with "done". */
static void silent_device_is_asked_earlier_and_earlier(void **state)
{
    (void)state;
    struct dfu_pace pace = {0};
    dfu_pace_done(&pace, 20000);
    for (unsigned n = 0; n < 100; n++)
        dfu_pace_done(&pace, dfu_pace_first(&pace));
    assert_true(pace.done_us <= 100);
    assert_true(dfu_pace_next(&pace, 0) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_and_sizes_are_apart),
        cmocka_unit_test(first_operation_is_asked_about_in_growing_steps),
        cmocka_unit_test(steady_operations_are_met),
        cmocka_unit_test(too_late_a_beginning_is_left_behind),
        cmocka_unit_test(varying_operations_are_followed),
        cmocka_unit_test(changes_are_followed),
        cmocka_unit_test(silent_device_is_asked_earlier_and_earlier),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
