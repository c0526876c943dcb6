/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What verbs share: the context, the options of a procedure, the clock. */
#define _POSIX_C_SOURCE 200809L /* what POSIX adds to C11 */
#include "ask.h"
#include "cli.h"
#include "fault.h"
#include "interrupt.h"
#include "render.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static cli_command *const commands[CLI_VERB_COUNT] = {
    [CLI_VERB_OVERVIEW] = cmd_overview,
    [CLI_VERB_LIST] = cmd_list,
    [CLI_VERB_INFO] = cmd_info,
    [CLI_VERB_ENTER] = cmd_enter,
    [CLI_VERB_LEAVE] = cmd_leave,
    [CLI_VERB_FLASH] = cmd_flash,
    [CLI_VERB_PLAN] = cmd_plan,
    [CLI_VERB_VERIFY] = cmd_verify,
    [CLI_VERB_BACKUP] = cmd_backup,
    [CLI_VERB_RESTORE] = cmd_restore,
    [CLI_VERB_ERASE] = cmd_erase,
    [CLI_VERB_IMAGE_INFO] = cmd_image_info,
    [CLI_VERB_IMAGE_CHECK] = cmd_image_check,
    [CLI_VERB_IMAGE_SHA256] = cmd_image_sha256,
    [CLI_VERB_IMAGE_CONVERT] = cmd_image_convert,
    [CLI_VERB_IMAGE_DIFF] = cmd_image_diff,
    [CLI_VERB_IMAGE_SIGN] = cmd_image_sign,
    [CLI_VERB_IMAGE_FETCH] = cmd_image_fetch,
    [CLI_VERB_KEY_LIST] = cmd_key_list,
    [CLI_VERB_KEY_ADD] = cmd_key_add,
    [CLI_VERB_KEY_REMOVE] = cmd_key_remove,
    [CLI_VERB_KEY_REVOKE] = cmd_key_revoke,
    [CLI_VERB_KEY_NEW] = cmd_key_new,
    [CLI_VERB_VAULT_LIST] = cmd_vault_list,
    [CLI_VERB_VAULT_SHOW] = cmd_vault_show,
    [CLI_VERB_VAULT_CHECK] = cmd_vault_check,
    [CLI_VERB_SIM] = cmd_sim,
    [CLI_VERB_EXPLAIN] = cmd_explain,
    [CLI_VERB_VERSION] = cmd_version,
    [CLI_VERB_HELP] = cmd_help,
    [CLI_VERB_GENERATE] = cmd_generate,
    [CLI_VERB_WORDS] = cmd_words,
};

enum ub_code cli_run(struct cli *cli, struct ub_error *err)
{
    if (cli_given(&cli->words, CLI_OPT_HELP)) {
        return cmd_help(cli, err);
    }
    return commands[cli->words.verb->id](cli, err);
}

static enum ub_code open_context(struct cli *cli, bool no_bus, struct ub_error *err)
{
    struct ub_config config;
    if (cli->context != NULL) {
        return UB_OK;
    }
    const struct cli_words *words = &cli->words;
    memset(&config, 0, sizeof(config));
    config.vault = cli->words.value[CLI_OPT_VAULT];
    config.sims = words->list[CLI_OPT_SIM].items;
    config.sim_count = words->list[CLI_OPT_SIM].count;
    config.quirk_files = words->list[CLI_OPT_QUIRKS].items;
    config.quirk_file_count = words->list[CLI_OPT_QUIRKS].count;
    config.quirks = words->list[CLI_OPT_QUIRK].items;
    config.quirk_count = words->list[CLI_OPT_QUIRK].count;
    config.trace = words->value[CLI_OPT_TRACE];
    config.replay = words->value[CLI_OPT_REPLAY];
    config.replay_lenient = cli_given(words, CLI_OPT_LENIENT);
    config.keys = words->value[CLI_OPT_KEYS];
    config.policy = words->value[CLI_OPT_CONFIG];
    config.no_bus = no_bus;
    config.callbacks.user = cli;
    config.callbacks.event = render_event;
    config.callbacks.confirm = ask;
    enum ub_code code = ub_context_open(&config, &cli->context, err);
    if (code == UB_OK) {
        interrupt_context(cli->context);
    }
    return code;
}

enum ub_code cli_context(struct cli *cli, struct ub_error *err)
{
    return open_context(cli, false, err);
}

enum ub_code cli_files_context(struct cli *cli, struct ub_error *err)
{
    return open_context(cli, true, err);
}

enum ub_code cli_flash_options(struct cli *cli, struct ub_error *err)
{
    const struct cli_words *words = &cli->words;
    struct ub_flash_options *flash = &cli->flash;
    const char *at = words->value[CLI_OPT_AT];
    memset(flash, 0, sizeof(*flash));
    if (at != NULL) {
        if (!cli_number(at, UINT64_MAX, &flash->at)) {
            return cli_fail(err, UB_USE_NUMBER,
                            "--at \"%s\" is not an address: write it like 0x08000000", at);
        }
        flash->has_at = true;
    }
    flash->assume_yes = cli->yes;
    flash->no_backup = cli_given(words, CLI_OPT_NO_BACKUP);
    flash->whole = cli_given(words, CLI_OPT_WHOLE);
    flash->discard_neighbours = cli_given(words, CLI_OPT_DISCARD_NEIGHBOURS);
    flash->stay = cli_given(words, CLI_OPT_STAY);
    flash->accept = words->list[CLI_OPT_ACCEPT].items;
    flash->accept_count = words->list[CLI_OPT_ACCEPT].count;
    flash->erase_all = cli_given(words, CLI_OPT_ERASE_ALL);
    flash->write_option_bytes = cli_given(words, CLI_OPT_WRITE_OPTION_BYTES);
    flash->write_otp = cli_given(words, CLI_OPT_WRITE_OTP);
    flash->lose_protected_content = cli_given(words, CLI_OPT_LOSE_PROTECTED_CONTENT);
    flash->label = words->value[CLI_OPT_LABEL];
    flash->read_once = cli_given(words, CLI_OPT_READ_ONCE);
    flash->region = words->value[CLI_OPT_REGION];
    return UB_OK;
}

enum ub_code cli_single(const struct cli_words *words, enum cli_option_id option,
                        const char **value, struct ub_error *err)
{
    const struct cli_list *list = &words->list[option];
    *value = list->count > 0 ? list->items[0] : NULL;
    if (list->count > 1) {
        return cli_fail(err, UB_USE_CONFLICT, "\"unbrick %s\" takes --%s once", words->verb->name,
                        cli_options[option].name);
    }
    return UB_OK;
}

enum ub_code cli_no_url(const char *file, struct ub_error *err)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+";
    size_t scheme = strspn(file, letters);
    if (scheme < 2 || strncmp(file + scheme, "://", 3) != 0) {
        return UB_OK;
    }
    return cli_fail(err, UB_USE_ARGUMENT,
                    "%s is an address, not a file: fetch and check it first with \"unbrick image "
                    "fetch %s --sha256 DIGEST\" or \"--key FILE.pub\"",
                    file, file);
}

static bool is_acceptable(const char *name)
{
    const char *known = NULL;
    for (size_t i = 0; (known = ub_acceptable_at(i, NULL)) != NULL; i++) {
        if (strcmp(known, name) == 0) {
            return true;
        }
    }
    return false;
}

enum ub_code cli_image_options(const struct cli *cli, struct ub_image_options *options,
                               struct ub_error *err)
{
    const struct cli_list *accept = &cli->words.list[CLI_OPT_ACCEPT];
    memset(options, 0, sizeof(*options));
    options->member = cli->words.value[CLI_OPT_MEMBER];
    for (size_t i = 0; i < accept->count; i++) {
        if (!is_acceptable(accept->items[i])) {
            return cli_fail(err, UB_USE_OPTION,
                            "there is no \"%s\" to accept; all names: unbrick help accept",
                            accept->items[i]);
        }
        options->accept_bad_crc |= strcmp(accept->items[i], "bad-crc") == 0;
        options->accept_system_image |= strcmp(accept->items[i], "system-image") == 0;
        options->accept_blank |= strcmp(accept->items[i], "blank") == 0;
    }
    return UB_OK;
}

enum ub_code cli_open_image(const struct cli *cli, const char *file, struct ub_image **image,
                            struct ub_error *err)
{
    struct ub_image_options options;
    enum ub_code code = cli_image_options(cli, &options, err);
    if (code == UB_OK) {
        code = cli_no_url(file, err);
    }
    return code != UB_OK ? code : ub_image_open(file, &options, image, err);
}

void cli_trust_options(const struct cli *cli, struct ub_trust_options *options)
{
    const struct cli_words *words = &cli->words;
    memset(options, 0, sizeof(*options));
    options->sha256 = words->value[CLI_OPT_SHA256];
    options->sha512 = words->value[CLI_OPT_SHA512];
    options->sums = words->value[CLI_OPT_SUMS];
    options->keys = words->list[CLI_OPT_KEY].items;
    options->key_count = words->list[CLI_OPT_KEY].count;
    options->signature = words->value[CLI_OPT_SIGNATURE];
    options->manifest = words->value[CLI_OPT_MANIFEST];
    options->first_use = cli_given(words, CLI_OPT_TRUST_FIRST_USE);
}

enum ub_code cli_trust(struct cli *cli, struct ub_image *image, struct ub_error *err)
{
    struct ub_trust_options options;
    cli_trust_options(cli, &options);
    return ub_trust_image(cli->context, image, &options, err);
}

static void put_quoted(FILE *to, const char *word)
{
    static const char harmless[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "0123456789_-+=.,:/@%";
    if (word[0] != '\0' && word[strspn(word, harmless)] == '\0') {
        fputs(word, to);
        return;
    }
    fputc('\'', to);
    for (; *word != '\0'; word++) {
        if (*word == '\'') {
            fputs("'\\''", to);
        } else {
            fputc(*word, to);
        }
    }
    fputc('\'', to);
}

char *cli_quoted(const char *word)
{
    char *text = NULL;
    size_t length = 0;
    FILE *to = open_memstream(&text, &length);
    if (to == NULL) {
        return NULL;
    }
    put_quoted(to, word);
    return fclose(to) == 0 ? text : NULL;
}

static void put_option(FILE *to, const struct cli_words *words, enum cli_option_id id)
{
    const struct cli_list *list = &words->list[id];
    const char *const *values = cli_options[id].repeats ? list->items : &words->value[id];
    size_t count = cli_options[id].repeats ? list->count : words->value[id] != NULL ? 1 : 0;
    for (size_t i = 0; i < count; i++) {
        fprintf(to, " --%s ", cli_options[id].name);
        put_quoted(to, values[i]);
    }
}

char *cli_command_prefix(const struct cli *cli, bool bus)
{
    const struct cli_words *words = &cli->words;
    char *text = NULL;
    size_t length = 0;
    FILE *to = open_memstream(&text, &length);
    if (to == NULL) {
        return NULL;
    }
    fputs("unbrick", to);
    if (bus) {
        put_option(to, words,
                   CLI_OPT_REPLAY); /* without it the command would be about the real bus */
        fputs(cli_given(words, CLI_OPT_LENIENT) ? " --lenient" : "", to);
        put_option(to, words, CLI_OPT_SIM);
        put_option(to, words, CLI_OPT_QUIRKS);
        put_option(to, words, CLI_OPT_QUIRK);
        put_option(to, words, CLI_OPT_VAULT);
    }
    put_option(to, words, CLI_OPT_KEYS);
    put_option(to, words, CLI_OPT_CONFIG);
    return fclose(to) == 0 ? text : NULL;
}

uint64_t cli_now_ms(void)
{
    struct timespec now = {0, 0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}
