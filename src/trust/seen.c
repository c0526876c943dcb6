/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trust/seen.h"

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "trust/json.h"
#include "trust/manifest.h"
#include "trust/moment.h"
#include "trust/place.h"
#include "trust/version.h"

#include <stdlib.h>
#include <string.h>

#define FORMAT 1

static const char *const top_keys[] = {"unbrick_seen", "seen", NULL};
static const char *const entry_keys[] = {
    "vendor", "model", "family", "key", "bus", "version", "date", NULL,
};

static void take_entry(struct ub_json *json, const json_t *entry, struct ub_seen *out)
{
    int64_t ignored;
    *out = (struct ub_seen){0};
    if (!ub_json_object(json, entry, "an entry of seen", entry_keys))
        return;
    const bool model = json_object_get(entry, "model") != NULL;
    (void)ub_print(out->kind, sizeof(out->kind), "%s", model ? "model" : "family");
    (void)ub_json_text(json, entry, "vendor", true, out->vendor, sizeof(out->vendor));
    (void)ub_json_text(json, entry, out->kind, true, out->name, sizeof(out->name));
    (void)ub_json_text(json, entry, "key", true, out->key, sizeof(out->key));
    (void)ub_json_text(json, entry, "bus", true, out->bus, sizeof(out->bus));
    (void)ub_json_text(json, entry, "version", true, out->version, sizeof(out->version));
    if (ub_json_moment(json, entry, "date", true, &ignored))
        (void)ub_json_text(json, entry, "date", true, out->date, sizeof(out->date));
    if (model && json_object_get(entry, "family"))
        ub_json_fail(json, "an entry has a model and a family");
    if (!json->code && !ub_version_valid(out->version))
        ub_json_fail(json, "\"%s\" is no version", out->version);
}

static void take_list(struct ub_json *json, const json_t *root, struct ub_seen_list *out)
{
    const json_t *array = ub_json_array(json, root, "seen", UB_SEEN_MAX);
    const size_t count = json_array_size(array);
    if (json->code || !count)
        return;
    out->list = calloc(count, sizeof(*out->list));
    if (!out->list) {
        json->code = ub_fail_memory(json->err);
        return;
    }
    out->count = count;
    for (size_t i = 0; !json->code && i < count; i++)
        take_entry(json, json_array_get(array, i), &out->list[i]);
}

enum ub_code ub_seen_parse(const char *name, const uint8_t *bytes, size_t length,
                           struct ub_seen_list *out, struct ub_error *err)
{
    struct ub_json json = {.name = name, .bad = UB_TRU_STORE, .err = err};
    *out = (struct ub_seen_list){0};
    json_t *root = ub_json_load(&json, bytes, length);
    if (root && ub_json_object(&json, root, "the list of what was seen", top_keys)) {
        (void)ub_json_number(&json, root, "unbrick_seen", FORMAT, FORMAT);
        take_list(&json, root, out);
    }
    json_decref(root);
    if (json.code) {
        free(out->list);
        *out = (struct ub_seen_list){0};
    }
    return json.code;
}

static enum ub_code read_list(const char *folder, struct ub_seen_list *out, struct ub_error *err)
{
    uint8_t *bytes = NULL;
    size_t length = 0;
    *out = (struct ub_seen_list){0};
    char *path = ub_path_join(folder, UB_SEEN_NAME);
    enum ub_code code = path ? ub_place_read(folder, UB_SEEN_NAME, UB_SEEN_FILE_MAX, &bytes,
                                             &length, err)
                             : ub_fail_memory(err);
    if (!code && bytes)
        code = ub_seen_parse(path, bytes, length, out, err);
    free(bytes);
    free(path);
    return code;
}

/** What the manifest says of the image; "" if it does not say. */
static const char *vendor_of(const struct ub_image *image)
{
    for (size_t i = 0; i < image->claim_count; i++)
        if (image->claims[i].kind == UB_CLAIM_VENDOR &&
            image->claims[i].source == ub_manifest_source)
            return image->claims[i].text;
    return "";
}

static const struct ub_claim *next_of(const struct ub_image *image, enum ub_claim_kind kind,
                                      size_t *at)
{
    while (*at < image->claim_count) {
        const struct ub_claim *claim = &image->claims[(*at)++];
        if (claim->kind == kind && claim->source == ub_manifest_source)
            return claim;
    }
    return NULL;
}

/** Models are what versions are counted by; families where no model is named. */
static enum ub_claim_kind counted_by(const struct ub_image *image)
{
    size_t at = 0;
    return next_of(image, UB_CLAIM_MODEL, &at) ? UB_CLAIM_MODEL : UB_CLAIM_FAMILY;
}

/** The entry of that name, or NULL. */
static struct ub_seen *find(const struct ub_seen_list *seen, const struct ub_seen *like)
{
    for (size_t i = 0; i < seen->count; i++) {
        struct ub_seen *entry = &seen->list[i];
        if (strcmp(entry->kind, like->kind) == 0 && ub_same_word(entry->vendor, like->vendor) &&
            ub_same_word(entry->name, like->name) && ub_same_word(entry->key, like->key) &&
            strcmp(entry->bus, like->bus) == 0)
            return entry;
    }
    return NULL;
}

static void describe(const struct ub_image *image, const struct ub_claim *claim, const char *key,
                     const char *bus, struct ub_seen *out)
{
    *out = (struct ub_seen){0};
    (void)ub_print(out->vendor, sizeof(out->vendor), "%s", vendor_of(image));
    (void)ub_print(out->kind, sizeof(out->kind), "%s",
                   claim->kind == UB_CLAIM_MODEL ? "model" : "family");
    (void)ub_print(out->name, sizeof(out->name), "%s", claim->text);
    (void)ub_print(out->key, sizeof(out->key), "%s", key);
    (void)ub_print(out->bus, sizeof(out->bus), "%s", bus);
}

/** True if `a` is older than `b`. What cannot be compared is not: versions are checked when they
 * are read. */
static bool is_older(const char *a, const char *b)
{
    int order;
    return ub_version_compare(a, b, &order) && order < 0;
}

enum ub_code ub_seen_check(const char *folder, const struct ub_image *image, const char *version,
                           const char *key, const char *bus, char newest[UB_STRING_TEXT],
                           struct ub_error *err)
{
    const enum ub_claim_kind kind = counted_by(image);
    const struct ub_claim *claim;
    struct ub_seen_list seen = {0};
    size_t at = 0;
    newest[0] = '\0';
    enum ub_code code = folder ? read_list(folder, &seen, err) : UB_OK;
    while (!code && (claim = next_of(image, kind, &at))) {
        struct ub_seen like;
        describe(image, claim, key, bus, &like);
        const struct ub_seen *entry = find(&seen, &like);
        if (entry && is_older(version, entry->version) &&
            (!newest[0] || is_older(newest, entry->version)))
            (void)ub_print(newest, UB_STRING_TEXT, "%s", entry->version);
    }
    free(seen.list);
    return code;
}

static enum ub_code add(struct ub_seen_list *seen, const struct ub_seen *entry,
                        struct ub_error *err)
{
    if (seen->count >= UB_SEEN_MAX)
        return ub_fail(err, UB_TRU_STORE, "%s has %d entries already", UB_SEEN_NAME, UB_SEEN_MAX);
    struct ub_seen *list = realloc(seen->list, (seen->count + 1) * sizeof(*list));
    if (!list)
        return ub_fail_memory(err);
    seen->list = list;
    list[seen->count++] = *entry;
    return UB_OK;
}

/** Takes the image's version for each of its models; *changed tells whether one was new. */
static enum ub_code merge(struct ub_seen_list *seen, const struct ub_image *image, const char *bus,
                          int64_t now, bool *changed, struct ub_error *err)
{
    const struct ub_trust *trust = &image->trust;
    const enum ub_claim_kind kind = counted_by(image);
    const struct ub_claim *claim;
    size_t at = 0;
    enum ub_code code = UB_OK;
    while (!code && (claim = next_of(image, kind, &at))) {
        struct ub_seen like;
        describe(image, claim, trust->key_id, bus, &like);
        (void)ub_print(like.version, sizeof(like.version), "%s", trust->version);
        ub_moment_print(now, like.date);
        struct ub_seen *entry = find(seen, &like);
        if (entry && !is_older(entry->version, trust->version))
            continue;
        *changed = true;
        if (entry)
            *entry = like;
        else
            code = add(seen, &like, err);
    }
    return code;
}

static json_t *print(const struct ub_seen_list *seen)
{
    json_t *array = json_array();
    bool bad = !array;
    for (size_t i = 0; !bad && i < seen->count; i++) {
        const struct ub_seen *entry = &seen->list[i];
        json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "vendor", entry->vendor,
                                 entry->kind, entry->name, "key", entry->key, "bus", entry->bus,
                                 "version", entry->version, "date", entry->date);
        bad = json_array_append_new(array, json) != 0;
    }
    if (bad) {
        json_decref(array);
        return NULL;
    }
    return json_pack("{s:i, s:o}", "unbrick_seen", FORMAT, "seen", array);
}

static enum ub_code record_locked(const char *folder, const struct ub_image *image, const char *bus,
                                  int64_t now, struct ub_error *err)
{
    struct ub_seen_list seen = {0};
    bool changed = false;
    enum ub_code code = read_list(folder, &seen, err);
    if (!code)
        code = merge(&seen, image, bus, now, &changed, err);
    if (!code && changed) {
        json_t *json = print(&seen);
        code = ub_place_write_json(folder, UB_SEEN_NAME, json, err);
        json_decref(json);
    }
    free(seen.list);
    return code;
}

enum ub_code ub_seen_record(const char *folder, const struct ub_image *image, const char *bus,
                            int64_t now, struct ub_error *err)
{
    int lock = -1;
    if (!image->trust.manifest || !folder)
        return UB_OK;
    enum ub_code code = ub_place_lock(folder, &lock, err);
    if (!code)
        code = record_locked(folder, image, bus, now, err);
    ub_place_unlock(lock);
    return code;
}
