/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `image fetch`. */
#include "cli.h"
#include "json.h"

#include <string.h>

static void tell(struct cli *cli, const struct ub_fetched *fetched)
{
    struct term_stream *out = &cli->term.out;
    if (cli->json) {
        json_t *object = json_object();
        json_add_text(object, "path", fetched->path);
        json_add_number(object, "length", fetched->length);
        json_add_number(object, "resumed", fetched->resumed);
        (void)json_object_set_new(object, "trust", json_of_trust(&fetched->trust));
        json_line(cli, "fetched", object);
        return;
    }
    if (fetched->trust.level < UB_TRUST_GIVEN) {
        term_flush(out);
        term_mark(&cli->term.err, TERM_MARK_WARNING);
        term_print(&cli->term.err, TERM_WARN, " nobody trusted vouches for it\n");
        term_flush(&cli->term.err);
    }
    term_print(out, TERM_PLAIN, "%s\n", fetched->path); /* alone on its line, for scripts */
}

enum ub_code cmd_image_fetch(struct cli *cli, struct ub_error *err)
{
    struct ub_fetch_options options;
    struct ub_fetched fetched;
    const struct cli_words *words = &cli->words;
    memset(&options, 0, sizeof(options));
    memset(&fetched, 0, sizeof(fetched));
    cli_trust_options(cli, &options.trust);
    options.keep_unverified = cli_given(words, CLI_OPT_KEEP_UNVERIFIED);
    options.authorities = words->value[CLI_OPT_AUTHORITIES];
    enum ub_code code = cli_files_context(cli, err);
    if (code == UB_OK) {
        code = ub_fetch(cli->context, cli_argument(words, 0), &options, &fetched, err);
    }
    if (code == UB_OK) {
        tell(cli, &fetched);
    }
    return code;
}
