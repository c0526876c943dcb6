/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The steps of a procedure as text: a line for each step done, and on a terminal one that moves. */
#include "format.h"
#include "json.h"
#include "render.h"
#include "render_many.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define INDENT       13  /* " ✓ write     " */
#define REDRAW_MS    100 /* ten times a second is as fast as anyone reads */
#define BAR_MAX      24
#define BAR_MIN      6
#define LONG_WAIT_US 1000000
#define TAIL_TEXT    512

static void begin_line(struct cli *cli, enum term_mark mark, enum ub_step step)
{
    struct term_stream *out = &cli->term.out;
    term_print(out, TERM_PLAIN, " ");
    term_mark(out, mark);
    term_print(out, TERM_PLAIN, " %-9s ", ub_step_name(step));
}

static void line(struct cli *cli, enum term_mark mark, enum ub_step step, const char *text)
{
    struct term_stream *out = &cli->term.out;
    enum term_style style = mark == TERM_MARK_SKIPPED   ? TERM_DIM
                            : mark == TERM_MARK_WARNING ? TERM_WARN
                                                        : TERM_PLAIN;
    term_clear_line(&cli->term);
    begin_line(cli, mark, step);
    term_wrap(out, style, INDENT, term_text_columns(out), text);
    term_print(out, TERM_PLAIN, "\n");
    term_flush(out);
}

/** True if the moving line may be drawn now. */
static bool due(struct cli *cli)
{
    uint64_t now = cli_now_ms();
    if (!cli->term.moving || cli->quiet) {
        return false;
    }
    if (cli->term.pending && now - cli->progress.drawn_ms < REDRAW_MS) {
        return false;
    }
    cli->progress.drawn_ms = now;
    return true;
}

/** Hundredths done. */
static unsigned share(const struct ub_event *event)
{
    if (event->done >= event->total) {
        return 100;
    }
    return (unsigned)(event->total > UINT64_MAX / 100 ? event->done / (event->total / 100)
                                                      : event->done * 100 / event->total);
}

/**
 * The longest tail of a progress line that fits into `room` columns. Its parts keep their width
 * while numbers grow and shrink, so that the bar beside it stays where it is.
 */
static void tail_text(char *to, const struct ub_event *event, size_t room)
{
    char done[FORMAT_TEXT];
    char total[FORMAT_TEXT];
    char rate[FORMAT_TEXT] = "";
    char left[FORMAT_TEXT * 2] = "";
    char time[FORMAT_TEXT];
    (void)format_grouped(done, event->done);
    (void)format_grouped(total, event->total);
    if (event->rate > 0) {
        (void)format_rate(rate, event->rate);
    }
    if (event->left_us > 0) {
        (void)snprintf(left, sizeof(left), "%s left", format_duration(time, event->left_us));
    }
    (void)snprintf(to, TAIL_TEXT, "%3u %%  %*s of %s B  %8s  %11s", share(event),
                   (int)strlen(total), done, total, rate, left);
    if (term_width(to) > room) {
        (void)snprintf(to, TAIL_TEXT, "%3u %%  %11s", share(event), left);
    }
    if (term_width(to) > room) {
        (void)snprintf(to, TAIL_TEXT, "%3u %%", share(event));
    }
}

static void draw_bar(struct cli *cli, const struct ub_event *event, size_t width)
{
    char bar[4 * BAR_MAX + 1] = ""; /* a character of the bar is three bytes of UTF-8 */
    size_t filled = event->done >= event->total
                        ? width
                        : (size_t)((double)event->done * (double)width / (double)event->total);
    size_t at = 0;
    for (size_t i = 0; i < width && at + 4 < sizeof(bar); i++) {
        at += (size_t)snprintf(bar + at, sizeof(bar) - at, "%s", i < filled ? "█" : "░");
    }
    term_print(&cli->term.out, TERM_ACTIVE, "%s", bar);
    term_print(&cli->term.out, TERM_PLAIN, " ");
}

static void draw_progress(struct cli *cli, const struct ub_event *event)
{
    char tail[TAIL_TEXT];
    size_t columns = term_columns(&cli->term.out);
    size_t room = columns > INDENT + 4 ? columns - INDENT - 4 : 0; /* room for an echoed ^C */
    if (event->total == 0 || !due(cli)) {
        return;
    }
    tail_text(tail, event, room > BAR_MIN + 1 ? room - BAR_MIN - 1 : room);
    size_t taken = term_width(tail) + 1;
    size_t width = room > taken ? room - taken : 0;
    term_clear_line(&cli->term);
    begin_line(cli, TERM_MARK_ACTIVE, event->step);
    if (width >= BAR_MIN) {
        draw_bar(cli, event, width > BAR_MAX ? BAR_MAX : width);
    }
    term_print(&cli->term.out, TERM_PLAIN, "%s", tail);
    term_flush(&cli->term.out);
    cli->term.pending = true;
}

/** A line that will be rewritten, cut to one row. */
static void draw_line(struct cli *cli, enum ub_step step, const char *text)
{
    size_t columns = term_columns(&cli->term.out);
    term_clear_line(&cli->term);
    begin_line(cli, TERM_MARK_ACTIVE, step);
    if (INDENT + term_width(text) < columns) {
        term_print(&cli->term.out, TERM_DIM, "%s", text);
    }
    term_flush(&cli->term.out);
    cli->term.pending = true;
}

static void draw_wait(struct cli *cli, const struct ub_event *event)
{
    char left[FORMAT_TEXT];
    char text[TAIL_TEXT];
    if (event->left_us <= LONG_WAIT_US || !due(cli)) {
        return;
    }
    (void)snprintf(text, sizeof(text), "%s: at most %s more",
                   event->text[0] != '\0' ? event->text : "the device is busy",
                   format_duration(left, event->left_us));
    draw_line(cli, event->step, text);
}

static void begin_step(struct cli *cli, const struct ub_event *event)
{
    cli->progress.open = true;
    cli->progress.step = event->step;
    cli->progress.done = 0;
    cli->progress.total = event->total;
    if (cli->term.moving && !cli->quiet && !cli->silent) {
        cli->progress.drawn_ms = 0;
        draw_line(cli, event->step, event->text);
        cli->progress.drawn_ms = 0; /* the first progress follows at once */
    }
}

static void show_event(struct cli *cli, const struct ub_event *event)
{
    bool shown = !cli->quiet && !cli->silent;
    switch (event->kind) {
    case UB_EVENT_BEGIN:
        begin_step(cli, event);
        break;
    case UB_EVENT_PROGRESS:
        cli->progress.done = event->done;
        cli->progress.total = event->total;
        draw_progress(cli, event);
        break;
    case UB_EVENT_WAIT:
        draw_wait(cli, event);
        break;
    case UB_EVENT_WARNING:
        line(cli, TERM_MARK_WARNING, event->step, event->text);
        break;
    case UB_EVENT_DONE:
    case UB_EVENT_SKIPPED:
        cli->progress.open = false;
        term_clear_line(&cli->term);
        if (shown) {
            line(cli, event->kind == UB_EVENT_DONE ? TERM_MARK_DONE : TERM_MARK_SKIPPED,
                 event->step, event->text);
        }
        break;
    }
}

void render_event(void *user, const struct ub_event *event)
{
    struct cli *cli = user;
    if (cli->json) {
        json_line(cli, "event", json_of_event(event));
    } else if (cli->many != NULL) {
        render_many_event(cli, event);
    } else {
        show_event(cli, event);
    }
}
