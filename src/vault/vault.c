/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _XOPEN_SOURCE 700
#include "vault/vault.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "vault/draft.h"
#include "vault/place.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Free space kept beside the contents: for the record, folders and the file system's own blocks. */
#define SPARE_BYTES ((uint64_t)128 * 1024)
#define DAY_LENGTH  10

enum ub_code ub_vault_fail(struct ub_error *err, int number, const char *what, const char *path)
{
    char why[128];
    if (number == ENOMEM)
        return ub_fail_memory(err);
    if (strerror_r(number, why, sizeof(why)) != 0)
        (void)ub_print(why, sizeof(why), "error %d", number);
    const bool full = number == ENOSPC || number == EDQUOT;
    return ub_fail(err, full ? UB_SYS_DISK_FULL : UB_VLT_ACCESS, "%s: cannot %s: %s", path, what,
                   why);
}

/** The folder that the person or the system's conventions name; NULL when out of memory or (*none)
 * if nothing names one. */
static char *default_folder(bool *none)
{
    const char *own = getenv("UNBRICK_VAULT");
    if (own && own[0])
        return strdup(own);
    /* A relative one is to be ignored (XDG Base Directory Specification, basics). */
    const char *data = getenv("XDG_DATA_HOME");
    if (data && data[0] == '/')
        return ub_path_join(data, "unbrick");
    const char *home = getenv("HOME");
    *none = !home || !home[0];
    return *none ? NULL : ub_path_join(home, ".local/share/unbrick");
}

enum ub_code ub_vault_open(const char *path, struct ub_vault **out, struct ub_error *err)
{
    bool none = false;
    struct ub_vault *vault = calloc(1, sizeof(*vault));
    if (!vault)
        return ub_fail_memory(err);
    vault->folder = path && path[0] ? strdup(path) : default_folder(&none);
    vault->backups = vault->folder ? ub_path_join(vault->folder, "backups") : NULL;
    if (!vault->backups) {
        ub_vault_close(vault);
        return none ? ub_fail(err, UB_VLT_ACCESS,
                              "no place for the vault: UNBRICK_VAULT, XDG_DATA_HOME and HOME are "
                              "all not set")
                    : ub_fail_memory(err);
    }
    ub_vault_use(vault, UB_VAULT_REAL);
    *out = vault;
    return UB_OK;
}

void ub_vault_use(struct ub_vault *vault, const char *transport)
{
    (void)ub_print(vault->transport, sizeof(vault->transport), "%s", transport);
}

bool ub_vault_is_native(const struct ub_vault *vault, const struct ub_backup_info *info)
{
    return strcmp(vault->transport, info->transport) == 0;
}

bool ub_vault_may_return(const struct ub_vault *vault, const struct ub_backup_info *info)
{
    return ub_vault_is_native(vault, info) || strcmp(vault->transport, UB_VAULT_REAL) != 0;
}

void ub_vault_close(struct ub_vault *vault)
{
    if (!vault)
        return;
    free(vault->folder);
    free(vault->backups);
    free(vault);
}

const char *ub_vault_folder(const struct ub_vault *vault)
{
    return vault->folder;
}

/** Makes the vault's folders; a folder that cannot be made is the vault's trouble, not a file's. */
static enum ub_code make_folders(struct ub_vault *vault, struct ub_error *err)
{
    enum ub_code code = ub_folder_make(vault->backups, err);
    if (code == UB_SYS_WRITE) {
        code = UB_VLT_ACCESS;
        if (err)
            err->code = code;
    }
    return code;
}

enum ub_code ub_vault_temporary(struct ub_vault *vault, char **path, struct ub_error *err)
{
    enum ub_code code = make_folders(vault, err);
    if (code)
        return code;
    char *made = ub_path_join(vault->backups, UB_VAULT_TEMPORARY);
    if (!made)
        return ub_fail_memory(err);
    if (!mkdtemp(made)) {
        const int number = errno;
        free(made);
        return ub_vault_fail(err, number, "make a folder in it", vault->backups);
    }
    *path = made;
    return UB_OK;
}

void ub_vault_discard(const char *path)
{
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder && (entry = readdir(folder)) != NULL;)
        (void)unlinkat(dirfd(folder), entry->d_name, 0);
    if (folder)
        (void)closedir(folder);
    (void)rmdir(path);
}

enum ub_code ub_vault_ready(struct ub_vault *vault, uint64_t bytes, struct ub_error *err)
{
    /* Trying is the only honest test: access(2) says yes to root on a read-only disk. */
    char *probe = NULL;
    enum ub_code code = ub_vault_temporary(vault, &probe, err);
    if (code)
        return code;
    struct statvfs disk;
    const int number = statvfs(probe, &disk) == 0 ? 0 : errno;
    ub_vault_discard(probe);
    free(probe);
    if (number)
        return ub_vault_fail(err, number, "see how much is free", vault->backups);
    uint64_t needed = 0;
    uint64_t available = 0;
    if (!ub_mul_u64(disk.f_bavail, disk.f_frsize, &available))
        available = UINT64_MAX;
    if (!ub_add_u64(bytes, SPARE_BYTES, &needed) || available < needed) {
        char texts[2][32];
        ub_print_grouped(texts[0], sizeof(texts[0]), bytes);
        ub_print_grouped(texts[1], sizeof(texts[1]), available);
        return ub_fail(err, UB_SYS_DISK_FULL, "%s: a backup of %s bytes does not fit, %s are free",
                       vault->backups, texts[0], texts[1]);
    }
    return UB_OK;
}

bool ub_vault_id_parse(const char *text, struct ub_vault_id *id)
{
    char again[UB_BACKUP_ID];
    uint64_t number = 0;
    if (!text || strlen(text) < DAY_LENGTH + 3 || text[4] != '-' || text[7] != '-' ||
        text[DAY_LENGTH] != '-')
        return false;
    for (size_t i = 0; i < DAY_LENGTH; i++) {
        if (text[i] != '-' && (text[i] < '0' || text[i] > '9'))
            return false;
    }
    const char *digits = text + DAY_LENGTH + 1;
    if (!ub_parse_digits(digits, strlen(digits), 10, 999999999, &number) || number == 0)
        return false;
    (void)ub_print(id->day, sizeof(id->day), "%.*s", DAY_LENGTH, text);
    id->number = (unsigned)number;
    ub_vault_id_print(id, again);
    return strcmp(again, text) == 0;
}

void ub_vault_id_print(const struct ub_vault_id *id, char *to)
{
    (void)ub_print(to, UB_BACKUP_ID, "%s-%02u", id->day, id->number);
}

int ub_vault_id_compare(const struct ub_vault_id *a, const struct ub_vault_id *b)
{
    const int day = strcmp(a->day, b->day);
    return day ? day : (a->number > b->number) - (a->number < b->number);
}

struct ub_backup *ub_backup_new(size_t parts)
{
    struct ub_backup *backup = calloc(1, sizeof(*backup));
    if (!backup)
        return NULL;
    /* One more, so that no parts is not out of memory. */
    backup->info.parts = calloc(parts + 1, sizeof(*backup->info.parts));
    backup->contents = calloc(parts + 1, sizeof(*backup->contents));
    backup->info.part_count = parts;
    backup->info.device.family = "";
    backup->info.device.protocol = "";
    backup->info.device.next_step = "";
    if (!backup->info.parts || !backup->contents) {
        ub_backup_free(backup);
        return NULL;
    }
    return backup;
}

/** The part that holds `address`, or NULL. */
static const struct ub_backup_part *part_at(const struct ub_backup *backup, uint8_t alt,
                                            uint64_t address)
{
    for (size_t i = 0; i < backup->info.part_count; i++) {
        const struct ub_backup_part *part = &backup->info.parts[i];
        if (part->alt == alt && part->has_address && address >= part->address &&
            address - part->address < part->length)
            return part;
    }
    return NULL;
}

bool ub_backup_covers(const struct ub_backup *backup, uint8_t alt, uint64_t address,
                      uint64_t length)
{
    while (length) {
        const struct ub_backup_part *part = part_at(backup, alt, address);
        if (!part)
            return false;
        uint64_t there = part->length - (address - part->address);
        if (there >= length)
            return true;
        address += there;
        length -= there;
    }
    return true;
}

bool ub_backup_find(const struct ub_backup *backup, uint8_t alt, uint64_t address, uint64_t length,
                    size_t *part, uint64_t *offset)
{
    const struct ub_backup_part *found = part_at(backup, alt, address);
    if (!found || found->length - (address - found->address) < length)
        return false;
    *part = (size_t)(found - backup->info.parts);
    *offset = address - found->address;
    return true;
}

enum ub_code ub_backup_read(const struct ub_backup *backup, size_t part, uint64_t offset,
                            uint8_t *to, size_t length, struct ub_error *err)
{
    uint64_t end;
    const bool known = part < backup->info.part_count && ub_add_u64(offset, length, &end) &&
                       end <= backup->info.parts[part].length;
    if (!known || (!backup->draft && !backup->contents[part]))
        return ub_fail(err, UB_SYS_INTERNAL, "a backup was asked for what it does not hold");
    if (backup->draft)
        return ub_draft_read(backup->draft, part, offset, to, length, err);
    if (length)
        memcpy(to, backup->contents[part] + offset, length);
    return UB_OK;
}

void ub_backup_drop(struct ub_backup *backup, size_t part)
{
    if (backup->draft)
        ub_draft_drop(backup->draft, &backup->info.parts[part], part);
    free(backup->contents[part]);
    const size_t behind = backup->info.part_count - part - 1;
    memmove(backup->info.parts + part, backup->info.parts + part + 1,
            behind * sizeof(backup->info.parts[0]));
    memmove(backup->contents + part, backup->contents + part + 1,
            behind * sizeof(backup->contents[0]));
    backup->info.part_count--;
    backup->contents[backup->info.part_count] = NULL;
}

void ub_backup_free(struct ub_backup *backup)
{
    if (!backup)
        return;
    ub_draft_free(backup->draft);
    for (size_t i = 0; backup->contents && i < backup->info.part_count; i++)
        free(backup->contents[i]);
    free(backup->contents);
    free(backup->info.parts);
    free(backup);
}

void ub_vault_free(struct ub_backup_info *backups, size_t count)
{
    for (size_t i = 0; backups && i < count; i++)
        free(backups[i].parts);
    free(backups);
}
