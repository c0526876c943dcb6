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

/** Is it an error when nothing fits, or do we wait? */
static bool must_fit(const struct ub_many *many)
{
    return !many->wanted->count && !many->wanted->watch;
}

/** Marks what fits one selector (NULL: none was given). */
static enum ub_code mark(const struct ub_many *many, const char *selector,
                         struct ub_many_choice *choice, struct ub_error *err)
{
    size_t found = 0;
    size_t index = 0;
    enum ub_code code = ub_select_all(many->context->quirks, &choice->list, selector,
                                      choice->chosen, &found, err);
    /* none, or more than one: it knows what to say about that */
    if (!code && selector &&
        ((must_fit(many) && found == 0) || (many->wanted->one_each && found > 1)))
        code = ub_select(many->context->quirks, &choice->list, selector, &index, err);
    return code;
}

/** Without a selector devices in runtime mode are left out: a gadget with a DFU interface of its
 * own is not to be flashed because it happens to be there. */
static bool is_left_out(const struct ub_many *many, const struct ub_many_choice *choice, size_t i,
                        struct ub_device *device)
{
    if (many->wanted->selector_count || choice->chosen[i])
        return false;
    ub_describe(many->context->quirks, &choice->list.items[i], device);
    return device->mode == UB_MODE_RUNTIME;
}

/** Adds a line to an error about missing devices: those that would be there if they were named. */
static enum ub_code wrap_left_out(const struct ub_many *many, const struct ub_many_choice *choice,
                                  enum ub_code code, struct ub_error *err)
{
    struct ub_roll roll = {.count = 0};
    struct ub_device device;
    for (size_t i = 0; i < choice->list.count; i++)
        if (is_left_out(many, choice, i, &device))
            ub_roll_add(&roll, &device);
    if (!roll.count)
        return code;
    (void)ub_wrap(err, code, "left out, as their firmware runs: name them to include them");
    return ub_wrap(err, code, "%s", ub_roll_end(&roll));
}

static enum ub_code fail_none(const struct ub_many *many, const struct ub_many_choice *choice,
                              struct ub_error *err)
{
    return wrap_left_out(many, choice,
                         ub_fail(err, UB_DEV_NONE, "no device in DFU mode is attached"), err);
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
    if (!code && choice->count == 0 && must_fit(many))
        code = fail_none(many, choice, err);
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

/** Adds those that are chosen as a line to an error. */
static enum ub_code wrap_chosen(const struct ub_many *many, const struct ub_many_choice *choice,
                                enum ub_code code, struct ub_error *err)
{
    struct ub_roll roll = {.count = 0};
    for (size_t i = 0; i < choice->list.count; i++) {
        struct ub_device device;
        if (!choice->chosen[i])
            continue;
        ub_describe(many->context->quirks, &choice->list.items[i], &device);
        ub_roll_add(&roll, &device);
    }
    return roll.count ? ub_wrap(err, code, "%s", ub_roll_end(&roll)) : code;
}

static enum ub_code fail_fewer(const struct ub_many *many, const struct ub_many_choice *choice,
                               struct ub_error *err)
{
    enum ub_code code = ub_fail(err, UB_DEV_FEWER, "%zu of %zu devices came within %llu s",
                                choice->count, many->wanted->count,
                                (unsigned long long)(many->wanted->wait_us / 1000000));
    code = wrap_chosen(many, choice, code, err);
    return wrap_left_out(many, choice, code, err);
}

static enum ub_code fail_several(const struct ub_many *many, const struct ub_many_choice *choice,
                                 struct ub_error *err)
{
    const size_t wanted = many->wanted->count;
    enum ub_code code = ub_fail(err, UB_DEV_SEVERAL,
                                "%zu devices fit, %zu more than were asked for: unplug what is too "
                                "many, name those that are meant, or ask for %zu",
                                choice->count, choice->count - wanted, choice->count);
    return wrap_chosen(many, choice, code, err);
}

enum ub_code ub_many_tell(struct ub_many *many, const struct ub_many_choice *choice, bool taken,
                          struct ub_error *err)
{
    struct ub_many_result *result = many->result;
    void *user = many->context->env.callbacks.user;
    if (!choice->chosen)
        return UB_OK;
    result->left_out = calloc(choice->list.count + 1, sizeof(*result->left_out));
    if (!result->left_out)
        return ub_fail_memory(err);
    for (size_t i = 0; i < choice->list.count; i++) {
        struct ub_device device;
        const bool left_out = is_left_out(many, choice, i, &device);
        if (left_out)
            result->left_out[result->left_out_count++] = device;
        if (!left_out && (!taken || !choice->chosen[i]))
            continue;
        ub_describe(many->context->quirks, &choice->list.items[i], &device);
        if (many->wanted->found)
            many->wanted->found(user, &device, !left_out);
    }
    return UB_OK;
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
