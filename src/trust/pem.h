/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file pem.h
 * Public keys in PEM (RFC 7468 §13), as imgtool and OpenSSL write them.
 */
#ifndef UB_TRUST_PEM_H
#define UB_TRUST_PEM_H

#include "trust/key.h"

/** Does it begin like PEM? */
bool ub_pem_probe(const uint8_t *bytes, size_t length);

/** Reads a public key, Ed25519 or of the curve P-256. NULL, or what is wrong: a static text for a
 * person. */
const char *ub_pem_parse(const uint8_t *bytes, size_t length, struct ub_public_key *out);

#endif
