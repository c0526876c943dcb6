/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file render.h
 * What the command shows: the same facts as text for a person or as JSON lines for a program. Verbs
 * call these; whether it is text or JSON is decided here.
 */
#ifndef CLI_RENDER_H
#define CLI_RENDER_H

#include "cli.h"

/** An event of a procedure; fits struct ub_callbacks with a struct cli as `user`. */
void render_event(void *user, const struct ub_event *event);

/** The end of the run: the error, if there is one, and with JSON the final object. `status` is the
 * exit status. */
void render_end(struct cli *cli, const struct ub_error *err, int status);

void render_details(struct cli *cli, const struct ub_details *details);
void render_plan(struct cli *cli, const struct ub_plan *plan);
/** "erase 2 of 12 sectors (32,768 B), write 20,480 B, keep 1,015,808 B". */
void render_plan_sum(const struct ub_plan *plan, char *to, size_t size);
void render_backup(struct cli *cli, const struct ub_backup_info *backup);
/** One line for each backup. */
void render_backups(struct cli *cli, const struct ub_backup_info *backups, size_t count);
void render_explanation(struct cli *cli, const struct ub_explanation *explanation);
/** One line for each error there is. */
void render_catalogue(struct cli *cli);
/** One line for each device; `change` as in "attached", or NULL. */
void render_devices(struct cli *cli, const struct ub_device *devices, size_t count,
                    const char *change);

/** A line "  name        text", the text wrapped. */
void render_fact(struct cli *cli, const char *name, const char *text);
/** The same with a style for the text. */
void render_styled_fact(struct cli *cli, enum term_style style, const char *name, const char *text);

#endif
