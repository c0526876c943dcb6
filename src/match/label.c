/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "match/label.h"

#include "base/error.h"
#include "base/text.h"

#include <string.h>

static char *place_of(struct ub_label *label, const char *key, size_t length)
{
    const struct {
        const char *key;
        char *place;
    } keys[] = {
        {"vendor", label->vendor},
        {"model", label->model},
        {"revision", label->revision},
        {"market", label->market},
    };
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (strlen(keys[i].key) == length && memcmp(keys[i].key, key, length) == 0)
            return keys[i].place;
    return NULL;
}

/** One "key=value" of `length` characters. */
static enum ub_code take(struct ub_label *label, const char *part, size_t length,
                         struct ub_error *err)
{
    const char *equals = memchr(part, '=', length);
    const size_t key_length = equals ? (size_t)(equals - part) : length;
    char *place = equals ? place_of(label, part, key_length) : NULL;
    const size_t left = equals ? length - key_length - 1 : 0;
    if (!place)
        return ub_fail(err, UB_USE_OPTION,
                       "a label has vendor=, model=, revision= and market=, with commas between; "
                       "\"%.*s\" is none of these",
                       (int)(length < UB_STRING_TEXT ? length : UB_STRING_TEXT), part);
    if (place[0])
        return ub_fail(err, UB_USE_OPTION, "the label says %.*s twice", (int)key_length, part);
    if (!left || left >= UB_STRING_TEXT)
        return ub_fail(err, UB_USE_OPTION, "the label's %.*s has %s", (int)key_length, part,
                       left ? "more text than any label" : "no text");
    memcpy(place, equals + 1, left);
    place[left] = '\0';
    return UB_OK;
}

enum ub_code ub_label_parse(const char *text, struct ub_label *out, struct ub_error *err)
{
    enum ub_code code = UB_OK;
    memset(out, 0, sizeof(*out));
    while (text && !code) {
        const size_t length = strcspn(text, ",");
        code = take(out, text, length, err);
        text = text[length] ? text + length + 1 : NULL;
    }
    return code;
}
