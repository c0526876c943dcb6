/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file known.h
 * What quirks know of the device in hand, as more of the device becomes known: its ids and strings,
 * the names of its memories when the loader has read them, and at last bytes of its memory.
 */
#ifndef UB_PROCEDURE_KNOWN_H
#define UB_PROCEDURE_KNOWN_H

#include "loader/loader.h"

struct ub_session;

/** Before the device is opened: the habits of its family by id, and what quirks change of them. */
void ub_known_start(struct ub_session *session);

/** The session as a loader's adviser, for the time in which the names of the memories are read. */
struct ub_loader_adviser ub_known_adviser(struct ub_session *session);

/**
 * Once the loader is open and the regions are known: reads the bytes of memory that quirks ask for,
 * until two readings agree. *more tells whether there were any, so that the device has to be opened
 * anew to heed them. Behind read protection they stay unknown. Errors: UB_VER_READS_DIFFER, UB_USB
 * and UB_DFU domains: what the device is decides what is erased, so it is not guessed.
 */
enum ub_code ub_known_learn(struct ub_session *session, bool *more, struct ub_error *err);

/** Changes the habits of the family that the regions made known; session->effect and
 * target.habits are set. */
void ub_known_settle(struct ub_session *session);

#endif
