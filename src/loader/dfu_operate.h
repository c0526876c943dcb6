/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file dfu_operate.h
 * One DNLOAD and the wait for what it sets off.
 */
#ifndef UB_LOADER_DFU_OPERATE_H
#define UB_LOADER_DFU_OPERATE_H

#include "loader/dfu_wait.h"

/** What became of a block that was sent. */
enum dfu_taken {
    DFU_REFUSED,    /**< the device refused it (STALL): it was never taken */
    DFU_TAKEN,      /**< the device took it */
    DFU_MAYBE_TAKEN /**< nobody knows */
};

/**
 * One DNLOAD (`length` > 0) and the wait for what it sets off, which must end in dfuDNLOAD-IDLE:
 * dfu_dnload() and dfu_complete(), with as much of it handed over at once as the device bears.
 * *taken tells what became of the block, also after a failure. Errors: as those two.
 */
enum ub_code dfu_operate(struct dfu_link *link, uint16_t block, const uint8_t *data,
                         uint16_t length, const struct dfu_patience *patience,
                         enum dfu_taken *taken, struct ub_error *err);

/** True if several requests may be handed over at once to a device that is busy in between. */
bool dfu_queues_while_busy(const struct dfu_link *link);

/** True if the transport carries out several requests without coming back in between. */
bool dfu_transport_queues(const struct dfu_link *link);

#endif
