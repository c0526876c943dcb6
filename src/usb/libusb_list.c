/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of devices: from sysfs where there is one, else from libusb. There each look scans the
 * system afresh in a context of its own: libusb's cached list follows events of the system, which
 * can be missed. */
#include "base/error.h"
#include "base/text.h"
#include "usb/libusb_room.h"
#include "usb/sysfs.h"
#include "usb/usb_list.h"

#include <stdlib.h>
#include <string.h>

#define PORTS_MAX  7 /* USB 2.0 section 4.1.1: seven tiers */
#define CONFIG_MAX ((size_t)64 * 1024)

bool ub_libusb_port(libusb_device *device, char *to, size_t size)
{
    uint8_t ports[PORTS_MAX];
    int count = libusb_get_port_numbers(device, ports, PORTS_MAX);
    to[0] = 0;
    if (count <= 0)
        return false;
    bool whole = ub_print(to, size, "%u-%u", libusb_get_bus_number(device), ports[0]);
    for (int i = 1; i < count; i++)
        whole = ub_append(to, size, ".%u", ports[i]) && whole;
    return whole;
}

static enum ub_code keep_bytes(struct ub_usb_info *info, const uint8_t *bytes, size_t length,
                               struct ub_error *err)
{
    if (length == 0)
        return UB_OK;
    info->config = malloc(length);
    if (!info->config)
        return ub_fail_memory(err);
    memcpy(info->config, bytes, length);
    info->config_length = length;
    return UB_OK;
}

/* Bytes gathered by rebuild(); stops growing at its end. */
struct gathered {
    uint8_t *bytes;
    size_t length;
};

static void gather(struct gathered *to, const uint8_t *bytes, size_t length)
{
    if (!bytes || length > CONFIG_MAX - to->length)
        return;
    memcpy(to->bytes + to->length, bytes, length);
    to->length += length;
}

/* Endpoints are left out: nobody above looks at them. */
static void gather_alternate(struct gathered *to, const struct libusb_interface_descriptor *alt)
{
    const uint8_t header[] = {
        9,
        LIBUSB_DT_INTERFACE,
        alt->bInterfaceNumber,
        alt->bAlternateSetting,
        0,
        alt->bInterfaceClass,
        alt->bInterfaceSubClass,
        alt->bInterfaceProtocol,
        alt->iInterface,
    };
    gather(to, header, sizeof(header));
    gather(to, alt->extra, alt->extra_length > 0 ? (size_t)alt->extra_length : 0);
    for (int i = 0; i < alt->bNumEndpoints; i++)
        gather(to, alt->endpoint[i].extra,
               alt->endpoint[i].extra_length > 0 ? (size_t)alt->endpoint[i].extra_length : 0);
}

/* libusb's parsed configuration turned back into bytes. */
static enum ub_code rebuild(libusb_device *device, struct ub_usb_info *info, struct ub_error *err)
{
    struct libusb_config_descriptor *config = NULL;
    if (libusb_get_active_config_descriptor(device, &config) != 0 &&
        libusb_get_config_descriptor(device, 0, &config) != 0)
        return UB_OK;
    struct gathered all = {.bytes = malloc(CONFIG_MAX), .length = 0};
    if (!all.bytes) {
        libusb_free_config_descriptor(config);
        return ub_fail_memory(err);
    }
    gather(&all, config->extra, config->extra_length > 0 ? (size_t)config->extra_length : 0);
    for (uint8_t i = 0; i < config->bNumInterfaces; i++)
        for (int alt = 0; alt < config->interface[i].num_altsetting; alt++)
            gather_alternate(&all, &config->interface[i].altsetting[alt]);
    libusb_free_config_descriptor(config);
    enum ub_code code = keep_bytes(info, all.bytes, all.length, err);
    free(all.bytes);
    return code;
}

static enum ub_speed speed_of(libusb_device *device)
{
    switch (libusb_get_device_speed(device)) {
    case LIBUSB_SPEED_LOW:
        return UB_SPEED_LOW;
    case LIBUSB_SPEED_FULL:
        return UB_SPEED_FULL;
    case LIBUSB_SPEED_HIGH:
        return UB_SPEED_HIGH;
    case LIBUSB_SPEED_SUPER:
    case LIBUSB_SPEED_SUPER_PLUS:
        return UB_SPEED_SUPER;
    default:
        return UB_SPEED_UNKNOWN;
    }
}

/* *there is false for what is not listed: root hubs, and devices that just left. */
static enum ub_code read_device(libusb_device *device, struct ub_usb_info *info, bool *there,
                                struct ub_error *err)
{
    struct libusb_device_descriptor descriptor;
    memset(info, 0, sizeof(*info));
    *there = ub_libusb_port(device, info->port, sizeof(info->port)) &&
             libusb_get_device_descriptor(device, &descriptor) == 0;
    if (!*there)
        return UB_OK;
    info->generation = libusb_get_device_address(device);
    info->speed = speed_of(device);
    info->vid = descriptor.idVendor;
    info->pid = descriptor.idProduct;
    info->bcdDevice = descriptor.bcdDevice;
    return rebuild(device, info, err);
}

static enum ub_code fresh_look(libusb_context **context, libusb_device ***devices, size_t *count,
                               struct ub_error *err)
{
    int rc = libusb_init(context);
    if (rc != 0)
        return ub_fail(err, UB_USB_INIT, "the USB library could not be started (%s)",
                       libusb_error_name(rc));
    ssize_t n = libusb_get_device_list(*context, devices);
    if (n >= 0) {
        *count = (size_t)n;
        return UB_OK;
    }
    libusb_exit(*context);
    return ub_fail(err, UB_USB_IO, "the list of USB devices cannot be read (%s)",
                   libusb_error_name((int)n));
}

static enum ub_code list_by_libusb(struct ub_usb_list *out, struct ub_error *err)
{
    libusb_context *context;
    libusb_device **devices;
    size_t count;
    memset(out, 0, sizeof(*out));
    enum ub_code code = fresh_look(&context, &devices, &count, err);
    if (code)
        return code;
    out->items = calloc(count ? count : 1, sizeof(*out->items));
    if (!out->items)
        code = ub_fail_memory(err);
    for (size_t i = 0; !code && i < count; i++) {
        bool there;
        code = read_device(devices[i], &out->items[out->count], &there, err);
        if (there)
            out->count++;
    }
    libusb_free_device_list(devices, 1);
    libusb_exit(context);
    if (code)
        ub_usb_list_free(out);
    else
        ub_usb_list_sort(out);
    return code;
}

enum ub_code ub_libusb_list(struct ub_usb_list *out, struct ub_error *err)
{
    bool known;
    enum ub_code code = ub_sysfs_list(UB_SYSFS_DEVICES, out, &known, err);
    return code || known ? code : list_by_libusb(out, err);
}

/* Without sysfs. */
static enum ub_code find_by_libusb(const char *port, uint32_t generation, struct ub_usb_info *out,
                                   bool *came, struct ub_error *err)
{
    struct ub_usb_list list = {0};
    enum ub_code code = list_by_libusb(&list, err);
    for (size_t i = 0; !code && !*came && i < list.count; i++) {
        struct ub_usb_info *info = &list.items[i];
        *came = strcmp(info->port, port) == 0 && info->generation != generation;
        if (!*came)
            continue;
        *out = *info;
        info->config = NULL; /* taken */
    }
    ub_usb_list_free(&list);
    return code;
}

enum ub_code ub_libusb_at(const char *port, uint32_t generation, struct ub_usb_info *out,
                          bool *came, struct ub_error *err)
{
    uint32_t now;
    *came = false;
    if (ub_sysfs_generation(UB_SYSFS_DEVICES, port, &now))
        return now == generation ? UB_OK : ub_sysfs_device(UB_SYSFS_DEVICES, port, out, came, err);
    return ub_sysfs_known(UB_SYSFS_DEVICES) ? UB_OK
                                            : find_by_libusb(port, generation, out, came, err);
}

enum ub_code ub_libusb_fingerprint(uint64_t *out, struct ub_error *err)
{
    libusb_context *context;
    libusb_device **devices;
    size_t count;
    if (ub_sysfs_fingerprint(UB_SYSFS_DEVICES, out))
        return UB_OK;
    enum ub_code code = fresh_look(&context, &devices, &count, err);
    if (code)
        return code;
    *out = 0;
    for (size_t i = 0; i < count; i++) {
        char port[UB_PORT_TEXT] = "";
        if (ub_libusb_port(devices[i], port, sizeof(port)))
            *out += ub_usb_share(port, libusb_get_device_address(devices[i]));
    }
    libusb_free_device_list(devices, 1);
    libusb_exit(context);
    return UB_OK;
}
