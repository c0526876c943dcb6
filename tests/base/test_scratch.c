/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _POSIX_C_SOURCE 200809L /* setenv, symlink, mkdtemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/scratch.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct ub_error err;

static void goes_with_all_that_is_in_it(void **state)
{
    char place[] = "/tmp/unbrick-test-XXXXXX";
    char path[256];
    char kept[256];
    char *folder = NULL;
    struct stat status;
    (void)state;
    assert_non_null(mkdtemp(place));
    assert_int_equal(setenv("TMPDIR", place, 1), 0);
    assert_int_equal(ub_scratch_make(&folder, &err), UB_OK);
    assert_memory_equal(folder, place, strlen(place));
    assert_int_equal(stat(folder, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    (void)ub_print(kept, sizeof(kept), "%s/kept", place);
    assert_int_equal(ub_folder_make(kept, &err), UB_OK);
    (void)ub_print(path, sizeof(path), "%s/a/b", folder);
    assert_int_equal(ub_folder_make(path, &err), UB_OK);
    (void)ub_print(path, sizeof(path), "%s/a/link", folder);
    assert_int_equal(symlink(kept, path), 0);
    (void)ub_print(path, sizeof(path), "%s/kept/file", place);
    assert_int_equal(ub_file_write(path, "x", 1, &err), UB_OK);
    char gone[256];
    (void)ub_print(gone, sizeof(gone), "%s", folder);
    ub_scratch_remove(folder);
    assert_int_not_equal(access(gone, F_OK), 0);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(kept), 0);
    assert_int_equal(rmdir(place), 0);
    assert_int_equal(ub_scratch_make(&folder, &err), UB_SYS_WRITE);
    assert_null(folder);
    ub_scratch_remove(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(goes_with_all_that_is_in_it)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
