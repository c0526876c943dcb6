/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file model.h
 * What a chip of the bench is, as data: its identities on the bus, its memories with their timing,
 * and how its bootloader behaves.
 */
#ifndef UB_SIM_MODEL_H
#define UB_SIM_MODEL_H

#include "unbrick.h"

#define UB_SIM_MEMORIES_MAX 8u

/** `count` sectors of `size` bytes, each erased in `erase_us`. */
struct ub_sim_run {
    uint32_t count;
    uint32_t size;
    uint32_t erase_us;      /**< typically */
    uint32_t erase_slow_us; /**< at worst (speed=slow); 0: twice the typical time */
};

/** The rules of a memory. */
enum ub_sim_memory_kind {
    UB_SIM_FLASH,  /**< erased by sectors, programming can only clear bits */
    UB_SIM_OPTION, /**< replaced as a whole by a write; no erase command reaches it */
    UB_SIM_OTP,    /**< programming can only clear bits, and nothing erases it */
    UB_SIM_PLAIN,  /**< anything else: keeps what is written */
};

/** A memory; it is what one alternate setting shows. */
struct ub_sim_memory {
    enum ub_sim_memory_kind kind;
    uint64_t base;
    const struct ub_sim_run *runs;
    size_t run_count;
    uint64_t zone_base;     /**< where the second zone begins, which may be below the first... */
    size_t zone_run;        /**< ...and the run that begins it; 0: there is one zone */
    uint32_t own_sectors;   /**< the first ones are the bootloader's own: errTARGET, not touched */
    uint8_t erased;         /**< value of an erased byte; 0x00: programming sets bits (L0, L1) */
    uint8_t unit;           /**< bytes programmed at once */
    bool ecc;               /**< a unit is programmed once between erases; once more poisons it */
    bool launches;          /**< a write makes the chip load it and reset (option bytes) */
    uint32_t unit_ns;       /**< time for one unit, typically, in nanoseconds */
    uint32_t unit_slow_ns;  /**< at worst; 0: twice the typical time */
    uint64_t mass_erase_us; /**< 0: the sum of all sectors */
    uint64_t mass_erase_slow_us; /**< at worst; 0: twice the typical time */
    const uint8_t *initial;      /**< content at first power-up; NULL: erased */
    size_t initial_length;
    const char *name; /**< string of the alternate setting; NULL: none */
};

/** Who a device is on the bus, in one of its modes. */
struct ub_sim_identity {
    uint16_t vid;
    uint16_t pid;
    uint16_t bcdDevice;
    uint16_t bcdUSB;
    const char *manufacturer;
    const char *product;
};

/** bwPollTimeout values, in milliseconds; UB_SIM_POLL_TRUE says what the operation really takes. */
struct ub_sim_polls {
    uint32_t set_address;
    uint32_t write;
    uint32_t erase;
    uint32_t mass_erase;
    uint32_t manifest;
};
#define UB_SIM_POLL_TRUE UINT32_MAX

/** What a question meets that comes too early while an erase or a write is in hand. */
enum ub_sim_early {
    UB_SIM_EARLY_ANSWERED, /**< dfuDNBUSY, with the time left (or NAKs, if the device is deaf) */
    UB_SIM_EARLY_STALLED,  /**< while the chip works: STALL; nothing else is harmed (L4) */
    UB_SIM_EARLY_STUCK,    /**< before the poll time is over, whether the chip works or not:
                              dfuDNBUSY, and the operation never ends (F072 without a hub) */
};

/** What DFU_CLRSTATUS meets in a state that is not dfuERROR. */
enum ub_sim_clear {
    UB_SIM_CLEAR_ERROR,   /**< STALL and dfuERROR (DFU 1.1 appendix A.2) */
    UB_SIM_CLEAR_REFUSED, /**< STALL, and nothing changes (C5) */
    UB_SIM_CLEAR_LENIENT, /**< taken: dfuERROR with errUNKNOWN; a second one leads to dfuIDLE, out
                             of dfuDNBUSY too (ST's middleware and ROMs) */
};

/** What a device does when it is told to leave its bootloader. */
enum ub_sim_leave {
    UB_SIM_LEAVE_WELL,
    UB_SIM_LEAVE_STALL,       /**< stalls the status question, then leaves */
    UB_SIM_LEAVE_GONE,        /**< vanishes during the status question */
    UB_SIM_LEAVE_GONE_BEFORE, /**< vanishes before the status question (GD32) */
    UB_SIM_LEAVE_MUTE,        /**< stays on the bus and answers nothing any more */
    UB_SIM_LEAVE_RANDOM,      /**< one of the first four, as the seed has it (GD32VF103) */
};

/** What comes of the command to erase a sector in the upper half of the program memory. */
enum ub_sim_bank2 {
    UB_SIM_BANK2_WELL,
    UB_SIM_BANK2_STUCK, /**< it never leaves dfuDNBUSY (H743 rev V); the sector is erased if
                           DFU_CLRSTATUS does not come before the chip is done */
    UB_SIM_BANK2_LOST,  /**< it never leaves dfuDNBUSY, and the sector is not erased */
};

/** What happens to a bootloader at a bus reset. */
enum ub_sim_reset {
    UB_SIM_RESET_STAYS, /**< it starts over, in DFU mode */
    UB_SIM_RESET_RUNS,  /**< the firmware starts, if there is a good one (DFU 1.1 appendix A.1) */
};

/** The DFU function: functional descriptor and habits. A value; a spec changes its copy. */
struct ub_sim_dfu {
    bool dfuse;
    bool functional;  /**< false: no functional descriptor at all */
    uint8_t protocol; /**< bInterfaceProtocol in DFU mode */
    uint8_t bmAttributes;
    uint16_t wDetachTimeOut; /**< milliseconds */
    uint16_t wTransferSize;
    uint16_t bcdDFUVersion; /**< 0x0100: the functional descriptor has 7 bytes */
    uint8_t first_state;    /**< state after power-up in DFU mode */
    uint8_t first_status;
    bool deaf;          /**< answers nothing (NAK) while it erases and programs */
    bool setalt_resets; /**< SET_INTERFACE brings it back to dfuIDLE */
    bool setalt_stalls; /**< SET_INTERFACE to the setting that is active already stalls */
    enum ub_sim_reset reset;
    struct ub_sim_polls polls;
    bool poll_fixed; /**< every status answer claims poll_ms, whatever it is about */
    uint32_t poll_ms;
    uint8_t status_length; /**< bytes of a status answer; 6 in a sane device */
    bool slow;             /**< erases and programs at worst, not typically (speed=slow) */
    bool works_first;      /**< erases and programs before it answers the first question (H743) */
    enum ub_sim_early early;
    enum ub_sim_clear clear;
    bool set_address_at_once; /**< SET_ADDRESS is done at the first question (U5) */
    bool functional_mute;     /**< never answers GET_DESCRIPTOR of the functional descriptor (C5) */
    bool multiplies_wlength;  /**< addresses of blocks count in bytes of this block, not
                                 wTransferSize */
    uint32_t refuse_nth; /**< refuses every n-th data block once, for no reason (F411); 0: none */
    enum ub_sim_bank2 bank2;
    bool upload_to_run;  /**< leaves for its firmware only after an upload (m-stack) */
    bool no_mass_erase;  /**< refuses it (GD32VF103 variant B) */
    bool strings_cut;    /**< string descriptors end before their length says (F427) */
    bool serial_bytes;   /**< the serial number's descriptor holds bytes, not UTF-16 (GD32VF103) */
    bool checks_prefix;  /**< takes no image without an LPC prefix: errFILE */
    bool upload_rubbish; /**< what it uploads is not what it holds (Jabra) */
    bool endless;        /**< a plain upload never ends */
    bool whole_blocks;   /**< block N is the memory's block N, and only whole ones are taken
                            (Ubertooth) */
    bool manifest_fragile;     /**< a bus reset during manifestation ruins the firmware (Poly) */
    uint8_t functional_length; /**< of the functional descriptor; 0: 9, or 7 where bcdDFUVersion
                                  is 0x0100 */
    uint64_t leave_pointer;  /**< leaves only if the address pointer is there (WB55), else it stays
                                and is back in dfuIDLE after manifestation; 0: any */
    enum ub_sim_leave leave; /**< its habit; a description's wins */
    uint64_t manifest_us;    /**< how long manifestation takes */
    uint64_t detach_us;      /**< from DETACH to leaving the bus by itself */
    uint64_t enter_us;       /**< off the bus on the way into DFU mode */
    uint64_t return_us;      /**< off the bus until the firmware is there */
};

/** One model: the public part and all that makes it. */
struct ub_sim_chip {
    struct ub_sim_model model;
    struct ub_sim_identity dfu_identity;
    struct ub_sim_identity runtime_identity;
    const char *serial;
    struct ub_sim_memory memories[UB_SIM_MEMORIES_MAX]; /**< number 0 is the program memory */
    size_t memory_count;
    struct ub_sim_dfu dfu;
    /** Would the firmware in the program memory run? NULL: if it is not blank. */
    bool (*runs)(const uint8_t *bytes, size_t length);
};

/** The chip called `name` (`length` characters), or NULL. */
const struct ub_sim_chip *ub_sim_chip_find(const char *name, size_t length);
/** Chip number `index`, or NULL past the end. */
const struct ub_sim_chip *ub_sim_chip_at(size_t index);

/** Chips of one kind; a file each (model_*.c), a row each in models.c. */
struct ub_sim_chip_group {
    const struct ub_sim_chip *chips;
    size_t count;
};
extern const struct ub_sim_chip_group ub_sim_group_stm32f405;
extern const struct ub_sim_chip_group ub_sim_group_stm32f4;
extern const struct ub_sim_chip_group ub_sim_group_stm32f7;
extern const struct ub_sim_chip_group ub_sim_group_stm32h7;
extern const struct ub_sim_chip_group ub_sim_group_stm32l;
extern const struct ub_sim_chip_group ub_sim_group_stm32new;
extern const struct ub_sim_chip_group ub_sim_group_stm32f0;
extern const struct ub_sim_chip_group ub_sim_group_dfu;
extern const struct ub_sim_chip_group ub_sim_group_odd;
extern const struct ub_sim_chip_group ub_sim_group_gd32;
extern const struct ub_sim_chip_group ub_sim_group_at32;
extern const struct ub_sim_chip_group ub_sim_group_apm32;

#endif
