/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file costs.h
 * How long operations took on earlier runs, by kind of device, so that the next prediction is
 * better.
 */
#ifndef UB_VAULT_COSTS_H
#define UB_VAULT_COSTS_H

#include "vault/vault.h"

/** Classes of sector sizes: number n holds sizes from 2^n to 2^(n+1) - 1 bytes. */
#define UB_SIZE_CLASSES 32u
#define UB_COSTS_KEY    128 /**< bytes of a key, with its NUL */

/** What was measured, in microseconds; 0 where nothing was. */
struct ub_learned {
    uint32_t runs;                      /**< verified runs that went into it */
    uint32_t transfer_us;               /**< a control transfer without data */
    uint32_t transfer_kib_us;           /**< per KiB of its data stage */
    uint32_t write_kib_us;              /**< programming one KiB in full blocks, transfers apart */
    uint32_t block_us;                  /**< a short block, where that costs more than its bytes */
    uint32_t erase_all_us;              /**< a mass erase, transfers apart */
    uint32_t end_us;                    /**< taking in a whole stream (manifestation) */
    uint32_t asks_milli;                /**< questions behind a block, in thousandths */
    uint32_t erase_us[UB_SIZE_CLASSES]; /**< one sector, transfers apart */
    uint32_t write_blocks; /**< blocks behind write_kib_us and asks_milli, for how much they count;
                                0: many. Not remembered */
};

/** The class of a sector of `size` bytes (not 0). */
unsigned ub_size_class(uint32_t size);

/** How well the vault's memory of costs could be used. */
enum ub_costs_state {
    UB_COSTS_GOOD,
    UB_COSTS_NONE,    /**< nothing is remembered of this kind of device */
    UB_COSTS_DAMAGED, /**< the file makes no sense, and will be replaced */
    UB_COSTS_NEWER,   /**< the file is from a newer unbrick, and is left alone */
};

/**
 * What is remembered under `key`: the kind of device, and how it was reached. *out is all zero
 * unless the answer is UB_COSTS_GOOD; its values lie in sane ranges.
 */
enum ub_costs_state ub_vault_costs(const struct ub_vault *vault, const char *key,
                                   struct ub_learned *out);

/**
 * Adds what a run measured. A new value moves the remembered one half the way, so that one odd run
 * is forgotten soon, and one of few blocks less than that; values out of sane ranges are left out.
 * Threads and programs that do this at the same moment wait for each other, at most 5 s; after
 * that, and where the vault's file system knows no locks, one of two runs may be lost, never the
 * file. Errors: UB_VLT_ACCESS, UB_SYS_WRITE, UB_SYS_DISK_FULL, UB_SYS_MEMORY.
 */
enum ub_code ub_vault_learn(struct ub_vault *vault, const char *key,
                            const struct ub_learned *measured, struct ub_error *err);

#endif
