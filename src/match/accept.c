/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "match/accept.h"

#include "base/error.h"
#include "base/text.h"

#include <string.h>

struct acceptable {
    const char *name;
    const char *meaning;
};

static const struct acceptable table[] = {
    {"bad-crc", "the CRC in the suffix of a .dfu file is wrong"},
    {"other-device", "the image names other vendor and product ids"},
};

#define COUNT (sizeof(table) / sizeof(table[0]))

const char *ub_acceptable_at(size_t index, const char **meaning)
{
    if (index >= COUNT)
        return NULL;
    if (meaning)
        *meaning = table[index].meaning;
    return table[index].name;
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
    for (size_t i = 0; i < COUNT; i++)
        if (ub_same_word(table[i].name, name))
            return true;
    return false;
}

enum ub_code ub_check_accepted(const struct ub_flash_options *options, struct ub_error *err)
{
    for (size_t i = 0; i < options->accept_count; i++) {
        if (is_known(options->accept[i]))
            continue;
        char names[UB_ERROR_TEXT] = "";
        for (size_t j = 0; j < COUNT; j++)
            ub_append(names, sizeof(names), "%s%s", j ? ", " : "", table[j].name);
        return ub_fail(err, UB_USE_OPTION, "there is no \"%s\" to accept; there are %s",
                       options->accept[i], names);
    }
    return UB_OK;
}
