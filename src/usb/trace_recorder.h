/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file trace_recorder.h
 * A transport around another one, which writes down every call and what came of it: as a trace, or
 * as a packet capture for Wireshark. Several threads may use it at once, as far as the transport
 * inside bears it.
 *
 * A recording never stands in the way of what is recorded: if it cannot go on (no space left), it
 * ends, and every call is passed on as before.
 */
#ifndef UB_USB_TRACE_RECORDER_H
#define UB_USB_TRACE_RECORDER_H

#include "base/clock.h"
#include "usb/transport.h"

struct ub_recorder;

/**
 * Opens the file and wraps `inner`, which passes into the recorder's hands on success. A path that
 * ends in ".pcap" becomes a packet capture. `clock` is what `inner` lives by. *out is the caller's,
 * until ops->destroy() of ub_recorder_transport() ends both. Errors: UB_SYS_WRITE,
 * UB_SYS_DISK_FULL, UB_SYS_MEMORY.
 */
enum ub_code ub_recorder_open(const char *path, const struct ub_transport *inner,
                              struct ub_clock clock, struct ub_recorder **out,
                              struct ub_error *err);

/** The transport to use from now on. */
struct ub_transport ub_recorder_transport(struct ub_recorder *recorder);

/**
 * True once if the recording ended early: then `text` is a line for the person. Any thread.
 */
bool ub_recorder_take_warning(struct ub_recorder *recorder, char *text, size_t size);

#endif
