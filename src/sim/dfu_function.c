/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/dfu_function.h"

#include "base/bytes.h"
#include "base/error.h"
#include "usb/dfu_interface.h"

#include <stdlib.h>
#include <string.h>

#define STATUS_LENGTH 6u
#define POLL_MAX      0xffffffu
#define US_PER_MS     1000u
#define NEVER         UINT64_MAX

enum ub_code ub_dfu_fn_open(struct ub_dfu_fn *fn, const struct ub_sim_dfu *model,
                            const struct ub_dfu_media_ops *media, void *media_self,
                            struct ub_error *err)
{
    *fn = (struct ub_dfu_fn){
        .model = model, .media = media, .media_self = media_self, .wish_at_us = NEVER};
    fn->block = malloc((size_t)model->wTransferSize + 1);
    return fn->block ? UB_OK : ub_fail_memory(err);
}

void ub_dfu_fn_close(struct ub_dfu_fn *fn)
{
    free(fn->block);
    fn->block = NULL;
}

void ub_dfu_fn_start(struct ub_dfu_fn *fn, uint8_t state, uint8_t status)
{
    fn->state = state;
    fn->status = status;
    fn->block_waits = false;
    fn->manifested = false;
    fn->begins = false;
    fn->work = (struct ub_dfu_work){0};
    fn->busy_until_us = 0;
    fn->poll_until_us = 0;
    fn->delay_us = 0;
    fn->detach_until_us = NEVER;
    fn->wish = UB_FN_WISH_NONE;
    fn->wish_begins = false;
    fn->wish_at_us = NEVER;
    fn->media->forget(fn->media_self);
}

void ub_dfu_fn_wish(struct ub_dfu_fn *fn, enum ub_dfu_wish wish, uint64_t now_us, uint64_t delay_us)
{
    fn->wish = wish;
    fn->wish_at_us = now_us + delay_us;
}

/* The wish is carried out `delay_us` after the transfer in hand has been answered. */
static void wish_after_answer(struct ub_dfu_fn *fn, enum ub_dfu_wish wish, uint64_t delay_us)
{
    fn->wish = wish;
    fn->wish_delay_us = delay_us;
    fn->wish_begins = true;
}

static bool working(const struct ub_dfu_fn *fn)
{
    return fn->state == UB_FN_DNBUSY || fn->state == UB_FN_MANIFEST;
}

/* When the work in hand leaves dfuDNBUSY or dfuMANIFEST. A device that must not be asked early
 * does nothing before the poll time is over either: it has no way to know who asks. */
static uint64_t work_end(const struct ub_dfu_fn *fn)
{
    bool strict = fn->model->early == UB_SIM_EARLY_STUCK && fn->work.on_flash;
    return strict && fn->poll_until_us > fn->busy_until_us ? fn->poll_until_us : fn->busy_until_us;
}

bool ub_dfu_fn_stays(const struct ub_dfu_fn *fn)
{
    return fn->media->stays && fn->media->stays(fn->media_self);
}

void ub_dfu_fn_advance(struct ub_dfu_fn *fn, uint64_t now_us)
{
    if (fn->state == UB_FN_APP_DETACH && now_us >= fn->detach_until_us) {
        fn->state = UB_FN_APP_IDLE;
        fn->detach_until_us = NEVER;
    }
    if (!working(fn) || fn->begins || fn->work.forever || now_us < work_end(fn))
        return;
    if (fn->state == UB_FN_DNBUSY) {
        fn->state = UB_FN_DNLOAD_SYNC;
        return;
    }
    fn->manifested = true;
    if (ub_dfu_fn_stays(fn)) {
        fn->state = UB_FN_IDLE;
        return;
    }
    bool tolerant = (fn->model->bmAttributes & UB_DFU_MANIFEST_TOL) != 0;
    fn->state = tolerant ? UB_FN_MANIFEST_SYNC : UB_FN_MANIFEST_WAIT_RESET;
}

uint64_t ub_dfu_fn_ready_at(const struct ub_dfu_fn *fn, uint64_t now_us)
{
    /* also asked about a moment in the past, when the work that is over now was still going on */
    bool deaf = fn->model->deaf && !fn->work.forever;
    return deaf && fn->busy_until_us > now_us ? fn->busy_until_us : now_us;
}

/* STALL, and dfuERROR with the reason. */
static bool refuse(struct ub_dfu_fn *fn, uint8_t status)
{
    fn->state = UB_FN_ERROR;
    fn->status = status;
    fn->block_waits = false;
    fn->media->forget(fn->media_self);
    return false;
}

static bool do_detach(struct ub_dfu_fn *fn, const struct ub_setup *setup)
{
    fn->state = UB_FN_APP_DETACH;
    if (fn->model->bmAttributes & UB_DFU_WILL_DETACH) {
        wish_after_answer(fn, UB_FN_WISH_ENTER, fn->model->detach_us);
        return true;
    }
    /* DFU 1.1 section 5.1: the device waits for a bus reset, no longer than either side says. */
    uint16_t most = fn->model->wDetachTimeOut;
    fn->detach_ms = setup->wValue < most ? setup->wValue : most;
    fn->begins = true;
    return true;
}

static bool do_block(struct ub_dfu_fn *fn, const struct ub_setup *setup, const uint8_t *data)
{
    /* A longer block is refused, never cut: cutting loses data silently. */
    if (!(fn->model->bmAttributes & UB_DFU_CAN_DNLOAD) ||
        setup->wLength > fn->model->wTransferSize ||
        !fn->media->accept(fn->media_self, setup->wValue, data, setup->wLength))
        return refuse(fn, UB_FN_STATUS_STALLEDPKT);
    memcpy(fn->block, data, setup->wLength);
    fn->block_length = setup->wLength;
    fn->block_number = setup->wValue;
    fn->block_waits = true;
    fn->state = UB_FN_DNLOAD_SYNC;
    return true;
}

static bool do_end(struct ub_dfu_fn *fn)
{
    if (!(fn->model->bmAttributes & UB_DFU_CAN_DNLOAD) ||
        !fn->media->end(fn->media_self, fn->state == UB_FN_IDLE))
        return refuse(fn, UB_FN_STATUS_STALLEDPKT);
    fn->state = UB_FN_MANIFEST_SYNC;
    fn->manifested = false;
    return true;
}

static bool do_upload(struct ub_dfu_fn *fn, const struct ub_setup *setup, uint8_t *data,
                      uint16_t *length)
{
    if (!(fn->model->bmAttributes & UB_DFU_CAN_UPLOAD) || setup->wLength > fn->model->wTransferSize)
        return refuse(fn, UB_FN_STATUS_STALLEDPKT);
    bool ends = false;
    uint8_t status = fn->media->upload(fn->media_self, setup->wValue, data, setup->wLength, length,
                                       &ends);
    if (status != UB_FN_STATUS_OK)
        return refuse(fn, status);
    if (*length < setup->wLength)
        ends = true;
    fn->state = ends ? UB_FN_IDLE : UB_FN_UPLOAD_IDLE;
    if (ends)
        fn->media->forget(fn->media_self);
    return true;
}

/* bwPollTimeout of the work in hand. */
static uint32_t poll_of(const struct ub_dfu_work *work)
{
    uint64_t ms = work->poll_ms;
    if (work->poll_ms == UB_SIM_POLL_TRUE)
        ms = (work->duration_us + US_PER_MS - 1) / US_PER_MS;
    return ms > POLL_MAX ? POLL_MAX : (uint32_t)ms;
}

/* The result of the work is told. */
static uint32_t end_download(struct ub_dfu_fn *fn)
{
    fn->status = fn->work.status;
    fn->state = fn->status == UB_FN_STATUS_OK ? UB_FN_DNLOAD_IDLE : UB_FN_ERROR;
    return 0;
}

/* A status question in dfuDNLOAD-SYNC: the work begins, or its result is told. */
static uint32_t sync_download(struct ub_dfu_fn *fn)
{
    if (!fn->block_waits)
        return end_download(fn);
    fn->block_waits = false;
    fn->work = (struct ub_dfu_work){0};
    fn->media->work(fn->media_self, fn->block_number, fn->block, fn->block_length, &fn->work);
    if (fn->work.at_once && !fn->work.forever)
        return end_download(fn);
    fn->state = UB_FN_DNBUSY;
    fn->begins = true;
    if (fn->model->works_first && fn->work.on_flash && !fn->work.forever)
        fn->delay_us = fn->work.duration_us;
    return poll_of(&fn->work);
}

static uint32_t sync_manifest(struct ub_dfu_fn *fn)
{
    if (fn->manifested) {
        fn->state = UB_FN_IDLE;
        fn->media->forget(fn->media_self);
        return 0;
    }
    fn->work = (struct ub_dfu_work){.duration_us = fn->model->manifest_us,
                                    .poll_ms = fn->model->polls.manifest};
    fn->state = UB_FN_MANIFEST;
    fn->begins = true;
    bool tolerant = (fn->model->bmAttributes & UB_DFU_MANIFEST_TOL) != 0;
    if (!tolerant && (fn->model->bmAttributes & UB_DFU_WILL_DETACH) && !ub_dfu_fn_stays(fn))
        wish_after_answer(fn, UB_FN_WISH_RUN, fn->model->manifest_us);
    return poll_of(&fn->work);
}

static void do_status(struct ub_dfu_fn *fn, uint64_t now_us, const struct ub_setup *setup,
                      uint8_t *data, uint16_t *length)
{
    uint32_t poll = 0;
    if (fn->state == UB_FN_DNLOAD_SYNC)
        poll = sync_download(fn);
    else if (fn->state == UB_FN_MANIFEST_SYNC)
        poll = sync_manifest(fn);
    else if (working(fn) && fn->work.forever)
        poll = poll_of(&fn->work);
    else if (working(fn)) {
        uint64_t left = fn->busy_until_us > now_us ? fn->busy_until_us - now_us : 0;
        poll = (uint32_t)((left + US_PER_MS - 1) / US_PER_MS);
    }
    if (fn->model->poll_fixed)
        poll = fn->model->poll_ms;
    fn->claimed_ms = poll;
    uint8_t answer[STATUS_LENGTH] = {fn->status};
    ub_put_u16le(&answer[1], (uint16_t)poll);
    answer[3] = (uint8_t)(poll >> 16);
    answer[4] = fn->state;
    uint16_t most = fn->model->status_length < STATUS_LENGTH ? fn->model->status_length
                                                             : STATUS_LENGTH;
    *length = setup->wLength < most ? setup->wLength : most;
    memcpy(data, answer, *length);
}

static void do_abort(struct ub_dfu_fn *fn)
{
    fn->state = UB_FN_IDLE;
    fn->status = UB_FN_STATUS_OK;
    fn->block_waits = false;
    fn->media->forget(fn->media_self);
}

/* Is work in hand, or its result not told yet? */
static bool unfinished(const struct ub_dfu_fn *fn)
{
    return working(fn) || (fn->state == UB_FN_DNLOAD_SYNC && !fn->block_waits) ||
           (fn->state == UB_FN_MANIFEST_SYNC && fn->manifested);
}

/* A question for status about unfinished work. False: STALL. */
static bool asked_about_work(struct ub_dfu_fn *fn, uint64_t now_us)
{
    bool early = now_us < fn->poll_until_us;
    if (early)
        fn->early++;
    if (!working(fn) || !fn->work.on_flash || fn->work.forever)
        return true;
    if (fn->model->early == UB_SIM_EARLY_STALLED && now_us < fn->busy_until_us)
        return false;
    if (fn->model->early == UB_SIM_EARLY_STUCK && early)
        fn->work.forever = true;
    return true;
}

/* Is this DFU_CLRSTATUS one that the model takes otherwise than the table says? */
static bool clears_oddly(const struct ub_dfu_fn *fn, enum ub_dfu_fn_request request)
{
    return request == UB_FN_REQ_CLRSTATUS && fn->model->clear != UB_SIM_CLEAR_ERROR &&
           fn->state >= UB_FN_IDLE && fn->state != UB_FN_MANIFEST_WAIT_RESET &&
           fn->state != UB_FN_ERROR;
}

/* ST's middleware (usbd_dfu.c, DFU_ClearStatus) and, by what hosts rely on, ST's ROMs: whatever is
 * in hand is dropped, and the state that a second DFU_CLRSTATUS ends is entered. */
static bool clear_oddly(struct ub_dfu_fn *fn, uint64_t now_us)
{
    if (fn->model->clear == UB_SIM_CLEAR_REFUSED)
        return false;
    if (working(fn) && fn->work.forever && fn->media->freed)
        fn->media->freed(fn->media_self, now_us >= fn->busy_until_us);
    (void)refuse(fn, UB_FN_STATUS_UNKNOWN);
    return true;
}

bool ub_dfu_fn_control(struct ub_dfu_fn *fn, uint64_t now_us, const struct ub_setup *setup,
                       uint8_t *data, uint16_t *length)
{
    ub_dfu_fn_advance(fn, now_us);
    enum ub_dfu_fn_request request = ub_dfu_fn_classify(setup);
    bool in = (setup->bmRequestType & UB_SETUP_IN) != 0;
    *length = in ? 0 : setup->wLength;
    fn->delay_us = 0;
    if (clears_oddly(fn, request))
        return clear_oddly(fn, now_us);
    if (request == UB_FN_REQ_GETSTATUS && unfinished(fn) && !asked_about_work(fn, now_us))
        return false;
    switch ((enum ub_dfu_fn_action)ub_dfu_fn_table[fn->state][request]) {
    case UB_FN_DO_STALL:
        return false;
    case UB_FN_DO_APP:
        fn->state = UB_FN_APP_IDLE;
        fn->detach_until_us = NEVER;
        return false;
    case UB_FN_DO_ERROR:
        return refuse(fn, UB_FN_STATUS_STALLEDPKT);
    case UB_FN_DO_DETACH:
        return do_detach(fn, setup);
    case UB_FN_DO_BLOCK:
        return do_block(fn, setup, data);
    case UB_FN_DO_END:
        return do_end(fn);
    case UB_FN_DO_UPLOAD:
        return do_upload(fn, setup, data, length);
    case UB_FN_DO_STATUS:
        do_status(fn, now_us, setup, data, length);
        return true;
    case UB_FN_DO_CLEAR:
    case UB_FN_DO_ABORT:
        do_abort(fn);
        return true;
    case UB_FN_DO_STATE:
        *length = setup->wLength ? 1 : 0;
        if (*length)
            data[0] = fn->state;
        return true;
    }
    return false;
}

void ub_dfu_fn_sent(struct ub_dfu_fn *fn, uint64_t now_us)
{
    if (fn->begins && fn->state == UB_FN_APP_DETACH)
        fn->detach_until_us = now_us + (uint64_t)fn->detach_ms * US_PER_MS;
    else if (fn->begins && working(fn)) {
        fn->busy_until_us = now_us + fn->work.duration_us - fn->delay_us;
        fn->poll_until_us = now_us + (uint64_t)fn->claimed_ms * US_PER_MS;
        if (fn->work.restarts)
            ub_dfu_fn_wish(fn, UB_FN_WISH_RESTART, fn->busy_until_us, 0);
    }
    fn->begins = false;
    if (fn->wish_begins)
        fn->wish_at_us = now_us + fn->wish_delay_us;
    fn->wish_begins = false;
}

void ub_dfu_fn_set_alt(struct ub_dfu_fn *fn)
{
    if (fn->model->setalt_resets && fn->state >= UB_FN_IDLE && !working(fn) &&
        fn->state != UB_FN_MANIFEST_WAIT_RESET)
        do_abort(fn);
}

void ub_dfu_fn_bus_reset(struct ub_dfu_fn *fn, uint64_t now_us, bool firmware)
{
    ub_dfu_fn_advance(fn, now_us);
    if (fn->state == UB_FN_APP_IDLE)
        return;
    if (fn->state == UB_FN_APP_DETACH) {
        if (fn->detach_until_us != NEVER)
            ub_dfu_fn_wish(fn, UB_FN_WISH_ENTER, now_us, 0);
        return;
    }
    if (fn->model->reset == UB_SIM_RESET_STAYS)
        ub_dfu_fn_start(fn, fn->model->first_state, fn->model->first_status);
    else if (firmware)
        ub_dfu_fn_wish(fn, UB_FN_WISH_RUN, now_us, 0);
    else
        ub_dfu_fn_start(fn, UB_FN_ERROR, UB_FN_STATUS_FIRMWARE);
}
