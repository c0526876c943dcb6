/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Functional descriptors from a stranger, as they are found in a configuration and as they are
 * asked for: [bytes in the configuration's place] [a descriptor] behind an interface of DFU mode.
 * What the loader makes of one must be blocks that a control transfer can carry.
 */
#include "base/error.h"
#include "loader/dfu_link.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CONFIG_MAX      512u
#define GET_DESCRIPTOR  6u
#define TYPE_FUNCTIONAL 0x21u
#define LEAST_BLOCK     8u

/** A device that answers the question for its functional descriptor, and is in dfuIDLE. */
struct stranger {
    const uint8_t *answer;
    size_t length;
    struct ub_virtual_time time;
};

static void must(bool holds)
{
    if (!holds)
        abort();
}

static enum ub_code claim(void *self, struct ub_usb_handle *handle, uint8_t interface,
                          struct ub_error *err)
{
    (void)self;
    (void)handle;
    (void)interface;
    ub_error_clear(err);
    return UB_OK;
}

static enum ub_code control(void *self, struct ub_usb_handle *handle, const struct ub_setup *setup,
                            uint8_t *data, uint32_t timeout_ms, uint16_t *actual,
                            struct ub_error *err)
{
    static const uint8_t idle[6] = {0, 0, 0, 0, 2, 0};
    const struct stranger *stranger = self;
    (void)handle;
    (void)timeout_ms;
    bool asks = setup->bRequest == GET_DESCRIPTOR && setup->wValue >> 8 == TYPE_FUNCTIONAL;
    const uint8_t *bytes = asks ? stranger->answer : idle;
    size_t length = asks ? stranger->length : sizeof(idle);
    *actual = (uint16_t)(length < setup->wLength ? length : setup->wLength);
    if (*actual)
        memcpy(data, bytes, *actual);
    if (asks && length == 0)
        return ub_fail(err, UB_USB_STALL, "it has none");
    return UB_OK;
}

static void check_parser(const uint8_t *data, size_t size)
{
    struct ub_dfu_functional functional;
    if (!ub_dfu_functional_parse(data, size, &functional))
        return;
    must(functional.present && size >= 7 && data[0] >= 7 && data[1] == TYPE_FUNCTIONAL);
    must(functional.bmAttributes == data[2]);
    must(functional.wTransferSize == (data[5] | data[6] << 8));
    must(functional.bcdDFUVersion == (data[0] >= 9 && size >= 9 ? data[7] | data[8] << 8 : 0x0100));
}

static void check_loader(struct stranger *stranger, const struct ub_dfu_interface *interface)
{
    static const struct ub_transport_ops ops = {.name = "fuzz", .claim = claim, .control = control};
    struct ub_env env = {.clock = ub_clock_virtual(&stranger->time)};
    struct ub_usb_info info = {.port = "1-1"};
    const struct ub_loader_port port = {.env = &env,
                                        .transport = {.ops = &ops, .self = stranger},
                                        .info = &info,
                                        .interface = interface,
                                        .habits = {.poll_max_ms = 1000}};
    static struct dfu_link link;
    struct ub_error err = {0};
    enum ub_code code = dfu_link_open(&link, &port, &err);
    if (code) {
        must(code == UB_DFU_TRANSFER_SIZE && err.code == code && err.message[0]);
        return;
    }
    must(link.transfer_size >= LEAST_BLOCK && link.transfer_size <= UB_CONTROL_MAX);
    must(link.transfer_size <= link.functional.wTransferSize);
    must(link.warning_count <= DFU_WARNINGS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t head[] = {9, 2, 0, 0, 1, 1, 0, 0x80, 50, 9, 4, 0, 0, 0, 0xfe, 1, 2, 4};
    uint8_t config[sizeof(head) + CONFIG_MAX];
    struct stranger stranger = {0};
    struct ub_dfu_interface interface;
    size_t inside = size ? data[0] : 0;
    if (size == 0)
        return 0;
    inside = inside < size - 1 ? inside : size - 1;
    memcpy(config, head, sizeof(head));
    memcpy(config + sizeof(head), data + 1, inside);
    stranger.answer = data + 1 + inside;
    stranger.length = size - 1 - inside;
    check_parser(data + 1, inside);
    check_parser(stranger.answer, stranger.length);
    if (!ub_dfu_interface_find(config, sizeof(head) + inside, &interface))
        abort(); /* what follows an interface cannot hide it */
    if (interface.mode == UB_MODE_DFU)
        check_loader(&stranger, &interface);
    return 0;
}
