/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From verdicts to operations, in brick-safe order: the boot sector is erased first, its first
 * block written last. */
#include "flash/plan.h"

#include "base/bytes.h"
#include "base/error.h"

#include <inttypes.h>
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
            bool wiped = b->plan->erase_all && work->region == b->plan->wiped;
            if (wiped || work->verdict != UB_VERDICT_REWRITE || work->boot != (boot == 1))
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

/** Bytes of the boot sector that are held back to the end. */
static size_t first_block(const struct ub_plan *plan, const struct ub_sector_work *work)
{
    return work->sector.size < plan->block ? work->sector.size : plan->block;
}

static void add_area_writes(struct builder *b, const struct ub_area *area)
{
    for (size_t i = area->first; i < area->first + area->count;) {
        const struct ub_sector_work *work = &b->plan->sectors[i];
        size_t bytes;
        i += run_length(b->plan, area, i, &bytes);
        if (work->verdict == UB_VERDICT_KEEP)
            continue;
        add_blocks(b, work, work->boot ? first_block(b->plan, work) : 0, bytes);
    }
}

static void add_writes(struct builder *b)
{
    for (size_t a = 0; a < b->plan->area_count; a++)
        add_area_writes(b, &b->plan->areas[a]);
    for (size_t i = 0; i < b->plan->sector_count; i++) {
        const struct ub_sector_work *work = &b->plan->sectors[i];
        if (work->boot && work->verdict != UB_VERDICT_KEEP)
            add_blocks(b, work, 0, first_block(b->plan, work));
    }
}

/** Tells what of one region stays as it is; its works come in the order of its sectors. */
static void add_region_keeps(struct builder *b, const struct ub_region *region, size_t first)
{
    struct ub_sector sector;
    for (size_t i = 0, w = first; ub_region_sector_at(region, i, &sector); i++) {
        const struct ub_sector_work *work = w < b->plan->sector_count ? &b->plan->sectors[w] : NULL;
        bool touched = work && work->region == region && work->sector.address == sector.address;
        w += touched;
        b->plan->info.sectors_total++;
        if ((b->plan->erase_all && region == b->plan->wiped) ||
            (touched && work->verdict != UB_VERDICT_KEEP))
            continue;
        add(b, UB_PLAN_KEEP, region, sector.address, sector.size, NULL);
        b->plan->info.bytes_kept += sector.size;
    }
}

static void add_keeps(struct builder *b)
{
    for (size_t a = 0; a < b->plan->area_count; a++)
        if (a == 0 || b->plan->areas[a].region != b->plan->areas[a - 1].region)
            add_region_keeps(b, b->plan->areas[a].region, b->plan->areas[a].first);
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
    if (b->plan->erase_all && b->plan->wiped)
        info->sectors_erased += ub_region_sector_count(b->plan->wiped);
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

/** The region that the command to erase everything reaches (loader.h: erase_all). */
static const struct ub_region *wiped_region(const struct ub_target *target)
{
    for (size_t i = 0; i < target->region_count; i++)
        if (target->regions[i].kind == UB_REGION_FLASH &&
            (target->regions[i].rights & UB_CAN_ERASE))
            return &target->regions[i];
    return NULL;
}

static enum ub_code build_addressed(struct builder *b, const struct ub_placement *placement,
                                    const struct ub_flash_options *options,
                                    const struct ub_backup *known)
{
    struct ub_plan *plan = b->plan;
    plan->erase_all = options->erase_all;
    plan->wiped = wiped_region(b->target);
    if (plan->erase_all && (!plan->wiped || !b->target->loader->ops->erase_all))
        return ub_fail(b->err, UB_DFU_COMMAND, "this device has no command to erase everything");
    enum ub_code code = ub_plan_survey(plan, b->target, placement, options, known, b->err);
    if (code)
        return code;
    plan->info.read_back = ub_plan_can_read_back(plan, b->target);
    if (plan->erase_all && plan->wiped)
        add(b, UB_PLAN_ERASE_ALL, plan->wiped, plan->wiped->runs[0].address,
            ub_region_size(plan->wiped), NULL);
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
    plan->erased_value = target->habits.erased_value;
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

enum ub_code ub_plan_check_kept(const struct ub_plan *plan, const struct ub_backup *backup,
                                struct ub_error *err)
{
    for (size_t i = 0; i < plan->op_count; i++) {
        const struct ub_plan_step *step = &plan->ops[i].step;
        bool loses = step->action == UB_PLAN_ERASE || step->action == UB_PLAN_ERASE_ALL ||
                     step->action == UB_PLAN_WRITE;
        if (!plan->stream && loses &&
            !ub_backup_covers(backup, step->alt, step->address, step->length))
            return ub_fail(err, UB_MEM_NO_BACKUP,
                           "what is at 0x%08" PRIx64 " cannot be read, and would be lost",
                           step->address);
    }
    return UB_OK;
}
