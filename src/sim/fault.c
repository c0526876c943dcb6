/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/fault.h"

#include <string.h>

const char ub_sim_fault_names[] = "unplug, stall, timeout, short, corrupt, reset";

enum ub_sim_fault_kind ub_sim_fault_kind_named(const char *name, size_t length)
{
    static const char *const names[] = {
        [UB_SIM_FAULT_UNPLUG] = "unplug",   [UB_SIM_FAULT_STALL] = "stall",
        [UB_SIM_FAULT_TIMEOUT] = "timeout", [UB_SIM_FAULT_SHORT] = "short",
        [UB_SIM_FAULT_CORRUPT] = "corrupt", [UB_SIM_FAULT_RESET] = "reset"};
    for (size_t i = UB_SIM_FAULT_UNPLUG; i < sizeof(names) / sizeof(names[0]); i++)
        if (strlen(names[i]) == length && memcmp(names[i], name, length) == 0)
            return (enum ub_sim_fault_kind)i;
    return UB_SIM_FAULT_NONE;
}

static bool due(enum ub_sim_fault_kind kind, uint64_t at, uint64_t transfer, bool in, bool has_data)
{
    if (kind == UB_SIM_FAULT_SHORT)
        return transfer >= at && in && has_data;
    if (kind == UB_SIM_FAULT_CORRUPT)
        return transfer >= at && has_data;
    return transfer == at;
}

enum ub_sim_fault_kind ub_sim_fault_take(struct ub_sim_faults *faults, uint64_t transfer, bool in,
                                         bool has_data)
{
    for (size_t i = 0; i < faults->count; i++) {
        enum ub_sim_fault_kind kind = faults->items[i].kind;
        if (!due(kind, faults->items[i].at, transfer, in, has_data))
            continue;
        faults->items[i] = faults->items[--faults->count];
        return kind;
    }
    return UB_SIM_FAULT_NONE;
}
