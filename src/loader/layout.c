/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loader/layout.h"

uint64_t ub_run_end(const struct ub_sector_run *run)
{
    return run->address + (uint64_t)run->size * run->count;
}

static const struct ub_sector_run *run_of(const struct ub_region *region, uint64_t address)
{
    for (size_t i = 0; i < region->run_count; i++)
        if (address >= region->runs[i].address && address < ub_run_end(&region->runs[i]))
            return &region->runs[i];
    return NULL;
}

bool ub_region_sector(const struct ub_region *region, uint64_t address, struct ub_sector *out)
{
    const struct ub_sector_run *run = run_of(region, address);
    if (!run)
        return false;
    uint64_t index = (address - run->address) / run->size;
    out->address = run->address + index * run->size;
    out->size = run->size;
    out->rights = run->rights;
    return true;
}

bool ub_region_sector_at(const struct ub_region *region, size_t index, struct ub_sector *out)
{
    for (size_t i = 0; i < region->run_count; i++) {
        const struct ub_sector_run *run = &region->runs[i];
        if (index < run->count) {
            out->address = run->address + (uint64_t)index * run->size;
            out->size = run->size;
            out->rights = run->rights;
            return true;
        }
        index -= run->count;
    }
    return false;
}

size_t ub_region_sector_count(const struct ub_region *region)
{
    size_t count = 0;
    for (size_t i = 0; i < region->run_count; i++)
        count += region->runs[i].count;
    return count;
}

uint64_t ub_region_size(const struct ub_region *region)
{
    uint64_t size = 0;
    for (size_t i = 0; i < region->run_count; i++)
        size += (uint64_t)region->runs[i].size * region->runs[i].count;
    return size;
}

uint64_t ub_region_reach(const struct ub_region *region, uint64_t address, unsigned rights)
{
    uint64_t at = address;
    const struct ub_sector_run *run;
    while ((run = run_of(region, at)) != NULL && (run->rights & rights) == rights)
        at = ub_run_end(run);
    return at - address;
}
