/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the image goes, and the vector table from which a Cortex-M would start it. */
#include "base/bytes.h"
#include "match/rows.h"

#define TABLE_LEAST 16u /* stack pointer, reset, NMI, HardFault (ARMv7-M B1.5.3) */

/* Internal RAM of Cortex-M chips, also closely coupled; no memory that must be set up first can
 * hold the stack at reset. */
#define STACK_FIRST UINT32_C(0x10000000)
#define STACK_LAST  UINT32_C(0x40000000)
#define CODE_LAST   UINT32_C(0xa0000000) /* behind it are devices (ARMv7-M B3.1) */

enum ub_family_core ub_match_core(const struct ub_match_case *what)
{
    return what->family && what->family->firmware ? what->family->firmware->core : UB_CORE_UNKNOWN;
}

/** Does the word look like a vector: odd, and in memory? */
static bool is_vector(uint32_t word)
{
    return (word & 1u) != 0 && word > 1 && word < CODE_LAST;
}

static bool read_table(const uint8_t *bytes, size_t length, struct ub_match_table *table)
{
    struct ub_cursor cursor = ub_cursor(bytes, length);
    const uint32_t stack = ub_take_u32le(&cursor);
    const uint32_t reset = ub_take_u32le(&cursor);
    const uint32_t nmi = ub_take_u32le(&cursor);
    const uint32_t hard_fault = ub_take_u32le(&cursor);
    if (cursor.failed || (stack & 3u) != 0 || stack < STACK_FIRST || stack > STACK_LAST ||
        !is_vector(reset))
        return false;
    table->there = true;
    table->sure = (nmi == 0 || is_vector(nmi)) && (hard_fault == 0 || is_vector(hard_fault));
    table->stack = stack;
    table->reset = reset & ~UINT32_C(1);
    return true;
}

/** The start of the flash: the boot address, else what the memory map has first. */
static bool flash_start(const struct ub_match_case *what, uint64_t *address)
{
    if (what->family && what->family->has_boot_address) {
        *address = what->family->boot_address;
        return true;
    }
    for (size_t i = 0; i < what->region_count; i++)
        if (what->regions[i].kind == UB_REGION_FLASH && what->regions[i].run_count) {
            *address = what->regions[i].runs[0].address;
            return true;
        }
    return false;
}

/* As flash/place.c places it: where the person says, else where its own vectors say. */
bool ub_match_place(const struct ub_match_case *what, uint64_t *address)
{
    const struct ub_segment *first = what->image->segment_count ? &what->image->segments[0] : NULL;
    struct ub_match_table table = {0};
    if (!first || first->has_address || (!what->addressed && !what->family_only))
        return false;
    if (what->has_at) {
        *address = what->at;
        return true;
    }
    return flash_start(what, address) && read_table(first->data, first->length, &table) &&
           table.reset >= *address && table.reset - *address < first->length;
}

const uint8_t *ub_match_bytes(const struct ub_match_case *what, uint64_t address, size_t *length)
{
    for (size_t i = 0; i < what->image->segment_count; i++) {
        const struct ub_segment *segment = &what->image->segments[i];
        uint64_t start = segment->address;
        if (!segment->has_address && !ub_match_place(what, &start))
            continue;
        if (address < start || address - start >= segment->length)
            continue;
        *length = segment->length - (size_t)(address - start);
        return segment->data + (address - start);
    }
    return NULL;
}

bool ub_match_boot_bytes(const struct ub_match_case *what, const uint8_t **bytes, size_t *length)
{
    if (!what->family || !what->family->has_boot_address ||
        (!what->addressed && !what->family_only))
        return false;
    *bytes = ub_match_bytes(what, what->family->boot_address, length);
    return *bytes != NULL && *length >= TABLE_LEAST;
}

bool ub_match_find_table(const struct ub_match_case *what, struct ub_match_table *table)
{
    const uint8_t *bytes;
    size_t length;
    *table = (struct ub_match_table){.boots = false};
    if (ub_match_boot_bytes(what, &bytes, &length)) {
        table->boots = table->placed = true;
        table->at = what->family->boot_address;
        return read_table(bytes, length, table);
    }
    const struct ub_segment *first = what->image->segment_count ? &what->image->segments[0] : NULL;
    if (!first || !what->facts->has_vectors || !read_table(first->data, first->length, table))
        return false;
    table->placed = first->has_address || ub_match_place(what, &table->at);
    if (first->has_address)
        table->at = first->address;
    return true;
}
