/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Into the bootloader and out of it: the two verbs that change nothing else. */
#include "base/error.h"
#include "procedure/run.h"
#include "procedure/select.h"

static enum ub_code enter_body(struct ub_session *session, struct ub_work *work,
                               struct ub_result *result, struct ub_error *err)
{
    (void)work;
    (void)err;
    result->came_back = session->was_runtime;
    result->returned = session->device;
    result->return_us = session->entered_us;
    return UB_OK;
}

enum ub_code ub_enter(struct ub_context *context, const char *selector, struct ub_result *result,
                      struct ub_error *err)
{
    struct ub_work work = {.what = NULL};
    return ub_run(context, selector, true, enter_body, &work, NULL, result, err);
}

static enum ub_code leave_body(struct ub_session *session, struct ub_work *work,
                               struct ub_result *result, struct ub_error *err)
{
    (void)work;
    enum ub_code code = ub_session_leave(session, result, err);
    if (!code && !result->left_bootloader)
        code = ub_fail(err, UB_DEV_NOT_LEFT, "the device at %s %s", session->info.port,
                       result->came_back ? "came back in its bootloader"
                                         : "is still in its bootloader");
    return code;
}

/** Does that device run its firmware already? Found without opening it. */
static enum ub_code runs_already(struct ub_context *context, const char *selector,
                                 struct ub_device *device, struct ub_error *err)
{
    struct ub_usb_list list = {0};
    size_t index = 0;
    enum ub_code code = context->transport.ops->enumerate(context->transport.self, &list, err);
    if (!code)
        code = ub_select(context->quirks, &list, selector, &index, err);
    if (!code)
        ub_describe(context->quirks, &list.items[index], device);
    ub_usb_list_free(&list);
    return code;
}

enum ub_code ub_leave(struct ub_context *context, const char *selector, struct ub_result *result,
                      struct ub_error *err)
{
    struct ub_device device;
    ub_error_clear(err);
    ub_result_start(result);
    ub_context_begin(context);
    enum ub_code code = runs_already(context, selector, &device, err);
    if (code || device.mode == UB_MODE_RUNTIME) {
        result->left_bootloader = !code;
        if (!code)
            ub_env_skipped(&context->env, UB_STEP_LEAVE, "%s runs its firmware already",
                           device.port);
        return code;
    }
    struct ub_work work = {.what = NULL};
    return ub_run(context, selector, false, leave_body, &work, NULL, result, err);
}
