/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file secret_key.h
 * minisign's secret keys: making, reading, signing (minisign 0.11, "Signature format"). Secrets are
 * wiped when they are not needed any more.
 */
#ifndef UB_TRUST_SECRET_KEY_H
#define UB_TRUST_SECRET_KEY_H

#include "unbrick.h"

/** A secret key, decrypted. Wipe with ub_secret_key_wipe(). */
struct ub_secret_key {
    uint8_t id[8];
    uint8_t bytes[64]; /**< Ed25519: seed and public key */
};

/** Reads a secret key; `password` (may be NULL) is asked if it is encrypted. Errors: UB_TRU_KEY,
 * UB_TRU_PASSWORD. */
enum ub_code ub_secret_key_read(const char *path, ub_password *password, void *user,
                                struct ub_secret_key *out, struct ub_error *err);
void ub_secret_key_wipe(struct ub_secret_key *key);

/** The text of PATH.minisig for that content, prehashed. *text is the caller's (free()). */
enum ub_code ub_secret_key_sign(const struct ub_secret_key *key, const uint8_t *content,
                                size_t length, const char *trusted_comment, char **text,
                                struct ub_error *err);

#endif
