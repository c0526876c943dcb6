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
/* Setting the pointer is a store to RAM, done in the interrupt behind the answer: before any other
 * request is looked at. The least that can be claimed for it is this. */
#define SET_ADDRESS_MS 1u

static bool dfuse_accept(void *self, uint16_t number, const uint8_t *data, uint16_t length)
{
    struct ub_sim_dfuse *dfuse = self;
    if (number >= BLOCK_DATA)
        return !ub_sim_store_balks(dfuse->store);
    if (number != BLOCK_COMMAND)
        return false;
    switch (data[0]) {
    case COMMAND_SET_ADDRESS:
        return length == COMMAND_LENGTH;
    case COMMAND_ERASE:
        return length == COMMAND_LENGTH || (length == 1 && !dfuse->store->dfu->no_mass_erase);
    case COMMAND_UNPROTECT:
        return length == 1;
    default:
        return false;
    }
}

/* Is `address` in the upper half of the program memory, whose erase this model gets wrong? */
static bool in_bad_bank(const struct ub_sim_dfuse *dfuse, uint64_t address)
{
    const struct ub_sim_store *store = dfuse->store;
    return store->dfu->bank2 != UB_SIM_BANK2_WELL && store->alt == 0 &&
           address - store->flashes[0].model->base >= store->flashes[0].size / 2;
}

/* The chip erases, the ROM does not notice: what comes of it is seen at DFU_CLRSTATUS. */
static void erase_in_bad_bank(struct ub_sim_dfuse *dfuse, uint64_t address,
                              struct ub_dfu_work *work)
{
    work->forever = true;
    work->duration_us = ub_sim_flash_erase_us(&dfuse->store->flashes[0], address);
    dfuse->erases = dfuse->store->dfu->bank2 == UB_SIM_BANK2_STUCK;
    dfuse->erasing = address;
}

static void erase_sector(struct ub_sim_dfuse *dfuse, uint64_t address, struct ub_dfu_work *work)
{
    struct ub_sim_flash *view = ub_sim_store_view(dfuse->store);
    work->poll_ms = dfuse->store->dfu->polls.erase;
    work->on_flash = true;
    if (dfuse->store->rdp)
        work->status = UB_FN_STATUS_VENDOR;
    else if (view->model->kind != UB_SIM_FLASH || !ub_sim_flash_has(view, address, 1) ||
             ub_sim_store_own(dfuse->store, address, 1))
        work->status = UB_FN_STATUS_TARGET;
    else {
        dfuse->pointer = address;
        if (in_bad_bank(dfuse, address))
            erase_in_bad_bank(dfuse, address, work);
        else
            work->duration_us = ub_sim_store_erase(dfuse->store, address);
    }
}

static void erase_all(struct ub_sim_dfuse *dfuse, struct ub_dfu_work *work)
{
    struct ub_sim_store *store = dfuse->store;
    work->poll_ms = store->dfu->polls.mass_erase;
    work->on_flash = true;
    if (store->rdp)
        work->status = UB_FN_STATUS_VENDOR;
    else if (!store->silent && ub_all_bytes(store->wrp, sizeof(store->wrp), 0))
        work->duration_us = ub_sim_flash_erase_all(&store->flashes[0]);
    /* With a protected sector the chip refuses a mass erase, and the ROM does not say so. */
}

static void unprotect(struct ub_sim_dfuse *dfuse, struct ub_dfu_work *work)
{
    work->poll_ms = dfuse->store->dfu->polls.mass_erase;
    work->on_flash = true;
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
        uint32_t claimed = dfuse->store->dfu->polls.set_address;
        work->poll_ms = claimed == UB_SIM_POLL_TRUE ? SET_ADDRESS_MS : claimed;
        work->at_once = dfuse->store->dfu->set_address_at_once;
        if (ub_sim_flash_has(ub_sim_store_view(dfuse->store), address, 1))
            dfuse->pointer = address;
        else
            work->status = UB_FN_STATUS_TARGET;
    }
}

/*
 * The address of data block `number` (AN3156 section 4.1): the pointer does not move by itself.
 * AN2662 section 4.4.1 calls the multiplier "the length of the requested data buffer", and some
 * loaders take that by the letter.
 */
static bool block_address(const struct ub_sim_dfuse *dfuse, uint16_t number, uint16_t length,
                          uint64_t *address)
{
    const struct ub_sim_dfu *dfu = dfuse->store->dfu;
    uint64_t step = dfu->multiplies_wlength ? length : dfu->wTransferSize;
    return ub_add_u64(dfuse->pointer, (uint64_t)(number - BLOCK_DATA) * step, address);
}

static void write_block(struct ub_sim_dfuse *dfuse, uint16_t number, const uint8_t *data,
                        uint16_t length, struct ub_dfu_work *work)
{
    struct ub_sim_store *store = dfuse->store;
    const struct ub_sim_flash *view = ub_sim_store_view(store);
    uint64_t address = 0;
    work->poll_ms = store->dfu->polls.write;
    work->on_flash = true;
    if (store->rdp)
        work->status = UB_FN_STATUS_VENDOR;
    else if (!block_address(dfuse, number, length, &address) ||
             !ub_sim_flash_has(view, address, length) || ub_sim_store_own(store, address, length))
        work->status = UB_FN_STATUS_TARGET;
    else {
        work->duration_us = ub_sim_store_program(store, address, data, length);
        work->restarts = view->model->launches;
    }
}

static void dfuse_work(void *self, uint16_t number, const uint8_t *data, uint16_t length,
                       struct ub_dfu_work *work)
{
    struct ub_sim_dfuse *dfuse = self;
    bool sticks = ub_sim_store_sticks(dfuse->store);
    work->status = UB_FN_STATUS_OK;
    dfuse->erases = false;
    if (number == BLOCK_COMMAND)
        run_command(dfuse, data, length, work);
    else
        write_block(dfuse, number, data, length, work);
    work->forever |= sticks;
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
    if (!block_address(dfuse, number, want, &address) || !ub_sim_flash_has(view, address, 1))
        return UB_FN_STATUS_TARGET;
    size_t left = ub_sim_flash_left(view, address);
    *got = left < want ? (uint16_t)left : want;
    /* The core takes a bus fault or an NMI when it reads two wrong bits (RM0433 section 4.7.9,
     * RM0351 section 3.3.2). No record of what ST's ROMs make of it was found: a ROM that does not
     * die of it can only refuse, without a status that means this. */
    if (ub_sim_flash_poisoned(view, address, *got))
        return UB_FN_STATUS_UNKNOWN;
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

static void dfuse_freed(void *self, bool over)
{
    struct ub_sim_dfuse *dfuse = self;
    if (over && dfuse->erases)
        (void)ub_sim_store_erase(dfuse->store, dfuse->erasing);
    dfuse->erases = false;
}

static bool dfuse_stays(const void *self)
{
    const struct ub_sim_dfuse *dfuse = self;
    uint64_t pointer = dfuse->store->dfu->leave_pointer;
    return pointer && dfuse->pointer != pointer;
}

const struct ub_dfu_media_ops ub_sim_dfuse_ops = {
    .accept = dfuse_accept,
    .work = dfuse_work,
    .upload = dfuse_upload,
    .end = dfuse_end,
    .forget = dfuse_forget,
    .freed = dfuse_freed,
    .stays = dfuse_stays,
};
