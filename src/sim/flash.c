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

/* The bitmaps of a memory whose units have ECC. */
static bool open_units(struct ub_sim_flash *flash)
{
    if (!flash->model->ecc)
        return true;
    size_t bytes = flash->size / flash->model->unit / 8 + 1;
    flash->used = calloc(1, bytes);
    flash->poison = calloc(1, bytes);
    return flash->used && flash->poison;
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

static enum ub_code open_heap(struct ub_sim_flash *flash, struct ub_error *err)
{
    flash->bytes = malloc(flash->size);
    if (!flash->bytes)
        return ub_fail_memory(err);
    flash->fresh = true;
    fill_first(flash);
    return UB_OK;
}

enum ub_code ub_sim_flash_open(struct ub_sim_flash *flash, const struct ub_sim_memory *model,
                               const char *state, struct ub_error *err)
{
    *flash = (struct ub_sim_flash){.model = model, .size = model_size(model), .fd = -1};
    enum ub_code code = open_units(flash) ? UB_OK : ub_fail_memory(err);
    if (!code)
        code = state ? open_state(flash, state, err) : open_heap(flash, err);
    if (code)
        ub_sim_flash_close(flash);
    return code;
}

void ub_sim_flash_close(struct ub_sim_flash *flash)
{
    if (flash->bytes && flash->fd >= 0) {
        (void)munmap(flash->bytes, flash->size);
        (void)close(flash->fd);
    } else {
        free(flash->bytes);
    }
    free(flash->used);
    free(flash->poison);
    *flash = (struct ub_sim_flash){.fd = -1};
}

/* A run, and where its first sector lies. */
struct place {
    const struct ub_sim_run *run;
    uint64_t address;
    size_t offset; /* in flash->bytes */
    uint32_t number;
};

static struct place first_place(const struct ub_sim_flash *flash)
{
    return (struct place){.run = flash->model->runs, .address = flash->model->base};
}

static bool past_end(const struct ub_sim_flash *flash, const struct place *place)
{
    return place->run == flash->model->runs + flash->model->run_count;
}

static size_t run_size(const struct ub_sim_run *run)
{
    return (size_t)run->count * run->size;
}

static void next_place(const struct ub_sim_flash *flash, struct place *place)
{
    size_t size = run_size(place->run);
    place->number += place->run->count;
    place->offset += size;
    place->address += size;
    place->run++;
    size_t index = (size_t)(place->run - flash->model->runs);
    if (flash->model->zone_run && index == flash->model->zone_run)
        place->address = flash->model->zone_base;
}

/* The run that holds `address`; false outside the memory. */
static bool find_place(const struct ub_sim_flash *flash, uint64_t address, struct place *place)
{
    for (*place = first_place(flash); !past_end(flash, place); next_place(flash, place))
        if (address >= place->address && address - place->address < run_size(place->run))
            return true;
    return false;
}

size_t ub_sim_flash_left(const struct ub_sim_flash *flash, uint64_t address)
{
    struct place place;
    if (!find_place(flash, address, &place))
        return 0;
    size_t left = run_size(place.run) - (size_t)(address - place.address);
    uint64_t end = place.address + run_size(place.run);
    for (next_place(flash, &place); !past_end(flash, &place) && place.address == end;
         next_place(flash, &place)) {
        left += run_size(place.run);
        end += run_size(place.run);
    }
    return left;
}

bool ub_sim_flash_has(const struct ub_sim_flash *flash, uint64_t address, size_t length)
{
    size_t left = ub_sim_flash_left(flash, address);
    return left != 0 && length <= left;
}

static size_t offset_of(const struct ub_sim_flash *flash, uint64_t address)
{
    struct place place;
    return find_place(flash, address, &place) ? place.offset + (size_t)(address - place.address)
                                              : 0;
}

uint8_t *ub_sim_flash_at(const struct ub_sim_flash *flash, uint64_t address)
{
    return flash->bytes + offset_of(flash, address);
}

bool ub_sim_flash_sector(const struct ub_sim_flash *flash, uint64_t address, uint32_t *number,
                         uint64_t *start, uint32_t *size)
{
    struct place place;
    if (!find_place(flash, address, &place))
        return false;
    uint32_t index = (uint32_t)((address - place.address) / place.run->size);
    *number = place.number + index;
    *start = place.address + (uint64_t)index * place.run->size;
    *size = place.run->size;
    return true;
}

/* A time of the model at the speed at which the memory works. */
static uint64_t paced(const struct ub_sim_flash *flash, uint64_t typical, uint64_t slow)
{
    if (!flash->slow)
        return typical;
    return slow ? slow : typical * 2;
}

static uint64_t erase_time(const struct ub_sim_flash *flash, const struct ub_sim_run *run)
{
    return paced(flash, run->erase_us, run->erase_slow_us);
}

uint64_t ub_sim_flash_erase_us(const struct ub_sim_flash *flash, uint64_t address)
{
    struct place place;
    return find_place(flash, address, &place) ? erase_time(flash, place.run) : 0;
}

static bool bit_at(const uint8_t *bits, size_t index)
{
    return ((unsigned)bits[index / 8] >> index % 8 & 1u) != 0;
}

static void set_bit(uint8_t *bits, size_t index, bool to)
{
    uint8_t mask = (uint8_t)(1u << index % 8);
    bits[index / 8] = (uint8_t)(to ? bits[index / 8] | mask : bits[index / 8] & ~mask);
}

/* Makes [offset, offset + length) erased, units and all. */
static void blank(struct ub_sim_flash *flash, size_t offset, size_t length)
{
    const struct ub_sim_memory *model = flash->model;
    memset(flash->bytes + offset, model->erased, length);
    for (size_t unit = offset / model->unit; model->ecc && unit < (offset + length) / model->unit;
         unit++) {
        set_bit(flash->used, unit, false);
        set_bit(flash->poison, unit, false);
    }
}

uint64_t ub_sim_flash_erase(struct ub_sim_flash *flash, uint64_t address)
{
    uint32_t number = 0;
    uint32_t size = 0;
    uint64_t start = 0;
    if (!ub_sim_flash_sector(flash, address, &number, &start, &size))
        return 0;
    uint64_t us = ub_sim_flash_erase_us(flash, address);
    blank(flash, offset_of(flash, start), size);
    flash->erases++;
    flash->busy_us += us;
    return us;
}

uint64_t ub_sim_flash_erase_all(struct ub_sim_flash *flash)
{
    const struct ub_sim_memory *model = flash->model;
    uint64_t sum = 0;
    size_t own = 0; /* bytes of the bootloader itself */
    struct place place = first_place(flash);
    for (; !past_end(flash, &place); next_place(flash, &place)) {
        uint32_t kept = model->own_sectors > place.number ? model->own_sectors - place.number : 0;
        kept = kept < place.run->count ? kept : place.run->count;
        own += (size_t)kept * place.run->size;
        flash->erases += place.run->count - kept;
        sum += (uint64_t)(place.run->count - kept) * erase_time(flash, place.run);
    }
    blank(flash, own, flash->size - own);
    uint64_t us = model->mass_erase_us
                      ? paced(flash, model->mass_erase_us, model->mass_erase_slow_us)
                      : sum;
    flash->busy_us += us;
    return us;
}

/* A unit with ECC bears one programming; another one spoils it, whatever it writes. */
static void use_units(struct ub_sim_flash *flash, size_t first, size_t last)
{
    const struct ub_sim_memory *model = flash->model;
    for (size_t unit = first; unit <= last; unit++) {
        const uint8_t *bytes = flash->bytes + unit * model->unit;
        if (!bit_at(flash->used, unit) && ub_all_bytes(bytes, model->unit, model->erased)) {
            set_bit(flash->used, unit, true);
            continue;
        }
        if (!bit_at(flash->poison, unit))
            flash->poisoned++;
        set_bit(flash->poison, unit, true);
    }
}

/* Programming turns bits away from the erased value and never back. */
static void program_bits(struct ub_sim_flash *flash, uint8_t *to, const uint8_t *bytes,
                         size_t length)
{
    bool sets = flash->model->erased == 0;
    for (size_t i = 0; i < length; i++) {
        uint8_t after = (uint8_t)(sets ? to[i] | bytes[i] : to[i] & bytes[i]);
        if (after != bytes[i])
            flash->violations++;
        to[i] = after;
    }
}

uint64_t ub_sim_flash_program(struct ub_sim_flash *flash, uint64_t address, const uint8_t *bytes,
                              size_t length)
{
    const struct ub_sim_memory *model = flash->model;
    size_t offset = offset_of(flash, address);
    if (length == 0)
        return 0;
    size_t first = offset / model->unit;
    size_t last = (offset + length - 1) / model->unit;
    if (model->ecc)
        use_units(flash, first, last);
    if (model->kind == UB_SIM_FLASH || model->kind == UB_SIM_OTP)
        program_bits(flash, flash->bytes + offset, bytes, length);
    else
        memcpy(flash->bytes + offset, bytes, length);
    uint64_t units = last - first + 1;
    uint64_t us = (units * paced(flash, model->unit_ns, model->unit_slow_ns) + 999) / 1000;
    flash->programs += units;
    flash->busy_us += us;
    return us;
}

bool ub_sim_flash_poisoned(const struct ub_sim_flash *flash, uint64_t address, size_t length)
{
    const struct ub_sim_memory *model = flash->model;
    if (!model->ecc || length == 0)
        return false;
    size_t offset = offset_of(flash, address);
    for (size_t unit = offset / model->unit; unit <= (offset + length - 1) / model->unit; unit++)
        if (bit_at(flash->poison, unit))
            return true;
    return false;
}

bool ub_sim_flash_blank(const struct ub_sim_flash *flash)
{
    return ub_all_bytes(flash->bytes, flash->size, flash->model->erased);
}
