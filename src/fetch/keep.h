/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file keep.h
 * A download that was verified gets its place:
 *
 *     <vault>/downloads/NAME, .../NAME.minisig    and what vouches for it
 *     <vault>/downloads/2/NAME                    another file of that name
 *     <vault>/downloads/3/SHA256SUMS              what would speak for the files beside it: alone
 *
 * Names stay as they are, since signatures and lists of digests name files.
 */
#ifndef UB_FETCH_KEEP_H
#define UB_FETCH_KEEP_H

#include "fetch/download.h"

/**
 * Moves the file and what lies beside it to their place; `path` (of `size` bytes) is then where the
 * file is. If the very same is there already, that stays. Errors: UB_SYS_WRITE, UB_SYS_DISK_FULL,
 * UB_SYS_MEMORY.
 */
enum ub_code ub_keep(struct ub_download *download, char *path, size_t size, struct ub_error *err);

#endif
