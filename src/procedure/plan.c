/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plan alone: what flash would do, and what it costs. */
#include "base/error.h"
#include "procedure/flash.h"
#include "procedure/prepare.h"

enum ub_code ub_plan(struct ub_context *context, const struct ub_image *image, const char *selector,
                     const struct ub_flash_options *options, struct ub_plan **out,
                     struct ub_error *err)
{
    static const struct ub_flash_options careful;
    if (!options)
        options = &careful;
    ub_error_clear(err);
    *out = NULL;
    ub_context_begin(context);
    ub_tell_image(context, image);
    struct ub_session *session = NULL;
    struct ub_placement placement = {0};
    enum ub_code code = ub_session_open(context, selector, true, &session, err);
    if (!code)
        code = ub_prepare(session, image, options, &placement, err);
    if (!code) {
        ub_env_begin(&context->env, UB_STEP_PLAN, 0, "comparing");
        code = ub_plan_build(&session->target, &placement, options, NULL, out, err);
    }
    if (!code)
        ub_tell_plan(session, *out);
    if (session)
        (void)session->loader->ops->abort(session->loader, NULL);
    ub_placement_free(&placement);
    ub_session_close(session);
    return code;
}
