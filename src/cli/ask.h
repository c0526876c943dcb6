/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file ask.h
 * Questions to the person at the terminal.
 */
#ifndef CLI_ASK_H
#define CLI_ASK_H

#include "unbrick.h"

/**
 * Asks a question whose safe default is yes; fits struct ub_callbacks with a struct cli as `user`.
 * False for no, and when nobody can answer: then cli->unanswered is set.
 */
bool ask(void *user, const char *question);

struct cli;

/** The terminal that a person can be asked on, to be closed with close(), or -1. */
int ask_terminal(const struct cli *cli);

/** Refuses a verb that will ask when nobody can answer, before any device is touched. Errors:
 * UB_USE_NO_ANSWER. */
enum ub_code ask_ahead(const struct cli *cli, struct ub_error *err);

#endif
