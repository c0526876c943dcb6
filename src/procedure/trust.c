/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The keys and the policy of a context. */
#include "base/error.h"
#include "procedure/context.h"

enum ub_code ub_trust_image(struct ub_context *context, struct ub_image *image,
                            const struct ub_trust_options *options, struct ub_error *err)
{
    (void)context;
    (void)image;
    (void)options;
    return ub_fail(err, UB_SYS_INTERNAL, "not there yet");
}

enum ub_code ub_keys(struct ub_context *context, struct ub_key **out, size_t *count,
                     struct ub_error *err)
{
    (void)context;
    *out = NULL;
    *count = 0;
    return ub_fail(err, UB_SYS_INTERNAL, "not there yet");
}

enum ub_code ub_key_add(struct ub_context *context, const char *path, const struct ub_key *scope,
                        struct ub_error *err)
{
    (void)context;
    (void)path;
    (void)scope;
    return ub_fail(err, UB_SYS_INTERNAL, "not there yet");
}

enum ub_code ub_key_remove(struct ub_context *context, const char *key, struct ub_error *err)
{
    (void)context;
    (void)key;
    return ub_fail(err, UB_SYS_INTERNAL, "not there yet");
}

enum ub_code ub_key_revoke(struct ub_context *context, const char *what, const char *reason,
                           struct ub_error *err)
{
    (void)context;
    (void)what;
    (void)reason;
    return ub_fail(err, UB_SYS_INTERNAL, "not there yet");
}
