/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file dfu_queue.h
 * DFU requests handed to the host controller several at a time, for devices that answer nothing
 * while they are busy (habits.naks_while_busy): the bus does not idle while this program is woken
 * up.
 *
 * A device that refuses one of them is in dfuERROR and refuses the rest (DFU 1.1 annex A), so
 * nothing is done out of order.
 */
#ifndef UB_LOADER_DFU_QUEUE_H
#define UB_LOADER_DFU_QUEUE_H

#include "loader/dfu_protocol.h"

/** A block goes with two questions. */
#define DFU_QUEUE_DNLOADS (UB_QUEUE_MAX / 3u)
#define DFU_QUEUE_UPLOADS (UB_QUEUE_MAX / 2u)

/** What came of one block and the two questions behind it. */
struct dfu_asked {
    bool taken; /**< the device took the block itself */
    struct dfu_status first;
    struct dfu_status second;
};

/** Full blocks that follow each other. */
struct dfu_blocks {
    uint16_t first;      /**< wBlockNum of the first */
    uint16_t length;     /**< bytes of each, at most UB_CONTROL_MAX */
    size_t count;        /**< at most DFU_QUEUE_DNLOADS */
    const uint8_t *data; /**< count * length bytes */
};

/**
 * DNLOAD of blocks, two GETSTATUS behind each. *good is the number of blocks that the device took
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
