/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file release.h
 * Versions against a device's release number, bcdDevice, which is binary coded decimal (USB 2.0
 * table 9-8).
 */
#ifndef UB_MATCH_RELEASE_H
#define UB_MATCH_RELEASE_H

#include <stdbool.h>
#include <stdint.h>

#define UB_RELEASE_TEXT 16 /**< bytes of a release as text, with its NUL */

/** True if all four digits are decimal. */
bool ub_release_valid(uint16_t bcd);

/** "1.20", as fwupd and lsusb write it. */
void ub_release_print(char to[UB_RELEASE_TEXT], uint16_t bcd);

/**
 * Compares a version with a release. *order is less than 0 if the version is older. `format` is
 * LVFS's word for how the version is written ("bcd", "pair", "plain"), or NULL: 0x0120 may be 1.20
 * or 1.2.0 then. False where the two would give different answers, where the version is no numbers,
 * or where the format is none that a release has.
 */
bool ub_release_compare(const char *version, const char *format, uint16_t bcd, int *order);

#endif
