/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What must stay apart: memories that a map throws together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bench.h"

#include <stdlib.h>
#include <string.h>

#define OPTION_BYTES UINT64_C(0x1fffc000)
/* Alternate setting 1 says of the same place that it is "Option Bytes". */
#define MAP                                                                                        \
    "stm32f405,map=@Internal Flash  /0x08000000/04*016Kg\\,01*064Kg\\,07*128Kg/0x1FFFC000/01*016g"

static struct bench bench;

static enum ub_code flash(uint64_t address, struct ub_flash_options options)
{
    struct ub_image *image = bench_image(address, 16, 3);
    enum ub_code code = ub_flash(bench.context, image, NULL, &options, &bench.result, &bench.err);
    ub_image_close(image);
    return code;
}

static void a_map_makes_no_flash_of_option_bytes(void **state)
{
    const struct ub_flash_options stay = {.stay = true, .no_backup = true};
    struct ub_flash_options all = stay;
    all.erase_all = true;
    struct ub_flash_options by_alt = stay;
    by_alt.region = "0";
    bench_open(&bench, MAP);
    assert_int_equal(flash(OPTION_BYTES, stay), UB_MEM_IRREVERSIBLE);
    assert_int_equal(flash(OPTION_BYTES, by_alt), UB_MEM_IRREVERSIBLE);
    assert_int_equal(flash(FLASH_BASE, all), UB_MEM_IRREVERSIBLE);
    assert_int_equal(
        ub_erase(bench.context, "0x1fffc000+16", NULL, &stay, &bench.result, &bench.err),
        UB_MEM_IRREVERSIBLE);
    assert_int_equal(
        ub_erase(bench.context, "Internal Flash", NULL, &all, &bench.result, &bench.err),
        UB_MEM_IRREVERSIBLE);
    assert_int_equal(ub_erase(bench.context, "all", NULL, &all, &bench.result, &bench.err),
                     UB_MEM_IRREVERSIBLE);
    assert_int_equal(bench_counts(&bench, 0).erases, 0);
    assert_int_equal(bench_counts(&bench, 0).programs, 0);
    assert_in_range(bench.result.left, UB_LEFT_UNTOUCHED, UB_LEFT_UNCHANGED);
    assert_int_equal(flash(FLASH_BASE, stay), UB_OK);
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_map_makes_no_flash_of_option_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
