/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loader/dfu_queue.h"

#include "base/error.h"

#include <string.h>

/** The memory that a queue of blocks needs. */
struct room {
    uint8_t bytes[UB_CONTROL_MAX];
    uint8_t answers[DFU_QUESTIONS_MAX][DFU_STATUS_BYTES];
};

static enum ub_code run(struct dfu_link *link, struct ub_transfer *queue, size_t count,
                        struct ub_error *err)
{
    link->transfers += count;
    link->state = DFU_STATE_UNKNOWN;
    return ub_control_queue(&link->port.transport, link->port.handle, queue, count, err);
}

static size_t per_block(const struct dfu_blocks *blocks)
{
    return 1u + blocks->questions;
}

static void fill_block(const struct dfu_link *link, const struct dfu_blocks *blocks, size_t index,
                       struct ub_transfer *queue, struct room *room, uint32_t limit_ms)
{
    const struct ub_setup ask = dfu_class_request(link, DFU_GETSTATUS, 0, DFU_STATUS_BYTES);
    const uint16_t block = (uint16_t)(blocks->first + index);
    memcpy(room->bytes, blocks->data + index * blocks->length, blocks->length);
    memset(room->answers, 0, sizeof(room->answers));
    queue[0] = (struct ub_transfer){
        .setup = dfu_class_request(link, DFU_DNLOAD, block, blocks->length),
        .data = room->bytes,
        .timeout_ms = limit_ms};
    for (size_t i = 0; i < blocks->questions; i++)
        queue[1 + i] = (struct ub_transfer){
            .setup = ask, .data = room->answers[i], .timeout_ms = limit_ms};
}

/** Reads the answers to one block; those behind a question that failed count no more. */
static void take_answers(struct dfu_link *link, const struct dfu_blocks *blocks,
                         const struct ub_transfer *queue, const struct room *room,
                         struct dfu_asked *asked, struct ub_error *err)
{
    asked->code = queue[0].code;
    asked->refused = queue[0].code == UB_USB_STALL;
    asked->taken = queue[0].code == UB_OK && queue[0].actual == queue[0].setup.wLength;
    if (!asked->code && !asked->taken)
        asked->code = ub_fail(err, UB_USB_SHORT, "the device took %u of a block's %u bytes",
                              queue[0].actual, queue[0].setup.wLength);
    for (unsigned i = 0; i < blocks->questions; i++) {
        struct ub_error ignored;
        enum ub_code code = queue[1 + i].code;
        if (!code)
            code = dfu_take_status(link, &queue[1 + i].setup, room->answers[i], queue[1 + i].actual,
                                   &asked->status[i], asked->code ? &ignored : err);
        asked->code = asked->code ? asked->code : code;
        if (code)
            return;
        asked->answers++;
    }
}

enum ub_code dfu_dnload_queued(struct dfu_link *link, const struct dfu_blocks *blocks,
                               uint64_t timeout_ms, struct dfu_asked *asked, size_t *good,
                               struct ub_error *err)
{
    struct room rooms[DFU_QUEUE_DNLOADS];
    struct ub_transfer queue[UB_QUEUE_MAX];
    const uint32_t limit = timeout_ms > DFU_CONTROL_MS ? (uint32_t)timeout_ms : DFU_CONTROL_MS;
    *good = 0;
    if (blocks->length > UB_CONTROL_MAX || blocks->count > DFU_QUEUE_DNLOADS ||
        blocks->questions > DFU_QUESTIONS_MAX)
        return ub_fail(err, UB_SYS_INTERNAL, "%zu blocks of %u bytes", blocks->count,
                       blocks->length);
    memset(asked, 0, blocks->count * sizeof(*asked));
    for (size_t i = 0; i < blocks->count; i++)
        fill_block(link, blocks, i, queue + i * per_block(blocks), &rooms[i], limit);
    /* the error is about the first failure, as is the first block that has one */
    enum ub_code code = run(link, queue, blocks->count * per_block(blocks), err);
    for (; *good < blocks->count; (*good)++) {
        const size_t i = *good;
        take_answers(link, blocks, queue + i * per_block(blocks), &rooms[i], &asked[i], err);
        if (asked[i].code) {
            code = asked[i].code;
            break;
        }
    }
    if (code) {
        link->state = DFU_STATE_UNKNOWN;
        dfu_add_status(link, err);
    }
    return code;
}

enum ub_code dfu_upload_queued(struct dfu_link *link, uint16_t block, uint8_t *data,
                               uint16_t length, size_t count, struct ub_error *err)
{
    struct ub_transfer queue[UB_QUEUE_MAX];
    if (count > DFU_QUEUE_UPLOADS)
        return ub_fail(err, UB_SYS_INTERNAL, "%zu blocks", count);
    for (size_t i = 0; i < count; i++) {
        queue[i] = (struct ub_transfer){.timeout_ms = DFU_CONTROL_MS};
        queue[i].setup = dfu_class_request(link, DFU_UPLOAD, (uint16_t)(block + i), length);
        queue[i].data = data + i * length;
    }
    enum ub_code code = run(link, queue, count, err);
    for (size_t i = 0; i < count && !code; i++)
        if (queue[i].actual != length)
            code = ub_fail(err, UB_USB_SHORT, "the device sent %u of %u bytes", queue[i].actual,
                           length);
    link->state = code ? DFU_STATE_UNKNOWN : DFU_UPLOAD_IDLE;
    return code;
}
