/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trust/revoked.h"

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "trust/json.h"
#include "trust/place.h"

#include <stdlib.h>
#include <string.h>

#define FORMAT 1

static const char *const top_keys[] = {"unbrick_revoked", "keys", "files", NULL};
static const char *const key_keys[] = {"id", "reason", "date", NULL};
static const char *const file_keys[] = {"sha256", "reason", "date", NULL};

void ub_revoked_free(struct ub_revoked *revoked)
{
    free(revoked->list);
    *revoked = (struct ub_revoked){0};
}

/** 16 digits of minisign and signify, 64 of MCUboot and of files. */
static bool is_id(const char *text, bool is_key)
{
    uint8_t bytes[32];
    const size_t length = strlen(text);
    return (length == 64 && ub_parse_hex(text, bytes, 32)) ||
           (is_key && length == 16 && ub_parse_hex(text, bytes, 8));
}

static void take(struct ub_json *json, const json_t *entry, bool is_key, struct ub_revocation *out)
{
    const char *key = is_key ? "id" : "sha256";
    int64_t ignored;
    *out = (struct ub_revocation){.is_key = is_key};
    if (!ub_json_object(json, entry, is_key ? "an entry of keys" : "an entry of files",
                        is_key ? key_keys : file_keys))
        return;
    (void)ub_json_text(json, entry, key, true, out->id, sizeof(out->id));
    (void)ub_json_text(json, entry, "reason", false, out->reason, sizeof(out->reason));
    if (ub_json_moment(json, entry, "date", true, &ignored))
        (void)ub_json_text(json, entry, "date", true, out->date, sizeof(out->date));
    if (!json->code && !is_id(out->id, is_key))
        ub_json_fail(json, "%s has to be %s hexadecimal digits", key, is_key ? "16 or 64" : "64");
}

static void take_list(struct ub_json *json, const json_t *root, bool is_key,
                      struct ub_revoked *revoked)
{
    const json_t *array = ub_json_array(json, root, is_key ? "keys" : "files", UB_REVOKED_MAX);
    const size_t count = json_array_size(array);
    if (json->code || !count)
        return;
    struct ub_revocation *list = realloc(revoked->list, (revoked->count + count) * sizeof(*list));
    if (!list) {
        json->code = ub_fail_memory(json->err);
        return;
    }
    revoked->list = list;
    for (size_t i = 0; i < count; i++) {
        take(json, json_array_get(array, i), is_key, &list[revoked->count]);
        if (json->code)
            return;
        revoked->count++;
    }
}

/** The root of the file's text, and whether it is one; the caller's. */
static json_t *load(struct ub_json *json, const uint8_t *bytes, size_t length)
{
    json_t *root = ub_json_load(json, bytes, length);
    if (root && ub_json_object(json, root, "the list of what is revoked", top_keys))
        (void)ub_json_number(json, root, "unbrick_revoked", FORMAT, FORMAT);
    return root;
}

enum ub_code ub_revoked_parse(struct ub_revoked *revoked, const char *name, const uint8_t *bytes,
                              size_t length, struct ub_error *err)
{
    struct ub_json json = {.name = name, .bad = UB_TRU_STORE, .err = err};
    json_t *root = load(&json, bytes, length);
    take_list(&json, root, true, revoked);
    take_list(&json, root, false, revoked);
    json_decref(root);
    return json.code;
}

enum ub_code ub_revoked_read(struct ub_revoked *revoked, const char *folder, struct ub_error *err)
{
    uint8_t *bytes;
    size_t length;
    char *path = ub_path_join(folder, UB_REVOKED_NAME);
    if (!path)
        return ub_fail_memory(err);
    enum ub_code code = ub_place_read(folder, UB_REVOKED_NAME, UB_REVOKED_FILE_MAX, &bytes, &length,
                                      err);
    if (!code && bytes)
        code = ub_revoked_parse(revoked, path, bytes, length, err);
    free(bytes);
    free(path);
    return code;
}

static const struct ub_revocation *find(const struct ub_revoked *revoked, bool is_key,
                                        const char *id)
{
    for (size_t i = 0; i < revoked->count; i++)
        if (revoked->list[i].is_key == is_key && ub_same_word(revoked->list[i].id, id))
            return &revoked->list[i];
    return NULL;
}

const struct ub_revocation *ub_revoked_key(const struct ub_revoked *revoked, const char *id)
{
    const struct ub_revocation *found = find(revoked, true, id);
    return found ? found : find(revoked, false, id);
}

const struct ub_revocation *ub_revoked_file(const struct ub_revoked *revoked,
                                            const uint8_t sha256[32])
{
    char digest[65];
    ub_print_hex(digest, sha256, 32);
    return find(revoked, false, digest);
}

static json_t *entry_of(const struct ub_revocation *revocation)
{
    json_t *entry = json_pack("{s:s, s:s}", revocation->is_key ? "id" : "sha256", revocation->id,
                              "date", revocation->date);
    /* made printable by the caller, so that jansson cannot refuse it */
    if (entry && revocation->reason[0] &&
        json_object_set_new(entry, "reason", json_string(revocation->reason)) != 0) {
        json_decref(entry);
        return NULL;
    }
    return entry;
}

/** The list in `root`, made if it is not there; NULL when out of memory. */
static json_t *list_in(json_t *root, const char *key)
{
    json_t *list = json_object_get(root, key);
    if (!list && json_object_set_new(root, key, json_array()) == 0)
        list = json_object_get(root, key);
    return list;
}

static enum ub_code append(const char *folder, json_t *root, const struct ub_revocation *revocation,
                           struct ub_error *err)
{
    json_t *list = list_in(root, revocation->is_key ? "keys" : "files");
    if (json_array_size(list) >= UB_REVOKED_MAX)
        return ub_fail(err, UB_TRU_STORE, "%s/%s has %d entries already", folder, UB_REVOKED_NAME,
                       UB_REVOKED_MAX);
    if (!list || json_array_append_new(list, entry_of(revocation)) != 0)
        return ub_fail_memory(err);
    return ub_place_write_json(folder, UB_REVOKED_NAME, root, err);
}

enum ub_code ub_revoked_add(const char *folder, const struct ub_revocation *revocation,
                            struct ub_error *err)
{
    struct ub_revoked old = {0};
    uint8_t *bytes = NULL;
    size_t length = 0;
    enum ub_code code = ub_revoked_read(&old, folder, err);
    const bool there = find(&old, revocation->is_key, revocation->id) != NULL;
    ub_revoked_free(&old);
    if (code || there)
        return code;
    code = ub_place_read(folder, UB_REVOKED_NAME, UB_REVOKED_FILE_MAX, &bytes, &length, err);
    if (code)
        return code;
    struct ub_json json = {.name = UB_REVOKED_NAME, .bad = UB_TRU_STORE, .err = err};
    json_t *root = bytes ? load(&json, bytes, length)
                         : json_pack("{s:i}", "unbrick_revoked", FORMAT);
    free(bytes);
    if (json.code)
        code = json.code;
    else
        code = root ? append(folder, root, revocation, err) : ub_fail_memory(err);
    json_decref(root);
    return code;
}
