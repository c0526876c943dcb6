/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mock.h"

#include "base/bytes.h"
#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#define TYPE_STRING     3
#define TYPE_FUNCTIONAL 0x21
#define TRANSFER_US     100

static struct mock *mock_of(void *self)
{
    return self;
}

static void on_event(void *user, const struct ub_event *event)
{
    struct mock *mock = user;
    mock->warnings += event->kind == UB_EVENT_WARNING;
    if (event->kind != UB_EVENT_WAIT)
        return;
    mock->waits++;
    if (mock->cancel_on_wait)
        atomic_store(&mock->env.cancelled, true);
}

static enum ub_code scripted(enum ub_code code, struct ub_error *err)
{
    return code ? ub_fail(err, code, "scripted") : UB_OK;
}

static struct mock_entry *note(struct mock *mock, int request, uint16_t value, uint16_t length)
{
    assert_true(mock->log_length < MOCK_LOG_MAX);
    struct mock_entry *entry = &mock->log[mock->log_length++];
    *entry = (struct mock_entry){
        .request = request, .value = value, .length = length, .at_us = mock->time.now};
    mock->time.now += TRANSFER_US;
    return entry;
}

/* The step for this request, or NULL when the script is over. */
static const struct mock_step *next_step(struct mock *mock, int request, uint16_t value)
{
    if (mock->script_at >= mock->script_length)
        return NULL;
    const struct mock_step *step = &mock->script[mock->script_at];
    if (step->forever && step->request != request) {
        if (++mock->script_at >= mock->script_length)
            return NULL;
        step = &mock->script[mock->script_at];
    }
    if (step->request != request || (step->value != MOCK_ANY && step->value != value))
        fail_msg("step %zu: request %d value %u came, %d value %d was due", mock->script_at,
                 request, value, step->request, step->value);
    if (!step->forever)
        mock->script_at++;
    mock->time.now += step->takes_ms * UINT64_C(1000);
    return step;
}

static enum ub_code get_descriptor(const struct mock *mock, const struct ub_setup *setup,
                                   uint8_t *data, uint16_t *actual, struct ub_error *err)
{
    unsigned type = setup->wValue >> 8;
    unsigned index = setup->wValue & 0xff;
    uint8_t bytes[255] = {4, TYPE_STRING, 0x09, 0x04};
    size_t length = 0;
    if (type == TYPE_FUNCTIONAL && mock->functional) {
        length = mock->functional_length;
        memcpy(bytes, mock->functional, length);
    } else if (type == TYPE_STRING && index == 0) {
        length = 4;
    } else if (type == TYPE_STRING && index < UB_DFU_ALTS_MAX && mock->strings[index]) {
        length = 2 + 2 * strlen(mock->strings[index]);
        bytes[0] = (uint8_t)length;
        for (size_t i = 0; i < strlen(mock->strings[index]); i++)
            ub_put_u16le(bytes + 2 + 2 * i, (uint8_t)mock->strings[index][i]);
    }
    if (length == 0)
        return scripted(UB_USB_STALL, err);
    *actual = (uint16_t)(length < setup->wLength ? length : setup->wLength);
    memcpy(data, bytes, *actual);
    return UB_OK;
}

static void touch(struct mock *mock, uint16_t block)
{
    uint32_t address = mock->pointer + (block - 2u) * mock->interface.functional.wTransferSize;
    mock->touched[mock->touched_count++ % 16] = address;
}

static void device_dnload(struct mock *mock, const struct ub_setup *setup, const uint8_t *data)
{
    bool dfuse = mock->interface.functional.bcdDFUVersion == 0x011a;
    assert_true(mock->state == DFU_IDLE || mock->state == DFU_DNLOAD_IDLE);
    mock->state = setup->wLength ? DFU_DNLOAD_IDLE : DFU_MANIFEST;
    if (dfuse && setup->wLength && setup->wValue == 0 && data[0] == 0x21) {
        struct ub_cursor cursor = ub_cursor(data + 1, 4);
        mock->pointer = ub_take_u32le(&cursor);
    } else if (dfuse && setup->wLength && setup->wValue != 0) {
        touch(mock, setup->wValue);
    }
}

static void device_upload(struct mock *mock, const struct ub_setup *setup, uint8_t *data,
                          uint16_t *actual)
{
    assert_true(mock->state == DFU_IDLE || mock->state == DFU_UPLOAD_IDLE);
    mock->state = DFU_UPLOAD_IDLE;
    *actual = setup->wLength;
    if (mock->interface.functional.bcdDFUVersion == 0x011a) {
        touch(mock, setup->wValue);
    } else {
        if (mock->stream_left < *actual)
            *actual = (uint16_t)mock->stream_left;
        mock->stream_left -= *actual;
        if (*actual < setup->wLength)
            mock->state = DFU_IDLE;
    }
    memset(data, setup->wValue & 0xff, *actual);
}

static uint32_t random_number(struct mock *mock)
{
    mock->chaos = mock->chaos * 1664525u + 1013904223u;
    return mock->chaos >> 8;
}

static void chaotic_status(struct mock *mock, uint8_t *data)
{
    uint32_t poll = random_number(mock) % 3 ? random_number(mock) % 3000 : 0;
    const uint8_t status[6] = STATUS_BYTES((uint8_t)(random_number(mock) % 16), poll,
                                           (uint8_t)(random_number(mock) % 11));
    memcpy(data, status, sizeof(status));
}

static void device_answer(struct mock *mock, const struct ub_setup *setup, uint8_t *data,
                          uint16_t *actual)
{
    const uint8_t status[6] = STATUS_BYTES(0, 0, mock->state);
    switch (setup->bRequest) {
    case DFU_DNLOAD:
        device_dnload(mock, setup, data);
        *actual = setup->wLength;
        break;
    case DFU_UPLOAD:
        device_upload(mock, setup, data, actual);
        break;
    case DFU_GETSTATUS:
        memcpy(data, status, sizeof(status));
        if (mock->chaos)
            chaotic_status(mock, data);
        *actual = 6;
        break;
    case DFU_CLRSTATUS:
    case DFU_ABORT:
        mock->state = DFU_IDLE;
        break;
    default:
        break;
    }
}

static enum ub_code mock_control(void *self, struct ub_usb_handle *handle,
                                 const struct ub_setup *setup, uint8_t *data, uint32_t timeout_ms,
                                 uint16_t *actual, struct ub_error *err)
{
    struct mock *mock = mock_of(self);
    (void)handle;
    *actual = 0;
    mock->last_timeout = timeout_ms;
    assert_true(timeout_ms > 0);
    assert_true(setup->wLength <= UB_CONTROL_MAX);
    if ((setup->bmRequestType & 0x60) == 0)
        return get_descriptor(mock, setup, data, actual, err);
    assert_int_equal(setup->wIndex, mock->interface.number);
    assert_int_equal(setup->bmRequestType & 0x7f, 0x21);
    struct mock_entry *entry = note(mock, setup->bRequest, setup->wValue, setup->wLength);
    entry->timeout_ms = timeout_ms;
    if (!(setup->bmRequestType & UB_SETUP_IN) && setup->wLength)
        memcpy(entry->data, data, setup->wLength < 8 ? setup->wLength : 8);
    const struct mock_step *step = next_step(mock, setup->bRequest, setup->wValue);
    if (!step) {
        device_answer(mock, setup, data, actual);
        return UB_OK;
    }
    if (step->code) {
        (void)scripted(step->code, err);
        ub_error_transfer(err, setup, -1);
        return step->code;
    }
    if (setup->bmRequestType & UB_SETUP_IN) {
        memset(data, 0, setup->wLength);
        memcpy(data, step->answer, setup->wLength < 8 ? setup->wLength : 8);
        *actual = (uint16_t)step->length;
    } else {
        *actual = setup->wLength;
    }
    return UB_OK;
}

static enum ub_code mock_control_queue(void *self, struct ub_usb_handle *handle,
                                       struct ub_transfer *transfers, size_t count,
                                       struct ub_error *err)
{
    struct mock *mock = mock_of(self);
    enum ub_code first = UB_OK;
    assert_true(mock->queue_count < 64);
    mock->queue_log[mock->queue_count++] = count;
    for (size_t i = 0; i < count; i++) {
        struct ub_error ignored;
        transfers[i].code = mock_control(self, handle, &transfers[i].setup, transfers[i].data,
                                         transfers[i].timeout_ms, &transfers[i].actual,
                                         first ? &ignored : err);
        first = first ? first : transfers[i].code;
    }
    return first;
}

static enum ub_code mock_claim(void *self, struct ub_usb_handle *handle, uint8_t interface,
                               struct ub_error *err)
{
    (void)handle;
    (void)err;
    assert_int_equal(interface, mock_of(self)->interface.number);
    mock_of(self)->claims++;
    return UB_OK;
}

static enum ub_code mock_set_alt(void *self, struct ub_usb_handle *handle, uint8_t interface,
                                 uint8_t alt, struct ub_error *err)
{
    (void)handle;
    (void)interface;
    (void)note(mock_of(self), MOCK_SET_ALT, alt, 0);
    const struct mock_step *step = next_step(mock_of(self), MOCK_SET_ALT, alt);
    if (!step)
        mock_of(self)->state = DFU_IDLE;
    return scripted(step ? step->code : UB_OK, err);
}

static enum ub_code mock_reset(void *self, struct ub_usb_handle *handle, struct ub_error *err)
{
    (void)handle;
    (void)note(mock_of(self), MOCK_RESET, 0, 0);
    const struct mock_step *step = next_step(mock_of(self), MOCK_RESET, 0);
    return scripted(step ? step->code : UB_OK, err);
}

static const struct ub_transport_ops mock_ops = {
    .name = "mock",
    .claim = mock_claim,
    .set_alt = mock_set_alt,
    .control = mock_control,
    .reset = mock_reset,
};

static const struct ub_transport_ops mock_queue_ops = {
    .name = "mock",
    .claim = mock_claim,
    .set_alt = mock_set_alt,
    .control = mock_control,
    .control_queue = mock_control_queue,
    .reset = mock_reset,
};

void mock_queues(struct mock *mock)
{
    mock->port.transport.ops = &mock_queue_ops;
}

void mock_init(struct mock *mock, uint16_t bcdDFUVersion)
{
    memset(mock, 0, sizeof(*mock));
    mock->time.now = 1000000;
    mock->env.clock = ub_clock_virtual(&mock->time);
    mock->env.callbacks = (struct ub_callbacks){.user = mock, .event = on_event};
    mock->state = DFU_IDLE;
    mock->interface = (struct ub_dfu_interface){
        .number = 3,
        .protocol = 2,
        .mode = UB_MODE_DFU,
        .alt_count = 1,
        .alts = {{.alt = 0, .iInterface = 1}},
        .functional = {.present = true,
                       .bmAttributes = UB_DFU_CAN_DNLOAD | UB_DFU_CAN_UPLOAD | UB_DFU_MANIFEST_TOL,
                       .wDetachTimeOut = 255,
                       .wTransferSize = 2048,
                       .bcdDFUVersion = bcdDFUVersion}};
    mock->strings[1] = "@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg";
    mock->port = (struct ub_loader_port){.env = &mock->env,
                                         .transport = {.ops = &mock_ops, .self = mock},
                                         .info = &mock->info,
                                         .interface = &mock->interface,
                                         .habits = {.erase_deadline_ms = 5000,
                                                    .erase_all_deadline_ms = 35000,
                                                    .write_deadline_ms = 2000,
                                                    .manifest_deadline_ms = 10000,
                                                    .poll_max_ms = 60000,
                                                    .erased_value = 0xff}};
}

void mock_play(struct mock *mock, const struct mock_step *script, size_t length)
{
    mock->script = script;
    mock->script_length = length;
    mock->script_at = 0;
}

void mock_played(const struct mock *mock)
{
    size_t at = mock->script_at;
    while (at < mock->script_length && mock->script[at].forever)
        at++;
    assert_int_equal(at, mock->script_length);
}

void mock_forget(struct mock *mock)
{
    mock->log_length = 0;
}

size_t mock_count(const struct mock *mock, int request)
{
    size_t count = 0;
    for (size_t i = 0; i < mock->log_length; i++)
        count += mock->log[i].request == request;
    return count;
}

void mock_link(struct mock *mock, struct dfu_link *link, uint8_t state)
{
    *link = (struct dfu_link){.port = mock->port,
                              .functional = mock->interface.functional,
                              .transfer_size = mock->interface.functional.wTransferSize,
                              .state = state,
                              .bState = DFU_STATE_UNKNOWN};
}
