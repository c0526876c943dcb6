/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Is it worth looking at what is there before writing?
 *
 * Looking costs about one block for each sector that turns out different, and saves all of it where
 * it turns out equal. So looking pays unless next to nothing is equal: if what a sector saves is
 * `n` times what a look costs, it pays from one equal sector in `n` on. Where there are more
 * sectors than that, `n` of them, spread evenly, are looked at first; if none is equal, hardly more
 * than one in `n` is, and the rest is written without a look.
 */
#include "base/error.h"
#include "flash/survey.h"

#include <stdlib.h>

/** The sectors that need not be known, in groups that are read together. */
struct pending {
    struct ub_sector_work **works;
    size_t count;
    size_t group; /**< works in a group */
};

static bool is_pending(const struct survey *survey, const struct ub_sector_work *work)
{
    return (work->sector.rights & UB_CAN_ERASE) && !work->known && (work->covered || work->wiped) &&
           ub_survey_readable(survey, work);
}

static enum ub_code gather(const struct survey *survey, struct pending *pending,
                           struct ub_error *err)
{
    struct ub_plan *plan = survey->plan;
    pending->works = calloc(plan->sector_count + 1, sizeof(struct ub_sector_work *));
    if (!pending->works)
        return ub_fail_memory(err);
    for (size_t i = 0; i < plan->sector_count; i++)
        if (is_pending(survey, &plan->sectors[i]))
            pending->works[pending->count++] = &plan->sectors[i];
    size_t size = pending->count ? pending->works[0]->sector.size : 0;
    if (size && size < plan->block)
        pending->group = plan->block / size;
    return UB_OK;
}

static size_t groups_of(const struct pending *pending)
{
    return (pending->count + pending->group - 1) / pending->group;
}

/** What is saved if all of them turn out equal. */
static uint64_t savings(const struct survey *survey, const struct pending *pending)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < pending->count; i++) {
        const struct ub_sector_work *work = pending->works[i];
        sum += ub_cost_erase(survey->rates, work->sector.size) +
               ub_cost_read(survey->rates, work->sector.size, survey->plan->block);
        if (work->covered)
            sum += ub_cost_write(survey->rates, work->sector.size, survey->plan->block);
    }
    return sum;
}

static enum ub_code look_at_group(struct survey *survey, const struct pending *pending,
                                  size_t number, bool *equal, struct ub_error *err)
{
    size_t from = number * pending->group;
    size_t end = from + pending->group < pending->count ? from + pending->group : pending->count;
    enum ub_code code = UB_OK;
    for (size_t i = from; !code && i < end; i++) {
        if (!pending->works[i]->looked)
            code = ub_survey_look(survey, pending->works[i], false, err);
        *equal = *equal || pending->works[i]->same || pending->works[i]->fillable;
    }
    return code;
}

/** Looks at `samples` groups, spread evenly; *equal tells whether one of them was. */
static enum ub_code sample(struct survey *survey, const struct pending *pending, size_t samples,
                           bool *equal, struct ub_error *err)
{
    const size_t groups = groups_of(pending);
    enum ub_code code = UB_OK;
    for (size_t i = 0; !code && i < samples && !*equal; i++)
        code = look_at_group(survey, pending, i * groups / samples, equal, err);
    return code;
}

static enum ub_code look_at_all(struct survey *survey, const struct pending *pending,
                                struct ub_error *err)
{
    enum ub_code code = UB_OK;
    bool ignored = false;
    survey->plan->compared = true;
    survey->window = ub_access_chunk(survey->target);
    for (size_t i = 0; !code && i < groups_of(pending); i++)
        code = look_at_group(survey, pending, i, &ignored, err);
    return code;
}

/** Is every sector of the image known that can be erased? */
static bool all_known(const struct ub_plan *plan)
{
    for (size_t i = 0; i < plan->sector_count; i++) {
        const struct ub_sector_work *work = &plan->sectors[i];
        if (work->covered && (work->sector.rights & UB_CAN_ERASE) && !work->known)
            return false;
    }
    return true;
}

/** A mass erase that is cheaper than reading makes all looking pointless. */
static bool mass_erase_wins(const struct survey *survey)
{
    const struct ub_plan *plan = survey->plan;
    const struct ub_target *target = survey->target;
    if (!survey->wish->options->erase_all || !target->loader->ops->erase_all ||
        target->habits.no_erase_all)
        return false;
    return survey->rates->costs.erase_all_us <=
           ub_cost_read(survey->rates, ub_region_size(plan->wiped), plan->block);
}

enum ub_code ub_survey_compare(struct survey *survey, struct ub_error *err)
{
    struct ub_plan *plan = survey->plan;
    struct pending pending = {.group = 1};
    bool equal = false;
    const struct ub_flash_options *options = survey->wish->options;
    /* who wants everything erased and gives up what is there has no use for a look, which a device
     * whose memory is spoiled may not even bear */
    const bool needless = options->whole || (options->erase_all && options->no_backup);
    if (needless || survey->wish->erases_itself || mass_erase_wins(survey))
        return UB_OK;
    enum ub_code code = gather(survey, &pending, err);
    const uint64_t look = ub_cost_read(survey->rates, plan->block, plan->block);
    const size_t groups = groups_of(&pending);
    if (!code && !groups)
        plan->compared = all_known(plan);
    if (!code && groups) {
        uint64_t worth = look ? savings(survey, &pending) / groups / look : groups;
        plan->look_us = look * groups;
        if (worth < groups)
            code = sample(survey, &pending, (size_t)worth, &equal, err);
        if (!code && (equal || worth >= groups))
            code = look_at_all(survey, &pending, err);
    }
    free(pending.works);
    return code;
}
