/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file fake.h
 * A loader over plain memory that writes down what was asked of it, for tests of the engine.
 */
#ifndef UB_TESTS_FLASH_FAKE_H
#define UB_TESTS_FLASH_FAKE_H

#include "flash/plan.h"

#define FAKE_BASE    UINT64_C(0x08000000)
#define FAKE_SECTORS 4u
#define FAKE_SECTOR  1024u
#define FAKE_SIZE    (FAKE_SECTORS * FAKE_SECTOR)
#define FAKE_BLOCK   256u
#define FAKE_LOG     256

enum fake_what { FAKE_READ, FAKE_ERASE, FAKE_WRITE, FAKE_ERASE_ALL, FAKE_COMMIT, FAKE_ABORT };

struct fake_entry {
    enum fake_what what;
    uint64_t address;
    size_t length;
};

/** A device of four sectors of 1 KiB and an option region. */
struct fake {
    struct ub_loader loader; /* first: a fake is a loader */
    uint8_t memory[FAKE_SIZE];
    struct ub_sector_run runs[1];
    struct ub_sector_run option_runs[1];
    struct ub_region regions[2];
    struct fake_entry log[FAKE_LOG];
    size_t count;
    size_t fail_at;          /**< log entry whose operation fails with UB_USB_IO; 0: none */
    bool silent;             /**< writes are acknowledged and forgotten */
    unsigned bit_violations; /**< zero bits asked to become one without an erase */
    struct ub_family family;
    struct ub_virtual_time time;
    struct ub_env env;
    struct ub_target target;
};

/** A fresh device whose memory holds `fill`. */
void fake_init(struct fake *fake, uint8_t fill);

/** Entries of one kind in the log. */
size_t fake_count(const struct fake *fake, enum fake_what what);

#endif
