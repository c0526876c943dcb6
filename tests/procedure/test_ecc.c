/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory with ECC: units that only read as blank, and units that cannot be read any more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bench.h"
#include "sim/device.h"

#include <stdlib.h>
#include <string.h>

#define PAGE   ((size_t)2048)
#define PAGES  4u
#define LENGTH (PAGES * PAGE)

static struct bench bench;

static struct ub_sim_flash *flash_of(void)
{
    return &ub_sim_bus_device(bench.context->sim, 0)->store.flashes[0];
}

/** Sets the flags of all units of a page: it was programmed, with whatever it holds; or spoiled. */
static void mark_page(size_t page, bool poisoned)
{
    struct ub_sim_flash *flash = flash_of();
    const size_t unit = flash->model->unit;
    for (size_t i = page * PAGE / unit; i < (page + 1) * PAGE / unit; i++) {
        flash->used[i / 8] |= (uint8_t)(1u << i % 8);
        if (poisoned)
            flash->poison[i / 8] |= (uint8_t)(1u << i % 8);
    }
}

static enum ub_code flash_image(const struct ub_flash_options *options, uint64_t offset,
                                size_t length, uint8_t seed)
{
    struct ub_image *image = bench_image(FLASH_BASE + offset, length, seed);
    enum ub_code code = ub_flash(bench.context, image, NULL, options, &bench.result, &bench.err);
    ub_image_close(image);
    return code;
}

/** After a run that was cut short: no more wish to stop. */
static void go_on(void)
{
    bench.cancel_at_step = 0;
    atomic_store(&bench.context->env.cancelled, false);
}

static void assert_whole(uint64_t offset, size_t length, uint8_t seed)
{
    uint8_t bytes[LENGTH];
    bench_bytes(bytes, length, seed);
    assert_memory_equal(bench_memory_at(&bench, FLASH_BASE + offset, length), bytes, length);
    assert_true(bench.result.verified);
    assert_int_equal(bench.result.left, UB_LEFT_DONE);
    assert_int_equal(bench_counts(&bench, 0).poisoned, 0);
}

/** A device that dfu-util wrote: all 8 KiB were programmed, pages 1 and 2 with blank bytes. */
static void open_written_by_others(void)
{
    bench_open(&bench, "stm32l4");
    memset(bench_memory_at(&bench, FLASH_BASE, LENGTH), 0xff, LENGTH);
    memset(bench_memory_at(&bench, FLASH_BASE, PAGE), 0x42, PAGE);
    for (size_t page = 0; page < PAGES; page++)
        mark_page(page, false);
}

static void open_spoiled(size_t page)
{
    open_written_by_others();
    mark_page(page, true);
}

static void what_reads_as_blank_is_erased_before_it_is_written(void **state)
{
    for (int no_backup = 0; no_backup < 2; no_backup++) {
        const struct ub_flash_options options = {.no_backup = no_backup != 0};
        open_written_by_others();
        assert_int_equal(flash_image(&options, 0, LENGTH, 7), UB_OK);
        assert_whole(0, LENGTH, 7);
        bench_close(&bench);
    }
}

static void what_cannot_be_read_is_not_given_up_unasked(void **state)
{
    open_spoiled(2);
    assert_int_equal(flash_image(NULL, 0, LENGTH, 7), UB_MEM_NO_BACKUP);
    assert_non_null(strstr(bench.err.message, "--no-backup"));
    assert_non_null(strstr(bench.err.message, "0x08001000"));
    assert_int_equal(bench.result.left, UB_LEFT_UNCHANGED);
    assert_int_equal(bench_counts(&bench, 0).erases, 0);
    assert_non_null(strstr(bench.warnings, "2048 bytes at 0x08001000 cannot be read"));
    /* and the command that it names works */
    const struct ub_flash_options options = {.no_backup = true};
    assert_int_equal(flash_image(&options, 0, LENGTH, 7), UB_OK);
    assert_whole(0, LENGTH, 7);
    bench_close(&bench);
}

static void every_way_that_gives_it_up_mends_it(void **state)
{
    static const struct ub_flash_options ways[] = {
        {.no_backup = true},
        {.no_backup = true, .whole = true},
        {.no_backup = true, .erase_all = true},
        {.no_backup = true, .discard_neighbours = true},
    };
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
        for (size_t page = 0; page < PAGES; page++) {
            open_spoiled(page);
            assert_int_equal(flash_image(&ways[i], 0, LENGTH, 7), UB_OK);
            assert_whole(0, LENGTH, 7);
            bench_close(&bench);
        }
}

static void neighbours_that_cannot_be_read_need_their_own_name(void **state)
{
    struct ub_flash_options options = {.no_backup = true};
    open_spoiled(2);
    assert_int_equal(flash_image(&options, 0, 2 * PAGE + 100, 7), UB_MEM_NEIGHBOURS);
    assert_non_null(strstr(bench.err.message, "--discard-neighbours"));
    assert_int_equal(bench_counts(&bench, 0).erases, 0);
    options.discard_neighbours = true;
    assert_int_equal(flash_image(&options, 0, 2 * PAGE + 100, 7), UB_OK);
    assert_whole(0, 2 * PAGE + 100, 7);
    bench_close(&bench);
}

/* The backup has two parts, with a hole between them, which nothing touches. */
static void what_stays_as_it_is_may_be_unreadable(void **state)
{
    struct ub_backup *backup = NULL;
    open_spoiled(2);
    assert_int_equal(flash_image(NULL, 0, PAGE, 7), UB_OK);
    assert_whole(0, PAGE, 7);
    assert_int_equal(ub_vault_load(bench.context->vault, bench.result.backup, &backup, NULL),
                     UB_OK);
    assert_int_equal(backup->info.parts[0].length, 2 * PAGE);
    assert_int_equal(backup->info.parts[1].address, FLASH_BASE + 3 * PAGE);
    assert_int_equal(backup->contents[0][0], 0x42);
    assert_false(ub_backup_covers(backup, 0, FLASH_BASE + 2 * PAGE, 1));
    ub_backup_free(backup);
    assert_non_null(strstr(bench.warnings, "cannot be read and are not in the backup"));
    bench_close(&bench);
}

/* The run was cut short, and what it was about to write is spoiled: the backup from before it has
 * it, so nothing has to be given up. */
static void a_run_that_was_cut_short_is_mended_without_an_option(void **state)
{
    char first[UB_BACKUP_ID];
    for (int back = 0; back < 2; back++) {
        open_written_by_others();
        bench.cancel_at_step = (uint64_t)UB_STEP_WRITE + 1;
        assert_int_equal(flash_image(NULL, 0, LENGTH, 7), UB_SYS_INTERRUPTED);
        assert_int_equal(bench.result.left, UB_LEFT_INCOMPLETE);
        memcpy(first, bench.result.backup, sizeof(first));
        assert_true(first[0] != '\0');
        go_on();
        mark_page(1, true);
        mark_page(2, true);
        if (back) {
            assert_int_equal(ub_restore(bench.context, NULL, NULL, NULL, &bench.result, &bench.err),
                             UB_OK);
            uint8_t *memory = bench_memory_at(&bench, FLASH_BASE, LENGTH);
            assert_true(memory[0] == 0x42 && memory[PAGE - 1] == 0x42 && memory[PAGE] == 0xff);
        } else {
            assert_int_equal(flash_image(NULL, 0, LENGTH, 8), UB_OK);
            assert_whole(0, LENGTH, 8);
        }
        assert_non_null(strstr(bench.warnings, "what cannot be read is in backup"));
        assert_string_equal(bench.result.backup, first);
        bench_close(&bench);
    }
}

static void what_was_cut_short_long_ago_does_not_stand_for_other_sectors(void **state)
{
    open_written_by_others();
    bench.cancel_at_step = (uint64_t)UB_STEP_WRITE + 1;
    mark_page(3, true); /* not in the first backup either */
    assert_int_equal(flash_image(NULL, 0, 2 * PAGE, 7), UB_SYS_INTERRUPTED);
    go_on();
    assert_int_equal(flash_image(NULL, 0, LENGTH, 7), UB_MEM_NO_BACKUP);
    assert_non_null(strstr(bench.err.message, "0x08001800"));
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_reads_as_blank_is_erased_before_it_is_written),
        cmocka_unit_test(what_cannot_be_read_is_not_given_up_unasked),
        cmocka_unit_test(every_way_that_gives_it_up_mends_it),
        cmocka_unit_test(neighbours_that_cannot_be_read_need_their_own_name),
        cmocka_unit_test(what_stays_as_it_is_may_be_unreadable),
        cmocka_unit_test(a_run_that_was_cut_short_is_mended_without_an_option),
        cmocka_unit_test(what_was_cut_short_long_ago_does_not_stand_for_other_sectors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
