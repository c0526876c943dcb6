/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "procedure/session.h"

#include "base/error.h"
#include "base/text.h"
#include "procedure/select.h"

#include <stdlib.h>
#include <string.h>

/* A device that left by a bus reset (dfuMANIFEST-WAIT-RESET on arrival) is followed this often. */
#define OPEN_TRIES 3
/* Time for a device to enumerate again after a reset: the hub's debounce and the device's start,
 * seen up to 3 s. */
#define RETURN_US UINT64_C(10000000)
#define LOOK_US   UINT64_C(200000)

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
    ub_describe(&session->info, &session->device);
    (void)ub_print(session->context->env.port, sizeof(session->context->env.port), "%s",
                   info->port);
    return UB_OK;
}

static enum ub_code find(struct ub_session *session, const char *selector, struct ub_error *err)
{
    struct ub_context *context = session->context;
    struct ub_usb_list list = {0};
    enum ub_code code = context->transport.ops->enumerate(context->transport.self, &list, err);
    size_t index = 0;
    if (!code)
        code = ub_select(&list, selector, &index, err);
    if (!code)
        code = ub_session_adopt(session, &list.items[index], err);
    ub_usb_list_free(&list);
    return code;
}

static enum ub_code open_device(struct ub_session *session, struct ub_error *err)
{
    struct ub_context *context = session->context;
    if (!ub_dfu_interface_find(session->info.config, session->info.config_length,
                               &session->interface))
        return ub_fail(err, UB_DEV_NOT_DFU, "the device at %s has no DFU interface",
                       session->info.port);
    const struct ub_loader_ops *ops = ub_loader_for(&session->interface);
    if (!ops)
        return ub_fail(err, UB_DEV_NOT_DFU, "the device at %s speaks an unknown protocol",
                       session->info.port);
    enum ub_code code = context->transport.ops->open(context->transport.self, session->info.port,
                                                     &session->handle, err);
    if (code)
        return code;
    struct ub_loader_port port = {
        .env = &context->env,
        .transport = context->transport,
        .handle = session->handle,
        .info = &session->info,
        .interface = &session->interface,
        .habits = ub_family_by_id(session->info.vid, session->info.pid)->habits,
    };
    code = ops->open(&port, &session->loader, err);
    if (code) {
        context->transport.ops->close(context->transport.self, session->handle);
        session->handle = NULL;
    }
    return code;
}

static void fill_target(struct ub_session *session)
{
    struct ub_target *target = &session->target;
    target->env = &session->context->env;
    target->loader = session->loader;
    session->loader->ops->caps(session->loader, &target->caps);
    target->regions = session->loader->ops->regions(session->loader, &target->region_count);
    target->family = ub_family_by_regions(session->info.vid, session->info.pid, target->regions,
                                          target->region_count);
    session->loader->ops->adopt(session->loader, &target->family->habits);
    session->device.family = target->family->name;
}

/** What is at the port now must be what was there before: in DFU mode a device keeps its ids. */
static enum ub_code adopt_same(struct ub_session *session, const struct ub_usb_info *info,
                               struct ub_error *err)
{
    const struct ub_usb_info before = session->info;
    struct ub_device now;
    ub_describe(info, &now);
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
    ub_env_done(&session->context->env, "%s  %s in DFU mode (%04x:%04x, %s%s%s)", device->port,
                device->family, device->vid, device->pid, device->protocol,
                device->serial[0] ? ", serial " : "", device->serial);
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
    if (code) {
        ub_session_close(session);
        return code;
    }
    fill_target(session);
    tell_device(session);
    *out = session;
    return UB_OK;
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
    if (!code)
        fill_target(session);
    return code;
}

void ub_session_close(struct ub_session *session)
{
    if (!session)
        return;
    ub_session_let_go(session);
    free(session->info.config);
    free(session);
}

static bool copy_info(const struct ub_usb_info *from, struct ub_usb_info *to)
{
    *to = *from;
    to->config = malloc(from->config_length ? from->config_length : 1);
    if (!to->config)
        return false;
    if (from->config_length)
        memcpy(to->config, from->config, from->config_length);
    return true;
}

enum ub_code ub_wait_return(struct ub_context *context, const char *port, uint32_t generation,
                            uint64_t timeout_us, struct ub_usb_info *out, struct ub_error *err)
{
    uint64_t until = ub_now(&context->env.clock) + timeout_us;
    for (;;) {
        struct ub_usb_list list = {0};
        enum ub_code code = context->transport.ops->enumerate(context->transport.self, &list, err);
        if (code)
            return code;
        const struct ub_usb_info *info = ub_usb_list_port(&list, port);
        bool back = info && info->generation != generation;
        if (back && !copy_info(info, out))
            code = ub_fail_memory(err);
        ub_usb_list_free(&list);
        if (code || back)
            return code;
        uint64_t now = ub_now(&context->env.clock);
        if (now >= until)
            return ub_fail(err, UB_DEV_NO_RETURN, "nothing came back at %s within %u s", port,
                           (unsigned)(timeout_us / 1000000));
        /* short waits, so that a change between the listing and the wait is not missed for long */
        bool changed;
        code = ub_devices_wait(context, until - now < LOOK_US ? until - now : LOOK_US, &changed,
                               err);
        if (code)
            return code;
    }
}

void ub_result_start(struct ub_result *result)
{
    memset(result, 0, sizeof(*result));
    result->returned.family = "";
    result->returned.protocol = "";
    result->returned.next_step = "";
}

void ub_result_note(struct ub_result *result, const struct ub_session *session)
{
    uint8_t bState;
    uint8_t bStatus;
    (void)ub_print(result->port, sizeof(result->port), "%s", session->info.port);
    if (session->loader)
        session->loader->ops->last_status(session->loader, &bState, &bStatus, &result->transfers);
}
