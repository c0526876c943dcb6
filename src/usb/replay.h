/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file replay.h
 * A trace in the place of the bus: its devices answer what they answered when it was recorded.
 *
 * Strict, it wants the same calls in the same order for each device, and refuses everything from
 * the first difference on. Lenient, it looks for the answer that fits best (docs/traces.md).
 */
#ifndef UB_USB_REPLAY_H
#define UB_USB_REPLAY_H

#include "base/clock.h"
#include "usb/transport.h"

struct ub_replay;

struct ub_replay_options {
    bool lenient;
    /** Time in which to replay: every call takes as long as it took. NULL: virtual time. */
    const struct ub_clock *clock;
};

/** How far a replay came. */
struct ub_replay_report {
    size_t recorded;  /**< calls about a device in the trace */
    size_t played;    /**< of these, asked for */
    size_t liberties; /**< lenient: answers to something else than what was next */
    bool differs;     /**< something was asked that the trace does not hold */
};

/**
 * Opens a trace. `options` may be NULL. *out is the caller's. Errors: UB_USE_TRACE, UB_SYS_MEMORY.
 */
enum ub_code ub_replay_open(const char *path, const struct ub_replay_options *options,
                            struct ub_replay **out, struct ub_error *err);
/** As ub_replay_open(), from memory. */
enum ub_code ub_replay_open_text(const char *text, size_t length,
                                 const struct ub_replay_options *options, struct ub_replay **out,
                                 struct ub_error *err);
/** NULL is allowed. */
void ub_replay_close(struct ub_replay *replay);

/** The transport, named "replay", for any number of threads; its destroy() does not close the
 * replay. */
struct ub_transport ub_replay_transport(struct ub_replay *replay);
/** The clock that the replay lives by. */
struct ub_clock ub_replay_clock(const struct ub_replay *replay);

void ub_replay_report(struct ub_replay *replay, struct ub_replay_report *out);
/**
 * UB_OK, or UB_USB_REPLAY with the difference that a strict replay found at `port` (NULL: at any):
 * what went on as if there were none shall not pass for a success.
 */
enum ub_code ub_replay_verdict(struct ub_replay *replay, const char *port, struct ub_error *err);

#endif
