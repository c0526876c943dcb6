/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file trace_bus.h
 * A bus for tests of recordings: it answers at once and predictably, on a virtual clock.
 *
 * IN requests are answered with as many bytes as wValue says (at most wLength), each of them
 * bRequest. bRequest 0xee is refused, 0xdd times out, 0xcc finds the device gone. Each transfer
 * takes 100 us, a queue 1000 us.
 */
#ifndef UB_TESTS_USB_TRACE_BUS_H
#define UB_TESTS_USB_TRACE_BUS_H

#include "base/clock.h"
#include "usb/transport.h"

#define TRACE_BUS_DEVICES 8

struct trace_bus {
    struct ub_virtual_time time;
    struct ub_clock clock;
    struct ub_transport_ops ops; /**< may be changed before the bus is used */
    bool there[TRACE_BUS_DEVICES];
    uint32_t generation[TRACE_BUS_DEVICES];
    bool list_fails;
    bool destroyed;
    uint64_t controls; /**< transfers that came through */
};

/** Nothing is plugged in. Ports are 1-1 to 1-8. */
void trace_bus_open(struct trace_bus *bus);
struct ub_transport trace_bus_transport(struct trace_bus *bus);

/** A file in a new folder below /tmp; both are removed by trace_bus_remove(). */
void trace_bus_file(char *path, size_t size, const char *name);
void trace_bus_remove(const char *path);
/** The whole file, NUL-terminated; the caller frees. */
char *trace_bus_content(const char *path, size_t *length);

#endif
