/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file digest.h
 * Digests given by a person or in a file beside the firmware.
 */
#ifndef UB_TRUST_DIGEST_H
#define UB_TRUST_DIGEST_H

#include "unbrick.h"

#define UB_SUMS_FILE_MAX ((size_t)1024 * 1024)

/**
 * Is that the content's digest? `digits` are 64 (SHA-256) or 128 (SHA-512) hexadecimal digits.
 * Errors: UB_TRU_DIGEST, UB_USE_OPTION (other digits).
 */
enum ub_code ub_digest_check(const char *name, const char *digits, const uint8_t *content,
                             size_t length, struct ub_error *err);

/**
 * Finds the file's line in a list of digests: the form of sha256sum and sha512sum (also binary and
 * escaped), BSD's "SHA256 (NAME) = ...", or a file of one lonely digest. `digits` gets the digest.
 * False if there is no line for `name`.
 */
bool ub_digest_find(const uint8_t *sums, size_t sums_length, const char *name, char digits[129]);
/** As ub_digest_find(), in a list that lies in the file's folder: a line of a file in another
 * folder is not this one's. */
bool ub_digest_find_beside(const uint8_t *sums, size_t sums_length, const char *name,
                           char digits[129]);

#endif
