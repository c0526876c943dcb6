/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/error.h"
#include "procedure/flash.h"
#include "procedure/prepare.h"

enum ub_code ub_verify(struct ub_context *context, const struct ub_image *image,
                       const char *selector, const struct ub_flash_options *options,
                       struct ub_result *result, struct ub_error *err)
{
    static const struct ub_flash_options careful;
    ub_error_clear(err);
    ub_result_start(result);
    ub_context_begin(context);
    ub_tell_image(context, image);
    struct ub_session *session = NULL;
    struct ub_placement placement = {0};
    enum ub_code code = ub_session_open(context, selector, true, &session, err);
    if (!code) {
        result->left = UB_LEFT_UNCHANGED;
        code = ub_prepare(session, image, options ? options : &careful, &placement, err);
    }
    if (!code)
        code = ub_pieces_verify(&session->target, &placement, err);
    result->verified = !code;
    if (session)
        (void)session->loader->ops->abort(session->loader, NULL);
    ub_result_finish(result, context, session);
    ub_placement_free(&placement);
    ub_session_close(session);
    return code;
}
