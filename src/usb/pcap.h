/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file pcap.h
 * Transfers as packets of Linux' usbmon in a pcap file, which Wireshark and tshark decode: link
 * type 220, LINKTYPE_USB_LINUX_MMAPPED. Layout: Linux' Documentation/usb/usbmon.rst, "Raw binary
 * format and API"; https://www.tcpdump.org/linktypes/LINKTYPE_USB_LINUX_MMAPPED.html.
 */
#ifndef UB_USB_PCAP_H
#define UB_USB_PCAP_H

#include "usb/trace.h"

#define UB_PCAP_HEADER   24u /**< bytes of a file's header */
#define UB_PCAP_LINKTYPE 220u

/** What the packets of one file share: the devices and their numbers. One thread at a time. */
struct ub_pcap;

/** Packets in memory; `bytes` is freed by whoever has them. */
struct ub_pcap_packets {
    uint8_t *bytes;
    size_t length;
    bool failed; /**< out of memory: packets are missing */
};

/** *out is the caller's. `epoch_us` is the time of a record's moment 0, since 1970. NULL when out
 * of memory. */
struct ub_pcap *ub_pcap_new(uint64_t epoch_us);
void ub_pcap_free(struct ub_pcap *pcap);

void ub_pcap_header(uint8_t to[UB_PCAP_HEADER]);

/** A device appeared: gives it a number on its bus. False when out of memory. */
bool ub_pcap_attach(struct ub_pcap *pcap, const struct ub_usb_info *info);
/** A device left: its number is free again. */
void ub_pcap_detach(struct ub_pcap *pcap, const char *port);

/**
 * A device was opened. Appends what tells a dissector what kind of device it is: its descriptors,
 * as if they had been asked for just now. Once for each device.
 */
void ub_pcap_open(struct ub_pcap *pcap, const struct ub_trace_record *record,
                  struct ub_pcap_packets *out);
/** Appends the packet of a transfer that is handed over, at record->at_us. `id` names the transfer,
 * and is never 0. */
void ub_pcap_submit(const struct ub_pcap *pcap, const struct ub_trace_record *record, uint64_t id,
                    struct ub_pcap_packets *out);
/** Appends the packet of a transfer that is over, record->took_us later. */
void ub_pcap_complete(const struct ub_pcap *pcap, const struct ub_trace_record *record, uint64_t id,
                      struct ub_pcap_packets *out);

#endif
