/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/store.h"

struct ub_sim_flash *ub_sim_store_view(struct ub_sim_store *store)
{
    return &store->flashes[store->alt < store->count ? store->alt : 0];
}

bool ub_sim_store_protected(const struct ub_sim_store *store, uint64_t address)
{
    uint32_t number = 0;
    uint32_t size = 0;
    uint64_t start = 0;
    return ub_sim_flash_sector(&store->flashes[0], address, &number, &start, &size) &&
           number < UB_SIM_SECTORS_MAX &&
           ((unsigned)store->wrp[number / 8] >> number % 8 & 1u) != 0;
}

bool ub_sim_store_own(const struct ub_sim_store *store, uint64_t address, size_t length)
{
    const struct ub_sim_memory *model = store->flashes[0].model;
    uint64_t bytes = 0;
    uint32_t left = model->own_sectors;
    for (size_t i = 0; i < model->run_count && left; i++) {
        uint32_t count = left < model->runs[i].count ? left : model->runs[i].count;
        bytes += (uint64_t)count * model->runs[i].size;
        left -= count;
    }
    return length && address < model->base + bytes && address + length > model->base;
}

bool ub_sim_store_balks(struct ub_sim_store *store)
{
    store->offered++;
    return store->dfu->refuse_nth && store->offered % store->dfu->refuse_nth == 0;
}

uint64_t ub_sim_store_program(struct ub_sim_store *store, uint64_t address, const uint8_t *bytes,
                              size_t length)
{
    store->blocks++;
    if (store->silent || (store->drop && store->blocks == store->drop) ||
        ub_sim_store_protected(store, address))
        return 0;
    return ub_sim_flash_program(ub_sim_store_view(store), address, bytes, length);
}

uint64_t ub_sim_store_erase(struct ub_sim_store *store, uint64_t address)
{
    if (store->silent || ub_sim_store_protected(store, address))
        return 0;
    return ub_sim_flash_erase(ub_sim_store_view(store), address);
}

bool ub_sim_store_sticks(struct ub_sim_store *store)
{
    store->downloads++;
    return store->stuck != 0 && store->downloads >= store->stuck;
}
