/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "usb/trace_watch.h"

#include <stdlib.h>
#include <string.h>

static struct ub_usb_info *at_port(const struct ub_usb_list *list, const char *port)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].port, port) == 0)
            return &list->items[i];
    return NULL;
}

static bool same(const struct ub_usb_info *a, const struct ub_usb_info *b)
{
    return a->generation == b->generation && a->speed == b->speed && a->vid == b->vid &&
           a->pid == b->pid && a->bcdDevice == b->bcdDevice &&
           a->config_length == b->config_length &&
           (!a->config_length || memcmp(a->config, b->config, a->config_length) == 0) &&
           strcmp(a->manufacturer, b->manufacturer) == 0 && strcmp(a->product, b->product) == 0 &&
           strcmp(a->serial, b->serial) == 0;
}

static void tell_about(enum ub_trace_op op, const struct ub_usb_info *info, ub_trace_tell *tell,
                       void *user)
{
    struct ub_trace_record record = {.op = op, .generation = info->generation};
    memcpy(record.port, info->port, sizeof(record.port));
    record.info = op == UB_TRACE_ATTACH ? info : NULL;
    tell(user, &record);
}

static bool copy_info(const struct ub_usb_info *from, struct ub_usb_info *to)
{
    uint8_t *config = malloc(from->config_length ? from->config_length : 1);
    if (!config)
        return false;
    if (from->config_length)
        memcpy(config, from->config, from->config_length);
    *to = *from;
    to->config = config;
    return true;
}

/** Forgets what was at a port. */
static void drop(struct ub_usb_list *list, struct ub_usb_info *info)
{
    free(info->config);
    *info = list->items[--list->count];
}

/** Remembers what is at a port, instead of what was there. */
static bool remember(struct ub_usb_list *list, struct ub_usb_info *before,
                     const struct ub_usb_info *info)
{
    struct ub_usb_info fresh;
    if (!copy_info(info, &fresh))
        return false;
    if (before) {
        free(before->config);
        *before = fresh;
        return true;
    }
    struct ub_usb_info *moved = realloc(list->items, (list->count + 1) * sizeof(*moved));
    if (!moved) {
        free(fresh.config);
        return false;
    }
    list->items = moved;
    list->items[list->count++] = fresh;
    return true;
}

static bool see(struct ub_trace_watch *watch, const struct ub_usb_info *info, ub_trace_tell *tell,
                void *user)
{
    struct ub_usb_info *before = at_port(&watch->seen, info->port);
    if (before && same(before, info))
        return true;
    tell_about(UB_TRACE_ATTACH, info, tell, user);
    return remember(&watch->seen, before, info);
}

static void miss(struct ub_trace_watch *watch, struct ub_usb_info *info, ub_trace_tell *tell,
                 void *user)
{
    tell_about(UB_TRACE_DETACH, info, tell, user);
    drop(&watch->seen, info);
}

bool ub_trace_watch_look(struct ub_trace_watch *watch, const struct ub_usb_list *list,
                         ub_trace_tell *tell, void *user)
{
    bool good = true;
    for (size_t i = watch->seen.count; i > 0; i--)
        if (!at_port(list, watch->seen.items[i - 1].port))
            miss(watch, &watch->seen.items[i - 1], tell, user);
    for (size_t i = 0; i < list->count && good; i++)
        good = see(watch, &list->items[i], tell, user);
    return good;
}

bool ub_trace_watch_port(struct ub_trace_watch *watch, const char *port, uint32_t generation,
                         const struct ub_usb_info *came, ub_trace_tell *tell, void *user)
{
    if (came)
        return see(watch, came, tell, user);
    struct ub_usb_info *before = at_port(&watch->seen, port);
    if (before && before->generation != generation) /* it would have come */
        miss(watch, before, tell, user);
    return true;
}

uint32_t ub_trace_watch_generation(const struct ub_trace_watch *watch, const char *port)
{
    const struct ub_usb_info *info = at_port(&watch->seen, port);
    return info ? info->generation : 0;
}

void ub_trace_watch_free(struct ub_trace_watch *watch)
{
    ub_usb_list_free(&watch->seen);
}
