/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file recognise.h
 * What a file is that is not firmware as raw bytes.
 */
#ifndef UB_IMAGE_RECOGNISE_H
#define UB_IMAGE_RECOGNISE_H

#include "unbrick.h"

/** A kind of file that is not flashed as raw bytes. Strings are static. */
struct ub_recognised {
    const char *name;   /**< for a person: "an ELF file" */
    const char *advice; /**< what to do with it instead, or NULL */
    const char *accept; /**< what --accept calls it, if there are devices that take it as it is:
                           those with Linux and U-Boot's DFU take whole systems; or NULL */
};

/** What the bytes are, or NULL if they may be raw firmware. */
const struct ub_recognised *ub_recognise(const uint8_t *bytes, size_t length);

/** True if that kind was named in the options. */
bool ub_recognised_is_accepted(const struct ub_recognised *what,
                               const struct ub_image_options *options);

#endif
