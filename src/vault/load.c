/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading backups: a record, a whole backup with every digest compared, the list of all. */
#define _DEFAULT_SOURCE
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "vault/place.h"
#include "vault/record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK ((size_t)32 * 1024)

/** Reads the record in `folder`, the folder of backup `id`. */
static enum ub_code load_record(const char *folder, const char *id, struct ub_backup_info *info,
                                struct ub_error *err)
{
    uint8_t *text = NULL;
    size_t length = 0;
    char *path = ub_path_join(folder, UB_RECORD_NAME);
    if (!path)
        return ub_fail_memory(err);
    struct ub_error why;
    enum ub_code code = ub_file_read(path, UB_RECORD_MAX, &text, &length, &why);
    free(path);
    if (code == UB_SYS_MEMORY)
        return ub_fail_memory(err);
    if (code)
        return ub_fail(err, UB_VLT_DAMAGED, "backup %s: its record cannot be read: %s", id,
                       why.message);
    code = ub_record_parse(text, length, info, err);
    free(text);
    if (code)
        return ub_wrap(err, code, "in backup %s", id);
    (void)ub_print(info->id, sizeof(info->id), "%s", id);
    return UB_OK;
}

/** Reads one part and compares its digest. *bytes is the caller's. */
static enum ub_code load_part(const char *folder, const char *id, const struct ub_backup_part *part,
                              uint8_t **bytes, struct ub_error *err)
{
    char name[UB_PART_NAME];
    uint8_t digest[sizeof(part->sha256)];
    uint8_t *content = NULL;
    size_t length = 0;
    struct ub_error why;
    ub_record_part_name(part, name);
    char *path = ub_path_join(folder, name);
    if (!path)
        return ub_fail_memory(err);
    enum ub_code code = ub_file_read(path, (size_t)part->length, &content, &length, &why);
    free(path);
    if (code == UB_SYS_MEMORY)
        return ub_fail_memory(err);
    if (code)
        return ub_fail(err, UB_VLT_DAMAGED, "backup %s: part %s (%s): %s", id, name, part->name,
                       why.message);
    (void)crypto_hash_sha256(digest, content, length);
    if (length != part->length || memcmp(digest, part->sha256, sizeof(digest)) != 0) {
        free(content);
        return ub_fail(err, UB_VLT_DAMAGED, "backup %s: part %s (%s) is not as it was stored: %s",
                       id, name, part->name,
                       length < part->length ? "it is cut short" : "its SHA-256 differs");
    }
    *bytes = content;
    return UB_OK;
}

enum ub_code ub_vault_load(struct ub_vault *vault, const char *id, struct ub_backup **out,
                           struct ub_error *err)
{
    struct ub_vault_id parsed;
    struct stat status;
    struct ub_backup *backup = NULL;
    char *folder = NULL;
    if (!ub_vault_id_parse(id, &parsed)) {
        char shown[UB_BACKUP_ID];
        ub_print_stranger(shown, sizeof(shown), id ? id : "", id ? strlen(id) : 0);
        return ub_fail(err, UB_VLT_NOT_FOUND,
                       "\"%s\" is not the id of a backup; ids look like 2026-11-22-01", shown);
    }
    enum ub_code code = UB_OK;
    folder = ub_path_join(vault->backups, id);
    backup = ub_backup_new(0);
    if (!folder || !backup) {
        code = ub_fail_memory(err);
        goto out;
    }
    if (stat(folder, &status) != 0) {
        code = errno == ENOENT || errno == ENOTDIR
                   ? ub_fail(err, UB_VLT_NOT_FOUND, "no backup %s in %s", id, vault->folder)
                   : ub_vault_fail(err, errno, "read it", folder);
        goto out;
    }
    struct ub_backup_info info;
    code = load_record(folder, id, &info, err);
    if (code)
        goto out;
    free(backup->info.parts);
    backup->info = info;
    free(backup->contents);
    backup->contents = calloc(info.part_count, sizeof(*backup->contents));
    if (!backup->contents) {
        code = ub_fail_memory(err);
        goto out;
    }
    for (size_t i = 0; !code && i < info.part_count; i++)
        code = load_part(folder, id, &info.parts[i], &backup->contents[i], err);
    if (!code) {
        *out = backup;
        backup = NULL;
    }
out:
    ub_backup_free(backup);
    free(folder);
    return code;
}

/** SHA-256 and length of what an open file holds; false if it cannot be read. */
static bool digest_file(int fd, uint8_t digest[32], uint64_t *length)
{
    crypto_hash_sha256_state hash;
    uint8_t *bytes = malloc(CHUNK);
    ssize_t n = bytes ? 1 : -1;
    *length = 0;
    (void)crypto_hash_sha256_init(&hash);
    while (n > 0) {
        n = read(fd, bytes, CHUNK);
        if (n > 0) {
            (void)crypto_hash_sha256_update(&hash, bytes, (size_t)n);
            *length += (uint64_t)n;
        }
    }
    free(bytes);
    (void)crypto_hash_sha256_final(&hash, digest);
    return n == 0;
}

/** True if the part's file in `folder` holds what the record says. */
static bool part_is_whole(const char *folder, const struct ub_backup_part *part)
{
    char name[UB_PART_NAME];
    uint8_t digest[sizeof(part->sha256)];
    uint64_t length = 0;
    ub_record_part_name(part, name);
    char *path = ub_path_join(folder, name);
    const int fd = path ? open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) : -1;
    bool whole = fd >= 0 && digest_file(fd, digest, &length) && length == part->length &&
                 memcmp(digest, part->sha256, sizeof(digest)) == 0;
    if (fd >= 0)
        (void)close(fd);
    free(path);
    return whole;
}

bool ub_vault_is_whole(const struct ub_vault *vault, const char *id)
{
    struct ub_backup_info info = {0};
    char *folder = ub_path_join(vault->backups, id);
    bool loaded = folder && load_record(folder, id, &info, NULL) == UB_OK;
    bool whole = loaded;
    for (size_t i = 0; whole && i < info.part_count; i++)
        whole = part_is_whole(folder, &info.parts[i]);
    if (loaded)
        free(info.parts);
    free(folder);
    return whole;
}

/** The list as it grows. */
struct list {
    struct ub_backup_info *all;
    size_t count;
    size_t room;
};

/** Adds the backup `id`; a damaged or unreadable one is left out. Only memory is an error. */
static enum ub_code add_record(struct list *list, const struct ub_vault *vault, const char *id,
                               struct ub_error *err)
{
    if (list->count == list->room) {
        const size_t room = list->room ? 2 * list->room : 16;
        struct ub_backup_info *more = reallocarray(list->all, room, sizeof(*more));
        if (!more)
            return ub_fail_memory(err);
        list->all = more;
        list->room = room;
    }
    char *folder = ub_path_join(vault->backups, id);
    if (!folder)
        return ub_fail_memory(err);
    const enum ub_code code = load_record(folder, id, &list->all[list->count], NULL);
    free(folder);
    if (!code)
        list->count++;
    return code == UB_SYS_MEMORY ? ub_fail_memory(err) : UB_OK;
}

static int by_age(const void *a, const void *b)
{
    struct ub_vault_id left = {0};
    struct ub_vault_id right = {0};
    (void)ub_vault_id_parse(((const struct ub_backup_info *)a)->id, &left);
    (void)ub_vault_id_parse(((const struct ub_backup_info *)b)->id, &right);
    return ub_vault_id_compare(&left, &right);
}

enum ub_code ub_vault_records(struct ub_vault *vault, struct ub_backup_info **out, size_t *count,
                              struct ub_error *err)
{
    struct list list = {0};
    enum ub_code code = UB_OK;
    *out = NULL;
    *count = 0;
    DIR *folder = opendir(vault->backups);
    if (!folder) /* a vault that was never used is empty, not broken */
        return errno == ENOENT ? UB_OK : ub_vault_fail(err, errno, "list it", vault->backups);
    for (struct dirent *entry; !code && (entry = readdir(folder)) != NULL;) {
        struct ub_vault_id id;
        if (ub_vault_id_parse(entry->d_name, &id))
            code = add_record(&list, vault, entry->d_name, err);
    }
    (void)closedir(folder);
    if (code) {
        ub_vault_free(list.all, list.count);
        return code;
    }
    if (list.count)
        qsort(list.all, list.count, sizeof(*list.all), by_age);
    *out = list.all;
    *count = list.count;
    return UB_OK;
}
