/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file random.h
 * Chance that comes out the same every time: what a virtual device does "at random" follows from
 * its seed alone.
 */
#ifndef UB_SIM_RANDOM_H
#define UB_SIM_RANDOM_H

#include <stdint.h>

/** The next 32 bits; *state moves on (SplitMix64). Any start value will do. */
static inline uint32_t ub_sim_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)(z >> 32);
}

#endif
