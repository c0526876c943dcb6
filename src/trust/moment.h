/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file moment.h
 * Moments in time, as people and files write them (RFC 3339).
 */
#ifndef UB_TRUST_MOMENT_H
#define UB_TRUST_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

#define UB_MOMENT_TEXT 32 /**< bytes of a moment as text, with its NUL */

/**
 * Reads "2026-11-22T10:11:12Z", also with a fraction of a second (which is dropped) and an offset
 * ("+01:00"). Years from 1970 to 9999. `*seconds` since 1970, UTC. False for anything else.
 */
bool ub_moment_parse(const char *text, int64_t *seconds);

/** "2026-11-22T10:11:12Z"; "" for a moment outside of those years. */
void ub_moment_print(int64_t seconds, char to[UB_MOMENT_TEXT]);

#endif
