/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file claims.h
 * What headers inside of the firmware say about it.
 */
#ifndef UB_INSPECT_CLAIMS_H
#define UB_INSPECT_CLAIMS_H

#include "image/image.h"

/** Adds the claims of MCUboot's and Espressif's headers, if the image has one. Errors:
 * UB_SYS_MEMORY. */
enum ub_code ub_inspect_claims(struct ub_image *image, struct ub_error *err);

#endif
