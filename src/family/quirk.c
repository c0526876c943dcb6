/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _POSIX_C_SOURCE 200809L /* strdup */
#include "family/quirk.h"

#include "base/error.h"
#include "base/text.h"
#include "loader/memory_map.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MADE_TEXT 2048u /* a remedy */

enum ub_code ub_quirk_bad(const struct ub_quirk_place *place, struct ub_error *err,
                          const char *format, ...)
{
    char text[UB_ERROR_TEXT];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (!place->line)
        return ub_fail(err, UB_USE_QUIRK, "%s: %s", place->file, text);
    return ub_fail(err, UB_USE_QUIRK, "%s:%zu: %s", place->file, place->line, text);
}

/* A text that is shown to people: one line of valid UTF-8 without control characters. */
static bool shows_as_it_is(const char *text)
{
    char shown[4 * UB_QUIRK_PROSE_MAX];
    ub_print_stranger(shown, sizeof(shown), text, strlen(text));
    return strcmp(shown, text) == 0;
}

static bool name_good(const char *text)
{
    return text[0] && text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

enum ub_code ub_quirk_say(struct ub_quirk *quirk, const char *key, const char *text,
                          const struct ub_quirk_place *place, bool *known, struct ub_error *err)
{
    const struct {
        const char *key;
        char **to;
    } texts[] = {{"name", &quirk->name},
                 {"defect", &quirk->defect},
                 {"source", &quirk->source},
                 {"does", &quirk->does}};
    char **to = NULL;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && !to; i++)
        if (strcmp(texts[i].key, key) == 0)
            to = texts[i].to;
    *known = to != NULL;
    if (!to)
        return UB_OK;
    if (*to)
        return ub_quirk_bad(place, err, "%s is there twice", key);
    if (to == &quirk->name && !name_good(text))
        return ub_quirk_bad(place, err,
                            "name \"%.60s\" is not allowed: name is small letters, digits and "
                            "dashes",
                            text);
    if (!text[0] || strlen(text) > UB_QUIRK_PROSE_MAX || !shows_as_it_is(text))
        return ub_quirk_bad(place, err,
                            "%s is not allowed: %s is one line of at most %u characters", key, key,
                            UB_QUIRK_PROSE_MAX);
    *to = strdup(text);
    return *to ? UB_OK : ub_fail_memory(err);
}

static enum ub_code bad_value(const struct ub_quirk_key *key, const char *text,
                              const struct ub_quirk_place *place, struct ub_error *err)
{
    return ub_quirk_bad(place, err, "%s \"%.60s\" is not allowed: %s is %s", key->name, text,
                        key->name, key->value);
}

/* The place of the mistake in the map itself, too. */
static enum ub_code bad_map(const char *text, const struct ub_quirk_place *place,
                            struct ub_error *err)
{
    struct ub_memory_map map;
    struct ub_error why;
    if (strlen(text) > UB_QUIRK_TEXT_MAX || ub_memory_map_parse(text, &map, &why) == UB_OK)
        return ub_quirk_bad(place, err,
                            "memory_map \"%.60s\" is not allowed: a map has at most %u characters",
                            text, UB_QUIRK_TEXT_MAX);
    return ub_quirk_bad(place, err, "memory_map \"%s\" is not allowed: %s", text, why.message);
}

static enum ub_code bad_change(const struct ub_quirk_change_key *change, const char *text,
                               const struct ub_quirk_place *place, struct ub_error *err)
{
    return change->kind == UB_QUIRK_MAP && shows_as_it_is(text)
               ? bad_map(text, place, err)
               : bad_value(&change->shown, text, place, err);
}

enum ub_code ub_quirk_select(struct ub_quirk *quirk, const char *key, const char *text,
                             const struct ub_quirk_place *place, bool *known, struct ub_error *err)
{
    bool memory = false;
    struct ub_quirk_condition condition;
    enum ub_quirk_by by = ub_quirk_select_named(key);
    *known = by != UB_QUIRK_BY_COUNT;
    if (!*known)
        return UB_OK;
    if (quirk->condition_count == UB_QUIRK_CONDITIONS_MAX)
        return ub_quirk_bad(place, err, "more than %u conditions", UB_QUIRK_CONDITIONS_MAX);
    if (!shows_as_it_is(text) || !ub_quirk_condition_read(by, text, &condition, &memory))
        return memory ? ub_fail_memory(err) : bad_value(ub_quirk_select_key(by), text, place, err);
    struct ub_quirk_condition *more = realloc(quirk->conditions,
                                              (quirk->condition_count + 1) * sizeof(*more));
    if (!more) {
        free(condition.text);
        return ub_fail_memory(err);
    }
    quirk->conditions = more;
    quirk->conditions[quirk->condition_count++] = condition;
    return UB_OK;
}

enum ub_code ub_quirk_change(struct ub_quirk *quirk, const char *key, const char *text,
                             const struct ub_quirk_place *place, bool *known, struct ub_error *err)
{
    bool memory = false;
    struct ub_quirk_value value;
    const struct ub_quirk_change_key *change = ub_quirk_change_named(key);
    *known = change != NULL;
    if (!change)
        return UB_OK;
    for (size_t i = 0; i < quirk->value_count; i++)
        if (quirk->values[i].key == change)
            return ub_quirk_bad(place, err, "%s is there twice", key);
    if (!shows_as_it_is(text) || !ub_quirk_value_read(change, text, &value, &memory))
        return memory ? ub_fail_memory(err) : bad_change(change, text, place, err);
    struct ub_quirk_value *more = realloc(quirk->values, (quirk->value_count + 1) * sizeof(*more));
    if (!more) {
        free(value.text);
        return ub_fail_memory(err);
    }
    quirk->values = more;
    quirk->values[quirk->value_count++] = value;
    return UB_OK;
}

void ub_quirk_because(const struct ub_quirk *quirk, uint32_t fits, char *to, size_t size)
{
    to[0] = '\0';
    for (size_t by = 0; by < UB_QUIRK_BY_COUNT; by++) {
        bool first = true;
        for (size_t i = 0; i < quirk->condition_count; i++) {
            const struct ub_quirk_condition *condition = &quirk->conditions[i];
            if (condition->by != by || !(fits >> i & 1u))
                continue;
            if (first)
                (void)ub_append(to, size, "%s%s ", to[0] ? ", " : "",
                                ub_quirk_select_key(condition->by)->name);
            (void)ub_append(to, size, "%s%s", first ? "" : " or ", condition->text);
            first = false;
        }
    }
}

static void append_value(char *text, size_t size, const struct ub_quirk_value *value)
{
    const char *name = value->key->shown.name;
    if (value->key->kind == UB_QUIRK_FLAG && value->number)
        (void)ub_append(text, size, "%s", name);
    else
        (void)ub_append(text, size, "%s=%s", name, value->text);
}

static char *make_remedy(const struct ub_quirk *quirk)
{
    char text[MADE_TEXT] = "";
    if (quirk->does)
        (void)ub_print(text, sizeof(text), "%s%s", quirk->does, quirk->value_count ? " (" : "");
    for (size_t i = 0; i < quirk->value_count; i++) {
        (void)ub_append(text, sizeof(text), "%s", i ? ", " : "");
        append_value(text, sizeof(text), &quirk->values[i]);
    }
    if (quirk->does && quirk->value_count)
        (void)ub_append(text, sizeof(text), ")");
    return strdup(text);
}

enum ub_code ub_quirk_finish(struct ub_quirk *quirk, const struct ub_quirk_place *place,
                             struct ub_error *err)
{
    /* a line has its place for a name */
    const char *who = quirk->name && strcmp(quirk->name, place->file) == 0 ? "it" : quirk->name;
    if (!quirk->name || !quirk->defect || !quirk->source)
        return ub_quirk_bad(place, err, "%s is missing",
                            !quirk->name     ? "name"
                            : !quirk->defect ? "defect"
                                             : "source");
    if (!quirk->condition_count)
        return ub_quirk_bad(place, err,
                            "%s says nothing about the devices that it is for: give it a condition "
                            "such as id, serial or map",
                            who);
    if (!quirk->value_count && !quirk->does)
        return ub_quirk_bad(place, err, "%s changes nothing", who);
    quirk->remedy = make_remedy(quirk);
    return quirk->remedy ? UB_OK : ub_fail_memory(err);
}

void ub_quirk_clear(struct ub_quirk *quirk)
{
    for (size_t i = 0; i < quirk->condition_count; i++)
        free(quirk->conditions[i].text);
    for (size_t i = 0; i < quirk->value_count; i++)
        free(quirk->values[i].text);
    free(quirk->conditions);
    free(quirk->values);
    free(quirk->name);
    free(quirk->defect);
    free(quirk->source);
    free(quirk->does);
    free(quirk->remedy);
    *quirk = (struct ub_quirk){0};
}
