/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "inspect/vectors.h"

#include "base/bytes.h"

/* Cortex-M: code below 0x20000000, SRAM from there to 0x3fffffff; some parts have RAM from
 * 0x10000000 on. External memory lies from 0x60000000 to 0x9fffffff, and code can be there. */
#define RAM_START      UINT32_C(0x10000000)
#define RAM_END        UINT32_C(0x40000000)
#define EXTERNAL_START UINT32_C(0x60000000)
#define EXTERNAL_END   UINT32_C(0xa0000000)

#define ENTRIES        16 /* the stack pointer and the exceptions of the processor itself */

/* Of the exceptions those that every profile has: NMI, HardFault, SVCall, PendSV, SysTick. The
 * others are reserved on ARMv6-M, where vendors keep checksums and the like. */
static const unsigned handlers[] = {2, 3, 11, 14, 15};
#define HANDLERS (sizeof(handlers) / sizeof(handlers[0]))

/* Where flash begins on most chips, for a table that is not whole. Larger files would fit by
 * chance. */
static const uint32_t usual_bases[] = {0, 0x08000000};
#define USUAL_SIZE ((size_t)4 * 1024 * 1024)

static bool is_stack(uint32_t word)
{
    return word >= RAM_START && word <= RAM_END && (word & 3u) == 0;
}

static bool is_code(uint32_t word)
{
    return (word & 1u) != 0 && word > 1 &&
           (word < RAM_END || (word >= EXTERNAL_START && word < EXTERNAL_END));
}

static bool is_unused(uint32_t word)
{
    return word == 0 || word == UINT32_MAX;
}

bool ub_vectors_fit(const uint8_t *bytes, size_t length, uint64_t base)
{
    struct ub_cursor cursor = ub_cursor(bytes, length);
    uint32_t stack = ub_take_u32le(&cursor);
    uint32_t reset = ub_take_u32le(&cursor);
    if (cursor.failed || !is_stack(stack))
        return false;
    return (reset & 1u) != 0 && reset > base && reset - base < length;
}

/** Is there an address from where all handlers lead into so many bytes? Those that are far from the
 * reset vector lead to code that is copied to RAM, or to a ROM, and do not count. */
static bool lead_inside(const uint32_t *words, size_t length, const struct ub_vectors *vectors)
{
    uint32_t low = vectors->reset;
    uint32_t high = low;
    for (size_t i = 0; vectors->whole && i < HANDLERS; i++) {
        uint32_t word = words[handlers[i]];
        if (is_unused(word) || word >> 24 != vectors->reset >> 24)
            continue;
        low = word < low ? word : low;
        high = word > high ? word : high;
    }
    return high - low < length;
}

static bool fits_somewhere(const uint8_t *bytes, size_t length, uint64_t base)
{
    if (base != UINT64_MAX)
        return ub_vectors_fit(bytes, length, base);
    for (size_t i = 0; i < sizeof(usual_bases) / sizeof(usual_bases[0]); i++)
        if (length <= USUAL_SIZE && ub_vectors_fit(bytes, length, usual_bases[i]))
            return true;
    return false;
}

bool ub_vectors_read(const uint8_t *bytes, size_t length, uint64_t base, struct ub_vectors *out)
{
    struct ub_cursor cursor = ub_cursor(bytes, length);
    uint32_t words[ENTRIES];
    for (size_t i = 0; i < ENTRIES; i++)
        words[i] = ub_take_u32le(&cursor);
    *out = (struct ub_vectors){.stack = words[0], .reset = words[1], .whole = !cursor.failed};
    if (length < 8 || !is_stack(words[0]) || !is_code(words[1]))
        return false;
    for (size_t i = 0; i < HANDLERS; i++)
        out->whole &= is_code(words[handlers[i]]) || is_unused(words[handlers[i]]);
    if (!out->whole && !fits_somewhere(bytes, length, base))
        return false;
    out->inside = lead_inside(words, length, out);
    return true;
}
