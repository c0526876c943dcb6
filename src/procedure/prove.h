/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file prove.h
 * That what was written is there: by reading it back, at once or after the device has restarted.
 */
#ifndef UB_PROCEDURE_PROVE_H
#define UB_PROCEDURE_PROVE_H

#include "flash/plan.h"
#include "procedure/session.h"

/** What came of it, beside the result. */
struct ub_proof {
    bool back; /**< the device restarted, and is in DFU mode again: regions are others now */
    bool odd;  /**< it kept silent, or did not come back: the run's times tell nothing */
};

/**
 * Proves what the plan wrote. What cannot be read back stays unverified: result->verified is not
 * set here, only cleared; result->proved is set if the device took in all of a stream, and that is
 * all it can tell. A device that restarts to take in a stream is followed and brought into DFU mode
 * again to be read; where that cannot be, the session has a loader that does nothing any more, so
 * that leaving it tells what came back. Errors: UB_VER_NOT_WRITTEN, UB_DFU_MANIFEST (it fell silent
 * and never came back), UB_SYS_INTERRUPTED, UB_USB and UB_DFU domains.
 */
enum ub_code ub_session_prove(struct ub_session *session, struct ub_plan *plan,
                              struct ub_result *result, struct ub_proof *proof,
                              struct ub_error *err);

/**
 * Makes the device leave and brings it into DFU mode again. Regions are others afterwards; the
 * ledger stays. Errors: as ub_session_reopen().
 */
enum ub_code ub_session_restart(struct ub_session *session, struct ub_error *err);

/** Points a plan for a stream at the device as it is now. Errors: UB_DEV_NOT_ENTERED if it came
 * back without that memory. */
enum ub_code ub_plan_find_again(struct ub_plan *plan, const struct ub_target *target,
                                struct ub_error *err);

#endif
