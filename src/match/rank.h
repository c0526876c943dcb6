/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file rank.h
 * An image held against a whole family, without any device.
 */
#ifndef UB_MATCH_RANK_H
#define UB_MATCH_RANK_H

#include "match/match.h"

/** Fills in a case about a family; `facts` and `options` (may be NULL) are borrowed. */
void ub_match_family_case(const struct ub_image *image, const struct ub_image_facts *facts,
                          const struct ub_family *family, const struct ub_flash_options *options,
                          struct ub_match_case *what);

#endif
