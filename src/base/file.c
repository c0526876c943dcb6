/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _XOPEN_SOURCE 700
#include "base/file.h"

#include "base/error.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TEMPORARY_TRIES 100 /* random names that may be taken, one after the other */
#define REASON_TEXT     128
#define FOLDER_MODE     0700
#define FILE_MODE       0666 /* the umask takes from it */

static const char *reason(int number, char *to)
{
    if (strerror_r(number, to, REASON_TEXT) != 0)
        (void)ub_print(to, REASON_TEXT, "error %d", number);
    return to;
}

/** The error of writing `path` for the errno `number`. */
static enum ub_code fail_write(struct ub_error *err, int number, const char *what, const char *path)
{
    char why[REASON_TEXT];
    if (number == ENOMEM)
        return ub_fail_memory(err);
    bool full = number == ENOSPC || number == EDQUOT;
    return ub_fail(err, full ? UB_SYS_DISK_FULL : UB_SYS_WRITE, "%s: cannot %s: %s", path, what,
                   reason(number, why));
}

static enum ub_code fail_read(struct ub_error *err, int number, const char *path)
{
    char why[REASON_TEXT];
    return ub_fail(err, UB_IMG_READ, "%s: %s", path, reason(number, why));
}

static enum ub_code fail_too_large(struct ub_error *err, const char *path, size_t max)
{
    char limit[32];
    ub_print_grouped(limit, sizeof(limit), max);
    return ub_fail(err, UB_IMG_TOO_LARGE, "%s: larger than %s bytes", path, limit);
}

enum ub_code ub_file_open(const char *path, int *fd, uint64_t *size, struct ub_error *err)
{
    struct stat status;
    enum ub_code code = UB_OK;
    int opened = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (opened < 0 || fstat(opened, &status) != 0)
        code = fail_read(err, errno, path);
    else if (S_ISDIR(status.st_mode))
        code = ub_fail(err, UB_IMG_READ, "%s: is a folder, not a file", path);
    else if (!S_ISREG(status.st_mode))
        code = ub_fail(err, UB_IMG_READ, "%s: is not a regular file", path);
    if (code && opened >= 0)
        (void)close(opened);
    if (code)
        return code;
    *fd = opened;
    *size = status.st_size > 0 ? (uint64_t)status.st_size : 0;
    return UB_OK;
}

enum ub_code ub_file_take(int fd, const char *path, void *to, size_t length, size_t *got,
                          struct ub_error *err)
{
    *got = 0;
    while (*got < length) {
        ssize_t n = read(fd, (uint8_t *)to + *got, length - *got);
        if (n == 0)
            break;
        if (n < 0 && errno != EINTR)
            return fail_read(err, errno, path);
        if (n > 0)
            *got += (size_t)n;
    }
    return UB_OK;
}

/** Makes room for at least one byte more behind `length`, and for the NUL. */
static bool grow(uint8_t **bytes, size_t *capacity, size_t max)
{
    size_t larger = *capacity < 2048 ? 4096 : *capacity * 2;
    if (larger > max + 2)
        larger = max + 2;
    uint8_t *moved = realloc(*bytes, larger);
    if (!moved)
        return false;
    *bytes = moved;
    *capacity = larger;
    return true;
}

enum ub_code ub_file_read(const char *path, size_t max, uint8_t **bytes, size_t *length,
                          struct ub_error *err)
{
    int fd = -1;
    uint64_t expected = 0;
    size_t got = 0;
    size_t more = 0;
    uint8_t *buffer = NULL;
    if (max > SIZE_MAX / 4)
        max = SIZE_MAX / 4; /* keeps the sums below from wrapping */
    enum ub_code code = ub_file_open(path, &fd, &expected, err);
    if (!code && expected > max)
        code = fail_too_large(err, path, max);
    if (code)
        goto out;
    /* One byte more than expected, to see the end, and one for the NUL. */
    size_t capacity = (size_t)expected + 2;
    buffer = malloc(capacity);
    do {
        if (!buffer || (got + 1 >= capacity && !grow(&buffer, &capacity, max))) {
            code = ub_fail_memory(err);
            goto out;
        }
        code = ub_file_take(fd, path, buffer + got, capacity - got - 1, &more, err);
        got += more;
        if (!code && got > max)
            code = fail_too_large(err, path, max);
        if (code)
            goto out;
    } while (got + 1 == capacity);
    buffer[got] = '\0';
    *bytes = buffer;
    *length = got;
    buffer = NULL;
out:
    if (fd >= 0)
        (void)close(fd);
    free(buffer);
    return code;
}

/** The folder part of a path: "." if it has none. The caller frees; NULL when out of memory. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return strdup(".");
    if (slash == path)
        return strdup("/");
    return strndup(path, (size_t)(slash - path));
}

/**
 * Where the content really goes: through a symbolic link to its target, so that the link stays.
 * *mode is that of the file to be replaced, or 0. Refuses what is not a regular file: renaming over
 * a device node would destroy it. The caller frees; NULL with *code on failure.
 */
static char *resolve(const char *path, mode_t *mode, enum ub_code *code, struct ub_error *err)
{
    struct stat status;
    char *target = NULL;
    *mode = 0;
    if (stat(path, &status) == 0) {
        if (!S_ISREG(status.st_mode)) {
            *code = ub_fail(err, UB_SYS_WRITE, "%s: is not a regular file", path);
            return NULL;
        }
        *mode = status.st_mode & 07777;
        target = realpath(path, NULL);
    } else if (errno == ENOENT) {
        target = strdup(path);
    }
    if (!target)
        *code = fail_write(err, errno, "write", path);
    return target;
}

/** A number that no other writer has at this moment, as good as surely; any number of them may be
 * at work in one folder, and what killed ones left behind stays there. */
static uint64_t lot(unsigned attempt)
{
    uint64_t number = 0;
    struct timespec now = {0};
    if (getrandom(&number, sizeof(number), GRND_NONBLOCK) == (ssize_t)sizeof(number))
        return number;
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* a system that has only just started */
    number = ((uint64_t)getpid() << 40) ^ ((uint64_t)(uintptr_t)&number << 8);
    return number ^ ((uint64_t)now.tv_sec << 30) ^ (uint64_t)now.tv_nsec ^ attempt;
}

/** Creates a file of a new name in `folder` and opens it; the name is the caller's, NULL with *code
 * on failure. */
static char *open_temporary(const char *folder, int *fd, enum ub_code *code, struct ub_error *err)
{
    int number = EEXIST;
    for (unsigned i = 0; i < TEMPORARY_TRIES && number == EEXIST; i++) {
        char base[64];
        (void)ub_print(base, sizeof(base), ".unbrick-%016" PRIx64 ".tmp", lot(i));
        char *path = ub_path_join(folder, base);
        if (!path) {
            *code = ub_fail_memory(err);
            return NULL;
        }
        *fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
        if (*fd >= 0)
            return path;
        number = errno;
        free(path);
    }
    *code = fail_write(err, number, "create a file in", folder);
    return NULL;
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

/** Writes, syncs and closes `fd`; an errno, or 0. */
static int fill(int fd, mode_t mode, const void *bytes, size_t length)
{
    int number = write_all(fd, bytes, length);
    if (!number && mode && fchmod(fd, mode) != 0)
        number = errno;
    if (!number && fsync(fd) != 0)
        number = errno;
    if (close(fd) != 0 && !number)
        number = errno;
    return number;
}

/** Takes the bits `denied` from the file's mode: that of the one that it replaces, else what the
 * umask left of it. */
static int restrict_mode(int fd, mode_t denied, mode_t *mode)
{
    struct stat status;
    if (!denied)
        return 0;
    if (!*mode && fstat(fd, &status) != 0)
        return errno;
    *mode = (*mode ? *mode : status.st_mode & 07777) & ~denied;
    return 0;
}

static enum ub_code write_file(const char *path, const void *bytes, size_t length, mode_t denied,
                               struct ub_error *err)
{
    enum ub_code code = UB_OK;
    char *folder = NULL;
    char *temporary = NULL;
    int fd = -1;
    mode_t mode;
    char *target = resolve(path, &mode, &code, err);
    if (!target)
        return code;
    folder = folder_of(target);
    if (!folder) {
        code = ub_fail_memory(err);
        goto out;
    }
    temporary = open_temporary(folder, &fd, &code, err);
    if (!temporary) {
        code = ub_wrap(err, code, "while writing %s", path);
        goto out;
    }
    int number = restrict_mode(fd, denied, &mode);
    const int failed = fill(fd, mode, bytes, length);
    number = number ? number : failed;
    if (!number && rename(temporary, target) != 0)
        number = errno;
    if (number) {
        (void)unlink(temporary);
        code = fail_write(err, number, "write", path);
        goto out;
    }
    code = ub_folder_sync(folder, err);
out:
    free(temporary);
    free(folder);
    free(target);
    return code;
}

enum ub_code ub_file_write(const char *path, const void *bytes, size_t length, struct ub_error *err)
{
    return write_file(path, bytes, length, 0, err);
}

enum ub_code ub_file_write_guarded(const char *path, const void *bytes, size_t length,
                                   struct ub_error *err)
{
    return write_file(path, bytes, length, S_IWGRP | S_IWOTH, err);
}

/** Makes one folder, if it is not there. */
static enum ub_code make_one(const char *path, struct ub_error *err)
{
    struct stat status;
    if (mkdir(path, FOLDER_MODE) == 0) {
        /* The new entry must survive a power cut too. Parents that may not be read cannot be
         * synced; the folder is usable all the same. */
        char *parent = folder_of(path);
        if (parent)
            (void)ub_folder_sync(parent, NULL);
        free(parent);
        return UB_OK;
    }
    int number = errno;
    if (stat(path, &status) == 0) {
        if (S_ISDIR(status.st_mode))
            return UB_OK;
        number = ENOTDIR;
    }
    return fail_write(err, number, "make the folder", path);
}

enum ub_code ub_folder_make(const char *path, struct ub_error *err)
{
    enum ub_code code = UB_OK;
    char *part = strdup(path);
    if (!part)
        return ub_fail_memory(err);
    size_t length = strlen(part);
    while (length > 1 && part[length - 1] == '/')
        part[--length] = '\0';
    for (size_t i = 1; i < length && !code; i++) {
        if (part[i] != '/' || part[i - 1] == '/')
            continue;
        part[i] = '\0';
        code = make_one(part, err);
        part[i] = '/';
    }
    if (!code)
        code = make_one(part, err);
    free(part);
    return code;
}

enum ub_code ub_folder_sync(const char *path, struct ub_error *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return fail_write(err, errno, "sync the folder", path);
    int number = fsync(fd) == 0 ? 0 : errno;
    (void)close(fd);
    /* Some file systems cannot sync a folder (fsync(2), EINVAL); their renames are as safe as they
     * get. */
    if (number && number != EINVAL && number != ENOTSUP)
        return fail_write(err, number, "sync the folder", path);
    return UB_OK;
}

char *ub_path_join(const char *folder, const char *name)
{
    size_t length = strlen(folder);
    bool slash = length > 0 && folder[length - 1] != '/';
    size_t size = length + (slash ? 1 : 0) + strlen(name) + 1;
    char *path = malloc(size);
    if (path)
        (void)ub_print(path, size, "%s%s%s", folder, slash ? "/" : "", name);
    return path;
}
