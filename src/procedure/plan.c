/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plan alone: what flash would do, and what it costs. */
#include "base/error.h"
#include "procedure/backup.h"
#include "procedure/costs.h"
#include "procedure/flash.h"
#include "procedure/match.h"
#include "procedure/prepare.h"
#include "procedure/run.h"

/** A plan that a device which is read-protected makes for itself begins with erasing everything. */
static enum ub_code foresee(struct ub_session *session, const struct ub_placement *placement,
                            struct ub_flash_options *options, struct ub_plan **out,
                            struct ub_error *err)
{
    struct ub_env *env = &session->context->env;
    struct ub_ledger ledger;
    bool locked = false;
    enum ub_code code = UB_OK;
    if (options->lose_protected_content)
        code = ub_session_is_protected(session, &locked, err);
    if (code)
        return code;
    if (locked) {
        options->erase_all = true;
        ub_env_warn(env, "the device is read-protected, and will erase itself first");
    }
    const struct ub_plan_wish wish = {.placement = placement,
                                      .options = options,
                                      .foretold = !options->no_backup && !locked,
                                      .erases_itself = locked};
    ub_env_begin(env, UB_STEP_PLAN, 0, "comparing");
    ub_ledger_open(session, &ledger);
    code = ub_plan_build(&session->target, &wish, out, err);
    ub_ledger_close(session);
    if (!code) {
        ub_tell_plan(session, *out, UB_ALREADY_HELD);
        (*out)->info.needs_no_backup = !options->no_backup && !locked &&
                                       (!ub_session_can_back_up(session) ||
                                        !ub_plan_readable(*out, &session->target));
    }
    return code;
}

enum ub_code ub_plan_noted(struct ub_context *context, const struct ub_image *image,
                           const char *selector, const struct ub_flash_options *options,
                           struct ub_result *result, struct ub_plan **out, struct ub_error *err)
{
    struct ub_flash_options chosen = {0};
    if (options)
        chosen = *options;
    ub_error_clear(err);
    ub_result_start(result);
    *out = NULL;
    ub_context_begin(context);
    enum ub_code code = ub_match_options(options, err);
    if (code)
        return code;
    ub_tell_image(context, image);
    struct ub_session *session = NULL;
    struct ub_placement placement = {0};
    code = ub_session_open(context, selector, true, &session, err);
    if (!code)
        code = ub_prepare(session, image, &chosen, &placement, err);
    if (!code)
        code = foresee(session, &placement, &chosen, out, err);
    if (session) {
        const struct ub_work work = {.options = chosen};
        ub_result_note(result, session);
        (void)session->loader->ops->abort(session->loader, NULL);
        enum ub_code back = ub_session_give_back(session, &work, result, code ? NULL : err);
        code = code ? code : back;
    }
    ub_placement_free(&placement);
    ub_session_close(session);
    code = ub_context_settle(context, code, err);
    if (code) {
        ub_plan_free(*out);
        *out = NULL;
    }
    return code;
}

enum ub_code ub_plan(struct ub_context *context, const struct ub_image *image, const char *selector,
                     const struct ub_flash_options *options, struct ub_plan **out,
                     struct ub_error *err)
{
    struct ub_result ignored;
    return ub_plan_noted(context, image, selector, options, &ignored, out, err);
}
