/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file secret_key.h
 * minisign's secret keys: making, reading, signing (minisign 0.11, "Signature format"). Secrets are
 * wiped when they are not needed any more.
 */
#ifndef UB_TRUST_SECRET_KEY_H
#define UB_TRUST_SECRET_KEY_H

#include "unbrick.h"

#define UB_SECRET_KEY_FILE_MAX ((size_t)16 * 1024)

/** A secret key, decrypted. Wipe with ub_secret_key_wipe(). */
struct ub_secret_key {
    uint8_t id[8];
    uint8_t bytes[64]; /**< Ed25519: seed and public key */
};

/** How much scrypt may cost, and does for new keys; in the units of libsodium. */
struct ub_scrypt_limits {
    uint64_t opslimit;
    uint64_t memlimit; /**< bytes */
};

/** What minisign takes: 1 GiB and some seconds. A key file that asks for more is refused. */
extern const struct ub_scrypt_limits ub_scrypt_usual;

/** Reads a secret key; `password` (may be NULL) is asked if it is encrypted. Errors: UB_TRU_KEY,
 * UB_TRU_PASSWORD, UB_SYS_MEMORY. */
enum ub_code ub_secret_key_read(const char *path, ub_password *password, void *user,
                                struct ub_secret_key *out, struct ub_error *err);
/** As ub_secret_key_read(), from memory and with other limits; `name` is used in messages. */
enum ub_code ub_secret_key_parse(const char *name, const uint8_t *bytes, size_t length,
                                 ub_password *password, void *user,
                                 const struct ub_scrypt_limits *limits, struct ub_secret_key *out,
                                 struct ub_error *err);
void ub_secret_key_wipe(struct ub_secret_key *key);

/** Makes PATH.key and PATH.pub as ub_key_new() does, encrypted at the cost of `limits`. */
enum ub_code ub_secret_key_make(const char *path, ub_password *password, void *user,
                                const struct ub_scrypt_limits *limits, struct ub_error *err);

/**
 * The text of PATH.minisig for that content, prehashed. *text is the caller's (free()). Errors:
 * UB_USE_OPTION (the comment is too long, or is no line of text), UB_SYS_MEMORY.
 */
enum ub_code ub_secret_key_sign(const struct ub_secret_key *key, const uint8_t *content,
                                size_t length, const char *trusted_comment, char **text,
                                struct ub_error *err);

#endif
