/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file place.h
 * Where keys and policies are, and how files there are read and written.
 */
#ifndef UB_TRUST_PLACE_H
#define UB_TRUST_PLACE_H

#include "unbrick.h"

#include <jansson.h>
#include <sys/stat.h>

/**
 * The user's "unbrick/NAME" in $XDG_CONFIG_HOME, else in ~/.config (XDG Base Directory
 * Specification: relative paths are not taken). *out is the caller's; NULL: there is no such place.
 * Errors: UB_SYS_MEMORY.
 */
enum ub_code ub_place_user(const char *name, char **out, struct ub_error *err);

/**
 * The site's /etc/unbrick/NAME. Where there is no /etc/unbrick, tests and trials may name another
 * folder by $UNBRICK_SITE_CONFIG: it cannot take the place of a site's demands. *out is the
 * caller's. Errors: UB_SYS_MEMORY.
 */
enum ub_code ub_place_site(const char *name, char **out, struct ub_error *err);

/** Is something there? Also true if that cannot be told. */
bool ub_place_exists(const char *path);

/** Whoever may write there decides who is trusted: that may be only the user, and root. `path` is
 * used in messages. Errors: UB_TRU_STORE. */
enum ub_code ub_place_guarded(const char *path, const struct stat *status, struct ub_error *err);

/**
 * Reads a file of a store, if it is guarded (ub_place_guarded()). *bytes is the caller's; NULL if
 * there is no such file. Errors: UB_TRU_STORE, UB_SYS_MEMORY.
 */
enum ub_code ub_place_read(const char *folder, const char *name, size_t max, uint8_t **bytes,
                           size_t *length, struct ub_error *err);

/** Writes a file of a store, whole or not at all; it is guarded (ub_place_guarded()). Errors:
 * UB_TRU_STORE, UB_SYS_MEMORY. */
enum ub_code ub_place_write(const char *folder, const char *name, const void *bytes, size_t length,
                            struct ub_error *err);
/** As ub_place_write(), with the text of `json`; NULL is out of memory. */
enum ub_code ub_place_write_json(const char *folder, const char *name, const json_t *json,
                                 struct ub_error *err);

/** Removes a file of a store; one that is not there is removed. Errors: UB_TRU_STORE,
 * UB_SYS_MEMORY. */
enum ub_code ub_place_remove(const char *folder, const char *name, struct ub_error *err);

/**
 * Makes the folder if it is not there, and keeps other threads and programs from changing it until
 * *lock is closed. Gives up after 5 s. Errors: UB_TRU_STORE, UB_SYS_MEMORY.
 */
enum ub_code ub_place_lock(const char *folder, int *lock, struct ub_error *err);
/** Lets others change it; nothing for -1. */
void ub_place_unlock(int lock);

#endif
