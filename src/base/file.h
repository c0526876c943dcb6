/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file file.h
 * Files, read with a size limit and written so that a crash leaves the old content or the new.
 */
#ifndef UB_BASE_FILE_H
#define UB_BASE_FILE_H

#include "unbrick.h"

/**
 * Reads a whole file of at most `max` bytes. *bytes is the caller's (free()); it has one NUL behind
 * the content, which is not counted. Errors: UB_IMG_READ (cannot be opened, not a regular file),
 * UB_IMG_TOO_LARGE, UB_SYS_MEMORY.
 */
enum ub_code ub_file_read(const char *path, size_t max, uint8_t **bytes, size_t *length,
                          struct ub_error *err);

/**
 * Opens a regular file for reading, without hanging on a FIFO. *fd is the caller's (close()); *size
 * is what the system tells. Errors: UB_IMG_READ.
 */
enum ub_code ub_file_open(const char *path, int *fd, uint64_t *size, struct ub_error *err);

/** Reads the next `length` bytes, fewer (*got) only at the end. `path` is for messages. Errors:
 * UB_IMG_READ. */
enum ub_code ub_file_take(int fd, const char *path, void *to, size_t length, size_t *got,
                          struct ub_error *err);

/**
 * Writes a whole file: to a temporary name in the same folder, synced, then renamed, the folder
 * synced. Errors: UB_SYS_WRITE, UB_SYS_DISK_FULL.
 */
enum ub_code ub_file_write(const char *path, const void *bytes, size_t length,
                           struct ub_error *err);
/** As ub_file_write(); afterwards only the user may write to it, whatever the umask is. */
enum ub_code ub_file_write_guarded(const char *path, const void *bytes, size_t length,
                                   struct ub_error *err);

/** Makes a folder and its parents (mode 0700). Errors: UB_SYS_WRITE, UB_SYS_DISK_FULL. */
enum ub_code ub_folder_make(const char *path, struct ub_error *err);

/** Syncs a folder, so that a rename in it survives a power cut. Errors: UB_SYS_WRITE. */
enum ub_code ub_folder_sync(const char *path, struct ub_error *err);

/** Joins a folder and a name; the caller frees. NULL when out of memory. */
char *ub_path_join(const char *folder, const char *name);

#endif
