/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The main job on the virtual STM32F405. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct bench bench;

static enum ub_code flash(const struct ub_image *image, const struct ub_flash_options *options)
{
    return ub_flash(bench.context, image, NULL, options, &bench.result, &bench.err);
}

static void assert_holds(size_t device, size_t offset, size_t length, uint8_t seed)
{
    uint8_t *bytes = malloc(length);
    assert_non_null(bytes);
    bench_bytes(bytes, length, seed);
    assert_memory_equal(bench_memory(&bench, device) + offset, bytes, length);
    free(bytes);
    assert_int_equal(bench_counts(&bench, device).bit_violations, 0);
}

static void a_device_is_backed_up_written_verified_and_left(void **state)
{
    bench_open(&bench, "stm32f405");
    memset(bench_memory(&bench, 0), 0x42, FLASH_SIZE);
    struct ub_image *image = bench_image(FLASH_BASE, 50000, 1);
    assert_int_equal(flash(image, NULL), UB_OK);
    assert_holds(0, 0, 50000, 1);
    assert_int_equal(bench.result.left, UB_LEFT_DONE);
    assert_true(bench.result.verified);
    assert_true(bench.result.left_bootloader);
    assert_int_equal(bench.result.sectors_erased, 4);
    assert_true(bench.result.backup[0] != '\0');
    assert_int_equal(bench.confirmations, 1);
    /* what shares the last sector with the image is still there */
    assert_int_equal(bench_memory(&bench, 0)[50000], 0x42);
    assert_int_equal(bench_memory(&bench, 0)[FLASH_SIZE - 1], 0x42);
    ub_image_close(image);

    /* and the way back */
    char id[UB_BACKUP_ID];
    memcpy(id, bench.result.backup, sizeof(id));
    bench_again(&bench, "stm32f405");
    assert_int_equal(ub_restore(bench.context, id, NULL, NULL, &bench.result, &bench.err), UB_OK);
    for (size_t i = 0; i < FLASH_SIZE; i++)
        assert_int_equal(bench_memory(&bench, 0)[i], 0x42);
    assert_int_equal(bench_counts(&bench, 0).bit_violations, 0);
    bench_close(&bench);
}

static void a_full_write_needs_few_transfers(void **state)
{
    struct ub_flash_options options = {.no_backup = true, .whole = true};
    bench_open(&bench, "stm32f405");
    memset(bench_memory(&bench, 0), 0x42, FLASH_SIZE);
    struct ub_image *image = bench_image(FLASH_BASE, FLASH_SIZE, 2);
    assert_int_equal(flash(image, &options), UB_OK);
    assert_holds(0, 0, FLASH_SIZE, 2);
    struct ub_sim_counts counts = bench_counts(&bench, 0);
    print_message("full write, verified: %u transfers, chip %.1f s of %.1f s\n",
                  (unsigned)counts.transfers, (double)counts.busy_us / 1e6,
                  (double)bench.result.actual_us / 1e6);
    assert_true(counts.transfers <= 2100);
    ub_image_close(image);
    bench_close(&bench);
}

static void one_changed_sector_needs_fewer(void **state)
{
    struct ub_flash_options options = {.no_backup = true};
    bench_open(&bench, "stm32f405");
    bench_bytes(bench_memory(&bench, 0), FLASH_SIZE, 2);
    bench_memory(&bench, 0)[0x60000] ^= 0xff;
    struct ub_image *image = bench_image(FLASH_BASE, FLASH_SIZE, 2);
    assert_int_equal(flash(image, &options), UB_OK);
    assert_holds(0, 0, FLASH_SIZE, 2);
    struct ub_sim_counts counts = bench_counts(&bench, 0);
    print_message("one sector of 128 KiB changed: %u transfers\n", (unsigned)counts.transfers);
    assert_int_equal(counts.erases, 1);
    assert_true(counts.transfers <= 800);
    ub_image_close(image);
    bench_close(&bench);
}

static void flashing_twice_writes_once(void **state)
{
    bench_open(&bench, "stm32f405");
    struct ub_image *image = bench_image(FLASH_BASE, 20000, 3);
    struct ub_flash_options options = {.stay = true};
    assert_int_equal(flash(image, &options), UB_OK);
    uint64_t erases = bench_counts(&bench, 0).erases;
    uint64_t programs = bench_counts(&bench, 0).programs;
    assert_int_equal(flash(image, &options), UB_OK);
    assert_int_equal(bench_counts(&bench, 0).erases, erases);
    assert_int_equal(bench_counts(&bench, 0).programs, programs);
    assert_true(bench.result.verified);
    assert_int_equal(bench.result.bytes_written, 0);
    ub_image_close(image);
    bench_close(&bench);
}

static void a_no_leaves_everything_as_it_was(void **state)
{
    bench_open(&bench, "stm32f405");
    bench.answer = false;
    struct ub_image *image = bench_image(FLASH_BASE, 20000, 3);
    assert_int_equal(flash(image, NULL), UB_USE_DECLINED);
    assert_int_equal(bench.result.left, UB_LEFT_UNCHANGED);
    assert_int_equal(bench_counts(&bench, 0).erases, 0);
    ub_image_close(image);
    bench_close(&bench);
}

static void a_plan_changes_nothing_and_foretells(void **state)
{
    struct ub_plan *plan = NULL;
    struct ub_plan_info info;
    struct ub_flash_options options = {.no_backup = true};
    bench_open(&bench, "stm32f405");
    memset(bench_memory(&bench, 0), 0x42, FLASH_SIZE);
    struct ub_image *image = bench_image(FLASH_BASE, 200000, 4);
    assert_int_equal(ub_plan(bench.context, image, NULL, &options, &plan, &bench.err), UB_OK);
    assert_int_equal(bench_counts(&bench, 0).erases, 0);
    assert_int_equal(bench_counts(&bench, 0).programs, 0);
    ub_plan_info(plan, &info);
    assert_int_equal(flash(image, &options), UB_OK);
    assert_int_equal(bench.result.sectors_erased, info.sectors_erased);
    assert_int_equal(bench.result.bytes_written, info.bytes_written);
    /* the prediction is good to a quarter */
    assert_in_range(bench.result.actual_us, info.predicted_us * 3 / 4, info.predicted_us * 5 / 4);
    ub_plan_free(plan);
    ub_image_close(image);
    bench_close(&bench);
}

static void plan_and_flash_agree_operation_by_operation(void **state)
{
    /* old vectors, code appended behind them: what can be filled shows only to who reads it all */
    bench_open(&bench, "stm32f405");
    bench_bytes(bench_memory(&bench, 0), 4096, 4);
    struct ub_image *image = bench_image(FLASH_BASE, 0x10000, 4);
    struct ub_plan *plan = NULL;
    struct ub_plan_info info;
    assert_int_equal(ub_plan(bench.context, image, NULL, NULL, &plan, &bench.err), UB_OK);
    ub_plan_info(plan, &info);
    assert_int_equal(flash(image, NULL), UB_OK);
    assert_int_equal(bench.result.sectors_erased, info.sectors_erased);
    assert_int_equal(bench.result.bytes_written, info.bytes_written);
    assert_int_equal(bench.result.bytes_kept, info.bytes_kept);
    ub_plan_free(plan);
    ub_image_close(image);
    bench_close(&bench);
}

static void verify_tells_same_from_different(void **state)
{
    bench_open(&bench, "stm32f405");
    struct ub_image *image = bench_image(FLASH_BASE, 30000, 5);
    assert_int_equal(ub_verify(bench.context, image, NULL, NULL, &bench.result, &bench.err),
                     UB_VER_MISMATCH);
    assert_int_equal(ub_exit_status(bench.err.code, bench.result.left), 9);
    bench_bytes(bench_memory(&bench, 0), 30000, 5);
    assert_int_equal(ub_verify(bench.context, image, NULL, NULL, &bench.result, &bench.err), UB_OK);
    ub_image_close(image);
    bench_close(&bench);
}

static void the_same_serial_twice_is_never_guessed(void **state)
{
    bench_open(&bench, "stm32f405,port=1-1|stm32f405,port=1-2");
    struct ub_image *image = bench_image(FLASH_BASE, 20000, 6);
    assert_int_equal(flash(image, NULL), UB_DEV_SEVERAL);
    assert_non_null(strstr(bench.err.context[0], "1-1"));
    assert_non_null(strstr(bench.err.context[0], "1-2"));
    assert_int_equal(bench_counts(&bench, 0).opens + bench_counts(&bench, 1).opens, 0);
    assert_int_equal(ub_flash(bench.context, image, "port=1-2", NULL, &bench.result, &bench.err),
                     UB_OK);
    assert_holds(1, 0, 20000, 6);
    assert_int_equal(bench_memory(&bench, 0)[0], 0xff);
    ub_image_close(image);
    bench_close(&bench);
}

static void erase_takes_what_is_named(void **state)
{
    bench_open(&bench, "stm32f405");
    memset(bench_memory(&bench, 0), 0x42, FLASH_SIZE);
    assert_int_equal(
        ub_erase(bench.context, "0x08004000-0x08007fff", NULL, NULL, &bench.result, &bench.err),
        UB_OK);
    assert_int_equal(bench_memory(&bench, 0)[0x3fff], 0x42);
    assert_int_equal(bench_memory(&bench, 0)[0x4000], 0xff);
    assert_int_equal(bench_memory(&bench, 0)[0x7fff], 0xff);
    assert_int_equal(bench_memory(&bench, 0)[0x8000], 0x42);
    assert_int_equal(ub_erase(bench.context, "all", NULL, NULL, &bench.result, &bench.err),
                     UB_MEM_ERASE_ALL);
    struct ub_flash_options named = {.erase_all = true, .no_backup = true};
    assert_int_equal(ub_erase(bench.context, "all", NULL, &named, &bench.result, &bench.err),
                     UB_OK);
    for (size_t i = 0; i < FLASH_SIZE; i++)
        assert_int_equal(bench_memory(&bench, 0)[i], 0xff);
    bench_close(&bench);
}

static void the_backup_holds_every_segment(void **state)
{
    struct ub_backup_info *records = NULL;
    size_t count = 0;
    bench_open(&bench, "stm32f405");
    assert_int_equal(ub_backup(bench.context, NULL, NULL, NULL, &bench.result, &bench.err), UB_OK);
    assert_int_equal(ub_vault_list(bench.context, &records, &count, &bench.err), UB_OK);
    assert_int_equal(count, 1);
    uint64_t flash_bytes = 0;
    for (size_t i = 0; i < records[0].part_count; i++)
        if (records[0].parts[i].alt == 0)
            flash_bytes += records[0].parts[i].length;
    assert_int_equal(flash_bytes, FLASH_SIZE);
    assert_int_equal(records[0].readings, 2);
    assert_int_equal(ub_vault_check(bench.context, records[0].id, &bench.err), UB_OK);
    ub_vault_free(records, count);
    bench_close(&bench);
}

static void read_protection_is_lifted_only_by_name(void **state)
{
    bench_open(&bench, "stm32f405,rdp");
    memset(bench_memory(&bench, 0), 0x42, FLASH_SIZE);
    struct ub_image *image = bench_image(FLASH_BASE, 20000, 3);
    struct ub_flash_options options = {.no_backup = true, .erase_all = true};
    assert_int_equal(flash(image, NULL), UB_DFU_PROTECTED);
    assert_int_equal(bench.result.left, UB_LEFT_UNCHANGED);
    assert_int_not_equal(flash(image, &options), UB_OK);
    assert_int_equal(bench_memory(&bench, 0)[0], 0x42);

    struct ub_flash_options named = {.lose_protected_content = true};
    struct ub_image *misplaced = bench_image(0x20000000, 20000, 3);
    assert_int_equal(flash(misplaced, &named), UB_MEM_OUTSIDE); /* refused before it is too late */
    assert_int_equal(bench_memory(&bench, 0)[0], 0x42);
    ub_image_close(misplaced);
    assert_int_equal(flash(image, &named), UB_OK);
    assert_true(bench.result.verified);
    assert_holds(0, 0, 20000, 3);
    assert_int_equal(bench_memory(&bench, 0)[FLASH_SIZE - 1], 0xff);

    bench_again(&bench, "stm32f405"); /* not protected: nothing is lost by naming it */
    memset(bench_memory(&bench, 0), 0x42, FLASH_SIZE);
    assert_int_equal(flash(image, &named), UB_OK);
    assert_int_equal(bench_memory(&bench, 0)[FLASH_SIZE - 1], 0x42);
    assert_true(bench.result.backup[0] != '\0');
    ub_image_close(image);
    bench_close(&bench);
}

static void the_way_back_after_a_cut_leads_to_what_was_whole(void **state)
{
    struct ub_image *good = bench_image(FLASH_BASE, 20000, 1);
    struct ub_image *big = bench_image(FLASH_BASE, 100000, 2);
    struct ub_flash_options stay = {.stay = true};
    bench_open(&bench, "stm32f405,state=/tmp/unbrick-cut.bin");
    memset(bench_memory(&bench, 0), 0xff, FLASH_SIZE);
    assert_int_equal(flash(good, &stay), UB_OK);
    bench_again(&bench, "stm32f405,state=/tmp/unbrick-cut.bin,fault=unplug@1120");
    assert_int_not_equal(flash(big, &stay), UB_OK);
    assert_int_equal(bench.result.left, UB_LEFT_INCOMPLETE);
    char way_back[UB_BACKUP_ID];
    memcpy(way_back, bench.result.backup, sizeof(way_back));
    assert_true(bench.result.bytes_written < 100000);

    /* the same command again backs up half an image, and still names the whole one */
    bench_again(&bench, "stm32f405,state=/tmp/unbrick-cut.bin");
    assert_int_equal(flash(big, &stay), UB_OK);
    assert_string_equal(bench.result.backup, way_back);
    assert_int_equal(ub_restore(bench.context, NULL, NULL, &stay, &bench.result, &bench.err),
                     UB_OK);
    assert_holds(0, 0, 20000, 1);

    /* a restore can be restored: what it replaced is the newest backup now */
    assert_int_equal(ub_restore(bench.context, NULL, NULL, &stay, &bench.result, &bench.err),
                     UB_OK);
    assert_holds(0, 0, 100000, 2);
    assert_int_equal(remove("/tmp/unbrick-cut.bin"), 0);
    ub_image_close(good);
    ub_image_close(big);
    bench_close(&bench);
}

static void what_changes_nothing_stores_nothing(void **state)
{
    struct ub_backup_info *records = NULL;
    size_t count = 99;
    bench_open(&bench, "stm32f405");
    struct ub_image *image = bench_image(FLASH_BASE, 20000, 3);
    bench.answer = false;
    assert_int_equal(flash(image, NULL), UB_USE_DECLINED);
    bench.answer = true;
    bench_bytes(bench_memory(&bench, 0), 20000, 3);
    assert_int_equal(flash(image, NULL), UB_OK);
    assert_int_equal(ub_vault_list(bench.context, &records, &count, &bench.err), UB_OK);
    assert_int_equal(count, 0);
    ub_vault_free(records, count);
    ub_image_close(image);
    bench_close(&bench);
}

static void a_backup_from_another_port_is_named_not_taken(void **state)
{
    bench_open(&bench, "stm32f405,port=1-1");
    assert_int_equal(ub_backup(bench.context, NULL, NULL, NULL, &bench.result, &bench.err), UB_OK);
    char id[UB_BACKUP_ID];
    memcpy(id, bench.result.backup, sizeof(id));
    bench_again(&bench, "stm32f405,port=1-9");
    assert_int_equal(ub_restore(bench.context, NULL, NULL, NULL, &bench.result, &bench.err),
                     UB_VLT_EMPTY);
    assert_non_null(strstr(bench.err.context[0], id));
    bench.answer = false;
    assert_int_equal(ub_restore(bench.context, id, NULL, NULL, &bench.result, &bench.err),
                     UB_USE_DECLINED);
    assert_int_equal(bench.confirmations, 1);
    bench.answer = true;
    assert_int_equal(ub_restore(bench.context, id, NULL, NULL, &bench.result, &bench.err), UB_OK);
    bench_close(&bench);
}

static void whole_rewrites_what_is_equal(void **state)
{
    bench_open(&bench, "stm32f405");
    struct ub_image *image = bench_image(FLASH_BASE, 20000, 3);
    bench_bytes(bench_memory(&bench, 0), 20000, 3);
    struct ub_flash_options whole = {.whole = true};
    assert_int_equal(flash(image, &whole), UB_OK);
    assert_int_equal(bench_counts(&bench, 0).erases, 2);
    assert_holds(0, 0, 20000, 3);
    ub_image_close(image);
    bench_close(&bench);
}

static void leaving_works_whatever_was_read_last(void **state)
{
    bench_open(&bench, "stm32f405");
    struct ub_image *image = bench_image(FLASH_BASE, 20000, 3);
    bench_bytes(bench_memory(&bench, 0), 20000, 3);
    assert_int_equal(flash(image, NULL), UB_OK); /* backed up, nothing to write */
    assert_int_equal(bench.result.bytes_written, 0);
    assert_true(bench.result.left_bootloader);
    assert_null(strstr(bench.warnings, "leave"));
    ub_image_close(image);
    bench_close(&bench);
}

static void stopping_leaves_a_known_state(void **state)
{
    static const enum ub_step steps[] = {UB_STEP_BACKUP, UB_STEP_ERASE, UB_STEP_WRITE,
                                         UB_STEP_VERIFY};
    static const enum ub_left lefts[] = {UB_LEFT_UNCHANGED, UB_LEFT_INCOMPLETE, UB_LEFT_INCOMPLETE,
                                         UB_LEFT_INCOMPLETE};
    struct ub_image *image = bench_image(FLASH_BASE, 100000, 7);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        bench_open(&bench, "stm32f405");
        memset(bench_memory(&bench, 0), 0x42, FLASH_SIZE);
        bench.cancel_at_step = (uint64_t)steps[i] + 1;
        assert_int_equal(flash(image, NULL), UB_SYS_INTERRUPTED);
        assert_int_equal(bench.result.left, lefts[i]);
        assert_int_equal(ub_exit_status(bench.err.code, bench.result.left), 130);
        bench_close(&bench);
    }
    ub_image_close(image);
}

static void an_unplugged_device_is_completed_by_the_same_command(void **state)
{
    struct ub_image *image = bench_image(FLASH_BASE, 100000, 8);
    bench_open(&bench, "stm32f405,fault=unplug@1120");
    memset(bench_memory(&bench, 0), 0x42, FLASH_SIZE);
    enum ub_code code = flash(image, NULL);
    assert_true(code != UB_OK);
    assert_int_equal(bench.result.left, UB_LEFT_INCOMPLETE);
    assert_int_equal(ub_exit_status(code, bench.result.left), 8);
    ub_sim_device_plug(ub_sim_bus_device(bench.context->sim, 0), UB_MODE_DFU);
    assert_int_equal(flash(image, NULL), UB_OK);
    assert_holds(0, 0, 100000, 8);
    ub_image_close(image);
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_is_backed_up_written_verified_and_left),
        cmocka_unit_test(a_full_write_needs_few_transfers),
        cmocka_unit_test(one_changed_sector_needs_fewer),
        cmocka_unit_test(flashing_twice_writes_once),
        cmocka_unit_test(a_no_leaves_everything_as_it_was),
        cmocka_unit_test(a_plan_changes_nothing_and_foretells),
        cmocka_unit_test(plan_and_flash_agree_operation_by_operation),
        cmocka_unit_test(verify_tells_same_from_different),
        cmocka_unit_test(the_same_serial_twice_is_never_guessed),
        cmocka_unit_test(erase_takes_what_is_named),
        cmocka_unit_test(the_backup_holds_every_segment),
        cmocka_unit_test(read_protection_is_lifted_only_by_name),
        cmocka_unit_test(the_way_back_after_a_cut_leads_to_what_was_whole),
        cmocka_unit_test(what_changes_nothing_stores_nothing),
        cmocka_unit_test(a_backup_from_another_port_is_named_not_taken),
        cmocka_unit_test(whole_rewrites_what_is_equal),
        cmocka_unit_test(leaving_works_whatever_was_read_last),
        cmocka_unit_test(stopping_leaves_a_known_state),
        cmocka_unit_test(an_unplugged_device_is_completed_by_the_same_command),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
