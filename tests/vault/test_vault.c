/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The vault as the procedures use it: what goes in comes out, and what was tampered with does not.
 */
#define _GNU_SOURCE
#include "vault_fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

static void in_backup(const struct fixture *fixture, const char *id, const char *name, char *path)
{
    (void)ub_print(path, 256, "%s/backups/%s/%s", fixture->folder, id, name);
}

/* Stores a backup of 1000 bytes and gives its id. */
static void store(struct fixture *fixture, uint8_t seed, char *id)
{
    struct ub_backup *backup = make_backup(1000, seed);
    assert_int_equal(ub_vault_store(fixture->vault, backup, &fixture->err), UB_OK);
    (void)ub_print(id, UB_BACKUP_ID, "%s", backup->info.id);
    ub_backup_free(backup);
}

static enum ub_code load(struct fixture *fixture, const char *id)
{
    struct ub_backup *backup = NULL;
    enum ub_code code = ub_vault_load(fixture->vault, id, &backup, &fixture->err);
    assert_true((code == UB_OK) == (backup != NULL));
    ub_backup_free(backup);
    return code;
}

static size_t count_entries(const struct fixture *fixture)
{
    char path[256];
    (void)ub_print(path, sizeof(path), "%s/backups", fixture->folder);
    DIR *folder = opendir(path);
    assert_non_null(folder);
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    (void)closedir(folder);
    return count;
}

static void what_goes_in_comes_out(void **state)
{
    struct fixture *fixture = *state;
    struct ub_backup *in = make_backup(70000, 3);
    struct ub_backup *out = NULL;
    assert_int_equal(ub_vault_ready(fixture->vault, 70016, &fixture->err), UB_OK);
    assert_int_equal(ub_vault_store(fixture->vault, in, &fixture->err), UB_OK);
    assert_int_equal(in->info.length, 70016);
    assert_int_equal(strlen(in->info.created), 20);
    assert_int_equal(strncmp(in->info.created, in->info.id, 10), 0);
    assert_string_equal(in->info.id + 10, "-01");
    assert_int_equal(ub_vault_load(fixture->vault, in->info.id, &out, &fixture->err), UB_OK);
    assert_string_equal(out->info.id, in->info.id);
    assert_string_equal(out->info.created, in->info.created);
    assert_int_equal(out->info.readings, 2);
    assert_int_equal(out->info.length, 70016);
    assert_int_equal(out->info.part_count, 2);
    assert_string_equal(out->info.device.port, "1-4.2");
    assert_int_equal(out->info.device.vid, 0x0483);
    assert_int_equal(out->info.device.pid, 0xdf11);
    assert_int_equal(out->info.device.bcdDevice, 0x2200);
    assert_int_equal(out->info.device.mode, UB_MODE_DFU);
    assert_string_equal(out->info.device.family, "STM32F405");
    assert_string_equal(out->info.device.protocol, "DfuSe 1.1a");
    assert_string_equal(out->info.device.product, in->info.device.product);
    assert_string_equal(out->info.device.serial, "357236543131");
    assert_string_equal(out->info.device.manufacturer, "");
    for (size_t i = 0; i < 2; i++) {
        const struct ub_backup_part *a = &in->info.parts[i];
        const struct ub_backup_part *b = &out->info.parts[i];
        assert_string_equal(a->name, b->name);
        assert_int_equal(a->alt, b->alt);
        assert_int_equal(a->has_address, b->has_address);
        assert_int_equal(a->address, b->address);
        assert_int_equal(a->length, b->length);
        assert_memory_equal(a->sha256, b->sha256, 32);
        assert_memory_equal(in->contents[i], out->contents[i], (size_t)a->length);
    }
    ub_backup_free(in);
    ub_backup_free(out);
}

static void the_folder_is_private(void **state)
{
    struct fixture *fixture = *state;
    char id[UB_BACKUP_ID];
    char path[256];
    struct stat status;
    store(fixture, 1, id);
    in_backup(fixture, id, "", path);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
}

static void ids_count_up_and_are_listed_by_age(void **state)
{
    struct fixture *fixture = *state;
    char first[UB_BACKUP_ID];
    char id[UB_BACKUP_ID];
    char path[256];
    char other[256];
    store(fixture, 1, first);
    store(fixture, 2, id);
    assert_int_equal(strcmp(first, id) < 0, 1);
    /* Numbers of three digits come after those of two. */
    in_backup(fixture, id, "", path);
    (void)ub_print(id, sizeof(id), "%.10s-99", first);
    in_backup(fixture, id, "", other);
    assert_int_equal(rename(path, other), 0);
    store(fixture, 3, id);
    assert_string_equal(id + 10, "-100");
    /* What is no backup is not listed: other names, a file in place of a folder. */
    (void)ub_print(path, sizeof(path), "%s/backups/notes", fixture->folder);
    assert_int_equal(mkdir(path, 0700), 0);
    (void)ub_print(path, sizeof(path), "%s/backups/2020-01-01-01", fixture->folder);
    assert_int_equal(close(open(path, O_CREAT | O_WRONLY, 0600)), 0);
    struct ub_backup_info *list = NULL;
    size_t count = 0;
    assert_int_equal(ub_vault_records(fixture->vault, &list, &count, &fixture->err), UB_OK);
    assert_int_equal(count, 3);
    assert_string_equal(list[0].id + 10, "-01");
    assert_string_equal(list[1].id + 10, "-99");
    assert_string_equal(list[2].id + 10, "-100");
    assert_int_equal(list[2].length, 1016);
    ub_vault_free(list, count);
}

static void *store_ten(void *state)
{
    struct fixture *fixture = state;
    for (unsigned i = 0; i < 10; i++) {
        struct ub_backup *backup = make_backup(100, (uint8_t)i);
        struct ub_error err;
        if (ub_vault_store(fixture->vault, backup, &err) != UB_OK)
            fail_msg("%s", err.message);
        ub_backup_free(backup);
    }
    return NULL;
}

static void two_at_a_time_do_not_take_the_same_id(void **state)
{
    struct fixture *fixture = *state;
    pthread_t threads[2];
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, store_ten, fixture), 0);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    struct ub_backup_info *list = NULL;
    size_t count = 0;
    assert_int_equal(ub_vault_records(fixture->vault, &list, &count, &fixture->err), UB_OK);
    assert_int_equal(count, 20);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(load(fixture, list[i].id), UB_OK);
    assert_int_equal(count_entries(fixture), 20);
    ub_vault_free(list, count);
}

static void an_unused_vault_is_empty(void **state)
{
    struct fixture *fixture = *state;
    struct ub_backup_info *list = NULL;
    size_t count = 7;
    assert_int_equal(ub_vault_records(fixture->vault, &list, &count, &fixture->err), UB_OK);
    assert_int_equal(count, 0);
    ub_vault_free(list, count);
    assert_int_equal(load(fixture, "2026-11-22-01"), UB_VLT_NOT_FOUND);
}

static void an_id_names_nothing_else(void **state)
{
    struct fixture *fixture = *state;
    char id[UB_BACKUP_ID];
    char path[256];
    store(fixture, 1, id);
    (void)ub_print(path, sizeof(path), "./%s", id);
    assert_int_equal(load(fixture, path), UB_VLT_NOT_FOUND);
    (void)ub_print(path, sizeof(path), "../backups/%s", id);
    assert_int_equal(load(fixture, path), UB_VLT_NOT_FOUND);
    (void)ub_print(path, sizeof(path), "%.10s-1", id);
    assert_int_equal(load(fixture, path), UB_VLT_NOT_FOUND);
    (void)ub_print(path, sizeof(path), "%.10s-001", id);
    assert_int_equal(load(fixture, path), UB_VLT_NOT_FOUND);
    (void)ub_print(path, sizeof(path), "%.10s-00", id);
    assert_int_equal(load(fixture, path), UB_VLT_NOT_FOUND);
    (void)ub_print(path, sizeof(path), "%.10s-999999999999", id);
    assert_int_equal(load(fixture, path), UB_VLT_NOT_FOUND);
    assert_int_equal(load(fixture, ""), UB_VLT_NOT_FOUND);
    assert_int_equal(load(fixture, NULL), UB_VLT_NOT_FOUND);
    assert_int_equal(load(fixture, ".."), UB_VLT_NOT_FOUND);
}

static void damage_is_found_and_named(void **state)
{
    struct fixture *fixture = *state;
    char id[UB_BACKUP_ID];
    char path[256];
    store(fixture, 1, id);
    in_backup(fixture, id, "alt0-08000000.bin", path);
    /* Every single bit flip of one byte, then back. */
    for (unsigned bit = 0; bit < 8; bit++) {
        uint8_t byte = 0;
        int fd = open(path, O_RDWR);
        assert_int_equal(pread(fd, &byte, 1, 777), 1);
        byte ^= (uint8_t)(1u << bit);
        assert_int_equal(pwrite(fd, &byte, 1, 777), 1);
        assert_int_equal(load(fixture, id), UB_VLT_DAMAGED);
        assert_non_null(strstr(fixture->err.message, "alt0-08000000.bin"));
        byte ^= (uint8_t)(1u << bit);
        assert_int_equal(pwrite(fd, &byte, 1, 777), 1);
        assert_int_equal(close(fd), 0);
    }
    assert_int_equal(load(fixture, id), UB_OK);
    assert_int_equal(truncate(path, 999), 0);
    assert_int_equal(load(fixture, id), UB_VLT_DAMAGED);
    assert_non_null(strstr(fixture->err.message, "cut short"));
    assert_int_equal(truncate(path, 1001), 0);
    assert_int_equal(load(fixture, id), UB_VLT_DAMAGED);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(load(fixture, id), UB_VLT_DAMAGED);
    assert_non_null(strstr(fixture->err.message, "Internal Flash"));
    in_backup(fixture, id, "backup.json", path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(load(fixture, id), UB_VLT_DAMAGED);
    struct ub_backup_info *list = NULL;
    size_t count = 0;
    assert_int_equal(ub_vault_records(fixture->vault, &list, &count, &fixture->err), UB_OK);
    assert_int_equal(count, 0);
    ub_vault_free(list, count);
}

static void a_bad_record_says_which_backup(void **state)
{
    struct fixture *fixture = *state;
    char id[UB_BACKUP_ID];
    char path[256];
    store(fixture, 1, id);
    in_backup(fixture, id, "backup.json", path);
    assert_int_equal(truncate(path, 100), 0);
    assert_int_equal(load(fixture, id), UB_VLT_FORMAT);
    assert_int_equal(fixture->err.depth, 1);
    assert_non_null(strstr(fixture->err.context[0], id));
}

static void a_file_in_place_of_a_folder(void **state)
{
    struct fixture *fixture = *state;
    char path[256];
    struct ub_backup_info *list = NULL;
    size_t count = 0;
    (void)ub_print(path, sizeof(path), "%s/backups", fixture->folder);
    assert_int_equal(close(open(path, O_CREAT | O_WRONLY, 0600)), 0);
    assert_int_equal(ub_vault_ready(fixture->vault, 1, &fixture->err), UB_VLT_ACCESS);
    assert_int_equal(fixture->err.code, UB_VLT_ACCESS);
    assert_int_equal(ub_vault_records(fixture->vault, &list, &count, &fixture->err), UB_VLT_ACCESS);
    struct ub_backup *backup = make_backup(10, 0);
    assert_int_equal(ub_vault_store(fixture->vault, backup, &fixture->err), UB_VLT_ACCESS);
    assert_string_equal(backup->info.id, "");
    ub_backup_free(backup);
}

static void more_than_the_disk_holds(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(ub_vault_ready(fixture->vault, UINT64_MAX, &fixture->err), UB_SYS_DISK_FULL);
    assert_int_equal(ub_vault_ready(fixture->vault, UINT64_MAX / 2, &fixture->err),
                     UB_SYS_DISK_FULL);
    assert_int_equal(count_entries(fixture), 0);
}

static void the_disk_fills_up_while_storing(void **state)
{
    struct fixture *fixture = *state;
    if (mount("tmpfs", fixture->folder, "tmpfs", 0, "size=256k") != 0)
        skip(); /* needs root, and a place where mounting is allowed */
    struct ub_backup *backup = make_backup(1024 * 1024, 5);
    enum ub_code ready = ub_vault_ready(fixture->vault, 1024 * 1024, &fixture->err);
    enum ub_code stored = ub_vault_store(fixture->vault, backup, &fixture->err);
    size_t left = count_entries(fixture);
    ub_backup_free(backup);
    assert_int_equal(umount(fixture->folder), 0);
    assert_int_equal(ready, UB_SYS_DISK_FULL);
    assert_int_equal(stored, UB_SYS_DISK_FULL);
    assert_int_equal(left, 0);
}

static void a_read_only_disk(void **state)
{
    struct fixture *fixture = *state;
    if (mount("tmpfs", fixture->folder, "tmpfs", MS_RDONLY, "size=256k") != 0)
        skip(); /* needs root, and a place where mounting is allowed */
    enum ub_code ready = ub_vault_ready(fixture->vault, 1, &fixture->err);
    assert_int_equal(umount(fixture->folder), 0);
    assert_int_equal(ready, UB_VLT_ACCESS);
}

static void the_folder_comes_from_the_environment(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *own, *data, *home, *folder;
    } rows[] = {
        {"/a", "/b", "/c", "/a"},
        {NULL, "/b", "/c", "/b/unbrick"},
        {"", "b", "/c", "/c/.local/share/unbrick"},
        {NULL, NULL, "/c", "/c/.local/share/unbrick"},
        {NULL, NULL, NULL, NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *const names[] = {"UNBRICK_VAULT", "XDG_DATA_HOME", "HOME"};
        const char *const values[] = {rows[i].own, rows[i].data, rows[i].home};
        for (size_t n = 0; n < 3; n++)
            assert_int_equal(values[n] ? setenv(names[n], values[n], 1) : unsetenv(names[n]), 0);
        struct ub_vault *vault = NULL;
        enum ub_code code = ub_vault_open(NULL, &vault, &fixture->err);
        assert_int_equal(code, rows[i].folder ? UB_OK : UB_VLT_ACCESS);
        if (vault)
            assert_string_equal(ub_vault_folder(vault), rows[i].folder);
        ub_vault_close(vault);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_goes_in_comes_out),
        TEST(the_folder_is_private),
        TEST(ids_count_up_and_are_listed_by_age),
        TEST(two_at_a_time_do_not_take_the_same_id),
        TEST(an_unused_vault_is_empty),
        TEST(an_id_names_nothing_else),
        TEST(damage_is_found_and_named),
        TEST(a_bad_record_says_which_backup),
        TEST(a_file_in_place_of_a_folder),
        TEST(more_than_the_disk_holds),
        TEST(the_disk_fills_up_while_storing),
        TEST(a_read_only_disk),
        TEST(the_folder_comes_from_the_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
