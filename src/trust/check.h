/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file check.h
 * Who vouches for an image. What is looked at, in this order (docs/trust.md):
 * 1. the list of what is revoked; 2. digests that were given; 3. the manifest and its signature;
 * 4. detached signatures; 5. MCUboot's own signature; 6. files of digests; 7. whether the keys and
 * the statements that were named said anything; 8. the key to be kept on first use.
 */
#ifndef UB_TRUST_CHECK_H
#define UB_TRUST_CHECK_H

#include "image/image.h"
#include "trust/store.h"

#define UB_SCOPE_SOURCE "key" /**< source of the claims that a key's scope makes */

/** Against what it is checked. */
struct ub_trust_room {
    const struct ub_store *store;
    const char *bus; /**< whose memory of versions counts ("libusb"), or NULL: none does */
    int64_t now;     /**< seconds since 1970 */
};

/**
 * Checks an image that was read from a file; fills image->trust, and adds a manifest's claims and
 * those of the scope of a key that signed the file itself. On failure nobody vouches for it, and it
 * has none of those claims. Errors: as ub_trust_image(), UB_USE_CONFLICT (first use with other than
 * one key), UB_SYS_MEMORY.
 */
enum ub_code ub_trust_check(const struct ub_trust_room *room, struct ub_image *image,
                            const struct ub_trust_options *options, struct ub_error *err);

#endif
