/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file target.h
 * An opened device as the engine sees it. Everything is borrowed from the session.
 */
#ifndef UB_FLASH_TARGET_H
#define UB_FLASH_TARGET_H

#include "family/family.h"
#include "loader/loader.h"

struct ub_ledger;

struct ub_target {
    struct ub_env *env;
    struct ub_loader *loader;
    struct ub_loader_caps caps;
    const struct ub_region *regions;
    size_t region_count;
    const struct ub_family *family;
    struct ub_loader_habits habits; /**< the family's, corrected by the quirks that apply */
    struct ub_ledger *ledger; /**< what operations cost and were measured to cost; NULL: nobody
                                   keeps it */
};

#endif
