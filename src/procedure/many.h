/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file many.h
 * Several devices side by side: one job and one thread for each, each on a fork of the context.
 */
#ifndef UB_PROCEDURE_MANY_H
#define UB_PROCEDURE_MANY_H

#include "procedure/context.h"

#include <pthread.h>

struct ub_many;

/** One device of many. */
struct ub_many_job {
    struct ub_many_job *next; /**< the one begun after it */
    struct ub_many *many;
    struct ub_usb_info info;    /**< as it was found; owned */
    struct ub_context *context; /**< its fork; owned; NULL before and after its thread */
    pthread_t thread;           /**< to be joined while `context` is there */
    atomic_bool over;           /**< the thread has done its work */
    struct ub_many_item item;
};

/** One run of ub_flash_many(). */
struct ub_many {
    struct ub_context *context;
    const struct ub_image *image;
    const struct ub_many_options *wanted;
    struct ub_many_result *result;   /**< the caller's, being filled */
    struct ub_flash_options options; /**< for each device; questions are answered by then */
    pthread_mutex_t talk;            /**< held while the caller is called */
    struct ub_many_job *first;       /**< in the order in which they were begun */
    struct ub_many_job **end;        /**< where the next one is hung in */
    size_t count;
};

/** What the person wants on the bus as it is. */
struct ub_many_choice {
    struct ub_usb_list list;
    bool *chosen; /**< a flag for each device of the list */
    size_t count; /**< of the flags that are set */
};

/**
 * many_choose.c: looks at the bus and marks what is wanted. Where nothing fits a selector that is
 * an error unless devices are waited for. *choice is the caller's in any case. Errors: those of
 * ub_select(), of enumerate().
 */
enum ub_code ub_many_look(struct ub_many *many, struct ub_many_choice *choice,
                          struct ub_error *err);
/** many_choose.c: as ub_many_look(), until as many fit as are wanted. Errors: also UB_DEV_FEWER,
 * UB_DEV_SEVERAL, UB_SYS_INTERRUPTED. */
enum ub_code ub_many_gather(struct ub_many *many, struct ub_many_choice *choice,
                            struct ub_error *err);
/** many_choose.c: tells the caller which devices are left out, and with `taken` which are not;
 * keeps the former in the result. Called once. Errors: UB_SYS_MEMORY. */
enum ub_code ub_many_tell(struct ub_many *many, const struct ub_many_choice *choice, bool taken,
                          struct ub_error *err);
/** many_choose.c: the one question for all of them. *asked: a person was asked, which takes time.
 * Errors: UB_USE_DECLINED, UB_SYS_INTERRUPTED, UB_SYS_MEMORY. */
enum ub_code ub_many_ask(struct ub_many *many, const struct ub_many_choice *choice, bool *asked,
                         struct ub_error *err);
/** Frees the content of a choice. */
void ub_many_choice_free(struct ub_many_choice *choice);

/**
 * many_job.c: begins a device, in a thread of its own; *out is the job, owned by *many. What cannot
 * be begun is a job that failed. Errors: UB_SYS_MEMORY, when there is not even room for that.
 */
enum ub_code ub_many_begin(struct ub_many *many, const struct ub_usb_info *info,
                           struct ub_many_job **out, struct ub_error *err);
/** many_job.c: a device that is not begun, because of `code` with that message. Errors:
 * UB_SYS_MEMORY. */
enum ub_code ub_many_refuse(struct ub_many *many, const struct ub_usb_info *info, enum ub_code code,
                            const char *message, struct ub_error *err);
/** many_job.c: plans for a device, in the caller's thread, and tells the plan. What cannot be
 * planned is a job that failed. Errors: UB_SYS_MEMORY. */
enum ub_code ub_many_plan(struct ub_many *many, const struct ub_usb_info *info,
                          struct ub_error *err);
/** many_job.c: waits for the job's end. May be called again. */
void ub_many_end(struct ub_many_job *job);

/** many_watch.c: does each device that is plugged in, once, until cancelled. `choice` is what was
 * there when the person was asked. Errors: UB_SYS_MEMORY, and of looking at the bus. */
enum ub_code ub_many_watch(struct ub_many *many, const struct ub_many_choice *choice,
                           struct ub_error *err);

/** How bad it is, for the order of errors in ub_flash_many(): 0 for success, else the more the
 * worse. */
unsigned ub_many_severity(const struct ub_many_item *item);

#endif
