/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file check_room.h
 * A check that is under way: for check*.c only.
 */
#ifndef UB_TRUST_CHECK_ROOM_H
#define UB_TRUST_CHECK_ROOM_H

#include "trust/check.h"
#include "trust/manifest.h"
#include "trust/signature.h"

/** A key that was given for this once. */
struct ub_given_key {
    struct ub_public_key key;
    char id[UB_KEY_ID_TEXT];
    const char *path; /**< borrowed */
};

struct ub_check {
    const struct ub_trust_room *room;
    const struct ub_trust_options *options;
    struct ub_image *image;
    const char *name; /**< of the image's file, without folder; borrowed */
    uint8_t *bytes;   /**< the file, read again: ub_check_load(); or NULL */
    size_t length;
    struct ub_stored stored;
    struct ub_given_key *given;
    size_t given_count;
    struct ub_signature signature;     /**< the one in hand */
    struct ub_manifest_file *manifest; /**< one that counts, or NULL */
    struct ub_trust trust;
    bool inside;  /**< a trusted key signed the firmware in the file, and not its address */
    bool unknown; /**< somebody signed whose key is not known: */
    char unknown_id[UB_KEY_ID_TEXT];
    struct ub_error *err;
};

/** The key that made a signature. */
struct ub_signer {
    const struct ub_public_key *key;    /**< NULL: nobody known */
    const struct ub_given_key *given;   /**< or NULL */
    const struct ub_stored_key *stored; /**< or NULL; where it is both, its scope fits */
    char id[UB_KEY_ID_TEXT];
};

/** What a signature is about. */
struct ub_subject {
    const char *vendor; /**< NULL: nothing is said of it */
    const struct ub_words *models;
    const struct ub_words *markets;
};

/** Reads a file; *bytes is NULL if it is not there. Errors: UB_IMG_READ, `too_large`. */
enum ub_code ub_check_read(struct ub_check *check, const char *path, size_t max,
                           enum ub_code too_large, uint8_t **bytes, size_t *length);
/** Reads the image's file again, once, for those who have to see its very bytes. Errors:
 * UB_IMG_READ (they are others by now), UB_SYS_MEMORY. */
enum ub_code ub_check_load(struct ub_check *check);
/** Path and ending together; the caller's, NULL when out of memory. */
char *ub_check_beside(const char *path, const char *ending);
/** A path's last part. */
const char *ub_base_name(const char *path);

/** check_signer.c: verifies check->signature, by the keys that are trusted; signer->key is NULL if
 * it is by none of them. `name` is that of the file with those bytes; without bytes it is the
 * image's. Errors: UB_TRU_REVOKED, UB_TRU_SIGNATURE, UB_TRU_COMMENT, UB_IMG_READ. */
enum ub_code ub_check_verify(struct ub_check *check, const char *name, const uint8_t *bytes,
                             size_t length, struct ub_signer *signer);
/** check_signer.c: is the key with that id revoked? Errors: UB_TRU_REVOKED. */
enum ub_code ub_check_key(struct ub_check *check, const char *id);
/** check_signer.c: may the signer speak for that? A key that was given for this once may. Errors:
 * UB_TRU_SCOPE. */
enum ub_code ub_check_scope(struct ub_check *check, struct ub_signer *signer,
                            const struct ub_subject *subject);
/** check_signer.c: somebody unknown signed; an error if that very statement was asked for. Errors:
 * UB_TRU_UNKNOWN_KEY. */
enum ub_code ub_check_unknown(struct ub_check *check, const char *id, bool asked);
/** check_signer.c: the image is signed; the first signature is the one that is told of. */
void ub_check_signed(struct ub_check *check, const struct ub_signer *signer, const char *comment);

/** check_manifest.c: step 3. */
enum ub_code ub_check_manifest(struct ub_check *check);
/** check_manifest.c: step 8. */
enum ub_code ub_check_first_use(struct ub_check *check);
/** check_detached.c: steps 4 and 5. */
enum ub_code ub_check_detached(struct ub_check *check);
enum ub_code ub_check_mcuboot(struct ub_check *check);

#endif
