/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _DEFAULT_SOURCE
#include "fetch/keep.h"

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "fetch/part.h"
#include "image/image.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK       ".lock"
#define FILE_MODE  0600
#define PLACES_MAX 10000u
#define WAIT_US    20000
#define WAIT_TRIES 500 /* together 10 s: nobody holds it longer than some renames take */

/** The file comes last: it is never there without what vouches for it. */
static const char *const endings[] = {
    ".minisig", ".sig", ".manifest.json", ".manifest.json.minisig", ".sha256", ".sha512", "",
};
#define ENDINGS (sizeof(endings) / sizeof(endings[0]))

/** Lists that speak for every file of the folder in which they lie. */
static const char *const lists[] = {"SHA256SUMS", "SHA512SUMS"};
#define LISTS (sizeof(lists) / sizeof(lists[0]))

/** folder/name+ending; the caller frees. NULL when out of memory. */
static char *path_of(const char *folder, const char *name, const char *ending)
{
    const size_t size = strlen(folder) + strlen(name) + strlen(ending) + 2;
    char *path = malloc(size);
    if (path)
        (void)ub_print(path, size, "%s/%s%s", folder, name, ending);
    return path;
}

static bool exists(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0;
}

static bool same_content(const char *a, const char *b)
{
    uint8_t *bytes[2] = {NULL, NULL};
    size_t lengths[2] = {0, 0};
    const bool same = ub_file_read(a, UB_IMAGE_FILE_MAX, &bytes[0], &lengths[0], NULL) == UB_OK &&
                      ub_file_read(b, UB_IMAGE_FILE_MAX, &bytes[1], &lengths[1], NULL) == UB_OK &&
                      lengths[0] == lengths[1] && memcmp(bytes[0], bytes[1], lengths[0]) == 0;
    free(bytes[0]);
    free(bytes[1]);
    return same;
}

/** Is it looked for beside other files, whatever it was fetched as? Case does not count, as it does
 * not on some disks. */
static bool speaks_for_others(const char *name)
{
    const size_t length = strlen(name);
    for (size_t i = 0; i < LISTS; i++)
        if (strcasecmp(name, lists[i]) == 0)
            return true;
    for (size_t i = 0; i < ENDINGS; i++) {
        const size_t n = strlen(endings[i]);
        if (n > 0 && length > n && strcasecmp(name + length - n, endings[i]) == 0)
            return true;
    }
    return false;
}

/** Is it one of the files that belong to the download of `name`? */
static bool belongs_to(const char *entry, const char *name)
{
    const size_t length = strlen(name);
    if (strncmp(entry, name, length) != 0)
        return false;
    for (size_t i = 0; i < ENDINGS; i++)
        if (strcmp(entry + length, endings[i]) == 0)
            return true;
    return false;
}

/** May a file of that name lie beside what is in the folder already? Not if a list there would
 * speak for it; and one that speaks for others lies beside nothing. */
static bool suits(const char *folder, const char *name)
{
    const bool alone = speaks_for_others(name);
    bool suit = true;
    DIR *entries = opendir(folder);
    for (struct dirent *entry; suit && entries && (entry = readdir(entries)) != NULL;) {
        const char *other = entry->d_name;
        if (strcmp(other, ".") == 0 || strcmp(other, "..") == 0 || belongs_to(other, name))
            continue;
        suit = !alone;
        for (size_t i = 0; suit && i < LISTS; i++)
            suit = strcasecmp(other, lists[i]) != 0;
    }
    if (entries)
        (void)closedir(entries);
    return suit && entries;
}

/** May they go there? Nothing of that name is there, or the same; and nothing that would be taken
 * for a statement about this file. False also when out of memory, set *code then. */
static bool fits(const struct ub_download *download, const char *folder, enum ub_code *code,
                 struct ub_error *err)
{
    bool fit = suits(folder, download->url.name);
    for (size_t i = 0; fit && i < ENDINGS; i++) {
        char *from = path_of(download->folder, download->url.name, endings[i]);
        char *to = path_of(folder, download->url.name, endings[i]);
        if (!from || !to)
            *code = ub_fail_memory(err);
        fit = from && to && (!exists(to) || (exists(from) && same_content(from, to)));
        free(from);
        free(to);
    }
    return fit;
}

static enum ub_code move_all(const struct ub_download *download, const char *folder,
                             struct ub_error *err)
{
    enum ub_code code = UB_OK;
    for (size_t i = 0; !code && i < ENDINGS; i++) {
        char *from = path_of(download->folder, download->url.name, endings[i]);
        char *to = path_of(folder, download->url.name, endings[i]);
        if (!from || !to)
            code = ub_fail_memory(err);
        else if (exists(from) && rename(from, to) != 0)
            code = ub_part_fail(err, errno, "write", to);
        free(from);
        free(to);
    }
    return code ? code : ub_folder_sync(folder, err);
}

static enum ub_code take_lock(const struct ub_download *download, int *fd, struct ub_error *err)
{
    const struct ub_clock clock = ub_clock_real();
    char *path = ub_path_join(download->downloads, LOCK);
    if (!path)
        return ub_fail_memory(err);
    enum ub_code code = UB_OK;
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    if (*fd < 0)
        code = ub_part_fail(err, errno, "make the lock", path);
    for (unsigned i = 0; !code && flock(*fd, LOCK_EX | LOCK_NB) != 0; i++) {
        if (i == WAIT_TRIES)
            code = ub_fail(err, UB_SYS_WRITE, "%s: another program holds the lock", path);
        ub_sleep(&clock, WAIT_US);
    }
    free(path);
    return code;
}

/** Is a file there, where a folder is wanted? */
static bool is_file(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0 && !S_ISDIR(status.st_mode);
}

/** The folder number `index` for files of one name; the caller frees. NULL when out of memory. */
static char *place_at(const struct ub_download *download, unsigned index)
{
    char number[16];
    if (index == 1)
        return strdup(download->downloads);
    (void)ub_print(number, sizeof(number), "%u", index);
    return ub_path_join(download->downloads, number);
}

enum ub_code ub_keep(struct ub_download *download, char *path, size_t size, struct ub_error *err)
{
    int fd = -1;
    bool done = false;
    enum ub_code code = take_lock(download, &fd, err);
    /* what speaks for others never goes to where most files go */
    const unsigned first = speaks_for_others(download->url.name) ? 2 : 1;
    for (unsigned i = first; !code && !done && i < PLACES_MAX; i++) {
        char *folder = place_at(download, i);
        const bool usable = folder && !is_file(folder); /* files can be called "2" */
        if (!folder)
            code = ub_fail_memory(err);
        else if (usable)
            code = ub_folder_make(folder, err);
        if (!code && usable && fits(download, folder, &code, err)) {
            code = move_all(download, folder, err);
            done = true;
            if (!ub_print(path, size, "%s/%s", folder, download->url.name) && !code)
                code = ub_fail(err, UB_SYS_WRITE, "%s: the path is too long", folder);
        }
        free(folder);
    }
    if (!code && !done)
        code = ub_fail(err, UB_SYS_WRITE, "%s: too many files named %s", download->downloads,
                       download->url.name);
    if (fd >= 0)
        (void)close(fd);
    return code;
}
