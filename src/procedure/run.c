/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "procedure/run.h"

#include "base/error.h"
#include "procedure/match.h"
#include "procedure/prepare.h"

enum ub_code ub_run(struct ub_context *context, const char *selector, bool may_enter, ub_body *body,
                    struct ub_work *work, const struct ub_flash_options *options,
                    struct ub_result *result, struct ub_error *err)
{
    struct ub_session *session = NULL;
    ub_error_clear(err);
    ub_result_start(result);
    ub_context_begin(context);
    if (options)
        work->options = *options;
    enum ub_code code = ub_match_options(options, err);
    if (code)
        return code;
    if (work->image)
        ub_tell_image(context, work->image);
    code = ub_session_open(context, selector, may_enter, &session, err);
    if (!code) {
        result->left = UB_LEFT_UNCHANGED;
        code = body(session, work, result, err);
        ub_result_note(result, session);
    }
    result->total_us = ub_now(&context->env.clock) - context->env.started_us;
    ub_session_close(session);
    return ub_context_settle(context, code, err);
}

enum ub_code ub_session_give_back(struct ub_session *session, const struct ub_work *work,
                                  struct ub_result *result, struct ub_error *err)
{
    if (!session->was_runtime || work->options.stay || !session->loader)
        return UB_OK;
    return ub_session_leave(session, result, err);
}
