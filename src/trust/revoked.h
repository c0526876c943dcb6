/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file revoked.h
 * Keys and files that are never to be trusted again: revoked.json of a store.
 */
#ifndef UB_TRUST_REVOKED_H
#define UB_TRUST_REVOKED_H

#include "trust/moment.h"
#include "unbrick.h"

#define UB_REVOKED_NAME     "revoked.json"
#define UB_REVOKED_FILE_MAX ((size_t)1024 * 1024)
#define UB_REVOKED_MAX      4096 /**< entries of a list */

/** One revocation. */
struct ub_revocation {
    bool is_key;
    char id[UB_KEY_ID_TEXT]; /**< of a key, or SHA-256 of a file */
    char reason[UB_STRING_TEXT];
    char date[UB_MOMENT_TEXT];
};

/** All of one or more stores. Zero is none. */
struct ub_revoked {
    struct ub_revocation *list; /**< owned: ub_revoked_free() */
    size_t count;
};

void ub_revoked_free(struct ub_revoked *revoked);

/** Adds what a file's text holds; `name` is used in messages. Errors: UB_TRU_STORE,
 * UB_SYS_MEMORY. */
enum ub_code ub_revoked_parse(struct ub_revoked *revoked, const char *name, const uint8_t *bytes,
                              size_t length, struct ub_error *err);
/** Adds what the folder's file holds, if there is one. Errors: UB_TRU_STORE, UB_SYS_MEMORY. */
enum ub_code ub_revoked_read(struct ub_revoked *revoked, const char *folder, struct ub_error *err);

/** The revocation of that key, or NULL. The id of MCUboot's keys is the SHA-256 of a file, so it is
 * looked for among files too. */
const struct ub_revocation *ub_revoked_key(const struct ub_revoked *revoked, const char *id);
/** The revocation of that file, or NULL. */
const struct ub_revocation *ub_revoked_file(const struct ub_revoked *revoked,
                                            const uint8_t sha256[32]);

/** Writes one more into the folder's file, under its lock, which the caller holds. One that is
 * there already stays as it is. Errors: UB_TRU_STORE, UB_SYS_MEMORY. */
enum ub_code ub_revoked_add(const char *folder, const struct ub_revocation *revocation,
                            struct ub_error *err);

#endif
