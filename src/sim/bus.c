/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The bus in this process: virtual devices as a transport. It does the waiting that the devices do
 * not do, on its clock; in virtual time that costs nothing.
 */
#include "sim/device.h"

#include "base/error.h"
#include "base/text.h"
#include "usb/usb_list.h"

#include <stdlib.h>
#include <string.h>

#define US_PER_MS      UINT64_C(1000)
#define SET_ALT_MS     5000u
#define TYPE_INTERFACE 1u
#define SET_INTERFACE  11u
#define RESET_US       50000u /* a hub drives a reset for 50 ms (USB 2.0 section 7.1.7.5) */

struct ub_sim_bus {
    struct ub_sim_device **devices; /**< owned, as are the devices */
    size_t count;
    struct ub_virtual_time time;
    struct ub_clock clock;
    uint64_t seen; /**< what the last look at the bus saw: see signature() */
};

struct ub_usb_handle {
    struct ub_sim_device *device;
    uint32_t generation; /**< of the device when it was opened */
};

static void advance(struct ub_sim_bus *bus)
{
    uint64_t now = ub_now(&bus->clock);
    for (size_t i = 0; i < bus->count; i++)
        ub_sim_device_advance(bus->devices[i], now);
}

/* A number that changes whenever something arrives or leaves. */
static uint64_t signature(const struct ub_sim_bus *bus)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < bus->count; i++)
        sum += (uint64_t)bus->devices[i]->generation * 2 - (bus->devices[i]->present ? 1 : 0);
    return sum;
}

static void fill_string(char *to, size_t size, const struct ub_sim_device *device, uint8_t index)
{
    const char *text = ub_sim_string_text(device, index);
    if (text)
        ub_print_stranger(to, size, text, strlen(text));
}

static enum ub_code fill_info(const struct ub_sim_device *device, struct ub_usb_info *info,
                              struct ub_error *err)
{
    const struct ub_sim_identity *identity = ub_sim_device_identity(device);
    uint8_t config[UB_SIM_CONFIG_MAX];
    size_t length = ub_sim_describe_config(device, config);
    info->config = malloc(length);
    if (!info->config)
        return ub_fail_memory(err);
    memcpy(info->config, config, length);
    info->config_length = length;
    (void)ub_print(info->port, sizeof(info->port), "%s", device->spec.port);
    info->generation = device->generation;
    info->speed = UB_SPEED_FULL;
    info->vid = identity->vid;
    info->pid = identity->pid;
    info->bcdDevice = identity->bcdDevice;
    fill_string(info->manufacturer, sizeof(info->manufacturer), device, UB_SIM_STRING_MANUFACTURER);
    fill_string(info->product, sizeof(info->product), device, UB_SIM_STRING_PRODUCT);
    fill_string(info->serial, sizeof(info->serial), device, UB_SIM_STRING_SERIAL);
    return UB_OK;
}

static enum ub_code bus_enumerate(void *self, struct ub_usb_list *out, struct ub_error *err)
{
    struct ub_sim_bus *bus = self;
    advance(bus);
    bus->seen = signature(bus);
    out->count = 0;
    out->items = calloc(bus->count ? bus->count : 1, sizeof(*out->items));
    if (!out->items)
        return ub_fail_memory(err);
    for (size_t i = 0; i < bus->count; i++) {
        if (!bus->devices[i]->present)
            continue;
        enum ub_code code = fill_info(bus->devices[i], &out->items[out->count], err);
        if (code) {
            ub_usb_list_free(out);
            return code;
        }
        out->count++;
    }
    ub_usb_list_sort(out);
    return UB_OK;
}

static enum ub_code bus_open(void *self, const char *port, struct ub_usb_handle **out,
                             struct ub_error *err)
{
    struct ub_sim_bus *bus = self;
    advance(bus);
    for (size_t i = 0; i < bus->count; i++) {
        struct ub_sim_device *device = bus->devices[i];
        if (!device->present || strcmp(device->spec.port, port) != 0)
            continue;
        struct ub_usb_handle *handle = malloc(sizeof(*handle));
        if (!handle)
            return ub_fail_memory(err);
        *handle = (struct ub_usb_handle){.device = device, .generation = device->generation};
        device->opens++;
        *out = handle;
        return UB_OK;
    }
    return ub_fail(err, UB_DEV_GONE, "no device is at port %s", port);
}

static void bus_close(void *self, struct ub_usb_handle *handle)
{
    (void)self;
    free(handle);
}

/* Is what was opened still there? */
static bool there(const struct ub_usb_handle *handle)
{
    return handle->device->present && handle->device->generation == handle->generation;
}

static enum ub_code gone(const struct ub_usb_handle *handle, struct ub_error *err)
{
    return ub_fail(err, UB_USB_GONE, "the device at port %s left the bus",
                   handle->device->spec.port);
}

static enum ub_code bus_claim(void *self, struct ub_usb_handle *handle, uint8_t interface,
                              struct ub_error *err)
{
    struct ub_sim_bus *bus = self;
    advance(bus);
    if (!there(handle))
        return gone(handle, err);
    if (interface > ub_sim_device_dfu_interface(handle->device))
        return ub_fail(err, UB_USB_IO, "the device at port %s has no interface %u",
                       handle->device->spec.port, interface);
    return UB_OK;
}

static void sleep_until(struct ub_sim_bus *bus, uint64_t until)
{
    uint64_t now = ub_now(&bus->clock);
    if (until > now)
        ub_sleep(&bus->clock, until - now);
    advance(bus);
}

/* Waits for `until`, at most up to `deadline`, and no longer than the device is there. */
static enum ub_code wait_on(struct ub_sim_bus *bus, const struct ub_usb_handle *handle,
                            uint64_t until, uint64_t deadline, struct ub_error *err)
{
    for (;;) {
        if (!there(handle))
            return gone(handle, err);
        if (ub_now(&bus->clock) >= until)
            return UB_OK;
        if (ub_now(&bus->clock) >= deadline)
            return ub_fail(err, UB_USB_TIMEOUT, "the device at port %s does not answer",
                           handle->device->spec.port);
        uint64_t next = ub_sim_device_next_event(handle->device);
        next = next < until ? next : until;
        sleep_until(bus, next < deadline ? next : deadline);
    }
}

static enum ub_code transfer(struct ub_sim_bus *bus, struct ub_usb_handle *handle,
                             const struct ub_setup *setup, uint8_t *data, uint32_t timeout_ms,
                             uint16_t *actual, struct ub_error *err)
{
    struct ub_sim_device *device = handle->device;
    struct ub_sim_reply reply;
    advance(bus);
    if (!there(handle))
        return gone(handle, err);
    uint64_t start = ub_now(&bus->clock);
    uint64_t deadline = start + timeout_ms * US_PER_MS;
    enum ub_code code = wait_on(bus, handle, ub_sim_device_ready_at(device, start), deadline, err);
    if (code)
        return code;
    ub_sim_device_control(device, ub_now(&bus->clock), setup, data, &reply);
    if (reply.answer == UB_SIM_ANSWER_GONE)
        return gone(handle, err);
    if (reply.answer == UB_SIM_ANSWER_MUTE)
        return wait_on(bus, handle, UB_SIM_NEVER, deadline, err);
    if (reply.complete_at_us > deadline)
        return wait_on(bus, handle, UB_SIM_NEVER, deadline, err);
    sleep_until(bus, reply.complete_at_us);
    if (reply.answer == UB_SIM_ANSWER_STALL)
        return ub_fail(err, UB_USB_STALL, "the device at port %s refused a request",
                       device->spec.port);
    *actual = reply.length;
    return UB_OK;
}

static enum ub_code bus_control(void *self, struct ub_usb_handle *handle,
                                const struct ub_setup *setup, uint8_t *data, uint32_t timeout_ms,
                                uint16_t *actual, struct ub_error *err)
{
    *actual = 0;
    if (setup->wLength > UB_CONTROL_MAX)
        return ub_fail(err, UB_USB_IO, "a control transfer of %u bytes is longer than %u",
                       setup->wLength, UB_CONTROL_MAX);
    enum ub_code code = transfer(self, handle, setup, data, timeout_ms, actual, err);
    if (code)
        ub_error_transfer(err, setup, -1);
    return code;
}

static enum ub_code bus_set_alt(void *self, struct ub_usb_handle *handle, uint8_t interface,
                                uint8_t alt, struct ub_error *err)
{
    const struct ub_setup setup = {.bmRequestType = TYPE_INTERFACE,
                                   .bRequest = SET_INTERFACE,
                                   .wValue = alt,
                                   .wIndex = interface};
    uint16_t actual = 0;
    return bus_control(self, handle, &setup, NULL, SET_ALT_MS, &actual, err);
}

static enum ub_code bus_reset(void *self, struct ub_usb_handle *handle, struct ub_error *err)
{
    struct ub_sim_bus *bus = self;
    advance(bus);
    if (!there(handle))
        return gone(handle, err);
    ub_sim_device_bus_reset(handle->device, ub_now(&bus->clock));
    sleep_until(bus, ub_now(&bus->clock) + RESET_US);
    return there(handle) ? UB_OK : gone(handle, err);
}

static enum ub_code bus_wait_change(void *self, uint64_t timeout_us, bool *changed,
                                    struct ub_error *err)
{
    struct ub_sim_bus *bus = self;
    (void)err;
    advance(bus);
    uint64_t now = ub_now(&bus->clock);
    uint64_t until = timeout_us < UB_SIM_NEVER - now ? now + timeout_us : UB_SIM_NEVER;
    uint64_t next = until;
    for (size_t i = 0; i < bus->count; i++) {
        uint64_t event = ub_sim_device_next_event(bus->devices[i]);
        next = event < next ? event : next;
    }
    if (signature(bus) == bus->seen)
        sleep_until(bus, next);
    *changed = signature(bus) != bus->seen;
    bus->seen = signature(bus);
    return UB_OK;
}

static void bus_destroy(void *self)
{
    (void)self; /* the bus belongs to whoever opened it */
}

struct ub_transport ub_sim_bus_transport(struct ub_sim_bus *bus)
{
    static const struct ub_transport_ops ops = {.name = "virtual",
                                                .enumerate = bus_enumerate,
                                                .open = bus_open,
                                                .close = bus_close,
                                                .claim = bus_claim,
                                                .set_alt = bus_set_alt,
                                                .control = bus_control,
                                                .reset = bus_reset,
                                                .wait_change = bus_wait_change,
                                                .destroy = bus_destroy};
    return (struct ub_transport){.ops = &ops, .self = bus};
}

struct ub_clock ub_sim_bus_clock(struct ub_sim_bus *bus)
{
    return bus->clock;
}

struct ub_sim_device *ub_sim_bus_device(struct ub_sim_bus *bus, size_t index)
{
    return index < bus->count ? bus->devices[index] : NULL;
}

static bool port_taken(const struct ub_sim_bus *bus, const char *port)
{
    for (size_t i = 0; i < bus->count; i++)
        if (strcmp(bus->devices[i]->spec.port, port) == 0)
            return true;
    return false;
}

/* One kind of time for all devices: those that say nothing go along. */
static enum ub_code agree_on_time(const struct ub_sim_spec *spec, bool *decided, bool *is_virtual,
                                  struct ub_error *err)
{
    if (!spec->has_time)
        return UB_OK;
    if (*decided && *is_virtual != spec->virtual_time)
        return ub_fail(err, UB_SIM_SPEC, "virtual devices on one bus must share one kind of time");
    *decided = true;
    *is_virtual = spec->virtual_time;
    return UB_OK;
}

static enum ub_code add_device(struct ub_sim_bus *bus, struct ub_sim_spec *spec,
                               struct ub_error *err)
{
    struct ub_sim_device *device = NULL;
    enum ub_code code = ub_sim_device_open(spec, &device, err);
    if (code)
        return code;
    device->configures = true;
    if (device->spec.port[0] && port_taken(bus, device->spec.port)) {
        code = ub_fail(err, UB_SIM_SPEC, "two virtual devices are at port %s", device->spec.port);
        ub_sim_device_close(device);
        return code;
    }
    bus->devices[bus->count++] = device;
    return UB_OK;
}

/* Devices without a port of their own get the first free ones. */
static void give_ports(struct ub_sim_bus *bus)
{
    for (size_t i = 0; i < bus->count; i++) {
        char port[UB_PORT_TEXT];
        if (bus->devices[i]->spec.port[0])
            continue;
        for (unsigned n = 1; ub_print(port, sizeof(port), "1-%u", n); n++)
            if (!port_taken(bus, port))
                break;
        (void)ub_print(bus->devices[i]->spec.port, UB_PORT_TEXT, "%s", port);
    }
}

static enum ub_code fill_bus(struct ub_sim_bus *bus, const char *const *specs, size_t count,
                             struct ub_error *err)
{
    bool decided = false;
    bool is_virtual = false;
    bus->devices = calloc(count ? count : 1, sizeof(struct ub_sim_device *));
    if (!bus->devices)
        return ub_fail_memory(err);
    for (size_t i = 0; i < count; i++) {
        struct ub_sim_spec spec;
        enum ub_code code = ub_sim_spec_parse(specs[i], &spec, err);
        if (code)
            return code;
        code = agree_on_time(&spec, &decided, &is_virtual, err);
        if (code) {
            ub_sim_spec_free(&spec);
            return code;
        }
        code = add_device(bus, &spec, err);
        if (code)
            return code;
    }
    bus->clock = is_virtual ? ub_clock_virtual(&bus->time) : ub_clock_real();
    return UB_OK;
}

enum ub_code ub_sim_bus_open(const char *const *specs, size_t count, struct ub_sim_bus **out,
                             struct ub_error *err)
{
    struct ub_sim_bus *bus = calloc(1, sizeof(*bus));
    if (!bus)
        return ub_fail_memory(err);
    enum ub_code code = fill_bus(bus, specs, count, err);
    if (code) {
        ub_sim_bus_close(bus);
        return code;
    }
    give_ports(bus);
    for (size_t i = 0; i < count; i++)
        bus->devices[i]->clock = bus->clock;
    advance(bus);
    bus->seen = signature(bus);
    *out = bus;
    return UB_OK;
}

void ub_sim_bus_close(struct ub_sim_bus *bus)
{
    if (!bus)
        return;
    for (size_t i = 0; i < bus->count; i++)
        ub_sim_device_close(bus->devices[i]);
    free(bus->devices);
    free(bus);
}
