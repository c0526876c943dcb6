/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file bus.h
 * The bus in this process, for the files that make it and work it.
 */
#ifndef UB_SIM_BUS_H
#define UB_SIM_BUS_H

#include "sim/device.h"

#include <pthread.h>

struct ub_sim_bus {
    pthread_mutex_t lock;           /**< of the devices and of `seen` */
    struct ub_sim_device **devices; /**< owned, as are the devices */
    size_t count;
    struct ub_shared_time *time; /**< owned; NULL in real time */
    struct ub_clock clock;
    uint64_t seen; /**< what the last look at the bus saw: see ub_sim_bus_signature() */
};

/** Lets time pass for all devices. The lock is held. */
void ub_sim_bus_advance(struct ub_sim_bus *bus);
/** A number that changes whenever something arrives or leaves. The lock is held. */
uint64_t ub_sim_bus_signature(const struct ub_sim_bus *bus);
/** The device whose place is that port, whether it is there or not; or NULL. */
struct ub_sim_device *ub_sim_bus_at(const struct ub_sim_bus *bus, const char *port);

#endif
