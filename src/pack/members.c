/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an archive holds. */
#include "base/error.h"
#include "image/image.h"

enum ub_code ub_image_members(const char *path, struct ub_member **out, size_t *count,
                              struct ub_error *err)
{
    (void)path;
    *out = NULL;
    *count = 0;
    return ub_fail(err, UB_SYS_INTERNAL, "not there yet");
}
