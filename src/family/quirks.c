/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "family/quirks.h"

#include "base/error.h"
#include "base/file.h"

#include <stdlib.h>
#include <string.h>

struct ub_quirks {
    struct ub_quirk *items;
    size_t count;
    size_t room;
    size_t lines; /* that were given one by one */
};

enum ub_code ub_quirks_open_empty(struct ub_quirks **out, struct ub_error *err)
{
    *out = calloc(1, sizeof(**out));
    return *out ? UB_OK : ub_fail_memory(err);
}

enum ub_code ub_quirks_open(struct ub_quirks **out, struct ub_error *err)
{
    enum ub_code code = ub_quirks_open_empty(out, err);
    if (!code)
        code = ub_quirks_add_text(*out, "data/quirks.yaml", false, ub_quirks_built_in,
                                  ub_quirks_built_in_length, err);
    if (code) {
        ub_quirks_close(*out);
        *out = NULL;
    }
    return code;
}

void ub_quirks_close(struct ub_quirks *quirks)
{
    for (size_t i = 0; quirks && i < quirks->count; i++)
        ub_quirk_clear(&quirks->items[i]);
    if (quirks)
        free(quirks->items);
    free(quirks);
}

/* Takes out the quirk that the new one replaces. */
static void drop_named(struct ub_quirks *quirks, const char *name)
{
    for (size_t i = 0; i < quirks->count; i++) {
        if (strcmp(quirks->items[i].name, name) != 0)
            continue;
        ub_quirk_clear(&quirks->items[i]);
        memmove(&quirks->items[i], &quirks->items[i + 1],
                (quirks->count - i - 1) * sizeof(*quirks->items));
        quirks->count--;
        return;
    }
}

enum ub_code ub_quirks_add(struct ub_quirks *quirks, struct ub_quirk *quirk,
                           const struct ub_quirk_place *place, struct ub_error *err)
{
    enum ub_code code = UB_OK;
    drop_named(quirks, quirk->name);
    if (quirks->count == UB_QUIRKS_MAX)
        code = ub_quirk_bad(place, err, "more than %u quirks", UB_QUIRKS_MAX);
    if (!code && quirks->count == quirks->room) {
        size_t room = quirks->room ? 2 * quirks->room : 64;
        struct ub_quirk *more = realloc(quirks->items, room * sizeof(*more));
        if (more) {
            quirks->items = more;
            quirks->room = room;
        } else {
            code = ub_fail_memory(err);
        }
    }
    if (code) {
        ub_quirk_clear(quirk);
        return code;
    }
    quirks->items[quirks->count++] = *quirk;
    *quirk = (struct ub_quirk){0};
    return UB_OK;
}

enum ub_code ub_quirks_add_file(struct ub_quirks *quirks, const char *path, struct ub_error *err)
{
    uint8_t *text = NULL;
    size_t length = 0;
    struct ub_error why;
    enum ub_code code = ub_file_read(path, UB_QUIRKS_FILE_MAX, &text, &length, &why);
    if (code == UB_SYS_MEMORY)
        return ub_fail_memory(err);
    if (code)
        return ub_fail(err, UB_USE_QUIRK, "%s", why.message);
    code = ub_quirks_add_text(quirks, path, true, text, length, err);
    free(text);
    return code;
}

size_t ub_quirks_next_line(struct ub_quirks *quirks)
{
    return ++quirks->lines;
}

size_t ub_quirks_count(const struct ub_quirks *quirks)
{
    return quirks ? quirks->count : 0;
}

const struct ub_quirk *ub_quirks_at(const struct ub_quirks *quirks, size_t index)
{
    return index < ub_quirks_count(quirks) ? &quirks->items[index] : NULL;
}

void ub_quirks_find(const struct ub_quirks *quirks, const struct ub_quirk_device *device,
                    struct ub_quirk_hits *out)
{
    *out = (struct ub_quirk_hits){{0}};
    for (size_t i = 0; i < ub_quirks_count(quirks); i++) {
        const struct ub_quirk *quirk = &quirks->items[i];
        out->fits[i] = ub_quirk_conditions_fit(quirk->conditions, quirk->condition_count, device);
    }
}

void ub_quirks_apply(const struct ub_quirks *quirks, const struct ub_quirk_hits *hits,
                     struct ub_quirk_effect *effect)
{
    for (size_t i = 0; i < ub_quirks_count(quirks); i++) {
        const struct ub_quirk *quirk = &quirks->items[i];
        for (size_t v = 0; hits->fits[i] && v < quirk->value_count; v++)
            ub_quirk_value_apply(&quirk->values[v], effect);
    }
}

void ub_quirks_look(const struct ub_quirks *quirks, const struct ub_usb_info *info,
                    struct ub_quirk_effect *effect)
{
    struct ub_quirk_hits hits;
    const struct ub_quirk_device device = {.info = info};
    *effect = (struct ub_quirk_effect){0};
    ub_quirks_find(quirks, &device, &hits);
    ub_quirks_apply(quirks, &hits, effect);
}

bool ub_quirks_interface(const struct ub_quirks *quirks, const struct ub_usb_info *info,
                         struct ub_dfu_interface *out)
{
    struct ub_quirk_effect effect;
    if (!ub_dfu_interface_find(info->config, info->config_length, out))
        return false;
    ub_quirks_look(quirks, info, &effect);
    if (effect.mode == UB_QUIRK_MODE_NONE)
        return false;
    if (effect.mode == UB_QUIRK_MODE_DFU)
        out->mode = UB_MODE_DFU;
    else if (effect.mode == UB_QUIRK_MODE_RUNTIME)
        out->mode = UB_MODE_RUNTIME;
    if (effect.habits.bcdDFUVersion)
        out->functional.bcdDFUVersion = effect.habits.bcdDFUVersion;
    return true;
}

const struct ub_quirk_key *ub_quirk_key_at(size_t index)
{
    if (index < UB_QUIRK_BY_COUNT)
        return ub_quirk_select_key((enum ub_quirk_by)index);
    const struct ub_quirk_change_key *key = ub_quirk_change_at(index - UB_QUIRK_BY_COUNT);
    return key ? &key->shown : NULL;
}
