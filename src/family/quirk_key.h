/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file quirk_key.h
 * What a quirk can change: the one table of its keys, which the parser, the help, docs/quirks.md
 * and the tests walk.
 */
#ifndef UB_FAMILY_QUIRK_KEY_H
#define UB_FAMILY_QUIRK_KEY_H

#include "loader/loader.h"

/** What the device's descriptors say of its mode, or what a quirk says instead. */
enum ub_quirk_mode {
    UB_QUIRK_MODE_SAID, /**< as its interface says */
    UB_QUIRK_MODE_DFU,
    UB_QUIRK_MODE_RUNTIME,
    UB_QUIRK_MODE_NONE, /**< its DFU interface is none */
};

/** What has to stand in front of an image. */
enum ub_quirk_prefix {
    UB_QUIRK_PREFIX_NONE,
    UB_QUIRK_PREFIX_LPC, /**< NXP's boot header of 16 bytes (UM10503, boot image header) */
};

/** All that quirks can change. The habits are the loaders', the rest is the procedure's. */
struct ub_quirk_effect {
    struct ub_loader_habits habits;
    uint8_t mode;                /**< enum ub_quirk_mode */
    uint8_t prefix;              /**< enum ub_quirk_prefix */
    bool serial_bytes;           /**< its serial number's descriptor holds bytes, not UTF-16 */
    uint32_t return_deadline_ms; /**< how long it may stay away after entering or leaving; 0: as
                                      long as any device */
};

/** What a key takes. */
enum ub_quirk_kind {
    UB_QUIRK_FLAG,    /**< true or false */
    UB_QUIRK_NUMBER,  /**< decimal, or hexadecimal after 0x, with K or M */
    UB_QUIRK_VERSION, /**< as USB writes it: 1.1, 1.1a, or 0x011a */
    UB_QUIRK_MAP,     /**< a memory map; "" takes back what an earlier quirk said */
    UB_QUIRK_WORD,    /**< one of a few */
};

/** One key that changes something. */
struct ub_quirk_change_key {
    struct ub_quirk_key shown;
    enum ub_quirk_kind kind;
    uint8_t width; /**< bytes of the member */
    uint64_t least;
    uint64_t most;
    size_t offset;            /**< of the member in struct ub_quirk_effect */
    bool sets;                /**< giving it also sets the flag at `flag` */
    size_t flag;              /**< offset of that flag */
    const char *const *words; /**< NULL-terminated; number 0 stands for 0 */
};

/** Longest text of a key: a USB string has 126 characters (USB 2.0 section 9.6.7). */
#define UB_QUIRK_TEXT_MAX 126u

/** A value that was read for a key. */
struct ub_quirk_value {
    const struct ub_quirk_change_key *key;
    uint64_t number;
    char *text; /**< owned; as it was given */
};

/** Key number `index` of those that change something; NULL past the end. */
const struct ub_quirk_change_key *ub_quirk_change_at(size_t index);
/** The key of that name, or NULL. */
const struct ub_quirk_change_key *ub_quirk_change_named(const char *name);

/**
 * Reads `text` as a value for `key`; *out is the caller's (free out->text). False if it is not
 * allowed, or, with *memory set, if memory is short.
 */
bool ub_quirk_value_read(const struct ub_quirk_change_key *key, const char *text,
                         struct ub_quirk_value *out, bool *memory);

/** Puts the value where it belongs. The effect borrows the value's text. */
void ub_quirk_value_apply(const struct ub_quirk_value *value, struct ub_quirk_effect *effect);

#endif
