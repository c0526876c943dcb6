/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _DEFAULT_SOURCE
#include "fetch/download.h"

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "fetch/part.h"
#include "image/image.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define DOWNLOADS "downloads"
#define PREFIX    ".fetch-"
#define RECORD    ".record"
#define LOCK      ".lock"
#define KEY_BYTES 16
#define FILE_MODE 0600
#define WAIT_US   50000
#define STALE_S   ((time_t)30 * 24 * 3600) /* an unfinished download is dropped after a month */

enum ub_code ub_part_fail(struct ub_error *err, int number, const char *what, const char *path)
{
    char why[128];
    if (number == ENOMEM)
        return ub_fail_memory(err);
    if (strerror_r(number, why, sizeof(why)) != 0)
        (void)ub_print(why, sizeof(why), "error %d", number);
    const bool full = number == ENOSPC || number == EDQUOT;
    return ub_fail(err, full ? UB_SYS_DISK_FULL : UB_SYS_WRITE, "%s: cannot %s: %s", path, what,
                   why);
}

/** Names everything. */
static enum ub_code lay_out(struct ub_download *download, const char *vault, struct ub_error *err)
{
    char name[sizeof(PREFIX) + (size_t)2 * KEY_BYTES] = PREFIX;
    uint8_t key[KEY_BYTES];
    const char *text = download->url.text;
    (void)crypto_generichash(key, sizeof(key), (const uint8_t *)text, strlen(text), NULL, 0);
    ub_print_hex(name + sizeof(PREFIX) - 1, key, sizeof(key));
    download->downloads = ub_path_join(vault, DOWNLOADS);
    download->folder = download->downloads ? ub_path_join(download->downloads, name) : NULL;
    download->path = download->folder ? ub_path_join(download->folder, download->url.name) : NULL;
    download->record = download->folder ? ub_path_join(download->folder, RECORD) : NULL;
    return download->path && download->record ? UB_OK : ub_fail_memory(err);
}

/** Opens the lock and tries to take it. *taken is false if somebody has it, or has just deleted
 * the folder. */
static enum ub_code try_lock(struct ub_download *download, const char *path, bool *taken,
                             struct ub_error *err)
{
    struct stat held;
    struct stat there;
    *taken = false;
    enum ub_code code = ub_folder_make(download->folder, err);
    if (code)
        return code;
    const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    if (fd < 0)
        return errno == ENOENT ? UB_OK : ub_part_fail(err, errno, "make the lock", path);
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &held) == 0 && stat(path, &there) == 0 &&
        held.st_ino == there.st_ino && held.st_dev == there.st_dev) {
        download->lock = fd;
        *taken = true;
        return UB_OK;
    }
    (void)close(fd);
    return UB_OK;
}

static int64_t size_of(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 ? (int64_t)status.st_size : -1;
}

static enum ub_code take_lock(struct ub_download *download, uint64_t stall_us, struct ub_error *err)
{
    const struct ub_clock clock = ub_clock_real();
    uint64_t since = ub_now(&clock);
    int64_t size = -1;
    bool taken = false;
    char *path = ub_path_join(download->folder, LOCK);
    enum ub_code code = path ? UB_OK : ub_fail_memory(err);
    while (!code) {
        code = try_lock(download, path, &taken, err);
        if (code || taken)
            break;
        const int64_t now = size_of(download->path);
        if (now != size)
            since = ub_now(&clock);
        size = now;
        code = ub_env_check(download->env, err);
        if (!code && ub_now(&clock) - since >= stall_us)
            code = ub_fail(err, UB_NET_TIMEOUT,
                           "%s: another program is fetching it, and makes no progress",
                           download->url.name);
        if (!code)
            ub_sleep(&clock, WAIT_US);
    }
    free(path);
    return code;
}

/** Deletes what lies beside file, note and lock: statements of an earlier try. */
static void sweep(const struct ub_download *download, bool all)
{
    DIR *folder = opendir(download->folder);
    for (struct dirent *entry; folder && (entry = readdir(folder)) != NULL;)
        if (strcmp(entry->d_name, LOCK) != 0 &&
            (all || (strcmp(entry->d_name, RECORD) != 0 &&
                     strcmp(entry->d_name, download->url.name) != 0)))
            (void)unlinkat(dirfd(folder), entry->d_name, 0);
    if (folder)
        (void)closedir(folder);
}

/** Deletes an unfinished download, unless somebody has it in hand. */
static void drop_stale(const char *folder)
{
    char *path = ub_path_join(folder, LOCK);
    const int fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE) : -1;
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0) {
        const struct ub_download download = {.folder = (char *)folder};
        sweep(&download, true);
        (void)unlink(path);
        (void)rmdir(folder);
    }
    if (fd >= 0)
        (void)close(fd);
    free(path);
}

/** Drops what nobody came back for. */
static void drop_all_stale(const struct ub_download *download)
{
    const time_t now = time(NULL);
    struct stat status;
    DIR *folder = opendir(download->downloads);
    for (struct dirent *entry; folder && (entry = readdir(folder)) != NULL;) {
        if (strncmp(entry->d_name, PREFIX, sizeof(PREFIX) - 1) != 0)
            continue;
        char *path = ub_path_join(download->downloads, entry->d_name);
        if (path && strcmp(path, download->folder) != 0 && lstat(path, &status) == 0 &&
            S_ISDIR(status.st_mode) && now - status.st_mtime > STALE_S)
            drop_stale(path);
        free(path);
    }
    if (folder)
        (void)closedir(folder);
}

enum ub_code ub_download_open(struct ub_env *env, const char *vault, const struct ub_url *url,
                              const char *digest, uint64_t stall_us, struct ub_download **out,
                              struct ub_error *err)
{
    *out = NULL;
    struct ub_download *download = calloc(1, sizeof(*download));
    if (!download)
        return ub_fail_memory(err);
    download->env = env;
    download->url = *url;
    download->lock = -1;
    for (size_t i = 0; digest && digest[i] && i + 1 < sizeof(download->digest); i++)
        download->digest[i] = (char)(digest[i] >= 'A' && digest[i] <= 'F' ? digest[i] - 'A' + 'a'
                                                                          : digest[i]);
    enum ub_code code = lay_out(download, vault, err);
    if (!code)
        code = take_lock(download, stall_us ? stall_us : UB_NET_STALL_US, err);
    if (code) {
        ub_download_close(download);
        return code;
    }
    sweep(download, false);
    drop_all_stale(download);
    *out = download;
    return UB_OK;
}

/** Could a later try go on with what is there? */
static bool is_of_use(const struct ub_download *download)
{
    struct ub_part_record record;
    return size_of(download->path) > 0 && ub_part_record_read(download->record, &record) &&
           (ub_part_record_validator(&record) || record.digest[0]);
}

void ub_download_close(struct ub_download *download)
{
    if (!download)
        return;
    if (download->lock >= 0) {
        if (!is_of_use(download)) {
            char *lock = ub_path_join(download->folder, LOCK);
            ub_download_discard(download);
            if (lock)
                (void)unlink(lock);
            (void)rmdir(download->folder);
            free(lock);
        }
        (void)close(download->lock);
    }
    free(download->downloads);
    free(download->folder);
    free(download->path);
    free(download->record);
    free(download);
}

void ub_download_discard(struct ub_download *download)
{
    sweep(download, true);
}

enum ub_code ub_download_copy(struct ub_download *download, struct ub_error *err)
{
    struct ub_error why;
    uint8_t *bytes = NULL;
    size_t length = 0;
    ub_download_discard(download);
    enum ub_code code = ub_file_read(download->url.path, UB_IMAGE_FILE_MAX, &bytes, &length, &why);
    if (code == UB_SYS_MEMORY)
        return ub_fail_memory(err);
    if (code)
        return ub_fail(err, code == UB_IMG_TOO_LARGE ? UB_NET_TOO_LARGE : UB_NET_REFUSED, "%s",
                       why.message);
    code = ub_file_write(download->path, bytes, length, err);
    download->length = length;
    free(bytes);
    return code;
}
