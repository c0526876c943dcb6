/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE /* flock */
#include "trust/place.h"

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define SITE         "/etc/unbrick"
#define LOCK_NAME    ".lock"
#define LOCK_TRIES   2500 /* together 5 s */
#define LOCK_WAIT_NS 2000000L
#define REASON_TEXT  128

enum ub_code ub_place_user(const char *name, char **out, struct ub_error *err)
{
    const char *config = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    char below[UB_STRING_TEXT];
    *out = NULL;
    const bool own = config && config[0] == '/';
    if (!own && (!home || home[0] != '/'))
        return UB_OK;
    (void)ub_print(below, sizeof(below), "%sunbrick/%s", own ? "" : ".config/", name);
    *out = ub_path_join(own ? config : home, below);
    return *out ? UB_OK : ub_fail_memory(err);
}

enum ub_code ub_place_site(const char *name, char **out, struct ub_error *err)
{
    const char *other = getenv("UNBRICK_SITE_CONFIG");
    const bool trial = other && other[0] == '/' && !ub_place_exists(SITE);
    *out = ub_path_join(trial ? other : SITE, name);
    return *out ? UB_OK : ub_fail_memory(err);
}

bool ub_place_exists(const char *path)
{
    return access(path, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

/** What went wrong with a file becomes what is wrong with the store. */
static enum ub_code as_store(enum ub_code code, const struct ub_error *why, struct ub_error *err)
{
    if (!code)
        return UB_OK;
    return code == UB_SYS_MEMORY ? ub_fail_memory(err)
                                 : ub_fail(err, UB_TRU_STORE, "%s", why->message);
}

static enum ub_code fail_number(const char *path, const char *what, int number,
                                struct ub_error *err)
{
    char why[REASON_TEXT];
    return ub_fail(err, UB_TRU_STORE, "%s: cannot %s: %s", path, what,
                   strerror_r(number, why, sizeof(why)));
}

enum ub_code ub_place_guarded(const char *path, const struct stat *status, struct ub_error *err)
{
    if (status->st_uid != 0 && status->st_uid != geteuid())
        return ub_fail(err, UB_TRU_STORE, "%s belongs to another user of this computer", path);
    if (status->st_mode & S_IWOTH)
        return ub_fail(err, UB_TRU_STORE, "%s: anybody on this computer may write there", path);
    if (status->st_mode & S_IWGRP)
        return ub_fail(err, UB_TRU_STORE,
                       "%s: the group it belongs to may write there (chmod go-w takes that away)",
                       path);
    return UB_OK;
}

/** Is that file there, and guarded? One that is not there is. */
static enum ub_code check_guarded(const char *path, struct ub_error *err)
{
    struct stat status;
    if (stat(path, &status) == 0)
        return ub_place_guarded(path, &status, err);
    return errno == ENOENT || errno == ENOTDIR ? UB_OK
                                               : fail_number(path, "look at it", errno, err);
}

enum ub_code ub_place_read(const char *folder, const char *name, size_t max, uint8_t **bytes,
                           size_t *length, struct ub_error *err)
{
    struct ub_error why = {0};
    *bytes = NULL;
    *length = 0;
    char *path = ub_path_join(folder, name);
    if (!path)
        return ub_fail_memory(err);
    enum ub_code code = check_guarded(path, err);
    if (code) {
        free(path);
        return code;
    }
    if (ub_place_exists(path))
        code = ub_file_read(path, max, bytes, length, &why);
    if (code && !ub_place_exists(path)) /* it was removed meanwhile */
        code = UB_OK;
    free(path);
    return as_store(code, &why, err);
}

enum ub_code ub_place_write(const char *folder, const char *name, const void *bytes, size_t length,
                            struct ub_error *err)
{
    struct ub_error why = {0};
    char *path = ub_path_join(folder, name);
    enum ub_code code = path ? ub_file_write_guarded(path, bytes, length, &why) : UB_SYS_MEMORY;
    free(path);
    return as_store(code, &why, err);
}

enum ub_code ub_place_write_json(const char *folder, const char *name, const json_t *json,
                                 struct ub_error *err)
{
    char *text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;
    enum ub_code code = text ? ub_place_write(folder, name, text, strlen(text), err)
                             : ub_fail_memory(err);
    free(text);
    return code;
}

enum ub_code ub_place_remove(const char *folder, const char *name, struct ub_error *err)
{
    enum ub_code code = UB_OK;
    char *path = ub_path_join(folder, name);
    if (!path)
        return ub_fail_memory(err);
    if (unlink(path) != 0 && errno != ENOENT)
        code = fail_number(path, "remove it", errno, err);
    free(path);
    return code;
}

/** Other programs live by no other time than the real one. */
static int wait_for(int fd)
{
    static const struct timespec wait = {.tv_nsec = LOCK_WAIT_NS};
    int failed = flock(fd, LOCK_EX | LOCK_NB);
    for (unsigned i = 0; failed && (errno == EWOULDBLOCK || errno == EINTR) && i < LOCK_TRIES;
         i++) {
        (void)nanosleep(&wait, NULL);
        failed = flock(fd, LOCK_EX | LOCK_NB);
    }
    return failed ? errno : 0;
}

enum ub_code ub_place_lock(const char *folder, int *lock, struct ub_error *err)
{
    struct ub_error why = {0};
    *lock = -1;
    enum ub_code code = as_store(ub_folder_make(folder, &why), &why, err);
    if (code)
        return code;
    char *path = ub_path_join(folder, LOCK_NAME);
    if (!path)
        return ub_fail_memory(err);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    const int number = fd < 0 ? errno : wait_for(fd);
    if (number == EWOULDBLOCK)
        code = ub_fail(err, UB_TRU_STORE, "%s: another program has been changing it for 5 s",
                       folder);
    else if (number)
        code = fail_number(path, "lock it", number, err);
    else
        *lock = fd;
    if (code && fd >= 0)
        (void)close(fd);
    free(path);
    return code;
}

void ub_place_unlock(int lock)
{
    if (lock >= 0)
        (void)close(lock); /* and the lock is gone */
}
