/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _XOPEN_SOURCE 700
#include "trace_bus.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TRANSFER_US 100u
#define QUEUE_US    1000u

struct ub_usb_handle {
    unsigned device;
    uint32_t generation;
};

static const uint8_t config[] = {9,    2, 27, 0, 1, 1,    0,    0x80, 50, 9,    4,    0,    0, 0,
                                 0xfe, 1, 2,  0, 9, 0x21, 0x0b, 0xff, 0,  0x00, 0x04, 0x1a, 1};

static void describe(const struct trace_bus *bus, unsigned device, struct ub_usb_info *info)
{
    memset(info, 0, sizeof(*info));
    (void)ub_print(info->port, sizeof(info->port), "1-%u", device + 1);
    info->generation = bus->generation[device];
    info->speed = UB_SPEED_FULL;
    info->vid = 0x0483;
    info->pid = (uint16_t)(0xdf11 + device);
    info->bcdDevice = 0x2200;
    info->config = malloc(sizeof(config));
    assert_non_null(info->config);
    memcpy(info->config, config, sizeof(config));
    info->config_length = sizeof(config);
    (void)ub_print(info->manufacturer, sizeof(info->manufacturer), "Maker \"%u\"", device);
    (void)ub_print(info->serial, sizeof(info->serial), "S%u", device);
}

static enum ub_code bus_enumerate(void *self, struct ub_usb_list *out, struct ub_error *err)
{
    struct trace_bus *bus = self;
    memset(out, 0, sizeof(*out));
    if (bus->list_fails)
        return ub_fail(err, UB_USB_INIT, "no bus today");
    out->items = calloc(TRACE_BUS_DEVICES, sizeof(*out->items));
    assert_non_null(out->items);
    for (unsigned i = 0; i < TRACE_BUS_DEVICES; i++)
        if (bus->there[i])
            describe(bus, i, &out->items[out->count++]);
    return UB_OK;
}

static enum ub_code bus_open(void *self, const char *port, struct ub_usb_handle **out,
                             struct ub_error *err)
{
    struct trace_bus *bus = self;
    for (unsigned i = 0; i < TRACE_BUS_DEVICES; i++) {
        char name[UB_PORT_TEXT];
        (void)ub_print(name, sizeof(name), "1-%u", i + 1);
        if (!bus->there[i] || strcmp(name, port) != 0)
            continue;
        *out = malloc(sizeof(**out));
        assert_non_null(*out);
        **out = (struct ub_usb_handle){.device = i, .generation = bus->generation[i]};
        return UB_OK;
    }
    return ub_fail(err, UB_DEV_GONE, "nothing is at %s", port);
}

static void bus_close(void *self, struct ub_usb_handle *handle)
{
    (void)self;
    free(handle);
}

static enum ub_code bus_claim(void *self, struct ub_usb_handle *handle, uint8_t interface,
                              struct ub_error *err)
{
    (void)self;
    (void)handle;
    return interface < 4 ? UB_OK : ub_fail(err, UB_DEV_BUSY, "somebody has it");
}

static enum ub_code bus_set_alt(void *self, struct ub_usb_handle *handle, uint8_t interface,
                                uint8_t alt, struct ub_error *err)
{
    struct trace_bus *bus = self;
    (void)handle;
    (void)interface;
    bus->time.now += TRANSFER_US;
    return alt < 4 ? UB_OK : ub_fail(err, UB_USB_STALL, "no such setting");
}

static enum ub_code transfer(struct trace_bus *bus, const struct ub_setup *setup, uint8_t *data,
                             uint16_t *actual, struct ub_error *err)
{
    __atomic_fetch_add(&bus->controls, 1, __ATOMIC_RELAXED);
    *actual = 0;
    if (setup->bRequest == 0xee)
        return ub_fail(err, UB_USB_STALL, "refused");
    if (setup->bRequest == 0xdd)
        return ub_fail(err, UB_USB_TIMEOUT, "no answer");
    if (setup->bRequest == 0xcc)
        return ub_fail(err, UB_USB_GONE, "gone");
    *actual = setup->wLength;
    if (!(setup->bmRequestType & UB_SETUP_IN))
        return UB_OK;
    *actual = setup->wValue < setup->wLength ? setup->wValue : setup->wLength;
    memset(data, setup->bRequest, *actual);
    return UB_OK;
}

static enum ub_code bus_control(void *self, struct ub_usb_handle *handle,
                                const struct ub_setup *setup, uint8_t *data, uint32_t timeout_ms,
                                uint16_t *actual, struct ub_error *err)
{
    struct trace_bus *bus = self;
    (void)handle;
    (void)timeout_ms;
    ub_sleep(&bus->clock, TRANSFER_US);
    return transfer(bus, setup, data, actual, err);
}

static enum ub_code bus_control_queue(void *self, struct ub_usb_handle *handle,
                                      struct ub_transfer *transfers, size_t count,
                                      struct ub_error *err)
{
    struct trace_bus *bus = self;
    enum ub_code first = UB_OK;
    enum ub_code end = UB_OK;
    (void)handle;
    ub_sleep(&bus->clock, QUEUE_US);
    for (size_t i = 0; i < count; i++) {
        struct ub_transfer *one = &transfers[i];
        one->actual = 0;
        one->code = end ? end
                        : transfer(bus, &one->setup, one->data, &one->actual, first ? NULL : err);
        first = first ? first : one->code;
        if (one->code == UB_USB_TIMEOUT || one->code == UB_USB_GONE)
            end = one->code;
    }
    return first;
}

static enum ub_code bus_reset(void *self, struct ub_usb_handle *handle, struct ub_error *err)
{
    struct trace_bus *bus = self;
    bus->generation[handle->device]++;
    return ub_fail(err, UB_USB_GONE, "it came back as another");
}

static enum ub_code bus_wait_change(void *self, uint64_t timeout_us, bool *changed,
                                    struct ub_error *err)
{
    struct trace_bus *bus = self;
    (void)err;
    *changed = false;
    ub_sleep(&bus->clock, timeout_us);
    return UB_OK;
}

static enum ub_code bus_wait_port(void *self, const char *port, uint32_t generation,
                                  uint64_t timeout_us, struct ub_usb_info *out, bool *came,
                                  struct ub_error *err)
{
    struct trace_bus *bus = self;
    const unsigned device = (unsigned)(port[2] - '1');
    (void)err;
    *came = bus->there[device] && bus->generation[device] != generation;
    if (*came)
        describe(bus, device, out);
    else
        ub_sleep(&bus->clock, timeout_us);
    return UB_OK;
}

static void bus_destroy(void *self)
{
    struct trace_bus *bus = self;
    bus->destroyed = true;
}

void trace_bus_open(struct trace_bus *bus)
{
    memset(bus, 0, sizeof(*bus));
    bus->time.now = 5000000; /* a recording begins at 0 all the same */
    bus->clock = ub_clock_virtual(&bus->time);
    bus->ops = (struct ub_transport_ops){.name = "test",
                                         .enumerate = bus_enumerate,
                                         .open = bus_open,
                                         .close = bus_close,
                                         .claim = bus_claim,
                                         .set_alt = bus_set_alt,
                                         .control = bus_control,
                                         .control_queue = bus_control_queue,
                                         .reset = bus_reset,
                                         .wait_change = bus_wait_change,
                                         .wait_port = bus_wait_port,
                                         .destroy = bus_destroy};
    for (unsigned i = 0; i < TRACE_BUS_DEVICES; i++)
        bus->generation[i] = 1;
}

struct ub_transport trace_bus_transport(struct trace_bus *bus)
{
    return (struct ub_transport){.ops = &bus->ops, .self = bus};
}

void trace_bus_file(char *path, size_t size, const char *name)
{
    char folder[] = "/tmp/unbrick-trace-XXXXXX";
    assert_non_null(mkdtemp(folder));
    assert_true(ub_print(path, size, "%s/%s", folder, name));
}

void trace_bus_remove(const char *path)
{
    char folder[256];
    (void)unlink(path);
    assert_true(ub_print(folder, sizeof(folder), "%s", path));
    *strrchr(folder, '/') = '\0';
    assert_int_equal(rmdir(folder), 0);
}

char *trace_bus_content(const char *path, size_t *length)
{
    uint8_t *bytes = NULL;
    assert_int_equal(ub_file_read(path, (size_t)1 << 26, &bytes, length, NULL), UB_OK);
    return (char *)bytes;
}
