/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file cmd_many.h
 * `flash` and `plan` on several devices.
 */
#ifndef CLI_CMD_MANY_H
#define CLI_CMD_MANY_H

#include "cli.h"

/** Does the command line mean several devices? */
bool cmd_many_wanted(const struct cli_words *words);
/** Checks what it says about them. Errors: UB_USE_NUMBER, UB_USE_CONFLICT. */
enum ub_code cmd_many_check(const struct cli_words *words, struct ub_error *err);
/** Flashes them. The context is open. Errors: those of ub_flash_many(). */
enum ub_code cmd_many(struct cli *cli, const struct ub_image *image, struct ub_error *err);
/** Plans for each of them and changes nothing. The context is open. Errors: those of
 * ub_plan_many(). */
enum ub_code cmd_many_plan(struct cli *cli, const struct ub_image *image, struct ub_error *err);

#endif
