/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A plan as text: what happens to which range, and what it costs. */
#include "format.h"
#include "json.h"
#include "render.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rows of one action that are shown each by itself, unless --verbose: a device may have thousands
 * of small sectors, of which every other one changes. */
#define ROWS_SHOWN 12
#define WAY_INDENT 34

/** One line of the table: neighbouring steps of the same kind, taken together. */
struct row {
    struct ub_plan_step step;
    size_t steps;
    size_t folded; /**< ranges that it stands for, if it stands for what is not shown */
};

static const char *action_title(enum ub_plan_action action)
{
    switch (action) {
    case UB_PLAN_ERASE_ALL:
        return "erase all";
    case UB_PLAN_BLANK:
        return "blank";
    case UB_PLAN_KEEP:
    case UB_PLAN_ERASE:
    case UB_PLAN_WRITE:
        break;
    }
    return format_action(action);
}

static int rank(enum ub_plan_action action)
{
    static const int ranks[] = {
        [UB_PLAN_ERASE_ALL] = 0, [UB_PLAN_ERASE] = 1, [UB_PLAN_WRITE] = 2,
        [UB_PLAN_BLANK] = 3,     [UB_PLAN_KEEP] = 4,
    };
    return ranks[action];
}

static int compare(const void *a, const void *b)
{
    const struct ub_plan_step *x = &((const struct row *)a)->step;
    const struct ub_plan_step *y = &((const struct row *)b)->step;
    if (x->action != y->action) {
        return rank(x->action) < rank(y->action) ? -1 : 1;
    }
    if (x->alt != y->alt) {
        return x->alt < y->alt ? -1 : 1;
    }
    return x->address < y->address ? -1 : x->address > y->address ? 1 : 0;
}

static bool joins(const struct row *row, const struct ub_plan_step *step)
{
    return row->step.action == step->action && row->step.alt == step->alt &&
           row->step.irreversible == step->irreversible &&
           row->step.address + row->step.length == step->address;
}

/** Reads the steps, sorts them for reading and joins neighbours. NULL if memory is out. */
static struct row *gather(const struct ub_plan *plan, size_t count, size_t *rows)
{
    struct row *all = calloc(count > 0 ? count : 1, sizeof(*all));
    size_t read = 0;
    *rows = 0;
    if (all == NULL) {
        return NULL;
    }
    while (read < count && ub_plan_step(plan, read, &all[read].step)) {
        all[read].steps = 1;
        read++;
    }
    qsort(all, read, sizeof(*all), compare);
    for (size_t i = 0; i < read; i++) {
        struct row *last = *rows > 0 ? &all[*rows - 1] : NULL;
        if (last != NULL && joins(last, &all[i].step)) {
            last->step.length += all[i].step.length;
            last->step.predicted_us += all[i].step.predicted_us;
            last->steps += all[i].steps;
        } else {
            all[(*rows)++] = all[i];
        }
    }
    return all;
}

/** Takes what one action has beyond the rows shown into one row that sums it up. */
static size_t fold(struct row *rows, size_t count)
{
    size_t kept = 0;
    size_t alike = 0;
    for (size_t i = 0; i < count; i++) {
        const struct row *row = &rows[i];
        struct row *last = kept > 0 ? &rows[kept - 1] : NULL;
        alike = last != NULL && last->step.action == row->step.action ? alike + 1 : 1;
        if (last == NULL || alike <= ROWS_SHOWN) {
            rows[kept++] = *row;
            continue;
        }
        last->folded += last->folded == 0 ? 2 : 1;
        last->step.length += row->step.length;
        last->step.predicted_us += row->step.predicted_us;
    }
    return kept;
}

static const char *row_range(const struct row *row, char *text)
{
    char number[FORMAT_TEXT];
    if (row->step.action == UB_PLAN_ERASE_ALL) { /* it has no range */
        return "everything";
    }
    if (row->folded == 0) {
        return format_range(text, row->step.address, row->step.length);
    }
    (void)snprintf(text, FORMAT_TEXT, "%s more ranges", format_grouped(number, row->folded));
    return text;
}

static void show_row(struct cli *cli, const struct row *row)
{
    char range[FORMAT_TEXT];
    char length[FORMAT_TEXT];
    char time[FORMAT_TEXT] = "-";
    const struct ub_plan_step *step = &row->step;
    enum term_style style = step->irreversible             ? TERM_BAD
                            : step->action == UB_PLAN_KEEP ? TERM_DIM
                                                           : TERM_PLAIN;
    if (step->predicted_us > 0) {
        (void)format_duration(time, step->predicted_us);
    }
    bool everything = step->action == UB_PLAN_ERASE_ALL;
    term_print(&cli->term.out, style, "  %-9s  %3u  %-21s  %11s %s  %11s%s\n",
               action_title(step->action), step->alt, row_range(row, range),
               everything ? "" : format_grouped(length, step->length), everything ? " " : "B", time,
               step->irreversible ? "  cannot be undone" : "");
}

/** The bytes of all steps of one kind. */
static uint64_t bytes_of(const struct ub_plan *plan, enum ub_plan_action action)
{
    struct ub_plan_step step;
    uint64_t sum = 0;
    for (size_t i = 0; ub_plan_step(plan, i, &step); i++) {
        sum += step.action == action ? step.length : 0;
    }
    return sum;
}

static bool erases_all(const struct ub_plan *plan)
{
    struct ub_plan_step step;
    for (size_t i = 0; ub_plan_step(plan, i, &step); i++) {
        if (step.action == UB_PLAN_ERASE_ALL) {
            return true;
        }
    }
    return false;
}

void render_plan_sum(const struct ub_plan *plan, char *to, size_t size)
{
    char a[FORMAT_TEXT];
    char b[FORMAT_TEXT];
    char c[FORMAT_TEXT];
    char blank[FORMAT_TEXT * 2] = "";
    struct ub_plan_info info;
    uint64_t unsent = bytes_of(plan, UB_PLAN_BLANK);
    ub_plan_info(plan, &info);
    if (info.nothing_to_do) {
        (void)snprintf(to, size, "nothing to do: the device already holds the image");
        return;
    }
    if (unsent > 0) {
        (void)snprintf(blank, sizeof(blank), ", leave %s B blank", format_grouped(a, unsent));
    }
    if (erases_all(plan)) {
        (void)snprintf(to, size, "erase everything, write %s B%s",
                       format_grouped(a, info.bytes_written), blank);
    } else if (info.sectors_total == 0) { /* no sectors that anybody could count */
        (void)snprintf(to, size, "write %s B as one stream", format_grouped(a, info.bytes_written));
    } else {
        (void)snprintf(to, size, "erase %zu of %zu sectors (%s B), write %s B%s, keep %s B",
                       info.sectors_erased, info.sectors_total,
                       format_grouped(c, bytes_of(plan, UB_PLAN_ERASE)),
                       format_grouped(a, info.bytes_written), blank,
                       format_grouped(b, info.bytes_kept));
    }
}

static void show_sums(struct cli *cli, const struct ub_plan *plan, const struct ub_plan_info *info)
{
    char a[FORMAT_TEXT];
    char more[FORMAT_TEXT];
    char text[FORMAT_TEXT * 8];
    render_plan_sum(plan, text, sizeof(text));
    render_fact(cli, "sum", text);
    if (info->nothing_to_do) {
        return;
    }
    if (info->bytes_preserved > 0) {
        (void)snprintf(text, sizeof(text),
                       "%s B beside the image, in the same sectors, keep what they hold",
                       format_grouped(a, info->bytes_preserved));
        render_fact(cli, "preserved", text);
    }
    (void)snprintf(text, sizeof(text), "about %s to erase, write and verify%s%s%s",
                   format_duration(a, info->predicted_us),
                   info->may_add_us > 0 ? ", and may take up to " : "",
                   info->may_add_us > 0 ? format_duration(more, info->may_add_us) : "",
                   info->may_add_us > 0 ? " to take it in" : "");
    render_fact(cli, "time", text);
    render_fact(cli, "verified by",
                info->read_back ? "reading it back"
                                : "nothing but the device's own word: it cannot be read");
}

/** The ways that were considered, with their prices. */
static void show_ways(struct cli *cli, const struct ub_plan *plan)
{
    char time[FORMAT_TEXT];
    char text[FORMAT_TEXT * 2];
    struct term_stream *out = &cli->term.out;
    struct ub_plan_choice choice;
    if (ub_plan_choice(plan, 0, &choice)) {
        term_print(out, TERM_DIM, "  %-15s  %11s  %s\n", "WAY", "TIME", "WHY");
    }
    for (size_t i = 0; ub_plan_choice(plan, i, &choice); i++) {
        enum term_style style = choice.chosen ? TERM_GOOD : TERM_DIM;
        const char *verdict = choice.chosen ? "chosen" : choice.allowed ? "" : "not allowed";
        (void)snprintf(text, sizeof(text), "%s%s%s", verdict,
                       verdict[0] != '\0' && choice.why[0] != '\0' ? ": " : "", choice.why);
        term_print(out, style, "  %-15s  %11s  ", choice.way,
                   format_duration(time, choice.predicted_us));
        term_wrap(out, style, WAY_INDENT - 2, term_text_columns(out), text);
        term_print(out, TERM_PLAIN, "\n");
    }
}

/** What is written last although it does not lie last: the part that makes the device bootable. */
static void show_last(struct cli *cli, const struct ub_plan *plan)
{
    char range[FORMAT_TEXT];
    char text[FORMAT_TEXT * 2];
    struct ub_plan_step step;
    struct ub_plan_step last;
    uint64_t highest = 0;
    memset(&last, 0, sizeof(last));
    for (size_t i = 0; ub_plan_step(plan, i, &step); i++) {
        if (step.action == UB_PLAN_WRITE) {
            highest = step.address > highest ? step.address : highest;
            last = step;
        }
    }
    if (last.length > 0 && last.address < highest) {
        (void)snprintf(text, sizeof(text), "%s, so that a cut leaves a device that can be flashed",
                       format_range(range, last.address, last.length));
        render_fact(cli, "last", text);
    }
}

void render_plan(struct cli *cli, const struct ub_plan *plan)
{
    struct ub_plan_info info;
    size_t count = 0;
    if (cli->json) {
        json_line(cli, "plan", json_of_plan(plan));
        return;
    }
    ub_plan_info(plan, &info);
    struct row *rows = gather(plan, info.step_count, &count);
    if (rows != NULL && !cli->verbose) {
        count = fold(rows, count);
    }
    if (rows != NULL && count > 0) {
        term_print(&cli->term.out, TERM_DIM, "  %-9s  %3s  %-21s  %13s  %11s\n", "ACTION", "ALT",
                   "RANGE", "LENGTH", "TIME");
    }
    for (size_t i = 0; rows != NULL && i < count; i++) {
        show_row(cli, &rows[i]);
    }
    free(rows);
    show_last(cli, plan);
    show_sums(cli, plan, &info);
    if (info.needs_no_backup) {
        render_fact(cli, "backup", "no backup can be made: flash needs --no-backup");
    }
    show_ways(cli, plan);
}
