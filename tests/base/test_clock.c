/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The virtual clock moves only when somebody sleeps; the real one moves by itself. */
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(virtual_time_moves_by_sleeping_only),
        cmocka_unit_test(real_time_moves_by_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
