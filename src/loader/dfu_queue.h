/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file dfu_queue.h
 * DFU requests handed to the host controller several at a time, so that the bus does not idle while
 * this program is woken up. On the wire this is a fast host, no more.
 *
 * A block and the first question behind it may go to every device: that question only sets the
 * operation off. The second question, and the block behind it, may go at once only to a device that
 * answers nothing until its operation is over (habits.naks_while_busy).
 *
 * A device that refuses one of them goes to dfuERROR and refuses the rest (DFU 1.1 annex A); one
 * that does not, or a block that was lost on the wire, leaves a gap that later blocks have passed.
 * So after a failure nobody knows what the blocks from the failed one on have become. Who queues
 * must find out by reading before sending any of them again: memory with ECC bears a second
 * programming of the same place no more than once.
 */
#ifndef UB_LOADER_DFU_QUEUE_H
#define UB_LOADER_DFU_QUEUE_H

#include "loader/dfu_protocol.h"

#define DFU_QUESTIONS_MAX 2u
/** A block goes with two questions. */
#define DFU_QUEUE_DNLOADS (UB_QUEUE_MAX / (1u + DFU_QUESTIONS_MAX))
#define DFU_QUEUE_UPLOADS (UB_QUEUE_MAX / 2u)

/** What came of one block and the questions behind it. */
struct dfu_asked {
    enum ub_code code; /**< of the first of its transfers that failed */
    bool refused;      /**< the device refused the block itself (STALL) */
    bool taken;        /**< the device took the block itself; neither: nobody knows */
    unsigned answers;  /**< questions answered, from the first on */
    struct dfu_status status[DFU_QUESTIONS_MAX];
};

/** Blocks of the same length that follow each other. */
struct dfu_blocks {
    uint16_t first;      /**< wBlockNum of the first */
    uint16_t length;     /**< bytes of each, at most UB_CONTROL_MAX */
    size_t count;        /**< at most DFU_QUEUE_DNLOADS */
    unsigned questions;  /**< GETSTATUS behind each, 1 or 2 */
    const uint8_t *data; /**< count * length bytes */
};

/**
 * DNLOAD of blocks, with GETSTATUS behind each. *good is the number of blocks that the device took
 * and answered for; asked[*good] is about the first that it did not. Nothing is judged. After a
 * failure the state is unknown. Errors: UB_USB_SHORT, UB_DFU_STATUS_INVALID, UB_USB domain.
 */
enum ub_code dfu_dnload_queued(struct dfu_link *link, const struct dfu_blocks *blocks,
                               uint64_t timeout_ms, struct dfu_asked *asked, size_t *good,
                               struct ub_error *err);

/**
 * UPLOAD of `count` (at most DFU_QUEUE_UPLOADS) full blocks. Errors: UB_USB_SHORT, UB_USB domain;
 * then none of `data` counts and the state is unknown.
 */
enum ub_code dfu_upload_queued(struct dfu_link *link, uint16_t block, uint8_t *data,
                               uint16_t length, size_t count, struct ub_error *err);

#endif
