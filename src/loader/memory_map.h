/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file memory_map.h
 * The memory map that a DfuSe device writes into the name of an alternate setting (UM0424 section
 * 10.3.2): "@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg".
 */
#ifndef UB_LOADER_MEMORY_MAP_H
#define UB_LOADER_MEMORY_MAP_H

#include "unbrick.h"

#define UB_MEMORY_MAP_RUNS 64
/** Far above the finest real map: an L0 with 192 KiB has 1,536 pages of 128 bytes. */
#define UB_MEMORY_MAP_SECTORS 65536u

/** A map as read. A plain value. */
struct ub_memory_map {
    enum ub_region_kind kind;
    char name[UB_STRING_TEXT];
    size_t run_count;                              /**< at least 1 */
    struct ub_sector_run runs[UB_MEMORY_MAP_RUNS]; /**< ascending, not overlapping, below 4 GiB */
    unsigned rights;                               /**< union over all runs */
    uint64_t sector_count;                         /**< in all runs */
    char oddity[UB_ERROR_TEXT];                    /**< what was tolerated, or "" */
};

/** True if the text claims to be a memory map: it begins with '@'. */
bool ub_memory_map_is(const char *text);

/**
 * Reads a map. Tolerated, with a note in `oddity`: sizes without unit, lower-case units, and the
 * missing type of a "Device Feature". Errors: UB_DFU_MEMORY_MAP, with the position.
 */
enum ub_code ub_memory_map_parse(const char *text, struct ub_memory_map *out, struct ub_error *err);

/** What kind of memory a name means: "Option Bytes", "OTP Memory", ...; `rights` of its runs decide
 * where the name says nothing. */
enum ub_region_kind ub_memory_kind(const char *name, unsigned rights);

#endif
