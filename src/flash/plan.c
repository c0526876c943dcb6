/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plan as a whole: made, asked about, freed. */
#include "flash/plan.h"

#include "base/error.h"

#include <inttypes.h>
#include <stdlib.h>

/** What reading has shown of the cost of transfers. */
static void correct(const struct ub_target *target, struct ub_rates *rates)
{
    if (!target->ledger)
        return;
    ub_ledger_correct(target->ledger);
    *rates = target->ledger->rates;
}

static enum ub_code build_addressed(struct ub_plan *plan, const struct ub_target *target,
                                    const struct ub_plan_wish *wish, struct ub_rates *rates,
                                    struct ub_error *err)
{
    uint64_t ignored;
    enum ub_code code = ub_plan_lay_out(plan, target, wish, err);
    if (!code)
        code = ub_plan_survey(plan, target, wish, rates, err);
    correct(target, rates);
    if (!code)
        code = ub_plan_choose(plan, target, wish, rates, err);
    if (!code)
        code = ub_plan_operations(plan, target, rates, plan->way, true, &ignored, err);
    return code;
}

enum ub_code ub_plan_build(const struct ub_target *target, const struct ub_plan_wish *wish,
                           struct ub_plan **out, struct ub_error *err)
{
    *out = NULL;
    struct ub_rates rates;
    struct ub_plan *plan = calloc(1, sizeof(*plan));
    if (!plan)
        return ub_fail_memory(err);
    plan->erased_value = target->habits.erased_value;
    plan->block = target->caps.transfer_size;
    ub_rates_start(&rates, &target->family->costs);
    ub_rates_ask(&rates, &target->habits);
    correct(target, &rates);
    enum ub_code code = target->caps.addressed ? build_addressed(plan, target, wish, &rates, err)
                                               : ub_plan_stream(plan, target, wish, &rates, err);
    if (code) {
        ub_plan_free(plan);
        return code;
    }
    *out = plan;
    return UB_OK;
}

void ub_plan_free(struct ub_plan *plan)
{
    if (!plan)
        return;
    for (size_t i = 0; plan->sectors && i < plan->sector_count; i++)
        free(plan->sectors[i].owned);
    for (struct ub_patch *patch = plan->patches, *next; patch; patch = next) {
        next = patch->next;
        free(patch);
    }
    free(plan->sectors);
    free(plan->fills);
    free(plan->ops);
    free(plan);
}

void ub_plan_info(const struct ub_plan *plan, struct ub_plan_info *out)
{
    *out = plan->info;
}

bool ub_plan_step(const struct ub_plan *plan, size_t index, struct ub_plan_step *out)
{
    if (index >= plan->op_count)
        return false;
    *out = plan->ops[index].step;
    return true;
}

static bool loses(const struct ub_plan_step *step)
{
    return step->action == UB_PLAN_ERASE || step->action == UB_PLAN_ERASE_ALL ||
           step->action == UB_PLAN_WRITE;
}

bool ub_plan_readable(const struct ub_plan *plan, const struct ub_target *target)
{
    for (size_t i = 0; !plan->stream && i < plan->op_count; i++) {
        const struct ub_plan_op *op = &plan->ops[i];
        if (loses(&op->step) &&
            (!target->caps.can_read ||
             ub_region_reach(op->region, op->step.address, UB_CAN_READ) < op->step.length))
            return false;
    }
    return true;
}

/** The first address of the step that neither backup has; false if there is none. */
static bool find_lost(const struct ub_plan_op *op, const struct ub_backup *backup,
                      const struct ub_backup *earlier, uint64_t *lost)
{
    const struct ub_plan_step *step = &op->step;
    const uint64_t end = step->address + step->length;
    struct ub_sector sector;
    *lost = step->address;
    if (ub_backup_covers(backup, step->alt, step->address, step->length))
        return false;
    while (*lost < end && ub_region_sector(op->region, *lost, &sector)) {
        uint64_t until = sector.address + sector.size < end ? sector.address + sector.size : end;
        if (!ub_backup_covers(backup, step->alt, *lost, until - *lost) &&
            !(earlier && ub_backup_covers(earlier, step->alt, *lost, until - *lost)))
            return true;
        *lost = until;
    }
    return *lost < end;
}

enum ub_code ub_plan_check_kept(const struct ub_plan *plan, const struct ub_backup *backup,
                                const struct ub_backup *earlier, struct ub_error *err)
{
    uint64_t lost;
    for (size_t i = 0; i < plan->op_count; i++) {
        const struct ub_plan_op *op = &plan->ops[i];
        if (!plan->stream && loses(&op->step) && find_lost(op, backup, earlier, &lost))
            return ub_fail(err, UB_MEM_NO_BACKUP,
                           "what is at 0x%08" PRIx64
                           " cannot be read, and would be lost (give it up with --no-backup)",
                           lost);
    }
    return UB_OK;
}
