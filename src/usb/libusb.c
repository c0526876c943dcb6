/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bus over libusb-1.0. Handles may be used by one thread each, side by side: none waits for
 * another one's transfer, see libusb_engine.h. */
#define _POSIX_C_SOURCE 200809L
#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "usb/libusb_engine.h"
#include "usb/sysfs.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define INTERFACES_MAX 32
#define US_PER_MS      UINT64_C(1000)
/* How often the bus is looked at while waiting for a change. A look at sysfs costs next to nothing;
 * where there is none, libusb's events shorten the wait. */
#define LOOK_EVERY_US (25 * US_PER_MS)
/* How often a port is looked at while waiting for a device: many threads do so at a time. */
#define LOOK_AT_PORT_US (25 * US_PER_MS)
/* udev sets the permissions of a device node a moment after the kernel made it. */
#define FRESH_NODE_S   2
#define ACCESS_TRIES   20
#define ACCESS_WAIT_US (50 * US_PER_MS)
#define PATH_SIZE      64

struct ub_usb_handle {
    struct ub_libusb_engine *engine; /* in which it is open */
    libusb_device_handle *device;
    struct ub_libusb_name name;
    uint32_t claimed; /* a bit per interface */
};

struct libusb_bus {
    struct ub_libusb_engines engines;
    pthread_mutex_t lock; /* of what follows; held for moments only */
    bool seen;            /* `fingerprint` is set */
    uint64_t fingerprint;
};

/* Remembers what was seen; true if it is something else than before. */
static bool remember(struct libusb_bus *bus, uint64_t fingerprint)
{
    (void)pthread_mutex_lock(&bus->lock);
    const bool changed = bus->seen && fingerprint != bus->fingerprint;
    bus->fingerprint = fingerprint;
    bus->seen = true;
    (void)pthread_mutex_unlock(&bus->lock);
    return changed;
}

static enum ub_code op_enumerate(void *self, struct ub_usb_list *out, struct ub_error *err)
{
    struct libusb_bus *bus = self;
    /* Taken before the list, so that what changes in between is told by the next wait. */
    uint64_t fingerprint;
    enum ub_code code = ub_libusb_fingerprint(&fingerprint, err);
    if (code)
        return code;
    (void)remember(bus, fingerprint);
    return ub_libusb_list(out, err);
}

/* True if the device node is so young that its permissions may not be set yet. */
static bool node_is_fresh(libusb_device *device)
{
    char path[PATH_SIZE];
    struct stat node;
    struct timespec now;
    return ub_print(path, sizeof(path), "/dev/bus/usb/%03u/%03u", libusb_get_bus_number(device),
                    libusb_get_device_address(device)) &&
           stat(path, &node) == 0 && clock_gettime(CLOCK_REALTIME, &now) == 0 &&
           now.tv_sec - node.st_mtime <= FRESH_NODE_S;
}

static int open_patiently(libusb_device *device, libusb_device_handle **out)
{
    struct ub_clock clock = ub_clock_real();
    int rc = libusb_open(device, out);
    for (int i = 0; i < ACCESS_TRIES && rc == LIBUSB_ERROR_ACCESS && node_is_fresh(device); i++) {
        ub_sleep(&clock, ACCESS_WAIT_US);
        rc = libusb_open(device, out);
    }
    return rc;
}

static void learn_name(libusb_device *device, struct ub_libusb_name *name)
{
    struct libusb_device_descriptor descriptor;
    if (libusb_get_device_descriptor(device, &descriptor) != 0)
        return;
    name->vid = descriptor.idVendor;
    name->pid = descriptor.idProduct;
}

static enum ub_code open_at(struct libusb_bus *bus, struct ub_usb_handle *handle,
                            struct ub_error *err)
{
    libusb_device *found;
    enum ub_code code = ub_libusb_engine_join(&bus->engines, &handle->name, &handle->engine, &found,
                                              err);
    if (code)
        return code;
    learn_name(found, &handle->name);
    int rc = open_patiently(found, &handle->device);
    libusb_unref_device(found);
    if (rc == LIBUSB_ERROR_NO_DEVICE)
        return ub_fail(err, UB_DEV_GONE, "the device at %s just left", handle->name.port);
    return rc ? ub_libusb_fail(err, rc, &handle->name, "opening the device") : UB_OK;
}

static void op_close(void *self, struct ub_usb_handle *handle)
{
    struct libusb_bus *bus = self;
    if (!handle)
        return;
    for (uint8_t i = 0; handle->device && i < INTERFACES_MAX; i++)
        if (handle->claimed & UINT32_C(1) << i)
            (void)libusb_release_interface(handle->device, i);
    if (handle->device)
        libusb_close(handle->device);
    if (handle->engine)
        ub_libusb_engine_leave(&bus->engines, handle->engine);
    free(handle);
}

static enum ub_code op_open(void *self, const char *port, struct ub_usb_handle **out,
                            struct ub_error *err)
{
    *out = NULL;
    struct ub_usb_handle *handle = calloc(1, sizeof(*handle));
    if (!handle)
        return ub_fail_memory(err);
    (void)ub_print(handle->name.port, sizeof(handle->name.port), "%s", port);
    enum ub_code code = open_at(self, handle, err);
    if (code) {
        op_close(self, handle);
        return code;
    }
    *out = handle;
    return UB_OK;
}

static enum ub_code op_claim(void *self, struct ub_usb_handle *handle, uint8_t interface,
                             struct ub_error *err)
{
    (void)self;
    if (interface >= INTERFACES_MAX)
        return ub_fail(err, UB_USB_IO, "interface %u is beyond what USB has", interface);
    /* Not supported outside Linux and macOS, and not needed there. */
    (void)libusb_set_auto_detach_kernel_driver(handle->device, 1);
    int rc = libusb_claim_interface(handle->device, interface);
    if (rc != 0)
        return ub_libusb_fail(err, rc, &handle->name, "claiming the DFU interface");
    handle->claimed |= UINT32_C(1) << interface;
    return UB_OK;
}

static enum ub_code op_set_alt(void *self, struct ub_usb_handle *handle, uint8_t interface,
                               uint8_t alt, struct ub_error *err)
{
    (void)self;
    int rc = libusb_set_interface_alt_setting(handle->device, interface, alt);
    if (rc == 0)
        return UB_OK;
    /* On Linux libusb reports the STALL (EPIPE) of this one request as "other", and an alternate
     * setting that the kernel does not know as "not found". */
    if (rc == LIBUSB_ERROR_OTHER || rc == LIBUSB_ERROR_NOT_FOUND)
        rc = LIBUSB_ERROR_PIPE;
    enum ub_code code = ub_libusb_fail(err, rc, &handle->name, "selecting the alternate setting");
    const struct ub_setup setup = {.bmRequestType = LIBUSB_RECIPIENT_INTERFACE,
                                   .bRequest = LIBUSB_REQUEST_SET_INTERFACE,
                                   .wValue = alt,
                                   .wIndex = interface};
    ub_error_transfer(err, &setup, -1);
    return code;
}

static enum ub_code op_control_queue(void *self, struct ub_usb_handle *handle,
                                     struct ub_transfer *transfers, size_t count,
                                     struct ub_error *err)
{
    (void)self;
    return ub_libusb_queue(handle->engine, handle->device, &handle->name, transfers, count, err);
}

static enum ub_code op_control(void *self, struct ub_usb_handle *handle,
                               const struct ub_setup *setup, uint8_t *data, uint32_t timeout_ms,
                               uint16_t *actual, struct ub_error *err)
{
    struct ub_transfer one = {.setup = *setup, .timeout_ms = timeout_ms ? timeout_ms : 1};
    one.data = data;
    enum ub_code code = op_control_queue(self, handle, &one, 1, err);
    *actual = one.actual;
    return code;
}

static enum ub_code op_reset(void *self, struct ub_usb_handle *handle, struct ub_error *err)
{
    (void)self;
    int rc = libusb_reset_device(handle->device);
    if (rc == 0)
        return UB_OK;
    if (rc == LIBUSB_ERROR_NOT_FOUND || rc == LIBUSB_ERROR_NO_DEVICE)
        return ub_fail(err, UB_USB_GONE, "the device at %s left the bus on its reset",
                       handle->name.port);
    return ub_libusb_fail(err, rc, &handle->name, "a bus reset");
}

static int LIBUSB_CALL on_hotplug(libusb_context *context, libusb_device *device,
                                  libusb_hotplug_event event, void *user)
{
    (void)context;
    (void)device;
    (void)event;
    int *completed = user;
    *completed = 1;
    return 0;
}

/* A context that tells of hotplug events, or NULL where the system has none, or something better.
 */
static libusb_context *listen(int *completed)
{
    libusb_context *context;
    if (ub_sysfs_known(UB_SYSFS_DEVICES) || !libusb_has_capability(LIBUSB_CAP_HAS_HOTPLUG) ||
        libusb_init(&context) != 0)
        return NULL;
    int rc = libusb_hotplug_register_callback(
        context, LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED | LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT,
        LIBUSB_HOTPLUG_NO_FLAGS, LIBUSB_HOTPLUG_MATCH_ANY, LIBUSB_HOTPLUG_MATCH_ANY,
        LIBUSB_HOTPLUG_MATCH_ANY, on_hotplug, completed, NULL);
    if (rc == 0)
        return context;
    libusb_exit(context);
    return NULL;
}

/* Rests at most `us`, or until an event comes. */
static void rest(libusb_context *listener, int *completed, uint64_t us)
{
    if (listener) {
        struct timeval slice = {.tv_sec = (time_t)(us / 1000000),
                                .tv_usec = (suseconds_t)(us % 1000000)};
        *completed = 0;
        if (libusb_handle_events_timeout_completed(listener, &slice, completed) == 0)
            return;
    }
    struct ub_clock clock = ub_clock_real();
    ub_sleep(&clock, us);
}

/* Events only shorten the wait; what counts is the comparison, as events can be missed. */
static enum ub_code op_wait_change(void *self, uint64_t timeout_us, bool *changed,
                                   struct ub_error *err)
{
    struct libusb_bus *bus = self;
    struct ub_clock clock = ub_clock_real();
    uint64_t end = ub_now(&clock) + timeout_us;
    int completed = 0;
    libusb_context *listener = listen(&completed);
    enum ub_code code = UB_OK;
    *changed = false;
    for (;;) {
        uint64_t fingerprint;
        code = ub_libusb_fingerprint(&fingerprint, err);
        if (code)
            break;
        *changed = remember(bus, fingerprint);
        uint64_t now = ub_now(&clock);
        if (*changed || now >= end)
            break;
        rest(listener, &completed, end - now < LOOK_EVERY_US ? end - now : LOOK_EVERY_US);
    }
    if (listener)
        libusb_exit(listener);
    return code;
}

static enum ub_code op_wait_port(void *self, const char *port, uint32_t generation,
                                 uint64_t timeout_us, struct ub_usb_info *out, bool *came,
                                 struct ub_error *err)
{
    struct ub_clock clock = ub_clock_real();
    const uint64_t start = ub_now(&clock);
    (void)self;
    for (;;) {
        enum ub_code code = ub_libusb_at(port, generation, out, came, err);
        const uint64_t passed = ub_now(&clock) - start;
        if (code || *came || passed >= timeout_us)
            return code;
        const uint64_t left = timeout_us - passed;
        ub_sleep(&clock, left < LOOK_AT_PORT_US ? left : LOOK_AT_PORT_US);
    }
}

static void op_destroy(void *self)
{
    struct libusb_bus *bus = self;
    (void)pthread_mutex_destroy(&bus->engines.lock);
    (void)pthread_mutex_destroy(&bus->lock);
    free(bus);
}

static const struct ub_transport_ops libusb_ops = {
    .name = "libusb",
    .enumerate = op_enumerate,
    .open = op_open,
    .close = op_close,
    .claim = op_claim,
    .set_alt = op_set_alt,
    .control = op_control,
    .control_queue = op_control_queue,
    .reset = op_reset,
    .wait_change = op_wait_change,
    .wait_port = op_wait_port,
    .destroy = op_destroy,
};

/* libusb is started when a device is opened: here it would only cost a look at the whole system. */
enum ub_code ub_transport_libusb(struct ub_transport *out, struct ub_error *err)
{
    memset(out, 0, sizeof(*out));
    struct libusb_bus *self = calloc(1, sizeof(*self));
    if (!self)
        return ub_fail_memory(err);
    (void)pthread_mutex_init(&self->lock, NULL); /* cannot fail without attributes */
    (void)pthread_mutex_init(&self->engines.lock, NULL);
    *out = (struct ub_transport){.ops = &libusb_ops, .self = self};
    return UB_OK;
}
