/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "procedure/context.h"

#include "base/error.h"
#include "procedure/load_quirks.h"

#include <stdlib.h>
#include <string.h>

static enum ub_code open_bus(struct ub_context *context, const struct ub_config *config,
                             struct ub_error *err)
{
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
        code = ub_vault_open(config->vault, &context->vault, err);
    if (!code)
        code = ub_load_quirks(config, &context->quirks, err);
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
    ub_vault_close(context->vault);
    ub_quirks_close(context->quirks);
    free(context);
}

void ub_context_cancel(struct ub_context *context)
{
    atomic_store(&context->env.cancelled, true);
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
