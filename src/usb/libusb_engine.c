/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _POSIX_C_SOURCE 200809L
#include "usb/libusb_engine.h"

#include "base/clock.h"
#include "base/error.h"
#include "usb/sysfs.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define US_PER_MS UINT64_C(1000)
/* A context that is in use learns of a new device when udev has told of it; then a look at the
 * whole bus, for a new context, can be spared. */
#define LATE_US    (200 * US_PER_MS)
#define LOOK_US    (10 * US_PER_MS)
#define TROUBLE_US (10 * US_PER_MS)
#define STACK_SIZE ((size_t)128 * 1024) /* libusb's own frames, and copying what arrived */

static void *handle_events(void *argument)
{
    struct ub_libusb_engine *engine = argument;
    const struct ub_clock clock = ub_clock_real();
    while (!atomic_load(&engine->ending)) {
        struct timeval most = {.tv_sec = 1};
        int rc = libusb_handle_events_timeout_completed(engine->context, &most, NULL);
        if (rc != 0 && rc != LIBUSB_ERROR_INTERRUPTED)
            ub_sleep(&clock, TROUBLE_US);
    }
    return NULL;
}

/** Starts the thread, with all signals blocked: they are for the threads of the program. Without it
 * things go on, only slower. */
static void start_thread(struct ub_libusb_engine *engine)
{
    pthread_attr_t attributes;
    sigset_t all;
    sigset_t before;
    if (pthread_attr_init(&attributes) != 0)
        return;
    (void)sigfillset(&all);
    if (pthread_attr_setstacksize(&attributes, STACK_SIZE) == 0 &&
        pthread_sigmask(SIG_SETMASK, &all, &before) == 0) {
        if (pthread_create(&engine->thread, &attributes, handle_events, engine) == 0)
            atomic_store(&engine->threaded, true);
        (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    (void)pthread_attr_destroy(&attributes);
}

static void end(struct ub_libusb_engine *engine)
{
    if (atomic_load(&engine->threaded)) {
        atomic_store(&engine->ending, true);
        libusb_interrupt_event_handler(engine->context);
        (void)pthread_join(engine->thread, NULL);
    }
    libusb_exit(engine->context);
    free(engine);
}

/** Where a device is: its port and, where that is known, its address (0: not known). */
struct place {
    const struct ub_libusb_name *name;
    uint32_t address;
};

static bool is_at(libusb_device *device, const struct place *place)
{
    char port[UB_PORT_TEXT];
    if (place->address && libusb_get_device_address(device) != place->address)
        return false;
    return ub_libusb_port(device, port, sizeof(port)) && strcmp(port, place->name->port) == 0;
}

/** The device there, if the context knows it; *device is NULL if not. A libusb error, or 0. */
static int look(libusb_context *context, const struct place *place, libusb_device **device)
{
    libusb_device **devices;
    *device = NULL;
    ssize_t count = libusb_get_device_list(context, &devices);
    if (count < 0)
        return (int)count;
    for (ssize_t i = 0; i < count && !*device; i++)
        if (is_at(devices[i], place))
            *device = libusb_ref_device(devices[i]);
    libusb_free_device_list(devices, 1);
    return 0;
}

static void become_user(struct ub_libusb_engine *engine)
{
    engine->users++;
    if (engine->users > 1 && !atomic_load(&engine->threaded))
        start_thread(engine);
}

/** Joins the engine in use, if it knows the device. */
static struct ub_libusb_engine *join_current(struct ub_libusb_engines *engines,
                                             const struct place *place, libusb_device **device)
{
    struct ub_libusb_engine *engine = NULL;
    (void)pthread_mutex_lock(&engines->lock);
    if (engines->current && look(engines->current->context, place, device) == 0 && *device) {
        engine = engines->current;
        become_user(engine);
    }
    (void)pthread_mutex_unlock(&engines->lock);
    return engine;
}

/** Starts an engine that knows the device, and joins it. The lock is held. */
static int start(struct ub_libusb_engines *engines, const struct place *place,
                 struct ub_libusb_engine **out, libusb_device **device)
{
    struct ub_libusb_engine *engine = calloc(1, sizeof(*engine));
    if (!engine)
        return LIBUSB_ERROR_NO_MEM;
    atomic_init(&engine->threaded, false);
    atomic_init(&engine->ending, false);
    int rc = libusb_init(&engine->context);
    if (rc != 0) {
        free(engine);
        return rc;
    }
    rc = look(engine->context, place, device);
    if (rc != 0 || !*device) {
        end(engine);
        return rc;
    }
    become_user(engine);
    engines->current = engine;
    *out = engine;
    return 0;
}

/** Is an engine in use? One that has just been started knows all there is. */
static bool in_use(struct ub_libusb_engines *engines)
{
    (void)pthread_mutex_lock(&engines->lock);
    const bool answer = engines->current != NULL;
    (void)pthread_mutex_unlock(&engines->lock);
    return answer;
}

static enum ub_code fail_gone(const struct ub_libusb_name *name, struct ub_error *err)
{
    return ub_fail(err, UB_DEV_GONE, "no device is plugged in at %s", name->port);
}

enum ub_code ub_libusb_engine_join(struct ub_libusb_engines *engines,
                                   const struct ub_libusb_name *name,
                                   struct ub_libusb_engine **engine, libusb_device **device,
                                   struct ub_error *err)
{
    const struct ub_clock clock = ub_clock_real();
    const uint64_t until = ub_now(&clock) + LATE_US;
    struct place place = {.name = name};
    int rc = 0;
    *engine = NULL;
    *device = NULL;
    if (ub_sysfs_known(UB_SYSFS_DEVICES) &&
        !ub_sysfs_generation(UB_SYSFS_DEVICES, name->port, &place.address))
        return fail_gone(name, err);
    for (;;) {
        *engine = join_current(engines, &place, device);
        if (*engine)
            return UB_OK;
        if (!in_use(engines) || ub_now(&clock) >= until)
            break;
        ub_sleep(&clock, LOOK_US);
    }
    (void)pthread_mutex_lock(&engines->lock);
    /* another thread may have started one meanwhile */
    if (engines->current && look(engines->current->context, &place, device) == 0 && *device) {
        *engine = engines->current;
        become_user(*engine);
    } else {
        rc = start(engines, &place, engine, device);
    }
    (void)pthread_mutex_unlock(&engines->lock);
    if (rc != 0)
        return ub_libusb_fail(err, rc, name, "starting the USB library for the device");
    return *engine ? UB_OK : fail_gone(name, err);
}

void ub_libusb_engine_leave(struct ub_libusb_engines *engines, struct ub_libusb_engine *engine)
{
    (void)pthread_mutex_lock(&engines->lock);
    const bool last = --engine->users == 0;
    if (last && engines->current == engine)
        engines->current = NULL;
    (void)pthread_mutex_unlock(&engines->lock);
    if (last)
        end(engine);
}
