/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which recorded call answers the one that is asked now. */
#include "base/error.h"
#include "base/text.h"
#include "usb/replay_room.h"

#include <string.h>

#define CLASS_OUT_INTERFACE 0x21u /* class requests to an interface: host to device... */
#define CLASS_IN_INTERFACE  0xa1u /* ...and device to host */
#define DFU_DETACH          0u    /* DFU 1.1 table 3.2: requests */
#define DFU_DNLOAD          1u
#define DFU_UPLOAD          2u
#define SET_ADDRESS         0x21u
#define SET_ADDRESS_BYTES   5u
#define CALL_TEXT           64

static const struct ub_trace_record *call_at(const struct ub_replay *replay,
                                             const struct ub_replay_life *life, size_t position)
{
    return &replay->trace->records[life->calls[position]];
}

/** DfuSe's "Set Address Pointer" (AN3156 section 4.2): block 0, command 0x21. */
static bool sets_address(const struct ub_trace_record *record)
{
    return record->setup.bmRequestType == CLASS_OUT_INTERFACE &&
           record->setup.bRequest == DFU_DNLOAD && record->setup.wValue == 0 &&
           record->length == SET_ADDRESS_BYTES && record->data[0] == SET_ADDRESS;
}

enum ub_replay_kind ub_replay_kind(const struct ub_trace_record *record)
{
    const struct ub_setup *setup = &record->setup;
    switch (record->op) {
    case UB_TRACE_OPEN:
    case UB_TRACE_ALT:
        return UB_REPLAY_POINTS;
    case UB_TRACE_RESET:
        return UB_REPLAY_CHANGES;
    case UB_TRACE_CONTROL:
        break;
    default:
        return UB_REPLAY_ASKS;
    }
    if (setup->bmRequestType & UB_SETUP_IN)
        return UB_REPLAY_ASKS;
    if (sets_address(record))
        return UB_REPLAY_POINTS;
    const bool sets_off = setup->bmRequestType == CLASS_OUT_INTERFACE &&
                          setup->bRequest <= DFU_DNLOAD;
    return setup->wLength > 0 || sets_off ? UB_REPLAY_CHANGES : UB_REPLAY_ASKS;
}

static bool same_setup(const struct ub_setup *a, const struct ub_setup *b)
{
    return a->bmRequestType == b->bmRequestType && a->bRequest == b->bRequest &&
           a->wValue == b->wValue && a->wIndex == b->wIndex && a->wLength == b->wLength;
}

/** The first byte in which the data that is sent differs; its length if it does not. */
static size_t difference(const struct ub_trace_record *record, const struct ub_trace_record *wanted)
{
    size_t i = 0;
    while (i < wanted->length && i < record->length && record->data[i] == wanted->data[i])
        i++;
    return i;
}

/** `exact`: what is sent counts too. */
static bool same(const struct ub_trace_record *record, const struct ub_trace_record *wanted,
                 bool exact)
{
    if (record->op != wanted->op)
        return false;
    switch (record->op) {
    case UB_TRACE_CLAIM:
        return record->interface == wanted->interface;
    case UB_TRACE_ALT:
        return same_setup(&record->setup, &wanted->setup);
    case UB_TRACE_CONTROL:
        return same_setup(&record->setup, &wanted->setup) &&
               (!exact || (wanted->setup.bmRequestType & UB_SETUP_IN) ||
                difference(record, wanted) == wanted->setup.wLength);
    default:
        return true;
    }
}

/** A call in words: what the one who reads the error looks for in the trace. */
static void describe(char *to, const struct ub_trace_record *call)
{
    char setup[UB_SETUP_TEXT];
    ub_print_setup(setup, &call->setup);
    if (call->op == UB_TRACE_CONTROL || call->op == UB_TRACE_ALT)
        (void)ub_print(to, CALL_TEXT, "\"%s\"", setup);
    else
        (void)ub_print(to, CALL_TEXT, "%s", ub_trace_op_name(call->op));
}

/** The line of a call in the file, whose first one is the header. */
static size_t line_of(const struct ub_replay_life *life, size_t position)
{
    return life->calls[position] + 2;
}

enum ub_code ub_replay_differ(struct ub_replay *replay, struct ub_replay_port *port,
                              const struct ub_replay_life *life,
                              const struct ub_trace_record *wanted, struct ub_error *err)
{
    char held[CALL_TEXT + 32];
    char asked[CALL_TEXT];
    char data[CALL_TEXT] = "";
    struct ub_error story;
    describe(asked, wanted);
    if (life->next < life->count) {
        const struct ub_trace_record *record = call_at(replay, life, life->next);
        describe(data, record);
        (void)ub_print(held, sizeof(held), "%s (line %zu)", data, line_of(life, life->next));
        data[0] = '\0';
        if (same(record, wanted, false))
            (void)ub_print(data, sizeof(data), " with other data from byte %zu on",
                           difference(record, wanted));
    } else if (life->count) {
        (void)ub_print(held, sizeof(held), "nothing behind line %zu",
                       line_of(life, life->count - 1));
    } else {
        (void)ub_print(held, sizeof(held), "nothing");
    }
    (void)ub_fail(&story, UB_USB_REPLAY, "at %s the trace holds %s, asked was %s%s", port->name,
                  held, asked, data);
    if (wanted->op == UB_TRACE_CONTROL || wanted->op == UB_TRACE_ALT)
        ub_error_transfer(&story, &wanted->setup, -1);
    replay->report.differs = true;
    port->differs = !replay->lenient;
    port->difference = story;
    if (err)
        *err = story;
    return UB_USB_REPLAY;
}

/** How long a call took; those of a queue share its time, as nobody knows which took how much. */
static uint64_t took(const struct ub_replay *replay, const struct ub_replay_life *life,
                     size_t position)
{
    const struct ub_trace_record *record = call_at(replay, life, position);
    size_t first = position;
    size_t end = position + 1;
    if (!record->queue)
        return record->took_us;
    while (first > 0 && position - first < UB_QUEUE_MAX &&
           call_at(replay, life, first - 1)->queue == record->queue)
        first--;
    while (end < life->count && end - position < UB_QUEUE_MAX &&
           call_at(replay, life, end)->queue == record->queue)
        end++;
    const uint64_t share = record->took_us / (end - first);
    return position + 1 < end ? share : record->took_us - share * (end - first - 1);
}

/** The nearest fitting call in [from, to), searched from `from` on or, `backwards`, from `to` back.
 */
static size_t seek(const struct ub_replay *replay, const struct ub_replay_life *life,
                   const struct ub_trace_record *wanted, bool exact, size_t from, size_t to,
                   bool backwards)
{
    for (size_t i = 0; from + i < to; i++) {
        const size_t position = backwards ? to - 1 - i : from + i;
        if (same(call_at(replay, life, position), wanted, exact))
            return position;
    }
    return UB_REPLAY_NONE;
}

/** The first call from `next` on of that kind or a stronger one. */
static size_t end_of_stretch(const struct ub_replay *replay, const struct ub_replay_life *life,
                             enum ub_replay_kind kind)
{
    size_t end = life->next;
    while (end < life->count && ub_replay_kind(call_at(replay, life, end)) < kind)
        end++;
    return end;
}

/** Behind the last call before `next` of that kind or a stronger one. */
static size_t start_of_stretch(const struct ub_replay *replay, const struct ub_replay_life *life,
                               enum ub_replay_kind kind)
{
    size_t start = life->next;
    while (start > 0 && ub_replay_kind(call_at(replay, life, start - 1)) < kind)
        start--;
    return start;
}

/** What changes something: the next of its kind, else the last one; first with what is sent, then
 * without. */
static size_t seek_change(const struct ub_replay *replay, const struct ub_replay_life *life,
                          const struct ub_trace_record *wanted)
{
    size_t found = UB_REPLAY_NONE;
    for (int exact = 1; exact >= 0 && found == UB_REPLAY_NONE; exact--) {
        found = seek(replay, life, wanted, exact, life->next, life->count, false);
        if (found == UB_REPLAY_NONE)
            found = seek(replay, life, wanted, exact, 0, life->next, true);
    }
    return found;
}

/** What points somewhere: as near as can be without going past a change, as what is there is read
 * behind it. */
static size_t seek_pointer(const struct ub_replay *replay, const struct ub_replay_life *life,
                           const struct ub_trace_record *wanted)
{
    const size_t start = start_of_stretch(replay, life, UB_REPLAY_CHANGES);
    const size_t end = end_of_stretch(replay, life, UB_REPLAY_CHANGES);
    size_t found = seek(replay, life, wanted, true, life->next, end, false);
    if (found == UB_REPLAY_NONE)
        found = seek(replay, life, wanted, true, start, life->next, true);
    return found == UB_REPLAY_NONE ? seek_change(replay, life, wanted) : found;
}

/**
 * What only asks: the next answer since the device was last pointed or changed, else the last one.
 * Content is sought nowhere else; other answers (a state, a descriptor) at the nearest place.
 * *moves tells whether the replay stands behind it then.
 */
static size_t seek_question(const struct ub_replay *replay, const struct ub_replay_life *life,
                            const struct ub_trace_record *wanted, bool *moves)
{
    const size_t start = start_of_stretch(replay, life, UB_REPLAY_POINTS);
    const size_t end = end_of_stretch(replay, life, UB_REPLAY_POINTS);
    size_t found = seek(replay, life, wanted, true, life->next, end, false);
    *moves = found != UB_REPLAY_NONE;
    if (found == UB_REPLAY_NONE)
        found = seek(replay, life, wanted, true, start, life->next, true);
    if (found != UB_REPLAY_NONE ||
        (wanted->op == UB_TRACE_CONTROL && wanted->setup.bmRequestType == CLASS_IN_INTERFACE &&
         wanted->setup.bRequest == DFU_UPLOAD))
        return found;
    found = seek(replay, life, wanted, true, 0, start, true);
    return found == UB_REPLAY_NONE ? seek(replay, life, wanted, true, end, life->count, false)
                                   : found;
}

static size_t seek_leniently(const struct ub_replay *replay, const struct ub_replay_life *life,
                             const struct ub_trace_record *wanted, bool *moves)
{
    *moves = true;
    if (wanted->op == UB_TRACE_OPEN) /* only ever forwards: a device that was opened can be again */
        return seek(replay, life, wanted, true, life->next,
                    end_of_stretch(replay, life, UB_REPLAY_CHANGES), false);
    switch (ub_replay_kind(wanted)) {
    case UB_REPLAY_CHANGES:
        return seek_change(replay, life, wanted);
    case UB_REPLAY_POINTS:
        return seek_pointer(replay, life, wanted);
    default:
        return seek_question(replay, life, wanted, moves);
    }
}

/** The replay stands behind `position` from `moment` on. What was left out counts as gone by. */
static void move_to(struct ub_replay *replay, struct ub_replay_life *life, size_t position,
                    uint64_t moment)
{
    for (size_t i = life->next; i <= position; i++)
        if (replay->passed[life->calls[i]] == UB_REPLAY_NEVER)
            replay->passed[life->calls[i]] = moment;
    life->next = position + 1;
}

/** When a call that is made now is over. Strict, the pauses of the recording are kept too: what the
 * program itself did there takes no time in a replay. */
static uint64_t end_of(const struct ub_replay *replay, const struct ub_replay_life *life,
                       size_t position)
{
    const uint64_t now = ub_now(&replay->clock);
    const uint64_t begun = replay->start_us + call_at(replay, life, position)->at_us;
    return (begun > now && !replay->lenient ? begun : now) + took(replay, life, position);
}

const struct ub_trace_record *ub_replay_match(struct ub_replay *replay, struct ub_replay_port *port,
                                              struct ub_replay_life *life,
                                              const struct ub_trace_record *wanted, uint64_t *until,
                                              struct ub_error *err)
{
    size_t found = UB_REPLAY_NONE;
    bool moves = true;
    port->looks = 0;
    if (port->differs) {
        if (err)
            *err = port->difference;
        return NULL;
    }
    if (replay->lenient)
        found = seek_leniently(replay, life, wanted, &moves);
    else if (life->next < life->count && same(call_at(replay, life, life->next), wanted, true))
        found = life->next;
    if (found == UB_REPLAY_NONE) {
        if (!replay->lenient)
            (void)ub_replay_differ(replay, port, life, wanted, err);
        return NULL;
    }
    replay->report.liberties += found != life->next;
    replay->report.played += replay->passed[life->calls[found]] == UB_REPLAY_NEVER;
    *until = end_of(replay, life, found);
    if (moves)
        move_to(replay, life, found, *until);
    return call_at(replay, life, found);
}
