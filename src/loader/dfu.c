/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plain DFU 1.0 and 1.1: one stream per alternate setting, written whole. */
#include "base/error.h"
#include "base/text.h"
#include "loader/dfu_arrive.h"
#include "loader/dfu_link.h"
#include "loader/dfu_manifest.h"
#include "loader/dfu_open.h"
#include "loader/dfu_operate.h"

#include <stdlib.h>
#include <string.h>

/* 64 MiB, more than any firmware, at the 40 KB/s of a slow full-speed device. */
#define US_PER_MINUTE  UINT64_C(60000000)
#define UPLOAD_MOST_US (30 * US_PER_MINUTE)
#define BCD_DFU_11     0x0110u
#define NO_OFFSET      UINT64_MAX
#define KIB            1024u
#define RETRIES_EACH   3u  /* of one refused block */
#define RETRIES_MOST   16u /* in one run */

struct dfu_plain {
    struct ub_loader base;
    struct dfu_link link;
    struct ub_region regions[UB_DFU_ALTS_MAX];
    size_t region_count;
    uint64_t written;  /* bytes of the running download, or NO_OFFSET */
    uint64_t uploaded; /* bytes of the running upload, or NO_OFFSET */
    /* Number of the next block. It is 16 bits wide and wraps to 0 behind 65535 (DFU 1.1
     * section 6.1.1 leaves this open; dfu-util and U-Boot do it so). */
    uint16_t block;
    unsigned retries; /* blocks sent again */
    bool gone;        /* committed and left the bus by itself */
};

static struct dfu_plain *plain_of(struct ub_loader *loader)
{
    return (struct dfu_plain *)(void *)loader;
}

static const struct dfu_plain *plain_of_const(const struct ub_loader *loader)
{
    return (const struct dfu_plain *)(const void *)loader;
}

static bool can(const struct dfu_plain *plain, unsigned attribute)
{
    return (plain->link.functional.bmAttributes & attribute) != 0;
}

static bool speaks_11(const struct ub_dfu_interface *interface)
{
    return interface->functional.bcdDFUVersion != DFU_BCD_DFUSE;
}

static bool speaks_10(const struct ub_dfu_interface *interface)
{
    return interface->functional.bcdDFUVersion < BCD_DFU_11;
}

static void plain_adopt(struct ub_loader *loader, const struct ub_loader_habits *habits)
{
    dfu_take_habits(&plain_of(loader)->link, habits);
}

static void plain_caps(const struct ub_loader *loader, struct ub_loader_caps *out)
{
    const struct dfu_plain *plain = plain_of_const(loader);
    *out = (struct ub_loader_caps){
        .can_read = dfu_can_upload(&plain->link),
        .can_write = can(plain, UB_DFU_CAN_DNLOAD),
        .addressed = false,
        .will_detach = can(plain, UB_DFU_WILL_DETACH),
        .tolerant = can(plain, UB_DFU_MANIFEST_TOL) && !plain->gone,
        .mute = plain->link.mute,
        .transfer_size = plain->link.transfer_size,
        .functional = plain->link.functional,
        .arrived_bState = plain->link.arrived_bState,
        .arrived_bStatus = plain->link.arrived_bStatus,
    };
}

static const struct ub_region *plain_regions(const struct ub_loader *loader, size_t *count)
{
    *count = plain_of_const(loader)->region_count;
    return plain_of_const(loader)->regions;
}

static void forget_streams(struct dfu_plain *plain)
{
    plain->written = NO_OFFSET;
    plain->uploaded = NO_OFFSET;
}

/* Selects the region and begins a stream in dfuIDLE, unless one is to be continued at `offset`. */
static enum ub_code begin(struct dfu_plain *plain, const struct ub_region *region, uint64_t offset,
                          uint64_t *running, struct ub_error *err)
{
    bool changed;
    enum ub_code code = dfu_select_alt(&plain->link, region->alt, &changed, err);
    if (code)
        return code;
    if (changed)
        forget_streams(plain);
    if (offset != 0 && offset == *running)
        return UB_OK;
    if (offset != 0)
        return ub_fail(err, UB_MEM_RANGE, "a stream has no address 0x%llx: it goes on from 0x%llx",
                       (unsigned long long)offset,
                       *running == NO_OFFSET ? 0ULL : (unsigned long long)*running);
    forget_streams(plain);
    code = dfu_to_idle(&plain->link, err);
    if (code)
        return code;
    *running = 0;
    plain->block = plain->link.port.habits.first_block;
    return UB_OK;
}

/* Where reading ends with a refusal: the block behind the last. One that was refused by chance is
 * not the end, so it is asked for twice; that it can be is known where its number is its place. */
static enum ub_code read_last(struct dfu_plain *plain, uint8_t *block, uint16_t *actual,
                              bool *ended, struct ub_error *err)
{
    struct dfu_link *link = &plain->link;
    enum ub_code code = dfu_to_idle(link, err);
    if (!code && link->port.habits.first_block) {
        code = dfu_upload(link, plain->block, block, link->transfer_size, actual, err);
        if (code != UB_USB_STALL)
            return code;
        code = dfu_to_idle(link, err);
    }
    *ended = true;
    *actual = 0;
    plain->uploaded = NO_OFFSET;
    if (!code)
        ub_error_clear(err);
    return code;
}

/* One block of an upload, always asked for in full: *got bytes of it are new. */
static enum ub_code read_block(struct dfu_plain *plain, uint8_t *data, size_t room, size_t *got,
                               bool *ended, struct ub_error *err)
{
    uint8_t block[UB_CONTROL_MAX];
    uint16_t actual;
    struct dfu_link *link = &plain->link;
    enum ub_code code = dfu_upload(link, plain->block, block, link->transfer_size, &actual, err);
    if (code == UB_USB_STALL && link->port.habits.whole_blocks && plain->uploaded)
        code = read_last(plain, block, &actual, ended, err);
    if (code)
        return dfu_explain(link, code, "reading the device's firmware", err);
    if (*ended)
        return UB_OK;
    plain->block++;
    *ended = actual < link->transfer_size;
    *got = actual < room ? actual : room;
    memcpy(data, block, *got);
    if (actual > room || *ended)
        plain->uploaded = NO_OFFSET; /* what did not fit cannot be asked for again */
    else
        plain->uploaded += actual;
    return UB_OK;
}

static enum ub_code plain_read(struct ub_loader *loader, const struct ub_region *region,
                               uint64_t address, uint8_t *data, size_t length, size_t *actual,
                               struct ub_error *err)
{
    struct dfu_plain *plain = plain_of(loader);
    bool ended = false;
    *actual = 0;
    if (!dfu_can_upload(&plain->link))
        return ub_fail(err, UB_DFU_NO_UPLOAD, "the device says that it cannot be read");
    struct ub_env *env = plain->link.port.env;
    const uint64_t until = ub_now(&env->clock) + UPLOAD_MOST_US;
    enum ub_code code = begin(plain, region, address, &plain->uploaded, err);
    while (!code && !ended && *actual < length) {
        size_t got = 0;
        code = ub_env_check(env, err);
        if (!code && ub_now(&env->clock) > until)
            code = ub_fail(err, UB_USB_TIMEOUT,
                           "the device's upload has not ended after %u minutes and %zu bytes",
                           (unsigned)(UPLOAD_MOST_US / US_PER_MINUTE), *actual);
        if (!code)
            code = read_block(plain, data + *actual, length - *actual, &got, &ended, err);
        *actual += got;
        if (!code)
            ub_env_progress(env, got);
    }
    if (code)
        plain->uploaded = NO_OFFSET;
    return code;
}

/* A refused block was never taken; where the device is still where it was, as if nothing had
 * happened, it can be sent again. After anything else a stream is broken. */
static bool may_send_again(struct dfu_plain *plain, enum dfu_taken taken, unsigned tries)
{
    const uint8_t state = plain->link.state;
    const bool unmoved = state == DFU_DNLOAD_IDLE || (state == DFU_IDLE && plain->written == 0);
    if (taken != DFU_REFUSED || !unmoved || tries >= RETRIES_EACH || plain->retries >= RETRIES_MOST)
        return false;
    plain->link.repeats++;
    if (plain->retries++ == 0)
        ub_env_warn(plain->link.port.env,
                    "the device refused block %u, which is sent again. More of these are counted, "
                    "not shown",
                    plain->block);
    return true;
}

/* Sends a block, and once more what was refused. */
static enum ub_code send_block(struct dfu_plain *plain, const uint8_t *data, uint16_t length,
                               struct ub_error *err)
{
    char doing[80];
    struct dfu_link *link = &plain->link;
    const struct ub_loader_habits *habits = &link->port.habits;
    enum dfu_taken taken;
    (void)ub_print(doing, sizeof(doing), "writing block %u, at byte %llu", plain->block,
                   (unsigned long long)plain->written);
    const struct dfu_patience patience = {
        .doing = doing,
        .deadline_ms = habits->write_deadline_ms,
        .pace = dfu_pace_of(&link->paces, DFU_PACE_WRITE, length),
        .typical_us = (uint64_t)habits->write_typical_us * length / KIB,
    };
    enum ub_code code = dfu_operate(link, plain->block, data, length, &patience, &taken, err);
    for (unsigned i = 0; code && may_send_again(plain, taken, i); i++)
        code = dfu_operate(link, plain->block, data, length, &patience, &taken, err);
    if (!code)
        ub_error_clear(err);
    return code;
}

static enum ub_code write_block(struct dfu_plain *plain, const uint8_t *data, uint16_t length,
                                struct ub_error *err)
{
    uint8_t whole[UB_CONTROL_MAX];
    const struct ub_loader_habits *habits = &plain->link.port.habits;
    const uint16_t size = plain->link.transfer_size;
    enum ub_code code;
    if (habits->whole_blocks && length < size) {
        memcpy(whole, data, length);
        memset(whole + length, habits->erased_value, (size_t)size - length);
        code = send_block(plain, whole, size, err);
    } else {
        code = send_block(plain, data, length, err);
    }
    if (code)
        return code;
    plain->block++;
    plain->written += length;
    return UB_OK;
}

static enum ub_code plain_write(struct ub_loader *loader, const struct ub_region *region,
                                uint64_t address, const uint8_t *data, size_t length,
                                struct ub_error *err)
{
    struct dfu_plain *plain = plain_of(loader);
    const size_t size = plain->link.transfer_size;
    if (!can(plain, UB_DFU_CAN_DNLOAD))
        return ub_fail(err, UB_DFU_NO_DOWNLOAD, "the device says that it cannot be written");
    enum ub_code code = begin(plain, region, address, &plain->written, err);
    if (!code && plain->written % size != 0)
        code = ub_fail(err, UB_MEM_RANGE, "only the last block of a stream may be short");
    size_t done = 0;
    while (!code && done < length) {
        size_t n = length - done < size ? length - done : size;
        code = ub_env_check(plain->link.port.env, err);
        if (!code)
            code = write_block(plain, data + done, (uint16_t)n, err);
        if (!code)
            ub_env_progress(plain->link.port.env, n);
        done += n;
    }
    if (code)
        plain->written = NO_OFFSET;
    return code;
}

static enum ub_code plain_commit(struct ub_loader *loader, struct ub_error *err)
{
    struct dfu_plain *plain = plain_of(loader);
    if (plain->written == NO_OFFSET || plain->written == 0)
        return ub_fail(err, UB_DFU_STATE, "there is no download to complete");
    enum ub_code code = dfu_manifest(&plain->link, plain->block, &plain->gone, err);
    forget_streams(plain);
    return code;
}

/* A bus reset sends a device from DFU mode to its firmware (DFU 1.1 annex A.2.3); one that detaches
 * itself is told to (as U-Boot, dapboot and dfu-util -R have it), and gone already if it was
 * written. One that answers nothing is not talked to: only the reset is left.
 */
static enum ub_code plain_leave(struct ub_loader *loader, uint64_t address, struct ub_error *err)
{
    struct dfu_plain *plain = plain_of(loader);
    struct dfu_link *link = &plain->link;
    const struct ub_transport *transport = &link->port.transport;
    struct ub_error ignored;
    (void)address;
    forget_streams(plain);
    if (plain->gone)
        return UB_OK;
    if (!link->mute && link->port.habits.upload_to_run &&
        dfu_upload_to_run(link, 0, &ignored) == UB_USB_GONE)
        return UB_OK;
    if (!link->mute && can(plain, UB_DFU_WILL_DETACH)) {
        if (link->state == DFU_MANIFEST_WAIT_RESET || link->state == DFU_MANIFEST)
            return UB_OK; /* it is about to */
        uint16_t timeout = link->functional.wDetachTimeOut;
        enum ub_code code = dfu_detach(link, timeout, &ignored);
        if (code != UB_USB_STALL)
            return UB_OK;
    }
    if (link->port.habits.no_leave_reset)
        return UB_OK;
    enum ub_code code = transport->ops->reset(transport->self, link->port.handle, err);
    link->state = DFU_STATE_UNKNOWN;
    link->alt_known = false;
    if (code == UB_OK || code == UB_USB_GONE || code == UB_USB_STALL || code == UB_USB_TIMEOUT)
        return UB_OK;
    return ub_wrap(err, code, "while resetting the bus so that the firmware starts");
}

static enum ub_code plain_abort(struct ub_loader *loader, struct ub_error *err)
{
    forget_streams(plain_of(loader));
    return dfu_arrive(&plain_of(loader)->link, true, err);
}

static void plain_last_status(const struct ub_loader *loader, uint8_t *bState, uint8_t *bStatus,
                              uint64_t *transfers)
{
    const struct dfu_plain *plain = plain_of_const(loader);
    *bState = plain->link.bState;
    *bStatus = plain->link.bStatus;
    *transfers = plain->link.transfers;
}

static uint64_t plain_repeats(const struct ub_loader *loader)
{
    return plain_of_const(loader)->link.repeats;
}

static const char *plain_warning(const struct ub_loader *loader, size_t index)
{
    const struct dfu_plain *plain = plain_of_const(loader);
    return index < plain->link.warning_count ? plain->link.warnings[index] : NULL;
}

static void plain_close(struct ub_loader *loader)
{
    free(loader);
}

#define PLAIN_OPS(title, test)                                                                     \
    {                                                                                              \
        .name = (title), .speaks = (test), .open = dfu_open, .adopt = plain_adopt,                 \
        .caps = plain_caps, .regions = plain_regions, .read = plain_read, .write = plain_write,    \
        .commit = plain_commit, .leave = plain_leave, .abort = plain_abort,                        \
        .last_status = plain_last_status, .repeats = plain_repeats, .warning = plain_warning,      \
        .close = plain_close,                                                                      \
    }

const struct ub_loader_ops dfu_plain_ops = PLAIN_OPS("DFU 1.1", speaks_11);
const struct ub_loader_ops dfu_10_ops = PLAIN_OPS("DFU 1.0", speaks_10);

enum ub_code dfu_plain_make(const struct dfu_link *link, const struct dfu_names *names,
                            struct ub_loader **out, struct ub_error *err)
{
    const struct ub_dfu_interface *interface = link->port.interface;
    struct dfu_plain *plain = calloc(1, sizeof(*plain));
    if (!plain)
        return ub_fail_memory(err);
    plain->link = *link;
    plain->base.ops = link->functional.bcdDFUVersion < BCD_DFU_11 ? &dfu_10_ops : &dfu_plain_ops;
    forget_streams(plain);
    for (size_t i = 0; i < interface->alt_count; i++) {
        struct ub_region *region = &plain->regions[plain->region_count++];
        region->alt = interface->alts[i].alt;
        region->kind = UB_REGION_STREAM;
        region->rights = (dfu_can_upload(link) ? UB_CAN_READ : 0u) |
                         (can(plain, UB_DFU_CAN_DNLOAD) ? UB_CAN_WRITE : 0u);
        if (names->text[i][0])
            (void)ub_print(region->name, sizeof(region->name), "%s", names->text[i]);
        else
            (void)ub_print(region->name, sizeof(region->name), "firmware %u", region->alt);
    }
    *out = &plain->base;
    return UB_OK;
}
