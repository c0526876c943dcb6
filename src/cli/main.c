/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command: from argv to an exit status. */
#include "cli.h"
#include "fault.h"
#include "hint.h"
#include "interrupt.h"
#include "render.h"

#include <errno.h>
#include <string.h>

/** What the options say about output; also valid after a command line that was not understood. */
static void set_up(struct cli *cli)
{
    const struct cli_words *words = &cli->words;
    cli->json = cli_given(words, CLI_OPT_JSON);
    cli->quiet = cli_given(words, CLI_OPT_QUIET);
    cli->verbose = cli_given(words, CLI_OPT_VERBOSE);
    cli->yes = cli_given(words, CLI_OPT_YES);
    term_open(&cli->term, cli_given(words, CLI_OPT_ASCII), cli_given(words, CLI_OPT_NO_COLOR));
}

/** A "no" that nobody said, or that Ctrl-C said, is not the person's. */
static void settle_answer(const struct cli *cli, struct ub_error *err)
{
    if (err->code != UB_USE_DECLINED) {
        return;
    }
    if (interrupt_seen()) {
        (void)cli_fail(err, UB_SYS_INTERRUPTED, "stopped at the question");
    } else if (cli->unanswered) {
        (void)cli_fail(err, UB_USE_NO_ANSWER,
                       "a question had to be asked and nobody is there to answer it: give --yes");
    }
}

/** Output that nobody could read is a failure too, unless something else went wrong before. */
static int output_status(struct cli *cli, int status)
{
    term_flush(&cli->term.out);
    int failed = cli->term.out.failed;
    if (failed == 0) {
        return status;
    }
    if (failed != EPIPE) { /* whoever closed the pipe knows */
        term_print(&cli->term.err, TERM_BAD, "unbrick: standard output: %s\n",
                   failed > 0 ? strerror(failed) : "out of memory");
    }
    return status != 0 ? status : 10;
}

int main(int argc, char **argv)
{
    struct cli cli;
    struct ub_error err;
    memset(&cli, 0, sizeof(cli));
    memset(&err, 0, sizeof(err));
    interrupt_install();
    enum ub_code code = cli_parse(argc, argv, &cli.words, &err);
    set_up(&cli);
    if (code == UB_OK) {
        code = cli_run(&cli, &err);
    }
    err.code = code;
    settle_answer(&cli, &err);
    hint_selector(&cli, &err);
    int status = ub_exit_status(err.code, cli.has_result ? cli.result.left : UB_LEFT_UNTOUCHED);
    render_end(&cli, &err, status);
    status = output_status(&cli, status);
    interrupt_context(NULL);
    ub_many_free(cli.many_result);
    ub_context_close(cli.context);
    cli_words_free(&cli.words);
    return status;
}
