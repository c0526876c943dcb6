/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file bytes.h
 * Reading and writing bytes that came from a stranger: a cursor that cannot leave its buffer.
 *
 * A read past the end returns zeros and sets `failed`; callers read a whole structure and look at
 * `failed` once.
 */
#ifndef UB_BASE_BYTES_H
#define UB_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ub_cursor {
    const uint8_t *at; /**< next byte */
    size_t left;       /**< bytes that may still be read */
    bool failed;       /**< somebody tried to read more; stays set */
};

/** A cursor over `length` bytes, which must outlive it. */
struct ub_cursor ub_cursor(const void *bytes, size_t length);

uint8_t ub_take_u8(struct ub_cursor *cursor);
uint16_t ub_take_u16le(struct ub_cursor *cursor);
uint16_t ub_take_u16be(struct ub_cursor *cursor);
uint32_t ub_take_u32le(struct ub_cursor *cursor);
uint32_t ub_take_u32be(struct ub_cursor *cursor);

/** The next `count` bytes in place, or NULL (and `failed`) if there are not that many. */
const uint8_t *ub_take_bytes(struct ub_cursor *cursor, size_t count);

/** A cursor over the next `count` bytes, which this one skips. Empty and failed if there are not
 * that many. */
struct ub_cursor ub_take_cursor(struct ub_cursor *cursor, size_t count);

void ub_put_u16le(uint8_t *to, uint16_t value);
void ub_put_u16be(uint8_t *to, uint16_t value);
void ub_put_u32le(uint8_t *to, uint32_t value);
void ub_put_u32be(uint8_t *to, uint32_t value);

/** *sum = a + b; false on overflow. */
bool ub_add_u64(uint64_t a, uint64_t b, uint64_t *sum);
/** *product = a * b; false on overflow. */
bool ub_mul_u64(uint64_t a, uint64_t b, uint64_t *product);

/** True if all `length` bytes equal `value` (also for no bytes at all). */
bool ub_all_bytes(const uint8_t *bytes, size_t length, uint8_t value);

#endif
