/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _POSIX_C_SOURCE 200809L
#include "usb/trace_file.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"
#include "usb/pcap.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MODE   0600 /* it holds firmware and serial numbers */
#define REASON_TEXT 128

static const char *reason(int number, char *to)
{
    if (strerror_r(number, to, REASON_TEXT) != 0)
        (void)ub_print(to, REASON_TEXT, "error %d", number);
    return to;
}

static enum ub_code code_of(int number)
{
    return number == ENOSPC || number == EDQUOT || number == EFBIG ? UB_SYS_DISK_FULL
                                                                   : UB_SYS_WRITE;
}

/** An earlier recording, of either format, or nothing at all. */
static bool may_overwrite(int fd)
{
    static const char start[] = "{\"format\":\"" UB_TRACE_FORMAT "\"";
    uint8_t bytes[sizeof(start) - 1] = {0};
    uint8_t header[UB_PCAP_HEADER];
    ssize_t n = pread(fd, bytes, sizeof(bytes), 0);
    ub_pcap_header(header);
    return n == 0 || (n == (ssize_t)sizeof(bytes) && memcmp(bytes, start, sizeof(bytes)) == 0) ||
           (n >= (ssize_t)sizeof(header) && memcmp(bytes, header, sizeof(header)) == 0);
}

enum ub_code ub_trace_file_open(const char *path, struct ub_trace_file *out, struct ub_error *err)
{
    char why[REASON_TEXT];
    struct stat status;
    enum ub_code code = UB_OK;
    /* nothing here may wait, as opening a FIFO would */
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, FILE_MODE);
    *out = (struct ub_trace_file){.fd = -1};
    if (fd < 0 || fstat(fd, &status) != 0)
        code = ub_fail(err, code_of(errno), "%s: cannot record there: %s", path,
                       reason(errno, why));
    else if (!S_ISREG(status.st_mode))
        code = ub_fail(err, UB_SYS_WRITE, "%s: cannot record there: it is not a regular file",
                       path);
    else if (!may_overwrite(fd))
        code = ub_fail(err, UB_SYS_WRITE,
                       "%s: is there, holds something else than a trace, and is left alone", path);
    else if (fchmod(fd, status.st_mode & FILE_MODE) != 0 || ftruncate(fd, 0) != 0)
        code = ub_fail(err, code_of(errno), "%s: cannot record there: %s", path,
                       reason(errno, why));
    if (code && fd >= 0)
        (void)close(fd);
    else
        out->fd = fd;
    return code;
}

static int write_all(int fd, const uint8_t *bytes, size_t length)
{
    while (length > 0) {
        ssize_t n = write(fd, bytes, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? errno : EIO;
        bytes += n;
        length -= (size_t)n;
    }
    return 0;
}

enum ub_code ub_trace_file_append(struct ub_trace_file *file, const void *bytes, size_t length,
                                  struct ub_error *err)
{
    char why[REASON_TEXT];
    if (length > UB_TRACE_MAX - file->length)
        return ub_fail(err, UB_SYS_WRITE, "it would grow beyond %zu MiB", UB_TRACE_MAX >> 20);
    int number = write_all(file->fd, bytes, length);
    if (number) {
        (void)!ftruncate(file->fd, (off_t)file->length); /* the reader bears half a line too */
        return ub_fail(err, code_of(number), "%s", reason(number, why));
    }
    file->length += length;
    return UB_OK;
}

void ub_trace_file_close(struct ub_trace_file *file)
{
    if (file->fd >= 0)
        (void)close(file->fd);
    file->fd = -1;
}

bool ub_trace_same_file(const char *a, const char *b)
{
    struct stat one;
    struct stat other;
    return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}
