/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/env.h"

#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

#define US_PER_S UINT64_C(1000000)

const char *ub_step_name(enum ub_step step)
{
    static const char *const names[] = {
        [UB_STEP_IMAGE] = "image",   [UB_STEP_DEVICE] = "device", [UB_STEP_ENTER] = "enter",
        [UB_STEP_BACKUP] = "backup", [UB_STEP_PLAN] = "plan",     [UB_STEP_ERASE] = "erase",
        [UB_STEP_WRITE] = "write",   [UB_STEP_VERIFY] = "verify", [UB_STEP_LEAVE] = "leave",
        [UB_STEP_FETCH] = "fetch",
    };
    return (size_t)step < sizeof(names) / sizeof(names[0]) ? names[step] : "?";
}

static uint64_t saturating_sub(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

/** Sends an event of the running step; rate and time left follow from what the step has done so
 * far. */
static void emit(struct ub_env *env, enum ub_event_kind kind, const char *text, uint64_t wait_us)
{
    if (!env->callbacks.event)
        return;
    uint64_t now = ub_now(&env->clock);
    uint64_t spent = saturating_sub(now, env->step_started_us);
    uint64_t rate = spent ? env->step_done * US_PER_S / spent : 0;
    uint64_t rest = saturating_sub(env->step_total, env->step_done);
    struct ub_event event = {
        .step = env->step,
        .kind = kind,
        .port = env->port,
        .text = text,
        .done = env->step_done,
        .total = env->step_total,
        .rate = rate,
        .left_us = kind == UB_EVENT_WAIT ? wait_us : (rate ? rest * US_PER_S / rate : 0),
        .elapsed_us = saturating_sub(now, env->started_us),
    };
    env->callbacks.event(env->callbacks.user, &event);
}

static void emit_text(struct ub_env *env, enum ub_event_kind kind, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

static void emit_text(struct ub_env *env, enum ub_event_kind kind, const char *format, va_list args)
{
    char text[UB_ERROR_TEXT];
    (void)vsnprintf(text, sizeof(text), format, args);
    emit(env, kind, text, 0);
}

static void enter_step(struct ub_env *env, enum ub_step step, uint64_t total)
{
    env->step = step;
    env->step_over = false;
    env->step_started_us = ub_now(&env->clock);
    env->step_total = total;
    env->step_done = 0;
}

void ub_env_begin(struct ub_env *env, enum ub_step step, uint64_t total, const char *format, ...)
{
    enter_step(env, step, total);
    va_list args;
    va_start(args, format);
    emit_text(env, UB_EVENT_BEGIN, format, args);
    va_end(args);
}

void ub_env_progress(struct ub_env *env, uint64_t bytes)
{
    env->step_done += bytes;
    if (!env->step_over)
        emit(env, UB_EVENT_PROGRESS, "", 0);
}

void ub_env_waiting(struct ub_env *env, uint64_t left_us)
{
    emit(env, UB_EVENT_WAIT, "", left_us);
}

void ub_env_done(struct ub_env *env, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    emit_text(env, UB_EVENT_DONE, format, args);
    va_end(args);
    env->step_over = true;
}

void ub_env_skipped(struct ub_env *env, enum ub_step step, const char *format, ...)
{
    enter_step(env, step, 0);
    va_list args;
    va_start(args, format);
    emit_text(env, UB_EVENT_SKIPPED, format, args);
    va_end(args);
    env->step_over = true;
}

void ub_env_warn(struct ub_env *env, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    emit_text(env, UB_EVENT_WARNING, format, args);
    va_end(args);
}

enum ub_code ub_env_check(struct ub_env *env, struct ub_error *err)
{
    if (atomic_load(&env->cancelled) || (env->all_cancelled && atomic_load(env->all_cancelled)))
        return ub_fail(err, UB_SYS_INTERRUPTED, "stopped on request");
    return UB_OK;
}
