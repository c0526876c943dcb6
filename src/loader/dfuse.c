/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DfuSe, ST's extension of DFU: memory with addresses behind the alternate settings (AN3156). */
#include "base/error.h"
#include "base/text.h"
#include "loader/dfu_arrive.h"
#include "loader/dfu_open.h"
#include "loader/dfuse_room.h"
#include "loader/memory_map.h"

#include <stdlib.h>
#include <string.h>

static const struct dfuse *dfuse_of_const(const struct ub_loader *loader)
{
    return (const struct dfuse *)(const void *)loader;
}

static bool can(const struct dfuse *dfuse, unsigned attribute)
{
    return (dfuse->link.functional.bmAttributes & attribute) != 0;
}

static bool dfuse_speaks(const struct ub_dfu_interface *interface)
{
    return interface->functional.bcdDFUVersion == DFU_BCD_DFUSE;
}

static void dfuse_adopt(struct ub_loader *loader, const struct ub_loader_habits *habits)
{
    dfu_take_habits(&dfuse_of(loader)->link, habits);
}

static void dfuse_caps(const struct ub_loader *loader, struct ub_loader_caps *out)
{
    const struct dfuse *dfuse = dfuse_of_const(loader);
    *out = (struct ub_loader_caps){
        .can_read = dfu_can_upload(&dfuse->link),
        .can_write = can(dfuse, UB_DFU_CAN_DNLOAD),
        .addressed = true,
        .will_detach = true, /* leaving is a command that starts the firmware */
        .tolerant = can(dfuse, UB_DFU_MANIFEST_TOL),
        .transfer_size = dfuse->link.transfer_size,
        .functional = dfuse->link.functional,
        .arrived_bState = dfuse->link.arrived_bState,
        .arrived_bStatus = dfuse->link.arrived_bStatus,
    };
}

static const struct ub_region *dfuse_regions(const struct ub_loader *loader, size_t *count)
{
    *count = dfuse_of_const(loader)->region_count;
    return dfuse_of_const(loader)->regions;
}

static enum ub_code dfuse_unprotect(struct ub_loader *loader, struct ub_error *err)
{
    return dfuse_lift_protection(dfuse_of(loader), err);
}

static enum ub_code dfuse_commit(struct ub_loader *loader, struct ub_error *err)
{
    (void)loader;
    (void)err;
    return UB_OK;
}

static enum ub_code dfuse_abort(struct ub_loader *loader, struct ub_error *err)
{
    struct dfuse *dfuse = dfuse_of(loader);
    dfuse->anchored = false;
    return dfu_arrive(&dfuse->link, true, err);
}

static void dfuse_forget(struct ub_loader *loader)
{
    dfuse_of(loader)->anchored = false;
}

static uint64_t dfuse_repeats(const struct ub_loader *loader)
{
    return dfuse_of_const(loader)->link.repeats;
}

static void dfuse_last_status(const struct ub_loader *loader, uint8_t *bState, uint8_t *bStatus,
                              uint64_t *transfers)
{
    const struct dfuse *dfuse = dfuse_of_const(loader);
    *bState = dfuse->link.bState;
    *bStatus = dfuse->link.bStatus;
    *transfers = dfuse->link.transfers;
}

static const char *dfuse_warning(const struct ub_loader *loader, size_t index)
{
    const struct dfuse *dfuse = dfuse_of_const(loader);
    return index < dfuse->link.warning_count ? dfuse->link.warnings[index] : NULL;
}

static void dfuse_close(struct ub_loader *loader)
{
    if (!loader)
        return;
    free(dfuse_of(loader)->regions);
    free(dfuse_of(loader)->runs);
    free(loader);
}

const struct ub_loader_ops dfuse_ops = {
    .name = "DfuSe 1.1a",
    .speaks = dfuse_speaks,
    .open = dfu_open,
    .adopt = dfuse_adopt,
    .caps = dfuse_caps,
    .regions = dfuse_regions,
    .read = dfuse_read,
    .erase = dfuse_erase,
    .erase_all = dfuse_erase_all,
    .unprotect = dfuse_unprotect,
    .write = dfuse_write,
    .commit = dfuse_commit,
    .leave = dfuse_leave,
    .abort = dfuse_abort,
    .forget = dfuse_forget,
    .last_status = dfuse_last_status,
    .repeats = dfuse_repeats,
    .warning = dfuse_warning,
    .close = dfuse_close,
};

static void add_region(struct dfuse *dfuse, const struct ub_memory_map *map, uint8_t alt,
                       size_t *runs_used)
{
    struct ub_region *region = &dfuse->regions[dfuse->region_count++];
    struct ub_sector_run *runs = dfuse->runs + *runs_used;
    memcpy(runs, map->runs, map->run_count * sizeof(*runs));
    *runs_used += map->run_count;
    region->alt = alt;
    region->kind = map->kind;
    (void)ub_print(region->name, sizeof(region->name), "%s", map->name);
    region->runs = runs;
    region->run_count = map->run_count;
    region->rights = map->rights;
    if (map->oddity[0])
        dfu_warn(&dfuse->link, "%s", map->oddity);
}

/* A damaged map of the first memory is an error; of a later one, a warning: option bytes that
 * cannot be understood are no reason not to mend the firmware. */
static enum ub_code learn_regions(struct dfuse *dfuse, const struct dfu_names *names,
                                  struct ub_memory_map *map, struct ub_error *err)
{
    const struct ub_dfu_interface *interface = dfuse->link.port.interface;
    size_t runs_used = 0;
    for (size_t i = 0; i < interface->alt_count; i++) {
        uint8_t alt = interface->alts[i].alt;
        if (!ub_memory_map_is(names->text[i])) {
            dfu_warn(&dfuse->link, "alternate setting %u has no memory map and is left alone", alt);
            continue;
        }
        enum ub_code code = ub_memory_map_parse(names->text[i], map, err);
        if (code && dfuse->region_count == 0)
            return ub_wrap(err, code, "in the name of alternate setting %u", alt);
        if (code)
            dfu_warn(&dfuse->link,
                     "the memory map of alternate setting %u is damaged; it is left alone", alt);
        else
            add_region(dfuse, map, alt, &runs_used);
    }
    ub_error_clear(err);
    return UB_OK;
}

enum ub_code dfuse_make(const struct dfu_link *link, const struct dfu_names *names,
                        struct ub_loader **out, struct ub_error *err)
{
    enum ub_code code = UB_OK;
    size_t alts = link->port.interface->alt_count;
    struct dfuse *dfuse = calloc(1, sizeof(*dfuse));
    struct ub_memory_map *map = calloc(1, sizeof(*map));
    if (dfuse) {
        dfuse->base.ops = &dfuse_ops;
        dfuse->link = *link;
        dfuse->regions = calloc(alts, sizeof(*dfuse->regions));
        dfuse->runs = calloc(alts * UB_MEMORY_MAP_RUNS, sizeof(*dfuse->runs));
    }
    if (!dfuse || !map || !dfuse->regions || !dfuse->runs)
        code = ub_fail_memory(err);
    else
        code = learn_regions(dfuse, names, map, err);
    free(map);
    if (!code) {
        *out = &dfuse->base;
        return UB_OK;
    }
    if (dfuse)
        dfuse_close(&dfuse->base);
    return code;
}
