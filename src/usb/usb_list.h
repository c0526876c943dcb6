/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file usb_list.h
 * The order of ports, shared by every transport that lists devices.
 */
#ifndef UB_USB_USB_LIST_H
#define UB_USB_USB_LIST_H

#include "usb/transport.h"

/**
 * Orders two ports as a person counts: "1-4.2" before "1-4.10", a hub before what hangs on it.
 * Below, equal to or above 0, as strcmp().
 */
int ub_port_compare(const char *a, const char *b);

/**
 * What one device adds to a number that tells whether the bus has changed: such shares are summed
 * up, as the order of devices means nothing.
 */
uint64_t ub_usb_share(const char *port, uint64_t generation);

/** Sorts a list by port. */
void ub_usb_list_sort(struct ub_usb_list *list);

#endif
