/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Backups that are read straight into files of the vault. */
#define _GNU_SOURCE
#include "vault_fixture.h"

#include "vault/draft.h"
#include "vault/record.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#define SIZE ((size_t)70000)

/** Entries in the folder of backups. */
static size_t count_entries(const struct fixture *fixture)
{
    char path[256];
    (void)ub_print(path, sizeof(path), "%s/backups", fixture->folder);
    DIR *folder = opendir(path);
    size_t count = 0;
    for (struct dirent *entry; folder && (entry = readdir(folder)) != NULL;)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    if (folder)
        (void)closedir(folder);
    return count;
}

/** The same backup as make_backup(), as a draft that was read in chunks. */
static struct ub_backup *make_draft(struct fixture *fixture, size_t size, uint8_t seed)
{
    struct ub_backup *backup = make_backup(size, seed);
    for (size_t i = 0; i < 2; i++) {
        free(backup->contents[i]);
        backup->contents[i] = NULL;
    }
    if (ub_vault_draft(fixture->vault, backup, &fixture->err) != UB_OK)
        fail_msg("%s", fixture->err.message);
    struct ub_backup *content = make_backup(size, seed);
    for (size_t i = 0; i < 2; i++)
        for (size_t at = 0; at < content->info.parts[i].length; at += 1000) {
            size_t left = (size_t)content->info.parts[i].length - at;
            assert_int_equal(ub_draft_append(backup, i, content->contents[i] + at,
                                             left < 1000 ? left : 1000, &fixture->err),
                             UB_OK);
        }
    ub_backup_free(content);
    return backup;
}

static void what_was_read_can_be_asked_for(void **state)
{
    struct fixture *fixture = *state;
    struct ub_backup *memory = make_backup(SIZE, 7);
    struct ub_backup *draft = make_draft(fixture, SIZE, 7);
    static uint8_t bytes[SIZE];
    struct ub_backup *const both[] = {memory, draft};
    for (size_t i = 0; i < 2; i++) {
        size_t part;
        uint64_t offset;
        memset(bytes, 0, sizeof(bytes));
        assert_int_equal(ub_backup_read(both[i], 0, 0, bytes, SIZE, &fixture->err), UB_OK);
        assert_memory_equal(bytes, memory->contents[0], SIZE);
        assert_true(ub_backup_find(both[i], 0, 0x08000000 + 777, 100, &part, &offset));
        assert_int_equal(part, 0);
        assert_int_equal(offset, 777);
        assert_int_equal(ub_backup_read(both[i], part, offset, bytes, 100, &fixture->err), UB_OK);
        assert_memory_equal(bytes, memory->contents[0] + 777, 100);
        /* nothing beyond what there is */
        assert_false(ub_backup_find(both[i], 0, 0x08000000 + SIZE - 10, 11, &part, &offset));
        assert_false(ub_backup_find(both[i], 3, 0x08000000, 1, &part, &offset));
        assert_int_equal(ub_backup_read(both[i], 0, SIZE - 10, bytes, 11, &fixture->err),
                         UB_SYS_INTERNAL);
        assert_int_equal(ub_backup_read(both[i], 0, UINT64_MAX, bytes, 2, &fixture->err),
                         UB_SYS_INTERNAL);
        assert_int_equal(ub_backup_read(both[i], 2, 0, bytes, 1, &fixture->err), UB_SYS_INTERNAL);
    }
    ub_backup_free(memory);
    ub_backup_free(draft);
}

static void a_draft_becomes_a_backup_by_being_stored(void **state)
{
    struct fixture *fixture = *state;
    struct ub_backup *memory = make_backup(SIZE, 7);
    struct ub_backup *draft = make_draft(fixture, SIZE, 7);
    struct ub_backup *loaded = NULL;
    char id[UB_BACKUP_ID];
    assert_false(ub_vault_holds(fixture->vault, draft, id));
    assert_int_equal(ub_vault_store(fixture->vault, draft, &fixture->err), UB_OK);
    assert_int_equal(draft->info.length, SIZE + 16);
    assert_int_equal(ub_vault_load(fixture->vault, draft->info.id, &loaded, &fixture->err), UB_OK);
    for (size_t i = 0; i < 2; i++)
        assert_memory_equal(loaded->contents[i], memory->contents[i],
                            (size_t)memory->info.parts[i].length);
    /* one that holds the same is known, from memory and from a draft */
    assert_true(ub_vault_holds(fixture->vault, memory, id));
    assert_string_equal(id, draft->info.id);
    assert_memory_equal(memory->info.parts[0].sha256, draft->info.parts[0].sha256, 32);
    ub_backup_free(loaded);
    ub_backup_free(memory);
    ub_backup_free(draft);
    assert_int_equal(count_entries(fixture), 1);
}

static void what_is_not_stored_vanishes(void **state)
{
    struct fixture *fixture = *state;
    struct ub_backup *draft = make_draft(fixture, SIZE, 7);
    assert_int_equal(count_entries(fixture), 1);
    ub_backup_free(draft);
    assert_int_equal(count_entries(fixture), 0);
}

static void a_part_can_be_taken_out(void **state)
{
    struct fixture *fixture = *state;
    struct ub_backup *draft = make_draft(fixture, SIZE, 7);
    struct ub_backup *loaded = NULL;
    ub_backup_drop(draft, 0);
    assert_int_equal(draft->info.part_count, 1);
    assert_int_equal(draft->info.parts[0].alt, 1);
    assert_int_equal(ub_vault_store(fixture->vault, draft, &fixture->err), UB_OK);
    assert_int_equal(ub_vault_load(fixture->vault, draft->info.id, &loaded, &fixture->err), UB_OK);
    assert_int_equal(loaded->info.part_count, 1);
    assert_int_equal(loaded->info.length, 16);
    ub_backup_free(loaded);
    ub_backup_free(draft);

    struct ub_backup *memory = make_backup(100, 1);
    ub_backup_drop(memory, 1);
    assert_int_equal(memory->info.part_count, 1);
    assert_non_null(memory->contents[0]);
    ub_backup_free(memory);
}

/* The record is the device's word on lengths; the draft knows what came. */
static void a_part_that_is_not_complete_is_not_stored(void **state)
{
    struct fixture *fixture = *state;
    struct ub_backup *draft = make_draft(fixture, SIZE, 7);
    draft->info.parts[0].length++;
    assert_int_equal(ub_vault_store(fixture->vault, draft, &fixture->err), UB_SYS_INTERNAL);
    ub_backup_free(draft);
    assert_int_equal(count_entries(fixture), 0);
}

/* A file that may not grow stands for a disk that is full. */
static void a_disk_that_takes_no_more_is_an_error(void **state)
{
    struct fixture *fixture = *state;
    struct rlimit before;
    struct rlimit little;
    uint8_t bytes[5000] = {0};
    struct ub_backup *draft = make_draft(fixture, 1000, 7);
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    little = before;
    little.rlim_cur = 3000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
    enum ub_code code = ub_draft_append(draft, 0, bytes, sizeof(bytes), &fixture->err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(code, UB_VLT_ACCESS);
    ub_backup_free(draft);
}

static void make_old(const char *path)
{
    struct timeval times[2] = {{.tv_sec = time(NULL) - 100000}, {.tv_sec = time(NULL) - 100000}};
    assert_int_equal(utimes(path, times), 0);
}

static void what_a_killed_program_left_is_swept_away(void **state)
{
    static const char *const names[] = {".new-old001", ".new-held01", ".new-fresh1"};
    struct fixture *fixture = *state;
    char paths[3][256];
    assert_int_equal(ub_vault_ready(fixture->vault, 1, &fixture->err), UB_OK);
    for (size_t i = 0; i < 3; i++) {
        char file[300];
        (void)ub_print(paths[i], sizeof(paths[i]), "%s/backups/%s", fixture->folder, names[i]);
        assert_int_equal(mkdir(paths[i], 0700), 0);
        (void)ub_print(file, sizeof(file), "%s/alt0-08000000.bin", paths[i]);
        assert_int_equal(close(open(file, O_CREAT | O_WRONLY, 0600)), 0);
    }
    int held = open(paths[1], O_RDONLY | O_DIRECTORY);
    assert_int_equal(flock(held, LOCK_EX | LOCK_NB), 0);
    make_old(paths[0]);
    make_old(paths[1]);
    ub_backup_free(make_draft(fixture, 100, 1));
    struct stat status;
    assert_int_not_equal(stat(paths[0], &status), 0);
    assert_int_equal(stat(paths[1], &status), 0);
    assert_int_equal(stat(paths[2], &status), 0);
    assert_int_equal(close(held), 0);
    ub_backup_free(make_draft(fixture, 100, 1));
    assert_int_not_equal(stat(paths[1], &status), 0);
}

static void a_kill_at_any_moment(void **state)
{
    struct fixture *fixture = *state;
    struct ub_backup_info *list = NULL;
    size_t count = 0;
    for (unsigned kills = 0; kills < 30; kills++) {
        pid_t child = fork();
        assert_true(child >= 0);
        while (child == 0) {
            struct ub_backup *draft = make_draft(fixture, SIZE, (uint8_t)kills);
            if (ub_vault_store(fixture->vault, draft, NULL) != UB_OK)
                _exit(1);
            ub_backup_free(draft);
        }
        const struct timespec moment = {0, 1000000L + 700000L * kills};
        (void)nanosleep(&moment, NULL);
        assert_int_equal(kill(child, SIGKILL), 0);
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
    }
    assert_int_equal(ub_vault_records(fixture->vault, &list, &count, &fixture->err), UB_OK);
    assert_true(count > 0);
    for (size_t i = 0; i < count; i++) {
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
        TEST(what_was_read_can_be_asked_for),
        TEST(a_draft_becomes_a_backup_by_being_stored),
        TEST(what_is_not_stored_vanishes),
        TEST(a_part_can_be_taken_out),
        TEST(a_part_that_is_not_complete_is_not_stored),
        TEST(a_disk_that_takes_no_more_is_an_error),
        TEST(what_a_killed_program_left_is_swept_away),
        TEST(a_kill_at_any_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
