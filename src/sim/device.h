/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file device.h
 * A virtual USB device: chapter 9 of USB 2.0, its descriptors, its coming and going, and the DFU
 * function behind it.
 *
 * A device never sleeps. It is told the time with every call and says when a transfer is complete;
 * who carries its transfers (the bus in this process, the USB/IP server) does the waiting.
 */
#ifndef UB_SIM_DEVICE_H
#define UB_SIM_DEVICE_H

#include "sim/sim.h"
#include "sim/spec.h"

#define UB_SIM_NEVER         UINT64_MAX
#define UB_SIM_CONFIG_MAX    256u
#define UB_SIM_STRING_MAX    UB_SIM_STRING_BYTES
#define UB_SIM_DEVICE_LENGTH 18u
#define UB_SIM_MAX_PACKET    64u

/**
 * What a control transfer of a full-speed device costs on the wire. 19 packets fit in a frame in a
 * long data stage (USB 2.0 table 5-1); the fixed cost of a transfer lies between 0.25 and 3 ms with
 * real host controllers and hubs, and this is a good one.
 */
#define UB_SIM_TRANSFER_US 250u
#define UB_SIM_PACKET_US   53u

enum ub_sim_answer {
    UB_SIM_ANSWER_OK,
    UB_SIM_ANSWER_STALL,
    UB_SIM_ANSWER_LONG, /**< it answered with more than was asked for: babble */
    UB_SIM_ANSWER_MUTE, /**< no answer, ever */
    UB_SIM_ANSWER_GONE, /**< the device left the bus during the transfer */
};

/** How a control transfer ended. */
struct ub_sim_reply {
    enum ub_sim_answer answer;
    uint16_t length;         /**< bytes moved */
    uint64_t complete_at_us; /**< end of the status stage */
};

/** A virtual device. Members are read by the bus, the server and tests, changed by device.c. */
struct ub_sim_device {
    struct ub_sim_spec spec;
    struct ub_sim_store store;
    struct ub_sim_dfuse dfuse;
    struct ub_sim_plain plain;
    struct ub_dfu_fn fn;
    struct ub_clock clock; /**< by which the plug is pulled */
    bool configures;       /**< configuration 1 is set as soon as it arrives */
    bool present;          /**< on the bus */
    uint32_t generation;   /**< another one after each arrival */
    enum ub_mode mode;
    uint64_t arrive_at_us; /**< when it comes (back); UB_SIM_NEVER: not by itself */
    enum ub_mode arrive_mode;
    uint8_t configuration;     /**< 0: not configured */
    bool met;                  /**< it has been on the bus before */
    bool mute;                 /**< it answers nothing any more */
    bool leaves;               /**< it was told to leave and has not been asked for status yet */
    enum ub_sim_leave leaving; /**< how it will go about it this time */
    uint64_t random;           /**< state of its chance, from the seed */
    uint32_t reenumerations;   /**< still to come, one behind the other */
    uint64_t vanish_at_us;     /**< when it leaves for the next of them; UB_SIM_NEVER: not */
    uint32_t answers;          /**< IN answers of the DFU function */
    uint32_t statuses;         /**< answers among them that hold a state */
    uint32_t uploads;          /**< DFU_UPLOAD answers among them */
    char misread_serial[UB_STRING_TEXT]; /**< the serial number as a system reads it that takes
                                            its bytes for UTF-16 */
    uint64_t transfers;
    uint64_t opens;
    uint64_t wire_us;
    uint8_t *scratch; /**< 64 KiB, owned: the data stage */
};

/** Makes a device from a description, absent until its first advance. *out is the caller's.
 * `spec` is taken over in any case. Errors: UB_SIM_SPEC (content), UB_SIM_STATE, UB_SYS_MEMORY, and
 * those of ub_sim_report_write(). */
enum ub_code ub_sim_device_open(struct ub_sim_spec *spec, struct ub_sim_device **out,
                                struct ub_error *err);
/** Ends a device; its report, if one was asked for, is written now. */
void ub_sim_device_close(struct ub_sim_device *device);

/**
 * Writes what the device counted to its report file, as one JSON object: the members of struct
 * ub_sim_counts, `model`, and `limit_us`, below which no host can come with the same transfers
 * (busy_us + wire_us). Errors: UB_SYS_WRITE, UB_SYS_DISK_FULL.
 */
enum ub_code ub_sim_report_write(const struct ub_sim_device *device, struct ub_error *err);

/** Lets time pass: it leaves, it arrives, its timers run. */
void ub_sim_device_advance(struct ub_sim_device *device, uint64_t now_us);
/** When it will arrive or leave next, as things stand. */
uint64_t ub_sim_device_next_event(const struct ub_sim_device *device);

/** The moment from which it looks at a request made now: later than now if it is deaf. */
uint64_t ub_sim_device_ready_at(const struct ub_sim_device *device, uint64_t now_us);
/**
 * A control transfer to endpoint 0 at now_us, which is not before ub_sim_device_ready_at(). `data`
 * holds setup->wLength bytes, read or filled as bmRequestType says.
 */
void ub_sim_device_control(struct ub_sim_device *device, uint64_t now_us,
                           const struct ub_setup *setup, uint8_t *data, struct ub_sim_reply *reply);
/** A bus reset. The device may leave the bus by it. */
void ub_sim_device_bus_reset(struct ub_sim_device *device, uint64_t now_us);

/** Number of the DFU interface in the present mode. */
uint8_t ub_sim_device_dfu_interface(const struct ub_sim_device *device);

/** Descriptors as the device sends them; each returns the number of bytes. */
size_t ub_sim_describe_device(const struct ub_sim_device *device,
                              uint8_t out[UB_SIM_DEVICE_LENGTH]);
size_t ub_sim_describe_config(const struct ub_sim_device *device, uint8_t out[UB_SIM_CONFIG_MAX]);
/** 0: there is no such string. */
size_t ub_sim_describe_string(const struct ub_sim_device *device, uint8_t index,
                              uint8_t out[UB_SIM_STRING_MAX]);
/** The bytes of `serial` taken for UTF-16, as UTF-8: what systems show of such a device. */
void ub_sim_misread_serial(const char *serial, char *to, size_t size);
/** The functional descriptor; 0: there is none. */
size_t ub_sim_describe_functional(const struct ub_sim_device *device, uint8_t out[9]);
/** The text behind a string index as a system shows it that has read it, or NULL. */
const char *ub_sim_string_text(const struct ub_sim_device *device, uint8_t index);
/** Who the device is in its present mode. */
const struct ub_sim_identity *ub_sim_device_identity(const struct ub_sim_device *device);

#define UB_SIM_STRING_MANUFACTURER 1u
#define UB_SIM_STRING_PRODUCT      2u
#define UB_SIM_STRING_SERIAL       3u
#define UB_SIM_STRING_INTERFACE    4u /**< of alternate setting 0; the others follow */

#endif
