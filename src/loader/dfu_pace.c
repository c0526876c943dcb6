/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loader/dfu_pace.h"

/* While nothing is known, a question every 1/32 of the age, but no more than one a millisecond. */
#define UNKNOWN_PART     32u
#define UNKNOWN_LEAST_US UINT64_C(1000)
/* The end of an operation is known well enough within 1/128 of its length. */
#define FINE_PART     128u
#define FINE_LEAST_US UINT64_C(50)
/* What was learned is contradicted: the end is looked for again from this part of the time on. A
 * stream erases now and then as it goes, and its other blocks are done far sooner. */
#define AGAIN_PART 4u
/* Operations that vary are given room up to this part. */
#define SLACK_PART 8u
/* While a long operation nears its end, questions cost nothing: the device works on. */
#define NEAR_PART     64u
#define NEAR_LEAST_US UINT64_C(2000)
/* Once in so many operations a little earlier is tried again: memories get warm. */
#define TRY_EVERY 16u

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint64_t fine(uint64_t us)
{
    return larger(us / FINE_PART, FINE_LEAST_US);
}

struct dfu_pace *dfu_pace_of(struct dfu_paces *paces, enum dfu_pace_kind kind, uint32_t size)
{
    for (size_t i = 0; i < paces->count; i++)
        if (paces->items[i].kind == kind && paces->items[i].size == size)
            return &paces->items[i];
    if (paces->count < DFU_PACES_MAX)
        paces->count++;
    struct dfu_pace *pace = &paces->items[paces->count - 1];
    *pace = (struct dfu_pace){.kind = kind, .size = size};
    return pace;
}

uint64_t dfu_pace_first(struct dfu_pace *pace)
{
    const uint64_t done = pace->done_us;
    if (done == 0)
        return 0;
    const uint64_t gap = done - pace->busy_us;
    const uint64_t close = larger(fine(done), pace->slack_us);
    if (gap <= close)
        return ++pace->turns % TRY_EVERY || close >= done ? done : done - close;
    return pace->busy_us + gap / 2;
}

uint64_t dfu_pace_next(const struct dfu_pace *pace, uint64_t elapsed_us)
{
    if (pace->done_us == 0)
        return larger(elapsed_us / UNKNOWN_PART, UNKNOWN_LEAST_US);
    const uint64_t near = larger(elapsed_us / NEAR_PART, NEAR_LEAST_US);
    const uint64_t left = pace->done_us > elapsed_us ? pace->done_us - elapsed_us
                                                     : larger(pace->slack_us, FINE_LEAST_US);
    return left < near ? left : near;
}

void dfu_pace_busy(struct dfu_pace *pace, uint64_t at_us)
{
    if (pace->done_us == 0 || at_us < pace->done_us) {
        pace->busy_us = larger(pace->busy_us, at_us);
        return;
    }
    /* what was enough before is too short now: it varies */
    const uint64_t most = larger(at_us / SLACK_PART, FINE_LEAST_US);
    pace->slack_us = larger(2 * pace->slack_us, fine(at_us));
    if (pace->slack_us > most)
        pace->slack_us = most;
    pace->busy_us = at_us;
    pace->done_us = at_us + pace->slack_us;
}

void dfu_pace_done(struct dfu_pace *pace, uint64_t at_us)
{
    if (pace->done_us && at_us >= pace->done_us)
        return;
    if (pace->done_us)
        pace->slack_us /= 2;
    pace->done_us = larger(at_us, 1);
    if (pace->busy_us >= pace->done_us)
        pace->busy_us = pace->done_us / AGAIN_PART;
}
