/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file region.h
 * Questions about a region's address ranges.
 */
#ifndef UB_LOADER_REGION_H
#define UB_LOADER_REGION_H

#include "unbrick.h"

/** The run that contains `address`, or NULL. */
const struct ub_sector_run *ub_region_run(const struct ub_region *region, uint64_t address);

/** Where the gapless stretch of runs around `address` begins; `address` itself if it is in none. */
uint64_t ub_region_stretch(const struct ub_region *region, uint64_t address);

/**
 * Demands that every byte of a range is in the region and grants `right` (one bit of enum
 * ub_rights). Errors: UB_MEM_OUTSIDE, UB_MEM_NOT_READABLE, UB_MEM_READ_ONLY.
 */
enum ub_code ub_region_demand(const struct ub_region *region, uint64_t address, uint64_t length,
                              unsigned right, struct ub_error *err);

#endif
