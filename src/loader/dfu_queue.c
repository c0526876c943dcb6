/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loader/dfu_queue.h"

#include "base/error.h"

#include <string.h>

#define PER_BLOCK 3u

/** The memory that a queue of blocks needs. */
struct room {
    uint8_t bytes[UB_CONTROL_MAX];
    uint8_t answers[2][DFU_STATUS_BYTES];
};

static enum ub_code run(struct dfu_link *link, struct ub_transfer *queue, size_t count,
                        struct ub_error *err)
{
    link->transfers += count;
    link->state = DFU_STATE_UNKNOWN;
    return ub_control_queue(&link->port.transport, link->port.handle, queue, count, err);
}

static void fill_block(const struct dfu_link *link, struct ub_transfer *queue, struct room *room,
                       uint16_t block, uint16_t length, uint32_t limit_ms)
{
    const struct ub_setup ask = dfu_class_request(link, DFU_GETSTATUS, 0, DFU_STATUS_BYTES);
    queue[0] = (struct ub_transfer){.setup = dfu_class_request(link, DFU_DNLOAD, block, length),
                                    .data = room->bytes,
                                    .timeout_ms = limit_ms};
    for (size_t i = 0; i < 2; i++)
        queue[1 + i] = (struct ub_transfer){
            .setup = ask, .data = room->answers[i], .timeout_ms = limit_ms};
}

/** Reads the two answers to one block. */
static enum ub_code take_answers(struct dfu_link *link, const struct ub_transfer *queue,
                                 const struct room *room, struct dfu_asked *asked,
                                 struct ub_error *err)
{
    asked->taken = queue[0].code == UB_OK && queue[0].actual == queue[0].setup.wLength;
    if (queue[0].code || queue[1].code || queue[2].code)
        return queue[0].code ? queue[0].code : queue[1].code ? queue[1].code : queue[2].code;
    if (!asked->taken)
        return ub_fail(err, UB_USB_SHORT, "the device took %u of a block's %u bytes",
                       queue[0].actual, queue[0].setup.wLength);
    enum ub_code code = dfu_take_status(link, &queue[1].setup, room->answers[0], queue[1].actual,
                                        &asked->first, err);
    if (!code)
        code = dfu_take_status(link, &queue[2].setup, room->answers[1], queue[2].actual,
                               &asked->second, err);
    return code;
}

/** Fills the queue: a block, two questions, the next block. */
static void fill(const struct dfu_link *link, struct ub_transfer *queue, struct room *rooms,
                 const struct dfu_blocks *blocks, uint64_t timeout_ms)
{
    const uint32_t limit = timeout_ms > DFU_CONTROL_MS ? (uint32_t)timeout_ms : DFU_CONTROL_MS;
    for (size_t i = 0; i < blocks->count; i++) {
        memset(rooms[i].answers, 0, sizeof(rooms[i].answers));
        memcpy(rooms[i].bytes, blocks->data + i * blocks->length, blocks->length);
        fill_block(link, queue + i * PER_BLOCK, &rooms[i], (uint16_t)(blocks->first + i),
                   blocks->length, limit);
    }
}

enum ub_code dfu_dnload_queued(struct dfu_link *link, const struct dfu_blocks *blocks,
                               uint64_t timeout_ms, struct dfu_asked *asked, size_t *good,
                               struct ub_error *err)
{
    struct room rooms[DFU_QUEUE_DNLOADS];
    struct ub_transfer queue[UB_QUEUE_MAX];
    *good = 0;
    if (blocks->length > UB_CONTROL_MAX || blocks->count > DFU_QUEUE_DNLOADS)
        return ub_fail(err, UB_SYS_INTERNAL, "%zu blocks of %u bytes", blocks->count,
                       blocks->length);
    memset(asked, 0, blocks->count * sizeof(*asked));
    fill(link, queue, rooms, blocks, timeout_ms);
    /* the error is about the first failure, as is the first block that has one */
    enum ub_code code = run(link, queue, blocks->count * PER_BLOCK, err);
    enum ub_code first = UB_OK;
    while (*good < blocks->count && !first) {
        first = take_answers(link, queue + *good * PER_BLOCK, &rooms[*good], &asked[*good], err);
        *good += first == UB_OK;
    }
    code = code ? code : first;
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
