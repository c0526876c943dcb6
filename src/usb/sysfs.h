/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file sysfs.h
 * What is attached, straight from Linux' sysfs: a few small files for each device, which costs less
 * than starting libusb and knows more (strings). Opens no device and sends nothing to any.
 */
#ifndef UB_USB_SYSFS_H
#define UB_USB_SYSFS_H

#include "usb/transport.h"

/** Where the kernel shows USB devices, a folder each, named by its port. */
#define UB_SYSFS_DEVICES "/sys/bus/usb/devices"

/** Is there such a folder? `root` is UB_SYSFS_DEVICES here and below, but for tests. */
bool ub_sysfs_known(const char *root);

/**
 * Lists what is attached, sorted by port; root hubs are left out. *known is false where there is no
 * such folder, and the list is empty. *out is the caller's. Errors: UB_SYS_MEMORY.
 */
enum ub_code ub_sysfs_list(const char *root, struct ub_usb_list *out, bool *known,
                           struct ub_error *err);

/** The generation of what is at `port`; false if nothing is. */
bool ub_sysfs_generation(const char *root, const char *port, uint32_t *generation);

/** What is at `port`; *there is false if nothing is. out->config is the caller's. Errors:
 * UB_SYS_MEMORY. */
enum ub_code ub_sysfs_device(const char *root, const char *port, struct ub_usb_info *out,
                             bool *there, struct ub_error *err);

/** A number that is another one whenever a device was plugged in, left or re-enumerated since.
 * False where there is no such folder. */
bool ub_sysfs_fingerprint(const char *root, uint64_t *out);

#endif
