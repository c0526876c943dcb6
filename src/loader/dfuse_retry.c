/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When something that failed on a DfuSe device may be done once more. */
#include "base/error.h"
#include "loader/dfu_arrive.h"
#include "loader/dfuse_room.h"

/* A run bears so many failures, and one more for so many operations that went well: a device that
 * refuses a block now and then is mended, a bad cable is told. */
#define RETRIES_LEAST 16u
#define RETRIES_PART  16u
/* The way back to dfuIDLE may meet the next failure. */
#define ARRIVALS 2u

/* Failures that may pass: of the wire, and reasons that some devices give for no reason (F411). Not
 * those that speak of an address, of protection or of the firmware: they stay. */
static bool may_pass(enum ub_code code)
{
    switch ((int)code) {
    case UB_USB_STALL:
    case UB_USB_TIMEOUT:
    case UB_USB_IO:
    case UB_USB_SHORT:
    case UB_USB_OVERFLOW:
    case UB_DFU_STATE:
    case UB_DFU_STATUS_INVALID:
    case UB_DFU_ERR_WRITE:
    case UB_DFU_ERR_ERASE:
    case UB_DFU_ERR_CHECK_ERASED:
    case UB_DFU_ERR_PROG:
    case UB_DFU_ERR_VERIFY:
    case UB_DFU_ERR_NOTDONE:
    case UB_DFU_ERR_USBR:
    case UB_DFU_ERR_UNKNOWN:
    case UB_DFU_ERR_STALLEDPKT:
        return true;
    default:
        return false;
    }
}

bool dfuse_may_retry(struct dfuse *dfuse, enum ub_code code, const struct ub_error *err)
{
    if (!may_pass(code) || dfuse->retries >= RETRIES_LEAST + dfuse->operations / RETRIES_PART)
        return false;
    dfuse->link.repeats++;
    if (dfuse->retries++ == 0)
        ub_env_warn(dfuse->link.port.env,
                    "the device failed (%s%s%s), and what failed is done again. More of these are "
                    "counted, not shown",
                    err->message, err->depth ? ", " : "", err->depth ? err->context[0] : "");
    return true;
}

enum ub_code dfuse_recover(struct dfuse *dfuse, enum ub_code code, struct ub_error *err)
{
    struct ub_error other = {0};
    enum ub_code arrived = UB_USB_IO;
    dfuse->anchored = false;
    for (unsigned i = 0; i < ARRIVALS && may_pass(arrived); i++)
        arrived = dfu_arrive(&dfuse->link, false, &other);
    if (arrived != UB_USB_GONE && arrived != UB_SYS_INTERRUPTED)
        return arrived ? code : UB_OK;
    *err = other;
    return arrived;
}
