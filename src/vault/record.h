/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file record.h
 * A backup's record as JSON. Reading it trusts nothing: whoever can write the vault's folder can
 * write a record.
 */
#ifndef UB_VAULT_RECORD_H
#define UB_VAULT_RECORD_H

#include "unbrick.h"

#define UB_RECORD_NAME      "backup.json"
#define UB_RECORD_MAX       ((size_t)1 << 20)   /**< bytes of a record that is still read */
#define UB_RECORD_PARTS_MAX 256                 /**< stretches of memory in a backup */
#define UB_RECORD_BYTES_MAX ((uint64_t)1 << 30) /**< bytes of all parts together */
#define UB_PART_NAME        64                  /**< bytes of a part's file name, with its NUL */

/**
 * Prints the record. The id is not in it: it is the name of the folder. *text is the caller's
 * (free()). Errors: UB_SYS_MEMORY, UB_SYS_INTERNAL (what could not be read again).
 */
enum ub_code ub_record_print(const struct ub_backup_info *info, char **text, size_t *length,
                             struct ub_error *err);

/**
 * Reads a record of `length` bytes. info->parts is the caller's (free()) on success; info->id is
 * "". Errors: UB_VLT_FORMAT, UB_SYS_MEMORY.
 */
enum ub_code ub_record_parse(const void *text, size_t length, struct ub_backup_info *info,
                             struct ub_error *err);

/** The name of the file that holds a part: made from its alternate setting and address, never read
 * from the record, so that no record can name a file elsewhere. `to` has UB_PART_NAME bytes. */
void ub_record_part_name(const struct ub_backup_part *part, char *to);

#endif
