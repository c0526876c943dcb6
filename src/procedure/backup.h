/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file backup.h
 * Reading everything readable into the vault, before anything is erased.
 */
#ifndef UB_PROCEDURE_BACKUP_H
#define UB_PROCEDURE_BACKUP_H

#include "procedure/session.h"

/**
 * Reads everything readable into a draft in the vault. *out is the caller's, and no backup yet.
 * Twice and compared, unless options->read_once. Errors: UB_MEM_NO_BACKUP (cannot be read),
 * UB_VER_READS_DIFFER, UB_VLT_ACCESS and UB_SYS_DISK_FULL (it could not be stored), UB_USB, UB_DFU
 * domains.
 */
enum ub_code ub_session_read(struct ub_session *session, const struct ub_flash_options *options,
                             struct ub_backup **out, struct ub_error *err);

/**
 * Stores what was read, unless the vault has it already, and says so. Sets backup->info.id. Errors:
 * UB_VLT, UB_SYS domains.
 */
enum ub_code ub_session_keep(struct ub_session *session, struct ub_backup *backup,
                             struct ub_error *err);

/** The kind of the region that a part of a backup came from, by the device in hand. */
enum ub_region_kind ub_part_kind(const struct ub_target *target, const struct ub_backup_part *part);

/**
 * An image of a backup's program memory; parts of another kind are left out and counted. It takes
 * the contents over, as far as the backup has them in memory. *out is the caller's.
 */
enum ub_code ub_backup_image(const struct ub_target *target, struct ub_backup *backup,
                             bool writable_only, struct ub_image **out, size_t *left_out,
                             struct ub_error *err);

/** Has the device anything that can be read? Without that ub_session_read() refuses. */
bool ub_session_can_back_up(const struct ub_session *session);

#endif
