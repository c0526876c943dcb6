/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Leaving a DfuSe bootloader (AN3156 section 4.6). */
#include "base/error.h"
#include "loader/dfu_arrive.h"
#include "loader/dfu_link.h"
#include "loader/dfuse_room.h"
#include "loader/layout.h"

#define ADDRESS_LAST UINT64_C(0xffffffff)
#define LEAVE_BLOCK  2u /* as dfu-util sends it; the number of a zero-length block means nothing */

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

enum ub_code dfuse_leave(struct ub_loader *loader, uint64_t address, struct ub_error *err)
{
    struct dfuse *dfuse = dfuse_of(loader);
    const struct ub_loader_habits *habits = &dfuse->link.port.habits;
    if (habits->has_leave_address)
        address = habits->leave_address;
    if (address > ADDRESS_LAST)
        return ub_fail(err, UB_MEM_OUTSIDE, "0x%llx is no address of this device",
                       (unsigned long long)address);
    /* behind another alternate setting, such as that of the OTP, the address would be refused */
    enum ub_code code = UB_OK;
    for (size_t i = 0; i < dfuse->region_count && !code; i++)
        if (ub_region_reach(&dfuse->regions[i], address, 0) > 0) {
            code = dfuse_select(dfuse, &dfuse->regions[i], err);
            break;
        }
    if (!code)
        code = dfuse_set_address(dfuse, (uint32_t)address, err);
    if (!code && habits->upload_to_run)
        code = dfu_upload_to_run(&dfuse->link, DFUSE_BLOCK_FIRST, err);
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
