/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file cost.h
 * What operations cost: the family's figures, corrected by what earlier runs measured and by what
 * this device showed.
 *
 * A cost has two parts: the transfers that the protocol needs, and the time for which the chip is
 * busy. tally.h knows how many transfers the loaders send; here is what one of them takes, and what
 * the chip takes.
 */
#ifndef UB_FLASH_COST_H
#define UB_FLASH_COST_H

#include "family/family.h"
#include "vault/costs.h"

/** What operations on a device are believed to cost, in microseconds. */
struct ub_rates {
    struct ub_costs costs;              /**< the family's, corrected */
    uint32_t erase_us[UB_SIZE_CLASSES]; /**< one sector by the class of its size, transfers apart;
                                             0: by `costs` */
    uint32_t end_us;         /**< taking in a whole stream (manifestation), transfers apart */
    uint32_t asks_milli;     /**< questions behind a block, in thousandths */
    uint32_t erase_least_us; /**< a sector never takes less: the bootloader's own word is kept */
    uint32_t block_least_us; /**< nor a block, however short */
    bool measured;           /**< costs.write_kib_us was measured with full blocks, and so holds
                                  whatever these have to wait for */
};

/** A kind of operation as it was measured. */
struct ub_measure {
    uint64_t us;        /**< all of it */
    uint64_t count;     /**< operations */
    uint64_t transfers; /**< control transfers sent */
    uint64_t commands;  /**< of these, what the loader needs between blocks */
    uint64_t bytes;
    uint64_t blocks;
};

/** The parts of a run whose time is foretold. */
enum ub_phase_id { UB_PHASE_ERASE, UB_PHASE_WRITE, UB_PHASE_VERIFY, UB_PHASES };

/** What a run believes, and what it measures. Part of the procedure; see ub_target.ledger. */
struct ub_ledger {
    struct ub_rates rates;
    struct ub_measure brief;  /**< readings that were mostly commands: less than half a block in a
                                   transfer */
    struct ub_measure steady; /**< readings that were mostly data */
    struct ub_measure erase[UB_SIZE_CLASSES];
    struct ub_measure erase_all;
    struct ub_measure write; /**< of full blocks */
    struct ub_measure scrap; /**< of one short block each */
    struct ub_measure end;
};

/** Starts from the family's figures. */
void ub_rates_start(struct ub_rates *rates, const struct ub_costs *family);
/** Where the loader keeps the bootloader's word on when to ask again, nothing takes less than that.
 */
void ub_rates_ask(struct ub_rates *rates, const struct ub_loader_habits *habits);
/** Takes over what earlier runs measured. */
void ub_rates_recall(struct ub_rates *rates, const struct ub_learned *learned);

/**
 * Corrects the cost of transfers by the readings in the ledger: what a transfer costs, and what its
 * data costs, where both kinds of readings were measured; else both in proportion. Readings that
 * no device could have done are not believed.
 */
void ub_ledger_correct(struct ub_ledger *ledger);

/** What a run measured, for ub_vault_learn(). */
void ub_ledger_learned(const struct ub_ledger *ledger, struct ub_learned *out);

/** Time of `transfers` control transfers that carry `bytes` in all. */
uint64_t ub_cost_transfers(const struct ub_rates *rates, uint64_t transfers, uint64_t bytes);
/** Time for which the chip is busy erasing one sector of `size` bytes. */
uint64_t ub_cost_erase_chip(const struct ub_rates *rates, uint32_t size);
/** Time for which the chip is busy programming, or is left alone, in blocks of `block`. */
uint64_t ub_cost_write_chip(const struct ub_rates *rates, uint64_t length, uint16_t block);

/** Erasing one sector; writing and reading `length` bytes in blocks of `block`: transfers and chip,
 * without what the loader sends before the first block. */
uint64_t ub_cost_erase(const struct ub_rates *rates, uint32_t size);
uint64_t ub_cost_write(const struct ub_rates *rates, uint64_t length, uint16_t block);
uint64_t ub_cost_read(const struct ub_rates *rates, uint64_t length, uint16_t block);

#endif
