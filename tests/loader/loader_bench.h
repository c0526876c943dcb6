/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file loader_bench.h
 * A loader on a virtual device, with habits that the test makes up.
 */
#ifndef UB_TEST_LOADER_BENCH_H
#define UB_TEST_LOADER_BENCH_H

#include "loader/layout.h"
#include "loader/loader.h"
#include "sim/sim.h"

struct loader_bench {
    struct ub_sim_bus *bus;
    struct ub_transport transport;
    struct ub_transport_ops ops; /**< of that transport, a copy */
    struct ub_transport below;   /**< the virtual bus itself */
    uint64_t round_trip_us;      /**< that this program takes after each call, give or take a
                                      quarter; 0: none */
    uint32_t random;
    struct ub_usb_list list;
    struct ub_usb_handle *handle;
    struct ub_dfu_interface interface;
    struct ub_env env;
    struct ub_loader_port port;
    struct ub_loader *loader;
    const struct ub_region *flash; /**< the first region */
    uint8_t *image;                /**< of `size` bytes, never blank */
    size_t size;
    uint8_t *readback;
    unsigned warnings;
    unsigned waits;
    struct ub_error err;
};

/** Deadlines that let a test end; nothing else is special. */
#define LOADER_BENCH_TIMES                                                                         \
    .erase_deadline_ms = 10000, .erase_all_deadline_ms = 35000, .write_deadline_ms = 5000,         \
    .manifest_deadline_ms = 10000, .poll_max_ms = 60000
/** The same, for memory that is erased to 0xff. */
#define LOADER_BENCH_DEADLINES LOADER_BENCH_TIMES, .erased_value = 0xff

/** Opens the device that the spec describes, in virtual time; fails the test if it cannot. */
void loader_bench_open(struct loader_bench *bench, const char *spec,
                       const struct ub_loader_habits *habits);
/** The same, over a transport that takes several requests at once. */
void loader_bench_open_queued(struct loader_bench *bench, const char *spec,
                              const struct ub_loader_habits *habits);
void loader_bench_close(struct loader_bench *bench);
/** Fails the test with the error unless code is UB_OK. */
void loader_bench_ok(const struct loader_bench *bench, enum ub_code code);
/** The virtual device and what it counted. */
struct ub_sim_device *loader_bench_device(const struct loader_bench *bench);
struct ub_sim_counts loader_bench_counts(const struct loader_bench *bench);
/** The chip's memory at `address`. */
uint8_t *loader_bench_memory(const struct loader_bench *bench, uint64_t address, size_t length);
uint64_t loader_bench_now(const struct loader_bench *bench);

/** Makes an image of `size` bytes. */
void loader_bench_image(struct loader_bench *bench, size_t size);
/** Erases the sectors of [address, address + size). */
enum ub_code loader_bench_erase(struct loader_bench *bench, uint64_t address, size_t size);
/** Writes the image at `address`. */
enum ub_code loader_bench_write(struct loader_bench *bench, uint64_t address);
/** Reads `size` bytes at `address` into readback. */
enum ub_code loader_bench_read(struct loader_bench *bench, uint64_t address);
/** What a host that loses no time spends on the wire for erase, write and verify of the image. */
uint64_t loader_bench_least_wire_us(const struct loader_bench *bench, uint64_t address);
/** Closes the device and waits until it is back, at most ten seconds: true if its firmware runs. */
bool loader_bench_runs(struct loader_bench *bench);

#endif
