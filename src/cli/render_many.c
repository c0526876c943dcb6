/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE /* strverscmp */
#include "render_many.h"

#include "fault.h"
#include "format.h"
#include "interrupt.h"
#include "json.h"
#include "render.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REDRAW_MS  100 /* ten times a second is as fast as anyone reads */
#define BAR        20
#define BAR_MIN    6
#define LINE_TEXT  512
#define PORT_WIDTH 8 /* at least; a longer port makes the column wider */
/* "verify     100 %  2 min 05 s left" */
#define STEP_WIDTH 7

/** A device that is under way. */
struct row {
    char port[UB_PORT_TEXT];
    enum ub_step step;
    uint64_t done;
    uint64_t total;
    uint64_t left_us;
    bool waits; /**< left_us is how long the device may still be busy */
};

/** What is shown of several devices. */
struct cli_many {
    bool watch;
    bool plan;
    size_t port_width;          /**< of the column of ports */
    char image[LINE_TEXT];      /**< told before the ports are known, and not shown yet; or "" */
    struct ub_device *left_out; /**< not shown yet; owned */
    size_t left_out_count;
    struct row *rows; /**< owned; in the order of their ports */
    size_t count;
    size_t room;
    size_t done;
    size_t failed;
    size_t expected;   /**< devices that are waited for; 0: none */
    size_t there;      /**< of these */
    unsigned drawn;    /**< lines of the moving block on the screen */
    uint64_t drawn_ms; /**< when it was drawn last (monotonic) */
};

enum ub_code render_many_open(struct cli *cli, bool watch, bool plan, struct ub_error *err)
{
    cli->many = calloc(1, sizeof(*cli->many));
    if (cli->many == NULL) {
        return cli_fail_memory(err);
    }
    cli->many->watch = watch;
    cli->many->plan = plan;
    cli->many->port_width = PORT_WIDTH;
    return UB_OK;
}

static void clear(struct cli *cli)
{
    if (cli->many->drawn > 0) {
        term_clear_block(&cli->term, cli->many->drawn);
        cli->many->drawn = 0;
    }
}

static struct row *row_at(struct cli_many *many, const char *port)
{
    for (size_t i = 0; i < many->count; i++) {
        if (strcmp(many->rows[i].port, port) == 0) {
            return &many->rows[i];
        }
    }
    return NULL;
}

/** The row of that port, a new one if need be; NULL when out of memory: then it is not shown. */
static struct row *make_row(struct cli_many *many, const char *port)
{
    struct row *row = row_at(many, port);
    if (row != NULL) {
        return row;
    }
    if (many->count == many->room) {
        size_t room = many->room > 0 ? many->room * 2 : 16;
        struct row *rows = realloc(many->rows, room * sizeof(*rows));
        if (rows == NULL) {
            return NULL;
        }
        many->rows = rows;
        many->room = room;
    }
    size_t at = many->count++;
    while (at > 0 && strverscmp(many->rows[at - 1].port, port) > 0) {
        many->rows[at] = many->rows[at - 1];
        at--;
    }
    many->port_width = strlen(port) > many->port_width ? strlen(port) : many->port_width;
    struct row fresh;
    memset(&fresh, 0, sizeof(fresh));
    (void)snprintf(fresh.port, sizeof(fresh.port), "%s", port);
    many->rows[at] = fresh;
    return &many->rows[at];
}

static void drop_row(struct cli_many *many, const char *port)
{
    struct row *row = row_at(many, port);
    if (row != NULL) {
        size_t behind = many->count - (size_t)(row - many->rows) - 1;
        memmove(row, row + 1, behind * sizeof(*row));
        many->count--;
    }
}

static void bar_text(char *to, size_t size, const struct row *row, size_t width)
{
    size_t filled = row->done >= row->total
                        ? width
                        : (size_t)((double)row->done * (double)width / (double)row->total);
    size_t at = 0;
    to[0] = '\0';
    for (size_t i = 0; i < width && at + 4 < size; i++) {
        at += (size_t)snprintf(to + at, size - at, "%s", i < filled ? "█" : "░");
    }
}

/** What is left of the step, as far as it is known. */
static void tail_text(char *to, size_t size, const struct row *row)
{
    char left[FORMAT_TEXT] = "";
    unsigned share = row->total == 0 ? 0
                     : row->done >= row->total
                         ? 100
                         : (unsigned)((double)row->done * 100 / (double)row->total);
    if (row->left_us > 0) {
        (void)format_duration(left, row->left_us);
    }
    if (row->waits) {
        (void)snprintf(to, size, "busy, at most %s", left);
    } else if (row->total > 0) {
        (void)snprintf(to, size, "%3u %%  %s%s", share, left, left[0] != '\0' ? " left" : "");
    } else {
        to[0] = '\0';
    }
}

static void draw_row(struct cli *cli, const struct row *row, size_t columns)
{
    char bar[BAR * 4 + 1];
    char tail[LINE_TEXT];
    struct term_stream *out = &cli->term.out;
    /* " ▸ port  step  bar  tail" */
    const size_t width = cli->many->port_width;
    size_t taken = 3 + width + 1 + STEP_WIDTH + 1;
    tail_text(tail, sizeof(tail), row);
    term_print(out, TERM_PLAIN, " ");
    term_mark(out, TERM_MARK_ACTIVE);
    term_print(out, TERM_PLAIN, " ");
    term_pad(out, TERM_BOLD, row->port, width);
    term_print(out, TERM_PLAIN, " %-*s", STEP_WIDTH, ub_step_name(row->step));
    size_t room = columns > taken + 1 ? columns - taken - 1 : 0;
    if (row->total > 0 && !row->waits && room >= BAR_MIN + 1 + term_width(tail)) {
        size_t most = room - term_width(tail) - 1;
        bar_text(bar, sizeof(bar), row, most < BAR ? most : BAR);
        term_print(out, TERM_ACTIVE, " %s", bar);
        term_print(out, TERM_PLAIN, " %s", tail);
    } else if (room >= term_width(tail)) {
        term_print(out, TERM_PLAIN, " %s", tail);
    }
    term_print(out, TERM_PLAIN, "\n");
}

static void sum_text(char *to, size_t size, const struct cli_many *many)
{
    char failed[FORMAT_TEXT] = "";
    if (many->expected > 0) {
        (void)snprintf(to, size, "%zu of %zu devices are there", many->there, many->expected);
        return;
    }
    if (many->failed > 0) {
        (void)snprintf(failed, sizeof(failed), "%zu failed, ", many->failed);
    }
    (void)snprintf(to, size, "%zu done, %s%zu under way", many->done, failed, many->count);
}

/** Draws the block: as many devices as the screen has lines for, and a line for all. */
static void draw(struct cli *cli)
{
    char text[LINE_TEXT];
    struct cli_many *many = cli->many;
    struct term_stream *out = &cli->term.out;
    const size_t columns = term_columns(out);
    const size_t lines = term_lines(out);
    const size_t most = lines > 3 ? lines - 3 : 1;
    const size_t shown = many->count < most ? many->count : most;
    clear(cli);
    for (size_t i = 0; i < shown; i++) {
        draw_row(cli, &many->rows[i], columns);
    }
    sum_text(text, sizeof(text), many);
    term_print(out, TERM_PLAIN, " ");
    term_mark(out, TERM_MARK_ACTIVE);
    term_print(out, TERM_PLAIN, " %s", text);
    if (shown < many->count) {
        term_print(out, TERM_DIM, ", %zu not shown", many->count - shown);
    }
    term_print(out, TERM_DIM, "%s\n",
               interrupt_seen() ? "; stopping after the blocks in hand"
               : many->watch    ? "; Ctrl-C ends it"
                                : "");
    term_flush(out);
    many->drawn = (unsigned)shown + 1;
    many->drawn_ms = cli_now_ms();
}

static void draw_if_due(struct cli *cli)
{
    if (cli->term.moving && !cli->quiet &&
        (cli->many->drawn == 0 || cli_now_ms() - cli->many->drawn_ms >= REDRAW_MS)) {
        draw(cli);
    }
}

/** A line that stays: mark, port, what. */
static void line(struct cli *cli, enum term_mark mark, const char *port, const char *text)
{
    struct term_stream *out = &cli->term.out;
    enum term_style style = mark == TERM_MARK_SKIPPED   ? TERM_DIM
                            : mark == TERM_MARK_WARNING ? TERM_WARN
                            : mark == TERM_MARK_FAILED  ? TERM_BAD
                                                        : TERM_PLAIN;
    clear(cli);
    term_print(out, TERM_PLAIN, " ");
    term_mark(out, mark);
    term_print(out, TERM_PLAIN, " ");
    term_pad(out, TERM_BOLD, port, cli->many->port_width);
    term_print(out, TERM_PLAIN, " ");
    term_wrap(out, style, 4 + cli->many->port_width, term_text_columns(out), text);
    term_print(out, TERM_PLAIN, "\n");
    term_flush(out);
}

/** A line about a device or the image, with the name of a step. */
static void named_line(struct cli *cli, enum term_mark mark, const char *port, enum ub_step step,
                       const char *what)
{
    char text[LINE_TEXT + STEP_WIDTH + 2];
    (void)snprintf(text, sizeof(text), "%-*s %s", STEP_WIDTH, ub_step_name(step), what);
    line(cli, mark, port, text);
}

/** A step of a device, as a line of its own. */
static void step_line(struct cli *cli, enum term_mark mark, const struct ub_event *event)
{
    named_line(cli, mark, event->port, event->step, event->text);
}

/** Shows what waited until the width of the ports was known. */
static void show_held(struct cli *cli)
{
    struct cli_many *many = cli->many;
    if (many->image[0] != '\0') {
        named_line(cli, TERM_MARK_DONE, "", UB_STEP_IMAGE, many->image);
        many->image[0] = '\0';
    }
    for (size_t i = 0; i < many->left_out_count; i++) {
        char text[LINE_TEXT];
        char id[FORMAT_TEXT];
        const struct ub_device *device = &many->left_out[i];
        (void)snprintf(text, sizeof(text), "left out, as its firmware runs; id=%s would include it",
                       format_id(id, device));
        named_line(cli, TERM_MARK_SKIPPED, device->port, UB_STEP_DEVICE, text);
    }
    many->left_out_count = 0;
}

void render_many_close(struct cli *cli)
{
    if (cli->many == NULL) {
        return;
    }
    render_many_clear(cli);
    free(cli->many->left_out);
    free(cli->many->rows);
    free(cli->many);
    cli->many = NULL;
}

void render_many_clear(struct cli *cli)
{
    if (cli->many != NULL) {
        show_held(cli);
        clear(cli);
    }
}

/** Keeps the device's row up to date. True if it is new: the device was begun. */
static bool note(struct cli_many *many, const struct ub_event *event)
{
    const size_t before = many->count;
    struct row *row = make_row(many, event->port);
    if (row == NULL) {
        return false;
    }
    row->step = event->step;
    row->done = event->done;
    row->total = event->total;
    row->left_us = event->left_us;
    row->waits = event->kind == UB_EVENT_WAIT;
    return many->count > before;
}

/** What concerns none of the devices: the image, and waiting for devices. */
static void general(struct cli *cli, const struct ub_event *event)
{
    struct cli_many *many = cli->many;
    if (event->kind == UB_EVENT_WAIT) {
        many->expected = (size_t)event->total;
        many->there = (size_t)event->done;
    } else if (event->kind == UB_EVENT_DONE) {
        many->expected = 0;
    }
    if (cli->quiet || event->kind == UB_EVENT_PROGRESS || event->kind == UB_EVENT_WAIT) {
        return;
    }
    /* while devices are waited for, the first line says so where nothing moves */
    if (event->kind == UB_EVENT_BEGIN && (event->step == UB_STEP_IMAGE || cli->term.moving)) {
        return;
    }
    if (event->step == UB_STEP_IMAGE && event->kind == UB_EVENT_DONE) {
        (void)snprintf(many->image, sizeof(many->image), "%s", event->text);
        return;
    }
    show_held(cli);
    step_line(cli,
              event->kind == UB_EVENT_BEGIN     ? TERM_MARK_ACTIVE
              : event->kind == UB_EVENT_WARNING ? TERM_MARK_WARNING
                                                : TERM_MARK_DONE,
              event);
}

void render_many_event(struct cli *cli, const struct ub_event *event)
{
    const bool steps = !cli->term.moving && !cli->quiet && !cli->many->plan;
    if (event->port[0] == '\0') {
        general(cli, event);
    } else {
        show_held(cli);
        const bool begun = note(cli->many, event);
        if (steps && begun && event->kind == UB_EVENT_BEGIN) {
            step_line(cli, TERM_MARK_ACTIVE, event);
        } else if (event->kind == UB_EVENT_WARNING) {
            step_line(cli, TERM_MARK_WARNING, event);
        } else if (steps && event->kind == UB_EVENT_DONE) {
            step_line(cli, TERM_MARK_DONE, event);
        } else if (steps && event->kind == UB_EVENT_SKIPPED) {
            step_line(cli, TERM_MARK_SKIPPED, event);
        }
    }
    if (event->step != UB_STEP_IMAGE) {
        draw_if_due(cli);
    }
}

void render_many_found(void *user, const struct ub_device *device, bool taken)
{
    struct cli *cli = user;
    struct cli_many *many = cli->many;
    const size_t width = strlen(device->port);
    if (cli->json) {
        if (!taken) {
            json_line(cli, "left-out", json_of_device(device));
        }
        return;
    }
    many->port_width = width > many->port_width ? width : many->port_width;
    if (taken || cli->quiet) {
        return;
    }
    struct ub_device *more = realloc(many->left_out,
                                     (many->left_out_count + 1) * sizeof(*many->left_out));
    if (more != NULL) { /* else the end tells of it alone */
        many->left_out = more;
        many->left_out[many->left_out_count++] = *device;
    }
}

/** Takes a device that is over out of the block, and leaves a line of it. */
static void end_row(struct cli *cli, const struct ub_many_item *item, const char *text)
{
    const bool good = item->error.code == UB_OK;
    const char *port = item->result.port;
    show_held(cli);
    drop_row(cli->many, port);
    cli->many->done += good;
    cli->many->failed += !good;
    if (!good || !cli->quiet || cli->many->plan) {
        line(cli, good ? TERM_MARK_DONE : TERM_MARK_FAILED, port, text);
    }
    draw_if_due(cli);
}

static void json_plan(struct cli *cli, const struct ub_many_item *item, const struct ub_plan *plan)
{
    json_t *object = plan != NULL ? json_of_plan(plan) : json_object();
    (void)json_object_set_new(object, "port", json_of_text(item->result.port));
    (void)json_object_set_new(object, "device", json_of_device(&item->result.device));
    (void)json_object_set_new(object, "error",
                              plan != NULL ? json_null() : json_of_error(&item->error));
    json_line(cli, "plan", object);
}

void render_many_planned(void *user, const struct ub_many_item *item, const struct ub_plan *plan)
{
    char text[LINE_TEXT];
    char sum[LINE_TEXT - FORMAT_TEXT * 2];
    char what[FORMAT_TEXT];
    struct cli *cli = user;
    const char *family = item->result.device.family;
    if (cli->json) {
        json_plan(cli, item, plan);
        return;
    }
    if (plan == NULL) {
        (void)snprintf(text, sizeof(text), "%s: %s", render_many_outcome(what, item),
                       item->error.message);
    } else {
        render_plan_sum(plan, sum, sizeof(sum));
        (void)snprintf(
            text, sizeof(text), "%-10s %s%s%s", family != NULL && family[0] != '\0' ? family : "-",
            sum, item->result.predicted_us > 0 ? ", about " : "",
            item->result.predicted_us > 0 ? format_duration(what, item->result.predicted_us) : "");
    }
    end_row(cli, item, text);
    if (plan != NULL && cli->verbose) {
        clear(cli);
        render_plan(cli, plan);
    }
}

void render_many_finished(void *user, const struct ub_many_item *item)
{
    char text[LINE_TEXT];
    char what[FORMAT_TEXT];
    char time[FORMAT_TEXT];
    struct cli *cli = user;
    const bool good = item->error.code == UB_OK;
    if (cli->json) {
        json_line(cli, "finished", json_of_item(item));
        return;
    }
    (void)snprintf(text, sizeof(text), "%s%s%s", render_many_outcome(what, item),
                   good ? " in " : ": ",
                   good ? format_duration(time, item->result.total_us) : item->error.message);
    end_row(cli, item, text);
}
