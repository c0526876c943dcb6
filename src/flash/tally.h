/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file tally.h
 * Counts what the loaders will send for a list of operations, and prices it: commands, blocks and
 * the questions behind them, addresses set after gaps, changes of the alternate setting.
 *
 * It follows loader/dfuse_command.c and loader/dfu.c, and knows where an operation leaves the
 * device, so that the next one is counted from there.
 */
#ifndef UB_FLASH_TALLY_H
#define UB_FLASH_TALLY_H

#include "flash/cost.h"
#include "flash/target.h"

/** Transfers of a DfuSe command: a download and two questions (AN3156 section 4). */
#define UB_TALLY_COMMAND 3u

/** Where the device will stand. */
enum ub_tally_state { UB_TALLY_IDLE, UB_TALLY_DOWN, UB_TALLY_UP };

struct ub_tally {
    const struct ub_rates *rates;
    const struct ub_target *target;
    enum ub_tally_state state;
    const struct ub_region *region; /**< behind the alternate setting in force, NULL: not known */
    bool anchored;                  /**< the address pointer is at `anchor` */
    uint64_t anchor;
    uint64_t transfers; /**< all that were counted */
    uint64_t commands;  /**< of these, what is not a block or a question behind one */
    uint64_t us;        /**< price of everything so far */
};

/** Starts from a device that was opened, or read, a moment ago. */
void ub_tally_start(struct ub_tally *tally, const struct ub_target *target,
                    const struct ub_rates *rates);

/* Each counts one operation and returns its price in microseconds. */

/** Erasing the sector of `size` bytes at `address`. */
uint64_t ub_tally_erase(struct ub_tally *tally, const struct ub_region *region, uint64_t address,
                        uint32_t size);
/** The mass erase. */
uint64_t ub_tally_erase_all(struct ub_tally *tally, const struct ub_region *region);
/** Writing `length` bytes at `address`. */
uint64_t ub_tally_write(struct ub_tally *tally, const struct ub_region *region, uint64_t address,
                        uint64_t length);
/** Reading `length` bytes at `address`. */
uint64_t ub_tally_read(struct ub_tally *tally, const struct ub_region *region, uint64_t address,
                       uint64_t length);
/** Ending a stream so that the device takes it in. */
uint64_t ub_tally_end(struct ub_tally *tally);
/** The loader forgets the address pointer (loader.h: forget). */
void ub_tally_forget(struct ub_tally *tally);

#endif
