/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "family/family.h"

#include <string.h>

static struct ub_sector_run f405[] = {
    {.address = 0x08000000, .size = 16 * 1024, .count = 4, .rights = 7},
    {.address = 0x08010000, .size = 64 * 1024, .count = 1, .rights = 7},
    {.address = 0x08020000, .size = 128 * 1024, .count = 7, .rights = 7},
};

static void the_map_tells_families_apart(void **state)
{
    struct ub_region region = {.kind = UB_REGION_FLASH, .runs = f405, .run_count = 3};
    assert_string_equal(ub_family_by_regions(0x0483, 0xdf11, &region, 1)->name, "STM32F405");
    assert_string_equal(ub_family_by_regions(0x1209, 0xdf11, &region, 1)->name, "DFU");
    region.run_count = 2;
    assert_string_equal(ub_family_by_regions(0x0483, 0xdf11, &region, 1)->name, "STM32");
    region.run_count = 3;
    f405[2].count = 11;
    assert_string_equal(ub_family_by_regions(0x0483, 0xdf11, &region, 1)->name, "STM32");
    f405[2].count = 7;
    region.kind = UB_REGION_OPTION;
    assert_string_equal(ub_family_by_regions(0x0483, 0xdf11, &region, 1)->name, "STM32");
}

static void an_id_alone_names_no_part(void **state)
{
    assert_string_equal(ub_family_by_id(0x0483, 0xdf11)->name, "STM32");
    assert_string_equal(ub_family_by_id(0x1d50, 0x6003)->name, "DFU");
}

static void words_are_found_in_any_case(void **state)
{
    assert_non_null(ub_family_named("stm32f405"));
    assert_non_null(ub_family_named("STM32F405"));
    assert_null(ub_family_named("stm32f999"));
    assert_null(ub_family_named(""));
}

static void words_relate_to_families(void **state)
{
    static const struct {
        const char *family, *word;
        enum ub_family_relation relation;
    } cases[] = {
        {"stm32f405", "STM32F405", UB_FAMILY_COVERED},
        {"stm32f405", "stm32", UB_FAMILY_COVERED},
        {"stm32f405", "stm32h743", UB_FAMILY_OTHER},
        {"stm32f405", "dfu", UB_FAMILY_OTHER},
        {"stm32", "stm32", UB_FAMILY_COVERED},
        {"stm32", "stm32f405", UB_FAMILY_MAYBE},
        {"stm32", "gd32vf103", UB_FAMILY_OTHER},
        {"stm32", "nrf52840", UB_FAMILY_OTHER},
        {"dfu", "dfu", UB_FAMILY_COVERED},
        {"dfu", "stm32f405", UB_FAMILY_ANY},
        {"dfu", "nrf52840", UB_FAMILY_ANY},
        {"gd32vf103", "stm32", UB_FAMILY_OTHER},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (ub_family_relation(ub_family_named(cases[i].family), cases[i].word) !=
            cases[i].relation)
            fail_msg("%s and %s", cases[i].family, cases[i].word);
    /* a word is enough to know the ids */
    for (size_t i = 0; ub_family_at(i); i++) {
        const struct ub_family *first = ub_family_named(ub_family_at(i)->word);
        assert_int_equal(first->vid, ub_family_at(i)->vid);
        assert_int_equal(first->pid, ub_family_at(i)->pid);
    }
}

/** Every deadline is there and is longer than the operation's typical time. */
static void the_table_makes_sense(void **state)
{
    static const char *const words[] = {"stm32f405", "stm32", "dfu"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        const struct ub_family *family = ub_family_named(words[i]);
        assert_non_null(family);
        assert_true(family->title[0] != '\0');
        assert_true(family->habits.erase_deadline_ms * 1000u > family->costs.erase_sector_us);
        assert_true(family->habits.erase_all_deadline_ms * 1000u > family->costs.erase_all_us);
        assert_true(family->habits.write_deadline_ms > 0);
        assert_true(family->habits.manifest_deadline_ms > 0);
        assert_true(family->habits.poll_max_ms > 0);
        assert_true(family->costs.write_kib_us > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_map_tells_families_apart), cmocka_unit_test(an_id_alone_names_no_part),
        cmocka_unit_test(words_are_found_in_any_case),  cmocka_unit_test(words_relate_to_families),
        cmocka_unit_test(the_table_makes_sense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
