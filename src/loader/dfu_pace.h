/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file dfu_pace.h
 * How long the operations of this device really take, learned while it works, so that each is asked
 * about when it is over: a question that comes too late costs the wait, one that comes too early
 * costs itself, and some devices refuse it.
 *
 * All times are microseconds from the moment when the operation was sent to that when a question
 * was. Some devices work before they answer the first question (H743), most behind it.
 */
#ifndef UB_LOADER_DFU_PACE_H
#define UB_LOADER_DFU_PACE_H

#include <stddef.h>
#include <stdint.h>

#define DFU_PACES_MAX 8u

enum dfu_pace_kind {
    DFU_PACE_WRITE, /**< programming a block */
    DFU_PACE_ERASE, /**< erasing a sector */
};

/** What is known of one kind of operation. A plain value; zero knows nothing. */
struct dfu_pace {
    enum dfu_pace_kind kind;
    uint32_t size;     /**< bytes of the block or sector */
    uint64_t busy_us;  /**< at this age it was not over; less than done_us */
    uint64_t done_us;  /**< at this age it was over, as far as is known; 0: not learned yet */
    uint64_t slack_us; /**< how much it varies; it is not looked for more closely than that */
    uint32_t turns;    /**< operations of this kind */
};

/** All kinds that a device has shown. Zero is none. */
struct dfu_paces {
    struct dfu_pace items[DFU_PACES_MAX];
    size_t count;
};

/** What is known of operations of that kind and size; when there are too many, the last one makes
 * room. Never NULL. */
struct dfu_pace *dfu_pace_of(struct dfu_paces *paces, enum dfu_pace_kind kind, uint32_t size);

/** An operation begins: at what age to ask for the first time. 0: nothing was learned yet. */
uint64_t dfu_pace_first(struct dfu_pace *pace);

/** It is not over at age `elapsed_us`: how long to wait before the next question. Never 0. */
uint64_t dfu_pace_next(const struct dfu_pace *pace, uint64_t elapsed_us);

/** A question sent at that age met a busy device, or was refused. */
void dfu_pace_busy(struct dfu_pace *pace, uint64_t at_us);

/** A question sent at that age found the operation over. */
void dfu_pace_done(struct dfu_pace *pace, uint64_t at_us);

#endif
