/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file trust.h
 * The keys and the policy of a context, and what the procedures ask of them.
 */
#ifndef UB_PROCEDURE_TRUST_H
#define UB_PROCEDURE_TRUST_H

#include "procedure/session.h"

/**
 * Finds the stores and reads the policy: the site's, and the file of the configuration or else the
 * user's. They are the context's: ub_trust_close(). The transport is open already. Errors:
 * UB_TRU_POLICY, UB_SYS_MEMORY.
 */
enum ub_code ub_trust_open(struct ub_context *context, const struct ub_config *config,
                           struct ub_error *err);
void ub_trust_close(struct ub_context *context);

/** Does the policy let the image onto devices of that family? Errors: as ub_policy_check(). */
enum ub_code ub_check_family_policy(const struct ub_context *context,
                                    const struct ub_family *family, const struct ub_image *image,
                                    struct ub_error *err);
/** Does the policy let the image onto the session's device? Errors: as ub_policy_check(). */
enum ub_code ub_check_policy(const struct ub_session *session, const struct ub_image *image,
                             struct ub_error *err);

/** After the image was written and verified: its version is remembered, so that an older one is
 * noticed. What cannot be remembered is warned of. */
void ub_remember_version(struct ub_session *session, const struct ub_image *image);

/** Who vouches for the image, in a few words: "signed by acme", "not signed". */
void ub_print_trust(char *to, size_t size, const struct ub_trust *trust);

#endif
