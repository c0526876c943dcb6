/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file match_bench.h
 * Images with claims and facts, held against families and made-up devices.
 */
#ifndef UB_TESTS_MATCH_MATCH_BENCH_H
#define UB_TESTS_MATCH_MATCH_BENCH_H

#include "match/match.h"

/** A case in the making, and what was decided. */
struct match_bench {
    struct ub_image *image;
    struct ub_image_facts facts;
    struct ub_match_case what;
    struct ub_region region;
    struct ub_flash_options options;
    struct ub_match match;
};

/** An image of `words` at `address` (0: without addresses), held against an opened device of that
 * family, all of whose flash can be written. */
void match_open(struct match_bench *bench, const char *family, uint64_t address,
                const uint32_t *words, size_t count);
/** As match_open(): 256 bytes that begin with a vector table. */
void match_open_table(struct match_bench *bench, const char *family, uint64_t address,
                      uint32_t stack, uint32_t reset);
void match_close(struct match_bench *bench);

void match_claim(struct match_bench *bench, enum ub_claim_kind kind, const char *source,
                 uint64_t number, uint64_t detail, const char *text);

/** Decides, and returns the weight of the first finding of that name: "for", "weak", "against", or
 * "none". */
const char *match_says(struct match_bench *bench, const char *name);

/** What match_says() has to be; prints the findings if not. */
void match_expect(struct match_bench *bench, const char *name, const char *expected);

#endif
