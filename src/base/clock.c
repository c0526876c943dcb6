/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _POSIX_C_SOURCE 200809L
#include "base/clock.h"

#include <errno.h>
#include <stddef.h>
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
