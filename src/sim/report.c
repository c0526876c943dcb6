/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a virtual device counted, in a file: for benchmarks, which see it only from outside. */
#include "sim/device.h"

#include "base/file.h"
#include "base/text.h"

#include <string.h>

#define REPORT_MAX 1024u

enum ub_code ub_sim_report_write(const struct ub_sim_device *device, struct ub_error *err)
{
    struct ub_sim_counts counts;
    char text[REPORT_MAX];
    ub_sim_device_counts(device, &counts);
    const struct {
        const char *name;
        uint64_t value;
    } members[] = {
        {"transfers", counts.transfers},
        {"opens", counts.opens},
        {"erases", counts.erases},
        {"programs", counts.programs},
        {"bit_violations", counts.bit_violations},
        {"busy_us", counts.busy_us},
        {"wire_us", counts.wire_us},
        {"poisoned", counts.poisoned},
        {"early", counts.early},
        {"limit_us", counts.busy_us + counts.wire_us},
    };
    (void)ub_print(text, sizeof(text), "{\"model\": \"%s\"", device->spec.chip->model.name);
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        (void)ub_append(text, sizeof(text), ", \"%s\": %llu", members[i].name,
                        (unsigned long long)members[i].value);
    (void)ub_append(text, sizeof(text), "}\n");
    return ub_file_write(device->spec.report, text, strlen(text), err);
}
