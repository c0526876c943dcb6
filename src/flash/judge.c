/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What of a sector would have to be sent if it were not erased, and whether that is possible.
 *
 * Flash can be programmed where it is blank. Where a unit may be programmed only once between
 * erases (ECC), one that reads as blank may all the same have been programmed with blank bytes, by
 * whoever wrote it last: there nothing is filled that can be erased.
 */
#include "base/bytes.h"
#include "base/error.h"
#include "flash/plan.h"

#include <stdlib.h>
#include <string.h>

/* Least stretch that is sent by itself: some loaders refuse odd lengths and addresses. */
#define GRAIN_LEAST 16u

struct judgement {
    struct ub_plan *plan;
    struct ub_sector_work *work;
    const uint8_t *have;
    size_t cell;  /**< bytes of a block, on a grid from the sector's start */
    size_t grain; /**< bytes that may be sent alone; 0: only whole cells */
    bool one_way; /**< the sector cannot be erased */
    enum ub_code code;
    struct ub_error *err;
};

bool ub_plan_needs_erase(uint8_t erased_value, const uint8_t *have, const uint8_t *want,
                         size_t length)
{
    for (size_t i = 0; i < length; i++) {
        const unsigned programmed = (unsigned)have[i] ^ erased_value;
        const unsigned wanted = (unsigned)(want ? want[i] : erased_value) ^ erased_value;
        if (programmed & ~wanted)
            return true;
    }
    return false;
}

static bool blank(const struct judgement *j, size_t at, size_t length)
{
    return ub_all_bytes(j->have + at, length, j->plan->erased_value);
}

static bool differs(const struct judgement *j, size_t at, size_t length)
{
    if (!j->work->want)
        return !blank(j, at, length);
    return memcmp(j->have + at, j->work->want + at, length) != 0;
}

static void add_fill(struct judgement *j, size_t at, size_t length)
{
    struct ub_plan *plan = j->plan;
    struct ub_fill *last = j->work->fills ? &plan->fills[plan->fill_count - 1] : NULL;
    if (last && (size_t)last->offset + last->length == at) {
        last->length += (uint32_t)length;
        return;
    }
    if (plan->fill_count == plan->fill_room) {
        size_t room = plan->fill_room ? 2 * plan->fill_room : 64;
        struct ub_fill *fills = realloc(plan->fills, room * sizeof(*fills));
        if (!fills) {
            j->code = ub_fail_memory(j->err);
            return;
        }
        plan->fills = fills;
        plan->fill_room = room;
    }
    plan->fills[plan->fill_count++] = (struct ub_fill){(uint32_t)at, (uint32_t)length};
    j->work->fills++;
}

/** The blank parts of a cell that is not blank as a whole; false if anything else differs. */
static bool fill_grains(struct judgement *j, size_t at)
{
    for (size_t end = at + j->cell; at < end; at += j->grain) {
        if (!differs(j, at, j->grain))
            continue;
        if (!blank(j, at, j->grain))
            return false;
        add_fill(j, at, j->grain);
    }
    return true;
}

static bool fill_cell(struct judgement *j, size_t at)
{
    if (!differs(j, at, j->cell))
        return true;
    if (!j->one_way && !blank(j, at, j->cell))
        return j->grain && fill_grains(j, at);
    add_fill(j, at, j->cell);
    return true;
}

/** What sending the stretches costs, the addresses that they need included. */
static uint64_t price_of_fills(const struct judgement *j, const struct ub_rates *rates)
{
    const uint16_t block = j->plan->block;
    uint64_t us = 0;
    for (size_t i = 0; i < j->work->fills; i++) {
        const struct ub_fill *fill = &j->plan->fills[j->work->first_fill + i];
        us += ub_cost_write(rates, fill->length, block);
        if (block && (fill->offset % block || fill->length % block))
            us += ub_cost_transfers(rates, UB_TALLY_COMMAND, 0);
    }
    return us;
}

static uint64_t price_of_rewriting(const struct judgement *j, const struct ub_rates *rates)
{
    const struct ub_sector_work *work = j->work;
    uint64_t us = ub_cost_erase(rates, work->sector.size);
    for (size_t at = 0; work->want && at < work->sector.size; at += j->cell)
        if (!ub_all_bytes(work->want + at, j->cell, j->plan->erased_value))
            us += ub_cost_write(rates, j->cell, j->plan->block);
    return us;
}

static void start(struct judgement *j, const struct ub_loader_habits *habits)
{
    const size_t size = j->work->sector.size;
    const size_t block = j->plan->block;
    j->one_way = !(j->work->sector.rights & UB_CAN_ERASE);
    j->cell = block && size % block == 0 ? block : size;
    size_t grain = habits->program_unit > GRAIN_LEAST ? habits->program_unit : GRAIN_LEAST;
    if (habits->program_unit && grain % habits->program_unit == 0 && j->cell % grain == 0)
        j->grain = grain;
    j->work->first_fill = j->plan->fill_count;
    j->work->fills = 0;
}

enum ub_code ub_plan_judge(struct ub_plan *plan, const struct ub_target *target,
                           const struct ub_rates *rates, struct ub_sector_work *work,
                           const uint8_t *have, struct ub_error *err)
{
    struct judgement j = {.plan = plan, .work = work, .have = have, .err = err};
    start(&j, &target->habits);
    const bool may_fill = j.one_way || (work->want && !target->habits.write_once);
    work->known = true;
    work->same = !differs(&j, 0, work->sector.size);
    work->fillable = !work->same && may_fill;
    for (size_t at = 0; work->fillable && !j.code && at < work->sector.size; at += j.cell)
        work->fillable = fill_cell(&j, at);
    if (work->fillable && !j.one_way && price_of_fills(&j, rates) > price_of_rewriting(&j, rates))
        work->fillable = false;
    if (!work->fillable) {
        plan->fill_count = work->first_fill;
        work->fills = 0;
    }
    return j.code;
}

enum ub_code ub_plan_fill_all(struct ub_plan *plan, struct ub_sector_work *work,
                              struct ub_error *err)
{
    struct judgement j = {.plan = plan, .work = work, .err = err};
    work->first_fill = plan->fill_count;
    work->fills = 0;
    add_fill(&j, 0, work->sector.size);
    return j.code;
}
