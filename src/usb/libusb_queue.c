/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Several control transfers in the host controller's hands at once (libusb's asynchronous
 * interface): it carries them out in order without waiting for this program in between. */
#define _POSIX_C_SOURCE 200809L
#include "base/clock.h"
#include "base/error.h"
#include "usb/libusb_engine.h"

#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#define US_PER_MS UINT64_C(1000)
#define US_PER_S  UINT64_C(1000000)
#define NS_PER_US 1000

/** One transfer on its way. */
struct flight {
    struct libusb_transfer *usb;
    struct ub_transfer *transfer;
    struct queue *queue;
    bool submitted;
    int rc; /* a libusb error, or 0 */
};

/** A queue on its way. Its transfers land in the thread that handles the engine's events. */
struct queue {
    pthread_mutex_t lock; /* of all that follows, once transfers are on their way */
    pthread_cond_t landed_all;
    struct flight flights[UB_QUEUE_MAX];
    size_t count;
    size_t landed;        /* transfers complete, in order */
    uint64_t deadline_us; /* of the first that is not */
    bool cancelled;
    size_t in_the_air;
    int none_left; /* for libusb_handle_events_completed() */
};

static int error_of(const struct libusb_transfer *usb)
{
    switch (usb->status) {
    case LIBUSB_TRANSFER_COMPLETED:
        return 0;
    case LIBUSB_TRANSFER_TIMED_OUT:
    case LIBUSB_TRANSFER_CANCELLED: /* only done when one before it timed out */
        return LIBUSB_ERROR_TIMEOUT;
    case LIBUSB_TRANSFER_STALL:
        return LIBUSB_ERROR_PIPE;
    case LIBUSB_TRANSFER_NO_DEVICE:
        return LIBUSB_ERROR_NO_DEVICE;
    case LIBUSB_TRANSFER_OVERFLOW:
        return LIBUSB_ERROR_OVERFLOW;
    case LIBUSB_TRANSFER_ERROR:
        break;
    }
    return LIBUSB_ERROR_IO;
}

static void cancel_all(struct queue *queue)
{
    queue->cancelled = true;
    for (size_t i = 0; i < queue->count; i++)
        if (queue->flights[i].submitted)
            (void)libusb_cancel_transfer(queue->flights[i].usb);
}

/** The time limit of a transfer runs from the moment when the one before it was over. */
static void arm(struct queue *queue)
{
    const struct ub_clock clock = ub_clock_real();
    if (queue->landed < queue->count)
        queue->deadline_us = ub_now(&clock) +
                             queue->flights[queue->landed].transfer->timeout_ms * US_PER_MS;
}

static void LIBUSB_CALL on_complete(struct libusb_transfer *usb)
{
    struct flight *flight = usb->user_data;
    struct queue *queue = flight->queue;
    const struct ub_setup *setup = &flight->transfer->setup;
    (void)pthread_mutex_lock(&queue->lock);
    flight->submitted = false;
    flight->rc = error_of(usb);
    if (flight->rc == 0) {
        flight->transfer->actual = (uint16_t)usb->actual_length;
        if (setup->bmRequestType & UB_SETUP_IN)
            memcpy(flight->transfer->data, libusb_control_transfer_get_data(usb),
                   (size_t)usb->actual_length);
    }
    if (flight->rc == LIBUSB_ERROR_NO_DEVICE)
        cancel_all(queue);
    queue->landed++;
    arm(queue);
    if (--queue->in_the_air == 0) {
        queue->none_left = 1;
        (void)pthread_cond_signal(&queue->landed_all);
    }
    (void)pthread_mutex_unlock(&queue->lock);
}

/** Builds one transfer, without a time limit of libusb's: that would run from its submission. */
static bool prepare(struct flight *flight, libusb_device_handle *device,
                    struct ub_transfer *transfer)
{
    const struct ub_setup *setup = &transfer->setup;
    unsigned char *bytes = malloc(LIBUSB_CONTROL_SETUP_SIZE + (size_t)setup->wLength);
    flight->usb = libusb_alloc_transfer(0);
    if (!bytes || !flight->usb) {
        free(bytes);
        return false;
    }
    libusb_fill_control_setup(bytes, setup->bmRequestType, setup->bRequest, setup->wValue,
                              setup->wIndex, setup->wLength);
    if (!(setup->bmRequestType & UB_SETUP_IN) && setup->wLength)
        memcpy(bytes + LIBUSB_CONTROL_SETUP_SIZE, transfer->data, setup->wLength);
    libusb_fill_control_transfer(flight->usb, device, bytes, on_complete, flight, 0);
    flight->usb->flags = LIBUSB_TRANSFER_FREE_BUFFER;
    flight->transfer = transfer;
    transfer->actual = 0;
    return true;
}

static bool prepare_all(struct queue *queue, libusb_device_handle *device,
                        struct ub_transfer *transfers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        queue->flights[i].queue = queue;
        if (!prepare(&queue->flights[i], device, &transfers[i]))
            return false;
        queue->count++;
    }
    return true;
}

/** Hands everything over; what cannot be handed over ends what stands behind it too. */
static void submit_all(struct queue *queue)
{
    int rc = 0;
    for (size_t i = 0; i < queue->count; i++) {
        struct flight *flight = &queue->flights[i];
        if (rc == 0)
            rc = libusb_submit_transfer(flight->usb);
        flight->submitted = rc == 0;
        flight->rc = rc;
        queue->in_the_air += rc == 0;
    }
    queue->none_left = queue->in_the_air == 0;
}

/** Rests until the last one has landed, at most `us`. False if the events cannot be handled. */
static bool rest(struct queue *queue, struct ub_libusb_engine *engine, uint64_t now, uint64_t us)
{
    if (atomic_load(&engine->threaded)) {
        const uint64_t until = now + us;
        const struct timespec when = {.tv_sec = (time_t)(until / US_PER_S),
                                      .tv_nsec = (long)(until % US_PER_S) * NS_PER_US};
        (void)pthread_cond_timedwait(&queue->landed_all, &queue->lock, &when);
        return true;
    }
    struct timeval most = {.tv_sec = (time_t)(us / US_PER_S),
                           .tv_usec = (suseconds_t)(us % US_PER_S)};
    (void)pthread_mutex_unlock(&queue->lock);
    int rc = libusb_handle_events_timeout_completed(engine->context, &most, &queue->none_left);
    (void)pthread_mutex_lock(&queue->lock);
    return rc == 0 || rc == LIBUSB_ERROR_INTERRUPTED;
}

/** Waits for the last one; a transfer past its time limit is cancelled with all behind it. */
static void land_all(struct queue *queue, struct ub_libusb_engine *engine)
{
    const struct ub_clock clock = ub_clock_real();
    arm(queue);
    while (!queue->none_left) {
        uint64_t now = ub_now(&clock);
        uint64_t left = queue->deadline_us > now ? queue->deadline_us - now : 0;
        if (left == 0 && !queue->cancelled)
            cancel_all(queue);
        if (queue->cancelled) /* the host controller gives back what was cancelled */
            left = US_PER_S;
        if (!rest(queue, engine, now, left) && !queue->cancelled)
            cancel_all(queue); /* as libusb's own synchronous calls do */
    }
}

/** The lock, and a condition whose time is that of ub_clock_real(). */
static bool prepare_waiting(struct queue *queue)
{
    pthread_condattr_t attributes;
    if (pthread_mutex_init(&queue->lock, NULL) != 0)
        return false;
    bool good = pthread_condattr_init(&attributes) == 0;
    if (good) {
        good = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
               pthread_cond_init(&queue->landed_all, &attributes) == 0;
        (void)pthread_condattr_destroy(&attributes);
    }
    if (!good)
        (void)pthread_mutex_destroy(&queue->lock);
    return good;
}

static void free_all(struct queue *queue)
{
    for (size_t i = 0; i < UB_QUEUE_MAX; i++)
        libusb_free_transfer(queue->flights[i].usb);
    (void)pthread_cond_destroy(&queue->landed_all);
    (void)pthread_mutex_destroy(&queue->lock);
}

static enum ub_code report(const struct queue *queue, const struct ub_libusb_name *name,
                           struct ub_error *err)
{
    enum ub_code first = UB_OK;
    for (size_t i = 0; i < queue->count; i++) {
        const struct flight *flight = &queue->flights[i];
        struct ub_error ignored;
        flight->transfer->code = UB_OK;
        if (flight->rc == 0)
            continue;
        flight->transfer->code = ub_libusb_fail(first ? &ignored : err, flight->rc, name,
                                                "a control request");
        if (!first)
            ub_error_transfer(err, &flight->transfer->setup, -1);
        first = first ? first : flight->transfer->code;
    }
    return first;
}

enum ub_code ub_libusb_queue(struct ub_libusb_engine *engine, libusb_device_handle *device,
                             const struct ub_libusb_name *name, struct ub_transfer *transfers,
                             size_t count, struct ub_error *err)
{
    struct queue queue = {.count = 0};
    enum ub_code code;
    if (count > UB_QUEUE_MAX)
        return ub_fail(err, UB_SYS_INTERNAL, "a queue of %zu transfers", count);
    if (!prepare_waiting(&queue))
        return ub_fail_memory(err);
    if (prepare_all(&queue, device, transfers, count)) {
        (void)pthread_mutex_lock(&queue.lock); /* what lands meanwhile waits a moment */
        submit_all(&queue);
        land_all(&queue, engine);
        (void)pthread_mutex_unlock(&queue.lock);
        code = report(&queue, name, err);
    } else {
        code = ub_fail_memory(err);
    }
    free_all(&queue);
    return code;
}
