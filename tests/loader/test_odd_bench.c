/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices with a habit of their own, on the virtual bench: what is in them afterwards, whether
 * their firmware runs, and what their oddity costs. */
#include "loader_bench.h"

#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#define FLASH  0x08000000u
#define KIB    ((size_t)1024)
#define SECOND UINT64_C(1000000)

static struct loader_bench bench;

static int tear_down(void **state)
{
    (void)state;
    loader_bench_close(&bench);
    return 0;
}

/* Writes the image as one stream; returns how long that took with its manifestation. */
static uint64_t write_stream(void)
{
    const uint64_t began = loader_bench_now(&bench);
    loader_bench_ok(&bench, loader_bench_write(&bench, 0));
    loader_bench_ok(&bench, bench.loader->ops->commit(bench.loader, &bench.err));
    return loader_bench_now(&bench) - began;
}

static void leave(uint64_t address)
{
    loader_bench_ok(&bench, bench.loader->ops->leave(bench.loader, address, &bench.err));
}

static bool holds(uint64_t address, size_t skip)
{
    return memcmp(loader_bench_memory(&bench, address, bench.size - skip), bench.image + skip,
                  bench.size - skip) == 0;
}

static void lpc_that_vanishes_at_manifest_has_done_its_work(void **state)
{
    (void)state;
    const struct ub_loader_habits habits = {LOADER_BENCH_DEADLINES};
    loader_bench_open(&bench, "hackrf", &habits);
    loader_bench_image(&bench, 20 * KIB + 16);
    memset(bench.image, 0xff, 16);
    bench.image[0] = 0xda;
    ub_put_u16le(bench.image + 2, 40); /* blocks of 512 bytes */
    (void)write_stream();
    assert_true(holds(0x10000000, 16));
    leave(0);
    assert_true(loader_bench_runs(&bench));
}

static void ubertooth_counts_its_blocks_from_its_first(void **state)
{
    (void)state;
    const struct ub_loader_habits habits = {LOADER_BENCH_DEADLINES, .first_block = 64,
                                            .whole_blocks = true};
    loader_bench_open(&bench, "ubertooth", &habits);
    loader_bench_image(&bench, 20 * KIB + 100); /* no whole block */
    (void)write_stream();
    assert_true(holds(0x4000, 0));
    loader_bench_ok(&bench, loader_bench_read(&bench, 0));
    assert_memory_equal(bench.readback, bench.image, bench.size);
    /* to its end, which it tells by refusing */
    static uint8_t all[256 * 1024];
    size_t actual;
    loader_bench_ok(&bench, bench.loader->ops->read(bench.loader, bench.flash, 0, all, sizeof(all),
                                                    &actual, &bench.err));
    assert_int_equal(actual, 256 * KIB - 0x4000);
    assert_memory_equal(all, bench.image, bench.size);
    leave(0);
    assert_true(loader_bench_runs(&bench));
}

static void ubertooth_that_refuses_a_block_by_chance_is_read_to_its_end(void **state)
{
    (void)state;
    const struct ub_loader_habits habits = {LOADER_BENCH_DEADLINES, .first_block = 64,
                                            .whole_blocks = true};
    static uint8_t all[256 * 1024];
    size_t actual;
    loader_bench_open(&bench, "ubertooth,fault=stall@100", &habits);
    loader_bench_ok(&bench, bench.loader->ops->read(bench.loader, bench.flash, 0, all, sizeof(all),
                                                    &actual, &bench.err));
    assert_int_equal(actual, 256 * KIB - 0x4000);
    assert_memory_equal(all, loader_bench_memory(&bench, 0x4000, actual), actual);
}

static void openmoko_names_poll_times_that_mean_nothing(void **state)
{
    (void)state;
    const struct ub_loader_habits habits = {LOADER_BENCH_DEADLINES, .poll_fixed = true,
                                            .poll_fixed_ms = 5};
    loader_bench_open(&bench, "openmoko", &habits);
    loader_bench_image(&bench, 100 * KIB);
    assert_true(write_stream() < SECOND);
    assert_true(holds(0, 0));
    loader_bench_close(&bench);
    const struct ub_loader_habits none = {LOADER_BENCH_DEADLINES};
    loader_bench_open(&bench, "openmoko", &none);
    loader_bench_image(&bench, 100 * KIB);
    assert_int_equal(loader_bench_write(&bench, 0), UB_DFU_POLL_TIME);
}

static void jabra_is_not_read(void **state)
{
    (void)state;
    const struct ub_loader_habits habits = {LOADER_BENCH_DEADLINES, .no_upload = true};
    loader_bench_open(&bench, "jabra", &habits);
    loader_bench_image(&bench, 50 * KIB);
    (void)write_stream();
    assert_true(holds(0, 0));
    assert_int_equal(loader_bench_read(&bench, 0), UB_DFU_NO_UPLOAD);
    leave(0);
    assert_true(loader_bench_runs(&bench));
}

static void mstack_wants_to_be_read_before_it_starts(void **state)
{
    (void)state;
    struct ub_loader_habits habits = {LOADER_BENCH_DEADLINES, .upload_to_run = true,
                                      .bcdDFUVersion = 0x0110};
    for (int i = 0; i < 2; i++) { /* with a download before, and without */
        loader_bench_open(&bench, "mstack", &habits);
        loader_bench_image(&bench, 10 * KIB);
        if (i == 0)
            (void)write_stream();
        else
            memcpy(loader_bench_memory(&bench, 0, bench.size), bench.image, bench.size);
        leave(0);
        assert_true(loader_bench_runs(&bench));
        loader_bench_close(&bench);
    }
    habits.upload_to_run = false;
    loader_bench_open(&bench, "mstack", &habits);
    loader_bench_image(&bench, 10 * KIB);
    memcpy(loader_bench_memory(&bench, 0, bench.size), bench.image, bench.size);
    leave(0);
    assert_false(loader_bench_runs(&bench));
}

static void manifestation_of_three_minutes_is_waited_for(void **state)
{
    (void)state;
    const struct ub_loader_habits habits = {.manifest_deadline_ms = 240000, .no_leave_reset = true};
    loader_bench_open(&bench, "slowmanifest", &habits);
    loader_bench_image(&bench, 64 * KIB);
    const uint64_t before = loader_bench_counts(&bench).transfers;
    const uint64_t took = write_stream();
    assert_true(took >= 180 * SECOND && took < 200 * SECOND);
    assert_true(holds(0, 0));
    /* a countdown, and no storm of questions */
    assert_true(bench.waits > 100);
    assert_true(loader_bench_counts(&bench).transfers - before < 300);
    leave(0);
    assert_true(loader_bench_runs(&bench));
    loader_bench_close(&bench);
    const struct ub_loader_habits hasty = {.manifest_deadline_ms = 60000};
    loader_bench_open(&bench, "slowmanifest", &hasty);
    loader_bench_image(&bench, 64 * KIB);
    loader_bench_ok(&bench, loader_bench_write(&bench, 0));
    assert_int_equal(bench.loader->ops->commit(bench.loader, &bench.err), UB_DFU_MANIFEST);
}

static void device_without_descriptor_is_taken_for_dfu_10(void **state)
{
    (void)state;
    const struct ub_loader_habits habits = {LOADER_BENCH_DEADLINES};
    loader_bench_open(&bench, "nofunctional", &habits);
    loader_bench_image(&bench, 8 * KIB);
    (void)write_stream();
    assert_true(holds(0, 0));
    leave(0);
    assert_true(loader_bench_runs(&bench));
}

/* Block 0 of such a device is a command, and this image begins with the one to erase. */
static void memory_maps_for_names_mean_dfuse_without_descriptor(void **state)
{
    (void)state;
    const struct ub_loader_habits habits = {LOADER_BENCH_DEADLINES, .naks_while_busy = true};
    static const char *const specs[] = {"stm32f405,nofunc", "stm32h743,nofunc", "stm32f405,nofunc"};
    for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++) {
        struct ub_loader_caps caps;
        if (i < 2)
            loader_bench_open(&bench, specs[i], &habits);
        else
            loader_bench_open_queued(&bench, specs[i], &habits);
        bench.loader->ops->caps(bench.loader, &caps);
        assert_true(caps.addressed);
        assert_int_equal(caps.transfer_size, 1024);
        assert_non_null(strstr(bench.loader->ops->warning(bench.loader, 0), "taken for DfuSe"));
        loader_bench_image(&bench, 40 * KIB);
        bench.image[0] = 0x41;
        loader_bench_ok(&bench, loader_bench_erase(&bench, FLASH, bench.size));
        loader_bench_ok(&bench, loader_bench_write(&bench, FLASH));
        loader_bench_ok(&bench, loader_bench_read(&bench, FLASH));
        assert_memory_equal(bench.readback, bench.image, bench.size);
        assert_true(holds(FLASH, 0));
        loader_bench_close(&bench);
    }
}

/* "Busy, ask at once", for 27 ms each block. */
static void black_magic_probe_is_asked_when_it_is_done(void **state)
{
    (void)state;
    const struct ub_loader_habits habits = {LOADER_BENCH_DEADLINES};
    loader_bench_open(&bench, "blackmagic", &habits);
    loader_bench_image(&bench, 120 * KIB);
    const uint64_t began = loader_bench_now(&bench);
    loader_bench_ok(&bench, loader_bench_erase(&bench, FLASH + 0x2000, bench.size));
    loader_bench_ok(&bench, loader_bench_write(&bench, FLASH + 0x2000));
    loader_bench_ok(&bench, loader_bench_read(&bench, FLASH + 0x2000));
    const uint64_t took = loader_bench_now(&bench) - began;
    assert_true(holds(FLASH + 0x2000, 0));
    const struct ub_sim_counts counts = loader_bench_counts(&bench);
    const uint64_t limit = counts.busy_us + loader_bench_least_wire_us(&bench, FLASH + 0x2000);
    print_message("[  FIGURE  ] blackmagic: %.3f of the limit, %u transfers\n",
                  (double)took / (double)limit, (unsigned)counts.transfers);
    assert_true((double)took < 1.04 * (double)limit);
    leave(FLASH + 0x2000);
}

/* dfu-util sleeps 100 ms for each SET_ADDRESS, of which it sends one a block, and for each erase,
 * and 104 ms for each block of 2,048 bytes (log in gd32-dfu-utils issue 3). */
static void gd32vf103_takes_a_third_of_the_time(void **state)
{
    (void)state;
    const struct ub_loader_habits habits = {
        LOADER_BENCH_DEADLINES, .naks_while_busy = true,
        .poll_early = true,     .no_erase_all = true,
        .erase_unproved = true, .memory_map = "@Internal Flash  /0x08000000/128*001Kg"};
    static const char *const models[] = {"gd32vf103", "gd32vf103b"};
    for (size_t i = 0; i < 2; i++) {
        loader_bench_open(&bench, models[i], &habits);
        loader_bench_image(&bench, 128 * KIB);
        const uint64_t began = loader_bench_now(&bench);
        loader_bench_ok(&bench, loader_bench_erase(&bench, FLASH, bench.size));
        loader_bench_ok(&bench, loader_bench_write(&bench, FLASH));
        loader_bench_ok(&bench, loader_bench_read(&bench, FLASH));
        const uint64_t took = loader_bench_now(&bench) - began;
        assert_true(holds(FLASH, 0));
        const uint64_t theirs_ms = i == 0 ? 64 * (100 + 104) + 128 * 100 /* and the wire */
                                          : 64 * (80 + 80) + 128 * 60;
        print_message("[  FIGURE  ] %s: %.2f s, with proof of each erase and verified; dfu-util "
                      "sleeps %.2f s\n",
                      models[i], (double)took / 1e6, (double)theirs_ms / 1e3);
        if (i == 0)
            assert_true(took * 3 < theirs_ms * 1000);
        leave(FLASH);
        loader_bench_close(&bench);
    }
}

/* The ROM answers dfuDNBUSY for ever if it is asked early: it is not, and one that does so all the
 * same ends at the deadline. */
static void f072_is_not_asked_early(void **state)
{
    (void)state;
    struct ub_loader_habits habits = {LOADER_BENCH_DEADLINES};
    loader_bench_open(&bench, "stm32f072", &habits);
    loader_bench_image(&bench, 32 * KIB);
    loader_bench_ok(&bench, loader_bench_erase(&bench, FLASH, bench.size));
    loader_bench_ok(&bench, loader_bench_write(&bench, FLASH));
    assert_true(holds(FLASH, 0));
    loader_bench_close(&bench);
    habits.poll_early = true; /* a habit that it does not have */
    loader_bench_open(&bench, "stm32f072", &habits);
    const uint64_t began = loader_bench_now(&bench);
    assert_int_equal(loader_bench_erase(&bench, FLASH, 2 * KIB), UB_DFU_BUSY);
    assert_true(loader_bench_now(&bench) - began < 12 * SECOND);
}

static void wb55_leaves_with_its_own_pointer(void **state)
{
    (void)state;
    static const uint8_t vectors[8] = {0x00, 0x80, 0x00, 0x20, 0x01, 0x01, 0x00, 0x08};
    struct ub_loader_habits habits = {LOADER_BENCH_DEADLINES, .naks_while_busy = true,
                                      .has_leave_address = true, .leave_address = 0x080fffff};
    for (int i = 0; i < 2; i++) {
        loader_bench_open(&bench, "stm32wb55", &habits);
        memcpy(loader_bench_memory(&bench, FLASH, 8), vectors, 8);
        leave(FLASH);
        assert_int_equal(loader_bench_runs(&bench), habits.has_leave_address);
        loader_bench_close(&bench);
        habits.has_leave_address = false;
    }
}

static void c5_is_never_asked_for_its_descriptor(void **state)
{
    (void)state;
    const struct ub_loader_habits habits = {LOADER_BENCH_DEADLINES, .descriptor_mute = true};
    loader_bench_open(&bench, "stm32c5", &habits);
    loader_bench_image(&bench, 32 * KIB);
    loader_bench_ok(&bench, loader_bench_erase(&bench, FLASH, bench.size));
    loader_bench_ok(&bench, loader_bench_write(&bench, FLASH));
    assert_true(holds(FLASH, 0));
    assert_true(loader_bench_now(&bench) < 2 * SECOND);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(lpc_that_vanishes_at_manifest_has_done_its_work),
        TEST(ubertooth_counts_its_blocks_from_its_first),
        TEST(ubertooth_that_refuses_a_block_by_chance_is_read_to_its_end),
        TEST(openmoko_names_poll_times_that_mean_nothing),
        TEST(jabra_is_not_read),
        TEST(mstack_wants_to_be_read_before_it_starts),
        TEST(manifestation_of_three_minutes_is_waited_for),
        TEST(memory_maps_for_names_mean_dfuse_without_descriptor),
        TEST(device_without_descriptor_is_taken_for_dfu_10),
        TEST(black_magic_probe_is_asked_when_it_is_done),
        TEST(gd32vf103_takes_a_third_of_the_time),
        TEST(f072_is_not_asked_early),
        TEST(wb55_leaves_with_its_own_pointer),
        TEST(c5_is_never_asked_for_its_descriptor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
