/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file accept.h
 * The contradictions that a person may name.
 */
#ifndef UB_MATCH_ACCEPT_H
#define UB_MATCH_ACCEPT_H

#include "unbrick.h"

/** True if the options name it. */
bool ub_is_accepted(const struct ub_flash_options *options, const char *name);

/** Refuses names that are not known. Errors: UB_USE_OPTION. */
enum ub_code ub_check_accepted(const struct ub_flash_options *options, struct ub_error *err);

#endif
