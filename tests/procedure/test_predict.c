/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a plan foretells, against what the bench then takes; and what is remembered of it. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "bench.h"
#include "flash/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct bench bench;

static double seconds(uint64_t us)
{
    return (double)us / 1e6;
}

/** How far apart they are, in parts of the actual time. */
static double error_of(uint64_t predicted, uint64_t actual)
{
    double apart = (double)predicted - (double)actual;
    return (apart < 0 ? -apart : apart) / (double)actual;
}

static void show(const char *what, const struct ub_result *result)
{
    print_message("%-28s predicted %7.3f s, actual %7.3f s, %+.2f %%\n", what,
                  seconds(result->predicted_us), seconds(result->actual_us),
                  100 * ((double)result->predicted_us - (double)result->actual_us) /
                      (double)result->actual_us);
}

/** Flashes, and demands that the whole and each part that counts were foretold. */
static void flash_as_foretold(const char *what, const struct ub_image *image,
                              const struct ub_flash_options *options, double most)
{
    assert_int_equal(ub_flash(bench.context, image, NULL, options, &bench.result, &bench.err),
                     UB_OK);
    const struct ub_result *result = &bench.result;
    const struct ub_phase phases[] = {result->erase, result->write, result->verify};
    show(what, result);
    assert_true(result->verified);
    assert_true(error_of(result->predicted_us, result->actual_us) <= most);
    uint64_t predicted = 0;
    uint64_t actual = 0;
    for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
        predicted += phases[i].predicted_us;
        actual += phases[i].actual_us;
        if (phases[i].actual_us > result->actual_us / 20)
            assert_true(error_of(phases[i].predicted_us, phases[i].actual_us) <= most);
    }
    assert_int_equal(predicted, result->predicted_us);
    assert_int_equal(actual, result->actual_us);
}

/* The four runs that issue 3 names, on a device of which nothing is remembered. */
static void a_first_run_is_foretold(void **state)
{
    static const struct ub_flash_options plain;
    static const struct ub_flash_options without_backup = {.no_backup = true};
    static const struct ub_flash_options erase_all = {.erase_all = true};
    struct ub_image *image = bench_image(FLASH_BASE, FLASH_SIZE, 2);
    for (int backup = 0; backup < 2; backup++) {
        const struct ub_flash_options *options = backup ? &plain : &without_backup;
        bench_open(&bench, "stm32f405");
        memset(bench_memory(&bench, 0), 0x42, FLASH_SIZE);
        flash_as_foretold("full write", image, options, 0.05);
        bench_close(&bench);

        bench_open(&bench, "stm32f405");
        bench_bytes(bench_memory(&bench, 0), FLASH_SIZE, 2);
        memset(bench_memory(&bench, 0) + 0x60000, 0x55, 4096);
        flash_as_foretold("4 KiB changed", image, options, 0.05);
        assert_int_equal(bench_counts(&bench, 0).erases, 1);
        bench_close(&bench);

        bench_open(&bench, "stm32f405");
        memset(bench_memory(&bench, 0), 0xff, FLASH_SIZE);
        flash_as_foretold("blank device", image, options, 0.05);
        assert_int_equal(bench_counts(&bench, 0).erases, 0);
        bench_close(&bench);
    }
    bench_open(&bench, "stm32f405");
    memset(bench_memory(&bench, 0), 0x42, FLASH_SIZE);
    flash_as_foretold("mass erase", image, &erase_all, 0.05);
    bench_close(&bench);
    ub_image_close(image);
}

/* Nothing of the device is read before it is written, so only the family and the memory of earlier
 * runs tell what things cost; the memory is the better of the two, on a slow device too. */
static void what_a_run_measured_is_foretold_by_the_next(void **state)
{
    static const char *const specs[] = {"stm32f405", "stm32f405,speed=slow"};
    static const struct ub_flash_options blind = {.no_backup = true, .whole = true, .stay = true};
    struct ub_image *image = bench_image(FLASH_BASE, FLASH_SIZE, 2);
    for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++) {
        bench_open(&bench, specs[i]);
        memset(bench_memory(&bench, 0), 0x42, FLASH_SIZE);
        assert_int_equal(ub_flash(bench.context, image, NULL, &blind, &bench.result, &bench.err),
                         UB_OK);
        show(specs[i], &bench.result);
        double first = error_of(bench.result.predicted_us, bench.result.actual_us);
        bench_again(&bench, specs[i]);
        flash_as_foretold("the next run", image, &blind, 0.01);
        assert_true(error_of(bench.result.predicted_us, bench.result.actual_us) < first);
        assert_string_equal(bench.warnings, "");
        bench_close(&bench);
    }
    ub_image_close(image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_first_run_is_foretold),
        cmocka_unit_test(what_a_run_measured_is_foretold_by_the_next),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
