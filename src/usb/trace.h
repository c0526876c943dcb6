/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file trace.h
 * A trace: every call that a transport was asked for, and what came of it. docs/traces.md describes
 * the file; this is it in memory.
 */
#ifndef UB_USB_TRACE_H
#define UB_USB_TRACE_H

#include "usb/transport.h"

#define UB_TRACE_FORMAT  "unbrick-trace"
#define UB_TRACE_VERSION 1

/** Most bytes of a trace file: 16 MiB of firmware, written and read four times, fit. */
#define UB_TRACE_MAX ((size_t)256 * 1024 * 1024)
/** Most records in a trace. */
#define UB_TRACE_RECORDS_MAX ((size_t)4 * 1024 * 1024)
/** Latest moment in a trace, in microseconds: some 35 years, so that sums cannot overflow. */
#define UB_TRACE_TIME_MAX (UINT64_C(1) << 50)
/** Most bytes of a configuration descriptor: wTotalLength has 16 bits. */
#define UB_TRACE_CONFIG_MAX ((size_t)65535)

/** What was called, or seen. */
enum ub_trace_op {
    UB_TRACE_LIST,   /**< the bus could not be listed (listings that worked show as the next two) */
    UB_TRACE_ATTACH, /**< a listing shows a device that was not there, or not like this */
    UB_TRACE_DETACH, /**< a listing shows that a device has left */
    UB_TRACE_OPEN,
    UB_TRACE_CLOSE,
    UB_TRACE_CLAIM,
    UB_TRACE_ALT, /**< SET_INTERFACE; `setup` is its request */
    UB_TRACE_CONTROL,
    UB_TRACE_RESET,
    UB_TRACE_WAIT, /**< for any change, or with a port: for another generation there */
    UB_TRACE_OP_COUNT
};

/** One line of a trace. Members that do not belong to `op` are zero. */
struct ub_trace_record {
    enum ub_trace_op op;
    uint64_t at_us;   /**< when it began, since the recording began */
    uint64_t took_us; /**< until it was over */
    enum ub_code code;
    const char *message; /**< of the error; NULL if `code` is UB_OK */
    char port[UB_PORT_TEXT];
    uint32_t generation; /**< of the device at the port, as ub_usb_info.generation */
    uint8_t interface;   /**< of a claim; for UB_TRACE_ALT see setup.wIndex */
    struct ub_setup setup;
    const uint8_t *data; /**< OUT: setup.wLength bytes that were sent; IN: what was received */
    uint16_t length;     /**< bytes at `data` */
    uint16_t actual;     /**< bytes moved; 0 if it failed */
    uint32_t timeout_ms; /**< of a transfer or a wait: how long it was allowed to take */
    uint32_t queue;      /**< not 0: handed over together with the others of this number */
    bool changed;        /**< of a wait: what was waited for came */
    const struct ub_usb_info *info; /**< of an attach */
};

struct ub_trace_block;

/** A trace in memory, which owns all that its records point to. Free with ub_trace_free(). */
struct ub_trace {
    char transport[32]; /**< name of the transport that was recorded */
    char started[32];   /**< when, RFC 3339 in UTC */
    char unbrick[32];   /**< the version that recorded it */
    bool queue;         /**< that transport has control_queue() */
    struct ub_trace_record *records;
    size_t count;
    bool torn;                     /**< its last line was cut off, and is not there */
    struct ub_trace_block *blocks; /**< the memory behind the records' pointers */
};

/**
 * Reads a trace from memory. *out is the caller's. Errors: UB_USE_TRACE, which names the line;
 * UB_SYS_MEMORY.
 */
enum ub_code ub_trace_parse(const char *text, size_t length, struct ub_trace **out,
                            struct ub_error *err);
/** As ub_trace_parse(), from a file. */
enum ub_code ub_trace_read(const char *path, struct ub_trace **out, struct ub_error *err);
void ub_trace_free(struct ub_trace *trace);

/** Memory that lives as long as the trace; NULL when there is none left. */
void *ub_trace_keep(struct ub_trace *trace, size_t size);

/** The first line of a trace, with its line break; the caller frees. NULL when out of memory. */
char *ub_trace_print_header(const char *transport, bool queue, const char *started);
/** A record as a line with its line break; the caller frees. NULL when out of memory. */
char *ub_trace_print(const struct ub_trace_record *record);

/** The name of an operation: "attach", "control", ... */
const char *ub_trace_op_name(enum ub_trace_op op);
/** "a1 03 0000 0000 0006": a request as usbmon's text shows it; room for UB_SETUP_TEXT bytes. */
void ub_print_setup(char *to, const struct ub_setup *setup);
#define UB_SETUP_TEXT 24
/** Reads what ub_print_setup() writes; false if it is anything else. */
bool ub_parse_setup(const char *text, struct ub_setup *setup);

/** SET_INTERFACE as a request. */
struct ub_setup ub_setup_of_alt(uint8_t interface, uint8_t alt);

#endif
