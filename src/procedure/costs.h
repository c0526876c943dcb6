/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file costs.h
 * What a run believes of costs when it begins, and what it leaves for the next one.
 */
#ifndef UB_PROCEDURE_COSTS_H
#define UB_PROCEDURE_COSTS_H

#include "flash/cost.h"
#include "procedure/session.h"

/**
 * Opens the ledger of a run on this device: the family's costs, corrected by what the vault
 * remembers of such devices on such a bus. The session's target keeps it until ub_ledger_close().
 */
void ub_ledger_open(struct ub_session *session, struct ub_ledger *ledger);
void ub_ledger_close(struct ub_session *session);

/** After a verified run: remembers in the vault what it measured. Failing to is a warning. */
void ub_ledger_remember(struct ub_session *session);

#endif
