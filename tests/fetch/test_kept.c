/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where what is fetched is kept, from which addresses, and beside what else. */
#define _GNU_SOURCE
#include "fetch_test.h"

#include "base/file.h"
#include "base/text.h"

#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

static void names_of_their_own(void **state)
{
    struct world *world = *state;
    static const uint8_t others[3][4] = {"one", "two", "tri"};
    static const char *const names[] = {"fw.bin", "2/fw.bin", "3/fw.bin"};
    char path[TEXT];
    world->options.keep_unverified = true;
    for (size_t i = 0; i < 3; i++) {
        server_has("fw.bin", others[i], 4);
        fetch_from(world, "good", "fw.bin", UB_OK);
        in_downloads(world, names[i], path);
        assert_string_equal(world->got.path, path);
    }
    /* each stays, and is found again */
    for (size_t i = 0; i < 3; i++) {
        server_has("fw.bin", others[i], 4);
        fetch_from(world, "good", "fw.bin", UB_OK);
        in_downloads(world, names[i], path);
        assert_string_equal(world->got.path, path);
        expect_file(path, others[i], 4);
    }
    server_has("fw.bin", content(), CONTENT_SIZE);
}

/** Beside what lies there already nothing is put that would be taken for its signature. */
static void statements_of_others(void **state)
{
    struct world *world = *state;
    char path[TEXT];
    world->options.keep_unverified = true;
    server_has("fw.bin.minisig", "mine\n", 5);
    fetch_from(world, "good", "fw.bin.minisig", UB_OK);
    in_downloads(world, "2/fw.bin.minisig", path);
    assert_string_equal(world->got.path, path);
    server_lacks("fw.bin.minisig");
    fetch_from(world, "good", "fw.bin", UB_OK);
    in_downloads(world, "fw.bin", path);
    assert_string_equal(world->got.path, path);
    /* a file that is called like the folder */
    server_has("2", "two", 3);
    fetch_from(world, "good", "2", UB_OK);
    in_downloads(world, "2/2", path);
    assert_string_equal(world->got.path, path);
    server_lacks("2");
}

/** What is looked for beside other files lies alone: it would speak for files that it does not
 * know. */
static void lists_of_others(void **state)
{
    static const char *const names[] = {"SHA256SUMS", "sha512sums", "a.sha256", "b.SIG",
                                        "c.manifest.json"};
    struct world *world = *state;
    char public[TEXT];
    char path[TEXT];
    char wanted[TEXT];
    const char *key = public;
    const char *list = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  fw.bin\n";
    world->options.keep_unverified = true;
    for (unsigned round = 0; round < 2; round++) /* each stays, and is found again */
        for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
            server_has(names[i], list, strlen(list));
            fetch_from(world, "good", names[i], UB_OK);
            (void)ub_print(path, sizeof(path), "%u/%s", i + 2, names[i]);
            in_downloads(world, path, wanted);
            assert_string_equal(world->got.path, wanted);
            server_lacks(names[i]);
        }
    /* and the file that the list is wrong about is not measured by it, wherever it goes */
    world->options.keep_unverified = false;
    world->options.trust.keys = &key;
    world->options.trust.key_count = 1;
    make_key(world, "vendor", public);
    for (size_t i = 0; i < 2; i++) {
        const uint8_t *bytes = content() + i;
        struct ub_image *image = NULL;
        server_has("fw.bin", bytes, CONTENT_SIZE - i);
        sign(world, "vendor", "fw.bin", bytes, CONTENT_SIZE - i);
        fetch_from(world, "good", "fw.bin", UB_OK);
        in_downloads(world, i ? "4/fw.bin" : "fw.bin", wanted);
        assert_string_equal(world->got.path, wanted);
        assert_int_equal(ub_image_open(world->got.path, NULL, &image, NULL), UB_OK);
        assert_int_equal(ub_trust_image(world->context, image, &world->options.trust, NULL), UB_OK);
        ub_image_close(image);
    }
    server_has("fw.bin", content(), CONTENT_SIZE);
    server_lacks("fw.bin.minisig");
}

/** Vaults of before, which had such a list among the files. */
static void a_list_that_lies_there(void **state)
{
    struct world *world = *state;
    char path[TEXT];
    world->options.trust.sha256 = content_sha256();
    fetch_from(world, "good", "fw.bin", UB_OK);
    assert_int_equal(unlink(world->got.path), 0);
    in_downloads(world, "SHA256SUMS", path);
    assert_int_equal(ub_file_write(path, "x", 1, NULL), UB_OK);
    fetch_from(world, "good", "fw.bin", UB_OK);
    in_downloads(world, "2/fw.bin", path);
    assert_string_equal(world->got.path, path);
}

static void odd_names(void **state)
{
    struct world *world = *state;
    static const char *const rows[][2] = {
        {"fw%20x.bin", "fw x.bin"},
        {"fw%2F..%2F..%2Fpasswd.bin", "passwd.bin"},
        {"..%2F.hidden.bin", "_hidden.bin"},
        {"fw%5Cx.bin?token=1#part", "fw_x.bin"},
    };
    char path[TEXT];
    char url[TEXT];
    char file[TEXT];
    world->options.keep_unverified = true;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        server_has(i == 3 ? "fw\\x.bin" : i == 2 ? ".hidden.bin" : rows[i][1], "x", 1);
        server_url("https", "good", rows[i][0], url);
        fetch(world, url, UB_OK);
        in_downloads(world, rows[i][1], path);
        assert_string_equal(world->got.path, path);
    }
    /* a name as long as a file's may be is cut, and has room for what lies beside */
    char name[200] = "fw";
    while (strlen(name) < 180)
        (void)ub_append(name, sizeof(name), "0123456789");
    (void)ub_print(file, sizeof(file), "%s.bin", name);
    server_has(file, "x", 1);
    fetch_from(world, "good", file, UB_OK);
    assert_int_equal(strlen(strrchr(world->got.path, '/') + 1), 100);
}

static void addresses_that_are_not_taken(void **state)
{
    struct world *world = *state;
    static const char *const wrong[] = {"",
                                        "fw.bin",
                                        "/etc/passwd",
                                        "ftp://127.0.0.1/fw.bin",
                                        "https://",
                                        "https:///fw.bin",
                                        "https://a b/fw.bin",
                                        "gopher://127.0.0.1/fw.bin",
                                        "dict://x/",
                                        "file://host/x",
                                        "https://h/fw%01x.bin",
                                        "https://me:secret@127.0.0.1/fw.bin"};
    const size_t before = server_requests();
    world->options.trust.sha256 = content_sha256();
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        fetch(world, wrong[i], UB_NET_URL);
        assert_null(strstr(world->err.message, "secret"));
    }
    char *longer = calloc(1, 9000);
    assert_non_null(longer);
    memset(longer, 'x', 8000);
    memcpy(longer, "https://127.0.0.1/", 18);
    fetch(world, longer, UB_NET_URL);
    free(longer);
    /* without proof neither http nor files */
    world->options.trust.sha256 = NULL;
    world->options.keep_unverified = true;
    char url[TEXT];
    server_url("http", "good", "fw.bin", url);
    fetch(world, url, UB_NET_URL);
    assert_non_null(strstr(world->err.message, "http://"));
    fetch(world, "file:///etc/passwd", UB_NET_URL);
    assert_int_equal(server_requests(), before);
}

static void files_of_this_computer(void **state)
{
    struct world *world = *state;
    char url[TEXT];
    char path[TEXT];
    world->options.trust.sha256 = content_sha256();
    server_path("files/fw.bin", path);
    (void)ub_print(url, sizeof(url), "file://%s", path);
    fetch(world, url, UB_OK);
    expect_file(world->got.path, content(), CONTENT_SIZE);
    expect_file(path, content(), CONTENT_SIZE); /* still there */
    fetch(world, "file:///nonexistent/fw.bin", UB_NET_REFUSED);
    fetch(world, "file:///dev/zero", UB_NET_REFUSED);
    fetch(world, "file:///tmp", UB_NET_REFUSED);
    (void)ub_print(path, sizeof(path), "%s/pipe", world->folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    (void)ub_print(url, sizeof(url), "file://%s", path);
    fetch(world, url, UB_NET_REFUSED);
    (void)ub_print(path, sizeof(path), "%s/large", world->folder);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(ftruncate(fileno(file), (off_t)64 * 1024 * 1024 + 1), 0);
    assert_int_equal(fclose(file), 0);
    (void)ub_print(url, sizeof(url), "file://%s", path);
    fetch(world, url, UB_NET_TOO_LARGE);
    assert_int_equal(unfinished(world), 0);
}

/** A vault that cannot be written is no reason to ask the server. */
static void a_vault_that_cannot_be_written(void **state)
{
    struct world *world = *state;
    assert_int_equal(ub_file_write(world->vault, "a file", 6, NULL), UB_OK);
    world->options.trust.sha256 = content_sha256();
    fetch_from(world, "good", "fw.bin", UB_SYS_WRITE);
}

/** A store that cannot be read is not the file's fault: what came stays, and is not fetched again.
 */
static void trouble_of_ones_own(void **state)
{
    struct world *world = *state;
    char path[TEXT];
    char line[TEXT];
    world->options.trust.sha256 = content_sha256();
    (void)ub_print(path, sizeof(path), "%s/broken.pub", world->keys);
    assert_int_equal(mkdir(world->keys, 0700), 0);
    assert_int_equal(ub_file_write(path, "no key", 6, NULL), UB_OK);
    fetch_from(world, "good", "fw.bin", UB_TRU_STORE);
    assert_int_equal(unfinished(world), 1);
    assert_int_equal(kept(world), 0);
    assert_int_equal(unlink(path), 0);
    const size_t before = server_requests();
    fetch_from(world, "good", "fw.bin", UB_OK);
    server_request((long)before, line);
    assert_string_equal(line, "good fw.bin bytes=299999- \"v1\"");
    assert_int_equal(world->got.resumed, CONTENT_SIZE - 1);
    expect_file(world->got.path, content(), CONTENT_SIZE);
    assert_int_equal(unfinished(world), 0);
}

struct runner {
    struct world *world;
    struct ub_context *context;
    struct ub_fetched got;
    struct ub_error err;
    enum ub_code code;
};

static void *run(void *user)
{
    struct runner *runner = user;
    char url[TEXT];
    server_url("https", "slow", "fw.bin", url);
    runner->code = ub_fetch(runner->context, url, &runner->world->options, &runner->got,
                            &runner->err);
    return NULL;
}

/** Two at once: one waits for the other, and both have it. */
static void two_at_once(void **state)
{
    struct world *world = *state;
    struct runner runners[3];
    pthread_t threads[3];
    memset(runners, 0, sizeof(runners));
    world->options.trust.sha256 = content_sha256();
    for (size_t i = 0; i < 3; i++) {
        struct world *silent = calloc(1, sizeof(*silent));
        assert_non_null(silent);
        *silent = *world;
        runners[i].world = silent;
        runners[i].context = world_context(silent);
        assert_int_equal(pthread_create(&threads[i], NULL, run, &runners[i]), 0);
    }
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (size_t i = 0; i < 3; i++) {
        if (runners[i].code != UB_OK)
            fail_msg("%d %s", (int)runners[i].code, runners[i].err.message);
        assert_string_equal(runners[i].got.path, runners[0].got.path);
        ub_context_close(runners[i].context);
        free(runners[i].world);
    }
    expect_file(runners[0].got.path, content(), CONTENT_SIZE);
    assert_int_equal(kept(world), 1);
    assert_int_equal(unfinished(world), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(names_of_their_own),
        TEST(statements_of_others),
        TEST(lists_of_others),
        TEST(a_list_that_lies_there),
        TEST(odd_names),
        TEST(addresses_that_are_not_taken),
        TEST(files_of_this_computer),
        TEST(a_vault_that_cannot_be_written),
        TEST(trouble_of_ones_own),
        TEST(two_at_once),
    };
    return cmocka_run_group_tests(tests, server_start, server_stop);
}
