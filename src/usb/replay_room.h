/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file replay_room.h
 * The inside of a replay, for the replay_*.c files.
 */
#ifndef UB_USB_REPLAY_ROOM_H
#define UB_USB_REPLAY_ROOM_H

#include "usb/replay.h"
#include "usb/trace.h"

#include <pthread.h>

#define UB_REPLAY_NEVER UINT64_MAX
#define UB_REPLAY_NONE  SIZE_MAX

/** One stay of a device at a port, from when it was seen until something else was. */
struct ub_replay_life {
    uint32_t generation;
    size_t *calls; /**< numbers of the records about it, in their order; owned */
    size_t count;
    size_t capacity;
    size_t next; /**< where the replay stands in `calls` */
};

/** Something was seen to change at a port. */
struct ub_replay_change {
    size_t record;  /**< number of the attach or detach */
    size_t life;    /**< the life that begins or goes on; UB_REPLAY_NONE: nothing is there */
    size_t trigger; /**< number of the call before it; it cannot come earlier */
    size_t barrier; /**< number of the call before it that did not just ask */
    size_t looks;   /**< looks at this port alone since `trigger`, with the one that saw it */
};

struct ub_replay_port {
    char name[UB_PORT_TEXT];
    struct ub_replay_life *lives; /**< owned */
    size_t life_count;
    struct ub_replay_change *changes; /**< owned */
    size_t change_count;
    size_t next_change;
    size_t life;                    /**< the present one; UB_REPLAY_NONE: nothing is there */
    const struct ub_usb_info *info; /**< of what is there */
    size_t looks;                   /**< at this port alone since the last call */
    bool differs;                   /**< strict: everything is refused from here on... */
    struct ub_error difference;     /**< ...with this */
    /* while the trace is taken in */
    size_t last_call;
    size_t last_barrier;
    size_t last_looks;
};

struct ub_replay {
    struct ub_trace *trace;      /**< owned */
    struct ub_transport_ops ops; /**< with a queue if what was recorded has one */
    bool lenient;
    struct ub_shared_time *time; /**< owned; NULL: the clock is somebody else's */
    struct ub_clock clock;
    uint64_t start_us;            /**< moment 0 of the trace on that clock */
    pthread_mutex_t lock;         /**< of what follows; never held while anybody sleeps */
    struct ub_replay_port *ports; /**< owned */
    size_t port_count;
    size_t first_other; /**< number of the first record that is no attach */
    uint64_t *passed;   /**< for each record when it was played or passed by; owned */
    bool unseen;        /**< something changed that no listing and no wait has told */
    struct ub_replay_report report;
};

/** An opened device. */
struct ub_usb_handle {
    struct ub_replay_port *port;
    struct ub_replay_life *life;
};

/** replay_load.c: sorts the records by ports and lives. Errors: UB_USE_TRACE, UB_SYS_MEMORY. */
enum ub_code ub_replay_load(struct ub_replay *replay, struct ub_error *err);
/** replay_load.c: the port of that name, or NULL. */
struct ub_replay_port *ub_replay_port_at(const struct ub_replay *replay, const char *name);

/** What a call can do to a device. */
enum ub_replay_kind {
    UB_REPLAY_ASKS,    /**< nothing */
    UB_REPLAY_POINTS,  /**< it decides what the calls behind it are about: address, setting */
    UB_REPLAY_CHANGES, /**< what the device holds, or what it is */
};

/** replay_match.c: what a call can do. */
enum ub_replay_kind ub_replay_kind(const struct ub_trace_record *record);

/**
 * replay_match.c: the record that answers a call, or NULL. Moves on. *until is when the call is
 * over. Strict, NULL comes with the error; lenient, a call that is not in the trace is left to the
 * caller. With the lock held.
 */
const struct ub_trace_record *ub_replay_match(struct ub_replay *replay, struct ub_replay_port *port,
                                              struct ub_replay_life *life,
                                              const struct ub_trace_record *wanted, uint64_t *until,
                                              struct ub_error *err);
/** replay_match.c: says that a call is not in the trace: UB_USB_REPLAY. With the lock held. */
enum ub_code ub_replay_differ(struct ub_replay *replay, struct ub_replay_port *port,
                              const struct ub_replay_life *life,
                              const struct ub_trace_record *wanted, struct ub_error *err);

/** replay_bus.c: the operations that are about the bus, not about an opened device. */
enum ub_code ub_replay_enumerate(void *self, struct ub_usb_list *out, struct ub_error *err);
enum ub_code ub_replay_wait_change(void *self, uint64_t timeout_us, bool *changed,
                                   struct ub_error *err);
enum ub_code ub_replay_wait_port(void *self, const char *port, uint32_t generation,
                                 uint64_t timeout_us, struct ub_usb_info *out, bool *came,
                                 struct ub_error *err);
/** replay_bus.c: lets what is due at this port happen. With the lock held. */
void ub_replay_settle(struct ub_replay *replay, struct ub_replay_port *port);

#endif
