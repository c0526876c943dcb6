/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading back, and saying exactly where the first difference is. */
#include "base/error.h"
#include "base/text.h"
#include "flash/plan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK ((size_t)16 * 1024)

/** Reads one stretch in chunks and compares it. `differs` is the error for a difference. */
static enum ub_code compare(const struct ub_target *target, const struct ub_region *region,
                            uint64_t address, const uint8_t *want, uint64_t length,
                            enum ub_code differs, struct ub_error *err)
{
    uint8_t *have = malloc(CHUNK);
    if (!have)
        return ub_fail_memory(err);
    enum ub_code code = UB_OK;
    for (uint64_t at = 0; !code && at < length;) {
        size_t step = length - at < CHUNK ? (size_t)(length - at) : CHUNK;
        size_t actual = 0;
        code = target->loader->ops->read(target->loader, region, address + at, have, step, &actual,
                                         err);
        for (size_t i = 0; !code && i < actual; i++)
            if (have[i] != want[at + i])
                code = ub_fail(err, differs, "0x%08" PRIx64 " holds 0x%02x instead of 0x%02x",
                               address + at + i, have[i], want[at + i]);
        if (!code && actual != step)
            code = ub_fail(err, differs,
                           "the device holds %" PRIu64 " bytes, the image has %" PRIu64,
                           at + actual, length);
        at += step;
    }
    free(have);
    return code;
}

/** A stream is read in one go: an upload always begins at its start. */
static enum ub_code compare_stream(const struct ub_target *target, const struct ub_piece *piece,
                                   enum ub_code differs, struct ub_error *err)
{
    uint8_t *have = malloc((size_t)piece->length);
    if (!have)
        return ub_fail_memory(err);
    size_t actual = 0;
    enum ub_code code = target->loader->ops->read(target->loader, piece->region, 0, have,
                                                  (size_t)piece->length, &actual, err);
    for (size_t i = 0; !code && i < actual; i++)
        if (have[i] != piece->data[i])
            code = ub_fail(err, differs, "byte %zu is 0x%02x instead of 0x%02x", i, have[i],
                           piece->data[i]);
    if (!code && actual != piece->length)
        code = ub_fail(err, differs, "the device holds %zu bytes, the image has %" PRIu64, actual,
                       piece->length);
    free(have);
    return code;
}

bool ub_plan_can_read_back(const struct ub_plan *plan, const struct ub_target *target)
{
    if (!target->caps.can_read || (plan->stream && !target->caps.tolerant))
        return false;
    for (size_t i = 0; i < plan->sector_count; i++)
        if (plan->sectors[i].verdict != UB_VERDICT_KEEP &&
            !(plan->sectors[i].sector.rights & UB_CAN_READ))
            return false;
    return true;
}

static uint64_t verify_total(const struct ub_plan *plan)
{
    uint64_t total = plan->stream ? plan->stream_piece.length : 0;
    for (size_t i = 0; i < plan->sector_count; i++)
        if (plan->sectors[i].verdict != UB_VERDICT_KEEP)
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
    if (plan->stream)
        code = compare_stream(target, &plan->stream_piece, UB_VER_NOT_WRITTEN, err);
    for (size_t i = 0; !code && i < plan->sector_count; i++) {
        const struct ub_sector_work *work = &plan->sectors[i];
        if (work->verdict != UB_VERDICT_KEEP)
            code = compare(target, work->region, work->sector.address, work->want,
                           work->sector.size, UB_VER_NOT_WRITTEN, err);
    }
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
    enum ub_code code = UB_OK;
    for (size_t i = 0; !code && i < placement->count; i++) {
        const struct ub_piece *piece = &placement->pieces[i];
        code = piece->region->kind == UB_REGION_STREAM
                   ? compare_stream(target, piece, UB_VER_MISMATCH, err)
                   : compare(target, piece->region, piece->address, piece->data, piece->length,
                             UB_VER_MISMATCH, err);
    }
    char text[32];
    ub_print_grouped(text, sizeof(text), total);
    if (!code)
        ub_env_done(target->env, "%s bytes, identical", text);
    return code;
}
