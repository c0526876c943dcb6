/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file chip.h
 * A loader over a memory that has the rules of flash: bits move one way, a unit with ECC is
 * programmed once between erases, and everything takes its time. For property tests of the planner.
 */
#ifndef UB_TESTS_FLASH_CHIP_H
#define UB_TESTS_FLASH_CHIP_H

#include "flash/plan.h"

#define CHIP_BASE UINT64_C(0x08000000)
#define CHIP_RUNS 4u
#define CHIP_MOST ((size_t)64 * 1024)

/** Rules that were broken. All zero after a good plan. */
struct chip_faults {
    unsigned bits;   /**< a bit was to go back without an erase */
    unsigned ecc;    /**< a unit was programmed twice */
    unsigned torn;   /**< a write began or ended inside a unit */
    unsigned rights; /**< something was done that the sector does not allow */
    unsigned booted; /**< it would have booted half of an image */
};

struct chip {
    struct ub_loader loader; /**< first: a chip is a loader */
    uint8_t memory[CHIP_MOST];
    uint8_t programmed[CHIP_MOST]; /**< a flag for each unit */
    uint8_t touched[CHIP_MOST];    /**< a flag for each byte that was erased or programmed */
    uint8_t before[CHIP_MOST];     /**< as it was when chip_watch() was called */
    const uint8_t *after;          /**< as it shall be in the end; NULL: nobody watches */
    uint64_t boot_address;         /**< of the block that makes it boot */
    size_t boot_length;            /**< 0: it is not watched */
    size_t size;
    struct ub_sector_run runs[CHIP_RUNS];
    struct ub_region region;
    size_t unit;
    bool ecc;
    uint8_t erased;
    size_t erases;
    size_t mass_erases;
    size_t lie_at;           /**< the reading of that number gives back blank bytes; 0: none */
    const uint8_t *lie_with; /**< what it gives back then, as the memory is laid out, instead */
    size_t calls;            /**< readings, of one block or more */
    size_t reads;            /**< blocks */
    size_t writes;           /**< blocks */
    uint64_t transfers;
    struct ub_costs costs; /**< what things really take */
    struct chip_faults faults;
    struct ub_family family;
    struct ub_virtual_time time;
    struct ub_env env;
    struct ub_target target;
};

/** How a chip is made. */
struct chip_layout {
    struct ub_sector_run runs[CHIP_RUNS]; /**< addresses are filled in */
    size_t run_count;
    uint16_t block;
    uint16_t unit;
    bool ecc;
    uint8_t erased;
};

/** A blank chip. What it really takes is what its family says. */
void chip_init(struct chip *chip, const struct chip_layout *layout);
/** Gives it a content as if it had been programmed, blank units left out. */
void chip_load(struct chip *chip, const uint8_t *content);
/** Units in [offset, offset + length) were programmed with what they hold, blank or not, as tools
 * do that send every block of a file. */
void chip_use(struct chip *chip, size_t offset, size_t length);
/** From now on it watches that nothing boots before `after` is complete. `after` is borrowed. */
void chip_watch(struct chip *chip, const uint8_t *after, uint64_t boot_address, size_t length);
/** True if no rule was broken. */
bool chip_unharmed(const struct chip *chip);

#endif
