/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is remembered of costs: smoothed, kept in sane ranges, and never in anybody's way. */
#define _GNU_SOURCE
#include "vault_fixture.h"

#include "vault/costs.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

static const struct ub_learned typical = {
    .transfer_us = 300,
    .transfer_kib_us = 800,
    .write_kib_us = 4096,
    .erase_all_us = 8000000,
    .end_us = 10000,
    .asks_milli = 2000,
    .erase_us = {[14] = 250000, [17] = 1000000},
};

static void path_of(const struct fixture *fixture, char *path)
{
    (void)ub_print(path, 128, "%s/costs.json", fixture->folder);
}

static void write_text(const struct fixture *fixture, const char *text)
{
    char path[128];
    path_of(fixture, path);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static enum ub_costs_state recall(const struct fixture *fixture, const char *key,
                                  struct ub_learned *out)
{
    memset(out, 0x5a, sizeof(*out));
    return ub_vault_costs(fixture->vault, key, out);
}

static void learn(struct fixture *fixture, const char *key, const struct ub_learned *measured)
{
    if (ub_vault_learn(fixture->vault, key, measured, &fixture->err) != UB_OK)
        fail_msg("%s", fixture->err.message);
}

static void sizes_have_classes(void **state)
{
    assert_int_equal(ub_size_class(1), 0);
    assert_int_equal(ub_size_class(128), 7);
    assert_int_equal(ub_size_class(255), 7);
    assert_int_equal(ub_size_class(256), 8);
    assert_int_equal(ub_size_class(UINT32_MAX), UB_SIZE_CLASSES - 1);
}

static void each_kind_of_device_has_its_own(void **state)
{
    static const struct ub_learned nothing;
    struct fixture *fixture = *state;
    struct ub_learned learned;
    assert_int_equal(recall(fixture, "A", &learned), UB_COSTS_NONE);
    assert_memory_equal(&learned, &nothing, sizeof(nothing));
    learn(fixture, "A", &typical);
    assert_int_equal(recall(fixture, "B", &learned), UB_COSTS_NONE);
    assert_memory_equal(&learned, &nothing, sizeof(nothing));
    assert_int_equal(recall(fixture, "A", &learned), UB_COSTS_GOOD);
    assert_int_equal(learned.runs, 1);
    learned.runs = 0;
    assert_memory_equal(&learned, &typical, sizeof(typical));
}

static void a_new_value_moves_the_old_one_half_the_way(void **state)
{
    struct fixture *fixture = *state;
    struct ub_learned learned;
    struct ub_learned slow = typical;
    slow.write_kib_us = 8096;
    slow.erase_us[17] = 0; /* not measured this time */
    slow.erase_us[11] = 22000;
    learn(fixture, "A", &typical);
    learn(fixture, "A", &slow);
    assert_int_equal(recall(fixture, "A", &learned), UB_COSTS_GOOD);
    assert_int_equal(learned.runs, 2);
    assert_int_equal(learned.write_kib_us, 6096);
    assert_int_equal(learned.erase_us[17], 1000000);
    assert_int_equal(learned.erase_us[11], 22000);
    for (int i = 0; i < 20; i++)
        learn(fixture, "A", &slow);
    assert_int_equal(recall(fixture, "A", &learned), UB_COSTS_GOOD);
    assert_in_range(learned.write_kib_us, 8094, 8096);
}

static void a_run_of_few_blocks_counts_for_little(void **state)
{
    struct fixture *fixture = *state;
    struct ub_learned learned;
    struct ub_learned brief = typical;
    brief.write_kib_us = 8096;
    brief.write_blocks = 4;
    brief.erase_us[17] = 2000000; /* a sector is a sector */
    learn(fixture, "A", &typical);
    learn(fixture, "A", &brief);
    assert_int_equal(recall(fixture, "A", &learned), UB_COSTS_GOOD);
    assert_int_equal(learned.write_kib_us, 4096 + 500);
    assert_int_equal(learned.erase_us[17], 1500000);
    assert_int_equal(learned.write_blocks, 0);
}

static void what_no_device_can_have_is_not_believed(void **state)
{
    struct fixture *fixture = *state;
    struct ub_learned learned;
    struct ub_learned mad = typical;
    mad.transfer_us = 5000000;
    mad.write_kib_us = UINT32_MAX;
    mad.erase_us[14] = 1;
    learn(fixture, "A", &typical);
    learn(fixture, "A", &mad);
    assert_int_equal(recall(fixture, "A", &learned), UB_COSTS_GOOD);
    assert_int_equal(learned.transfer_us, typical.transfer_us);
    assert_int_equal(learned.write_kib_us, typical.write_kib_us);
    assert_int_equal(learned.erase_us[14], typical.erase_us[14]);
    /* nor if somebody wrote it into the file */
    write_text(fixture, "{\"format\":\"unbrick-costs\",\"version\":1,\"costs\":{\"A\":{\"runs\":-4,"
                        "\"transfer_us\":-1,\"write_kib_us\":99999999999999,\"asks_milli\":\"2\","
                        "\"erase_us\":{\"2048\":22000,\"0\":5000,\"x\":5000,\"4096\":1e9,"
                        "\"99999999999\":22000}}}}");
    assert_int_equal(recall(fixture, "A", &learned), UB_COSTS_GOOD);
    assert_int_equal(learned.runs, 1);
    assert_int_equal(learned.transfer_us, 0);
    assert_int_equal(learned.write_kib_us, 0);
    assert_int_equal(learned.asks_milli, 0);
    for (unsigned i = 0; i < UB_SIZE_CLASSES; i++)
        assert_int_equal(learned.erase_us[i], i == 11 ? 22000 : 0);
}

static void a_damaged_file_is_ignored_and_replaced(void **state)
{
    static const char *const damaged[] = {
        "",
        "{",
        "[]",
        "null",
        "{\"format\":\"unbrick-costs\",\"version\":1}",
        "{\"format\":\"unbrick-costs\",\"version\":1,\"costs\":7}",
        "{\"format\":\"unbrick-costs\",\"version\":\"1\",\"costs\":{}}",
        "{\"format\":\"something else\",\"version\":1,\"costs\":{}}",
        "{\"format\":\"unbrick-costs\",\"version\":1,\"costs\":{\"A\":5}}",
        "{\"format\":\"unbrick-costs\",\"version\":1,\"costs\":{\"A\":{}",
        "{\"version\":1,\"version\":1}",
    };
    struct fixture *fixture = *state;
    struct ub_learned learned;
    for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
        write_text(fixture, damaged[i]);
        assert_int_equal(recall(fixture, "A", &learned), UB_COSTS_DAMAGED);
        assert_int_equal(learned.transfer_us, 0);
        learn(fixture, "A", &typical);
        assert_int_equal(recall(fixture, "A", &learned), UB_COSTS_GOOD);
        assert_int_equal(learned.transfer_us, 300);
    }
}

static void a_newer_file_is_left_alone(void **state)
{
    static const char newer[] = "{\"format\":\"unbrick-costs\",\"version\":2,\"costs\":[]}";
    struct fixture *fixture = *state;
    struct ub_learned learned;
    char path[128];
    char text[128] = "";
    write_text(fixture, newer);
    assert_int_equal(recall(fixture, "A", &learned), UB_COSTS_NEWER);
    learn(fixture, "A", &typical);
    path_of(fixture, path);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof(text), file));
    assert_int_equal(fclose(file), 0);
    assert_string_equal(text, newer);
}

static void it_does_not_grow_beyond_all_sense(void **state)
{
    struct fixture *fixture = *state;
    struct ub_learned learned;
    char path[128];
    char key[32];
    struct stat status;
    char *text = malloc(100000);
    assert_non_null(text);
    (void)ub_print(text, 100000, "{\"format\":\"unbrick-costs\",\"version\":1,\"costs\":{");
    for (unsigned i = 0; i < 1000; i++)
        (void)ub_append(text, 100000, "%s\"K%u\":{\"runs\":1,\"transfer_us\":300}", i ? "," : "",
                        i);
    (void)ub_append(text, 100000, "}}");
    write_text(fixture, text);
    free(text);
    learn(fixture, "new", &typical);
    assert_int_equal(recall(fixture, "new", &learned), UB_COSTS_GOOD);
    unsigned left = 0;
    for (unsigned i = 0; i < 1000; i++) {
        (void)ub_print(key, sizeof(key), "K%u", i);
        left += recall(fixture, key, &learned) == UB_COSTS_GOOD;
    }
    assert_int_equal(left, 255);
    path_of(fixture, path);
    assert_int_equal(stat(path, &status), 0);
    assert_true(status.st_size < 40000);
}

static void a_folder_that_cannot_be_written_is_an_error(void **state)
{
    struct fixture *fixture = *state;
    char path[128];
    path_of(fixture, path);
    assert_int_equal(mkdir(path, 0700), 0); /* a folder stands where the file belongs */
    enum ub_code code = ub_vault_learn(fixture->vault, "A", &typical, &fixture->err);
    assert_int_equal(code, UB_SYS_WRITE);
}

static void *learn_many(void *state)
{
    static char bad[] = "bad";
    struct fixture *fixture = state;
    for (unsigned i = 0; i < 15; i++) {
        struct ub_learned learned;
        if (ub_vault_learn(fixture->vault, "A", &typical, NULL) != UB_OK ||
            ub_vault_costs(fixture->vault, "A", &learned) != UB_COSTS_GOOD)
            return bad;
    }
    return NULL;
}

/* Threads, and a program beside them; none of their runs is lost. */
static void several_at_a_time_lose_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct ub_learned learned;
    pthread_t threads[8];
    int status = 0;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(learn_many(fixture) ? 1 : 0);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, learn_many, fixture), 0);
    for (size_t i = 0; i < 8; i++) {
        void *said = NULL;
        assert_int_equal(pthread_join(threads[i], &said), 0);
        assert_null(said);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(recall(fixture, "A", &learned), UB_COSTS_GOOD);
    assert_int_equal(learned.runs, 9 * 15);
}

static void a_kill_at_any_moment_leaves_the_old_or_the_new(void **state)
{
    struct fixture *fixture = *state;
    struct ub_learned learned;
    learn(fixture, "A", &typical);
    for (unsigned kills = 0; kills < 30; kills++) {
        pid_t child = fork();
        assert_true(child >= 0);
        while (child == 0)
            if (ub_vault_learn(fixture->vault, "A", &typical, NULL) != UB_OK)
                _exit(1);
        const struct timespec moment = {0, 300000L + 130000L * kills};
        (void)nanosleep(&moment, NULL);
        assert_int_equal(kill(child, SIGKILL), 0);
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(recall(fixture, "A", &learned), UB_COSTS_GOOD);
        assert_int_equal(learned.transfer_us, typical.transfer_us);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sizes_have_classes),
        TEST(each_kind_of_device_has_its_own),
        TEST(a_new_value_moves_the_old_one_half_the_way),
        TEST(a_run_of_few_blocks_counts_for_little),
        TEST(what_no_device_can_have_is_not_believed),
        TEST(a_damaged_file_is_ignored_and_replaced),
        TEST(a_newer_file_is_left_alone),
        TEST(it_does_not_grow_beyond_all_sense),
        TEST(a_folder_that_cannot_be_written_is_an_error),
        TEST(several_at_a_time_lose_nothing),
        TEST(a_kill_at_any_moment_leaves_the_old_or_the_new),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
