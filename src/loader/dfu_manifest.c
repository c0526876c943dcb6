/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loader/dfu_manifest.h"

#include "base/error.h"
#include "loader/dfu_wait.h"

#define US_PER_MS      UINT64_C(1000)
#define LEAST_PAUSE_US (10 * US_PER_MS) /* so that poll time 0 does not spin */
#define LEAST_PART     16u              /* the longer it took, the more slowly it is asked */
#define LONG_US        (1000 * US_PER_MS)
/* Particle's second generation says dfuDNLOAD-IDLE instead of a manifestation state. */
#define DNLOAD_IDLE_ASKS 3u

static const char doing[] = "waiting for the device to take in the firmware";

struct manifest {
    uint64_t started;
    uint64_t deadline;
    bool tolerant;
    bool answered; /* one answer came since the zero-length block */
    bool over;
    unsigned idle_asks;
};

/* The question after the zero-length block failed. The device took that block, so one that left
 * says that it did its work, whatever it says of its tolerance; one that is not manifestation
 * tolerant may be deaf as well, but then has to show in another way that it lives. */
static enum ub_code silence(struct dfu_link *link, const struct manifest *manifest,
                            enum ub_code code, bool *gone, struct ub_error *err)
{
    *gone = code == UB_USB_GONE;
    link->mute = code == UB_USB_TIMEOUT;
    bool deaf = code == UB_USB_STALL || code == UB_USB_TIMEOUT || code == UB_USB_IO;
    if (*gone || (deaf && !manifest->tolerant)) {
        ub_error_clear(err);
        return UB_OK;
    }
    (void)ub_wrap(err, code, "while %s; it says that it can answer during that", doing);
    if (err)
        err->code = UB_DFU_MANIFEST;
    return UB_DFU_MANIFEST;
}

static enum ub_code pause(struct dfu_link *link, const struct manifest *manifest,
                          const struct dfu_status *status, struct ub_error *err)
{
    uint64_t now = ub_now(&link->port.env->clock);
    uint64_t us = status->poll_ms * US_PER_MS;
    enum ub_code code = UB_OK;
    if (status->poll_ms > link->port.habits.poll_max_ms)
        code = ub_fail(err, UB_DFU_POLL_TIME,
                       "the device asks to wait %u ms before the next question; at most %u ms are "
                       "believed",
                       status->poll_ms, link->port.habits.poll_max_ms);
    else if (now >= manifest->deadline)
        code = ub_fail(err, UB_DFU_MANIFEST, "the device is still in %s after %u ms",
                       ub_dfu_state_name(status->bState), link->port.habits.manifest_deadline_ms);
    if (code) {
        dfu_raw_status(err, status);
        return ub_wrap(err, code, "while %s", doing);
    }
    const uint64_t age = now - manifest->started;
    if (us == 0)
        us = age / LEAST_PART;
    if (us < LEAST_PAUSE_US)
        us = LEAST_PAUSE_US;
    return dfu_pause(link, us, manifest->deadline, us > LONG_US || age > LONG_US, false, err);
}

static enum ub_code follow(struct dfu_link *link, struct manifest *manifest,
                           const struct dfu_status *status, struct ub_error *err)
{
    if (dfu_status_is_error(status))
        return dfu_fail_status(status, doing, err);
    switch (status->bState) {
    case DFU_IDLE:
    case DFU_MANIFEST_WAIT_RESET:
    case DFU_APP_IDLE:
        manifest->over = true;
        return UB_OK;
    case DFU_DNLOAD_IDLE:
        manifest->over = ++manifest->idle_asks >= DNLOAD_IDLE_ASKS;
        return manifest->over ? UB_OK : pause(link, manifest, status, err);
    default:
        return pause(link, manifest, status, err);
    }
}

enum ub_code dfu_manifest(struct dfu_link *link, uint16_t block, bool *gone, struct ub_error *err)
{
    uint32_t patience_ms = link->port.habits.manifest_deadline_ms;
    struct manifest manifest = {
        .started = ub_now(&link->port.env->clock),
        .deadline = ub_now(&link->port.env->clock) + patience_ms * US_PER_MS,
        .tolerant = (link->functional.bmAttributes & UB_DFU_MANIFEST_TOL) != 0,
    };
    struct dfu_status status = {0};
    *gone = false;
    link->mute = false;
    enum ub_code code = dfu_dnload(link, block, NULL, 0, patience_ms, err);
    if (code)
        return dfu_explain(link, code, "ending the download", err);
    while (!code && !manifest.over) {
        uint64_t now = ub_now(&link->port.env->clock);
        uint64_t left = manifest.deadline > now ? manifest.deadline - now : 0;
        if (!manifest.tolerant && manifest.answered)
            left = 0; /* it may never answer again: the least time limit will do */
        manifest.answered = true;
        code = dfu_get_status(link, left / US_PER_MS, status.poll_ms, &status, err);
        if (code)
            return silence(link, &manifest, code, gone, err);
        code = follow(link, &manifest, &status, err);
    }
    return code;
}
