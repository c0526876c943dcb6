/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file trace_watch.h
 * What changed on the bus from one listing to the next, for a recorder.
 */
#ifndef UB_USB_TRACE_WATCH_H
#define UB_USB_TRACE_WATCH_H

#include "usb/trace.h"

/** The last listing. Zero to begin with; one thread at a time. */
struct ub_trace_watch {
    struct ub_usb_list seen; /**< owned */
};

/** Told of a change: an attach or a detach, without its time. Its pointers are borrowed. */
typedef void ub_trace_tell(void *user, const struct ub_trace_record *record);

/** Tells what is different in `list`, and remembers it. False when out of memory. */
bool ub_trace_watch_look(struct ub_trace_watch *watch, const struct ub_usb_list *list,
                         ub_trace_tell *tell, void *user);

/**
 * As ub_trace_watch_look(), after a look at one port for something other than `generation`: what
 * came, or NULL if nothing did.
 */
bool ub_trace_watch_port(struct ub_trace_watch *watch, const char *port, uint32_t generation,
                         const struct ub_usb_info *came, ub_trace_tell *tell, void *user);

/** The generation of the device at `port`, 0 if none was seen there. */
uint32_t ub_trace_watch_generation(const struct ub_trace_watch *watch, const char *port);

void ub_trace_watch_free(struct ub_trace_watch *watch);

#endif
