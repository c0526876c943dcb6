/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is attached, and when that changes: as long after the call that caused it as it took when it
 * was recorded. */
#include "base/error.h"
#include "usb/replay_room.h"
#include "usb/usb_list.h"

#include <stdlib.h>
#include <string.h>

static uint64_t later(uint64_t a, uint64_t b)
{
    return b < UB_REPLAY_NEVER - a ? a + b : UB_REPLAY_NEVER;
}

static uint64_t end_of(const struct ub_trace_record *record)
{
    return record->at_us + record->took_us;
}

/** When the next change at a port is due; never, as long as what it waits for was not asked. */
static uint64_t due(const struct ub_replay *replay, const struct ub_replay_port *port)
{
    if (port->next_change >= port->change_count || port->differs)
        return UB_REPLAY_NEVER;
    const struct ub_replay_change *change = &port->changes[port->next_change];
    const struct ub_trace_record *record = &replay->trace->records[change->record];
    const size_t cause = replay->lenient ? change->barrier : change->trigger;
    if (change->record < replay->first_other)
        return 0; /* it was there when the recording began */
    if (cause == UB_REPLAY_NONE)
        return later(replay->start_us, record->at_us);
    if (replay->passed[cause] == UB_REPLAY_NEVER)
        return UB_REPLAY_NEVER;
    const uint64_t end = end_of(&replay->trace->records[cause]);
    return later(replay->passed[cause], record->at_us > end ? record->at_us - end : 0);
}

static void change(struct ub_replay *replay, struct ub_replay_port *port)
{
    const struct ub_replay_change *next = &port->changes[port->next_change++];
    port->life = next->life;
    port->info = replay->trace->records[next->record].info;
    replay->unseen = true;
}

void ub_replay_settle(struct ub_replay *replay, struct ub_replay_port *port)
{
    const uint64_t now = ub_now(&replay->clock);
    while (due(replay, port) <= now)
        change(replay, port);
}

static bool copy_info(const struct ub_usb_info *from, struct ub_usb_info *to)
{
    uint8_t *config = malloc(from->config_length ? from->config_length : 1);
    if (!config)
        return false;
    if (from->config_length)
        memcpy(config, from->config, from->config_length);
    *to = *from;
    to->config = config;
    return true;
}

/** Where the bus could never be listed, that is all there is to tell. */
static const struct ub_trace_record *never_listed(const struct ub_replay *replay)
{
    const struct ub_trace *trace = replay->trace;
    for (size_t i = 0; i < trace->count && replay->port_count == 0; i++)
        if (trace->records[i].op == UB_TRACE_LIST && trace->records[i].code)
            return &trace->records[i];
    return NULL;
}

static enum ub_code fill_list(struct ub_replay *replay, struct ub_usb_list *out,
                              struct ub_error *err)
{
    for (size_t i = 0; i < replay->port_count; i++) {
        struct ub_replay_port *port = &replay->ports[i];
        ub_replay_settle(replay, port);
        if (port->life == UB_REPLAY_NONE)
            continue;
        if (!copy_info(port->info, &out->items[out->count]))
            return ub_fail_memory(err);
        out->count++;
    }
    replay->unseen = false;
    return UB_OK;
}

enum ub_code ub_replay_enumerate(void *self, struct ub_usb_list *out, struct ub_error *err)
{
    struct ub_replay *replay = self;
    const struct ub_trace_record *failed = never_listed(replay);
    *out = (struct ub_usb_list){0};
    if (failed)
        return ub_fail(err, failed->code, "%s", failed->message);
    out->items = calloc(replay->port_count + 1, sizeof(*out->items));
    if (!out->items)
        return ub_fail_memory(err);
    (void)pthread_mutex_lock(&replay->lock);
    enum ub_code code = fill_list(replay, out, err);
    (void)pthread_mutex_unlock(&replay->lock);
    if (code)
        ub_usb_list_free(out);
    else
        ub_usb_list_sort(out);
    return code;
}

/** Sleeps until the earlier of two moments; the lock is held, but not meanwhile. */
static void rest(struct ub_replay *replay, uint64_t a, uint64_t b)
{
    const uint64_t until = a < b ? a : b;
    const uint64_t now = ub_now(&replay->clock);
    (void)pthread_mutex_unlock(&replay->lock);
    if (until > now)
        ub_sleep(&replay->clock, until - now);
    (void)pthread_mutex_lock(&replay->lock);
}

enum ub_code ub_replay_wait_change(void *self, uint64_t timeout_us, bool *changed,
                                   struct ub_error *err)
{
    struct ub_replay *replay = self;
    const uint64_t until = later(ub_now(&replay->clock), timeout_us);
    (void)err;
    (void)pthread_mutex_lock(&replay->lock);
    for (;;) {
        uint64_t next = UB_REPLAY_NEVER;
        for (size_t i = 0; i < replay->port_count; i++) {
            ub_replay_settle(replay, &replay->ports[i]);
            const uint64_t at = due(replay, &replay->ports[i]);
            next = at < next ? at : next;
        }
        if (replay->unseen || ub_now(&replay->clock) >= until)
            break;
        rest(replay, next, until);
    }
    *changed = replay->unseen;
    replay->unseen = false;
    (void)pthread_mutex_unlock(&replay->lock);
    return UB_OK;
}

/**
 * The clock of a replay may lag a little behind the recording, where the program's own work took
 * time. So the look that saw a change sees it again, also where its moment has not quite come: that
 * a device had left by its beginning, that another one had come by its end.
 */
static void settle_by_looks(struct ub_replay *replay, struct ub_replay_port *port, bool leaving)
{
    while (due(replay, port) != UB_REPLAY_NEVER) {
        const struct ub_replay_change *next = &port->changes[port->next_change];
        if (next->looks == 0 || port->looks < next->looks ||
            leaving != (next->life == UB_REPLAY_NONE))
            break;
        change(replay, port);
    }
}

static bool is_other(const struct ub_replay_port *port, uint32_t generation)
{
    return port->life != UB_REPLAY_NONE && port->info->generation != generation;
}

enum ub_code ub_replay_wait_port(void *self, const char *name, uint32_t generation,
                                 uint64_t timeout_us, struct ub_usb_info *out, bool *came,
                                 struct ub_error *err)
{
    struct ub_replay *replay = self;
    struct ub_replay_port *port = ub_replay_port_at(replay, name);
    const uint64_t until = later(ub_now(&replay->clock), timeout_us);
    enum ub_code code = UB_OK;
    *came = false;
    if (!port) {
        ub_sleep(&replay->clock, timeout_us);
        return UB_OK;
    }
    (void)pthread_mutex_lock(&replay->lock);
    port->looks++;
    settle_by_looks(replay, port, true);
    for (;;) {
        ub_replay_settle(replay, port);
        if (is_other(port, generation))
            break;
        if (ub_now(&replay->clock) >= until) {
            settle_by_looks(replay, port, false);
            break;
        }
        rest(replay, due(replay, port), until);
    }
    *came = is_other(port, generation);
    if (*came && !copy_info(port->info, out))
        code = ub_fail_memory(err);
    (void)pthread_mutex_unlock(&replay->lock);
    return code;
}
