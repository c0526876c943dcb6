/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verbs that work with an image or change a device. */
#define _POSIX_C_SOURCE 200809L /* what POSIX adds to C11 */
#include "ask.h"
#include "cli.h"
#include "cmd_many.h"
#include "fault.h"
#include "format.h"
#include "render.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/** Opens the image and the context, reads the options, and finds out who vouches for the image:
 * what every verb with IMAGE needs. One that `asks` has to find somebody who can answer. */
static enum ub_code prepare(struct cli *cli, bool asks, struct ub_image **image,
                            struct ub_error *err)
{
    enum ub_code code = cli_flash_options(cli, err);
    if (code == UB_OK) {
        code = cli_open_image(cli, cli_argument(&cli->words, 0), image, err);
    }
    if (code == UB_OK && asks) {
        code = ask_ahead(cli, err);
    }
    if (code == UB_OK) {
        code = cli_context(cli, err);
    }
    return code == UB_OK ? cli_trust(cli, *image, err) : code;
}

/** The bare facts for --verbose. */
static void raw_result(struct cli *cli)
{
    const struct ub_result *result = &cli->result;
    char a[FORMAT_TEXT];
    char b[FORMAT_TEXT];
    if (cli->verbose) {
        term_print(&cli->term.out, TERM_DIM,
                   "  %" PRIu64
                   " control transfers; %s B written, %s B kept, %zu sector%s erased\n",
                   result->transfers, format_grouped(a, result->bytes_written),
                   format_grouped(b, result->bytes_kept), result->sectors_erased,
                   result->sectors_erased == 1 ? "" : "s");
    }
}

/** The command that undoes this one; on a line of its own where `taken` columns leave no room. */
static void way_back(struct cli *cli, size_t taken)
{
    /* a replay's own vault goes with it */
    bool kept = cli->words.value[CLI_OPT_REPLAY] == NULL || cli->words.value[CLI_OPT_VAULT] != NULL;
    char *prefix = cli->result.backup[0] != '\0' && kept ? cli_command_prefix(cli, true) : NULL;
    if (prefix != NULL) {
        size_t width = taken + strlen(" Revert with:  restore ") + term_width(prefix) +
                       strlen(cli->result.backup);
        bool fits = !cli->term.out.terminal || width < term_columns(&cli->term.out);
        term_print(&cli->term.out, TERM_PLAIN, "%sRevert with: %s restore %s", fits ? " " : "\n",
                   prefix, cli->result.backup);
    }
    free(prefix);
}

/** "Done in 3.1 s (predicted 3.0 s)..." after something was written or erased. */
static void tell_written(struct cli *cli)
{
    const struct ub_result *result = &cli->result;
    char total[FORMAT_TEXT];
    char actual[FORMAT_TEXT];
    char predicted[FORMAT_TEXT];
    struct term_stream *out = &cli->term.out;
    if (cli->json) {
        return;
    }
    if (result->bytes_written == 0 && result->sectors_erased == 0) {
        term_print(out, TERM_GOOD, "Nothing to do: %s.\n",
                   cli->words.verb->id == CLI_VERB_ERASE ? "it is blank already"
                                                         : "the device already holds it");
        raw_result(cli);
        return;
    }
    char details[FORMAT_TEXT * 3] = "";
    (void)format_duration(total, result->total_us);
    if (result->predicted_us > 0) {
        (void)snprintf(details, sizeof(details), " (erase, write, verify %s, predicted %s)",
                       format_duration(actual, result->actual_us),
                       format_duration(predicted, result->predicted_us));
    }
    term_print(out, TERM_GOOD, "Done in %s", total);
    term_print(out, TERM_PLAIN, "%s.", details);
    way_back(cli, strlen("Done in .") + strlen(total) + strlen(details));
    term_print(out, TERM_PLAIN, "\n");
    if (!result->verified && cli->words.verb->id != CLI_VERB_ERASE) {
        term_mark(out, TERM_MARK_WARNING);
        term_print(out, TERM_WARN, " not read back: %s\n",
                   result->proved ? "the device accepted the whole, which is all it can tell"
                                  : "this device cannot be read");
    }
    raw_result(cli);
}

static enum ub_code show_plan(struct cli *cli, struct ub_error *err)
{
    struct ub_image *image = NULL;
    struct ub_plan *plan = NULL;
    enum ub_code code = prepare(cli, false, &image, err);
    if (code == UB_OK && cmd_many_wanted(&cli->words)) {
        code = cmd_many_plan(cli, image, err);
        ub_image_close(image);
        return code;
    }
    if (code == UB_OK) {
        code = ub_plan(cli->context, image, cli_argument(&cli->words, 1), &cli->flash, &plan, err);
    }
    if (code == UB_OK) {
        render_plan(cli, plan);
    }
    ub_plan_free(plan);
    ub_image_close(image);
    return code;
}

enum ub_code cmd_plan(struct cli *cli, struct ub_error *err)
{
    return show_plan(cli, err);
}

enum ub_code cmd_flash(struct cli *cli, struct ub_error *err)
{
    struct ub_image *image = NULL;
    enum ub_code code = cmd_many_check(&cli->words, err);
    if (code != UB_OK) {
        return code;
    }
    if (cli_given(&cli->words, CLI_OPT_DRY_RUN)) {
        return show_plan(cli, err);
    }
    code = prepare(cli, true, &image, err);
    if (code == UB_OK && cmd_many_wanted(&cli->words)) {
        code = cmd_many(cli, image, err);
        ub_image_close(image);
        return code;
    }
    if (code == UB_OK) {
        cli->has_result = true;
        code = ub_flash(cli->context, image, cli_argument(&cli->words, 1), &cli->flash,
                        &cli->result, err);
    }
    if (code == UB_OK) {
        tell_written(cli);
    }
    ub_image_close(image);
    return code;
}

enum ub_code cmd_verify(struct cli *cli, struct ub_error *err)
{
    struct ub_image *image = NULL;
    enum ub_code code = prepare(cli, false, &image, err);
    if (code == UB_OK) {
        cli->has_result = true;
        code = ub_verify(cli->context, image, cli_argument(&cli->words, 1), &cli->flash,
                         &cli->result, err);
    }
    if (code == UB_OK && !cli->json) {
        term_print(&cli->term.out, TERM_GOOD, "Identical: the device holds the image.\n");
        raw_result(cli);
    }
    ub_image_close(image);
    return code;
}

/** A file that exists is not replaced; anything that is no regular file may be written to. */
static enum ub_code check_output(const char *file, struct ub_error *err)
{
    struct stat status;
    if (file != NULL && lstat(file, &status) == 0 && S_ISREG(status.st_mode)) {
        return cli_fail(err, UB_SYS_WRITE, "%s exists already and is not overwritten", file);
    }
    return UB_OK;
}

enum ub_code cmd_backup(struct cli *cli, struct ub_error *err)
{
    const char *file = cli->words.value[CLI_OPT_OUTPUT];
    enum ub_code code = cli_flash_options(cli, err);
    if (code == UB_OK) {
        code = check_output(file, err);
    }
    if (code == UB_OK) {
        code = cli_context(cli, err);
    }
    if (code == UB_OK) {
        cli->has_result = true;
        code = ub_backup(cli->context, cli_argument(&cli->words, 0), file, &cli->flash,
                         &cli->result, err);
    }
    if (code == UB_OK && !cli->json) {
        struct term_stream *out = &cli->term.out;
        term_print(out, TERM_GOOD, "Backup %s", cli->result.backup);
        term_print(out, TERM_PLAIN, " in %s%s%s\n", ub_vault_path(cli->context),
                   file != NULL ? ", and in " : "", file != NULL ? file : "");
        raw_result(cli);
    }
    return code;
}

/** [BACKUP] [DEVICE]: one word alone is a backup if it looks like one. */
static enum ub_code restore_arguments(const struct cli *cli, const char **id, const char **device,
                                      struct ub_error *err)
{
    const char *first = cli_argument(&cli->words, 0);
    const char *second = cli_argument(&cli->words, 1);
    *id = NULL;
    *device = second;
    if (first == NULL) {
        return UB_OK;
    }
    if (cli_is_backup_id(first)) {
        *id = first;
    } else if (second == NULL) {
        *device = first;
    } else {
        return cli_fail(err, UB_USE_ARGUMENT,
                        "\"%s\" is not the id of a backup, such as 2026-11-22-01", first);
    }
    return UB_OK;
}

enum ub_code cmd_restore(struct cli *cli, struct ub_error *err)
{
    const char *id = NULL;
    const char *device = NULL;
    enum ub_code code = cli_flash_options(cli, err);
    if (code == UB_OK) {
        code = restore_arguments(cli, &id, &device, err);
    }
    if (code == UB_OK) {
        code = ask_ahead(cli, err);
    }
    if (code == UB_OK) {
        code = cli_context(cli, err);
    }
    if (code == UB_OK) {
        cli->has_result = true;
        code = ub_restore(cli->context, id, device, &cli->flash, &cli->result, err);
    }
    if (code == UB_USE_SELECTOR && device == cli_argument(&cli->words, 0)) {
        return cli_fail(err, UB_USE_SELECTOR,
                        "\"%s\" is neither the id of a backup, such as 2026-11-22-01, nor a device",
                        device);
    }
    if (code == UB_OK) {
        tell_written(cli);
    }
    return code;
}

enum ub_code cmd_erase(struct cli *cli, struct ub_error *err)
{
    enum ub_code code = cli_flash_options(cli, err);
    if (code == UB_OK) {
        code = ask_ahead(cli, err);
    }
    if (code == UB_OK) {
        code = cli_context(cli, err);
    }
    if (code == UB_OK) {
        cli->has_result = true;
        code = ub_erase(cli->context, cli_argument(&cli->words, 0), cli_argument(&cli->words, 1),
                        &cli->flash, &cli->result, err);
    }
    if (code == UB_OK) {
        tell_written(cli);
    }
    return code;
}

/** Says in which mode the device is now, after `enter` and `leave`. */
static void tell_mode(struct cli *cli, const char *otherwise)
{
    const struct ub_result *result = &cli->result;
    char id[FORMAT_TEXT];
    char time[FORMAT_TEXT];
    struct term_stream *out = &cli->term.out;
    if (cli->json) {
        return;
    }
    if (result->came_back) {
        term_print(out, TERM_GOOD, "%s", result->returned.port);
        term_print(out, TERM_PLAIN, " came back as %s in %s mode after %s\n",
                   format_id(id, &result->returned), format_mode(result->returned.mode),
                   format_duration(time, result->return_us));
    } else {
        term_print(out, TERM_PLAIN, "%s %s\n", result->port, otherwise);
    }
    raw_result(cli);
}

enum ub_code cmd_enter(struct cli *cli, struct ub_error *err)
{
    enum ub_code code = cli_context(cli, err);
    if (code == UB_OK) {
        cli->has_result = true;
        code = ub_enter(cli->context, cli_argument(&cli->words, 0), &cli->result, err);
    }
    if (code == UB_OK) {
        tell_mode(cli, "is in DFU mode");
    }
    return code;
}

enum ub_code cmd_leave(struct cli *cli, struct ub_error *err)
{
    enum ub_code code = cli_context(cli, err);
    if (code == UB_OK) {
        cli->has_result = true;
        code = ub_leave(cli->context, cli_argument(&cli->words, 0), &cli->result, err);
    }
    if (code == UB_OK) {
        tell_mode(cli, cli->result.left_bootloader
                           ? "left its bootloader; nothing came back at the port"
                           : "is still in its bootloader");
    }
    return code;
}
