/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/model.h"

#include <string.h>

/* In the order in which people look through them. */
static const struct ub_sim_chip_group *const groups[] = {
    &ub_sim_group_stm32f405, &ub_sim_group_stm32f4,  &ub_sim_group_stm32f7, &ub_sim_group_stm32h7,
    &ub_sim_group_stm32l,    &ub_sim_group_stm32new, &ub_sim_group_stm32f0, &ub_sim_group_gd32,
    &ub_sim_group_at32,      &ub_sim_group_apm32,    &ub_sim_group_dfu,     &ub_sim_group_odd,
};

const struct ub_sim_chip *ub_sim_chip_at(size_t index)
{
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        if (index < groups[i]->count)
            return &groups[i]->chips[index];
        index -= groups[i]->count;
    }
    return NULL;
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
