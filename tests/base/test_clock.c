/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The virtual clock moves only when somebody sleeps; the real one moves by itself. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"

#include <pthread.h>

static void virtual_time_moves_by_sleeping_only(void **state)
{
    (void)state;
    struct ub_virtual_time time = {.now = 1000};
    struct ub_clock clock = ub_clock_virtual(&time);
    struct ub_clock copy = clock;
    assert_int_equal(ub_now(&clock), 1000);
    assert_int_equal(ub_now(&clock), 1000);
    ub_sleep(&clock, 32000000); /* a mass erase of 32 s: this test ends at once */
    assert_int_equal(ub_now(&copy), 32001000);
    ub_sleep(&copy, 0);
    assert_int_equal(ub_now(&clock), 32001000);
}

static void real_time_moves_by_itself(void **state)
{
    (void)state;
    struct ub_clock clock = ub_clock_real();
    uint64_t before = ub_now(&clock);
    ub_sleep(&clock, 2000);
    uint64_t after = ub_now(&clock);
    assert_true(before > 0);
    assert_true(after >= before + 2000);
    assert_true(after < before + 10000000); /* microseconds, not nanoseconds */
}

static void shared_time_is_as_virtual_time_for_one_thread(void **state)
{
    (void)state;
    struct ub_shared_time *time = NULL;
    assert_int_equal(ub_shared_time_open(1000, &time, NULL), UB_OK);
    struct ub_clock clock = ub_clock_shared(time);
    assert_int_equal(ub_now(&clock), 1000);
    ub_sleep(&clock, 32000000);
    assert_int_equal(ub_now(&clock), 32001000);
    ub_attend(&clock, true);
    ub_sleep(&clock, 5);
    assert_int_equal(ub_now(&clock), 32001005);
    ub_attend(&clock, false);
    ub_sleep(&clock, UINT64_MAX);
    assert_true(ub_now(&clock) == UINT64_MAX);
    ub_shared_time_close(time);
    ub_shared_time_close(NULL);
}

#define THREADS 64
#define NAPS    100

struct napper {
    struct ub_clock clock;
    uint64_t nap;
    unsigned wrong; /* times at which it woke too early or too late */
};

static void *take_naps(void *argument)
{
    struct napper *napper = argument;
    uint64_t due = ub_now(&napper->clock);
    for (unsigned i = 0; i < NAPS; i++) {
        due += napper->nap;
        ub_sleep(&napper->clock, napper->nap);
        napper->wrong += ub_now(&napper->clock) != due;
    }
    ub_attend(&napper->clock, false);
    return NULL;
}

/* Each thread wakes at the very moment it wanted to, as if it were alone; the longest sleeper's
 * time is the time of all. */
static void threads_that_share_time_sleep_side_by_side(void **state)
{
    (void)state;
    struct ub_shared_time *time = NULL;
    struct napper nappers[THREADS];
    pthread_t threads[THREADS];
    assert_int_equal(ub_shared_time_open(0, &time, NULL), UB_OK);
    for (unsigned i = 0; i < THREADS; i++) {
        nappers[i] = (struct napper){.clock = ub_clock_shared(time), .nap = 1000 + i % 7};
        ub_attend(&nappers[i].clock, true);
    }
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_naps, &nappers[i]), 0);
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(nappers[i].wrong, 0);
    struct ub_clock clock = ub_clock_shared(time);
    assert_int_equal(ub_now(&clock), 1006 * NAPS);
    ub_shared_time_close(time);
}

static void *sleep_once(void *argument)
{
    struct napper *napper = argument;
    ub_sleep(&napper->clock, napper->nap);
    ub_attend(&napper->clock, false);
    return NULL;
}

/* A thread that works holds time still, however long that takes in reality. */
static void time_waits_for_who_is_awake(void **state)
{
    (void)state;
    struct ub_shared_time *time = NULL;
    pthread_t thread;
    assert_int_equal(ub_shared_time_open(0, &time, NULL), UB_OK);
    struct napper napper = {.clock = ub_clock_shared(time), .nap = 500};
    struct ub_clock real = ub_clock_real();
    ub_attend(&napper.clock, true); /* the thread */
    ub_attend(&napper.clock, true); /* this one */
    assert_int_equal(pthread_create(&thread, NULL, sleep_once, &napper), 0);
    ub_sleep(&real, 20000);
    assert_int_equal(ub_now(&napper.clock), 0);
    ub_sleep(&napper.clock, 200);
    assert_int_equal(ub_now(&napper.clock), 200);
    ub_attend(&napper.clock, false);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(ub_now(&napper.clock), 500);
    ub_shared_time_close(time);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(virtual_time_moves_by_sleeping_only),
        cmocka_unit_test(real_time_moves_by_itself),
        cmocka_unit_test(shared_time_is_as_virtual_time_for_one_thread),
        cmocka_unit_test(threads_that_share_time_sleep_side_by_side),
        cmocka_unit_test(time_waits_for_who_is_awake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
