/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _POSIX_C_SOURCE 200809L
#include "usb/trace_recorder.h"

#include "base/error.h"
#include "base/text.h"
#include "usb/trace_sink.h"
#include "usb/trace_watch.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define US_PER_MS UINT64_C(1000)

struct ub_recorder {
    struct ub_transport inner;
    struct ub_transport_ops ops; /* named as the transport inside, and with what that one has */
    struct ub_trace_sink sink;
    pthread_mutex_t listing; /* held from before a look at the bus until its changes are noted */
    struct ub_trace_watch watch;
};

struct ub_usb_handle {
    struct ub_usb_handle *inner;
    char port[UB_PORT_TEXT];
    uint32_t generation;
};

static struct ub_trace_record about(const struct ub_usb_handle *handle, enum ub_trace_op op)
{
    struct ub_trace_record record = {.op = op, .generation = handle->generation};
    memcpy(record.port, handle->port, sizeof(record.port));
    return record;
}

/** How a call ended. `err` is filled if it failed, and outlives the record. */
static void settle(struct ub_trace_record *record, enum ub_code code, const struct ub_error *err)
{
    record->code = code;
    record->message = code && err ? err->message : NULL;
}

static enum ub_code rec_enumerate(void *self, struct ub_usb_list *out, struct ub_error *err)
{
    struct ub_recorder *recorder = self;
    struct ub_error own = {0};
    struct ub_trace_record record = {.op = UB_TRACE_LIST};
    err = err ? err : &own;
    (void)pthread_mutex_lock(&recorder->listing);
    const uint64_t first = ub_trace_sink_begin(&recorder->sink, &record, 1);
    enum ub_code code = recorder->inner.ops->enumerate(recorder->inner.self, out, err);
    settle(&record, code, err);
    if (code) {
        ub_trace_sink_finish(&recorder->sink, &record, 1, first);
    } else if (!ub_trace_watch_look(&recorder->watch, out, ub_trace_sink_note, &recorder->sink)) {
        ub_trace_sink_end(&recorder->sink, "out of memory");
    }
    (void)pthread_mutex_unlock(&recorder->listing);
    return code;
}

static enum ub_code rec_open(void *self, const char *port, struct ub_usb_handle **out,
                             struct ub_error *err)
{
    struct ub_recorder *recorder = self;
    struct ub_error own = {0};
    err = err ? err : &own;
    *out = NULL;
    struct ub_usb_handle *handle = calloc(1, sizeof(*handle));
    if (!handle)
        return ub_fail_memory(err);
    (void)ub_print(handle->port, sizeof(handle->port), "%s", port);
    (void)pthread_mutex_lock(&recorder->listing);
    handle->generation = ub_trace_watch_generation(&recorder->watch, port);
    (void)pthread_mutex_unlock(&recorder->listing);
    struct ub_trace_record record = about(handle, UB_TRACE_OPEN);
    const uint64_t first = ub_trace_sink_begin(&recorder->sink, &record, 1);
    enum ub_code code = recorder->inner.ops->open(recorder->inner.self, port, &handle->inner, err);
    settle(&record, code, err);
    ub_trace_sink_finish(&recorder->sink, &record, 1, first);
    if (code)
        free(handle);
    else
        *out = handle;
    return code;
}

static void rec_close(void *self, struct ub_usb_handle *handle)
{
    struct ub_recorder *recorder = self;
    if (!handle)
        return;
    struct ub_trace_record record = about(handle, UB_TRACE_CLOSE);
    const uint64_t first = ub_trace_sink_begin(&recorder->sink, &record, 1);
    recorder->inner.ops->close(recorder->inner.self, handle->inner);
    ub_trace_sink_finish(&recorder->sink, &record, 1, first);
    free(handle);
}

static enum ub_code rec_claim(void *self, struct ub_usb_handle *handle, uint8_t interface,
                              struct ub_error *err)
{
    struct ub_recorder *recorder = self;
    struct ub_error own = {0};
    err = err ? err : &own;
    struct ub_trace_record record = about(handle, UB_TRACE_CLAIM);
    record.interface = interface;
    const uint64_t first = ub_trace_sink_begin(&recorder->sink, &record, 1);
    enum ub_code code = recorder->inner.ops->claim(recorder->inner.self, handle->inner, interface,
                                                   err);
    settle(&record, code, err);
    ub_trace_sink_finish(&recorder->sink, &record, 1, first);
    return code;
}

static enum ub_code rec_set_alt(void *self, struct ub_usb_handle *handle, uint8_t interface,
                                uint8_t alt, struct ub_error *err)
{
    struct ub_recorder *recorder = self;
    struct ub_error own = {0};
    err = err ? err : &own;
    struct ub_trace_record record = about(handle, UB_TRACE_ALT);
    record.setup = ub_setup_of_alt(interface, alt);
    const uint64_t first = ub_trace_sink_begin(&recorder->sink, &record, 1);
    enum ub_code code = recorder->inner.ops->set_alt(recorder->inner.self, handle->inner, interface,
                                                     alt, err);
    settle(&record, code, err);
    ub_trace_sink_finish(&recorder->sink, &record, 1, first);
    return code;
}

/** The record of a transfer that is about to be made. */
static struct ub_trace_record transfer_of(const struct ub_usb_handle *handle,
                                          const struct ub_setup *setup, const uint8_t *data,
                                          uint32_t timeout_ms)
{
    struct ub_trace_record record = about(handle, UB_TRACE_CONTROL);
    record.setup = *setup;
    record.timeout_ms = timeout_ms;
    if (!(setup->bmRequestType & UB_SETUP_IN)) {
        record.data = data;
        record.length = setup->wLength;
    }
    return record;
}

/** What the transfer moved. */
static void settle_transfer(struct ub_trace_record *record, enum ub_code code, const uint8_t *data,
                            uint16_t actual, const struct ub_error *err)
{
    settle(record, code, err);
    record->actual = code ? 0 : actual;
    if (code || !(record->setup.bmRequestType & UB_SETUP_IN))
        return;
    record->data = data;
    record->length = actual < record->setup.wLength ? actual : record->setup.wLength;
}

static enum ub_code rec_control(void *self, struct ub_usb_handle *handle,
                                const struct ub_setup *setup, uint8_t *data, uint32_t timeout_ms,
                                uint16_t *actual, struct ub_error *err)
{
    struct ub_recorder *recorder = self;
    struct ub_error own = {0};
    err = err ? err : &own;
    struct ub_trace_record record = transfer_of(handle, setup, data, timeout_ms);
    const uint64_t first = ub_trace_sink_begin(&recorder->sink, &record, 1);
    enum ub_code code = recorder->inner.ops->control(recorder->inner.self, handle->inner, setup,
                                                     data, timeout_ms, actual, err);
    settle_transfer(&record, code, data, *actual, err);
    ub_trace_sink_finish(&recorder->sink, &record, 1, first);
    return code;
}

static enum ub_code rec_control_queue(void *self, struct ub_usb_handle *handle,
                                      struct ub_transfer *transfers, size_t count,
                                      struct ub_error *err)
{
    struct ub_recorder *recorder = self;
    struct ub_trace_record records[UB_QUEUE_MAX];
    struct ub_error own = {0};
    err = err ? err : &own;
    if (count > UB_QUEUE_MAX)
        return ub_fail(err, UB_SYS_INTERNAL, "a queue of %zu transfers", count);
    for (size_t i = 0; i < count; i++)
        records[i] = transfer_of(handle, &transfers[i].setup, transfers[i].data,
                                 transfers[i].timeout_ms);
    const uint64_t first = ub_trace_sink_begin(&recorder->sink, records, count);
    enum ub_code code = recorder->inner.ops->control_queue(recorder->inner.self, handle->inner,
                                                           transfers, count, err);
    bool explained = false; /* *err is about the first that failed */
    for (size_t i = 0; i < count; i++) {
        settle_transfer(&records[i], transfers[i].code, transfers[i].data, transfers[i].actual,
                        explained ? NULL : err);
        explained = explained || transfers[i].code;
    }
    ub_trace_sink_finish(&recorder->sink, records, count, first);
    return code;
}

static enum ub_code rec_reset(void *self, struct ub_usb_handle *handle, struct ub_error *err)
{
    struct ub_recorder *recorder = self;
    struct ub_error own = {0};
    err = err ? err : &own;
    struct ub_trace_record record = about(handle, UB_TRACE_RESET);
    const uint64_t first = ub_trace_sink_begin(&recorder->sink, &record, 1);
    enum ub_code code = recorder->inner.ops->reset(recorder->inner.self, handle->inner, err);
    settle(&record, code, err);
    ub_trace_sink_finish(&recorder->sink, &record, 1, first);
    return code;
}

static struct ub_trace_record wait_of(uint64_t timeout_us)
{
    const uint64_t ms = timeout_us / US_PER_MS;
    struct ub_trace_record record = {.op = UB_TRACE_WAIT};
    record.timeout_ms = (uint32_t)(ms < UINT32_MAX ? ms : UINT32_MAX);
    return record;
}

static enum ub_code rec_wait_change(void *self, uint64_t timeout_us, bool *changed,
                                    struct ub_error *err)
{
    struct ub_recorder *recorder = self;
    struct ub_error own = {0};
    err = err ? err : &own;
    struct ub_trace_record record = wait_of(timeout_us);
    const uint64_t first = ub_trace_sink_begin(&recorder->sink, &record, 1);
    enum ub_code code = recorder->inner.ops->wait_change(recorder->inner.self, timeout_us, changed,
                                                         err);
    settle(&record, code, err);
    record.changed = !code && *changed;
    ub_trace_sink_finish(&recorder->sink, &record, 1, first);
    return code;
}

static enum ub_code rec_wait_port(void *self, const char *port, uint32_t generation,
                                  uint64_t timeout_us, struct ub_usb_info *out, bool *came,
                                  struct ub_error *err)
{
    struct ub_recorder *recorder = self;
    struct ub_error own = {0};
    err = err ? err : &own;
    struct ub_trace_record record = wait_of(timeout_us);
    (void)ub_print(record.port, sizeof(record.port), "%s", port);
    record.generation = generation;
    const uint64_t first = ub_trace_sink_begin(&recorder->sink, &record, 1);
    enum ub_code code = recorder->inner.ops->wait_port(recorder->inner.self, port, generation,
                                                       timeout_us, out, came, err);
    settle(&record, code, err);
    record.changed = !code && *came;
    ub_trace_sink_finish(&recorder->sink, &record, 1, first);
    if (code)
        return code;
    (void)pthread_mutex_lock(&recorder->listing);
    if (!ub_trace_watch_port(&recorder->watch, port, generation, *came ? out : NULL,
                             ub_trace_sink_note, &recorder->sink))
        ub_trace_sink_end(&recorder->sink, "out of memory");
    (void)pthread_mutex_unlock(&recorder->listing);
    return UB_OK;
}

static void free_recorder(struct ub_recorder *recorder)
{
    ub_trace_sink_close(&recorder->sink);
    ub_trace_watch_free(&recorder->watch);
    (void)pthread_mutex_destroy(&recorder->listing);
    free(recorder);
}

static void rec_destroy(void *self)
{
    struct ub_recorder *recorder = self;
    recorder->inner.ops->destroy(recorder->inner.self);
    free_recorder(recorder);
}

enum ub_code ub_recorder_open(const char *path, const struct ub_transport *inner,
                              struct ub_clock clock, struct ub_recorder **out, struct ub_error *err)
{
    struct ub_recorder *recorder = calloc(1, sizeof(*recorder));
    if (!recorder)
        return ub_fail_memory(err);
    recorder->inner = *inner;
    recorder->ops = (struct ub_transport_ops){
        .name = inner->ops->name,
        .enumerate = rec_enumerate,
        .open = rec_open,
        .close = rec_close,
        .claim = rec_claim,
        .set_alt = rec_set_alt,
        .control = rec_control,
        .control_queue = inner->ops->control_queue ? rec_control_queue : NULL,
        .reset = rec_reset,
        .wait_change = rec_wait_change,
        .wait_port = inner->ops->wait_port ? rec_wait_port : NULL,
        .destroy = rec_destroy};
    (void)pthread_mutex_init(&recorder->listing, NULL); /* cannot fail without attributes */
    enum ub_code code = ub_trace_sink_open(&recorder->sink, path, inner->ops, clock, err);
    if (code)
        free_recorder(recorder);
    else
        *out = recorder;
    return code;
}

struct ub_transport ub_recorder_transport(struct ub_recorder *recorder)
{
    return (struct ub_transport){.ops = &recorder->ops, .self = recorder};
}

bool ub_recorder_take_warning(struct ub_recorder *recorder, char *text, size_t size)
{
    struct ub_trace_sink *sink = &recorder->sink;
    (void)pthread_mutex_lock(&sink->lock);
    const bool news = sink->over && !sink->told;
    if (news) {
        sink->told = true;
        (void)ub_print(text, size, "%s", sink->why);
    }
    (void)pthread_mutex_unlock(&sink->lock);
    return news;
}
