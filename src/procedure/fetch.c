/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Getting a file from the net into the vault. */
#include "base/error.h"
#include "procedure/context.h"

enum ub_code ub_fetch(struct ub_context *context, const char *url,
                      const struct ub_fetch_options *options, struct ub_fetched *out,
                      struct ub_error *err)
{
    (void)context;
    (void)url;
    (void)options;
    (void)out;
    return ub_fail(err, UB_SYS_INTERNAL, "not there yet");
}
