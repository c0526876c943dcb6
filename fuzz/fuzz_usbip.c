/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A USB/IP client that says anything, to a device of the bench. The first byte chooses device and
 * phase; after that each chunk has a length byte, and a byte of time that passes before it.
 */
#include "sim/usbip.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TICK_US 5000u

static const char *const specs[] = {
    "stm32f405",
    "dfu,mode=runtime",
    "dfu-wdetach",
    "stm32f405,rdp,stuck=3,fault=timeout@4,fault=corrupt@2,leave=mute,short=2",
};
#define SPEC_COUNT (sizeof(specs) / sizeof(specs[0]))

static void talk(struct ub_sim_device *device, bool urbs, const uint8_t *data, size_t size)
{
    struct ub_usbip conn;
    uint64_t now = 0;
    if (ub_usbip_open(&conn, device, "1-1", urbs, NULL) != UB_OK)
        return;
    while (size >= 2 && !conn.finished && !ub_usbip_gone(&conn)) {
        size_t length = data[0];
        now += (uint64_t)data[1] * TICK_US;
        data += 2;
        size -= 2;
        length = length < size ? length : size;
        ub_usbip_feed(&conn, data, length, now);
        data += length;
        size -= length;
        ub_usbip_sent(&conn, conn.out_length / 2);
        (void)ub_usbip_next(&conn, now);
    }
    ub_usbip_close(&conn);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ub_sim_spec spec;
    struct ub_sim_device *device = NULL;
    if (size < 1)
        return 0;
    if (ub_sim_spec_parse(specs[data[0] % SPEC_COUNT], &spec, NULL) != UB_OK)
        __builtin_trap();
    if (ub_sim_device_open(&spec, &device, NULL) != UB_OK)
        return 0;
    ub_sim_device_advance(device, 0);
    /* Most inputs find the device configured, so that they reach its function. */
    device->configuration = (data[0] & 0x40) ? 0 : 1;
    talk(device, !(data[0] & 0x80), data + 1, size - 1);
    ub_sim_device_close(device);
    return 0;
}
