/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* manifest.json: of a Nordic DFU package (nrfutil pkg), and of a package of MCUboot images as
 * Zephyr's and Nordic's build makes it (dfu_application.zip). */
#include "pack/list.h"

#include "base/error.h"
#include "base/text.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

/* Nobody signed these for the person: no word that a signed manifest's claims have. */
#define SOURCE         "Nordic manifest"
#define SOURCE_PACKAGE "package"

/** One kind of firmware in a Nordic package (pc-nrfutil, manifest.py). */
struct kind {
    const char *key;
    const char *product;
};

static const struct kind kinds[] = {
    {"application", "Nordic application"},
    {"bootloader", "Nordic bootloader"},
    {"softdevice", "Nordic SoftDevice"},
    {"softdevice_bootloader", "Nordic SoftDevice and bootloader"},
};

/** Copies a string; false if there is none, or one too long to be a path here. */
static bool take_path(const json_t *object, const char *key, char *to)
{
    const json_t *value = json_object_get(object, key);
    size_t length = json_string_length(value);
    if (length == 0 || length >= UB_STRING_TEXT)
        return false;
    ub_print_stranger(to, UB_STRING_TEXT, json_string_value(value), length);
    return true;
}

static bool take_number(const json_t *object, const char *key, uint64_t max, uint64_t *value)
{
    const json_t *found = json_object_get(object, key);
    json_int_t number = json_integer_value(found);
    if (!json_is_integer(found) || number < 0 || (uint64_t)number > max)
        return false;
    *value = (uint64_t)number;
    return true;
}

static void claim_number(struct ub_pack_entry *entry, enum ub_claim_kind kind, uint64_t number)
{
    char text[32];
    (void)ub_print(text, sizeof(text), "%" PRIu64, number);
    ub_pack_claim(entry, kind, text);
}

/** What SDKs before 12 put into the manifest itself. 0xffffffff stands for "any". device_revision
 * is left alone: it names the chip ("52"), not the revision of a board that a label shows. */
static void take_init_data(const json_t *data, struct ub_pack_entry *entry)
{
    uint64_t number;
    if (take_number(data, "application_version", UINT32_MAX - 1, &number))
        claim_number(entry, UB_CLAIM_VERSION, number);
    if (take_number(data, "firmware_crc16", UINT16_MAX, &number)) {
        entry->has_crc16 = true;
        entry->crc16 = (uint16_t)number;
    }
    const json_t *hash = json_object_get(data, "firmware_hash");
    if (json_is_string(hash))
        entry->has_sha256 = ub_parse_hex(json_string_value(hash), entry->sha256,
                                         sizeof(entry->sha256));
}

static enum ub_code read_nordic(const char *name, const json_t *manifest, struct ub_pack_list *list,
                                struct ub_error *err)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        const json_t *object = json_object_get(manifest, kinds[i].key);
        if (!object)
            continue;
        struct ub_pack_entry *entry = ub_pack_list_add(list, SOURCE, err);
        if (!entry)
            return err->code;
        if (!take_path(object, "bin_file", entry->file))
            return ub_fail(err, UB_IMG_METADATA, "%s: \"%s\" names no bin_file", name,
                           kinds[i].key);
        (void)take_path(object, "dat_file", entry->init);
        ub_pack_claim(entry, UB_CLAIM_PRODUCT, kinds[i].product);
        take_init_data(json_object_get(object, "init_packet_data"), entry);
    }
    return UB_OK;
}

/** Only MCUboot's packages say at which place of the list of images a file belongs, or for which
 * slot. */
static enum ub_code read_images(const char *name, const json_t *files, struct ub_pack_list *list,
                                struct ub_error *err)
{
    for (size_t i = 0; i < json_array_size(files); i++) {
        const json_t *file = json_array_get(files, i);
        struct ub_pack_entry *entry = ub_pack_list_add(list, SOURCE_PACKAGE, err);
        if (!entry)
            return err->code;
        if (!take_path(file, "file", entry->file))
            return ub_fail(err, UB_IMG_METADATA, "%s: number %zu of its files has no name", name,
                           i + 1);
        ub_pack_claim(entry, UB_CLAIM_VERSION,
                      json_string_value(json_object_get(file, "version_MCUBOOT")));
        ub_pack_claim(entry, UB_CLAIM_PRODUCT, json_string_value(json_object_get(file, "board")));
    }
    return UB_OK;
}

enum ub_code ub_manifest_json_read(const char *name, const uint8_t *bytes, size_t length,
                                   struct ub_pack_list *list, struct ub_error *err)
{
    struct ub_error own;
    json_error_t why;
    enum ub_code code = UB_OK;
    if (!err)
        err = &own;
    if (length > UB_PACK_MANIFEST_MAX)
        return ub_fail(err, UB_IMG_METADATA, "%s: longer than any manifest", name);
    json_t *root = json_loadb((const char *)bytes, length, JSON_REJECT_DUPLICATES, &why);
    if (!root && json_error_code(&why) == json_error_out_of_memory)
        return ub_fail_memory(err);
    if (!root) {
        char text[sizeof(why.text)];
        ub_print_stranger(text, sizeof(text), why.text, strlen(why.text));
        return ub_fail(err, UB_IMG_METADATA, "%s: line %d: %s", name, why.line, text);
    }
    const json_t *manifest = json_object_get(root, "manifest");
    const json_t *files = json_object_get(root, "files");
    if (json_is_object(manifest))
        code = read_nordic(name, manifest, list, err);
    else if (json_is_array(files) && json_is_integer(json_object_get(root, "format-version")))
        code = read_images(name, files, list, err);
    json_decref(root);
    return code;
}
