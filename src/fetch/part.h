/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file part.h
 * Errors of the system while a download is written: for download*.c and keep.c only.
 */
#ifndef UB_FETCH_PART_H
#define UB_FETCH_PART_H

#include "unbrick.h"

/** The error of the system (errno `number`): UB_SYS_DISK_FULL, UB_SYS_MEMORY or UB_SYS_WRITE. */
enum ub_code ub_part_fail(struct ub_error *err, int number, const char *what, const char *path);

#endif
