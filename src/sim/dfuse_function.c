/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ST's DfuSe extension as the ROM bootloaders have it (AN3156; AN2662 for the older parts). */
#include "sim/store.h"

#include "base/bytes.h"

#include <string.h>

#define COMMAND_SET_ADDRESS 0x21u
#define COMMAND_ERASE       0x41u
#define COMMAND_UNPROTECT   0x92u
#define COMMAND_LENGTH      5u /* a command with its address */
#define BLOCK_COMMAND       0u
#define BLOCK_DATA          2u
/* Setting the pointer is a store to RAM; only the interrupt that does it takes time. */
#define SET_ADDRESS_US 10u

static bool dfuse_accept(void *self, uint16_t number, const uint8_t *data, uint16_t length)
{
    (void)self;
    if (number >= BLOCK_DATA)
        return true;
    if (number != BLOCK_COMMAND)
        return false;
    switch (data[0]) {
    case COMMAND_SET_ADDRESS:
        return length == COMMAND_LENGTH;
    case COMMAND_ERASE:
        return length == COMMAND_LENGTH || length == 1;
    case COMMAND_UNPROTECT:
        return length == 1;
    default:
        return false;
    }
}

static void erase_sector(struct ub_sim_dfuse *dfuse, uint64_t address, struct ub_dfu_work *work)
{
    struct ub_sim_flash *view = ub_sim_store_view(dfuse->store);
    work->poll_ms = dfuse->store->dfu->polls.erase;
    if (dfuse->store->rdp)
        work->status = UB_FN_STATUS_VENDOR;
    else if (view->model->kind != UB_SIM_FLASH || !ub_sim_flash_has(view, address, 1))
        work->status = UB_FN_STATUS_TARGET;
    else {
        work->duration_us = ub_sim_store_erase(dfuse->store, address);
        dfuse->pointer = address;
    }
}

static void erase_all(struct ub_sim_dfuse *dfuse, struct ub_dfu_work *work)
{
    struct ub_sim_store *store = dfuse->store;
    work->poll_ms = store->dfu->polls.mass_erase;
    if (store->rdp)
        work->status = UB_FN_STATUS_VENDOR;
    else if (!store->silent && ub_all_bytes(store->wrp, sizeof(store->wrp), 0))
        work->duration_us = ub_sim_flash_erase_all(&store->flashes[0]);
    /* With a protected sector the chip refuses a mass erase, and the ROM does not say so. */
}

static void unprotect(struct ub_sim_dfuse *dfuse, struct ub_dfu_work *work)
{
    work->poll_ms = dfuse->store->dfu->polls.mass_erase;
    work->duration_us = ub_sim_flash_erase_all(&dfuse->store->flashes[0]);
    work->restarts = true;
    dfuse->store->rdp = false;
}

static void run_command(struct ub_sim_dfuse *dfuse, const uint8_t *data, uint16_t length,
                        struct ub_dfu_work *work)
{
    struct ub_cursor cursor = ub_cursor(data, length);
    uint8_t command = ub_take_u8(&cursor);
    uint64_t address = ub_take_u32le(&cursor);
    if (command == COMMAND_UNPROTECT) {
        unprotect(dfuse, work);
    } else if (command == COMMAND_ERASE && length == 1) {
        erase_all(dfuse, work);
    } else if (command == COMMAND_ERASE) {
        erase_sector(dfuse, address, work);
    } else {
        work->poll_ms = dfuse->store->dfu->polls.set_address;
        work->duration_us = SET_ADDRESS_US;
        if (ub_sim_flash_has(ub_sim_store_view(dfuse->store), address, 1))
            dfuse->pointer = address;
        else
            work->status = UB_FN_STATUS_TARGET;
    }
}

/* The address of data block `number` (AN3156 section 4.1): the pointer does not move by itself. */
static bool block_address(const struct ub_sim_dfuse *dfuse, uint16_t number, uint64_t *address)
{
    uint64_t offset = (uint64_t)(number - BLOCK_DATA) * dfuse->store->dfu->wTransferSize;
    return ub_add_u64(dfuse->pointer, offset, address);
}

static void dfuse_work(void *self, uint16_t number, const uint8_t *data, uint16_t length,
                       struct ub_dfu_work *work)
{
    struct ub_sim_dfuse *dfuse = self;
    uint64_t address = 0;
    work->forever = ub_sim_store_sticks(dfuse->store);
    work->status = UB_FN_STATUS_OK;
    if (number == BLOCK_COMMAND) {
        run_command(dfuse, data, length, work);
        return;
    }
    work->poll_ms = dfuse->store->dfu->polls.write;
    if (dfuse->store->rdp)
        work->status = UB_FN_STATUS_VENDOR;
    else if (!block_address(dfuse, number, &address) ||
             !ub_sim_flash_has(ub_sim_store_view(dfuse->store), address, length))
        work->status = UB_FN_STATUS_TARGET;
    else
        work->duration_us = ub_sim_store_program(dfuse->store, address, data, length);
}

static uint8_t get_commands(uint8_t *data, uint16_t want, uint16_t *got, bool *ends)
{
    static const uint8_t commands[] = {0x00, COMMAND_SET_ADDRESS, COMMAND_ERASE, COMMAND_UNPROTECT};
    *got = want < sizeof(commands) ? want : (uint16_t)sizeof(commands);
    memcpy(data, commands, *got);
    *ends = true;
    return UB_FN_STATUS_OK;
}

static uint8_t dfuse_upload(void *self, uint16_t number, uint8_t *data, uint16_t want,
                            uint16_t *got, bool *ends)
{
    struct ub_sim_dfuse *dfuse = self;
    const struct ub_sim_flash *view = ub_sim_store_view(dfuse->store);
    uint64_t address = 0;
    if (number == BLOCK_COMMAND)
        return get_commands(data, want, got, ends);
    if (number < BLOCK_DATA)
        return UB_FN_STATUS_STALLEDPKT;
    if (dfuse->store->rdp)
        return UB_FN_STATUS_VENDOR;
    if (!block_address(dfuse, number, &address) || !ub_sim_flash_has(view, address, 1))
        return UB_FN_STATUS_TARGET;
    uint64_t left = view->size - (address - view->model->base);
    *got = left < want ? (uint16_t)left : want;
    memcpy(data, ub_sim_flash_at(view, address), *got);
    return UB_FN_STATUS_OK;
}

static bool dfuse_end(void *self, bool idle)
{
    (void)self;
    (void)idle;
    return true; /* "leave DFU mode", from dfuIDLE too (AN3156 section 5.5) */
}

static void dfuse_forget(void *self)
{
    (void)self; /* the address pointer outlives aborts and errors */
}

const struct ub_dfu_media_ops ub_sim_dfuse_ops = {
    .accept = dfuse_accept,
    .work = dfuse_work,
    .upload = dfuse_upload,
    .end = dfuse_end,
    .forget = dfuse_forget,
};
