/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "inspect/esp.h"

#include "base/bytes.h"
#include "base/text.h"

#include <sodium.h>
#include <string.h>

#define MAGIC            0xe9
#define SEGMENTS_MAX     16
#define HEADER           8u
#define HEADER_EXTENDED  16u /* behind that, on all but the ESP8266 */
#define CHECKSUM_START   0xef
#define CHECKSUM_UNIT    16u /* the checksum is the last byte of such a unit */
#define HASH             crypto_hash_sha256_BYTES
#define SEGMENT_MAX      UINT32_C(0x1000000)
#define DESCRIPTOR_MAGIC UINT32_C(0xabcd5432)

/* Espressif's chip ids (esp_chip_id_t of ESP-IDF; esptool, IMAGE_CHIP_ID). */
static const struct {
    uint16_t id;
    const char *name;
} chips[] = {
    {0, "ESP32"},      {2, "ESP32-S2"},  {5, "ESP32-C3"},   {9, "ESP32-S3"},   {12, "ESP32-C2"},
    {13, "ESP32-C6"},  {16, "ESP32-H2"}, {18, "ESP32-P4"},  {20, "ESP32-C61"}, {23, "ESP32-C5"},
    {25, "ESP32-H21"}, {28, "ESP32-H4"}, {31, "ESP32-E22"}, {32, "ESP32-S31"},
};

static const char *chip_name(uint16_t id)
{
    for (size_t i = 0; i < sizeof(chips) / sizeof(chips[0]); i++)
        if (chips[i].id == id)
            return chips[i].name;
    return "";
}

/** ESP-IDF, esp_app_desc.h: version and project are texts of 32 bytes. */
static void read_description(struct ub_cursor data, struct ub_esp *out)
{
    if (out->has_description || ub_take_u32le(&data) != DESCRIPTOR_MAGIC)
        return;
    (void)ub_take_bytes(&data, 12); /* secure version, reserved */
    const uint8_t *version = ub_take_bytes(&data, 32);
    const uint8_t *project = ub_take_bytes(&data, 32);
    if (data.failed)
        return;
    out->has_description = true;
    ub_print_stranger(out->version, sizeof(out->version), (const char *)version, 32);
    ub_print_stranger(out->project, sizeof(out->project), (const char *)project, 32);
}

/** Walks through the segments from behind the header on. False if they do not fit. */
static bool walk(struct ub_cursor *cursor, struct ub_esp *out, uint8_t *checksum)
{
    *checksum = CHECKSUM_START;
    for (unsigned i = 0; i < out->segment_count; i++) {
        (void)ub_take_u32le(cursor); /* where it goes */
        uint32_t length = ub_take_u32le(cursor);
        struct ub_cursor data = ub_take_cursor(cursor, length);
        if (cursor->failed || length >= SEGMENT_MAX)
            return false;
        for (size_t n = 0; n < length; n++)
            *checksum ^= data.at[n];
        read_description(data, out);
    }
    return true;
}

static bool fail(struct ub_esp *out, const char *why)
{
    out->check = UB_SELF_WRONG;
    out->why = why;
    return false;
}

/** Walks from `header` on; reads the checksum, and the hash if there should be one. */
static bool check(const uint8_t *bytes, size_t length, size_t header, bool has_hash,
                  struct ub_esp *out)
{
    struct ub_cursor cursor = ub_cursor(bytes, length);
    uint8_t found = 0;
    (void)ub_take_bytes(&cursor, header);
    if (!walk(&cursor, out, &found))
        return fail(out, "it is cut: its header promises more bytes than there are");
    size_t used = length - cursor.left;
    (void)ub_take_bytes(&cursor, CHECKSUM_UNIT - 1 - used % CHECKSUM_UNIT);
    uint8_t checksum = ub_take_u8(&cursor);
    size_t hashed = length - cursor.left;
    if (cursor.failed)
        return fail(out, "it is cut: its checksum is missing");
    if (found != checksum)
        return fail(out, "its checksum does not match");
    out->length = hashed;
    if (has_hash) {
        uint8_t hash[HASH];
        const uint8_t *stored = ub_take_bytes(&cursor, HASH);
        if (!stored)
            return fail(out, "it is cut: its hash is missing");
        out->length += HASH;
        (void)crypto_hash_sha256(hash, bytes, hashed);
        if (memcmp(hash, stored, HASH) != 0)
            return fail(out, "its hash does not match");
    }
    out->check = UB_SELF_RIGHT;
    return true;
}

/** The ESP8266 runs from 0x40100000 on; its images have neither chip id nor hash, so they must be
 * whole to be believed. */
static bool read_esp8266(const uint8_t *bytes, size_t length, struct ub_esp *out)
{
    if (out->entry < 0x40100000 || out->entry >= 0x40300000)
        return false;
    out->chip = UB_ESP_CHIP_NONE;
    out->chip_name = "ESP8266";
    return check(bytes, length, HEADER, false, out);
}

bool ub_esp_read(const uint8_t *bytes, size_t length, struct ub_esp *out)
{
    struct ub_cursor cursor = ub_cursor(bytes, length);
    memset(out, 0, sizeof(*out));
    uint8_t magic = ub_take_u8(&cursor);
    out->segment_count = ub_take_u8(&cursor);
    uint8_t mode = ub_take_u8(&cursor);
    (void)ub_take_u8(&cursor); /* size and speed of the flash */
    out->entry = ub_take_u32le(&cursor);
    (void)ub_take_bytes(&cursor, 4); /* a pin, drive strengths */
    out->chip = ub_take_u16le(&cursor);
    (void)ub_take_bytes(&cursor, 9); /* revisions, reserved */
    uint8_t has_hash = ub_take_u8(&cursor);
    if (cursor.failed || magic != MAGIC || out->segment_count == 0 ||
        out->segment_count > SEGMENTS_MAX || mode > 5)
        return false;
    out->chip_name = chip_name(out->chip);
    if (!out->chip_name[0] || has_hash > 1 || out->entry < 0x20000000 || out->entry >= 0x60000000) {
        struct ub_esp old = *out;
        bool whole = read_esp8266(bytes, length, &old);
        *out = old;
        return whole;
    }
    struct ub_esp old = *out;
    if (check(bytes, length, HEADER + HEADER_EXTENDED, has_hash == 1, out))
        return true;
    if (!read_esp8266(bytes, length, &old))
        return true; /* a damaged one */
    *out = old;
    return true;
}
