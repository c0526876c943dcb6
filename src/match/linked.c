/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "match/linked.h"

#include "base/bytes.h"

#define VECTORS_MAX 64u                  /* as many say enough */
#define LEAST       5u                   /* different ones that are needed */
#define STEP        UINT32_C(0x400)      /* no bootloader ends in between */
#define REACH       UINT32_C(0x00080000) /* and none is larger than half a megabyte */
#define FLASH_LAST  UINT32_C(0x20000000) /* ARMv7-M B3.1: behind it is RAM */

/** The addresses to which different vectors lead, without those in RAM. */
struct targets {
    uint32_t at[VECTORS_MAX];
    size_t count;
};

static bool is_new(const struct targets *targets, uint32_t address)
{
    for (size_t i = 0; i < targets->count; i++)
        if (targets->at[i] == address)
            return false;
    return true;
}

/** From the reset vector on, until a word cannot be one: unused ones are 0 in most tables. */
static void gather(const uint8_t *bytes, size_t length, struct targets *targets)
{
    struct ub_cursor cursor = ub_cursor(bytes, length);
    targets->count = 0;
    (void)ub_take_u32le(&cursor);
    for (unsigned i = 1; i < VECTORS_MAX * 4 && targets->count < VECTORS_MAX; i++) {
        const uint32_t vector = ub_take_u32le(&cursor);
        if (cursor.failed || (vector && !(vector & 1u)))
            return;
        const uint32_t address = vector & ~UINT32_C(1);
        if (address && address < FLASH_LAST && is_new(targets, address))
            targets->at[targets->count++] = address;
    }
}

/* What compilers and startup code begin a function with (ARMv7-M A5.2, A5.3): a branch to itself,
 * PUSH, LDR from a literal, SUB SP, BX LR, CPSID, and the wide PUSH, LDR, TST LR and MRS. Of the
 * places inside of code about one in eight looks like that. */
static bool begins_function(const uint8_t *bytes)
{
    const unsigned first = bytes[0] | (unsigned)bytes[1] << 8;
    switch (first) {
    case 0xe7fe: /* B . */
    case 0x4770: /* BX LR */
    case 0xb672: /* CPSID i */
    case 0xe92d: /* PUSH.W */
    case 0xf8df: /* LDR.W from a literal */
    case 0xf01e: /* TST LR, as handlers do that look for the stack in use */
    case 0xf3ef: /* MRS */
        return true;
    default: /* PUSH, LDR from a literal, SUB SP */
        return (first & 0xfe00u) == 0xb400 || (first & 0xf800u) == 0x4800 ||
               (first & 0xff80u) == 0xb080;
    }
}

static size_t hits(const struct targets *targets, const uint8_t *bytes, size_t length,
                   uint32_t base)
{
    size_t count = 0;
    for (size_t i = 0; i < targets->count; i++) {
        const uint32_t offset = targets->at[i] - base; /* wraps to what is outside */
        count += offset < length && length - offset >= 2 && begins_function(bytes + offset);
    }
    return count;
}

bool ub_linked_elsewhere(const uint8_t *bytes, size_t length, uint32_t at, uint32_t *base)
{
    struct targets targets;
    gather(bytes, length, &targets);
    if (targets.count < LEAST || hits(&targets, bytes, length, at) * 4 > targets.count)
        return false;
    for (uint32_t distance = STEP; distance <= REACH; distance += STEP) {
        for (unsigned below = 0; below < 2; below++) {
            *base = below ? at - distance : at + distance;
            if ((!below || at >= distance) && hits(&targets, bytes, length, *base) == targets.count)
                return true;
        }
    }
    return false;
}
