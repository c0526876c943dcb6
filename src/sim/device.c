/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a virtual device is made, and how it comes and goes. Its requests: requests.c. */
#include "sim/device.h"

#include "base/error.h"
#include "base/file.h"

#include <stdlib.h>
#include <string.h>

#define SCRATCH_LENGTH  ((size_t)UINT16_MAX + 1)
#define ARRIVAL_BUSY_US 1000000u /* how long a device met in dfuDNBUSY stays so */
#define FLOOD_HALF_US   25000u   /* flood=: there as long as not there, 50 ms in all */

static enum ub_code load_content(struct ub_sim_device *device, struct ub_error *err)
{
    const char *path = device->spec.content;
    struct ub_sim_flash *flash = &device->store.flashes[0];
    if (!path || !flash->fresh) /* what it holds at first, not each time it is met again */
        return UB_OK;
    uint8_t *bytes = NULL;
    size_t length = 0;
    enum ub_code code = ub_file_read(path, flash->size, &bytes, &length, err);
    if (code == UB_SYS_MEMORY)
        return code;
    if (code)
        return ub_fail(err, UB_SIM_SPEC,
                       "content=%s cannot be used: it must be a file of at most %zu bytes", path,
                       flash->size);
    memset(flash->bytes, flash->model->erased, flash->size);
    memcpy(flash->bytes, bytes, length);
    free(bytes);
    return UB_OK;
}

static enum ub_code open_store(struct ub_sim_device *device, struct ub_error *err)
{
    const struct ub_sim_chip *chip = device->spec.chip;
    struct ub_sim_store *store = &device->store;
    for (size_t i = 0; i < chip->memory_count; i++) {
        const char *state = i == 0 ? device->spec.state : NULL;
        enum ub_code code = ub_sim_flash_open(&store->flashes[i], &chip->memories[i], state, err);
        if (code)
            return code;
        store->flashes[i].slow = device->spec.dfu.slow;
        store->count++;
    }
    store->dfu = &device->spec.dfu;
    store->rdp = device->spec.rdp;
    store->silent = device->spec.silent;
    store->drop = device->spec.drop;
    store->stuck = device->spec.stuck;
    memcpy(store->wrp, device->spec.wrp, sizeof(store->wrp));
    return load_content(device, err);
}

static enum ub_code open_function(struct ub_sim_device *device, struct ub_error *err)
{
    device->dfuse.store = &device->store;
    device->plain.store = &device->store;
    bool dfuse = device->spec.dfu.dfuse;
    return ub_dfu_fn_open(&device->fn, &device->spec.dfu,
                          dfuse ? &ub_sim_dfuse_ops : &ub_sim_plain_ops,
                          dfuse ? (void *)&device->dfuse : (void *)&device->plain, err);
}

static void free_device(struct ub_sim_device *device)
{
    for (size_t i = 0; i < device->store.count; i++)
        ub_sim_flash_close(&device->store.flashes[i]);
    ub_dfu_fn_close(&device->fn);
    free(device->scratch);
    ub_sim_spec_free(&device->spec);
    free(device);
}

enum ub_code ub_sim_device_open(struct ub_sim_spec *spec, struct ub_sim_device **out,
                                struct ub_error *err)
{
    struct ub_sim_device *device = calloc(1, sizeof(*device));
    if (!device) {
        ub_sim_spec_free(spec);
        return ub_fail_memory(err);
    }
    device->spec = *spec;
    *spec = (struct ub_sim_spec){0};
    device->clock = ub_clock_real();
    device->arrive_mode = device->spec.mode;
    device->random = device->spec.seed;
    device->reenumerations = device->spec.hostile.reenumerates;
    device->vanish_at_us = UB_SIM_NEVER;
    ub_sim_misread_serial(device->spec.serial, device->misread_serial,
                          sizeof(device->misread_serial));
    device->scratch = malloc(SCRATCH_LENGTH);
    enum ub_code code = device->scratch ? UB_OK : ub_fail_memory(err);
    if (!code)
        code = open_store(device, err);
    if (!code)
        code = open_function(device, err);
    /* Now, so that a file that cannot be written is found before the work and not behind it. */
    if (!code && device->spec.report)
        code = ub_sim_report_write(device, err);
    if (code) {
        free_device(device);
        return code;
    }
    *out = device;
    return UB_OK;
}

void ub_sim_device_close(struct ub_sim_device *device)
{
    if (!device)
        return;
    if (device->spec.report)
        (void)ub_sim_report_write(device, NULL); /* it could be written before */
    free_device(device);
}

/* Is there a firmware that would run? */
static bool firmware_good(const struct ub_sim_device *device)
{
    const struct ub_sim_flash *flash = &device->store.flashes[0];
    if (device->spec.chip->runs)
        return device->spec.chip->runs(flash->bytes, flash->size);
    return !device->plain.broken && !ub_sim_flash_blank(flash);
}

static void depart(struct ub_sim_device *device, uint64_t at_us, enum ub_dfu_wish wish)
{
    const struct ub_sim_dfu *dfu = &device->spec.dfu;
    device->present = false;
    device->fn.wish = UB_FN_WISH_NONE;
    device->fn.wish_at_us = UB_SIM_NEVER;
    device->vanish_at_us = UB_SIM_NEVER;
    device->arrive_mode = UB_MODE_DFU;
    device->arrive_at_us = at_us + dfu->enter_us;
    if (wish != UB_FN_WISH_RUN)
        return;
    if (firmware_good(device)) {
        device->arrive_mode = UB_MODE_RUNTIME;
        device->arrive_at_us = at_us + dfu->return_us;
    } else if (device->spec.chip->runs) {
        /* A ROM jumps all the same, and nothing is ever seen of it on the bus. */
        device->arrive_at_us = UB_SIM_NEVER;
    }
}

/* Leaves for no reason, to be back in a moment. */
static void flicker(struct ub_sim_device *device, uint64_t at_us)
{
    enum ub_mode mode = device->mode;
    depart(device, at_us, UB_FN_WISH_RESTART);
    device->reenumerations--;
    device->arrive_mode = mode;
    device->arrive_at_us = at_us + FLOOD_HALF_US;
}

static void start_function(struct ub_sim_device *device, uint64_t now_us)
{
    const struct ub_sim_spec *spec = &device->spec;
    uint8_t state = spec->dfu.first_state;
    uint8_t status = spec->dfu.first_status;
    if (device->mode == UB_MODE_RUNTIME) {
        state = UB_FN_APP_IDLE;
        status = UB_FN_STATUS_OK;
    } else if (spec->has_arrive && !device->met) {
        state = spec->arrive;
        status = state == UB_FN_ERROR ? UB_FN_STATUS_STALLEDPKT : UB_FN_STATUS_OK;
    } else if (device->plain.broken) {
        state = UB_FN_ERROR;
        status = UB_FN_STATUS_FIRMWARE;
    }
    ub_dfu_fn_start(&device->fn, state, status);
    if (state == UB_FN_DNBUSY || state == UB_FN_MANIFEST)
        device->fn.busy_until_us = now_us + ARRIVAL_BUSY_US;
}

static void arrive(struct ub_sim_device *device, uint64_t now_us)
{
    device->present = true;
    device->generation++;
    device->mode = device->arrive_mode;
    device->arrive_at_us = UB_SIM_NEVER;
    device->configuration = device->configures ? 1 : 0;
    device->store.alt = 0;
    device->dfuse.pointer = device->store.flashes[0].model->base;
    device->mute = false;
    device->leaves = false;
    device->plain.used = false;
    device->vanish_at_us = device->reenumerations ? now_us + FLOOD_HALF_US : UB_SIM_NEVER;
    start_function(device, now_us);
    device->met = true;
}

void ub_sim_device_advance(struct ub_sim_device *device, uint64_t now_us)
{
    for (;;) {
        if (device->present) {
            ub_dfu_fn_advance(&device->fn, now_us);
            uint64_t vanish = device->vanish_at_us;
            if (device->fn.wish_at_us <= now_us && device->fn.wish_at_us <= vanish)
                depart(device, device->fn.wish_at_us, device->fn.wish);
            else if (vanish <= now_us)
                flicker(device, vanish);
            else
                return;
        } else {
            if (device->arrive_at_us > now_us)
                return;
            arrive(device, device->arrive_at_us);
        }
    }
}

uint64_t ub_sim_device_next_event(const struct ub_sim_device *device)
{
    if (!device->present)
        return device->arrive_at_us;
    return device->fn.wish_at_us < device->vanish_at_us ? device->fn.wish_at_us
                                                        : device->vanish_at_us;
}

uint64_t ub_sim_device_ready_at(const struct ub_sim_device *device, uint64_t now_us)
{
    return ub_dfu_fn_ready_at(&device->fn, now_us);
}

void ub_sim_device_bus_reset(struct ub_sim_device *device, uint64_t now_us)
{
    ub_sim_device_advance(device, now_us);
    if (!device->present)
        return;
    bool configured = device->configuration != 0;
    device->configuration = device->configures ? 1 : 0;
    device->store.alt = 0;
    device->dfuse.pointer = device->store.flashes[0].model->base;
    device->mute = false;
    if (device->spec.dfu.manifest_fragile && device->fn.state == UB_FN_MANIFEST)
        device->plain.broken = true;
    /* The resets of an enumeration do not count: they would throw a device out of DFU mode that
     * has just come into it. */
    bool heeds = !device->spec.dfu.upload_to_run || device->plain.used;
    if (configured && heeds)
        ub_dfu_fn_bus_reset(&device->fn, now_us, firmware_good(device));
    ub_sim_device_advance(device, now_us);
}

void ub_sim_device_unplug(struct ub_sim_device *device)
{
    device->present = false;
    device->arrive_at_us = UB_SIM_NEVER;
    device->fn.wish = UB_FN_WISH_NONE;
    device->fn.wish_at_us = UB_SIM_NEVER;
    device->vanish_at_us = UB_SIM_NEVER;
}

void ub_sim_device_plug(struct ub_sim_device *device, enum ub_mode mode)
{
    uint64_t now_us = ub_now(&device->clock);
    ub_sim_device_unplug(device);
    device->arrive_mode = mode;
    device->arrive_at_us = now_us;
    ub_sim_device_advance(device, now_us);
}

void ub_sim_device_counts(const struct ub_sim_device *device, struct ub_sim_counts *out)
{
    *out = (struct ub_sim_counts){.transfers = device->transfers,
                                  .opens = device->opens,
                                  .wire_us = device->wire_us,
                                  .early = device->fn.early};
    for (size_t i = 0; i < device->store.count; i++) {
        const struct ub_sim_flash *flash = &device->store.flashes[i];
        out->erases += flash->erases;
        out->programs += flash->programs;
        out->bit_violations += flash->violations;
        out->poisoned += flash->poisoned;
        out->busy_us += flash->busy_us;
    }
}

uint8_t *ub_sim_device_memory(struct ub_sim_device *device, uint64_t address, size_t length)
{
    for (size_t i = 0; i < device->store.count; i++)
        if (ub_sim_flash_has(&device->store.flashes[i], address, length))
            return ub_sim_flash_at(&device->store.flashes[i], address);
    return NULL;
}
