/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The init packet of a Nordic package: a few fields of a protocol buffer (dfu-cc.proto of Nordic's
 * SDK). Its signature is for the bootloader, which has the key. */
#include "pack/list.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"

#include <inttypes.h>

/* Field numbers of dfu-cc.proto. */
#define PACKET_COMMAND        1
#define PACKET_SIGNED_COMMAND 2
#define SIGNED_COMMAND        1
#define COMMAND_INIT          2
#define INIT_FW_VERSION       1
#define INIT_HASH             8
#define HASH_TYPE             1
#define HASH_BYTES            2
#define HASH_TYPE_SHA256      3

/* Wire types of protocol buffers. */
#define WIRE_VARINT  0
#define WIRE_FIXED64 1
#define WIRE_BYTES   2
#define WIRE_FIXED32 5

/** One field: a number, or bytes. */
struct field {
    uint64_t number;
    unsigned wire;
    uint64_t value;
    struct ub_cursor bytes;
};

static uint64_t take_varint(struct ub_cursor *c)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = ub_take_u8(c);
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return value;
    }
    c->failed = true;
    return 0;
}

/** The next field; false at the end, or with `failed` set where it is none. */
static bool take_field(struct ub_cursor *c, struct field *field)
{
    if (c->left == 0 || c->failed)
        return false;
    uint64_t tag = take_varint(c);
    *field = (struct field){.number = tag >> 3, .wire = (unsigned)(tag & 7)};
    if (field->wire == WIRE_VARINT)
        field->value = take_varint(c);
    else if (field->wire == WIRE_FIXED64 || field->wire == WIRE_FIXED32)
        (void)ub_take_bytes(c, field->wire == WIRE_FIXED64 ? 8 : 4);
    else if (field->wire == WIRE_BYTES)
        field->bytes = ub_take_cursor(c, take_varint(c));
    else
        c->failed = true;
    return !c->failed;
}

/** The last field of that number that holds bytes; empty and failed if there is none. */
static struct ub_cursor find(struct ub_cursor message, uint64_t number)
{
    struct field field;
    struct ub_cursor found = {.failed = true};
    while (take_field(&message, &field))
        if (field.number == number && field.wire == WIRE_BYTES)
            found = field.bytes;
    found.failed = found.failed || message.failed;
    return found;
}

/** A digest of 32 bytes is kept from its end to its beginning (pc-nrfutil, calculate_sha256_hash).
 */
static bool take_hash(struct ub_cursor hash, struct ub_pack_entry *entry)
{
    struct field field;
    struct ub_cursor digest = {0};
    uint64_t type = 0;
    while (take_field(&hash, &field)) {
        if (field.number == HASH_TYPE && field.wire == WIRE_VARINT)
            type = field.value;
        if (field.number == HASH_BYTES && field.wire == WIRE_BYTES)
            digest = field.bytes;
    }
    if (hash.failed)
        return false;
    if (type != HASH_TYPE_SHA256)
        return true;
    size_t length = sizeof(entry->sha256);
    if (digest.left != length)
        return false;
    for (size_t i = 0; i < length; i++)
        entry->sha256[length - 1 - i] = ub_take_u8(&digest);
    entry->has_sha256 = true;
    return true;
}

/** hw_version is left alone: it is the chip's ("52") unless a vendor's bootloader counts otherwise,
 * and never what a label shows. */
static bool take_init(struct ub_cursor init, struct ub_pack_entry *entry)
{
    struct field field;
    char text[32];
    while (take_field(&init, &field)) {
        bool number = field.wire == WIRE_VARINT;
        (void)ub_print(text, sizeof(text), "%" PRIu64, field.value);
        if (field.number == INIT_FW_VERSION && number)
            ub_pack_claim(entry, UB_CLAIM_VERSION, text);
        else if (field.number == INIT_HASH && !number && !take_hash(field.bytes, entry))
            return false;
    }
    return !init.failed;
}

/** Older SDKs had a plain structure instead: type, revision, version, a list, a check sum. Its
 * numbers are in the manifest too. */
static bool is_binary(const uint8_t *bytes, size_t length)
{
    struct ub_cursor c = ub_cursor(bytes, length);
    (void)ub_take_bytes(&c, 8);
    size_t devices = ub_take_u16le(&c);
    (void)ub_take_bytes(&c, 2 * devices);
    (void)ub_take_u16le(&c);
    return !c.failed && (c.left == 0 || c.left >= 4);
}

enum ub_code ub_nordic_init_read(const char *name, const uint8_t *bytes, size_t length,
                                 struct ub_pack_entry *entry, struct ub_error *err)
{
    if (length == 0 || length > UB_PACK_INIT_MAX)
        return ub_fail(err, UB_IMG_METADATA, "%s: is no init packet, it has %zu bytes", name,
                       length);
    struct ub_cursor packet = ub_cursor(bytes, length);
    struct ub_cursor command = find(packet, PACKET_COMMAND);
    struct ub_cursor with_signature = find(packet, PACKET_SIGNED_COMMAND);
    if (!with_signature.failed)
        command = find(with_signature, SIGNED_COMMAND);
    struct ub_cursor init = command.failed ? command : find(command, COMMAND_INIT);
    if (!init.failed && take_init(init, entry))
        return UB_OK;
    if (init.failed && is_binary(bytes, length))
        return UB_OK;
    return ub_fail(err, UB_IMG_METADATA, "%s: is damaged, or no init packet", name);
}
