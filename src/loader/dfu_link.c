/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loader/dfu_link.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"
#include "loader/dfu_arrive.h"

#include <string.h>

/* USB 2.0 tables 9-3, 9-4, 9-5 and section 9.6.7. */
#define GET_DESCRIPTOR   6
#define FROM_DEVICE      0x80u
#define FROM_INTERFACE   0x81u
#define TYPE_STRING      3
#define TYPE_FUNCTIONAL  0x21
#define LANGUAGE_ENGLISH 0x0409
#define STRING_TRIES     3u
#define ALT_RETRIES      2u /* selecting it twice selects it */
#define STRING_LENGTH    255
#define FUNCTIONAL_ROOM  9
/* Some ROMs (STM32C5) never answer GET_DESCRIPTOR of the functional descriptor. */
#define DESCRIPTOR_MS 1000u
/* Below this a device cannot take its own DfuSe commands, nor a whole packet. */
#define TRANSFER_SIZE_LEAST 8u
#define TRANSFER_SIZE_ANY   0xffffu /* said by devices that do not care; fwupd takes 1024 */
#define TRANSFER_SIZE_SAFE  1024u

static enum ub_code get_descriptor(struct dfu_link *link, const struct ub_setup *setup,
                                   uint8_t *data, uint16_t *actual, struct ub_error *err)
{
    const struct ub_transport *transport = &link->port.transport;
    enum ub_code code = transport->ops->control(transport->self, link->port.handle, setup, data,
                                                DESCRIPTOR_MS, actual, err);
    if (!code && *actual > setup->wLength)
        *actual = setup->wLength;
    return code;
}

/* The descriptor may be missing from the configuration; then the device is asked. If it does not
 * answer either, dfu_open() says what it is taken for. */
static enum ub_code learn_functional(struct dfu_link *link, struct ub_error *err)
{
    uint8_t bytes[FUNCTIONAL_ROOM] = {0};
    uint16_t actual = 0;
    const struct ub_setup setup = {.bmRequestType = FROM_INTERFACE,
                                   .bRequest = GET_DESCRIPTOR,
                                   .wValue = TYPE_FUNCTIONAL << 8,
                                   .wIndex = link->port.interface->number,
                                   .wLength = sizeof(bytes)};
    link->functional = link->port.interface->functional;
    if (link->functional.present)
        return UB_OK;
    enum ub_code code = UB_USB_STALL;
    if (!link->port.habits.descriptor_mute)
        code = get_descriptor(link, &setup, bytes, &actual, err);
    if (code == UB_USB_GONE)
        return code;
    if (!code && ub_dfu_functional_parse(bytes, actual, &link->functional)) {
        dfu_warn(link, "its DFU functional descriptor is missing from its configuration; it was "
                       "asked for");
        return UB_OK;
    }
    ub_error_clear(err);
    return UB_OK;
}

/* Any size that claims nothing makes the loader say each block's address: a block's number counts
 * in units that only the device knows. */
void dfu_suppose_dfuse(struct dfu_link *link)
{
    link->functional.bcdDFUVersion = DFU_BCD_DFUSE;
    link->functional.wTransferSize = TRANSFER_SIZE_ANY;
    link->transfer_size_bearable = TRANSFER_SIZE_SAFE;
    const struct ub_loader_habits habits = link->port.habits;
    dfu_take_habits(link, &habits);
}

static enum ub_code settle_transfer_size(struct dfu_link *link, struct ub_error *err)
{
    uint16_t says = link->functional.wTransferSize;
    link->transfer_size_bearable = says;
    if (says < TRANSFER_SIZE_LEAST)
        return ub_fail(err, UB_DFU_TRANSFER_SIZE,
                       "the device says that it takes blocks of %u bytes (wTransferSize)", says);
    if (says == TRANSFER_SIZE_ANY) {
        link->transfer_size_bearable = TRANSFER_SIZE_SAFE;
        dfu_warn(link, "it claims blocks of 65,535 bytes; %u are used", TRANSFER_SIZE_SAFE);
    } else if (says > UB_CONTROL_MAX) {
        link->transfer_size_bearable = UB_CONTROL_MAX;
        dfu_warn(link,
                 "its blocks of %u bytes are larger than a control transfer can be; %u are "
                 "used",
                 says, UB_CONTROL_MAX);
    } else if ((says & (says - 1)) != 0) {
        dfu_warn(link, "its block size of %u bytes is no power of two", says);
    }
    return UB_OK;
}

enum ub_code dfu_link_open(struct dfu_link *link, const struct ub_loader_port *port,
                           struct ub_error *err)
{
    memset(link, 0, sizeof(*link));
    link->port = *port;
    link->state = DFU_STATE_UNKNOWN;
    link->bState = DFU_STATE_UNKNOWN;
    link->arrived_bState = DFU_STATE_UNKNOWN;
    enum ub_code code = port->transport.ops->claim(port->transport.self, port->handle,
                                                   port->interface->number, err);
    if (code)
        return code;
    code = learn_functional(link, err);
    if (!code)
        code = settle_transfer_size(link, err);
    if (!code)
        dfu_take_habits(link, &port->habits);
    if (!code)
        code = dfu_arrive(link, false, err);
    return code;
}

/* After opening, setting 0 is in force (USB 2.0 section 9.1.1.5). */
static bool surely_in_force(const struct dfu_link *link, uint8_t alt)
{
    return !link->alt_known && link->port.interface->alt_count == 1 && alt == 0;
}

enum ub_code dfu_select_alt(struct dfu_link *link, uint8_t alt, bool *changed, struct ub_error *err)
{
    const struct ub_transport *transport = &link->port.transport;
    *changed = false;
    if ((link->alt_known && link->alt == alt) || surely_in_force(link, alt))
        return UB_OK;
    enum ub_code code = dfu_to_idle(link, err);
    if (code)
        return code;
    code = UB_USB_IO;
    for (unsigned i = 0; i <= ALT_RETRIES && (code == UB_USB_IO || code == UB_USB_TIMEOUT); i++) {
        link->transfers++;
        code = transport->ops->set_alt(transport->self, link->port.handle,
                                       link->port.interface->number, alt, err);
    }
    bool redundant = !link->alt_known && alt == 0;
    if (code == UB_USB_STALL && !redundant) {
        code = ub_wrap(err, UB_DFU_ALT, "the device refused alternate setting %u", alt);
        if (err)
            err->code = code;
        return code;
    }
    if (code && code != UB_USB_STALL)
        return ub_wrap(err, code, "while selecting alternate setting %u", alt);
    ub_error_clear(err);
    link->alt_known = true;
    link->alt = alt;
    *changed = true;
    return UB_OK;
}

static enum ub_code get_string(struct dfu_link *link, uint8_t index, uint16_t language,
                               uint8_t *bytes, uint16_t *actual, struct ub_error *err)
{
    const struct ub_setup setup = {.bmRequestType = FROM_DEVICE,
                                   .bRequest = GET_DESCRIPTOR,
                                   .wValue = (uint16_t)(TYPE_STRING << 8 | index),
                                   .wIndex = language,
                                   .wLength = STRING_LENGTH};
    *actual = 0;
    return get_descriptor(link, &setup, bytes, actual, err);
}

/* What of an answer is text: its own length may claim more than came (STM32F427). */
static struct ub_cursor string_body(const uint8_t *bytes, uint16_t actual)
{
    if (actual < 2 || bytes[1] != TYPE_STRING || bytes[0] < 2)
        return ub_cursor(NULL, 0);
    uint16_t length = bytes[0] < actual ? bytes[0] : actual;
    return ub_cursor(bytes + 2, length - 2u);
}

/* A name decides what a memory is: it is asked for again before it counts as missing. */
static enum ub_code get_string_patiently(struct dfu_link *link, uint8_t index, uint16_t language,
                                         uint8_t *bytes, uint16_t *actual, struct ub_error *err)
{
    enum ub_code code = UB_OK;
    for (unsigned i = 0; i < STRING_TRIES; i++) {
        code = get_string(link, index, language, bytes, actual, err);
        if (code == UB_USB_GONE || (!code && *actual >= 2))
            break;
    }
    return code;
}

enum ub_code dfu_read_string(struct dfu_link *link, uint8_t index, char to[DFU_STRING_BYTES],
                             struct ub_error *err)
{
    uint8_t bytes[STRING_LENGTH] = {0};
    uint16_t actual;
    to[0] = 0;
    if (index == 0)
        return UB_OK;
    if (link->language == 0) {
        link->language = LANGUAGE_ENGLISH;
        enum ub_code code = get_string_patiently(link, 0, 0, bytes, &actual, err);
        if (code == UB_USB_GONE)
            return code;
        struct ub_cursor languages = string_body(bytes, code ? 0 : actual);
        if (languages.left >= 2)
            link->language = ub_take_u16le(&languages);
    }
    enum ub_code code = get_string_patiently(link, index, link->language, bytes, &actual, err);
    if (code)
        return code;
    struct ub_cursor body = string_body(bytes, actual);
    if (actual >= 2 && bytes[0] > actual)
        dfu_warn(link, "string %u is shorter than it says", index);
    if (body.left)
        ub_print_utf16le(to, DFU_STRING_BYTES, body.at, body.left & ~(size_t)1);
    ub_error_clear(err);
    return UB_OK;
}

enum ub_code dfu_upload_to_run(struct dfu_link *link, uint16_t block, struct ub_error *err)
{
    uint8_t bytes[UB_CONTROL_MAX];
    uint16_t actual;
    enum ub_code code = dfu_to_upload(link, err);
    if (!code)
        code = dfu_upload(link, block, bytes, link->transfer_size, &actual, err);
    if (code == UB_USB_GONE)
        return code;
    ub_error_clear(err);
    return UB_OK;
}
