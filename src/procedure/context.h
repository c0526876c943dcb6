/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file context.h
 * What one context owns: a bus, a clock, a vault, and the callbacks of its caller.
 */
#ifndef UB_PROCEDURE_CONTEXT_H
#define UB_PROCEDURE_CONTEXT_H

#include "base/env.h"
#include "family/quirks.h"
#include "sim/sim.h"
#include "usb/replay.h"
#include "usb/trace_recorder.h"
#include "usb/transport.h"
#include "vault/vault.h"

struct ub_policy;
struct ub_store;

/** What a context has; all of it but `env` and `meant` is shared by its forks. */
struct ub_context {
    struct ub_env env; /**< before all that forks share */
    /** The device that a fork is for, found already; borrowed. NULL: the selector decides. */
    const struct ub_usb_info *meant;
    struct ub_transport transport;
    struct ub_sim_bus *sim;       /**< the virtual bus, or NULL */
    struct ub_replay *replay;     /**< a trace instead of a bus, or NULL */
    struct ub_recorder *recorder; /**< around the transport, which owns it; or NULL */
    struct ub_vault *vault;
    char *scratch; /**< the vault's folder if it is a replay's own, which goes with it; or NULL */
    struct ub_quirks *quirks;
    struct ub_store *keys;
    struct ub_policy *policy;
    const char *bus; /**< whose memory of versions counts, or NULL: none */
    /** What the bytes of the image at hand show, where one is meant for several devices; borrowed.
     * NULL: whoever wants to know looks. */
    const struct ub_image_facts *facts;
};

/**
 * A context for one more thread: with its own steps, port and callbacks, on the same bus, vault and
 * clock. It stops when the one it comes from is told to stop, which outlives it. Not to be used for
 * forking again. NULL when out of memory. Free with free().
 */
struct ub_context *ub_context_fork(const struct ub_context *from,
                                   const struct ub_callbacks *callbacks,
                                   const struct ub_usb_info *meant);

/**
 * At the end of a procedure that came to `code`: warns once if a recording ended early. A replay
 * that was asked something else than its trace holds is no success. Returns `code`, else
 * UB_USB_REPLAY.
 */
enum ub_code ub_context_settle(struct ub_context *context, enum ub_code code, struct ub_error *err);

/** Starts the procedure's clock and forgets the device of the last one. */
void ub_context_begin(struct ub_context *context);

#endif
