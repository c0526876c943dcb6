/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file trace_sink.h
 * Where a recorder's records go: a file of lines, or of packets. Any number of threads.
 */
#ifndef UB_USB_TRACE_SINK_H
#define UB_USB_TRACE_SINK_H

#include "base/clock.h"
#include "usb/pcap.h"
#include "usb/trace_file.h"

#include <pthread.h>

struct ub_trace_sink {
    struct ub_clock clock;
    uint64_t start_us;
    char *path;           /**< owned */
    pthread_mutex_t lock; /**< what follows is used under it; never held while anybody sleeps */
    struct ub_trace_file file;
    struct ub_pcap *pcap; /**< NULL: lines */
    uint64_t last_id;
    uint32_t last_queue;
    bool over; /**< the recording ended early... */
    bool told; /**< ...and that has been said */
    char why[UB_ERROR_TEXT];
};

/**
 * Opens the file and writes how it begins. `recorded` is what is recorded. To be
 * closed also after a failure. Errors: UB_SYS_WRITE, UB_SYS_DISK_FULL, UB_SYS_MEMORY.
 */
enum ub_code ub_trace_sink_open(struct ub_trace_sink *sink, const char *path,
                                const struct ub_transport_ops *recorded, struct ub_clock clock,
                                struct ub_error *err);
void ub_trace_sink_close(struct ub_trace_sink *sink);

/** Calls begin now; more than one are a queue. Returns a number that ub_trace_sink_finish() needs.
 */
uint64_t ub_trace_sink_begin(struct ub_trace_sink *sink, struct ub_trace_record *records,
                             size_t count);
/** These calls are over, and their records filled in. */
void ub_trace_sink_finish(struct ub_trace_sink *sink, struct ub_trace_record *records, size_t count,
                          uint64_t number);
/** Something was seen now. `sink` is a struct ub_trace_sink. */
void ub_trace_sink_note(void *sink, const struct ub_trace_record *seen);
/** Nothing is recorded from here on, and the person will be told why. */
void ub_trace_sink_end(struct ub_trace_sink *sink, const char *why);

#endif
