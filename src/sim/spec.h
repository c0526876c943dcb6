/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file spec.h
 * The description of a virtual device: "MODEL[,key=value...]". A backslash takes the next character
 * of a value as it is, so that values can hold commas.
 */
#ifndef UB_SIM_SPEC_H
#define UB_SIM_SPEC_H

#include "sim/fault.h"
#include "sim/hostile.h"
#include "sim/store.h"

/** A parsed description. Free with ub_sim_spec_free(). */
struct ub_sim_spec {
    const struct ub_sim_chip *chip;
    struct ub_sim_dfu dfu; /**< the chip's, with what the description changes */
    char *state;           /**< file that keeps the flash; NULL: none. These four are owned */
    char *content;         /**< file with the initial content of the flash; NULL: none */
    char *map;             /**< string of alternate setting 0; NULL: the chip's */
    char *report;          /**< file that gets the counts at the end; NULL: none */
    uint64_t seed;         /**< of whatever happens at random */
    enum ub_mode mode;     /**< at power-up */
    bool has_time;
    bool virtual_time;
    char port[UB_PORT_TEXT]; /**< "": the bus chooses */
    char serial[UB_STRING_TEXT];
    struct ub_sim_identity dfu_identity;
    struct ub_sim_identity runtime_identity;
    struct ub_sim_faults faults;
    bool rdp;
    bool silent;
    uint32_t drop;
    uint32_t stuck;
    uint8_t wrp[UB_SIM_SECTORS_MAX / 8];
    bool has_arrive;
    uint8_t arrive; /**< state in which it is met first */
    enum ub_sim_leave leave;
    struct ub_sim_hostile hostile;
};

/** Parses a description. Errors: UB_SIM_SPEC, which says what is allowed; UB_SYS_MEMORY. */
enum ub_code ub_sim_spec_parse(const char *text, struct ub_sim_spec *out, struct ub_error *err);
void ub_sim_spec_free(struct ub_sim_spec *spec);

#endif
