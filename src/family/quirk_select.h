/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file quirk_select.h
 * Which devices a quirk is for. Of the conditions of one kind any may fit; of each kind that is
 * there one must.
 */
#ifndef UB_FAMILY_QUIRK_SELECT_H
#define UB_FAMILY_QUIRK_SELECT_H

#include "usb/transport.h"

/** What a condition looks at. */
enum ub_quirk_by {
    UB_QUIRK_BY_ID,
    UB_QUIRK_BY_RELEASE, /**< bcdDevice */
    UB_QUIRK_BY_MANUFACTURER,
    UB_QUIRK_BY_PRODUCT,
    UB_QUIRK_BY_SERIAL,
    UB_QUIRK_BY_MAP,   /**< the name of any alternate setting */
    UB_QUIRK_BY_HOLDS, /**< a byte of its memory */
    UB_QUIRK_BY_COUNT
};

/** Most conditions of one quirk. */
#define UB_QUIRK_CONDITIONS_MAX 32u

/** One condition. */
struct ub_quirk_condition {
    enum ub_quirk_by by;
    uint16_t vid;
    uint16_t first; /**< of a range of product ids or releases */
    uint16_t last;
    uint32_t address; /**< of a byte, of which the bits in `mask` are `value` */
    uint8_t mask;
    uint8_t value;
    char *text; /**< owned; as it was given: for strings the pattern */
};

/** A device as far as it is known. */
struct ub_quirk_device {
    const struct ub_usb_info *info;
    const char *const *names; /**< of its alternate settings, none NULL; NULL: not read yet */
    size_t name_count;
    /**
     * Does its memory hold what the condition says? Asked only when all other conditions of a quirk
     * fit. NULL: its memory cannot be read.
     */
    bool (*holds)(void *self, const struct ub_quirk_condition *condition);
    void *self;
};

/** The key of a kind of condition. */
const struct ub_quirk_key *ub_quirk_select_key(enum ub_quirk_by by);
/** The kind of condition called `name`, or UB_QUIRK_BY_COUNT. */
enum ub_quirk_by ub_quirk_select_named(const char *name);

/**
 * Reads `text` as a condition; *out is the caller's (free out->text). False if it is not one, or,
 * with *memory set, if memory is short.
 */
bool ub_quirk_condition_read(enum ub_quirk_by by, const char *text, struct ub_quirk_condition *out,
                             bool *memory);

/**
 * The conditions that fit, one bit each, if of every kind that is there one does; else 0. At most
 * UB_QUIRK_CONDITIONS_MAX conditions.
 */
uint32_t ub_quirk_conditions_fit(const struct ub_quirk_condition *conditions, size_t count,
                                 const struct ub_quirk_device *device);

/** True if the pattern ('*': any characters, '?': one) fits the whole text. Case matters. */
bool ub_quirk_pattern_fits(const char *pattern, const char *text);

/**
 * The bytes of a string whose descriptor holds bytes where USB 2.0 section 9.6.7 wants UTF-16: two
 * in each character. False if the text cannot come from such a descriptor, or does not fit.
 */
bool ub_quirk_unpack(const char *text, char *to, size_t size);

#endif
