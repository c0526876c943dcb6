/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plain DFU loader against the virtual devices of each kind: what is in the chip afterwards,
 * and as what it comes back. */
#include "loader/loader.h"
#include "sim/sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH    ((size_t)40000) /* no multiple of any block size */
#define CAPACITY  ((size_t)256 * 1024)
#define RETURN_US UINT64_C(5000000)

struct bench {
    struct ub_sim_bus *bus;
    struct ub_transport transport;
    struct ub_usb_list list;
    struct ub_usb_handle *handle;
    struct ub_dfu_interface interface;
    struct ub_env env;
    struct ub_loader_port port;
    struct ub_loader *loader;
};

static struct bench bench;
static uint8_t image[LENGTH];
static struct ub_error err;

static void expect_ok(enum ub_code code)
{
    if (code)
        fail_msg("UB %d: %s | %s", (int)code, err.message, err.depth ? err.context[0] : "");
}

/* Looks at the bus: true if the device is there with a DFU interface, which is then known. */
static bool look(void)
{
    ub_usb_list_free(&bench.list);
    expect_ok(bench.transport.ops->enumerate(bench.transport.self, &bench.list, &err));
    return bench.list.count == 1 &&
           ub_dfu_interface_find(bench.list.items[0].config, bench.list.items[0].config_length,
                                 &bench.interface);
}

static void open_handle(void)
{
    const struct ub_usb_info *info = &bench.list.items[0];
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

static void open_bus(const char *spec)
{
    memset(&bench, 0, sizeof(bench));
    expect_ok(ub_sim_bus_open(&spec, 1, &bench.bus, &err));
    bench.transport = ub_sim_bus_transport(bench.bus);
    bench.env.clock = ub_sim_bus_clock(bench.bus);
    for (size_t i = 0; i < LENGTH; i++)
        image[i] = (uint8_t)(i * 2654435761u >> 11);
    assert_true(look());
    open_handle();
}

static const struct ub_region *open_loader(void)
{
    size_t count;
    expect_ok(ub_loader_for(&bench.interface)->open(&bench.port, &bench.loader, &err));
    return bench.loader->ops->regions(bench.loader, &count);
}

static void close_handle(void)
{
    if (bench.loader)
        bench.loader->ops->close(bench.loader);
    if (bench.handle)
        bench.transport.ops->close(bench.transport.self, bench.handle);
    bench.loader = NULL;
    bench.handle = NULL;
}

static int tear_down(void **state)
{
    (void)state;
    close_handle();
    ub_usb_list_free(&bench.list);
    ub_sim_bus_close(bench.bus);
    memset(&bench, 0, sizeof(bench));
    return 0;
}

/* Waits until the device is back as `mode`. */
static void expect_back(enum ub_mode mode)
{
    uint64_t end = ub_now(&bench.env.clock) + RETURN_US;
    close_handle();
    while (ub_now(&bench.env.clock) < end) {
        bool changed;
        if (look() && bench.interface.mode == mode)
            return;
        expect_ok(bench.transport.ops->wait_change(bench.transport.self, 100000, &changed, &err));
    }
    fail_msg("the device did not come back");
}

static void write_commit_leave(const char *model)
{
    char spec[64];
    (void)snprintf(spec, sizeof(spec), "%s,time=virtual", model);
    open_bus(spec);
    const struct ub_region *region = open_loader();
    expect_ok(bench.loader->ops->write(bench.loader, region, 0, image, LENGTH, &err));
    expect_ok(bench.loader->ops->commit(bench.loader, &err));
    struct ub_sim_device *device = ub_sim_bus_device(bench.bus, 0);
    struct ub_sim_counts counts;
    ub_sim_device_counts(device, &counts);
    assert_memory_equal(ub_sim_device_memory(device, 0, LENGTH), image, LENGTH);
    assert_int_equal(counts.bit_violations, 0);
    print_message("[  FIGURE  ] %s: %u control transfers for %u bytes\n", model,
                  (unsigned)counts.transfers, (unsigned)LENGTH);
}

static void every_kind_takes_firmware_and_starts_it(void **state)
{
    (void)state;
    static const char *const models[] = {"dfu", "dfu-notolerant", "dfu-noupload", "dfu-wdetach",
                                         "dfu10"};
    for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
        write_commit_leave(models[i]);
        expect_ok(bench.loader->ops->leave(bench.loader, 0, &err));
        expect_back(UB_MODE_RUNTIME);
        tear_down(NULL);
    }
}

static void what_was_written_reads_back(void **state)
{
    (void)state;
    static uint8_t back[CAPACITY + 1];
    size_t actual;
    write_commit_leave("dfu");
    size_t count;
    const struct ub_region *region = bench.loader->ops->regions(bench.loader, &count);
    expect_ok(bench.loader->ops->read(bench.loader, region, 0, back, LENGTH, &actual, &err));
    assert_int_equal(actual, LENGTH);
    assert_memory_equal(back, image, LENGTH);
    /* to the end of what the device has */
    expect_ok(bench.loader->ops->read(bench.loader, region, 0, back, sizeof(back), &actual, &err));
    assert_true(actual >= LENGTH && actual <= CAPACITY);
    assert_memory_equal(back, image, LENGTH);
}

static void running_firmware_hands_over(void **state)
{
    (void)state;
    static const char *const models[] = {"dfu", "dfu-wdetach", "stm32f405"};
    for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
        char spec[64];
        (void)snprintf(spec, sizeof(spec), "%s,time=virtual,mode=runtime", models[i]);
        open_bus(spec);
        assert_int_equal(bench.interface.mode, UB_MODE_RUNTIME);
        expect_ok(ub_dfu_detach(&bench.port, &err));
        expect_back(UB_MODE_DFU);
        open_handle();
        (void)open_loader();
        tear_down(NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(every_kind_takes_firmware_and_starts_it, tear_down),
        cmocka_unit_test_teardown(what_was_written_reads_back, tear_down),
        cmocka_unit_test_teardown(running_firmware_hands_over, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
