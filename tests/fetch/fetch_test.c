/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE
#include "fetch_test.h"

#include "base/file.h"
#include "base/text.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <sodium.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/** The server of this program. */
static struct {
    char folder[64];
    pid_t pid;
    int input; /**< it ends when this is closed */
    unsigned ports[3];
    uint8_t content[CONTENT_SIZE];
    char sha256[65];
    char sha512[129];
} server;

static int delete_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status;
    (void)kind;
    (void)where;
    return remove(path);
}

static void make_content(void)
{
    uint8_t digest[64];
    uint32_t x = 12345;
    for (size_t i = 0; i < CONTENT_SIZE; i++) {
        x = x * 1664525u + 1013904223u;
        server.content[i] = (uint8_t)(x >> 24);
    }
    (void)crypto_hash_sha256(digest, server.content, CONTENT_SIZE);
    ub_print_hex(server.sha256, digest, 32);
    (void)crypto_hash_sha512(digest, server.content, CONTENT_SIZE);
    ub_print_hex(server.sha512, digest, 64);
}

const uint8_t *content(void)
{
    return server.content;
}

const char *content_sha256(void)
{
    return server.sha256;
}

const char *content_sha512(void)
{
    return server.sha512;
}

/** Reads the three ports that the server prints when it is ready. */
static bool read_ports(int fd)
{
    char line[64];
    size_t length = 0;
    while (length + 1 < sizeof(line) && read(fd, line + length, 1) == 1 && line[length] != '\n')
        length++;
    line[length] = '\0';
    char *at = line;
    for (size_t i = 0; i < 3; i++) {
        char *end = strchr(at, i < 2 ? ' ' : '\0');
        uint64_t port = 0;
        if (!end || !ub_parse_digits(at, (size_t)(end - at), 10, 65535, &port))
            return false;
        server.ports[i] = (unsigned)port;
        at = end + 1;
    }
    return true;
}

int server_start(void **state)
{
    (void)state;
    const char *repo = getenv("REPO");
    char script[TEXT];
    char files[TEXT];
    int to[2];
    int from[2];
    (void)setenv("no_proxy", "*", 1);
    (void)signal(SIGPIPE, SIG_IGN);
    make_content();
    (void)ub_print(server.folder, sizeof(server.folder), "/tmp/unbrick-server-XXXXXX");
    (void)ub_print(script, sizeof(script), "%s/tests/fetch/server.py", repo ? repo : ".");
    if (!mkdtemp(server.folder) || pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0)
        return -1;
    (void)ub_print(files, sizeof(files), "%s/files", server.folder);
    if (mkdir(files, 0700) != 0)
        return -1;
    server_has("fw.bin", server.content, CONTENT_SIZE);
    server.pid = fork();
    if (server.pid == 0) {
        if (dup2(to[0], 0) == 0 && dup2(from[1], 1) == 1)
            (void)execlp("python3", "python3", script, server.folder, (char *)NULL);
        _exit(127);
    }
    (void)close(to[0]);
    (void)close(from[1]);
    server.input = to[1];
    const bool ready = server.pid > 0 && read_ports(from[0]);
    (void)close(from[0]);
    return ready ? 0 : -1;
}

int server_stop(void **state)
{
    (void)state;
    (void)close(server.input);
    (void)kill(server.pid, SIGTERM);
    (void)waitpid(server.pid, NULL, 0);
    (void)nftw(server.folder, delete_one, 16, FTW_DEPTH | FTW_PHYS);
    return 0;
}

void server_path(const char *name, char path[TEXT])
{
    (void)ub_print(path, TEXT, "%s/%s", server.folder, name);
}

void server_has(const char *name, const void *bytes, size_t length)
{
    char path[TEXT];
    (void)ub_print(path, sizeof(path), "%s/files/%s", server.folder, name);
    assert_int_equal(ub_file_write(path, bytes, length, NULL), UB_OK);
}

void server_lacks(const char *name)
{
    char path[TEXT];
    (void)ub_print(path, sizeof(path), "%s/files/%s", server.folder, name);
    (void)unlink(path);
}

void server_url(const char *protocol, const char *how, const char *name, char url[TEXT])
{
    const unsigned port = server.ports[strcmp(protocol, "http") == 0    ? 0
                                       : strcmp(protocol, "https") == 0 ? 1
                                                                        : 2];
    (void)ub_print(url, TEXT, "%s://127.0.0.1:%u/%s/%s",
                   strcmp(protocol, "wrong") == 0 ? "https" : protocol, port, how, name);
}

static char *read_log(void)
{
    char path[TEXT];
    uint8_t *bytes = NULL;
    size_t length = 0;
    server_path("log", path);
    return ub_file_read(path, 1 << 20, &bytes, &length, NULL) == UB_OK ? (char *)bytes : NULL;
}

size_t server_requests(void)
{
    size_t count = 0;
    char *log = read_log();
    for (const char *at = log; at && (at = strchr(at, '\n')) != NULL; at++)
        count++;
    free(log);
    return count;
}

void server_request(long index, char line[TEXT])
{
    const long count = (long)server_requests();
    char *log = read_log();
    const char *at = log;
    const long wanted = index < 0 ? count + index : index;
    assert_true(log && wanted >= 0 && wanted < count);
    for (long i = 0; i < wanted && at; i++)
        at = strchr(at, '\n') + 1;
    (void)ub_print(line, TEXT, "%.*s", (int)strcspn(at, "\n"), at);
    free(log);
}

static void on_event(void *user, const struct ub_event *event)
{
    struct world *world = user;
    if (event->kind == UB_EVENT_WARNING)
        (void)ub_append(world->warnings, sizeof(world->warnings), "%s\n", event->text);
    if (event->step != UB_STEP_FETCH)
        return;
    world->last_done = event->done;
    if (event->kind == UB_EVENT_DONE)
        (void)ub_print(world->done, sizeof(world->done), "%s", event->text);
    if (world->cancel_after && event->done >= world->cancel_after)
        ub_context_cancel(world->context);
}

struct ub_context *world_context(struct world *world)
{
    struct ub_context *context = NULL;
    struct ub_error err = {0};
    const struct ub_config config = {
        .vault = world->vault,
        .keys = world->keys,
        .no_bus = true,
        .callbacks = {.user = world, .event = on_event},
    };
    if (ub_context_open(&config, &context, &err) != UB_OK)
        fail_msg("%s", err.message);
    return context;
}

int world_setup(void **state)
{
    static char authorities[TEXT];
    struct world *world = calloc(1, sizeof(*world));
    assert_non_null(world);
    (void)ub_print(world->folder, sizeof(world->folder), "/tmp/unbrick-fetch-XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    (void)ub_print(world->vault, sizeof(world->vault), "%s/vault", world->folder);
    (void)ub_print(world->keys, sizeof(world->keys), "%s/keys", world->folder);
    server_path("ca.pem", authorities);
    world->options.authorities = authorities;
    world->options.stall_us = 10000000;
    world->context = world_context(world);
    *state = world;
    return 0;
}

int world_teardown(void **state)
{
    struct world *world = *state;
    ub_context_close(world->context);
    (void)nftw(world->folder, delete_one, 16, FTW_DEPTH | FTW_PHYS);
    free(world);
    return 0;
}

void fetch(struct world *world, const char *url, enum ub_code code)
{
    memset(&world->err, 0, sizeof(world->err));
    world->warnings[0] = '\0';
    world->done[0] = '\0';
    const enum ub_code is = ub_fetch(world->context, url, &world->options, &world->got,
                                     &world->err);
    if (is != code)
        fail_msg("%s: %d \"%s\" instead of %d", url, (int)is, world->err.message, (int)code);
    assert_int_equal(world->err.code, code);
}

void fetch_from(struct world *world, const char *how, const char *name, enum ub_code code)
{
    char url[TEXT];
    server_url("https", how, name, url);
    fetch(world, url, code);
}

void expect_file(const char *path, const void *bytes, size_t length)
{
    uint8_t *is = NULL;
    size_t is_length = 0;
    struct ub_error err = {0};
    if (ub_file_read(path, 1 << 27, &is, &is_length, &err) != UB_OK)
        fail_msg("%s", err.message);
    assert_int_equal(is_length, length);
    assert_memory_equal(is, bytes, length);
    free(is);
}

void in_downloads(const struct world *world, const char *name, char path[TEXT])
{
    (void)ub_print(path, TEXT, "%s/downloads/%s", world->vault, name);
}

bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static size_t count_entries(const char *path, bool hidden)
{
    size_t count = 0;
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder && (entry = readdir(folder)) != NULL;) {
        if (hidden)
            count += strncmp(entry->d_name, ".fetch-", 7) == 0;
        else
            count += entry->d_name[0] != '.';
    }
    if (folder)
        (void)closedir(folder);
    return count;
}

size_t kept(const struct world *world)
{
    char path[TEXT];
    in_downloads(world, "", path);
    return count_entries(path, false);
}

size_t unfinished(const struct world *world)
{
    char path[TEXT];
    in_downloads(world, "", path);
    return count_entries(path, true);
}

void make_key(const struct world *world, const char *name, char *public)
{
    char path[TEXT];
    (void)ub_print(path, sizeof(path), "%s/%s", world->folder, name);
    assert_int_equal(ub_key_new(path, NULL, NULL, NULL), UB_OK);
    (void)ub_print(public, TEXT, "%s.pub", path);
}

void sign(const struct world *world, const char *key, const char *name, const void *bytes,
          size_t length)
{
    char path[TEXT];
    char secret[TEXT];
    uint8_t *text = NULL;
    size_t text_length = 0;
    (void)ub_print(path, sizeof(path), "%s/%s", world->folder, name);
    (void)ub_print(secret, sizeof(secret), "%s/%s.key", world->folder, key);
    assert_int_equal(ub_file_write(path, bytes, length, NULL), UB_OK);
    const struct ub_sign_options options = {.key = secret};
    assert_int_equal(ub_image_sign(path, &options, NULL), UB_OK);
    assert_int_equal(unlink(path), 0);
    (void)ub_append(path, sizeof(path), ".minisig");
    assert_int_equal(ub_file_read(path, 1 << 16, &text, &text_length, NULL), UB_OK);
    (void)ub_print(path, sizeof(path), "%s.minisig", name);
    server_has(path, text, text_length);
    free(text);
}
