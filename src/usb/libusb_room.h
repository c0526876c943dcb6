/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file libusb_room.h
 * What the files of the libusb transport share.
 */
#ifndef UB_USB_LIBUSB_ROOM_H
#define UB_USB_LIBUSB_ROOM_H

#include "usb/transport.h"

#include <libusb.h>

/** What identifies a device in messages about it. */
struct ub_libusb_name {
    char port[UB_PORT_TEXT];
    uint16_t vid;
    uint16_t pid;
};

/**
 * Fills *err for a libusb error while `doing` ("opening the device") and returns the code for it.
 * LIBUSB_ERROR_ACCESS adds the udev rule that would help.
 */
enum ub_code ub_libusb_fail(struct ub_error *err, int rc, const struct ub_libusb_name *name,
                            const char *doing);

/** Writes the port of a device ("1-4.2"); false for a root hub. */
bool ub_libusb_port(libusb_device *device, char *to, size_t size);

/**
 * Lists what is attached by a fresh look at the system, sorted by port; *out is the caller's.
 * Errors: UB_USB_INIT, UB_USB_IO, UB_SYS_MEMORY.
 */
enum ub_code ub_libusb_list(struct ub_usb_list *out, struct ub_error *err);

/**
 * What is at `port`, if it is something other than `generation`; *came tells. out->config is the
 * caller's. Errors: UB_USB_INIT, UB_USB_IO, UB_SYS_MEMORY.
 */
enum ub_code ub_libusb_at(const char *port, uint32_t generation, struct ub_usb_info *out,
                          bool *came, struct ub_error *err);

/**
 * A number that is another one whenever a device was plugged in, left or re-enumerated since.
 * Errors: UB_USB_INIT, UB_USB_IO.
 */
enum ub_code ub_libusb_fingerprint(uint64_t *out, struct ub_error *err);

struct ub_libusb_engine;

/** control_queue() of the libusb transport: `device` was opened in `engine`. */
enum ub_code ub_libusb_queue(struct ub_libusb_engine *engine, libusb_device_handle *device,
                             const struct ub_libusb_name *name, struct ub_transfer *transfers,
                             size_t count, struct ub_error *err);

#endif
