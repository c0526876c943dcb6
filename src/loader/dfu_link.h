/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file dfu_link.h
 * Opening a DFU interface, and what both DFU loaders need of the device beside the DFU requests.
 */
#ifndef UB_LOADER_DFU_LINK_H
#define UB_LOADER_DFU_LINK_H

#include "loader/dfu_protocol.h"

#define DFU_STRING_BYTES 512u /**< room for a whole string descriptor as UTF-8 */

/**
 * Claims the interface, learns its functional descriptor, settles the block size and brings the
 * device to dfuIDLE. *link is the caller's storage; nothing is to be freed. The claim ends when the
 * session closes the handle. Errors: UB_DFU_TRANSFER_SIZE, UB_DEV and UB_USB domains, as
 * dfu_arrive().
 */
enum ub_code dfu_link_open(struct dfu_link *link, const struct ub_loader_port *port,
                           struct ub_error *err);

/**
 * Takes a device without functional descriptor for DfuSe. Its wTransferSize is not known either:
 * blocks of a size that every DfuSe device bears, and an address for each.
 */
void dfu_suppose_dfuse(struct dfu_link *link);

/**
 * Selects an alternate setting, if it is not selected already. A refusal of the one that is in
 * force anyway after opening is tolerated. The device is in dfuIDLE afterwards if it was not
 * selected before: *changed tells so. Errors: UB_DFU_ALT, UB_USB domain, as dfu_arrive().
 */
enum ub_code dfu_select_alt(struct dfu_link *link, uint8_t alt, bool *changed,
                            struct ub_error *err);

/**
 * Reads string descriptor `index` into `to`, control characters replaced; "" for index 0. Asked for
 * again when it does not come. Errors: UB_USB domain.
 */
enum ub_code dfu_read_string(struct dfu_link *link, uint8_t index, char to[DFU_STRING_BYTES],
                             struct ub_error *err);

/**
 * One UPLOAD of a full block, which some devices want before they start their firmware
 * (habits.upload_to_run). What comes, and whether it comes, does not matter. Errors: UB_USB_GONE.
 */
enum ub_code dfu_upload_to_run(struct dfu_link *link, uint16_t block, struct ub_error *err);

#endif
