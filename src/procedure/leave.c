/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Leaving the bootloader, and saying what came back. Nothing that happens here undoes a verified
 * write. */
#include "base/error.h"
#include "loader/layout.h"
#include "procedure/select.h"
#include "procedure/session.h"

#include <stdlib.h>

/* Firmware that has USB shows itself within this time; firmware without USB never does. */
#define RETURN_US UINT64_C(5000000)

static uint64_t patience_us(const struct ub_session *session)
{
    uint64_t known_us = session->effect.return_deadline_ms * UINT64_C(1000);
    return known_us ? known_us : RETURN_US;
}

/* A bootloader that lives in the flash keeps its own sectors from being written: firmware is behind
 * them, whatever the family says. */
static bool first_to_write(const struct ub_target *target, uint64_t *address)
{
    for (size_t i = 0; i < target->region_count; i++)
        for (size_t run = 0; run < target->regions[i].run_count; run++)
            if (target->regions[i].kind == UB_REGION_FLASH &&
                (target->regions[i].runs[run].rights & UB_CAN_WRITE)) {
                *address = target->regions[i].runs[run].address;
                return true;
            }
    return false;
}

static uint64_t boot_address(const struct ub_target *target)
{
    const struct ub_family *family = target->family;
    struct ub_sector sector;
    uint64_t address = family->boot_address;
    for (size_t i = 0; family->has_boot_address && i < target->region_count; i++)
        if (ub_region_sector(&target->regions[i], address, &sector) &&
            (sector.rights & UB_CAN_WRITE))
            return address;
    return first_to_write(target, &address) || family->has_boot_address ? address : 0;
}

static bool still_there(struct ub_context *context, const char *port, uint32_t generation)
{
    struct ub_usb_info info = {0};
    bool there = false; /* generation 0 is no device's */
    if (ub_wait_port(&context->transport, port, 0, 0, &info, &there, NULL) != UB_OK)
        return false;
    free(there ? info.config : NULL);
    return there && info.generation == generation;
}

static void tell_return(struct ub_session *session, struct ub_result *result)
{
    const struct ub_device *back = &result->returned;
    char took[UB_DURATION_TEXT];
    ub_format_duration(took, sizeof(took), result->return_us);
    if (back->mode == UB_MODE_DFU)
        ub_env_warn(&session->context->env,
                    "came back at %s still in DFU mode (%04x:%04x): its firmware did not start",
                    back->port, back->vid, back->pid);
    ub_env_done(&session->context->env, "came back at %s as %04x:%04x%s%s%s in %s", back->port,
                back->vid, back->pid, back->product[0] ? " \"" : "", back->product,
                back->product[0] ? "\"" : "", took);
}

static enum ub_code watch_return(struct ub_session *session, struct ub_result *result,
                                 struct ub_error *err)
{
    struct ub_context *context = session->context;
    struct ub_usb_info info = {0};
    uint64_t start = ub_now(&context->env.clock);
    struct ub_error quiet;
    enum ub_code code = ub_wait_return(context, session->info.port, session->info.generation,
                                       patience_us(session), &info, &quiet);
    result->return_us = ub_now(&context->env.clock) - start;
    if (code == UB_OK) {
        result->came_back = true;
        ub_describe(context->quirks, &info, &result->returned);
        result->left_bootloader = result->returned.mode != UB_MODE_DFU;
        free(info.config);
        tell_return(session, result);
        return UB_OK;
    }
    if (code != UB_DEV_NO_RETURN) {
        if (err)
            *err = quiet;
        return code;
    }
    result->left_bootloader = !still_there(context, session->info.port, session->info.generation);
    if (!result->left_bootloader) {
        ub_env_warn(&context->env, "still in its bootloader: reset or power-cycle it by hand");
        return UB_OK;
    }
    ub_env_done(&context->env, "left the bus");
    char patience[UB_DURATION_TEXT];
    ub_format_duration(patience, sizeof(patience), patience_us(session));
    ub_env_warn(&context->env,
                "nothing came back at %s within %s: firmware without USB, or firmware that does "
                "not start",
                session->info.port, patience);
    return UB_OK;
}

enum ub_code ub_session_leave(struct ub_session *session, struct ub_result *result,
                              struct ub_error *err)
{
    struct ub_context *context = session->context;
    ub_env_begin(&context->env, UB_STEP_LEAVE, 0, "leaving the bootloader");
    enum ub_code code = session->loader->ops->leave(session->loader, boot_address(&session->target),
                                                    err);
    ub_result_note(result, session);
    ub_session_let_go(session);
    if (code && (result->left != UB_LEFT_DONE || code == UB_SYS_INTERRUPTED))
        return ub_wrap(err, code, "while leaving the bootloader");
    if (code) /* what was verified stays verified, however badly the device takes its leave */
        ub_env_warn(&context->env, "the device did not take its leave well (%s)",
                    err ? err->message : "");
    ub_error_clear(err);
    return watch_return(session, result, err);
}
