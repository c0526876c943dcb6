/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file fake_device.h
 * A device whose every answer the fuzzer decides: a small honest DFU bootloader in memory, on a bus
 * of its own, from which the input departs at any transfer.
 *
 * The input is a face (who is on the bus, see fake_face_read()), and then one byte for each call
 * of the transport. A byte below FAKE_DEPART is the honest answer; any other departs from it, as
 * enum fake_departure says, and takes its parameters from the bytes behind it. Behind its end every
 * call is answered as the byte `after` says. Time is virtual and moves with each transfer.
 *
 * It also keeps what the host knows: which bytes it was given of which address, and whether it
 * sent anything that could change the device. That is what the oracles of fuzz_host.c compare with.
 */
#ifndef UB_FUZZ_FAKE_DEVICE_H
#define UB_FUZZ_FAKE_DEVICE_H

#include "base/clock.h"
#include "loader/memory_map.h"
#include "usb/dfu_interface.h"

#define FAKE_FLASH_BASE UINT32_C(0x08000000)
#define FAKE_FLASH_SIZE ((size_t)1 << 20)
#define FAKE_SIDE_BASE  UINT32_C(0x1fff0000) /**< option bytes, OTP */
#define FAKE_SIDE_SIZE  ((size_t)1 << 15)
#define FAKE_ALTS_MAX   4u
#define FAKE_CONFIG_MAX 256u
#define FAKE_TEXT_MAX   128u
#define FAKE_DEPART     0x80u

/** How an answer departs from the honest one: the byte modulo FAKE_DEPARTURES. */
enum fake_departure {
    FAKE_STALL,
    FAKE_TIMEOUT,  /**< never answered, not looked at */
    FAKE_GONE,     /**< it vanishes for good */
    FAKE_RETURN,   /**< it vanishes; [delay in 100 ms] [a face] say what comes back, and when */
    FAKE_IO,       /**< lost on the wire */
    FAKE_LITERAL,  /**< [n] [n bytes]: the answer, whatever was asked; nothing is done */
    FAKE_TOO_LONG, /**< honest, but more bytes are claimed than were asked for */
    FAKE_WRONG,    /**< honest, but [byte number] is XORed with [value] */
    FAKE_SHORT,    /**< honest, but only [n] bytes of it */
    FAKE_SILENT,   /**< taken, and not done */
    FAKE_OVERFLOW, /**< reported as too long by the host controller */
    FAKE_LATE,     /**< honest, but after [tenths of a second] */
    FAKE_STATUS,   /**< [bStatus] [poll, 3 bytes] [bState]: a status, said and not meant */
    FAKE_STATE,    /**< honest, but from here on in state [bState] with status [bStatus]; 255: in
                      dfuDNBUSY for ever */
    FAKE_DECAY,    /**< honest, but a bit of [offset, 2 bytes] in its flash turns first */
    FAKE_REFUSED,  /**< open and claim: access denied or busy; other calls: lost on the wire */
    FAKE_DEPARTURES,
};

/** The bytes that decide; taking beyond the end gives 0. */
struct fake_input {
    const uint8_t *at;
    size_t left;
};

uint8_t fake_take(struct fake_input *input);
uint16_t fake_take_u16(struct fake_input *input);

/** Who is on the bus. */
struct fake_face {
    uint16_t vid;
    uint16_t pid;
    bool runtime;       /**< firmware, which can be asked to detach */
    bool no_functional; /**< no functional descriptor in the configuration */
    bool flood;         /**< re-enumerates each time somebody looks */
    bool serial;
    bool tainted; /**< its descriptors come from the input, so its memory map may say anything */
    bool dfuse;
    uint8_t protocol;
    uint8_t attributes;
    uint16_t transfer_size;
    uint16_t bcd;
    uint8_t poll_ms;
    uint8_t state; /**< on arrival */
    const char *alts[FAKE_ALTS_MAX];
    size_t alt_count;
    bool renamed; /**< the first alternate setting is called `text` */
    char text[FAKE_TEXT_MAX];
    uint8_t config[FAKE_CONFIG_MAX];
    size_t config_length;
};

/** What the host was told and has done: never what is true of the device. */
struct fake_view {
    uint32_t pointer;    /**< of the last SET_ADDRESS */
    bool addressed;      /**< there was one: it speaks DfuSe */
    uint16_t unit;       /**< wTransferSize as the host knows it */
    uint64_t uploaded;   /**< bytes of the running plain upload */
    bool ended_upload;   /**< one came to its end */
    uint64_t downloaded; /**< bytes of the running plain download */
    uint16_t block;      /**< bytes of its first block */
    bool changed;        /**< a change was asked for and not refused */
    bool asked;          /**< a change was asked for, whatever became of it */
    bool erased_all;     /**< mass erase was asked for */
    bool unprotected;    /**< lifting of read protection was asked for */
    bool side_changed;   /**< a change outside program memory was asked for */
    bool blind;          /**< something was changed that had not been read */
    bool ended;          /**< the last plain download was ended and that was not refused */
    bool tainted;        /**< it was told strings or descriptors that are not the face's */
};

struct fake_device {
    struct fake_input input;
    uint8_t after; /**< answers every call behind the input's end */
    struct ub_virtual_time time;
    uint64_t sleeps;
    uint64_t transfers;
    struct fake_face face;
    struct fake_face next; /**< comes at arrive_us, if it is not UINT64_MAX */
    uint64_t arrive_us;
    bool present;
    uint32_t generation;
    unsigned handles; /**< open now */
    bool departed;    /**< not every answer was honest */
    /* the honest bootloader */
    struct ub_memory_map map; /**< of alternate setting 0 */
    bool mapped;
    uint8_t state;
    uint8_t status;
    uint8_t alt;
    uint32_t pointer;
    bool works; /**< a block waits for the question that sets it off */
    bool leaving;
    bool stuck; /**< busy for ever */
    uint16_t block_number;
    uint16_t block_length;
    uint8_t block[UB_CONTROL_MAX];
    uint64_t stream; /**< bytes of the running plain transfer */
    struct fake_view view;
};

/**
 * Reads a face: [who] [flags] [bmAttributes] [wTransferSize, 2] [version] [names] [poll time in ms]
 * [state], and then, as flags ask: ids, a length and a name, a length and a configuration. One that
 * takes more than the input holds is filled up with zeros.
 */
void fake_face_read(struct fake_face *face, struct fake_input *input);

/** What alternate setting number `alt` calls itself, or NULL. */
const char *fake_face_name(const struct fake_face *face, size_t alt);
/** From firmware to bootloader or back. A configuration from the input stays as it is. */
void fake_face_turn(struct fake_face *face);

/**
 * Sets *device up with the face that the input begins with; its flash holds `fill`. Its memory is
 * static: one device at a time.
 */
void fake_open(struct fake_device *device, struct fake_input input, uint8_t fill);

/** The bus it is on, and the clock of that bus. */
struct ub_transport fake_transport(struct fake_device *device);
struct ub_clock fake_clock(struct fake_device *device);

/** The honest answer to a class or descriptor request: UB_OK, UB_USB_STALL or UB_USB_GONE. */
enum ub_code fake_answer(struct fake_device *device, const struct ub_setup *setup, uint8_t *data,
                         uint16_t *actual);
/** It leaves the bus, and `next` comes back after `delay_us`; UINT64_MAX: never. */
void fake_depart(struct fake_device *device, uint64_t delay_us);
/** It starts anew behind its present face. */
void fake_start(struct fake_device *device);
/** Bytes of program memory from FAKE_FLASH_BASE on that its map shows. */
size_t fake_flash_used(const struct fake_device *device);
/** The byte at an address of its memory, or NULL. */
uint8_t *fake_memory(uint32_t address);

/** The bytes that the host was last given for [address, address + length), since they were changed
 * last: do they equal `bytes`? */
bool fake_was_read(uint64_t address, const uint8_t *bytes, size_t length);
/** Did the host send exactly these bytes as a stream, and end it? */
bool fake_was_sent(const struct fake_device *device, const uint8_t *bytes, size_t length);
/** Notes what a request of the host means; `code` and `actual` are the answer. */
void fake_note(struct fake_device *device, const struct ub_setup *setup, const uint8_t *data,
               enum ub_code code, uint16_t actual);
/** Notes what the device says of itself since it arrived: how long its blocks are. */
void fake_meet(struct fake_device *device);
/** Forgets everything that was noted. */
void fake_forget(struct fake_device *device);

#endif
