/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file dfuse_room.h
 * What the files of the DfuSe loader share.
 */
#ifndef UB_LOADER_DFUSE_ROOM_H
#define UB_LOADER_DFUSE_ROOM_H

#include "loader/dfu_operate.h"

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
    /* what was sent and may or may not have been taken: read before it is sent again */
    const struct ub_region *suspect_region; /**< NULL: nothing is suspect */
    uint64_t suspect_begin;
    uint64_t suspect_end;
    struct ub_error suspect_error; /**< why */
    uint64_t operations;           /**< blocks and sectors done */
    unsigned retries;              /**< operations done again, in this run */
    bool freed_well;               /**< an erase that hung was freed, and had happened */
    unsigned queue_failures;       /**< less those that later queues made up for */
};

/* dfuse_command.c */

/**
 * Makes sure that a block number means `address`, for a transfer of `length` bytes: keeps the
 * address pointer where it is if it can, else moves it (SET_ADDRESS). A short block gets the
 * pointer at its very address, as some devices count in units of what is asked for instead of
 * wTransferSize. Errors: as dfuse_set_address().
 */
enum ub_code dfuse_point(struct dfuse *dfuse, const struct ub_region *region, uint32_t address,
                         uint16_t length, uint16_t *block, struct ub_error *err);

/** Moves the address pointer to `address`, unless it is there. A command that was refused or lost
 * is sent again. Errors: UB_DFU_COMMAND, UB_DFU_PROTECTED, as dfu_operate(). */
enum ub_code dfuse_set_address(struct dfuse *dfuse, uint32_t address, struct ub_error *err);

/** Tells the device to erase the sector of `size` bytes at `address` and waits for it, at most
 * `deadline_ms`. What the device says is not proved here. Errors: as dfuse_set_address(). */
enum ub_code dfuse_erase_command(struct dfuse *dfuse, uint32_t address, uint32_t size,
                                 uint32_t deadline_ms, struct ub_error *err);

/** Tells the device to erase all program memory and waits for it, once. Errors: as
 * dfuse_set_address(). */
enum ub_code dfuse_erase_all_command(struct dfuse *dfuse, struct ub_error *err);

/**
 * Lifts read protection: the device erases itself and resets (AN3156 section 4.5), so it is asked
 * for its status once, which sets the command off, and not again. Errors: as dfuse_set_address().
 */
enum ub_code dfuse_lift_protection(struct dfuse *dfuse, struct ub_error *err);

/**
 * After a failure: the address pointer is unknown, and ST's errVENDOR is turned into
 * UB_DFU_PROTECTED. Returns the code for it.
 */
enum ub_code dfuse_failed(struct dfuse *dfuse, enum ub_code code, struct ub_error *err);

/* dfuse_retry.c */

/**
 * True if what failed with `code`, as *err tells, may be tried once more: the failure is one that
 * passes, and there were not too many of them in this run. Counts it; the first one is told to the
 * person.
 */
bool dfuse_may_retry(struct dfuse *dfuse, enum ub_code code, const struct ub_error *err);

/**
 * After a failure that *err tells of: brings the device back to dfuIDLE. UB_OK: *err still tells of
 * the failure. Otherwise it tells what cannot be mended: the failure itself, or that the device is
 * gone or the person wants to stop.
 */
enum ub_code dfuse_recover(struct dfuse *dfuse, enum ub_code code, struct ub_error *err);

/* dfuse_read.c */

/** Selects the alternate setting of a region. Errors: as dfu_select_alt(). */
enum ub_code dfuse_select(struct dfuse *dfuse, const struct ub_region *region,
                          struct ub_error *err);

/** ub_loader_ops.read. */
enum ub_code dfuse_read(struct ub_loader *loader, const struct ub_region *region, uint64_t address,
                        uint8_t *data, size_t length, size_t *actual, struct ub_error *err);

/** True if that range can be read. */
bool dfuse_readable(const struct dfuse *dfuse, const struct ub_region *region, uint64_t address,
                    uint64_t length);

/** Reads a range without progress and without hearing a wish to stop. Errors: as dfuse_read(). */
enum ub_code dfuse_look(struct dfuse *dfuse, const struct ub_region *region, uint32_t address,
                        uint8_t *data, size_t length, struct ub_error *err);

/** Is the range blank? Errors: as dfuse_read(). */
enum ub_code dfuse_look_blank(struct dfuse *dfuse, const struct ub_region *region, uint64_t address,
                              uint64_t length, bool *blank, struct ub_error *err);

/* dfuse_write.c, dfuse_erase.c, dfuse_leave.c: members of ub_loader_ops */

enum ub_code dfuse_write(struct ub_loader *loader, const struct ub_region *region, uint64_t address,
                         const uint8_t *data, size_t length, struct ub_error *err);
enum ub_code dfuse_erase(struct ub_loader *loader, const struct ub_region *region, uint64_t address,
                         struct ub_error *err);
enum ub_code dfuse_erase_all(struct ub_loader *loader, struct ub_error *err);
enum ub_code dfuse_leave(struct ub_loader *loader, uint64_t address, struct ub_error *err);

static inline struct dfuse *dfuse_of(struct ub_loader *loader)
{
    return (struct dfuse *)(void *)loader;
}

#endif
