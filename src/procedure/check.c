/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Does an image belong on a device? Reads, and changes nothing. */
#include "base/error.h"
#include "image/image.h"
#include "procedure/context.h"

enum ub_code ub_check(struct ub_context *context, const struct ub_image *image,
                      const char *selector, const char *family,
                      const struct ub_flash_options *options, struct ub_match **out,
                      struct ub_error *err)
{
    (void)context;
    (void)image;
    (void)selector;
    (void)family;
    (void)options;
    *out = NULL;
    return ub_fail(err, UB_SYS_INTERNAL, "not there yet");
}

void ub_match_free(struct ub_match *match)
{
    (void)match;
}

bool ub_match_finding(const struct ub_match *match, size_t index, struct ub_finding *out)
{
    (void)match;
    (void)index;
    (void)out;
    return false;
}

enum ub_code ub_match_refusal(const struct ub_match *match, struct ub_error *err)
{
    (void)match;
    (void)err;
    return UB_OK;
}

const char *ub_image_family(const struct ub_image *image, size_t index, char *why, size_t size)
{
    (void)image;
    (void)index;
    (void)why;
    (void)size;
    return NULL;
}
