/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _POSIX_C_SOURCE 200809L
#include "base/clock.h"

#include "base/error.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#define US_PER_S  UINT64_C(1000000)
#define NS_PER_US 1000

static uint64_t real_now(void *self)
{
    (void)self;
    struct timespec t;
    if (clock_gettime(CLOCK_MONOTONIC, &t) != 0)
        return 0;
    return (uint64_t)t.tv_sec * US_PER_S + (uint64_t)t.tv_nsec / NS_PER_US;
}

static void real_sleep(void *self, uint64_t us)
{
    (void)self;
    struct timespec left = {.tv_sec = (time_t)(us / US_PER_S),
                            .tv_nsec = (long)(us % US_PER_S) * NS_PER_US};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
}

struct ub_clock ub_clock_real(void)
{
    return (struct ub_clock){.now_us = real_now, .sleep_us = real_sleep, .self = NULL};
}

static uint64_t virtual_now(void *self)
{
    const struct ub_virtual_time *time = self;
    return time->now;
}

static void virtual_sleep(void *self, uint64_t us)
{
    struct ub_virtual_time *time = self;
    time->now += us;
}

struct ub_clock ub_clock_virtual(struct ub_virtual_time *time)
{
    return (struct ub_clock){.now_us = virtual_now, .sleep_us = virtual_sleep, .self = time};
}

/** A thread that sleeps; lives on its stack. */
struct sleeper {
    struct sleeper *next;
    uint64_t until;
    bool woken;
    pthread_cond_t wake;
};

struct ub_shared_time {
    _Atomic uint64_t now;  /* written under the lock */
    pthread_mutex_t lock;  /* of all that follows; never held while anybody sleeps */
    size_t attending;      /* threads that live by this time */
    size_t asleep;         /* of these, in `first` and behind it */
    struct sleeper *first; /* in the order in which they wake */
};

enum ub_code ub_shared_time_open(uint64_t now, struct ub_shared_time **out, struct ub_error *err)
{
    struct ub_shared_time *time = calloc(1, sizeof(*time));
    if (!time || pthread_mutex_init(&time->lock, NULL) != 0) {
        free(time);
        return ub_fail_memory(err);
    }
    atomic_init(&time->now, now);
    *out = time;
    return UB_OK;
}

void ub_shared_time_close(struct ub_shared_time *time)
{
    if (!time)
        return;
    (void)pthread_mutex_destroy(&time->lock);
    free(time);
}

static uint64_t shared_now(void *self)
{
    struct ub_shared_time *time = self;
    return atomic_load(&time->now);
}

/** If nobody is awake any more, time moves on to the next who wants to wake, and to all who want to
 * at that moment. */
static void move_on(struct ub_shared_time *time)
{
    if (!time->first || time->asleep < time->attending)
        return;
    const uint64_t now = time->first->until;
    atomic_store(&time->now, now);
    while (time->first && time->first->until == now) {
        struct sleeper *sleeper = time->first;
        time->first = sleeper->next;
        time->asleep--;
        sleeper->woken = true;
        (void)pthread_cond_signal(&sleeper->wake);
    }
}

static void shared_attend(void *self, bool comes)
{
    struct ub_shared_time *time = self;
    (void)pthread_mutex_lock(&time->lock);
    if (comes) {
        time->attending++;
    } else {
        time->attending--;
        move_on(time);
    }
    (void)pthread_mutex_unlock(&time->lock);
}

/** Sleeps with others; the lock is held. */
static void sleep_among(struct ub_shared_time *time, uint64_t until)
{
    struct sleeper me = {.until = until, .wake = PTHREAD_COND_INITIALIZER};
    struct sleeper **place = &time->first;
    while (*place && (*place)->until <= until)
        place = &(*place)->next;
    me.next = *place;
    *place = &me;
    time->asleep++;
    move_on(time);
    while (!me.woken)
        (void)pthread_cond_wait(&me.wake, &time->lock);
    (void)pthread_cond_destroy(&me.wake);
}

static void shared_sleep(void *self, uint64_t us)
{
    struct ub_shared_time *time = self;
    if (us == 0)
        return;
    (void)pthread_mutex_lock(&time->lock);
    const uint64_t now = atomic_load(&time->now);
    const uint64_t until = us < UINT64_MAX - now ? now + us : UINT64_MAX;
    if (time->attending <= 1)
        atomic_store(&time->now, until);
    else
        sleep_among(time, until);
    (void)pthread_mutex_unlock(&time->lock);
}

struct ub_clock ub_clock_shared(struct ub_shared_time *time)
{
    return (struct ub_clock){
        .now_us = shared_now, .sleep_us = shared_sleep, .attend = shared_attend, .self = time};
}
