/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file fault.h
 * Things that go wrong at a given control transfer to the DFU interface.
 */
#ifndef UB_SIM_FAULT_H
#define UB_SIM_FAULT_H

#include "unbrick.h"

#define UB_SIM_FAULTS_MAX 16u

enum ub_sim_fault_kind {
    UB_SIM_FAULT_NONE,
    UB_SIM_FAULT_UNPLUG,  /**< the device vanishes and stays away until it is plugged in */
    UB_SIM_FAULT_STALL,   /**< the request is refused and not looked at */
    UB_SIM_FAULT_TIMEOUT, /**< the request gets no answer and is not looked at */
    UB_SIM_FAULT_SHORT,   /**< the first IN transfer from here on brings half of its bytes */
    UB_SIM_FAULT_CORRUPT, /**< one bit of the first data stage from here on is wrong */
    UB_SIM_FAULT_RESET,   /**< the chip resets: it vanishes and its bootloader starts again */
};

/** Faults to come; number `at` counts control transfers to the DFU interface from 1. */
struct ub_sim_faults {
    struct {
        enum ub_sim_fault_kind kind;
        uint32_t at;
    } items[UB_SIM_FAULTS_MAX];
    size_t count;
};

/** Takes out and returns a fault that is due at transfer number `transfer`, which moves data in or
 * out or none. */
enum ub_sim_fault_kind ub_sim_fault_take(struct ub_sim_faults *faults, uint64_t transfer, bool in,
                                         bool has_data);

/** The kind called `name` (`length` characters); UB_SIM_FAULT_NONE if there is none. */
enum ub_sim_fault_kind ub_sim_fault_kind_named(const char *name, size_t length);
/** All names, for messages. */
extern const char ub_sim_fault_names[];

#endif
