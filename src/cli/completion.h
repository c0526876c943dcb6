/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file completion.h
 * What the completion scripts share. Everything is printed out of the table in verbs.h.
 */
#ifndef CLI_COMPLETION_H
#define CLI_COMPLETION_H

#include "verbs.h"

#include <stdio.h>

/** The kind of words that `unbrick __words` gives for this place, or NULL. */
const char *completion_words_kind(enum cli_word_kind kind);
/** The words that can stand first: verbs without a group, and groups; separated by spaces. */
void completion_first_words(FILE *to);
/** The words that can stand second in a group; separated by spaces. */
void completion_second_words(FILE *to, const struct cli_group *group);
/** The options of a set, each with a space in front: " --at --yes". */
void completion_long_options(FILE *to, const struct cli_verb *verb, bool global);
/** An option as a pattern of a shell's case: "--at|-a". */
void completion_option_pattern(FILE *to, const struct cli_option *option);
/** All options with a value as patterns, `gap` between them. */
void completion_value_patterns(FILE *to, const char *gap);
/** All groups as patterns: "image|vault". */
void completion_group_patterns(FILE *to);

/** The whole script. */
void completion_bash(FILE *to);
void completion_zsh(FILE *to);
void completion_fish(FILE *to);

#endif
