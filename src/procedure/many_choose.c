/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which devices are meant, waiting for them, and the one question for all of them. */
#include "base/error.h"
#include "base/text.h"
#include "image/image.h"
#include "procedure/many.h"
#include "procedure/select.h"

#include <stdlib.h>
#include <string.h>

#define LOOK_US UINT64_C(200000)  /* how often the bus is looked at while waiting for devices */
#define TELL_US UINT64_C(1000000) /* how often the caller is told that we wait */
/* Bytes of a question beside its ports. */
#define QUESTION_TEXT ((size_t)2 * UB_ERROR_TEXT)

/** Marks what fits one selector (NULL: none was given). */
static enum ub_code mark(const struct ub_many *many, const char *selector,
                         struct ub_many_choice *choice, struct ub_error *err)
{
    const struct ub_many_options *wanted = many->wanted;
    const bool must_fit = !wanted->count && !wanted->watch;
    size_t found = 0;
    size_t index = 0;
    enum ub_code code = ub_select_all(many->context->quirks, &choice->list, selector,
                                      !wanted->watch, choice->chosen, &found, err);
    /* none, or more than one: it knows what to say about that */
    if (!code && ((must_fit && found == 0) || (wanted->one_each && found > 1)))
        code = ub_select(many->context->quirks, &choice->list, selector, &index, err);
    return code;
}

enum ub_code ub_many_look(struct ub_many *many, struct ub_many_choice *choice, struct ub_error *err)
{
    const struct ub_transport *transport = &many->context->transport;
    const struct ub_many_options *wanted = many->wanted;
    ub_many_choice_free(choice);
    enum ub_code code = transport->ops->enumerate(transport->self, &choice->list, err);
    if (code)
        return code;
    choice->chosen = calloc(choice->list.count ? choice->list.count : 1, sizeof(*choice->chosen));
    if (!choice->chosen)
        return ub_fail_memory(err);
    if (wanted->selector_count == 0)
        code = mark(many, NULL, choice, err);
    for (size_t i = 0; !code && i < wanted->selector_count; i++)
        code = mark(many, wanted->selectors[i], choice, err);
    for (size_t i = 0; i < choice->list.count; i++)
        choice->count += choice->chosen[i];
    return code;
}

void ub_many_choice_free(struct ub_many_choice *choice)
{
    ub_usb_list_free(&choice->list);
    free(choice->chosen);
    memset(choice, 0, sizeof(*choice));
}

/** "1-1, 1-2, 1-4.2": as many as there is room for. */
static void print_ports(char *to, size_t size, const struct ub_many_choice *choice)
{
    const char *between = "";
    to[0] = '\0';
    for (size_t i = 0; i < choice->list.count; i++) {
        if (!choice->chosen[i])
            continue;
        (void)ub_append(to, size, "%s%s", between, choice->list.items[i].port);
        between = ", ";
    }
}

/** How the wait for devices goes on. */
struct waiting {
    uint64_t until;
    uint64_t told_us;
    size_t told;
    bool began;
};

static void tell_waiting(struct ub_many *many, struct waiting *waiting, size_t found)
{
    struct ub_env *env = &many->context->env;
    const uint64_t now = ub_now(&env->clock);
    if (!waiting->began)
        ub_env_begin(env, UB_STEP_DEVICE, many->wanted->count, "waiting for %zu devices",
                     many->wanted->count);
    else if (found == waiting->told && now - waiting->told_us < TELL_US)
        return;
    waiting->began = true;
    waiting->told = found;
    waiting->told_us = now;
    env->step_done = found;
    ub_env_waiting(env, waiting->until - now);
}

static enum ub_code fail_fewer(const struct ub_many *many, const struct ub_many_choice *choice,
                               struct ub_error *err)
{
    char ports[UB_ERROR_TEXT];
    enum ub_code code = ub_fail(err, UB_DEV_FEWER, "%zu of %zu devices came within %llu s",
                                choice->count, many->wanted->count,
                                (unsigned long long)(many->wanted->wait_us / 1000000));
    if (choice->count == 0)
        return code;
    print_ports(ports, sizeof(ports), choice);
    return ub_wrap(err, code, "there are: %s", ports);
}

static enum ub_code fail_several(const struct ub_many *many, const struct ub_many_choice *choice,
                                 struct ub_error *err)
{
    char ports[UB_ERROR_TEXT];
    print_ports(ports, sizeof(ports), choice);
    enum ub_code code = ub_fail(err, UB_DEV_SEVERAL, "%zu devices fit where %zu are wanted",
                                choice->count, many->wanted->count);
    return ub_wrap(err, code, "there are: %s", ports);
}

enum ub_code ub_many_gather(struct ub_many *many, struct ub_many_choice *choice,
                            struct ub_error *err)
{
    struct ub_env *env = &many->context->env;
    const struct ub_many_options *wanted = many->wanted;
    const uint64_t start = ub_now(&env->clock);
    struct waiting waiting = {.until = UINT64_MAX};
    if (wanted->wait_us && wanted->wait_us < UINT64_MAX - start)
        waiting.until = start + wanted->wait_us;
    for (;;) {
        enum ub_code code = ub_many_look(many, choice, err);
        if (code || wanted->count == 0)
            return code;
        if (choice->count > wanted->count)
            return fail_several(many, choice, err);
        if (choice->count == wanted->count)
            break;
        const uint64_t now = ub_now(&env->clock);
        if (now >= waiting.until)
            return fail_fewer(many, choice, err);
        tell_waiting(many, &waiting, choice->count);
        const uint64_t left = waiting.until - now;
        bool changed;
        code = ub_devices_wait(many->context, left < LOOK_US ? left : LOOK_US, &changed, err);
        if (code)
            return code;
    }
    if (waiting.began)
        ub_env_done(env, "%zu devices are there", choice->count);
    return UB_OK;
}

static void print_question(char *to, size_t size, const struct ub_many *many,
                           const struct ub_many_choice *choice)
{
    const char *name = many->image->name;
    (void)ub_print(to, size, "Write %s to ", name);
    if (choice->count == 1)
        (void)ub_append(to, size, "the device at ");
    if (choice->count > 1)
        (void)ub_append(to, size, "the %zu devices at ", choice->count);
    size_t used = strlen(to);
    print_ports(to + used, size - used, choice);
    if (many->wanted->watch)
        (void)ub_append(to, size, "%seach device that fits and is plugged in from now on",
                        choice->count ? ", and to " : "");
    (void)ub_append(to, size, "?");
}

enum ub_code ub_many_ask(struct ub_many *many, const struct ub_many_choice *choice, bool *asked,
                         struct ub_error *err)
{
    struct ub_env *env = &many->context->env;
    *asked = false;
    if (many->options.assume_yes || !env->callbacks.confirm)
        return UB_OK;
    const size_t size = QUESTION_TEXT + choice->count * (UB_PORT_TEXT + 2);
    char *question = malloc(size);
    if (!question)
        return ub_fail_memory(err);
    print_question(question, size, many, choice);
    *asked = true;
    const bool yes = env->callbacks.confirm(env->callbacks.user, question);
    free(question);
    if (yes)
        return UB_OK;
    enum ub_code code = ub_env_check(env, err);
    return code ? code : ub_fail(err, UB_USE_DECLINED, "nothing was changed, as you wished");
}
