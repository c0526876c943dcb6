/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Is it really there? */
#include "flash/plan.h"
#include "procedure/prepare.h"
#include "procedure/run.h"

static enum ub_code verify_body(struct ub_session *session, struct ub_work *work,
                                struct ub_result *result, struct ub_error *err)
{
    struct ub_placement placement = {0};
    enum ub_code code = ub_prepare_comparing(session, work->image, &work->options, &placement, err);
    if (!code)
        code = ub_pieces_verify(&session->target, &placement, err);
    result->verified = !code;
    (void)session->loader->ops->abort(session->loader, NULL);
    ub_placement_free(&placement);
    /* the device goes back to its firmware whatever the comparison found */
    enum ub_code back = ub_session_give_back(session, work, result, code ? NULL : err);
    return code ? code : back;
}

enum ub_code ub_verify(struct ub_context *context, const struct ub_image *image,
                       const char *selector, const struct ub_flash_options *options,
                       struct ub_result *result, struct ub_error *err)
{
    struct ub_work work = {.image = image};
    return ub_run(context, selector, true, verify_body, &work, options, result, err);
}
