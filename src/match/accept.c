/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "match/accept.h"

#include "base/error.h"
#include "base/text.h"
#include "match/match.h"

#include <string.h>

const char *ub_acceptable_at(size_t index, const char **meaning)
{
    for (const struct ub_match_row *row = ub_match_rows; row->name; row++)
        if (row->meaning && index-- == 0) {
            if (meaning)
                *meaning = row->meaning;
            return row->name;
        }
    return NULL;
}

bool ub_is_accepted(const struct ub_flash_options *options, const char *name)
{
    for (size_t i = 0; i < options->accept_count; i++)
        if (ub_same_word(options->accept[i], name))
            return true;
    return false;
}

static bool is_known(const char *name)
{
    const char *known;
    for (size_t i = 0; (known = ub_acceptable_at(i, NULL)) != NULL; i++)
        if (ub_same_word(known, name))
            return true;
    return false;
}

/** Adds the names to the error, as many to a line as fit. */
static void tell_names(struct ub_error *err)
{
    char line[UB_ERROR_TEXT] = "";
    const char *known;
    for (size_t i = 0; (known = ub_acceptable_at(i, NULL)) != NULL; i++) {
        if (strlen(line) + strlen(known) + 3 > 120) {
            (void)ub_wrap(err, UB_USE_OPTION, "%s", line);
            line[0] = '\0';
        }
        (void)ub_append(line, sizeof(line), "%s%s", line[0] ? ", " : i ? "" : "there are ", known);
    }
    (void)ub_wrap(err, UB_USE_OPTION, "%s", line);
}

enum ub_code ub_check_accepted(const struct ub_flash_options *options, struct ub_error *err)
{
    for (size_t i = 0; i < options->accept_count; i++) {
        if (is_known(options->accept[i]))
            continue;
        (void)ub_fail(err, UB_USE_OPTION, "there is no \"%.64s\" to accept", options->accept[i]);
        tell_names(err);
        return UB_USE_OPTION;
    }
    return UB_OK;
}
