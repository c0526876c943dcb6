/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file dfu_arrive.h
 * From whatever state a device is met in to dfuIDLE.
 */
#ifndef UB_LOADER_DFU_ARRIVE_H
#define UB_LOADER_DFU_ARRIVE_H

#include "loader/dfu_protocol.h"

/** What to do with a device that is met in a state. */
enum dfu_arrival {
    DFU_ARRIVED,         /**< it is where it should be */
    DFU_ARRIVE_ASK,      /**< ask again; after that, abort */
    DFU_ARRIVE_ABORT,    /**< a transfer was left half done: ABORT */
    DFU_ARRIVE_CLEAR,    /**< an error was left behind: CLRSTATUS */
    DFU_ARRIVE_WAIT,     /**< it still works on something: wait */
    DFU_ARRIVE_MANIFEST, /**< it still takes in firmware: wait */
    DFU_ARRIVE_RESET,    /**< only a bus reset leads on */
};

/** The row of the table for a state (0..10). */
enum dfu_arrival dfu_arrival(uint8_t state);

/**
 * Brings the device to dfuIDLE; one GETSTATUS if it is there already. With `uninterruptible` a wish
 * to stop is not heard. Errors: UB_USB_GONE (it needed a bus reset and took it as the order to
 * leave), UB_DFU_STATE, UB_DFU_BUSY, UB_DFU_POLL_TIME, UB_SYS_INTERRUPTED, UB_USB domain.
 */
enum ub_code dfu_arrive(struct dfu_link *link, bool uninterruptible, struct ub_error *err);

/** To dfuIDLE with what the host knows: nothing, an ABORT, or dfu_arrive(). Errors: as there. */
enum ub_code dfu_to_idle(struct dfu_link *link, struct ub_error *err);

/** To a state that takes a DNLOAD: dfuIDLE or dfuDNLOAD-IDLE. Errors: as dfu_arrive(). */
enum ub_code dfu_to_download(struct dfu_link *link, struct ub_error *err);

/** To a state that takes an UPLOAD: dfuIDLE or dfuUPLOAD-IDLE. Errors: as dfu_arrive(). */
enum ub_code dfu_to_upload(struct dfu_link *link, struct ub_error *err);

#endif
