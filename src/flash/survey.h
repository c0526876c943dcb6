/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file survey.h
 * What survey.c and compare.c share: looking at what the device holds.
 */
#ifndef UB_FLASH_SURVEY_H
#define UB_FLASH_SURVEY_H

#include "flash/access.h"
#include "flash/plan.h"

struct survey {
    struct ub_plan *plan;
    const struct ub_target *target;
    const struct ub_plan_wish *wish;
    const struct ub_rates *rates;
    uint8_t *have; /**< what one sector holds, or several small ones; owned */
    size_t room;
    size_t window; /**< bytes to read at most when small sectors are read together */
    const struct ub_region *region; /**< of the small sectors that `have` holds: */
    uint64_t address;
    size_t length; /**< 0: none */
    bool told;     /**< that the device refuses to give out some of its memory */
};

/** Can the sector be read? */
bool ub_survey_readable(const struct survey *survey, const struct ub_sector_work *work);

/** Is all of it in the backup? Then where. */
bool ub_survey_in_backup(const struct survey *survey, const struct ub_sector_work *work,
                         size_t *part, uint64_t *offset);

/**
 * Looks at one sector, merges what has to stay beside the image, and judges it. Unless
 * `to_the_end`, a sector that turns out to have to be rewritten is not read further, and stays
 * unknown. Errors: as ub_plan_build().
 */
enum ub_code ub_survey_look(struct survey *survey, struct ub_sector_work *work, bool to_the_end,
                            struct ub_error *err);

/** Looks at the sectors that need not be known, as far as that is worth its price. Sets
 * plan->compared. Errors: as ub_plan_build(). */
enum ub_code ub_survey_compare(struct survey *survey, struct ub_error *err);

#endif
