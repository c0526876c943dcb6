/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is attached, found without opening anything. */
#include "base/error.h"
#include "procedure/context.h"
#include "procedure/select.h"

#include <stdlib.h>

enum ub_code ub_devices(struct ub_context *context, bool all, struct ub_device **out, size_t *count,
                        struct ub_error *err)
{
    ub_error_clear(err);
    *out = NULL;
    *count = 0;
    struct ub_usb_list list = {0};
    enum ub_code code = context->transport.ops->enumerate(context->transport.self, &list, err);
    if (code)
        return code;
    struct ub_device *devices = calloc(list.count ? list.count : 1, sizeof(*devices));
    if (!devices) {
        code = ub_fail_memory(err);
        goto out;
    }
    for (size_t i = 0; i < list.count; i++) {
        ub_describe(context->quirks, &list.items[i], &devices[*count]);
        *count += all || devices[*count].mode != UB_MODE_NONE;
    }
    *out = devices;
out:
    ub_usb_list_free(&list);
    return code;
}

void ub_devices_free(struct ub_device *devices)
{
    free(devices);
}

enum ub_code ub_devices_wait(struct ub_context *context, uint64_t timeout_us, bool *changed,
                             struct ub_error *err)
{
    ub_error_clear(err);
    const uint64_t slice = 200000; /* how soon a wish to stop is noticed */
    *changed = false;
    uint64_t until = ub_now(&context->env.clock) + timeout_us;
    for (;;) {
        enum ub_code code = ub_env_check(&context->env, err);
        uint64_t now = ub_now(&context->env.clock);
        if (code || now >= until)
            return code;
        uint64_t left = until - now < slice ? until - now : slice;
        code = context->transport.ops->wait_change(context->transport.self, left, changed, err);
        if (code || *changed)
            return code;
    }
}
