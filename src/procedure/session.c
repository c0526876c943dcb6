/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "procedure/session.h"

#include "base/error.h"
#include "base/text.h"
#include "procedure/select.h"

#include <stdlib.h>
#include <string.h>

#define LOOK_US UINT64_C(200000)   /* how often the bus is looked at while waiting for a device */
#define TELL_US UINT64_C(20000000) /* whoever waits longer is told how long it may take */

enum ub_code ub_session_adopt(struct ub_session *session, const struct ub_usb_info *info,
                              struct ub_error *err)
{
    uint8_t *config = malloc(info->config_length ? info->config_length : 1);
    if (!config)
        return ub_fail_memory(err);
    if (info->config_length)
        memcpy(config, info->config, info->config_length);
    free(session->info.config);
    session->info = *info;
    session->info.config = config;
    ub_describe(session->context->quirks, &session->info, &session->device);
    (void)ub_print(session->context->env.port, sizeof(session->context->env.port), "%s",
                   info->port);
    return UB_OK;
}

/** Is what was opened what was chosen? Between a listing and an opening a device can leave, and
 * another one come to its port. */
static enum ub_code check_still_it(struct ub_session *session, struct ub_error *err)
{
    struct ub_usb_info now = {0};
    bool other = false;
    enum ub_code code = ub_wait_port(&session->context->transport, session->info.port,
                                     session->info.generation, 0, &now, &other, err);
    free(now.config);
    if (!code && other)
        code = ub_fail(err, UB_USB_GONE, "the device at %s left while it was being opened",
                       session->info.port);
    return code;
}

enum ub_code ub_session_connect(struct ub_session *session, struct ub_loader_port *port,
                                struct ub_error *err)
{
    struct ub_context *context = session->context;
    if (!ub_quirks_interface(context->quirks, &session->info, &session->interface))
        return ub_fail(err, UB_DEV_NOT_DFU, "the device at %s has no DFU interface",
                       session->info.port);
    enum ub_code code = context->transport.ops->open(context->transport.self, session->info.port,
                                                     &session->handle, err);
    if (!code)
        code = check_still_it(session, err);
    ub_known_start(session);
    *port = (struct ub_loader_port){
        .env = &context->env,
        .transport = context->transport,
        .handle = session->handle,
        .info = &session->info,
        .interface = &session->interface,
        .habits = session->effect.habits,
        .adviser = ub_known_adviser(session),
    };
    return code;
}

void ub_session_let_go(struct ub_session *session)
{
    struct ub_transport *transport = &session->context->transport;
    if (session->loader)
        session->loader->ops->close(session->loader);
    session->loader = NULL;
    session->target.loader = NULL;
    if (session->handle)
        transport->ops->close(transport->self, session->handle);
    session->handle = NULL;
}

void ub_session_close(struct ub_session *session)
{
    if (!session)
        return;
    ub_session_let_go(session);
    free(session->info.config);
    free(session);
}

static enum ub_code fail_no_return(const char *port, uint64_t timeout_us, struct ub_error *err)
{
    char text[UB_DURATION_TEXT];
    ub_format_duration(text, sizeof(text), timeout_us);
    return ub_fail(err, UB_DEV_NO_RETURN, "nothing came back at %s within %s", port, text);
}

enum ub_code ub_wait_return(struct ub_context *context, const char *port, uint32_t generation,
                            uint64_t timeout_us, struct ub_usb_info *out, struct ub_error *err)
{
    uint64_t until = ub_now(&context->env.clock) + timeout_us;
    for (;;) {
        uint64_t now = ub_now(&context->env.clock);
        uint64_t left = until > now ? until - now : 0;
        bool came;
        /* short waits, so that a wish to stop is noticed */
        enum ub_code code = ub_wait_port(&context->transport, port, generation,
                                         left < LOOK_US ? left : LOOK_US, out, &came, err);
        if (code || came)
            return code;
        if (left == 0)
            return fail_no_return(port, timeout_us, err);
        code = ub_env_check(&context->env, err);
        if (code)
            return code;
        if (timeout_us > TELL_US)
            ub_env_waiting(&context->env, left);
    }
}

void ub_result_start(struct ub_result *result)
{
    memset(result, 0, sizeof(*result));
    result->device.family = result->returned.family = "";
    result->device.protocol = result->returned.protocol = "";
    result->device.next_step = result->returned.next_step = "";
}

void ub_result_note(struct ub_result *result, const struct ub_session *session)
{
    uint8_t bState;
    uint8_t bStatus;
    (void)ub_print(result->port, sizeof(result->port), "%s", session->info.port);
    result->device = session->device;
    if (!session->loader)
        return;
    session->loader->ops->last_status(session->loader, &bState, &bStatus, &result->transfers);
    if (session->loader->ops->repeats)
        result->repeats = session->loader->ops->repeats(session->loader);
}
