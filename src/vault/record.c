/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vault/record.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"
#include "family/family.h"
#include "vault/place.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT_NAME    "unbrick-backup"
#define FORMAT_VERSION 1
#define READINGS_MAX   1000
#define SHA256_BYTES   32

static const struct {
    enum ub_mode mode;
    const char *name;
} modes[] = {{UB_MODE_NONE, "none"}, {UB_MODE_RUNTIME, "runtime"}, {UB_MODE_DFU, "dfu"}};

/* What ub_device.protocol can point at; a record cannot own a static string. */
static const char *const protocols[] = {"DFU 1.0", "DFU 1.1", "DFU 1.1a", "DfuSe 1.1",
                                        "DfuSe 1.1a"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static enum ub_code fail_format(struct ub_error *err, const char *what)
{
    char clean[UB_STRING_TEXT]; /* the parser quotes the record, and that is a stranger's text */
    ub_print_stranger(clean, sizeof(clean), what, strlen(what));
    return ub_fail(err, UB_VLT_FORMAT, "the record cannot be read: %s", clean);
}

void ub_record_part_name(const struct ub_backup_part *part, char *to)
{
    if (part->has_address)
        (void)ub_print(to, UB_PART_NAME, "alt%u-%08" PRIx64 ".bin", (unsigned)part->alt,
                       part->address);
    else
        (void)ub_print(to, UB_PART_NAME, "alt%u.bin", (unsigned)part->alt);
}

/** Text as JSON; made printable first, so that jansson cannot refuse it. */
static json_t *text_of(const char *text)
{
    char clean[UB_STRING_TEXT];
    ub_print_stranger(clean, sizeof(clean), text ? text : "", text ? strlen(text) : 0);
    return json_string(clean);
}

static json_t *device_to_json(const struct ub_device *device)
{
    char ids[3][8];
    const char *mode = "none";
    (void)ub_print(ids[0], sizeof(ids[0]), "%04x", (unsigned)device->vid);
    (void)ub_print(ids[1], sizeof(ids[1]), "%04x", (unsigned)device->pid);
    (void)ub_print(ids[2], sizeof(ids[2]), "%04x", (unsigned)device->bcdDevice);
    for (size_t i = 0; i < COUNT(modes); i++) {
        if (modes[i].mode == device->mode)
            mode = modes[i].name;
    }
    return json_pack("{s:o, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "port",
                     text_of(device->port), "vid", ids[0], "pid", ids[1], "bcdDevice", ids[2],
                     "mode", mode, "family", text_of(device->family), "protocol",
                     text_of(device->protocol), "manufacturer", text_of(device->manufacturer),
                     "product", text_of(device->product), "serial", text_of(device->serial));
}

static json_t *part_to_json(const struct ub_backup_part *part)
{
    char address[32];
    char digest[2 * SHA256_BYTES + 1];
    (void)ub_print(address, sizeof(address), "0x%08" PRIx64, part->address);
    ub_print_hex(digest, part->sha256, SHA256_BYTES);
    json_t *json = json_pack("{s:i, s:o, s:I, s:s}", "alt", (int)part->alt, "name",
                             text_of(part->name), "length", (json_int_t)part->length, "sha256",
                             digest);
    if (json && part->has_address &&
        json_object_set_new(json, "address", json_string(address)) != 0) {
        json_decref(json);
        return NULL;
    }
    return json;
}

static json_t *record_to_json(const struct ub_backup_info *info)
{
    json_t *parts = json_array();
    for (size_t i = 0; parts && i < info->part_count; i++) {
        if (json_array_append_new(parts, part_to_json(&info->parts[i])) != 0) {
            json_decref(parts);
            return NULL;
        }
    }
    /* json_pack() takes over what "o" hands it, also when it fails, and fails when that is NULL. */
    return json_pack("{s:s, s:i, s:s, s:s, s:s, s:i, s:b, s:o, s:o}", "format", FORMAT_NAME,
                     "version", FORMAT_VERSION, "unbrick", ub_version(), "created", info->created,
                     "transport", info->transport[0] ? info->transport : UB_VAULT_REAL, "readings",
                     (int)info->readings, "interrupted", info->interrupted, "device",
                     device_to_json(&info->device), "parts", parts);
}

enum ub_code ub_record_print(const struct ub_backup_info *info, char **text, size_t *length,
                             struct ub_error *err)
{
    json_t *json = record_to_json(info);
    char *printed = json ? json_dumps(json, JSON_INDENT(2) | JSON_ENSURE_ASCII) : NULL;
    json_decref(json);
    if (!printed)
        return ub_fail_memory(err);
    /* A backup that this program could not read again is worse than an error now. */
    struct ub_backup_info again;
    struct ub_error why;
    const size_t printed_length = strlen(printed);
    enum ub_code code = printed_length > UB_RECORD_MAX
                            ? fail_format(&why, "it is too long")
                            : ub_record_parse(printed, printed_length, &again, &why);
    if (code) {
        free(printed);
        return code == UB_SYS_MEMORY
                   ? ub_fail_memory(err)
                   : ub_fail(err, UB_SYS_INTERNAL, "a backup with a bad record: %s", why.message);
    }
    free(again.parts);
    *text = printed;
    *length = printed_length;
    return UB_OK;
}

/** Takes over a text that fits and holds nothing but printable characters. */
static bool take_text(char *to, size_t size, const char *text)
{
    const size_t length = strlen(text);
    if (length >= size)
        return false;
    ub_print_stranger(to, size, text, length);
    return strcmp(to, text) == 0;
}

/** Reads four hexadecimal digits. */
static bool take_id(const char *text, uint16_t *id)
{
    uint64_t value = 0;
    if (strlen(text) != 4 || !ub_parse_digits(text, 4, 16, UINT16_MAX, &value))
        return false;
    *id = (uint16_t)value;
    return true;
}

static bool take_mode(const char *text, enum ub_mode *mode)
{
    for (size_t i = 0; i < COUNT(modes); i++) {
        if (strcmp(modes[i].name, text) == 0) {
            *mode = modes[i].mode;
            return true;
        }
    }
    return false;
}

static const char *known_protocol(const char *text)
{
    for (size_t i = 0; i < COUNT(protocols); i++) {
        if (strcmp(protocols[i], text) == 0)
            return protocols[i];
    }
    return "";
}

static bool take_device(json_t *json, struct ub_device *device)
{
    const char *port, *vid, *pid, *bcd, *mode, *family, *protocol, *manufacturer, *product, *serial;
    if (json_unpack_ex(json, NULL, JSON_STRICT,
                       "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "port", &port, "vid",
                       &vid, "pid", &pid, "bcdDevice", &bcd, "mode", &mode, "family", &family,
                       "protocol", &protocol, "manufacturer", &manufacturer, "product", &product,
                       "serial", &serial) != 0)
        return false;
    /* A family or protocol that this version does not know is no reason to refuse a backup. */
    const struct ub_family *known = ub_family_named(family);
    device->family = known ? known->name : "";
    device->protocol = known_protocol(protocol);
    device->next_step = "";
    return take_text(device->port, sizeof(device->port), port) && take_id(vid, &device->vid) &&
           take_id(pid, &device->pid) && take_id(bcd, &device->bcdDevice) &&
           take_mode(mode, &device->mode) &&
           take_text(device->manufacturer, sizeof(device->manufacturer), manufacturer) &&
           take_text(device->product, sizeof(device->product), product) &&
           take_text(device->serial, sizeof(device->serial), serial);
}

/** "2026-11-22T10:11:12Z", as ub_vault_store() writes it. */
static bool take_created(char *to, size_t size, const char *text)
{
    static const char shape[] = "0000-00-00T00:00:00Z";
    if (strlen(text) != sizeof(shape) - 1)
        return false;
    for (size_t i = 0; text[i]; i++) {
        const bool fits = shape[i] == '0' ? text[i] >= '0' && text[i] <= '9' : text[i] == shape[i];
        if (!fits)
            return false;
    }
    return ub_print(to, size, "%s", text);
}

static bool take_part(json_t *json, struct ub_backup_part *part)
{
    json_int_t alt = -1; /* not int: jansson would cut a larger number to fit */
    json_int_t length = 0;
    const char *name = NULL;
    const char *address = NULL;
    const char *digest = NULL;
    uint64_t end = 0;
    if (json_unpack_ex(json, NULL, JSON_STRICT, "{s:I, s:s, s:I, s:s, s?s}", "alt", &alt, "name",
                       &name, "length", &length, "sha256", &digest, "address", &address) != 0)
        return false;
    if (alt < 0 || alt > UINT8_MAX || length <= 0 || (uint64_t)length > UB_RECORD_BYTES_MAX)
        return false;
    part->alt = (uint8_t)alt;
    part->length = (uint64_t)length;
    part->has_address = address != NULL;
    if (address &&
        (strncmp(address, "0x", 2) != 0 ||
         !ub_parse_digits(address + 2, strlen(address + 2), 16, UINT64_MAX, &part->address)))
        return false;
    return ub_add_u64(part->address, part->length, &end) &&
           take_text(part->name, sizeof(part->name), name) &&
           ub_parse_hex(digest, part->sha256, SHA256_BYTES);
}

/** True if a part before number `index` is kept in the same file. */
static bool is_twice(const struct ub_backup_part *parts, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (parts[i].alt == parts[index].alt && parts[i].has_address == parts[index].has_address &&
            parts[i].address == parts[index].address)
            return true;
    }
    return false;
}

static enum ub_code take_parts(json_t *json, struct ub_backup_info *info, struct ub_error *err)
{
    const size_t count = json_array_size(json); /* 0 if it is no array */
    if (count == 0 || count > UB_RECORD_PARTS_MAX)
        return fail_format(err, "it has no parts, or too many");
    info->parts = calloc(count, sizeof(*info->parts));
    if (!info->parts)
        return ub_fail_memory(err);
    info->part_count = count;
    for (size_t i = 0; i < count; i++) {
        struct ub_backup_part *part = &info->parts[i];
        if (!take_part(json_array_get(json, i), part) || is_twice(info->parts, i) ||
            !ub_add_u64(info->length, part->length, &info->length) ||
            info->length > UB_RECORD_BYTES_MAX)
            return ub_fail(err, UB_VLT_FORMAT, "the record cannot be read: part %zu of %zu", i + 1,
                           count);
    }
    return UB_OK;
}

/** Format and version first: they say whether the rest can be understood at all. */
static enum ub_code check_version(json_t *json, struct ub_error *err)
{
    const json_t *version = json_object_get(json, "version");
    const char *format = json_string_value(json_object_get(json, "format"));
    if (!format || strcmp(format, FORMAT_NAME) != 0 || !json_is_integer(version) ||
        json_integer_value(version) < 1)
        return fail_format(err, "it is not the record of a backup");
    if (json_integer_value(version) > FORMAT_VERSION)
        return ub_fail(err, UB_VLT_FORMAT,
                       "the record has version %" JSON_INTEGER_FORMAT
                       ", this unbrick (%s) reads up to %d",
                       json_integer_value(version), ub_version(), FORMAT_VERSION);
    return UB_OK;
}

static enum ub_code take_record(json_t *json, struct ub_backup_info *info, struct ub_error *err)
{
    json_int_t version = 0;
    json_int_t readings = 0;
    const char *format = NULL;
    const char *writer = NULL;
    const char *created = NULL;
    const char *transport = UB_VAULT_REAL; /* of records that do not tell */
    json_t *device = NULL;
    json_t *parts = NULL;
    int interrupted = 0;
    json_error_t why;
    if (json_unpack_ex(json, &why, JSON_STRICT, "{s:s, s:I, s:s, s:s, s?s, s:I, s?b, s:o, s:o}",
                       "format", &format, "version", &version, "unbrick", &writer, "created",
                       &created, "transport", &transport, "readings", &readings, "interrupted",
                       &interrupted, "device", &device, "parts", &parts) != 0)
        return fail_format(err, why.text);
    info->interrupted = interrupted != 0;
    if (readings < 1 || readings > READINGS_MAX)
        return fail_format(err, "the number of readings makes no sense");
    info->readings = (unsigned)readings;
    if (!take_created(info->created, sizeof(info->created), created))
        return fail_format(err, "its time makes no sense");
    if (!transport[0] || !take_text(info->transport, sizeof(info->transport), transport))
        return fail_format(err, "its transport makes no sense");
    if (!take_device(device, &info->device))
        return fail_format(err, "its device makes no sense");
    return take_parts(parts, info, err);
}

enum ub_code ub_record_parse(const void *text, size_t length, struct ub_backup_info *info,
                             struct ub_error *err)
{
    *info = (struct ub_backup_info){0};
    json_error_t why;
    json_t *json = json_loadb(text, length, JSON_REJECT_DUPLICATES, &why);
    if (!json)
        return json_error_code(&why) == json_error_out_of_memory ? ub_fail_memory(err)
                                                                 : fail_format(err, why.text);
    enum ub_code code = check_version(json, err);
    if (!code)
        code = take_record(json, info, err);
    json_decref(json);
    if (code) {
        free(info->parts);
        *info = (struct ub_backup_info){0};
    }
    return code;
}
