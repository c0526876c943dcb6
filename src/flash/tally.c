/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "flash/tally.h"

#include "loader/region.h"

#define MILLI      1000u
#define BLOCK_LAST 65533u /* blocks that one address serves (wBlockNum 2 to 65535) */

void ub_tally_start(struct ub_tally *tally, const struct ub_target *target,
                    const struct ub_rates *rates)
{
    *tally = (struct ub_tally){.rates = rates, .target = target, .state = UB_TALLY_IDLE};
}

static uint16_t block_of(const struct ub_tally *tally)
{
    return tally->target->caps.transfer_size;
}

/** Counts transfers, and the time for which the chip is busy behind them. */
static uint64_t count(struct ub_tally *tally, uint64_t commands, uint64_t others, uint64_t bytes,
                      uint64_t chip_us)
{
    uint64_t us = ub_cost_transfers(tally->rates, commands + others, bytes) + chip_us;
    tally->commands += commands;
    tally->transfers += commands + others;
    tally->us += us;
    return us;
}

/** The alternate setting is selected in dfuIDLE, and only where there is more than one. */
static uint64_t select_region(struct ub_tally *tally, const struct ub_region *region)
{
    bool known = tally->region && tally->region->alt == region->alt;
    tally->region = region;
    if (known || tally->target->region_count == 1)
        return 0;
    uint64_t abort = tally->state == UB_TALLY_IDLE ? 0 : 1;
    tally->state = UB_TALLY_IDLE;
    tally->anchored = false;
    return count(tally, abort + 1, 0, 0, 0);
}

/** A download may follow a download; behind an upload it takes an ABORT, and the other way round
 * (DFU 1.1 annex A). */
static uint64_t turn(struct ub_tally *tally, enum ub_tally_state state)
{
    bool turns = tally->state != UB_TALLY_IDLE && tally->state != state;
    tally->state = state;
    return turns ? count(tally, 1, 0, 0, 0) : 0;
}

static uint64_t command(struct ub_tally *tally, uint64_t chip_us)
{
    uint64_t us = turn(tally, UB_TALLY_DOWN);
    return us + count(tally, UB_TALLY_COMMAND, 0, 0, chip_us);
}

uint64_t ub_tally_erase(struct ub_tally *tally, const struct ub_region *region, uint64_t address,
                        uint32_t size)
{
    uint64_t us = select_region(tally, region);
    us += command(tally, ub_cost_erase_chip(tally->rates, size));
    tally->anchored = false;
    /* a look afterwards is part of what was measured */
    if (tally->target->habits.erase_unproved && tally->target->caps.can_read && size &&
        !tally->rates->erase_us[ub_size_class(size)])
        us += ub_tally_read(tally, region, address, size);
    return us;
}

uint64_t ub_tally_erase_all(struct ub_tally *tally, const struct ub_region *region)
{
    uint64_t us = select_region(tally, region);
    us += command(tally, tally->rates->costs.erase_all_us);
    tally->anchored = false;
    return us;
}

/** Does the pointer where it stands reach `address` by a block number? */
static bool reaches(uint64_t anchor, uint64_t address, uint16_t block)
{
    return block && address >= anchor && (address - anchor) % block == 0 &&
           (address - anchor) / block <= BLOCK_LAST;
}

/** What the loader does before a block at `address`: a full one is reached by its number, a short
 * one gets the pointer at its very address. */
static uint64_t point(struct ub_tally *tally, const struct ub_region *region, uint64_t address,
                      bool full)
{
    uint16_t block = block_of(tally);
    if (tally->anchored &&
        (tally->anchor == address || (full && reaches(tally->anchor, address, block))))
        return 0;
    uint64_t start = ub_region_stretch(region, address);
    tally->anchored = true;
    tally->anchor = full && reaches(start, address, block) ? start : address;
    return command(tally, 0);
}

/** Blocks of a stretch: the full ones by their numbers, then the short one. */
static uint64_t addresses(struct ub_tally *tally, const struct ub_region *region, uint64_t address,
                          uint64_t length)
{
    uint16_t block = block_of(tally);
    uint64_t us = 0;
    if (!tally->target->caps.addressed || !block)
        return 0;
    uint64_t tail = length % block;
    if (length >= block)
        us += point(tally, region, address, true);
    if (tail)
        us += point(tally, region, address + length - tail, false);
    return us;
}

static uint64_t blocks_in(const struct ub_tally *tally, uint64_t length)
{
    uint16_t block = block_of(tally);
    return block ? (length + block - 1) / block : 0;
}

uint64_t ub_tally_write(struct ub_tally *tally, const struct ub_region *region, uint64_t address,
                        uint64_t length)
{
    uint64_t blocks = blocks_in(tally, length);
    uint64_t us = select_region(tally, region);
    us += addresses(tally, region, address, length);
    us += turn(tally, UB_TALLY_DOWN);
    return us + count(tally, 0, blocks + blocks * tally->rates->asks_milli / MILLI, length,
                      ub_cost_write_chip(tally->rates, length, block_of(tally)));
}

uint64_t ub_tally_read(struct ub_tally *tally, const struct ub_region *region, uint64_t address,
                       uint64_t length)
{
    uint64_t us = select_region(tally, region);
    us += addresses(tally, region, address, length);
    us += turn(tally, UB_TALLY_UP);
    return us + count(tally, 0, blocks_in(tally, length), length, 0);
}

uint64_t ub_tally_end(struct ub_tally *tally)
{
    tally->state = UB_TALLY_IDLE;
    return count(tally, UB_TALLY_COMMAND, 0, 0, tally->rates->end_us);
}

void ub_tally_forget(struct ub_tally *tally)
{
    tally->anchored = false;
}
