/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file flash.h
 * Back up, plan, ask, erase, write, verify: the part that flash, restore and erase share.
 */
#ifndef UB_PROCEDURE_FLASH_H
#define UB_PROCEDURE_FLASH_H

#include "flash/plan.h"
#include "procedure/session.h"

#define UB_ALREADY_HELD "the device already holds it"

/** What is to be done, in words for the question: "write toboot.bin to". */
struct ub_job {
    const char *verb;
    const char *object;
    const char *already; /**< said if nothing is to do: UB_ALREADY_HELD */
    const struct ub_placement *placement;
    const struct ub_flash_options *options;
};

/**
 * Does the job on an open session, up to and with verification. result->left says how far it came:
 * "done" only when all of its parts are. On a device that takes streams each piece of the placement
 * is one part, written and verified before the next; the rest is one part.
 * Errors: every domain.
 */
enum ub_code ub_session_write(struct ub_session *session, const struct ub_job *job,
                              struct ub_result *result, struct ub_error *err);

/**
 * Lifts read protection if options->lose_protected_content asks for it; then there is nothing left
 * to back up, and options->no_backup is set. Before anything is placed: regions change. Errors: as
 * ub_session_unprotect().
 */
enum ub_code ub_give_up_protected(struct ub_session *session, struct ub_flash_options *options,
                                  struct ub_result *result, struct ub_error *err);

/** plan.c: as ub_plan(), which see; also fills in the port and device of `result`. */
enum ub_code ub_plan_noted(struct ub_context *context, const struct ub_image *image,
                           const char *selector, const struct ub_flash_options *options,
                           struct ub_result *result, struct ub_plan **out, struct ub_error *err);

/** Tells what the plan is; `already` is said if nothing is to do. */
void ub_tell_plan(struct ub_session *session, const struct ub_plan *plan, const char *already);

#endif
