/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loader/dfu_protocol.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"
#include "loader/dfu_names.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* bmRequestType: class request to an interface (DFU 1.1 table 3.1). */
#define TO_DEVICE     0x21u
#define FROM_DEVICE   0xa1u
#define US_PER_MS     UINT64_C(1000)
#define RETRY_MOST_MS UINT64_C(1000)

void dfu_warn(struct dfu_link *link, const char *format, ...)
{
    if (link->warning_count == DFU_WARNINGS)
        return;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(link->warnings[link->warning_count], UB_ERROR_TEXT, format, args);
    va_end(args);
    link->warning_count++;
}

void dfu_add_status(const struct dfu_link *link, struct ub_error *err)
{
    if (!err || link->bState == DFU_STATE_UNKNOWN)
        return;
    err->raw.has_status = true;
    err->raw.bStatus = link->bStatus;
    err->raw.bState = link->bState;
}

struct ub_setup dfu_class_request(const struct dfu_link *link, enum dfu_request request,
                                  uint16_t value, uint16_t length)
{
    bool in = request == DFU_UPLOAD || request == DFU_GETSTATUS || request == DFU_GETSTATE;
    return (struct ub_setup){
        .bmRequestType = in ? FROM_DEVICE : TO_DEVICE,
        .bRequest = (uint8_t)request,
        .wValue = value,
        .wIndex = link->port.interface->number,
        .wLength = length,
    };
}

static uint32_t or_else(uint32_t value, uint32_t otherwise)
{
    return value ? value : otherwise;
}

void dfu_take_habits(struct dfu_link *link, const struct ub_loader_habits *habits)
{
    struct ub_loader_habits *own = &link->port.habits;
    *own = *habits;
    own->erase_deadline_ms = or_else(own->erase_deadline_ms, DFU_ERASE_MS);
    own->erase_all_deadline_ms = or_else(own->erase_all_deadline_ms, DFU_ERASE_ALL_MS);
    own->write_deadline_ms = or_else(own->write_deadline_ms, DFU_WRITE_MS);
    own->manifest_deadline_ms = or_else(own->manifest_deadline_ms, DFU_MANIFEST_MS);
    own->poll_max_ms = or_else(own->poll_max_ms, DFU_POLL_MAX_MS);
    if (own->bcdDFUVersion)
        link->functional.bcdDFUVersion = own->bcdDFUVersion;
    link->transfer_size = link->transfer_size_bearable;
    if (own->transfer_size_max && own->transfer_size_max < link->transfer_size)
        link->transfer_size = own->transfer_size_max;
}

bool dfu_can_upload(const struct dfu_link *link)
{
    return (link->functional.bmAttributes & UB_DFU_CAN_UPLOAD) && !link->port.habits.no_upload;
}

/* One class request. After a failure the host no longer knows the device's state. */
static enum ub_code request(struct dfu_link *link, const struct ub_setup *setup, uint8_t *data,
                            uint64_t timeout_ms, uint16_t *actual, struct ub_error *err)
{
    const struct ub_transport *transport = &link->port.transport;
    uint64_t limit = timeout_ms > DFU_CONTROL_MS ? timeout_ms : DFU_CONTROL_MS;
    *actual = 0;
    link->transfers++;
    enum ub_code code = transport->ops->control(transport->self, link->port.handle, setup, data,
                                                limit > UINT32_MAX ? UINT32_MAX : (uint32_t)limit,
                                                actual, err);
    if (!code && *actual <= setup->wLength)
        return UB_OK;
    if (!code)
        code = ub_fail(err, UB_USB_OVERFLOW, "the device sent %u bytes where at most %u fit",
                       *actual, setup->wLength);
    link->state = DFU_STATE_UNKNOWN;
    dfu_add_status(link, err);
    return code;
}

static enum ub_code fail_answer(struct dfu_link *link, enum ub_code code,
                                const struct ub_setup *setup, uint16_t actual, const char *text,
                                struct ub_error *err)
{
    (void)ub_fail(err, code, "%s", text);
    link->state = DFU_STATE_UNKNOWN;
    ub_error_transfer(err, setup, actual);
    dfu_add_status(link, err);
    return code;
}

enum ub_code dfu_take_status(struct dfu_link *link, const struct ub_setup *setup,
                             const uint8_t answer[DFU_STATUS_BYTES], uint16_t actual,
                             struct dfu_status *out, struct ub_error *err)
{
    char text[UB_ERROR_TEXT];
    if (actual < DFU_STATUS_BYTES) {
        (void)ub_print(text, sizeof(text),
                       "the device answered the question for its status with %u of 6 bytes",
                       actual);
        return fail_answer(link, UB_USB_SHORT, setup, actual, text, err);
    }
    struct ub_cursor cursor = ub_cursor(answer, DFU_STATUS_BYTES);
    out->bStatus = ub_take_u8(&cursor);
    out->poll_ms = ub_take_u16le(&cursor);
    out->poll_ms |= (uint32_t)ub_take_u8(&cursor) << 16;
    out->bState = ub_take_u8(&cursor);
    if (out->bState > DFU_STATE_MAX || out->bStatus > DFU_STATUS_MAX) {
        (void)ub_print(text, sizeof(text),
                       "the device says state %u and status %u; DFU has states 0 to 10 and "
                       "statuses 0 to 15",
                       out->bState, out->bStatus);
        return fail_answer(link, UB_DFU_STATUS_INVALID, setup, actual, text, err);
    }
    if (link->bState == DFU_STATE_UNKNOWN) {
        link->arrived_bState = out->bState;
        link->arrived_bStatus = out->bStatus;
    }
    if (link->port.habits.poll_fixed)
        out->poll_ms = link->port.habits.poll_fixed_ms;
    link->state = link->bState = out->bState;
    link->bStatus = out->bStatus;
    return UB_OK;
}

enum ub_code dfu_get_status_once(struct dfu_link *link, uint64_t timeout_ms, struct dfu_status *out,
                                 struct ub_error *err)
{
    uint8_t answer[DFU_STATUS_BYTES] = {0};
    uint16_t actual;
    const struct ub_setup setup = dfu_class_request(link, DFU_GETSTATUS, 0, DFU_STATUS_BYTES);
    memset(out, 0, sizeof(*out));
    enum ub_code code = request(link, &setup, answer, timeout_ms, &actual, err);
    if (code)
        return ub_wrap(err, code, "while asking for the device's status");
    return dfu_take_status(link, &setup, answer, actual, out, err);
}

static bool worth_asking_again(enum ub_code code)
{
    return code == UB_USB_STALL || code == UB_USB_IO || code == UB_USB_SHORT;
}

enum ub_code dfu_get_status(struct dfu_link *link, uint64_t timeout_ms, uint32_t pause_ms,
                            struct dfu_status *out, struct ub_error *err)
{
    enum ub_code code = dfu_get_status_once(link, timeout_ms, out, err);
    for (unsigned i = 0; i < DFU_STATUS_RETRIES && worth_asking_again(code); i++) {
        uint64_t pause = (uint64_t)DFU_RETRY_MS << 2 * i;
        pause = pause_ms > pause ? pause_ms : pause;
        pause = pause < RETRY_MOST_MS ? pause : RETRY_MOST_MS;
        ub_sleep(&link->port.env->clock, pause * US_PER_MS);
        code = dfu_get_status_once(link, timeout_ms, out, err);
    }
    if (!code)
        ub_error_clear(err);
    return code;
}

/* A request without data, after which the device is in `after`. */
static enum ub_code plain_request(struct dfu_link *link, enum dfu_request what, uint16_t value,
                                  uint8_t after, struct ub_error *err)
{
    uint16_t actual;
    const struct ub_setup setup = dfu_class_request(link, what, value, 0);
    enum ub_code code = request(link, &setup, NULL, DFU_CONTROL_MS, &actual, err);
    if (!code)
        link->state = after;
    return code;
}

enum ub_code dfu_clear_status(struct dfu_link *link, struct ub_error *err)
{
    enum ub_code code = plain_request(link, DFU_CLRSTATUS, 0, DFU_IDLE, err);
    return code ? ub_wrap(err, code, "while clearing the device's error") : UB_OK;
}

enum ub_code dfu_abort(struct dfu_link *link, struct ub_error *err)
{
    enum ub_code code = plain_request(link, DFU_ABORT, 0, DFU_IDLE, err);
    return code ? ub_wrap(err, code, "while bringing the device back to dfuIDLE") : UB_OK;
}

enum ub_code dfu_detach(struct dfu_link *link, uint16_t timeout_ms, struct ub_error *err)
{
    return plain_request(link, DFU_DETACH, timeout_ms, DFU_STATE_UNKNOWN, err);
}

enum ub_code dfu_get_state(struct dfu_link *link, uint8_t *state, struct ub_error *err)
{
    uint16_t actual;
    const struct ub_setup setup = dfu_class_request(link, DFU_GETSTATE, 0, 1);
    *state = DFU_STATE_UNKNOWN;
    enum ub_code code = request(link, &setup, state, DFU_CONTROL_MS, &actual, err);
    if (code)
        return ub_wrap(err, code, "while asking for the device's state");
    if (actual < 1)
        return fail_answer(link, UB_USB_SHORT, &setup, actual,
                           "the device answered the question for its state with no byte at all",
                           err);
    if (*state > DFU_STATE_MAX)
        return fail_answer(link, UB_DFU_STATUS_INVALID, &setup, actual,
                           "the device says a state that DFU does not have", err);
    link->state = link->bState = *state;
    return UB_OK;
}

enum ub_code dfu_dnload(struct dfu_link *link, uint16_t block, const uint8_t *data, uint16_t length,
                        uint64_t timeout_ms, struct ub_error *err)
{
    uint8_t bytes[UB_CONTROL_MAX];
    char text[UB_ERROR_TEXT];
    uint16_t actual;
    const struct ub_setup setup = dfu_class_request(link, DFU_DNLOAD, block, length);
    if (length > sizeof(bytes))
        return ub_fail(err, UB_SYS_INTERNAL, "a block of %u bytes", length);
    if (length)
        memcpy(bytes, data, length); /* a transport may read into its buffer */
    enum ub_code code = request(link, &setup, bytes, timeout_ms, &actual, err);
    if (code)
        return code;
    if (actual < length) {
        (void)ub_print(text, sizeof(text), "the device took %u of a block's %u bytes", actual,
                       length);
        return fail_answer(link, UB_USB_SHORT, &setup, actual, text, err);
    }
    link->state = length ? DFU_DNLOAD_SYNC : DFU_MANIFEST_SYNC;
    return UB_OK;
}

enum ub_code dfu_upload(struct dfu_link *link, uint16_t block, uint8_t *data, uint16_t length,
                        uint16_t *actual, struct ub_error *err)
{
    const struct ub_setup setup = dfu_class_request(link, DFU_UPLOAD, block, length);
    enum ub_code code = request(link, &setup, data, DFU_CONTROL_MS, actual, err);
    /* After a short block the standard says dfuIDLE and some devices stay in dfuUPLOAD-IDLE
     * (Zephyr). Taking it for the latter costs one ABORT and is right for both. */
    if (!code)
        link->state = DFU_UPLOAD_IDLE;
    return code;
}

void dfu_raw_status(struct ub_error *err, const struct dfu_status *status)
{
    if (!err)
        return;
    err->raw.has_status = true;
    err->raw.bStatus = status->bStatus;
    err->raw.bState = status->bState;
}

bool dfu_status_is_error(const struct dfu_status *status)
{
    return status->bState == DFU_ERROR || status->bStatus != 0;
}

enum ub_code dfu_fail_status(const struct dfu_status *status, const char *doing,
                             struct ub_error *err)
{
    enum ub_code code;
    if (status->bStatus == 0)
        code = ub_fail(err, UB_DFU_STATE, "the device is in dfuERROR and gives no reason");
    else
        code = ub_fail(err, (enum ub_code)(UB_DFU_ERR_TARGET - 1 + status->bStatus),
                       "the device reports %s: %s", ub_dfu_status_name(status->bStatus),
                       dfu_status_meaning(status->bStatus));
    dfu_raw_status(err, status);
    return ub_wrap(err, code, "while %s", doing);
}

enum ub_code dfu_explain_by(struct dfu_link *link, enum ub_code code,
                            const struct dfu_status *status, const char *doing,
                            struct ub_error *err)
{
    struct ub_raw_transfer refused = {0};
    if (code != UB_USB_STALL)
        return ub_wrap(err, code, "while %s", doing);
    if (!status)
        return ub_wrap(err, code, "while %s; the device gives no reason", doing);
    if (status->bStatus == 0) {
        dfu_add_status(link, err);
        return ub_wrap(err, code, "while %s", doing);
    }
    if (err)
        refused = err->raw;
    code = dfu_fail_status(status, doing, err);
    if (err) {
        err->raw = refused;
        dfu_add_status(link, err);
    }
    return code;
}

enum ub_code dfu_explain(struct dfu_link *link, enum ub_code code, const char *doing,
                         struct ub_error *err)
{
    struct dfu_status status;
    struct ub_error ignored;
    bool asked = code == UB_USB_STALL;
    bool known = asked && dfu_get_status_once(link, DFU_CONTROL_MS, &status, &ignored) == UB_OK;
    return dfu_explain_by(link, code, known ? &status : NULL, doing, err);
}
