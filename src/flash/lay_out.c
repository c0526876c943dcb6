/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which sectors a placement concerns, in one walk over sectors and pieces. */
#include "base/error.h"
#include "flash/plan.h"

#include <stdlib.h>

static bool rewritable(const struct ub_target *target, const struct ub_sector *sector)
{
    return !ub_place_is_guarded(target, sector->address, sector->size) &&
           (sector->rights & (UB_CAN_WRITE | UB_CAN_ERASE)) == (UB_CAN_WRITE | UB_CAN_ERASE);
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
            ub_region_sector(*region, target->family->boot_address, out) && rewritable(target, out))
            return true;
    }
    for (size_t r = 0; r < target->region_count; r++) {
        *region = &target->regions[r];
        for (size_t i = 0; (*region)->kind == UB_REGION_FLASH && i < (*region)->run_count; i++)
            if (ub_region_sector(*region, (*region)->runs[i].address, out) &&
                rewritable(target, out))
                return true;
    }
    return false;
}

/** The region that the command to erase everything reaches (loader.h: erase_all). */
static const struct ub_region *wiped_region(const struct ub_target *target)
{
    for (size_t i = 0; i < target->region_count; i++)
        if (target->regions[i].kind == UB_REGION_FLASH &&
            (target->regions[i].rights & UB_CAN_ERASE))
            return &target->regions[i];
    return NULL;
}

/** A walk over the sectors of one region and the pieces in it. */
struct walk {
    struct ub_plan *plan; /**< gets the sectors; its array NULL: they are only counted */
    const struct ub_placement *placement;
    const struct ub_region *region;
    const struct ub_region *boot_region; /**< NULL: none */
    uint64_t boot_address;
    bool add_boot; /**< the boot sector is concerned whenever its region is */
    bool wiped;    /**< so is every sector that can be erased */
    size_t piece;  /**< the first that does not end before the sector in hand */
    size_t last;   /**< just behind the region's pieces */
};

static uint64_t end_of(const struct ub_piece *piece)
{
    return piece->address + piece->length;
}

/** Bytes of a sector that pieces cover; moves on to the first piece that reaches it. */
static uint32_t covered_bytes(struct walk *walk, const struct ub_sector *sector)
{
    const struct ub_piece *pieces = walk->placement->pieces;
    const uint64_t end = sector->address + sector->size;
    uint64_t sum = 0;
    while (walk->piece < walk->last && end_of(&pieces[walk->piece]) <= sector->address)
        walk->piece++;
    for (size_t i = walk->piece; i < walk->last && pieces[i].address < end; i++) {
        uint64_t from = pieces[i].address > sector->address ? pieces[i].address : sector->address;
        uint64_t to = end_of(&pieces[i]) < end ? end_of(&pieces[i]) : end;
        sum += to - from;
    }
    return (uint32_t)sum;
}

static void visit(struct walk *walk, const struct ub_sector *sector)
{
    struct ub_plan *plan = walk->plan;
    bool boot = walk->region == walk->boot_region && sector->address == walk->boot_address;
    bool wiped = walk->wiped && (sector->rights & UB_CAN_ERASE) != 0;
    uint32_t covered = covered_bytes(walk, sector);
    if (!covered && !wiped && !(boot && walk->add_boot))
        return;
    if (plan->sectors)
        plan->sectors[plan->sector_count] = (struct ub_sector_work){.sector = *sector,
                                                                    .region = walk->region,
                                                                    .covered = covered,
                                                                    .first_piece = walk->piece,
                                                                    .wiped = wiped,
                                                                    .boot = boot};
    plan->sector_count++;
}

/** Finds the region's pieces, which stand together; false if it has none. */
static bool find_pieces(struct walk *walk)
{
    const struct ub_placement *placement = walk->placement;
    walk->piece = 0;
    while (walk->piece < placement->count && placement->pieces[walk->piece].region != walk->region)
        walk->piece++;
    walk->last = walk->piece;
    while (walk->last < placement->count && placement->pieces[walk->last].region == walk->region)
        walk->last++;
    return walk->last > walk->piece;
}

static void walk_region(struct walk *walk)
{
    if (!find_pieces(walk) && !walk->wiped)
        return;
    for (size_t r = 0; r < walk->region->run_count; r++) {
        const struct ub_sector_run *run = &walk->region->runs[r];
        for (uint32_t i = 0; i < run->count; i++) {
            const struct ub_sector sector = {.address = run->address + (uint64_t)i * run->size,
                                             .size = run->size,
                                             .rights = run->rights};
            visit(walk, &sector);
        }
    }
}

static void walk_all(const struct ub_target *target, const struct ub_plan_wish *wish,
                     struct walk *walk)
{
    walk->plan->sector_count = 0;
    for (size_t r = 0; r < target->region_count; r++) {
        walk->region = &target->regions[r];
        walk->wiped = wish->options->erase_all && walk->region == walk->plan->wiped;
        walk_region(walk);
    }
}

enum ub_code ub_plan_lay_out(struct ub_plan *plan, const struct ub_target *target,
                             const struct ub_plan_wish *wish, struct ub_error *err)
{
    struct walk walk = {
        .plan = plan, .placement = wish->placement, .add_boot = !target->family->rom_by_pin};
    struct ub_sector boot;
    const struct ub_region *region;
    if (boot_sector(target, &region, &boot)) {
        walk.boot_region = region;
        walk.boot_address = boot.address;
    }
    plan->wiped = wiped_region(target);
    walk_all(target, wish, &walk);
    plan->sectors = calloc(plan->sector_count + 1, sizeof(plan->sectors[0]));
    if (!plan->sectors)
        return ub_fail_memory(err);
    walk_all(target, wish, &walk);
    return UB_OK;
}
