/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From verdicts to operations, in brick-safe order: the boot sector is erased first, its first
 * block written last. */
#include "flash/plan.h"

#include "base/bytes.h"
#include "base/error.h"

#include <stdlib.h>
#include <string.h>

/** What the building of operations works with. */
struct builder {
    struct ub_plan *plan;
    const struct ub_target *target;
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

static uint64_t price(const struct builder *b, enum ub_plan_action action, uint64_t length)
{
    const struct ub_costs *costs = &b->target->family->costs;
    switch (action) {
    case UB_PLAN_ERASE:
        return ub_cost_erase(costs, length);
    case UB_PLAN_WRITE:
        return ub_cost_write(costs, length, b->plan->block);
    case UB_PLAN_ERASE_ALL:
        return costs->erase_all_us;
    case UB_PLAN_KEEP:
    case UB_PLAN_BLANK:
        break;
    }
    return 0;
}

/** Adds an operation, or lengthens the last one if this one continues it. */
static void add(struct builder *b, enum ub_plan_action action, const struct ub_region *region,
                uint64_t address, uint64_t length, const uint8_t *data)
{
    if (b->code || !length)
        return;
    bool any = b->plan->ops && b->plan->op_count;
    struct ub_plan_op *last = any ? &b->plan->ops[b->plan->op_count - 1] : NULL;
    bool joins = last && last->step.action == action && last->region == region &&
                 last->step.address + last->step.length == address &&
                 (action == UB_PLAN_KEEP || action == UB_PLAN_BLANK ||
                  (action == UB_PLAN_WRITE && last->data + last->step.length == data));
    if (joins) {
        last->step.length += length;
        last->step.predicted_us = price(b, action, last->step.length);
        return;
    }
    struct ub_plan_op *op = append(b->plan);
    if (!op) {
        b->code = ub_fail_memory(b->err);
        return;
    }
    *op = (struct ub_plan_op){
        .step = {.action = action,
                 .alt = region ? region->alt : 0,
                 .address = address,
                 .length = length,
                 .predicted_us = price(b, action, length),
                 .irreversible = action == UB_PLAN_ERASE_ALL || (action != UB_PLAN_KEEP && region &&
                                                                 region->kind != UB_REGION_FLASH &&
                                                                 region->kind != UB_REGION_STREAM)},
        .region = region,
        .data = data};
}

static void add_erases(struct builder *b)
{
    for (int boot = 1; boot >= 0; boot--)
        for (size_t i = 0; i < b->plan->sector_count; i++) {
            const struct ub_sector_work *work = &b->plan->sectors[i];
            if (work->verdict != UB_VERDICT_REWRITE || work->boot != (boot == 1))
                continue;
            add(b, UB_PLAN_ERASE, work->region, work->sector.address, work->sector.size, NULL);
            b->plan->info.sectors_erased++;
        }
}

/** Does this stretch have to be sent? Blank blocks of an erased sector, and unchanged ones of
 * another, do not. */
static bool must_send(const struct ub_plan *plan, const struct ub_sector_work *work,
                      const uint8_t *data, size_t offset, size_t length)
{
    if (work->verdict == UB_VERDICT_REWRITE)
        return !ub_all_bytes(data, length, plan->erased_value);
    return !work->known || memcmp(data, work->have + offset, length) != 0;
}

/** Writes `length` bytes of one or more neighbouring sectors with the same verdict, block by block.
 */
static void add_blocks(struct builder *b, const struct ub_sector_work *first, size_t from,
                       size_t length)
{
    for (size_t at = from; at < length;) {
        size_t step = length - at < b->plan->block ? length - at : b->plan->block;
        const uint8_t *data = first->want + at;
        bool send = must_send(b->plan, first, data, at, step);
        add(b, send ? UB_PLAN_WRITE : UB_PLAN_BLANK, first->region, first->sector.address + at,
            step, data);
        at += step;
    }
}

/** Neighbouring sectors with the same verdict make one run; the boot sector always begins one. */
static size_t run_length(const struct ub_plan *plan, const struct ub_area *area, size_t first,
                         size_t *bytes)
{
    size_t i = first;
    *bytes = 0;
    do {
        *bytes += plan->sectors[i].sector.size;
        i++;
    } while (i < area->first + area->count && !plan->sectors[i].boot &&
             plan->sectors[i].verdict == plan->sectors[first].verdict &&
             plan->sectors[i].known == plan->sectors[first].known);
    return i - first;
}

static void add_area_writes(struct builder *b, const struct ub_area *area)
{
    for (size_t i = area->first; i < area->first + area->count;) {
        const struct ub_sector_work *work = &b->plan->sectors[i];
        size_t bytes;
        i += run_length(b->plan, area, i, &bytes);
        if (work->verdict == UB_VERDICT_KEEP)
            continue;
        size_t held_back = !work->boot ? 0 : bytes < b->plan->block ? bytes : b->plan->block;
        add_blocks(b, work, held_back, bytes);
    }
}

static void add_writes(struct builder *b)
{
    for (size_t a = 0; a < b->plan->area_count; a++)
        add_area_writes(b, &b->plan->areas[a]);
    for (size_t i = 0; i < b->plan->sector_count; i++) {
        const struct ub_sector_work *work = &b->plan->sectors[i];
        size_t first = work->sector.size < b->plan->block ? work->sector.size : b->plan->block;
        if (work->boot && work->verdict != UB_VERDICT_KEEP)
            add_blocks(b, work, 0, first);
    }
}

static const struct ub_sector_work *work_at(const struct ub_plan *plan,
                                            const struct ub_region *region, uint64_t address)
{
    for (size_t i = 0; i < plan->sector_count; i++)
        if (plan->sectors[i].region == region && plan->sectors[i].sector.address == address)
            return &plan->sectors[i];
    return NULL;
}

/** Tells what of the concerned regions stays as it is. */
static void add_keeps(struct builder *b)
{
    const struct ub_region *done = NULL;
    for (size_t a = 0; a < b->plan->area_count; a++) {
        const struct ub_region *region = b->plan->areas[a].region;
        struct ub_sector sector;
        for (size_t i = 0; region != done && ub_region_sector_at(region, i, &sector); i++) {
            const struct ub_sector_work *work = work_at(b->plan, region, sector.address);
            b->plan->info.sectors_total++;
            if (b->plan->erase_all || (work && work->verdict != UB_VERDICT_KEEP))
                continue;
            add(b, UB_PLAN_KEEP, region, sector.address, sector.size, NULL);
            b->plan->info.bytes_kept += sector.size;
        }
        done = region;
    }
}

static void sum_up(struct builder *b)
{
    struct ub_plan_info *info = &b->plan->info;
    bool changes = false;
    for (size_t i = 0; i < b->plan->op_count; i++) {
        const struct ub_plan_step *step = &b->plan->ops[i].step;
        info->predicted_us += step->predicted_us;
        changes = changes || step->action == UB_PLAN_WRITE || step->action == UB_PLAN_ERASE ||
                  step->action == UB_PLAN_ERASE_ALL;
        if (step->action == UB_PLAN_WRITE)
            info->bytes_written += step->length;
    }
    for (size_t i = 0; i < b->plan->sector_count; i++) {
        const struct ub_sector_work *work = &b->plan->sectors[i];
        info->sectors_touched += work->covered > 0;
        if (info->read_back && work->verdict != UB_VERDICT_KEEP)
            info->predicted_us += ub_cost_read(&b->target->family->costs, work->sector.size,
                                               b->plan->block);
    }
    if (b->plan->stream && info->read_back)
        info->predicted_us += ub_cost_read(&b->target->family->costs, b->plan->stream_piece.length,
                                           b->plan->block);
    if (b->plan->erase_all)
        info->sectors_erased = info->sectors_total;
    info->step_count = b->plan->op_count;
    info->nothing_to_do = !changes;
}

/** Does the device already hold the stream? Known from a backup, or read here. */
static enum ub_code stream_is_there(const struct ub_target *target, const struct ub_piece *piece,
                                    const struct ub_backup *known, bool *there,
                                    struct ub_error *err)
{
    *there = false;
    for (size_t i = 0; known && i < known->info.part_count; i++)
        if (known->info.parts[i].alt == piece->region->alt && !known->info.parts[i].has_address) {
            *there = known->info.parts[i].length >= piece->length &&
                     memcmp(known->contents[i], piece->data, (size_t)piece->length) == 0;
            return UB_OK;
        }
    if (!target->caps.can_read)
        return UB_OK;
    uint8_t *have = malloc((size_t)piece->length);
    if (!have)
        return ub_fail_memory(err);
    size_t actual = 0;
    enum ub_code code = target->loader->ops->read(target->loader, piece->region, 0, have,
                                                  (size_t)piece->length, &actual, err);
    *there = !code && actual == piece->length && memcmp(have, piece->data, actual) == 0;
    free(have);
    return code;
}

static enum ub_code build_stream(struct builder *b, const struct ub_placement *placement,
                                 const struct ub_flash_options *options,
                                 const struct ub_backup *known)
{
    struct ub_plan *plan = b->plan;
    const struct ub_piece *piece = &placement->pieces[0];
    plan->stream = true;
    plan->stream_piece = *piece;
    plan->stream_data = malloc((size_t)piece->length);
    if (!plan->stream_data)
        return ub_fail_memory(b->err);
    memcpy(plan->stream_data, piece->data, (size_t)piece->length);
    plan->stream_piece.data = plan->stream_data;
    plan->info.read_back = b->target->caps.can_read && b->target->caps.tolerant;

    bool there = false;
    if (!options->whole) {
        enum ub_code code = stream_is_there(b->target, piece, known, &there, b->err);
        if (code)
            return code;
    }
    add(b, there ? UB_PLAN_KEEP : UB_PLAN_WRITE, piece->region, 0, piece->length,
        plan->stream_data);
    if (there)
        plan->info.bytes_kept = piece->length;
    return b->code;
}

static enum ub_code build_addressed(struct builder *b, const struct ub_placement *placement,
                                    const struct ub_flash_options *options,
                                    const struct ub_backup *known)
{
    struct ub_plan *plan = b->plan;
    plan->erase_all = options->erase_all;
    if (plan->erase_all && !b->target->loader->ops->erase_all)
        return ub_fail(b->err, UB_DFU_COMMAND, "this device has no command to erase everything");
    enum ub_code code = ub_plan_survey(plan, b->target, placement, options, known, b->err);
    if (code)
        return code;
    plan->info.read_back = b->target->caps.can_read;
    if (plan->erase_all)
        add(b, UB_PLAN_ERASE_ALL, NULL, 0, 1, NULL);
    else
        add_erases(b);
    add_writes(b);
    add_keeps(b);
    return b->code;
}

enum ub_code ub_plan_build(const struct ub_target *target, const struct ub_placement *placement,
                           const struct ub_flash_options *options, const struct ub_backup *known,
                           struct ub_plan **out, struct ub_error *err)
{
    *out = NULL;
    struct ub_plan *plan = calloc(1, sizeof(*plan));
    if (!plan)
        return ub_fail_memory(err);
    plan->erased_value = target->family->erased_value;
    plan->block = target->caps.transfer_size;
    struct builder b = {.plan = plan, .target = target, .err = err};
    enum ub_code code = target->caps.addressed ? build_addressed(&b, placement, options, known)
                                               : build_stream(&b, placement, options, known);
    if (code) {
        ub_plan_free(plan);
        return code;
    }
    sum_up(&b);
    *out = plan;
    return UB_OK;
}

void ub_plan_free(struct ub_plan *plan)
{
    if (!plan)
        return;
    for (size_t a = 0; a < plan->area_count; a++) {
        free(plan->areas[a].want);
        free(plan->areas[a].have);
    }
    free(plan->areas);
    free(plan->sectors);
    free(plan->ops);
    free(plan->stream_data);
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
