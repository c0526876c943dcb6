/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The DfuSe loader against the virtual STM32F405: what it costs, and what is in the chip
 * afterwards.
 */
#include "loader/layout.h"
#include "loader/loader.h"
#include "sim/sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FLASH          0x08000000u
#define FLASH_SIZE     ((size_t)1024 * 1024)
#define TRANSFERS_FULL 2100u

struct bench {
    struct ub_sim_bus *bus;
    struct ub_transport transport;
    struct ub_usb_list list;
    struct ub_usb_handle *handle;
    struct ub_dfu_interface interface;
    struct ub_env env;
    struct ub_loader_port port;
    struct ub_loader *loader;
    const struct ub_region *flash;
};

static struct bench bench;
static uint8_t *image;
static uint8_t *readback;
static struct ub_error err;

static void expect_ok(enum ub_code code)
{
    if (code)
        fail_msg("UB %d: %s | %s", (int)code, err.message, err.depth ? err.context[0] : "");
}

static void bench_open(const char *spec)
{
    memset(&bench, 0, sizeof(bench));
    expect_ok(ub_sim_bus_open(&spec, 1, &bench.bus, &err));
    bench.transport = ub_sim_bus_transport(bench.bus);
    bench.env.clock = ub_sim_bus_clock(bench.bus);
    expect_ok(bench.transport.ops->enumerate(bench.transport.self, &bench.list, &err));
    assert_int_equal(bench.list.count, 1);
    const struct ub_usb_info *info = &bench.list.items[0];
    assert_true(ub_dfu_interface_find(info->config, info->config_length, &bench.interface));
    expect_ok(bench.transport.ops->open(bench.transport.self, info->port, &bench.handle, &err));
    bench.port = (struct ub_loader_port){.env = &bench.env,
                                         .transport = bench.transport,
                                         .handle = bench.handle,
                                         .info = info,
                                         .interface = &bench.interface,
                                         .habits = {.erase_deadline_ms = 10000,
                                                    .erase_all_deadline_ms = 35000,
                                                    .write_deadline_ms = 5000,
                                                    .manifest_deadline_ms = 10000,
                                                    .poll_max_ms = 60000}};
}

static enum ub_code loader_open(void)
{
    size_t count;
    enum ub_code code = ub_loader_for(&bench.interface)->open(&bench.port, &bench.loader, &err);
    if (!code)
        bench.flash = bench.loader->ops->regions(bench.loader, &count);
    return code;
}

static int set_up(void **state)
{
    (void)state;
    image = malloc(FLASH_SIZE);
    readback = malloc(FLASH_SIZE);
    for (size_t i = 0; image && i < FLASH_SIZE; i++)
        image[i] = (uint8_t)(i * 2654435761u >> 13);
    return image && readback ? 0 : -1;
}

static void close_all(void)
{
    if (bench.loader)
        bench.loader->ops->close(bench.loader);
    if (bench.handle)
        bench.transport.ops->close(bench.transport.self, bench.handle);
    ub_usb_list_free(&bench.list);
    ub_sim_bus_close(bench.bus);
    memset(&bench, 0, sizeof(bench));
}

static int tear_down(void **state)
{
    (void)state;
    close_all();
    free(image);
    free(readback);
    return 0;
}

static uint64_t transfers(void)
{
    struct ub_sim_counts counts;
    ub_sim_device_counts(ub_sim_bus_device(bench.bus, 0), &counts);
    assert_int_equal(counts.bit_violations, 0);
    return counts.transfers;
}

static void erase_everything_by_sector(void)
{
    struct ub_sector sector;
    for (size_t i = 0; ub_region_sector_at(bench.flash, i, &sector); i++)
        expect_ok(bench.loader->ops->erase(bench.loader, bench.flash, sector.address, &err));
}

static void write_all(void)
{
    expect_ok(bench.loader->ops->write(bench.loader, bench.flash, FLASH, image, FLASH_SIZE, &err));
}

static void read_all(void)
{
    size_t actual;
    expect_ok(bench.loader->ops->read(bench.loader, bench.flash, FLASH, readback, FLASH_SIZE,
                                      &actual, &err));
    assert_int_equal(actual, FLASH_SIZE);
}

static void full_write_with_verify_and_leave(void **state)
{
    (void)state;
    bench_open("stm32f405,time=virtual");
    struct ub_sim_device *device = ub_sim_bus_device(bench.bus, 0);
    uint64_t began = ub_now(&bench.env.clock);
    expect_ok(loader_open());
    uint64_t arrived = transfers();
    erase_everything_by_sector();
    uint64_t erased = transfers();
    write_all();
    uint64_t written = transfers();
    read_all();
    uint64_t verified = transfers();
    assert_memory_equal(readback, image, FLASH_SIZE);
    assert_memory_equal(ub_sim_device_memory(device, FLASH, FLASH_SIZE), image, FLASH_SIZE);
    expect_ok(bench.loader->ops->leave(bench.loader, FLASH, &err));
    uint64_t all = transfers();
    struct ub_sim_counts counts;
    ub_sim_device_counts(device, &counts);
    print_message("[  FIGURE  ] arrive %u, erase %u, write %u, verify %u, leave %u: %u control "
                  "transfers; %u ms of which the chip was busy %u ms\n",
                  (unsigned)arrived, (unsigned)(erased - arrived), (unsigned)(written - erased),
                  (unsigned)(verified - written), (unsigned)(all - verified), (unsigned)all,
                  (unsigned)((ub_now(&bench.env.clock) - began) / 1000),
                  (unsigned)(counts.busy_us / 1000));
    assert_true(all <= TRANSFERS_FULL);
    uint64_t told;
    uint8_t ignored[2];
    bench.loader->ops->last_status(bench.loader, &ignored[0], &ignored[1], &told);
    assert_int_equal(told, all);
    assert_int_equal(counts.erases, 12);
    assert_int_equal(counts.bit_violations, 0);
}

static void reading_alone(void **state)
{
    (void)state;
    bench_open("stm32f405,time=virtual");
    expect_ok(loader_open());
    uint64_t before = transfers();
    read_all();
    /* SET_INTERFACE, the pointer with its two questions, ABORT, and a transfer per block */
    assert_true(transfers() - before <= 1 + 3 + 1 + 512);
    memset(image, 0xff, FLASH_SIZE);
    assert_memory_equal(readback, image, FLASH_SIZE);
}

static void mass_erase_that_lies_about_its_time(void **state)
{
    (void)state;
    bench_open("stm32f405,time=virtual");
    uint8_t *memory = ub_sim_device_memory(ub_sim_bus_device(bench.bus, 0), FLASH, FLASH_SIZE);
    memset(memory, 0x11, FLASH_SIZE);
    expect_ok(loader_open());
    uint64_t began = ub_now(&bench.env.clock);
    expect_ok(bench.loader->ops->erase_all(bench.loader, &err));
    assert_true(ub_now(&bench.env.clock) - began >= 8000000);
    memset(image, 0xff, FLASH_SIZE);
    assert_memory_equal(memory, image, FLASH_SIZE);
}

/* A chip that was about to start its firmware may do so when it is asked how it is. */
static void every_state_on_arrival(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool may_go;
    } rows[] = {{"idle", false},        {"dnload-sync", false},  {"dnbusy", false},
                {"dnload-idle", false}, {"upload-idle", false},  {"error", false},
                {"manifest", true},     {"manifest-sync", true}, {"manifest-wait", true}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char spec[64];
        size_t actual;
        (void)snprintf(spec, sizeof(spec), "stm32f405,time=virtual,arrive=%s", rows[i].name);
        bench_open(spec);
        enum ub_code code = loader_open();
        if (code && !(rows[i].may_go && code == UB_USB_GONE))
            fail_msg("%s: %d %s", rows[i].name, (int)code, err.message);
        if (!code &&
            bench.loader->ops->read(bench.loader, bench.flash, FLASH, readback, 16, &actual, &err))
            fail_msg("%s: read: %s", rows[i].name, err.message);
        close_all();
    }
}

static void memory_is_right_for_odd_ranges(void **state)
{
    (void)state;
    bench_open("stm32f405,time=virtual");
    const struct ub_loader_ops *ops;
    uint8_t *memory = ub_sim_device_memory(ub_sim_bus_device(bench.bus, 0), FLASH, FLASH_SIZE);
    expect_ok(loader_open());
    ops = bench.loader->ops;
    static const struct {
        uint32_t offset;
        uint32_t length;
    } ranges[] = {{0, 4},      {0x1004, 2048},  {0x2000, 2052}, {0x4000, 6144},
                  {0x5ffc, 4}, {0x20000, 4100}, {0xffffc, 4},   {0x40000, 2048}};
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
        expect_ok(ops->write(bench.loader, bench.flash, FLASH + ranges[i].offset,
                             image + ranges[i].offset, ranges[i].length, &err));
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        size_t actual;
        assert_memory_equal(memory + ranges[i].offset, image + ranges[i].offset, ranges[i].length);
        expect_ok(ops->read(bench.loader, bench.flash, FLASH + ranges[i].offset, readback,
                            ranges[i].length, &actual, &err));
        assert_memory_equal(readback, image + ranges[i].offset, ranges[i].length);
    }
    (void)transfers(); /* no zero bit was to become one */
}

static void stuck_for_ever_ends_in_time(void **state)
{
    (void)state;
    bench_open("stm32f405,time=virtual,stuck=1");
    expect_ok(loader_open());
    uint64_t began = ub_now(&bench.env.clock);
    assert_int_equal(bench.loader->ops->erase(bench.loader, bench.flash, FLASH, &err) != UB_OK, 1);
    assert_true(err.code == UB_DFU_BUSY || err.code == UB_USB_TIMEOUT);
    assert_true(ub_now(&bench.env.clock) - began < UINT64_C(40) * 1000000);
}

static void absurd_poll_time_is_refused(void **state)
{
    (void)state;
    bench_open("stm32f405,time=virtual,poll=16777000");
    expect_ok(loader_open());
    uint64_t began = ub_now(&bench.env.clock);
    assert_int_equal(bench.loader->ops->erase(bench.loader, bench.flash, FLASH, &err),
                     UB_DFU_POLL_TIME);
    assert_true(ub_now(&bench.env.clock) - began < 1000000);
}

static void read_protection_is_explained(void **state)
{
    (void)state;
    size_t actual;
    bench_open("stm32f405,time=virtual,rdp");
    expect_ok(loader_open());
    assert_int_equal(
        bench.loader->ops->read(bench.loader, bench.flash, FLASH, readback, 2048, &actual, &err),
        UB_DFU_PROTECTED);
    assert_int_equal(bench.loader->ops->erase(bench.loader, bench.flash, FLASH, &err),
                     UB_DFU_PROTECTED);
}

static void every_way_to_leave_is_success(void **state)
{
    (void)state;
    static const char *const ways[] = {"stall", "gone", "gone-before-status", "mute"};
    for (size_t i = 0; i < 4; i++) {
        char spec[64];
        (void)snprintf(spec, sizeof(spec), "stm32f405,time=virtual,leave=%s", ways[i]);
        bench_open(spec);
        expect_ok(loader_open());
        expect_ok(bench.loader->ops->write(bench.loader, bench.flash, FLASH, image, 2048, &err));
        if (bench.loader->ops->leave(bench.loader, FLASH, &err))
            fail_msg("%s: %s", ways[i], err.message);
        close_all();
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(full_write_with_verify_and_leave),    TEST(reading_alone),
        TEST(mass_erase_that_lies_about_its_time), TEST(every_state_on_arrival),
        TEST(memory_is_right_for_odd_ranges),      TEST(stuck_for_ever_ends_in_time),
        TEST(absurd_poll_time_is_refused),         TEST(read_protection_is_explained),
        TEST(every_way_to_leave_is_success),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
