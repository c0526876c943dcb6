/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `image sign`. */
#include "cli.h"
#include "fault.h"
#include "json.h"
#include "password.h"

#include <stdlib.h>
#include <string.h>

/** Any of these makes a manifest. */
static const enum cli_option_id manifest_words[] = {
    CLI_OPT_VENDOR,     CLI_OPT_FAMILY,      CLI_OPT_MODEL,       CLI_OPT_REVISION,
    CLI_OPT_MARKET,     CLI_OPT_SET_VERSION, CLI_OPT_MIN_VERSION, CLI_OPT_MIN_LOADER,
    CLI_OPT_NOT_BEFORE, CLI_OPT_EXPIRES,
};
#define MANIFEST_WORDS (sizeof(manifest_words) / sizeof(manifest_words[0]))

/** The lists of a manifest: the options of the command line with a NULL at their ends; owned. */
struct lists {
    const char **families;
    const char **models;
    const char **revisions;
    const char **markets;
};

static bool wants_manifest(const struct cli_words *words)
{
    for (size_t i = 0; i < MANIFEST_WORDS; i++) {
        if (cli_given(words, manifest_words[i])) {
            return true;
        }
    }
    return false;
}

static enum ub_code end_list(const struct cli_list *from, const char ***to, struct ub_error *err)
{
    *to = calloc(from->count + 1, sizeof(**to));
    if (*to == NULL) {
        return cli_fail_memory(err);
    }
    for (size_t i = 0; i < from->count; i++) {
        (*to)[i] = from->items[i];
    }
    return UB_OK;
}

static enum ub_code fill(const struct cli_words *words, struct lists *lists,
                         struct ub_manifest *manifest, struct ub_error *err)
{
    enum ub_code code = end_list(&words->list[CLI_OPT_FAMILY], &lists->families, err);
    if (code == UB_OK) {
        code = end_list(&words->list[CLI_OPT_MODEL], &lists->models, err);
    }
    if (code == UB_OK) {
        code = end_list(&words->list[CLI_OPT_REVISION], &lists->revisions, err);
    }
    if (code == UB_OK) {
        code = end_list(&words->list[CLI_OPT_MARKET], &lists->markets, err);
    }
    manifest->vendor = words->value[CLI_OPT_VENDOR];
    manifest->families = lists->families;
    manifest->models = lists->models;
    manifest->revisions = lists->revisions;
    manifest->markets = lists->markets;
    manifest->version = words->value[CLI_OPT_SET_VERSION];
    manifest->min_version = words->value[CLI_OPT_MIN_VERSION];
    manifest->min_loader = words->value[CLI_OPT_MIN_LOADER];
    manifest->not_before = words->value[CLI_OPT_NOT_BEFORE];
    manifest->expires = words->value[CLI_OPT_EXPIRES];
    return code;
}

static void tell(struct cli *cli, const char *file, bool manifest)
{
    const char *middle = manifest ? ".manifest.json" : "";
    struct term_stream *out = &cli->term.out;
    if (cli->json) {
        json_t *object = json_object();
        json_add_text(object, "file", file);
        json_add_bool(object, "manifest", manifest);
        json_line(cli, "signed", object);
    } else if (!cli->quiet) {
        term_print(out, TERM_PLAIN, " ");
        term_mark(out, TERM_MARK_DONE);
        term_print(out, TERM_PLAIN, " %s%s.minisig", file, middle);
        if (manifest) {
            term_print(out, TERM_PLAIN, ", which signs %s%s", file, middle);
        }
        term_print(out, TERM_PLAIN, "\n");
    }
}

enum ub_code cmd_image_sign(struct cli *cli, struct ub_error *err)
{
    struct lists lists = {NULL, NULL, NULL, NULL};
    struct ub_manifest manifest;
    struct ub_sign_options options;
    struct ub_image_options open;
    const struct cli_words *words = &cli->words;
    const char *file = cli_argument(words, 0);
    bool wanted = wants_manifest(words);
    memset(&manifest, 0, sizeof(manifest));
    memset(&options, 0, sizeof(options));
    memset(&open, 0, sizeof(open));
    if (words->value[CLI_OPT_SECRET_KEY] == NULL) {
        return cli_fail(err, UB_USE_OPTION, "\"unbrick image sign\" needs --secret-key FILE");
    }
    enum ub_code code = cli_no_url(file, err);
    if (code == UB_OK) {
        code = cli_image_options(cli, &open, err);
    }
    if (code == UB_OK) {
        code = fill(words, &lists, &manifest, err);
    }
    if (code == UB_OK) {
        options.key = words->value[CLI_OPT_SECRET_KEY];
        options.password = password_ask;
        options.user = cli;
        options.comment = words->value[CLI_OPT_COMMENT];
        options.manifest = wanted ? &manifest : NULL;
        options.image = &open;
        code = ub_image_sign(file, &options, err);
    }
    if (code == UB_OK) {
        tell(cli, file, wanted);
    }
    free(lists.families);
    free(lists.models);
    free(lists.revisions);
    free(lists.markets);
    return code;
}
