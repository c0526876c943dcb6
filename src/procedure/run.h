/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file run.h
 * The frame of every procedure on a device: find it, open it, do the work, close the books.
 */
#ifndef UB_PROCEDURE_RUN_H
#define UB_PROCEDURE_RUN_H

#include "procedure/session.h"

/** What a verb was asked to do; each uses the members that it needs. */
struct ub_work {
    const struct ub_image *image;
    const char *what; /**< a backup's id, a range, a file, as the verb means it; or NULL */
    struct ub_flash_options options; /**< a copy, which the procedure may narrow */
};

/** The work itself, on an open session. result->left is "unchanged" when it begins. */
typedef enum ub_code ub_body(struct ub_session *session, struct ub_work *work,
                             struct ub_result *result, struct ub_error *err);

/**
 * Runs a procedure on the device that `selector` means. With `may_enter` a device whose firmware
 * runs is brought into DFU mode first. `options` may be NULL. Errors: those of ub_session_open()
 * and of the body.
 */
enum ub_code ub_run(struct ub_context *context, const char *selector, bool may_enter, ub_body *body,
                    struct ub_work *work, const struct ub_flash_options *options,
                    struct ub_result *result, struct ub_error *err);

/**
 * For procedures that only look: a device that was taken out of its running firmware goes back to
 * it, unless options.stay. Errors: as ub_session_leave().
 */
enum ub_code ub_session_give_back(struct ub_session *session, const struct ub_work *work,
                                  struct ub_result *result, struct ub_error *err);

#endif
