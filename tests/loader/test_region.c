/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loader/region.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define ALL (UB_CAN_READ | UB_CAN_ERASE | UB_CAN_WRITE)

static const struct ub_sector_run runs[] = {
    {0x1000, 0x100, 4, ALL}, {0x1400, 0x200, 2, UB_CAN_READ}, {0x2000, 0x100, 1, ALL}};
static const struct ub_region region = {.name = "F", .runs = runs, .run_count = 3, .rights = ALL};

static void stretches_end_at_gaps(void **state)
{
    (void)state;
    assert_int_equal(ub_region_stretch(&region, 0x1000), 0x1000);
    assert_int_equal(ub_region_stretch(&region, 0x17ff), 0x1000);
    assert_int_equal(ub_region_stretch(&region, 0x2080), 0x2000);
    assert_int_equal(ub_region_stretch(&region, 0x1900), 0x1900);
    assert_ptr_equal(ub_region_run(&region, 0x1400), &runs[1]);
    assert_null(ub_region_run(&region, 0x1800));
    assert_null(ub_region_run(&region, 0x0fff));
}

static void demands_hold_for_every_byte(void **state)
{
    (void)state;
    assert_int_equal(ub_region_demand(&region, 0x1000, 0x800, UB_CAN_READ, NULL), UB_OK);
    assert_int_equal(ub_region_demand(&region, 0x1000, 0x801, UB_CAN_READ, NULL), UB_MEM_OUTSIDE);
    assert_int_equal(ub_region_demand(&region, 0x1000, 0x400, UB_CAN_WRITE, NULL), UB_OK);
    assert_int_equal(ub_region_demand(&region, 0x1000, 0x401, UB_CAN_WRITE, NULL),
                     UB_MEM_READ_ONLY);
    assert_int_equal(ub_region_demand(&region, 0x1400, 1, UB_CAN_ERASE, NULL), UB_MEM_READ_ONLY);
    assert_int_equal(ub_region_demand(&region, 0, 0, UB_CAN_READ, NULL), UB_OK);
    assert_int_equal(ub_region_demand(&region, UINT64_MAX, 2, UB_CAN_READ, NULL), UB_MEM_OUTSIDE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stretches_end_at_gaps),
        cmocka_unit_test(demands_hold_for_every_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
