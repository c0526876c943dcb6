/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A trace comes with a stranger's bug report: it is read, written again, and played. */
#include "usb/replay.h"
#include "usb/trace.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CALLS_MAX 300u

/* What was taken can be written, and means the same when it is read again. */
static void write_again(const struct ub_trace *trace)
{
    char *header = ub_trace_print_header(trace->transport, trace->queue, trace->started);
    if (!header)
        abort();
    const size_t head = strlen(header);
    for (size_t i = 0; i < trace->count && i < CALLS_MAX; i++) {
        struct ub_trace *again = NULL;
        char *line = ub_trace_print(&trace->records[i]);
        char *file = line ? malloc(head + strlen(line) + 1) : NULL;
        if (!file)
            abort();
        memcpy(file, header, head);
        memcpy(file + head, line, strlen(line) + 1);
        if (ub_trace_parse(file, strlen(file), &again, NULL) != UB_OK || again->count != 1)
            abort();
        char *same = ub_trace_print(&again->records[0]);
        if (!same || strcmp(same, line) != 0)
            abort();
        free(same);
        free(file);
        free(line);
        ub_trace_free(again);
    }
    free(header);
}

static void look(const struct ub_transport *bus, const char *port)
{
    struct ub_usb_list list;
    struct ub_usb_info info;
    bool answer;
    if (bus->ops->enumerate(bus->self, &list, NULL) == UB_OK)
        ub_usb_list_free(&list);
    (void)bus->ops->wait_change(bus->self, 1000, &answer, NULL);
    if (bus->ops->wait_port(bus->self, port, 1, 1000, &info, &answer, NULL) == UB_OK && answer)
        free(info.config);
}

/* Three transfers at once, of which the middle one is in the trace. */
static void ask(const struct ub_transport *bus, struct ub_usb_handle *handle,
                const struct ub_trace_record *record, uint8_t *buffer)
{
    struct ub_transfer queue[3];
    memset(buffer, 0, 65535);
    if (record->length)
        memcpy(buffer, record->data, record->length);
    for (size_t i = 0; i < 3; i++)
        queue[i] = (struct ub_transfer){
            .setup = record->setup, .data = buffer, .timeout_ms = record->timeout_ms};
    (void)ub_control_queue(bus, handle, queue, record->queue ? 3 : 1, NULL);
    for (size_t i = 0; i < (record->queue ? 3 : 1); i++)
        if (queue[i].actual > queue[i].setup.wLength)
            abort();
}

static void call(const struct ub_transport *bus, struct ub_usb_handle **handle,
                 const struct ub_trace_record *record, uint8_t *buffer)
{
    struct ub_error err;
    if (record->op == UB_TRACE_OPEN) {
        bus->ops->close(bus->self, *handle);
        *handle = NULL;
        (void)bus->ops->open(bus->self, record->port, handle, &err);
        return;
    }
    if (!*handle)
        return;
    switch (record->op) {
    case UB_TRACE_CLOSE:
        bus->ops->close(bus->self, *handle);
        *handle = NULL;
        break;
    case UB_TRACE_CLAIM:
        (void)bus->ops->claim(bus->self, *handle, record->interface, &err);
        break;
    case UB_TRACE_ALT:
        (void)bus->ops->set_alt(bus->self, *handle, (uint8_t)record->setup.wIndex,
                                (uint8_t)record->setup.wValue, &err);
        break;
    case UB_TRACE_RESET:
        (void)bus->ops->reset(bus->self, *handle, &err);
        break;
    case UB_TRACE_CONTROL:
        ask(bus, *handle, record, buffer);
        break;
    default:
        break;
    }
}

/* Every second call left out, the lenient way: something else is asked than what is next. */
static void play(const uint8_t *data, size_t size, const struct ub_trace *trace, bool lenient)
{
    const struct ub_replay_options options = {.lenient = lenient};
    struct ub_replay *replay = NULL;
    struct ub_usb_handle *handle = NULL;
    if (ub_replay_open_text((const char *)data, size, &options, &replay, NULL) != UB_OK)
        return;
    uint8_t *buffer = malloc(65535);
    if (!buffer)
        abort();
    const struct ub_transport bus = ub_replay_transport(replay);
    for (size_t i = 0; i < trace->count && i < CALLS_MAX; i++) {
        if (lenient && i % 3 == 2)
            continue;
        look(&bus, trace->records[i].port);
        call(&bus, &handle, &trace->records[i], buffer);
    }
    bus.ops->close(bus.self, handle);
    free(buffer);
    (void)ub_replay_verdict(replay, NULL, NULL);
    ub_replay_close(replay);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ub_trace *trace = NULL;
    if (ub_trace_parse((const char *)data, size, &trace, NULL) != UB_OK)
        return 0;
    write_again(trace);
    play(data, size, trace, false);
    play(data, size, trace, true);
    ub_trace_free(trace);
    return 0;
}
