/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading back, and saying exactly where the first difference is. */
#include "base/error.h"
#include "base/text.h"
#include "flash/plan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK ((size_t)16 * 1024)

/** What a comparison found. */
struct findings {
    uint64_t compared;
    uint64_t different;
    uint64_t missing; /**< bytes that the device did not give back */
    uint64_t first;   /**< address of the first difference */
    uint8_t have;     /**< there */
    uint8_t want;
};

static void note(struct findings *found, uint64_t address, const uint8_t *have, const uint8_t *want,
                 size_t length)
{
    found->compared += length;
    for (size_t i = 0; i < length; i++) {
        if (have[i] == want[i])
            continue;
        if (found->different++ == 0) {
            found->first = address + i;
            found->have = have[i];
            found->want = want[i];
        }
    }
}

/** Reads one stretch in chunks and compares it. */
static enum ub_code compare(const struct ub_target *target, const struct ub_region *region,
                            uint64_t address, const uint8_t *want, uint64_t length,
                            struct findings *found, struct ub_error *err)
{
    uint8_t *have = malloc(CHUNK);
    if (!have)
        return ub_fail_memory(err);
    enum ub_code code = UB_OK;
    for (uint64_t at = 0; !code && at < length; at += CHUNK) {
        size_t step = length - at < CHUNK ? (size_t)(length - at) : CHUNK;
        size_t actual = 0;
        code = target->loader->ops->read(target->loader, region, address + at, have, step, &actual,
                                         err);
        if (!code && actual != step)
            code = ub_fail(err, UB_USB_SHORT, "the device sent %zu of %zu bytes", actual, step);
        if (!code)
            note(found, address + at, have, want + at, step);
    }
    free(have);
    return code;
}

/** A stream is read in one go: an upload always begins at its start. What it lacks differs. */
static enum ub_code compare_stream(const struct ub_target *target, const struct ub_piece *piece,
                                   struct findings *found, struct ub_error *err)
{
    uint8_t *have = malloc((size_t)piece->length);
    if (!have)
        return ub_fail_memory(err);
    size_t actual = 0;
    enum ub_code code = target->loader->ops->read(target->loader, piece->region, 0, have,
                                                  (size_t)piece->length, &actual, err);
    if (!code) {
        note(found, 0, have, piece->data, actual);
        found->missing += piece->length - actual;
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

static bool readable(const struct ub_sector_work *work)
{
    return (work->sector.rights & UB_CAN_READ) != 0;
}

bool ub_plan_can_read_back(const struct ub_plan *plan, const struct ub_target *target)
{
    if (!target->caps.can_read)
        return false;
    if (plan->stream)
        return target->caps.tolerant;
    for (size_t i = 0; i < plan->sector_count; i++)
        if (plan->sectors[i].verdict != UB_VERDICT_KEEP && readable(&plan->sectors[i]))
            return true;
    return false;
}

uint64_t ub_plan_unreadable(const struct ub_plan *plan)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < plan->sector_count; i++)
        if (plan->sectors[i].verdict != UB_VERDICT_KEEP && !readable(&plan->sectors[i]))
            sum += plan->sectors[i].sector.size;
    return sum;
}

static uint64_t verify_total(const struct ub_plan *plan)
{
    uint64_t total = plan->stream ? plan->stream_piece.length : 0;
    for (size_t i = 0; i < plan->sector_count; i++)
        if (plan->sectors[i].verdict != UB_VERDICT_KEEP && readable(&plan->sectors[i]))
            total += plan->sectors[i].sector.size;
    return total;
}

enum ub_code ub_plan_verify(const struct ub_plan *plan, const struct ub_target *target,
                            struct ub_error *err)
{
    ub_env_begin(target->env, UB_STEP_VERIFY, verify_total(plan), "reading back");
    enum ub_code code = UB_OK;
    if (target->loader->ops->forget)
        target->loader->ops->forget(target->loader);
    struct findings found = {0};
    if (plan->stream)
        code = compare_stream(target, &plan->stream_piece, &found, err);
    for (size_t i = 0; !code && i < plan->sector_count; i++) {
        const struct ub_sector_work *work = &plan->sectors[i];
        if (work->verdict != UB_VERDICT_KEEP && readable(work))
            code = compare(target, work->region, work->sector.address, work->want,
                           work->sector.size, &found, err);
    }
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
        code = piece->region->kind == UB_REGION_STREAM
                   ? compare_stream(target, piece, &found, err)
                   : compare(target, piece->region, piece->address, piece->data, piece->length,
                             &found, err);
    }
    code = code ? code : judge(&found, UB_VER_MISMATCH, err);
    char text[32];
    ub_print_grouped(text, sizeof(text), total);
    if (!code)
        ub_env_done(target->env, "%s bytes, identical", text);
    return code;
}
