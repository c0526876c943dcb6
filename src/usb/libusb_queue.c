/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Several control transfers in the host controller's hands at once (libusb's asynchronous
 * interface): it carries them out in order without waiting for this program in between. */
#include "base/clock.h"
#include "base/error.h"
#include "usb/libusb_room.h"

#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#define US_PER_MS UINT64_C(1000)
#define US_PER_S  UINT64_C(1000000)

/** One transfer on its way. */
struct flight {
    struct libusb_transfer *usb;
    struct ub_transfer *transfer;
    struct queue *queue;
    bool submitted;
    int rc; /* a libusb error, or 0 */
};

/** A queue on its way. */
struct queue {
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
    if (--queue->in_the_air == 0)
        queue->none_left = 1;
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

/** Waits for the last one; a transfer past its time limit is cancelled with all behind it. */
static void land_all(struct queue *queue, libusb_context *context)
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
        struct timeval most = {.tv_sec = (time_t)(left / US_PER_S),
                               .tv_usec = (suseconds_t)(left % US_PER_S)};
        int rc = libusb_handle_events_timeout_completed(context, &most, &queue->none_left);
        if (rc != 0 && rc != LIBUSB_ERROR_INTERRUPTED && !queue->cancelled)
            cancel_all(queue); /* as libusb's own synchronous calls do */
    }
}

static void free_all(struct queue *queue)
{
    for (size_t i = 0; i < UB_QUEUE_MAX; i++)
        libusb_free_transfer(queue->flights[i].usb);
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

enum ub_code ub_libusb_queue(libusb_context *context, libusb_device_handle *device,
                             const struct ub_libusb_name *name, struct ub_transfer *transfers,
                             size_t count, struct ub_error *err)
{
    struct queue queue = {.count = 0};
    enum ub_code code;
    if (count > UB_QUEUE_MAX)
        return ub_fail(err, UB_SYS_INTERNAL, "a queue of %zu transfers", count);
    if (prepare_all(&queue, device, transfers, count)) {
        submit_all(&queue);
        land_all(&queue, context);
        code = report(&queue, name, err);
    } else {
        code = ub_fail_memory(err);
    }
    free_all(&queue);
    return code;
}
