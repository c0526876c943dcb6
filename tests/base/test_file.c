/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of every awkward kind, in a folder of their own that is removed afterwards. */
#define _XOPEN_SOURCE 700
#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <ftw.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct place {
    char folder[64];
    struct ub_error err;
};

static int make_place(void **state)
{
    struct place *p = calloc(1, sizeof(*p));
    if (!p)
        return -1;
    memcpy(p->folder, "/tmp/unbrick-test-XXXXXX", sizeof("/tmp/unbrick-test-XXXXXX"));
    *state = p;
    return mkdtemp(p->folder) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static int remove_place(void **state)
{
    struct place *p = *state;
    int result = nftw(p->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(p);
    return result;
}

static char *in(const struct place *p, const char *name)
{
    char *path = ub_path_join(p->folder, name);
    assert_non_null(path);
    return path;
}

static void expect_content(const char *path, const char *text)
{
    uint8_t *bytes = NULL;
    size_t length = 0;
    struct ub_error err;
    assert_int_equal(ub_file_read(path, 1 << 20, &bytes, &length, &err), UB_OK);
    assert_int_equal(length, strlen(text));
    assert_string_equal((const char *)bytes, text); /* the NUL behind the content */
    free(bytes);
}

static unsigned entries(const char *folder)
{
    DIR *dir = opendir(folder);
    unsigned count = 0;
    assert_non_null(dir);
    while (readdir(dir) != NULL)
        count++;
    (void)closedir(dir);
    return count - 2; /* "." and ".." */
}

static void written_files_read_back(void **state)
{
    struct place *p = *state;
    char *path = in(p, "a");
    assert_int_equal(ub_file_write(path, "hello", 5, &p->err), UB_OK);
    expect_content(path, "hello");
    assert_int_equal(ub_file_write(path, "", 0, &p->err), UB_OK);
    expect_content(path, "");
    assert_int_equal(entries(p->folder), 1); /* no temporary file is left */
    free(path);
}

static void large_files_survive_whole(void **state)
{
    struct place *p = *state;
    char *path = in(p, "large");
    size_t size = 300000;
    uint8_t *out = malloc(size);
    uint8_t *back = NULL;
    size_t length = 0;
    assert_non_null(out);
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)(i * 7 >> 3);
    assert_int_equal(ub_file_write(path, out, size, &p->err), UB_OK);
    assert_int_equal(ub_file_read(path, size, &back, &length, &p->err), UB_OK);
    assert_int_equal(length, size);
    assert_memory_equal(back, out, size);
    free(back);
    back = NULL;
    assert_int_equal(ub_file_read(path, size - 1, &back, &length, &p->err), UB_IMG_TOO_LARGE);
    assert_non_null(strstr(p->err.message, "299,999"));
    assert_null(back);
    free(out);
    free(path);
}

/* Files of /proc tell a size of 0 and have content all the same. */
static void a_file_that_hides_its_size(void **state)
{
    struct place *p = *state;
    uint8_t *bytes = NULL;
    size_t length = 0;
    if (access("/proc/self/maps", R_OK) != 0)
        skip();
    assert_int_equal(ub_file_read("/proc/self/maps", 1 << 24, &bytes, &length, &p->err), UB_OK);
    assert_true(length > 100);
    free(bytes);
    bytes = NULL;
    assert_int_equal(ub_file_read("/proc/self/maps", 100, &bytes, &length, &p->err),
                     UB_IMG_TOO_LARGE);
    assert_null(bytes);
}

static void what_cannot_be_read(void **state)
{
    struct place *p = *state;
    uint8_t *bytes = NULL;
    size_t length = 0;
    char *missing = in(p, "missing");
    char *fifo = in(p, "fifo");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(ub_file_read(missing, 100, &bytes, &length, &p->err), UB_IMG_READ);
    assert_non_null(strstr(p->err.message, "missing: No such file"));
    assert_int_equal(ub_file_read(p->folder, 100, &bytes, &length, &p->err), UB_IMG_READ);
    assert_non_null(strstr(p->err.message, "is a folder"));
    assert_int_equal(ub_file_read(fifo, 100, &bytes, &length, &p->err), UB_IMG_READ);
    assert_non_null(strstr(p->err.message, "not a regular file"));
    assert_int_equal(ub_file_read("/dev/null", 100, &bytes, &length, &p->err), UB_IMG_READ);
    assert_null(bytes);
    free(missing);
    free(fifo);
}

static void replacing_keeps_mode_and_link(void **state)
{
    struct place *p = *state;
    char *real = in(p, "real");
    char *link = in(p, "link");
    struct stat status;
    assert_int_equal(ub_file_write(real, "old", 3, &p->err), UB_OK);
    assert_int_equal(chmod(real, 0640), 0);
    assert_int_equal(symlink("real", link), 0);
    assert_int_equal(ub_file_write(link, "new", 3, &p->err), UB_OK);
    expect_content(real, "new");
    assert_int_equal(lstat(link, &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    assert_int_equal(stat(real, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0640);
    free(real);
    free(link);
}

#define WRITERS 150

static void *write_one(void *argument)
{
    const char *path = argument;
    for (int i = 0; i < 2; i++)
        if (ub_file_write(path, path, strlen(path), NULL) != UB_OK)
            return argument;
    return NULL;
}

/** As many as there may be devices; and some that were killed while they wrote. */
static void many_writers_in_one_folder(void **state)
{
    struct place *p = *state;
    pthread_t threads[WRITERS];
    char *paths[WRITERS];
    size_t failed = 0;
    for (size_t i = 0; i < WRITERS; i++) {
        char name[64];
        (void)snprintf(name, sizeof(name), ".unbrick-%ld-%zu.tmp", (long)getpid(), i);
        char *left_behind = in(p, name);
        FILE *file = fopen(left_behind, "wb");
        assert_non_null(file);
        assert_int_equal(fclose(file), 0);
        free(left_behind);
        (void)snprintf(name, sizeof(name), "device-%zu", i);
        paths[i] = in(p, name);
        assert_int_equal(pthread_create(&threads[i], NULL, write_one, paths[i]), 0);
    }
    for (size_t i = 0; i < WRITERS; i++) {
        void *bad = NULL;
        assert_int_equal(pthread_join(threads[i], &bad), 0);
        failed += bad != NULL;
    }
    for (size_t i = 0; i < WRITERS; i++) {
        if (!failed)
            expect_content(paths[i], paths[i]);
        free(paths[i]);
    }
    assert_int_equal(failed, 0);
}

static void what_cannot_be_written(void **state)
{
    struct place *p = *state;
    char *nowhere = in(p, "no/such/folder/file");
    char *fifo = in(p, "fifo");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(ub_file_write(nowhere, "x", 1, &p->err), UB_SYS_WRITE);
    assert_non_null(strstr(p->err.message, "no/such/folder"));
    assert_int_equal(ub_file_write(p->folder, "x", 1, &p->err), UB_SYS_WRITE);
    assert_int_equal(ub_file_write(fifo, "x", 1, &p->err), UB_SYS_WRITE);
    assert_int_equal(entries(p->folder), 1);
    free(nowhere);
    free(fifo);
}

static void folders_with_parents(void **state)
{
    struct place *p = *state;
    char *deep = in(p, "a//b/c/");
    char *file = in(p, "a/file");
    char *under_file = in(p, "a/file/b");
    struct stat status;
    assert_int_equal(ub_folder_make(deep, &p->err), UB_OK);
    assert_int_equal(ub_folder_make(deep, &p->err), UB_OK); /* there already */
    assert_int_equal(stat(deep, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    assert_int_equal(ub_folder_sync(deep, &p->err), UB_OK);
    assert_int_equal(ub_file_write(file, "x", 1, &p->err), UB_OK);
    assert_int_equal(ub_folder_make(file, &p->err), UB_SYS_WRITE);
    assert_int_equal(ub_folder_make(under_file, &p->err), UB_SYS_WRITE);
    assert_int_equal(ub_folder_sync(file, &p->err), UB_SYS_WRITE);
    free(deep);
    free(file);
    free(under_file);
}

static void paths_join(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        {"a", "b", "a/b"}, {"a/", "b", "a/b"}, {"/", "b", "/b"}, {"", "b", "b"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *path = ub_path_join(rows[i][0], rows[i][1]);
        assert_string_equal(path, rows[i][2]);
        free(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(written_files_read_back, make_place, remove_place),
        cmocka_unit_test_setup_teardown(large_files_survive_whole, make_place, remove_place),
        cmocka_unit_test_setup_teardown(a_file_that_hides_its_size, make_place, remove_place),
        cmocka_unit_test_setup_teardown(what_cannot_be_read, make_place, remove_place),
        cmocka_unit_test_setup_teardown(replacing_keeps_mode_and_link, make_place, remove_place),
        cmocka_unit_test_setup_teardown(many_writers_in_one_folder, make_place, remove_place),
        cmocka_unit_test_setup_teardown(what_cannot_be_written, make_place, remove_place),
        cmocka_unit_test_setup_teardown(folders_with_parents, make_place, remove_place),
        cmocka_unit_test(paths_join),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
