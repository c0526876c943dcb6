/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loader/dfu_wait.h"

#include "base/error.h"
#include "loader/dfu_names.h"

#define US_PER_MS UINT64_C(1000)
#define SLICE_US  (100 * US_PER_MS)
#define LONG_US   (1000 * US_PER_MS)
/* A device may say "busy, ask at once" while it answers late enough by itself; one that does so
 * again and again gets asked more and more slowly. */
#define ZERO_POLLS_AT_ONCE   3u
#define ZERO_POLL_FIRST_US   (1 * US_PER_MS)
#define ZERO_POLL_LONGEST_US (50 * US_PER_MS)

/* Chips are faster than their books: the first question comes this part of the time before. */
#define BEFORE_PART 4u

/* One wait on its way. */
struct wait {
    uint64_t started;
    uint64_t deadline;
    uint64_t began;    /* when the operation was sent: its age counts from here */
    uint64_t answered; /* when the last answer came */
    uint64_t asked;    /* when the last question was sent */
    unsigned asks;     /* questions sent since the first answer */
    unsigned zero_polls;
    unsigned lost;    /* questions in a row that got no answer */
    unsigned refused; /* questions in a row that the device refused */
    bool at_once;     /* the next question follows without a pause */
};

static uint64_t now_us(const struct dfu_link *link)
{
    return ub_now(&link->port.env->clock);
}

/* The countdown, no more often than a person can read it. */
static void tell(struct dfu_link *link, uint64_t now, uint64_t deadline_us)
{
    if (now - link->told_us < SLICE_US)
        return;
    link->told_us = now;
    ub_env_waiting(link->port.env, deadline_us > now ? deadline_us - now : 0);
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
            tell(link, now, deadline_us);
        }
        ub_sleep(&env->clock, end - now < SLICE_US ? end - now : SLICE_US);
    }
    return UB_OK;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
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

static bool may_ask_early(const struct dfu_link *link)
{
    return link->port.habits.poll_early && !link->refuses_early;
}

/* A question was refused or lost: what is left of the device's poll time, and where that is over a
 * growing distance. */
static uint64_t pause_without_answer(const struct dfu_link *link,
                                     const struct dfu_patience *patience, const struct wait *wait,
                                     uint64_t poll_us, uint64_t now)
{
    const uint64_t least = (uint64_t)DFU_RETRY_MS * US_PER_MS;
    const uint64_t since = now - wait->answered;
    const uint64_t left = poll_us > since ? poll_us - since : 0;
    if (wait->refused == 0)
        return may_ask_early(link) ? least : larger(left, least);
    if (left)
        return left;
    return patience->pace ? dfu_pace_next(patience->pace, now - wait->began)
                          : larger(poll_us, least);
}

/* How long until an operation is over, by what was learned of its kind; *known is false if nothing
 * was. */
static uint64_t until_learned(const struct dfu_patience *patience, const struct wait *wait,
                              uint64_t age, bool *known)
{
    struct dfu_pace *pace = patience->pace;
    *known = pace && pace->done_us;
    if (!*known)
        return 0;
    if (wait->asks)
        return dfu_pace_next(pace, age);
    const uint64_t due = dfu_pace_first(pace);
    return due > age ? due - age : 0;
}

/* The device names no time, which allows any. */
static uint64_t pause_of_zero(const struct dfu_patience *patience, struct wait *wait, uint64_t age)
{
    if (wait->asks || !patience->pace || patience->typical_us <= age)
        return zero_poll_pause(wait);
    return patience->typical_us - age;
}

/* Early questions are borne and nothing is known yet: never later than the device asks for. */
static uint64_t pause_early(const struct dfu_patience *patience, const struct wait *wait,
                            uint64_t poll_us, uint64_t age)
{
    const uint64_t typical_us = patience->typical_us - patience->typical_us / BEFORE_PART;
    uint64_t guess = dfu_pace_next(patience->pace, age);
    if (wait->asks == 0 && typical_us)
        guess = typical_us > age ? typical_us - age : 0;
    return guess < poll_us ? guess : poll_us;
}

/* The device says that it is busy: when to ask again. */
static uint64_t pause_while_busy(const struct dfu_link *link, const struct dfu_patience *patience,
                                 struct wait *wait, uint64_t poll_us, uint64_t now)
{
    const uint64_t age = now - wait->began;
    const bool early = patience->pace && may_ask_early(link);
    bool known;
    uint64_t learned = until_learned(patience, wait, age, &known);
    if (known && early && poll_us) /* never later than it asks for */
        return learned < poll_us ? learned : poll_us;
    if (known && poll_us == 0)
        return learned;
    if (poll_us == 0)
        return pause_of_zero(patience, wait, age);
    if (early)
        return pause_early(patience, wait, poll_us, age);
    if (known && wait->asks && patience->pace)
        learned = patience->pace->done_us > age ? patience->pace->done_us - age : 0;
    return larger(learned, poll_us);
}

static uint64_t plan_pause(const struct dfu_link *link, const struct dfu_patience *patience,
                           struct wait *wait, const struct dfu_status *status, uint64_t now)
{
    const uint64_t poll_us = status->poll_ms * US_PER_MS;
    if (wait->refused || wait->lost)
        return pause_without_answer(link, patience, wait, poll_us, now);
    if (wait->at_once)
        return 0;
    return pause_while_busy(link, patience, wait, poll_us, now);
}

/* Sleeps until the next question is due, at most up to the deadline. */
static enum ub_code sleep_until_due(struct dfu_link *link, const struct dfu_patience *patience,
                                    struct wait *wait, const struct dfu_status *status,
                                    struct ub_error *err)
{
    uint64_t now = now_us(link);
    if (now >= wait->deadline)
        return fail_busy(link, patience, status, now - wait->started, err);
    uint64_t us = plan_pause(link, patience, wait, status, now);
    wait->at_once = false;
    if (us > wait->deadline - now)
        us = wait->deadline - now;
    bool is_long = us > LONG_US || now - wait->started > LONG_US;
    enum ub_code code = dfu_pause(link, us, wait->deadline, is_long, patience->uninterruptible,
                                  err);
    return code ? ub_wrap(err, code, "while %s", patience->doing) : UB_OK;
}

enum ub_code dfu_check_poll(struct dfu_link *link, const struct dfu_patience *patience,
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

static bool is_busy(const struct dfu_status *status)
{
    return status->bState == DFU_DNBUSY || status->bState == DFU_DNLOAD_SYNC;
}

/* A question was refused or lost. UB_OK: it may be asked again. */
static enum ub_code not_answered(struct dfu_link *link, const struct dfu_patience *patience,
                                 struct wait *wait, const struct dfu_status *status,
                                 enum ub_code code)
{
    const uint64_t age = wait->asked - wait->began;
    const bool early = wait->asked - wait->answered < status->poll_ms * US_PER_MS;
    if (code == UB_USB_IO || code == UB_USB_SHORT)
        return ++wait->lost <= DFU_STATUS_RETRIES ? UB_OK : code;
    if (code != UB_USB_STALL)
        return code;
    if (early && patience->ask_at_once)
        link->commands_take = true;
    else if (early)
        link->refuses_early = true;
    if (patience->pace) /* the deadline ends this */
        dfu_pace_busy(patience->pace, age);
    wait->refused++;
    return patience->pace || early || wait->refused <= DFU_STATUS_RETRIES ? UB_OK : code;
}

/* Asks once. A question that may be repeated leaves *status as it was. */
static enum ub_code ask(struct dfu_link *link, const struct dfu_patience *patience,
                        struct wait *wait, struct dfu_status *status, struct ub_error *err)
{
    struct dfu_status answer;
    wait->asked = now_us(link);
    wait->asks++;
    const uint64_t left = wait->deadline > wait->asked ? wait->deadline - wait->asked : 0;
    if (patience->watched) /* a device that keeps silent is not counted down for otherwise */
        tell(link, wait->asked, wait->deadline);
    enum ub_code code = dfu_get_status_once(link, left / US_PER_MS, &answer, err);
    if (code) {
        if (wait->asked < wait->deadline)
            code = not_answered(link, patience, wait, status, code);
        if (!code)
            ub_error_clear(err);
        return code ? ub_wrap(err, code, "while %s", patience->doing) : UB_OK;
    }
    wait->answered = now_us(link);
    wait->refused = 0;
    wait->lost = 0;
    if (patience->pace && is_busy(&answer))
        dfu_pace_busy(patience->pace, wait->asked - wait->began);
    else if (patience->pace && !dfu_status_is_error(&answer))
        dfu_pace_done(patience->pace, wait->asked - wait->began);
    *status = answer;
    return UB_OK;
}

/* The question that sets the operation off. */
static enum ub_code ask_first(struct dfu_link *link, const struct dfu_patience *patience,
                              const struct wait *wait, struct dfu_status *status,
                              struct ub_error *err)
{
    enum ub_code code = UB_OK;
    if (!patience->answered)
        code = dfu_get_status(link, (wait->deadline - wait->started) / US_PER_MS, 0, status, err);
    return code ? ub_wrap(err, code, "while %s", patience->doing) : UB_OK;
}

enum ub_code dfu_wait(struct dfu_link *link, const struct dfu_patience *patience,
                      struct dfu_status *status, struct ub_error *err)
{
    const struct dfu_pace known = patience->pace ? *patience->pace : (struct dfu_pace){0};
    struct wait wait = {.started = now_us(link),
                        .at_once = patience->ask_at_once && !link->commands_take};
    wait.deadline = wait.started + patience->deadline_ms * US_PER_MS;
    enum ub_code code = ask_first(link, patience, &wait, status, err);
    wait.began = patience->sent_us ? patience->sent_us : wait.started;
    wait.answered = wait.asked = now_us(link);
    uint64_t asked_for = wait.answered + status->poll_ms * US_PER_MS;
    if (!code && is_busy(status) && asked_for > wait.deadline)
        wait.deadline = asked_for;
    while (!code && is_busy(status)) {
        code = dfu_check_poll(link, patience, status, err);
        if (!code)
            code = sleep_until_due(link, patience, &wait, status, err);
        if (!code)
            code = ask(link, patience, &wait, status, err);
    }
    if (patience->pace && (code || dfu_status_is_error(status)))
        *patience->pace = known; /* a device that hangs or fails teaches nothing */
    return code;
}

enum ub_code dfu_judge(struct dfu_link *link, const struct dfu_patience *patience,
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
    return code ? code : dfu_judge(link, patience, &status, expected, err);
}
