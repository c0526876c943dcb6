/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opening a device: found, brought into DFU mode if its firmware runs, its loader ready. */
#include "base/error.h"
#include "procedure/select.h"
#include "procedure/session.h"

#include <stdlib.h>
#include <string.h>

/* A device that left by a bus reset (dfuMANIFEST-WAIT-RESET on arrival) is followed this often. */
#define OPEN_TRIES 3
/* Time for a device to enumerate again after a reset: the hub's debounce and the device's start,
 * seen up to 3 s. */
#define RETURN_US UINT64_C(10000000)

static enum ub_code find(struct ub_session *session, const char *selector, struct ub_error *err)
{
    struct ub_context *context = session->context;
    struct ub_usb_list list = {0};
    if (context->meant)
        return ub_session_adopt(session, context->meant, err);
    enum ub_code code = context->transport.ops->enumerate(context->transport.self, &list, err);
    size_t index = 0;
    if (!code)
        code = ub_select(context->quirks, &list, selector, &index, err);
    if (!code)
        code = ub_session_adopt(session, &list.items[index], err);
    ub_usb_list_free(&list);
    return code;
}

static enum ub_code open_device(struct ub_session *session, struct ub_error *err)
{
    struct ub_loader_port port;
    enum ub_code code = ub_session_connect(session, &port, err);
    if (code) {
        ub_session_let_go(session);
        return code;
    }
    const struct ub_loader_ops *ops = ub_loader_for(&session->interface);
    code = ops ? ops->open(&port, &session->loader, err)
               : ub_fail(err, UB_DEV_NOT_DFU, "the device at %s speaks an unknown protocol",
                         session->info.port);
    if (code)
        ub_session_let_go(session);
    return code;
}

static void look_at_target(struct ub_session *session)
{
    struct ub_target *target = &session->target;
    target->env = &session->context->env;
    target->loader = session->loader;
    target->regions = session->loader->ops->regions(session->loader, &target->region_count);
    target->family = ub_family_by_regions(session->info.vid, session->info.pid, target->regions,
                                          target->region_count);
    ub_known_settle(session);
    session->loader->ops->caps(session->loader, &target->caps); /* as the habits leave them */
    session->device.family = target->family->name;
    session->device.protocol = session->loader->ops->name; /* which only the opened device tells */
}

/** Bytes of memory may tell that the device is another than it seemed: then it is opened anew, with
 * what is known now. */
static enum ub_code fill_target(struct ub_session *session, struct ub_error *err)
{
    struct ub_loader_caps *caps = &session->target.caps;
    bool more = false;
    look_at_target(session);
    enum ub_code code = ub_known_learn(session, &more, err);
    if (code || !more)
        return code;
    const struct ub_loader_caps met = *caps;
    ub_session_let_go(session);
    code = open_device(session, err);
    if (code)
        return ub_wrap(err, code, "while opening it again, as its memory tells what it is");
    look_at_target(session);
    caps->arrived_bState = met.arrived_bState;
    caps->arrived_bStatus = met.arrived_bStatus;
    return UB_OK;
}

/** What is at the port now must be what was there before: in DFU mode a device keeps its ids. */
static enum ub_code adopt_same(struct ub_session *session, const struct ub_usb_info *info,
                               struct ub_error *err)
{
    const struct ub_usb_info before = session->info;
    struct ub_device now;
    ub_describe(session->context->quirks, info, &now);
    bool serials = before.serial[0] && info->serial[0];
    if (now.mode == UB_MODE_DFU && session->device.mode == UB_MODE_DFU &&
        (before.vid != info->vid || before.pid != info->pid ||
         (serials && strcmp(before.serial, info->serial) != 0)))
        return ub_fail(err, UB_DEV_GONE,
                       "another device (%04x:%04x) is at %s now, where %04x:%04x was", info->vid,
                       info->pid, info->port, before.vid, before.pid);
    return ub_session_adopt(session, info, err);
}

/** Opens the device; one that answers by resetting itself is followed, brought back and opened
 * again. */
static enum ub_code open_patiently(struct ub_session *session, bool may_enter, struct ub_error *err)
{
    enum ub_code code = UB_OK;
    for (int i = 0; i < OPEN_TRIES; i++) {
        code = open_device(session, err);
        if (code != UB_USB_GONE)
            return code;
        struct ub_usb_info info;
        code = ub_wait_return(session->context, session->info.port, session->info.generation,
                              RETURN_US, &info, err);
        if (code)
            return code;
        code = adopt_same(session, &info, err);
        free(info.config);
        if (!code && session->device.mode == UB_MODE_RUNTIME && may_enter)
            code = ub_session_enter(session, err);
        if (!code && session->device.mode != UB_MODE_DFU)
            code = ub_fail(err, UB_DEV_NOT_ENTERED,
                           "the device at %s finished an earlier update and started its firmware",
                           session->info.port);
        if (code)
            return code;
    }
    return ub_fail(err, UB_USB_GONE, "the device at %s leaves the bus each time it is opened",
                   session->info.port);
}

static void tell_device(const struct ub_session *session)
{
    const struct ub_device *device = &session->device;
    ub_env_done(&session->context->env, "%s  %s in DFU mode (%04x:%04x, %s%s%s%s)", device->port,
                device->family, device->vid, device->pid, device->protocol,
                device->serial[0] ? ", serial " : "", device->serial,
                session->context->replay ? ", replayed" : "");
}

enum ub_code ub_session_open(struct ub_context *context, const char *selector, bool may_enter,
                             struct ub_session **out, struct ub_error *err)
{
    *out = NULL;
    struct ub_session *session = calloc(1, sizeof(*session));
    if (!session)
        return ub_fail_memory(err);
    session->context = context;
    enum ub_code code = find(session, selector, err);
    if (!code && session->device.mode == UB_MODE_RUNTIME && may_enter)
        code = ub_session_enter(session, err);
    if (!code && session->device.mode != UB_MODE_DFU)
        code = ub_fail(err, UB_DEV_NOT_ENTERED,
                       "the device at %s runs its firmware; bring it into DFU mode first",
                       session->info.port);
    if (!code) {
        ub_env_begin(&context->env, UB_STEP_DEVICE, 0, "opening %s", session->info.port);
        code = open_patiently(session, may_enter, err);
    }
    if (!code)
        code = fill_target(session, err);
    if (code) {
        ub_session_close(session);
        return code;
    }
    tell_device(session);
    *out = session;
    return UB_OK;
}

enum ub_code ub_session_reopen(struct ub_session *session, uint64_t timeout_us,
                               struct ub_error *err)
{
    struct ub_usb_info info;
    ub_session_let_go(session);
    enum ub_code code = ub_wait_return(session->context, session->info.port,
                                       session->info.generation, timeout_us, &info, err);
    if (code)
        return code;
    code = adopt_same(session, &info, err);
    free(info.config);
    if (!code && session->device.mode == UB_MODE_RUNTIME)
        code = ub_session_enter(session, err);
    if (!code)
        code = open_patiently(session, true, err);
    return code ? code : fill_target(session, err);
}
