/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ways to bring the device to the image: each is priced, the cheapest that is allowed wins. */
#include "base/bytes.h"
#include "base/error.h"
#include "flash/plan.h"

#include <stdlib.h>

static const char *const names[UB_WAYS] = {
    [UB_WAY_DIFFERENCE] = "difference",  [UB_WAY_WHOLE] = "whole",
    [UB_WAY_SECTORS] = "erase sectors",  [UB_WAY_ERASE_ALL] = "erase all",
    [UB_WAY_UNREAD] = "without reading",
};

#define DEARER "dearer"

void ub_plan_consider(struct ub_plan *plan, enum ub_way way, bool allowed, const char *chosen,
                      const char *rejected, uint64_t us)
{
    struct ub_considered *one = &plan->considered[plan->considered_count++];
    *one = (struct ub_considered){.way = way, .allowed = allowed, .us = us};
    one->why_chosen = chosen;
    one->why_rejected = rejected;
}

static int by_price(const void *a, const void *b)
{
    const struct ub_considered *x = a;
    const struct ub_considered *y = b;
    if (x->us != y->us)
        return x->us < y->us ? -1 : 1;
    return (int)x->way - (int)y->way;
}

enum ub_way ub_plan_decide(struct ub_plan *plan)
{
    size_t index = 0;
    qsort(plan->considered, plan->considered_count, sizeof(plan->considered[0]), by_price);
    while (index + 1 < plan->considered_count && !plan->considered[index].allowed)
        index++;
    struct ub_considered *chosen = &plan->considered[index];
    chosen->chosen = true;
    plan->way = chosen->way;
    return chosen->way;
}

bool ub_plan_choice(const struct ub_plan *plan, size_t index, struct ub_plan_choice *out)
{
    if (index >= plan->considered_count)
        return false;
    const struct ub_considered *one = &plan->considered[index];
    *out = (struct ub_plan_choice){.way = names[one->way],
                                   .chosen = one->chosen,
                                   .allowed = one->allowed,
                                   .why = one->chosen ? one->why_chosen : one->why_rejected,
                                   .predicted_us = one->us};
    return true;
}

static enum ub_verdict verdict_of(enum ub_way way, const struct ub_sector_work *work)
{
    const bool everything = way == UB_WAY_SECTORS || way == UB_WAY_ERASE_ALL;
    if (!(work->sector.rights & UB_CAN_ERASE))
        return work->covered && !work->same ? UB_VERDICT_FILL : UB_VERDICT_KEEP;
    if ((way == UB_WAY_ERASE_ALL && work->wiped) || (way == UB_WAY_WHOLE && work->covered))
        return UB_VERDICT_REWRITE;
    if (work->same || (!work->covered && !(everything && work->wiped)))
        return UB_VERDICT_KEEP;
    return work->fillable ? UB_VERDICT_FILL : UB_VERDICT_REWRITE;
}

/**
 * A change anywhere makes the device's firmware half old and half new until the end. Unless its
 * bootloader is entered by a pin, the sector that makes it bootable has to go first and come back
 * last, changed or not.
 */
static void open_boot_sector(struct ub_plan *plan, const struct ub_target *target)
{
    struct ub_sector_work *boot = NULL;
    bool changes = false;
    for (size_t i = 0; i < plan->sector_count; i++) {
        changes = changes || (plan->sectors[i].verdict != UB_VERDICT_KEEP &&
                              plan->sectors[i].region->kind == UB_REGION_FLASH);
        if (plan->sectors[i].boot)
            boot = &plan->sectors[i];
    }
    if (boot && changes && !target->family->rom_by_pin && boot->boots)
        boot->verdict = UB_VERDICT_REWRITE;
}

static void set_verdicts(struct ub_plan *plan, const struct ub_target *target, enum ub_way way)
{
    bool changes = false;
    for (size_t i = 0; i < plan->sector_count; i++) {
        plan->sectors[i].verdict = verdict_of(way, &plan->sectors[i]);
        changes = changes || plan->sectors[i].verdict != UB_VERDICT_KEEP;
    }
    for (size_t i = 0; i < plan->sector_count; i++)
        plan->sectors[i].checked = changes && way == UB_WAY_SECTORS && plan->sectors[i].wiped;
    open_boot_sector(plan, target);
}

/** What the ways are chosen with. */
struct chooser {
    struct ub_plan *plan;
    const struct ub_target *target;
    const struct ub_plan_wish *wish;
    const struct ub_rates *rates;
    enum ub_code code;
    struct ub_error *err;
};

static uint64_t price_of(struct chooser *c, enum ub_way way)
{
    uint64_t us = 0;
    set_verdicts(c->plan, c->target, way);
    if (!c->code)
        c->code = ub_plan_operations(c->plan, c->target, c->rates, way, false, &us, c->err);
    return us;
}

static bool has_mass_erase(const struct chooser *c)
{
    return c->plan->wiped && c->target->loader->ops->erase_all && !c->target->habits.no_erase_all;
}

/** What a mass erase that was not asked for would cost: then the image alone, and all read back. */
static uint64_t price_of_mass_erase(const struct chooser *c)
{
    struct ub_tally tally;
    const struct ub_plan *plan = c->plan;
    const struct ub_region *wiped = plan->wiped;
    ub_tally_start(&tally, c->target, c->rates);
    (void)ub_tally_erase_all(&tally, wiped);
    for (size_t i = 0; i < c->wish->placement->count; i++) {
        const struct ub_piece *piece = &c->wish->placement->pieces[i];
        for (uint64_t at = 0; piece->region == wiped && piece->data && at < piece->length;
             at += plan->block) {
            uint64_t left = piece->length - at;
            size_t step = left < plan->block ? (size_t)left : plan->block;
            if (!ub_all_bytes(piece->data + at, step, plan->erased_value))
                (void)ub_tally_write(&tally, wiped, piece->address + at, step);
        }
    }
    ub_tally_forget(&tally);
    if (c->target->caps.can_read)
        (void)ub_tally_read(&tally, wiped, wiped->runs[0].address, ub_region_size(wiped));
    return tally.us;
}

/** Everything blank but the image. */
static void consider_everything(struct chooser *c)
{
    struct ub_plan *plan = c->plan;
    bool can = has_mass_erase(c);
    if (can || c->wish->erases_itself)
        ub_plan_consider(plan, UB_WAY_ERASE_ALL, true, "the cheapest way to erase everything",
                         DEARER, price_of(c, UB_WAY_ERASE_ALL));
    if (!c->wish->erases_itself)
        ub_plan_consider(plan, UB_WAY_SECTORS, true,
                         can ? "erases what is not blank, sector by sector, for less"
                             : "the device has no command to erase everything",
                         DEARER, price_of(c, UB_WAY_SECTORS));
}

static bool concerned(const struct chooser *c, const struct ub_region *region)
{
    for (size_t i = 0; region && i < c->plan->sector_count; i++)
        if (c->plan->sectors[i].region == region)
            return true;
    return false;
}

/** Only what differs, or all of the image. */
static void consider_image(struct chooser *c)
{
    static const char no_look[] = "looking would cost more than it is likely to save";
    struct ub_plan *plan = c->plan;
    const bool asked = c->wish->options->whole;
    uint64_t whole = price_of(c, UB_WAY_WHOLE);
    if (plan->compared)
        ub_plan_consider(plan, UB_WAY_DIFFERENCE, true, "writes only what differs", DEARER,
                         price_of(c, UB_WAY_DIFFERENCE));
    else if (plan->look_us)
        ub_plan_consider(plan, UB_WAY_DIFFERENCE, true, "", no_look, whole + plan->look_us);
    ub_plan_consider(plan, UB_WAY_WHOLE, true,
                     asked           ? "asked for by --whole"
                     : plan->look_us ? no_look
                                     : "what the device holds cannot be known",
                     DEARER, whole);
    if (has_mass_erase(c) && concerned(c, plan->wiped))
        ub_plan_consider(plan, UB_WAY_ERASE_ALL, false, "",
                         "needs --erase-all, as it cannot be undone", price_of_mass_erase(c));
}

enum ub_code ub_plan_choose(struct ub_plan *plan, const struct ub_target *target,
                            const struct ub_plan_wish *wish, const struct ub_rates *rates,
                            struct ub_error *err)
{
    struct chooser c = {.plan = plan, .target = target, .wish = wish, .rates = rates, .err = err};
    if (wish->options->erase_all && !plan->wiped)
        return ub_fail(err, UB_DFU_COMMAND, "this device has no command to erase everything");
    if (wish->options->erase_all)
        consider_everything(&c);
    else
        consider_image(&c);
    if (!c.code)
        set_verdicts(plan, target, ub_plan_decide(plan));
    return c.code;
}
