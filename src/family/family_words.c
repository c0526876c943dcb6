/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "family/family.h"

const char *ub_family_word_at(size_t index, const char **title)
{
    const struct ub_family *family = ub_family_at(index);
    if (!family)
        return NULL;
    if (title)
        *title = family->title;
    return family->word;
}
