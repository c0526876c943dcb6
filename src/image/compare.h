/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file compare.h
 * Two images side by side: which bytes are where, and which of them differ.
 */
#ifndef UB_IMAGE_COMPARE_H
#define UB_IMAGE_COMPARE_H

#include "image/image.h"

/** Differing bytes that are less far apart than this are told as one range. */
#define UB_COMPARE_NEAR 16u

/** A stretch in which neither image begins or ends. */
struct ub_common {
    int alt;
    bool has_address;
    uint64_t address; /**< or the offset from the start */
    uint64_t length;
    const uint8_t *first;  /**< the first image's bytes; NULL if it has none there */
    const uint8_t *second; /**< the second one's */
};

/** A piece of an image as it is compared. */
struct ub_compared {
    int alt;
    uint64_t address;
    const uint8_t *data;
    size_t length;
};

/** A walk along both images. */
struct ub_compare {
    bool has_address;
    struct ub_compared *pieces[2]; /**< sorted; owned */
    size_t count[2];
    size_t at[2];     /**< the piece at hand */
    uint64_t done[2]; /**< how much of it is behind */
};

/**
 * Begins to compare. An image without addresses is taken to begin where the other one does, one
 * that names no alternate settings to be for those of the other one. Ended by ub_compare_end() in
 * any case. Errors: UB_SYS_MEMORY.
 */
enum ub_code ub_compare_begin(struct ub_compare *compare, const struct ub_image *first,
                              const struct ub_image *second, struct ub_error *err);

/** The next stretch that one of them has, in order; false behind the last. */
bool ub_compare_next(struct ub_compare *compare, struct ub_common *out);
void ub_compare_end(struct ub_compare *compare);

/** Differences as they are gathered. Zero: none yet. */
struct ub_differences {
    struct ub_difference *items; /**< owned by whoever gathers them */
    size_t count;
    size_t capacity;
    size_t whole; /**< so many are not made longer any more */
};

/** Adds one that is a whole. Errors: UB_SYS_MEMORY. */
enum ub_code ub_differences_add(struct ub_differences *list, const struct ub_difference *one,
                                struct ub_error *err);

/** Adds the ranges of a stretch in which the images differ. One that goes on where the last one
 * ended, or nearly, is taken together with it. Errors: UB_SYS_MEMORY. */
enum ub_code ub_differences_take(struct ub_differences *list, const struct ub_common *common,
                                 struct ub_error *err);

/** How many of the stretch's bytes differ, and how far from its start the first of them is. */
uint64_t ub_compare_count(const struct ub_common *common, uint64_t *first);

#endif
