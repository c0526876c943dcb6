/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Erasing, and not believing that it happened where the device's habits say that it may not have.
 */
#include "base/error.h"
#include "loader/dfu_arrive.h"
#include "loader/dfuse_room.h"
#include "loader/layout.h"
#include "loader/region.h"

#define ERASES    3u /* of a sector that is not blank afterwards */
#define US_PER_MS 1000u
/* What an erase gets that probably hangs: this times what it takes, and a little for those that
 * take next to nothing. Erases take at worst about twice what they take typically. */
#define HASTE_FACTOR   2u
#define HASTE_LEAST_MS 1000u
#define HASTE_PART     4u /* of its deadline, where what it takes is not known */

/*
 * STM32H743 revision V can stay in dfuDNBUSY for ever after an erase in its second bank. Two
 * CLRSTATUS free it: the first is answered with dfuERROR and errUNKNOWN, the second leads to
 * dfuIDLE (betaflight issue 5348). Nothing is known of the erase then.
 */
static enum ub_code set_free(struct dfuse *dfuse, struct ub_error *err)
{
    struct ub_error other;
    struct dfu_status status;
    struct dfu_link *link = &dfuse->link;
    for (unsigned i = 0; i < 2; i++) {
        (void)dfu_clear_status(link, &other);
        enum ub_code code = dfu_get_status(link, 0, 0, &status, &other);
        if (code)
            break;
        if (status.bState == DFU_IDLE)
            break;
    }
    if (dfu_arrive(link, false, &other) == UB_OK) {
        link->stuck = false;
        return UB_OK;
    }
    return ub_wrap(err, UB_DFU_BUSY, "clearing its status twice did not free it");
}

/* The device had to be freed, or its word does not count. */
static enum ub_code prove(struct dfuse *dfuse, const struct ub_region *region, uint64_t address,
                          uint64_t length, bool *blank, struct ub_error *err)
{
    if (!dfuse_readable(dfuse, region, address, length))
        return ub_fail(err, UB_DFU_NO_UPLOAD,
                       "whether 0x%08llx was erased cannot be known: it cannot be read",
                       (unsigned long long)address);
    enum ub_code code = dfuse_look_blank(dfuse, region, address, length, blank, err);
    return code ? ub_wrap(err, code, "while looking whether 0x%08llx was erased",
                          (unsigned long long)address)
                : UB_OK;
}

/*
 * How long to wait for a sector. One that hung, was freed and had been erased all the same shows
 * that waiting longer than erases take is in vain on this device; if that was too hasty, the sector
 * is found not to be blank, and the next erase gets all the time that the habits allow.
 */
static uint32_t patience_ms(struct dfuse *dfuse, const struct ub_sector *sector, bool first)
{
    struct dfu_link *link = &dfuse->link;
    const struct ub_loader_habits *habits = &link->port.habits;
    const struct dfu_pace *pace = dfu_pace_of(&link->paces, DFU_PACE_ERASE, sector->size);
    const uint64_t takes_us = pace->done_us ? pace->done_us : habits->erase_typical_us;
    const uint64_t enough_ms = takes_us ? takes_us * HASTE_FACTOR / US_PER_MS + HASTE_LEAST_MS
                                        : habits->erase_deadline_ms / HASTE_PART;
    if (!dfuse->freed_well || !first || enough_ms > habits->erase_deadline_ms)
        return habits->erase_deadline_ms;
    return (uint32_t)enough_ms;
}

/* One erase command and what it takes to know what came of it. */
static enum ub_code erase_once(struct dfuse *dfuse, const struct ub_region *region,
                               const struct ub_sector *sector, bool first, bool *blank,
                               struct ub_error *err)
{
    bool freed = false;
    const struct ub_loader_habits *habits = &dfuse->link.port.habits;
    const uint32_t deadline_ms = patience_ms(dfuse, sector, first);
    enum ub_code code = dfuse_select(dfuse, region, err);
    if (!code)
        code = dfuse_erase_command(dfuse, (uint32_t)sector->address, sector->size, deadline_ms,
                                   err);
    if (code == UB_DFU_BUSY && habits->free_by_clear) {
        freed = true;
        code = set_free(dfuse, err);
    }
    if (code)
        return code;
    dfuse->suspect_region = NULL; /* the planner writes what it erased anew */
    *blank = true;
    if (freed || habits->erase_unproved)
        code = prove(dfuse, region, sector->address, sector->size, blank, err);
    if (freed)
        dfuse->freed_well = !code && *blank;
    return code;
}

enum ub_code dfuse_erase(struct ub_loader *loader, const struct ub_region *region, uint64_t address,
                         struct ub_error *err)
{
    struct ub_sector sector;
    bool blank = false;
    struct ub_error own;
    struct ub_error *told = err ? err : &own;
    struct dfuse *dfuse = dfuse_of(loader);
    enum ub_code code = ub_region_demand(region, address, 1, UB_CAN_ERASE, told);
    if (!code && !ub_region_sector(region, address, &sector))
        code = ub_fail(told, UB_MEM_OUTSIDE, "0x%08llx is in no sector",
                       (unsigned long long)address);
    for (unsigned i = 0; i < ERASES && !code && !blank; i++) {
        code = ub_env_check(dfuse->link.port.env, told);
        if (!code)
            code = erase_once(dfuse, region, &sector, i == 0, &blank, told);
    }
    if (!code && !blank)
        code = ub_fail(told, UB_DFU_ERR_CHECK_ERASED,
                       "the sector at 0x%08llx is not blank, though the device was told %u times "
                       "to erase it",
                       (unsigned long long)sector.address, ERASES);
    if (!code)
        ub_error_clear(err);
    return code;
}

/* Reads all of the region that can be read. */
static enum ub_code prove_all(struct dfuse *dfuse, const struct ub_region *region,
                              struct ub_error *err)
{
    for (size_t i = 0; i < region->run_count; i++) {
        const struct ub_sector_run *run = &region->runs[i];
        bool blank;
        if ((run->rights & (UB_CAN_ERASE | UB_CAN_READ)) != (UB_CAN_ERASE | UB_CAN_READ))
            continue;
        enum ub_code code = prove(dfuse, region, run->address, ub_run_end(run) - run->address,
                                  &blank, err);
        if (!code && !blank)
            code = ub_fail(err, UB_DFU_ERR_CHECK_ERASED,
                           "the device was told to erase everything and is not blank");
        if (code)
            return code;
    }
    return UB_OK;
}

/* Mass erase belongs to the alternate setting of the program memory. */
static const struct ub_region *program_memory(const struct dfuse *dfuse)
{
    for (size_t i = 0; i < dfuse->region_count; i++)
        if (dfuse->regions[i].kind == UB_REGION_FLASH && (dfuse->regions[i].rights & UB_CAN_ERASE))
            return &dfuse->regions[i];
    return NULL;
}

enum ub_code dfuse_erase_all(struct ub_loader *loader, struct ub_error *err)
{
    bool freed = false;
    struct ub_error own;
    struct ub_error *told = err ? err : &own;
    struct dfuse *dfuse = dfuse_of(loader);
    const struct ub_loader_habits *habits = &dfuse->link.port.habits;
    const struct ub_region *flash = program_memory(dfuse);
    if (!flash)
        return ub_fail(err, UB_MEM_READ_ONLY, "the device has no program memory to erase");
    if (habits->no_erase_all)
        return ub_fail(err, UB_DFU_COMMAND,
                       "this kind of device has no command that erases everything");
    enum ub_code code = dfuse_select(dfuse, flash, told);
    if (!code)
        code = ub_env_check(dfuse->link.port.env, told);
    if (!code)
        code = dfuse_erase_all_command(dfuse, told);
    if (code == UB_DFU_BUSY && habits->free_by_clear) {
        freed = true;
        code = set_free(dfuse, told);
    }
    if (!code)
        dfuse->suspect_region = NULL;
    if (!code && (freed || habits->erase_unproved))
        code = prove_all(dfuse, flash, told);
    return code;
}
