/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file recognise.h
 * What a file is that is not firmware as raw bytes.
 */
#ifndef UB_IMAGE_RECOGNISE_H
#define UB_IMAGE_RECOGNISE_H

#include <stddef.h>
#include <stdint.h>

/** A kind of file that must never be flashed as raw bytes. Strings are static. */
struct ub_recognised {
    const char *name;   /**< for a person: "an ELF file" */
    const char *advice; /**< what to do with it instead, or NULL */
};

/** What the bytes are, or NULL if they may be raw firmware. */
const struct ub_recognised *ub_recognise(const uint8_t *bytes, size_t length);

#endif
