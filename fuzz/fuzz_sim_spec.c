/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Descriptions of virtual devices: whatever is accepted must give a device that can be talked to.
 */
#include "sim/device.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(struct ub_sim_device *device, uint8_t type, uint8_t request, uint16_t value,
                uint16_t length, uint64_t *now)
{
    uint8_t data[256] = {0x21, 0, 0, 0, 8};
    struct ub_sim_reply reply;
    const struct ub_setup setup = {type, request, value, ub_sim_device_dfu_interface(device),
                                   length};
    uint64_t ready = ub_sim_device_ready_at(device, *now);
    ub_sim_device_control(device, ready, &setup, data, &reply);
    if (reply.length > length || reply.complete_at_us < ready)
        __builtin_trap();
    *now = reply.complete_at_us;
}

static void talk(struct ub_sim_device *device)
{
    uint64_t now = 0;
    ub_sim_device_advance(device, now);
    device->configuration = 1;
    for (uint16_t string = 0x0300; string < 0x030a; string++)
        ask(device, 0x80, 6, string, 255, &now);
    ask(device, 0x80, 6, 0x0200, 255, &now);
    ask(device, 0x81, 6, 0x2100, 9, &now);
    ask(device, 0x01, 11, 0, 0, &now);
    ask(device, 0xa1, 3, 0, 6, &now);
    ask(device, 0x21, 4, 0, 0, &now);
    ask(device, 0x21, 1, 0, 5, &now);
    ask(device, 0xa1, 3, 0, 6, &now);
    ask(device, 0xa1, 3, 0, 6, &now);
    ask(device, 0x21, 6, 0, 0, &now);
    ask(device, 0xa1, 2, 2, 64, &now);
    ask(device, 0xa1, 2, 3, 64, &now);
    ask(device, 0x21, 6, 0, 0, &now);
    ask(device, 0x21, 1, 0, 16, &now);
    ask(device, 0xa1, 3, 0, 6, &now);
    ask(device, 0xa1, 3, 0, 6, &now);
    ask(device, 0x21, 1, 1, 0, &now);
    ask(device, 0xa1, 3, 0, 6, &now);
    ub_sim_device_bus_reset(device, now);
    ub_sim_device_advance(device, now + 10000000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ub_sim_spec spec;
    struct ub_sim_device *device = NULL;
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    if (size)
        memcpy(text, data, size);
    text[size] = '\0';
    enum ub_code code = ub_sim_spec_parse(text, &spec, NULL);
    free(text);
    if (code)
        return 0;
    /* No files: a fuzzer must not write where a description says. */
    free(spec.state);
    free(spec.content);
    free(spec.report);
    spec.state = NULL;
    spec.content = NULL;
    spec.report = NULL;
    if (ub_sim_device_open(&spec, &device, NULL) != UB_OK)
        return 0;
    talk(device);
    ub_sim_device_close(device);
    return 0;
}
