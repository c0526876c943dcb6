/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file parse.h
 * From the command line to a verb, its options and its arguments, by the table in verbs.h.
 *
 * Options may stand anywhere, also before the verb: `--name value`, `--name=value`, `-x value`,
 * `-xvalue`, `-xy` for letters without value. `--` ends them. Names are never abbreviated, so that
 * a script keeps its meaning when options are added.
 */
#ifndef CLI_PARSE_H
#define CLI_PARSE_H

#include "unbrick.h"
#include "verbs.h"

/** The values of an option that may be given several times. */
struct cli_list {
    const char **items; /**< owned; NULL if there are none */
    size_t count;
};

/** A command line that was understood. Strings point into argv. */
struct cli_words {
    const struct cli_verb *verb;            /**< never NULL, not after an error either */
    const struct cli_group *group;          /**< help was asked for on this group, or NULL */
    bool given[CLI_OPTION_COUNT];           /**< the options that were there */
    const char *value[CLI_OPTION_COUNT];    /**< of options with a value that do not repeat */
    struct cli_list list[CLI_OPTION_COUNT]; /**< of options that repeat */
    const char **arguments;                 /**< what is left for the verb; owned */
    size_t argument_count;
};

/**
 * Reads the command line. *out is to be freed with cli_words_free() in any case; after an error
 * its `given` holds what was understood. Errors: UB_USE_OPTION, UB_USE_ARGUMENT, UB_USE_CONFLICT,
 * UB_SYS_MEMORY.
 */
enum ub_code cli_parse(int argc, char *const *argv, struct cli_words *out, struct ub_error *err);
void cli_words_free(struct cli_words *words);

/** True if the option was given. */
bool cli_given(const struct cli_words *words, enum cli_option_id option);

/** Argument number `index`, or NULL. */
const char *cli_argument(const struct cli_words *words, size_t index);

/**
 * Reads a whole text as a number of at most `max`: decimal without leading zeros, or hexadecimal
 * after 0x; K and M multiply by 1024 and 1024 * 1024. False if it is anything else.
 */
bool cli_number(const char *text, uint64_t max, uint64_t *value);

/** True for a text that has the form of a backup's id ("2026-11-22-01"). */
bool cli_is_backup_id(const char *text);

/** How many letters have to be added, dropped, changed or swapped with the next to make `a` into
 * `b`; words past 63 bytes count as far apart. */
size_t cli_distance(const char *a, const char *b);

#endif
