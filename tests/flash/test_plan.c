/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake.h"

#include <string.h>

static const struct ub_flash_options careful;

/** Builds a plan for one piece of memory. */
static enum ub_code build(struct fake *fake, uint64_t offset, const uint8_t *data, size_t length,
                          const struct ub_flash_options *options, struct ub_plan **plan)
{
    struct ub_piece piece = {&fake->regions[0], FAKE_BASE + offset, length, data};
    const struct ub_placement placement = {.pieces = &piece, .count = 1};
    const struct ub_plan_wish wish = {.placement = &placement, .options = options};
    return ub_plan_build(&fake->target, &wish, plan, NULL);
}

static enum ub_code run(struct fake *fake, struct ub_plan *plan, enum ub_left *left)
{
    enum ub_code code = ub_plan_execute(plan, &fake->target, left, NULL);
    if (!code)
        code = ub_plan_verify(plan, &fake->target, NULL);
    return code;
}

static void fill(uint8_t *data, size_t length, uint8_t seed)
{
    for (size_t i = 0; i < length; i++)
        data[i] = (uint8_t)(seed + i * 7 + i / 251);
}

static void the_boot_sector_goes_first_and_comes_last(void **state)
{
    struct fake fake;
    struct ub_plan *plan;
    enum ub_left left;
    uint8_t data[FAKE_SIZE];
    fill(data, sizeof(data), 3);
    struct ub_flash_options no_backup = {.no_backup = true};
    fake_init(&fake, 0x11);
    assert_int_equal(build(&fake, 0, data, sizeof(data), &no_backup, &plan), UB_OK);
    assert_int_equal(fake_count(&fake, FAKE_READ), FAKE_SECTORS); /* one block tells */
    fake.count = 0;
    assert_int_equal(run(&fake, plan, &left), UB_OK);
    assert_memory_equal(fake.memory, data, FAKE_SIZE);
    assert_int_equal(fake.bit_violations, 0);

    assert_int_equal(fake.log[0].what, FAKE_ERASE);
    assert_int_equal(fake.log[0].address, FAKE_BASE);
    size_t last_write = 0;
    for (size_t i = 0; i < fake.count; i++)
        if (fake.log[i].what == FAKE_WRITE)
            last_write = i;
    assert_int_equal(fake.log[last_write].address, FAKE_BASE);
    assert_int_equal(fake.log[last_write].length, FAKE_BLOCK);
    for (size_t i = 0; i < last_write; i++)
        assert_false(fake.log[i].what == FAKE_WRITE &&
                     fake.log[i].address < FAKE_BASE + FAKE_BLOCK);
    assert_int_equal(fake.log[last_write + 1].what, FAKE_COMMIT);
    ub_plan_free(plan);
}

static void unchanged_sectors_are_kept(void **state)
{
    struct fake fake;
    struct ub_plan *plan;
    struct ub_plan_info info;
    uint8_t data[FAKE_SIZE];
    fill(data, sizeof(data), 9);
    fake_init(&fake, 0);
    memcpy(fake.memory, data, FAKE_SIZE);
    assert_int_equal(build(&fake, 0, data, sizeof(data), &careful, &plan), UB_OK);
    ub_plan_info(plan, &info);
    assert_true(info.nothing_to_do);
    assert_int_equal(info.bytes_kept, FAKE_SIZE);
    ub_plan_free(plan);

    fake.memory[2 * FAKE_SECTOR + 5] ^= 0xff;
    assert_int_equal(build(&fake, 0, data, sizeof(data), &careful, &plan), UB_OK);
    ub_plan_info(plan, &info);
    assert_int_equal(info.sectors_erased, 1);
    assert_int_equal(info.bytes_written, FAKE_SECTOR);
    assert_int_equal(info.bytes_kept, FAKE_SIZE - FAKE_SECTOR);
    ub_plan_free(plan);
}

static void without_a_pin_the_boot_sector_is_opened_for_any_change(void **state)
{
    struct fake fake;
    struct ub_plan *plan;
    enum ub_left left;
    uint8_t data[FAKE_SECTOR];
    uint8_t boot[FAKE_SECTOR];
    fill(data, sizeof(data), 77);
    fake_init(&fake, 0x22);
    fill(fake.memory, FAKE_SECTOR, 5);
    memcpy(boot, fake.memory, sizeof(boot));
    fake.family.rom_by_pin = false;
    assert_int_equal(build(&fake, 2 * FAKE_SECTOR, data, sizeof(data), &careful, &plan), UB_OK);
    fake.count = 0;
    assert_int_equal(run(&fake, plan, &left), UB_OK);
    assert_int_equal(fake.log[0].address, FAKE_BASE);
    assert_int_equal(fake_count(&fake, FAKE_ERASE), 2);
    assert_memory_equal(fake.memory, boot, sizeof(boot));
    assert_memory_equal(fake.memory + 2 * FAKE_SECTOR, data, sizeof(data));
    assert_int_equal(fake.bit_violations, 0);
    ub_plan_free(plan);
}

static void a_blank_device_is_not_erased(void **state)
{
    struct fake fake;
    struct ub_plan *plan;
    enum ub_left left;
    uint8_t data[FAKE_SIZE];
    fill(data, sizeof(data), 40);
    fake_init(&fake, 0xff);
    assert_int_equal(build(&fake, 0, data, sizeof(data), &careful, &plan), UB_OK);
    assert_int_equal(run(&fake, plan, &left), UB_OK);
    assert_int_equal(fake_count(&fake, FAKE_ERASE), 0);
    assert_memory_equal(fake.memory, data, FAKE_SIZE);
    ub_plan_free(plan);
}

static void blank_blocks_are_not_sent(void **state)
{
    struct fake fake;
    struct ub_plan *plan;
    struct ub_plan_info info;
    enum ub_left left;
    uint8_t data[FAKE_SIZE];
    memset(data, 0xff, sizeof(data));
    data[FAKE_SECTOR + 1] = 0;
    fake_init(&fake, 0x33);
    assert_int_equal(build(&fake, 0, data, sizeof(data), &careful, &plan), UB_OK);
    ub_plan_info(plan, &info);
    assert_int_equal(info.bytes_written, FAKE_BLOCK);
    assert_int_equal(run(&fake, plan, &left), UB_OK);
    assert_memory_equal(fake.memory, data, FAKE_SIZE);
    ub_plan_free(plan);
}

static void neighbours_are_preserved(void **state)
{
    struct fake fake;
    struct ub_plan *plan;
    struct ub_plan_info info;
    enum ub_left left;
    uint8_t expected[FAKE_SIZE];
    uint8_t data[100];
    fill(data, sizeof(data), 1);
    fake_init(&fake, 0);
    fill(fake.memory, FAKE_SIZE, 200);
    memcpy(expected, fake.memory, FAKE_SIZE);
    memcpy(expected + FAKE_SECTOR + 50, data, sizeof(data));
    assert_int_equal(build(&fake, FAKE_SECTOR + 50, data, sizeof(data), &careful, &plan), UB_OK);
    ub_plan_info(plan, &info);
    assert_int_equal(info.bytes_preserved, FAKE_SECTOR - sizeof(data));
    assert_int_equal(run(&fake, plan, &left), UB_OK);
    assert_memory_equal(fake.memory, expected, FAKE_SIZE);
    assert_int_equal(fake.bit_violations, 0);
    ub_plan_free(plan);

    struct ub_flash_options discard = {.discard_neighbours = true};
    fake_init(&fake, 0x44);
    assert_int_equal(build(&fake, FAKE_SECTOR, data, sizeof(data), &discard, &plan), UB_OK);
    assert_int_equal(run(&fake, plan, &left), UB_OK);
    assert_memory_equal(fake.memory + FAKE_SECTOR, data, sizeof(data));
    assert_int_equal(fake.memory[FAKE_SECTOR + sizeof(data)], 0xff);
    assert_int_equal(fake.memory[0], 0x44);
    ub_plan_free(plan);
}

static void neighbours_that_cannot_be_read_are_not_lost(void **state)
{
    struct fake fake;
    struct ub_plan *plan;
    uint8_t data[100] = {0};
    fake_init(&fake, 0x11);
    fake.target.caps.can_read = false;
    assert_int_equal(build(&fake, 0, data, sizeof(data), &careful, &plan), UB_MEM_NEIGHBOURS);
    assert_null(plan);
    struct ub_flash_options discard = {.discard_neighbours = true};
    assert_int_equal(build(&fake, 0, data, sizeof(data), &discard, &plan), UB_OK);
    assert_false(ub_plan_can_read_back(plan, &fake.target));
    ub_plan_free(plan);
}

static void a_blank_tail_is_filled_without_erase(void **state)
{
    struct fake fake;
    struct ub_plan *plan;
    enum ub_left left;
    uint8_t data[FAKE_BLOCK];
    fill(data, sizeof(data), 7);
    fake_init(&fake, 0xff);
    memset(fake.memory, 0x10, FAKE_BLOCK); /* the rest of the sector is blank */
    assert_int_equal(build(&fake, FAKE_BLOCK, data, sizeof(data), &careful, &plan), UB_OK);
    assert_int_equal(run(&fake, plan, &left), UB_OK);
    assert_int_equal(fake_count(&fake, FAKE_ERASE), 0);
    assert_int_equal(fake.memory[0], 0x10);
    assert_memory_equal(fake.memory + FAKE_BLOCK, data, sizeof(data));
    assert_int_equal(fake.bit_violations, 0);
    ub_plan_free(plan);
}

static void whole_writes_without_reading(void **state)
{
    struct fake fake;
    struct ub_plan *plan;
    uint8_t data[FAKE_SIZE];
    struct ub_flash_options whole = {.whole = true};
    fill(data, sizeof(data), 3);
    fake_init(&fake, 0);
    memcpy(fake.memory, data, FAKE_SIZE);
    assert_int_equal(build(&fake, 0, data, sizeof(data), &whole, &plan), UB_OK);
    assert_int_equal(fake.count, 0);
    assert_int_equal(plan->info.sectors_erased, FAKE_SECTORS);
    ub_plan_free(plan);
}

static void erase_all_is_one_operation(void **state)
{
    struct fake fake;
    struct ub_plan *plan;
    enum ub_left left;
    uint8_t data[100];
    struct ub_flash_options all = {.erase_all = true};
    fill(data, sizeof(data), 3);
    fake_init(&fake, 0);
    assert_int_equal(build(&fake, FAKE_SECTOR, data, sizeof(data), &all, &plan), UB_OK);
    assert_true(plan->ops[0].step.irreversible);
    assert_int_equal(run(&fake, plan, &left), UB_OK);
    assert_int_equal(fake_count(&fake, FAKE_ERASE_ALL), 1);
    assert_int_equal(fake_count(&fake, FAKE_ERASE), 0);
    assert_int_equal(fake.memory[0], 0xff);
    assert_memory_equal(fake.memory + FAKE_SECTOR, data, sizeof(data));
    ub_plan_free(plan);
}

static void a_device_that_does_not_write_is_found_out(void **state)
{
    struct fake fake;
    struct ub_plan *plan;
    enum ub_left left;
    uint8_t data[FAKE_SIZE];
    fill(data, sizeof(data), 3);
    fake_init(&fake, 0x55);
    fake.silent = true;
    assert_int_equal(build(&fake, 0, data, sizeof(data), &careful, &plan), UB_OK);
    assert_int_equal(run(&fake, plan, &left), UB_VER_NOT_WRITTEN);
    assert_int_equal(left, UB_LEFT_INCOMPLETE);
    ub_plan_free(plan);
}

static void what_is_left_is_known_at_every_failure(void **state)
{
    struct fake fake;
    struct ub_plan *plan;
    uint8_t data[FAKE_SIZE];
    fill(data, sizeof(data), 3);
    for (size_t fail_at = 1;; fail_at++) {
        enum ub_left left = UB_LEFT_DONE;
        fake_init(&fake, 0x55);
        assert_int_equal(build(&fake, 0, data, sizeof(data), &careful, &plan), UB_OK);
        fake.count = 0;
        fake.fail_at = fail_at;
        enum ub_code code = ub_plan_execute(plan, &fake.target, &left, NULL);
        ub_plan_free(plan);
        if (!code) {
            assert_true(fail_at > FAKE_SECTORS + 2);
            return;
        }
        assert_int_equal(code, UB_USB_IO);
        assert_int_equal(left, UB_LEFT_INCOMPLETE);
        assert_int_equal(fake.log[fake.count - 1].what, FAKE_ABORT);
        /* at no moment is there a first block without all the rest */
        bool boots = memcmp(fake.memory, data, FAKE_BLOCK) == 0;
        assert_true(!boots || memcmp(fake.memory, data, FAKE_SIZE) == 0);
    }
}

static void a_wish_to_stop_is_heard_between_operations(void **state)
{
    struct fake fake;
    struct ub_plan *plan;
    enum ub_left left = UB_LEFT_UNCHANGED;
    uint8_t data[FAKE_SIZE];
    fill(data, sizeof(data), 3);
    fake_init(&fake, 0x55);
    assert_int_equal(build(&fake, 0, data, sizeof(data), &careful, &plan), UB_OK);
    fake.count = 0;
    atomic_store(&fake.env.cancelled, true);
    assert_int_equal(ub_plan_execute(plan, &fake.target, &left, NULL), UB_SYS_INTERRUPTED);
    assert_int_equal(left, UB_LEFT_UNCHANGED);
    assert_int_equal(fake_count(&fake, FAKE_ERASE), 0);
    ub_plan_free(plan);
}

static void what_a_backup_knows_is_not_read_again(void **state)
{
    struct fake fake;
    struct ub_plan *plan;
    uint8_t data[FAKE_SIZE];
    fill(data, sizeof(data), 3);
    fake_init(&fake, 0x55);
    struct ub_backup *backup = ub_backup_new(1);
    assert_non_null(backup);
    backup->info.parts[0].has_address = true;
    backup->info.parts[0].address = FAKE_BASE;
    backup->info.parts[0].length = FAKE_SIZE;
    backup->contents[0] = test_malloc(FAKE_SIZE);
    memcpy(backup->contents[0], fake.memory, FAKE_SIZE);
    struct ub_piece piece = {&fake.regions[0], FAKE_BASE, sizeof(data), data};
    struct ub_placement placement = {.pieces = &piece, .count = 1};
    const struct ub_plan_wish wish = {
        .placement = &placement, .options = &careful, .known = backup};
    assert_int_equal(ub_plan_build(&fake.target, &wish, &plan, NULL), UB_OK);
    assert_int_equal(fake.count, 0);
    ub_plan_free(plan);
    test_free(backup->contents[0]);
    backup->contents[0] = NULL;
    ub_backup_free(backup);
}

static void a_mismatch_says_where(void **state)
{
    struct fake fake;
    struct ub_error err;
    uint8_t data[FAKE_SIZE];
    fill(data, sizeof(data), 3);
    fake_init(&fake, 0);
    memcpy(fake.memory, data, FAKE_SIZE);
    fake.memory[0x123] ^= 0x01;
    struct ub_piece piece = {&fake.regions[0], FAKE_BASE, sizeof(data), data};
    struct ub_placement placement = {.pieces = &piece, .count = 1};
    assert_int_equal(ub_pieces_verify(&fake.target, &placement, &err), UB_VER_MISMATCH);
    assert_non_null(strstr(err.message, "0x08000123"));
    fake.target.caps.can_read = false;
    assert_int_equal(ub_pieces_verify(&fake.target, &placement, &err), UB_VER_NO_READ_BACK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_boot_sector_goes_first_and_comes_last),
        cmocka_unit_test(unchanged_sectors_are_kept),
        cmocka_unit_test(without_a_pin_the_boot_sector_is_opened_for_any_change),
        cmocka_unit_test(a_blank_device_is_not_erased),
        cmocka_unit_test(blank_blocks_are_not_sent),
        cmocka_unit_test(neighbours_are_preserved),
        cmocka_unit_test(neighbours_that_cannot_be_read_are_not_lost),
        cmocka_unit_test(a_blank_tail_is_filled_without_erase),
        cmocka_unit_test(whole_writes_without_reading),
        cmocka_unit_test(erase_all_is_one_operation),
        cmocka_unit_test(a_device_that_does_not_write_is_found_out),
        cmocka_unit_test(what_is_left_is_known_at_every_failure),
        cmocka_unit_test(a_wish_to_stop_is_heard_between_operations),
        cmocka_unit_test(what_a_backup_knows_is_not_read_again),
        cmocka_unit_test(a_mismatch_says_where),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
