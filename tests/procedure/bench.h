/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file bench.h
 * A context over virtual devices in virtual time, with a vault of its own, for tests of the
 * procedure.
 */
#ifndef UB_TESTS_PROCEDURE_BENCH_H
#define UB_TESTS_PROCEDURE_BENCH_H

#include "procedure/context.h"

#define FLASH_BASE UINT64_C(0x08000000)
#define FLASH_SIZE ((size_t)1024 * 1024)

struct bench {
    char vault[64];
    struct ub_context *context;
    struct ub_error err;
    struct ub_result result;
    unsigned confirmations;  /**< questions asked */
    bool answer;             /**< what they are answered with */
    char warnings[1024];     /**< texts of all warnings */
    uint64_t cancel_at_step; /**< cancel when this step (plus 1) makes progress; 0: never */
};

/** Opens a context for specs separated by '|'; ",time=virtual" is added to each. */
void bench_open(struct bench *bench, const char *specs);
/** Closes the context and removes the vault. */
void bench_close(struct bench *bench);
/** Closes and opens the context again on the same vault with other specs. */
void bench_again(struct bench *bench, const char *specs);

struct ub_sim_counts bench_counts(struct bench *bench, size_t device);
uint8_t *bench_memory(struct bench *bench, size_t device);
/** The memory of device 0 behind `address`, wherever its chip has it. */
uint8_t *bench_memory_at(struct bench *bench, uint64_t address, size_t length);

/** An image of pseudo-random bytes at `address`, as a raw file would be placed there. */
struct ub_image *bench_image(uint64_t address, size_t length, uint8_t seed);
/** The bytes of that image. */
void bench_bytes(uint8_t *bytes, size_t length, uint8_t seed);

#endif
