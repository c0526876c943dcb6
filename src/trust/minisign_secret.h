/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file minisign_secret.h
 * The secret key file of minisign byte by byte (minisign 0.11, "Secret key format").
 */
#ifndef UB_TRUST_MINISIGN_SECRET_H
#define UB_TRUST_MINISIGN_SECRET_H

#include "trust/secret_key.h"

#define UB_MINISIGN_SECRET 158 /**< bytes in all */
#define UB_MINISIGN_HEAD   54  /**< of these, before what is encrypted */
#define UB_MINISIGN_SEALED 104 /**< id, key, checksum: encrypted */
#define UB_MINISIGN_CHECK  32
#define UB_MINISIGN_SALT   32
#define UB_PASSWORD_MAX    1024 /**< bytes, with the NUL */

/** The checksum of a key: BLAKE2b of letters, id and key. */
void ub_minisign_check(const struct ub_secret_key *key, uint8_t check[UB_MINISIGN_CHECK]);

/**
 * Encrypts or decrypts (it is the same) with what scrypt makes of the password. Errors:
 * UB_SYS_MEMORY.
 */
enum ub_code ub_minisign_seal(uint8_t sealed[UB_MINISIGN_SEALED], const char *password,
                              const uint8_t salt[UB_MINISIGN_SALT],
                              const struct ub_scrypt_limits *cost, struct ub_error *err);

#endif
