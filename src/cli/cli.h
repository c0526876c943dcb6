/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file cli.h
 * One run of the command: what was asked for, where output goes, and what came of it.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "parse.h"
#include "terminal.h"
#include "unbrick.h"

/** The step under way, for the moving line and for saying where a run stopped. */
struct cli_progress {
    uint64_t drawn_ms; /**< when the moving line was drawn last (monotonic), 0 if never */
    bool open;         /**< a step has begun and is not done; the fields below are its */
    enum ub_step step;
    uint64_t done;
    uint64_t total;
};

/** What is shown of several devices: render_many.c. */
struct cli_many;

/** One run of the command. */
struct cli {
    struct cli_words words;
    struct term term;
    bool json;
    bool quiet;
    bool verbose;
    bool yes;
    struct ub_context *context; /**< NULL until a verb needs it */
    struct ub_flash_options flash;
    struct ub_result result; /**< of the procedure that ran */
    bool has_result;
    bool silent;     /**< steps are not shown: the verb only looks */
    bool told;       /**< the error was shown already, as a verdict */
    bool unanswered; /**< a question was asked and nobody could answer */
    struct cli_progress progress;
    struct cli_many *many;              /**< several devices are being worked on; else NULL */
    struct ub_many_result *many_result; /**< what came of them, or NULL; owned */
    char candidate[UB_PORT_TEXT]; /**< after an error about several devices: a port of one; or "" */
};

/** A verb. Renders its results itself; an error is rendered by the caller. */
typedef enum ub_code cli_command(struct cli *cli, struct ub_error *err);

/** Opens the context if it is not open. Errors: those of ub_context_open(). */
enum ub_code cli_context(struct cli *cli, struct ub_error *err);

/** Fills cli->flash from the options. Errors: UB_USE_NUMBER. */
enum ub_code cli_flash_options(struct cli *cli, struct ub_error *err);

/** The value of an option that repeats for other verbs and is taken once here, or NULL. Errors:
 * UB_USE_CONFLICT. */
enum ub_code cli_single(const struct cli_words *words, enum cli_option_id option,
                        const char **value, struct ub_error *err);

/** As cli_context(), for verbs that look at files only: no bus is opened. */
enum ub_code cli_files_context(struct cli *cli, struct ub_error *err);

/** UB_USE_ARGUMENT for what is an address on the net: it has to be fetched and checked first. */
enum ub_code cli_no_url(const char *file, struct ub_error *err);

/** How image files are to be opened, from --member and --accept. Errors: UB_USE_OPTION. */
enum ub_code cli_image_options(const struct cli *cli, struct ub_image_options *options,
                               struct ub_error *err);

/** Opens an image file as the options say. *image is the caller's. Errors: UB_USE_ARGUMENT (an
 * address on the net), UB_USE_OPTION (--accept), those of ub_image_open(). */
enum ub_code cli_open_image(const struct cli *cli, const char *file, struct ub_image **image,
                            struct ub_error *err);

/** What to check an image by, from the options. */
void cli_trust_options(const struct cli *cli, struct ub_trust_options *options);

/** Finds out who vouches for an image. The context is open. Errors: those of ub_trust_image(). */
enum ub_code cli_trust(struct cli *cli, struct ub_image *image, struct ub_error *err);

/** "unbrick --sim X --quirk Y --vault Z": how this run's context is named in a command to come;
 * with `bus` also its devices. The caller's (free()); NULL when out of memory. */
char *cli_command_prefix(const struct cli *cli, bool bus);

/** A word so that a shell reads it as one. The caller's (free()); NULL when out of memory. */
char *cli_quoted(const char *word);

/** The DEVICE that was given, or NULL. */
const char *cli_device_argument(const struct cli_words *words);

/** Milliseconds of a clock that only goes forward. */
uint64_t cli_now_ms(void);

/** Runs the verb that was parsed. */
enum ub_code cli_run(struct cli *cli, struct ub_error *err);

cli_command cmd_overview, cmd_list, cmd_info, cmd_enter, cmd_leave, cmd_flash, cmd_plan, cmd_verify,
    cmd_backup, cmd_restore, cmd_erase, cmd_image_info, cmd_image_check, cmd_image_sha256,
    cmd_image_convert, cmd_image_diff, cmd_image_sign, cmd_image_fetch, cmd_key_list, cmd_key_add,
    cmd_key_remove, cmd_key_revoke, cmd_key_new, cmd_vault_list, cmd_vault_show, cmd_vault_check,
    cmd_sim, cmd_explain, cmd_version, cmd_help, cmd_generate, cmd_words;

#endif
