/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file quirk.h
 * One quirk: a defect, the devices that have it, and what it changes. Built key by key by whoever
 * reads it, so that a file and a line of the command are held to the same rules.
 */
#ifndef UB_FAMILY_QUIRK_H
#define UB_FAMILY_QUIRK_H

#include "family/quirk_key.h"
#include "family/quirk_select.h"

/** Longest text about a quirk, such as its defect. */
#define UB_QUIRK_PROSE_MAX 400u

/** A quirk. Everything is its own. */
struct ub_quirk {
    char *name;
    char *defect;
    char *source;
    char *does; /**< what is done about it beyond what its keys say; or NULL */
    struct ub_quirk_condition *conditions;
    size_t condition_count;
    struct ub_quirk_value *values;
    size_t value_count;
    char *remedy; /**< made of the values and `does` */
};

/** Where a text that is being read comes from, for messages. */
struct ub_quirk_place {
    const char *file; /**< or "--quirk" */
    size_t line;      /**< from 1 on, 0: none */
};

/** Raises UB_USE_QUIRK about that place. */
enum ub_code ub_quirk_bad(const struct ub_quirk_place *place, struct ub_error *err,
                          const char *format, ...) __attribute__((format(printf, 3, 4)));

/**
 * Sets name, defect, source or does. *known is false for any other key. Errors: UB_USE_QUIRK,
 * UB_SYS_MEMORY.
 */
enum ub_code ub_quirk_say(struct ub_quirk *quirk, const char *key, const char *text,
                          const struct ub_quirk_place *place, bool *known, struct ub_error *err);

/** Adds a condition. *known is false if the key is none of theirs. Errors: as ub_quirk_say(). */
enum ub_code ub_quirk_select(struct ub_quirk *quirk, const char *key, const char *text,
                             const struct ub_quirk_place *place, bool *known, struct ub_error *err);

/** Adds what is changed. *known is false if the key is none of theirs. Errors: as ub_quirk_say().
 */
enum ub_code ub_quirk_change(struct ub_quirk *quirk, const char *key, const char *text,
                             const struct ub_quirk_place *place, bool *known, struct ub_error *err);

/** Where a key stands. */
enum ub_quirk_section {
    UB_QUIRK_IN_ENTRY, /**< of a file */
    UB_QUIRK_IN_SELECT,
    UB_QUIRK_IN_BEHAVIOUR,
    UB_QUIRK_IN_LINE, /**< of the command: those of all the others */
};

/** True if that section has the key. */
bool ub_quirk_key_in(enum ub_quirk_section section, const char *key);

/** Raises UB_USE_QUIRK for a key that the section does not have: which one was meant, else where it
 * belongs, else what there is. */
enum ub_code ub_quirk_unknown_key(enum ub_quirk_section section, const char *key,
                                  const struct ub_quirk_place *place, struct ub_error *err);

/** Checks that nothing is missing and makes the remedy. Errors: as ub_quirk_say(). */
enum ub_code ub_quirk_finish(struct ub_quirk *quirk, const struct ub_quirk_place *place,
                             struct ub_error *err);

/** Says why a quirk applies, by the conditions that fit: "id 28e9:0189, serial 3?BJ". */
void ub_quirk_because(const struct ub_quirk *quirk, uint32_t fits, char *to, size_t size);

/** Frees what the quirk owns, and makes it empty. */
void ub_quirk_clear(struct ub_quirk *quirk);

#endif
