/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file sha256.h
 * SHA-256 of bytes that come in pieces, as fast as the processor can: libcrypto uses its
 * instructions for that, libsodium 1.0.18 does not, and would take longer to digest a file of Intel
 * HEX than others take to read it.
 */
#ifndef UB_BASE_SHA256_H
#define UB_BASE_SHA256_H

#include "unbrick.h"

struct ub_sha256;

/** Begins a digest. *out is the caller's (ub_sha256_free()). Errors: UB_SYS_MEMORY. */
enum ub_code ub_sha256_new(struct ub_sha256 **out, struct ub_error *err);
void ub_sha256_feed(struct ub_sha256 *digest, const void *bytes, size_t length);
/** The digest of all that was fed. Errors: UB_SYS_INTERNAL (libcrypto failed on the way). */
enum ub_code ub_sha256_take(struct ub_sha256 *digest, uint8_t sha256[32], struct ub_error *err);
/** NULL is allowed. */
void ub_sha256_free(struct ub_sha256 *digest);

#endif
