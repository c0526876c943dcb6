/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DfuSe, ST's extension of DFU: memory with addresses behind the alternate settings (AN3156). */
#include "base/error.h"
#include "base/text.h"
#include "loader/dfu_arrive.h"
#include "loader/dfu_link.h"
#include "loader/dfu_open.h"
#include "loader/dfu_queue.h"
#include "loader/dfuse_room.h"
#include "loader/layout.h"
#include "loader/memory_map.h"
#include "loader/region.h"

#include <stdlib.h>
#include <string.h>

#define READ_RETRIES 2u
#define ADDRESS_LAST UINT64_C(0xffffffff)
#define DOING_TEXT   64
#define LEAVE_BLOCK  2u /* as dfu-util sends it; the number of a zero-length block means nothing */

static struct dfuse *dfuse_of(struct ub_loader *loader)
{
    return (struct dfuse *)(void *)loader;
}

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
    dfuse_of(loader)->link.port.habits = *habits;
}

static void dfuse_caps(const struct ub_loader *loader, struct ub_loader_caps *out)
{
    const struct dfuse *dfuse = dfuse_of_const(loader);
    *out = (struct ub_loader_caps){
        .can_read = can(dfuse, UB_DFU_CAN_UPLOAD),
        .can_write = can(dfuse, UB_DFU_CAN_DNLOAD),
        .addressed = true,
        .will_detach = true, /* leaving is a command that starts the firmware */
        .tolerant = can(dfuse, UB_DFU_MANIFEST_TOL),
        .transfer_size = dfuse->link.transfer_size,
        .arrived_bState = dfuse->link.arrived_bState,
        .arrived_bStatus = dfuse->link.arrived_bStatus,
    };
}

static const struct ub_region *dfuse_regions(const struct ub_loader *loader, size_t *count)
{
    *count = dfuse_of_const(loader)->region_count;
    return dfuse_of_const(loader)->regions;
}

/* Some ROMs reset state and pointer when an alternate setting is selected. */
static enum ub_code select_region(struct dfuse *dfuse, const struct ub_region *region,
                                  struct ub_error *err)
{
    bool changed;
    enum ub_code code = dfu_select_alt(&dfuse->link, region->alt, &changed, err);
    if (changed || code)
        dfuse->anchored = false;
    return code;
}

static enum ub_code read_block(struct dfuse *dfuse, const struct ub_region *region,
                               uint32_t address, uint8_t *data, uint16_t length,
                               struct ub_error *err)
{
    uint16_t block;
    uint16_t actual;
    char doing[DOING_TEXT];
    struct dfu_link *link = &dfuse->link;
    (void)ub_print(doing, sizeof(doing), "reading 0x%08x", address);
    enum ub_code code = dfuse_point(dfuse, region, address, length, &block, err);
    if (!code)
        code = dfu_to_upload(link, err);
    if (code)
        return ub_wrap(err, code, "before %s", doing);
    code = dfu_upload(link, block, data, length, &actual, err);
    if (code)
        return dfuse_failed(dfuse, dfu_explain(link, code, doing, err), err);
    if (actual == length)
        return UB_OK;
    (void)ub_fail(err, UB_USB_SHORT, "the device sent %u of %u bytes", actual, length);
    return dfuse_failed(dfuse, ub_wrap(err, UB_USB_SHORT, "while %s", doing), err);
}

/* Reading changes nothing, so a block lost on the wire is asked for again. */
static enum ub_code read_block_again(struct dfuse *dfuse, const struct ub_region *region,
                                     uint32_t address, uint8_t *data, uint16_t length,
                                     struct ub_error *err)
{
    enum ub_code code = read_block(dfuse, region, address, data, length, err);
    for (unsigned i = 0; i < READ_RETRIES && code == UB_USB_IO; i++)
        code = read_block(dfuse, region, address, data, length, err);
    return code;
}

/* Several requests at once need a device that bears it, and block numbers that count its blocks. */
static bool may_queue(const struct dfuse *dfuse)
{
    return dfuse->link.port.habits.naks_while_busy &&
           dfuse->link.transfer_size == dfuse->link.functional.wTransferSize;
}

/*
 * Where the device's habits allow it, full blocks are asked for several at a time. *done is how
 * many bytes came; if anything goes wrong it is 0, and the blocks are asked for one by one.
 */
static void read_queued(struct dfuse *dfuse, const struct ub_region *region, uint32_t address,
                        uint8_t *data, size_t length, size_t *done)
{
    struct dfu_link *link = &dfuse->link;
    const uint16_t size = link->transfer_size;
    size_t count = length / size < DFU_QUEUE_UPLOADS ? length / size : DFU_QUEUE_UPLOADS;
    uint16_t block;
    *done = 0;
    if (!may_queue(dfuse) || count < 2 ||
        dfuse_point(dfuse, region, address, size, &block, NULL) != UB_OK ||
        block > DFUSE_BLOCK_LAST - DFU_QUEUE_UPLOADS || dfu_to_upload(link, NULL) != UB_OK)
        return;
    if (dfu_upload_queued(link, block, data, size, count, NULL) == UB_OK) {
        *done = count * size;
        return;
    }
    link->port.habits.naks_while_busy = false; /* from here on one by one */
    dfuse->anchored = false;
}

static enum ub_code read_some(struct dfuse *dfuse, const struct ub_region *region, uint32_t address,
                              uint8_t *data, size_t length, size_t *done, struct ub_error *err)
{
    const size_t size = dfuse->link.transfer_size;
    read_queued(dfuse, region, address, data, length, done);
    if (*done)
        return UB_OK;
    *done = length < size ? length : size;
    return read_block_again(dfuse, region, address, data, (uint16_t)*done, err);
}

static enum ub_code dfuse_read(struct ub_loader *loader, const struct ub_region *region,
                               uint64_t address, uint8_t *data, size_t length, size_t *actual,
                               struct ub_error *err)
{
    struct dfuse *dfuse = dfuse_of(loader);
    *actual = 0;
    if (!can(dfuse, UB_DFU_CAN_UPLOAD))
        return ub_fail(err, UB_DFU_NO_UPLOAD, "the device says that it cannot be read");
    enum ub_code code = ub_region_demand(region, address, length, UB_CAN_READ, err);
    if (!code)
        code = select_region(dfuse, region, err);
    while (!code && *actual < length) {
        size_t n = 0;
        code = ub_env_check(dfuse->link.port.env, err);
        if (!code)
            code = read_some(dfuse, region, (uint32_t)(address + *actual), data + *actual,
                             length - *actual, &n, err);
        if (code)
            break;
        *actual += n;
        ub_env_progress(dfuse->link.port.env, n);
    }
    return code;
}

static enum ub_code dfuse_erase(struct ub_loader *loader, const struct ub_region *region,
                                uint64_t address, struct ub_error *err)
{
    struct dfuse *dfuse = dfuse_of(loader);
    enum ub_code code = ub_region_demand(region, address, 1, UB_CAN_ERASE, err);
    if (!code)
        code = select_region(dfuse, region, err);
    if (!code)
        code = ub_env_check(dfuse->link.port.env, err);
    return code ? code : dfuse_erase_sector(dfuse, (uint32_t)address, err);
}

/* Mass erase belongs to the alternate setting of the program memory. */
static enum ub_code dfuse_erase_all(struct ub_loader *loader, struct ub_error *err)
{
    struct dfuse *dfuse = dfuse_of(loader);
    const struct ub_region *flash = NULL;
    for (size_t i = 0; i < dfuse->region_count && !flash; i++)
        if (dfuse->regions[i].kind == UB_REGION_FLASH && (dfuse->regions[i].rights & UB_CAN_ERASE))
            flash = &dfuse->regions[i];
    if (!flash)
        return ub_fail(err, UB_MEM_READ_ONLY, "the device has no program memory to erase");
    enum ub_code code = select_region(dfuse, flash, err);
    if (!code)
        code = ub_env_check(dfuse->link.port.env, err);
    return code ? code : dfuse_erase_everything(dfuse, err);
}

static enum ub_code dfuse_unprotect(struct ub_loader *loader, struct ub_error *err)
{
    return dfuse_lift_protection(dfuse_of(loader), err);
}

static enum ub_code write_block(struct dfuse *dfuse, const struct ub_region *region,
                                uint32_t address, const uint8_t *data, uint16_t length,
                                struct ub_error *err)
{
    uint16_t block;
    char doing[DOING_TEXT];
    struct dfu_link *link = &dfuse->link;
    const uint32_t deadline_ms = link->port.habits.write_deadline_ms;
    (void)ub_print(doing, sizeof(doing), "writing 0x%08x", address);
    const struct dfu_patience patience = {.doing = doing, .deadline_ms = deadline_ms};
    enum ub_code code = dfuse_point(dfuse, region, address, length, &block, err);
    if (!code)
        code = dfu_to_download(link, err);
    if (code)
        return ub_wrap(err, code, "before %s", doing);
    code = dfu_operate(link, block, data, length, &patience, err);
    return code ? dfuse_failed(dfuse, code, err) : UB_OK;
}

/* Blocks from the first on that ended as they must: idle, no error. */
static size_t written(const struct dfu_asked *asked, size_t good)
{
    size_t count = 0;
    while (count < good && !dfu_status_is_error(&asked[count].second) &&
           asked[count].second.bState == DFU_DNLOAD_IDLE)
        count++;
    return count;
}

/*
 * What to make of the first block that did not end well, block `index` of `good` that were answered
 * for. A device that refused it, or is still busy with it, is one that must not be asked at once:
 * it is not, from here on, and goes on with the block that it did not take.
 */
static enum ub_code give_up_queue(struct dfuse *dfuse, const struct dfu_asked *asked, size_t index,
                                  size_t good, enum ub_code code, size_t *taken,
                                  struct ub_error *err)
{
    const struct dfu_asked *block = &asked[index];
    /* an answer that was lost can be asked for again, a block that was lost cannot be sent again */
    bool lost_answer = block->taken && (code == UB_USB_IO || code == UB_USB_SHORT);
    if (code && code != UB_USB_STALL && !lost_answer)
        return code;
    if (index < good && dfu_status_is_error(&block->second))
        return dfu_fail_status(&block->second, "writing", err);
    *taken = index + block->taken;
    dfuse->link.port.habits.naks_while_busy = false;
    dfuse->anchored = false;
    return dfu_arrive(&dfuse->link, false, err);
}

/*
 * Where the device's habits allow it, full blocks are written several at a time. *done is how many
 * bytes the device took; 0 means that the next block is to be written alone.
 */
static enum ub_code write_queued(struct dfuse *dfuse, const struct ub_region *region,
                                 uint32_t address, const uint8_t *data, size_t length, size_t *done,
                                 struct ub_error *err)
{
    struct dfu_link *link = &dfuse->link;
    struct dfu_asked asked[DFU_QUEUE_DNLOADS];
    const uint16_t size = link->transfer_size;
    size_t count = length / size < DFU_QUEUE_DNLOADS ? length / size : DFU_QUEUE_DNLOADS;
    uint16_t block;
    size_t good = 0;
    *done = 0;
    if (!may_queue(dfuse) || count < 2)
        return UB_OK;
    enum ub_code code = dfuse_point(dfuse, region, address, size, &block, err);
    if (!code && block > DFUSE_BLOCK_LAST - DFU_QUEUE_DNLOADS)
        return UB_OK;
    if (!code)
        code = dfu_to_download(link, err);
    if (code)
        return ub_wrap(err, code, "before writing 0x%08x", address);
    const struct dfu_blocks blocks = {block, size, count, data};
    code = dfu_dnload_queued(link, &blocks, link->port.habits.write_deadline_ms, asked, &good, err);
    size_t ended = written(asked, good);
    if (ended < count)
        code = give_up_queue(dfuse, asked, ended, good, code, &ended, err);
    *done = ended * size;
    if (code)
        return dfuse_failed(dfuse, ub_wrap(err, code, "while writing from 0x%08x on", address),
                            err);
    return UB_OK;
}

static enum ub_code write_some(struct dfuse *dfuse, const struct ub_region *region,
                               uint32_t address, const uint8_t *data, size_t length, size_t *done,
                               struct ub_error *err)
{
    const size_t size = dfuse->link.transfer_size;
    enum ub_code code = write_queued(dfuse, region, address, data, length, done, err);
    if (code || *done)
        return code;
    *done = length < size ? length : size;
    return write_block(dfuse, region, address, data, (uint16_t)*done, err);
}

static enum ub_code dfuse_write(struct ub_loader *loader, const struct ub_region *region,
                                uint64_t address, const uint8_t *data, size_t length,
                                struct ub_error *err)
{
    struct dfuse *dfuse = dfuse_of(loader);
    if (!can(dfuse, UB_DFU_CAN_DNLOAD))
        return ub_fail(err, UB_DFU_NO_DOWNLOAD, "the device says that it cannot be written");
    enum ub_code code = ub_region_demand(region, address, length, UB_CAN_WRITE, err);
    if (!code)
        code = select_region(dfuse, region, err);
    for (size_t done = 0; !code && done < length;) {
        size_t n = 0;
        code = ub_env_check(dfuse->link.port.env, err);
        if (!code)
            code = write_some(dfuse, region, (uint32_t)(address + done), data + done, length - done,
                              &n, err);
        if (code)
            break;
        done += n;
        ub_env_progress(dfuse->link.port.env, n);
    }
    return code;
}

static enum ub_code dfuse_commit(struct ub_loader *loader, struct ub_error *err)
{
    (void)loader;
    (void)err;
    return UB_OK;
}

/* What may happen to a request that makes the device start its firmware. */
static bool left(enum ub_code code)
{
    return code == UB_USB_GONE || code == UB_USB_STALL || code == UB_USB_TIMEOUT ||
           code == UB_USB_IO || code == UB_USB_SHORT;
}

/* The zero-length block, then the question that sets it off (AN3156 section 4.6). Some devices
 * leave before the question (GD32). */
static enum ub_code start_firmware(struct dfuse *dfuse, struct ub_error *err)
{
    struct dfu_status status;
    struct dfu_link *link = &dfuse->link;
    enum ub_code code = dfu_dnload(link, LEAVE_BLOCK, NULL, 0, 0, err);
    if (!code)
        code = dfu_get_status_once(link, 0, &status, err);
    if (!code && dfu_status_is_error(&status))
        return dfu_fail_status(&status, "starting the firmware", err);
    link->state = DFU_STATE_UNKNOWN;
    link->alt_known = false;
    if (code && !left(code))
        return ub_wrap(err, code, "while starting the firmware");
    ub_error_clear(err);
    return UB_OK;
}

static enum ub_code dfuse_leave(struct ub_loader *loader, uint64_t address, struct ub_error *err)
{
    struct dfuse *dfuse = dfuse_of(loader);
    if (address > ADDRESS_LAST)
        return ub_fail(err, UB_MEM_OUTSIDE, "0x%llx is no address of this device",
                       (unsigned long long)address);
    /* behind another alternate setting, such as that of the OTP, the address would be refused */
    enum ub_code code = UB_OK;
    for (size_t i = 0; i < dfuse->region_count && !code; i++)
        if (ub_region_reach(&dfuse->regions[i], address, 0) > 0) {
            code = select_region(dfuse, &dfuse->regions[i], err);
            break;
        }
    if (!code)
        code = dfuse_set_address(dfuse, (uint32_t)address, err);
    if (!code)
        code = dfu_to_download(&dfuse->link, err);
    if (!code)
        code = start_firmware(dfuse, err);
    dfuse->anchored = false;
    if (code == UB_USB_GONE) {
        ub_error_clear(err);
        return UB_OK;
    }
    return code;
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
