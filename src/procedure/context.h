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
#include "usb/transport.h"
#include "vault/vault.h"

struct ub_context {
    struct ub_env env;
    struct ub_transport transport;
    struct ub_sim_bus *sim; /**< the virtual bus, or NULL */
    struct ub_vault *vault;
    struct ub_quirks *quirks;
};

/** Starts the procedure's clock and forgets the device of the last one. */
void ub_context_begin(struct ub_context *context);

#endif
