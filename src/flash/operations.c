/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From verdicts to operations, in brick-safe order: the boot sector is erased first, its first
 * block written last. The same walk works out what a way costs. */
#include "base/bytes.h"
#include "base/error.h"
#include "flash/plan.h"

#include <stdlib.h>
#include <string.h>

/** What the building of operations works with. */
struct builder {
    struct ub_plan *plan;
    const struct ub_target *target;
    enum ub_way way;
    bool keep; /**< operations go into the plan; else only prices are summed up */
    struct ub_tally tally;
    uint64_t us[UB_PHASES];
    struct ub_plan_op last; /**< the operation in hand, which may still grow; length 0: none */
    struct ub_error *err;
    enum ub_code code; /**< the first failure; later calls do nothing */
};

/** Room for one more operation, or NULL when out of memory. */
static struct ub_plan_op *append(struct ub_plan *plan)
{
    if (!plan->ops || plan->op_count == plan->op_room) {
        size_t room = plan->op_room ? 2 * plan->op_room : 64;
        struct ub_plan_op *ops = realloc(plan->ops, room * sizeof(*ops));
        if (!ops)
            return NULL;
        plan->ops = ops;
        plan->op_room = room;
    }
    return &plan->ops[plan->op_count++];
}

static uint64_t price(struct builder *b, const struct ub_plan_op *op)
{
    const struct ub_plan_step *step = &op->step;
    switch (step->action) {
    case UB_PLAN_ERASE:
        return ub_tally_erase(&b->tally, op->region, step->address, (uint32_t)step->length);
    case UB_PLAN_WRITE:
        return ub_tally_write(&b->tally, op->region, step->address, step->length);
    case UB_PLAN_ERASE_ALL:
        return ub_tally_erase_all(&b->tally, op->region);
    case UB_PLAN_KEEP:
    case UB_PLAN_BLANK:
        break;
    }
    return 0;
}

/** The operation in hand is complete: it gets its price, and its place in the plan. */
static void finish(struct builder *b)
{
    struct ub_plan_op *op = &b->last;
    if (b->code || !op->step.length)
        return;
    const uint64_t commands = b->tally.commands;
    op->step.predicted_us = price(b, op);
    op->commands = (uint32_t)(b->tally.commands - commands);
    b->us[op->step.action == UB_PLAN_WRITE ? UB_PHASE_WRITE : UB_PHASE_ERASE] +=
        op->step.predicted_us;
    struct ub_plan_op *room = b->keep ? append(b->plan) : NULL;
    if (room)
        *room = *op;
    else if (b->keep)
        b->code = ub_fail_memory(b->err);
    op->step.length = 0;
}

/** Does this operation only lengthen the one in hand? */
static bool joins(const struct ub_plan_op *last, const struct ub_plan_op *op)
{
    if (!last->step.length || last->step.action != op->step.action || last->region != op->region ||
        last->step.address + last->step.length != op->step.address)
        return false;
    if (op->step.action == UB_PLAN_WRITE)
        return last->data && op->data && last->data + last->step.length == op->data;
    return op->step.action == UB_PLAN_KEEP || op->step.action == UB_PLAN_BLANK;
}

/** Adds an operation, or lengthens the one in hand if this one continues it. */
static void add(struct builder *b, enum ub_plan_action action, const struct ub_region *region,
                uint64_t address, uint64_t length, const uint8_t *data)
{
    if (b->code || !length)
        return;
    const struct ub_plan_op op = {
        .step = {.action = action,
                 .alt = region->alt,
                 .address = address,
                 .length = length,
                 .irreversible = action == UB_PLAN_ERASE_ALL ||
                                 (action != UB_PLAN_KEEP && region->kind != UB_REGION_FLASH &&
                                  region->kind != UB_REGION_STREAM)},
        .region = region,
        .data = data};
    if (joins(&b->last, &op)) {
        b->last.step.length += length;
        return;
    }
    finish(b);
    b->last = op;
}

/** The command to erase everything takes care of this sector. */
static bool by_mass_erase(const struct builder *b, const struct ub_sector_work *work)
{
    return b->way == UB_WAY_ERASE_ALL && work->wiped;
}

static void add_erases(struct builder *b)
{
    const struct ub_plan *plan = b->plan;
    if (b->way == UB_WAY_ERASE_ALL)
        add(b, UB_PLAN_ERASE_ALL, plan->wiped, plan->wiped->runs[0].address,
            ub_region_size(plan->wiped), NULL);
    for (int boot = 1; boot >= 0; boot--)
        for (size_t i = 0; i < plan->sector_count; i++) {
            const struct ub_sector_work *work = &plan->sectors[i];
            if (work->verdict != UB_VERDICT_REWRITE || work->boot != (boot == 1) ||
                by_mass_erase(b, work))
                continue;
            add(b, UB_PLAN_ERASE, work->region, work->sector.address, work->sector.size, NULL);
            if (b->keep)
                b->plan->info.sectors_erased++;
        }
}

/** A place in a run of neighbouring sectors. */
struct place {
    const struct ub_sector_work *work;
    size_t offset;
};

/** Bytes from a place on that lie in its sector, at most `most`. */
static size_t within(const struct place *at, size_t most)
{
    size_t left = at->work->sector.size - at->offset;
    return left < most ? left : most;
}

static void step_on(struct place *at, size_t length)
{
    while (length) {
        size_t step = within(at, length);
        at->offset += step;
        length -= step;
        if (at->offset == at->work->sector.size)
            *at = (struct place){at->work + 1, 0};
    }
}

static const uint8_t *bytes_at(const struct place *at)
{
    return at->work->want ? at->work->want + at->offset : NULL;
}

/** Whole blocks from a place on that lie in sectors in which nothing is wanted, in bytes: a device
 * may have, or claim, thousands of times as much memory as the image fills. */
static size_t nobodys(struct place at, size_t most, size_t block)
{
    size_t length = 0;
    while (length < most && !at.work->want) {
        size_t step = within(&at, most - length);
        step_on(&at, step);
        length += step;
    }
    return length - length % block;
}

/** Is the stretch blank, and do its bytes stand together in memory? */
static bool examine(const struct builder *b, struct place at, size_t length, bool *together)
{
    bool blank = true;
    const uint8_t *first = bytes_at(&at);
    size_t done = 0;
    *together = first != NULL;
    while (done < length) {
        size_t step = within(&at, length - done);
        const uint8_t *bytes = bytes_at(&at);
        blank = blank && (!bytes || ub_all_bytes(bytes, step, b->plan->erased_value));
        *together = *together && bytes == first + done;
        step_on(&at, step);
        done += step;
    }
    return blank;
}

/** Puts the bytes of a stretch together; they are the plan's. */
static const uint8_t *patch(struct builder *b, struct place at, size_t length)
{
    struct ub_patch *made = malloc(sizeof(*made) + length);
    if (!made) {
        b->code = ub_fail_memory(b->err);
        return NULL;
    }
    made->next = b->plan->patches;
    b->plan->patches = made;
    for (size_t done = 0; done < length;) {
        size_t step = within(&at, length - done);
        const uint8_t *bytes = bytes_at(&at);
        if (bytes)
            memcpy(made->bytes + done, bytes, step);
        else
            memset(made->bytes + done, b->plan->erased_value, step);
        step_on(&at, step);
        done += step;
    }
    return made->bytes;
}

/** Writes `length` bytes of a run of erased sectors block by block, blank blocks left out. */
static void add_blocks(struct builder *b, struct place at, size_t length)
{
    while (length && !b->code) {
        size_t skip = nobodys(at, length, b->plan->block);
        size_t step = length < b->plan->block ? length : b->plan->block;
        bool together = false;
        const uint64_t address = at.work->sector.address + at.offset;
        bool blank = skip > 0 || examine(b, at, step, &together);
        step = skip > 0 ? skip : step;
        const uint8_t *data = blank || together ? bytes_at(&at) : NULL;
        if (!blank && !together && b->keep)
            data = patch(b, at, step);
        add(b, blank ? UB_PLAN_BLANK : UB_PLAN_WRITE, at.work->region, address, step, data);
        length -= step;
        step_on(&at, step);
    }
}

/** Neighbouring sectors that are erased make one run, so that blocks larger than a sector are sent
 * in full; the boot sector always begins one. */
static const struct ub_sector_work *end_of_run(const struct builder *b,
                                               const struct ub_sector_work *first)
{
    const struct ub_sector_work *end = b->plan->sectors + b->plan->sector_count;
    const struct ub_sector_work *work = first + 1;
    while (work < end && ub_work_joins(work - 1, work) && work->verdict == UB_VERDICT_REWRITE &&
           !work->boot)
        work++;
    return work;
}

/** Bytes of the boot sector that are held back to the end. */
static size_t first_block(const struct ub_plan *plan, const struct ub_sector_work *work)
{
    return work->sector.size < plan->block ? work->sector.size : plan->block;
}

static void add_kept(struct builder *b, const struct ub_sector_work *work, size_t from, size_t to)
{
    add(b, UB_PLAN_KEEP, work->region, work->sector.address + from, to - from, NULL);
    if (b->keep)
        b->plan->info.bytes_kept += to - from;
}

/** Writes the stretches of a sector that lie in [from, to); the rest of that keeps what it holds.
 */
static void add_fills(struct builder *b, const struct ub_sector_work *work, size_t from, size_t to)
{
    size_t at = from;
    for (size_t i = 0; i < work->fills; i++) {
        const struct ub_fill *fill = &b->plan->fills[work->first_fill + i];
        size_t begin = fill->offset > from ? fill->offset : from;
        size_t end = (size_t)fill->offset + fill->length;
        end = end < to ? end : to;
        if (begin >= end)
            continue;
        add_kept(b, work, at, begin);
        add(b, UB_PLAN_WRITE, work->region, work->sector.address + begin, end - begin,
            work->want + begin);
        at = end;
    }
    add_kept(b, work, at, to);
}

static void add_writes(struct builder *b)
{
    const struct ub_plan *plan = b->plan;
    const struct ub_sector_work *end = plan->sectors + plan->sector_count;
    const struct ub_sector_work *boot = NULL;
    for (const struct ub_sector_work *work = plan->sectors; work < end;) {
        const struct ub_sector_work *next = work + 1;
        size_t from = work->boot ? first_block(plan, work) : 0;
        if (work->boot)
            boot = work;
        if (work->verdict == UB_VERDICT_REWRITE && from < work->sector.size) {
            next = end_of_run(b, work);
            size_t length = (size_t)(next[-1].sector.address + next[-1].sector.size -
                                     work->sector.address);
            struct place at = {work, 0};
            step_on(&at, from);
            add_blocks(b, at, length - from);
        } else if (work->verdict == UB_VERDICT_FILL) {
            add_fills(b, work, from, work->sector.size);
        }
        work = next;
    }
    if (boot && boot->verdict == UB_VERDICT_REWRITE)
        add_blocks(b, (struct place){boot, 0}, first_block(plan, boot));
    else if (boot && boot->verdict == UB_VERDICT_FILL)
        add_fills(b, boot, 0, first_block(plan, boot));
}

/** Tells what of one region stays as it is; `work` is its first sector in the plan. Returns the
 * first one of the next region. */
static const struct ub_sector_work *add_region_keeps(struct builder *b,
                                                     const struct ub_sector_work *work)
{
    const struct ub_sector_work *end = b->plan->sectors + b->plan->sector_count;
    const struct ub_region *region = work->region;
    for (size_t r = 0; r < region->run_count; r++) {
        const struct ub_sector_run *run = &region->runs[r];
        b->plan->info.sectors_total += run->count;
        for (uint32_t i = 0; i < run->count; i++) {
            uint64_t address = run->address + (uint64_t)i * run->size;
            bool planned = work < end && work->region == region && work->sector.address == address;
            bool kept = !planned || work->verdict == UB_VERDICT_KEEP;
            work += planned;
            if (!kept || (b->way == UB_WAY_ERASE_ALL && region == b->plan->wiped))
                continue;
            add(b, UB_PLAN_KEEP, region, address, run->size, NULL);
            b->plan->info.bytes_kept += run->size;
        }
    }
    return work;
}

static void add_keeps(struct builder *b)
{
    const struct ub_sector_work *work = b->plan->sectors;
    const struct ub_sector_work *end = work + b->plan->sector_count;
    while (b->keep && work < end)
        work = add_region_keeps(b, work);
}

/** What reading back will cost. */
static void price_verify(struct builder *b)
{
    const struct ub_sector_work *end = b->plan->sectors + b->plan->sector_count;
    ub_tally_forget(&b->tally);
    for (const struct ub_sector_work *work = b->plan->sectors; work < end;) {
        const struct ub_sector_work *next = work + 1;
        if (!ub_work_read_back(work)) {
            work = next;
            continue;
        }
        while (next < end && ub_work_joins(next - 1, next) && ub_work_read_back(next))
            next++;
        uint64_t length = next[-1].sector.address + next[-1].sector.size - work->sector.address;
        b->us[UB_PHASE_VERIFY] += ub_tally_read(&b->tally, work->region, work->sector.address,
                                                length);
        work = next;
    }
}

static void sum_up(const struct builder *b)
{
    struct ub_plan *plan = b->plan;
    struct ub_plan_info *info = &plan->info;
    bool changes = false;
    for (size_t i = 0; i < plan->op_count; i++) {
        const struct ub_plan_step *step = &plan->ops[i].step;
        changes = changes || step->action == UB_PLAN_WRITE || step->action == UB_PLAN_ERASE ||
                  step->action == UB_PLAN_ERASE_ALL;
        if (step->action == UB_PLAN_WRITE)
            info->bytes_written += step->length;
    }
    for (size_t i = 0; i < plan->sector_count; i++)
        info->sectors_touched += plan->sectors[i].covered > 0;
    if (b->way == UB_WAY_ERASE_ALL)
        info->sectors_erased += ub_region_sector_count(plan->wiped);
    memcpy(plan->predicted, b->us, sizeof(plan->predicted));
    info->predicted_us = b->us[UB_PHASE_ERASE] + b->us[UB_PHASE_WRITE] + b->us[UB_PHASE_VERIFY];
    info->step_count = plan->op_count;
    info->nothing_to_do = !changes;
}

enum ub_code ub_plan_operations(struct ub_plan *plan, const struct ub_target *target,
                                const struct ub_rates *rates, enum ub_way way, bool keep,
                                uint64_t *us, struct ub_error *err)
{
    struct builder b = {.plan = plan, .target = target, .way = way, .keep = keep, .err = err};
    ub_tally_start(&b.tally, target, rates);
    add_erases(&b);
    add_writes(&b);
    finish(&b);
    bool read_back = ub_plan_can_read_back(plan, target);
    if (read_back)
        price_verify(&b);
    add_keeps(&b);
    finish(&b);
    if (!b.code && keep) {
        plan->info.read_back = read_back;
        sum_up(&b);
    }
    *us = b.us[UB_PHASE_ERASE] + b.us[UB_PHASE_WRITE] + b.us[UB_PHASE_VERIFY];
    return b.code;
}
