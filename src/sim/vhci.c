/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _POSIX_C_SOURCE 200809L
#include "sim/vhci.h"

#include "base/error.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define FOLDER      "/sys/devices/platform/vhci_hcd.0"
#define STATUS_SIZE 4096u
#define STATE_FREE  4u /* VDEV_ST_NULL */
#define SPEED_FULL  2u /* USB_SPEED_FULL */
#define DEVICE_ID   0x00010002u
#define BUSES_MAX   64u
#define HIGH_SPEED  "480\n"

/* Reads a small file; false if it cannot be. */
static bool read_text(const char *path, char *to, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    size_t length = 0;
    ssize_t got;
    while (length + 1 < size && (got = read(fd, to + length, size - 1 - length)) > 0)
        length += (size_t)got;
    to[length] = '\0';
    (void)close(fd);
    return true;
}

/* 0, or an errno. */
static int write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    ssize_t done = write(fd, text, strlen(text));
    int why = done < 0 ? errno : 0;
    (void)close(fd);
    return why;
}

/* The next word of the line at *text; false at its end. */
static bool next_word(const char **text, const char **word, size_t *length)
{
    while (**text == ' ')
        (*text)++;
    *word = *text;
    while (**text && **text != ' ' && **text != '\n')
        (*text)++;
    *length = (size_t)(*text - *word);
    return *length > 0;
}

/* One line, "hs  0000 004 000 00000000 000000 0-0": hub, port, state. */
static bool free_line(const char *line, int *port)
{
    const char *word;
    size_t length;
    uint64_t number = 0;
    uint64_t state = 0;
    if (!next_word(&line, &word, &length) || length != 2 || memcmp(word, "hs", 2) != 0)
        return false;
    if (!next_word(&line, &word, &length) || !ub_parse_digits(word, length, 10, 1023, &number))
        return false;
    if (!next_word(&line, &word, &length) || !ub_parse_digits(word, length, 10, 999, &state))
        return false;
    *port = (int)number;
    return state == STATE_FREE;
}

int ub_vhci_free_port(const char *status)
{
    while (*status) {
        int port = UB_VHCI_NO_PORT;
        if (free_line(status, &port))
            return port;
        const char *end = strchr(status, '\n');
        status = end ? end + 1 : status + strlen(status);
    }
    return UB_VHCI_NO_PORT;
}

static enum ub_code choose_port(int *port, struct ub_error *err)
{
    char status[STATUS_SIZE];
    if (!read_text(FOLDER "/status", status, sizeof(status)))
        return ub_fail(err, UB_SIM_ATTACH,
                       "the kernel's virtual USB host is not there: load it with \"modprobe "
                       "vhci-hcd\" (as root)");
    *port = ub_vhci_free_port(status);
    if (*port == UB_VHCI_NO_PORT)
        return ub_fail(err, UB_SIM_ATTACH, "no port of the kernel's virtual USB host is free");
    return UB_OK;
}

enum ub_code ub_vhci_attach(int *port, int fd, bool *taken, struct ub_error *err)
{
    char line[64];
    int chosen = *port;
    *taken = false;
    if (chosen == UB_VHCI_NO_PORT) {
        enum ub_code code = choose_port(&chosen, err);
        if (code)
            return code;
    }
    (void)ub_print(line, sizeof(line), "%d %d %u %u", chosen, fd, DEVICE_ID, SPEED_FULL);
    int why = write_text(FOLDER "/attach", line);
    if (why == EACCES || why == EPERM)
        return ub_fail(err, UB_SIM_ATTACH, "attaching a virtual device to the kernel needs root");
    *taken = why == EBUSY || why == EINVAL;
    if (why)
        return ub_fail(err, UB_SIM_ATTACH, "the kernel did not take the virtual device: %s",
                       strerror(why));
    *port = chosen;
    return UB_OK;
}

void ub_vhci_detach(int port)
{
    char line[16];
    (void)ub_print(line, sizeof(line), "%d", port);
    (void)write_text(FOLDER "/detach", line);
}

void ub_vhci_port_name(int port, char *to, size_t size)
{
    char path[96];
    char speed[16];
    /* Two root hubs belong to the host; the high-speed one has the full-speed devices too. */
    for (unsigned bus = 1; bus < BUSES_MAX; bus++) {
        (void)ub_print(path, sizeof(path), FOLDER "/usb%u/speed", bus);
        if (read_text(path, speed, sizeof(speed)) && strcmp(speed, HIGH_SPEED) == 0) {
            (void)ub_print(to, size, "%u-%d", bus, port + 1);
            return;
        }
    }
    (void)ub_print(to, size, "vhci port %d", port);
}
