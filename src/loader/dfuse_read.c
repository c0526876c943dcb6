/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading the memory of a DfuSe device (AN3156 section 4.2). */
#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"
#include "loader/dfu_arrive.h"
#include "loader/dfu_link.h"
#include "loader/dfu_queue.h"
#include "loader/dfuse_room.h"
#include "loader/layout.h"
#include "loader/region.h"

#include <stdlib.h>

#define READ_RETRIES 2u
#define DOING_TEXT   64
#define LOOK_BYTES   ((size_t)32768)

/* Some ROMs reset state and pointer when an alternate setting is selected. */
enum ub_code dfuse_select(struct dfuse *dfuse, const struct ub_region *region, struct ub_error *err)
{
    bool changed;
    enum ub_code code = dfu_select_alt(&dfuse->link, region->alt, &changed, err);
    if (changed || code)
        dfuse->anchored = false;
    return code;
}

static enum ub_code read_block(struct dfuse *dfuse, const struct ub_region *region,
                               uint32_t address, uint8_t *data, uint16_t length,
                               struct ub_error *err)
{
    uint16_t block;
    uint16_t actual;
    char doing[DOING_TEXT];
    struct dfu_link *link = &dfuse->link;
    (void)ub_print(doing, sizeof(doing), "reading 0x%08x", address);
    enum ub_code code = dfuse_point(dfuse, region, address, length, &block, err);
    if (!code)
        code = dfu_to_upload(link, err);
    if (code)
        return ub_wrap(err, code, "before %s", doing);
    code = dfu_upload(link, block, data, length, &actual, err);
    if (code)
        return dfuse_failed(dfuse, dfu_explain(link, code, doing, err), err);
    if (actual == length)
        return UB_OK;
    (void)ub_fail(err, UB_USB_SHORT, "the device sent %u of %u bytes", actual, length);
    return dfuse_failed(dfuse, ub_wrap(err, UB_USB_SHORT, "while %s", doing), err);
}

/* Reading changes nothing, so a block lost on the wire or refused is asked for again; one that
 * never came only once more. */
static bool worth_reading_again(enum ub_code code, unsigned tries)
{
    if (code == UB_USB_TIMEOUT)
        return tries == 0;
    return tries < READ_RETRIES &&
           (code == UB_USB_IO || code == UB_USB_STALL || code == UB_DFU_ERR_STALLEDPKT);
}

static enum ub_code read_block_again(struct dfuse *dfuse, const struct ub_region *region,
                                     uint32_t address, uint8_t *data, uint16_t length,
                                     struct ub_error *err)
{
    enum ub_code code = read_block(dfuse, region, address, data, length, err);
    for (unsigned i = 0; worth_reading_again(code, i); i++) {
        dfuse->link.repeats++;
        code = read_block(dfuse, region, address, data, length, err);
    }
    return code;
}

/* Several UPLOAD at once need a transport that queues, and block numbers that count its blocks. */
static bool may_queue(const struct dfuse *dfuse)
{
    const struct dfu_link *link = &dfuse->link;
    return !link->uploads_one_by_one &&
           (dfu_transport_queues(link) || dfu_queues_while_busy(link)) &&
           link->transfer_size == link->functional.wTransferSize;
}

/*
 * Full blocks are asked for several at a time; on the wire that is a fast host. *done is how many
 * bytes came; if anything goes wrong it is 0, and the blocks are asked for one by one from there
 * on.
 */
static void read_queued(struct dfuse *dfuse, const struct ub_region *region, uint32_t address,
                        uint8_t *data, size_t length, size_t *done)
{
    struct dfu_link *link = &dfuse->link;
    const uint16_t size = link->transfer_size;
    size_t count = length / size < DFU_QUEUE_UPLOADS ? length / size : DFU_QUEUE_UPLOADS;
    uint16_t block;
    *done = 0;
    if (!may_queue(dfuse) || count < 2 ||
        dfuse_point(dfuse, region, address, size, &block, NULL) != UB_OK ||
        block > DFUSE_BLOCK_LAST - DFU_QUEUE_UPLOADS || dfu_to_upload(link, NULL) != UB_OK)
        return;
    if (dfu_upload_queued(link, block, data, size, count, NULL) == UB_OK) {
        *done = count * size;
        return;
    }
    link->repeats++;
    link->uploads_one_by_one = true;
    dfuse->anchored = false;
}

static enum ub_code read_some(struct dfuse *dfuse, const struct ub_region *region, uint32_t address,
                              uint8_t *data, size_t length, size_t *done, struct ub_error *err)
{
    const size_t size = dfuse->link.transfer_size;
    read_queued(dfuse, region, address, data, length, done);
    if (*done)
        return UB_OK;
    *done = length < size ? length : size;
    return read_block_again(dfuse, region, address, data, (uint16_t)*done, err);
}

enum ub_code dfuse_read(struct ub_loader *loader, const struct ub_region *region, uint64_t address,
                        uint8_t *data, size_t length, size_t *actual, struct ub_error *err)
{
    struct dfuse *dfuse = dfuse_of(loader);
    *actual = 0;
    if (!dfu_can_upload(&dfuse->link))
        return ub_fail(err, UB_DFU_NO_UPLOAD, "the device says that it cannot be read");
    enum ub_code code = ub_region_demand(region, address, length, UB_CAN_READ, err);
    if (!code)
        code = dfuse_select(dfuse, region, err);
    while (!code && *actual < length) {
        size_t n = 0;
        code = ub_env_check(dfuse->link.port.env, err);
        if (!code)
            code = read_some(dfuse, region, (uint32_t)(address + *actual), data + *actual,
                             length - *actual, &n, err);
        if (code)
            break;
        *actual += n;
        ub_env_progress(dfuse->link.port.env, n);
    }
    return code;
}

bool dfuse_readable(const struct dfuse *dfuse, const struct ub_region *region, uint64_t address,
                    uint64_t length)
{
    return dfu_can_upload(&dfuse->link) && ub_region_reach(region, address, UB_CAN_READ) >= length;
}

static enum ub_code look_once(struct dfuse *dfuse, const struct ub_region *region, uint32_t address,
                              uint8_t *data, size_t length, struct ub_error *err)
{
    enum ub_code code = dfuse_select(dfuse, region, err);
    for (size_t done = 0, n = 0; !code && done < length; done += n)
        code = read_some(dfuse, region, (uint32_t)(address + done), data + done, length - done, &n,
                         err);
    return code;
}

enum ub_code dfuse_look(struct dfuse *dfuse, const struct ub_region *region, uint32_t address,
                        uint8_t *data, size_t length, struct ub_error *err)
{
    enum ub_code code = look_once(dfuse, region, address, data, length, err);
    if (code == UB_USB_SHORT) /* one lost packet is not the end of the memory */
        code = look_once(dfuse, region, address, data, length, err);
    return code;
}

enum ub_code dfuse_look_blank(struct dfuse *dfuse, const struct ub_region *region, uint64_t address,
                              uint64_t length, bool *blank, struct ub_error *err)
{
    const uint8_t erased = dfuse->link.port.habits.erased_value;
    uint8_t *bytes = malloc(LOOK_BYTES);
    enum ub_code code = bytes ? UB_OK : ub_fail_memory(err);
    *blank = true;
    for (uint64_t done = 0; !code && *blank && done < length;) {
        size_t n = length - done < LOOK_BYTES ? (size_t)(length - done) : LOOK_BYTES;
        code = dfuse_look(dfuse, region, (uint32_t)(address + done), bytes, n, err);
        *blank = !code && ub_all_bytes(bytes, n, erased);
        done += n;
    }
    free(bytes);
    return code;
}
