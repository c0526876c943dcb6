/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The station: each device that is plugged in is done once. */
#include "base/error.h"
#include "base/text.h"
#include "procedure/many.h"
#include "procedure/select.h"

#include <stdlib.h>
#include <string.h>

#define LOOK_US UINT64_C(200000) /* how soon the end of a job and a wish to stop are noticed */
#define AGAIN_US                                                                                   \
    UINT64_C(1000000) /* how often the bus is looked at although it told of nothing                \
                       */
/*
 * What comes to a port so soon after its job is the device itself, not the next one: firmware that
 * re-enumerates once more while it starts, a bootloader that comes back after a failure. A person
 * who changes devices takes longer.
 */
#define ITSELF_US UINT64_C(3000000)
/* The same for firmware that did not show itself while the job waited for it. The slowest known
 * takes 10 s (Jabra, fwupd's RemoveDelay). */
#define ITSELF_LATE_US UINT64_C(15000000)

/** A port, and what was last done there. */
struct seat {
    struct seat *next;
    char port[UB_PORT_TEXT];
    struct ub_many_job *job; /**< under way; NULL: none */
    uint32_t generation;     /**< that was done, or is what was done; 0: none */
    bool used;               /**< a job ended here; the members below are its */
    bool failed;
    bool came_back;
    uint64_t ended_us;
};

struct station {
    struct ub_many *many;
    struct seat *seats; /**< owned */
};

static struct seat *seat_at(struct station *station, const char *port)
{
    for (struct seat *seat = station->seats; seat; seat = seat->next)
        if (strcmp(seat->port, port) == 0)
            return seat;
    struct seat *seat = calloc(1, sizeof(*seat));
    if (!seat)
        return NULL;
    (void)ub_print(seat->port, sizeof(seat->port), "%s", port);
    seat->next = station->seats;
    station->seats = seat;
    return seat;
}

/** Takes the jobs that are over off their seats; what is at the port now is what was done. */
static void clear_seats(struct station *station, const struct ub_usb_list *list)
{
    const struct ub_clock *clock = &station->many->context->env.clock;
    for (struct seat *seat = station->seats; seat; seat = seat->next) {
        if (!seat->job || !atomic_load(&seat->job->over))
            continue;
        ub_many_end(seat->job);
        const struct ub_usb_info *there = ub_usb_list_port(list, seat->port);
        seat->generation = there ? there->generation : 0;
        seat->used = true;
        seat->failed = seat->job->item.error.code != UB_OK;
        seat->came_back = there != NULL;
        seat->ended_us = ub_now(clock);
        seat->job = NULL;
    }
}

/** Is it the device that was done there, come back by itself? */
static bool is_itself(const struct ub_context *context, const struct seat *seat,
                      const struct ub_usb_info *info)
{
    struct ub_device device;
    if (!seat->used)
        return false;
    ub_describe(context->quirks, info, &device);
    if (device.mode == UB_MODE_DFU && !seat->failed)
        return false; /* its firmware would be running */
    return ub_now(&context->env.clock) - seat->ended_us <
           (seat->came_back || seat->failed ? ITSELF_US : ITSELF_LATE_US);
}

static enum ub_code take(struct station *station, const struct ub_usb_info *info,
                         struct ub_error *err)
{
    struct ub_many *many = station->many;
    struct seat *seat = seat_at(station, info->port);
    if (!seat)
        return ub_fail_memory(err);
    if (seat->job || seat->generation == info->generation)
        return UB_OK;
    if (is_itself(many->context, seat, info)) {
        seat->generation = info->generation;
        return UB_OK;
    }
    return ub_many_begin(many, info, &seat->job, err);
}

/** Begins what is new among what was seen. */
static enum ub_code seat_all(struct station *station, const struct ub_many_choice *choice,
                             struct ub_error *err)
{
    enum ub_code code = UB_OK;
    clear_seats(station, &choice->list);
    for (size_t i = 0; !code && i < choice->list.count; i++)
        if (choice->chosen[i])
            code = take(station, &choice->list.items[i], err);
    return code;
}

static bool one_is_over(const struct station *station)
{
    for (const struct seat *seat = station->seats; seat; seat = seat->next)
        if (seat->job && atomic_load(&seat->job->over))
            return true;
    return false;
}

/** Rests until there is something to look at. */
static enum ub_code rest(const struct station *station, struct ub_error *err)
{
    struct ub_context *context = station->many->context;
    const uint64_t until = ub_now(&context->env.clock) + AGAIN_US;
    bool changed = false;
    enum ub_code code = UB_OK;
    while (!code && !changed && !one_is_over(station) && ub_now(&context->env.clock) < until)
        code = ub_devices_wait(context, LOOK_US, &changed, err);
    return code;
}

enum ub_code ub_many_watch(struct ub_many *many, const struct ub_many_choice *choice,
                           struct ub_error *err)
{
    struct station station = {.many = many};
    struct ub_many_choice now = {.count = 0};
    enum ub_code code = seat_all(&station, choice, err);
    while (!code) {
        code = rest(&station, err);
        if (!code)
            code = ub_many_look(many, &now, err);
        if (!code)
            code = seat_all(&station, &now, err);
    }
    ub_many_choice_free(&now);
    while (station.seats) {
        struct seat *seat = station.seats;
        station.seats = seat->next;
        free(seat);
    }
    if (code != UB_SYS_INTERRUPTED)
        return code;
    ub_error_clear(err); /* that is how a station ends */
    return UB_OK;
}
