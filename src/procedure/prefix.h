/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file prefix.h
 * What a bootloader wants in front of an image, where quirks say that it does.
 */
#ifndef UB_PROCEDURE_PREFIX_H
#define UB_PROCEDURE_PREFIX_H

#include "procedure/session.h"

/** Bytes of NXP's boot header. */
#define UB_LPC_PREFIX_LENGTH 16u

/**
 * True if the bytes begin with the boot header of NXP's LPC18xx and LPC43xx (UM10503, boot image
 * header) and it covers all of them. Otherwise *why, if not NULL, says what is wrong.
 */
bool ub_lpc_prefix_fits(const uint8_t *bytes, size_t length, const char **why);

/** The image against what the session's device wants in front of one. Errors: UB_IMG_NO_PREFIX. */
enum ub_code ub_check_prefix(const struct ub_session *session, const struct ub_image *image,
                             struct ub_error *err);

#endif
