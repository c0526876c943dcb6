/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Notes of devices that are being changed, so that after a cut the way back leads to what was
 * whole. */
#define _XOPEN_SOURCE 700
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "vault/place.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FOLDER    "unfinished"
#define NAME_TEXT 320

static bool harmless(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

/** The path of a device's note; the caller frees. NULL when out of memory. */
static char *path_of(const struct ub_vault *vault, const struct ub_device *device)
{
    char name[NAME_TEXT];
    const bool real = strcmp(vault->transport, UB_VAULT_REAL) == 0;
    /* no name of a real device's note has a dot in it */
    (void)ub_print(name, sizeof(name), "%s%s", real ? "" : vault->transport, real ? "" : ".");
    const size_t start = strlen(name);
    (void)ub_print(name + start, sizeof(name) - start, "%s-%04x-%04x-%s", device->port, device->vid,
                   device->pid, device->serial);
    for (char *c = name + start; *c; c++)
        if (!harmless(*c))
            *c = '_';
    char *folder = ub_path_join(vault->folder, FOLDER);
    char *path = folder ? ub_path_join(folder, name) : NULL;
    free(folder);
    return path;
}

static bool read_note(const char *path, char id[UB_BACKUP_ID])
{
    uint8_t *text = NULL;
    size_t length = 0;
    struct ub_vault_id parts;
    struct ub_error ignored;
    if (ub_file_read(path, UB_BACKUP_ID - 1, &text, &length, &ignored) != UB_OK)
        return false;
    ub_print_stranger(id, UB_BACKUP_ID, (const char *)text, length);
    free(text);
    return ub_vault_id_parse(id, &parts);
}

bool ub_vault_marked(const struct ub_vault *vault, const struct ub_device *device,
                     char id[UB_BACKUP_ID])
{
    char *path = path_of(vault, device);
    bool marked = path && read_note(path, id);
    free(path);
    return marked;
}

enum ub_code ub_vault_mark(struct ub_vault *vault, const struct ub_device *device, const char *id,
                           struct ub_error *err)
{
    char old[UB_BACKUP_ID];
    if (ub_vault_marked(vault, device, old))
        return UB_OK;
    char *folder = ub_path_join(vault->folder, FOLDER);
    char *path = path_of(vault, device);
    enum ub_code code = folder && path ? ub_folder_make(folder, err) : ub_fail_memory(err);
    if (!code)
        code = ub_file_write(path, id, strlen(id), err);
    free(folder);
    free(path);
    return code ? ub_wrap(err, code, "while noting in the vault that the device is being changed")
                : UB_OK;
}

void ub_vault_unmark(struct ub_vault *vault, const struct ub_device *device)
{
    char *path = path_of(vault, device);
    if (path)
        (void)unlink(path);
    free(path);
}

static bool same_unit(const struct ub_device *a, const struct ub_device *b)
{
    return a->vid == b->vid && a->pid == b->pid && strcmp(a->port, b->port) == 0 &&
           strcmp(a->serial, b->serial) == 0;
}

static bool same_parts(const struct ub_backup_info *a, const struct ub_backup_info *b)
{
    if (a->part_count != b->part_count || a->interrupted != b->interrupted)
        return false;
    for (size_t i = 0; i < a->part_count; i++) {
        const struct ub_backup_part *x = &a->parts[i];
        const struct ub_backup_part *y = &b->parts[i];
        if (x->alt != y->alt || x->has_address != y->has_address || x->address != y->address ||
            x->length != y->length || memcmp(x->sha256, y->sha256, sizeof(x->sha256)) != 0)
            return false;
    }
    return true;
}

bool ub_vault_holds(struct ub_vault *vault, struct ub_backup *backup, char id[UB_BACKUP_ID])
{
    struct ub_backup_info *records = NULL;
    size_t count = 0;
    bool found = false;
    ub_backup_digest(backup);
    if (ub_vault_records(vault, &records, &count, NULL) != UB_OK)
        return false;
    const struct ub_backup_info *newest = NULL;
    for (size_t i = 0; i < count; i++)
        if (ub_vault_is_native(vault, &records[i]) &&
            same_unit(&records[i].device, &backup->info.device))
            newest = &records[i];
    if (newest && same_parts(newest, &backup->info) && ub_vault_is_whole(vault, newest->id)) {
        found = true;
        (void)ub_print(id, UB_BACKUP_ID, "%s", newest->id);
    }
    ub_vault_free(records, count);
    return found;
}
