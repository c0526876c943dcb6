/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file catalogue.h
 * The table behind ub_explain(), made from data/errors by scripts/catalogue.py.
 */
#ifndef UB_BASE_CATALOGUE_H
#define UB_BASE_CATALOGUE_H

#include "unbrick.h"

/** Every error's entry, in ascending order of code. */
extern const struct ub_explanation ub_catalogue[];
/** Entries in ub_catalogue. */
extern const size_t ub_catalogue_count;

#endif
