/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program that is killed while it stores leaves whole backups or none. */
#define _GNU_SOURCE
#include "vault_fixture.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

/* What a kill between two files leaves behind is not seen, and does not disturb. */
static void half_a_backup_is_not_seen(void **state)
{
    struct fixture *fixture = *state;
    char path[256];
    struct ub_backup *backup = make_backup(100, 1);
    assert_int_equal(ub_vault_ready(fixture->vault, 100, &fixture->err), UB_OK);
    (void)ub_print(path, sizeof(path), "%s/backups/.new-abcdef", fixture->folder);
    assert_int_equal(mkdir(path, 0700), 0);
    (void)ub_print(path, sizeof(path), "%s/backups/.new-abcdef/alt0-08000000.bin", fixture->folder);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    struct ub_backup_info *list = NULL;
    size_t count = 1;
    assert_int_equal(ub_vault_records(fixture->vault, &list, &count, &fixture->err), UB_OK);
    assert_int_equal(count, 0);
    assert_int_equal(ub_vault_store(fixture->vault, backup, &fixture->err), UB_OK);
    assert_string_equal(backup->info.id + 10, "-01");
    ub_backup_free(backup);
}

static void store_for_ever(struct fixture *fixture)
{
    for (;;) {
        struct ub_backup *backup = make_backup(200000, 9);
        if (ub_vault_store(fixture->vault, backup, NULL) != UB_OK)
            _exit(1);
        ub_backup_free(backup);
    }
}

static void a_kill_at_any_moment(void **state)
{
    struct fixture *fixture = *state;
    struct ub_backup_info *list = NULL;
    size_t count = 0;
    size_t first_count = 0;
    for (unsigned kills = 0; kills < 40; kills++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            store_for_ever(fixture);
        const struct timespec moment = {0, 1000000L + 700000L * kills};
        (void)nanosleep(&moment, NULL);
        assert_int_equal(kill(child, SIGKILL), 0);
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status)); /* it did not end by itself, that is, by an error */
    }
    assert_int_equal(ub_vault_records(fixture->vault, &list, &count, &fixture->err), UB_OK);
    assert_true(count > 0); /* else no kill met a store at work */
    first_count = count;
    for (size_t i = 0; i < first_count; i++) {
        struct ub_backup *backup = NULL;
        if (ub_vault_load(fixture->vault, list[i].id, &backup, &fixture->err) != UB_OK)
            fail_msg("%s", fixture->err.message);
        ub_backup_free(backup);
    }
    ub_vault_free(list, count);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(half_a_backup_is_not_seen),
        TEST(a_kill_at_any_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
