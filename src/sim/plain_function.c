/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plain DFU 1.0 and 1.1: the memory is one stream, written from its start, sector by sector. */
#include "sim/store.h"

#include <string.h>

static bool plain_accept(void *self, uint16_t number, const uint8_t *data, uint16_t length)
{
    struct ub_sim_plain *plain = self;
    (void)data;
    (void)length;
    if (!plain->begun) {
        plain->next = 0;
        plain->written = 0;
        plain->erased = 0;
        plain->last_length = 0;
    }
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

static void plain_work(void *self, uint16_t number, const uint8_t *data, uint16_t length,
                       struct ub_dfu_work *work)
{
    struct ub_sim_plain *plain = self;
    struct ub_sim_flash *view = ub_sim_store_view(plain->store);
    work->forever = ub_sim_store_sticks(plain->store);
    work->poll_ms = plain->store->dfu->polls.write;
    work->status = UB_FN_STATUS_OK;
    if (number != plain->next)
        return; /* the last block once more: it is there already */
    uint64_t address = view->model->base + plain->written;
    if (plain->store->rdp)
        work->status = UB_FN_STATUS_VENDOR;
    else if (!ub_sim_flash_has(view, address, length))
        work->status = UB_FN_STATUS_ADDRESS;
    if (work->status != UB_FN_STATUS_OK)
        return;
    plain->broken = true;
    work->duration_us = make_room(plain, plain->written + length);
    work->duration_us += ub_sim_store_program(plain->store, address, data, length);
    plain->written += length;
    plain->next++;
}

static uint8_t plain_upload(void *self, uint16_t number, uint8_t *data, uint16_t want,
                            uint16_t *got, bool *ends)
{
    struct ub_sim_plain *plain = self;
    const struct ub_sim_flash *view = ub_sim_store_view(plain->store);
    (void)number; /* an upload goes on where it was, as most devices do it */
    if (plain->store->rdp)
        return UB_FN_STATUS_VENDOR;
    uint64_t left = view->size - plain->read;
    *got = left < want ? (uint16_t)left : want;
    memcpy(data, view->bytes + plain->read, *got);
    plain->read += *got;
    *ends = false;
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
