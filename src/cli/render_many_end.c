/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The end of a run on several devices: a table, or the sum of their plans. */
#include "format.h"
#include "render_many.h"

#include <stdio.h>
#include <string.h>

#define GAP 2

enum column {
    COLUMN_PORT,
    COLUMN_FAMILY,
    COLUMN_RESULT,
    COLUMN_TIME,
    COLUMN_ACTUAL,
    COLUMN_PREDICTED,
    COLUMN_BACKUP,
    COLUMNS
};

const char *render_many_outcome(char *to, const struct ub_many_item *item)
{
    const struct ub_result *result = &item->result;
    const struct ub_explanation *explanation = ub_explain(item->error.code);
    if (item->error.code != UB_OK) {
        (void)snprintf(to, FORMAT_TEXT, "%s, %s", format_left(result->left),
                       explanation != NULL ? explanation->id : "?");
    } else if (result->bytes_written == 0 && result->sectors_erased == 0) {
        (void)snprintf(to, FORMAT_TEXT, "held it already");
    } else {
        (void)snprintf(to, FORMAT_TEXT, "%s",
                       result->verified ? "verified"
                       : result->proved ? "accepted"
                                        : "written, not read back");
    }
    return to;
}

static const char *duration_or_dash(char *to, uint64_t us)
{
    return us > 0 ? format_duration(to, us) : "-";
}

static const char *cell(const struct ub_many_item *item, enum column column, char *buffer)
{
    const struct ub_result *result = &item->result;
    const char *family = result->device.family;
    switch (column) {
    case COLUMN_PORT:
        return result->port;
    case COLUMN_FAMILY:
        return family != NULL && family[0] != '\0' ? family : "-";
    case COLUMN_RESULT:
        return render_many_outcome(buffer, item);
    case COLUMN_TIME:
        return duration_or_dash(buffer, result->total_us);
    case COLUMN_ACTUAL:
        return duration_or_dash(buffer, result->actual_us);
    case COLUMN_PREDICTED:
        return duration_or_dash(buffer, result->predicted_us);
    case COLUMN_BACKUP:
    case COLUMNS:
        break;
    }
    return result->backup[0] != '\0' ? result->backup : "-";
}

/** Every cell is as wide as the widest of its column; `widths` has room for all columns. On a
 * terminal what does not fit is left out: with width 0, the family first, then the time that the
 * whole took. */
static void measure(const struct term_stream *out, const struct ub_many_result *result,
                    const char *const *titles, size_t *widths)
{
    static const enum column spare[] = {COLUMN_FAMILY, COLUMN_TIME};
    char buffer[FORMAT_TEXT];
    size_t sum = 0;
    for (size_t c = 0; c < COLUMNS; c++) {
        widths[c] = term_width(titles[c]);
        for (size_t i = 0; i < result->count; i++) {
            size_t width = term_width(cell(&result->items[i], (enum column)c, buffer));
            widths[c] = width > widths[c] ? width : widths[c];
        }
        sum += widths[c] + (c + 1 < COLUMNS ? GAP : 0);
    }
    for (size_t i = 0; i < sizeof(spare) / sizeof(spare[0]); i++) {
        if (out->terminal && sum > term_columns(out)) {
            sum -= widths[spare[i]] + GAP;
            widths[spare[i]] = 0;
        }
    }
}

static enum term_style style_of(const struct ub_many_item *item, enum column column)
{
    return column == COLUMN_PORT       ? TERM_BOLD
           : column != COLUMN_RESULT   ? TERM_PLAIN
           : item->error.code == UB_OK ? TERM_GOOD
                                       : TERM_BAD;
}

/** A row; the titles if `item` is NULL. */
static void row(struct cli *cli, const struct ub_many_item *item, const char *const *titles,
                const size_t *widths)
{
    char buffer[FORMAT_TEXT];
    struct term_stream *out = &cli->term.out;
    for (size_t c = 0; c < COLUMNS; c++) {
        const enum column column = (enum column)c;
        if (widths[c] > 0) {
            term_pad(out, item != NULL ? style_of(item, column) : TERM_DIM,
                     item != NULL ? cell(item, column, buffer) : titles[c],
                     c + 1 < COLUMNS ? widths[c] + GAP : 0);
        }
    }
    term_print(out, TERM_PLAIN, "\n");
}

static void left_out(struct cli *cli, const struct ub_many_result *result)
{
    struct term_stream *out = &cli->term.out;
    if (result->left_out_count == 0) {
        return;
    }
    term_print(out, TERM_PLAIN, "%zu left out, in runtime mode:", result->left_out_count);
    for (size_t i = 0; i < result->left_out_count; i++) {
        term_print(out, TERM_PLAIN, "%s %s", i > 0 ? "," : "", result->left_out[i].port);
    }
    term_print(out, TERM_PLAIN, "\n");
}

static void phase(struct cli *cli, const char *port, size_t width, const char *name,
                  const struct ub_phase *phase)
{
    char predicted[FORMAT_TEXT];
    char actual[FORMAT_TEXT];
    if (phase->predicted_us > 0 || phase->actual_us > 0) {
        term_print(&cli->term.out, TERM_DIM, "  %-*s  %-6s  %9s  predicted %9s\n", (int)width, port,
                   name, format_duration(actual, phase->actual_us),
                   format_duration(predicted, phase->predicted_us));
    }
}

/** For --verbose: what each part of each run took, beside what was foretold. */
static void phases(struct cli *cli, const struct ub_many_result *result, size_t width)
{
    for (size_t i = 0; cli->verbose && i < result->count; i++) {
        const struct ub_result *one = &result->items[i].result;
        phase(cli, one->port, width, "erase", &one->erase);
        phase(cli, one->port, width, "write", &one->write);
        phase(cli, one->port, width, "verify", &one->verify);
    }
}

/** "5 of 6 done, the longest in 3.6 s." */
static void last_line(struct cli *cli, const struct ub_many_result *result, const char *what,
                      uint64_t longest, const char *how)
{
    char time[FORMAT_TEXT];
    struct term_stream *out = &cli->term.out;
    term_print(out, result->failed == 0 ? TERM_GOOD : TERM_BAD, "%zu of %zu %s",
               result->count - result->failed, result->count, what);
    if (longest > 0) {
        term_print(out, TERM_PLAIN, ", the longest in %s%s", how, format_duration(time, longest));
    }
    term_print(out, TERM_PLAIN, ".\n");
}

void render_many_table(struct cli *cli, const struct ub_many_result *result)
{
    static const char *const titles[COLUMNS] = {"PORT",   "FAMILY",    "RESULT", "TIME",
                                                "ACTUAL", "PREDICTED", "BACKUP"};
    size_t widths[COLUMNS];
    uint64_t longest = 0;
    if (result->count == 0) {
        return;
    }
    measure(&cli->term.out, result, titles, widths);
    row(cli, NULL, titles, widths);
    for (size_t i = 0; i < result->count; i++) {
        const uint64_t total = result->items[i].result.total_us;
        row(cli, &result->items[i], titles, widths);
        longest = total > longest ? total : longest;
    }
    phases(cli, result, widths[COLUMN_PORT]);
    last_line(cli, result, "done", longest, "");
    left_out(cli, result);
    term_flush(&cli->term.out);
}

void render_many_plans(struct cli *cli, const struct ub_many_result *result)
{
    uint64_t longest = 0;
    if (result->count == 0) {
        return;
    }
    for (size_t i = 0; i < result->count; i++) {
        const uint64_t predicted = result->items[i].result.predicted_us;
        longest = predicted > longest ? predicted : longest;
    }
    last_line(cli, result, "can be flashed", longest, "about ");
    left_out(cli, result);
    term_flush(&cli->term.out);
}
