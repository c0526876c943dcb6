/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fetch/record.h"

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT_NAME    "unbrick-download"
#define FORMAT_VERSION 1
#define FILE_MAX       ((size_t)64 * 1024)

/** Copies a text of plain characters; false if it is there and is none, or too long. */
static bool take_text(const json_t *root, const char *name, char *to, size_t size)
{
    const json_t *value = json_object_get(root, name);
    const char *text = json_string_value(value);
    to[0] = '\0';
    if (!value)
        return true;
    if (!text || strlen(text) >= size)
        return false;
    for (const char *c = text; *c; c++)
        if (*c < ' ' || *c > '~')
            return false;
    return ub_print(to, size, "%s", text);
}

static bool take(const json_t *root, struct ub_part_record *out)
{
    const char *format = json_string_value(json_object_get(root, "format"));
    const json_t *total = json_object_get(root, "total");
    if (!format || strcmp(format, FORMAT_NAME) != 0 ||
        json_integer_value(json_object_get(root, "version")) != FORMAT_VERSION)
        return false;
    if (total && (!json_is_integer(total) || json_integer_value(total) < 0))
        return false;
    out->has_total = total != NULL;
    out->total = total ? (uint64_t)json_integer_value(total) : 0;
    return take_text(root, "url", out->url, sizeof(out->url)) &&
           take_text(root, "etag", out->etag, sizeof(out->etag)) &&
           take_text(root, "modified", out->modified, sizeof(out->modified)) &&
           take_text(root, "digest", out->digest, sizeof(out->digest));
}

bool ub_part_record_read(const char *path, struct ub_part_record *out)
{
    uint8_t *text = NULL;
    size_t length = 0;
    struct ub_error ignored;
    memset(out, 0, sizeof(*out));
    if (ub_file_read(path, FILE_MAX, &text, &length, &ignored) != UB_OK)
        return false;
    json_t *root = json_loadb((const char *)text, length, JSON_REJECT_DUPLICATES, NULL);
    free(text);
    const bool good = root && take(root, out);
    json_decref(root);
    if (!good)
        memset(out, 0, sizeof(*out));
    return good;
}

static int put_text(json_t *root, const char *name, const char *text)
{
    return text[0] ? json_object_set_new(root, name, json_string(text)) : 0;
}

enum ub_code ub_part_record_write(const char *path, const struct ub_part_record *record,
                                  struct ub_error *err)
{
    json_t *root = json_object();
    int bad = json_object_set_new(root, "format", json_string(FORMAT_NAME));
    bad |= json_object_set_new(root, "version", json_integer(FORMAT_VERSION));
    bad |= put_text(root, "url", record->url);
    bad |= put_text(root, "etag", record->etag);
    bad |= put_text(root, "modified", record->modified);
    bad |= put_text(root, "digest", record->digest);
    if (record->has_total)
        bad |= json_object_set_new(root, "total", json_integer((json_int_t)record->total));
    char *text = bad ? NULL : json_dumps(root, JSON_INDENT(2) | JSON_ENSURE_ASCII);
    json_decref(root);
    enum ub_code code = text ? ub_file_write(path, text, strlen(text), err) : ub_fail_memory(err);
    free(text);
    return code;
}

const char *ub_part_record_validator(const struct ub_part_record *record)
{
    if (record->etag[0] == '"')
        return record->etag;
    return record->modified[0] ? record->modified : NULL;
}
