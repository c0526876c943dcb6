/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loader/dfu_wait.h"

#include "base/error.h"
#include "loader/dfu_names.h"
#include "loader/dfu_queue.h"

#define US_PER_MS UINT64_C(1000)
#define SLICE_US  (100 * US_PER_MS)
#define LONG_US   (1000 * US_PER_MS)
/* A device may say "busy, ask at once" while it answers late enough by itself; one that does so
 * again and again gets asked more and more slowly. */
#define ZERO_POLLS_AT_ONCE   3u
#define ZERO_POLL_FIRST_US   (1 * US_PER_MS)
#define ZERO_POLL_LONGEST_US (50 * US_PER_MS)

/* One wait on its way. */
struct wait {
    uint64_t started;
    uint64_t deadline;
    unsigned zero_polls;
};

static uint64_t now_us(const struct dfu_link *link)
{
    return ub_now(&link->port.env->clock);
}

enum ub_code dfu_pause(struct dfu_link *link, uint64_t us, uint64_t deadline_us, bool is_long,
                       bool uninterruptible, struct ub_error *err)
{
    struct ub_env *env = link->port.env;
    uint64_t end = now_us(link) + us;
    for (uint64_t now = now_us(link); now < end; now = now_us(link)) {
        if (is_long) {
            enum ub_code code = uninterruptible ? UB_OK : ub_env_check(env, err);
            if (code)
                return code;
            ub_env_waiting(env, deadline_us > now ? deadline_us - now : 0);
        }
        ub_sleep(&env->clock, end - now < SLICE_US ? end - now : SLICE_US);
    }
    return UB_OK;
}

static uint64_t zero_poll_pause(struct wait *wait)
{
    uint64_t pause = ZERO_POLL_FIRST_US;
    if (wait->zero_polls++ < ZERO_POLLS_AT_ONCE)
        return 0;
    for (unsigned i = ZERO_POLLS_AT_ONCE + 1; i < wait->zero_polls; i++) {
        pause *= 2;
        if (pause >= ZERO_POLL_LONGEST_US)
            return ZERO_POLL_LONGEST_US;
    }
    return pause;
}

static enum ub_code fail_busy(struct dfu_link *link, const struct dfu_patience *patience,
                              const struct dfu_status *status, uint64_t waited_us,
                              struct ub_error *err)
{
    link->stuck = true;
    link->state = DFU_STATE_UNKNOWN;
    (void)ub_fail(err, UB_DFU_BUSY, "the device is still busy after %llu ms",
                  (unsigned long long)(waited_us / US_PER_MS));
    dfu_raw_status(err, status);
    return ub_wrap(err, UB_DFU_BUSY, "while %s", patience->doing);
}

/* Sleeps what the device asked for, at most up to the deadline. */
static enum ub_code sleep_poll(struct dfu_link *link, const struct dfu_patience *patience,
                               struct wait *wait, const struct dfu_status *status,
                               struct ub_error *err)
{
    uint64_t now = now_us(link);
    uint64_t poll = status->poll_ms * US_PER_MS;
    if (now >= wait->deadline)
        return fail_busy(link, patience, status, now - wait->started, err);
    uint64_t us = poll ? poll : zero_poll_pause(wait);
    if (us > wait->deadline - now)
        us = wait->deadline - now;
    bool is_long = us > LONG_US || now - wait->started > LONG_US;
    enum ub_code code = dfu_pause(link, us, wait->deadline, is_long, patience->uninterruptible,
                                  err);
    return code ? ub_wrap(err, code, "while %s", patience->doing) : UB_OK;
}

static enum ub_code ask_status(struct dfu_link *link, const struct dfu_patience *patience,
                               const struct wait *wait, struct dfu_status *status,
                               struct ub_error *err)
{
    uint64_t now = now_us(link);
    uint64_t left = wait->deadline > now ? wait->deadline - now : 0;
    enum ub_code code = dfu_get_status(link, left / US_PER_MS, status->poll_ms, status, err);
    return code ? ub_wrap(err, code, "while %s", patience->doing) : UB_OK;
}

static enum ub_code check_poll(struct dfu_link *link, const struct dfu_patience *patience,
                               const struct dfu_status *status, struct ub_error *err)
{
    if (status->poll_ms <= link->port.habits.poll_max_ms)
        return UB_OK;
    link->state = DFU_STATE_UNKNOWN;
    (void)ub_fail(err, UB_DFU_POLL_TIME,
                  "the device asks to wait %u ms before the next question; at most %u ms are "
                  "believed",
                  status->poll_ms, link->port.habits.poll_max_ms);
    dfu_raw_status(err, status);
    return ub_wrap(err, UB_DFU_POLL_TIME, "while %s", patience->doing);
}

enum ub_code dfu_wait(struct dfu_link *link, const struct dfu_patience *patience,
                      struct dfu_status *status, struct ub_error *err)
{
    struct wait wait = {.started = now_us(link)};
    enum ub_code code = UB_OK;
    wait.deadline = wait.started + patience->deadline_ms * US_PER_MS;
    if (!patience->answered) {
        status->poll_ms = 0;
        code = ask_status(link, patience, &wait, status, err);
    }
    for (bool first = true; !code; first = false) {
        if (status->bState != DFU_DNBUSY && status->bState != DFU_DNLOAD_SYNC)
            return UB_OK;
        code = check_poll(link, patience, status, err);
        uint64_t asked_for = now_us(link) + status->poll_ms * US_PER_MS;
        if (first && asked_for > wait.deadline)
            wait.deadline = asked_for;
        if (!code && !(first && patience->ask_at_once))
            code = sleep_poll(link, patience, &wait, status, err);
        if (!code)
            code = ask_status(link, patience, &wait, status, err);
    }
    return code;
}

/* What the device's last answer means for an operation that should end in `expected`. */
static enum ub_code judge(struct dfu_link *link, const struct dfu_patience *patience,
                          const struct dfu_status *status, uint8_t expected, struct ub_error *err)
{
    if (dfu_status_is_error(status))
        return dfu_fail_status(status, patience->doing, err);
    if (status->bState == expected)
        return UB_OK;
    link->state = DFU_STATE_UNKNOWN;
    (void)ub_fail(err, UB_DFU_STATE, "the device is in %s where %s is due",
                  ub_dfu_state_name(status->bState), ub_dfu_state_name(expected));
    dfu_raw_status(err, status);
    return ub_wrap(err, UB_DFU_STATE, "while %s", patience->doing);
}

enum ub_code dfu_complete(struct dfu_link *link, const struct dfu_patience *patience,
                          uint8_t expected, struct ub_error *err)
{
    struct dfu_status status = {0};
    enum ub_code code = dfu_wait(link, patience, &status, err);
    return code ? code : judge(link, patience, &status, expected, err);
}

static enum ub_code operate_in_turn(struct dfu_link *link, uint16_t block, const uint8_t *data,
                                    uint16_t length, const struct dfu_patience *patience,
                                    struct ub_error *err)
{
    enum ub_code code = dfu_dnload(link, block, data, length, patience->deadline_ms, err);
    return code ? dfu_explain(link, code, patience->doing, err)
                : dfu_complete(link, patience, DFU_DNLOAD_IDLE, err);
}

/* A question that was lost on the wire, or refused, can be asked again; the block itself cannot. */
static bool may_ask_again(enum ub_code code)
{
    return code == UB_USB_STALL || code == UB_USB_IO || code == UB_USB_SHORT;
}

enum ub_code dfu_operate(struct dfu_link *link, uint16_t block, const uint8_t *data,
                         uint16_t length, const struct dfu_patience *patience, struct ub_error *err)
{
    struct dfu_asked asked;
    struct dfu_patience rest = *patience;
    if (!link->port.habits.naks_while_busy || patience->watched)
        return operate_in_turn(link, block, data, length, patience, err);
    const struct dfu_blocks one = {.first = block, .length = length, .count = 1, .data = data};
    size_t good;
    enum ub_code code = dfu_dnload_queued(link, &one, patience->deadline_ms, &asked, &good, err);
    if (code && !asked.taken)
        return dfu_explain(link, code, patience->doing, err);
    if (may_ask_again(code))
        return dfu_complete(link, patience, DFU_DNLOAD_IDLE, err);
    if (code)
        return ub_wrap(err, code, "while %s", patience->doing);
    if (asked.first.bState == DFU_DNBUSY)
        code = check_poll(link, patience, &asked.first, err);
    rest.answered = true;
    if (!code && asked.second.bState == DFU_DNBUSY)
        code = dfu_wait(link, &rest, &asked.second, err);
    return code ? code : judge(link, patience, &asked.second, DFU_DNLOAD_IDLE, err);
}
