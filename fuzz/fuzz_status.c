/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Answers to DFU_GETSTATUS from a stranger: [what is being waited for] and then for each question
 * [length, or how it fails] [the bytes]. Behind the last answer it repeats. The wait ends, in time,
 * and calls well only what a whole status said to be well.
 */
#include "base/error.h"
#include "loader/dfu_arrive.h"
#include "loader/dfu_manifest.h"
#include "loader/dfu_wait.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define DEADLINE_MS   10000u
#define POLL_MAX_MS   20000u
#define TRANSFERS_MAX 20000u
#define STALLS        0xf0u /* a length byte from here on is a failure */
#define US_PER_MS     UINT64_C(1000)

/** A device that answers with what the input holds. */
struct stranger {
    const uint8_t *data;
    size_t left;
    uint8_t last[DFU_STATUS_BYTES];
    uint8_t last_length;
    struct ub_virtual_time time;
    unsigned transfers;
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

static enum ub_code set_alt(void *self, struct ub_usb_handle *handle, uint8_t interface,
                            uint8_t alt, struct ub_error *err)
{
    (void)alt;
    return claim(self, handle, interface, err);
}

static enum ub_code reset(void *self, struct ub_usb_handle *handle, struct ub_error *err)
{
    return claim(self, handle, 0, err);
}

static enum ub_code fail(struct stranger *stranger, uint8_t how, uint32_t timeout_ms,
                         struct ub_error *err)
{
    static const enum ub_code codes[] = {UB_USB_STALL, UB_USB_TIMEOUT, UB_USB_IO, UB_USB_GONE,
                                         UB_USB_OVERFLOW};
    enum ub_code code = codes[how % (sizeof(codes) / sizeof(codes[0]))];
    if (code == UB_USB_TIMEOUT)
        stranger->time.now += timeout_ms * US_PER_MS;
    return ub_fail(err, code, "as the fuzzer wishes");
}

static void take_answer(struct stranger *stranger)
{
    if (stranger->left == 0)
        return;
    stranger->last_length = *stranger->data++;
    stranger->left--;
    size_t n = stranger->last_length < STALLS ? stranger->last_length : 0;
    n = n < sizeof(stranger->last) ? n : sizeof(stranger->last);
    n = n < stranger->left ? n : stranger->left;
    memset(stranger->last, 0, sizeof(stranger->last));
    memcpy(stranger->last, stranger->data, n);
    stranger->data += n;
    stranger->left -= n;
}

static enum ub_code control(void *self, struct ub_usb_handle *handle, const struct ub_setup *setup,
                            uint8_t *data, uint32_t timeout_ms, uint16_t *actual,
                            struct ub_error *err)
{
    struct stranger *stranger = self;
    (void)handle;
    must(timeout_ms > 0 && ++stranger->transfers < TRANSFERS_MAX);
    stranger->time.now += US_PER_MS;
    *actual = setup->wLength;
    if (!(setup->bmRequestType & UB_SETUP_IN))
        return UB_OK;
    take_answer(stranger);
    *actual = 0;
    if (stranger->last_length >= STALLS)
        return fail(stranger, stranger->last_length, timeout_ms, err);
    *actual = stranger->last_length < setup->wLength ? stranger->last_length : setup->wLength;
    memcpy(data, stranger->last,
           *actual < sizeof(stranger->last) ? *actual : sizeof(stranger->last));
    return UB_OK;
}

/* What the device said last, if that was a whole and possible answer; 0xff else. */
static uint8_t said_state(const struct stranger *stranger)
{
    bool whole = stranger->last_length >= DFU_STATUS_BYTES && stranger->last_length < STALLS;
    return whole && stranger->last[4] <= DFU_STATE_MAX && stranger->last[0] <= DFU_STATUS_MAX
               ? stranger->last[4]
               : DFU_STATE_UNKNOWN;
}

static void complete(struct dfu_link *link, const struct stranger *stranger, struct ub_error *err,
                     bool at_once)
{
    const struct dfu_patience patience = {
        .doing = "fuzzing", .deadline_ms = DEADLINE_MS, .ask_at_once = at_once};
    link->state = DFU_DNLOAD_SYNC;
    enum ub_code code = dfu_complete(link, &patience, DFU_DNLOAD_IDLE, err);
    if (code == UB_OK)
        must(said_state(stranger) == DFU_DNLOAD_IDLE && stranger->last[0] == 0);
}

static void run(struct dfu_link *link, struct stranger *stranger, uint8_t what,
                struct ub_error *err)
{
    bool gone = false;
    enum ub_code code = UB_OK;
    switch (what % 4) {
    case 0:
        link->port.habits.poll_early = (what & 8) != 0;
        complete(link, stranger, err, (what & 4) != 0);
        return;
    case 1:
        code = dfu_arrive(link, (what & 4) != 0, err);
        must(code != UB_OK || said_state(stranger) == DFU_IDLE);
        break;
    case 2:
        code = dfu_manifest(link, 7, &gone, err);
        must(code != UB_OK || gone || stranger->last_length >= STALLS || stranger->last[0] == 0);
        break;
    default:
        code = dfu_to_idle(link, err);
        must(code != UB_OK || said_state(stranger) == DFU_IDLE);
        break;
    }
    must(code == UB_OK || (err->code == code && err->message[0]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct ub_transport_ops ops = {
        .name = "fuzz", .claim = claim, .set_alt = set_alt, .control = control, .reset = reset};
    if (size < 2)
        return 0;
    struct stranger stranger = {.data = data + 2, .left = size - 2};
    struct ub_env env = {.clock = ub_clock_virtual(&stranger.time)};
    struct ub_usb_info info = {.port = "1-1"};
    struct ub_dfu_interface interface = {.mode = UB_MODE_DFU,
                                         .alt_count = 1,
                                         .functional = {.present = true,
                                                        .bmAttributes = data[1],
                                                        .wTransferSize = 64,
                                                        .bcdDFUVersion = DFU_BCD_DFUSE}};
    static struct dfu_link link;
    struct ub_error err = {0};
    memset(&link, 0, sizeof(link));
    link.port = (struct ub_loader_port){.env = &env,
                                        .transport = {.ops = &ops, .self = &stranger},
                                        .info = &info,
                                        .interface = &interface,
                                        .habits = {.erase_deadline_ms = DEADLINE_MS,
                                                   .erase_all_deadline_ms = DEADLINE_MS,
                                                   .write_deadline_ms = DEADLINE_MS,
                                                   .manifest_deadline_ms = DEADLINE_MS,
                                                   .poll_max_ms = POLL_MAX_MS}};
    link.functional = interface.functional;
    link.transfer_size = 64;
    link.state = link.bState = DFU_STATE_UNKNOWN;
    run(&link, &stranger, data[0], &err);
    /* a dozen steps on the way to dfuIDLE, each of which may take a deadline and a poll time */
    must(stranger.time.now <= 14 * (DEADLINE_MS + POLL_MAX_MS + 4 * DFU_CONTROL_MS) * US_PER_MS);
    return 0;
}
