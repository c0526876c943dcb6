/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file password.h
 * The password of a secret key: out of the file that --password-file names, else typed at the
 * terminal without being shown. Never on the command line, where other users of the computer could
 * read it.
 */
#ifndef CLI_PASSWORD_H
#define CLI_PASSWORD_H

#include "cli.h"

#define PASSWORD_TEXT 1024 /**< bytes of a password, with its NUL */

/** A password that was asked for before it is needed. */
struct password {
    char text[PASSWORD_TEXT];
};

/** Asks once; fits ub_password with a struct cli as `user`. */
bool password_ask(void *user, const char *question, char *to, size_t size);

/** Asks for a new password, twice if it is typed; "" if the person wants none. To be forgotten with
 * password_forget() in any case. Errors: UB_TRU_PASSWORD, UB_USE_OPTION (the file). */
enum ub_code password_new(struct cli *cli, struct password *out, struct ub_error *err);

/** Gives what password_new() got; fits ub_password with a struct password as `user`. */
bool password_give(void *user, const char *question, char *to, size_t size);

/** Wipes it out of memory. */
void password_forget(struct password *password);

#endif
