/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing a manifest. */
#include "base/error.h"
#include "base/text.h"
#include "trust/manifest.h"

#include <inttypes.h>
#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static void put(json_t *object, const char *key, json_t *value, bool *bad)
{
    if (json_object_set_new(object, key, value) != 0)
        *bad = true;
}

static void put_text(json_t *object, const char *key, const char *text, bool *bad)
{
    if (text)
        put(object, key, json_string(text), bad);
}

static void put_words(json_t *object, const char *key, const char *const *words, bool *bad)
{
    if (!words || !words[0])
        return;
    json_t *array = json_array();
    for (; *words; words++)
        if (json_array_append_new(array, json_string(*words)) != 0)
            *bad = true;
    put(object, key, array, bad);
}

static json_t *region_of(const struct ub_segment *segment, bool *bad)
{
    uint8_t sha256[crypto_hash_sha256_BYTES];
    char digest[2 * sizeof(sha256) + 1];
    char address[32];
    json_t *region = json_object();
    (void)crypto_hash_sha256(sha256, segment->data, segment->length);
    ub_print_hex(digest, sha256, sizeof(sha256));
    (void)ub_print(address, sizeof(address), "0x%08" PRIx64, segment->address);
    if (segment->alt != UB_IMAGE_ALT_NONE)
        put(region, "alt", json_integer(segment->alt), bad);
    if (segment->has_address)
        put_text(region, "address", address, bad);
    put(region, "length", json_integer((json_int_t)segment->length), bad);
    put_text(region, "sha256", digest, bad);
    return region;
}

static void put_regions(json_t *object, const struct ub_image *image, bool *bad)
{
    if (image->segment_count > UB_MANIFEST_REGIONS_MAX)
        return;
    json_t *regions = json_array();
    for (size_t i = 0; i < image->segment_count; i++)
        if (json_array_append_new(regions, region_of(&image->segments[i], bad)) != 0)
            *bad = true;
    put(object, "regions", regions, bad);
}

static void put_image(json_t *object, const struct ub_image *image, bool *bad)
{
    char digest[2 * sizeof(image->sha256) + 1];
    json_t *json = json_object();
    ub_print_hex(digest, image->sha256, sizeof(image->sha256));
    put_text(json, "name", image->name, bad);
    put(json, "size", json_integer((json_int_t)image->file_size), bad);
    put_text(json, "sha256", digest, bad);
    put(object, "image", json, bad);
}

/** NULL if it cannot be expressed, or when out of memory. */
static char *print(const struct ub_image *image, const struct ub_manifest *manifest)
{
    bool bad = false;
    char *text = NULL;
    json_t *root = json_object();
    put(root, "unbrick_manifest", json_integer(1), &bad);
    put_image(root, image, &bad);
    put_text(root, "vendor", manifest->vendor, &bad);
    put_words(root, "families", manifest->families, &bad);
    put_words(root, "models", manifest->models, &bad);
    put_words(root, "revisions", manifest->revisions, &bad);
    put_words(root, "markets", manifest->markets, &bad);
    put_text(root, "version", manifest->version, &bad);
    put_text(root, "min_version", manifest->min_version, &bad);
    put_text(root, "min_loader", manifest->min_loader, &bad);
    put_text(root, "not_before", manifest->not_before, &bad);
    put_text(root, "expires", manifest->expires, &bad);
    put_regions(root, image, &bad);
    if (!bad)
        text = json_dumps(root, JSON_INDENT(2));
    json_decref(root);
    const size_t length = text ? strlen(text) : 0;
    char *line = text ? realloc(text, length + 2) : NULL;
    if (line)
        memcpy(line + length, "\n", 2);
    else
        free(text);
    return line;
}

/** All texts of the manifest are UTF-8; the one thing that makes jansson refuse them. */
static bool is_text(const char *text)
{
    json_t *json = text ? json_string(text) : NULL;
    const bool good = !text || json != NULL;
    json_decref(json);
    return good;
}

static bool are_texts(const char *const *words)
{
    for (; words && *words; words++)
        if (!is_text(*words))
            return false;
    return true;
}

static bool is_printable(const struct ub_manifest *manifest)
{
    return is_text(manifest->vendor) && are_texts(manifest->families) &&
           are_texts(manifest->models) && are_texts(manifest->revisions) &&
           are_texts(manifest->markets) && is_text(manifest->version) &&
           is_text(manifest->min_version) && is_text(manifest->min_loader) &&
           is_text(manifest->not_before) && is_text(manifest->expires);
}

enum ub_code ub_manifest_write(const struct ub_image *image, const struct ub_manifest *manifest,
                               char **text, struct ub_error *err)
{
    struct ub_manifest_file *read = NULL;
    *text = NULL;
    if (!is_printable(manifest))
        return ub_fail(err, UB_TRU_MANIFEST, "a text for the manifest of %s is not UTF-8",
                       image->name);
    char *printed = print(image, manifest);
    if (!printed)
        return ub_fail_memory(err);
    /* what cannot be read again is not worth signing */
    enum ub_code code = ub_manifest_parse(image->name, (const uint8_t *)printed, strlen(printed),
                                          &read, err);
    ub_manifest_free(read);
    if (code) {
        free(printed);
        return ub_wrap(err, code, "while making the manifest of %s", image->name);
    }
    *text = printed;
    return UB_OK;
}
