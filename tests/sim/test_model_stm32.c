/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every model of an STM32, walked: what it shows, what it is, and that the two agree. */
#include "bench.h"

#include "loader/memory_map.h"

#include <ctype.h>

/* Whose memory map is not what it has: that is their defect. */
static const char *const liars[] = {"stm32f767"};

static bool lies(const struct ub_sim_chip *chip)
{
    for (size_t i = 0; i < sizeof(liars) / sizeof(liars[0]); i++)
        if (strcmp(chip->model.name, liars[i]) == 0)
            return true;
    return false;
}

/* The STM32 number `index`, or NULL. */
static const struct ub_sim_chip *stm32_at(size_t index)
{
    for (size_t i = 0; ub_sim_chip_at(i); i++)
        if (strncmp(ub_sim_chip_at(i)->model.name, "stm32", 5) == 0 && index-- == 0)
            return ub_sim_chip_at(i);
    return NULL;
}

static void all_that_were_promised_are_there(void **state)
{
    (void)state;
    static const char *const names[] = {
        "stm32f405", "stm32f411",  "stm32f427", "stm32f72x", "stm32f745", "stm32f767",
        "stm32h743", "stm32h743v", "stm32l4",   "stm32l0",   "stm32l1",   "stm32g4",
        "stm32u5",   "stm32c5",    "stm32f072", "stm32f103", "stm32wb55"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (!ub_sim_chip_find(names[i], strlen(names[i])))
            fail_msg("there is no %s", names[i]);
}

static void names_are_unique_and_titles_readable(void **state)
{
    (void)state;
    for (size_t i = 0; ub_sim_chip_at(i); i++) {
        const struct ub_sim_model *model = &ub_sim_chip_at(i)->model;
        assert_ptr_equal(ub_sim_chip_find(model->name, strlen(model->name)), ub_sim_chip_at(i));
        if (strlen(model->name) > 21 || strlen(model->title) > 90 || strlen(model->title) < 20)
            fail_msg("%s: \"%s\" does not fit the list", model->name, model->title);
    }
}

static void show_themselves_as_st_devices(void **state)
{
    (void)state;
    const struct ub_sim_chip *chip = NULL;
    for (size_t i = 0; (chip = stm32_at(i)) != NULL; i++) {
        assert_int_equal(chip->dfu_identity.vid, 0x0483);
        assert_int_equal(chip->dfu_identity.pid, 0xdf11);
        assert_true(chip->dfu_identity.bcdDevice == 0x2200 ||
                    chip->dfu_identity.bcdDevice == 0x0200);
        assert_int_equal(strlen(chip->serial), 12);
        for (size_t c = 0; c < 12; c++)
            assert_true(isxdigit((unsigned char)chip->serial[c]));
        assert_true(chip->dfu.dfuse);
        assert_int_equal(chip->dfu.bcdDFUVersion, 0x011a);
        assert_int_equal(chip->dfu.bmAttributes, 0x0b);
        assert_int_equal(chip->dfu.status_length, 6);
        assert_true(chip->dfu.wTransferSize == 1024 || chip->dfu.wTransferSize == 2048);
        assert_true(chip->memory_count >= 1 && chip->memory_count <= UB_SIM_MEMORIES_MAX);
        assert_int_equal(chip->memories[0].kind, UB_SIM_FLASH);
        assert_int_equal(chip->memories[0].base, 0x08000000);
    }
    assert_true(lies(ub_sim_chip_find("stm32f767", 9)));
}

static const enum ub_region_kind kinds[] = {[UB_SIM_FLASH] = UB_REGION_FLASH,
                                            [UB_SIM_OPTION] = UB_REGION_OPTION,
                                            [UB_SIM_OTP] = UB_REGION_OTP,
                                            [UB_SIM_PLAIN] = UB_REGION_OTHER};

static uint64_t map_size(const struct ub_memory_map *map)
{
    uint64_t size = 0;
    for (size_t i = 0; i < map->run_count; i++)
        size += (uint64_t)map->runs[i].count * map->runs[i].size;
    return size;
}

/* Every sector of the map is a sector of the memory. */
static void compare_sectors(const struct ub_sim_chip *chip, const struct ub_memory_map *map,
                            const struct ub_sim_flash *flash)
{
    for (size_t i = 0; i < map->run_count; i++) {
        const struct ub_sector_run *run = &map->runs[i];
        for (uint32_t n = 0; n < run->count; n++) {
            uint32_t number = 0;
            uint32_t size = 0;
            uint64_t start = 0;
            uint64_t at = run->address + (uint64_t)n * run->size;
            if (!ub_sim_flash_sector(flash, at, &number, &start, &size) || start != at ||
                size != run->size)
                fail_msg("%s: no sector of %u bytes at %#llx", chip->model.name, run->size,
                         (unsigned long long)at);
            /* What the map calls read-only is the bootloader's own, and nothing else is. */
            bool own = flash->model->kind == UB_SIM_FLASH && number < flash->model->own_sectors;
            assert_int_equal(own, (run->rights & UB_CAN_WRITE) == 0);
        }
    }
}

static void have_what_their_maps_show(void **state)
{
    (void)state;
    const struct ub_sim_chip *chip = NULL;
    for (size_t i = 0; (chip = stm32_at(i)) != NULL; i++) {
        for (size_t m = 0; m < chip->memory_count; m++) {
            struct ub_memory_map map;
            struct ub_sim_flash flash;
            struct ub_error err = {0};
            const char *name = chip->memories[m].name;
            assert_true(strlen(name) <= 126);
            if (ub_memory_map_parse(name, &map, &err))
                fail_msg("%s: %s", name, err.message);
            assert_int_equal(ub_sim_flash_open(&flash, &chip->memories[m], NULL, &err), UB_OK);
            if (chip->memories[m].kind != UB_SIM_PLAIN)
                assert_int_equal(map.kind, kinds[chip->memories[m].kind]);
            assert_int_equal(map_size(&map), flash.size);
            if (m != 0 || !lies(chip))
                compare_sectors(chip, &map, &flash);
            ub_sim_flash_close(&flash);
        }
    }
}

static void memories_are_sane(void **state)
{
    (void)state;
    const struct ub_sim_chip *chip = NULL;
    for (size_t i = 0; (chip = stm32_at(i)) != NULL; i++) {
        for (size_t m = 0; m < chip->memory_count; m++) {
            const struct ub_sim_memory *memory = &chip->memories[m];
            size_t size = 0;
            assert_true(memory->unit != 0 && memory->unit_ns != 0);
            assert_true(memory->unit_slow_ns == 0 || memory->unit_slow_ns >= memory->unit_ns);
            assert_true(memory->mass_erase_slow_us == 0 ||
                        memory->mass_erase_slow_us >= memory->mass_erase_us);
            assert_true(memory->zone_run < memory->run_count);
            for (size_t r = 0; r < memory->run_count; r++) {
                const struct ub_sim_run *run = &memory->runs[r];
                size += (size_t)run->count * run->size;
                assert_int_equal(run->erase_us != 0, memory->kind == UB_SIM_FLASH);
                assert_true(run->erase_slow_us == 0 || run->erase_slow_us >= run->erase_us);
                if (memory->kind == UB_SIM_FLASH)
                    assert_int_equal(run->size % memory->unit, 0);
            }
            assert_true(memory->initial_length <= size);
            assert_int_equal(memory->launches, memory->kind == UB_SIM_OPTION);
            if (memory->kind == UB_SIM_FLASH)
                assert_int_equal(chip->dfu.wTransferSize % memory->unit, 0);
        }
    }
}

/* As wide as the vault and the wire know them: a block of each is a multiple of its unit, and the
 * parts with ECC are those whose data sheets say so. */
static void ecc_is_where_it_belongs(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint8_t unit;
    } ecc[] = {{"stm32h743", 32}, {"stm32h743v", 32}, {"stm32h743v-lost", 32}, {"stm32l4", 8},
               {"stm32g4", 8},    {"stm32u5", 16},    {"stm32c5", 16},         {"stm32wb55", 8}};
    size_t found = 0;
    const struct ub_sim_chip *chip = NULL;
    for (size_t i = 0; (chip = stm32_at(i)) != NULL; i++) {
        bool expected = false;
        for (size_t e = 0; e < sizeof(ecc) / sizeof(ecc[0]); e++)
            if (strcmp(chip->model.name, ecc[e].name) == 0) {
                expected = true;
                assert_int_equal(chip->memories[0].unit, ecc[e].unit);
                found++;
            }
        assert_int_equal(chip->memories[0].ecc, expected);
    }
    assert_int_equal(found, sizeof(ecc) / sizeof(ecc[0]));
}

/* Each is found on a bus, answers, and starts a firmware that lies where its firmware lies. */
static void arrive_and_run_what_would_run(void **state)
{
    (void)state;
    const struct ub_sim_chip *chip = NULL;
    for (size_t i = 0; (chip = stm32_at(i)) != NULL; i++) {
        struct bench b;
        bench_open(&b, chip->model.name);
        assert_int_equal(get_state(&b), chip->dfu.first_state);
        make_idle(&b);
        uint64_t at = 0x08000000 + (chip->memories[0].own_sectors ? 0x3000u : 0);
        uint8_t *vectors = ub_sim_device_memory(b.device, at, 8);
        const uint8_t *bytes = b.device->store.flashes[0].bytes;
        size_t size = b.device->store.flashes[0].size;
        assert_false(chip->runs(bytes, size));
        ub_put_u32le(vectors, 0x20001000);
        ub_put_u32le(vectors + 4, 0x08000001u + 0x3000u);
        assert_true(chip->runs(bytes, size));
        ub_put_u32le(vectors, 0x40000000); /* no memory for a stack */
        assert_false(chip->runs(bytes, size));
        ub_put_u32le(vectors, 0x20001000);
        ub_put_u32le(vectors + 4, 0x08003000u); /* not Thumb */
        assert_false(chip->runs(bytes, size));
        ub_put_u32le(vectors + 4, 0x09000001u); /* beyond the flash */
        assert_false(chip->runs(bytes, size));
        bench_close(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_were_promised_are_there),
        cmocka_unit_test(names_are_unique_and_titles_readable),
        cmocka_unit_test(show_themselves_as_st_devices),
        cmocka_unit_test(have_what_their_maps_show),
        cmocka_unit_test(memories_are_sane),
        cmocka_unit_test(ecc_is_where_it_belongs),
        cmocka_unit_test(arrive_and_run_what_would_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
