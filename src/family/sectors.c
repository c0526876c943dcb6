/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "family/sectors.h"

#include "base/error.h"

/* Where the number of sectors is not part of what is known: all that such chips use for flash
 * (0x08000000 to 0x0fffffff; RM0091 section 2.2 and those of the other lines alike). */
#define WINDOW UINT64_C(0x08000000)

enum ub_code ub_family_with_sectors(const char *word, const struct ub_family **out,
                                    struct ub_error *err)
{
    const struct ub_family *family = ub_family_named(word);
    if (!family)
        return ub_fail(err, UB_USE_OPTION, "no family is called %.80s", word);
    if (!family->layout || family->layout_count == 0)
        return ub_fail(err, UB_USE_OPTION, "the sectors of %s are not known", family->title);
    *out = family;
    return UB_OK;
}

static uint64_t length_of(const struct ub_sector_run *run)
{
    return run->count ? (uint64_t)run->size * run->count : WINDOW;
}

static bool holds(const struct ub_sector_run *run, uint64_t address)
{
    return address >= run->address && address - run->address < length_of(run);
}

/** What lies between `address`, which is in no run, and the next one. */
static struct ub_family_span gap_at(const struct ub_family *family, uint64_t address)
{
    uint64_t end = UINT64_MAX;
    for (size_t i = 0; i < family->layout_count; i++)
        if (family->layout[i].address > address && family->layout[i].address < end)
            end = family->layout[i].address;
    return (struct ub_family_span){.address = address, .length = end - address};
}

bool ub_family_sector(const struct ub_family *family, uint64_t address, struct ub_family_span *out)
{
    for (size_t i = 0; i < family->layout_count; i++) {
        const struct ub_sector_run *run = &family->layout[i];
        if (!holds(run, address))
            continue;
        out->address = address - (address - run->address) % run->size;
        out->length = run->size;
        return true;
    }
    *out = gap_at(family, address);
    return false;
}

/** True if a bank begins with run number `i`. */
static bool begins_bank(const struct ub_family *family, size_t i)
{
    const struct ub_sector_run *run = &family->layout[i];
    return i == 0 || run[-1].address + length_of(&run[-1]) != run->address ||
           run->size < run[-1].size;
}

bool ub_family_bank(const struct ub_family *family, uint64_t address, struct ub_family_span *out)
{
    for (size_t i = 0; i < family->layout_count; i++) {
        const struct ub_sector_run *run = &family->layout[i];
        if (begins_bank(family, i))
            *out = (struct ub_family_span){.address = run->address};
        out->length = run->address + length_of(run) - out->address;
        bool ends = i + 1 == family->layout_count || begins_bank(family, i + 1);
        if (ends && address >= out->address && address - out->address < out->length)
            return true;
    }
    *out = gap_at(family, address);
    return false;
}
