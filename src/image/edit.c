/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One image made of others: moved, cropped, filled, merged. */
#include "base/error.h"
#include "image/image.h"

enum ub_code ub_image_edit(const struct ub_image *const *images, size_t count,
                           const struct ub_edit *edit, struct ub_image **out, struct ub_error *err)
{
    (void)images;
    (void)count;
    (void)edit;
    *out = NULL;
    return ub_fail(err, UB_SYS_INTERNAL, "not there yet");
}
