/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "flash/access.h"

#include "base/error.h"

#define CHUNK ((size_t)32 * 1024)
/* Among so many full blocks a short one at the end does not count. */
#define BLOCKS_MANY 16u
/** An operation under way. */
struct stopwatch {
    uint64_t us;
    uint64_t transfers;
};

static uint64_t transfers_sent(const struct ub_target *target)
{
    uint8_t bState;
    uint8_t bStatus;
    uint64_t transfers = 0;
    if (target->loader->ops->last_status)
        target->loader->ops->last_status(target->loader, &bState, &bStatus, &transfers);
    return transfers;
}

static struct stopwatch start(const struct ub_target *target)
{
    return (struct stopwatch){ub_now(&target->env->clock), transfers_sent(target)};
}

/** Adds what the operation took to one line of the ledger. */
static void note(const struct ub_target *target, const struct stopwatch *watch,
                 struct ub_measure *line, uint64_t bytes, uint64_t commands)
{
    const uint16_t block = target->caps.transfer_size;
    line->us += ub_now(&target->env->clock) - watch->us;
    line->count++;
    line->transfers += transfers_sent(target) - watch->transfers;
    line->commands += commands;
    line->bytes += bytes;
    line->blocks += block ? (bytes + block - 1) / block : 0;
}

size_t ub_access_chunk(const struct ub_target *target)
{
    const size_t block = target->caps.transfer_size;
    return block ? (CHUNK > block ? CHUNK / block * block : block) : CHUNK;
}

enum ub_code ub_access_read(const struct ub_target *target, const struct ub_region *region,
                            uint64_t address, uint8_t *data, size_t length, size_t *actual,
                            struct ub_error *err)
{
    const struct stopwatch watch = start(target);
    *actual = 0;
    enum ub_code code = target->loader->ops->read(target->loader, region, address, data, length,
                                                  actual, err);
    struct ub_ledger *ledger = target->ledger;
    uint64_t transfers = transfers_sent(target) - watch.transfers;
    bool brief = transfers && *actual / transfers <= target->caps.transfer_size / 2u;
    if (!code && ledger && transfers)
        note(target, &watch, brief ? &ledger->brief : &ledger->steady, *actual, 0);
    return code;
}

enum ub_code ub_access_read_all(const struct ub_target *target, const struct ub_region *region,
                                uint64_t address, uint8_t *data, size_t length,
                                struct ub_error *err)
{
    size_t actual = 0;
    enum ub_code code = ub_access_read(target, region, address, data, length, &actual, err);
    if (!code && actual != length)
        code = ub_fail(err, UB_USB_SHORT, "the device sent %zu of %zu bytes", actual, length);
    return code;
}

bool ub_access_refused(enum ub_code code)
{
    return code == UB_USB_STALL || (code >= UB_DFU_ERR_TARGET && code <= UB_DFU_ERR_STALLEDPKT);
}

enum ub_code ub_access_recover(const struct ub_target *target, struct ub_error *err)
{
    return target->loader->ops->abort(target->loader, err);
}

enum ub_code ub_access_erase(const struct ub_target *target, const struct ub_region *region,
                             uint64_t address, uint32_t size, struct ub_error *err)
{
    const struct stopwatch watch = start(target);
    enum ub_code code = target->loader->ops->erase(target->loader, region, address, err);
    if (!code && target->ledger && size)
        note(target, &watch, &target->ledger->erase[ub_size_class(size)], 0, 0);
    return code;
}

enum ub_code ub_access_erase_all(const struct ub_target *target, struct ub_error *err)
{
    const struct stopwatch watch = start(target);
    enum ub_code code = target->loader->ops->erase_all(target->loader, err);
    if (!code && target->ledger)
        note(target, &watch, &target->ledger->erase_all, 0, 0);
    return code;
}

enum ub_code ub_access_write(const struct ub_target *target, const struct ub_region *region,
                             uint64_t address, const uint8_t *data, size_t length,
                             uint64_t commands, struct ub_error *err)
{
    const struct stopwatch watch = start(target);
    enum ub_code code = target->loader->ops->write(target->loader, region, address, data, length,
                                                   err);
    /* full blocks and short ones tell different things; one of each, nothing that counts */
    const size_t block = target->caps.transfer_size;
    const bool full = block && (length % block == 0 || length / block >= BLOCKS_MANY);
    const bool scrap = length < block;
    if (!code && target->ledger && (full || scrap))
        note(target, &watch, full ? &target->ledger->write : &target->ledger->scrap, length,
             commands);
    return code;
}

enum ub_code ub_access_commit(const struct ub_target *target, struct ub_error *err)
{
    const struct stopwatch watch = start(target);
    enum ub_code code = target->loader->ops->commit(target->loader, err);
    if (!code && target->ledger)
        note(target, &watch, &target->ledger->end, 0, 0);
    return code;
}
