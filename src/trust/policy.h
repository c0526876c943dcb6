/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file policy.h
 * What a site or a person demands of images (docs/trust.md). Read once, then constant: any number
 * of threads may ask.
 */
#ifndef UB_TRUST_POLICY_H
#define UB_TRUST_POLICY_H

#include "unbrick.h"

#define UB_POLICY_FILE_MAX ((size_t)64 * 1024)

struct ub_policy;

/** Is that a family's word? This room does not know. */
typedef bool ub_policy_family(const char *word);

/** Is a rule for the family `rule` one for devices of `family`, too (both are words)? Nor does it
 * know that. */
typedef bool ub_policy_covers(const char *rule, const char *family);

/** A policy that demands nothing. *out is the caller's (ub_policy_close()). Errors: UB_SYS_MEMORY.
 */
enum ub_code ub_policy_open(struct ub_policy **out, struct ub_error *err);
/** NULL is allowed. */
void ub_policy_close(struct ub_policy *policy);

/**
 * Adds what a configuration file demands: of each demand the stricter one holds, so that no file
 * can loosen another. `file` is used in messages. On failure the policy is not to be used. Errors:
 * UB_TRU_POLICY (with the line), UB_SYS_MEMORY.
 */
enum ub_code ub_policy_add_text(struct ub_policy *policy, const char *file, const uint8_t *text,
                                size_t length, ub_policy_family *is_family, struct ub_error *err);
/** As ub_policy_add_text(), from a file; one that is not there is an error if it `must` be, else it
 * demands nothing. */
enum ub_code ub_policy_add_file(struct ub_policy *policy, const char *path, bool must,
                                ub_policy_family *is_family, struct ub_error *err);

/**
 * Does the policy let an image with that trust onto a device of that family (its word)? Nothing
 * that a person names makes up for it. Errors: UB_TRU_REQUIRED, UB_TRU_UNKNOWN_KEY (there is a
 * signature, by a key that does not count), UB_TRU_EXPIRED, UB_TRU_ROLLBACK.
 */
enum ub_code ub_policy_check(const struct ub_policy *policy, const char *family,
                             ub_policy_covers *covers, const struct ub_trust *trust,
                             struct ub_error *err);

/** Does it demand that the memory of versions is kept where --keys cannot lead away from it? It
 * does where older versions may never be accepted, and where only the site's keys count. */
bool ub_policy_keeps_memory(const struct ub_policy *policy);

#endif
