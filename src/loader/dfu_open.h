/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file dfu_open.h
 * The two DFU loaders begin the same way, and only the opened device tells for certain which one it
 * needs: the functional descriptor may have to be asked for, and a device may claim DfuSe without
 * having a memory map (LeafLabs Maple).
 */
#ifndef UB_LOADER_DFU_OPEN_H
#define UB_LOADER_DFU_OPEN_H

#include "loader/dfu_protocol.h"

/** The names of the alternate settings, in the interface's order. */
struct dfu_names {
    char text[UB_DFU_ALTS_MAX][512];
};

/** `open` of both rows of the table. Errors: as ub_loader_ops.open. */
enum ub_code dfu_open(const struct ub_loader_port *port, struct ub_loader **out,
                      struct ub_error *err);

/** Makes a plain DFU loader over an opened link, which is copied. Errors: UB_SYS_MEMORY. */
enum ub_code dfu_plain_make(const struct dfu_link *link, const struct dfu_names *names,
                            struct ub_loader **out, struct ub_error *err);

/** Makes a DfuSe loader over an opened link, which is copied. Errors: UB_DFU_MEMORY_MAP,
 * UB_SYS_MEMORY. */
enum ub_code dfuse_make(const struct dfu_link *link, const struct dfu_names *names,
                        struct ub_loader **out, struct ub_error *err);

extern const struct ub_loader_ops dfu_plain_ops;
extern const struct ub_loader_ops dfu_10_ops; /**< as dfu_plain_ops, under the name of DFU 1.0 */
extern const struct ub_loader_ops dfuse_ops;

#endif
