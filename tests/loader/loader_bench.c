/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loader_bench.h"

#include "base/text.h"
#include "sim/device.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define COMMAND_BYTES 5u
#define STATUS_BYTES  6u
#define RETURN_US     UINT64_C(10000000)

static void on_event(void *user, const struct ub_event *event)
{
    struct loader_bench *bench = user;
    bench->warnings += event->kind == UB_EVENT_WARNING;
    bench->waits += event->kind == UB_EVENT_WAIT;
}

void loader_bench_ok(const struct loader_bench *bench, enum ub_code code)
{
    if (code)
        fail_msg("UB %d: %s | %s | %s", (int)code, bench->err.message,
                 bench->err.depth ? bench->err.context[0] : "",
                 bench->err.depth > 1 ? bench->err.context[1] : "");
}

/* The transport of a test carries the bench as its self, and the virtual bus below it. */
static struct loader_bench *bench_of(void *self)
{
    return self;
}

/* A host that takes its time, and never the same. */
static void come_back(struct loader_bench *bench)
{
    const uint64_t most = bench->round_trip_us / 2;
    bench->random = bench->random * 1664525u + 1013904223u;
    if (most)
        ub_sleep(&bench->env.clock, most + most / 2 + (bench->random >> 8) % most);
}

static enum ub_code slow_control(void *self, struct ub_usb_handle *handle,
                                 const struct ub_setup *setup, uint8_t *data, uint32_t timeout_ms,
                                 uint16_t *actual, struct ub_error *err)
{
    const struct ub_transport *below = &bench_of(self)->below;
    enum ub_code code = below->ops->control(below->self, handle, setup, data, timeout_ms, actual,
                                            err);
    come_back(bench_of(self));
    return code;
}

/* One by one, which is what a queue is on the wire. */
static enum ub_code slow_queue(void *self, struct ub_usb_handle *handle,
                               struct ub_transfer *transfers, size_t count, struct ub_error *err)
{
    enum ub_code code = ub_control_queue(&bench_of(self)->below, handle, transfers, count, err);
    come_back(bench_of(self));
    return code;
}

static enum ub_code through_enumerate(void *self, struct ub_usb_list *out, struct ub_error *err)
{
    return bench_of(self)->below.ops->enumerate(bench_of(self)->below.self, out, err);
}

static enum ub_code through_open(void *self, const char *port, struct ub_usb_handle **out,
                                 struct ub_error *err)
{
    return bench_of(self)->below.ops->open(bench_of(self)->below.self, port, out, err);
}

static void through_close(void *self, struct ub_usb_handle *handle)
{
    bench_of(self)->below.ops->close(bench_of(self)->below.self, handle);
}

static enum ub_code through_claim(void *self, struct ub_usb_handle *handle, uint8_t interface,
                                  struct ub_error *err)
{
    return bench_of(self)->below.ops->claim(bench_of(self)->below.self, handle, interface, err);
}

static enum ub_code through_set_alt(void *self, struct ub_usb_handle *handle, uint8_t interface,
                                    uint8_t alt, struct ub_error *err)
{
    return bench_of(self)->below.ops->set_alt(bench_of(self)->below.self, handle, interface, alt,
                                              err);
}

static enum ub_code through_reset(void *self, struct ub_usb_handle *handle, struct ub_error *err)
{
    return bench_of(self)->below.ops->reset(bench_of(self)->below.self, handle, err);
}

static enum ub_code through_wait(void *self, uint64_t timeout_us, bool *changed,
                                 struct ub_error *err)
{
    return bench_of(self)->below.ops->wait_change(bench_of(self)->below.self, timeout_us, changed,
                                                  err);
}

static void wrap_transport(struct loader_bench *bench, bool queued)
{
    bench->below = ub_sim_bus_transport(bench->bus);
    bench->ops = (struct ub_transport_ops){.name = "bench",
                                           .enumerate = through_enumerate,
                                           .open = through_open,
                                           .close = through_close,
                                           .claim = through_claim,
                                           .set_alt = through_set_alt,
                                           .control = slow_control,
                                           .control_queue = queued ? slow_queue : NULL,
                                           .reset = through_reset,
                                           .wait_change = through_wait};
    bench->transport = (struct ub_transport){.ops = &bench->ops, .self = bench};
}

static void open_it(struct loader_bench *bench, const char *spec,
                    const struct ub_loader_habits *habits, bool queued)
{
    char text[256];
    const char *specs[1] = {text};
    size_t count;
    memset(bench, 0, sizeof(*bench));
    (void)ub_print(text, sizeof(text), "%s,time=virtual", spec);
    loader_bench_ok(bench, ub_sim_bus_open(specs, 1, &bench->bus, &bench->err));
    wrap_transport(bench, queued);
    bench->env.clock = ub_sim_bus_clock(bench->bus);
    bench->env.callbacks = (struct ub_callbacks){.user = bench, .event = on_event};
    const struct ub_transport_ops *ops = bench->transport.ops;
    loader_bench_ok(bench, ops->enumerate(bench->transport.self, &bench->list, &bench->err));
    assert_int_equal(bench->list.count, 1);
    const struct ub_usb_info *info = &bench->list.items[0];
    assert_true(ub_dfu_interface_find(info->config, info->config_length, &bench->interface));
    bench->interface.mode = UB_MODE_DFU; /* whatever protocol number it shows */
    loader_bench_ok(bench,
                    ops->open(bench->transport.self, info->port, &bench->handle, &bench->err));
    bench->port = (struct ub_loader_port){.env = &bench->env,
                                          .transport = bench->transport,
                                          .handle = bench->handle,
                                          .info = info,
                                          .interface = &bench->interface,
                                          .habits = *habits};
    loader_bench_ok(
        bench, ub_loader_for(&bench->interface)->open(&bench->port, &bench->loader, &bench->err));
    bench->flash = bench->loader->ops->regions(bench->loader, &count);
    assert_true(count > 0);
}

void loader_bench_open(struct loader_bench *bench, const char *spec,
                       const struct ub_loader_habits *habits)
{
    open_it(bench, spec, habits, false);
}

void loader_bench_open_queued(struct loader_bench *bench, const char *spec,
                              const struct ub_loader_habits *habits)
{
    open_it(bench, spec, habits, true);
}

void loader_bench_close(struct loader_bench *bench)
{
    if (bench->loader)
        bench->loader->ops->close(bench->loader);
    if (bench->handle)
        bench->transport.ops->close(bench->transport.self, bench->handle);
    ub_usb_list_free(&bench->list);
    ub_sim_bus_close(bench->bus);
    free(bench->image);
    free(bench->readback);
    memset(bench, 0, sizeof(*bench));
}

struct ub_sim_device *loader_bench_device(const struct loader_bench *bench)
{
    return ub_sim_bus_device(bench->bus, 0);
}

struct ub_sim_counts loader_bench_counts(const struct loader_bench *bench)
{
    struct ub_sim_counts counts;
    ub_sim_device_counts(loader_bench_device(bench), &counts);
    return counts;
}

uint8_t *loader_bench_memory(const struct loader_bench *bench, uint64_t address, size_t length)
{
    uint8_t *memory = ub_sim_device_memory(loader_bench_device(bench), address, length);
    assert_non_null(memory);
    return memory;
}

uint64_t loader_bench_now(const struct loader_bench *bench)
{
    return ub_now(&bench->env.clock);
}

void loader_bench_image(struct loader_bench *bench, size_t size)
{
    free(bench->image);
    free(bench->readback);
    bench->size = size;
    bench->image = malloc(size);
    bench->readback = calloc(1, size);
    assert_non_null(bench->image);
    assert_non_null(bench->readback);
    for (size_t i = 0; i < size; i++)
        bench->image[i] = (uint8_t)(i * 2654435761u >> 13);
}

enum ub_code loader_bench_erase(struct loader_bench *bench, uint64_t address, size_t size)
{
    struct ub_sector sector;
    enum ub_code code = UB_OK;
    for (uint64_t at = address; !code && at < address + size; at = sector.address + sector.size) {
        assert_true(ub_region_sector(bench->flash, at, &sector));
        code = bench->loader->ops->erase(bench->loader, bench->flash, at, &bench->err);
    }
    return code;
}

enum ub_code loader_bench_write(struct loader_bench *bench, uint64_t address)
{
    return bench->loader->ops->write(bench->loader, bench->flash, address, bench->image,
                                     bench->size, &bench->err);
}

enum ub_code loader_bench_read(struct loader_bench *bench, uint64_t address)
{
    size_t actual;
    enum ub_code code = bench->loader->ops->read(
        bench->loader, bench->flash, address, bench->readback, bench->size, &actual, &bench->err);
    assert_true(code || actual == bench->size);
    return code;
}

static uint64_t wire_us(size_t bytes)
{
    return UB_SIM_TRANSFER_US +
           (bytes + UB_SIM_MAX_PACKET - 1) / UB_SIM_MAX_PACKET * UB_SIM_PACKET_US;
}

uint64_t loader_bench_least_wire_us(const struct loader_bench *bench, uint64_t address)
{
    struct ub_sector sector;
    struct ub_loader_caps caps;
    uint64_t us = 0;
    bench->loader->ops->caps(bench->loader, &caps);
    for (uint64_t at = address; at < address + bench->size; at = sector.address + sector.size) {
        assert_true(ub_region_sector(bench->flash, at, &sector));
        us += wire_us(COMMAND_BYTES) + 2 * wire_us(STATUS_BYTES);
    }
    for (size_t at = 0; at < bench->size; at += caps.transfer_size) {
        size_t left = bench->size - at;
        size_t block = left < caps.transfer_size ? left : caps.transfer_size;
        us += 2 * wire_us(block) + 2 * wire_us(STATUS_BYTES);
    }
    return us;
}

bool loader_bench_runs(struct loader_bench *bench)
{
    const struct ub_sim_device *device = loader_bench_device(bench);
    const uint64_t end = loader_bench_now(bench) + RETURN_US;
    bench->loader->ops->close(bench->loader);
    bench->transport.ops->close(bench->transport.self, bench->handle);
    bench->loader = NULL;
    bench->handle = NULL;
    while (loader_bench_now(bench) < end && !(device->present && device->mode == UB_MODE_RUNTIME)) {
        bool changed;
        uint64_t left = end - loader_bench_now(bench);
        loader_bench_ok(bench, bench->transport.ops->wait_change(bench->transport.self, left,
                                                                 &changed, &bench->err));
        ub_usb_list_free(&bench->list);
        loader_bench_ok(bench, bench->transport.ops->enumerate(bench->transport.self, &bench->list,
                                                               &bench->err));
    }
    return device->present && device->mode == UB_MODE_RUNTIME;
}
