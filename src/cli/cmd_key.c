/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verbs of `key`: who is trusted to speak for firmware. */
#include "cli.h"
#include "fault.h"
#include "json.h"
#include "password.h"
#include "render.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** For what a key may speak: "Acme X2, EU" or "anything". */
static void scope_text(const struct ub_key *key, char *to, size_t size)
{
    bool narrow = key->vendor[0] != '\0' || key->model[0] != '\0' || key->market[0] != '\0';
    (void)snprintf(to, size, "%s%s%s%s%s", narrow ? key->vendor : "anything",
                   key->vendor[0] != '\0' && key->model[0] != '\0' ? " " : "", key->model,
                   key->market[0] == '\0'                            ? ""
                   : key->vendor[0] != '\0' || key->model[0] != '\0' ? ", "
                                                                     : "",
                   key->market);
}

static void show_key(struct cli *cli, const struct ub_key *key, size_t name_width, size_t id_width)
{
    char scope[UB_STRING_TEXT * 3 + 8];
    struct term_stream *out = &cli->term.out;
    scope_text(key, scope, sizeof(scope));
    term_pad(out, TERM_BOLD, key->name, name_width + 2);
    term_pad(out, TERM_PLAIN, key->kind, 10);
    term_pad(out, TERM_PLAIN, key->id, id_width + 2);
    term_print(out, TERM_PLAIN, "for %s%s%s", scope, key->site ? "  of the site" : "",
               key->first_use ? "  kept on first use" : "");
    if (key->revoked) {
        term_print(out, TERM_BAD, "  revoked%s%s", key->reason[0] != '\0' ? ": " : "", key->reason);
    }
    term_print(out, TERM_PLAIN, "\n");
}

enum ub_code cmd_key_list(struct cli *cli, struct ub_error *err)
{
    struct ub_key *keys = NULL;
    size_t count = 0;
    size_t name_width = 0;
    size_t id_width = 0;
    enum ub_code code = cli_files_context(cli, err);
    if (code == UB_OK) {
        code = ub_keys(cli->context, &keys, &count, err);
    }
    for (size_t i = 0; code == UB_OK && i < count; i++) {
        size_t name = term_width(keys[i].name);
        size_t id = term_width(keys[i].id);
        name_width = name > name_width ? name : name_width;
        id_width = id > id_width ? id : id_width;
    }
    for (size_t i = 0; code == UB_OK && i < count; i++) {
        if (cli->json) {
            json_line(cli, "key", json_of_key(&keys[i]));
        } else {
            show_key(cli, &keys[i], name_width, id_width);
        }
    }
    if (code == UB_OK && count == 0 && !cli->json && !cli->quiet) {
        term_print(&cli->term.err, TERM_PLAIN, "No keys are trusted\n");
    }
    free(keys);
    return code;
}

/** Copies an option's value; UB_USE_OPTION if it is too long. */
static enum ub_code copy(const struct cli_words *words, enum cli_option_id option,
                         char to[UB_STRING_TEXT], struct ub_error *err)
{
    const struct cli_option *entry = &cli_options[option];
    const char *value = words->value[option];
    if (entry->repeats) {
        enum ub_code code = cli_single(words, option, &value, err);
        if (code != UB_OK) {
            return code;
        }
    }
    if (value != NULL && strlen(value) >= UB_STRING_TEXT) {
        return cli_fail(err, UB_USE_OPTION, "--%s is longer than %d bytes", entry->name,
                        UB_STRING_TEXT - 1);
    }
    (void)snprintf(to, UB_STRING_TEXT, "%s", value != NULL ? value : "");
    return UB_OK;
}

/** Says what was done. */
static void say(struct cli *cli, const char *text)
{
    if (!cli->json && !cli->quiet) {
        struct term_stream *out = &cli->term.out;
        term_print(out, TERM_PLAIN, " ");
        term_mark(out, TERM_MARK_DONE);
        term_print(out, TERM_PLAIN, " ");
        term_wrap(out, TERM_PLAIN, 3, term_text_columns(out), text);
        term_print(out, TERM_PLAIN, "\n");
    }
}

enum ub_code cmd_key_add(struct cli *cli, struct ub_error *err)
{
    struct ub_key scope;
    char text[512];
    const char *file = cli_argument(&cli->words, 0);
    const struct cli_words *words = &cli->words;
    memset(&scope, 0, sizeof(scope));
    enum ub_code code = copy(words, CLI_OPT_NAME, scope.name, err);
    if (code == UB_OK) {
        code = copy(words, CLI_OPT_VENDOR, scope.vendor, err);
    }
    if (code == UB_OK) {
        code = copy(words, CLI_OPT_MODEL, scope.model, err);
    }
    if (code == UB_OK) {
        code = copy(words, CLI_OPT_MARKET, scope.market, err);
    }
    if (code == UB_OK) {
        code = cli_files_context(cli, err);
    }
    if (code == UB_OK) {
        code = ub_key_add(cli->context, file, &scope, err);
    }
    if (code == UB_OK) {
        char speaks[UB_STRING_TEXT * 3 + 8];
        scope_text(&scope, speaks, sizeof(speaks));
        (void)snprintf(text, sizeof(text), "the key in %s is trusted for %s", file, speaks);
        say(cli, text);
    }
    return code;
}

enum ub_code cmd_key_remove(struct cli *cli, struct ub_error *err)
{
    char text[512];
    const char *key = cli_argument(&cli->words, 0);
    enum ub_code code = cli_files_context(cli, err);
    if (code == UB_OK) {
        code = ub_key_remove(cli->context, key, err);
    }
    if (code == UB_OK) {
        (void)snprintf(text, sizeof(text), "the key %s is forgotten", key);
        say(cli, text);
    }
    return code;
}

enum ub_code cmd_key_revoke(struct cli *cli, struct ub_error *err)
{
    char text[512];
    const char *what = cli_argument(&cli->words, 0);
    const char *reason = cli->words.value[CLI_OPT_REASON];
    enum ub_code code = cli_files_context(cli, err);
    if (code == UB_OK) {
        code = ub_key_revoke(cli->context, what, reason, err);
    }
    if (code == UB_OK) {
        (void)snprintf(text, sizeof(text), "%s is never trusted again", what);
        say(cli, text);
    }
    return code;
}

enum ub_code cmd_key_new(struct cli *cli, struct ub_error *err)
{
    char text[512];
    struct password password;
    const char *path = cli_argument(&cli->words, 0);
    enum ub_code code = password_new(cli, &password, err);
    if (code == UB_OK) {
        bool encrypted = password.text[0] != '\0';
        code = ub_key_new(path, encrypted ? password_give : NULL, &password, err);
        (void)snprintf(text, sizeof(text), "%s.pub is for everybody, %s.key is secret%s", path,
                       path, encrypted ? "" : " and not encrypted");
    }
    password_forget(&password);
    if (code == UB_OK) {
        say(cli, text);
    }
    return code;
}
