/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a verified full write costs on virtual chips of each kind, against what it must cost: the
 * time that the chip works and the time that the transfers need on the wire. */
#include "loader_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#define FLASH     0x08000000u
#define KIB       ((size_t)1024)
#define MIB       (1024 * KIB)

#define ECC(unit) .write_once = true, .program_unit = (unit)

struct row {
    const char *spec;
    uint64_t address;
    size_t size;
    double most; /* of the limit */
    struct ub_loader_habits habits;
};

/* Where early questions are allowed, the chip was seen to bear them: F4 and H7 by tools that never
 * sleep, F103 and GD32 because the code that would answer runs from the flash that works. */
static const struct row rows[] = {
    {"stm32f405", FLASH, MIB, 1.01, {LOADER_BENCH_DEADLINES, .naks_while_busy = true}},
    {"stm32f405", FLASH, MIB, 1.02, {LOADER_BENCH_DEADLINES, .poll_early = true}},
    {"stm32l4", FLASH, MIB, 1.04, {LOADER_BENCH_DEADLINES, ECC(8)}},
    {"stm32l4,speed=slow", FLASH, MIB, 1.04, {LOADER_BENCH_DEADLINES, ECC(8)}},
    {"stm32l4", FLASH, MIB, 1.04, {LOADER_BENCH_DEADLINES, ECC(8), .poll_early = true}},
    {"stm32h743",
     FLASH,
     MIB,
     1.01,
     {LOADER_BENCH_DEADLINES, ECC(32), .naks_while_busy = true, .poll_early = true}},
    {"stm32h743", FLASH, MIB, 1.02, {LOADER_BENCH_DEADLINES, ECC(32), .poll_early = true}},
    {"stm32h743",
     FLASH,
     MIB,
     1.02,
     {LOADER_BENCH_DEADLINES, ECC(32), .poll_early = true, .erase_typical_us = 1100000,
      .write_typical_us = 4160}},
    {"stm32f103",
     FLASH + 0x3000,
     116 * KIB,
     1.01,
     {LOADER_BENCH_DEADLINES, .naks_while_busy = true, .poll_early = true}},
    {"stm32f103", FLASH + 0x3000, 116 * KIB, 1.04, {LOADER_BENCH_DEADLINES, .poll_early = true}},
    {"stm32wb55", FLASH, MIB, 1.01, {LOADER_BENCH_DEADLINES, ECC(8), .naks_while_busy = true}},
    {"stm32g4", FLASH, 512 * KIB, 1.05, {LOADER_BENCH_DEADLINES, ECC(8)}},
    {"stm32u5", FLASH, MIB, 1.08, {LOADER_BENCH_DEADLINES, ECC(16)}},
    {"stm32u5", FLASH, MIB, 1.04, {LOADER_BENCH_DEADLINES, ECC(16), .poll_early = true}},
    {"stm32c5", FLASH, 512 * KIB, 1.08, {LOADER_BENCH_DEADLINES, ECC(16), .descriptor_mute = true}},
    {"stm32f072", FLASH, 128 * KIB, 1.26, {LOADER_BENCH_DEADLINES}},
};

static void write_and_verify(const struct row *row, uint64_t round_trip_us)
{
    struct loader_bench bench;
    if (round_trip_us)
        loader_bench_open_queued(&bench, row->spec, &row->habits);
    else
        loader_bench_open(&bench, row->spec, &row->habits);
    bench.round_trip_us = round_trip_us;
    loader_bench_image(&bench, row->size);
    memset(loader_bench_memory(&bench, row->address, 1), 0, 1);
    const uint64_t began = loader_bench_now(&bench);
    loader_bench_ok(&bench, loader_bench_erase(&bench, row->address, row->size));
    loader_bench_ok(&bench, loader_bench_write(&bench, row->address));
    loader_bench_ok(&bench, loader_bench_read(&bench, row->address));
    const uint64_t took = loader_bench_now(&bench) - began;
    assert_memory_equal(bench.readback, bench.image, row->size);
    assert_memory_equal(loader_bench_memory(&bench, row->address, row->size), bench.image,
                        row->size);
    const struct ub_sim_counts counts = loader_bench_counts(&bench);
    const uint64_t limit = counts.busy_us + loader_bench_least_wire_us(&bench, row->address);
    const double ratio = (double)took / (double)limit;
    print_message(
        "[  FIGURE  ] %-18s %s%s %8.3f s, chip %8.3f s, %5u transfers, %4u early: %.3f of "
        "the limit\n",
        row->spec, row->habits.naks_while_busy ? "queued" : "      ",
        row->habits.poll_early ? " early" : "      ", (double)took / 1e6,
        (double)counts.busy_us / 1e6, (unsigned)counts.transfers, (unsigned)counts.early, ratio);
    assert_int_equal(counts.bit_violations, 0);
    assert_int_equal(counts.poisoned, 0);
    assert_int_equal(bench.warnings, 0);
    if (!row->habits.poll_early && !row->habits.naks_while_busy)
        assert_true(counts.early <= 2); /* behind SET_ADDRESS, which is done at once */
    if (ratio > row->most)
        fail_msg("%s: %.3f of the limit, at most %.3f are allowed", row->spec, ratio, row->most);
    loader_bench_close(&bench);
}

static void verified_full_writes_cost_what_they_must(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        write_and_verify(&rows[i], 0);
}

/* A host that needs 1.6 ms to come back from each request, as in an emulated processor: two of
 * these for a block, and no more is lost by questions that come too early or too late. */
static const struct row slow_rows[] = {
    {"stm32f405", FLASH, MIB, 1.02, {LOADER_BENCH_DEADLINES, .naks_while_busy = true}},
    {"stm32l4", FLASH, MIB, 1.12, {LOADER_BENCH_DEADLINES, ECC(8)}},
    {"stm32h743",
     FLASH,
     MIB,
     1.05,
     {LOADER_BENCH_DEADLINES, ECC(32), .naks_while_busy = true, .poll_early = true}},
    {"stm32f103",
     FLASH + 0x3000,
     116 * KIB,
     1.05,
     {LOADER_BENCH_DEADLINES, .naks_while_busy = true, .poll_early = true}},
    {"stm32u5", FLASH, MIB, 1.25, {LOADER_BENCH_DEADLINES, ECC(16), .poll_early = true}},
};

static void slow_hosts_lose_little(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(slow_rows) / sizeof(slow_rows[0]); i++)
        write_and_verify(&slow_rows[i], 1600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verified_full_writes_cost_what_they_must),
        cmocka_unit_test(slow_hosts_lose_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
