/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file vault.h
 * The folder that keeps backups: one folder each, a record in JSON and one file for each stretch of
 * memory.
 *
 * A backup becomes visible by a rename after everything in it was synced: it is there whole, or not
 * at all.
 */
#ifndef UB_VAULT_VAULT_H
#define UB_VAULT_VAULT_H

#include "unbrick.h"

struct ub_vault;
struct ub_draft;

/** A backup in hand: its contents in memory, or (a draft) in files of the vault. */
struct ub_backup {
    struct ub_backup_info info; /**< sha256 of each part is filled in by ub_vault_store() */
    uint8_t **contents;         /**< contents[i] holds info.parts[i].length bytes, NULL in a draft;
                                     owned */
    struct ub_draft *draft;     /**< owned; NULL: the contents are in memory */
};

/**
 * Finds the vault's folder: `path`, else $UNBRICK_VAULT, else $XDG_DATA_HOME/unbrick, else
 * ~/.local/share/unbrick. Makes nothing yet. *out is the caller's. Errors: UB_VLT_ACCESS (no folder
 * can be named), UB_SYS_MEMORY.
 */
enum ub_code ub_vault_open(const char *path, struct ub_vault **out, struct ub_error *err);
void ub_vault_close(struct ub_vault *vault);
/**
 * Names the transport (transport.h: ops->name) by which devices are reached from now on: what is
 * stored and noted is of it, and ub_vault_holds(), _mark(), _marked() and _unmark() know nothing of
 * other transports. Virtual devices and those of a stranger's trace can have the port and the
 * serial number of a real one. Without it, "libusb".
 */
void ub_vault_use(struct ub_vault *vault, const char *transport);
/** Was the backup taken from a device on the transport in use? */
bool ub_vault_is_native(const struct ub_vault *vault, const struct ub_backup_info *info);
/** May the backup be put back on a device on the transport in use? A real device gets nothing that
 * is from a virtual one or from a trace. */
bool ub_vault_may_return(const struct ub_vault *vault, const struct ub_backup_info *info);

const char *ub_vault_folder(const struct ub_vault *vault);

/** Checks that `bytes` more can be stored, and makes the folder. Errors: UB_VLT_ACCESS,
 * UB_SYS_DISK_FULL. */
enum ub_code ub_vault_ready(struct ub_vault *vault, uint64_t bytes, struct ub_error *err);

/**
 * Stores a backup and sets backup->info.id, .created, and each part's sha256. Ids count up within a
 * day (UTC). Errors: UB_VLT_ACCESS, UB_SYS_DISK_FULL, UB_SYS_WRITE.
 */
enum ub_code ub_vault_store(struct ub_vault *vault, struct ub_backup *backup, struct ub_error *err);

/** Loads a backup and checks every digest. *out is the caller's. Errors: UB_VLT_NOT_FOUND,
 * _DAMAGED, _FORMAT. */
enum ub_code ub_vault_load(struct ub_vault *vault, const char *id, struct ub_backup **out,
                           struct ub_error *err);

/** Reads the records of all backups, oldest first; damaged records are left out. Free with
 * ub_vault_free(). */
enum ub_code ub_vault_records(struct ub_vault *vault, struct ub_backup_info **out, size_t *count,
                              struct ub_error *err);

/**
 * Is the newest backup of this very device, on the transport in use, one of this very content,
 * whole and undamaged? Then its id: repeating a command does not fill the vault. Sets the digests
 * of the backup's parts.
 */
bool ub_vault_holds(struct ub_vault *vault, struct ub_backup *backup, char id[UB_BACKUP_ID]);

/**
 * Notes that the device is about to be changed and that backup `id` leads back. A note that is
 * there already stays: it is from a run that was cut short, and the older backup is the one that is
 * whole. Errors: UB_VLT_ACCESS, UB_SYS_DISK_FULL, UB_SYS_WRITE, UB_SYS_MEMORY.
 */
enum ub_code ub_vault_mark(struct ub_vault *vault, const struct ub_device *device, const char *id,
                           struct ub_error *err);
/** Was a run on this device cut short? Then the id of the backup that leads back. */
bool ub_vault_marked(const struct ub_vault *vault, const struct ub_device *device,
                     char id[UB_BACKUP_ID]);
/** The device holds what it should: forgets the note. */
void ub_vault_unmark(struct ub_vault *vault, const struct ub_device *device);

/**
 * Makes a draft of a backup whose parts are named and empty: what is appended goes straight into
 * files of the vault and needs no memory. It becomes a backup by ub_vault_store(); without that it
 * vanishes with ub_backup_free(). Errors: UB_VLT_ACCESS, UB_SYS_DISK_FULL, UB_SYS_MEMORY.
 */
enum ub_code ub_vault_draft(struct ub_vault *vault, struct ub_backup *backup, struct ub_error *err);
/** Adds `length` bytes at the end of a part of a draft. Errors: UB_VLT_ACCESS, UB_SYS_DISK_FULL. */
enum ub_code ub_draft_append(struct ub_backup *backup, size_t part, const uint8_t *bytes,
                             size_t length, struct ub_error *err);

/** Copies `length` bytes from `offset` of a part on, which has them, wherever they are. Errors:
 * UB_VLT_ACCESS, UB_SYS_INTERNAL (it has fewer). */
enum ub_code ub_backup_read(const struct ub_backup *backup, size_t part, uint64_t offset,
                            uint8_t *to, size_t length, struct ub_error *err);
/** Takes a part out of the backup. */
void ub_backup_drop(struct ub_backup *backup, size_t part);
/** The part and the offset in it at which [address, address + length) lies whole; false if no part
 * holds it. */
bool ub_backup_find(const struct ub_backup *backup, uint8_t alt, uint64_t address, uint64_t length,
                    size_t *part, uint64_t *offset);

/** Does the backup hold all of [address, address + length) behind that alternate setting? */
bool ub_backup_covers(const struct ub_backup *backup, uint8_t alt, uint64_t address,
                      uint64_t length);

/** An empty backup with room for `parts` parts, contents NULL. NULL when out of memory. */
struct ub_backup *ub_backup_new(size_t parts);
void ub_backup_free(struct ub_backup *backup);

#endif
