/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file hint.h
 * What to do next, in the person's own words: the catalogue's commands with the virtual device, the
 * vault, the file and the address that this run was given.
 */
#ifndef CLI_HINT_H
#define CLI_HINT_H

#include "cli.h"

#define HINT_TEXT 4096 /**< bytes of a hint, with its NUL */

/**
 * Fills `to` with `text` in which every command `unbrick VERB ...` between backticks (or, with
 * `bare`, the whole text as far as commands go) carries what this run was given. What would not fit
 * stays as it is in the catalogue. Returns `to`.
 */
const char *hint_fill(const struct cli *cli, bool bare, const char *text, char to[HINT_TEXT]);

/** False for a step that cannot help after this run: restoring where no backup was made, all
 * devices where the verb takes one. */
bool hint_fits(const struct cli *cli, const char *text);

/** Where to look after a wrong command line: "unbrick help flash"; "" if there is no such place. */
const char *hint_usage(const struct cli *cli, enum ub_code code, char to[HINT_TEXT]);

/** This run's command with that member of the archive chosen. False if it does not fit. */
bool hint_member(const struct cli *cli, const char *member, char to[HINT_TEXT]);

/** Adds "did you mean serial=...?" to an error about a DEVICE that is a bare serial number or id.
 * After an error about several devices, keeps the first one's port for the steps to come. */
void hint_selector(struct cli *cli, struct ub_error *err);

#endif
