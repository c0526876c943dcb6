/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "usb/transport.h"

/* After these the device is gone or deaf, and asking on would only wait again. */
static bool ends_the_queue(enum ub_code code)
{
    return code == UB_USB_TIMEOUT || code == UB_USB_GONE;
}

enum ub_code ub_control_queue(const struct ub_transport *transport, struct ub_usb_handle *handle,
                              struct ub_transfer *transfers, size_t count, struct ub_error *err)
{
    if (transport->ops->control_queue)
        return transport->ops->control_queue(transport->self, handle, transfers, count, err);
    enum ub_code first = UB_OK;
    enum ub_code end = UB_OK;
    for (size_t i = 0; i < count; i++) {
        struct ub_transfer *transfer = &transfers[i];
        struct ub_error ignored;
        transfer->actual = 0;
        transfer->code = end ? end
                             : transport->ops->control(transport->self, handle, &transfer->setup,
                                                       transfer->data, transfer->timeout_ms,
                                                       &transfer->actual, first ? &ignored : err);
        if (!first)
            first = transfer->code;
        if (ends_the_queue(transfer->code))
            end = transfer->code;
    }
    return first;
}
