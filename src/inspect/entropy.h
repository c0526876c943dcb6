/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file entropy.h
 * How evenly the values of bytes are spread: code repeats itself, what is compressed or encrypted
 * does not.
 */
#ifndef UB_INSPECT_ENTROPY_H
#define UB_INSPECT_ENTROPY_H

#include "image/image.h"

/** Of a whole image. */
struct ub_entropy {
    unsigned highest; /**< of its densest 64 KiB, hundredths of a bit per byte */
    uint64_t dense;   /**< bytes in stretches that are as dense as random ones */
    uint64_t rest;    /**< bytes in other stretches; what is too short to tell is in neither */
};

/** Shannon's entropy of bytes, hundredths of a bit per byte: 0 to 800. At most 2^24 bytes. */
unsigned ub_entropy_of(const uint8_t *bytes, size_t length);

/** Looks at 64 KiB of each segment after the other; blank ends of segments do not count. */
void ub_entropy_measure(const struct ub_image *image, struct ub_entropy *out);

#endif
