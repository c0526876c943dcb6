/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The end of a run: an error told so that a person knows what to do, and how the device was left.
 */
#include "format.h"
#include "hint.h"
#include "json.h"
#include "render.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMBERS_MAX 8

/** A numbered or dashed list under a heading. */
static void list(struct cli *cli, const char *heading, const char *const *texts, bool numbered)
{
    struct term_stream *err = &cli->term.err;
    if (texts == NULL || texts[0] == NULL) {
        return;
    }
    term_print(err, TERM_BOLD, "  %s\n", heading);
    for (unsigned i = 0, number = 1; texts[i] != NULL; i++) {
        char text[HINT_TEXT];
        if (!hint_fits(cli, texts[i])) {
            continue;
        }
        if (numbered) {
            term_print(err, TERM_PLAIN, "  %2u. ", number++);
        } else {
            term_print(err, TERM_PLAIN, "   ·  ");
        }
        term_wrap(err, TERM_PLAIN, 6, term_text_columns(err),
                  hint_fill(cli, false, texts[i], text));
        term_print(err, TERM_PLAIN, "\n");
    }
}

static void raw_facts(struct cli *cli, const struct ub_raw_transfer *raw)
{
    struct term_stream *err = &cli->term.err;
    const char *name = format_request(raw->bmRequestType, raw->bRequest);
    if (raw->has_transfer) {
        term_print(err, TERM_DIM, "  %s (0x%02x 0x%02x) wValue %u wIndex %u wLength %u → ",
                   name != NULL ? name : "request", raw->bmRequestType, raw->bRequest, raw->wValue,
                   raw->wIndex, raw->wLength);
        if (raw->actual < 0) {
            term_print(err, TERM_DIM, "failed\n");
        } else {
            term_print(err, TERM_DIM, "%" PRId32 " bytes\n", raw->actual);
        }
    }
    if (raw->has_status) {
        term_print(err, TERM_DIM, "  DFU_GETSTATUS → %s, %s\n", ub_dfu_state_name(raw->bState),
                   ub_dfu_status_name(raw->bStatus));
    }
}

/** How the device was left, in a sentence. */
static const char *left_text(const struct cli *cli, enum ub_left left)
{
    switch (left) {
    case UB_LEFT_UNTOUCHED:
        return "The device was not touched.";
    case UB_LEFT_UNCHANGED:
        return "The device still holds what it held.";
    case UB_LEFT_DONE:
        return cli->words.verb->id == CLI_VERB_ERASE ? "The device is erased as asked."
                                                     : "The device holds the image.";
    case UB_LEFT_INCOMPLETE:
        break;
    }
    return "The device's memory is incomplete. It is in its bootloader, or enters it when it is "
           "plugged in again. Give the same command again: it goes on from what is there.";
}

static void revert_hint(struct cli *cli)
{
    if (!cli->has_result || cli->result.left != UB_LEFT_INCOMPLETE ||
        cli->result.backup[0] == '\0') {
        return;
    }
    char *prefix = cli_command_prefix(cli, true);
    if (prefix != NULL) {
        term_print(&cli->term.err, TERM_PLAIN, "Or go back: %s restore %s%s%s\n", prefix,
                   cli->result.backup, cli->many_result != NULL ? " port=" : "",
                   cli->many_result != NULL ? cli->result.port : "");
    }
    free(prefix);
}

/** Of an archive with several images: the command for each of them. */
static void member_hints(struct cli *cli)
{
    char text[HINT_TEXT];
    struct ub_member *members = NULL;
    size_t count = 0;
    size_t shown = 0;
    struct term_stream *err = &cli->term.err;
    const char *file = cli_argument(&cli->words, 0);
    if (file == NULL || ub_image_members(file, &members, &count, NULL) != UB_OK) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (!members[i].firmware || shown++ >= MEMBERS_MAX) {
            continue;
        }
        if (hint_member(cli, members[i].path, text)) {
            term_print(err, TERM_PLAIN, "%s    %s\n", shown == 1 ? "  Choose one\n" : "", text);
        }
    }
    if (shown > MEMBERS_MAX) {
        term_print(err, TERM_DIM, "    and %zu more\n", shown - MEMBERS_MAX);
    }
    free(members);
}

/** What there is to look into, or to send to somebody. */
static void trace_hint(struct cli *cli)
{
    const char *trace = cli->words.value[CLI_OPT_TRACE];
    if (trace != NULL && cli->context != NULL) {
        term_print(&cli->term.err, TERM_PLAIN, "Every transfer is recorded in %s\n", trace);
    }
}

/** On the steps' side: where the run stopped. */
static void stopped_step(struct cli *cli, enum ub_code code)
{
    char done[FORMAT_TEXT];
    char total[FORMAT_TEXT];
    struct term_stream *out = &cli->term.out;
    term_clear_line(&cli->term);
    if (!cli->progress.open || cli->quiet || cli->silent) {
        return;
    }
    cli->progress.open = false;
    term_print(out, TERM_PLAIN, " ");
    term_mark(out, TERM_MARK_FAILED);
    bool differs = code == UB_VER_MISMATCH || code == UB_VER_NOT_WRITTEN;
    /* a device may have been given back to its firmware since it was compared */
    enum ub_step step = differs ? UB_STEP_VERIFY : cli->progress.step;
    term_print(out, TERM_PLAIN, " %-9s %s", ub_step_name(step), differs ? "differs" : "stopped");
    if (!differs && cli->progress.total > 0) {
        term_print(out, TERM_PLAIN, " at %s of %s B", format_grouped(done, cli->progress.done),
                   format_grouped(total, cli->progress.total));
    }
    term_print(out, TERM_PLAIN, "\n");
    term_flush(out);
}

static void headline(struct cli *cli, const struct ub_error *err,
                     const struct ub_explanation *explanation)
{
    struct term_stream *to = &cli->term.err;
    term_mark(to, TERM_MARK_FAILED);
    if (explanation != NULL) {
        term_print(to, TERM_BAD, " %s", explanation->id);
        term_print(to, TERM_BOLD, "  %s\n", explanation->title);
    } else {
        term_print(to, TERM_BAD, " UB-%d\n", (int)err->code);
    }
}

static enum ub_left how_left(const struct cli *cli)
{
    return cli->has_result ? cli->result.left : UB_LEFT_UNTOUCHED;
}

/** A wrong command line needs no list of causes: the message says it. */
static bool is_usage(enum ub_code code)
{
    return code / 100 == 1;
}

/** The catalogue's lists, or for a wrong command line the place where the right one stands. Who
 * stops a run before anything was written needs neither. */
static void advise(struct cli *cli, const struct ub_error *err,
                   const struct ub_explanation *explanation)
{
    char text[HINT_TEXT];
    struct term_stream *to = &cli->term.err;
    if (is_usage(err->code)) {
        term_print(to, TERM_PLAIN, "  ");
        term_wrap(to, TERM_PLAIN, 2, term_text_columns(to), hint_usage(cli, err->code, text));
        term_print(to, TERM_PLAIN, "\n");
    } else if (explanation != NULL &&
               (err->code != UB_SYS_INTERRUPTED || how_left(cli) == UB_LEFT_INCOMPLETE)) {
        list(cli, "Likely causes", explanation->causes, false);
        list(cli, "What to do", explanation->next, true);
    }
}

static void show_error(struct cli *cli, const struct ub_error *err)
{
    struct term_stream *to = &cli->term.err;
    const struct ub_explanation *explanation = ub_explain(err->code);
    headline(cli, err, explanation);
    term_print(to, TERM_PLAIN, "  ");
    term_wrap(to, TERM_PLAIN, 2, term_text_columns(to), err->message);
    term_print(to, TERM_PLAIN, "\n");
    for (unsigned i = 0; i < err->depth && i < UB_ERROR_DEPTH; i++) {
        term_print(to, TERM_PLAIN, "  ");
        term_wrap(to, TERM_PLAIN, 2, term_text_columns(to), err->context[i]);
        term_print(to, TERM_PLAIN, "\n");
    }
    advise(cli, err, explanation);
    if (err->code == UB_IMG_SEVERAL) {
        member_hints(cli);
    }
    raw_facts(cli, &err->raw);
    if (cli->words.verb->needs_device) {
        term_wrap(to, TERM_BOLD, 0, term_text_columns(to), left_text(cli, how_left(cli)));
        term_print(to, TERM_PLAIN, "\n");
        revert_hint(cli);
    }
    trace_hint(cli);
}

static void show_phase(struct cli *cli, const char *name, const struct ub_phase *phase)
{
    char predicted[FORMAT_TEXT];
    char actual[FORMAT_TEXT];
    if (phase->predicted_us > 0 || phase->actual_us > 0) {
        term_print(&cli->term.out, TERM_DIM, "  %-6s  %11s  predicted %11s\n", name,
                   format_duration(actual, phase->actual_us),
                   format_duration(predicted, phase->predicted_us));
    }
}

/** A device or a cable that had to be asked twice is worth knowing, even if all went well. */
static void show_repeats(struct cli *cli)
{
    const unsigned long long repeats = cli->result.repeats;
    if (repeats == 0 || cli->quiet || !cli->has_result || cli->many_result != NULL) {
        return;
    }
    term_print(&cli->term.out, TERM_PLAIN,
               "%llu block%s or command%s had to be done once more (cable, hub or device)\n",
               repeats, repeats == 1 ? "" : "s", repeats == 1 ? "" : "s");
}

/** For --verbose: what each part of the run took, beside what was foretold. */
static void show_phases(struct cli *cli)
{
    if (!cli->verbose || cli->quiet || !cli->has_result || cli->many_result != NULL) {
        return;
    }
    show_phase(cli, "erase", &cli->result.erase);
    show_phase(cli, "write", &cli->result.write);
    show_phase(cli, "verify", &cli->result.verify);
}

void render_end(struct cli *cli, const struct ub_error *err, int status)
{
    if (cli->json) {
        json_line(cli, "result", json_of_end(cli, err, status));
        return;
    }
    term_clear_line(&cli->term);
    if (err != NULL && err->code != UB_OK) {
        stopped_step(cli, err->code);
        term_flush(&cli->term.out);
        if (cli->told) {
            return;
        }
        show_error(cli, err);
        term_flush(&cli->term.err);
    } else {
        show_repeats(cli);
        show_phases(cli);
    }
}
