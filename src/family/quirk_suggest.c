/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A key that does not exist: which one was meant, where it belongs, or what there is. */
#include "base/error.h"
#include "base/text.h"
#include "family/quirk.h"

#include <string.h>

#define WORD_MAX 40u /* longer than any key */

static const char *const entry_keys[] = {"name", "defect", "source", "does", "select", "behaviour"};
#define ENTRY_COUNT   (sizeof(entry_keys) / sizeof(entry_keys[0]))
#define LINE_COUNT    (ENTRY_COUNT - 2) /* a line has no sections */
#define BEYOND_EFFORT (WORD_MAX + 1)

/* Key number `index` of that section, or NULL past the end. */
static const char *key_at(enum ub_quirk_section section, size_t index)
{
    const size_t own = section == UB_QUIRK_IN_LINE ? LINE_COUNT : ENTRY_COUNT;
    const struct ub_quirk_change_key *change;
    switch (section) {
    case UB_QUIRK_IN_ENTRY:
        return index < own ? entry_keys[index] : NULL;
    case UB_QUIRK_IN_SELECT:
        return index < UB_QUIRK_BY_COUNT ? ub_quirk_select_key((enum ub_quirk_by)index)->name
                                         : NULL;
    case UB_QUIRK_IN_BEHAVIOUR:
        change = ub_quirk_change_at(index);
        return change ? change->shown.name : NULL;
    case UB_QUIRK_IN_LINE:
        break;
    }
    if (index < own)
        return entry_keys[index];
    const struct ub_quirk_key *key = ub_quirk_key_at(index - own);
    return key ? key->name : NULL;
}

bool ub_quirk_key_in(enum ub_quirk_section section, const char *key)
{
    const char *there;
    for (size_t i = 0; (there = key_at(section, i)) != NULL; i++)
        if (strcmp(there, key) == 0)
            return true;
    return false;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many letters have to be changed, put in or left out (Levenshtein). */
static size_t distance(const char *a, const char *b)
{
    size_t row[WORD_MAX + 1];
    const size_t width = strlen(b);
    if (strlen(a) > WORD_MAX || width > WORD_MAX)
        return BEYOND_EFFORT;
    for (size_t j = 0; j <= width; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t before = row[0]; /* of the row above, one to the left */
        row[0] = i;
        for (size_t j = 1; j <= width; j++) {
            const size_t above = row[j];
            row[j] = least(least(above, row[j - 1]) + 1, before + (a[i - 1] != b[j - 1]));
            before = above;
        }
    }
    return row[width];
}

/* The key that was most likely meant, or NULL: a third of its letters may differ. */
static const char *nearest(enum ub_quirk_section section, const char *key)
{
    const char *best = NULL;
    const char *there;
    size_t nearer_than = least(strlen(key) / 3, 3) + 1;
    for (size_t i = 0; (there = key_at(section, i)) != NULL; i++) {
        const size_t found = distance(key, there);
        if (found < nearer_than) {
            best = there;
            nearer_than = found;
        }
    }
    return best;
}

static const char *title(enum ub_quirk_section section)
{
    return section == UB_QUIRK_IN_SELECT      ? "select"
           : section == UB_QUIRK_IN_BEHAVIOUR ? "behaviour"
                                              : "a quirk itself";
}

/* Another section that has the key. UB_QUIRK_IN_LINE: none. */
static enum ub_quirk_section home_of(const char *key)
{
    static const enum ub_quirk_section all[] = {UB_QUIRK_IN_ENTRY, UB_QUIRK_IN_SELECT,
                                                UB_QUIRK_IN_BEHAVIOUR};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (ub_quirk_key_in(all[i], key))
            return all[i];
    return UB_QUIRK_IN_LINE;
}

/* The few that there are, or where the many are listed. */
static enum ub_code list_keys(enum ub_quirk_section section, enum ub_code code,
                              struct ub_error *err)
{
    char line[UB_ERROR_TEXT] = "there are";
    const char *there;
    if (section == UB_QUIRK_IN_BEHAVIOUR || section == UB_QUIRK_IN_LINE)
        return ub_wrap(err, code, "`unbrick help quirks` lists all keys");
    for (size_t i = 0; (there = key_at(section, i)) != NULL; i++)
        (void)ub_append(line, sizeof(line), "%s %s", i ? "," : "", there);
    return ub_wrap(err, code, "%s", line);
}

enum ub_code ub_quirk_unknown_key(enum ub_quirk_section section, const char *key,
                                  const struct ub_quirk_place *place, struct ub_error *err)
{
    const char *near = nearest(section, key);
    if (near)
        return ub_quirk_bad(place, err, "there is no key \"%.60s\": did you mean %s?", key, near);
    const enum ub_quirk_section home = home_of(key);
    if (home != UB_QUIRK_IN_LINE && section != UB_QUIRK_IN_LINE)
        return ub_quirk_bad(place, err, "there is no key \"%.60s\" in %s: it is one of %s", key,
                            title(section), title(home));
    return list_keys(section, ub_quirk_bad(place, err, "there is no key \"%.60s\"", key), err);
}
