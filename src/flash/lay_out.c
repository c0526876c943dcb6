/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which sectors a placement touches, and the memory to think about them in. */
#include "base/bytes.h"
#include "base/error.h"
#include "flash/plan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static uint64_t overlap(uint64_t a, uint64_t a_length, uint64_t b, uint64_t b_length,
                        uint64_t *from)
{
    uint64_t start = a > b ? a : b;
    uint64_t end = a + a_length < b + b_length ? a + a_length : b + b_length;
    *from = start;
    return end > start ? end - start : 0;
}

static uint64_t covered_bytes(const struct ub_placement *placement, const struct ub_region *region,
                              const struct ub_sector *sector)
{
    uint64_t sum = 0;
    uint64_t from;
    for (size_t i = 0; i < placement->count; i++)
        if (placement->pieces[i].region == region)
            sum += overlap(sector->address, sector->size, placement->pieces[i].address,
                           placement->pieces[i].length, &from);
    return sum;
}

static bool rewritable(const struct ub_sector *sector)
{
    return (sector->rights & (UB_CAN_WRITE | UB_CAN_ERASE)) == (UB_CAN_WRITE | UB_CAN_ERASE);
}

/**
 * The sector whose content decides whether the device boots: at the family's boot address, else (a
 * resident bootloader may be there) the first one that can be rewritten in the first flash region.
 */
static bool boot_sector(const struct ub_target *target, const struct ub_region **region,
                        struct ub_sector *out)
{
    for (size_t r = 0; r < target->region_count; r++) {
        *region = &target->regions[r];
        if ((*region)->kind == UB_REGION_FLASH && target->family->has_boot_address &&
            ub_region_sector(*region, target->family->boot_address, out) && rewritable(out))
            return true;
    }
    for (size_t r = 0; r < target->region_count; r++) {
        *region = &target->regions[r];
        for (size_t i = 0;
             (*region)->kind == UB_REGION_FLASH && ub_region_sector_at(*region, i, out); i++)
            if (rewritable(out))
                return true;
    }
    return false;
}

/** A region is concerned if a piece lies in it. */
static bool concerned(const struct ub_placement *placement, const struct ub_region *region)
{
    for (size_t i = 0; i < placement->count; i++)
        if (placement->pieces[i].region == region)
            return true;
    return false;
}

/** What a walk over the touched sectors decides. */
struct layout_walk {
    const struct ub_placement *placement;
    const struct ub_region *boot_region; /**< NULL: none */
    struct ub_sector boot;
    bool add_boot; /**< the boot sector counts as touched whenever its region is concerned */
};

static bool touched(const struct layout_walk *walk, const struct ub_region *region,
                    const struct ub_sector *sector, uint64_t *covered, bool *boot)
{
    *boot = region == walk->boot_region && sector->address == walk->boot.address;
    *covered = covered_bytes(walk->placement, region, sector);
    return *covered > 0 || (*boot && walk->add_boot);
}

static void add_sector(struct ub_plan *plan, const struct ub_region *region,
                       const struct ub_sector *sector, uint64_t covered, bool boot)
{
    struct ub_area *area = plan->area_count ? &plan->areas[plan->area_count - 1] : NULL;
    if (!area || area->region != region || area->start + area->length != sector->address) {
        area = &plan->areas[plan->area_count++];
        area->region = region;
        area->start = sector->address;
        area->first = plan->sector_count;
    }
    plan->sectors[plan->sector_count++] = (struct ub_sector_work){
        .sector = *sector, .region = region, .covered = covered, .boot = boot};
    area->length += sector->size;
    area->count++;
}

static size_t count_touched(const struct ub_target *target, const struct layout_walk *walk,
                            struct ub_plan *plan)
{
    size_t count = 0;
    for (size_t r = 0; r < target->region_count; r++) {
        const struct ub_region *region = &target->regions[r];
        if (!concerned(walk->placement, region))
            continue;
        struct ub_sector sector;
        uint64_t covered;
        bool boot;
        for (size_t i = 0; ub_region_sector_at(region, i, &sector); i++) {
            bool is_touched = touched(walk, region, &sector, &covered, &boot);
            count += is_touched;
            if (plan && is_touched)
                add_sector(plan, region, &sector, covered, boot);
        }
    }
    return count;
}

static enum ub_code allocate_areas(struct ub_plan *plan, struct ub_error *err)
{
    for (size_t a = 0; a < plan->area_count; a++) {
        struct ub_area *area = &plan->areas[a];
        area->want = malloc(area->length + 1);
        area->have = malloc(area->length + 1);
        if (!area->want || !area->have)
            return ub_fail_memory(err);
        memset(area->want, plan->erased_value, area->length);
        for (size_t i = 0; i < area->count; i++) {
            struct ub_sector_work *work = &plan->sectors[area->first + i];
            size_t offset = (size_t)(work->sector.address - area->start);
            work->want = area->want + offset;
            work->have = area->have + offset;
        }
    }
    return UB_OK;
}

enum ub_code ub_plan_lay_out(struct ub_plan *plan, const struct ub_target *target,
                             const struct ub_placement *placement, struct ub_error *err)
{
    struct layout_walk walk = {.placement = placement, .add_boot = !target->family->rom_by_pin};
    const struct ub_region *region;
    if (boot_sector(target, &region, &walk.boot))
        walk.boot_region = region;

    size_t count = count_touched(target, &walk, NULL);
    plan->sectors = calloc(count ? count : 1, sizeof(plan->sectors[0]));
    plan->areas = calloc(count ? count : 1, sizeof(plan->areas[0]));
    if (!plan->sectors || !plan->areas)
        return ub_fail_memory(err);
    (void)count_touched(target, &walk, plan);
    return allocate_areas(plan, err);
}

void ub_plan_overlay(struct ub_sector_work *work, const struct ub_placement *placement,
                     uint8_t erased_value)
{
    for (size_t i = 0; i < placement->count; i++) {
        const struct ub_piece *piece = &placement->pieces[i];
        if (piece->region != work->region)
            continue;
        uint64_t from;
        uint64_t length = overlap(work->sector.address, work->sector.size, piece->address,
                                  piece->length, &from);
        if (!length)
            continue;
        uint8_t *to = work->want + (from - work->sector.address);
        if (piece->data)
            memcpy(to, piece->data + (from - piece->address), (size_t)length);
        else
            memset(to, erased_value, (size_t)length);
    }
}
