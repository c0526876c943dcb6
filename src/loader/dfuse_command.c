/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The commands of DfuSe: a DNLOAD of block 0 that is carried out when its status is asked for
 * (AN3156 section 4.3). */
#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"
#include "loader/dfu_arrive.h"
#include "loader/dfuse_room.h"
#include "loader/region.h"

#define SET_ADDRESS      0x21u
#define ERASE            0x41u
#define COMMAND_LENGTH   5u /* the command and its address */
#define ERASE_ALL_LENGTH 1u
#define READ_UNPROTECT   0x92u
#define ADDRESS_MS       5000u /* for a command that only stores a number */
#define DOING_TEXT       64
#define RETRIES          2u

enum ub_code dfuse_failed(struct dfuse *dfuse, enum ub_code code, struct ub_error *err)
{
    dfuse->anchored = false;
    if (code != UB_DFU_ERR_VENDOR)
        return code;
    if (err) {
        struct ub_error before = *err;
        (void)ub_fail(err, UB_DFU_PROTECTED,
                      "read protection is active: the device lets its memory be neither read nor "
                      "changed (errVENDOR)");
        err->raw = before.raw;
        for (unsigned i = 0; i < before.depth; i++)
            (void)ub_wrap(err, UB_DFU_PROTECTED, "%s", before.context[i]);
    }
    return UB_DFU_PROTECTED;
}

/* A command that is stalled with errSTALLEDPKT is one that the device does not have. */
static enum ub_code name_unknown_command(enum ub_code code, const uint8_t *bytes,
                                         struct ub_error *err)
{
    bool refused = code == UB_USB_STALL && err && err->raw.bRequest == DFU_DNLOAD;
    if (code != UB_DFU_ERR_STALLEDPKT && !refused)
        return code;
    (void)ub_wrap(err, code, "the device does not know the DfuSe command 0x%02x", bytes[0]);
    if (err)
        err->code = UB_DFU_COMMAND;
    return UB_DFU_COMMAND;
}

static enum ub_code command_once(struct dfuse *dfuse, const uint8_t *bytes, uint16_t length,
                                 const struct dfu_patience *patience, struct ub_error *err)
{
    enum dfu_taken ignored;
    struct dfu_link *link = &dfuse->link;
    dfuse->anchored = false;
    enum ub_code code = dfu_to_download(link, err);
    if (code)
        return ub_wrap(err, code, "before %s", patience->doing);
    return dfu_operate(link, 0, bytes, length, patience, &ignored, err);
}

/* Setting the pointer, or erasing a sector, twice does no harm: what was refused or lost is sent
 * again. */
static enum ub_code command(struct dfuse *dfuse, const uint8_t *bytes, uint16_t length,
                            const struct dfu_patience *patience, unsigned retries,
                            struct ub_error *err)
{
    struct ub_error own;
    struct ub_error *told = err ? err : &own;
    enum ub_code code = command_once(dfuse, bytes, length, patience, told);
    for (unsigned i = 0; i < retries && code && dfuse_may_retry(dfuse, code, told); i++) {
        code = dfuse_recover(dfuse, code, told);
        if (code)
            break;
        code = command_once(dfuse, bytes, length, patience, told);
    }
    dfuse->operations += code == UB_OK;
    return code ? dfuse_failed(dfuse, name_unknown_command(code, bytes, told), told) : UB_OK;
}

static void put_command(uint8_t bytes[COMMAND_LENGTH], uint8_t what, uint32_t address)
{
    bytes[0] = what;
    ub_put_u32le(bytes + 1, address);
}

enum ub_code dfuse_set_address(struct dfuse *dfuse, uint32_t address, struct ub_error *err)
{
    char doing[DOING_TEXT];
    uint8_t bytes[COMMAND_LENGTH];
    if (dfuse->anchored && dfuse->anchor == address)
        return UB_OK;
    (void)ub_print(doing, sizeof(doing), "setting the address pointer to 0x%08x", address);
    const struct dfu_patience patience = {
        .doing = doing, .deadline_ms = ADDRESS_MS, .ask_at_once = true};
    put_command(bytes, SET_ADDRESS, address);
    enum ub_code code = command(dfuse, bytes, sizeof(bytes), &patience, RETRIES, err);
    if (code)
        return code;
    dfuse->anchored = true;
    dfuse->anchor = address;
    return UB_OK;
}

/* ST's own code moves the address pointer to what it erased, others leave it: it is forgotten. */
enum ub_code dfuse_erase_command(struct dfuse *dfuse, uint32_t address, uint32_t size,
                                 uint32_t deadline_ms, struct ub_error *err)
{
    char doing[DOING_TEXT];
    uint8_t bytes[COMMAND_LENGTH];
    struct dfu_link *link = &dfuse->link;
    (void)ub_print(doing, sizeof(doing), "erasing the sector at 0x%08x", address);
    const struct dfu_patience patience = {
        .doing = doing,
        .deadline_ms = deadline_ms,
        .pace = dfu_pace_of(&link->paces, DFU_PACE_ERASE, size),
        .typical_us = link->port.habits.erase_typical_us,
    };
    put_command(bytes, ERASE, address);
    return command(dfuse, bytes, sizeof(bytes), &patience, RETRIES, err);
}

enum ub_code dfuse_erase_all_command(struct dfuse *dfuse, struct ub_error *err)
{
    const uint8_t bytes[ERASE_ALL_LENGTH] = {ERASE};
    struct dfu_link *link = &dfuse->link;
    const struct dfu_patience patience = {
        .doing = "erasing all of the device's memory",
        .watched = true,
        .deadline_ms = link->port.habits.erase_all_deadline_ms,
        .pace = dfu_pace_of(&link->paces, DFU_PACE_ERASE, 0),
    };
    return command(dfuse, bytes, sizeof(bytes), &patience, 0, err);
}

enum ub_code dfuse_lift_protection(struct dfuse *dfuse, struct ub_error *err)
{
    static const char doing[] = "lifting read protection";
    struct dfu_link *link = &dfuse->link;
    struct dfu_status status;
    const uint8_t bytes[] = {READ_UNPROTECT};
    dfuse->anchored = false;
    enum ub_code code = dfu_to_download(link, err);
    if (code)
        return ub_wrap(err, code, "before %s", doing);
    code = dfu_dnload(link, 0, bytes, sizeof(bytes), DFU_CONTROL_MS, err);
    if (code)
        return name_unknown_command(dfu_explain(link, code, doing, err), bytes, err);
    code = dfu_get_status_once(link, DFU_CONTROL_MS, &status, err);
    link->state = DFU_STATE_UNKNOWN;
    if (!code && dfu_status_is_error(&status))
        return dfu_fail_status(&status, doing, err);
    return code == UB_USB_GONE || code == UB_USB_TIMEOUT ? UB_OK : code;
}

/* The number under which the pointer where it stands reaches `address`; 0 if it does not. */
static uint32_t block_for(uint32_t anchor, uint32_t address, uint32_t unit)
{
    if (address < anchor || (address - anchor) % unit != 0)
        return 0;
    uint32_t number = (address - anchor) / unit;
    return number <= DFUSE_BLOCK_LAST - DFUSE_BLOCK_FIRST ? DFUSE_BLOCK_FIRST + number : 0;
}

/* The start of the gapless stretch serves every block of it, also those before `address`. */
static uint32_t choose_anchor(const struct ub_region *region, uint32_t address, uint32_t unit,
                              bool counted)
{
    uint32_t start = (uint32_t)ub_region_stretch(region, address);
    return counted && block_for(start, address, unit) ? start : address;
}

enum ub_code dfuse_point(struct dfuse *dfuse, const struct ub_region *region, uint32_t address,
                         uint16_t length, uint16_t *block, struct ub_error *err)
{
    const uint32_t unit = dfuse->link.functional.wTransferSize;
    bool counted = length == unit;
    uint32_t number = dfuse->anchored ? block_for(dfuse->anchor, address, unit) : 0;
    if (number == 0 || (!counted && number != DFUSE_BLOCK_FIRST)) {
        uint32_t anchor = choose_anchor(region, address, unit, counted);
        enum ub_code code = dfuse_set_address(dfuse, anchor, err);
        if (code)
            return code;
        number = block_for(anchor, address, unit);
    }
    *block = (uint16_t)number;
    return UB_OK;
}
