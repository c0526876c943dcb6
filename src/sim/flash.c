/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _DEFAULT_SOURCE
#include "sim/flash.h"

#include "base/bytes.h"
#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static size_t model_size(const struct ub_sim_memory *model)
{
    size_t size = 0;
    for (size_t i = 0; i < model->run_count; i++)
        size += (size_t)model->runs[i].count * model->runs[i].size;
    return size;
}

static void fill_first(struct ub_sim_flash *flash)
{
    const struct ub_sim_memory *model = flash->model;
    memset(flash->bytes, model->erased, flash->size);
    if (model->initial && model->initial_length <= flash->size)
        memcpy(flash->bytes, model->initial, model->initial_length);
}

/* Maps the open, locked file; a new (empty) one is given its size. */
static enum ub_code map_state(struct ub_sim_flash *flash, const char *state, struct ub_error *err)
{
    struct stat st;
    if (fstat(flash->fd, &st) != 0 || !S_ISREG(st.st_mode))
        return ub_fail(err, UB_SIM_STATE, "the state file %s is not a regular file", state);
    bool fresh = st.st_size == 0;
    if (fresh && ftruncate(flash->fd, (off_t)flash->size) != 0)
        return ub_fail(err, UB_SIM_STATE, "cannot make the state file %s: %s", state,
                       strerror(errno));
    if (!fresh && (uint64_t)st.st_size != flash->size)
        return ub_fail(err, UB_SIM_STATE,
                       "the state file %s has %llu bytes, but this device's flash has %llu", state,
                       (unsigned long long)st.st_size, (unsigned long long)flash->size);
    void *map = mmap(NULL, flash->size, PROT_READ | PROT_WRITE, MAP_SHARED, flash->fd, 0);
    if (map == MAP_FAILED)
        return ub_fail(err, UB_SIM_STATE, "cannot map the state file %s: %s", state,
                       strerror(errno));
    flash->bytes = map;
    flash->fresh = fresh;
    if (fresh)
        fill_first(flash);
    return UB_OK;
}

static enum ub_code open_state(struct ub_sim_flash *flash, const char *state, struct ub_error *err)
{
    flash->fd = open(state, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (flash->fd < 0)
        return ub_fail(err, UB_SIM_STATE, "cannot open the state file %s: %s", state,
                       strerror(errno));
    enum ub_code code = UB_OK;
    if (flock(flash->fd, LOCK_EX | LOCK_NB) != 0)
        code = ub_fail(err, UB_SIM_STATE, "the state file %s is in use by another virtual device",
                       state);
    else
        code = map_state(flash, state, err);
    if (code) {
        (void)close(flash->fd);
        flash->fd = -1;
    }
    return code;
}

enum ub_code ub_sim_flash_open(struct ub_sim_flash *flash, const struct ub_sim_memory *model,
                               const char *state, struct ub_error *err)
{
    *flash = (struct ub_sim_flash){.model = model, .size = model_size(model), .fd = -1};
    if (state)
        return open_state(flash, state, err);
    flash->bytes = malloc(flash->size);
    if (!flash->bytes)
        return ub_fail_memory(err);
    flash->fresh = true;
    fill_first(flash);
    return UB_OK;
}

void ub_sim_flash_close(struct ub_sim_flash *flash)
{
    if (flash->bytes && flash->fd >= 0) {
        (void)munmap(flash->bytes, flash->size);
        (void)close(flash->fd);
    } else {
        free(flash->bytes);
    }
    *flash = (struct ub_sim_flash){.fd = -1};
}

bool ub_sim_flash_has(const struct ub_sim_flash *flash, uint64_t address, size_t length)
{
    return address >= flash->model->base && address - flash->model->base <= flash->size &&
           length <= flash->size - (address - flash->model->base);
}

uint8_t *ub_sim_flash_at(const struct ub_sim_flash *flash, uint64_t address)
{
    return flash->bytes + (address - flash->model->base);
}

/* The run that holds `address`; *number becomes the number of the sector, *start its address. */
static const struct ub_sim_run *find_run(const struct ub_sim_flash *flash, uint64_t address,
                                         uint32_t *number, uint64_t *start)
{
    uint64_t at = flash->model->base;
    uint32_t first = 0;
    for (size_t i = 0; i < flash->model->run_count; i++) {
        const struct ub_sim_run *run = &flash->model->runs[i];
        uint64_t bytes = (uint64_t)run->count * run->size;
        if (address >= at && address - at < bytes) {
            uint32_t index = (uint32_t)((address - at) / run->size);
            *number = first + index;
            *start = at + (uint64_t)index * run->size;
            return run;
        }
        at += bytes;
        first += run->count;
    }
    return NULL;
}

bool ub_sim_flash_sector(const struct ub_sim_flash *flash, uint64_t address, uint32_t *number,
                         uint64_t *start, uint32_t *size)
{
    const struct ub_sim_run *run = find_run(flash, address, number, start);
    if (run)
        *size = run->size;
    return run != NULL;
}

uint64_t ub_sim_flash_erase(struct ub_sim_flash *flash, uint64_t address)
{
    uint32_t number = 0;
    uint64_t start = 0;
    const struct ub_sim_run *run = find_run(flash, address, &number, &start);
    if (!run)
        return 0;
    memset(ub_sim_flash_at(flash, start), flash->model->erased, run->size);
    flash->erases++;
    flash->busy_us += run->erase_us;
    return run->erase_us;
}

uint64_t ub_sim_flash_erase_all(struct ub_sim_flash *flash)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < flash->model->run_count; i++) {
        flash->erases += flash->model->runs[i].count;
        sum += (uint64_t)flash->model->runs[i].count * flash->model->runs[i].erase_us;
    }
    memset(flash->bytes, flash->model->erased, flash->size);
    uint64_t us = flash->model->mass_erase_us ? flash->model->mass_erase_us : sum;
    flash->busy_us += us;
    return us;
}

static void program_and(struct ub_sim_flash *flash, uint8_t *to, const uint8_t *bytes,
                        size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] & (uint8_t)~to[i])
            flash->violations++;
        to[i] &= bytes[i];
    }
}

uint64_t ub_sim_flash_program(struct ub_sim_flash *flash, uint64_t address, const uint8_t *bytes,
                              size_t length)
{
    uint8_t *to = ub_sim_flash_at(flash, address);
    if (flash->model->kind == UB_SIM_FLASH || flash->model->kind == UB_SIM_OTP)
        program_and(flash, to, bytes, length);
    else if (length)
        memcpy(to, bytes, length);
    uint64_t units = (length + flash->model->unit - 1) / flash->model->unit;
    uint64_t us = (units * flash->model->unit_ns + 999) / 1000;
    flash->programs += units;
    flash->busy_us += us;
    return us;
}

bool ub_sim_flash_blank(const struct ub_sim_flash *flash)
{
    return ub_all_bytes(flash->bytes, flash->size, flash->model->erased);
}
