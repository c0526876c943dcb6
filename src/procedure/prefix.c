/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "procedure/prefix.h"

#include "base/error.h"
#include "image/prefix.h"

/* A stream's bytes: the first segment; a file in several pieces has a hole where the device would
 * go on counting. */
enum ub_code ub_check_prefix(const struct ub_session *session, const struct ub_image *image,
                             struct ub_error *err)
{
    const char *why;
    if (session->effect.prefix != UB_QUIRK_PREFIX_LPC)
        return UB_OK;
    const struct ub_segment *first = image->segment_count ? &image->segments[0] : NULL;
    if (ub_lpc_prefix_fits(first ? first->data : NULL, first ? first->length : 0, &why))
        return UB_OK;
    return ub_fail(err, UB_IMG_NO_PREFIX, "%s %s", image->name, why);
}
