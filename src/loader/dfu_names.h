/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file dfu_names.h
 * Words for what a device answers.
 */
#ifndef UB_LOADER_DFU_NAMES_H
#define UB_LOADER_DFU_NAMES_H

#include <stdint.h>

/** What a bStatus (0..15) means, for a person; "?" for any other number. */
const char *dfu_status_meaning(uint8_t status);

#endif
