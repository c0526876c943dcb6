/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file env.h
 * What every room that works on a device is handed: the time, a way to tell what happens, and the
 * wish to stop.
 */
#ifndef UB_BASE_ENV_H
#define UB_BASE_ENV_H

#include "base/clock.h"
#include "unbrick.h"

#include <stdatomic.h>

/** Owned by the context (or the test) that runs the procedure. */
struct ub_env {
    struct ub_clock clock;
    struct ub_callbacks callbacks;
    atomic_bool cancelled;            /**< set by ub_context_cancel() */
    const atomic_bool *all_cancelled; /**< a second wish to stop that counts as well, or NULL */
    uint64_t started_us;              /**< when the procedure began */
    enum ub_step step;                /**< the step that runs */
    bool step_over;                   /**< or that ran last: it is done or left out */
    uint64_t step_started_us;
    uint64_t step_total;     /**< bytes of this step */
    uint64_t step_done;      /**< bytes of this step done so far */
    char port[UB_PORT_TEXT]; /**< of the device in hand, or "" */
};

/** Begins a step of `total` bytes (0: not known) and tells so. */
void ub_env_begin(struct ub_env *env, enum ub_step step, uint64_t total, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/** `bytes` more of the running step are done. Not told once the step is over: what is read then is
 * no part of it. */
void ub_env_progress(struct ub_env *env, uint64_t bytes);
/** The device is busy and may stay so for `left_us`. */
void ub_env_waiting(struct ub_env *env, uint64_t left_us);
/** Ends the running step with a line that sums it up. */
void ub_env_done(struct ub_env *env, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** Tells that a step is left out, and why. */
void ub_env_skipped(struct ub_env *env, enum ub_step step, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/** Tells something the person should know; the step goes on. */
void ub_env_warn(struct ub_env *env, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** UB_SYS_INTERRUPTED if the person asked to stop, else UB_OK. Asked between blocks. */
enum ub_code ub_env_check(struct ub_env *env, struct ub_error *err);

#endif
