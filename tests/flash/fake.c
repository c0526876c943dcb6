/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fake.h"

#include "base/error.h"

#include <string.h>

static struct fake *self(struct ub_loader *loader)
{
    return (struct fake *)(void *)loader;
}

static enum ub_code note(struct fake *fake, enum fake_what what, uint64_t address, size_t length,
                         struct ub_error *err)
{
    if (fake->count < FAKE_LOG)
        fake->log[fake->count++] = (struct fake_entry){what, address, length};
    if (fake->fail_at && fake->count == fake->fail_at)
        return ub_fail(err, UB_USB_IO, "made to fail");
    return UB_OK;
}

static enum ub_code fake_read(struct ub_loader *loader, const struct ub_region *region,
                              uint64_t address, uint8_t *data, size_t length, size_t *actual,
                              struct ub_error *err)
{
    struct fake *fake = self(loader);
    enum ub_code code = note(fake, FAKE_READ, address, length, err);
    if (!code)
        memcpy(data, fake->memory + (address - FAKE_BASE), length);
    *actual = code ? 0 : length;
    return code;
}

static enum ub_code fake_erase(struct ub_loader *loader, const struct ub_region *region,
                               uint64_t address, struct ub_error *err)
{
    struct fake *fake = self(loader);
    enum ub_code code = note(fake, FAKE_ERASE, address, 0, err);
    uint64_t sector = (address - FAKE_BASE) / FAKE_SECTOR;
    if (!code)
        memset(fake->memory + sector * FAKE_SECTOR, 0xff, FAKE_SECTOR);
    return code;
}

static enum ub_code fake_erase_all(struct ub_loader *loader, struct ub_error *err)
{
    struct fake *fake = self(loader);
    enum ub_code code = note(fake, FAKE_ERASE_ALL, 0, 0, err);
    if (!code)
        memset(fake->memory, 0xff, FAKE_SIZE);
    return code;
}

static enum ub_code fake_write(struct ub_loader *loader, const struct ub_region *region,
                               uint64_t address, const uint8_t *data, size_t length,
                               struct ub_error *err)
{
    struct fake *fake = self(loader);
    enum ub_code code = note(fake, FAKE_WRITE, address, length, err);
    for (size_t i = 0; !code && !fake->silent && i < length; i++) {
        uint8_t *cell = &fake->memory[address - FAKE_BASE + i];
        fake->bit_violations += (data[i] & ~*cell) != 0;
        *cell &= data[i];
    }
    return code;
}

static enum ub_code fake_commit(struct ub_loader *loader, struct ub_error *err)
{
    return note(self(loader), FAKE_COMMIT, 0, 0, err);
}

static enum ub_code fake_abort(struct ub_loader *loader, struct ub_error *err)
{
    return note(self(loader), FAKE_ABORT, 0, 0, err);
}

static const struct ub_loader_ops fake_ops = {
    .name = "fake",
    .read = fake_read,
    .erase = fake_erase,
    .erase_all = fake_erase_all,
    .write = fake_write,
    .commit = fake_commit,
    .abort = fake_abort,
};

void fake_init(struct fake *fake, uint8_t fill)
{
    memset(fake, 0, sizeof(*fake));
    fake->loader.ops = &fake_ops;
    memset(fake->memory, fill, FAKE_SIZE);
    fake->runs[0] = (struct ub_sector_run){
        .address = FAKE_BASE, .size = FAKE_SECTOR, .count = FAKE_SECTORS, .rights = 7};
    fake->option_runs[0] = (struct ub_sector_run){
        .address = 0x1fffc000, .size = 16, .count = 1, .rights = 5};
    fake->regions[0] = (struct ub_region){.alt = 0,
                                          .kind = UB_REGION_FLASH,
                                          .name = "Internal Flash",
                                          .runs = fake->runs,
                                          .run_count = 1,
                                          .rights = 7};
    fake->regions[1] = (struct ub_region){.alt = 1,
                                          .kind = UB_REGION_OPTION,
                                          .name = "Option Bytes",
                                          .runs = fake->option_runs,
                                          .run_count = 1,
                                          .rights = 5};
    fake->family = (struct ub_family){.name = "FAKE",
                                      .has_boot_address = true,
                                      .rom_by_pin = true,
                                      .boot_address = FAKE_BASE,
                                      .costs = {.erase_sector_us = 1000, .write_kib_us = 1000}};
    fake->env.clock = ub_clock_virtual(&fake->time);
    fake->target = (struct ub_target){.env = &fake->env,
                                      .habits = {.erased_value = 0xff},
                                      .loader = &fake->loader,
                                      .caps = {.can_read = true,
                                               .can_write = true,
                                               .addressed = true,
                                               .transfer_size = FAKE_BLOCK},
                                      .regions = fake->regions,
                                      .region_count = 2,
                                      .family = &fake->family};
}

size_t fake_count(const struct fake *fake, enum fake_what what)
{
    size_t count = 0;
    for (size_t i = 0; i < fake->count; i++)
        count += fake->log[i].what == what;
    return count;
}
