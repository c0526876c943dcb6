/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file dfu_wait.h
 * Waiting for a busy device: only while it says dfuDNBUSY, and never past a deadline.
 *
 * How long, and who says so:
 * - the device's own poll time (bwPollTimeout) is kept to the millisecond, unless its habits say
 *   that it bears earlier questions (poll_early), or that its poll time means nothing (poll_fixed);
 * - where earlier questions are borne, and where the poll time turns out too short, the question
 *   comes when operations of this kind were over before (dfu_pace.h). Later than the device asks
 *   for is always allowed;
 * - the first refused early question ends early questions for the run;
 * - a refused question that was not early (STM32L4 names poll times that are too short and stalls)
 *   is asked again at growing distances.
 */
#ifndef UB_LOADER_DFU_WAIT_H
#define UB_LOADER_DFU_WAIT_H

#include "loader/dfu_protocol.h"

/** How to wait for one operation. */
struct dfu_patience {
    const char *doing;     /**< for messages: "erasing the sector at 0x08000000" */
    uint32_t deadline_ms;  /**< from now; stretched to the device's own first poll time */
    struct dfu_pace *pace; /**< what is known of operations of this kind, to be used and added to;
                                NULL: nothing, the device's own poll time is kept */
    uint64_t typical_us;   /**< how long it takes by the book; 0: not known */
    bool ask_at_once;      /**< ask a second time without a pause: SET_ADDRESS is done at once,
                                whatever poll time the device names (dfu-util found this to be a
                                common defect) */
    bool watched;          /**< so long that a person wants to see it pass: never queued */
    bool uninterruptible;  /**< a wish to stop is not heard; used while cleaning up */
    uint64_t sent_us;      /**< when the operation was sent, on the clock; 0: now */
    bool answered;         /**< *status holds an answer already; begin with its poll time */
};

/**
 * Asks until the device is no longer busy (dfuDNLOAD-SYNC or dfuDNBUSY); *status is its last
 * answer, which may be an error. A wish to stop is heard once the wait is longer than a second.
 * Errors: UB_DFU_POLL_TIME, UB_DFU_BUSY, UB_SYS_INTERRUPTED, and as dfu_get_status().
 */
enum ub_code dfu_wait(struct dfu_link *link, const struct dfu_patience *patience,
                      struct dfu_status *status, struct ub_error *err);

/**
 * dfu_wait(), then demands that the device is in `expected` without error. Errors: also
 * UB_DFU_STATE, and 400 + bStatus.
 */
enum ub_code dfu_complete(struct dfu_link *link, const struct dfu_patience *patience,
                          uint8_t expected, struct ub_error *err);

/** What an answer means for an operation that should end in `expected`. Errors: UB_DFU_STATE, 400 +
 * bStatus. */
enum ub_code dfu_judge(struct dfu_link *link, const struct dfu_patience *patience,
                       const struct dfu_status *status, uint8_t expected, struct ub_error *err);

/** Refuses a poll time that no device needs. Errors: UB_DFU_POLL_TIME. */
enum ub_code dfu_check_poll(struct dfu_link *link, const struct dfu_patience *patience,
                            const struct dfu_status *status, struct ub_error *err);

/**
 * Sleeps `us` in slices; when `is_long`, tells the countdown to `deadline_us` (on the clock) and
 * hears a wish to stop unless `uninterruptible`. Errors: UB_SYS_INTERRUPTED.
 */
enum ub_code dfu_pause(struct dfu_link *link, uint64_t us, uint64_t deadline_us, bool is_long,
                       bool uninterruptible, struct ub_error *err);

#endif
