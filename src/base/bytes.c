/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/bytes.h"

struct ub_cursor ub_cursor(const void *bytes, size_t length)
{
    return (struct ub_cursor){.at = bytes, .left = length, .failed = false};
}

const uint8_t *ub_take_bytes(struct ub_cursor *cursor, size_t count)
{
    if (cursor->failed || cursor->left < count) {
        cursor->failed = true;
        return NULL;
    }
    const uint8_t *bytes = cursor->at;
    if (count)
        cursor->at += count;
    cursor->left -= count;
    return bytes;
}

struct ub_cursor ub_take_cursor(struct ub_cursor *cursor, size_t count)
{
    const uint8_t *bytes = ub_take_bytes(cursor, count);
    struct ub_cursor part = ub_cursor(bytes, cursor->failed ? 0 : count);
    part.failed = cursor->failed;
    return part;
}

uint8_t ub_take_u8(struct ub_cursor *cursor)
{
    const uint8_t *b = ub_take_bytes(cursor, 1);
    return b ? b[0] : 0;
}

uint16_t ub_take_u16le(struct ub_cursor *cursor)
{
    const uint8_t *b = ub_take_bytes(cursor, 2);
    if (!b)
        return 0;
    return (uint16_t)(b[0] | b[1] << 8);
}

uint16_t ub_take_u16be(struct ub_cursor *cursor)
{
    const uint8_t *b = ub_take_bytes(cursor, 2);
    if (!b)
        return 0;
    return (uint16_t)(b[0] << 8 | b[1]);
}

uint32_t ub_take_u32le(struct ub_cursor *cursor)
{
    uint32_t low = ub_take_u16le(cursor);
    uint32_t high = ub_take_u16le(cursor);
    return cursor->failed ? 0 : high << 16 | low;
}

uint32_t ub_take_u32be(struct ub_cursor *cursor)
{
    uint32_t high = ub_take_u16be(cursor);
    uint32_t low = ub_take_u16be(cursor);
    return cursor->failed ? 0 : high << 16 | low;
}

void ub_put_u16le(uint8_t *to, uint16_t value)
{
    to[0] = (uint8_t)value;
    to[1] = (uint8_t)(value >> 8);
}

void ub_put_u16be(uint8_t *to, uint16_t value)
{
    to[0] = (uint8_t)(value >> 8);
    to[1] = (uint8_t)value;
}

void ub_put_u32le(uint8_t *to, uint32_t value)
{
    ub_put_u16le(to, (uint16_t)value);
    ub_put_u16le(to + 2, (uint16_t)(value >> 16));
}

void ub_put_u32be(uint8_t *to, uint32_t value)
{
    ub_put_u16be(to, (uint16_t)(value >> 16));
    ub_put_u16be(to + 2, (uint16_t)value);
}

bool ub_add_u64(uint64_t a, uint64_t b, uint64_t *sum)
{
    *sum = a + b;
    return *sum >= a;
}

bool ub_mul_u64(uint64_t a, uint64_t b, uint64_t *product)
{
    *product = a * b;
    return a == 0 || *product / a == b;
}

bool ub_all_bytes(const uint8_t *bytes, size_t length, uint8_t value)
{
    for (size_t i = 0; i < length; i++)
        if (bytes[i] != value)
            return false;
    return true;
}
