/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file version.h
 * Which of two versions is the newer one.
 */
#ifndef UB_TRUST_VERSION_H
#define UB_TRUST_VERSION_H

#include <stdbool.h>

/**
 * True if the text is a version that can be compared: numbers with dots between them, of any length
 * and count, after an optional "v"; then optionally "-" and a pre-release, "+" and a build, both as
 * in Semantic Versioning 2.0.0 §9 and §10.
 */
bool ub_version_valid(const char *text);

/**
 * Compares two versions (Semantic Versioning 2.0.0 §11; missing numbers count as 0, the build does
 * not count). *order is less than 0 if `a` is older, 0 if they are equal, greater than 0 if `a` is
 * newer. False if one of them cannot be compared; *order is 0 then.
 */
bool ub_version_compare(const char *a, const char *b, int *order);

#endif
