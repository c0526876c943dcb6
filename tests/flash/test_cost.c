/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The cost model: what measurements make of it, and what the tally counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake.h"
#include "flash/access.h"

#include <string.h>

static const struct ub_costs family = {.erase_sector_us = 150000,
                                       .erase_kib_us = 6600,
                                       .erase_all_us = 8000000,
                                       .write_kib_us = 4096,
                                       .transfer_us = 1000,
                                       .transfer_kib_us = 1300};

/** A reading of `bytes` in `transfers`, as a bus with those costs takes it. */
static void measure(struct ub_measure *line, uint64_t transfers, uint64_t bytes, uint64_t transfer,
                    uint64_t kib)
{
    line->count++;
    line->transfers += transfers;
    line->bytes += bytes;
    line->us += transfers * transfer + bytes * kib / 1024;
}

static void two_kinds_of_readings_tell_both_costs(void **state)
{
    struct ub_ledger ledger = {0};
    ub_rates_start(&ledger.rates, &family);
    measure(&ledger.brief, 5, 2048, 303, 821);
    measure(&ledger.steady, 511, 511 * 2048, 303, 821);
    ub_ledger_correct(&ledger);
    assert_in_range(ledger.rates.costs.transfer_us, 301, 305);
    assert_in_range(ledger.rates.costs.transfer_kib_us, 819, 823);
    ub_ledger_correct(&ledger); /* again changes nothing */
    assert_in_range(ledger.rates.costs.transfer_us, 301, 305);
    /* what is no transfer stays the family's */
    assert_int_equal(ledger.rates.costs.write_kib_us, family.write_kib_us);
    assert_int_equal(ledger.rates.costs.erase_all_us, family.erase_all_us);
}

static void one_kind_corrects_both_in_proportion(void **state)
{
    struct ub_ledger ledger = {0};
    ub_rates_start(&ledger.rates, &family);
    measure(&ledger.steady, 512, 512 * 2048, 500, 650);
    ub_ledger_correct(&ledger);
    assert_in_range(ledger.rates.costs.transfer_us, 498, 502);
    assert_in_range(ledger.rates.costs.transfer_kib_us, 648, 652);
    ub_ledger_correct(&ledger);
    assert_in_range(ledger.rates.costs.transfer_us, 498, 502);
}

/* A reading that took a thousand times too long was interrupted by something else. */
static void what_cannot_be_is_not_believed(void **state)
{
    struct ub_ledger ledger = {0};
    ub_rates_start(&ledger.rates, &family);
    ub_ledger_correct(&ledger); /* nothing was measured */
    assert_int_equal(ledger.rates.costs.transfer_us, family.transfer_us);
    measure(&ledger.steady, 512, 512 * 2048, 1000000, 1300000);
    ub_ledger_correct(&ledger);
    assert_int_equal(ledger.rates.costs.transfer_us, family.transfer_us);
    assert_int_equal(ledger.rates.costs.transfer_kib_us, family.transfer_kib_us);
    /* nor two that contradict each other: the data would cost less than nothing */
    memset(&ledger.steady, 0, sizeof(ledger.steady));
    measure(&ledger.brief, 5, 2048, 3000, 0);
    measure(&ledger.steady, 512, 512 * 2048, 2000, 0);
    ub_ledger_correct(&ledger);
    assert_true(ledger.rates.costs.transfer_us >= 300);
    assert_true(ledger.rates.costs.transfer_kib_us >= 300);
    assert_true(ledger.rates.costs.transfer_us < 5000);
}

static void what_was_measured_is_what_is_remembered(void **state)
{
    struct ub_ledger ledger = {0};
    struct ub_learned learned;
    struct ub_rates again;
    ub_rates_start(&ledger.rates, &family);
    measure(&ledger.brief, 5, 2048, 303, 821);
    measure(&ledger.steady, 511, 511 * 2048, 303, 821);
    ub_ledger_correct(&ledger);
    ledger.erase[17] = (struct ub_measure){.us = 7 * (2000000 + 3 * 303), .count = 7};
    ledger.erase_all = (struct ub_measure){.us = 16000000 + 3 * 303, .count = 1};
    ledger.write = (struct ub_measure){.us = 512 * (2 * 9000 + 3 * 303 + 2 * 821) + 3 * 303,
                                       .count = 1,
                                       .transfers = 512 * 3 + 3,
                                       .commands = 3,
                                       .bytes = 512 * 2048,
                                       .blocks = 512};
    ub_ledger_learned(&ledger, &learned);
    assert_in_range(learned.erase_us[17], 1999900, 2000100);
    assert_int_equal(learned.erase_us[14], 0);
    assert_in_range(learned.erase_all_us, 15999900, 16000100);
    assert_in_range(learned.write_kib_us, 8990, 9010);
    assert_int_equal(learned.asks_milli, 2000);
    assert_int_equal(learned.end_us, 0);

    ub_rates_start(&again, &family);
    ub_rates_recall(&again, &learned);
    assert_in_range(ub_cost_erase(&again, 128 * 1024), 2000700, 2001100);
    assert_int_equal(ub_cost_erase_chip(&again, 16 * 1024), 150000 + 16 * 6600);
    assert_in_range(again.costs.write_kib_us, 8990, 9010);
}

/* A bootloader's word is a time for each block, long or short; bytes cost beside it only where they
 * take longer. */
static void a_block_costs_what_the_bootloader_asks_for(void **state)
{
    struct ub_costs asking = family;
    struct ub_rates rates;
    struct ub_ledger ledger;
    struct ub_learned learned;
    struct ub_loader_habits habits = {0};
    asking.write_ask_us = 100000;
    asking.erase_ask_us = 300000;
    ub_rates_start(&rates, &asking);
    ub_rates_ask(&rates, &habits);
    assert_int_equal(ub_cost_write_chip(&rates, 4096, 2048), 200000);
    assert_int_equal(ub_cost_write_chip(&rates, 4096 + 16, 2048), 300000);
    assert_int_equal(ub_cost_erase_chip(&rates, 16 * 1024), 300000);
    assert_int_equal(ub_cost_erase_chip(&rates, 128 * 1024), 994800);
    /* no word is kept by a loader that asks early */
    habits.poll_early = true;
    ub_rates_start(&rates, &asking);
    ub_rates_ask(&rates, &habits);
    assert_int_equal(ub_cost_write_chip(&rates, 4096, 2048), 16384);

    /* few blocks teach nothing of bytes, and a short one what a block costs */
    memset(&ledger, 0, sizeof(ledger));
    ub_rates_start(&ledger.rates, &asking);
    ledger.write = (struct ub_measure){
        .us = 300000, .count = 1, .transfers = 9, .bytes = 3 * 2048, .blocks = 3};
    ledger.scrap = (struct ub_measure){.us = 100000 + 3 * asking.transfer_us,
                                       .count = 1,
                                       .transfers = 3,
                                       .bytes = 256,
                                       .blocks = 1};
    ub_ledger_learned(&ledger, &learned);
    assert_int_equal(learned.write_kib_us, 0);
    assert_int_equal(learned.asks_milli, 0);
    assert_in_range(learned.block_us, 99000, 100000);
    /* unless its bytes explain what it took */
    ledger.scrap.us = 1100 + 3 * asking.transfer_us;
    ub_ledger_learned(&ledger, &learned);
    assert_int_equal(learned.block_us, 0);
}

/** A device whose 1 MiB is that of an STM32F405. */
static void make_f405(struct fake *fake, struct ub_sector_run runs[3])
{
    fake_init(fake, 0xff);
    runs[0] = (struct ub_sector_run){FAKE_BASE, 16 * 1024, 4, 7};
    runs[1] = (struct ub_sector_run){FAKE_BASE + 0x10000, 64 * 1024, 1, 7};
    runs[2] = (struct ub_sector_run){FAKE_BASE + 0x20000, 128 * 1024, 7, 7};
    fake->regions[0].runs = runs;
    fake->regions[0].run_count = 3;
    fake->target.caps.transfer_size = 2048;
}

/* The figures of a full write: 12 erases, 512 blocks, 512 uploads, and what is between them. */
static void the_tally_counts_what_the_loader_sends(void **state)
{
    struct fake fake;
    struct ub_sector_run runs[3];
    struct ub_rates rates;
    struct ub_tally tally;
    const uint64_t mib = 1024 * 1024;
    make_f405(&fake, runs);
    ub_rates_start(&rates, &family);
    ub_tally_start(&tally, &fake.target, &rates);
    const struct ub_region *flash = &fake.regions[0];
    for (size_t r = 0; r < 3; r++)
        for (uint32_t i = 0; i < runs[r].count; i++)
            (void)ub_tally_erase(&tally, flash, runs[r].address, runs[r].size);
    assert_int_equal(tally.transfers, 1 + 12 * 3); /* and the alternate setting */
    (void)ub_tally_write(&tally, flash, FAKE_BASE + 2048, mib - 2048);
    (void)ub_tally_write(&tally, flash, FAKE_BASE, 2048);
    assert_int_equal(tally.transfers, 37 + 3 + 512 * 3); /* one address for all */
    ub_tally_forget(&tally);
    (void)ub_tally_read(&tally, flash, FAKE_BASE, mib);
    assert_int_equal(tally.transfers, 37 + 3 + 512 * 3 + 3 + 1 + 512);
    assert_int_equal(tally.us, ub_cost_transfers(&rates, tally.transfers, 2 * mib) + 4 * 255600 +
                                   572400 + 7 * 994800 + 1024 * 4096);
}

static void short_blocks_and_gaps_need_addresses(void **state)
{
    struct fake fake;
    struct ub_sector_run runs[3];
    struct ub_rates rates;
    struct ub_tally tally;
    make_f405(&fake, runs);
    fake.target.region_count = 1;
    ub_rates_start(&rates, &family);
    const struct ub_region *flash = &fake.regions[0];

    ub_tally_start(&tally, &fake.target, &rates);
    (void)ub_tally_write(&tally, flash, FAKE_BASE, 4096 + 100); /* the short one at its address */
    assert_int_equal(tally.transfers, 3 + 2 * 3 + 3 + 3);

    ub_tally_start(&tally, &fake.target, &rates);
    (void)ub_tally_write(&tally, flash, FAKE_BASE, 2048);
    (void)ub_tally_write(&tally, flash, FAKE_BASE + 0x40000, 2048); /* reached by its number */
    assert_int_equal(tally.transfers, 3 + 3 + 3);
    (void)ub_tally_write(&tally, flash, FAKE_BASE + 0x40000 + 100, 2048); /* off the grid */
    assert_int_equal(tally.transfers, 9 + 3 + 3);
    assert_int_equal(tally.commands, 6);

    /* a device that answers at once is asked once */
    rates.asks_milli = 1000;
    ub_tally_start(&tally, &fake.target, &rates);
    (void)ub_tally_write(&tally, flash, FAKE_BASE, 2048 * 10);
    assert_int_equal(tally.transfers, 3 + 10 * 2);

    /* a stream has neither; its end is a command */
    fake.target.caps.addressed = false;
    ub_tally_start(&tally, &fake.target, &rates);
    (void)ub_tally_write(&tally, flash, 0, 2048 * 10 + 1);
    (void)ub_tally_end(&tally);
    assert_int_equal(tally.transfers, 11 * 2 + 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_kinds_of_readings_tell_both_costs),
        cmocka_unit_test(one_kind_corrects_both_in_proportion),
        cmocka_unit_test(what_cannot_be_is_not_believed),
        cmocka_unit_test(what_was_measured_is_what_is_remembered),
        cmocka_unit_test(a_block_costs_what_the_bootloader_asks_for),
        cmocka_unit_test(the_tally_counts_what_the_loader_sends),
        cmocka_unit_test(short_blocks_and_gaps_need_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
