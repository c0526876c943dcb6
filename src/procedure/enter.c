/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From running firmware into DFU mode: DFU_DETACH, and following the device by its port. */
#include "base/error.h"
#include "procedure/session.h"

#include <stdlib.h>

/* The slowest device known to come back after DFU_DETACH takes 10 s (Jabra, fwupd's RemoveDelay).
 */
#define ENTER_US UINT64_C(15000000)

static uint64_t patience_us(const struct ub_session *session)
{
    uint64_t known_us = session->effect.return_deadline_ms * UINT64_C(1000);
    return known_us > ENTER_US ? known_us : ENTER_US;
}

static enum ub_code detach(struct ub_session *session, struct ub_error *err)
{
    struct ub_loader_port port;
    enum ub_code code = ub_session_connect(session, &port, err);
    if (!code)
        code = ub_dfu_detach(&port, err);
    ub_session_let_go(session);
    return code;
}

enum ub_code ub_session_enter(struct ub_session *session, struct ub_error *err)
{
    struct ub_context *context = session->context;
    ub_env_begin(&context->env, UB_STEP_ENTER, 0, "asking the firmware at %s to hand over",
                 session->info.port);
    session->was_runtime = true;
    session->runtime_vid = session->info.vid;
    session->runtime_pid = session->info.pid;
    session->runtime = session->device;
    uint64_t start = ub_now(&context->env.clock);
    enum ub_code code = detach(session, err);
    struct ub_usb_info info = {0};
    if (!code)
        code = ub_wait_return(context, session->info.port, session->info.generation,
                              patience_us(session), &info, err);
    if (code)
        return ub_wrap(err, code, "while bringing the device at %s into DFU mode",
                       session->info.port);
    code = ub_session_adopt(session, &info, err);
    free(info.config);
    if (code)
        return code;
    if (session->device.mode != UB_MODE_DFU)
        return ub_fail(err, UB_DEV_NOT_ENTERED,
                       "the device came back at %s as %04x:%04x, not in DFU mode",
                       session->info.port, session->info.vid, session->info.pid);
    session->entered_us = ub_now(&context->env.clock) - start;
    char took[UB_DURATION_TEXT];
    ub_format_duration(took, sizeof(took), session->entered_us);
    ub_env_done(&context->env, "came back at %s as %04x:%04x in %s", session->info.port,
                session->info.vid, session->info.pid, took);
    return UB_OK;
}
