/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading a manifest. It is signed, but whoever signed it may have erred. */
#include "trust/manifest.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"
#include "trust/json.h"
#include "trust/version.h"

#include <stdlib.h>
#include <string.h>

#define FORMAT 1

static const char *const manifest_keys[] = {
    "unbrick_manifest", "image",   "vendor",  "families",    "models",
    "revisions",        "markets", "version", "min_version", "min_loader",
    "not_before",       "expires", "regions", NULL,
};
static const char *const image_keys[] = {"name", "size", "sha256", NULL};
static const char *const region_keys[] = {"alt", "address", "length", "sha256", NULL};

static void take_image(struct ub_json *json, const json_t *root, struct ub_manifest_file *manifest)
{
    const json_t *image = json_object_get(root, "image");
    if (!ub_json_object(json, image, "image", image_keys))
        return;
    (void)ub_json_text(json, image, "name", true, manifest->name, sizeof(manifest->name));
    manifest->size = ub_json_number(json, image, "size", 1, UB_IMAGE_TEXT_MAX);
    ub_json_sha256(json, image, "sha256", manifest->sha256);
    if (strchr(manifest->name, '/'))
        ub_json_fail(json, "name has to be a file's name without folder");
}

static void take_word(struct ub_json *json, const char *key, const json_t *value,
                      struct ub_words *words)
{
    char *to = words->text[words->count];
    const char *text = json_string_value(value);
    const size_t length = text ? strlen(text) : 0;
    if (!length || length >= UB_STRING_TEXT) {
        ub_json_fail(json, "%s has to be a list of texts of 1 to %d bytes", key,
                     UB_STRING_TEXT - 1);
        return;
    }
    ub_print_stranger(to, UB_STRING_TEXT, text, length);
    if (strcmp(to, text) != 0)
        ub_json_fail(json, "%s has control characters, or blanks at the end of a text", key);
    for (size_t i = 0; i < words->count; i++)
        if (strcmp(words->text[i], to) == 0)
            ub_json_fail(json, "%s has \"%s\" twice", key, to);
    words->count++;
}

static void take_words(struct ub_json *json, const json_t *root, const char *key,
                       struct ub_words *words)
{
    const json_t *array = ub_json_array(json, root, key, UB_MANIFEST_WORDS_MAX);
    const size_t count = json_array_size(array);
    if (json->code || !count)
        return;
    words->text = calloc(count, sizeof(*words->text));
    if (!words->text) {
        json->code = ub_fail_memory(json->err);
        return;
    }
    for (size_t i = 0; !json->code && i < count; i++)
        take_word(json, key, json_array_get(array, i), words);
}

static void take_version(struct ub_json *json, const json_t *root, const char *key, bool must,
                         char to[UB_STRING_TEXT])
{
    if (ub_json_text(json, root, key, must, to, UB_STRING_TEXT) && !ub_version_valid(to))
        ub_json_fail(json, "%s has to be numbers with dots between them, as 1.20.3 or 2.0-rc.1",
                     key);
}

static void take_times(struct ub_json *json, const json_t *root, struct ub_manifest_file *manifest)
{
    manifest->has_not_before = ub_json_moment(json, root, "not_before", false,
                                              &manifest->not_before);
    manifest->has_expires = ub_json_moment(json, root, "expires", false, &manifest->expires);
    if (manifest->has_not_before && manifest->has_expires &&
        manifest->expires <= manifest->not_before)
        ub_json_fail(json, "it expires before it is valid");
}

static void take_region(struct ub_json *json, const json_t *entry,
                        struct ub_manifest_region *region)
{
    char address[UB_STRING_TEXT];
    uint64_t end;
    region->alt = UB_IMAGE_ALT_NONE;
    if (!ub_json_object(json, entry, "an entry of regions", region_keys))
        return;
    if (json_object_get(entry, "alt"))
        region->alt = (int)ub_json_number(json, entry, "alt", 0, UINT8_MAX);
    region->length = ub_json_number(json, entry, "length", 1, INT64_MAX);
    ub_json_sha256(json, entry, "sha256", region->sha256);
    region->has_address = ub_json_text(json, entry, "address", false, address, sizeof(address));
    if (region->has_address &&
        (strncmp(address, "0x", 2) != 0 ||
         !ub_parse_digits(address + 2, strlen(address + 2), 16, UINT64_MAX, &region->address)))
        ub_json_fail(json, "address has to be a text as \"0x08000000\"");
    if (!ub_add_u64(region->address, region->length, &end))
        ub_json_fail(json, "a region leads beyond all addresses");
}

static void take_regions(struct ub_json *json, const json_t *root,
                         struct ub_manifest_file *manifest)
{
    const json_t *array = ub_json_array(json, root, "regions", UB_MANIFEST_REGIONS_MAX);
    const size_t count = json_array_size(array);
    if (json->code || !count)
        return;
    manifest->regions = calloc(count, sizeof(*manifest->regions));
    if (!manifest->regions) {
        json->code = ub_fail_memory(json->err);
        return;
    }
    manifest->region_count = count;
    for (size_t i = 0; !json->code && i < count; i++)
        take_region(json, json_array_get(array, i), &manifest->regions[i]);
}

/** First of all: whether the rest can be understood. */
static void check_format(struct ub_json *json, const json_t *root)
{
    const json_t *format = json_object_get(root, "unbrick_manifest");
    if (!json_is_integer(format) || json_integer_value(format) < 1)
        ub_json_fail(json, "it is no manifest: it has no number unbrick_manifest");
    else if (json_integer_value(format) > FORMAT)
        ub_json_fail(json,
                     "its form is number %" JSON_INTEGER_FORMAT ", and this unbrick (%s) "
                     "knows up to %d",
                     json_integer_value(format), ub_version(), FORMAT);
}

static void take_manifest(struct ub_json *json, const json_t *root,
                          struct ub_manifest_file *manifest)
{
    check_format(json, root);
    if (!ub_json_object(json, root, "the manifest", manifest_keys))
        return;
    take_image(json, root, manifest);
    (void)ub_json_text(json, root, "vendor", true, manifest->vendor, sizeof(manifest->vendor));
    take_words(json, root, "families", &manifest->families);
    take_words(json, root, "models", &manifest->models);
    take_words(json, root, "revisions", &manifest->revisions);
    take_words(json, root, "markets", &manifest->markets);
    take_version(json, root, "version", true, manifest->version);
    take_version(json, root, "min_version", false, manifest->min_version);
    take_version(json, root, "min_loader", false, manifest->min_loader);
    take_times(json, root, manifest);
    take_regions(json, root, manifest);
    if (!manifest->families.count && !manifest->models.count)
        ub_json_fail(json, "it says for no family and no model: one of families and models has to "
                           "be there");
}

enum ub_code ub_manifest_parse(const char *name, const uint8_t *bytes, size_t length,
                               struct ub_manifest_file **out, struct ub_error *err)
{
    struct ub_json json = {.name = name, .bad = UB_TRU_MANIFEST, .err = err};
    json_t *root = NULL;
    *out = NULL;
    if (length > UB_MANIFEST_FILE_MAX)
        return ub_fail(err, UB_TRU_MANIFEST, "%s: larger than %zu bytes", name,
                       UB_MANIFEST_FILE_MAX);
    struct ub_manifest_file *manifest = calloc(1, sizeof(*manifest));
    if (!manifest)
        return ub_fail_memory(err);
    root = ub_json_load(&json, bytes, length);
    if (root)
        take_manifest(&json, root, manifest);
    json_decref(root);
    if (json.code)
        ub_manifest_free(manifest);
    else
        *out = manifest;
    return json.code;
}

void ub_manifest_free(struct ub_manifest_file *manifest)
{
    if (!manifest)
        return;
    free(manifest->families.text);
    free(manifest->models.text);
    free(manifest->revisions.text);
    free(manifest->markets.text);
    free(manifest->regions);
    free(manifest);
}

bool ub_manifest_is_expired(const struct ub_manifest_file *manifest, int64_t now)
{
    return (manifest->has_not_before && now < manifest->not_before) ||
           (manifest->has_expires && now >= manifest->expires);
}
