/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file store.h
 * The trusted keys: a folder of the user's and one of the site's, which the user only reads. A key
 * is a file as its tool made it (NAME.pub, or NAME.pem for MCUboot), and beside it NAME.json, which
 * says for what it is trusted; without that it is trusted for everything.
 */
#ifndef UB_TRUST_STORE_H
#define UB_TRUST_STORE_H

#include "trust/key.h"
#include "trust/revoked.h"

#define UB_STORE_KEYS_MAX   512 /**< in a folder */
#define UB_STORE_RECORD_MAX ((size_t)16 * 1024)
#define UB_STORE_NAME_MAX   100 /**< bytes of a key's name */

/** Where the keys are. */
struct ub_store {
    char *user; /**< NULL: there is no place for one */
    char *site;
    char *memory; /**< another folder whose memory of versions counts as well, or NULL */
};

/** For what a key speaks; "" is any. */
struct ub_scope {
    char vendor[UB_STRING_TEXT];
    char model[UB_STRING_TEXT];
    char market[UB_STRING_TEXT];
};

/** NAME.json. */
struct ub_key_record {
    char id[UB_KEY_ID_TEXT]; /**< of the key that it is of, or "" */
    char added[UB_MOMENT_TEXT];
    bool first_use;
    struct ub_scope scope;
};

/** A key of a store. */
struct ub_stored_key {
    char name[UB_STRING_TEXT];
    struct ub_public_key key;
    struct ub_key_record record; /**< its id is set in any case */
    bool site;
};

/** What both folders held when they were read. */
struct ub_stored {
    struct ub_stored_key *keys; /**< the user's first; owned */
    size_t count;
    struct ub_revoked revoked;
};

/** `user` (copied) is the user's folder, or NULL: $UNBRICK_KEYS, else the usual place. *out is the
 * caller's (ub_store_close()). Nothing is read yet. Errors: UB_SYS_MEMORY. */
enum ub_code ub_store_open(const char *user, struct ub_store **out, struct ub_error *err);
/** From now on the versions that are remembered in the user's usual folder count too, wherever the
 * user's keys are. Nothing if that is where they are, or if there is no such place. Errors:
 * UB_SYS_MEMORY. */
enum ub_code ub_store_keep_memory(struct ub_store *store, struct ub_error *err);
/** NULL is allowed. */
void ub_store_close(struct ub_store *store);

/** Reads both folders. *out is the caller's (ub_stored_free()), also on failure. Errors:
 * UB_TRU_STORE (it names the file), UB_SYS_MEMORY. */
enum ub_code ub_store_load(const struct ub_store *store, struct ub_stored *out,
                           struct ub_error *err);
void ub_stored_free(struct ub_stored *stored);

/** Reads a NAME.json; `name` is used in messages. Errors: UB_TRU_STORE, UB_SYS_MEMORY. */
enum ub_code ub_key_record_parse(const char *name, const uint8_t *bytes, size_t length,
                                 struct ub_key_record *out, struct ub_error *err);

/** A key that is to be kept. */
struct ub_new_key {
    const char *name; /**< "": as the file's */
    const char *path; /**< of the key's file */
    struct ub_scope scope;
    bool first_use;
};

/**
 * Keeps a key in the user's folder. The same key under the same name gets the new scope. Errors:
 * UB_TRU_KEY, UB_TRU_STORE (also: the name is another key's), UB_TRU_REVOKED, UB_USE_OPTION (no
 * name for a key), UB_SYS_MEMORY.
 */
enum ub_code ub_store_add(const struct ub_store *store, const struct ub_new_key *wanted,
                          int64_t now, struct ub_error *err);

/** Forgets the user's key of that name, or those of that id. Errors: UB_TRU_UNKNOWN_KEY,
 * UB_TRU_STORE (it is the site's), UB_SYS_MEMORY. */
enum ub_code ub_store_remove(const struct ub_store *store, const char *what, struct ub_error *err);

/** Revokes a key of a store by its name or id, any key by its id, or a file by its SHA-256, in the
 * user's list. Errors: UB_TRU_UNKNOWN_KEY (it is none of those), UB_TRU_STORE, UB_SYS_MEMORY. */
enum ub_code ub_store_revoke(const struct ub_store *store, const char *what, const char *reason,
                             int64_t now, struct ub_error *err);

#endif
