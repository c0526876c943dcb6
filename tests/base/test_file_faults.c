/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A disk that fails while a file is written: the old content stays, no temporary file is left, and
 * a full disk is told from a broken one. The linker puts the functions below in the place of the
 * system's (--wrap). */
#define _XOPEN_SOURCE 700
#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

ssize_t __real_write(int fd, const void *bytes, size_t length);
ssize_t __wrap_write(int fd, const void *bytes, size_t length);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
ssize_t __real_read(int fd, void *bytes, size_t length);
ssize_t __wrap_read(int fd, void *bytes, size_t length);

enum call { CALL_NONE, CALL_WRITE, CALL_FSYNC, CALL_RENAME, CALL_READ };

/** What goes wrong next: from the `at`-th such call on, with errno `number`. */
static struct {
    enum call call;
    unsigned at;
    int number;
    bool once;
    size_t most; /* bytes that a write takes at once, 0: all */
} fault;

static bool strikes(enum call call)
{
    if (fault.call != call || (fault.at > 0 && --fault.at > 0))
        return false;
    if (fault.once)
        fault.call = CALL_NONE;
    errno = fault.number;
    return true;
}

ssize_t __wrap_write(int fd, const void *bytes, size_t length)
{
    if (strikes(CALL_WRITE))
        return -1;
    return __real_write(fd, bytes, fault.most && length > fault.most ? fault.most : length);
}

int __wrap_fsync(int fd)
{
    return strikes(CALL_FSYNC) ? -1 : __real_fsync(fd);
}

int __wrap_rename(const char *from, const char *to)
{
    return strikes(CALL_RENAME) ? -1 : __real_rename(from, to);
}

ssize_t __wrap_read(int fd, void *bytes, size_t length)
{
    return strikes(CALL_READ) ? -1 : __real_read(fd, bytes, length);
}

static char folder[] = "/tmp/unbrick-faults-XXXXXX";
static char *path;

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    path = ub_path_join(folder, "file");
    return path ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    (void)unlink(path);
    free(path);
    return rmdir(folder); /* fails if anything was left behind */
}

static void expect_content(const char *text)
{
    uint8_t *bytes = NULL;
    size_t length = 0;
    assert_int_equal(ub_file_read(path, 100, &bytes, &length, NULL), UB_OK);
    assert_string_equal((char *)bytes, text);
    free(bytes);
}

static unsigned entries(void)
{
    DIR *dir = opendir(folder);
    unsigned count = 0;
    assert_non_null(dir);
    while (readdir(dir) != NULL)
        count++;
    (void)closedir(dir);
    return count - 2;
}

static void a_failed_write_leaves_the_old_file(void **state)
{
    (void)state;
    static const struct {
        enum call call;
        int number;
        enum ub_code code;
    } rows[] = {
        {CALL_WRITE, ENOSPC, UB_SYS_DISK_FULL}, {CALL_WRITE, EDQUOT, UB_SYS_DISK_FULL},
        {CALL_WRITE, EIO, UB_SYS_WRITE},        {CALL_FSYNC, ENOSPC, UB_SYS_DISK_FULL},
        {CALL_FSYNC, EIO, UB_SYS_WRITE},        {CALL_RENAME, EIO, UB_SYS_WRITE},
        {CALL_RENAME, EROFS, UB_SYS_WRITE},
    };
    struct ub_error err;
    assert_int_equal(ub_file_write(path, "old", 3, &err), UB_OK);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        fault.call = rows[i].call;
        fault.number = rows[i].number;
        assert_int_equal(ub_file_write(path, "newer", 5, &err), rows[i].code);
        fault.call = CALL_NONE;
        assert_int_equal(err.code, rows[i].code);
        assert_non_null(strstr(err.message, "/file: cannot write: "));
        expect_content("old");
        assert_int_equal(entries(), 1);
    }
}

/* By then the new content is in place; that it may not survive a power cut is still an error. */
static void a_folder_that_cannot_be_synced(void **state)
{
    (void)state;
    struct ub_error err;
    fault.call = CALL_FSYNC;
    fault.at = 2; /* the first is that of the file */
    fault.number = EIO;
    assert_int_equal(ub_file_write(path, "new", 3, &err), UB_SYS_WRITE);
    fault.call = CALL_NONE;
    assert_non_null(strstr(err.message, "sync the folder"));
    fault.call = CALL_FSYNC;
    fault.number = EINVAL; /* a file system without that notion */
    assert_int_equal(ub_folder_sync(folder, &err), UB_OK);
    fault.call = CALL_NONE;
    expect_content("new");
}

static void interrupted_and_partial_calls_go_on(void **state)
{
    (void)state;
    fault.call = CALL_WRITE;
    fault.number = EINTR;
    fault.at = 2;
    fault.once = true;
    fault.most = 1;
    assert_int_equal(ub_file_write(path, "piecewise", 9, NULL), UB_OK);
    fault.most = 0;
    assert_int_equal(fault.call, CALL_NONE);
    fault.call = CALL_READ;
    expect_content("piecewise");
    assert_int_equal(fault.call, CALL_NONE);
}

static void a_file_that_cannot_be_read_to_its_end(void **state)
{
    (void)state;
    uint8_t *bytes = NULL;
    size_t length = 0;
    struct ub_error err;
    assert_int_equal(ub_file_write(path, "x", 1, NULL), UB_OK);
    fault.call = CALL_READ;
    fault.number = EIO;
    fault.at = 2;
    fault.once = true;
    assert_int_equal(ub_file_read(path, 100, &bytes, &length, &err), UB_IMG_READ);
    assert_null(bytes);
    assert_non_null(strstr(err.message, "Input/output error"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failed_write_leaves_the_old_file),
        cmocka_unit_test(a_folder_that_cannot_be_synced),
        cmocka_unit_test(interrupted_and_partial_calls_go_on),
        cmocka_unit_test(a_file_that_cannot_be_read_to_its_end),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
