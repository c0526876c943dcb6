/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file ask.h
 * Questions to the person at the terminal.
 */
#ifndef CLI_ASK_H
#define CLI_ASK_H

#include <stdbool.h>

/**
 * Asks a question whose safe default is yes; fits struct ub_callbacks with a struct cli as `user`.
 * False for no, and when nobody can answer: then cli->unanswered is set.
 */
bool ask(void *user, const char *question);

#endif
