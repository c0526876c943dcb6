/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file spec_value.h
 * Reading the value of one key of a description, and the keys themselves: what spec.c, which takes
 * the description apart, and the tables of keys share.
 */
#ifndef UB_SIM_SPEC_VALUE_H
#define UB_SIM_SPEC_VALUE_H

#include "sim/spec.h"

/** One key's value on its way into the spec. Text lives as long as the call. */
struct ub_sim_value {
    const char *key;
    const char *text; /**< "" for a key that takes none */
    struct ub_error *err;
};

/** A word of a closed set and what it stands for. */
struct ub_sim_word {
    const char *name;
    uint8_t value;
};

/** A key. */
struct ub_sim_key {
    const char *name;
    bool takes_value;
    enum ub_code (*set)(struct ub_sim_spec *spec, const struct ub_sim_value *value);
};

/** The keys for chips and faults, and those that make a device hostile. */
extern const struct ub_sim_key ub_sim_keys_common[];
extern const size_t ub_sim_keys_common_count;
extern const struct ub_sim_key ub_sim_keys_hostile[];
extern const size_t ub_sim_keys_hostile_count;

/** Key number `index` of all, or NULL past the end. */
const struct ub_sim_key *ub_sim_key_at(size_t index);

/** UB_SIM_SPEC: the value is not allowed, and what would be. */
enum ub_code ub_sim_value_bad(const struct ub_sim_value *value, const char *allowed);
/** Each reads a value into *to, which stays as it was on error. Errors: UB_SIM_SPEC. */
enum ub_code ub_sim_value_number(const struct ub_sim_value *value, uint64_t least, uint64_t most,
                                 uint64_t *to);
enum ub_code ub_sim_value_u32(const struct ub_sim_value *value, uint64_t least, uint64_t most,
                              uint32_t *to);
enum ub_code ub_sim_value_word(const struct ub_sim_value *value, const struct ub_sim_word *words,
                               size_t count, uint8_t *to);
/** *to becomes a copy, and what it was is freed. Errors: UB_SIM_SPEC (empty), UB_SYS_MEMORY. */
enum ub_code ub_sim_value_copy(const struct ub_sim_value *value, char **to);

#define UB_SIM_WORDS(array) (array), sizeof(array) / sizeof((array)[0])

#endif
