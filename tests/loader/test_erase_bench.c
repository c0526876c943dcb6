/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Erases that hang, and erases that only say that they happened, on virtual chips. */
#include "loader_bench.h"

#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#define FLASH  0x08000000u
#define BANK2  0x08100000u
#define KIB    ((size_t)1024)
#define SECTOR (128 * KIB)
#define H743   .write_once = true, .program_unit = 32, .naks_while_busy = true, .poll_early = true
#define SECOND UINT64_C(1000000)

static struct loader_bench bench;

static int tear_down(void **state)
{
    (void)state;
    loader_bench_close(&bench);
    return 0;
}

static bool blank(uint64_t address, size_t length)
{
    return ub_all_bytes(loader_bench_memory(&bench, address, length), length, 0xff);
}

static void open_full(const char *spec, const struct ub_loader_habits *habits, uint64_t address,
                      size_t length)
{
    loader_bench_open(&bench, spec, habits);
    memset(loader_bench_memory(&bench, address, length), 0x5a, length);
}

static const struct ub_loader_habits free_by_clear = {LOADER_BENCH_DEADLINES, H743,
                                                      .free_by_clear = true};

static void stuck_erase_is_freed_and_looked_at(void **state)
{
    (void)state;
    open_full("stm32h743v", &free_by_clear, BANK2, 2 * SECTOR);
    loader_bench_ok(&bench, loader_bench_erase(&bench, BANK2, 2 * SECTOR));
    assert_true(blank(BANK2, 2 * SECTOR));
    /* and what follows is written as on any other chip */
    loader_bench_image(&bench, 2 * SECTOR);
    loader_bench_ok(&bench, loader_bench_write(&bench, BANK2));
    loader_bench_ok(&bench, loader_bench_read(&bench, BANK2));
    assert_memory_equal(bench.readback, bench.image, bench.size);
    assert_int_equal(loader_bench_counts(&bench).poisoned, 0);
}

static void lost_erase_is_never_told_to_be_one(void **state)
{
    (void)state;
    open_full("stm32h743v-lost", &free_by_clear, BANK2, SECTOR);
    uint64_t began = loader_bench_now(&bench);
    assert_int_equal(loader_bench_erase(&bench, BANK2, SECTOR), UB_DFU_ERR_CHECK_ERASED);
    assert_false(blank(BANK2, SECTOR));
    /* three erases, each with its own deadline */
    assert_true(loader_bench_now(&bench) - began < 35 * SECOND);
    /* one that was blank before is fit for what follows */
    loader_bench_close(&bench);
    loader_bench_open(&bench, "stm32h743v-lost", &free_by_clear);
    loader_bench_ok(&bench, loader_bench_erase(&bench, BANK2, SECTOR));
    assert_true(blank(BANK2, SECTOR));
}

static void first_bank_costs_nothing_more(void **state)
{
    (void)state;
    open_full("stm32h743v", &free_by_clear, FLASH, 4 * SECTOR);
    uint64_t before = loader_bench_counts(&bench).transfers;
    uint64_t began = loader_bench_now(&bench);
    loader_bench_ok(&bench, loader_bench_erase(&bench, FLASH, 4 * SECTOR));
    assert_true(blank(FLASH, 4 * SECTOR));
    assert_true(loader_bench_counts(&bench).transfers - before <= 1 + 4 * 3);
    assert_true(loader_bench_now(&bench) - began < 4 * SECOND);
}

/* Without the habit nothing is tried that may harm: the deadline ends it. */
static void stuck_erase_of_an_unknown_device_ends_in_time(void **state)
{
    (void)state;
    const struct ub_loader_habits plain = {LOADER_BENCH_DEADLINES, H743};
    open_full("stm32h743v", &plain, BANK2, SECTOR);
    uint64_t began = loader_bench_now(&bench);
    assert_int_equal(loader_bench_erase(&bench, BANK2, SECTOR), UB_DFU_BUSY);
    assert_true(loader_bench_now(&bench) - began < 12 * SECOND);
    assert_true(bench.waits > 0);
}

static void freed_erase_that_cannot_be_read_is_an_error(void **state)
{
    (void)state;
    struct ub_loader_habits deaf = free_by_clear;
    deaf.no_upload = true;
    open_full("stm32h743v", &deaf, BANK2, SECTOR);
    assert_int_equal(loader_bench_erase(&bench, BANK2, SECTOR), UB_DFU_NO_UPLOAD);
}

static void freed_device_is_given_up_sooner_next_time(void **state)
{
    (void)state;
    open_full("stm32h743v", &free_by_clear, BANK2, 8 * SECTOR);
    uint64_t began = loader_bench_now(&bench);
    loader_bench_ok(&bench, loader_bench_erase(&bench, BANK2, 8 * SECTOR));
    assert_true(blank(BANK2, 8 * SECTOR));
    print_message("[  FIGURE  ] eight stuck erases: %.1f s\n",
                  (double)(loader_bench_now(&bench) - began) / 1e6);
    assert_true(loader_bench_now(&bench) - began < 32 * SECOND);
}

static void unproved_erase_is_read(void **state)
{
    (void)state;
    const struct ub_loader_habits unproved = {LOADER_BENCH_DEADLINES, .naks_while_busy = true,
                                              .erase_unproved = true};
    open_full("stm32f405,silent", &unproved, FLASH, 16 * KIB);
    enum ub_code code = loader_bench_erase(&bench, FLASH, 16 * KIB);
    assert_int_equal(code == UB_OK, blank(FLASH, 16 * KIB));
    loader_bench_close(&bench);
    open_full("stm32f405,wrp=0", &unproved, FLASH, 32 * KIB);
    assert_int_equal(loader_bench_erase(&bench, FLASH, 16 * KIB), UB_DFU_ERR_CHECK_ERASED);
    loader_bench_ok(&bench, loader_bench_erase(&bench, FLASH + 0x4000, 16 * KIB));
    assert_true(blank(FLASH + 0x4000, 16 * KIB));
    assert_int_equal(bench.loader->ops->erase_all(bench.loader, &bench.err),
                     UB_DFU_ERR_CHECK_ERASED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(stuck_erase_is_freed_and_looked_at),
        TEST(lost_erase_is_never_told_to_be_one),
        TEST(first_bank_costs_nothing_more),
        TEST(stuck_erase_of_an_unknown_device_ends_in_time),
        TEST(freed_erase_that_cannot_be_read_is_an_error),
        TEST(freed_device_is_given_up_sooner_next_time),
        TEST(unproved_erase_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
