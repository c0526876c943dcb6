/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `image fetch`. */
#include "cli.h"
#include "format.h"
#include "json.h"

#include <stdio.h>
#include <string.h>

static void tell(struct cli *cli, const struct ub_fetched *fetched)
{
    struct term_stream *out = &cli->term.out;
    char length[FORMAT_TEXT];
    char resumed[FORMAT_TEXT];
    if (cli->json) {
        json_t *object = json_object();
        json_add_text(object, "path", fetched->path);
        json_add_number(object, "length", fetched->length);
        json_add_number(object, "resumed", fetched->resumed);
        (void)json_object_set_new(object, "trust", json_of_trust(&fetched->trust));
        json_line(cli, "fetched", object);
        return;
    }
    const struct ub_trust *trust = &fetched->trust;
    const char *how = trust->level == UB_TRUST_SIGNED  ? "signed by "
                      : trust->level == UB_TRUST_GIVEN ? "it has the digest that was given"
                                                       : "nobody vouches for it";
    term_print(out, TERM_GOOD, "Fetched %s bytes", format_grouped(length, fetched->length));
    if (fetched->resumed > 0) {
        term_print(out, TERM_PLAIN, ", %s of them before",
                   format_grouped(resumed, fetched->resumed));
    }
    term_print(out, trust->level >= UB_TRUST_GIVEN ? TERM_PLAIN : TERM_WARN, "; %s%s", how,
               trust->level == UB_TRUST_SIGNED ? trust->by : "");
    term_print(out, TERM_PLAIN, "\n%s\n", fetched->path);
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
