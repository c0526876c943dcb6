/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plain DFU 1.0 and 1.1: the memory is one stream, written from its start, sector by sector. */
#include "sim/store.h"

#include "base/bytes.h"

#include <string.h>

#define PREFIX_LENGTH 16u
#define PREFIX_UNIT   512u

/* Begins a download where block `number` belongs. */
static void begin(struct ub_sim_plain *plain, uint16_t number)
{
    bool placed = plain->store->dfu->whole_blocks;
    plain->next = placed ? number : 0;
    plain->written = placed ? (uint64_t)number * plain->store->dfu->wTransferSize : 0;
    plain->erased = plain->written;
    plain->last_length = 0;
    plain->announced = 0;
}

static bool plain_accept(void *self, uint16_t number, const uint8_t *data, uint16_t length)
{
    struct ub_sim_plain *plain = self;
    const struct ub_sim_dfu *dfu = plain->store->dfu;
    (void)data;
    uint64_t address = plain->store->flashes[0].model->base + (uint64_t)number * dfu->wTransferSize;
    if (dfu->whole_blocks &&
        (length != dfu->wTransferSize || ub_sim_store_own(plain->store, address, length)))
        return false;
    if (!plain->begun || (dfu->whole_blocks && number != plain->next))
        begin(plain, number);
    /* The number expected, or the block sent last once more; it wraps after 65535. */
    bool again = plain->begun && number == (uint16_t)(plain->next - 1);
    if (number != plain->next && !again)
        return false;
    plain->begun = true;
    return true;
}

/* Erases what the next `length` bytes of the stream need and is not erased yet. */
static uint64_t make_room(struct ub_sim_plain *plain, uint64_t end)
{
    const struct ub_sim_flash *view = ub_sim_store_view(plain->store);
    uint64_t us = 0;
    while (plain->erased < end) {
        uint32_t number = 0;
        uint32_t size = 0;
        uint64_t start = 0;
        uint64_t at = view->model->base + plain->erased;
        if (!ub_sim_flash_sector(view, at, &number, &start, &size))
            break;
        us += ub_sim_store_erase(plain->store, at);
        plain->erased += size;
    }
    return us;
}

/*
 * The prefix that NXP's LPC18xx and LPC43xx ROMs ask for (UM10503, "DFU boot image header"; the
 * bytes as in hackrf_one_usb.dfu: da ff, then the number of 512-byte blocks, then ff): the low six
 * bits of the first two bytes are 1a and 3f.
 */
static bool read_prefix(struct ub_sim_plain *plain, const uint8_t *data, uint16_t length)
{
    struct ub_cursor cursor = ub_cursor(data, length);
    uint8_t kind = ub_take_u8(&cursor);
    uint8_t hash = ub_take_u8(&cursor);
    plain->announced = (uint64_t)ub_take_u16le(&cursor) * PREFIX_UNIT;
    (void)ub_take_bytes(&cursor, PREFIX_LENGTH - 4);
    return !cursor.failed && (kind & 0x3fu) == 0x1a && (hash & 0x3fu) == 0x3f &&
           plain->announced != 0;
}

/* Takes the prefix off the first block. False: it is not there, or there is more than it says. */
static bool prefix_allows(struct ub_sim_plain *plain, const uint8_t **data, uint16_t *length)
{
    if (!plain->store->dfu->checks_prefix)
        return true;
    if (plain->written == 0 && plain->announced == 0) {
        if (!read_prefix(plain, *data, *length))
            return false;
        *data += PREFIX_LENGTH;
        *length = (uint16_t)(*length - PREFIX_LENGTH);
    }
    return plain->written + *length <= plain->announced;
}

/* Erases the sector that the block begins, if it begins one. */
static uint64_t make_room_at(struct ub_sim_plain *plain, uint64_t address)
{
    const struct ub_sim_flash *view = ub_sim_store_view(plain->store);
    uint32_t number = 0;
    uint32_t size = 0;
    uint64_t start = 0;
    if (!ub_sim_flash_sector(view, address, &number, &start, &size) || start != address)
        return 0;
    return ub_sim_store_erase(plain->store, address);
}

static void plain_work(void *self, uint16_t number, const uint8_t *data, uint16_t length,
                       struct ub_dfu_work *work)
{
    struct ub_sim_plain *plain = self;
    struct ub_sim_flash *view = ub_sim_store_view(plain->store);
    work->forever = ub_sim_store_sticks(plain->store);
    work->poll_ms = plain->store->dfu->polls.write;
    work->status = UB_FN_STATUS_OK;
    plain->used = true;
    if (number != plain->next)
        return; /* the last block once more: it is there already */
    if (!prefix_allows(plain, &data, &length)) {
        work->status = UB_FN_STATUS_FILE;
        return;
    }
    uint64_t address = view->model->base + plain->written;
    if (plain->store->rdp)
        work->status = UB_FN_STATUS_VENDOR;
    else if (!ub_sim_flash_has(view, address, length))
        work->status = UB_FN_STATUS_ADDRESS;
    if (work->status != UB_FN_STATUS_OK)
        return;
    plain->broken = true;
    work->on_flash = true;
    work->duration_us = plain->store->dfu->whole_blocks ? make_room_at(plain, address)
                                                        : make_room(plain, plain->written + length);
    work->duration_us += ub_sim_store_program(plain->store, address, data, length);
    plain->written += length;
    plain->next++;
}

/* What a device sends whose uploads are not what it holds. */
static void fill_rubbish(uint64_t offset, uint8_t *data, size_t length)
{
    for (size_t i = 0; i < length; i++)
        data[i] = (uint8_t)((offset + i) * 167u + 13u);
}

static uint8_t plain_upload(void *self, uint16_t number, uint8_t *data, uint16_t want,
                            uint16_t *got, bool *ends)
{
    struct ub_sim_plain *plain = self;
    const struct ub_sim_dfu *dfu = plain->store->dfu;
    const struct ub_sim_flash *view = ub_sim_store_view(plain->store);
    plain->used = true;
    if (plain->store->rdp)
        return UB_FN_STATUS_VENDOR;
    /* Most devices go on where they were, whatever the number. */
    uint64_t offset = dfu->whole_blocks ? (uint64_t)number * dfu->wTransferSize : plain->read;
    if (dfu->whole_blocks && (want != dfu->wTransferSize || offset + want > view->size))
        return UB_FN_STATUS_ADDRESS;
    uint64_t left = offset < view->size ? view->size - offset : 0;
    *got = left < want && !dfu->endless ? (uint16_t)left : want;
    size_t known = left < *got ? (size_t)left : *got;
    memset(data, view->model->erased, *got);
    if (known)
        memcpy(data, view->bytes + offset, known);
    if (dfu->upload_rubbish)
        fill_rubbish(offset, data, *got);
    plain->read += *got;
    *ends = dfu->whole_blocks; /* the Ubertooth is back in dfuIDLE after each block */
    return UB_FN_STATUS_OK;
}

static bool plain_end(void *self, bool idle)
{
    struct ub_sim_plain *plain = self;
    if (idle)
        return false; /* DFU 1.1 appendix A.2.3: nothing was downloaded */
    plain->broken = false;
    return true;
}

static void plain_forget(void *self)
{
    struct ub_sim_plain *plain = self;
    plain->begun = false;
    plain->read = 0;
}

const struct ub_dfu_media_ops ub_sim_plain_ops = {
    .accept = plain_accept,
    .work = plain_work,
    .upload = plain_upload,
    .end = plain_end,
    .forget = plain_forget,
};
