/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file hostile.h
 * What a hostile device does to its own answers: descriptors and strings of wrong lengths, states
 * that do not exist, more bytes than were asked for.
 */
#ifndef UB_SIM_HOSTILE_H
#define UB_SIM_HOSTILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UB_SIM_STRING_BYTES 255u /**< the longest string descriptor there can be */

/** How the configuration and the functional descriptor are bent. */
enum ub_sim_bent {
    UB_SIM_BENT_NOT,
    UB_SIM_BENT_SHORT,      /**< both end in the middle of the functional descriptor */
    UB_SIM_BENT_LONG,       /**< wTotalLength and the functional bLength say more than there is */
    UB_SIM_BENT_ZERO,       /**< bLength of the functional descriptor is 0 */
    UB_SIM_BENT_LOOP,       /**< bLength of the interface descriptors is 0: nobody gets past them */
    UB_SIM_BENT_GARBAGE,    /**< all behind the first nine bytes is noise */
    UB_SIM_BENT_CUT,        /**< only the first N bytes are sent */
    UB_SIM_BENT_FUNCTIONAL, /**< bLength of the functional descriptor is N */
    UB_SIM_BENT_INTERFACE,  /**< bLength of the interface descriptors is N */
    UB_SIM_BENT_TOTAL,      /**< wTotalLength is N */
};

/** What is wrong with its strings. */
enum ub_sim_strings {
    UB_SIM_STRINGS_GOOD,
    UB_SIM_STRINGS_NONE, /**< it names strings and has none */
    UB_SIM_STRINGS_LONG, /**< 255 bytes each, the last character only half there */
    UB_SIM_STRINGS_CUT,  /**< half of what they say is sent */
};

/** A number out of range in the status answers. */
struct ub_sim_bad_number {
    bool given;
    uint8_t value;
    uint32_t from; /**< number of the first answer that has it, counted from 1 */
};

/** All of it; zero is a device that means well. */
struct ub_sim_hostile {
    enum ub_sim_bent bent;
    uint16_t bent_n;
    enum ub_sim_strings strings;
    struct ub_sim_bad_number state;
    struct ub_sim_bad_number status;
    bool answers_long;     /**< its IN answers are longer than was asked for... */
    uint32_t answers_at;   /**< ...only this one, counted from 1; 0: all of them */
    uint32_t lies_at;      /**< this upload, counted from 1, is not what it holds; 0: none */
    uint32_t reenumerates; /**< so many times in a row as soon as it has power */
};

/**
 * Bends a configuration descriptor of `length` bytes in place; returns how many of them are sent.
 * What is noise follows from `seed`.
 */
size_t ub_sim_bend_config(const struct ub_sim_hostile *hostile, uint64_t seed, uint8_t *bytes,
                          size_t length);
/** The same for the functional descriptor, asked for alone; at most 9 bytes. */
size_t ub_sim_bend_functional(const struct ub_sim_hostile *hostile, uint64_t seed, uint8_t *bytes,
                              size_t length);
/** The same for a string descriptor; `bytes` has room for UB_SIM_STRING_BYTES. `fill` lengthens
 * it. */
size_t ub_sim_bend_string(const struct ub_sim_hostile *hostile, char fill, uint8_t *bytes,
                          size_t length);
/** Puts the number into the answer, if it is its turn: answer number `answer`, counted from 1. */
void ub_sim_bend_number(const struct ub_sim_bad_number *bad, uint32_t answer, uint8_t *to);

#endif
