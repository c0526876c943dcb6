/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file draft.h
 * The files behind a backup that is being read, for the files of this room only: who reads devices
 * uses ub_vault_draft(), ub_draft_append() and ub_backup_read().
 */
#ifndef UB_VAULT_DRAFT_H
#define UB_VAULT_DRAFT_H

#include "vault/vault.h"

/** Reads `length` bytes of a part, which has them. Errors: UB_VLT_ACCESS. */
enum ub_code ub_draft_read(const struct ub_draft *draft, size_t part, uint64_t offset, uint8_t *to,
                           size_t length, struct ub_error *err);
/** SHA-256 of what was appended to a part so far. */
void ub_draft_digest(const struct ub_draft *draft, size_t part, uint8_t digest[32]);
/** Bytes appended to a part so far. */
uint64_t ub_draft_length(const struct ub_draft *draft, size_t part);
/** Deletes the file of part `index`; those behind it move up. */
void ub_draft_drop(struct ub_draft *draft, const struct ub_backup_part *part, size_t index);
/** Has every file on the disk. Errors: UB_VLT_ACCESS, UB_SYS_DISK_FULL. */
enum ub_code ub_draft_sync(const struct ub_draft *draft, struct ub_error *err);
/** The folder that the files are in. */
const char *ub_draft_folder(const struct ub_draft *draft);
/** The folder was given its name: it stays. */
void ub_draft_keep(struct ub_draft *draft);
/** Closes the files, and deletes them unless they are to be kept. NULL is allowed. */
void ub_draft_free(struct ub_draft *draft);

#endif
