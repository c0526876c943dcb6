/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file scratch.h
 * A folder for what is not to outlive its owner.
 */
#ifndef UB_BASE_SCRATCH_H
#define UB_BASE_SCRATCH_H

#include "unbrick.h"

/**
 * Makes an empty folder of its own (mode 0700) in $TMPDIR, else in /tmp. *out is its path and the
 * caller's: ub_scratch_remove(). Errors: UB_SYS_WRITE, UB_SYS_DISK_FULL, UB_SYS_MEMORY.
 */
enum ub_code ub_scratch_make(char **out, struct ub_error *err);

/** Removes the folder with all that is in it, following no symbolic link, and frees the path. What
 * cannot be removed stays. Nothing for NULL. */
void ub_scratch_remove(char *path);

#endif
