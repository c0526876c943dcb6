/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file key.h
 * Public keys: minisign's, signify's, and those for MCUboot in PEM.
 */
#ifndef UB_TRUST_KEY_H
#define UB_TRUST_KEY_H

#include "unbrick.h"

/**
 * minisign's and signify's keys are the same thing; they differ in what their programs write into
 * the comment. A key that is minisign's by its comment, or has none, checks minisign's signatures
 * only: those sign the file's name too. Any other checks both kinds.
 */
enum ub_key_kind {
    UB_KEY_MINISIGN,
    UB_KEY_SIGNIFY,
    UB_KEY_MCUBOOT_ED25519,
    UB_KEY_MCUBOOT_P256,
};

#define UB_KEY_FILE_MAX ((size_t)16 * 1024)

/** A public key. A plain value. */
struct ub_public_key {
    enum ub_key_kind kind;
    uint8_t id[8];     /**< minisign, signify: as in the file; else the first bytes of der_sha256 */
    uint8_t bytes[65]; /**< 32 of Ed25519, or an uncompressed point of P-256 */
    uint8_t der_sha256[32];       /**< MCUboot: of the key in DER, as its TLV 0x01 has it */
    char comment[UB_STRING_TEXT]; /**< the file's untrusted comment, or "" */
};

/** Reads a key of any kind, known by content. Errors: UB_TRU_KEY. */
enum ub_code ub_public_key_read(const char *path, struct ub_public_key *out, struct ub_error *err);
/** As ub_public_key_read(), from memory; `name` is used in messages. */
enum ub_code ub_public_key_parse(const char *name, const uint8_t *bytes, size_t length,
                                 struct ub_public_key *out, struct ub_error *err);
/** The key's id for a person: minisign's "E7620F1842B4E81F" (its bytes from the last to the first),
 * 64 digits of der_sha256 for MCUboot. */
void ub_public_key_id(const struct ub_public_key *key, char text[UB_KEY_ID_TEXT]);
/** The id of minisign and signify as text: 16 digits. */
void ub_key_id_print(const uint8_t id[8], char text[UB_KEY_ID_TEXT]);
/** "minisign", "signify", "mcuboot". */
const char *ub_key_kind_name(enum ub_key_kind kind);
/** True if both are the same key, whatever their comments. */
bool ub_public_key_same(const struct ub_public_key *a, const struct ub_public_key *b);

#endif
