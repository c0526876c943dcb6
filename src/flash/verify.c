/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading back, and saying exactly where the first difference is. */
#include "base/error.h"
#include "base/text.h"
#include "flash/access.h"
#include "flash/plan.h"

#include <inttypes.h>
#include <stdlib.h>

/** What a comparison found. */
struct findings {
    uint64_t compared;
    uint64_t different;
    uint64_t missing; /**< bytes that the device did not give back */
    uint64_t first;   /**< address of the first difference */
    uint8_t have;     /**< there */
    uint8_t want;
};

/** Compares; `want` NULL is `blank` throughout. */
static void note(struct findings *found, uint64_t address, const uint8_t *have, const uint8_t *want,
                 uint8_t blank, size_t length)
{
    found->compared += length;
    for (size_t i = 0; i < length; i++) {
        const uint8_t wanted = want ? want[i] : blank;
        if (have[i] == wanted)
            continue;
        if (found->different++ == 0) {
            found->first = address + i;
            found->have = have[i];
            found->want = wanted;
        }
    }
}

/** Reads one stretch in chunks and compares it. */
static enum ub_code compare(const struct ub_target *target, const struct ub_piece *piece,
                            struct findings *found, struct ub_error *err)
{
    const size_t chunk = ub_access_chunk(target);
    uint8_t *have = malloc(chunk);
    if (!have)
        return ub_fail_memory(err);
    enum ub_code code = UB_OK;
    for (uint64_t at = 0; !code && at < piece->length; at += chunk) {
        size_t step = piece->length - at < chunk ? (size_t)(piece->length - at) : chunk;
        code = ub_access_read_all(target, piece->region, piece->address + at, have, step, err);
        if (!code)
            note(found, piece->address + at, have, piece->data ? piece->data + at : NULL,
                 target->habits.erased_value, step);
    }
    free(have);
    return code;
}

/** An upload of a stream goes on where the last call ended. What it lacks differs. */
static enum ub_code compare_stream(const struct ub_target *target, const struct ub_piece *piece,
                                   struct findings *found, struct ub_error *err)
{
    const size_t chunk = ub_access_chunk(target);
    uint8_t *have = malloc(chunk);
    if (!have)
        return ub_fail_memory(err);
    enum ub_code code = UB_OK;
    for (uint64_t at = 0; !code && at < piece->length; at += chunk) {
        size_t step = piece->length - at < chunk ? (size_t)(piece->length - at) : chunk;
        size_t actual = 0;
        code = ub_access_read(target, piece->region, at, have, step, &actual, err);
        if (!code)
            note(found, at, have, piece->data + at, target->habits.erased_value, actual);
        if (!code && actual < step) {
            found->missing += piece->length - at - actual;
            break;
        }
    }
    free(have);
    return code;
}

/** Reads neighbouring sectors in chunks and compares them. The first block is read alone: what the
 * commands before it cost can be told from what data costs by that. */
static enum ub_code compare_run(const struct ub_target *target, const struct ub_sector_work *first,
                                const struct ub_sector_work *end, uint8_t *have,
                                struct findings *found, struct ub_error *err)
{
    const uint64_t start = first->sector.address;
    const uint64_t length = end[-1].sector.address + end[-1].sector.size - start;
    const size_t chunk = ub_access_chunk(target);
    const size_t block = target->caps.transfer_size;
    const struct ub_sector_work *work = first;
    size_t offset = 0; /* in the sector */
    size_t step = 0;
    enum ub_code code = UB_OK;
    for (uint64_t at = 0; !code && at < length; at += step) {
        step = at == 0 && block ? block : chunk;
        step = length - at < step ? (size_t)(length - at) : step;
        code = ub_access_read_all(target, first->region, start + at, have, step, err);
        for (size_t done = 0; !code && done < step;) {
            size_t left = work->sector.size - offset;
            size_t part = left < step - done ? left : step - done;
            note(found, start + at + done, have + done, work->want ? work->want + offset : NULL,
                 target->habits.erased_value, part);
            done += part;
            offset += part;
            if (offset == work->sector.size) {
                work++;
                offset = 0;
            }
        }
    }
    return code;
}

static enum ub_code compare_sectors(const struct ub_plan *plan, const struct ub_target *target,
                                    struct findings *found, struct ub_error *err)
{
    const struct ub_sector_work *end = plan->sectors + plan->sector_count;
    enum ub_code code = UB_OK;
    uint8_t *have = malloc(ub_access_chunk(target));
    if (!have)
        return ub_fail_memory(err);
    for (const struct ub_sector_work *work = plan->sectors; !code && work < end;) {
        const struct ub_sector_work *next = work + 1;
        if (ub_work_read_back(work)) {
            while (next < end && ub_work_joins(next - 1, next) && ub_work_read_back(next))
                next++;
            code = compare_run(target, work, next, have, found, err);
        }
        work = next;
    }
    free(have);
    return code;
}

/** The verdict: `differs` is the error for a difference. */
static enum ub_code judge(const struct findings *found, enum ub_code differs, struct ub_error *err)
{
    if (!found->different && found->missing)
        return ub_fail(err, differs,
                       "the device gives back %" PRIu64 " bytes fewer than the image has",
                       found->missing);
    if (!found->different)
        return UB_OK;
    char different[32];
    char compared[32];
    ub_print_grouped(different, sizeof(different), found->different);
    ub_print_grouped(compared, sizeof(compared), found->compared);
    return ub_fail(err, differs,
                   "%s of %s bytes differ, the first at 0x%08" PRIx64 ": 0x%02x instead of 0x%02x",
                   different, compared, found->first, found->have, found->want);
}

bool ub_plan_can_read_back(const struct ub_plan *plan, const struct ub_target *target)
{
    if (!target->caps.can_read)
        return false;
    if (plan->stream)
        return true; /* at once, or when the device has restarted */
    for (size_t i = 0; i < plan->sector_count; i++)
        if (ub_work_read_back(&plan->sectors[i]))
            return true;
    return false;
}

bool ub_plan_trusts_one_reading(const struct ub_plan *plan)
{
    bool once = plan->once;
    for (size_t i = 0; i < plan->sector_count; i++)
        once = once || (plan->sectors[i].verdict == UB_VERDICT_KEEP && plan->sectors[i].once &&
                        plan->sectors[i].covered > 0);
    return once;
}

enum ub_code ub_plan_confirm(struct ub_plan *plan, const struct ub_target *target,
                             struct ub_error *err)
{
    for (size_t i = 0; i < plan->sector_count; i++)
        plan->sectors[i].doubtful = plan->sectors[i].once; /* it is all there is to go by */
    enum ub_code code = ub_plan_verify(plan, target, err);
    if (code != UB_VER_NOT_WRITTEN)
        return code;
    (void)ub_wrap(err, UB_VER_READS_DIFFER, "a first reading said that the device holds it");
    if (err)
        err->code = UB_VER_READS_DIFFER;
    return UB_VER_READS_DIFFER;
}

uint64_t ub_plan_unreadable(const struct ub_plan *plan)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < plan->sector_count; i++)
        if (plan->sectors[i].verdict != UB_VERDICT_KEEP && !ub_work_read_back(&plan->sectors[i]))
            sum += plan->sectors[i].sector.size;
    return sum;
}

static uint64_t verify_total(const struct ub_plan *plan)
{
    uint64_t total = plan->stream ? plan->stream_piece.length : 0;
    for (size_t i = 0; i < plan->sector_count; i++)
        if (ub_work_read_back(&plan->sectors[i]))
            total += plan->sectors[i].sector.size;
    return total;
}

enum ub_code ub_plan_verify(struct ub_plan *plan, const struct ub_target *target,
                            struct ub_error *err)
{
    const uint64_t started = ub_now(&target->env->clock);
    ub_env_begin(target->env, UB_STEP_VERIFY, verify_total(plan), "reading back");
    if (target->loader->ops->forget)
        target->loader->ops->forget(target->loader);
    struct findings found = {0};
    enum ub_code code = plan->stream ? compare_stream(target, &plan->stream_piece, &found, err)
                                     : compare_sectors(plan, target, &found, err);
    plan->actual[UB_PHASE_VERIFY] = ub_now(&target->env->clock) - started;
    code = code ? code : judge(&found, UB_VER_NOT_WRITTEN, err);
    if (code)
        return ub_wrap(err, code, "while reading back what was written");
    ub_env_done(target->env, "read back, identical");
    return UB_OK;
}

enum ub_code ub_pieces_verify(const struct ub_target *target, const struct ub_placement *placement,
                              struct ub_error *err)
{
    if (!target->caps.can_read)
        return ub_fail(err, UB_VER_NO_READ_BACK, "this device cannot be read");
    uint64_t total = 0;
    for (size_t i = 0; i < placement->count; i++)
        total += placement->pieces[i].length;
    ub_env_begin(target->env, UB_STEP_VERIFY, total, "comparing %" PRIu64 " bytes", total);
    struct findings found = {0};
    enum ub_code code = UB_OK;
    for (size_t i = 0; !code && i < placement->count; i++) {
        const struct ub_piece *piece = &placement->pieces[i];
        code = piece->region->kind == UB_REGION_STREAM ? compare_stream(target, piece, &found, err)
                                                       : compare(target, piece, &found, err);
    }
    code = code ? code : judge(&found, UB_VER_MISMATCH, err);
    char text[32];
    ub_print_grouped(text, sizeof(text), total);
    if (!code)
        ub_env_done(target->env, "%s bytes, identical", text);
    return code;
}
