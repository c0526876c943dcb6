/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file libusb_engine.h
 * libusb contexts, and who uses them. Starting one means that libusb looks at every device there
 * is, and each one follows what comes and goes; so all handles that are open at a time share one,
 * if it knows their devices.
 *
 * A context used by one handle has its events handled by the thread that waits for them. Used by
 * several it gets a thread of its own for that, which wakes the one thread that a transfer belongs
 * to: libusb itself would wake all who wait at each end of any transfer.
 */
#ifndef UB_USB_LIBUSB_ENGINE_H
#define UB_USB_LIBUSB_ENGINE_H

#include "usb/libusb_room.h"

#include <pthread.h>
#include <stdatomic.h>

/** A context in use. */
struct ub_libusb_engine {
    libusb_context *context;
    unsigned users;       /**< handles; guarded by the lock of the engines */
    atomic_bool threaded; /**< `thread` handles the events; stays so as long as there are users */
    atomic_bool ending;
    pthread_t thread;
};

/** The engines of one transport. */
struct ub_libusb_engines {
    pthread_mutex_t lock;             /**< never held during a transfer */
    struct ub_libusb_engine *current; /**< the one started last, while it has users; or NULL */
};

/**
 * Makes the caller a user of an engine that knows the device at name->port, starting one if need
 * be. *device is referenced once for the caller, who ends with libusb_unref_device(). Errors:
 * UB_DEV_GONE (nothing is plugged in there), UB_USB_IO, UB_SYS_MEMORY.
 */
enum ub_code ub_libusb_engine_join(struct ub_libusb_engines *engines,
                                   const struct ub_libusb_name *name,
                                   struct ub_libusb_engine **engine, libusb_device **device,
                                   struct ub_error *err);
/** Ends the use; all that the caller had open in it is closed. The last one ends the engine. */
void ub_libusb_engine_leave(struct ub_libusb_engines *engines, struct ub_libusb_engine *engine);

#endif
