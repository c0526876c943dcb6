/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loader/dfu_operate.h"

#include "base/error.h"
#include "loader/dfu_queue.h"

#define US_PER_MS UINT64_C(1000)
#define LONG_US   (1000 * US_PER_MS)

bool dfu_queues_while_busy(const struct dfu_link *link)
{
    return link->port.habits.naks_while_busy && !link->answers_busy;
}

bool dfu_transport_queues(const struct dfu_link *link)
{
    return link->port.transport.ops->control_queue != NULL;
}

static enum ub_code operate_in_turn(struct dfu_link *link, uint16_t block, const uint8_t *data,
                                    uint16_t length, const struct dfu_patience *patience,
                                    enum dfu_taken *taken, struct ub_error *err)
{
    enum ub_code code = dfu_dnload(link, block, data, length, patience->deadline_ms, err);
    if (code) {
        *taken = code == UB_USB_STALL ? DFU_REFUSED : DFU_MAYBE_TAKEN;
        return dfu_explain(link, code, patience->doing, err);
    }
    *taken = DFU_TAKEN;
    return dfu_complete(link, patience, DFU_DNLOAD_IDLE, err);
}

/* The block itself failed. */
static enum ub_code not_taken(struct dfu_link *link, const struct dfu_asked *asked,
                              const struct dfu_patience *patience, enum dfu_taken *taken,
                              struct ub_error *err)
{
    *taken = asked->refused ? DFU_REFUSED : DFU_MAYBE_TAKEN;
    if (asked->answers)
        link->state = asked->status[asked->answers - 1].bState;
    return dfu_explain_by(link, asked->code, asked->answers ? &asked->status[0] : NULL,
                          patience->doing, err);
}

/* The block was taken; from the last answer on the device is asked in turn. */
static enum ub_code go_on(struct dfu_link *link, const struct dfu_asked *asked, uint64_t sent_us,
                          const struct dfu_patience *patience, struct ub_error *err)
{
    struct dfu_patience rest = *patience;
    struct dfu_status status = {0};
    const bool lost = asked->code == UB_USB_STALL || asked->code == UB_USB_IO ||
                      asked->code == UB_USB_SHORT;
    if (asked->code && !lost)
        return ub_wrap(err, asked->code, "while %s", patience->doing);
    if (asked->answers)
        status = asked->status[asked->answers - 1];
    rest.answered = asked->answers > 0;
    rest.sent_us = sent_us;
    rest.ask_at_once = false; /* that was the second question */
    if (asked->code == UB_USB_STALL && patience->ask_at_once)
        link->commands_take = true;
    ub_error_clear(err);
    enum ub_code code = dfu_wait(link, &rest, &status, err);
    return code ? code : dfu_judge(link, patience, &status, DFU_DNLOAD_IDLE, err);
}

/* While the transport waits for a device that is silent nobody counts down: before an operation
 * that is known to be long, say how long that may be. */
static void tell_wait(struct dfu_link *link, const struct dfu_patience *patience)
{
    uint64_t us = patience->typical_us;
    if (patience->pace && patience->pace->done_us)
        us = patience->pace->done_us;
    if (us > LONG_US)
        ub_env_waiting(link->port.env, patience->deadline_ms * US_PER_MS);
}

/* A device that is silent while it is busy answers the second question when all is over. */
static void learn(struct dfu_link *link, const struct dfu_asked *asked,
                  const struct dfu_patience *patience, uint64_t took_us)
{
    const bool busy = asked->answers == 2 && asked->status[1].bState == DFU_DNBUSY;
    const bool stalled = asked->taken && asked->code == UB_USB_STALL;
    if (busy || stalled)
        link->answers_busy = true;
    else if (asked->answers == 2 && patience->pace)
        dfu_pace_done(patience->pace, took_us);
}

enum ub_code dfu_operate(struct dfu_link *link, uint16_t block, const uint8_t *data,
                         uint16_t length, const struct dfu_patience *patience,
                         enum dfu_taken *taken, struct ub_error *err)
{
    struct dfu_asked asked = {0};
    size_t good;
    const bool silent = dfu_queues_while_busy(link) && !patience->watched;
    const bool at_once = patience->ask_at_once && !link->commands_take;
    const struct dfu_blocks one = {.first = block,
                                   .length = length,
                                   .count = 1,
                                   .questions = silent || at_once ? 2 : 1,
                                   .data = data};
    if (!silent && !dfu_transport_queues(link))
        return operate_in_turn(link, block, data, length, patience, taken, err);
    const uint64_t sent_us = ub_now(&link->port.env->clock);
    if (silent)
        tell_wait(link, patience);
    enum ub_code code = dfu_dnload_queued(link, &one, patience->deadline_ms, &asked, &good, err);
    *taken = DFU_REFUSED;
    if (!good && !asked.code)
        return code; /* nothing was sent */
    if (!asked.taken)
        return not_taken(link, &asked, patience, taken, err);
    *taken = DFU_TAKEN;
    if (silent && !at_once)
        learn(link, &asked, patience, ub_now(&link->port.env->clock) - sent_us);
    if (!asked.code && asked.status[0].bState == DFU_DNBUSY)
        code = dfu_check_poll(link, patience, &asked.status[0], err);
    else
        code = UB_OK;
    return code ? code : go_on(link, &asked, sent_us, patience, err);
}
