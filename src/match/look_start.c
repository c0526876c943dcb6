/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the chip will start, and where the image goes. */
#include "base/bytes.h"
#include "loader/layout.h"
#include "match/linked.h"
#include "match/rows.h"

#include <inttypes.h>

/** A full descending stack begins behind its memory. */
static bool in_ram(const struct ub_family_firmware *firmware, uint32_t stack)
{
    for (size_t i = 0; i < firmware->ram_count; i++)
        if (stack > firmware->ram[i].address &&
            stack - firmware->ram[i].address <= firmware->ram[i].length)
            return true;
    return false;
}

void ub_match_ram(const struct ub_match_row *row, const struct ub_match_case *what,
                  struct ub_match *out)
{
    struct ub_match_table table;
    if (ub_match_core(what) != UB_CORE_CORTEX_M || !what->family->firmware->ram_count ||
        !ub_match_find_table(what, &table) || !table.sure || !table.placed)
        return;
    if (in_ram(what->family->firmware, table.stack))
        UB_MATCH_FOR("its stack begins at 0x%08" PRIx32 ", which is RAM of the %s", table.stack,
                     what->family->name);
    else
        UB_MATCH_AGAINST("its stack begins at 0x%08" PRIx32 ", where no %s has RAM", table.stack,
                         what->family->name);
}

static bool is_inside(const struct ub_match_case *what, uint64_t address)
{
    size_t length;
    return ub_match_bytes(what, address, &length) != NULL;
}

/** The address at which the flash holds what an alias shows; false if no alias has it. */
static bool behind_alias(const struct ub_match_case *what, uint32_t address, uint64_t *in_flash)
{
    const struct ub_family_firmware *firmware = what->family->firmware;
    for (size_t i = 0; i < firmware->alias_count; i++)
        if (address >= firmware->aliases[i] && address - firmware->aliases[i] < 0x00200000) {
            *in_flash = firmware->flash + (uint64_t)(address - firmware->aliases[i]);
            return true;
        }
    return false;
}

/** The first and last address of what goes to the device. */
static void extent(const struct ub_match_case *what, uint64_t *first, uint64_t *last)
{
    uint64_t place = 0;
    (void)ub_match_place(what, &place);
    *first = UINT64_MAX;
    *last = 0;
    for (size_t i = 0; i < what->image->segment_count; i++) {
        const struct ub_segment *segment = &what->image->segments[i];
        const uint64_t start = segment->has_address ? segment->address : place;
        const uint64_t end = start + segment->length - 1;
        *first = start < *first ? start : *first;
        *last = end > *last ? end : *last;
    }
}

/** An image that is larger than a bootloader and was put in its place begins in itself all the
 * same, only at the wrong place. */
static bool linked_elsewhere(const struct ub_match_case *what, const struct ub_match_table *table,
                             uint32_t *base)
{
    size_t length;
    const uint8_t *bytes = ub_match_bytes(what, table->at, &length);
    return bytes && table->at <= UINT32_MAX &&
           ub_linked_elsewhere(bytes, length, (uint32_t)table->at, base);
}

/* A chip fetches the reset vector and jumps there; what is linked for another address jumps past
 * itself. At reset many chips show their flash at a second address too, for which some images are
 * linked. */
void ub_match_reset(const struct ub_match_row *row, const struct ub_match_case *what,
                    struct ub_match *out)
{
    struct ub_match_table table;
    uint64_t first;
    uint64_t last;
    uint64_t in_flash;
    uint32_t base;
    if (ub_match_core(what) != UB_CORE_CORTEX_M || !ub_match_find_table(what, &table) ||
        !table.sure || !table.placed)
        return;
    extent(what, &first, &last);
    const bool alias = behind_alias(what, table.reset, &in_flash);
    if (is_inside(what, table.reset) && linked_elsewhere(what, &table, &base))
        UB_MATCH_AGAINST("its vectors lead into the middle of its code at 0x%08" PRIx64
                         ": it looks linked for 0x%08" PRIx32,
                         table.at, base);
    else if (is_inside(what, table.reset) || (alias && is_inside(what, in_flash)))
        UB_MATCH_FOR("its reset vector leads to 0x%08" PRIx32 ", which is in it", table.reset);
    else if (alias || in_ram(what->family->firmware, table.reset))
        UB_MATCH_WEAK("its reset vector leads to 0x%08" PRIx32 ", outside of it (0x%08" PRIx64
                      "-0x%08" PRIx64 ")",
                      table.reset, first, last);
    else
        UB_MATCH_AGAINST("its reset vector leads to 0x%08" PRIx32 ", outside of it (0x%08" PRIx64
                         "-0x%08" PRIx64 "): it is linked for another address",
                         table.reset, first, last);
}

bool ub_match_starts_as_arm(const struct ub_match_case *what)
{
    struct ub_match_table table;
    const uint8_t *bytes;
    size_t length;
    if (!ub_match_boot_bytes(what, &bytes, &length) || !ub_match_find_table(what, &table) ||
        !table.sure)
        return false;
    struct ub_cursor cursor = ub_cursor(bytes + 4, 12);
    for (unsigned i = 0; i < 3; i++) {
        const uint32_t vector = ub_take_u32le(&cursor);
        if (!(vector & 1u) || !is_inside(what, vector & ~UINT32_C(1)))
            return false;
    }
    return true;
}

/** The header of MCUboot's format where the chip starts itself, which it cannot start. */
static bool is_over_bootloader(const struct ub_match_case *what)
{
    const uint8_t *bytes;
    size_t length;
    char version[64];
    return ub_match_core(what) != UB_CORE_UNKNOWN && ub_match_boot_bytes(what, &bytes, &length) &&
           ub_match_mcuboot_version(bytes, length, version, sizeof(version));
}

void ub_match_bootloader(const struct ub_match_row *row, const struct ub_match_case *what,
                         struct ub_match *out)
{
    if (is_over_bootloader(what))
        UB_MATCH_AGAINST("it begins with MCUboot's header at 0x%08" PRIx64 ", from where the %s "
                         "itself starts: its place is behind that bootloader",
                         what->family->boot_address, what->family->name);
}

/* A blank or unknown start is for the person to judge. */
void ub_match_vectors(const struct ub_match_row *row, const struct ub_match_case *what,
                      struct ub_match *out)
{
    struct ub_match_table table;
    const uint8_t *bytes;
    size_t length;
    if (ub_match_core(what) == UB_CORE_CORTEX_M && ub_match_boot_bytes(what, &bytes, &length) &&
        !is_over_bootloader(what) && !what->facts->dense && !what->facts->esp &&
        !ub_match_find_table(what, &table))
        UB_MATCH_WEAK("there is no vector table at 0x%08" PRIx64 ", from where the %s starts",
                      what->family->boot_address, what->family->name);
}

void ub_match_entry(const struct ub_match_row *row, const struct ub_match_case *what,
                    struct ub_match *out)
{
    const struct ub_claim *claim;
    uint64_t in_flash;
    if (!what->image->segment_count || !what->image->segments[0].has_address)
        return;
    for (size_t i = 0; (claim = ub_match_claim(what->image, UB_CLAIM_ENTRY, &i)) != NULL;) {
        const uint64_t entry = claim->number & ~UINT64_C(1);
        const bool alias = what->family && what->family->firmware && entry <= UINT32_MAX &&
                           behind_alias(what, (uint32_t)entry, &in_flash) &&
                           is_inside(what, in_flash);
        /* nobody has an entry is 0 in S-records and ELF */
        if (entry && !alias && !is_inside(what, entry))
            UB_MATCH_WEAK("its %.32s starts it at 0x%08" PRIx64 ", which is outside of it",
                          claim->source, claim->number);
    }
}

/* Of a family whose chips have flash of any size. */
#define FLASH_MOST UINT64_C(0x01000000)

/** Bytes from `address` on that the device, or the family's flash, has; *known is false if that is
 * not known. */
static uint64_t room(const struct ub_match_case *what, uint64_t address, bool *known)
{
    uint64_t most = 0;
    *known = what->region_count > 0;
    for (size_t i = 0; i < what->region_count; i++) {
        const uint64_t reach = ub_region_reach(&what->regions[i], address, 0);
        most = reach > most ? reach : most;
    }
    if (*known || !what->family)
        return most;
    const struct ub_family *family = what->family;
    const struct ub_sector_run *runs = family->layout;
    const struct ub_sector_run *last = runs ? &runs[family->layout_count - 1] : NULL;
    const uint64_t start = runs ? runs[0].address : family->firmware ? family->firmware->flash : 0;
    const uint64_t end = last && last->count ? ub_run_end(last) : start + FLASH_MOST;
    *known = start != 0;
    return address >= start && address < end ? end - address : 0;
}

void ub_match_addresses(const struct ub_match_row *row, const struct ub_match_case *what,
                        struct ub_match *out)
{
    bool known = false;
    bool some = false;
    if (!what->addressed && !what->family_only)
        return;
    for (size_t i = 0; i < what->image->segment_count; i++) {
        const struct ub_segment *segment = &what->image->segments[i];
        uint64_t start = segment->address;
        if (!segment->has_address && !ub_match_place(what, &start))
            continue;
        const uint64_t there = room(what, start, &known);
        if (!known)
            return;
        if (there < segment->length) {
            UB_MATCH_AGAINST("%zu bytes at 0x%08" PRIx64 " are not in the memory of %s",
                             segment->length, start, what->where);
            return;
        }
        some = some || segment->has_address;
    }
    if (some)
        UB_MATCH_FOR("its addresses are in the memory of %s", what->where);
}
