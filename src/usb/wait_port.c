/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/error.h"
#include "usb/transport.h"

#include <stdlib.h>
#include <string.h>

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

static enum ub_code look(const struct ub_transport *transport, const char *port,
                         uint32_t generation, struct ub_usb_info *out, bool *came,
                         struct ub_error *err)
{
    struct ub_usb_list list = {0};
    enum ub_code code = transport->ops->enumerate(transport->self, &list, err);
    for (size_t i = 0; !code && !*came && i < list.count; i++) {
        const struct ub_usb_info *info = &list.items[i];
        *came = strcmp(info->port, port) == 0 && info->generation != generation;
        if (*came && !copy_info(info, out))
            code = ub_fail_memory(err);
    }
    ub_usb_list_free(&list);
    return code;
}

enum ub_code ub_wait_port(const struct ub_transport *transport, const char *port,
                          uint32_t generation, uint64_t timeout_us, struct ub_usb_info *out,
                          bool *came, struct ub_error *err)
{
    if (transport->ops->wait_port)
        return transport->ops->wait_port(transport->self, port, generation, timeout_us, out, came,
                                         err);
    *came = false;
    enum ub_code code = look(transport, port, generation, out, came, err);
    if (code || *came)
        return code;
    bool changed;
    code = transport->ops->wait_change(transport->self, timeout_us, &changed, err);
    return code || !changed ? code : look(transport, port, generation, out, came, err);
}
