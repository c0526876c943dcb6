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

/* No hand changes devices so fast: what left its port for less time is still the same device. */
#define SAME_US UINT64_C(500000)

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
    struct ub_many_job *last; /**< the job that ended */
    bool fell_back;           /**< the firmware it started did not stay: the port has to be empty
                                   for a while before anything is done there again */
    bool away;                /**< nothing is at the port, since: */
    uint64_t away_since_us;
    uint64_t
        longest_us; /**< the port was empty at a stretch, since the job or since it fell back */
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
        seat->last = seat->job;
        seat->fell_back = false;
        seat->away = false;
        seat->away_since_us = 0;
        seat->longest_us = 0;
        seat->job = NULL;
    }
}

/** Takes the time for which ports are empty. */
static void time_absences(struct station *station, const struct ub_usb_list *list)
{
    const uint64_t now = ub_now(&station->many->context->env.clock);
    for (struct seat *seat = station->seats; seat; seat = seat->next) {
        const bool there = ub_usb_list_port(list, seat->port) != NULL;
        if (!there && !seat->away)
            seat->away_since_us = now;
        seat->away = !there;
        if (!there || !seat->away_since_us)
            continue;
        if (now - seat->away_since_us > seat->longest_us)
            seat->longest_us = now - seat->away_since_us;
        seat->away_since_us = 0;
    }
}

/** How long what was done there may take to come back by itself. */
static uint64_t itself_us(const struct seat *seat)
{
    return seat->came_back || seat->failed ? ITSELF_US : ITSELF_LATE_US;
}

/** The very device, as far as it can be told, in its bootloader again. */
static bool is_same_unit(const struct seat *seat, const struct ub_device *device)
{
    const struct ub_device *done = &seat->last->item.result.device;
    return done->vid == device->vid && done->pid == device->pid &&
           strcmp(done->serial, device->serial) == 0;
}

/**
 * The firmware that the job started did not stay: the device is in its bootloader again, and nobody
 * had the time to put another one in its place. Told once; to flash it again would go on for ever.
 */
static void tell_fallen(struct station *station, struct seat *seat)
{
    struct ub_many *many = station->many;
    struct ub_env *env = &many->context->env;
    struct ub_many_item *item = &seat->last->item;
    const uint64_t seconds = (ub_now(&env->clock) - seat->ended_us + 500000) / 1000000;
    (void)ub_fail(&item->error, UB_DEV_NOT_LEFT,
                  "came back in its bootloader %u s after it was started: its firmware does not "
                  "stay. It is not written again until it was unplugged",
                  (unsigned)seconds);
    (void)pthread_mutex_lock(&many->talk);
    (void)ub_print(env->port, sizeof(env->port), "%s", seat->port);
    ub_env_warn(env, "%s", item->error.message);
    env->port[0] = '\0';
    (void)pthread_mutex_unlock(&many->talk);
    seat->fell_back = true;
    seat->longest_us = 0;
}

/** Is it the device that was done there, fallen back into its bootloader? */
static bool is_fallen(struct station *station, struct seat *seat, const struct ub_device *device)
{
    if (device->mode != UB_MODE_DFU || seat->failed || !seat->last->item.result.left_bootloader ||
        !is_same_unit(seat, device))
        return false;
    if (seat->fell_back)
        return seat->longest_us <= itself_us(seat);
    const uint64_t now = ub_now(&station->many->context->env.clock);
    if (now - seat->ended_us >= itself_us(seat) && seat->longest_us >= SAME_US)
        return false;
    tell_fallen(station, seat);
    return true;
}

/** Is it the device that was done there, come back by itself? */
static bool is_itself(struct station *station, struct seat *seat, const struct ub_usb_info *info)
{
    const struct ub_context *context = station->many->context;
    struct ub_device device;
    if (!seat->used)
        return false;
    ub_describe(context->quirks, info, &device);
    if (is_fallen(station, seat, &device))
        return true;
    if (device.mode == UB_MODE_DFU && !seat->failed)
        return false; /* its firmware would be running */
    return ub_now(&context->env.clock) - seat->ended_us < itself_us(seat);
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
    if (is_itself(station, seat, info)) {
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
    time_absences(station, &choice->list);
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
