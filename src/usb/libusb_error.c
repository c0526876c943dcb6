/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/error.h"
#include "usb/libusb_room.h"

struct mapping {
    int rc;
    enum ub_code code;
    const char *meaning;
};

static const struct mapping mappings[] = {
    {LIBUSB_ERROR_PIPE, UB_USB_STALL, "the device refused the request"},
    {LIBUSB_ERROR_TIMEOUT, UB_USB_TIMEOUT, "the device did not answer in time"},
    {LIBUSB_ERROR_NO_DEVICE, UB_USB_GONE, "the device left the bus"},
    {LIBUSB_ERROR_OVERFLOW, UB_USB_OVERFLOW, "the device sent more bytes than were asked for"},
    {LIBUSB_ERROR_ACCESS, UB_DEV_ACCESS, "the operating system does not allow it"},
    {LIBUSB_ERROR_BUSY, UB_DEV_BUSY, "another program or driver holds the device"},
    {LIBUSB_ERROR_NO_MEM, UB_SYS_MEMORY, "out of memory"},
    {LIBUSB_ERROR_NOT_SUPPORTED, UB_USB_IO,
     "the system's driver for this device does not allow it"},
    {LIBUSB_ERROR_IO, UB_USB_IO, "the transfer failed on the wire or in the host controller"},
};

static const struct mapping *find(int rc)
{
    for (size_t i = 0; i < sizeof(mappings) / sizeof(mappings[0]); i++)
        if (mappings[i].rc == rc)
            return &mappings[i];
    return NULL;
}

enum ub_code ub_libusb_fail(struct ub_error *err, int rc, const struct ub_libusb_name *name,
                            const char *doing)
{
    const struct mapping *mapping = find(rc);
    enum ub_code code = mapping ? mapping->code : UB_USB_IO;
    const char *meaning = mapping ? mapping->meaning : "the USB library reports a failure";
    (void)ub_fail(err, code, "%s at %s: %s (%s)", doing, name->port, meaning,
                  libusb_error_name(rc));
    if (code == UB_DEV_ACCESS)
        return ub_wrap(err, code,
                       "SUBSYSTEM==\"usb\", ATTR{idVendor}==\"%04x\", ATTR{idProduct}==\"%04x\", "
                       "MODE=\"0660\", TAG+=\"uaccess\"",
                       name->vid, name->pid);
    return code;
}
