/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A disk that fills up while a file is fetched: said, and nothing of what came is lost. */
#define _GNU_SOURCE
#include "fetch_test.h"

#include "base/text.h"

#include <errno.h>
#include <sys/types.h>
#include <unistd.h>

/* The linker leads the library's calls of pwrite() here. */
ssize_t __real_pwrite(int fd, const void *bytes, size_t length, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t length, off_t offset);
ssize_t __real_pwrite64(int fd, const void *bytes, size_t length, off_t offset);
ssize_t __wrap_pwrite64(int fd, const void *bytes, size_t length, off_t offset);

static size_t room = SIZE_MAX; /* bytes that the disk takes from now on */
static int trouble = ENOSPC;

/** How much of it is written, or -1 with errno set. */
static ssize_t take(size_t length)
{
    if (room == 0) {
        errno = trouble;
        return -1;
    }
    const size_t n = length < room ? length : room;
    room -= room == SIZE_MAX ? 0 : n;
    return (ssize_t)n;
}

ssize_t __wrap_pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
    const ssize_t n = take(length);
    return n < 0 ? n : __real_pwrite(fd, bytes, (size_t)n, offset);
}

ssize_t __wrap_pwrite64(int fd, const void *bytes, size_t length, off_t offset)
{
    const ssize_t n = take(length);
    return n < 0 ? n : __real_pwrite64(fd, bytes, (size_t)n, offset);
}

static void a_disk_that_fills_up(void **state)
{
    struct world *world = *state;
    world->options.trust.sha256 = content_sha256();
    room = 123457;
    trouble = ENOSPC;
    fetch_from(world, "good", "fw.bin", UB_SYS_DISK_FULL);
    assert_non_null(strstr(world->err.message, "downloads"));
    assert_int_equal(unfinished(world), 1);
    room = 1000;
    fetch_from(world, "good", "fw.bin", UB_SYS_DISK_FULL);
    room = SIZE_MAX;
    fetch_from(world, "good", "fw.bin", UB_OK);
    assert_int_equal(world->got.resumed, 124457);
    expect_file(world->got.path, content(), CONTENT_SIZE);
}

static void a_disk_that_fails(void **state)
{
    struct world *world = *state;
    world->options.trust.sha256 = content_sha256();
    room = 5000;
    trouble = EIO;
    fetch_from(world, "good", "fw.bin", UB_SYS_WRITE);
    room = SIZE_MAX;
    fetch_from(world, "good", "fw.bin", UB_OK);
    assert_int_equal(world->got.resumed, 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_disk_that_fills_up, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(a_disk_that_fails, world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, server_start, server_stop);
}
