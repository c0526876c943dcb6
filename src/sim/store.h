/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file store.h
 * The memories of a virtual chip behind its bootloader, with the protections and the defects that
 * lie between the two. The two media, plain DFU and DfuSe, both work on it.
 */
#ifndef UB_SIM_STORE_H
#define UB_SIM_STORE_H

#include "sim/dfu_function.h"
#include "sim/flash.h"

#define UB_SIM_SECTORS_MAX 4096u

struct ub_sim_store {
    const struct ub_sim_dfu *dfu;
    struct ub_sim_flash flashes[UB_SIM_MEMORIES_MAX];
    size_t count;
    uint8_t alt; /**< the active alternate setting: index of the memory in view */
    bool rdp;    /**< read protection is active */
    uint8_t wrp[UB_SIM_SECTORS_MAX / 8]; /**< write-protected sectors of memory 0 */
    bool silent;                         /**< writes are reported as done and not done */
    uint32_t drop;  /**< number of the data block that is not stored although it says so; 0: none */
    uint32_t stuck; /**< number of the download from which on dfuDNBUSY never ends; 0: none */
    uint32_t blocks;    /**< data blocks downloaded so far */
    uint32_t offered;   /**< data blocks offered so far, those refused for no reason too */
    uint32_t downloads; /**< downloads of any kind so far */
};

/** The memory in view. */
struct ub_sim_flash *ub_sim_store_view(struct ub_sim_store *store);

/** Is the sector of the program memory that holds `address` write-protected? */
bool ub_sim_store_protected(const struct ub_sim_store *store, uint64_t address);

/** Does any of [address, address + length) of the program memory belong to the bootloader? */
bool ub_sim_store_own(const struct ub_sim_store *store, uint64_t address, size_t length);
/** Counts a data block offered and tells whether it is one that is refused for no reason. */
bool ub_sim_store_balks(struct ub_sim_store *store);

/**
 * Programs a data block, which must lie in the memory in view, as far as protection and defects
 * let it. Returns the time it takes.
 */
uint64_t ub_sim_store_program(struct ub_sim_store *store, uint64_t address, const uint8_t *bytes,
                              size_t length);
/** Erases the sector at `address` unless it is write-protected. Returns the time it takes. */
uint64_t ub_sim_store_erase(struct ub_sim_store *store, uint64_t address);

/** Counts a download and tells whether it is one that never ends. */
bool ub_sim_store_sticks(struct ub_sim_store *store);

/** ST's DfuSe over a store (AN3156). */
struct ub_sim_dfuse {
    struct ub_sim_store *store;
    uint64_t pointer; /**< the address pointer */
    bool erases;      /**< an erase is in hand that never ends, but will have been done... */
    uint64_t erasing; /**< ...of the sector at this address */
};
extern const struct ub_dfu_media_ops ub_sim_dfuse_ops;

/** Plain DFU over a store: the memory in view as one stream. */
struct ub_sim_plain {
    struct ub_sim_store *store;
    uint16_t next;        /**< number of the block that comes next */
    uint64_t written;     /**< bytes of this download */
    uint64_t erased;      /**< bytes from the start of the memory erased for it */
    uint16_t last_length; /**< of the block accepted last */
    bool begun;           /**< a download is in progress */
    uint64_t read;        /**< bytes of this upload */
    bool broken;          /**< a download has begun and was never completed */
    bool used;            /**< it has been written or read since it arrived */
    uint64_t announced;   /**< bytes that the LPC prefix of this download announces */
};
extern const struct ub_dfu_media_ops ub_sim_plain_ops;

#endif
