/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file prepare.h
 * The first step: what the image is, and whether it says that it belongs to this device.
 */
#ifndef UB_PROCEDURE_PREPARE_H
#define UB_PROCEDURE_PREPARE_H

#include "flash/place.h"
#include "procedure/session.h"

/** Tells what the image is. */
void ub_tell_image(struct ub_context *context, const struct ub_image *image);

/**
 * The ids in the image against those of the device, in either mode. Errors: UB_IMG_WRONG_DEVICE
 * unless options->accept names "other-device".
 */
enum ub_code ub_match_ids(const struct ub_session *session, const struct ub_image *image,
                          const struct ub_flash_options *options, struct ub_error *err);

/** ub_match_ids(), ub_check_prefix(), then ub_place_image(). *placement is the caller's. */
enum ub_code ub_prepare(struct ub_session *session, const struct ub_image *image,
                        const struct ub_flash_options *options, struct ub_placement *placement,
                        struct ub_error *err);

#endif
