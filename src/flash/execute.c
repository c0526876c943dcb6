/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Walks the plan's operations on the device. */
#include "base/error.h"
#include "base/text.h"
#include "flash/access.h"
#include "flash/plan.h"

#include <inttypes.h>

static uint64_t sum_of(const struct ub_plan *plan, enum ub_plan_action action)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < plan->op_count; i++)
        if (plan->ops[i].step.action == action)
            sum += plan->ops[i].step.length;
    return sum;
}

static enum ub_code erase_sectors(struct ub_plan *plan, const struct ub_target *target,
                                  enum ub_left *left, struct ub_error *err)
{
    struct ub_env *env = target->env;
    uint64_t total = sum_of(plan, UB_PLAN_ERASE);
    if (!total)
        return UB_OK;
    ub_env_begin(env, UB_STEP_ERASE, total, "erasing %zu sectors", plan->info.sectors_erased);
    for (size_t i = 0; i < plan->op_count; i++) {
        const struct ub_plan_op *op = &plan->ops[i];
        if (op->step.action != UB_PLAN_ERASE)
            continue;
        enum ub_code code = ub_env_check(env, err);
        if (code)
            return code;
        *left = UB_LEFT_INCOMPLETE;
        code = ub_access_erase(target, op->region, op->step.address, (uint32_t)op->step.length,
                               err);
        if (code)
            return ub_wrap(err, code, "while erasing the sector at 0x%08" PRIx64, op->step.address);
        plan->sectors_done++;
        ub_env_progress(env, op->step.length);
    }
    ub_env_done(env, "%zu %s", plan->info.sectors_erased,
                plan->info.sectors_erased == 1 ? "sector" : "sectors");
    return UB_OK;
}

static enum ub_code erase_everything(struct ub_plan *plan, const struct ub_target *target,
                                     enum ub_left *left, struct ub_error *err)
{
    if (plan->way != UB_WAY_ERASE_ALL)
        return UB_OK;
    ub_env_begin(target->env, UB_STEP_ERASE, 0, "erasing everything");
    enum ub_code code = ub_env_check(target->env, err);
    if (code)
        return code;
    *left = UB_LEFT_INCOMPLETE;
    code = ub_access_erase_all(target, err);
    if (code)
        return ub_wrap(err, code, "while erasing everything");
    plan->sectors_done = plan->info.sectors_erased;
    ub_env_done(target->env, "everything");
    return UB_OK;
}

static enum ub_code write_blocks(struct ub_plan *plan, const struct ub_target *target,
                                 enum ub_left *left, struct ub_error *err)
{
    struct ub_env *env = target->env;
    uint64_t total = plan->info.bytes_written;
    if (total)
        ub_env_begin(env, UB_STEP_WRITE, total, "writing %" PRIu64 " bytes", total);
    for (size_t i = 0; i < plan->op_count; i++) {
        const struct ub_plan_op *op = &plan->ops[i];
        if (op->step.action != UB_PLAN_WRITE)
            continue;
        enum ub_code code = ub_env_check(env, err);
        if (code)
            return code;
        *left = UB_LEFT_INCOMPLETE;
        uint64_t before = env->step_done;
        code = ub_access_write(target, op->region, op->step.address, op->data,
                               (size_t)op->step.length, op->commands, err);
        plan->bytes_done += code ? env->step_done - before : op->step.length;
        if (code)
            return ub_wrap(err, code, "while writing %" PRIu64 " bytes at 0x%08" PRIx64,
                           op->step.length, op->step.address);
    }
    enum ub_code code = ub_access_commit(target, err);
    if (code)
        return ub_wrap(err, code, "while the device takes in the new firmware");
    char text[32];
    ub_print_grouped(text, sizeof(text), total);
    if (total)
        ub_env_done(env, "%s bytes", text);
    return UB_OK;
}

enum ub_code ub_plan_execute(struct ub_plan *plan, const struct ub_target *target,
                             enum ub_left *left, struct ub_error *err)
{
    const enum ub_left before = *left;
    const struct ub_clock *clock = &target->env->clock;
    const uint64_t started = ub_now(clock);
    if (plan->info.nothing_to_do)
        return UB_OK;
    enum ub_code code = erase_everything(plan, target, left, err);
    if (!code)
        code = erase_sectors(plan, target, left, err);
    const uint64_t erased = ub_now(clock);
    if (!code)
        code = write_blocks(plan, target, left, err);
    plan->actual[UB_PHASE_ERASE] = erased - started;
    plan->actual[UB_PHASE_WRITE] = ub_now(clock) - erased;
    /* a protected device refuses the first operation, and so holds what it held */
    if (code == UB_DFU_PROTECTED && !plan->sectors_done && !plan->bytes_done)
        *left = before;
    if (code) /* what matters is the first error; a device that still answers is left in dfuIDLE */
        (void)target->loader->ops->abort(target->loader, NULL);
    return code;
}
