/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The bus in this process: virtual devices as a transport. It does the waiting that the devices do
 * not do, on its clock; in virtual time that costs nothing.
 *
 * Threads work on it side by side, each on a device of its own. One lock guards all devices; it is
 * held while one of them is told or asked something, and never while anybody sleeps.
 */
#include "sim/bus.h"

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

struct ub_usb_handle {
    struct ub_sim_device *device;
    uint32_t generation; /**< of the device when it was opened */
};

static void lock(struct ub_sim_bus *bus)
{
    (void)pthread_mutex_lock(&bus->lock);
}

static void unlock(struct ub_sim_bus *bus)
{
    (void)pthread_mutex_unlock(&bus->lock);
}

void ub_sim_bus_advance(struct ub_sim_bus *bus)
{
    uint64_t now = ub_now(&bus->clock);
    for (size_t i = 0; i < bus->count; i++)
        ub_sim_device_advance(bus->devices[i], now);
}

uint64_t ub_sim_bus_signature(const struct ub_sim_bus *bus)
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

/** The devices that are there, into a list with room for all. */
static enum ub_code fill_list(struct ub_sim_bus *bus, struct ub_usb_list *out, struct ub_error *err)
{
    enum ub_code code = UB_OK;
    lock(bus);
    ub_sim_bus_advance(bus);
    bus->seen = ub_sim_bus_signature(bus);
    for (size_t i = 0; !code && i < bus->count; i++) {
        if (!bus->devices[i]->present)
            continue;
        code = fill_info(bus->devices[i], &out->items[out->count], err);
        out->count += !code;
    }
    unlock(bus);
    return code;
}

static enum ub_code bus_enumerate(void *self, struct ub_usb_list *out, struct ub_error *err)
{
    struct ub_sim_bus *bus = self;
    out->count = 0;
    out->items = calloc(bus->count ? bus->count : 1, sizeof(*out->items));
    if (!out->items)
        return ub_fail_memory(err);
    enum ub_code code = fill_list(bus, out, err);
    if (code) {
        ub_usb_list_free(out);
        return code;
    }
    ub_usb_list_sort(out);
    return UB_OK;
}

struct ub_sim_device *ub_sim_bus_at(const struct ub_sim_bus *bus, const char *port)
{
    for (size_t i = 0; i < bus->count; i++)
        if (strcmp(bus->devices[i]->spec.port, port) == 0)
            return bus->devices[i];
    return NULL;
}

static enum ub_code bus_open(void *self, const char *port, struct ub_usb_handle **out,
                             struct ub_error *err)
{
    struct ub_sim_bus *bus = self;
    struct ub_sim_device *device = ub_sim_bus_at(bus, port);
    struct ub_usb_handle *handle = malloc(sizeof(*handle));
    if (!handle)
        return ub_fail_memory(err);
    lock(bus);
    ub_sim_bus_advance(bus);
    bool present = device && device->present;
    if (present) {
        *handle = (struct ub_usb_handle){.device = device, .generation = device->generation};
        device->opens++;
    }
    unlock(bus);
    if (!present) {
        free(handle);
        return ub_fail(err, UB_DEV_GONE, "no device is at port %s", port);
    }
    *out = handle;
    return UB_OK;
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
    lock(bus);
    ub_sim_bus_advance(bus);
    bool present = there(handle);
    bool known = interface <= ub_sim_device_dfu_interface(handle->device);
    unlock(bus);
    if (!present)
        return gone(handle, err);
    if (!known)
        return ub_fail(err, UB_USB_IO, "the device at port %s has no interface %u",
                       handle->device->spec.port, interface);
    return UB_OK;
}

/** Lets go of the lock until `until`. Only the device in hand is told of the time: with many of
 * them telling all would be most of the work. */
static void sleep_until(struct ub_sim_bus *bus, struct ub_sim_device *device, uint64_t until)
{
    uint64_t now = ub_now(&bus->clock);
    if (until > now) {
        unlock(bus);
        ub_sleep(&bus->clock, until - now);
        lock(bus);
    }
    ub_sim_device_advance(device, ub_now(&bus->clock));
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
        sleep_until(bus, handle->device, next < deadline ? next : deadline);
    }
}

/* The lock is held, but while waiting. */
static enum ub_code transfer(struct ub_sim_bus *bus, struct ub_usb_handle *handle,
                             const struct ub_setup *setup, uint8_t *data, uint32_t timeout_ms,
                             uint16_t *actual, struct ub_error *err)
{
    struct ub_sim_device *device = handle->device;
    struct ub_sim_reply reply;
    uint64_t start = ub_now(&bus->clock);
    ub_sim_device_advance(device, start);
    if (!there(handle))
        return gone(handle, err);
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
    sleep_until(bus, device, reply.complete_at_us);
    if (reply.answer == UB_SIM_ANSWER_STALL)
        return ub_fail(err, UB_USB_STALL, "the device at port %s refused a request",
                       device->spec.port);
    if (reply.answer == UB_SIM_ANSWER_LONG)
        return ub_fail(err, UB_USB_OVERFLOW, "the device at port %s sent more than was asked for",
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
    struct ub_sim_bus *bus = self;
    lock(bus);
    enum ub_code code = transfer(bus, handle, setup, data, timeout_ms, actual, err);
    unlock(bus);
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
    struct ub_sim_device *device = handle->device;
    lock(bus);
    ub_sim_device_advance(device, ub_now(&bus->clock));
    bool present = there(handle);
    if (present) {
        ub_sim_device_bus_reset(device, ub_now(&bus->clock));
        sleep_until(bus, device, ub_now(&bus->clock) + RESET_US);
        present = there(handle);
    }
    unlock(bus);
    return present ? UB_OK : gone(handle, err);
}

/** The moment `timeout_us` from now. */
static uint64_t moment(const struct ub_sim_bus *bus, uint64_t timeout_us)
{
    uint64_t now = ub_now(&bus->clock);
    return timeout_us < UB_SIM_NEVER - now ? now + timeout_us : UB_SIM_NEVER;
}

/** When something will arrive or leave next, as things stand, or `until`. */
static uint64_t next_change(const struct ub_sim_bus *bus, uint64_t until)
{
    for (size_t i = 0; i < bus->count; i++) {
        uint64_t event = ub_sim_device_next_event(bus->devices[i]);
        until = event < until ? event : until;
    }
    return until;
}

static enum ub_code bus_wait_change(void *self, uint64_t timeout_us, bool *changed,
                                    struct ub_error *err)
{
    struct ub_sim_bus *bus = self;
    (void)err;
    lock(bus);
    ub_sim_bus_advance(bus);
    if (ub_sim_bus_signature(bus) == bus->seen) {
        uint64_t now = ub_now(&bus->clock);
        uint64_t next = next_change(bus, moment(bus, timeout_us));
        unlock(bus);
        ub_sleep(&bus->clock, next > now ? next - now : 0);
        lock(bus);
        ub_sim_bus_advance(bus);
    }
    *changed = ub_sim_bus_signature(bus) != bus->seen;
    bus->seen = ub_sim_bus_signature(bus);
    unlock(bus);
    return UB_OK;
}

static enum ub_code bus_wait_port(void *self, const char *port, uint32_t generation,
                                  uint64_t timeout_us, struct ub_usb_info *out, bool *came,
                                  struct ub_error *err)
{
    struct ub_sim_bus *bus = self;
    struct ub_sim_device *device = ub_sim_bus_at(bus, port);
    uint64_t until = moment(bus, timeout_us);
    enum ub_code code = UB_OK;
    *came = false;
    if (!device) {
        ub_sleep(&bus->clock, timeout_us);
        return UB_OK;
    }
    lock(bus);
    ub_sim_device_advance(device, ub_now(&bus->clock));
    for (;;) {
        *came = device->present && device->generation != generation;
        if (*came || ub_now(&bus->clock) >= until)
            break;
        uint64_t next = ub_sim_device_next_event(device);
        sleep_until(bus, device, next < until ? next : until);
    }
    if (*came)
        code = fill_info(device, out, err);
    unlock(bus);
    return code;
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
                                                .wait_port = bus_wait_port,
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

void ub_sim_bus_unplug(struct ub_sim_bus *bus, size_t index)
{
    lock(bus);
    ub_sim_device_unplug(bus->devices[index]);
    unlock(bus);
}

void ub_sim_bus_plug(struct ub_sim_bus *bus, size_t index, enum ub_mode mode)
{
    lock(bus);
    ub_sim_device_plug(bus->devices[index], mode);
    unlock(bus);
}
