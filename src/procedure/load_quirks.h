/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file load_quirks.h
 * The known defects of a context: the built-in table, then the person's own.
 */
#ifndef UB_PROCEDURE_LOAD_QUIRKS_H
#define UB_PROCEDURE_LOAD_QUIRKS_H

#include "family/quirks.h"

/**
 * Reads them in this order, later ones win: those built in; the person's file
 * ($XDG_CONFIG_HOME/unbrick/quirks.yaml, else ~/.config/unbrick/quirks.yaml) if there is one; the
 * files of the configuration; its lines. *out is the caller's. Errors: UB_USE_QUIRK, UB_SYS_MEMORY.
 */
enum ub_code ub_load_quirks(const struct ub_config *config, struct ub_quirks **out,
                            struct ub_error *err);

#endif
