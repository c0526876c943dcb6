/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file vectors.h
 * The vector table with which firmware for a Cortex-M begins (ARMv7-M Architecture Reference Manual
 * B1.5.3): the initial stack pointer, the reset vector, the handlers of exceptions.
 */
#ifndef UB_INSPECT_VECTORS_H
#define UB_INSPECT_VECTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What a vector table says. */
struct ub_vectors {
    uint32_t stack;
    uint32_t reset; /**< as it stands, with its lowest bit */
    bool whole;     /**< the handlers behind it look like handlers too */
    bool inside;    /**< there is an address from which all of them lead into the bytes */
};

/**
 * True if the bytes begin with what can be a vector table: a stack pointer in RAM, an odd reset
 * vector, and handlers that are odd or not there. A table that was cut off behind the reset vector,
 * or that has something else there, counts if its reset vector leads into the bytes from `base`
 * (UINT64_MAX: not known) or from where most flash begins.
 */
bool ub_vectors_read(const uint8_t *bytes, size_t length, uint64_t base, struct ub_vectors *out);

/**
 * True if the bytes begin with a vector table for code at `base`: an initial stack pointer in the
 * RAM range, and a reset vector that is odd and points into these very bytes.
 */
bool ub_vectors_fit(const uint8_t *bytes, size_t length, uint64_t base);

#endif
