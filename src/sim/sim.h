/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file sim.h
 * The virtual bench's door to the rest of the library: a bus of virtual devices as a transport.
 */
#ifndef UB_SIM_SIM_H
#define UB_SIM_SIM_H

#include "base/clock.h"
#include "usb/transport.h"

struct ub_sim_bus;
struct ub_sim_device;

/** What a virtual device counted: the bench's truth, for tests and reports. */
struct ub_sim_counts {
    uint64_t
        transfers;  /**< control transfers to the DFU interface: class requests and SET_INTERFACE */
    uint64_t opens; /**< times the device was opened */
    uint64_t erases;         /**< sectors erased */
    uint64_t programs;       /**< units programmed */
    uint64_t bit_violations; /**< times a zero bit should have become one without erase */
    uint64_t busy_us;        /**< time the chip spent erasing and programming */
    uint64_t wire_us;        /**< time the transfers spent on the wire */
    uint64_t poisoned;       /**< units programmed twice although they have ECC */
    uint64_t early;          /**< questions that came before the poll time was over */
};

/**
 * Makes a bus with the devices that the specs describe ("stm32f405,state=F,time=virtual"). *out is
 * the caller's. Errors: UB_SIM_SPEC, UB_SIM_STATE, UB_SYS_MEMORY.
 */
enum ub_code ub_sim_bus_open(const char *const *specs, size_t count, struct ub_sim_bus **out,
                             struct ub_error *err);
void ub_sim_bus_close(struct ub_sim_bus *bus);

/** The bus as a transport; its destroy() does not close the bus. */
struct ub_transport ub_sim_bus_transport(struct ub_sim_bus *bus);

/** The clock that the bus lives by: real or virtual, as its specs ask. */
struct ub_clock ub_sim_bus_clock(struct ub_sim_bus *bus);

/** Device number `index`, or NULL. */
struct ub_sim_device *ub_sim_bus_device(struct ub_sim_bus *bus, size_t index);

/** Pulls the plug of device number `index`, which exists, and puts it back, as below; while other
 * threads work on the bus. */
void ub_sim_bus_unplug(struct ub_sim_bus *bus, size_t index);
void ub_sim_bus_plug(struct ub_sim_bus *bus, size_t index, enum ub_mode mode);

void ub_sim_device_counts(const struct ub_sim_device *device, struct ub_sim_counts *out);
/** The device's memory behind `address`, `length` bytes, or NULL: for tests, which look at the
 * truth. */
uint8_t *ub_sim_device_memory(struct ub_sim_device *device, uint64_t address, size_t length);
/** Pulls the plug now; ub_sim_device_plug() puts it back, power-cycled, in mode `mode`. */
void ub_sim_device_unplug(struct ub_sim_device *device);
void ub_sim_device_plug(struct ub_sim_device *device, enum ub_mode mode);

#endif
