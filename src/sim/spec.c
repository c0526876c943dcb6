/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Takes a description apart; what its keys mean: spec_keys.c and spec_hostile.c. */
#include "sim/spec_value.h"

#include "base/error.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define VALUE_MAX    1024u
#define DEFAULT_SEED 1u
#define ITEM_SHOWN   24   /* characters of what was written wrongly */
#define LIST_SHOWN   150u /* characters of a list of names */

/* There is no such key: all those there are, in two lines because one does not hold them. */
static enum ub_code no_such_key(const char *item, struct ub_error *err)
{
    char common[UB_ERROR_TEXT] = "";
    char hostile[UB_ERROR_TEXT] = "";
    for (size_t i = 0; i < ub_sim_keys_common_count; i++)
        (void)ub_append(common, sizeof(common), "%s%s", i ? ", " : "", ub_sim_keys_common[i].name);
    for (size_t i = 0; i < ub_sim_keys_hostile_count; i++)
        (void)ub_append(hostile, sizeof(hostile), "%s%s", i ? ", " : "",
                        ub_sim_keys_hostile[i].name);
    (void)ub_fail(err, UB_SIM_SPEC, "a virtual device has no key \"%.*s\"; it has %s", ITEM_SHOWN,
                  item, common);
    return ub_wrap(err, UB_SIM_SPEC, "while reading a description; to be hostile it has %s",
                   hostile);
}

static enum ub_code set_key(struct ub_sim_spec *spec, char *item, struct ub_error *err)
{
    char *equals = strchr(item, '=');
    if (equals)
        *equals = '\0';
    struct ub_sim_value value = {.key = item, .text = equals ? equals + 1 : "", .err = err};
    const struct ub_sim_key *key = NULL;
    for (size_t i = 0; (key = ub_sim_key_at(i)) != NULL; i++) {
        if (strcmp(item, key->name) != 0)
            continue;
        if (key->takes_value != (equals != NULL))
            return ub_fail(err, UB_SIM_SPEC, "%s %s", item,
                           equals ? "takes no value" : "needs a value: write KEY=VALUE");
        return key->set(spec, &value);
    }
    return no_such_key(item, err);
}

/* Copies text up to the next bare comma, taking backslashes out; *text moves behind the comma. */
static bool next_item(const char **text, char *item, size_t size)
{
    size_t length = 0;
    const char *at = *text;
    for (; *at && *at != ','; at++) {
        if (*at == '\\' && at[1])
            at++;
        if (length + 1 >= size)
            return false;
        item[length++] = *at;
    }
    item[length] = '\0';
    *text = *at ? at + 1 : at;
    return true;
}

/* The names of the models, as many as an error's text holds. */
static void list_models(char *to, size_t size)
{
    size_t count = 0;
    size_t shown = 0;
    bool room = true;
    to[0] = '\0';
    for (const struct ub_sim_chip *chip; (chip = ub_sim_chip_at(count)) != NULL; count++) {
        room = room && strlen(to) + strlen(chip->model.name) < LIST_SHOWN;
        if (room && ub_append(to, size, "%s%s", count ? ", " : "", chip->model.name))
            shown++;
    }
    if (shown < count)
        (void)ub_append(to, size, " and %zu more", count - shown);
}

static enum ub_code find_model(const char *name, struct ub_sim_spec *spec, struct ub_error *err)
{
    spec->chip = ub_sim_chip_find(name, strlen(name));
    if (spec->chip)
        return UB_OK;
    char known[UB_ERROR_TEXT];
    list_models(known, sizeof(known));
    return ub_fail(err, UB_SIM_SPEC, "there is no virtual device \"%.*s\"; there are %s",
                   ITEM_SHOWN, name, known);
}

static enum ub_code parse(const char *text, struct ub_sim_spec *spec, struct ub_error *err)
{
    char item[VALUE_MAX];
    if (!next_item(&text, item, sizeof(item)))
        return ub_fail(err, UB_SIM_SPEC, "the description of the virtual device is too long");
    enum ub_code code = find_model(item, spec, err);
    if (code)
        return code;
    spec->dfu = spec->chip->dfu;
    spec->leave = spec->chip->dfu.leave;
    spec->mode = UB_MODE_DFU;
    spec->seed = DEFAULT_SEED;
    spec->dfu_identity = spec->chip->dfu_identity;
    spec->runtime_identity = spec->chip->runtime_identity;
    (void)ub_print(spec->serial, sizeof(spec->serial), "%s", spec->chip->serial);
    while (*text && !code) {
        if (!next_item(&text, item, sizeof(item)))
            return ub_fail(err, UB_SIM_SPEC, "a value in the description is too long");
        code = set_key(spec, item, err);
    }
    /* A device that is to be met in a certain state must not be brought out of it by the
     * SET_INTERFACE with which every host begins. */
    if (spec->has_arrive)
        spec->dfu.setalt_resets = false;
    return code;
}

enum ub_code ub_sim_spec_parse(const char *text, struct ub_sim_spec *out, struct ub_error *err)
{
    *out = (struct ub_sim_spec){0};
    enum ub_code code = parse(text, out, err);
    if (code)
        ub_sim_spec_free(out);
    return code;
}

void ub_sim_spec_free(struct ub_sim_spec *spec)
{
    free(spec->state);
    free(spec->content);
    free(spec->map);
    free(spec->report);
    *spec = (struct ub_sim_spec){0};
}
