/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Storing a backup: everything into a temporary folder, synced, then one rename makes it visible.
 */
#define _XOPEN_SOURCE 700
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "vault/draft.h"
#include "vault/place.h"
#include "vault/record.h"

#include <dirent.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Other processes that may take the same number between our look and our rename. */
#define NUMBER_TRIES 1000

static enum ub_code write_in(const char *folder, const char *name, const void *bytes, size_t length,
                             struct ub_error *err)
{
    char *path = ub_path_join(folder, name);
    if (!path)
        return ub_fail_memory(err);
    enum ub_code code = ub_file_write(path, bytes, length, err);
    free(path);
    return code;
}

/** Sets what the record says of the contents, and the time. */
static enum ub_code complete_info(struct ub_backup *backup, struct tm *utc, struct ub_error *err)
{
    struct ub_backup_info *info = &backup->info;
    const time_t now = time(NULL);
    if (now == (time_t)-1 || !gmtime_r(&now, utc) ||
        strftime(info->created, sizeof(info->created), "%Y-%m-%dT%H:%M:%SZ", utc) == 0)
        return ub_fail(err, UB_SYS_INTERNAL, "the computer's clock cannot be read");
    info->length = 0;
    for (size_t i = 0; i < info->part_count; i++) {
        struct ub_backup_part *part = &info->parts[i];
        const bool there = backup->draft ? ub_draft_length(backup->draft, i) == part->length
                                         : backup->contents[i] != NULL;
        if (!there || part->length == 0 || part->length > UB_RECORD_BYTES_MAX)
            return ub_fail(err, UB_SYS_INTERNAL, "part %zu of a backup has no content", i);
        info->length += part->length;
    }
    ub_backup_digest(backup);
    return UB_OK;
}

void ub_backup_digest(struct ub_backup *backup)
{
    for (size_t i = 0; i < backup->info.part_count; i++) {
        struct ub_backup_part *part = &backup->info.parts[i];
        if (backup->draft)
            ub_draft_digest(backup->draft, i, part->sha256);
        else
            (void)crypto_hash_sha256(part->sha256, backup->contents[i], part->length);
    }
}

static enum ub_code write_content(const struct ub_backup *backup, const char *folder,
                                  struct ub_error *err)
{
    char *record = NULL;
    size_t length = 0;
    enum ub_code code = ub_record_print(&backup->info, &record, &length, err);
    if (!code && backup->draft)
        code = ub_draft_sync(backup->draft, err);
    for (size_t i = 0; !code && !backup->draft && i < backup->info.part_count; i++) {
        char name[UB_PART_NAME];
        ub_record_part_name(&backup->info.parts[i], name);
        code = write_in(folder, name, backup->contents[i], (size_t)backup->info.parts[i].length,
                        err);
    }
    if (!code)
        code = write_in(folder, UB_RECORD_NAME, record, length, err);
    free(record);
    return code;
}

/** The highest number of that day that is taken, or 0. */
static enum ub_code highest_number(const struct ub_vault *vault, const char *day, unsigned *highest,
                                   struct ub_error *err)
{
    DIR *folder = opendir(vault->backups);
    if (!folder)
        return ub_vault_fail(err, errno, "list it", vault->backups);
    *highest = 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        struct ub_vault_id id;
        if (ub_vault_id_parse(entry->d_name, &id) && strcmp(id.day, day) == 0 &&
            id.number > *highest)
            *highest = id.number;
    }
    (void)closedir(folder);
    return UB_OK;
}

/** Gives the temporary folder its name: the next free number of the day. */
static enum ub_code publish(struct ub_vault *vault, const char *temporary, struct ub_vault_id *id,
                            struct ub_error *err)
{
    enum ub_code code = highest_number(vault, id->day, &id->number, err);
    int number = EEXIST;
    for (unsigned i = 0; !code && number && i < NUMBER_TRIES; i++) {
        char name[UB_BACKUP_ID];
        id->number++;
        ub_vault_id_print(id, name);
        char *path = ub_path_join(vault->backups, name);
        if (!path)
            return ub_fail_memory(err);
        /* Renaming over a folder succeeds only if that one is empty (rename(2)), and a backup never
         * is: whoever comes second gets an error and takes the next number. */
        number = rename(temporary, path) == 0 ? 0 : errno;
        free(path);
        if (number && number != EEXIST && number != ENOTEMPTY && number != ENOTDIR)
            break;
    }
    if (!code && number)
        code = ub_vault_fail(err, number, "give the backup its name", vault->backups);
    return code;
}

enum ub_code ub_vault_store(struct ub_vault *vault, struct ub_backup *backup, struct ub_error *err)
{
    struct tm utc = {0};
    struct ub_vault_id id = {0};
    char *temporary = NULL;
    bool published = false;
    (void)ub_print(backup->info.transport, sizeof(backup->info.transport), "%s", vault->transport);
    enum ub_code code = complete_info(backup, &utc, err);
    if (!code && !backup->draft)
        code = ub_vault_temporary(vault, &temporary, err);
    const char *folder = backup->draft ? ub_draft_folder(backup->draft) : temporary;
    if (!code)
        code = write_content(backup, folder, err);
    if (code)
        goto out;
    (void)strftime(id.day, sizeof(id.day), "%Y-%m-%d", &utc);
    code = publish(vault, folder, &id, err);
    if (code)
        goto out;
    published = true;
    if (backup->draft)
        ub_draft_keep(backup->draft);
    ub_vault_id_print(&id, backup->info.id);
    code = ub_folder_sync(vault->backups, err);
out:
    if (temporary && !published)
        ub_vault_discard(temporary);
    free(temporary);
    return code ? ub_wrap(err, code, "while storing a backup in %s", vault->folder) : UB_OK;
}
