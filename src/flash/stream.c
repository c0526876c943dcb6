/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plain DFU: one stream, written whole or not at all, blank blocks included. */
#include "base/error.h"
#include "flash/access.h"
#include "flash/plan.h"

#include <stdlib.h>
#include <string.h>

/** What is compared with the stream: a part of the backup, or the device itself. */
struct source {
    const struct ub_backup *backup; /**< NULL: the device */
    size_t part;
};

static bool in_backup(const struct ub_backup *known, uint8_t alt, struct source *source)
{
    for (size_t i = 0; known && i < known->info.part_count; i++)
        if (known->info.parts[i].alt == alt && !known->info.parts[i].has_address) {
            *source = (struct source){known, i};
            return true;
        }
    return false;
}

static enum ub_code fetch(const struct ub_target *target, const struct source *source,
                          const struct ub_piece *piece, uint64_t at, uint8_t *to, size_t length,
                          size_t *actual, struct ub_error *err)
{
    if (!source->backup)
        return ub_access_read(target, piece->region, at, to, length, actual, err);
    uint64_t has = source->backup->info.parts[source->part].length;
    *actual = has - at < length ? (size_t)(has - at) : length;
    return ub_backup_read(source->backup, source->part, at, to, *actual, err);
}

/** Does the source hold the stream? Stops at the first difference; begins with little, as that
 * usually tells. */
static enum ub_code holds(const struct ub_target *target, const struct source *source,
                          const struct ub_piece *piece, bool *there, struct ub_error *err)
{
    const size_t most = ub_access_chunk(target);
    size_t step = target->caps.transfer_size;
    enum ub_code code = UB_OK;
    uint8_t *have = malloc(most);
    if (!have)
        return ub_fail_memory(err);
    *there = true;
    for (uint64_t at = 0; !code && *there && at < piece->length;) {
        uint64_t left = piece->length - at;
        size_t length = left < step ? (size_t)left : step;
        size_t actual = 0;
        code = fetch(target, source, piece, at, have, length, &actual, err);
        *there = !code && actual == length && memcmp(have, piece->data + at, length) == 0;
        at += length;
        step = 2 * step < most ? 2 * step : most;
    }
    free(have);
    return code;
}

static enum ub_code is_there(const struct ub_target *target, const struct ub_plan_wish *wish,
                             const struct ub_piece *piece, bool *there, struct ub_error *err)
{
    struct source source = {0};
    *there = false;
    if (wish->options->whole)
        return UB_OK;
    if (!in_backup(wish->known, piece->region->alt, &source) && !target->caps.can_read)
        return UB_OK;
    return holds(target, &source, piece, there, err);
}

static void consider(struct ub_plan *plan, bool there)
{
    const uint64_t write = plan->predicted[UB_PHASE_WRITE];
    const uint64_t verify = plan->predicted[UB_PHASE_VERIFY];
    const bool read_back = plan->info.read_back;
    if (there)
        ub_plan_consider(plan, UB_WAY_DIFFERENCE, true, "the device already holds it", "", 0);
    if (read_back)
        ub_plan_consider(plan, UB_WAY_WHOLE, true, "a stream is written whole", "dearer",
                         write + verify);
    ub_plan_consider(plan, UB_WAY_UNREAD, !read_back,
                     "it cannot be read back; the device's own word is the proof",
                     read_back ? "what can be read back does not count as written until it was"
                               : "dearer",
                     write);
}

enum ub_code ub_plan_stream(struct ub_plan *plan, const struct ub_target *target,
                            const struct ub_plan_wish *wish, const struct ub_rates *rates,
                            struct ub_error *err)
{
    bool there = false;
    struct ub_tally tally;
    struct ub_plan_info *info = &plan->info;
    const struct ub_piece *piece = &wish->placement->pieces[0];
    plan->stream = true;
    plan->stream_piece = *piece;
    enum ub_code code = is_there(target, wish, piece, &there, err);
    if (code)
        return code;
    if (!there && !(piece->region->rights & UB_CAN_WRITE))
        return ub_fail(err, UB_DFU_NO_DOWNLOAD, "\"%s\" cannot be written", piece->region->name);
    plan->once = there && !(wish->known && wish->known->info.readings >= 2);
    plan->ops = calloc(1, sizeof(plan->ops[0]));
    if (!plan->ops)
        return ub_fail_memory(err);
    ub_tally_start(&tally, target, rates);
    info->read_back = target->caps.can_read; /* if need be after a restart */
    plan->predicted[UB_PHASE_WRITE] = ub_tally_write(&tally, piece->region, 0, piece->length) +
                                      ub_tally_end(&tally);
    if (info->read_back)
        plan->predicted[UB_PHASE_VERIFY] = ub_tally_read(&tally, piece->region, 0, piece->length);
    consider(plan, there);
    (void)ub_plan_decide(plan);
    if (there)
        memset(plan->predicted, 0, sizeof(plan->predicted));
    plan->op_count = plan->op_room = info->step_count = 1;
    plan->ops[0] = (struct ub_plan_op){.step = {.action = there ? UB_PLAN_KEEP : UB_PLAN_WRITE,
                                                .alt = piece->region->alt,
                                                .length = piece->length,
                                                .predicted_us = plan->predicted[UB_PHASE_WRITE]},
                                       .region = piece->region,
                                       .data = piece->data};
    info->nothing_to_do = there;
    /* a quirk that grants its manifestation more time than others get knows why */
    const uint32_t end_ms = target->habits.manifest_deadline_ms;
    if (!there && !rates->end_us && end_ms > target->family->habits.manifest_deadline_ms)
        info->may_add_us = end_ms * UINT64_C(1000);
    info->bytes_kept = there ? piece->length : 0;
    info->bytes_written = there ? 0 : piece->length;
    info->predicted_us = plan->predicted[UB_PHASE_WRITE] + plan->predicted[UB_PHASE_VERIFY];
    return UB_OK;
}
