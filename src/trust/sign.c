/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signing, and making keys to sign with. */
#include "base/error.h"

enum ub_code ub_key_new(const char *path, ub_password *password, void *user, struct ub_error *err)
{
    (void)path;
    (void)password;
    (void)user;
    return ub_fail(err, UB_SYS_INTERNAL, "not there yet");
}

enum ub_code ub_image_sign(const char *path, const struct ub_sign_options *options,
                           struct ub_error *err)
{
    (void)path;
    (void)options;
    return ub_fail(err, UB_SYS_INTERNAL, "not there yet");
}
