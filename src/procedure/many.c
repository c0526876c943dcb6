/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "procedure/many.h"

#include "base/error.h"
#include "base/text.h"
#include "procedure/match.h"
#include "procedure/prepare.h"
#include "procedure/select.h"

#include <stdlib.h>
#include <string.h>

#define INCOMPLETE 100u /* what an incomplete device adds to the severity of its error */

unsigned ub_many_severity(const struct ub_many_item *item)
{
    /* exit statuses, least severe first */
    static const int order[] = {2, 3, 4, 5, 6, 130, 7, 9, 10};
    const enum ub_code code = item->error.code;
    const unsigned count = sizeof(order) / sizeof(order[0]);
    if (code == UB_OK)
        return 0;
    const int status = ub_exit_status(code, item->result.left);
    unsigned severity = 1;
    while (severity < count && order[severity - 1] != status)
        severity++;
    return item->result.left == UB_LEFT_INCOMPLETE ? INCOMPLETE + severity : severity;
}

/** Those that were there when the person was asked, and still are. */
static enum ub_code begin_all(struct ub_many *many, const struct ub_many_choice *choice, bool asked,
                              struct ub_error *err)
{
    const struct ub_transport *transport = &many->context->transport;
    struct ub_usb_list now = {0};
    enum ub_code code = UB_OK;
    if (asked)
        code = transport->ops->enumerate(transport->self, &now, err);
    for (size_t i = 0; !code && i < choice->list.count; i++) {
        const struct ub_usb_info *info = &choice->list.items[i];
        const struct ub_usb_info *there = asked ? ub_usb_list_port(&now, info->port) : info;
        struct ub_many_job *job;
        if (!choice->chosen[i])
            continue;
        if (there && there->generation == info->generation)
            code = ub_many_begin(many, info, &job, err);
        else
            code = ub_many_refuse(many, info, UB_DEV_GONE,
                                  "the device left while the question stood", err);
    }
    ub_usb_list_free(&now);
    return code;
}

/** Finds the devices, asks, and begins them; those that were begun run on, whatever it returns. */
static enum ub_code run(struct ub_many *many, struct ub_error *err)
{
    struct ub_many_choice choice = {.count = 0};
    bool asked = false;
    enum ub_code code = ub_many_gather(many, &choice, err);
    enum ub_code told = ub_many_tell(many, &choice, !code, code ? NULL : err);
    code = code ? code : told;
    if (!code)
        code = ub_many_ask(many, &choice, &asked, err);
    if (!code)
        many->options.assume_yes = true;
    if (!code)
        code = many->wanted->watch ? ub_many_watch(many, &choice, err)
                                   : begin_all(many, &choice, asked, err);
    ub_many_choice_free(&choice);
    return code;
}

/** Hands the items to the caller. False when out of memory. */
static bool collect(const struct ub_many *many, struct ub_many_result *result)
{
    unsigned worst = 0;
    result->items = calloc(many->count ? many->count : 1, sizeof(*result->items));
    if (!result->items)
        return false;
    for (const struct ub_many_job *job = many->first; job; job = job->next) {
        const unsigned severity = ub_many_severity(&job->item);
        if (severity > worst) {
            worst = severity;
            result->worst = result->count;
        }
        result->failed += severity > 0;
        result->items[result->count++] = job->item;
    }
    return true;
}

static void end_all(struct ub_many *many)
{
    for (struct ub_many_job *job = many->first; job; job = job->next)
        ub_many_end(job);
}

static void free_jobs(struct ub_many *many)
{
    while (many->first) {
        struct ub_many_job *job = many->first;
        many->first = job->next;
        free(job->info.config);
        free(job);
    }
}

/** Finds the devices and plans for each in turn: nothing waits for a chip here. */
static enum ub_code plan_all(struct ub_many *many, struct ub_error *err)
{
    struct ub_many_choice choice = {.count = 0};
    enum ub_code code = UB_OK;
    if (many->wanted->count || many->wanted->watch)
        return ub_fail(err, UB_USE_CONFLICT, "a plan is for devices that are there now");
    code = ub_many_look(many, &choice, err);
    enum ub_code told = ub_many_tell(many, &choice, !code, code ? NULL : err);
    code = code ? code : told;
    for (size_t i = 0; !code && i < choice.list.count; i++) {
        if (choice.chosen[i])
            code = ub_env_check(&many->context->env, err);
        if (choice.chosen[i] && !code)
            code = ub_many_plan(many, &choice.list.items[i], err);
    }
    ub_many_choice_free(&choice);
    return code;
}

/** What the public functions share: `work` on several devices, and what came of it. */
static enum ub_code with_many(struct ub_many *many, const struct ub_flash_options *options,
                              enum ub_code (*work)(struct ub_many *, struct ub_error *),
                              struct ub_many_result **out, struct ub_error *err)
{
    static const struct ub_many_options any;
    struct ub_context *context = many->context;
    ub_error_clear(err);
    many->end = &many->first;
    *out = calloc(1, sizeof(**out));
    if (!*out || pthread_mutex_init(&many->talk, NULL) != 0)
        return ub_fail_memory(err);
    many->result = *out;
    if (!many->wanted)
        many->wanted = &any;
    if (options)
        many->options = *options;
    ub_attend(&context->env.clock, true);
    ub_context_begin(context);
    ub_tell_image(context, many->image);
    enum ub_code code = ub_match_options(options, err);
    struct ub_image_facts facts; /* looked at once, not for each device */
    if (!code) {
        ub_image_facts(many->image, &facts);
        context->facts = &facts;
        code = work(many, err);
    }
    ub_attend(&context->env.clock, false); /* the end of a thread is waited for by no clock */
    end_all(many);
    context->facts = NULL;
    if (!collect(many, *out))
        code = ub_fail_memory(err);
    if (!code && (*out)->failed) {
        const struct ub_error *worst = &(*out)->items[(*out)->worst].error;
        code = worst->code;
        if (err)
            *err = *worst;
    }
    free_jobs(many);
    (void)pthread_mutex_destroy(&many->talk);
    return code;
}

enum ub_code ub_flash_many(struct ub_context *context, const struct ub_image *image,
                           const struct ub_many_options *many_options,
                           const struct ub_flash_options *options, struct ub_many_result **out,
                           struct ub_error *err)
{
    struct ub_many many = {.context = context, .image = image, .wanted = many_options};
    return with_many(&many, options, run, out, err);
}

enum ub_code ub_plan_many(struct ub_context *context, const struct ub_image *image,
                          const struct ub_many_options *many_options,
                          const struct ub_flash_options *options, struct ub_many_result **out,
                          struct ub_error *err)
{
    struct ub_many many = {.context = context, .image = image, .wanted = many_options};
    return with_many(&many, options, plan_all, out, err);
}

void ub_many_free(struct ub_many_result *result)
{
    if (!result)
        return;
    free(result->items);
    free(result->left_out);
    free(result);
}
