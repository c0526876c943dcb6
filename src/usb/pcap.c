/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "usb/pcap.h"

#include "base/bytes.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define US_PER_S     UINT64_C(1000000)
#define NUMBER_MAX   127u /* USB 2.0 section 9.4.6: device addresses have seven bits */
#define NUMBER_FIRST 2u   /* 1 is the root hub's */
#define PACKET_HEAD  16u  /* pcap's own header of a packet */
#define USBMON_HEAD  64u
#define SNAP_LENGTH  262144u
/* The identifiers made up for descriptors; those of transfers count up from 1. */
#define DESCRIPTOR_IDS (UINT64_C(1) << 63)

/* Where Linux says how a request block ended (include/uapi/asm-generic/errno*.h). */
#define STATUS_IN_PROGRESS (-115)
#define STATUS_NO_ENTRY    (-2) /* unlinked, as is done with one that took too long */
#define STATUS_PIPE        (-32)
#define STATUS_PROTOCOL    (-71)
#define STATUS_OVERFLOW    (-75)
#define STATUS_SHUTDOWN    (-108)

#define GET_DESCRIPTOR     6u
#define TYPE_DEVICE        1u
#define TYPE_CONFIG        2u
#define DEVICE_LENGTH      18u
#define URB_DIR_IN         0x0200u
#define TRANSFER_CONTROL   2u
#define CONFIG_HEADER      9u
#define CONFIG_ATTRIBUTES  0x80u

/** The device at one port. */
struct device {
    char port[UB_PORT_TEXT];
    uint32_t generation;
    uint16_t bus;
    uint8_t number;
    bool present;
    bool described; /* its descriptors are in the file */
    uint8_t device[DEVICE_LENGTH];
    uint8_t *config; /* owned */
    size_t config_length;
};

struct ub_pcap {
    uint64_t epoch_us;
    struct device *devices; /* owned */
    size_t count;
    uint8_t last_number;
    uint64_t next_id; /* of the descriptors */
};

struct ub_pcap *ub_pcap_new(uint64_t epoch_us)
{
    struct ub_pcap *pcap = calloc(1, sizeof(*pcap));
    if (!pcap)
        return NULL;
    pcap->epoch_us = epoch_us;
    pcap->last_number = NUMBER_FIRST - 1;
    pcap->next_id = DESCRIPTOR_IDS;
    return pcap;
}

void ub_pcap_free(struct ub_pcap *pcap)
{
    if (!pcap)
        return;
    for (size_t i = 0; i < pcap->count; i++)
        free(pcap->devices[i].config);
    free(pcap->devices);
    free(pcap);
}

void ub_pcap_header(uint8_t to[UB_PCAP_HEADER])
{
    memset(to, 0, UB_PCAP_HEADER); /* time zone and accuracy are 0 in every file */
    ub_put_u32le(to, UINT32_C(0xa1b2c3d4));
    ub_put_u16le(to + 4, 2);
    ub_put_u16le(to + 6, 4);
    ub_put_u32le(to + 16, SNAP_LENGTH);
    ub_put_u32le(to + 20, UB_PCAP_LINKTYPE);
}

static struct device *find(const struct ub_pcap *pcap, const char *port)
{
    for (size_t i = 0; i < pcap->count; i++)
        if (strcmp(pcap->devices[i].port, port) == 0)
            return &pcap->devices[i];
    return NULL;
}

static uint16_t bus_of(const char *port)
{
    uint64_t bus;
    if (!ub_parse_digits(port, strcspn(port, "-"), 10, UINT16_MAX, &bus))
        return 0;
    return (uint16_t)bus;
}

static bool is_taken(const struct ub_pcap *pcap, const struct device *device, uint32_t number)
{
    for (size_t i = 0; i < pcap->count; i++) {
        const struct device *other = &pcap->devices[i];
        if (other->number == number && other->bus == device->bus &&
            (other->present || other == device))
            return true;
    }
    return false;
}

/** The address it has on the bus where the transport knows it, else one that no other has. Never
 * the one that the device before it at this port had. */
static uint8_t choose_number(struct ub_pcap *pcap, const struct device *device)
{
    uint32_t number = device->generation;
    if (number >= NUMBER_FIRST && number <= NUMBER_MAX && !is_taken(pcap, device, number))
        return (uint8_t)number;
    for (unsigned i = 0; i < NUMBER_MAX; i++) {
        bool last = pcap->last_number >= NUMBER_MAX;
        pcap->last_number = (uint8_t)(last ? NUMBER_FIRST : pcap->last_number + 1u);
        if (!is_taken(pcap, device, pcap->last_number))
            break;
    }
    return pcap->last_number;
}

/** What the standard asks for (USB 2.0 table 9-8), from what is known. */
static void describe(struct device *device, const struct ub_usb_info *info)
{
    const bool super = info->speed == UB_SPEED_SUPER;
    uint8_t *d = device->device;
    memset(d, 0, DEVICE_LENGTH);
    d[0] = DEVICE_LENGTH;
    d[1] = TYPE_DEVICE;
    ub_put_u16le(d + 2, super ? 0x0300 : 0x0200);
    d[7] = super ? 9 : 64; /* USB 3.2 section 9.6.1: as a power of two */
    ub_put_u16le(d + 8, info->vid);
    ub_put_u16le(d + 10, info->pid);
    ub_put_u16le(d + 12, info->bcdDevice);
    d[17] = 1;
}

/** The configuration as it was sent; its first nine bytes are put back where the system keeps them
 * to itself. */
static bool keep_config(struct device *device, const struct ub_usb_info *info)
{
    const bool headless = info->config_length < 2 || info->config[1] != TYPE_CONFIG;
    const size_t before = headless ? CONFIG_HEADER : 0;
    const size_t room = UB_TRACE_CONFIG_MAX - before;
    const size_t length = info->config_length < room ? info->config_length : room;
    uint8_t *bytes = calloc(1, before + length + 1);
    if (!bytes)
        return false;
    if (headless) {
        bytes[0] = CONFIG_HEADER;
        bytes[1] = TYPE_CONFIG;
        ub_put_u16le(bytes + 2, (uint16_t)(before + length));
        bytes[4] = 1;
        bytes[5] = 1;
        bytes[7] = CONFIG_ATTRIBUTES;
    }
    if (length)
        memcpy(bytes + before, info->config, length);
    free(device->config);
    device->config = bytes;
    device->config_length = before + length;
    return true;
}

bool ub_pcap_attach(struct ub_pcap *pcap, const struct ub_usb_info *info)
{
    struct device *device = find(pcap, info->port);
    if (!device) {
        struct device *moved = realloc(pcap->devices, (pcap->count + 1) * sizeof(*moved));
        if (!moved)
            return false;
        pcap->devices = moved;
        device = &moved[pcap->count++];
        memset(device, 0, sizeof(*device));
        (void)ub_print(device->port, sizeof(device->port), "%s", info->port);
        device->bus = bus_of(info->port);
    }
    if (!device->present || device->generation != info->generation) {
        device->generation = info->generation;
        device->number = choose_number(pcap, device);
        device->described = false;
    }
    device->present = true;
    describe(device, info);
    return keep_config(device, info);
}

void ub_pcap_detach(struct ub_pcap *pcap, const char *port)
{
    struct device *device = find(pcap, port);
    if (device)
        device->present = false;
}

/** Room for one packet more, its two heads zeroed; NULL when there is no memory. */
static uint8_t *extend(struct ub_pcap_packets *out, size_t size)
{
    uint8_t *moved = realloc(out->bytes, out->length + size);
    if (!moved) {
        out->failed = true;
        return NULL;
    }
    uint8_t *packet = moved + out->length;
    memset(packet, 0, PACKET_HEAD + USBMON_HEAD);
    out->bytes = moved;
    out->length += size;
    return packet;
}

/** One packet of usbmon's, before it is laid out. */
struct event {
    uint8_t type; /* 'S' or 'C' */
    uint64_t id;
    uint64_t at_us; /* since 1970 */
    int32_t status;
    const struct ub_setup *setup;
    uint32_t urb_length;
    const uint8_t *data;
    uint32_t length;
};

static void put_setup(uint8_t *to, const struct ub_setup *setup)
{
    to[0] = setup->bmRequestType;
    to[1] = setup->bRequest;
    ub_put_u16le(to + 2, setup->wValue);
    ub_put_u16le(to + 4, setup->wIndex);
    ub_put_u16le(to + 6, setup->wLength);
}

/** What stands in the place of data that is not there: data still to come, or data that went the
 * other way. */
static uint8_t data_flag(const struct event *event)
{
    const bool in = event->setup->bmRequestType & UB_SETUP_IN;
    if (in && event->type == 'S')
        return '<';
    return !in && event->type == 'C' ? '>' : 0;
}

static void put(const struct device *device, const struct event *event, struct ub_pcap_packets *out)
{
    uint8_t *packet = extend(out, PACKET_HEAD + USBMON_HEAD + event->length);
    if (!packet)
        return;
    const bool in = event->setup->bmRequestType & UB_SETUP_IN;
    uint8_t *mon = packet + PACKET_HEAD;
    ub_put_u32le(packet, (uint32_t)(event->at_us / US_PER_S));
    ub_put_u32le(packet + 4, (uint32_t)(event->at_us % US_PER_S));
    ub_put_u32le(packet + 8, USBMON_HEAD + event->length);
    ub_put_u32le(packet + 12, USBMON_HEAD + event->length);
    ub_put_u32le(mon, (uint32_t)event->id);
    ub_put_u32le(mon + 4, (uint32_t)(event->id >> 32));
    mon[8] = event->type;
    mon[9] = TRANSFER_CONTROL;
    mon[10] = in ? UB_SETUP_IN : 0; /* endpoint 0 and its direction */
    mon[11] = device->number;
    ub_put_u16le(mon + 12, device->bus);
    mon[14] = event->type == 'S' ? 0 : '-';
    mon[15] = event->length ? 0 : data_flag(event);
    ub_put_u32le(mon + 16, (uint32_t)(event->at_us / US_PER_S));
    ub_put_u32le(mon + 24, (uint32_t)(event->at_us % US_PER_S));
    ub_put_u32le(mon + 28, (uint32_t)event->status);
    ub_put_u32le(mon + 32, event->urb_length);
    ub_put_u32le(mon + 36, event->length);
    if (event->type == 'S')
        put_setup(mon + 40, event->setup);
    ub_put_u32le(mon + 56, in ? URB_DIR_IN : 0);
    if (event->length)
        memcpy(packet + PACKET_HEAD + USBMON_HEAD, event->data, event->length);
}

/** A question for a descriptor and its answer, at one moment. */
static void put_descriptor(struct ub_pcap *pcap, const struct device *device, uint64_t at_us,
                           uint8_t type, const uint8_t *bytes, size_t length,
                           struct ub_pcap_packets *out)
{
    const struct ub_setup setup = {.bmRequestType = UB_SETUP_IN,
                                   .bRequest = GET_DESCRIPTOR,
                                   .wValue = (uint16_t)(type << 8),
                                   .wLength = (uint16_t)length};
    struct event event = {.type = 'S',
                          .id = pcap->next_id++,
                          .at_us = at_us,
                          .status = STATUS_IN_PROGRESS,
                          .setup = &setup,
                          .urb_length = (uint32_t)length};
    put(device, &event, out);
    event.type = 'C';
    event.status = 0;
    event.data = bytes;
    event.length = (uint32_t)length;
    put(device, &event, out);
}

void ub_pcap_open(struct ub_pcap *pcap, const struct ub_trace_record *record,
                  struct ub_pcap_packets *out)
{
    struct device *device = find(pcap, record->port);
    const uint64_t at_us = pcap->epoch_us + record->at_us;
    if (!device || device->described || record->code)
        return;
    put_descriptor(pcap, device, at_us, TYPE_DEVICE, device->device, DEVICE_LENGTH, out);
    put_descriptor(pcap, device, at_us, TYPE_CONFIG, device->config, device->config_length, out);
    device->described = true;
}

static int32_t status_of(enum ub_code code)
{
    switch (code) {
    case UB_OK:
        return 0;
    case UB_USB_STALL:
        return STATUS_PIPE;
    case UB_USB_TIMEOUT:
        return STATUS_NO_ENTRY;
    case UB_USB_OVERFLOW:
        return STATUS_OVERFLOW;
    case UB_USB_GONE:
    case UB_DEV_GONE:
        return STATUS_SHUTDOWN;
    default:
        return STATUS_PROTOCOL;
    }
}

/** A device that no listing showed has no number: it stands at 0, as before it gets its address. */
static const struct device *device_of(const struct ub_pcap *pcap,
                                      const struct ub_trace_record *record, struct device *unknown)
{
    const struct device *device = find(pcap, record->port);
    if (device)
        return device;
    memset(unknown, 0, sizeof(*unknown));
    unknown->bus = bus_of(record->port);
    return unknown;
}

void ub_pcap_submit(const struct ub_pcap *pcap, const struct ub_trace_record *record, uint64_t id,
                    struct ub_pcap_packets *out)
{
    struct device unknown;
    const bool in = record->setup.bmRequestType & UB_SETUP_IN;
    const struct event event = {.type = 'S',
                                .id = id,
                                .at_us = pcap->epoch_us + record->at_us,
                                .status = STATUS_IN_PROGRESS,
                                .setup = &record->setup,
                                .urb_length = record->setup.wLength,
                                .data = record->data,
                                .length = in ? 0 : record->length};
    put(device_of(pcap, record, &unknown), &event, out);
}

void ub_pcap_complete(const struct ub_pcap *pcap, const struct ub_trace_record *record, uint64_t id,
                      struct ub_pcap_packets *out)
{
    struct device unknown;
    const bool in = record->setup.bmRequestType & UB_SETUP_IN;
    const struct event event = {.type = 'C',
                                .id = id,
                                .at_us = pcap->epoch_us + record->at_us + record->took_us,
                                .status = status_of(record->code),
                                .setup = &record->setup,
                                .urb_length = record->actual,
                                .data = record->data,
                                .length = in ? record->length : 0};
    put(device_of(pcap, record, &unknown), &event, out);
}
