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
 * Does the image belong on this device? Tells it once a run: what is doubtful as warnings, what
 * speaks for it in one line. Where nothing will be written (`comparing`) only contradictions count.
 * Errors: UB_IMG_CONTRADICTION, UB_IMG_WRONG_DEVICE, UB_IMG_WRONG_TARGET, UB_TRU_EXPIRED,
 * UB_TRU_ROLLBACK, unless options->accept names each of them; UB_USE_OPTION, UB_SYS_MEMORY.
 */
enum ub_code ub_match_image(struct ub_session *session, const struct ub_image *image,
                            const struct ub_flash_options *options, bool comparing,
                            struct ub_error *err);

/** ub_match_image(), ub_check_prefix(), then ub_place_image(). *placement is the caller's. */
enum ub_code ub_prepare(struct ub_session *session, const struct ub_image *image,
                        const struct ub_flash_options *options, struct ub_placement *placement,
                        struct ub_error *err);

/** As ub_prepare(), for who only wants to compare. */
enum ub_code ub_prepare_comparing(struct ub_session *session, const struct ub_image *image,
                                  const struct ub_flash_options *options,
                                  struct ub_placement *placement, struct ub_error *err);

#endif
