/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _POSIX_C_SOURCE 200809L /* what POSIX adds to C11 */
#include "ask.h"

#include "cli.h"
#include "fault.h"
#include "interrupt.h"
#include "render_many.h"

#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define ANSWER 64

/* Without a person looking at standard error none is used, so that a script never hangs on a
 * question that nobody sees. */
int ask_terminal(const struct cli *cli)
{
    if (cli->json || !cli->term.err.terminal) {
        return -1;
    }
    if (isatty(STDIN_FILENO) == 1) {
        return dup(STDIN_FILENO);
    }
    return open("/dev/tty", O_RDONLY | O_CLOEXEC);
}

/** Reads a line; false at end of input, on an error and when a signal came. */
static bool read_answer(int terminal, char *answer)
{
    size_t used = 0;
    for (;;) {
        char c = '\0';
        if (read(terminal, &c, 1) != 1 || interrupt_seen()) {
            return false;
        }
        if (c == '\n') {
            break;
        }
        if (used + 1 < ANSWER) {
            answer[used++] = c;
        }
    }
    answer[used] = '\0';
    return true;
}

/** Asks until the answer can be understood. */
static bool converse(struct cli *cli, int terminal, const char *question)
{
    char answer[ANSWER];
    for (;;) {
        struct term_stream *err = &cli->term.err;
        term_print(err, TERM_PLAIN, " ");
        term_mark(err, TERM_MARK_ACTIVE);
        term_print(err, TERM_BOLD, " %s", question);
        term_print(err, TERM_PLAIN, " [Y/n] ");
        term_flush(err);
        if (!read_answer(terminal, answer)) {
            term_print(err, TERM_PLAIN, "\n");
            return false;
        }
        if (answer[0] == '\0' || strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0) {
            return true;
        }
        if (strcasecmp(answer, "n") == 0 || strcasecmp(answer, "no") == 0) {
            return false;
        }
        term_print(err, TERM_PLAIN, "Please answer yes or no.\n");
    }
}

bool ask(void *user, const char *question)
{
    struct cli *cli = user;
    if (cli->yes) {
        return true;
    }
    int terminal = ask_terminal(cli);
    if (terminal < 0) {
        cli->unanswered = true;
        return false;
    }
    term_clear_line(&cli->term);
    render_many_clear(cli);
    term_flush(&cli->term.out);
    bool yes = converse(cli, terminal, question);
    (void)close(terminal);
    return yes;
}

enum ub_code ask_ahead(const struct cli *cli, struct ub_error *err)
{
    int terminal = cli->yes ? -1 : ask_terminal(cli);
    if (terminal >= 0) {
        (void)close(terminal);
    } else if (!cli->yes) {
        return cli_fail(err, UB_USE_NO_ANSWER,
                        "\"unbrick %s\" asks before it changes a device, and %s",
                        cli->words.verb->name,
                        cli->json ? "with --json nobody is asked: give --yes"
                                  : "there is no terminal to ask on: give --yes");
    }
    return UB_OK;
}
