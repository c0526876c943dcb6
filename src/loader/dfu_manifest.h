/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file dfu_manifest.h
 * The end of a plain DFU download: the zero-length block and what comes after it (DFU 1.1 sections
 * 6.1.2 and 7).
 */
#ifndef UB_LOADER_DFU_MANIFEST_H
#define UB_LOADER_DFU_MANIFEST_H

#include "loader/dfu_protocol.h"

/**
 * Sends the zero-length block number `block` and follows the device until it says that all went
 * well or, once it took that block, leaves the bus or falls silent where it may. *gone: it left.
 * Errors: 400 + bStatus, UB_DFU_MANIFEST, UB_DFU_POLL_TIME, UB_SYS_INTERRUPTED, UB_USB domain.
 */
enum ub_code dfu_manifest(struct dfu_link *link, uint16_t block, bool *gone, struct ub_error *err);

#endif
