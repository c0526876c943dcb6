/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _POSIX_C_SOURCE 200809L
#include "usb/sysfs.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"
#include "usb/usb_list.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEVICE_LENGTH 18 /* of a device descriptor (USB 2.0 table 9-8) */
#define CONFIG_HEADER 9
#define TYPE_CONFIG   2
#define NUMBER_TEXT   16
/* Most devices' descriptors fit at once; none has more than this. */
#define DESCRIPTORS_FIRST ((size_t)1024)
#define DESCRIPTORS_MAX   ((size_t)256 * 1024)

bool ub_sysfs_known(const char *root)
{
    return access(root, R_OK | X_OK) == 0;
}

/* Reads at most `size` bytes of a file in a folder; -1 if it is not there. */
static ssize_t read_file(int folder, const char *name, uint8_t *to, size_t size)
{
    int file = openat(folder, name, O_RDONLY | O_CLOEXEC);
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

/* A line of text without its end; *length is 0 if it is not there. */
static void read_line(int folder, const char *name, uint8_t *to, size_t size, size_t *length)
{
    ssize_t n = read_file(folder, name, to, size);
    while (n > 0 && to[n - 1] == '\n')
        n--;
    *length = n > 0 ? (size_t)n : 0;
}

static void read_string(int folder, const char *name, char *to)
{
    uint8_t text[4 * UB_STRING_TEXT];
    size_t length;
    read_line(folder, name, text, sizeof(text), &length);
    ub_print_stranger(to, UB_STRING_TEXT, (const char *)text, length);
}

/* A decimal number, or 0 if there is none. */
static uint64_t read_number(int folder, const char *name, uint64_t max)
{
    uint8_t text[NUMBER_TEXT];
    size_t length;
    uint64_t value = 0;
    read_line(folder, name, text, sizeof(text), &length);
    return ub_parse_digits((const char *)text, length, 10, max, &value) ? value : 0;
}

static enum ub_speed read_speed(int folder)
{
    static const struct {
        const char *text;
        enum ub_speed speed;
    } speeds[] = {
        {"1.5", UB_SPEED_LOW},    {"12", UB_SPEED_FULL},     {"480", UB_SPEED_HIGH},
        {"5000", UB_SPEED_SUPER}, {"10000", UB_SPEED_SUPER}, {"20000", UB_SPEED_SUPER},
    };
    uint8_t text[NUMBER_TEXT];
    size_t length;
    read_line(folder, "speed", text, sizeof(text), &length);
    for (size_t i = 0; i < sizeof(speeds) / sizeof(speeds[0]); i++)
        if (strlen(speeds[i].text) == length && memcmp(speeds[i].text, text, length) == 0)
            return speeds[i].speed;
    return UB_SPEED_UNKNOWN;
}

/* Picks the wanted configuration (0: the first) out of those behind the device descriptor. */
static struct ub_cursor pick_configuration(struct ub_cursor all, uint8_t wanted)
{
    struct ub_cursor first = ub_cursor(NULL, 0);
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

/* What the kernel keeps of all descriptors: of the device, then of each configuration. */
static enum ub_code read_descriptors(int folder, uint8_t **out, size_t *length,
                                     struct ub_error *err)
{
    *out = NULL;
    for (size_t size = DESCRIPTORS_FIRST; size <= DESCRIPTORS_MAX; size *= 4) {
        uint8_t *bytes = realloc(*out, size);
        if (!bytes) {
            free(*out);
            *out = NULL;
            return ub_fail_memory(err);
        }
        *out = bytes;
        ssize_t n = read_file(folder, "descriptors", bytes, size);
        *length = n > 0 ? (size_t)n : 0;
        if (*length < size)
            break;
    }
    return UB_OK;
}

/* Reads the descriptors; *there is false if there is not even one of the device. */
static enum ub_code fill_descriptors(int folder, struct ub_usb_info *info, bool *there,
                                     struct ub_error *err)
{
    uint8_t *bytes = NULL;
    size_t length = 0;
    enum ub_code code = read_descriptors(folder, &bytes, &length, err);
    *there = !code && length >= DEVICE_LENGTH;
    if (!*there)
        goto out;
    struct ub_cursor device = ub_cursor(bytes + 8, DEVICE_LENGTH - 8);
    info->vid = ub_take_u16le(&device);
    info->pid = ub_take_u16le(&device);
    info->bcdDevice = ub_take_u16le(&device);
    const bool one = bytes[DEVICE_LENGTH - 1] <= 1; /* bNumConfigurations */
    const uint8_t wanted = one ? 0 : (uint8_t)read_number(folder, "bConfigurationValue", UINT8_MAX);
    struct ub_cursor config = pick_configuration(
        ub_cursor(bytes + DEVICE_LENGTH, length - DEVICE_LENGTH), wanted);
    if (config.left == 0)
        goto out;
    info->config = malloc(config.left);
    if (info->config) {
        memcpy(info->config, config.at, config.left);
        info->config_length = config.left;
    } else {
        code = ub_fail_memory(err);
    }
out:
    free(bytes);
    return code;
}

static enum ub_code read_device(int folder, const char *port, struct ub_usb_info *info, bool *there,
                                struct ub_error *err)
{
    memset(info, 0, sizeof(*info));
    *there = ub_print(info->port, sizeof(info->port), "%s", port);
    info->generation = (uint32_t)read_number(folder, "devnum", UINT32_MAX);
    *there = *there && info->generation != 0;
    if (!*there)
        return UB_OK;
    info->speed = read_speed(folder);
    read_string(folder, "manufacturer", info->manufacturer);
    read_string(folder, "product", info->product);
    read_string(folder, "serial", info->serial);
    return fill_descriptors(folder, info, there, err);
}

static int open_folder(const char *root, const char *port)
{
    char path[128];
    if (!ub_print(path, sizeof(path), "%s/%s", root, port))
        return -1;
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

enum ub_code ub_sysfs_device(const char *root, const char *port, struct ub_usb_info *out,
                             bool *there, struct ub_error *err)
{
    int folder = open_folder(root, port);
    *there = false;
    if (folder < 0)
        return UB_OK;
    enum ub_code code = read_device(folder, port, out, there, err);
    (void)close(folder);
    return code;
}

bool ub_sysfs_generation(const char *root, const char *port, uint32_t *generation)
{
    int folder = open_folder(root, port);
    *generation = 0;
    if (folder < 0)
        return false;
    *generation = (uint32_t)read_number(folder, "devnum", UINT32_MAX);
    (void)close(folder);
    return *generation != 0;
}

/* The next device in the folder: neither a root hub ("usb1") nor an interface ("1-1:1.0"). */
static const struct dirent *next_device(DIR *folder)
{
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
        if (strchr(entry->d_name, '-') && !strchr(entry->d_name, ':'))
            return entry;
    return NULL;
}

/* Room for one more. */
static bool grow(struct ub_usb_list *list, size_t *room)
{
    if (list->count < *room)
        return true;
    const size_t more = *room ? *room * 2 : 16;
    struct ub_usb_info *items = realloc(list->items, more * sizeof(*items));
    if (!items)
        return false;
    list->items = items;
    *room = more;
    return true;
}

enum ub_code ub_sysfs_list(const char *root, struct ub_usb_list *out, bool *known,
                           struct ub_error *err)
{
    DIR *folder = opendir(root);
    size_t room = 0;
    enum ub_code code = UB_OK;
    memset(out, 0, sizeof(*out));
    *known = folder != NULL;
    if (!folder)
        return UB_OK;
    for (const struct dirent *one; !code && (one = next_device(folder)) != NULL;) {
        bool there = false;
        code = grow(out, &room)
                   ? ub_sysfs_device(root, one->d_name, &out->items[out->count], &there, err)
                   : ub_fail_memory(err);
        out->count += there;
    }
    (void)closedir(folder);
    if (code)
        ub_usb_list_free(out);
    else
        ub_usb_list_sort(out);
    return code;
}

bool ub_sysfs_fingerprint(const char *root, uint64_t *out)
{
    DIR *folder = opendir(root);
    *out = 0;
    if (!folder)
        return false;
    /* each time a device arrives the kernel makes its folder anew, with another inode */
    for (const struct dirent *one; (one = next_device(folder)) != NULL;)
        *out += ub_usb_share(one->d_name, one->d_ino);
    (void)closedir(folder);
    return true;
}
