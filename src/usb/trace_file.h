/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file trace_file.h
 * The file a recording goes to: written piece by piece, so that what was recorded is there whatever
 * happens to the program.
 */
#ifndef UB_USB_TRACE_FILE_H
#define UB_USB_TRACE_FILE_H

#include "unbrick.h"

struct ub_trace_file {
    int fd; /**< -1: not open */
    uint64_t length;
};

/**
 * Opens an empty file that its owner alone may read: firmware and serial numbers will be in it, as
 * in the vault. One that is there is overwritten if it holds an earlier recording, and is
 * otherwise left alone: a name mistyped must not cost a firmware. Errors: UB_SYS_WRITE,
 * UB_SYS_DISK_FULL.
 */
enum ub_code ub_trace_file_open(const char *path, struct ub_trace_file *out, struct ub_error *err);
/**
 * Appends; what cannot be appended whole is not in the file. Errors: UB_SYS_WRITE, UB_SYS_DISK_FULL
 * (message: the reason alone).
 */
enum ub_code ub_trace_file_append(struct ub_trace_file *file, const void *bytes, size_t length,
                                  struct ub_error *err);
void ub_trace_file_close(struct ub_trace_file *file);

/** Do both paths name one file that is there? */
bool ub_trace_same_file(const char *a, const char *b);

#endif
