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
    /* stack pointer, reset, NMI and HardFault: noise from which it cannot start gets a warning */
    static const uint8_t vectors[] = {0x00, 0x00, 0x02, 0x20, 0x41, 0x01, 0x00, 0x08,
                                      0x45, 0x01, 0x00, 0x08, 0x45, 0x01, 0x00, 0x08};
    struct ub_image *image = bench_image(FLASH_BASE, FLASH_SIZE, 2);
    memcpy(image->segments[0].data, vectors, sizeof(vectors));
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

/* Where the loader keeps the bootloader's word, that is what things take, on the first run too. */
static void what_the_bootloader_asks_for_is_foretold(void **state)
{
    static const struct {
        const char *model;
        uint64_t address;
    } cases[] = {
        {"stm32l0", FLASH_BASE},
        {"stm32l1", FLASH_BASE},
        {"stm32f072", FLASH_BASE},
        {"at32f415", FLASH_BASE + 0x4000},
    };
    static const struct ub_flash_options whole = {.whole = true, .stay = true};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ub_image *image = bench_image(cases[i].address, 100 * 1024, 2);
        bench_open(&bench, cases[i].model);
        flash_as_foretold(cases[i].model, image, &whole, 0.1);
        bench_close(&bench);
        ub_image_close(image);
    }
}

/** Flashes what the device holds with 16 bytes changed. */
static void change_little(const char *what, uint64_t address, size_t offset, double most)
{
    static const struct ub_flash_options stay = {.stay = true};
    struct ub_image *image = NULL;
    uint8_t *bytes = malloc((size_t)100 * 1024);
    assert_non_null(bytes);
    memcpy(bytes, bench_memory_at(&bench, address, (size_t)100 * 1024), (size_t)100 * 1024);
    memset(bytes + offset, 0x5a, 16);
    assert_int_equal(ub_image_new("test.bin", &image, NULL), UB_OK);
    assert_int_equal(
        ub_image_add(image, UB_IMAGE_ALT_NONE, true, address, bytes, (size_t)100 * 1024, NULL),
        UB_OK);
    assert_int_equal(ub_image_finish(image, NULL), UB_OK);
    image->format = ub_formats[0];
    flash_as_foretold(what, image, &stay, most);
    assert_true(bench.result.bytes_written <= 2 * 2048);
    ub_image_close(image);
    free(bytes);
}

/* What a block takes whatever it holds is not taken for what its bytes take. */
static void small_runs_do_not_spoil_what_large_ones_taught(void **state)
{
    static const char *const models[] = {"stm32l1", "stm32l0", "stm32f072"};
    static const struct ub_flash_options whole = {.whole = true, .stay = true};
    struct ub_image *image = bench_image(FLASH_BASE, 100 * 1024, 2);
    for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
        bench_open(&bench, models[i]);
        assert_int_equal(ub_flash(bench.context, image, NULL, &whole, &bench.result, &bench.err),
                         UB_OK);
        show(models[i], &bench.result);
        for (size_t n = 0; n < 4; n++)
            change_little("a little changed", FLASH_BASE, 20000 + 7000 * n, 0.2);
        flash_as_foretold("all again", image, &whole, 0.2);
        change_little("a little changed", FLASH_BASE, 70000, 0.2);
        bench_close(&bench);
    }
    ub_image_close(image);
}

/* A device that may take minutes to take its image in: told until it was measured. */
static void a_long_manifestation_is_told_then_foretold(void **state)
{
    static const struct ub_flash_options blind = {.no_backup = true};
    struct ub_plan *plan = NULL;
    struct ub_plan_info info;
    struct ub_image *image = bench_image(0, 20000, 2);
    bench_open(&bench, "slowmanifest");
    assert_int_equal(ub_plan(bench.context, image, NULL, &blind, &plan, &bench.err), UB_OK);
    ub_plan_info(plan, &info);
    ub_plan_free(plan);
    assert_int_equal(info.may_add_us, UINT64_C(240000000));
    assert_true(info.predicted_us < 10000000);
    assert_int_equal(ub_flash(bench.context, image, NULL, &blind, &bench.result, &bench.err),
                     UB_OK);
    bench_again(&bench, "slowmanifest");
    assert_int_equal(ub_plan(bench.context, image, NULL, &blind, &plan, &bench.err), UB_OK);
    ub_plan_info(plan, &info);
    ub_plan_free(plan);
    assert_int_equal(info.may_add_us, 0);
    assert_int_equal(ub_flash(bench.context, image, NULL, &blind, &bench.result, &bench.err),
                     UB_OK);
    show("slowmanifest", &bench.result);
    assert_true(bench.result.proved);
    assert_true(error_of(bench.result.predicted_us, bench.result.actual_us) <= 0.05);
    bench_close(&bench);

    /* most do that at once, and nothing is told of it */
    bench_open(&bench, "dfu");
    assert_int_equal(ub_plan(bench.context, image, NULL, &blind, &plan, &bench.err), UB_OK);
    ub_plan_info(plan, &info);
    ub_plan_free(plan);
    assert_int_equal(info.may_add_us, 0);
    bench_close(&bench);
    ub_image_close(image);
}

/* A time-out of seconds, mended by doing the block once more, says nothing of what a block takes.
 */
static void a_run_with_repeats_teaches_nothing(void **state)
{
    static const struct ub_flash_options blind = {.no_backup = true, .whole = true, .stay = true};
    struct ub_image *image = bench_image(FLASH_BASE, FLASH_SIZE / 8, 2);
    bench_open(&bench, "stm32f405,speed=slow,fault=timeout@60");
    assert_int_equal(ub_flash(bench.context, image, NULL, &blind, &bench.result, &bench.err),
                     UB_OK);
    assert_true(bench.result.verified);
    assert_true(bench.result.repeats > 0);
    const uint64_t predicted = bench.result.predicted_us;
    bench_again(&bench, "stm32f405,speed=slow");
    assert_int_equal(ub_flash(bench.context, image, NULL, &blind, &bench.result, &bench.err),
                     UB_OK);
    assert_int_equal(bench.result.repeats, 0);
    assert_int_equal(bench.result.predicted_us, predicted);
    bench_close(&bench);
    ub_image_close(image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_first_run_is_foretold),
        cmocka_unit_test(what_a_run_measured_is_foretold_by_the_next),
        cmocka_unit_test(what_the_bootloader_asks_for_is_foretold),
        cmocka_unit_test(small_runs_do_not_spoil_what_large_ones_taught),
        cmocka_unit_test(a_long_manifestation_is_told_then_foretold),
        cmocka_unit_test(a_run_with_repeats_teaches_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
