/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Servers that keep silent: every wait has its deadline, and a wish to stop ends it at once. */
#define _GNU_SOURCE
#include "fetch_test.h"

#include "base/clock.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static uint64_t now_us(void)
{
    const struct ub_clock clock = ub_clock_real();
    return ub_now(&clock);
}

/** Silence, a stop in the middle, and a trickle: each ends by the deadline. */
static void silence(void **state)
{
    struct world *world = *state;
    static const char *const hows[] = {"silent", "stall", "drip"};
    world->options.trust.sha256 = content_sha256();
    world->options.stall_us = 400000;
    for (size_t i = 0; i < 3; i++) {
        const uint64_t start = now_us();
        fetch_from(world, hows[i], "fw.bin", UB_NET_TIMEOUT);
        const uint64_t took = now_us() - start;
        if (took < 350000 || took > 2500000)
            fail_msg("%s: %llu us", hows[i], (unsigned long long)took);
        assert_non_null(strstr(world->err.message, i == 2 ? "next to nothing" : "nothing"));
    }
    assert_int_equal(unfinished(world), 2); /* what came can be gone on with */
}

static void *cancel_soon(void *user)
{
    struct world *world = user;
    (void)usleep(300000);
    ub_context_cancel(world->context);
    return NULL;
}

/** The wish to stop is heard within 0.2 s although nothing comes. */
static void a_wish_to_stop_in_silence(void **state)
{
    struct world *world = *state;
    pthread_t thread;
    world->options.trust.sha256 = content_sha256();
    world->options.stall_us = 10000000;
    assert_int_equal(pthread_create(&thread, NULL, cancel_soon, world), 0);
    const uint64_t start = now_us();
    fetch_from(world, "silent", "fw.bin", UB_SYS_INTERRUPTED);
    const uint64_t took = now_us() - start;
    assert_int_equal(pthread_join(thread, NULL), 0);
    if (took < 290000 || took > 300000 + 200000)
        fail_msg("%llu us", (unsigned long long)took);
}

/** Somebody else has it in hand and does nothing: not for ever. */
static void another_program_that_hangs(void **state)
{
    struct world *world = *state;
    world->options.trust.sha256 = content_sha256();
    world->options.stall_us = 2500000;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char url[TEXT];
        server_url("https", "silent", "fw.bin", url);
        world->options.stall_us = 20000000;
        _exit(ub_fetch(world->context, url, &world->options, &world->got, &world->err) != UB_OK);
    }
    (void)usleep(400000);
    world->options.stall_us = 300000;
    fetch_from(world, "silent", "fw.bin", UB_NET_TIMEOUT);
    assert_non_null(strstr(world->err.message, "another program"));
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(silence),
        TEST(a_wish_to_stop_in_silence),
        TEST(another_program_that_hangs),
    };
    return cmocka_run_group_tests(tests, server_start, server_stop);
}
