/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/hostile.h"

#include "base/bytes.h"
#include "sim/random.h"

#define HEADER_LENGTH     9u
#define TYPE_INTERFACE    4u
#define TYPE_FUNCTIONAL   0x21u
#define FUNCTIONAL_LENGTH 9u
#define TOTAL_AT          2u
#define TOO_MUCH          200u /* added to wTotalLength by descriptor=long */
#define MISSING           4u   /* bytes by which descriptor=short is short */

static void fill_noise(uint64_t seed, uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)ub_sim_random(&seed);
}

/* Sets bLength of all descriptors of one type, by their true lengths. */
static void set_lengths(uint8_t *bytes, size_t length, uint8_t type, uint8_t value)
{
    for (size_t at = HEADER_LENGTH; at + 1 < length;) {
        uint8_t size = bytes[at];
        if (bytes[at + 1] == type)
            bytes[at] = value;
        at += size >= 2 ? size : 2;
    }
}

size_t ub_sim_bend_config(const struct ub_sim_hostile *hostile, uint64_t seed, uint8_t *bytes,
                          size_t length)
{
    switch (hostile->bent) {
    case UB_SIM_BENT_NOT:
        break;
    case UB_SIM_BENT_SHORT:
        return length - MISSING;
    case UB_SIM_BENT_LONG:
        ub_put_u16le(&bytes[TOTAL_AT], (uint16_t)(length + TOO_MUCH));
        set_lengths(bytes, length, TYPE_FUNCTIONAL, UINT8_MAX);
        break;
    case UB_SIM_BENT_ZERO:
        set_lengths(bytes, length, TYPE_FUNCTIONAL, 0);
        break;
    case UB_SIM_BENT_LOOP:
        set_lengths(bytes, length, TYPE_INTERFACE, 0);
        break;
    case UB_SIM_BENT_GARBAGE:
        fill_noise(seed, bytes + HEADER_LENGTH, length - HEADER_LENGTH);
        break;
    case UB_SIM_BENT_CUT:
        return hostile->bent_n < length ? hostile->bent_n : length;
    case UB_SIM_BENT_FUNCTIONAL:
        set_lengths(bytes, length, TYPE_FUNCTIONAL, (uint8_t)hostile->bent_n);
        break;
    case UB_SIM_BENT_INTERFACE:
        set_lengths(bytes, length, TYPE_INTERFACE, (uint8_t)hostile->bent_n);
        break;
    case UB_SIM_BENT_TOTAL:
        ub_put_u16le(&bytes[TOTAL_AT], hostile->bent_n);
        break;
    }
    return length;
}

size_t ub_sim_bend_functional(const struct ub_sim_hostile *hostile, uint64_t seed, uint8_t *bytes,
                              size_t length)
{
    if (length == 0)
        return 0;
    switch (hostile->bent) {
    case UB_SIM_BENT_SHORT:
        return length - MISSING;
    case UB_SIM_BENT_LONG:
        bytes[0] = UINT8_MAX;
        return length;
    case UB_SIM_BENT_ZERO:
        bytes[0] = 0;
        return length;
    case UB_SIM_BENT_GARBAGE:
        fill_noise(seed, bytes, length);
        return length;
    case UB_SIM_BENT_FUNCTIONAL:
        bytes[0] = (uint8_t)hostile->bent_n;
        return hostile->bent_n > 0 && hostile->bent_n < length ? hostile->bent_n : length;
    default:
        return length;
    }
}

size_t ub_sim_bend_string(const struct ub_sim_hostile *hostile, char fill, uint8_t *bytes,
                          size_t length)
{
    if (length == 0 || hostile->strings == UB_SIM_STRINGS_NONE)
        return 0;
    if (hostile->strings == UB_SIM_STRINGS_CUT)
        return length / 2 < 2 ? 2 : length / 2;
    if (hostile->strings != UB_SIM_STRINGS_LONG)
        return length;
    for (; length + 1 < UB_SIM_STRING_BYTES; length += 2)
        ub_put_u16le(&bytes[length], (uint8_t)fill);
    bytes[UB_SIM_STRING_BYTES - 1] = (uint8_t)fill;
    bytes[0] = UB_SIM_STRING_BYTES;
    return UB_SIM_STRING_BYTES;
}

void ub_sim_bend_number(const struct ub_sim_bad_number *bad, uint32_t answer, uint8_t *to)
{
    if (bad->given && answer >= bad->from)
        *to = bad->value;
}
