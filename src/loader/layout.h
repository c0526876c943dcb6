/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file layout.h
 * Walking the sectors of a region.
 */
#ifndef UB_LOADER_LAYOUT_H
#define UB_LOADER_LAYOUT_H

#include "unbrick.h"

/** One sector of a region. */
struct ub_sector {
    uint64_t address;
    uint32_t size;
    unsigned rights; /**< bits of enum ub_rights */
};

/** The sector that contains `address`; false if no run of the region does. */
bool ub_region_sector(const struct ub_region *region, uint64_t address, struct ub_sector *out);

/** Sector number `index` of the region in ascending order; false past the last. */
bool ub_region_sector_at(const struct ub_region *region, size_t index, struct ub_sector *out);

/** Sectors in the region. */
size_t ub_region_sector_count(const struct ub_region *region);

/** Bytes in the region. */
uint64_t ub_region_size(const struct ub_region *region);

/** Address just behind a run's last byte. */
uint64_t ub_run_end(const struct ub_sector_run *run);

/**
 * Bytes from `address` on that lie in the region without a gap, 0 if `address` is not in it. With
 * `rights`, only as far as every sector has all of them.
 */
uint64_t ub_region_reach(const struct ub_region *region, uint64_t address, unsigned rights);

#endif
