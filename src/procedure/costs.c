/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "procedure/costs.h"

#include "base/text.h"
#include "loader/layout.h"

#include <inttypes.h>
#include <string.h>

/* A replay has the times of the day of its recording; it has to do what was done then. */
static bool remembers(const struct ub_context *context)
{
    return context->replay == NULL;
}

/** Kinds of devices that share costs: of one family, with the same ids and the same program memory,
 * behind the same kind of bus and clock. */
static void make_key(const struct ub_session *session, char key[UB_COSTS_KEY])
{
    const struct ub_target *target = &session->target;
    const struct ub_context *context = session->context;
    bool real = context->env.clock.now_us == ub_clock_real().now_us;
    uint64_t size = 0;
    size_t sectors = 0;
    for (size_t i = 0; i < target->region_count && !size; i++)
        if (target->regions[i].kind == UB_REGION_FLASH) {
            size = ub_region_size(&target->regions[i]);
            sectors = ub_region_sector_count(&target->regions[i]);
        }
    (void)ub_print(key, UB_COSTS_KEY, "%s %04x:%04x %zu sectors %" PRIu64 " bytes, %s %s time",
                   target->family->name, session->info.vid, session->info.pid, sectors, size,
                   context->transport.ops->name, real ? "real" : "virtual");
}

void ub_ledger_open(struct ub_session *session, struct ub_ledger *ledger)
{
    char key[UB_COSTS_KEY];
    struct ub_learned learned;
    memset(ledger, 0, sizeof(*ledger));
    ub_rates_start(&ledger->rates, &session->target.family->costs);
    ub_rates_ask(&ledger->rates, &session->target.habits);
    session->target.ledger = ledger;
    if (!remembers(session->context))
        return;
    make_key(session, key);
    if (ub_vault_costs(session->context->vault, key, &learned) == UB_COSTS_DAMAGED)
        ub_env_warn(&session->context->env,
                    "what the vault remembers of costs is damaged, and begins anew");
    ub_rates_recall(&ledger->rates, &learned);
}

void ub_ledger_close(struct ub_session *session)
{
    session->target.ledger = NULL;
}

/** What a run took in which something had to be done twice is no measure for the next one. */
static bool had_repeats(const struct ub_loader *loader)
{
    return loader && loader->ops->repeats && loader->ops->repeats(loader) > 0;
}

void ub_ledger_remember(struct ub_session *session)
{
    char key[UB_COSTS_KEY];
    struct ub_learned learned;
    struct ub_error why;
    struct ub_ledger *ledger = session->target.ledger;
    if (!ledger || !remembers(session->context) || had_repeats(session->loader))
        return;
    make_key(session, key);
    ub_ledger_correct(ledger);
    ub_ledger_learned(ledger, &learned);
    if (ub_vault_learn(session->context->vault, key, &learned, &why) != UB_OK)
        ub_env_warn(&session->context->env, "what the run cost could not be remembered: %s",
                    why.message);
}
