/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Completion scripts. Each is a list of cases out of the table; what is attached, kept or modelled
 * is asked of `unbrick __words` when Tab is pressed. */
#include "completion.h"
#include "help.h"

#include <string.h>

bool completion_print(FILE *to, const char *shell)
{
    if (strcmp(shell, "bash") == 0) {
        completion_bash(to);
    } else if (strcmp(shell, "zsh") == 0) {
        completion_zsh(to);
    } else if (strcmp(shell, "fish") == 0) {
        completion_fish(to);
    } else {
        return false;
    }
    return true;
}
