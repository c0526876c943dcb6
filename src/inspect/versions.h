/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file versions.h
 * Texts in a binary that look like a version: "v1.2.3", "1.2.3-rc4+g0123abc", "2018-12-R1".
 */
#ifndef UB_INSPECT_VERSIONS_H
#define UB_INSPECT_VERSIONS_H

#include "image/image.h"

#define UB_VERSION_TEXT 64 /**< bytes of a version, with its NUL */

/** One that was found. */
struct ub_version_text {
    char text[UB_VERSION_TEXT];
    unsigned score; /**< how much it looks like the firmware's own version */
};

/** The best that were found, best first; no two are the same. */
struct ub_version_texts {
    struct ub_version_text items[UB_FACT_VERSIONS];
    size_t count;
    size_t looked_at; /**< candidates weighed so far; after very many no more are */
};

/** Looks through text in ASCII and UTF-16LE (USB strings), in time linear in `length`. Adds to
 * *out. */
void ub_versions_find(const uint8_t *bytes, size_t length, struct ub_version_texts *out);

#endif
