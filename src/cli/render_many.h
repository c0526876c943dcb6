/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file render_many.h
 * Several devices at once: on a terminal a block of lines that moves, one for each device;
 * elsewhere a line for each step done, with its port in front; and a table at the end.
 */
#ifndef CLI_RENDER_MANY_H
#define CLI_RENDER_MANY_H

#include "cli.h"

/** Begins showing several devices: events go to render_many_event() from now on. `watch`: it has no
 * last device. `plan`: it only plans, so that a device is one line. Errors: UB_SYS_MEMORY. */
enum ub_code render_many_open(struct cli *cli, bool watch, bool plan, struct ub_error *err);
/** Ends it, and takes away what moves. */
void render_many_close(struct cli *cli);

/** An event of one of the devices, or of waiting for them. */
void render_many_event(struct cli *cli, const struct ub_event *event);
/** A device is there, taken or left out; fits struct ub_many_options with a struct cli as `user`.
 */
void render_many_found(void *user, const struct ub_device *device, bool taken);
/** A device's plan, NULL if there is none; likewise. */
void render_many_planned(void *user, const struct ub_many_item *item, const struct ub_plan *plan);
/** A device is done; fits struct ub_many_options with a struct cli as `user`. */
void render_many_finished(void *user, const struct ub_many_item *item);
/** Takes away what moves, so that something else can be written; it comes back with the next event.
 */
void render_many_clear(struct cli *cli);

/** "verified", "incomplete, UB-USB-004": in `to`, of FORMAT_TEXT bytes, which is returned. */
const char *render_many_outcome(char *to, const struct ub_many_item *item);

/** render_many_end.c: the table of all devices, and how many of them are done. */
void render_many_table(struct cli *cli, const struct ub_many_result *result);
/** render_many_end.c: after their plans, how many there are. */
void render_many_plans(struct cli *cli, const struct ub_many_result *result);

#endif
