/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _POSIX_C_SOURCE 200809L
#include "sim/vhci.h"

#include "base/error.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* The first of the virtual hosts speaks for all of them: `status` is its own, `status.N` that of
 * host N, and port numbers run on from one to the next. */
#define HOSTS       "/sys/devices/platform/vhci_hcd."
#define FOLDER      HOSTS "0"
#define HOSTS_MAX   32u
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
static bool read_line(const char *line, int *port, uint64_t *state)
{
    const char *word;
    size_t length;
    uint64_t number = 0;
    if (!next_word(&line, &word, &length) || length != 2 || memcmp(word, "hs", 2) != 0)
        return false;
    if (!next_word(&line, &word, &length) || !ub_parse_digits(word, length, 10, 9999, &number))
        return false;
    if (!next_word(&line, &word, &length) || !ub_parse_digits(word, length, 10, 999, state))
        return false;
    *port = (int)number;
    return true;
}

/* The first port of the high-speed hub, or the first that is free. */
static int find_port(const char *status, bool must_be_free)
{
    while (*status) {
        int port;
        uint64_t state;
        if (read_line(status, &port, &state) && (!must_be_free || state == STATE_FREE))
            return port;
        const char *end = strchr(status, '\n');
        status = end ? end + 1 : status + strlen(status);
    }
    return UB_VHCI_NO_PORT;
}

int ub_vhci_free_port(const char *status)
{
    return find_port(status, true);
}

int ub_vhci_first_port(const char *status)
{
    return find_port(status, false);
}

/* The status of one virtual host; false if there is no such host. */
static bool read_status(unsigned host, char *to, size_t size)
{
    char path[96];
    if (host == 0)
        return read_text(FOLDER "/status", to, size);
    (void)ub_print(path, sizeof(path), FOLDER "/status.%u", host);
    return read_text(path, to, size);
}

static enum ub_code choose_port(int *port, struct ub_error *err)
{
    char status[STATUS_SIZE];
    *port = UB_VHCI_NO_PORT;
    if (!read_status(0, status, sizeof(status)))
        return ub_fail(err, UB_SIM_ATTACH,
                       "the kernel's virtual USB host is not there: load it with \"modprobe "
                       "vhci-hcd\" (as root)");
    for (unsigned host = 0; host < HOSTS_MAX && *port == UB_VHCI_NO_PORT; host++) {
        if (!read_status(host, status, sizeof(status)))
            break;
        *port = ub_vhci_free_port(status);
    }
    if (*port == UB_VHCI_NO_PORT)
        return ub_fail(err, UB_SIM_ATTACH, "no port of the kernel's virtual USB hosts is free");
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

/* The host that a port belongs to; *first is the first port of that host. */
static unsigned host_of(int port, int *first)
{
    char status[STATUS_SIZE];
    unsigned found = 0;
    *first = 0;
    for (unsigned host = 0; host < HOSTS_MAX && read_status(host, status, sizeof(status)); host++) {
        int begin = ub_vhci_first_port(status);
        if (begin == UB_VHCI_NO_PORT || begin > port)
            break;
        found = host;
        *first = begin;
    }
    return found;
}

void ub_vhci_port_name(int port, char *to, size_t size)
{
    char path[96];
    char speed[16];
    int first;
    unsigned host = host_of(port, &first);
    /* Two root hubs belong to a host; the high-speed one has the full-speed devices too. */
    for (unsigned bus = 1; bus < BUSES_MAX; bus++) {
        (void)ub_print(path, sizeof(path), HOSTS "%u/usb%u/speed", host, bus);
        if (read_text(path, speed, sizeof(speed)) && strcmp(speed, HIGH_SPEED) == 0) {
            (void)ub_print(to, size, "%u-%d", bus, port - first + 1);
            return;
        }
    }
    (void)ub_print(to, size, "vhci port %d", port);
}
