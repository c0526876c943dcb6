/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loader/dfu_arrive.h"

#include "base/error.h"
#include "loader/dfu_wait.h"

#define STEPS_MAX 12u
#define ASKS_MAX  2u
#define US_PER_MS UINT64_C(1000)

/* A row per state (DFU 1.1 annex A). appIDLE and appDETACH behind an interface that says DFU mode
 * are a defect that a bus reset may cure. */
static const enum dfu_arrival arrivals[DFU_STATE_MAX + 1] = {
    [DFU_APP_IDLE] = DFU_ARRIVE_RESET,
    [DFU_APP_DETACH] = DFU_ARRIVE_RESET,
    [DFU_IDLE] = DFU_ARRIVED,
    [DFU_DNLOAD_SYNC] = DFU_ARRIVE_ASK,
    [DFU_DNBUSY] = DFU_ARRIVE_WAIT,
    [DFU_DNLOAD_IDLE] = DFU_ARRIVE_ABORT,
    [DFU_MANIFEST_SYNC] = DFU_ARRIVE_ASK,
    [DFU_MANIFEST] = DFU_ARRIVE_MANIFEST,
    [DFU_MANIFEST_WAIT_RESET] = DFU_ARRIVE_RESET,
    [DFU_UPLOAD_IDLE] = DFU_ARRIVE_ABORT,
    [DFU_ERROR] = DFU_ARRIVE_CLEAR,
};

/* One arrival on its way. */
struct arrival {
    bool uninterruptible;
    bool was_reset;
    bool was_freed; /* from being stuck in dfuDNBUSY */
    unsigned asks;
    uint64_t manifest_deadline; /* 0: not yet in manifestation */
};

enum dfu_arrival dfu_arrival(uint8_t state)
{
    return state <= DFU_STATE_MAX ? arrivals[state] : DFU_ARRIVE_RESET;
}

/* A refused ABORT or CLRSTATUS leads to dfuERROR, which the next turn clears. */
static enum ub_code tolerate_stall(enum ub_code code)
{
    return code == UB_USB_STALL ? UB_OK : code;
}

static enum ub_code bus_reset(struct dfu_link *link, struct arrival *arrival,
                              const struct dfu_status *status, struct ub_error *err)
{
    const struct ub_transport *transport = &link->port.transport;
    if (arrival->was_reset) {
        (void)ub_fail(err, UB_DFU_STATE, "the device stays in %s even after a bus reset",
                      ub_dfu_state_name(status->bState));
        dfu_raw_status(err, status);
        return UB_DFU_STATE;
    }
    arrival->was_reset = true;
    link->state = DFU_STATE_UNKNOWN;
    link->alt_known = false;
    enum ub_code code = transport->ops->reset(transport->self, link->port.handle, err);
    return code ? ub_wrap(err, code, "while leading the device out of %s",
                          ub_dfu_state_name(status->bState))
                : UB_OK;
}

/* STM32H743 revision V can stay in dfuDNBUSY after an erase; two CLRSTATUS bring it back (the first
 * is answered with dfuERROR). What it was doing may have failed. */
static enum ub_code wait_busy(struct dfu_link *link, struct arrival *arrival,
                              struct dfu_status *status, struct ub_error *err)
{
    const struct ub_loader_habits *habits = &link->port.habits;
    uint32_t longest = habits->erase_deadline_ms > habits->erase_all_deadline_ms
                           ? habits->erase_deadline_ms
                           : habits->erase_all_deadline_ms;
    const struct dfu_patience patience = {
        .doing = "waiting for what the device was doing before",
        .deadline_ms = link->stuck ? 0 : longest,
        .uninterruptible = arrival->uninterruptible,
        .answered = true,
    };
    enum ub_code code = dfu_wait(link, &patience, status, err);
    if (code != UB_DFU_BUSY || arrival->was_freed)
        return code;
    arrival->was_freed = true;
    struct ub_error ignored;
    (void)dfu_clear_status(link, &ignored);
    struct dfu_status after;
    if (dfu_get_status(link, 0, 0, &after, &ignored) || after.bState == DFU_DNBUSY)
        return code;
    dfu_warn(link, "it stayed busy past its deadline and was freed by clearing its status");
    return UB_OK;
}

static enum ub_code wait_manifest(struct dfu_link *link, struct arrival *arrival,
                                  const struct dfu_status *status, struct ub_error *err)
{
    uint64_t now = ub_now(&link->port.env->clock);
    uint64_t poll = status->poll_ms * US_PER_MS;
    if (status->poll_ms > link->port.habits.poll_max_ms) {
        (void)ub_fail(err, UB_DFU_POLL_TIME,
                      "the device takes in firmware and asks to wait %u ms; at most %u ms are "
                      "believed",
                      status->poll_ms, link->port.habits.poll_max_ms);
        dfu_raw_status(err, status);
        return UB_DFU_POLL_TIME;
    }
    if (arrival->manifest_deadline == 0)
        arrival->manifest_deadline = now + link->port.habits.manifest_deadline_ms * US_PER_MS;
    if (now >= arrival->manifest_deadline) {
        (void)ub_fail(err, UB_DFU_MANIFEST, "the device does not finish taking in firmware");
        dfu_raw_status(err, status);
        return UB_DFU_MANIFEST;
    }
    const uint64_t least = 100 * US_PER_MS; /* so that poll time 0 does not spin */
    return dfu_pause(link, poll > least ? poll : least, arrival->manifest_deadline, true,
                     arrival->uninterruptible, err);
}

static enum ub_code step(struct dfu_link *link, struct arrival *arrival, struct dfu_status *status,
                         struct ub_error *err)
{
    enum dfu_arrival what = dfu_arrival(status->bState);
    if (what == DFU_ARRIVE_ASK && arrival->asks++ >= ASKS_MAX)
        what = DFU_ARRIVE_ABORT;
    switch (what) {
    case DFU_ARRIVED:
    case DFU_ARRIVE_ASK:
        return UB_OK;
    case DFU_ARRIVE_ABORT:
        return tolerate_stall(dfu_abort(link, err));
    case DFU_ARRIVE_CLEAR:
        return tolerate_stall(dfu_clear_status(link, err));
    case DFU_ARRIVE_WAIT:
        return wait_busy(link, arrival, status, err);
    case DFU_ARRIVE_MANIFEST:
        return wait_manifest(link, arrival, status, err);
    case DFU_ARRIVE_RESET:
        return bus_reset(link, arrival, status, err);
    }
    return ub_fail(err, UB_SYS_INTERNAL, "no way out of %s", ub_dfu_state_name(status->bState));
}

enum ub_code dfu_arrive(struct dfu_link *link, bool uninterruptible, struct ub_error *err)
{
    struct arrival arrival = {.uninterruptible = uninterruptible};
    struct dfu_status status = {0};
    for (unsigned steps = 0; steps < STEPS_MAX;) {
        enum ub_code code = dfu_get_status(link, 0, 0, &status, err);
        if (code == UB_USB_STALL && !arrival.was_reset) {
            /* dfuMANIFEST-WAIT-RESET need not answer anything (DFU 1.1 annex A.2.9) */
            status.bState = DFU_MANIFEST_WAIT_RESET;
            code = bus_reset(link, &arrival, &status, err);
            if (!code)
                continue; /* once only: was_reset is set */
        }
        if (code)
            return ub_wrap(err, code, "while finding out what state the device is in");
        if (status.bState == DFU_IDLE) {
            ub_error_clear(err);
            return UB_OK;
        }
        bool manifests = status.bState == DFU_MANIFEST; /* which has a deadline of its own */
        code = step(link, &arrival, &status, err);
        if (code)
            return code;
        if (!manifests)
            steps++;
    }
    link->state = DFU_STATE_UNKNOWN;
    (void)ub_fail(err, UB_DFU_STATE, "the device cannot be brought back to dfuIDLE from %s",
                  ub_dfu_state_name(status.bState));
    dfu_raw_status(err, &status);
    return UB_DFU_STATE;
}

enum ub_code dfu_to_idle(struct dfu_link *link, struct ub_error *err)
{
    if (link->state == DFU_IDLE)
        return UB_OK;
    if (link->state == DFU_UPLOAD_IDLE || link->state == DFU_DNLOAD_IDLE) {
        enum ub_code code = dfu_abort(link, err);
        if (code != UB_USB_STALL)
            return code;
    }
    return dfu_arrive(link, false, err);
}

enum ub_code dfu_to_download(struct dfu_link *link, struct ub_error *err)
{
    return link->state == DFU_DNLOAD_IDLE ? UB_OK : dfu_to_idle(link, err);
}

enum ub_code dfu_to_upload(struct dfu_link *link, struct ub_error *err)
{
    return link->state == DFU_UPLOAD_IDLE ? UB_OK : dfu_to_idle(link, err);
}
