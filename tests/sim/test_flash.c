/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _DEFAULT_SOURCE
#include "bench.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct ub_sim_run runs[] = {{2, 64, 1000, 1500}, {1, 128, 3000, 0}};
static const struct ub_sim_memory model = {.kind = UB_SIM_FLASH,
                                           .base = 0x1000,
                                           .runs = runs,
                                           .run_count = 2,
                                           .erased = 0xff,
                                           .unit = 4,
                                           .unit_ns = 16000};

static void finds_sectors(void **state)
{
    (void)state;
    struct ub_sim_flash flash;
    uint32_t number;
    uint32_t size;
    uint64_t start;
    assert_int_equal(ub_sim_flash_open(&flash, &model, NULL, NULL), UB_OK);
    assert_int_equal(flash.size, 256);
    assert_true(ub_sim_flash_sector(&flash, 0x107f, &number, &start, &size));
    assert_int_equal(number, 1);
    assert_int_equal(start, 0x1040);
    assert_int_equal(size, 64);
    assert_true(ub_sim_flash_sector(&flash, 0x10ff, &number, &start, &size));
    assert_int_equal(number, 2);
    assert_int_equal(start, 0x1080);
    assert_int_equal(size, 128);
    assert_false(ub_sim_flash_sector(&flash, 0xfff, &number, &start, &size));
    assert_false(ub_sim_flash_sector(&flash, 0x1100, &number, &start, &size));
    assert_true(ub_sim_flash_has(&flash, 0x1000, 256));
    assert_false(ub_sim_flash_has(&flash, 0x1001, 256));
    assert_false(ub_sim_flash_has(&flash, UINT64_MAX, 2));
    ub_sim_flash_close(&flash);
}

static void programs_by_anding(void **state)
{
    (void)state;
    struct ub_sim_flash flash;
    static const uint8_t first[] = {0xf0, 0x0f, 0xff, 0x00, 0xaa};
    static const uint8_t second[] = {0xf0, 0xf0, 0x12, 0x00, 0x55};
    static const uint8_t expected[] = {0xf0, 0x00, 0x12, 0x00, 0x00};
    assert_int_equal(ub_sim_flash_open(&flash, &model, NULL, NULL), UB_OK);
    assert_int_equal(ub_sim_flash_program(&flash, 0x1010, first, 5), 32);
    assert_int_equal(flash.violations, 0);
    assert_int_equal(ub_sim_flash_program(&flash, 0x1010, second, 5), 32);
    assert_int_equal(flash.violations, 2);
    assert_memory_equal(ub_sim_flash_at(&flash, 0x1010), expected, 5);
    assert_int_equal(flash.programs, 4);
    assert_int_equal(ub_sim_flash_erase(&flash, 0x1010), 1000);
    assert_int_equal(ub_sim_flash_erase(&flash, 0x10ff), 3000);
    assert_true(ub_sim_flash_blank(&flash));
    assert_int_equal(flash.busy_us, 4064);
    assert_int_equal(ub_sim_flash_erase_all(&flash), 5000);
    assert_int_equal(flash.erases, 5);
    ub_sim_flash_close(&flash);
}

/* Two sectors of four units of 8 bytes, with ECC. */
static const struct ub_sim_run ecc_runs[] = {{2, 32, 1000, 1500}};
static const struct ub_sim_memory ecc_model = {.kind = UB_SIM_FLASH,
                                               .base = 0x1000,
                                               .runs = ecc_runs,
                                               .run_count = 1,
                                               .erased = 0xff,
                                               .unit = 8,
                                               .ecc = true,
                                               .unit_ns = 80000,
                                               .unit_slow_ns = 90000,
                                               .mass_erase_us = 1100};

static void a_unit_with_ecc_bears_one_programming(void **state)
{
    (void)state;
    struct ub_sim_flash flash;
    static const uint8_t zeros[16] = {0};
    assert_int_equal(ub_sim_flash_open(&flash, &ecc_model, NULL, NULL), UB_OK);
    assert_int_equal(ub_sim_flash_program(&flash, 0x1008, zeros, 16), 160);
    assert_int_equal(flash.poisoned, 0);
    assert_false(ub_sim_flash_poisoned(&flash, 0x1000, 64));
    /* Clearing bits would be allowed without ECC; and what was poisoned is so only once. */
    assert_int_equal(ub_sim_flash_program(&flash, 0x1010, zeros, 1), 80);
    assert_int_equal(ub_sim_flash_program(&flash, 0x1010, zeros, 1), 80);
    assert_int_equal(flash.poisoned, 1);
    assert_int_equal(flash.violations, 0);
    assert_true(ub_sim_flash_poisoned(&flash, 0x1010, 1));
    assert_true(ub_sim_flash_poisoned(&flash, 0x1017, 1));
    assert_true(ub_sim_flash_poisoned(&flash, 0x1000, 17));
    assert_false(ub_sim_flash_poisoned(&flash, 0x1000, 16));
    assert_false(ub_sim_flash_poisoned(&flash, 0x1018, 40));
    assert_false(ub_sim_flash_poisoned(&flash, 0x1010, 0));
    /* Erasing the other sector does not heal it, erasing its own does. */
    assert_int_equal(ub_sim_flash_erase(&flash, 0x1020), 1000);
    assert_true(ub_sim_flash_poisoned(&flash, 0x1010, 8));
    assert_int_equal(ub_sim_flash_erase(&flash, 0x1000), 1000);
    assert_false(ub_sim_flash_poisoned(&flash, 0x1000, 64));
    assert_int_equal(ub_sim_flash_program(&flash, 0x1010, zeros, 8), 80);
    assert_false(ub_sim_flash_poisoned(&flash, 0x1000, 64));
    assert_int_equal(flash.poisoned, 1);
    ub_sim_flash_close(&flash);
}

/* A write that begins or ends inside a unit uses the whole unit, and takes the time of it. */
static void a_part_of_a_unit_is_padded(void **state)
{
    (void)state;
    struct ub_sim_flash flash;
    static const uint8_t bytes[6] = {1, 2, 3, 4, 5, 6};
    assert_int_equal(ub_sim_flash_open(&flash, &ecc_model, NULL, NULL), UB_OK);
    assert_int_equal(ub_sim_flash_program(&flash, 0x1006, bytes, 6), 160);
    assert_int_equal(flash.programs, 2);
    assert_memory_equal(flash.bytes, "\xff\xff\xff\xff\xff\xff\x01\x02\x03\x04\x05\x06\xff", 13);
    assert_int_equal(ub_sim_flash_program(&flash, 0x100c, bytes, 4), 80);
    assert_int_equal(flash.poisoned, 1);
    /* Writing what is there already, all ones even, is a second time too. */
    assert_int_equal(ub_sim_flash_program(&flash, 0x1020, (const uint8_t *)"\xff", 1), 80);
    assert_int_equal(ub_sim_flash_program(&flash, 0x1021, (const uint8_t *)"\xff", 1), 80);
    assert_int_equal(flash.poisoned, 2);
    assert_true(ub_sim_flash_blank(&flash) == false);
    assert_int_equal(ub_sim_flash_erase_all(&flash), 1100);
    assert_true(ub_sim_flash_blank(&flash));
    assert_false(ub_sim_flash_poisoned(&flash, 0x1000, 64));
    assert_int_equal(flash.busy_us, 160 + 80 + 80 + 80 + 1100);
    ub_sim_flash_close(&flash);
}

/* What came with a state file or by a test's hand counts as programmed. */
static void what_is_not_blank_was_programmed(void **state)
{
    (void)state;
    struct ub_sim_flash flash;
    assert_int_equal(ub_sim_flash_open(&flash, &ecc_model, NULL, NULL), UB_OK);
    *ub_sim_flash_at(&flash, 0x1007) = 0x7f;
    (void)ub_sim_flash_program(&flash, 0x1000, (const uint8_t *)"\x00", 1);
    assert_int_equal(flash.poisoned, 1);
    ub_sim_flash_close(&flash);
}

static void erased_to_zero_programs_by_oring(void **state)
{
    (void)state;
    struct ub_sim_flash flash;
    struct ub_sim_memory zero = model;
    zero.erased = 0x00;
    assert_int_equal(ub_sim_flash_open(&flash, &zero, NULL, NULL), UB_OK);
    assert_true(ub_all_bytes(flash.bytes, flash.size, 0));
    (void)ub_sim_flash_program(&flash, 0x1000, (const uint8_t *)"\x0f\xf0\x00", 3);
    assert_int_equal(flash.violations, 0);
    (void)ub_sim_flash_program(&flash, 0x1000, (const uint8_t *)"\xff\x0f\x01", 3);
    assert_int_equal(flash.violations, 1);
    assert_memory_equal(flash.bytes, "\xff\xff\x01\x00", 4);
    assert_false(ub_sim_flash_blank(&flash));
    (void)ub_sim_flash_erase(&flash, 0x1000);
    assert_true(ub_sim_flash_blank(&flash));
    ub_sim_flash_close(&flash);
}

static void works_slowly_when_told_to(void **state)
{
    (void)state;
    struct ub_sim_flash flash;
    assert_int_equal(ub_sim_flash_open(&flash, &model, NULL, NULL), UB_OK);
    flash.slow = true;
    assert_int_equal(ub_sim_flash_erase_us(&flash, 0x1000), 1500);
    assert_int_equal(ub_sim_flash_erase(&flash, 0x1000), 1500);
    assert_int_equal(ub_sim_flash_erase(&flash, 0x1080), 6000); /* twice the typical time */
    assert_int_equal(ub_sim_flash_program(&flash, 0x1000, (const uint8_t *)"abcde", 5), 64);
    assert_int_equal(ub_sim_flash_erase_all(&flash), 2 * 1500 + 6000);
    assert_int_equal(ub_sim_flash_erase_us(&flash, 0x1100), 0);
    ub_sim_flash_close(&flash);
    assert_int_equal(ub_sim_flash_open(&flash, &ecc_model, NULL, NULL), UB_OK);
    flash.slow = true;
    assert_int_equal(ub_sim_flash_erase_all(&flash), 2200);
    assert_int_equal(ub_sim_flash_program(&flash, 0x1000, (const uint8_t *)"a", 1), 90);
    ub_sim_flash_close(&flash);
}

/* A second zone, below the first, as ST's two-bank parts have their option bytes. */
static void a_memory_can_have_two_zones(void **state)
{
    (void)state;
    struct ub_sim_flash flash;
    uint32_t number = 0;
    uint32_t size = 0;
    uint64_t start = 0;
    struct ub_sim_memory zones = model;
    zones.zone_run = 1;
    zones.zone_base = 0x800;
    assert_int_equal(ub_sim_flash_open(&flash, &zones, NULL, NULL), UB_OK);
    assert_int_equal(flash.size, 256);
    assert_int_equal(ub_sim_flash_left(&flash, 0x1000), 128);
    assert_int_equal(ub_sim_flash_left(&flash, 0x107f), 1);
    assert_int_equal(ub_sim_flash_left(&flash, 0x1080), 0);
    assert_int_equal(ub_sim_flash_left(&flash, 0x7ff), 0);
    assert_int_equal(ub_sim_flash_left(&flash, 0x800), 128);
    assert_false(ub_sim_flash_has(&flash, 0x1040, 65));
    assert_true(ub_sim_flash_has(&flash, 0x87f, 1));
    assert_true(ub_sim_flash_sector(&flash, 0x801, &number, &start, &size));
    assert_int_equal(number, 2);
    assert_int_equal(start, 0x800);
    assert_ptr_equal(ub_sim_flash_at(&flash, 0x800), flash.bytes + 128);
    (void)ub_sim_flash_program(&flash, 0x800, (const uint8_t *)"b", 1);
    assert_int_equal(flash.bytes[128], 'b');
    assert_int_equal(ub_sim_flash_erase(&flash, 0x800), 3000);
    assert_true(ub_sim_flash_blank(&flash));
    ub_sim_flash_close(&flash);
}

static void own_sectors_survive_a_mass_erase(void **state)
{
    (void)state;
    struct ub_sim_flash flash;
    struct ub_sim_memory own = model;
    own.own_sectors = 1;
    assert_int_equal(ub_sim_flash_open(&flash, &own, NULL, NULL), UB_OK);
    memset(flash.bytes, 0, flash.size);
    assert_int_equal(ub_sim_flash_erase_all(&flash), 1000 + 3000);
    assert_int_equal(flash.erases, 2);
    assert_true(ub_all_bytes(flash.bytes, 64, 0));
    assert_true(ub_all_bytes(flash.bytes + 64, 192, 0xff));
    ub_sim_flash_close(&flash);
}

static void make_name(char *name)
{
    (void)snprintf(name, 64, "/tmp/unbrick-flash-XXXXXX");
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    (void)close(fd);
}

static void a_state_file_survives_being_killed(void **state)
{
    (void)state;
    char name[64];
    struct ub_sim_flash flash;
    struct ub_error err = {0};
    make_name(name);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (ub_sim_flash_open(&flash, &model, name, &err) != UB_OK)
            _exit(1);
        (void)ub_sim_flash_program(&flash, 0x1004, (const uint8_t *)"kept", 4);
        (void)raise(SIGKILL);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_int_equal(ub_sim_flash_open(&flash, &model, name, &err), UB_OK);
    assert_memory_equal(flash.bytes, "\xff\xff\xff\xffkept\xff", 9);
    ub_sim_flash_close(&flash);
    (void)unlink(name);
}

static void a_state_file_has_one_user(void **state)
{
    (void)state;
    char name[64];
    struct ub_sim_flash one;
    struct ub_sim_flash two;
    struct ub_error err = {0};
    make_name(name);
    assert_int_equal(ub_sim_flash_open(&one, &model, name, &err), UB_OK);
    assert_int_equal(ub_sim_flash_open(&two, &model, name, &err), UB_SIM_STATE);
    assert_non_null(strstr(err.message, "in use"));
    ub_sim_flash_close(&one);
    assert_int_equal(ub_sim_flash_open(&two, &model, name, &err), UB_OK);
    ub_sim_flash_close(&two);
    (void)unlink(name);
}

static void a_state_file_must_fit(void **state)
{
    (void)state;
    char name[64];
    struct ub_sim_flash flash;
    struct ub_error err = {0};
    make_name(name);
    assert_int_equal(truncate(name, 255), 0);
    assert_int_equal(ub_sim_flash_open(&flash, &model, name, &err), UB_SIM_STATE);
    assert_non_null(strstr(err.message, "255"));
    assert_int_equal(ub_sim_flash_open(&flash, &model, "/tmp", &err), UB_SIM_STATE);
    assert_int_equal(ub_sim_flash_open(&flash, &model, "/nowhere/at/all", &err), UB_SIM_STATE);
    (void)unlink(name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_sectors),
        cmocka_unit_test(programs_by_anding),
        cmocka_unit_test(a_unit_with_ecc_bears_one_programming),
        cmocka_unit_test(a_part_of_a_unit_is_padded),
        cmocka_unit_test(what_is_not_blank_was_programmed),
        cmocka_unit_test(erased_to_zero_programs_by_oring),
        cmocka_unit_test(works_slowly_when_told_to),
        cmocka_unit_test(a_memory_can_have_two_zones),
        cmocka_unit_test(own_sectors_survive_a_mass_erase),
        cmocka_unit_test(a_state_file_survives_being_killed),
        cmocka_unit_test(a_state_file_has_one_user),
        cmocka_unit_test(a_state_file_must_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
