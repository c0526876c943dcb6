/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file vhci.h
 * The kernel's virtual USB host (vhci-hcd) through sysfs: it is handed one end of a socket over
 * which it speaks USB/IP, and shows what is at the other end as a USB device.
 */
#ifndef UB_SIM_VHCI_H
#define UB_SIM_VHCI_H

#include "unbrick.h"

/** No port yet. */
#define UB_VHCI_NO_PORT (-1)

/**
 * Attaches the device behind socket `fd` to *port, or, with UB_VHCI_NO_PORT, to the first free
 * high-speed port (where full-speed devices go), which *port becomes. *taken is set if the port is
 * (still) in use, which may pass. Errors: UB_SIM_ATTACH.
 */
enum ub_code ub_vhci_attach(int *port, int fd, bool *taken, struct ub_error *err);
/** Takes whatever is at the port off it. */
void ub_vhci_detach(int port);
/** The name that the kernel gives a device at the port: "1-1". */
void ub_vhci_port_name(int port, char *to, size_t size);

/** Finds the first free port in the text of one of vhci's `status` files; UB_VHCI_NO_PORT if none
 * is. */
int ub_vhci_free_port(const char *status);
/** Finds the first port in it, free or not; UB_VHCI_NO_PORT if there is none. */
int ub_vhci_first_port(const char *status);

#endif
