/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The descriptors of a virtual device (USB 2.0 section 9.6, DFU 1.1 section 4). */
#include "sim/device.h"

#include "base/bytes.h"
#include "base/text.h"

#include <string.h>

#define TYPE_DEVICE        1u
#define TYPE_CONFIGURATION 2u
#define TYPE_STRING        3u
#define TYPE_INTERFACE     4u
#define TYPE_FUNCTIONAL    0x21u
#define CONFIG_LENGTH      9u
#define INTERFACE_LENGTH   9u
#define SELF_POWERED       0xc0u
#define POWER_100_MA       50u
#define LANGUAGE_EN_US     0x0409u
#define PROTOCOL_RUNTIME   1u

uint8_t ub_sim_device_dfu_interface(const struct ub_sim_device *device)
{
    /* A running firmware has something of its own before the DFU interface. */
    return device->mode == UB_MODE_RUNTIME ? 1 : 0;
}

const struct ub_sim_identity *ub_sim_device_identity(const struct ub_sim_device *device)
{
    return device->mode == UB_MODE_RUNTIME ? &device->spec.runtime_identity
                                           : &device->spec.dfu_identity;
}

size_t ub_sim_describe_device(const struct ub_sim_device *device, uint8_t out[UB_SIM_DEVICE_LENGTH])
{
    const struct ub_sim_identity *identity = ub_sim_device_identity(device);
    memset(out, 0, UB_SIM_DEVICE_LENGTH);
    out[0] = UB_SIM_DEVICE_LENGTH;
    out[1] = TYPE_DEVICE;
    ub_put_u16le(&out[2], identity->bcdUSB);
    out[7] = UB_SIM_MAX_PACKET;
    ub_put_u16le(&out[8], identity->vid);
    ub_put_u16le(&out[10], identity->pid);
    ub_put_u16le(&out[12], identity->bcdDevice);
    out[14] = UB_SIM_STRING_MANUFACTURER;
    out[15] = UB_SIM_STRING_PRODUCT;
    out[16] = device->spec.serial[0] ? UB_SIM_STRING_SERIAL : 0;
    out[17] = 1;
    return UB_SIM_DEVICE_LENGTH;
}

/* The functional descriptor as it should be. */
static size_t put_functional(const struct ub_sim_device *device, uint8_t out[9])
{
    const struct ub_sim_dfu *dfu = &device->spec.dfu;
    if (!dfu->functional)
        return 0;
    size_t length = dfu->functional_length;
    if (length == 0)
        length = dfu->bcdDFUVersion == 0x0100 ? 7 : 9;
    out[0] = (uint8_t)length;
    out[1] = TYPE_FUNCTIONAL;
    out[2] = dfu->bmAttributes;
    ub_put_u16le(&out[3], dfu->wDetachTimeOut);
    ub_put_u16le(&out[5], dfu->wTransferSize);
    if (length == 9)
        ub_put_u16le(&out[7], dfu->bcdDFUVersion);
    return length;
}

size_t ub_sim_describe_functional(const struct ub_sim_device *device, uint8_t out[9])
{
    return ub_sim_bend_functional(&device->spec.hostile, device->spec.seed, out,
                                  put_functional(device, out));
}

static uint8_t *put_interface(uint8_t *at, uint8_t number, uint8_t alt, uint8_t class,
                              uint8_t subclass, uint8_t protocol, uint8_t string)
{
    const uint8_t bytes[INTERFACE_LENGTH] = {
        INTERFACE_LENGTH, TYPE_INTERFACE, number, alt, 0, class, subclass, protocol, string};
    memcpy(at, bytes, sizeof(bytes));
    return at + sizeof(bytes);
}

size_t ub_sim_describe_config(const struct ub_sim_device *device, uint8_t out[UB_SIM_CONFIG_MAX])
{
    const struct ub_sim_chip *chip = device->spec.chip;
    bool runtime = device->mode == UB_MODE_RUNTIME;
    uint8_t number = ub_sim_device_dfu_interface(device);
    uint8_t *at = out + CONFIG_LENGTH;
    if (runtime) {
        at = put_interface(at, 0, 0, 0xff, 0, 0, 0);
        at = put_interface(at, number, 0, 0xfe, 1, PROTOCOL_RUNTIME, 0);
    }
    for (size_t alt = 0; !runtime && alt < chip->memory_count; alt++)
        at = put_interface(at, number, (uint8_t)alt, 0xfe, 1, device->spec.dfu.protocol,
                           chip->memories[alt].name ? (uint8_t)(UB_SIM_STRING_INTERFACE + alt) : 0);
    /* One functional descriptor behind the last alternate setting: so do ST's ROMs. */
    at += put_functional(device, at);
    out[0] = CONFIG_LENGTH;
    out[1] = TYPE_CONFIGURATION;
    ub_put_u16le(&out[2], (uint16_t)(at - out));
    out[4] = (uint8_t)(number + 1);
    out[5] = 1;
    out[6] = 0;
    out[7] = SELF_POWERED;
    out[8] = POWER_100_MA;
    return ub_sim_bend_config(&device->spec.hostile, device->spec.seed, out, (size_t)(at - out));
}

/* Does the serial number's descriptor hold bytes where characters of 16 bits belong? */
static bool serial_is_bytes(const struct ub_sim_device *device)
{
    return device->spec.dfu.serial_bytes && device->mode != UB_MODE_RUNTIME;
}

void ub_sim_misread_serial(const char *serial, char *to, size_t size)
{
    ub_print_utf16le(to, size, (const uint8_t *)serial, strlen(serial));
}

static const char *serial_text(const struct ub_sim_device *device)
{
    if (!device->spec.serial[0])
        return NULL;
    return serial_is_bytes(device) ? device->misread_serial : device->spec.serial;
}

const char *ub_sim_string_text(const struct ub_sim_device *device, uint8_t index)
{
    const struct ub_sim_identity *identity = ub_sim_device_identity(device);
    if (device->spec.hostile.strings == UB_SIM_STRINGS_NONE)
        return NULL;
    switch (index) {
    case 0:
        return NULL;
    case UB_SIM_STRING_MANUFACTURER:
        return identity->manufacturer;
    case UB_SIM_STRING_PRODUCT:
        return identity->product;
    case UB_SIM_STRING_SERIAL:
        return serial_text(device);
    default:
        break;
    }
    size_t alt = index - UB_SIM_STRING_INTERFACE;
    if (device->mode == UB_MODE_RUNTIME || alt >= device->spec.chip->memory_count)
        return NULL;
    return alt == 0 && device->spec.map ? device->spec.map : device->spec.chip->memories[alt].name;
}

/* A text as a string descriptor; 0 if there is none. */
static size_t put_string(const char *text, uint8_t out[UB_SIM_STRING_MAX])
{
    if (!text)
        return 0;
    size_t length = 2;
    for (; *text && length + 1 < UB_SIM_STRING_MAX; text++, length += 2)
        ub_put_u16le(&out[length], (uint8_t)*text);
    out[0] = (uint8_t)length;
    return length;
}

/* As put_string(), with a character in each byte. */
static size_t put_bytes(const char *text, uint8_t out[UB_SIM_STRING_MAX])
{
    size_t length = 2;
    for (; *text && length < UB_SIM_STRING_MAX; text++, length++)
        out[length] = (uint8_t)*text;
    out[0] = (uint8_t)length;
    return length;
}

size_t ub_sim_describe_string(const struct ub_sim_device *device, uint8_t index,
                              uint8_t out[UB_SIM_STRING_MAX])
{
    const struct ub_sim_hostile *hostile = &device->spec.hostile;
    out[1] = TYPE_STRING;
    if (index == 0) {
        out[0] = 4;
        ub_put_u16le(&out[2], LANGUAGE_EN_US);
        return hostile->strings == UB_SIM_STRINGS_LONG ? 4 : ub_sim_bend_string(hostile, 0, out, 4);
    }
    const char *text = ub_sim_string_text(device, index);
    size_t length = 0;
    if (text && index == UB_SIM_STRING_SERIAL && serial_is_bytes(device))
        length = put_bytes(device->spec.serial, out);
    else
        length = put_string(text, out);
    if (length && device->spec.dfu.strings_cut && out[0] + 2u < UB_SIM_STRING_MAX)
        out[0] = (uint8_t)(out[0] + 2u); /* one character more than there is */
    /* A memory map stays one with blanks behind it. */
    return ub_sim_bend_string(hostile, index < UB_SIM_STRING_INTERFACE ? 'x' : ' ', out, length);
}
