/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What must stay apart: memories that a map throws together, and backups of real devices and of
 * others. */
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

/** Fills the device and makes a backup, as if it were reached by that transport. */
static void back_up(const char *transport, uint8_t fill, char id[UB_BACKUP_ID])
{
    ub_vault_use(bench.context->vault, transport);
    memset(bench_memory(&bench, 0), fill, FLASH_SIZE);
    assert_int_equal(ub_backup(bench.context, NULL, NULL, NULL, &bench.result, &bench.err), UB_OK);
    (void)memcpy(id, bench.result.backup, UB_BACKUP_ID);
}

static enum ub_code restore(const char *transport, const char *id)
{
    const struct ub_flash_options yes = {.assume_yes = true, .stay = true, .no_backup = true};
    ub_vault_use(bench.context->vault, transport);
    memset(bench_memory(&bench, 0), 0xff, FLASH_SIZE);
    return ub_restore(bench.context, id, NULL, &yes, &bench.result, &bench.err);
}

static void assert_filled(uint8_t fill)
{
    for (size_t i = 0; i < FLASH_SIZE; i++)
        assert_int_equal(bench_memory(&bench, 0)[i], fill);
}

static void a_real_device_gets_nothing_of_others(void **state)
{
    char traced[UB_BACKUP_ID];
    char real[UB_BACKUP_ID];
    char made_up[UB_BACKUP_ID];
    bench_open(&bench, "stm32f405");
    back_up("replay", 0x41, traced);
    assert_int_equal(restore("libusb", NULL), UB_VLT_EMPTY);
    assert_int_equal(bench.err.depth, 0); /* nor is it named as one that may fit */
    assert_int_equal(restore("libusb", traced), UB_VLT_OTHER_DEVICE);
    assert_filled(0xff);

    back_up("libusb", 0x42, real);
    back_up("virtual", 0x43, made_up);
    assert_int_equal(restore("libusb", made_up), UB_VLT_OTHER_DEVICE);
    assert_filled(0xff);
    assert_int_equal(restore("libusb", NULL), UB_OK);
    assert_filled(0x42);
    assert_int_equal(restore("virtual", NULL), UB_OK);
    assert_filled(0x43);
    assert_int_equal(restore("replay", NULL), UB_OK);
    assert_filled(0x41);
    assert_int_equal(restore("virtual", traced), UB_OK);
    assert_filled(0x41);
    assert_int_equal(restore("virtual", real), UB_OK);
    assert_filled(0x42);
    bench_close(&bench);
}

static void a_context_says_how_it_reaches_devices(void **state)
{
    struct ub_backup_info *records = NULL;
    size_t count = 0;
    bench_open(&bench, "stm32f405");
    assert_int_equal(ub_backup(bench.context, NULL, NULL, NULL, &bench.result, &bench.err), UB_OK);
    assert_int_equal(ub_vault_list(bench.context, &records, &count, &bench.err), UB_OK);
    assert_int_equal(count, 1);
    assert_string_equal(records[0].transport, "virtual");
    ub_vault_free(records, count);
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_real_device_gets_nothing_of_others),
        cmocka_unit_test(a_context_says_how_it_reaches_devices),
        cmocka_unit_test(a_map_makes_no_flash_of_option_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
