/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads what it must of each touched sector, and decides: keep, fill, or rewrite. */
#include "base/bytes.h"
#include "base/error.h"
#include "flash/plan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/** What a survey works with. */
struct survey {
    struct ub_plan *plan;
    const struct ub_target *target;
    const struct ub_placement *placement;
    const struct ub_flash_options *options;
    const struct ub_backup *known;
};

/** What a backup knows of [address, address + length) behind that alternate setting, or NULL. */
static const uint8_t *look_up(const struct ub_backup *known, uint8_t alt, uint64_t address,
                              uint64_t length)
{
    for (size_t i = 0; known && i < known->info.part_count; i++) {
        const struct ub_backup_part *part = &known->info.parts[i];
        if (part->alt == alt && part->has_address && address >= part->address &&
            address - part->address + length <= part->length)
            return known->contents[i] + (address - part->address);
    }
    return NULL;
}

static bool wholly_covered(const struct ub_sector_work *work)
{
    return work->covered == work->sector.size;
}

static bool readable(const struct survey *survey, const struct ub_sector_work *work)
{
    return survey->target->caps.can_read && (work->sector.rights & UB_CAN_READ) != 0;
}

/**
 * Reads a sector from the device. Where no backup is made, one that the image covers whole is read
 * only as long as it may still turn out to be equal or blank: the first block usually tells that it
 * must be rewritten. With a backup all of it is known, and a plan alone has to know as much.
 */
static enum ub_code read_sector(const struct survey *survey, struct ub_sector_work *work,
                                struct ub_error *err)
{
    const struct ub_loader_ops *ops = survey->target->loader->ops;
    uint8_t *have = work->have;
    bool to_the_end = !wholly_covered(work) || !survey->options->no_backup;
    bool same = true;
    bool blank = true;
    for (size_t at = 0; at < work->sector.size;) {
        size_t length = work->sector.size - at;
        if (length > survey->plan->block)
            length = survey->plan->block;
        size_t actual;
        enum ub_code code = ops->read(survey->target->loader, work->region,
                                      work->sector.address + at, have + at, length, &actual, err);
        if (!code && actual != length)
            code = ub_fail(err, UB_USB_SHORT, "the device sent %zu of %zu bytes", actual, length);
        if (code)
            return ub_wrap(err, code, "while reading the sector at 0x%08" PRIx64,
                           work->sector.address);
        same = same && memcmp(have + at, work->want + at, length) == 0;
        blank = blank && ub_all_bytes(have + at, length, survey->plan->erased_value);
        at += length;
        if (!to_the_end && !same && !blank)
            return UB_OK;
    }
    work->known = true;
    return UB_OK;
}

static enum ub_code learn_content(const struct survey *survey, struct ub_sector_work *work,
                                  struct ub_error *err)
{
    if (survey->options->whole && wholly_covered(work))
        return UB_OK;
    const uint8_t *known = look_up(survey->known, work->region->alt, work->sector.address,
                                   work->sector.size);
    if (known) {
        memcpy(work->have, known, work->sector.size);
        work->known = true;
        return UB_OK;
    }
    if (!readable(survey, work))
        return UB_OK;
    return read_sector(survey, work, err);
}

/** What is going to be erased and written again for its own sake has to be read right: a second
 * reading must agree. */
static enum ub_code read_twice(const struct survey *survey, const struct ub_sector_work *work,
                               struct ub_error *err)
{
    uint8_t *again = malloc(work->sector.size);
    if (!again)
        return ub_fail_memory(err);
    size_t actual = 0;
    enum ub_code code = survey->target->loader->ops->read(survey->target->loader, work->region,
                                                          work->sector.address, again,
                                                          work->sector.size, &actual, err);
    if (!code && (actual != work->sector.size || memcmp(again, work->have, work->sector.size) != 0))
        code = ub_fail(err, UB_VER_READS_DIFFER,
                       "two readings of the sector at 0x%08" PRIx64 " differ",
                       work->sector.address);
    free(again);
    return code;
}

/** Erased with everything else, so that it is blank whatever it holds now. */
static bool wiped(const struct ub_plan *plan, const struct ub_sector_work *work)
{
    return plan->erase_all && work->region == plan->wiped;
}

/** Keeps what shares the sector with the image: read, merge. */
static enum ub_code merge_neighbours(const struct survey *survey, struct ub_sector_work *work,
                                     struct ub_error *err)
{
    bool given_up = survey->options->discard_neighbours && work->covered > 0;
    if (wholly_covered(work) || given_up || wiped(survey->plan, work))
        return UB_OK;
    if (!work->known)
        return ub_fail(err, UB_MEM_NEIGHBOURS,
                       "the sector at 0x%08" PRIx64
                       " holds more than the image, and cannot be read "
                       "to keep the rest (give it up with --discard-neighbours)",
                       work->sector.address);
    enum ub_code code = UB_OK;
    if (survey->known == NULL || survey->known->info.readings < 2)
        code = read_twice(survey, work, err);
    if (code)
        return code;
    memcpy(work->want, work->have, work->sector.size);
    ub_plan_overlay(work, survey->placement, survey->plan->erased_value);
    survey->plan->info.bytes_preserved += work->sector.size - work->covered;
    return UB_OK;
}

/** True if every block that differs is blank now, so that it can be programmed without an erase. */
static bool can_fill(const struct ub_plan *plan, const struct ub_sector_work *work)
{
    size_t step = work->sector.size % plan->block == 0 ? plan->block : work->sector.size;
    for (size_t at = 0; at < work->sector.size; at += step)
        if (memcmp(work->have + at, work->want + at, step) != 0 &&
            !ub_all_bytes(work->have + at, step, plan->erased_value))
            return false;
    return true;
}

/** Programming clears bits and sets none: would this sector need a bit set? */
static bool needs_erase(const struct ub_sector_work *work)
{
    for (size_t i = 0; i < work->sector.size; i++)
        if (work->want[i] & ~work->have[i])
            return true;
    return false;
}

/** Memory that cannot be erased is written only where that can come out right. */
static enum ub_code check_one_way(const struct ub_sector_work *work, struct ub_error *err)
{
    if (work->region->kind == UB_REGION_OPTION || (work->known && !needs_erase(work)))
        return UB_OK;
    return ub_fail(err, UB_MEM_READ_ONLY, "the sector at 0x%08" PRIx64 " cannot be erased, and %s",
                   work->sector.address,
                   work->known ? "what it holds would have to be" : "what it holds is not known");
}

static enum ub_code judge(const struct survey *survey, struct ub_sector_work *work,
                          struct ub_error *err)
{
    const struct ub_plan *plan = survey->plan;
    bool erasable = (work->sector.rights & UB_CAN_ERASE) != 0;
    work->verdict = UB_VERDICT_REWRITE;
    if (wiped(plan, work) || (survey->options->whole && erasable && work->covered))
        return UB_OK;
    if (work->known && memcmp(work->have, work->want, work->sector.size) == 0) {
        work->verdict = UB_VERDICT_KEEP;
        return UB_OK;
    }
    if (!erasable || (work->known && can_fill(plan, work)))
        work->verdict = UB_VERDICT_FILL;
    return erasable ? UB_OK : check_one_way(work, err);
}

static enum ub_code survey_sector(const struct survey *survey, struct ub_sector_work *work,
                                  struct ub_error *err)
{
    ub_plan_overlay(work, survey->placement, survey->plan->erased_value);
    enum ub_code code = ub_env_check(survey->target->env, err);
    if (!code && !wiped(survey->plan, work))
        code = learn_content(survey, work, err);
    if (!code)
        code = merge_neighbours(survey, work, err);
    return code ? code : judge(survey, work, err);
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
    size_t first = boot && boot->sector.size < plan->block ? boot->sector.size : plan->block;
    if (boot && changes && !target->family->rom_by_pin && boot->verdict != UB_VERDICT_REWRITE &&
        boot->known && (boot->sector.rights & UB_CAN_ERASE) &&
        !ub_all_bytes(boot->have, first, plan->erased_value))
        boot->verdict = UB_VERDICT_REWRITE;
}

/** A boot sector that only came along for safety and cannot be read stays out of the plan. */
static bool leave_out(const struct survey *survey, struct ub_sector_work *work)
{
    if (work->covered > 0 || readable(survey, work))
        return false;
    work->verdict = UB_VERDICT_KEEP;
    return true;
}

enum ub_code ub_plan_survey(struct ub_plan *plan, const struct ub_target *target,
                            const struct ub_placement *placement,
                            const struct ub_flash_options *options, const struct ub_backup *known,
                            struct ub_error *err)
{
    struct survey survey = {plan, target, placement, options, known};
    enum ub_code code = ub_plan_lay_out(plan, target, placement, err);
    for (size_t i = 0; !code && i < plan->sector_count; i++)
        if (!leave_out(&survey, &plan->sectors[i]))
            code = survey_sector(&survey, &plan->sectors[i], err);
    if (!code)
        open_boot_sector(plan, target);
    return code;
}
