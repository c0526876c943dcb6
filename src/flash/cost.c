/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "flash/cost.h"

#include "flash/tally.h"

#include <string.h>

#define KIB 1024u
/* Two questions: the first sets the operation off, the second hears how it went (DFU 1.1 annex A).
 */
#define ASKS_MILLI 2000u
#define MILLI      1000u
/* What blocks take is not learned from fewer than this. */
#define BLOCKS_FEW 4u
/* A short block has to take that much more than its bytes do, to show that a block costs time. */
#define PLAIN_MORE 2u
/* A measurement that differs from what was believed by more than this was of something else. */
#define FACTOR_MAX 20.0

void ub_rates_start(struct ub_rates *rates, const struct ub_costs *family)
{
    memset(rates, 0, sizeof(*rates));
    rates->costs = *family;
    rates->asks_milli = ASKS_MILLI;
}

void ub_rates_ask(struct ub_rates *rates, const struct ub_loader_habits *habits)
{
    if (habits->poll_early || habits->naks_while_busy || habits->poll_fixed)
        return;
    rates->erase_least_us = rates->costs.erase_ask_us;
    rates->block_least_us = rates->costs.write_ask_us;
}

static uint64_t per_kib(uint64_t length, uint32_t us)
{
    return length * us / KIB;
}

static void recall(uint32_t *value, uint32_t learned)
{
    if (learned)
        *value = learned;
}

void ub_rates_recall(struct ub_rates *rates, const struct ub_learned *learned)
{
    recall(&rates->costs.transfer_us, learned->transfer_us);
    recall(&rates->costs.transfer_kib_us, learned->transfer_kib_us);
    recall(&rates->costs.write_kib_us, learned->write_kib_us);
    rates->measured = rates->measured || learned->write_kib_us;
    recall(&rates->block_least_us, learned->block_us);
    recall(&rates->costs.erase_all_us, learned->erase_all_us);
    recall(&rates->end_us, learned->end_us);
    recall(&rates->asks_milli, learned->asks_milli);
    for (unsigned i = 0; i < UB_SIZE_CLASSES; i++)
        recall(&rates->erase_us[i], learned->erase_us[i]);
}

/** Does this differ so much from what was believed that it cannot be what it seems? */
static bool credible(double measured, uint32_t believed)
{
    double most = believed ? believed * FACTOR_MAX : UINT32_MAX;
    double least = believed / FACTOR_MAX;
    return measured >= least && measured <= most && measured >= 1.0;
}

static double kib(const struct ub_measure *measure)
{
    return (double)measure->bytes / KIB;
}

/** What a transfer and a KiB of data cost, from two kinds of readings: two equations. */
static bool solve(const struct ub_ledger *ledger, double *transfer, double *data)
{
    const struct ub_measure *a = &ledger->brief;
    const struct ub_measure *b = &ledger->steady;
    double determinant = (double)a->transfers * kib(b) - (double)b->transfers * kib(a);
    if (a->transfers == 0 || b->transfers == 0 || determinant <= 0)
        return false;
    *transfer = ((double)a->us * kib(b) - (double)b->us * kib(a)) / determinant;
    *data = ((double)a->transfers * (double)b->us - (double)b->transfers * (double)a->us) /
            determinant;
    return true;
}

void ub_ledger_correct(struct ub_ledger *ledger)
{
    struct ub_costs *costs = &ledger->rates.costs;
    double transfer;
    double data;
    if (solve(ledger, &transfer, &data) && credible(transfer, costs->transfer_us) &&
        credible(data, costs->transfer_kib_us)) {
        costs->transfer_us = (uint32_t)(transfer + 0.5);
        costs->transfer_kib_us = (uint32_t)(data + 0.5);
        return;
    }
    double us = (double)ledger->brief.us + (double)ledger->steady.us;
    double believed = (double)ub_cost_transfers(&ledger->rates,
                                                ledger->brief.transfers + ledger->steady.transfers,
                                                ledger->brief.bytes + ledger->steady.bytes);
    double factor = believed > 0 ? us / believed : 0;
    if (factor < 1 / FACTOR_MAX || factor > FACTOR_MAX)
        return;
    costs->transfer_us = (uint32_t)(costs->transfer_us * factor + 0.5);
    costs->transfer_kib_us = (uint32_t)(costs->transfer_kib_us * factor + 0.5);
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/** What the bytes of one short block are believed to take. */
static uint64_t per_scrap(const struct ub_rates *rates, const struct ub_measure *scrap)
{
    return scrap->count ? per_kib(scrap->bytes / scrap->count, rates->costs.write_kib_us) : 0;
}

/** What is left of a measured time without its transfers, for one of `parts`. */
static uint32_t rest(const struct ub_rates *rates, const struct ub_measure *measure,
                     uint64_t transfers, double parts)
{
    double us = (double)measure->us - (double)ub_cost_transfers(rates, transfers, measure->bytes);
    us = parts > 0 ? us / parts : 0;
    return us > 0 && us < UINT32_MAX ? (uint32_t)(us + 0.5) : 0;
}

void ub_ledger_learned(const struct ub_ledger *ledger, struct ub_learned *out)
{
    const struct ub_rates *rates = &ledger->rates;
    const struct ub_measure *write = &ledger->write;
    const struct ub_measure *scrap = &ledger->scrap;
    memset(out, 0, sizeof(*out));
    out->transfer_us = rates->costs.transfer_us;
    out->transfer_kib_us = rates->costs.transfer_kib_us;
    for (unsigned i = 0; i < UB_SIZE_CLASSES; i++)
        out->erase_us[i] = rest(rates, &ledger->erase[i], UB_TALLY_COMMAND * ledger->erase[i].count,
                                (double)ledger->erase[i].count);
    out->erase_all_us = rest(rates, &ledger->erase_all, UB_TALLY_COMMAND * ledger->erase_all.count,
                             (double)ledger->erase_all.count);
    out->end_us = rest(rates, &ledger->end, UB_TALLY_COMMAND * ledger->end.count,
                       (double)ledger->end.count);
    uint32_t block = rest(rates, scrap, scrap->transfers, (double)scrap->count);
    if (block > PLAIN_MORE * per_scrap(rates, scrap))
        out->block_us = block;
    if (write->blocks < BLOCKS_FEW)
        return;
    out->write_blocks = write->blocks < UINT32_MAX ? (uint32_t)write->blocks : UINT32_MAX;
    out->write_kib_us = rest(rates, write, write->transfers, kib(write));
    uint64_t others = write->blocks + write->commands;
    if (write->transfers > others)
        out->asks_milli = (uint32_t)((write->transfers - others) * MILLI / write->blocks);
}

uint64_t ub_cost_transfers(const struct ub_rates *rates, uint64_t transfers, uint64_t bytes)
{
    return transfers * rates->costs.transfer_us + per_kib(bytes, rates->costs.transfer_kib_us);
}

uint64_t ub_cost_erase_chip(const struct ub_rates *rates, uint32_t size)
{
    uint32_t measured = size ? rates->erase_us[ub_size_class(size)] : 0;
    uint64_t believed = rates->costs.erase_sector_us + per_kib(size, rates->costs.erase_kib_us);
    return measured ? measured : larger(believed, rates->erase_least_us);
}

uint64_t ub_cost_write_chip(const struct ub_rates *rates, uint64_t length, uint16_t block)
{
    const uint32_t us = rates->costs.write_kib_us;
    const uint64_t least = rates->block_least_us;
    if (!block)
        return per_kib(length, us);
    const uint64_t tail = length % block;
    uint64_t full = per_kib(block, us);
    if (!rates->measured)
        full = larger(full, least);
    /* a part of a block never takes longer than all of it */
    uint64_t rest = tail ? larger(per_kib(tail, us), least < full ? least : full) : 0;
    if (full == per_kib(block, us) && rest <= per_kib(tail, us))
        return per_kib(length, us); /* not rounded block by block */
    return length / block * full + rest;
}

uint64_t ub_cost_erase(const struct ub_rates *rates, uint32_t size)
{
    return ub_cost_erase_chip(rates, size) + ub_cost_transfers(rates, UB_TALLY_COMMAND, 0);
}

static uint64_t blocks(uint64_t length, uint16_t block)
{
    return block ? (length + block - 1) / block : 0;
}

uint64_t ub_cost_write(const struct ub_rates *rates, uint64_t length, uint16_t block)
{
    uint64_t count = blocks(length, block);
    return ub_cost_write_chip(rates, length, block) +
           ub_cost_transfers(rates, count + count * rates->asks_milli / MILLI, length);
}

uint64_t ub_cost_read(const struct ub_rates *rates, uint64_t length, uint16_t block)
{
    return ub_cost_transfers(rates, blocks(length, block), length);
}
