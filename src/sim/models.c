/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/model.h"

#include <string.h>

const struct ub_sim_chip *ub_sim_chip_at(size_t index)
{
    if (index == 0)
        return &ub_sim_chip_stm32f405;
    return index - 1 < ub_sim_chips_dfu_count ? &ub_sim_chips_dfu[index - 1] : NULL;
}

const struct ub_sim_chip *ub_sim_chip_find(const char *name, size_t length)
{
    for (size_t i = 0; ub_sim_chip_at(i); i++) {
        const struct ub_sim_chip *chip = ub_sim_chip_at(i);
        if (strlen(chip->model.name) == length && memcmp(chip->model.name, name, length) == 0)
            return chip;
    }
    return NULL;
}

const struct ub_sim_model *ub_sim_model_at(size_t index)
{
    const struct ub_sim_chip *chip = ub_sim_chip_at(index);
    return chip ? &chip->model : NULL;
}
