/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "match/guid.h"

#include "base/bytes.h"
#include "base/text.h"

#include <string.h>

#define DIGEST   20u
#define BLOCK    64u
#define NAME_MAX 256u /* bytes of name space and instance id that are hashed */

/* 6ba7b810-9dad-11d1-80b4-00c04fd430c8 (RFC 9562 §6.6) */
static const uint8_t dns[16] = {0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1,
                                0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8};

static uint32_t rotate(uint32_t value, unsigned by)
{
    return value << by | value >> (32 - by);
}

/** One block of SHA-1 (FIPS 180-4 §6.1.2). It names here and protects nothing. */
static void sha1_block(uint32_t h[5], const uint8_t *block)
{
    uint32_t w[80];
    struct ub_cursor cursor = ub_cursor(block, BLOCK);
    for (unsigned t = 0; t < 16; t++)
        w[t] = ub_take_u32be(&cursor);
    for (unsigned t = 16; t < 80; t++)
        w[t] = rotate(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
    uint32_t a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
    for (unsigned t = 0; t < 80; t++) {
        const uint32_t f = t < 20   ? (b & c) | (~b & d)
                           : t < 40 ? b ^ c ^ d
                           : t < 60 ? (b & c) | (b & d) | (c & d)
                                    : b ^ c ^ d;
        static const uint32_t k[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
        const uint32_t next = rotate(a, 5) + f + e + k[t / 20] + w[t];
        e = d;
        d = c;
        c = rotate(b, 30);
        b = a;
        a = next;
    }
    h[0] += a;
    h[1] += b;
    h[2] += c;
    h[3] += d;
    h[4] += e;
}

/** SHA-1 of at most NAME_MAX bytes. */
static void sha1(const uint8_t *bytes, size_t length, uint8_t digest[DIGEST])
{
    uint32_t h[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    uint8_t padded[NAME_MAX + 2 * BLOCK] = {0};
    const size_t whole = (length + 9 + BLOCK - 1) / BLOCK * BLOCK;
    memcpy(padded, bytes, length);
    padded[length] = 0x80;
    ub_put_u32be(padded + whole - 4, (uint32_t)length * 8);
    for (size_t at = 0; at < whole; at += BLOCK)
        sha1_block(h, padded + at);
    for (size_t i = 0; i < 5; i++)
        ub_put_u32be(digest + 4 * i, h[i]);
}

void ub_guid_of(const char *instance_id, char to[UB_GUID_TEXT])
{
    uint8_t name[NAME_MAX];
    uint8_t digest[DIGEST];
    char digits[33];
    size_t length = strlen(instance_id);
    if (length > sizeof(name) - sizeof(dns))
        length = sizeof(name) - sizeof(dns);
    memcpy(name, dns, sizeof(dns));
    memcpy(name + sizeof(dns), instance_id, length);
    sha1(name, sizeof(dns) + length, digest);
    digest[6] = (uint8_t)((digest[6] & 0x0fu) | 0x50u); /* version 5 */
    digest[8] = (uint8_t)((digest[8] & 0x3fu) | 0x80u); /* variant */
    ub_print_hex(digits, digest, 16);
    (void)ub_print(to, UB_GUID_TEXT, "%.8s-%.4s-%.4s-%.4s-%.12s", digits, digits + 8, digits + 12,
                   digits + 16, digits + 20);
}

bool ub_guid_is_usb(const char *guid, uint16_t vid, uint16_t pid, uint16_t bcdDevice)
{
    char id[64];
    char own[UB_GUID_TEXT];
    (void)ub_print(id, sizeof(id), "USB\\VID_%04X&PID_%04X&REV_%04X", vid, pid, bcdDevice);
    ub_guid_of(id, own);
    if (ub_same_word(own, guid))
        return true;
    (void)ub_print(id, sizeof(id), "USB\\VID_%04X&PID_%04X", vid, pid);
    ub_guid_of(id, own);
    return ub_same_word(own, guid);
}
