/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file place.h
 * Where things are in the vault's folder: for the files of this room only.
 *
 *     <vault>/backups/2026-11-22-01/backup.json           the record
 *     <vault>/backups/2026-11-22-01/alt0-08000000.bin     a stretch of memory
 *     <vault>/backups/.new-XXXXXX                         a backup that is being stored
 *     <vault>/unfinished/1-4_2-0483-df11-3572             a device that is being changed
 *     <vault>/unfinished/virtual.1-1-0483-df11-3572       a virtual one
 *     <vault>/costs.json                                  how long operations took, by kind of
 * device
 *     <vault>/costs.lock                                  locked while that is changed
 */
#ifndef UB_VAULT_PLACE_H
#define UB_VAULT_PLACE_H

#include "vault/vault.h"

/** The transport of real devices, and of records from before transports were recorded. */
#define UB_VAULT_REAL      "libusb"
#define UB_VAULT_TEMPORARY ".new-XXXXXX" /**< a template for mkdtemp(); no id begins with a dot */

struct ub_vault {
    char *folder;  /**< owned */
    char *backups; /**< folder/backups; owned */
    /** By which devices are reached: see ub_vault_use(). */
    char transport[sizeof(((struct ub_backup_info *)0)->transport)];
};

/** An id in its parts: the day "2026-11-22" and the number within that day, from 1 on. */
struct ub_vault_id {
    char day[11];
    unsigned number;
};

/** Reads an id; false if it is not exactly as ub_vault_id_print() writes it. So no id names another
 * folder. */
bool ub_vault_id_parse(const char *text, struct ub_vault_id *id);
/** `to` has UB_BACKUP_ID bytes. */
void ub_vault_id_print(const struct ub_vault_id *id, char *to);
/** Order of age: negative if `a` is older than `b`. */
int ub_vault_id_compare(const struct ub_vault_id *a, const struct ub_vault_id *b);

/** The error of the system (errno `number`) on a place of the vault: UB_SYS_DISK_FULL,
 * UB_SYS_MEMORY or UB_VLT_ACCESS. */
enum ub_code ub_vault_fail(struct ub_error *err, int number, const char *what, const char *path);

/** Makes an empty temporary folder among the backups; *path is the caller's (free()). Errors:
 * UB_VLT_ACCESS, UB_SYS_DISK_FULL, UB_SYS_MEMORY. */
enum ub_code ub_vault_temporary(struct ub_vault *vault, char **path, struct ub_error *err);
/** Is every part of backup `id` as its record says? Needs no memory for them. */
bool ub_vault_is_whole(const struct ub_vault *vault, const char *id);
/** Sets the digest of each part. */
void ub_backup_digest(struct ub_backup *backup);
/** Deletes a temporary folder and the files in it. */
void ub_vault_discard(const char *path);

#endif
