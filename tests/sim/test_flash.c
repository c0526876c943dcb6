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
        cmocka_unit_test(a_state_file_survives_being_killed),
        cmocka_unit_test(a_state_file_has_one_user),
        cmocka_unit_test(a_state_file_must_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
