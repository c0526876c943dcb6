/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file usbip.h
 * The USB/IP protocol (Linux Documentation/usb/usbip_protocol.rst), device side, for one
 * connection: bytes in, bytes out, and when to look again. It opens no socket and never sleeps, so
 * that tests and fuzzers drive it as the server does.
 *
 * A bus reset is not in the protocol. Linux resets a device by resetting its own virtual port and
 * then asking for the device descriptor with wLength 64 as the first thing (hub_port_init()); that
 * request to a device that is configured therefore counts as the bus reset.
 */
#ifndef UB_SIM_USBIP_H
#define UB_SIM_USBIP_H

#include "sim/device.h"

#define UB_USBIP_URBS_MAX 64u /**< transfers that may wait at once */

/** A submitted transfer. */
struct ub_usbip_urb {
    struct ub_usbip_urb *next;
    uint32_t seqnum;
    struct ub_setup setup;
    uint64_t received_us; /**< when it was submitted */
    bool in;
    bool refused;            /**< stalled without asking the device */
    bool performed;          /**< the device has answered; the answer waits for its time */
    bool mute;               /**< no answer will ever come */
    int32_t status;          /**< 0, or a negative Linux errno */
    uint32_t length;         /**< bytes moved */
    uint64_t complete_at_us; /**< when the answer goes out */
    uint8_t data[];          /**< setup.wLength bytes */
};

/** One connection. */
struct ub_usbip {
    struct ub_sim_device *device; /**< not owned */
    const char *busid;            /**< not owned */
    bool urbs;                    /**< the device is imported: transfers flow */
    bool busy;                    /**< another connection has the device: imports are refused */
    bool finished;                /**< broken or done: send what is in `out`, then close */
    uint32_t generation;          /**< of the device when it was imported */
    uint64_t free_at_us;          /**< when the wire was free after the last transfer */
    uint8_t *in;                  /**< received, not yet understood; owned */
    size_t in_length;
    uint8_t *out; /**< to be sent; owned */
    size_t out_length;
    size_t out_size;
    struct ub_usbip_urb *first; /**< waiting transfers in order; owned */
    size_t urb_count;
};

/** Sets a connection up; `urbs`: it starts with transfers (vhci) and not with an import (TCP).
 * Errors: UB_SYS_MEMORY. */
enum ub_code ub_usbip_open(struct ub_usbip *conn, struct ub_sim_device *device, const char *busid,
                           bool urbs, struct ub_error *err);
void ub_usbip_close(struct ub_usbip *conn);

/** Takes received bytes in; the connection is `finished` if they break the protocol. */
void ub_usbip_feed(struct ub_usbip *conn, const uint8_t *bytes, size_t length, uint64_t now_us);
/** Does what is due now. */
void ub_usbip_run(struct ub_usbip *conn, uint64_t now_us);
/** When ub_usbip_run() has something to do again; UB_SIM_NEVER: not before new bytes come. */
uint64_t ub_usbip_next(const struct ub_usbip *conn, uint64_t now_us);
/** `count` bytes of `out` have been sent. */
void ub_usbip_sent(struct ub_usbip *conn, size_t count);
/** Has the imported device left the bus, or come back as something else? */
bool ub_usbip_gone(const struct ub_usbip *conn);

#endif
