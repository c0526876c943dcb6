/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file signature.h
 * Detached signatures: minisign's (also those that hash the file first) and signify's.
 */
#ifndef UB_TRUST_SIGNATURE_H
#define UB_TRUST_SIGNATURE_H

#include "image/image.h"
#include "trust/key.h"

#define UB_SIGNATURE_FILE_MAX ((size_t)16 * 1024)

/** A signature. A plain value. */
struct ub_signature {
    enum ub_key_kind kind; /**< UB_KEY_MINISIGN or UB_KEY_SIGNIFY */
    uint8_t key_id[8];
    bool prehashed; /**< of the file's BLAKE2b-512 ("ED") instead of the file ("Ed") */
    uint8_t bytes[64];
    uint8_t global[64]; /**< minisign: of the above and the trusted comment */
    char comment[8192]; /**< the trusted comment as it was signed; "" for signify */
};

/** Reads a signature of either kind. Errors: UB_TRU_SIGNATURE. */
enum ub_code ub_signature_parse(const char *name, const uint8_t *bytes, size_t length,
                                struct ub_signature *out, struct ub_error *err);
/** True if that key may have made it: the ids are the same, and the kind is one that the key checks
 * (enum ub_key_kind). */
bool ub_signature_is_by(const struct ub_signature *signature, const struct ub_public_key *key);
/**
 * Is it that key's signature of this content, and of its trusted comment? `name` is the file's
 * name without folder; a trusted comment with "file:OTHER" is refused. Errors: UB_TRU_SIGNATURE,
 * UB_TRU_COMMENT.
 */
enum ub_code ub_signature_verify(const struct ub_signature *signature,
                                 const struct ub_public_key *key, const char *name,
                                 const uint8_t *content, size_t length, struct ub_error *err);
/** The key's id for a person, as ub_public_key_id(). */
void ub_signature_key_id(const struct ub_signature *signature, char text[UB_KEY_ID_TEXT]);

/**
 * MCUboot: is the image's own signature that key's? *present tells whether it has one of the key's
 * kind that names no other key, and is all of the image: one piece, not encrypted. Errors:
 * UB_TRU_SIGNATURE (it does not match, the image's hash is wrong, or something unsigned follows).
 */
enum ub_code ub_signature_verify_mcuboot(const struct ub_image *image,
                                         const struct ub_public_key *key, bool *present,
                                         struct ub_error *err);

#endif
