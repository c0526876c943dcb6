/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "procedure/context.h"

#include "base/error.h"
#include "base/scratch.h"
#include "procedure/load_quirks.h"
#include "procedure/trust.h"
#include "usb/trace_file.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static enum ub_code open_replay(struct ub_context *context, const struct ub_config *config,
                                struct ub_error *err)
{
    const struct ub_replay_options options = {.lenient = config->replay_lenient};
    if (config->sim_count)
        return ub_fail(err, UB_USE_CONFLICT, "a replay takes the place of virtual devices too");
    if (config->trace && ub_trace_same_file(config->trace, config->replay))
        return ub_fail(err, UB_USE_CONFLICT, "%s cannot be replayed and recorded over at once",
                       config->replay);
    enum ub_code code = ub_replay_open(config->replay, &options, &context->replay, err);
    if (code)
        return code;
    context->transport = ub_replay_transport(context->replay);
    context->env.clock = ub_replay_clock(context->replay);
    return UB_OK;
}

/** A bus on which there is nothing, for those who look at files only: no device is looked for, and
 * no USB library is started. */
static enum ub_code open_no_bus(struct ub_context *context, struct ub_error *err)
{
    enum ub_code code = ub_sim_bus_open(NULL, 0, &context->sim, err);
    if (code)
        return code;
    context->transport = ub_sim_bus_transport(context->sim);
    context->env.clock = ub_clock_real();
    return UB_OK;
}

static enum ub_code open_bus(struct ub_context *context, const struct ub_config *config,
                             struct ub_error *err)
{
    if (config->no_bus)
        return open_no_bus(context, err);
    if (config->replay)
        return open_replay(context, config, err);
    if (config->sim_count && !config->sims)
        return ub_fail(err, UB_SIM_SPEC, "%zu virtual devices, and no description of them",
                       config->sim_count);
    if (!config->sim_count) {
        context->env.clock = ub_clock_real();
        return ub_transport_libusb(&context->transport, err);
    }
    enum ub_code code = ub_sim_bus_open(config->sims, config->sim_count, &context->sim, err);
    if (code)
        return code;
    context->transport = ub_sim_bus_transport(context->sim);
    context->env.clock = ub_sim_bus_clock(context->sim);
    return UB_OK;
}

/** From here on every call to the bus is written down, if that is wanted. */
static enum ub_code record(struct ub_context *context, const struct ub_config *config,
                           struct ub_error *err)
{
    if (!config->trace || config->no_bus)
        return UB_OK;
    enum ub_code code = ub_recorder_open(config->trace, &context->transport, context->env.clock,
                                         &context->recorder, err);
    if (!code)
        context->transport = ub_recorder_transport(context->recorder);
    return code;
}

/** What a replay backs up and notes is of no device: it stays out of the person's vault, unless one
 * is named for it. */
static enum ub_code open_vault(struct ub_context *context, const struct ub_config *config,
                               struct ub_error *err)
{
    const char *path = config->vault;
    enum ub_code code = UB_OK;
    if (config->replay && !path) {
        code = ub_scratch_make(&context->scratch, err);
        path = context->scratch;
    }
    if (!code)
        code = ub_vault_open(path, &context->vault, err);
    if (!code && !config->no_bus)
        ub_vault_use(context->vault, context->transport.ops->name);
    return code;
}

enum ub_code ub_context_open(const struct ub_config *config, struct ub_context **out,
                             struct ub_error *err)
{
    static const struct ub_config nothing;
    ub_error_clear(err);
    *out = NULL;
    if (!config)
        config = &nothing;
    struct ub_context *context = calloc(1, sizeof(*context));
    if (!context)
        return ub_fail_memory(err);
    context->env.callbacks = config->callbacks;
    atomic_init(&context->env.cancelled, false);
    enum ub_code code = open_bus(context, config, err);
    if (!code)
        code = record(context, config, err);
    if (!code)
        code = open_vault(context, config, err);
    if (!code)
        code = ub_load_quirks(config, &context->quirks, err);
    if (!code)
        code = ub_trust_open(context, config, err);
    if (code) {
        ub_context_close(context);
        return code;
    }
    ub_context_begin(context);
    *out = context;
    return UB_OK;
}

void ub_context_close(struct ub_context *context)
{
    if (!context)
        return;
    if (context->transport.ops)
        context->transport.ops->destroy(context->transport.self);
    ub_sim_bus_close(context->sim);
    ub_replay_close(context->replay);
    ub_vault_close(context->vault);
    ub_scratch_remove(context->scratch);
    ub_quirks_close(context->quirks);
    ub_trust_close(context);
    free(context);
}

struct ub_context *ub_context_fork(const struct ub_context *from,
                                   const struct ub_callbacks *callbacks,
                                   const struct ub_usb_info *meant)
{
    struct ub_context *fork = calloc(1, sizeof(*fork));
    if (!fork)
        return NULL;
    /* All that stands behind `env`; that one changes while others look, as the wish to stop comes
     * from other threads and from signal handlers. */
    const size_t own = offsetof(struct ub_context, meant);
    memcpy((char *)fork + own, (const char *)from + own, sizeof(*fork) - own);
    fork->meant = meant;
    fork->env.clock = from->env.clock;
    fork->env.callbacks = *callbacks;
    atomic_init(&fork->env.cancelled, false);
    fork->env.all_cancelled = &from->env.cancelled;
    return fork;
}

void ub_context_cancel(struct ub_context *context)
{
    atomic_store(&context->env.cancelled, true);
}

enum ub_code ub_context_settle(struct ub_context *context, enum ub_code code, struct ub_error *err)
{
    char text[UB_ERROR_TEXT];
    if (context->recorder && ub_recorder_take_warning(context->recorder, text, sizeof(text)))
        ub_env_warn(&context->env, "%s", text);
    if (code || !context->replay)
        return code;
    const char *port = context->env.port;
    return ub_replay_verdict(context->replay, port[0] ? port : NULL, err);
}

void ub_context_begin(struct ub_context *context)
{
    context->env.started_us = ub_now(&context->env.clock);
    context->env.step_started_us = context->env.started_us;
    context->env.port[0] = '\0';
}

const char *ub_vault_path(const struct ub_context *context)
{
    return ub_vault_folder(context->vault);
}

enum ub_code ub_vault_list(struct ub_context *context, struct ub_backup_info **out, size_t *count,
                           struct ub_error *err)
{
    ub_error_clear(err);
    return ub_vault_records(context->vault, out, count, err);
}

enum ub_code ub_vault_check(struct ub_context *context, const char *id, struct ub_error *err)
{
    ub_error_clear(err);
    struct ub_backup *backup = NULL;
    enum ub_code code = ub_vault_load(context->vault, id, &backup, err);
    ub_backup_free(backup);
    return code;
}
