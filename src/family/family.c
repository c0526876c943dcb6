/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "family/family.h"

#include "base/text.h"

static bool id_fits(const struct ub_family *family, uint16_t vid, uint16_t pid)
{
    return family->vid == 0 || (family->vid == vid && family->pid == pid);
}

static bool told_by_id(const struct ub_family *family)
{
    return !family->layout && !family->mark.address && !family->alone;
}

/* The last row of the table has neither id nor layout: it fits whatever came so far. */
const struct ub_family *ub_family_by_id(uint16_t vid, uint16_t pid)
{
    const struct ub_family *family = NULL;
    for (size_t i = 0; (family = ub_family_at(i)) != NULL; i++)
        if (told_by_id(family) && id_fits(family, vid, pid))
            break;
    return family;
}

static bool layout_fits(const struct ub_family *family, const struct ub_region *region)
{
    if (!family->layout)
        return true;
    if (region->run_count != family->layout_count)
        return false;
    for (size_t i = 0; i < family->layout_count; i++) {
        const struct ub_sector_run *want = &family->layout[i];
        const struct ub_sector_run *have = &region->runs[i];
        if (have->address != want->address || have->size != want->size ||
            (want->count && have->count != want->count))
            return false;
    }
    return true;
}

static bool mark_fits(const struct ub_family_mark *mark, const struct ub_region *regions,
                      size_t count)
{
    for (size_t i = 0; mark->address && i < count; i++) {
        const struct ub_region *region = &regions[i];
        if (region->run_count && region->runs[0].address == mark->address &&
            (!mark->size || region->runs[0].size == mark->size))
            return true;
    }
    return !mark->address;
}

static bool regions_fit(const struct ub_family *family, const struct ub_region *regions,
                        size_t count)
{
    if (!mark_fits(&family->mark, regions, count) || (family->alone && count > 1))
        return false;
    for (size_t r = 0; r < count; r++)
        if (regions[r].kind == UB_REGION_FLASH && layout_fits(family, &regions[r]))
            return true;
    return false;
}

const struct ub_family *ub_family_by_regions(uint16_t vid, uint16_t pid,
                                             const struct ub_region *regions, size_t count)
{
    const struct ub_family *family;
    for (size_t i = 0; (family = ub_family_at(i)) != NULL; i++)
        if (!told_by_id(family) && id_fits(family, vid, pid) && regions_fit(family, regions, count))
            return family;
    return ub_family_by_id(vid, pid);
}

static bool is_called(const struct ub_family *family, const char *word)
{
    return ub_same_word(family->word, word) || ub_same_word(family->name, word);
}

enum ub_family_relation ub_family_relation(const struct ub_family *family, const char *word)
{
    const struct ub_family *general = ub_family_by_id(family->vid, family->pid);
    const struct ub_family *other;
    if (is_called(family, word) || is_called(general, word))
        return UB_FAMILY_COVERED;
    if (general != family)
        return UB_FAMILY_OTHER;
    if (family->vid == 0)
        return UB_FAMILY_ANY;
    for (size_t i = 0; (other = ub_family_at(i)) != NULL; i++)
        if (is_called(other, word) && other->vid == family->vid && other->pid == family->pid)
            return UB_FAMILY_MAYBE;
    return UB_FAMILY_OTHER;
}

const struct ub_family *ub_family_named(const char *word)
{
    const struct ub_family *family = NULL;
    for (size_t i = 0; (family = ub_family_at(i)) != NULL; i++)
        if (is_called(family, word))
            break;
    return family;
}
