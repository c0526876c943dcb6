/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file sectors.h
 * Sectors and banks of a family's flash memory, for questions that no device has to answer.
 */
#ifndef UB_FAMILY_SECTORS_H
#define UB_FAMILY_SECTORS_H

#include "family/family.h"

/** A stretch of memory. */
struct ub_family_span {
    uint64_t address;
    uint64_t length;
};

/** The family with that word, if its sectors are known. Errors: UB_USE_OPTION. */
enum ub_code ub_family_with_sectors(const char *word, const struct ub_family **out,
                                    struct ub_error *err);

/** The sector of the family's flash that has this address; false if none has, and *out is then the
 * stretch from there to the next one, or to the last address. */
bool ub_family_sector(const struct ub_family *family, uint64_t address, struct ub_family_span *out);

/** The bank that has this address: runs of sectors without a gap, up to where their sizes begin
 * again with smaller ones, as the second bank's do. False as for ub_family_sector(). */
bool ub_family_bank(const struct ub_family *family, uint64_t address, struct ub_family_span *out);

#endif
