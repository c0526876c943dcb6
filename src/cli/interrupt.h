/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file interrupt.h
 * Ctrl-C, SIGTERM and the terminal that goes away (SIGHUP): the running procedure is asked to stop;
 * nothing is killed in the middle of a write, not by a second Ctrl-C either.
 */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include "unbrick.h"

#include <termios.h>

/** Installs the handlers; SIGPIPE is ignored from now on. */
void interrupt_install(void);
/** The context that a signal cancels; NULL for none. Its owner calls this before closing it. */
void interrupt_context(struct ub_context *context);
/** Whether a signal is answered with a line on standard error; it is at first. */
void interrupt_speaks(bool speaks);
/** The server that a signal stops; NULL for none. */
void interrupt_server(struct ub_sim_server *server);
/** A terminal that is to be put back into the state *before if a signal ends the process; -1: none.
 * The caller puts it back itself otherwise. */
void interrupt_terminal(int terminal, const struct termios *before);
/** True once a signal came. */
bool interrupt_seen(void);

#endif
