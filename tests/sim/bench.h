/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A virtual device in the hands of a test: a bus in virtual time, one open handle, and requests in
 * one line each. */
#ifndef UB_TESTS_SIM_BENCH_H
#define UB_TESTS_SIM_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "sim/device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DETACH    0u
#define DNLOAD    1u
#define UPLOAD    2u
#define GETSTATUS 3u
#define CLRSTATUS 4u
#define GETSTATE  5u
#define ABORT     6u

struct bench {
    struct ub_sim_bus *bus;
    struct ub_transport transport;
    struct ub_clock clock;
    struct ub_sim_device *device;
    struct ub_usb_handle *handle;
    uint8_t interface;
    uint8_t data[4096];
    uint16_t actual;
    struct ub_error err;
};

static inline void bench_open_handle(struct bench *b)
{
    assert_int_equal(
        b->transport.ops->open(b->transport.self, b->device->spec.port, &b->handle, &b->err),
        UB_OK);
    b->interface = ub_sim_device_dfu_interface(b->device);
}

static inline void bench_close_handle(struct bench *b)
{
    if (b->handle)
        b->transport.ops->close(b->transport.self, b->handle);
    b->handle = NULL;
}

/* Opens a bus with one device, which a spec describes; ",time=virtual" is added. */
static inline void bench_open(struct bench *b, const char *spec)
{
    char text[512];
    memset(b, 0, sizeof(*b));
    (void)snprintf(text, sizeof(text), "%s,time=virtual", spec);
    const char *const specs[] = {text};
    assert_int_equal(ub_sim_bus_open(specs, 1, &b->bus, &b->err), UB_OK);
    b->transport = ub_sim_bus_transport(b->bus);
    b->clock = ub_sim_bus_clock(b->bus);
    b->device = ub_sim_bus_device(b->bus, 0);
    bench_open_handle(b);
}

static inline void bench_close(struct bench *b)
{
    bench_close_handle(b);
    ub_sim_bus_close(b->bus);
}

/* A class request to the DFU interface, over b->data. */
static inline enum ub_code ask(struct bench *b, uint8_t request, uint16_t value, uint16_t length)
{
    bool in = request == UPLOAD || request == GETSTATUS || request == GETSTATE;
    const struct ub_setup setup = {.bmRequestType = in ? 0xa1 : 0x21,
                                   .bRequest = request,
                                   .wValue = value,
                                   .wIndex = b->interface,
                                   .wLength = length};
    return b->transport.ops->control(b->transport.self, b->handle, &setup, b->data, 40000,
                                     &b->actual, &b->err);
}

struct status {
    enum ub_code code;
    uint8_t bStatus;
    uint32_t poll_ms;
    uint8_t bState;
};

static inline struct status get_status(struct bench *b)
{
    struct status s = {.code = ask(b, GETSTATUS, 0, 6)};
    if (!s.code) {
        assert_int_equal(b->actual, 6);
        s.bStatus = b->data[0];
        s.poll_ms = (uint32_t)(b->data[1] | b->data[2] << 8 | b->data[3] << 16);
        s.bState = b->data[4];
    }
    return s;
}

static inline uint8_t get_state(struct bench *b)
{
    assert_int_equal(ask(b, GETSTATE, 0, 1), UB_OK);
    return b->data[0];
}

/* Leaves whatever state it arrived in for dfuIDLE. */
static inline void make_idle(struct bench *b)
{
    if (get_state(b) == UB_FN_ERROR)
        assert_int_equal(ask(b, CLRSTATUS, 0, 0), UB_OK);
    else
        assert_int_equal(ask(b, ABORT, 0, 0), UB_OK);
    assert_int_equal(get_state(b), UB_FN_IDLE);
}

/* DNLOAD and the two status questions of DfuSe; returns the second answer. */
static inline struct status download(struct bench *b, uint16_t block, const void *bytes,
                                     uint16_t length)
{
    memcpy(b->data, bytes, length);
    assert_int_equal(ask(b, DNLOAD, block, length), UB_OK);
    struct status first = get_status(b);
    assert_int_equal(first.bState, UB_FN_DNBUSY);
    assert_int_equal(first.bStatus, UB_FN_STATUS_OK);
    return get_status(b);
}

static inline struct status command(struct bench *b, uint8_t code, uint32_t address)
{
    uint8_t bytes[5] = {code};
    ub_put_u32le(&bytes[1], address);
    return download(b, 0, bytes, 5);
}

static inline struct ub_sim_counts counts(const struct bench *b)
{
    struct ub_sim_counts c;
    ub_sim_device_counts(b->device, &c);
    return c;
}

/* Waits until something arrives or leaves; false after `us`. */
static inline bool wait_change(struct bench *b, uint64_t us)
{
    bool changed = false;
    assert_int_equal(b->transport.ops->wait_change(b->transport.self, us, &changed, &b->err),
                     UB_OK);
    return changed;
}

#endif
