/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trust/json.h"

#include "base/error.h"
#include "base/text.h"
#include "trust/moment.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void ub_json_fail(struct ub_json *json, const char *format, ...)
{
    char text[UB_ERROR_TEXT];
    char clean[UB_ERROR_TEXT]; /* it may quote the file, and that is a stranger's text */
    va_list args;
    if (json->code)
        return;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    ub_print_stranger(clean, sizeof(clean), text, strlen(text));
    json->code = ub_fail(json->err, json->bad, "%s: %s", json->name, clean);
}

json_t *ub_json_load(struct ub_json *json, const uint8_t *bytes, size_t length)
{
    json_error_t why;
    if (json->code)
        return NULL;
    json_t *root = json_loadb((const char *)bytes, length, JSON_REJECT_DUPLICATES, &why);
    if (root)
        return root;
    if (json_error_code(&why) == json_error_out_of_memory)
        json->code = ub_fail_memory(json->err);
    else
        ub_json_fail(json, "line %d: this is not JSON: %s", why.line, why.text);
    return NULL;
}

static bool is_known(const char *key, const char *const *keys)
{
    if (strncmp(key, "x-", 2) == 0)
        return true;
    for (; *keys; keys++)
        if (strcmp(*keys, key) == 0)
            return true;
    return false;
}

bool ub_json_object(struct ub_json *json, const json_t *object, const char *what,
                    const char *const *keys)
{
    if (json->code)
        return false;
    if (!json_is_object(object)) {
        ub_json_fail(json, "%s has to be an object", what);
        return false;
    }
    /* jansson's iterators want what they do not change without const */
    json_t *it = (json_t *)(uintptr_t)object;
    for (void *at = json_object_iter(it); at; at = json_object_iter_next(it, at)) {
        const char *key = json_object_iter_key(at);
        if (!is_known(key, keys)) {
            ub_json_fail(json, "%s has a key that is not known: \"%s\"", what, key);
            return false;
        }
    }
    return true;
}

bool ub_json_text(struct ub_json *json, const json_t *object, const char *key, bool must, char *to,
                  size_t size)
{
    const json_t *value = json_object_get(object, key);
    to[0] = '\0';
    if (json->code)
        return false;
    if (!value && !must)
        return false;
    const char *text = json_string_value(value);
    const size_t length = text ? strlen(text) : 0;
    if (!value)
        ub_json_fail(json, "%s is missing", key);
    else if (!text || !length)
        ub_json_fail(json, "%s has to be a text that is not empty", key);
    else if (length >= size)
        ub_json_fail(json, "%s is longer than %zu bytes", key, size - 1);
    else
        ub_print_stranger(to, size, text, length);
    if (!json->code && text && strcmp(to, text) != 0)
        ub_json_fail(json, "%s has control characters, or blanks at its end", key);
    return !json->code;
}

uint64_t ub_json_number(struct ub_json *json, const json_t *object, const char *key, uint64_t least,
                        uint64_t most)
{
    const json_t *value = json_object_get(object, key);
    const json_int_t number = json_integer_value(value);
    if (json->code)
        return 0;
    if (json_is_integer(value) && number >= 0 && (uint64_t)number >= least &&
        (uint64_t)number <= most)
        return (uint64_t)number;
    if (value)
        ub_json_fail(json, "%s has to be a whole number from %llu to %llu", key,
                     (unsigned long long)least, (unsigned long long)most);
    else
        ub_json_fail(json, "%s is missing", key);
    return 0;
}

void ub_json_sha256(struct ub_json *json, const json_t *object, const char *key, uint8_t sha256[32])
{
    const char *text = json_string_value(json_object_get(object, key));
    memset(sha256, 0, 32);
    if (!text || !ub_parse_hex(text, sha256, 32))
        ub_json_fail(json, "%s has to be there, and 64 hexadecimal digits", key);
}

bool ub_json_moment(struct ub_json *json, const json_t *object, const char *key, bool must,
                    int64_t *seconds)
{
    char text[UB_STRING_TEXT];
    *seconds = 0;
    if (!ub_json_text(json, object, key, must, text, sizeof(text)))
        return false;
    if (!ub_moment_parse(text, seconds))
        ub_json_fail(json, "%s has to be a time as \"2026-11-22T10:11:12Z\"", key);
    return !json->code;
}

const json_t *ub_json_array(struct ub_json *json, const json_t *object, const char *key, size_t max)
{
    const json_t *array = json_object_get(object, key);
    if (json->code || !array)
        return NULL;
    if (!json_is_array(array))
        ub_json_fail(json, "%s has to be a list", key);
    else if (json_array_size(array) > max)
        ub_json_fail(json, "%s has more than %zu entries", key, max);
    return json->code ? NULL : array;
}
