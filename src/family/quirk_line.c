/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A quirk out of one line of the command: "id=28e9:0189,poll_fixed_ms=5". */
#define _POSIX_C_SOURCE 200809L /* strdup */
#include "base/error.h"
#include "base/text.h"
#include "family/quirks.h"

#include <string.h>

#define ITEM_MAX 1024u

/* Copies text up to the next bare comma, taking backslashes out; *text moves behind the comma. */
static bool next_item(const char **text, char item[ITEM_MAX])
{
    size_t length = 0;
    const char *at = *text;
    for (; *at && *at != ','; at++) {
        if (*at == '\\' && at[1])
            at++;
        if (length + 1 >= ITEM_MAX)
            return false;
        item[length++] = *at;
    }
    item[length] = '\0';
    *text = *at ? at + 1 : at;
    return true;
}

static enum ub_code set_key(struct ub_quirk *quirk, char *item, const struct ub_quirk_place *place,
                            struct ub_error *err)
{
    bool known = false;
    char *equals = strchr(item, '=');
    if (equals)
        *equals = '\0';
    const struct ub_quirk_change_key *key = ub_quirk_change_named(item);
    if (!equals && (!key || key->kind != UB_QUIRK_FLAG)) {
        if (!ub_quirk_key_in(UB_QUIRK_IN_LINE, item))
            return ub_quirk_unknown_key(UB_QUIRK_IN_LINE, item, place, err);
        return ub_quirk_bad(place, err, "%s needs a value: write %s=VALUE", item, item);
    }
    const char *value = equals ? equals + 1 : "true";
    enum ub_code code = ub_quirk_say(quirk, item, value, place, &known, err);
    if (!code && !known)
        code = ub_quirk_select(quirk, item, value, place, &known, err);
    if (!code && !known)
        code = ub_quirk_change(quirk, item, value, place, &known, err);
    return code || known ? code : ub_quirk_unknown_key(UB_QUIRK_IN_LINE, item, place, err);
}

/* What a line need not say. */
static enum ub_code complete(struct ub_quirk *quirk, const struct ub_quirk_place *place,
                             struct ub_error *err)
{
    bool known;
    enum ub_code code = UB_OK;
    if (!quirk->name && (quirk->name = strdup(place->file)) == NULL)
        code = ub_fail_memory(err);
    if (!code && !quirk->defect)
        code = ub_quirk_say(quirk, "defect", "named on the command line", place, &known, err);
    if (!code && !quirk->source)
        code = ub_quirk_say(quirk, "source", "--quirk", place, &known, err);
    return code ? code : ub_quirk_finish(quirk, place, err);
}

enum ub_code ub_quirks_add_line(struct ub_quirks *quirks, const char *line, struct ub_error *err)
{
    struct ub_quirk quirk = {0};
    char item[ITEM_MAX];
    char option[32]; /* which of several it is */
    const struct ub_quirk_place place = {.file = option};
    enum ub_code code = UB_OK;
    (void)ub_print(option, sizeof(option), "--quirk %zu", ub_quirks_next_line(quirks));
    do {
        if (!next_item(&line, item))
            code = ub_quirk_bad(&place, err, "longer than any quirk");
        else
            code = set_key(&quirk, item, &place, err);
    } while (!code && *line);
    if (!code)
        code = complete(&quirk, &place, err);
    if (!code)
        return ub_quirks_add(quirks, &quirk, &place, err);
    ub_quirk_clear(&quirk);
    return code;
}
