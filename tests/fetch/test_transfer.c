/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Servers that break off, change their mind, lie or never end. */
#define _GNU_SOURCE
#include "fetch_test.h"

#include "base/file.h"
#include "base/text.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define HALF (CONTENT_SIZE / 2)

static void last_request(char line[TEXT])
{
    char text[TEXT];
    for (long i = -1;; i--) { /* companions were asked for behind it */
        server_request(i, text);
        if (strstr(text, ".bin "))
            break;
    }
    (void)ub_print(line, TEXT, "%s", text);
}

/** HOW/fw.bin breaks off the first time and is fetched whole the second. */
static void goes_on(struct world *world, const char *how, const char *request)
{
    char line[TEXT];
    char expected[TEXT];
    world->options.trust.sha256 = content_sha256();
    fetch_from(world, how, "fw.bin", UB_NET_FAILED);
    assert_int_equal(unfinished(world), 1);
    assert_int_equal(kept(world), 0);
    fetch_from(world, how, "fw.bin", UB_OK);
    last_request(line);
    (void)ub_print(expected, sizeof(expected), "%s fw.bin %s", how, request);
    assert_string_equal(line, expected);
    assert_int_equal(world->got.resumed, HALF);
    assert_int_equal(world->got.length, CONTENT_SIZE);
    assert_int_equal(world->last_done, CONTENT_SIZE - HALF);
    expect_file(world->got.path, content(), CONTENT_SIZE);
    assert_int_equal(unfinished(world), 0);
}

static void goes_on_where_it_broke_off(void **state)
{
    goes_on(*state, "cut", "bytes=150000- \"v1\"");
}

static void goes_on_by_the_date(void **state)
{
    goes_on(*state, "cutdate", "bytes=150000- Sat, 21 Nov 2026 10:00:00 GMT");
}

/** Without a word by which the server could tell, the digest will tell. */
static void goes_on_by_the_digest(void **state)
{
    goes_on(*state, "cutweak", "bytes=150000- -");
}

/** And without that nothing is kept that cannot be used. */
static void does_not_go_on_blindly(void **state)
{
    struct world *world = *state;
    char line[TEXT];
    world->options.keep_unverified = true;
    server_has("fwblind.bin", content(), CONTENT_SIZE);
    fetch_from(world, "cutweak", "fwblind.bin", UB_NET_FAILED);
    assert_int_equal(unfinished(world), 0);
    fetch_from(world, "cutweak", "fwblind.bin", UB_OK);
    last_request(line);
    assert_string_equal(line, "cutweak fwblind.bin - -");
    assert_int_equal(world->got.resumed, 0);
    server_lacks("fwblind.bin");
}

static void begins_anew(struct world *world, const char *how, const char *warning)
{
    world->options.trust.sha256 = content_sha256();
    fetch_from(world, how, "fw.bin", UB_NET_FAILED);
    fetch_from(world, how, "fw.bin", UB_OK);
    assert_int_equal(world->got.resumed, 0);
    if (warning ? !strstr(world->warnings, warning) : world->warnings[0] != '\0')
        fail_msg("%s: \"%s\"", how, world->warnings);
    expect_file(world->got.path, content(), CONTENT_SIZE);
    assert_int_equal(unfinished(world), 0);
}

static void a_server_that_cannot_go_on(void **state)
{
    begins_anew(*state, "cutnorange", "cannot go on");
}

static void a_file_that_changed(void **state)
{
    begins_anew(*state, "cutchanged", "another file");
}

static void a_server_that_takes_no_range(void **state)
{
    begins_anew(*state, "cut416", NULL);
}

/** A piece of another file does not belong to what is there. */
static void a_piece_of_another_file(void **state)
{
    struct world *world = *state;
    world->options.trust.sha256 = content_sha256();
    fetch_from(world, "cutliar", "fw.bin", UB_NET_FAILED);
    fetch_from(world, "cutliar", "fw.bin", UB_NET_CHANGED);
    assert_int_equal(unfinished(world), 0);
    fetch_from(world, "cutliar", "fw.bin", UB_OK);
    assert_int_equal(world->got.resumed, 0);
    expect_file(world->got.path, content(), CONTENT_SIZE);
}

/** Where the server hides that, the digest shows it; the next try begins anew. */
static void a_piece_of_another_file_in_hiding(void **state)
{
    struct world *world = *state;
    world->options.trust.sha256 = content_sha256();
    fetch_from(world, "cutmix", "fw.bin", UB_NET_FAILED);
    fetch_from(world, "cutmix", "fw.bin", UB_TRU_DIGEST);
    assert_int_equal(world->err.depth, 1);
    assert_non_null(strstr(world->err.context[0], "two tries"));
    assert_int_equal(kept(world), 0);
    fetch_from(world, "cutmix", "fw.bin", UB_OK);
    assert_int_equal(world->got.resumed, 0);
}

static void another_piece_than_was_asked_for(void **state)
{
    struct world *world = *state;
    static const char *const hows[] = {"cutother", "cutnothing"};
    world->options.trust.sha256 = content_sha256();
    for (size_t i = 0; i < 2; i++) {
        fetch_from(world, hows[i], "fw.bin", UB_NET_FAILED);
        fetch_from(world, hows[i], "fw.bin", UB_NET_REFUSED);
        assert_non_null(strstr(world->err.message, "piece"));
        assert_int_equal(unfinished(world), 0);
        /* what it gives without being asked for a piece */
        fetch_from(world, hows[i], "fw.bin", UB_NET_REFUSED);
    }
}

static void a_note_that_makes_no_sense(void **state)
{
    struct world *world = *state;
    static const char *const notes[] = {
        "",
        "{}",
        "[]",
        "{\"format\": \"unbrick-download\", \"version\": 2}",
        ("{\"format\": \"unbrick-download\", \"version\": 1, \"url\": \"x:\", \"etag\": "
         "\"\\\"v1\\\"\"}"),
        "{\"format\": \"unbrick-download\", \"version\": 1, \"url\": 5}",
        "{\"format\": \"unbrick-download\", \"version\": 1, \"etag\": \"a\\nb: c\"}"};
    char command[TEXT];
    world->options.trust.sha256 = content_sha256();
    for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
        char name[32];
        char note[TEXT];
        (void)ub_print(name, sizeof(name), "fw%zu.bin", i);
        server_has(name, content(), CONTENT_SIZE);
        fetch_from(world, "cut", name, UB_NET_FAILED);
        (void)ub_print(note, sizeof(note), "%s/note", world->folder);
        assert_int_equal(ub_file_write(note, notes[i], strlen(notes[i]), NULL), UB_OK);
        (void)ub_print(command, sizeof(command), "mv %s %s/downloads/.fetch-*/.record", note,
                       world->vault);
        assert_int_equal(system(command), 0);
        fetch_from(world, "cut", name, UB_OK);
        assert_int_equal(world->got.resumed, 0);
        expect_file(world->got.path, content(), CONTENT_SIZE);
        server_lacks(name);
    }
}

/** What nobody comes back for within a month is dropped by the next fetch of something else. */
static void what_nobody_came_back_for(void **state)
{
    struct world *world = *state;
    char command[TEXT];
    server_has("fwold.bin", content(), CONTENT_SIZE);
    server_has("fwnew.bin", content(), CONTENT_SIZE);
    world->options.trust.sha256 = content_sha256();
    fetch_from(world, "cut", "fwold.bin", UB_NET_FAILED);
    fetch_from(world, "cut", "fwnew.bin", UB_NET_FAILED);
    fetch_from(world, "good", "fw.bin", UB_OK);
    assert_int_equal(unfinished(world), 2);
    (void)ub_print(command, sizeof(command),
                   "touch -d '31 days ago' $(dirname %s/downloads/.fetch-*/fwold.bin)",
                   world->vault);
    assert_int_equal(system(command), 0);
    fetch_from(world, "good", "fw.bin", UB_OK);
    assert_int_equal(unfinished(world), 1);
    fetch_from(world, "cut", "fwnew.bin", UB_OK);
    assert_int_equal(world->got.resumed, HALF);
    server_lacks("fwold.bin");
    server_lacks("fwnew.bin");
}

/** Killed in the middle, and begun again. */
static void a_kill_in_the_middle(void **state)
{
    struct world *world = *state;
    world->options.trust.sha256 = content_sha256();
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char url[TEXT];
        server_url("https", "slow", "fw.bin", url);
        _exit(ub_fetch(world->context, url, &world->options, &world->got, &world->err) != UB_OK);
    }
    (void)usleep(400000);
    assert_int_equal(kill(child, SIGKILL), 0);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(kept(world), 0);
    fetch_from(world, "slow", "fw.bin", UB_OK);
    expect_file(world->got.path, content(), CONTENT_SIZE);
    assert_int_equal(unfinished(world), 0);
}

static void what_the_server_refuses(void **state)
{
    struct world *world = *state;
    static const char *const hows[] = {"404", "403", "500", "tonowhere"};
    world->options.keep_unverified = true;
    for (size_t i = 0; i < 4; i++) {
        fetch_from(world, hows[i], "fw.bin", UB_NET_REFUSED);
        if (i < 3)
            assert_non_null(strstr(world->err.message, hows[i]));
    }
    assert_int_equal(kept(world), 0);
    assert_int_equal(unfinished(world), 0);
}

static void redirects(void **state)
{
    struct world *world = *state;
    world->options.trust.sha256 = content_sha256();
    fetch_from(world, "hops1", "fw.bin", UB_OK);
    fetch_from(world, "hops5", "fw.bin", UB_OK);
    assert_string_equal(world->warnings, "");
    fetch_from(world, "hops6", "fw.bin", UB_NET_REFUSED);
    fetch_from(world, "loop", "fw.bin", UB_NET_REFUSED);
    assert_non_null(strstr(world->err.message, "from address to address"));
    fetch_from(world, "tofile", "fw.bin", UB_NET_REFUSED);
}

/** From https to http only where what comes is verified by other means, and not in silence. */
static void a_redirect_to_http(void **state)
{
    struct world *world = *state;
    world->options.keep_unverified = true;
    fetch_from(world, "tohttp", "fw.bin", UB_NET_REFUSED);
    world->options.trust.sha256 = content_sha256();
    fetch_from(world, "tohttp", "fw.bin", UB_OK);
    assert_non_null(strstr(world->warnings, "from https:// to http://"));
}

static void who_the_server_is(void **state)
{
    struct world *world = *state;
    char url[TEXT];
    char port[TEXT];
    world->options.trust.sha256 = content_sha256();
    server_url("wrong", "good", "fw.bin", url);
    fetch(world, url, UB_NET_TLS); /* its certificate is for another name */
    world->options.authorities = NULL;
    fetch_from(world, "good", "fw.bin", UB_NET_TLS); /* nobody known vouches for it */
    world->options.authorities = "/nonexistent.pem";
    fetch_from(world, "good", "fw.bin", UB_NET_TLS);
    server_path("ca.pem", port);
    world->options.authorities = port;
    server_url("http", "good", "fw.bin", url);
    memmove(url + 5, url + 4, strlen(url + 4) + 1); /* https to a port that speaks http */
    memcpy(url, "https", 5);
    fetch(world, url, UB_NET_TLS);
    assert_int_equal(unfinished(world), 0);
}

static void nobody_there(void **state)
{
    struct world *world = *state;
    world->options.trust.sha256 = content_sha256();
    fetch(world, "https://127.0.0.1:1/fw.bin", UB_NET_FAILED);
    assert_non_null(strstr(world->err.context[0], "fw.bin from 127.0.0.1"));
    fetch(world, "https://nobody.invalid/fw.bin", UB_NET_FAILED);
}

static void lengths_that_lie(void **state)
{
    struct world *world = *state;
    world->options.trust.sha256 = content_sha256();
    fetch_from(world, "shorter", "fw.bin", UB_NET_FAILED);
    fetch_from(world, "longer", "fw.bin", UB_TRU_DIGEST);
    fetch_from(world, "nolength", "fw.bin", UB_OK);
    expect_file(world->got.path, content(), CONTENT_SIZE);
}

static void too_large(void **state)
{
    struct world *world = *state;
    world->options.keep_unverified = true;
    fetch_from(world, "huge", "fw.bin", UB_NET_TOO_LARGE);
    fetch_from(world, "endless", "fw.bin", UB_NET_TOO_LARGE);
    assert_int_equal(kept(world), 0);
    assert_int_equal(unfinished(world), 0);
}

static void what_is_not_http(void **state)
{
    struct world *world = *state;
    world->options.keep_unverified = true;
    fetch_from(world, "nonsense", "fw.bin", UB_NET_FAILED);
    fetch_from(world, "headers", "fw.bin", UB_NET_FAILED);
}

static void a_wish_to_stop_in_the_middle(void **state)
{
    struct world *world = *state;
    world->options.trust.sha256 = content_sha256();
    world->cancel_after = 50000;
    fetch_from(world, "slow", "fw.bin", UB_SYS_INTERRUPTED);
    assert_int_equal(unfinished(world), 1);
    ub_context_close(world->context);
    world->cancel_after = 0;
    world->context = world_context(world);
    fetch_from(world, "slow", "fw.bin", UB_OK);
    expect_file(world->got.path, content(), CONTENT_SIZE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(goes_on_where_it_broke_off),
        TEST(goes_on_by_the_date),
        TEST(goes_on_by_the_digest),
        TEST(does_not_go_on_blindly),
        TEST(a_server_that_cannot_go_on),
        TEST(a_file_that_changed),
        TEST(a_server_that_takes_no_range),
        TEST(a_piece_of_another_file),
        TEST(a_piece_of_another_file_in_hiding),
        TEST(another_piece_than_was_asked_for),
        TEST(a_note_that_makes_no_sense),
        TEST(what_nobody_came_back_for),
        TEST(a_kill_in_the_middle),
        TEST(what_the_server_refuses),
        TEST(redirects),
        TEST(a_redirect_to_http),
        TEST(who_the_server_is),
        TEST(nobody_there),
        TEST(lengths_that_lie),
        TEST(too_large),
        TEST(what_is_not_http),
        TEST(a_wish_to_stop_in_the_middle),
    };
    return cmocka_run_group_tests(tests, server_start, server_stop);
}
