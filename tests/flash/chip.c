/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "chip.h"

#include "base/bytes.h"
#include "base/error.h"

#include <string.h>

#define KIB 1024u

static struct chip *self(struct ub_loader *loader)
{
    return (struct chip *)(void *)loader;
}

static void spend(struct chip *chip, uint64_t transfers, uint64_t bytes, uint64_t chip_us)
{
    chip->transfers += transfers;
    chip->time.now += transfers * chip->costs.transfer_us +
                      bytes * chip->costs.transfer_kib_us / KIB + chip_us;
}

/** It would boot now: then it has to hold all of the old, or all of the new. */
static void look_at_boot(struct chip *chip)
{
    size_t at = (size_t)(chip->boot_address - CHIP_BASE);
    if (!chip->after || !chip->boot_length ||
        ub_all_bytes(chip->memory + at, chip->boot_length, chip->erased))
        return;
    if (memcmp(chip->memory, chip->before, chip->size) != 0 &&
        memcmp(chip->memory, chip->after, chip->size) != 0)
        chip->faults.booted++;
}

static void demand(struct chip *chip, uint64_t address, size_t length, unsigned right)
{
    if (ub_region_reach(&chip->region, address, right) < length)
        chip->faults.rights++;
}

static enum ub_code chip_read(struct ub_loader *loader, const struct ub_region *region,
                              uint64_t address, uint8_t *data, size_t length, size_t *actual,
                              struct ub_error *err)
{
    struct chip *chip = self(loader);
    const size_t block = chip->target.caps.transfer_size;
    size_t blocks = (length + block - 1) / block;
    demand(chip, address, length, UB_CAN_READ);
    memcpy(data, chip->memory + (address - CHIP_BASE), length);
    if (++chip->calls == chip->lie_at && chip->lie_with)
        memcpy(data, chip->lie_with + (address - CHIP_BASE), length);
    else if (chip->calls == chip->lie_at)
        memset(data, chip->erased, length);
    chip->reads += blocks;
    spend(chip, blocks, length, 0);
    *actual = length;
    return UB_OK;
}

static void erase_range(struct chip *chip, size_t at, size_t length)
{
    memset(chip->memory + at, chip->erased, length);
    memset(chip->touched + at, 1, length);
    memset(chip->programmed + at / chip->unit, 0, length / chip->unit);
}

static enum ub_code chip_erase(struct ub_loader *loader, const struct ub_region *region,
                               uint64_t address, struct ub_error *err)
{
    struct chip *chip = self(loader);
    struct ub_sector sector;
    demand(chip, address, 1, UB_CAN_ERASE);
    if (!ub_region_sector(&chip->region, address, &sector))
        return ub_fail(err, UB_MEM_OUTSIDE, "no sector there");
    erase_range(chip, (size_t)(sector.address - CHIP_BASE), sector.size);
    chip->erases++;
    spend(chip, UB_TALLY_COMMAND, 0,
          chip->costs.erase_sector_us + (uint64_t)sector.size * chip->costs.erase_kib_us / KIB);
    look_at_boot(chip);
    return UB_OK;
}

static enum ub_code chip_erase_all(struct ub_loader *loader, struct ub_error *err)
{
    struct chip *chip = self(loader);
    for (size_t r = 0; r < chip->region.run_count; r++)
        if (chip->runs[r].rights & UB_CAN_ERASE)
            erase_range(chip, (size_t)(chip->runs[r].address - CHIP_BASE),
                        (size_t)chip->runs[r].size * chip->runs[r].count);
    chip->mass_erases++;
    spend(chip, UB_TALLY_COMMAND, 0, chip->costs.erase_all_us);
    look_at_boot(chip);
    return UB_OK;
}

static void program_unit(struct chip *chip, size_t at, const uint8_t *data)
{
    uint8_t *programmed = &chip->programmed[at / chip->unit];
    chip->faults.ecc += chip->ecc && *programmed;
    *programmed = 1;
    for (size_t i = 0; i < chip->unit; i++) {
        const unsigned have = (unsigned)chip->memory[at + i] ^ chip->erased;
        const unsigned want = (unsigned)data[i] ^ chip->erased;
        chip->faults.bits += (have & ~want) != 0;
        chip->memory[at + i] = (uint8_t)((have | want) ^ chip->erased);
    }
}

static enum ub_code chip_write(struct ub_loader *loader, const struct ub_region *region,
                               uint64_t address, const uint8_t *data, size_t length,
                               struct ub_error *err)
{
    struct chip *chip = self(loader);
    const size_t block = chip->target.caps.transfer_size;
    size_t blocks = (length + block - 1) / block;
    size_t at = (size_t)(address - CHIP_BASE);
    demand(chip, address, length, UB_CAN_WRITE);
    chip->faults.torn += at % chip->unit != 0 || length % chip->unit != 0;
    for (size_t i = 0; i + chip->unit <= length; i += chip->unit)
        program_unit(chip, at + i, data + i);
    memset(chip->touched + at, 1, length);
    chip->writes += blocks;
    spend(chip, 3 * blocks, length, (uint64_t)length * chip->costs.write_kib_us / KIB);
    look_at_boot(chip);
    return UB_OK;
}

static enum ub_code chip_commit(struct ub_loader *loader, struct ub_error *err)
{
    return UB_OK;
}

static void chip_last_status(const struct ub_loader *loader, uint8_t *bState, uint8_t *bStatus,
                             uint64_t *transfers)
{
    *bState = *bStatus = 0;
    *transfers = ((const struct chip *)(const void *)loader)->transfers;
}

static const struct ub_loader_ops ops = {
    .name = "chip",
    .read = chip_read,
    .erase = chip_erase,
    .erase_all = chip_erase_all,
    .write = chip_write,
    .commit = chip_commit,
    .abort = chip_commit,
    .last_status = chip_last_status,
};

static void lay_out(struct chip *chip, const struct chip_layout *layout)
{
    uint64_t address = CHIP_BASE;
    for (size_t i = 0; i < layout->run_count; i++) {
        chip->runs[i] = layout->runs[i];
        chip->runs[i].address = address;
        address += (uint64_t)chip->runs[i].size * chip->runs[i].count;
        chip->region.rights |= chip->runs[i].rights;
    }
    chip->size = (size_t)(address - CHIP_BASE);
    chip->region.kind = UB_REGION_FLASH;
    chip->region.runs = chip->runs;
    chip->region.run_count = layout->run_count;
}

void chip_init(struct chip *chip, const struct chip_layout *layout)
{
    memset(chip, 0, sizeof(*chip));
    chip->loader.ops = &ops;
    lay_out(chip, layout);
    chip->unit = layout->unit;
    chip->ecc = layout->ecc;
    chip->erased = layout->erased;
    memset(chip->memory, layout->erased, sizeof(chip->memory));
    chip->family = (struct ub_family){.name = "CHIP",
                                      .has_boot_address = true,
                                      .rom_by_pin = true,
                                      .boot_address = CHIP_BASE,
                                      .costs = {.erase_sector_us = 20000,
                                                .erase_all_us = 500000,
                                                .write_kib_us = 10000,
                                                .transfer_us = 300,
                                                .transfer_kib_us = 800}};
    chip->costs = chip->family.costs;
    chip->env.clock = ub_clock_virtual(&chip->time);
    chip->target = (struct ub_target){.env = &chip->env,
                                      .loader = &chip->loader,
                                      .caps = {.can_read = true,
                                               .can_write = true,
                                               .addressed = true,
                                               .transfer_size = layout->block},
                                      .regions = &chip->region,
                                      .region_count = 1,
                                      .family = &chip->family,
                                      .habits = {.erased_value = layout->erased,
                                                 .program_unit = layout->unit,
                                                 .write_once = layout->ecc}};
}

void chip_load(struct chip *chip, const uint8_t *content)
{
    memcpy(chip->memory, content, chip->size);
    for (size_t at = 0; at < chip->size; at += chip->unit)
        chip->programmed[at / chip->unit] = !ub_all_bytes(content + at, chip->unit, chip->erased);
}

void chip_use(struct chip *chip, size_t offset, size_t length)
{
    for (size_t at = offset; at < offset + length; at += chip->unit)
        chip->programmed[at / chip->unit] = 1;
}

void chip_watch(struct chip *chip, const uint8_t *after, uint64_t boot_address, size_t length)
{
    memcpy(chip->before, chip->memory, chip->size);
    memset(chip->touched, 0, sizeof(chip->touched));
    chip->after = after;
    chip->boot_address = boot_address;
    chip->boot_length = length;
}

bool chip_unharmed(const struct chip *chip)
{
    const struct chip_faults *f = &chip->faults;
    return !f->bits && !f->ecc && !f->torn && !f->rights && !f->booted;
}
