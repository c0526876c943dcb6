/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file dfuse_room.h
 * What the files of the DfuSe loader share.
 */
#ifndef UB_LOADER_DFUSE_ROOM_H
#define UB_LOADER_DFUSE_ROOM_H

#include "loader/dfu_wait.h"

/** First wBlockNum that means memory; 0 and 1 are commands and a forbidden place. */
#define DFUSE_BLOCK_FIRST 2u
#define DFUSE_BLOCK_LAST  65535u

/** A DfuSe device and where its address pointer stands. */
struct dfuse {
    struct ub_loader base;
    struct dfu_link link;
    struct ub_region *regions;  /**< owned */
    struct ub_sector_run *runs; /**< owned; of all regions */
    size_t region_count;
    bool anchored;   /**< the device's address pointer is at `anchor` */
    uint32_t anchor; /**< block n means anchor + (n - 2) * wTransferSize (AN3156 section 4.2) */
};

/**
 * Makes sure that a block number means `address`, for a transfer of `length` bytes: keeps the
 * address pointer where it is if it can, else moves it (SET_ADDRESS). A short block gets the
 * pointer at its very address, as some devices count in units of what is asked for instead of
 * wTransferSize. Errors: as dfuse_command().
 */
enum ub_code dfuse_point(struct dfuse *dfuse, const struct ub_region *region, uint32_t address,
                         uint16_t length, uint16_t *block, struct ub_error *err);

/** Moves the address pointer to `address`, unless it is there. Errors: as dfuse_command(). */
enum ub_code dfuse_set_address(struct dfuse *dfuse, uint32_t address, struct ub_error *err);

/** Erases the sector that contains `address` and waits for it. Errors: as dfuse_command(). */
enum ub_code dfuse_erase_sector(struct dfuse *dfuse, uint32_t address, struct ub_error *err);

/** Erases all program memory and waits for it. Errors: as dfuse_command(). */
enum ub_code dfuse_erase_everything(struct dfuse *dfuse, struct ub_error *err);

/**
 * Lifts read protection: the device erases itself and resets (AN3156 section 4.5), so it is asked
 * for its status once, which sets the command off, and not again. Errors: as dfuse_command().
 */
enum ub_code dfuse_lift_protection(struct dfuse *dfuse, struct ub_error *err);

/**
 * After a failure: the address pointer is unknown, and ST's errVENDOR is turned into
 * UB_DFU_PROTECTED. Returns the code for it.
 */
enum ub_code dfuse_failed(struct dfuse *dfuse, enum ub_code code, struct ub_error *err);

#endif
