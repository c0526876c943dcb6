/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file loader.h
 * A bootloader protocol behind one interface. A new protocol is one new file and one row in
 * loaders.c.
 */
#ifndef UB_LOADER_LOADER_H
#define UB_LOADER_LOADER_H

#include "base/env.h"
#include "usb/dfu_interface.h"
#include "usb/transport.h"

/**
 * How patient and how careful to be with this device, and which of its words not to believe. The
 * family gives the first values, the quirks that apply change them (data/quirks.yaml); protocol
 * code looks here and nowhere else for what is special about a device. Zero is a device that
 * follows the standard; a deadline of 0 is what every device gets.
 */
struct ub_loader_habits {
    uint32_t erase_deadline_ms; /**< for one sector, however little the device asks for */
    uint32_t erase_all_deadline_ms;
    uint32_t write_deadline_ms; /**< for one block */
    uint32_t manifest_deadline_ms;
    uint32_t poll_max_ms; /**< a bwPollTimeout above this is refused as absurd */

    /* when it may be asked */
    bool naks_while_busy; /**< it answers nothing until its operation is over: the question how it
                               went may be on its way at once, and no sleep is needed */
    bool poll_early; /**< it bears questions before its poll time is over. The first one that it
                          refuses ends that for the run */
    bool poll_fixed; /**< its bwPollTimeout means nothing; poll_fixed_ms is used instead */
    uint32_t poll_fixed_ms;
    uint32_t erase_typical_us; /**< of one sector of its smallest size, 0: not known; where early
                                    questions are borne, the first comes a little before that */
    uint32_t write_typical_us; /**< of one KiB, likewise */

    /* its memory */
    uint8_t erased_value;  /**< what erased memory reads as */
    uint16_t program_unit; /**< bytes programmed at once, 0: not known */
    bool write_once;       /**< a unit may be programmed once between erases (ECC): nothing is sent
                                again before it was read, and writes begin and end at whole units */
    bool erase_unproved;   /**< an erase that it reports may not have happened: read afterwards */

    /* what it says of itself */
    uint16_t bcdDFUVersion; /**< believed instead of the functional descriptor's; 0: believe it */
    uint16_t transfer_size_max; /**< bytes of a block, whatever it claims; 0: no limit */
    bool descriptor_mute;       /**< never ask it for its functional descriptor: it never answers */
    const char *memory_map; /**< instead of the name of its first alternate setting; NULL: none */

    /* its stream, if it is plain DFU */
    uint16_t first_block; /**< wBlockNum with which the firmware begins (Ubertooth: a block's number
                               is its place, and the first ones are the bootloader's) */
    bool whole_blocks;    /**< the last block is filled up with erased_value, and reading ends with
                               a refusal instead of a short block */

    /* what it can do */
    bool no_upload;     /**< its uploads are not what it holds */
    bool no_erase_all;  /**< it has no mass erase, whatever it says */
    bool upload_to_run; /**< it starts its firmware only after one block has been uploaded */
    bool free_by_clear; /**< stuck in dfuDNBUSY it is freed by two CLRSTATUS, and what it did may
                           have failed */
    bool has_leave_address; /**< the address pointer that makes it leave */
    uint64_t leave_address;
    bool no_leave_reset; /**< a bus reset does not start its firmware, or harms it */
};

/** Who knows devices: asked once more when the names of the memories have been read. */
struct ub_loader_adviser {
    /**
     * Corrects *habits by what the names of the alternate settings (`count` of them, never NULL)
     * give away. NULL: nobody knows more.
     */
    void (*advise)(void *self, const char *const *names, size_t count,
                   struct ub_loader_habits *habits);
    void *self;
};

/** An opened device in DFU mode. Everything in it is borrowed from the session, which outlives the
 * loader. */
struct ub_loader_port {
    struct ub_env *env;
    struct ub_transport transport;
    struct ub_usb_handle *handle;
    const struct ub_usb_info *info;
    const struct ub_dfu_interface *interface;
    struct ub_loader_habits habits;
    struct ub_loader_adviser adviser;
};

/** What the protocol can do with this device. */
struct ub_loader_caps {
    bool can_read;
    bool can_write;
    bool addressed;   /**< memory has addresses and sectors; false: one stream, written whole */
    bool will_detach; /**< leaves the bus by itself after commit or leave */
    bool tolerant;    /**< manifestation tolerant: answers after commit */
    bool mute;        /**< it did not answer in time after commit: whether it took the image in, and
                           still lives, is not known */
    uint16_t transfer_size; /**< bytes of a full block as used */
    /** As it was learned: asked for where it was missing, corrected by habits. If it is not
     * present, wTransferSize means nothing. */
    struct ub_dfu_functional functional;
    uint8_t arrived_bState; /**< as the device was met, before it was brought to dfuIDLE */
    uint8_t arrived_bStatus;
};

struct ub_loader;

/** One protocol. */
struct ub_loader_ops {
    /** For a person: "DFU 1.1", "DfuSe 1.1a". */
    const char *name;

    /** True if this protocol is spoken behind that interface. */
    bool (*speaks)(const struct ub_dfu_interface *interface);

    /**
     * Claims the interface, brings the device from whatever state it is in to dfuIDLE and learns
     * its regions. *out is the caller's. On failure nothing stays claimed. Errors: UB_DFU, UB_USB,
     * UB_DEV domains.
     */
    enum ub_code (*open)(const struct ub_loader_port *port, struct ub_loader **out,
                         struct ub_error *err);

    /** Takes on the habits of the family that the device's regions made known. */
    void (*adopt)(struct ub_loader *loader, const struct ub_loader_habits *habits);

    /** What this device can do. */
    void (*caps)(const struct ub_loader *loader, struct ub_loader_caps *out);

    /** The device's regions, owned by the loader. */
    const struct ub_region *(*regions)(const struct ub_loader *loader, size_t *count);

    /**
     * Reads `length` bytes at `address` of a region (stream: from its start, address 0, until
     * *actual says that the device has no more; a call that begins where the last one ended goes
     * on with its upload, if `length` was a multiple of transfer_size then). Progress is told per
     * block. *actual < length only for a stream's end. Errors: UB_MEM_NOT_READABLE,
     * UB_DFU_PROTECTED, UB_USB_SHORT, UB_SYS_INTERRUPTED, UB_USB and UB_DFU domains.
     */
    enum ub_code (*read)(struct ub_loader *loader, const struct ub_region *region, uint64_t address,
                         uint8_t *data, size_t length, size_t *actual, struct ub_error *err);

    /** Erases the sector that contains `address`, and waits until it is done. NULL for streams. */
    enum ub_code (*erase)(struct ub_loader *loader, const struct ub_region *region,
                          uint64_t address, struct ub_error *err);

    /**
     * Erases all of the device's program memory: the first region of kind UB_REGION_FLASH that can
     * be erased. NULL if the protocol has no such command.
     */
    enum ub_code (*erase_all)(struct ub_loader *loader, struct ub_error *err);

    /**
     * Lifts read protection, by which the device erases itself and starts anew: it leaves the bus,
     * and the handle can only be closed. Called only when the person named it. NULL if the protocol
     * has no such command.
     */
    enum ub_code (*unprotect)(struct ub_loader *loader, struct ub_error *err);

    /**
     * Writes `length` bytes at `address`, in blocks of transfer_size, each complete when this
     * returns. For a stream the calls continue each other from address 0. Progress is told per
     * block; stops between blocks when asked to.
     */
    enum ub_code (*write)(struct ub_loader *loader, const struct ub_region *region,
                          uint64_t address, const uint8_t *data, size_t length,
                          struct ub_error *err);

    /**
     * Ends the download so that the device takes in what was written. Plain DFU: the zero-length
     * block and manifestation, up to the point where the device has said that all went well. DfuSe:
     * nothing to do.
     */
    enum ub_code (*commit)(struct ub_loader *loader, struct ub_error *err);

    /**
     * Ends the bootloader and starts what is at `address` (ignored by streams). A device that
     * stalls, vanishes or times out here did what it was told: UB_OK.
     */
    enum ub_code (*leave)(struct ub_loader *loader, uint64_t address, struct ub_error *err);

    /** Brings the device back to dfuIDLE, whatever it was doing; used after an interruption. */
    enum ub_code (*abort)(struct ub_loader *loader, struct ub_error *err);

    /**
     * Forgets what the loader believes of the device's address pointer, so that the next access
     * says it anew: before a verification, lest a misunderstood address agree with itself. NULL for
     * protocols without addresses.
     */
    void (*forget)(struct ub_loader *loader);

    /** State and status as last seen, and control transfers sent so far. */
    void (*last_status)(const struct ub_loader *loader, uint8_t *bState, uint8_t *bStatus,
                        uint64_t *transfers);

    /** Blocks and commands that were done once more, because the first try failed, so far. NULL:
     * it is not known. */
    uint64_t (*repeats)(const struct ub_loader *loader);

    /** Something odd about the device, for `info`; NULL past the end. */
    const char *(*warning)(const struct ub_loader *loader, size_t index);

    /** Frees the loader (not the handle). */
    void (*close)(struct ub_loader *loader);
};

/** Every loader begins with this. */
struct ub_loader {
    const struct ub_loader_ops *ops;
};

/** The protocol spoken behind an interface in DFU mode, or NULL. */
const struct ub_loader_ops *ub_loader_for(const struct ub_dfu_interface *interface);

/**
 * Asks firmware in runtime mode to hand over (DFU_DETACH, DFU 1.1 section 5.1), then resets the bus
 * unless the device detaches itself. Afterwards the handle can only be closed. Errors:
 * UB_DFU_DETACH, UB_DEV and UB_USB domains.
 */
enum ub_code ub_dfu_detach(const struct ub_loader_port *port, struct ub_error *err);

#endif
