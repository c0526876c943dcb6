/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loader/dfu_open.h"

/* The first row that speaks what is behind the interface wins. */
static const struct ub_loader_ops *const loaders[] = {
    &dfuse_ops,
    &dfu_10_ops,
    &dfu_plain_ops,
};

const struct ub_loader_ops *ub_loader_for(const struct ub_dfu_interface *interface)
{
    if (interface->mode != UB_MODE_DFU)
        return NULL;
    for (size_t i = 0; i < sizeof(loaders) / sizeof(loaders[0]); i++)
        if (loaders[i]->speaks(interface))
            return loaders[i];
    return NULL;
}
