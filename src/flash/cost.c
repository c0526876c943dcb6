/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What operations cost, from the family's figures and the number of transfers that the protocol
 * needs. */
#include "flash/plan.h"

/* Transfers: an erase is a command and two GETSTATUS, a block is DNLOAD and two GETSTATUS, a
 * reading is one UPLOAD (facts of the DfuSe protocol, AN3156 section 4). */
#define TRANSFERS_PER_ERASE 3u
#define TRANSFERS_PER_BLOCK 3u
#define KIB                 1024u

static uint64_t blocks(uint64_t length, uint16_t block)
{
    return block ? (length + block - 1) / block : 0;
}

static uint64_t per_kib(uint64_t length, uint32_t us)
{
    return length * us / KIB;
}

uint64_t ub_cost_erase(const struct ub_costs *costs, uint64_t size)
{
    return costs->erase_sector_us + per_kib(size, costs->erase_kib_us) +
           TRANSFERS_PER_ERASE * (uint64_t)costs->transfer_us;
}

uint64_t ub_cost_write(const struct ub_costs *costs, uint64_t length, uint16_t block)
{
    return per_kib(length, costs->write_kib_us) + per_kib(length, costs->transfer_kib_us) +
           blocks(length, block) * TRANSFERS_PER_BLOCK * costs->transfer_us;
}

uint64_t ub_cost_read(const struct ub_costs *costs, uint64_t length, uint16_t block)
{
    return per_kib(length, costs->transfer_kib_us) + blocks(length, block) * costs->transfer_us;
}
