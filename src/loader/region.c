/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loader/region.h"

#include "base/bytes.h"
#include "base/error.h"
#include "loader/layout.h"

const struct ub_sector_run *ub_region_run(const struct ub_region *region, uint64_t address)
{
    for (size_t i = 0; i < region->run_count; i++)
        if (address >= region->runs[i].address && address < ub_run_end(&region->runs[i]))
            return &region->runs[i];
    return NULL;
}

uint64_t ub_region_stretch(const struct ub_region *region, uint64_t address)
{
    uint64_t start = address;
    for (size_t i = region->run_count; i-- > 0;) {
        const struct ub_sector_run *run = &region->runs[i];
        if (run->address <= start && start <= ub_run_end(run))
            start = run->address;
    }
    return start;
}

enum ub_code ub_region_demand(const struct ub_region *region, uint64_t address, uint64_t length,
                              unsigned right, struct ub_error *err)
{
    uint64_t end;
    if (!ub_add_u64(address, length, &end))
        return ub_fail(err, UB_MEM_OUTSIDE, "the range at 0x%llx is too long",
                       (unsigned long long)address);
    while (address < end) {
        const struct ub_sector_run *run = ub_region_run(region, address);
        if (!run)
            return ub_fail(err, UB_MEM_OUTSIDE, "0x%08llx is outside \"%s\"",
                           (unsigned long long)address, region->name);
        if (!(run->rights & right))
            return ub_fail(err, right == UB_CAN_READ ? UB_MEM_NOT_READABLE : UB_MEM_READ_ONLY,
                           "0x%08llx in \"%s\" cannot be %s", (unsigned long long)address,
                           region->name,
                           right == UB_CAN_READ    ? "read"
                           : right == UB_CAN_ERASE ? "erased"
                                                   : "written");
        address = ub_run_end(run);
    }
    return UB_OK;
}
