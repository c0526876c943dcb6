/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writing the memory of a DfuSe device (AN3156 section 4.3), with retries that resume at the block
 * that failed.
 *
 * What a block that failed has become is not guessed: it is read. If it holds its data, it was
 * taken; if it is blank, it is sent again; anything else can be mended by sending it again only
 * where programming is a matter of bits that go one way. Memory with ECC (habits.write_once) bears
 * one programming of a unit between erases: a second one, even of the same data, can make it
 * unreadable for ever.
 */
#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"
#include "loader/dfu_arrive.h"
#include "loader/dfu_queue.h"
#include "loader/dfuse_room.h"
#include "loader/layout.h"
#include "loader/region.h"

#include <string.h>

#define DOING_TEXT     64
#define RETRIES        3u /* of one block */
#define QUEUE_FAILURES 3u /* of a run in a row, after which blocks go one by one */
#define KIB            1024u

/** A piece of what is to be written. */
struct piece {
    const struct ub_region *region;
    uint32_t address;
    const uint8_t *data;
    uint16_t length;
};

/** What memory holds that a block was meant for. */
enum held {
    HELD_DATA,  /**< the block */
    HELD_BLANK, /**< nothing */
    HELD_PART,  /**< something that becomes the block when it is programmed with it */
    HELD_OTHER, /**< something that the block cannot be programmed onto */
};

static enum ub_code send(struct dfuse *dfuse, const struct piece *piece, enum dfu_taken *taken,
                         struct ub_error *err)
{
    uint16_t block;
    char doing[DOING_TEXT];
    struct dfu_link *link = &dfuse->link;
    const struct ub_loader_habits *habits = &link->port.habits;
    (void)ub_print(doing, sizeof(doing), "writing 0x%08x", piece->address);
    const struct dfu_patience patience = {
        .doing = doing,
        .deadline_ms = habits->write_deadline_ms,
        .pace = dfu_pace_of(&link->paces, DFU_PACE_WRITE, piece->length),
        .typical_us = (uint64_t)habits->write_typical_us * piece->length / KIB,
    };
    *taken = DFU_REFUSED;
    enum ub_code code = dfuse_select(dfuse, piece->region, err);
    if (!code)
        code = dfuse_point(dfuse, piece->region, piece->address, piece->length, &block, err);
    if (!code)
        code = dfu_to_download(link, err);
    if (code)
        return ub_wrap(err, code, "before %s", doing);
    code = dfu_operate(link, block, piece->data, piece->length, &patience, taken, err);
    return code ? dfuse_failed(dfuse, code, err) : UB_OK;
}

/* Can programming `data` onto `held` still come out right? Bits only leave the erased value. */
static bool leads_to(const uint8_t *held, const uint8_t *data, size_t length, uint8_t erased)
{
    for (size_t i = 0; i < length; i++)
        if ((held[i] ^ erased) & ~(data[i] ^ erased))
            return false;
    return true;
}

static enum ub_code look(struct dfuse *dfuse, const struct piece *piece, enum held *held,
                         struct ub_error *err)
{
    uint8_t bytes[UB_CONTROL_MAX];
    const uint8_t erased = dfuse->link.port.habits.erased_value;
    if (piece->length > sizeof(bytes))
        return ub_fail(err, UB_SYS_INTERNAL, "a block of %u bytes", piece->length);
    enum ub_code code = dfuse_look(dfuse, piece->region, piece->address, bytes, piece->length, err);
    if (code)
        return code;
    if (memcmp(bytes, piece->data, piece->length) == 0)
        *held = HELD_DATA;
    else if (ub_all_bytes(bytes, piece->length, erased))
        *held = HELD_BLANK;
    else if (leads_to(bytes, piece->data, piece->length, erased))
        *held = HELD_PART;
    else
        *held = HELD_OTHER;
    return UB_OK;
}

/*
 * Reads what a block that was sent before has become. *done: it is there. UB_OK and not done: it
 * may be sent again. Otherwise *err, which tells of the failure, is added to.
 */
static enum ub_code settle(struct dfuse *dfuse, const struct piece *piece, bool *done,
                           enum ub_code failure, struct ub_error *err)
{
    enum held held = HELD_OTHER;
    struct ub_error other = {0};
    const bool once = dfuse->link.port.habits.write_once;
    *done = false;
    if (look(dfuse, piece, &held, &other))
        return ub_wrap(err, failure, "what 0x%08x holds now cannot be read (%s)", piece->address,
                       other.message);
    *done = held == HELD_DATA;
    if (*done || held == HELD_BLANK || (held == HELD_PART && !once))
        return UB_OK;
    return ub_wrap(err, failure,
                   "0x%08x holds part of it now: its sector must be erased before it can be "
                   "written again",
                   piece->address);
}

/*
 * After a failure that *err tells of. *done: the block is there all the same; UB_OK and not done:
 * it may be sent again.
 */
static enum ub_code resume(struct dfuse *dfuse, const struct piece *piece, enum dfu_taken taken,
                           bool *done, enum ub_code failure, struct ub_error *err)
{
    *done = false;
    /* option bytes and OTP are not written twice whatever happened: reading them tells too little
     */
    if (piece->region->kind != UB_REGION_FLASH || !dfuse_may_retry(dfuse, failure, err))
        return failure;
    enum ub_code code = dfuse_recover(dfuse, failure, err);
    if (code)
        return code;
    if (dfuse_readable(dfuse, piece->region, piece->address, piece->length))
        return settle(dfuse, piece, done, failure, err);
    if (taken == DFU_REFUSED)
        return UB_OK;
    return ub_wrap(err, failure, "whether 0x%08x was written cannot be known: it cannot be read",
                   piece->address);
}

static bool is_suspect(const struct dfuse *dfuse, const struct piece *piece)
{
    return dfuse->suspect_region == piece->region && piece->address < dfuse->suspect_end &&
           (uint64_t)piece->address + piece->length > dfuse->suspect_begin;
}

/* One block that was part of a failed queue: nobody knows what became of it. */
static enum ub_code settle_suspect(struct dfuse *dfuse, const struct piece *piece, bool *done,
                                   struct ub_error *err)
{
    *err = dfuse->suspect_error;
    enum ub_code failure = err->code;
    if (!dfuse_readable(dfuse, piece->region, piece->address, piece->length))
        return ub_wrap(err, failure,
                       "whether 0x%08x was written cannot be known: it cannot be read",
                       piece->address);
    enum ub_code code = settle(dfuse, piece, done, failure, err);
    if (!code)
        ub_error_clear(err);
    return code;
}

static enum ub_code write_block(struct dfuse *dfuse, const struct piece *piece,
                                struct ub_error *err)
{
    bool done = false;
    enum ub_code code = UB_OK;
    if (is_suspect(dfuse, piece))
        code = settle_suspect(dfuse, piece, &done, err);
    for (unsigned i = 0; !code && !done; i++) {
        enum dfu_taken taken;
        code = send(dfuse, piece, &taken, err);
        done = code == UB_OK;
        if (code && i < RETRIES)
            code = resume(dfuse, piece, taken, &done, code, err);
    }
    if (code)
        return code;
    if (is_suspect(dfuse, piece))
        dfuse->suspect_begin = (uint64_t)piece->address + piece->length;
    dfuse->operations++;
    ub_error_clear(err);
    return UB_OK;
}

/* Bytes of a full block: whole program units where units may be programmed once. */
static uint16_t block_size(const struct dfuse *dfuse)
{
    const struct ub_loader_habits *habits = &dfuse->link.port.habits;
    const uint16_t size = dfuse->link.transfer_size;
    if (!habits->write_once || habits->program_unit == 0 || habits->program_unit > size)
        return size;
    return (uint16_t)(size - size % habits->program_unit);
}

/* Blocks from the first on that ended as they must: idle, no error. */
static size_t ended_well(const struct dfu_asked *asked, size_t good)
{
    size_t count = 0;
    while (count < good && !dfu_status_is_error(&asked[count].status[1]) &&
           asked[count].status[1].bState == DFU_DNLOAD_IDLE)
        count++;
    return count;
}

/* Why block `index` of `good` that were answered for did not end well. */
static enum ub_code name_failure(struct dfuse *dfuse, const struct dfu_asked *asked, size_t index,
                                 size_t good, enum ub_code code, const char *doing,
                                 struct ub_error *err)
{
    struct dfu_link *link = &dfuse->link;
    const struct dfu_asked *block = &asked[index];
    const struct dfu_status *last = block->answers ? &block->status[block->answers - 1] : NULL;
    const struct dfu_patience patience = {.doing = doing};
    if (index == good)
        return dfu_explain_by(link, code, last, doing, err);
    return dfu_judge(link, &patience, last, DFU_DNLOAD_IDLE, err);
}

/*
 * A queue failed from block `rest` on. That one is looked at and done again by itself, and so is
 * every other of the queue. A device that is still busy when it is asked the second time, or
 * refuses that question, is not one that keeps silent while it is busy: it gets its blocks one by
 * one from here on.
 */
static enum ub_code give_up_queue(struct dfuse *dfuse, const struct piece *rest, uint64_t end,
                                  const struct dfu_asked *asked, enum ub_code code,
                                  struct ub_error *err)
{
    struct dfu_link *link = &dfuse->link;
    const bool still_busy = asked->answers == 2 && asked->status[1].bState == DFU_DNBUSY;
    const bool question_refused = asked->taken && asked->code == UB_USB_STALL;
    if (still_busy || question_refused || ++dfuse->queue_failures > QUEUE_FAILURES)
        link->answers_busy = true;
    dfuse->suspect_region = rest->region;
    dfuse->suspect_begin = rest->address;
    dfuse->suspect_end = end;
    dfuse->suspect_error = *err;
    dfuse->anchored = false;
    const bool harmless = still_busy || question_refused; /* it only has other habits */
    return harmless || dfuse_may_retry(dfuse, code, err) ? dfuse_recover(dfuse, code, err) : code;
}

/* Blocks may go several at a time to a device whose habits allow it, and only where what became of
 * them can be read afterwards. */
static size_t blocks_to_queue(const struct dfuse *dfuse, const struct piece *first, size_t length)
{
    const size_t count = length / first->length;
    if (!dfu_queues_while_busy(&dfuse->link) || first->region->kind != UB_REGION_FLASH ||
        first->length != dfuse->link.functional.wTransferSize || is_suspect(dfuse, first) ||
        !dfuse_readable(dfuse, first->region, first->address, length))
        return 0;
    return count < DFU_QUEUE_DNLOADS ? count : DFU_QUEUE_DNLOADS;
}

/* What came of a queue: *done is how many bytes the device took. */
static enum ub_code judge_queue(struct dfuse *dfuse, const struct piece *first, size_t count,
                                const struct dfu_asked *asked, size_t good, enum ub_code code,
                                size_t *done, struct ub_error *err)
{
    char doing[DOING_TEXT];
    const size_t ended = ended_well(asked, good);
    *done = ended * first->length;
    dfuse->operations += ended;
    if (ended == count) {
        dfuse->queue_failures -= dfuse->queue_failures > 0;
        return UB_OK;
    }
    const struct piece rest = {first->region, first->address + (uint32_t)*done, first->data + *done,
                               first->length};
    (void)ub_print(doing, sizeof(doing), "writing 0x%08x", rest.address);
    code = name_failure(dfuse, asked, ended, good, code, doing, err);
    code = give_up_queue(dfuse, &rest, (uint64_t)first->address + count * first->length,
                         &asked[ended], code, err);
    return code ? dfuse_failed(dfuse, code, err) : UB_OK;
}

/* Writes several blocks at once if it can; *done 0 means that the next block is to be written
 * alone. */
static enum ub_code write_queued(struct dfuse *dfuse, const struct piece *first, size_t length,
                                 size_t *done, struct ub_error *err)
{
    struct dfu_link *link = &dfuse->link;
    struct dfu_asked asked[DFU_QUEUE_DNLOADS];
    const size_t count = blocks_to_queue(dfuse, first, length);
    uint16_t block;
    size_t good = 0;
    *done = 0;
    if (count < 2)
        return UB_OK;
    enum ub_code code = dfuse_select(dfuse, first->region, err);
    if (!code)
        code = dfuse_point(dfuse, first->region, first->address, first->length, &block, err);
    if (!code && block > DFUSE_BLOCK_LAST - DFU_QUEUE_DNLOADS)
        return UB_OK;
    if (!code)
        code = dfu_to_download(link, err);
    if (code)
        return ub_wrap(err, code, "before writing 0x%08x", first->address);
    const struct dfu_blocks blocks = {block, first->length, count, 2, first->data};
    code = dfu_dnload_queued(link, &blocks, link->port.habits.write_deadline_ms, asked, &good, err);
    return judge_queue(dfuse, first, count, asked, good, code, done, err);
}

/* Demands that what lies between the end of the data and the end of its program unit is blank. */
static enum ub_code demand_blank_tail(struct dfuse *dfuse, const struct ub_region *region,
                                      uint64_t address, size_t length, struct ub_error *err)
{
    bool blank = false;
    enum ub_code code = UB_OK;
    if (ub_region_reach(region, address, UB_CAN_WRITE) >= length &&
        dfuse_readable(dfuse, region, address, length))
        code = dfuse_look_blank(dfuse, region, address, length, &blank, err);
    if (!code && !blank)
        code = ub_fail(err, UB_MEM_RANGE,
                       "what is written ends at 0x%08llx, inside a unit of %u bytes that can be "
                       "programmed only once, and the rest of it is not known to be blank",
                       (unsigned long long)address, dfuse->link.port.habits.program_unit);
    return code;
}

/* The last block, filled up to a whole program unit. */
static enum ub_code write_filled(struct dfuse *dfuse, const struct piece *piece, uint16_t fill,
                                 struct ub_error *err)
{
    uint8_t bytes[UB_CONTROL_MAX];
    struct piece filled = *piece;
    if ((size_t)piece->length + fill > sizeof(bytes))
        return ub_fail(err, UB_SYS_INTERNAL, "a block of %u and %u bytes", piece->length, fill);
    enum ub_code code = demand_blank_tail(dfuse, piece->region,
                                          (uint64_t)piece->address + piece->length, fill, err);
    if (code)
        return code;
    memcpy(bytes, piece->data, piece->length);
    memset(bytes + piece->length, dfuse->link.port.habits.erased_value, fill);
    filled.data = bytes;
    filled.length = (uint16_t)(piece->length + fill);
    return write_block(dfuse, &filled, err);
}

/* Bytes from `length` on to the end of a program unit; 0 where that does not matter. */
static uint16_t missing(const struct dfuse *dfuse, size_t length)
{
    const struct ub_loader_habits *habits = &dfuse->link.port.habits;
    const uint16_t unit = habits->program_unit;
    if (!habits->write_once || unit == 0 || length % unit == 0)
        return 0;
    return (uint16_t)(unit - length % unit);
}

static enum ub_code write_some(struct dfuse *dfuse, const struct ub_region *region,
                               uint32_t address, const uint8_t *data, size_t length, size_t *done,
                               struct ub_error *err)
{
    const uint16_t size = block_size(dfuse);
    struct piece piece = {region, address, data, size};
    enum ub_code code = write_queued(dfuse, &piece, length, done, err);
    if (code || *done)
        return code;
    if (length < size)
        piece.length = (uint16_t)length;
    *done = piece.length;
    const bool flash = region->kind == UB_REGION_FLASH;
    const uint16_t fill = flash ? missing(dfuse, piece.length) : 0;
    return fill ? write_filled(dfuse, &piece, fill, err) : write_block(dfuse, &piece, err);
}

/* Writing begins at a whole unit. What is missing at its end is filled up in flash memory, and not
 * in memory that nothing erases. */
static enum ub_code demand_units(const struct dfuse *dfuse, const struct ub_region *region,
                                 uint64_t address, size_t length, struct ub_error *err)
{
    const struct ub_loader_habits *habits = &dfuse->link.port.habits;
    const uint16_t unit = habits->program_unit;
    const bool otp = region->kind == UB_REGION_OTP;
    if (!habits->write_once || unit == 0 || (!otp && region->kind != UB_REGION_FLASH))
        return UB_OK;
    if (unit > dfuse->link.transfer_size)
        return ub_fail(err, UB_DFU_TRANSFER_SIZE,
                       "blocks of %u bytes are smaller than a program unit of %u",
                       dfuse->link.transfer_size, unit);
    if (address % unit || (otp && length % unit))
        return ub_fail(err, UB_MEM_RANGE,
                       "0x%08llx lies inside a unit of %u bytes that can be programmed only once",
                       (unsigned long long)(address % unit ? address : address + length), unit);
    return UB_OK;
}

enum ub_code dfuse_write(struct ub_loader *loader, const struct ub_region *region, uint64_t address,
                         const uint8_t *data, size_t length, struct ub_error *err)
{
    struct ub_error own;
    struct ub_error *told = err ? err : &own;
    struct dfuse *dfuse = dfuse_of(loader);
    if (!(dfuse->link.functional.bmAttributes & UB_DFU_CAN_DNLOAD))
        return ub_fail(err, UB_DFU_NO_DOWNLOAD, "the device says that it cannot be written");
    enum ub_code code = ub_region_demand(region, address, length, UB_CAN_WRITE, told);
    if (!code)
        code = demand_units(dfuse, region, address, length, told);
    if (!code)
        code = dfuse_select(dfuse, region, told);
    for (size_t done = 0; !code && done < length;) {
        size_t n = 0;
        code = ub_env_check(dfuse->link.port.env, told);
        if (!code)
            code = write_some(dfuse, region, (uint32_t)(address + done), data + done, length - done,
                              &n, told);
        if (code)
            break;
        done += n;
        ub_env_progress(dfuse->link.port.env, n);
    }
    return code;
}
