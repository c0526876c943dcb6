/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One device of many, in a thread of its own. */
#define _POSIX_C_SOURCE 200809L
#include "procedure/many.h"

#include "base/error.h"
#include "base/text.h"
#include "procedure/flash.h"
#include "procedure/select.h"
#include "procedure/session.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* tests/procedure/test_many.c measures how much of it is used: about a quarter. */
#define STACK_SIZE ((size_t)256 * 1024)

/** Passes an event on to the caller, who is never called by two threads at a time. The image has
 * been told once for all. */
static void pass_on(void *user, const struct ub_event *event)
{
    struct ub_many *many = user;
    const struct ub_callbacks *callbacks = &many->context->env.callbacks;
    if (event->step == UB_STEP_IMAGE)
        return;
    (void)pthread_mutex_lock(&many->talk);
    callbacks->event(callbacks->user, event);
    (void)pthread_mutex_unlock(&many->talk);
}

/** What is known of a job's device, in any case. */
static void complete(struct ub_many_job *job)
{
    struct ub_result *result = &job->item.result;
    if (!result->device.port[0])
        ub_describe(job->many->context->quirks, &job->info, &result->device);
    (void)ub_print(result->port, sizeof(result->port), "%s", job->info.port);
}

/** The job is over, well or not: the caller is told. */
static void finish(struct ub_many_job *job)
{
    struct ub_many *many = job->many;
    complete(job);
    if (many->wanted->finished) {
        (void)pthread_mutex_lock(&many->talk);
        many->wanted->finished(many->context->env.callbacks.user, &job->item);
        (void)pthread_mutex_unlock(&many->talk);
    }
    atomic_store(&job->over, true);
}

static void *work(void *argument)
{
    struct ub_many_job *job = argument;
    const struct ub_clock clock = job->context->env.clock;
    job->item.error.code = ub_flash(job->context, job->many->image, NULL, &job->many->options,
                                    &job->item.result, &job->item.error);
    finish(job);
    ub_attend(&clock, false);
    return NULL;
}

/** Starts the thread with all signals blocked: they are for the threads of the program. */
static int start(struct ub_many_job *job)
{
    const struct ub_clock *clock = &job->context->env.clock;
    pthread_attr_t attributes;
    sigset_t all;
    sigset_t before;
    int rc = pthread_attr_init(&attributes);
    if (rc)
        return rc;
    rc = pthread_attr_setstacksize(&attributes, STACK_SIZE);
    (void)sigfillset(&all);
    if (!rc)
        rc = pthread_sigmask(SIG_SETMASK, &all, &before);
    if (!rc) {
        ub_attend(clock, true); /* before it runs, or time would run away from it */
        rc = pthread_create(&job->thread, &attributes, work, job);
        if (rc)
            ub_attend(clock, false);
        (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    (void)pthread_attr_destroy(&attributes);
    return rc;
}

static bool copy_info(const struct ub_usb_info *from, struct ub_usb_info *to)
{
    *to = *from;
    to->config = malloc(from->config_length ? from->config_length : 1);
    if (!to->config)
        return false;
    if (from->config_length)
        memcpy(to->config, from->config, from->config_length);
    return true;
}

/** A job in the list, not begun. NULL when out of memory. */
static struct ub_many_job *add(struct ub_many *many, const struct ub_usb_info *info)
{
    struct ub_many_job *job = calloc(1, sizeof(*job));
    if (!job || !copy_info(info, &job->info)) {
        free(job);
        return NULL;
    }
    job->many = many;
    atomic_init(&job->over, false);
    ub_result_start(&job->item.result);
    *many->end = job;
    many->end = &job->next;
    many->count++;
    return job;
}

enum ub_code ub_many_refuse(struct ub_many *many, const struct ub_usb_info *info, enum ub_code code,
                            const char *message, struct ub_error *err)
{
    struct ub_many_job *job = add(many, info);
    if (!job)
        return ub_fail_memory(err);
    (void)ub_fail(&job->item.error, code, "%s", message);
    finish(job);
    return UB_OK;
}

enum ub_code ub_many_plan(struct ub_many *many, const struct ub_usb_info *info,
                          struct ub_error *err)
{
    struct ub_callbacks callbacks = {.user = many,
                                     .event = many->context->env.callbacks.event ? pass_on : NULL};
    struct ub_plan *plan = NULL;
    struct ub_many_job *job = add(many, info);
    if (!job)
        return ub_fail_memory(err);
    struct ub_context *fork = ub_context_fork(many->context, &callbacks, &job->info);
    if (!fork)
        return ub_fail_memory(err);
    struct ub_many_item *item = &job->item;
    item->error.code = ub_plan_noted(fork, many->image, NULL, &many->options, &item->result, &plan,
                                     &item->error);
    free(fork);
    complete(job);
    if (plan) {
        struct ub_plan_info sums;
        ub_plan_info(plan, &sums);
        item->result.predicted_us = sums.predicted_us;
    }
    if (many->wanted->planned)
        many->wanted->planned(many->context->env.callbacks.user, item, plan);
    ub_plan_free(plan);
    return UB_OK;
}

enum ub_code ub_many_begin(struct ub_many *many, const struct ub_usb_info *info,
                           struct ub_many_job **out, struct ub_error *err)
{
    struct ub_callbacks callbacks = {.user = many,
                                     .event = many->context->env.callbacks.event ? pass_on : NULL};
    struct ub_many_job *job = add(many, info);
    if (!job)
        return ub_fail_memory(err);
    *out = job;
    job->context = ub_context_fork(many->context, &callbacks, &job->info);
    if (job->context && start(job) == 0)
        return UB_OK;
    free(job->context);
    job->context = NULL;
    (void)ub_fail(&job->item.error, UB_SYS_MEMORY, "no thread can be started for the device at %s",
                  info->port);
    finish(job);
    return UB_OK;
}

void ub_many_end(struct ub_many_job *job)
{
    if (!job->context)
        return;
    (void)pthread_join(job->thread, NULL);
    free(job->context);
    job->context = NULL;
}
