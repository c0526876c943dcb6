/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file many_bench.h
 * Several virtual devices in one context, for the tests of ub_flash_many().
 */
#ifndef UB_TESTS_PROCEDURE_MANY_BENCH_H
#define UB_TESTS_PROCEDURE_MANY_BENCH_H

#include "bench.h"

#include <pthread.h>
#include <stdatomic.h>

#define MANY_MAX 64

struct many_bench {
    char vault[64];
    struct ub_context *context;
    struct ub_error err;
    struct ub_many_result *result;
    /** Called once, at the first event: when time is in the hands of ub_flash_many(). May be NULL.
     */
    void (*at_start)(void);
    char question[4096];    /**< the last one */
    unsigned confirmations; /**< questions asked */
    bool answer;
    size_t pull_plug;      /**< unplugged while the question stands: number of the device plus 1 */
    atomic_int inside;     /**< callbacks under way */
    atomic_uint overlaps;  /**< callbacks that began while another was under way */
    unsigned finished;     /**< devices that were told to be done */
    unsigned cancel_after; /**< cancel when so many are done; 0: never */
    uint64_t cancel_at_step; /**< cancel when this step (plus 1) makes progress; 0: never */
    unsigned foreign;        /**< events without a port that are not about the image or waiting */
    size_t stack_used;       /**< most bytes of a thread's stack that were ever written */
};

/** Opens `count` devices, number i by specs[i], or all by specs[0] if the next one is NULL; `time`
 * is "virtual" or "real". */
void many_open(struct many_bench *bench, const char *const *specs, size_t count, const char *time);
void many_close(struct many_bench *bench);

/** ub_flash_many() with the bench's result freed before and filled anew. */
enum ub_code many_flash(struct many_bench *bench, const struct ub_image *image,
                        const struct ub_many_options *many, const struct ub_flash_options *options);

/** The item of the device at `port`, or NULL. */
const struct ub_many_item *many_item(const struct many_bench *bench, const char *port);

/** The flash of device number `index`. */
uint8_t *many_memory(const struct many_bench *bench, size_t index);

#endif
