/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file clock.h
 * Time as a thing that is passed in: real, or virtual so that a 32 s mass erase costs a test
 * nothing.
 */
#ifndef UB_BASE_CLOCK_H
#define UB_BASE_CLOCK_H

#include <stdint.h>

/** A clock. Copyable; `self` belongs to whoever made the clock and outlives every user of it. */
struct ub_clock {
    /** Microseconds since some fixed moment; never runs backwards. */
    uint64_t (*now_us)(void *self);
    /** Returns when at least `us` microseconds have passed on this clock. */
    void (*sleep_us)(void *self, uint64_t us);
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

static inline uint64_t ub_now(const struct ub_clock *clock)
{
    return clock->now_us(clock->self);
}

static inline void ub_sleep(const struct ub_clock *clock, uint64_t us)
{
    clock->sleep_us(clock->self, us);
}

#endif
