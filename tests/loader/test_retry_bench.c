/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Failures in the middle of a write, on virtual chips: what is resumed, what is told, and that
 * memory with ECC is never programmed twice. */
#include "loader_bench.h"

#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#define FLASH  0x08000000u
#define KIB    ((size_t)1024)
#define ECC(n) .write_once = true, .program_unit = (n)

static struct loader_bench bench;

static int tear_down(void **state)
{
    (void)state;
    loader_bench_close(&bench);
    return 0;
}

static bool written(uint64_t address)
{
    return memcmp(loader_bench_memory(&bench, address, bench.size), bench.image, bench.size) == 0;
}

static void device_that_refuses_blocks_is_written_all_the_same(void **state)
{
    (void)state;
    static const struct ub_loader_habits habits[] = {
        {LOADER_BENCH_DEADLINES},
        {LOADER_BENCH_DEADLINES, .poll_early = true},
        {LOADER_BENCH_DEADLINES, .naks_while_busy = true},
        {LOADER_BENCH_DEADLINES, .no_upload = true},
    };
    for (size_t i = 0; i < sizeof(habits) / sizeof(habits[0]); i++) {
        loader_bench_open(&bench, "stm32f411", &habits[i]);
        loader_bench_image(&bench, 512 * KIB);
        loader_bench_ok(&bench, loader_bench_write(&bench, FLASH));
        assert_true(written(FLASH));
        assert_int_equal(bench.warnings, 1);
        struct ub_sim_counts counts = loader_bench_counts(&bench);
        assert_int_equal(counts.bit_violations, 0);
        /* two of its 256 blocks were refused: no more is sent again than what was on its way */
        assert_true(counts.programs == 512 * KIB / 4);
        assert_true(counts.transfers < 256 * 3 + 120);
        loader_bench_close(&bench);
    }
}

/** A chip, and what is known of it. */
struct chip {
    const char *name;
    struct ub_loader_habits habits;
    bool queued; /* its transport takes several requests at once */
};

static const struct chip chips[] = {
    {"stm32l4", {LOADER_BENCH_DEADLINES, ECC(8)}, false},
    {"stm32l4", {LOADER_BENCH_DEADLINES, ECC(8), .no_upload = true}, false},
    {"stm32h743",
     {LOADER_BENCH_DEADLINES, ECC(32), .naks_while_busy = true, .poll_early = true},
     false},
    {"stm32wb55", {LOADER_BENCH_DEADLINES, ECC(8), .naks_while_busy = true}, false},
    {"stm32u5",
     {LOADER_BENCH_DEADLINES, ECC(16), .naks_while_busy = true},
     false}, /* which it does not */
    {"stm32f405", {LOADER_BENCH_DEADLINES, .naks_while_busy = true}, false},
    {"stm32f405", {LOADER_BENCH_DEADLINES}, false},
    {"stm32l4", {LOADER_BENCH_DEADLINES, ECC(8)}, true},
    {"stm32l4", {LOADER_BENCH_DEADLINES, ECC(8), .no_upload = true}, true},
    {"stm32u5", {LOADER_BENCH_DEADLINES, ECC(16), .poll_early = true}, true},
    {"stm32l0", {LOADER_BENCH_TIMES, .poll_early = true}, true},
};

static void open_chip(const struct chip *chip, const char *spec)
{
    if (chip->queued)
        loader_bench_open_queued(&bench, spec, &chip->habits);
    else
        loader_bench_open(&bench, spec, &chip->habits);
}

/** Writes with a fault at transfer `at`; false if that came before it. */
static bool write_with_fault(const struct chip *chip, const char *fault, unsigned at)
{
    char spec[64];
    (void)ub_print(spec, sizeof(spec), "%s,fault=%s@%u", chip->name, fault, at);
    open_chip(chip, spec);
    loader_bench_image(&bench, 23 * KIB);
    const uint64_t began = loader_bench_now(&bench);
    enum ub_code code = loader_bench_write(&bench, FLASH);
    const struct ub_sim_counts counts = loader_bench_counts(&bench);
    if (code == UB_OK && !written(FLASH))
        fail_msg("%s, %s at transfer %u: told to be written, and is not", chip->name, fault, at);
    if (code && !chip->habits.no_upload)
        fail_msg("%s, %s at transfer %u: %s", chip->name, fault, at, bench.err.message);
    if (counts.poisoned || counts.bit_violations)
        fail_msg("%s, %s at transfer %u: %u units programmed twice", chip->name, fault, at,
                 (unsigned)counts.poisoned);
    assert_true(bench.warnings <= 1);
    assert_true(loader_bench_now(&bench) - began < UINT64_C(30000000));
    const bool over = counts.transfers > at + 1;    /* "short" waits for an answer with data */
    if (!code && over && !chip->habits.no_upload) { /* the device is where it can go on */
        loader_bench_ok(&bench, loader_bench_read(&bench, FLASH));
        assert_memory_equal(bench.readback, bench.image, bench.size);
    }
    loader_bench_close(&bench);
    return counts.transfers >= at;
}

static void every_fault_at_every_transfer_is_resumed(void **state)
{
    (void)state;
    static const char *const faults[] = {"stall", "timeout", "short"};
    for (size_t c = 0; c < sizeof(chips) / sizeof(chips[0]); c++)
        for (size_t f = 0; f < 3; f++) {
            open_chip(&chips[c], chips[c].name);
            unsigned at = (unsigned)loader_bench_counts(&bench).transfers + 1;
            const unsigned first = at;
            loader_bench_close(&bench);
            while (write_with_fault(&chips[c], faults[f], at))
                at++;
            assert_true(at > first + 30);
        }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(device_that_refuses_blocks_is_written_all_the_same),
        TEST(every_fault_at_every_transfer_is_resumed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
