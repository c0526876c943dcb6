/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file prefix.h
 * What a bootloader wants in front of an image, where quirks say that it does.
 */
#ifndef UB_PROCEDURE_PREFIX_H
#define UB_PROCEDURE_PREFIX_H

#include "procedure/session.h"

/** The image against what the session's device wants in front of one. Errors: UB_IMG_NO_PREFIX. */
enum ub_code ub_check_prefix(const struct ub_session *session, const struct ub_image *image,
                             struct ub_error *err);

#endif
