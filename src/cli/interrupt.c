/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _POSIX_C_SOURCE 200809L /* what POSIX adds to C11 */
#include "interrupt.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* A signal handler reaches nothing but statics; they are set before and cleared after. */
static volatile sig_atomic_t signals_seen;
static volatile sig_atomic_t silent;
static struct ub_context *volatile the_context;
static struct ub_sim_server *volatile the_server;
static volatile sig_atomic_t the_terminal = -1;
static struct termios terminal_before;

static void say(const char *text)
{
    ssize_t ignored = write(STDERR_FILENO, text, strlen(text));
    (void)ignored;
}

static void on_signal(int number)
{
    int saved = errno;
    bool again = signals_seen != 0;
    (void)number;
    signals_seen = 1;
    if (the_server != NULL) {
        ub_sim_server_stop(the_server);
    } else if (the_context != NULL) {
        if (silent == 0) {
            say(again ? "\nStill finishing the block in hand, so that the device stays known.\n"
                      : "\nStopping after the block in hand...\n");
        }
        ub_context_cancel(the_context);
    } else {
        if (the_terminal >= 0) {
            (void)tcsetattr((int)the_terminal, TCSAFLUSH, &terminal_before);
            say("\n");
        }
        _exit(130); /* nothing is under way */
    }
    errno = saved;
}

void interrupt_install(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_handler = on_signal; /* no SA_RESTART: a question being read must end */
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    struct sigaction before;
    if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN) {
        (void)sigaction(SIGHUP, &action, NULL); /* under nohup(1) it stays ignored */
    }
    action.sa_handler = SIG_IGN;
    (void)sigaction(SIGPIPE, &action, NULL);
    (void)sigaction(SIGXFSZ, &action, NULL); /* a file that may not grow is an error like others */
}

void interrupt_context(struct ub_context *context)
{
    the_context = context;
}

void interrupt_speaks(bool speaks)
{
    silent = speaks ? 0 : 1;
}

void interrupt_server(struct ub_sim_server *server)
{
    the_server = server;
}

void interrupt_terminal(int terminal, const struct termios *before)
{
    the_terminal = -1;
    if (before != NULL) {
        terminal_before = *before;
        the_terminal = terminal;
    }
}

bool interrupt_seen(void)
{
    return signals_seen != 0;
}
