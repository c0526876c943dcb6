/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory maps from a stranger: what is accepted must be a map that the engine can walk. */
#include "loader/memory_map.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_MAX ((size_t)1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct ub_memory_map *map)
{
    uint64_t end = 0;
    unsigned rights = 0;
    if (map->run_count == 0 || map->run_count > UB_MEMORY_MAP_RUNS)
        abort();
    for (size_t i = 0; i < map->run_count; i++) {
        const struct ub_sector_run *run = &map->runs[i];
        if (run->size == 0 || run->count == 0 || run->rights == 0 || run->rights > 7 ||
            run->address < end)
            abort();
        end = run->address + (uint64_t)run->size * run->count;
        if (end > UINT64_C(1) << 32)
            abort();
        rights |= run->rights;
    }
    if (rights != map->rights || memchr(map->name, 0, sizeof(map->name)) == NULL)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > TEXT_MAX)
        return 0;
    struct ub_memory_map map;
    struct ub_error err = {0};
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = 0;
    enum ub_code code = ub_memory_map_parse(text, &map, &err);
    if (code == UB_OK)
        check(&map);
    else if (code != UB_DFU_MEMORY_MAP || err.message[0] == 0)
        abort();
    free(text);
    return 0;
}
