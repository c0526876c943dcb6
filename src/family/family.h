/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file family.h
 * What is known about kinds of devices: how to recognise them, how long they take, where they boot.
 */
#ifndef UB_FAMILY_FAMILY_H
#define UB_FAMILY_FAMILY_H

#include "loader/loader.h"

/** Typical costs, in microseconds, from the family's data sheet. */
struct ub_costs {
    uint32_t erase_sector_us; /**< fixed part of a sector erase */
    uint32_t erase_kib_us;    /**< per KiB of sector on top of it */
    uint32_t erase_all_us;
    uint32_t write_kib_us;    /**< programming one KiB */
    uint32_t transfer_us;     /**< one short control transfer */
    uint32_t transfer_kib_us; /**< per KiB of its data stage */
    uint32_t erase_ask_us;    /**< how long the bootloader asks to be left alone after an erase, */
    uint32_t write_ask_us; /**< and after a block, whatever it takes; 0: for as long as it takes */
};

/**
 * A second memory that tells apart families with the same program memory: a region that begins
 * there. Zero: none is looked for.
 */
struct ub_family_mark {
    uint64_t address;
    uint32_t size; /**< bytes of its first sector; 0: any */
};

/** What starts the firmware. */
enum ub_family_core {
    UB_CORE_UNKNOWN,
    UB_CORE_CORTEX_M, /**< a vector table: initial stack pointer, reset vector */
    UB_CORE_RISCV,    /**< the first instruction */
};

/** A stretch of RAM. */
struct ub_family_ram {
    uint32_t address;
    uint32_t length;
};

/**
 * What firmware for the family looks like, whichever of its chips it is for: RAM is that of the
 * chip with most. Lists are empty where nothing is known, so that nothing can contradict them.
 */
struct ub_family_firmware {
    enum ub_family_core core;
    bool no_fpu; /**< none of its chips has floating point registers */
    const struct ub_family_ram *ram;
    size_t ram_count;
    const uint32_t *uf2; /**< the family ids of UF2 files for its chips */
    size_t uf2_count;
    uint32_t flash;          /**< where its flash begins; 0: not known */
    const uint32_t *aliases; /**< where the same flash is seen a second time */
    size_t alias_count;
};

/** One family. */
struct ub_family {
    const char *name;  /**< "STM32F405" */
    const char *title; /**< "STM32F405/407/415/417, ST's bootloader in ROM" */
    const char *word;  /**< for selectors: "stm32f405" */
    uint16_t vid;      /**< with pid: the id in DFU mode; 0 matches any */
    uint16_t pid;
    const struct ub_sector_run *layout; /**< sectors of its flash that tell it apart, or NULL; a
                                             count of 0 means any */
    size_t layout_count;
    struct ub_family_mark mark;
    bool alone; /**< it shows its program memory and nothing else */
    bool has_boot_address;
    bool rom_by_pin;       /**< its bootloader is entered by a pin, whatever the flash holds */
    uint64_t boot_address; /**< where the vector table is */
    const struct ub_family_firmware *firmware; /**< NULL: nothing is known of it */
    struct ub_costs costs;
    struct ub_loader_habits habits;
};

/** Family number `index` in order of preference, or NULL past the end. */
const struct ub_family *ub_family_at(size_t index);

/** The family of a device that was not opened: by id alone. Never NULL: the last one fits any DFU
 * device. */
const struct ub_family *ub_family_by_id(uint16_t vid, uint16_t pid);

/** The family once its regions, as quirks may have corrected them, are known. Never NULL. */
const struct ub_family *ub_family_by_regions(uint16_t vid, uint16_t pid,
                                             const struct ub_region *regions, size_t count);

/** What a word for a family says of another one. */
enum ub_family_relation {
    UB_FAMILY_OTHER,   /**< the family is none of those that the word is for */
    UB_FAMILY_ANY,     /**< nothing is known of the family but that it follows the standard */
    UB_FAMILY_MAYBE,   /**< the family is known in general, and the word is for a kind of it */
    UB_FAMILY_COVERED, /**< the word is for the family itself, or for the one it is a kind of */
};

/**
 * Is the family one that is meant by this word or name? A family is a kind of another if it shows
 * itself by the same ids, and the other by nothing else ("stm32f405" of "stm32"). All that decides
 * by families' words (manifests, policies) asks here.
 */
enum ub_family_relation ub_family_relation(const struct ub_family *family, const char *word);

/** The family with that word or name (case does not matter; backups' records have names), or NULL.
 */
const struct ub_family *ub_family_named(const char *word);

#endif
