/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "usb/replay.h"

#include "base/error.h"
#include "usb/replay_room.h"

#include <stdlib.h>
#include <string.h>

/** What a call that is answered by `record` comes to. */
static enum ub_code answer(const struct ub_trace_record *record, struct ub_error *err)
{
    if (!record->code)
        return UB_OK;
    (void)ub_fail(err, record->code, "%s",
                  record->message[0] ? record->message : "it failed when it was recorded");
    if (record->op == UB_TRACE_CONTROL || record->op == UB_TRACE_ALT)
        ub_error_transfer(err, &record->setup, -1);
    return record->code;
}

/** Sleeps through what a call takes. The lock is not held. */
static void spend(struct ub_replay *replay, uint64_t until)
{
    const uint64_t now = ub_now(&replay->clock);
    if (until > now)
        ub_sleep(&replay->clock, until - now);
}

/**
 * Asks for a call and lets its time pass. *out is the record that answers it; NULL: a lenient
 * replay does not have it.
 */
static enum ub_code ask(struct ub_replay *replay, const struct ub_usb_handle *handle,
                        const struct ub_trace_record *wanted, const struct ub_trace_record **out,
                        struct ub_error *err)
{
    uint64_t until = 0;
    struct ub_replay_life *life = handle->life;
    (void)pthread_mutex_lock(&replay->lock);
    *out = ub_replay_match(replay, handle->port, life, wanted, &until, err);
    (void)pthread_mutex_unlock(&replay->lock);
    if (!*out)
        return replay->lenient ? UB_OK : UB_USB_REPLAY;
    spend(replay, until);
    return answer(*out, err);
}

static enum ub_code differ(struct ub_replay *replay, const struct ub_usb_handle *handle,
                           const struct ub_trace_record *wanted, struct ub_error *err)
{
    (void)pthread_mutex_lock(&replay->lock);
    enum ub_code code = ub_replay_differ(replay, handle->port, handle->life, wanted, err);
    (void)pthread_mutex_unlock(&replay->lock);
    return code;
}

/** The life that is at the port now, or NULL. */
static struct ub_replay_life *present(struct ub_replay *replay, struct ub_replay_port *port)
{
    (void)pthread_mutex_lock(&replay->lock);
    ub_replay_settle(replay, port);
    struct ub_replay_life *life = port->life == UB_REPLAY_NONE ? NULL : &port->lives[port->life];
    (void)pthread_mutex_unlock(&replay->lock);
    return life;
}

static enum ub_code replay_open(void *self, const char *name, struct ub_usb_handle **out,
                                struct ub_error *err)
{
    struct ub_replay *replay = self;
    const struct ub_trace_record wanted = {.op = UB_TRACE_OPEN};
    const struct ub_trace_record *record;
    struct ub_usb_handle found = {.port = ub_replay_port_at(replay, name)};
    *out = NULL;
    if (found.port)
        found.life = present(replay, found.port);
    if (!found.life)
        return ub_fail(err, UB_DEV_GONE, "no device is at port %s", name);
    struct ub_usb_handle *handle = malloc(sizeof(*handle));
    if (!handle)
        return ub_fail_memory(err);
    *handle = found;
    enum ub_code code = ask(replay, handle, &wanted, &record, err);
    if (code)
        free(handle);
    else
        *out = handle;
    return code;
}

static void replay_close(void *self, struct ub_usb_handle *handle)
{
    struct ub_replay *replay = self;
    const struct ub_trace_record wanted = {.op = UB_TRACE_CLOSE};
    const struct ub_trace_record *record;
    if (!handle)
        return;
    (void)pthread_mutex_lock(&replay->lock);
    /* a recording that was cut off closes nothing */
    const bool cut_off = handle->life->next == handle->life->count;
    (void)pthread_mutex_unlock(&replay->lock);
    if (!cut_off)
        (void)ask(replay, handle, &wanted, &record, NULL);
    free(handle);
}

static enum ub_code replay_claim(void *self, struct ub_usb_handle *handle, uint8_t interface,
                                 struct ub_error *err)
{
    const struct ub_trace_record wanted = {.op = UB_TRACE_CLAIM, .interface = interface};
    const struct ub_trace_record *record;
    return ask(self, handle, &wanted, &record, err);
}

static enum ub_code replay_set_alt(void *self, struct ub_usb_handle *handle, uint8_t interface,
                                   uint8_t alt, struct ub_error *err)
{
    const struct ub_trace_record wanted = {.op = UB_TRACE_ALT,
                                           .setup = ub_setup_of_alt(interface, alt)};
    const struct ub_trace_record *record;
    enum ub_code code = ask(self, handle, &wanted, &record, err);
    return code || record ? code : differ(self, handle, &wanted, err);
}

static enum ub_code replay_control(void *self, struct ub_usb_handle *handle,
                                   const struct ub_setup *setup, uint8_t *data, uint32_t timeout_ms,
                                   uint16_t *actual, struct ub_error *err)
{
    const bool in = setup->bmRequestType & UB_SETUP_IN;
    const struct ub_trace_record wanted = {.op = UB_TRACE_CONTROL,
                                           .setup = *setup,
                                           .timeout_ms = timeout_ms,
                                           .data = in ? NULL : data,
                                           .length = in ? 0 : setup->wLength};
    const struct ub_trace_record *record;
    *actual = 0;
    enum ub_code code = ask(self, handle, &wanted, &record, err);
    if (!code && !record)
        code = differ(self, handle, &wanted, err);
    if (code)
        return code;
    *actual = record->actual;
    if (in && record->length) /* both have the same wLength, which record->length is within */
        memcpy(data, record->data, record->length);
    return UB_OK;
}

/** What stands behind a time-out in a queue was recorded though it was not sent; strict, it is gone
 * by now. */
static void pass_by(struct ub_replay *replay, const struct ub_usb_handle *handle,
                    const struct ub_trace_record *ended)
{
    struct ub_replay_life *life = handle->life;
    (void)pthread_mutex_lock(&replay->lock);
    while (!handle->port->differs && life->next < life->count && ended->queue &&
           replay->trace->records[life->calls[life->next]].queue == ended->queue) {
        replay->passed[life->calls[life->next++]] = ub_now(&replay->clock);
        replay->report.played++;
    }
    (void)pthread_mutex_unlock(&replay->lock);
}

static const struct ub_trace_record *last_played(struct ub_replay *replay,
                                                 const struct ub_usb_handle *handle)
{
    const struct ub_replay_life *life = handle->life;
    (void)pthread_mutex_lock(&replay->lock);
    const struct ub_trace_record *record =
        life->next ? &replay->trace->records[life->calls[life->next - 1]] : NULL;
    (void)pthread_mutex_unlock(&replay->lock);
    return record;
}

static enum ub_code replay_control_queue(void *self, struct ub_usb_handle *handle,
                                         struct ub_transfer *transfers, size_t count,
                                         struct ub_error *err)
{
    struct ub_replay *replay = self;
    enum ub_code first = UB_OK;
    enum ub_code end = UB_OK;
    for (size_t i = 0; i < count; i++) {
        struct ub_transfer *transfer = &transfers[i];
        transfer->actual = 0;
        transfer->code = end ? end
                             : replay_control(self, handle, &transfer->setup, transfer->data,
                                              transfer->timeout_ms, &transfer->actual,
                                              first ? NULL : err);
        first = first ? first : transfer->code;
        if (transfer->code == UB_USB_TIMEOUT || transfer->code == UB_USB_GONE)
            end = transfer->code;
    }
    const struct ub_trace_record *record = end ? last_played(replay, handle) : NULL;
    if (record)
        pass_by(replay, handle, record);
    return first;
}

static enum ub_code replay_reset(void *self, struct ub_usb_handle *handle, struct ub_error *err)
{
    const struct ub_trace_record wanted = {.op = UB_TRACE_RESET};
    const struct ub_trace_record *record;
    enum ub_code code = ask(self, handle, &wanted, &record, err);
    return code || record ? code : differ(self, handle, &wanted, err);
}

static void replay_destroy(void *self)
{
    (void)self; /* the replay belongs to whoever opened it */
}

static const struct ub_transport_ops replay_ops = {.name = "replay",
                                                   .enumerate = ub_replay_enumerate,
                                                   .open = replay_open,
                                                   .close = replay_close,
                                                   .claim = replay_claim,
                                                   .set_alt = replay_set_alt,
                                                   .control = replay_control,
                                                   .control_queue = replay_control_queue,
                                                   .reset = replay_reset,
                                                   .wait_change = ub_replay_wait_change,
                                                   .wait_port = ub_replay_wait_port,
                                                   .destroy = replay_destroy};

struct ub_transport ub_replay_transport(struct ub_replay *replay)
{
    return (struct ub_transport){.ops = &replay->ops, .self = replay};
}

struct ub_clock ub_replay_clock(const struct ub_replay *replay)
{
    return replay->clock;
}

static enum ub_code set_clock(struct ub_replay *replay, const struct ub_clock *clock,
                              struct ub_error *err)
{
    enum ub_code code = UB_OK;
    if (!clock)
        code = ub_shared_time_open(0, &replay->time, err);
    if (code)
        return code;
    replay->clock = clock ? *clock : ub_clock_shared(replay->time);
    replay->start_us = ub_now(&replay->clock);
    return UB_OK;
}

/** Takes the trace over, also when it fails. */
static enum ub_code open_trace(struct ub_trace *trace, const struct ub_replay_options *options,
                               struct ub_replay **out, struct ub_error *err)
{
    static const struct ub_replay_options nothing;
    struct ub_replay *replay = calloc(1, sizeof(*replay));
    if (!replay) {
        ub_trace_free(trace);
        return ub_fail_memory(err);
    }
    options = options ? options : &nothing;
    replay->trace = trace;
    replay->ops = replay_ops;
    if (!trace->queue) /* callers ask for it, and then do otherwise */
        replay->ops.control_queue = NULL;
    replay->lenient = options->lenient;
    (void)pthread_mutex_init(&replay->lock, NULL); /* cannot fail without attributes */
    enum ub_code code = set_clock(replay, options->clock, err);
    if (!code)
        code = ub_replay_load(replay, err);
    if (code)
        ub_replay_close(replay);
    else
        *out = replay;
    return code;
}

enum ub_code ub_replay_open(const char *path, const struct ub_replay_options *options,
                            struct ub_replay **out, struct ub_error *err)
{
    struct ub_trace *trace = NULL;
    enum ub_code code = ub_trace_read(path, &trace, err);
    if (code)
        return code;
    code = open_trace(trace, options, out, err);
    return code == UB_USE_TRACE ? ub_wrap(err, code, "in %s", path) : code;
}

enum ub_code ub_replay_open_text(const char *text, size_t length,
                                 const struct ub_replay_options *options, struct ub_replay **out,
                                 struct ub_error *err)
{
    struct ub_trace *trace = NULL;
    enum ub_code code = ub_trace_parse(text, length, &trace, err);
    return code ? code : open_trace(trace, options, out, err);
}

static void free_port(struct ub_replay_port *port)
{
    for (size_t i = 0; i < port->life_count; i++)
        free(port->lives[i].calls);
    free(port->lives);
    free(port->changes);
}

void ub_replay_close(struct ub_replay *replay)
{
    if (!replay)
        return;
    for (size_t i = 0; i < replay->port_count; i++)
        free_port(&replay->ports[i]);
    free(replay->ports);
    free(replay->passed);
    ub_trace_free(replay->trace);
    ub_shared_time_close(replay->time);
    (void)pthread_mutex_destroy(&replay->lock);
    free(replay);
}

void ub_replay_report(struct ub_replay *replay, struct ub_replay_report *out)
{
    (void)pthread_mutex_lock(&replay->lock);
    *out = replay->report;
    (void)pthread_mutex_unlock(&replay->lock);
}

enum ub_code ub_replay_verdict(struct ub_replay *replay, const char *port, struct ub_error *err)
{
    enum ub_code code = UB_OK;
    (void)pthread_mutex_lock(&replay->lock);
    for (size_t i = 0; i < replay->port_count && !code; i++) {
        const struct ub_replay_port *one = &replay->ports[i];
        if (!one->differs || (port && strcmp(one->name, port) != 0))
            continue;
        code = UB_USB_REPLAY;
        if (err)
            *err = one->difference;
    }
    (void)pthread_mutex_unlock(&replay->lock);
    return code;
}
