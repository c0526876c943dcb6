/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The records of a trace, sorted by ports and by the stays of devices at them. */
#include "base/error.h"
#include "base/text.h"
#include "usb/replay_room.h"

#include <stdlib.h>
#include <string.h>

#define PORTS_MAX 4096u /* 32 buses of 127 devices; a search goes through all of them */
#define LIVES_MAX 65536u

struct ub_replay_port *ub_replay_port_at(const struct ub_replay *replay, const char *name)
{
    for (size_t i = 0; i < replay->port_count; i++)
        if (strcmp(replay->ports[i].name, name) == 0)
            return &replay->ports[i];
    return NULL;
}

static enum ub_code bad(size_t record, const char *what, struct ub_error *err)
{
    return ub_fail(err, UB_USE_TRACE, "line %zu of the trace: %s", record + 2, what);
}

/** The port of that name, which may be a new one; NULL with an error. */
static struct ub_replay_port *need_port(struct ub_replay *replay, const char *name,
                                        struct ub_error *err)
{
    struct ub_replay_port *port = ub_replay_port_at(replay, name);
    if (port)
        return port;
    if (replay->port_count >= PORTS_MAX) {
        (void)ub_fail(err, UB_USE_TRACE, "the trace has more than %u ports", PORTS_MAX);
        return NULL;
    }
    struct ub_replay_port *moved = realloc(replay->ports,
                                           (replay->port_count + 1) * sizeof(*moved));
    if (!moved) {
        (void)ub_fail_memory(err);
        return NULL;
    }
    replay->ports = moved;
    port = &moved[replay->port_count++];
    *port = (struct ub_replay_port){
        .life = UB_REPLAY_NONE, .last_call = UB_REPLAY_NONE, .last_barrier = UB_REPLAY_NONE};
    (void)ub_print(port->name, sizeof(port->name), "%s", name);
    return port;
}

static enum ub_code add_life(struct ub_replay_port *port, uint32_t generation, struct ub_error *err)
{
    if (port->life_count >= LIVES_MAX)
        return ub_fail(err, UB_USE_TRACE, "the device at %s comes back too often", port->name);
    struct ub_replay_life *moved = realloc(port->lives, (port->life_count + 1) * sizeof(*moved));
    if (!moved)
        return ub_fail_memory(err);
    port->lives = moved;
    port->lives[port->life_count++] = (struct ub_replay_life){.generation = generation};
    return UB_OK;
}

static enum ub_code add_change(struct ub_replay_port *port, size_t record, size_t life,
                               struct ub_error *err)
{
    struct ub_replay_change *moved = realloc(port->changes,
                                             (port->change_count + 1) * sizeof(*moved));
    if (!moved)
        return ub_fail_memory(err);
    port->changes = moved;
    port->changes[port->change_count++] = (struct ub_replay_change){.record = record,
                                                                    .life = life,
                                                                    .trigger = port->last_call,
                                                                    .barrier = port->last_barrier,
                                                                    .looks = port->last_looks};
    return UB_OK;
}

/** The life that a change left at the port while the trace is taken in. */
static size_t life_so_far(const struct ub_replay_port *port)
{
    return port->change_count ? port->changes[port->change_count - 1].life : UB_REPLAY_NONE;
}

static enum ub_code load_attach(struct ub_replay *replay, size_t record, struct ub_error *err)
{
    const struct ub_trace_record *attach = &replay->trace->records[record];
    struct ub_error why;
    struct ub_replay_port *port = need_port(replay, attach->port, &why);
    if (!port) {
        if (err)
            *err = why;
        return why.code;
    }
    enum ub_code code = UB_OK;
    size_t life = life_so_far(port);
    if (life == UB_REPLAY_NONE || port->lives[life].generation != attach->generation) {
        life = port->life_count;
        code = add_life(port, attach->generation, err);
    }
    return code ? code : add_change(port, record, life, err);
}

static enum ub_code add_call(struct ub_replay_life *life, size_t record, struct ub_error *err)
{
    if (life->count == life->capacity) {
        size_t larger = life->capacity ? life->capacity * 2 : 64;
        size_t *moved = realloc(life->calls, larger * sizeof(*moved));
        if (!moved)
            return ub_fail_memory(err);
        life->calls = moved;
        life->capacity = larger;
    }
    life->calls[life->count++] = record;
    return UB_OK;
}

/** A call belongs to the last life of its generation: a handle may outlive its device. */
static enum ub_code load_call(struct ub_replay *replay, size_t record, struct ub_error *err)
{
    const struct ub_trace_record *call = &replay->trace->records[record];
    struct ub_replay_port *port = ub_replay_port_at(replay, call->port);
    size_t life = port ? port->life_count : 0;
    while (life > 0 && port->lives[life - 1].generation != call->generation)
        life--;
    if (life == 0 && call->code)
        return UB_OK; /* it was not there, and will not be */
    if (life == 0)
        return bad(record, "it is about a device that is not there", err);
    port->last_call = record;
    port->last_looks = 0;
    if (ub_replay_kind(call) != UB_REPLAY_ASKS)
        port->last_barrier = record;
    replay->report.recorded++;
    return add_call(&port->lives[life - 1], record, err);
}

static enum ub_code load_record(struct ub_replay *replay, size_t record, struct ub_error *err)
{
    const struct ub_trace_record *line = &replay->trace->records[record];
    struct ub_replay_port *port = line->port[0] ? ub_replay_port_at(replay, line->port) : NULL;
    switch (line->op) {
    case UB_TRACE_ATTACH:
        return load_attach(replay, record, err);
    case UB_TRACE_DETACH:
        return port ? add_change(port, record, UB_REPLAY_NONE, err)
                    : bad(record, "it is about a device that is not there", err);
    case UB_TRACE_WAIT:
        if (port)
            port->last_looks++;
        return UB_OK;
    case UB_TRACE_LIST:
        return UB_OK;
    default:
        return load_call(replay, record, err);
    }
}

enum ub_code ub_replay_load(struct ub_replay *replay, struct ub_error *err)
{
    const struct ub_trace *trace = replay->trace;
    enum ub_code code = UB_OK;
    replay->first_other = trace->count;
    replay->passed = malloc((trace->count ? trace->count : 1) * sizeof(*replay->passed));
    if (!replay->passed)
        return ub_fail_memory(err);
    for (size_t i = 0; i < trace->count && !code; i++) {
        replay->passed[i] = UB_REPLAY_NEVER;
        if (trace->records[i].op != UB_TRACE_ATTACH && replay->first_other == trace->count)
            replay->first_other = i;
        code = load_record(replay, i, err);
    }
    return code;
}
