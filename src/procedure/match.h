/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file match.h
 * Does the image belong on the device in hand? What is known of the device, for src/match.
 */
#ifndef UB_PROCEDURE_MATCH_H
#define UB_PROCEDURE_MATCH_H

#include "match/match.h"
#include "procedure/session.h"

/** What a case borrows. */
struct ub_match_scratch {
    struct ub_image_facts facts;
    char where[UB_PORT_TEXT + 16];
    char running[64];
};

/**
 * Fills in the case of an image and an opened device. Where the image has MCUboot's header, the
 * device's 32 bytes at its place are read; a device that refuses that is one whose version is not
 * known. what->comparing is the caller's. Errors: UB_USE_OPTION (the label).
 */
enum ub_code ub_match_session(struct ub_session *session, const struct ub_image *image,
                              const struct ub_flash_options *options,
                              struct ub_match_scratch *scratch, struct ub_match_case *what,
                              struct ub_error *err);

/** As ub_match_session(), of a device that was not opened: what the bus shows. */
enum ub_code ub_match_seen(struct ub_context *context, const struct ub_device *device,
                           const struct ub_image *image, const struct ub_flash_options *options,
                           struct ub_match_scratch *scratch, struct ub_match_case *what,
                           struct ub_error *err);

/** The options that a decision uses: ub_check_accepted(), and the label. `options` may be NULL.
 * Errors: UB_USE_OPTION. */
enum ub_code ub_match_options(const struct ub_flash_options *options, struct ub_error *err);

#endif
