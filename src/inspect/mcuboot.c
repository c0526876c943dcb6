/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "inspect/mcuboot.h"

#include "base/bytes.h"
#include "base/text.h"

#include <inttypes.h>
#include <sodium.h>
#include <string.h>

#define HEADER_MAGIC         UINT32_C(0x96f3b83d)
#define HEADER_MIN           32
#define FLAG_ENCRYPTED       UINT32_C(0x0c) /* by AES-128 or AES-256 */
#define AREA_MAGIC           0x6907
#define AREA_MAGIC_PROTECTED 0x6908

enum tlv_type {
    TLV_KEY_HASH = 0x01,
    TLV_SHA256 = 0x10,
    TLV_SHA384 = 0x11,
    TLV_SHA512 = 0x12,
    TLV_SIGNATURE_FIRST = 0x20, /* RSA-2048 */
    TLV_ECDSA = 0x22,           /* P-256, or P-384 with SHA-384 */
    TLV_ED25519 = 0x24,
    TLV_PURE = 0x25, /* the signature is of the image, not of its hash */
    TLV_SIGNATURE_LAST = 0x2f,
    TLV_SECURITY_COUNTER = 0x50,
};

/** What is gathered while walking through the TLVs. */
struct walk {
    struct ub_mcuboot *out;
    const uint8_t *key_hash; /**< the last one met: that of the next signature */
    bool protected_area;
    bool pure;
    const char *why;
};

bool ub_mcuboot_probe(const uint8_t *bytes, size_t length)
{
    struct ub_cursor cursor = ub_cursor(bytes, length);
    return ub_take_u32le(&cursor) == HEADER_MAGIC;
}

/** Takes a hash; two of one kind contradict each other or are one too many. */
static void take_hash(struct walk *walk, const uint8_t **to, const uint8_t *value, size_t length,
                      size_t expected)
{
    if (length != expected)
        walk->why = "a hash in its TLVs has another length than hashes of its kind have";
    else if (*to)
        walk->why = "its TLVs hold two hashes of one kind";
    *to = value;
}

static enum ub_mcuboot_signature kind_of(uint16_t type)
{
    return type == TLV_ECDSA     ? UB_MCUBOOT_P256
           : type == TLV_ED25519 ? UB_MCUBOOT_ED25519
                                 : UB_MCUBOOT_OTHER;
}

/** Several signatures are allowed, each behind the hash of its key. */
static void take_signature(struct walk *walk, uint16_t type, const uint8_t *value, size_t length)
{
    struct ub_mcuboot *out = walk->out;
    enum ub_mcuboot_signature kind = kind_of(type);
    if (out->kind != UB_MCUBOOT_UNSIGNED &&
        (out->kind != UB_MCUBOOT_OTHER || kind == UB_MCUBOOT_OTHER))
        return;
    out->kind = kind;
    out->signature = value;
    out->signature_length = length;
    out->key_hash = walk->key_hash;
}

static void take_security_counter(struct walk *walk, const uint8_t *value, size_t length)
{
    struct ub_cursor cursor = ub_cursor(value, length);
    walk->out->security_counter = ub_take_u32le(&cursor);
    walk->out->has_security_counter = true;
    if (cursor.failed || cursor.left)
        walk->why = "its security counter is not 4 bytes long";
}

static void take_tlv(struct walk *walk, uint16_t type, const uint8_t *value, size_t length)
{
    struct ub_mcuboot *out = walk->out;
    /* What is in the hashed part cannot be the hash of that, nor its signature. */
    if (walk->protected_area) {
        if (type == TLV_SECURITY_COUNTER)
            take_security_counter(walk, value, length);
        return;
    }
    if (type == TLV_SHA256) {
        take_hash(walk, &out->sha256, value, length, crypto_hash_sha256_BYTES);
    } else if (type == TLV_SHA512) {
        take_hash(walk, &out->sha512, value, length, crypto_hash_sha512_BYTES);
    } else if (type == TLV_SHA384) {
        out->other_hash = true;
    } else if (type == TLV_KEY_HASH) {
        walk->key_hash = length == crypto_hash_sha256_BYTES ? value : NULL;
    } else if (type == TLV_PURE) {
        walk->pure = true;
    } else if (type >= TLV_SIGNATURE_FIRST && type <= TLV_SIGNATURE_LAST) {
        take_signature(walk, type, value, length);
    }
}

/** Walks through one area, whose head was read. */
static void take_area(struct walk *walk, struct ub_cursor area)
{
    while (area.left && !walk->why) {
        uint16_t type = ub_take_u16le(&area);
        uint16_t length = ub_take_u16le(&area);
        const uint8_t *value = ub_take_bytes(&area, length);
        if (area.failed)
            walk->why = "a TLV is longer than the list that it is in";
        else
            take_tlv(walk, type, value, length);
    }
}

/** A cursor over the TLVs of the area that begins at `from`, which it skips. */
static struct ub_cursor take_area_head(struct ub_cursor *from, uint16_t *magic, uint16_t *total)
{
    struct ub_cursor head = *from;
    *magic = ub_take_u16le(&head);
    *total = ub_take_u16le(&head);
    struct ub_cursor area = ub_take_cursor(from, *total);
    (void)ub_take_bytes(&area, 4);
    area.failed |= head.failed;
    return area;
}

/** The order and the lengths that the bootloader itself insists on (MCUboot, tlv.c,
 * bootutil_tlv_iter_begin()). */
static void take_areas(struct walk *walk, const uint8_t *bytes, struct ub_cursor rest,
                       uint16_t protected_size)
{
    uint16_t magic;
    uint16_t total;
    struct ub_cursor area = take_area_head(&rest, &magic, &total);
    if (protected_size) {
        if (area.failed || magic != AREA_MAGIC_PROTECTED || total != protected_size) {
            walk->why = "the protected TLVs are not where its header says, or have another length";
            return;
        }
        walk->protected_area = true;
        take_area(walk, area);
        walk->protected_area = false;
        walk->out->hashed_length += total;
        area = take_area_head(&rest, &magic, &total);
    }
    if (area.failed || magic != AREA_MAGIC)
        walk->why = "the TLVs with its hash are missing or cut";
    if (walk->why)
        return;
    take_area(walk, area);
    walk->out->length = (size_t)(rest.at - bytes);
}

/** Signatures that are made of something else than the SHA-256 are not of a kind we know. */
static void settle(struct walk *walk)
{
    struct ub_mcuboot *out = walk->out;
    if (out->kind != UB_MCUBOOT_UNSIGNED && (walk->pure || !out->sha256))
        out->kind = UB_MCUBOOT_OTHER;
}

bool ub_mcuboot_read(const uint8_t *bytes, size_t length, struct ub_mcuboot *out, const char **why)
{
    struct ub_cursor cursor = ub_cursor(bytes, length);
    struct walk walk = {.out = out};
    memset(out, 0, sizeof(*out));
    *why = NULL;
    if (!ub_mcuboot_probe(bytes, length))
        return false;
    (void)ub_take_u32le(&cursor);
    out->load_address = ub_take_u32le(&cursor);
    out->header_size = ub_take_u16le(&cursor);
    uint16_t protected_size = ub_take_u16le(&cursor);
    out->image_size = ub_take_u32le(&cursor);
    out->flags = ub_take_u32le(&cursor);
    unsigned major = ub_take_u8(&cursor);
    unsigned minor = ub_take_u8(&cursor);
    unsigned revision = ub_take_u16le(&cursor);
    uint32_t build = ub_take_u32le(&cursor);
    (void)ub_print(out->version, sizeof(out->version), "%u.%u.%u", major, minor, revision);
    if (build)
        (void)ub_append(out->version, sizeof(out->version), "+%" PRIu32, build);
    out->encrypted = (out->flags & FLAG_ENCRYPTED) != 0;

    struct ub_cursor rest = ub_cursor(bytes, length);
    (void)ub_take_bytes(&rest, out->header_size);
    (void)ub_take_bytes(&rest, out->image_size);
    out->hashed = bytes;
    out->hashed_length = (size_t)out->header_size + out->image_size;
    if (cursor.failed || out->header_size < HEADER_MIN)
        walk.why = "its header is cut or shorter than such a header is";
    else if (rest.failed)
        walk.why = "it is cut: its header promises more bytes than there are";
    else
        take_areas(&walk, bytes, rest, protected_size);
    settle(&walk);
    *why = walk.why;
    return !walk.why;
}

enum ub_self_check ub_mcuboot_check(const struct ub_mcuboot *mcuboot)
{
    uint8_t found[crypto_hash_sha512_BYTES];
    bool right = true;
    if (!mcuboot->sha256 && !mcuboot->sha512)
        return UB_SELF_NONE;
    if (mcuboot->sha256) {
        (void)crypto_hash_sha256(found, mcuboot->hashed, mcuboot->hashed_length);
        right = memcmp(found, mcuboot->sha256, crypto_hash_sha256_BYTES) == 0;
    }
    if (right && mcuboot->sha512) {
        (void)crypto_hash_sha512(found, mcuboot->hashed, mcuboot->hashed_length);
        right = memcmp(found, mcuboot->sha512, crypto_hash_sha512_BYTES) == 0;
    }
    /* The hash of an encrypted image is of its plain bytes; that of one made ready to be encrypted
     * (imgtool --clear) matches. */
    return right ? UB_SELF_RIGHT : mcuboot->encrypted ? UB_SELF_NONE : UB_SELF_WRONG;
}
