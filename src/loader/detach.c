/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/error.h"
#include "loader/dfu_names.h"
#include "loader/dfu_protocol.h"

#define DETACH_MS_DEFAULT 1000u

static void link_runtime(struct dfu_link *link, const struct ub_loader_port *port)
{
    *link = (struct dfu_link){.port = *port,
                              .functional = port->interface->functional,
                              .state = DFU_STATE_UNKNOWN,
                              .bState = DFU_STATE_UNKNOWN};
}

/* Firmware may refuse DETACH and hand over all the same, or be in its bootloader already. */
static enum ub_code refused(struct dfu_link *link, enum ub_code code, struct ub_error *err)
{
    struct ub_error ignored;
    struct dfu_status status;
    enum ub_code asked = dfu_get_status_once(link, 0, &status, &ignored);
    if (asked == UB_USB_GONE)
        return UB_OK;
    if (!asked && status.bState != DFU_APP_IDLE)
        return UB_OK;
    (void)ub_wrap(err, code, "while asking the running firmware to hand over (DFU_DETACH)");
    if (err)
        err->code = UB_DFU_DETACH;
    return UB_DFU_DETACH;
}

enum ub_code ub_dfu_detach(const struct ub_loader_port *port, struct ub_error *err)
{
    const struct ub_transport *transport = &port->transport;
    struct dfu_link link;
    link_runtime(&link, port);
    enum ub_code code = transport->ops->claim(transport->self, port->handle,
                                              port->interface->number, err);
    if (code)
        return code;
    uint16_t timeout = link.functional.wDetachTimeOut;
    code = dfu_detach(&link, timeout ? timeout : DETACH_MS_DEFAULT, err);
    if (code == UB_USB_GONE)
        return UB_OK; /* it went at once */
    if (code == UB_USB_STALL || code == UB_USB_TIMEOUT || code == UB_USB_IO)
        code = refused(&link, code, err);
    if (code)
        return code;
    /* A device that detaches itself would be hit by the reset while it comes back. */
    if (link.functional.bmAttributes & UB_DFU_WILL_DETACH)
        return UB_OK;
    code = transport->ops->reset(transport->self, port->handle, err);
    if (code == UB_OK || code == UB_USB_GONE)
        return UB_OK;
    return ub_wrap(err, code, "while resetting the bus so that the bootloader starts");
}
