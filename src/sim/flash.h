/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file flash.h
 * A memory of a virtual chip: sectors, programming that changes bits one way only, units with ECC,
 * typical and slow timing, and the count of what was done wrongly.
 *
 * Times are those of the chip: what it works, not what a bootloader claims.
 */
#ifndef UB_SIM_FLASH_H
#define UB_SIM_FLASH_H

#include "sim/model.h"

/** A memory in use. Its bytes are on the heap, or a file mapped shared so that they survive. */
struct ub_sim_flash {
    const struct ub_sim_memory *model;
    uint8_t *bytes;
    size_t size;
    int fd;          /**< of the state file, locked; -1: on the heap */
    bool fresh;      /**< it was made now, and not found in a state file */
    bool slow;       /**< works at its worst, not typically; the owner may set it at any time */
    uint8_t *used;   /**< with ECC: a bit for each unit programmed since its erase; owned. What a
                        state file brings along counts as programmed where it is not blank */
    uint8_t *poison; /**< with ECC: a bit for each poisoned unit; owned, not kept in state files */
    uint64_t erases; /**< sectors erased */
    uint64_t programs;   /**< units programmed */
    uint64_t violations; /**< bytes in which a bit should have gone back without erase */
    uint64_t poisoned;   /**< units poisoned */
    uint64_t busy_us;    /**< time spent erasing and programming */
};

/**
 * Sets *flash up, erased or as the model begins. `state` (may be NULL) is the file that keeps its
 * content; it is created if it does not exist. *flash is the caller's, to be closed.
 * Errors: UB_SIM_STATE (wrong size, in use by another program, cannot be opened), UB_SYS_MEMORY.
 */
enum ub_code ub_sim_flash_open(struct ub_sim_flash *flash, const struct ub_sim_memory *model,
                               const char *state, struct ub_error *err);
/** Gives everything back; the state file keeps its content. Safe on a zeroed struct. */
void ub_sim_flash_close(struct ub_sim_flash *flash);

/** How many bytes this memory has from `address` on without a gap; 0: it does not have it. */
size_t ub_sim_flash_left(const struct ub_sim_flash *flash, uint64_t address);
/** Is the whole of [address, address + length) in this memory, without a gap? */
bool ub_sim_flash_has(const struct ub_sim_flash *flash, uint64_t address, size_t length);
/** The byte at `address`, which must be in this memory. */
uint8_t *ub_sim_flash_at(const struct ub_sim_flash *flash, uint64_t address);

/** The sector that holds `address`: its number, start and size. False outside the memory. */
bool ub_sim_flash_sector(const struct ub_sim_flash *flash, uint64_t address, uint32_t *number,
                         uint64_t *start, uint32_t *size);

/** The time that erasing the sector at `address` takes, in us; 0 outside the memory. */
uint64_t ub_sim_flash_erase_us(const struct ub_sim_flash *flash, uint64_t address);
/** Erases the sector that holds `address`; returns the time it takes. */
uint64_t ub_sim_flash_erase(struct ub_sim_flash *flash, uint64_t address);
/** Erases everything but the bootloader's own sectors; returns the time it takes. */
uint64_t ub_sim_flash_erase_all(struct ub_sim_flash *flash);
/**
 * Programs bytes by the rules of the memory's kind; returns the time it takes. The range must be
 * in it. Where it begins or ends inside a unit, the rest of the unit is programmed as erased: it
 * keeps its value and is used up all the same.
 */
uint64_t ub_sim_flash_program(struct ub_sim_flash *flash, uint64_t address, const uint8_t *bytes,
                              size_t length);
/** Does [address, address + length), which must be in it, touch a poisoned unit? */
bool ub_sim_flash_poisoned(const struct ub_sim_flash *flash, uint64_t address, size_t length);
/** Is it all erased? */
bool ub_sim_flash_blank(const struct ub_sim_flash *flash);

#endif
