/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "usb/dfu_interface.h"

#include "base/bytes.h"

#include <string.h>

/* USB 2.0 table 9-5 and table 9-12; DFU 1.1 tables 4.1, 4.2 and 4.4. */
#define TYPE_INTERFACE       4
#define TYPE_DFU_FUNCTIONAL  0x21
#define CLASS_APPLICATION    0xfe
#define SUBCLASS_DFU         1
#define PROTOCOL_NONE        0
#define PROTOCOL_RUNTIME     1
#define PROTOCOL_DFU         2
#define INTERFACE_LENGTH     9
#define FUNCTIONAL_LENGTH_10 7
#define FUNCTIONAL_LENGTH_11 9

/* What a device without a functional descriptor is taken for: DFU 1.0, the smallest packet that
 * every device takes, and a second to detach. */
#define ASSUMED_TRANSFER_SIZE  64
#define ASSUMED_DETACH_TIMEOUT 1000

struct interface_descriptor {
    uint8_t number;
    uint8_t alt;
    uint8_t class_code;
    uint8_t subclass;
    uint8_t protocol;
    uint8_t string;
};

/* The next descriptor as a cursor over all its bytes; false at the end and where a length lies. */
static bool next_descriptor(struct ub_cursor *config, struct ub_cursor *out)
{
    if (config->failed || config->left < 2 || config->at[0] < 2 || config->at[0] > config->left)
        return false;
    *out = ub_take_cursor(config, config->at[0]);
    return true;
}

static uint8_t descriptor_type(const struct ub_cursor *descriptor)
{
    return descriptor->at[1];
}

static bool parse_interface(struct ub_cursor descriptor, struct interface_descriptor *out)
{
    if (descriptor.left < INTERFACE_LENGTH)
        return false;
    (void)ub_take_bytes(&descriptor, 2);
    out->number = ub_take_u8(&descriptor);
    out->alt = ub_take_u8(&descriptor);
    (void)ub_take_u8(&descriptor); /* bNumEndpoints */
    out->class_code = ub_take_u8(&descriptor);
    out->subclass = ub_take_u8(&descriptor);
    out->protocol = ub_take_u8(&descriptor);
    out->string = ub_take_u8(&descriptor);
    return !descriptor.failed;
}

/* Some DfuSe devices of DFU 1.1a say protocol 0 while they are in DFU mode (DSO Nano, Jabra). */
static enum ub_mode mode_of(const struct interface_descriptor *interface)
{
    if (interface->class_code != CLASS_APPLICATION || interface->subclass != SUBCLASS_DFU)
        return UB_MODE_NONE;
    if (interface->protocol == PROTOCOL_RUNTIME)
        return UB_MODE_RUNTIME;
    if (interface->protocol == PROTOCOL_DFU || interface->protocol == PROTOCOL_NONE)
        return UB_MODE_DFU;
    return UB_MODE_NONE;
}

/* Which interface to take: the first one in DFU mode, else the first one in runtime mode. */
static bool choose(const uint8_t *bytes, size_t length, struct interface_descriptor *out,
                   enum ub_mode *mode)
{
    struct ub_cursor config = ub_cursor(bytes, length);
    struct ub_cursor descriptor;
    *mode = UB_MODE_NONE;
    while (*mode != UB_MODE_DFU && next_descriptor(&config, &descriptor)) {
        struct interface_descriptor seen;
        if (descriptor_type(&descriptor) != TYPE_INTERFACE || !parse_interface(descriptor, &seen))
            continue;
        enum ub_mode seen_mode = mode_of(&seen);
        if (seen_mode == UB_MODE_DFU || (seen_mode == UB_MODE_RUNTIME && *mode == UB_MODE_NONE)) {
            *out = seen;
            *mode = seen_mode;
        }
    }
    return *mode != UB_MODE_NONE;
}

static void add_alt(struct ub_dfu_interface *to, const struct interface_descriptor *from)
{
    if (to->alt_count == UB_DFU_ALTS_MAX)
        return;
    for (size_t i = 0; i < to->alt_count; i++)
        if (to->alts[i].alt == from->alt)
            return;
    to->alts[to->alt_count].alt = from->alt;
    to->alts[to->alt_count].iInterface = from->string;
    to->alt_count++;
}

/* Type 0x21 is also HID's, so it counts only behind an alternate setting of the interface chosen.
 */
static void collect(const uint8_t *bytes, size_t length, struct ub_dfu_interface *out)
{
    struct ub_cursor config = ub_cursor(bytes, length);
    struct ub_cursor descriptor;
    bool inside = false;
    while (next_descriptor(&config, &descriptor)) {
        struct interface_descriptor seen;
        if (descriptor_type(&descriptor) == TYPE_INTERFACE) {
            inside = parse_interface(descriptor, &seen) && seen.number == out->number &&
                     mode_of(&seen) == out->mode;
            if (inside)
                add_alt(out, &seen);
        } else if (inside && !out->functional.present) {
            (void)ub_dfu_functional_parse(descriptor.at, descriptor.left, &out->functional);
        }
    }
}

bool ub_dfu_interface_find(const uint8_t *config, size_t length, struct ub_dfu_interface *out)
{
    memset(out, 0, sizeof(*out));
    struct interface_descriptor chosen = {0};
    if (!config || !choose(config, length, &chosen, &out->mode))
        return false;
    out->number = chosen.number;
    out->protocol = chosen.protocol;
    out->functional = (struct ub_dfu_functional){
        .present = false,
        .bmAttributes = UB_DFU_CAN_DNLOAD | UB_DFU_CAN_UPLOAD,
        .wDetachTimeOut = ASSUMED_DETACH_TIMEOUT,
        .wTransferSize = ASSUMED_TRANSFER_SIZE,
        .bcdDFUVersion = 0x0100,
    };
    collect(config, length, out);
    return true;
}

bool ub_dfu_functional_parse(const uint8_t *bytes, size_t length, struct ub_dfu_functional *out)
{
    struct ub_cursor cursor = ub_cursor(bytes, length);
    uint8_t claimed = ub_take_u8(&cursor);
    uint8_t type = ub_take_u8(&cursor);
    struct ub_dfu_functional read = {.present = true, .bcdDFUVersion = 0x0100};
    read.bmAttributes = ub_take_u8(&cursor);
    read.wDetachTimeOut = ub_take_u16le(&cursor);
    read.wTransferSize = ub_take_u16le(&cursor);
    if (cursor.failed || claimed < FUNCTIONAL_LENGTH_10 || type != TYPE_DFU_FUNCTIONAL)
        return false;
    if (claimed >= FUNCTIONAL_LENGTH_11 && cursor.left >= 2)
        read.bcdDFUVersion = ub_take_u16le(&cursor);
    *out = read;
    return true;
}
