/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file clock.h
 * Time as a thing that is passed in: real, or virtual so that a 32 s mass erase costs a test
 * nothing.
 */
#ifndef UB_BASE_CLOCK_H
#define UB_BASE_CLOCK_H

#include "unbrick.h"

/** A clock. Copyable; `self` belongs to whoever made the clock and outlives every user of it. */
struct ub_clock {
    /** Microseconds since some fixed moment; never runs backwards. */
    uint64_t (*now_us)(void *self);
    /** Returns when at least `us` microseconds have passed on this clock. */
    void (*sleep_us)(void *self, uint64_t us);
    /** A thread comes to live by this clock, or leaves it; NULL where time passes by itself. */
    void (*attend)(void *self, bool comes);
    void *self;
};

/** The computer's monotonic clock. */
struct ub_clock ub_clock_real(void);

/** Storage of a virtual clock: it moves only when somebody sleeps. Starts at `now`. */
struct ub_virtual_time {
    uint64_t now;
};

/** A clock over *time, which the caller owns. One thread only. */
struct ub_clock ub_clock_virtual(struct ub_virtual_time *time);

/** Virtual time for several threads. */
struct ub_shared_time;

/**
 * Makes virtual time that starts at `now` and may be shared by threads: it moves only when all that
 * attend (ub_attend()) sleep, and then to the moment at which the first of them wants to wake. A
 * thread that sleeps while others attend must attend itself, and must not when it waits for
 * something other than this clock (a lock that a sleeper holds, the end of a thread): time would
 * stand still. While nobody attends it is as ub_clock_virtual(). *out is the caller's. Errors:
 * UB_SYS_MEMORY.
 */
enum ub_code ub_shared_time_open(uint64_t now, struct ub_shared_time **out, struct ub_error *err);
/** Nobody sleeps by it any more. NULL is allowed. */
void ub_shared_time_close(struct ub_shared_time *time);
/** A clock over *time, for any number of threads. */
struct ub_clock ub_clock_shared(struct ub_shared_time *time);

/**
 * A thread comes to live by the clock, or leaves it. May be called for another thread: who starts
 * one lets it attend before it runs, so that time does not move in between.
 */
static inline void ub_attend(const struct ub_clock *clock, bool comes)
{
    if (clock->attend)
        clock->attend(clock->self, comes);
}

static inline uint64_t ub_now(const struct ub_clock *clock)
{
    return clock->now_us(clock->self);
}

static inline void ub_sleep(const struct ub_clock *clock, uint64_t us)
{
    clock->sleep_us(clock->self, us);
}

#endif
