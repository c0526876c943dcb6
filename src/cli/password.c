/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _DEFAULT_SOURCE /* explicit_bzero() */
#include "password.h"

#include "ask.h"
#include "fault.h"
#include "interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/** Reads a line without its end; false at end of input, on an error, when a signal came, and when
 * it is too long. */
static bool read_line(int file, char *to, size_t size)
{
    size_t used = 0;
    for (;;) {
        char c = '\0';
        ssize_t count = read(file, &c, 1);
        if (count < 0 || interrupt_seen() || used + 1 >= size) {
            return false;
        }
        if (count == 0 || c == '\n') {
            to[used] = '\0';
            return count > 0 || used > 0;
        }
        to[used++] = c;
    }
}

/** The first line of the file; a file without any is an empty password. */
static bool from_file(const char *path, char *to, size_t size)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return false;
    }
    to[0] = '\0';
    bool read = read_line(file, to, size);
    bool empty = !read && to[0] == '\0' && lseek(file, 0, SEEK_END) <= 0;
    (void)close(file);
    size_t length = strlen(to);
    if (read && length > 0 && to[length - 1] == '\r') {
        to[length - 1] = '\0';
    }
    return read || empty;
}

/** Reads a line that is not shown. The keys that would stop the process with the terminal in that
 * state have no meaning meanwhile; Ctrl-C has, and puts the terminal back. */
static bool type_in(int terminal, char *to, size_t size)
{
    struct termios before;
    if (tcgetattr(terminal, &before) != 0) {
        return false;
    }
    struct termios hidden = before;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    hidden.c_lflag |= ECHONL;
    hidden.c_cc[VSUSP] = _POSIX_VDISABLE;
    hidden.c_cc[VQUIT] = _POSIX_VDISABLE;
    interrupt_terminal(terminal, &before);
    bool read = tcsetattr(terminal, TCSAFLUSH, &hidden) == 0 && read_line(terminal, to, size);
    (void)tcsetattr(terminal, TCSAFLUSH, &before);
    interrupt_terminal(-1, NULL);
    return read;
}

/** Asks at the terminal; `last` if nothing more is asked before the password is used. */
static bool from_terminal(struct cli *cli, const char *question, bool last, char *to, size_t size)
{
    struct term_stream *err = &cli->term.err;
    int terminal = ask_terminal(cli);
    if (terminal < 0) {
        return false;
    }
    term_clear_line(&cli->term);
    term_flush(&cli->term.out);
    term_print(err, TERM_PLAIN, " ");
    term_mark(err, TERM_MARK_ACTIVE);
    term_print(err, TERM_BOLD, " %s", question);
    term_print(err, TERM_PLAIN, " ");
    term_flush(err);
    bool read = type_in(terminal, to, size);
    (void)close(terminal);
    if (read && to[0] != '\0' && last) { /* scrypt, made to be slow */
        term_print(err, TERM_DIM, "   The key is derived from it, which takes a few seconds.\n");
        term_flush(err);
    }
    return read;
}

bool password_ask(void *user, const char *question, char *to, size_t size)
{
    struct cli *cli = user;
    const char *path = cli->words.value[CLI_OPT_PASSWORD_FILE];
    return path != NULL ? from_file(path, to, size) : from_terminal(cli, question, true, to, size);
}

enum ub_code password_new(struct cli *cli, struct password *out, struct ub_error *err)
{
    struct password again;
    const char *path = cli->words.value[CLI_OPT_PASSWORD_FILE];
    memset(out, 0, sizeof(*out));
    memset(&again, 0, sizeof(again));
    if (path != NULL && !from_file(path, out->text, sizeof(out->text))) {
        return cli_fail(err, UB_USE_OPTION, "--password-file %s: %s", path,
                        errno != 0 ? strerror(errno) : "no password in it");
    }
    if (path != NULL) {
        return UB_OK;
    }
    enum ub_code code = UB_OK;
    if (!from_terminal(cli, "Password for the new key (empty: not encrypted):", false, out->text,
                       sizeof(out->text))) {
        code = cli_fail(err, UB_TRU_PASSWORD,
                        "there is no terminal to ask for a password on: give --password-file FILE");
    } else if (out->text[0] != '\0' &&
               (!from_terminal(cli, "Once more:", true, again.text, sizeof(again.text)) ||
                strcmp(out->text, again.text) != 0)) {
        code = cli_fail(err, UB_TRU_PASSWORD, "the two passwords are not the same");
    }
    password_forget(&again);
    return code;
}

bool password_give(void *user, const char *question, char *to, size_t size)
{
    const struct password *password = user;
    size_t length = strlen(password->text);
    (void)question;
    if (length >= size) {
        return false;
    }
    memcpy(to, password->text, length + 1);
    return true;
}

void password_forget(struct password *password)
{
    explicit_bzero(password, sizeof(*password));
}
