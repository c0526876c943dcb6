/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which way is taken, and what is said of the others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chip.h"

#include <stdlib.h>
#include <string.h>

#define ALL (UB_CAN_READ | UB_CAN_WRITE | UB_CAN_ERASE)

static struct chip chip;
static uint8_t image[CHIP_MOST];

/** Eight sectors of 4 KiB in blocks of 1 KiB. */
static const struct chip_layout eight = {
    .runs = {{.size = 4096, .count = 8, .rights = ALL}},
    .run_count = 1,
    .block = 1024,
    .unit = 4,
    .erased = 0xff,
};

/** 512 sectors of 128 bytes in blocks of 2 KiB, erased to 0. */
static const struct chip_layout tiny = {
    .runs = {{.size = 128, .count = 512, .rights = ALL}},
    .run_count = 1,
    .block = 2048,
    .unit = 4,
    .erased = 0x00,
};

static void fill(uint8_t *bytes, size_t length, uint8_t seed)
{
    for (size_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)(1 + (seed + i * 7 + i / 251) % 254);
}

static struct ub_plan *plan_for(size_t offset, size_t length,
                                const struct ub_flash_options *options,
                                const struct ub_backup *known)
{
    struct ub_piece piece = {&chip.region, CHIP_BASE + offset, length, image + offset};
    const struct ub_placement placement = {.pieces = &piece, .count = 1};
    const struct ub_plan_wish wish = {.placement = &placement, .options = options, .known = known};
    struct ub_plan *plan = NULL;
    chip.reads = 0;
    assert_int_equal(ub_plan_build(&chip.target, &wish, &plan, NULL), UB_OK);
    return plan;
}

static void carry_out(struct ub_plan *plan)
{
    enum ub_left left = UB_LEFT_UNCHANGED;
    assert_int_equal(ub_plan_execute(plan, &chip.target, &left, NULL), UB_OK);
    assert_int_equal(ub_plan_verify(plan, &chip.target, NULL), UB_OK);
    assert_true(chip_unharmed(&chip));
}

/** What is said of one way; false if it was not considered. */
static bool find(const struct ub_plan *plan, const char *way, struct ub_plan_choice *out)
{
    for (size_t i = 0; ub_plan_choice(plan, i, out); i++)
        if (strcmp(out->way, way) == 0)
            return true;
    return false;
}

static const char *chosen(const struct ub_plan *plan)
{
    struct ub_plan_choice choice;
    for (size_t i = 0; ub_plan_choice(plan, i, &choice); i++)
        if (choice.chosen)
            return choice.way;
    return "";
}

static struct ub_backup *back_up(void)
{
    struct ub_backup *backup = ub_backup_new(1);
    assert_non_null(backup);
    backup->info.readings = 2;
    backup->info.parts[0] = (struct ub_backup_part){
        .has_address = true, .address = CHIP_BASE, .length = chip.size};
    backup->contents[0] = malloc(chip.size);
    assert_non_null(backup->contents[0]);
    memcpy(backup->contents[0], chip.memory, chip.size);
    return backup;
}

static void what_a_backup_knows_is_compared_for_nothing(void **state)
{
    static const struct ub_flash_options plain;
    struct ub_plan_choice whole;
    struct ub_plan_choice all;
    chip_init(&chip, &eight);
    fill(image, chip.size, 1);
    chip_load(&chip, image);
    chip.memory[5 * 4096 + 7] ^= 0xff;
    struct ub_backup *backup = back_up();
    struct ub_plan *plan = plan_for(0, chip.size, &plain, backup);
    assert_int_equal(chip.reads, 0);
    assert_string_equal(chosen(plan), "difference");
    assert_true(find(plan, "whole", &whole));
    assert_true(whole.allowed && whole.predicted_us > plan->info.predicted_us);
    assert_string_equal(whole.why, "dearer");
    assert_true(find(plan, "erase all", &all));
    assert_false(all.allowed);
    assert_non_null(strstr(all.why, "--erase-all"));
    /* the mass erase, 32 blocks, and 32 blocks read back, as this chip would really take it */
    uint64_t really = 500000 + 32 * 10000 + 32 * 3 * 300 + 32 * 800 + 32 * (300 + 800);
    assert_true(all.predicted_us >= really && all.predicted_us <= really + 12 * 300);
    assert_int_equal(plan->info.sectors_erased, 1);
    ub_plan_free(plan);
    ub_backup_free(backup);
}

static void without_a_backup_one_block_of_each_sector_tells(void **state)
{
    static const struct ub_flash_options no_backup = {.no_backup = true};
    chip_init(&chip, &eight);
    fill(chip.memory, chip.size, 99);
    fill(image, chip.size, 1);
    struct ub_plan *plan = plan_for(0, chip.size, &no_backup, NULL);
    assert_int_equal(chip.reads, 8);
    assert_string_equal(chosen(plan), "difference");
    assert_int_equal(plan->info.sectors_erased, 8);
    ub_plan_free(plan);
    /* a plan alone looks at everything, as flash would by its backup */
    struct ub_piece piece = {&chip.region, CHIP_BASE, chip.size, image};
    const struct ub_placement placement = {.pieces = &piece, .count = 1};
    static const struct ub_flash_options plain;
    const struct ub_plan_wish wish = {.placement = &placement, .options = &plain, .foretold = true};
    chip.reads = 0;
    assert_int_equal(ub_plan_build(&chip.target, &wish, &plan, NULL), UB_OK);
    assert_int_equal(chip.reads, 32);
    ub_plan_free(plan);
}

/* Reading a block costs an eighth of erasing and writing a sector: one sector in eight has to be
 * equal, and nine samples of 64 sectors show that none is. */
static void looking_that_does_not_pay_ends_early(void **state)
{
    static const struct chip_layout many = {
        .runs = {{.size = 1024, .count = 64, .rights = ALL}},
        .run_count = 1,
        .block = 1024,
        .unit = 4,
        .erased = 0xff,
    };
    static const struct ub_flash_options no_backup = {.no_backup = true};
    struct ub_plan_choice choice;
    chip_init(&chip, &many);
    chip.family.costs = (struct ub_costs){
        .erase_sector_us = 4000, .write_kib_us = 1000, .transfer_us = 100, .transfer_kib_us = 800};
    fill(chip.memory, chip.size, 99);
    fill(image, chip.size, 1);
    struct ub_plan *plan = plan_for(0, chip.size, &no_backup, NULL);
    assert_true(chip.reads >= 7 && chip.reads <= 10);
    assert_string_equal(chosen(plan), "whole");
    assert_int_equal(plan->info.sectors_erased, 64);
    assert_true(find(plan, "difference", &choice));
    assert_true(choice.predicted_us > plan->info.predicted_us);
    ub_plan_free(plan);

    /* one equal sector among the samples, and all are looked at */
    memcpy(chip.memory + 32 * 1024, image + 32 * 1024, 4 * 1024);
    plan = plan_for(0, chip.size, &no_backup, NULL);
    assert_string_equal(chosen(plan), "difference");
    assert_int_equal(chip.reads, 64);
    assert_int_equal(plan->info.sectors_erased, 60);
    ub_plan_free(plan);
}

static void whole_is_what_was_asked_for(void **state)
{
    static const struct ub_flash_options whole = {.no_backup = true, .whole = true};
    struct ub_plan_choice choice;
    chip_init(&chip, &eight);
    fill(image, chip.size, 1);
    chip_load(&chip, image);
    struct ub_plan *plan = plan_for(0, chip.size, &whole, NULL);
    assert_int_equal(chip.reads, 0);
    assert_string_equal(chosen(plan), "whole");
    assert_true(find(plan, "whole", &choice));
    assert_string_equal(choice.why, "asked for by --whole");
    assert_false(find(plan, "difference", &choice));
    assert_int_equal(plan->info.sectors_erased, 8);
    ub_plan_free(plan);
}

static void everything_is_erased_by_what_is_cheaper(void **state)
{
    static const struct ub_flash_options all = {.no_backup = true, .erase_all = true};
    struct ub_plan_choice choice;
    fill(image, CHIP_MOST, 1);

    chip_init(&chip, &eight); /* full, and the mass erase costs less than eight sectors */
    chip.family.costs.erase_all_us = chip.costs.erase_all_us = 50000;
    fill(chip.memory, chip.size, 99);
    struct ub_plan *plan = plan_for(4096, 4096, &all, NULL);
    assert_string_equal(chosen(plan), "erase all");
    assert_true(find(plan, "erase sectors", &choice));
    assert_true(choice.allowed && choice.predicted_us > plan->info.predicted_us);
    carry_out(plan);
    assert_int_equal(chip.mass_erases, 1);
    assert_int_equal(chip.erases, 0);
    ub_plan_free(plan);

    /* what holds the image already, and nothing else, needs nothing */
    struct ub_backup *backup = back_up();
    plan = plan_for(4096, 4096, &all, backup);
    assert_string_equal(chosen(plan), "erase sectors");
    assert_true(plan->info.nothing_to_do);
    ub_plan_free(plan);
    ub_backup_free(backup);

    /* one other sector is not blank: it is erased alone */
    chip.memory[6 * 4096] = 0x12;
    backup = back_up();
    plan = plan_for(4096, 4096, &all, backup);
    ub_backup_free(backup);
    assert_string_equal(chosen(plan), "erase sectors");
    chip.erases = 0;
    carry_out(plan);
    assert_int_equal(chip.erases, 1);
    assert_int_equal(chip.memory[6 * 4096], 0xff);
    assert_memory_equal(chip.memory + 4096, image + 4096, 4096);
    ub_plan_free(plan);

    /* a device without the command gets the same end */
    chip_init(&chip, &eight);
    fill(chip.memory, chip.size, 99);
    chip.target.habits.no_erase_all = true;
    plan = plan_for(4096, 4096, &all, NULL);
    assert_string_equal(chosen(plan), "erase sectors");
    assert_false(find(plan, "erase all", &choice));
    carry_out(plan);
    assert_int_equal(chip.erases, 8);
    assert_int_equal(chip.memory[0], 0xff);
    ub_plan_free(plan);
}

/* Who gives up what is there and wants all of it erased has no use for a look. */
static void what_is_given_up_and_erased_is_not_read(void **state)
{
    static const struct ub_flash_options all = {.no_backup = true, .erase_all = true};
    fill(image, CHIP_MOST, 1);
    for (int command = 0; command < 2; command++) {
        chip_init(&chip, &eight);
        chip.target.habits.no_erase_all = command == 0;
        fill(chip.memory, chip.size, 99);
        struct ub_plan *plan = plan_for(4096 + 100, 300, &all, NULL);
        assert_int_equal(chip.reads, 0);
        carry_out(plan);
        assert_memory_equal(chip.memory + 4096 + 100, image + 4096 + 100, 300);
        assert_int_equal(chip.memory[7 * 4096], 0xff);
        ub_plan_free(plan);
    }
}

/* One reading has the wanted bytes, which are blank, and lies: no plan keeps on its word alone. */
static void a_reading_that_lies_once_is_found_out(void **state)
{
    static const struct ub_flash_options no_backup = {.no_backup = true};
    fill(image, CHIP_MOST, 1);
    memset(image + 3 * 4096, 0xff, 4096);
    for (size_t lie = 1; lie <= 80; lie++) {
        enum ub_left left = UB_LEFT_UNCHANGED;
        chip_init(&chip, &eight);
        chip_load(&chip, image);
        memset(chip.memory + 3 * 4096, 0x12, 64);
        memset(chip.memory + 5 * 4096, 0x12, lie % 2 ? 4096 : 0); /* with and without work */
        chip.lie_at = (lie + 1) / 2;
        chip.lie_with = image;
        struct ub_plan *plan = plan_for(0, chip.size, &no_backup, NULL);
        assert_true(ub_plan_trusts_one_reading(plan));
        enum ub_code code = ub_plan_execute(plan, &chip.target, &left, NULL);
        assert_int_equal(code, UB_OK);
        code = plan->info.nothing_to_do ? ub_plan_confirm(plan, &chip.target, NULL)
                                        : ub_plan_verify(plan, &chip.target, NULL);
        bool good = memcmp(chip.memory, image, chip.size) == 0;
        assert_true(code != UB_OK || good);
        assert_true(code == UB_OK || code == UB_VER_NOT_WRITTEN || code == UB_VER_READS_DIFFER);
        ub_plan_free(plan);
    }
}

/* A mass erase that takes less than reading does is not thought about for long. */
static void a_quick_mass_erase_spares_the_reading(void **state)
{
    static const struct ub_flash_options all = {.erase_all = true};
    fill(image, CHIP_MOST, 1);
    chip_init(&chip, &eight);
    chip.family.costs.erase_all_us = 20000;
    struct ub_plan *plan = plan_for(0, chip.size, &all, NULL);
    assert_int_equal(chip.reads, 0);
    assert_string_equal(chosen(plan), "erase all");
    ub_plan_free(plan);
}

static void a_silent_mass_erase_is_found_out(void **state)
{
    static const struct ub_flash_options all = {.no_backup = true, .erase_all = true};
    enum ub_left left = UB_LEFT_UNCHANGED;
    fill(image, CHIP_MOST, 1);
    chip_init(&chip, &eight);
    chip.family.costs.erase_all_us = 20000;
    fill(chip.memory, chip.size, 99);
    struct ub_plan *plan = plan_for(7 * 4096, 4096, &all, NULL);
    assert_int_equal(ub_plan_execute(plan, &chip.target, &left, NULL), UB_OK);
    chip.memory[0] = 0x00; /* as if a sector were write-protected */
    assert_int_equal(ub_plan_verify(plan, &chip.target, NULL), UB_VER_NOT_WRITTEN);
    ub_plan_free(plan);
}

/* A reading says that a sector is blank, and lies: everything is not erased, and that comes out. */
static void a_sector_that_only_seemed_blank_is_found_out(void **state)
{
    static const struct ub_flash_options all = {.no_backup = true, .erase_all = true};
    fill(image, CHIP_MOST, 1);
    for (size_t lie = 1; lie <= 40; lie++) {
        enum ub_left left = UB_LEFT_UNCHANGED;
        chip_init(&chip, &eight);
        for (size_t at = 2 * 4096; at < chip.size; at += 4096)
            fill(chip.memory + at, 1024, 99); /* the one block that gives it away */
        chip.lie_at = lie;
        struct ub_plan *plan = plan_for(0, 4096, &all, NULL);
        assert_int_equal(ub_plan_execute(plan, &chip.target, &left, NULL), UB_OK);
        enum ub_code code = ub_plan_verify(plan, &chip.target, NULL);
        bool good = memcmp(chip.memory, image, 4096) == 0;
        for (size_t i = 4096; i < chip.size; i++)
            good = good && chip.memory[i] == 0xff;
        assert_true(code != UB_OK || good);
        ub_plan_free(plan);
    }
}

/* The sector's first 100 bytes are there; what follows is blank and gets its content without an
 * erase, from the first whole grain on. */
static void a_blank_tail_inside_a_block_is_filled(void **state)
{
    static const struct ub_flash_options no_backup = {.no_backup = true};
    for (int ecc = 0; ecc < 2; ecc++) {
        struct chip_layout layout = eight;
        layout.ecc = ecc != 0;
        chip_init(&chip, &layout);
        memset(image, 0xff, sizeof(image));
        fill(image, 96, 3);
        chip_load(&chip, image);
        fill(image + 96, 2000, 8);
        struct ub_plan *plan = plan_for(0, 4096, &no_backup, NULL);
        carry_out(plan);
        assert_memory_equal(chip.memory, image, 4096);
        assert_int_equal(chip.erases, ecc ? 1 : 0);
        ub_plan_free(plan);
    }
}

/* Many scattered stretches cost more addresses than the erase costs time; each sector is judged for
 * itself. */
static void stretches_that_are_dearer_than_an_erase_are_not_filled(void **state)
{
    static const struct ub_flash_options no_backup = {.no_backup = true};
    chip_init(&chip, &eight);
    chip.family.costs.erase_sector_us = 30000;
    chip.family.costs.write_kib_us = 100;
    memset(image, 0xff, sizeof(image));
    for (size_t i = 0; i < 4096; i += 64)
        image[i] = 1;
    fill(image + 4096, 2048, 7);
    chip_load(&chip, image);
    for (size_t i = 32; i < 4096; i += 64)
        image[i] = 2;
    fill(image + 4096 + 2048, 1024, 9);
    struct ub_plan *plan = plan_for(0, 2 * 4096, &no_backup, NULL);
    assert_int_equal(plan->info.sectors_erased, 1);
    ub_plan_free(plan);
    chip.family.costs.erase_sector_us = 30000000;
    plan = plan_for(0, 2 * 4096, &no_backup, NULL);
    assert_int_equal(plan->info.sectors_erased, 0);
    carry_out(plan);
    ub_plan_free(plan);
}

/* Memory that cannot be erased takes more bits, but a unit with ECC no second time. */
static void what_is_never_erased_is_programmed_where_that_comes_out_right(void **state)
{
    static const struct ub_flash_options no_backup = {.no_backup = true};
    for (int ecc = 0; ecc < 2; ecc++) {
        struct chip_layout layout = eight;
        struct ub_plan *plan = NULL;
        layout.runs[0].rights = UB_CAN_READ | UB_CAN_WRITE;
        layout.ecc = ecc != 0;
        chip_init(&chip, &layout);
        memset(image, 0xff, sizeof(image));
        memset(image, 0xf0, 64);
        chip_load(&chip, image);
        memset(image, 0x10, 64);
        struct ub_piece piece = {&chip.region, CHIP_BASE, 4096, image};
        const struct ub_placement placement = {.pieces = &piece, .count = 1};
        const struct ub_plan_wish wish = {.placement = &placement, .options = &no_backup};
        enum ub_code code = ub_plan_build(&chip.target, &wish, &plan, NULL);
        assert_int_equal(code, ecc ? UB_MEM_READ_ONLY : UB_OK);
        if (!code)
            carry_out(plan);
        ub_plan_free(plan);
        memset(image, 0xff, 64); /* back to blank it cannot go */
        assert_int_equal(ub_plan_build(&chip.target, &wish, &plan, NULL), UB_MEM_READ_ONLY);
    }
}

/* Reads, writes and verification work in full blocks over several sectors; erases by sector. */
static void sectors_smaller_than_a_block_are_written_in_blocks(void **state)
{
    static const struct ub_flash_options no_backup = {.no_backup = true};
    const size_t length = 300 * 128;
    chip_init(&chip, &tiny);
    fill(chip.memory, chip.size, 99);
    fill(image, chip.size, 1);
    struct ub_plan *plan = plan_for(64, length, &no_backup, NULL);
    assert_true(chip.reads <= length / 2048 + 6);
    carry_out(plan);
    assert_int_equal(chip.erases, 301);
    assert_true(chip.writes <= length / 2048 + 4);
    assert_memory_equal(chip.memory + 64, image + 64, length);
    size_t writes = 0;
    for (size_t i = 0; i < plan->op_count; i++)
        writes += plan->ops[i].step.action == UB_PLAN_WRITE;
    assert_true(writes <= 4);
    ub_plan_free(plan);

    /* the same again is found equal, in as few readings */
    plan = plan_for(64, length, &no_backup, NULL);
    assert_true(plan->info.nothing_to_do);
    assert_true(chip.reads <= length / 2048 + 6);
    ub_plan_free(plan);

    /* a blank one is filled without an erase, in full blocks */
    chip_init(&chip, &tiny);
    plan = plan_for(0, chip.size, &no_backup, NULL);
    carry_out(plan);
    assert_int_equal(chip.erases, 0);
    assert_true(chip.writes <= chip.size / 2048 + 1); /* the boot sector comes last */
    ub_plan_free(plan);
}

static void blank_is_what_erased_memory_reads_as(void **state)
{
    static const uint8_t zero[4];
    static const uint8_t ones[] = {0xff, 0xff, 0xff, 0xff};
    static const uint8_t some[] = {0x0f, 0x00, 0xff, 0x55};
    assert_false(ub_plan_needs_erase(0xff, ones, some, 4));
    assert_true(ub_plan_needs_erase(0xff, some, ones, 4));
    assert_false(ub_plan_needs_erase(0xff, some, zero, 4));
    assert_false(ub_plan_needs_erase(0x00, zero, some, 4));
    assert_true(ub_plan_needs_erase(0x00, some, zero, 4));
    assert_false(ub_plan_needs_erase(0x00, some, ones, 4));
    assert_true(ub_plan_needs_erase(0xff, some, NULL, 4));
    assert_false(ub_plan_needs_erase(0x00, zero, NULL, 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_backup_knows_is_compared_for_nothing),
        cmocka_unit_test(without_a_backup_one_block_of_each_sector_tells),
        cmocka_unit_test(looking_that_does_not_pay_ends_early),
        cmocka_unit_test(whole_is_what_was_asked_for),
        cmocka_unit_test(everything_is_erased_by_what_is_cheaper),
        cmocka_unit_test(what_is_given_up_and_erased_is_not_read),
        cmocka_unit_test(a_reading_that_lies_once_is_found_out),
        cmocka_unit_test(a_quick_mass_erase_spares_the_reading),
        cmocka_unit_test(a_silent_mass_erase_is_found_out),
        cmocka_unit_test(a_sector_that_only_seemed_blank_is_found_out),
        cmocka_unit_test(a_blank_tail_inside_a_block_is_filled),
        cmocka_unit_test(stretches_that_are_dearer_than_an_erase_are_not_filled),
        cmocka_unit_test(what_is_never_erased_is_programmed_where_that_comes_out_right),
        cmocka_unit_test(sectors_smaller_than_a_block_are_written_in_blocks),
        cmocka_unit_test(blank_is_what_erased_memory_reads_as),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
