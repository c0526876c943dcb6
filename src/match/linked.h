/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file linked.h
 * For which address an image of a Cortex-M was linked: its vectors lead to where functions begin.
 */
#ifndef UB_MATCH_LINKED_H
#define UB_MATCH_LINKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * Is the image, which begins with a vector table and lies at `at`, linked for another address? True
 * only if that is plain: five different vectors or more, of which hardly one leads to the beginning
 * of a function here, and each one does at *base, which is the nearest such address.
 */
bool ub_linked_elsewhere(const uint8_t *bytes, size_t length, uint32_t at, uint32_t *base);

#endif
