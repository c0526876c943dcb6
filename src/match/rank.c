/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The families that an image can belong to. */
#include "match/rank.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

void ub_match_family_case(const struct ub_image *image, const struct ub_image_facts *facts,
                          const struct ub_family *family, const struct ub_flash_options *options,
                          struct ub_match_case *what)
{
    *what = (struct ub_match_case){
        .image = image,
        .facts = facts,
        .family = family,
        .where = family->name,
        .family_only = true,
        .addressed = true,
        .dfu = {.known = family->vid != 0, .vid = family->vid, .pid = family->pid},
        .options = options,
        .has_at = options && options->has_at,
        .at = options ? options->at : 0,
    };
}

/** How many kinds of evidence speak for the family; 0 if any speaks against it. `why` gets them. */
static size_t score(const struct ub_image *image, const struct ub_image_facts *facts,
                    const struct ub_family *family, struct ub_match *match, char *why, size_t size)
{
    struct ub_match_case what;
    ub_match_family_case(image, facts, family, NULL, &what);
    ub_match_decide(&what, match);
    if (ub_match_count(match, UB_FINDING_AGAINST) || !ub_match_reasons(match, why, size))
        return 0;
    return ub_match_count(match, UB_FINDING_FOR);
}

/** True if an earlier family of the table has the same word. */
static bool repeats(size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(ub_family_at(i)->word, ub_family_at(index)->word) == 0)
            return true;
    return false;
}

#define FAMILIES_MAX 64u

const char *ub_image_family(const struct ub_image *image, size_t index, char *why, size_t size)
{
    struct ub_image_facts facts;
    size_t scores[FAMILIES_MAX] = {0};
    char text[UB_ERROR_TEXT];
    const struct ub_family *found = NULL;
    struct ub_match *match = malloc(sizeof(*match));
    if (!match)
        return NULL;
    ub_image_facts(image, &facts);
    for (size_t i = 0; i < FAMILIES_MAX && ub_family_at(i); i++)
        if (!repeats(i))
            scores[i] = score(image, &facts, ub_family_at(i), match, text, sizeof(text));
    for (size_t rank = 0; rank <= index; rank++) {
        size_t best = 0;
        for (size_t i = 1; i < FAMILIES_MAX; i++)
            best = scores[i] > scores[best] ? i : best;
        found = scores[best] ? ub_family_at(best) : NULL;
        scores[best] = 0;
    }
    if (found && why)
        (void)score(image, &facts, found, match, why, size);
    free(match);
    return found ? found->word : NULL;
}
