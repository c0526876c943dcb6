/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of devices. Each look scans the system afresh in a context of its own: libusb's cached
 * list follows udev's events, which do not come where no udev daemon runs. */
#define _POSIX_C_SOURCE 200809L
#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"
#include "usb/libusb_room.h"
#include "usb/usb_list.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PORTS_MAX     7 /* USB 2.0 section 4.1.1: seven tiers */
#define CONFIG_MAX    ((size_t)64 * 1024)
#define DEVICE_LENGTH 18 /* of a device descriptor (USB 2.0 table 9-8) */
#define CONFIG_HEADER 9
#define TYPE_CONFIG   2
#define PATH_SIZE     128

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

/* Reads at most `size` bytes of a file of sysfs; -1 if it is not there. */
static ssize_t read_sysfs(const char *port, const char *name, uint8_t *to, size_t size)
{
    char path[PATH_SIZE];
    if (!ub_print(path, sizeof(path), "/sys/bus/usb/devices/%s/%s", port, name))
        return -1;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return -1;
    size_t length = 0;
    while (length < size) {
        ssize_t n = read(file, to + length, size - length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        length += (size_t)n;
    }
    (void)close(file);
    return (ssize_t)length;
}

static void read_string(const char *port, const char *name, char *to)
{
    uint8_t text[4 * UB_STRING_TEXT];
    ssize_t length = read_sysfs(port, name, text, sizeof(text));
    while (length > 0 && text[length - 1] == '\n')
        length--;
    ub_print_stranger(to, UB_STRING_TEXT, (const char *)text, length > 0 ? (size_t)length : 0);
}

/* The configuration in use, or 0. */
static uint8_t active_configuration(const char *port)
{
    uint8_t text[8];
    uint64_t value = 0;
    ssize_t length = read_sysfs(port, "bConfigurationValue", text, sizeof(text));
    while (length > 0 && text[length - 1] == '\n')
        length--;
    if (length <= 0 || !ub_parse_digits((const char *)text, (size_t)length, 10, UINT8_MAX, &value))
        return 0;
    return (uint8_t)value;
}

/* Picks the wanted configuration (0: the first) out of the kernel's copy of all descriptors. */
static struct ub_cursor pick_configuration(struct ub_cursor all, uint8_t wanted)
{
    struct ub_cursor first = ub_cursor(NULL, 0);
    (void)ub_take_bytes(&all, DEVICE_LENGTH);
    while (!all.failed && all.left >= CONFIG_HEADER && all.at[1] == TYPE_CONFIG) {
        struct ub_cursor peek = all;
        uint8_t value = all.at[5];
        (void)ub_take_u16le(&peek);
        size_t total = ub_take_u16le(&peek);
        if (total < CONFIG_HEADER)
            break;
        struct ub_cursor one = ub_take_cursor(&all, total < all.left ? total : all.left);
        if (first.left == 0)
            first = one;
        if (wanted == 0 || value == wanted)
            return one;
    }
    return first;
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

/* Where there is no sysfs: libusb's parsed configuration turned back into bytes. */
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

static enum ub_code read_configuration(libusb_device *device, struct ub_usb_info *info,
                                       struct ub_error *err)
{
    uint8_t *all = malloc(CONFIG_MAX);
    if (!all)
        return ub_fail_memory(err);
    enum ub_code code;
    ssize_t length = read_sysfs(info->port, "descriptors", all, CONFIG_MAX);
    if (length > 0) {
        struct ub_cursor config = pick_configuration(ub_cursor(all, (size_t)length),
                                                     active_configuration(info->port));
        code = keep_bytes(info, config.at, config.left, err);
    } else {
        code = rebuild(device, info, err);
    }
    free(all);
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
    read_string(info->port, "manufacturer", info->manufacturer);
    read_string(info->port, "product", info->product);
    read_string(info->port, "serial", info->serial);
    return read_configuration(device, info, err);
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

enum ub_code ub_libusb_list(struct ub_usb_list *out, struct ub_error *err)
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

/* FNV-1a. */
static uint64_t mix(uint64_t hash, const void *bytes, size_t length)
{
    const uint8_t *b = bytes;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ b[i]) * UINT64_C(0x100000001b3);
    return hash;
}

/* One device's share; shares are summed up, as the order of devices means nothing. */
static uint64_t share(const char *port, const void *generation, size_t length)
{
    return mix(mix(UINT64_C(0xcbf29ce484222325), port, strlen(port) + 1), generation, length);
}

/* Straight from the kernel: a libusb context costs a scan of everything that udev knows. */
static bool sysfs_fingerprint(uint64_t *out)
{
    DIR *folder = opendir("/sys/bus/usb/devices");
    if (!folder)
        return false;
    *out = 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        uint8_t number[8];
        if (!strchr(entry->d_name, '-') || strchr(entry->d_name, ':'))
            continue; /* a root hub or an interface */
        ssize_t length = read_sysfs(entry->d_name, "devnum", number, sizeof(number));
        if (length > 0)
            *out += share(entry->d_name, number, (size_t)length);
    }
    (void)closedir(folder);
    return true;
}

enum ub_code ub_libusb_fingerprint(uint64_t *out, struct ub_error *err)
{
    libusb_context *context;
    libusb_device **devices;
    size_t count;
    if (sysfs_fingerprint(out))
        return UB_OK;
    enum ub_code code = fresh_look(&context, &devices, &count, err);
    if (code)
        return code;
    *out = 0;
    for (size_t i = 0; i < count; i++) {
        char port[UB_PORT_TEXT] = "";
        uint8_t address = libusb_get_device_address(devices[i]);
        if (ub_libusb_port(devices[i], port, sizeof(port)))
            *out += share(port, &address, sizeof(address));
    }
    libusb_free_device_list(devices, 1);
    libusb_exit(context);
    return UB_OK;
}
