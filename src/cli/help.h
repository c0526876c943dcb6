/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file help.h
 * Help, manual pages and completion out of the table in verbs.h.
 */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "cli.h"

/** "IMAGE [DEVICE]": a verb's arguments in one line. */
void help_arguments(const struct cli_verb *verb, char *to, size_t size);
/** "-a, --at ADDRESS": an option in one line. */
void help_option(const struct cli_option *option, char *to, size_t size);

/** Writes unbrick.1 and unbrick-VERB.1 into `folder`, which is made if it is missing. Errors:
 * UB_SYS_WRITE. */
enum ub_code manual_write(const char *folder, struct ub_error *err);

/** Prints a completion script for "bash", "zsh" or "fish"; false for any other shell. */
bool completion_print(FILE *to, const char *shell);

#endif
