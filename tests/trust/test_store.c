/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The store of keys: what is kept and for whom, what is damaged, who may change it, and two that do
 * so at once. */
#define _XOPEN_SOURCE 700
#include "trust_fixture.h"

#include "trust/place.h"

#include <dirent.h>
#include <pwd.h>
#include <sys/wait.h>

static struct ub_stored load(struct fixture *f)
{
    struct ub_stored stored;
    if (ub_store_load(f->store, &stored, &f->err))
        fail_msg("%s", f->err.message);
    return stored;
}

static void expect_damaged(struct fixture *f, const char *names)
{
    struct ub_stored stored;
    const enum ub_code code = ub_store_load(f->store, &stored, &f->err);
    if (code != UB_TRU_STORE || !strstr(f->err.message, names))
        fail_msg("%d \"%s\", which has to name %s", (int)code, f->err.message, names);
    ub_stored_free(&stored);
}

static enum ub_code add_as(struct fixture *f, const char *file, const char *name)
{
    const struct ub_new_key wanted = {.path = at(f, file), .name = name};
    return ub_store_add(f->store, &wanted, NOW, &f->err);
}

static void nothing_is_there(void **state)
{
    struct fixture *f = *state;
    struct ub_stored stored = load(f);
    assert_int_equal(stored.count, 0);
    assert_int_equal(stored.revoked.count, 0);
    ub_stored_free(&stored);
    assert_false(exists(f, "store")); /* looking makes nothing */
}

static void a_key_is_kept_as_it_is(void **state)
{
    struct fixture *f = *state;
    struct stat status;
    size_t length[2];
    new_key(f, "acme");
    add_key(f, "acme.pub", "", "Acme", "M1", "EU");
    assert_int_equal(stat(at(f, "store"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    uint8_t *before = get(f, "acme.pub", &length[0]);
    uint8_t *after = get(f, "store/acme.pub", &length[1]);
    assert_int_equal(length[0], length[1]);
    assert_memory_equal(before, after, length[0]);
    free(before);
    free(after);
    struct ub_stored stored = load(f);
    assert_int_equal(stored.count, 1);
    const struct ub_stored_key *key = &stored.keys[0];
    assert_string_equal(key->name, "acme");
    assert_string_equal(key->record.scope.vendor, "Acme");
    assert_string_equal(key->record.scope.model, "M1");
    assert_string_equal(key->record.scope.market, "EU");
    assert_string_equal(key->record.added, "2026-11-22T10:11:12Z");
    assert_int_equal(strlen(key->record.id), 16);
    assert_false(key->record.first_use);
    assert_false(key->site);
    ub_stored_free(&stored);
}

static void a_key_of_mcuboot(void **state)
{
    struct fixture *f = *state;
    const char *repo = getenv("REPO");
    char path[1024];
    assert_true(ub_print(path, sizeof(path), "%s/tests/inspect/data/mcuboot-ed25519.pub.pem",
                         repo ? repo : "."));
    const struct ub_new_key wanted = {.path = path, .name = "boot"};
    assert_int_equal(ub_store_add(f->store, &wanted, NOW, &f->err), UB_OK);
    assert_true(exists(f, "store/boot.pem"));
    struct ub_stored stored = load(f);
    assert_int_equal(stored.count, 1);
    assert_int_equal(strlen(stored.keys[0].record.id), 64);
    ub_stored_free(&stored);
    assert_int_equal(ub_store_remove(f->store, "boot", &f->err), UB_OK);
    assert_false(exists(f, "store/boot.pem"));
    assert_false(exists(f, "store/boot.json"));
}

static void names(void **state)
{
    struct fixture *f = *state;
    static const char *const odd[] = {
        "a/b",
        "..",
        ".hidden",
        "-x",
        "a b",
        "a\n",
        "revoked",
        "seen",
        "\xc3\xbc",
        ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")};
    new_key(f, "k");
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        if (add_as(f, "k.pub", odd[i]) != UB_USE_OPTION)
            fail_msg("\"%s\" was taken", odd[i]);
    }
    copy(f, "k.pub", "the key of J\xc3\xbcrgen.pub");
    assert_int_equal(add_as(f, "the key of J\xc3\xbcrgen.pub", ""), UB_OK);
    assert_true(exists(f, "store/the_key_of_J__rgen.pub"));
    assert_int_equal(add_as(f, "k.pub", "A-b_c.d+e@f"), UB_OK);
    struct ub_stored stored = load(f);
    assert_int_equal(stored.count, 2);
    ub_stored_free(&stored);
}

static void what_is_no_key(void **state)
{
    struct fixture *f = *state;
    new_key(f, "k");
    assert_int_equal(add_as(f, "k.key", ""), UB_TRU_KEY);
    assert_int_equal(add_as(f, "none.pub", ""), UB_TRU_KEY);
    assert_int_equal(add_as(f, "fw.bin", ""), UB_TRU_KEY);
    assert_int_equal(add_as(f, "", ""), UB_TRU_KEY); /* a folder */
    assert_false(exists(f, "store/fw.pub"));
}

static void again_with_another_scope(void **state)
{
    struct fixture *f = *state;
    new_key(f, "acme");
    new_key(f, "other");
    add_key(f, "acme.pub", "", "Acme", "M1", "");
    add_key(f, "acme.pub", "", "Acme", "M2", "");
    struct ub_stored stored = load(f);
    assert_int_equal(stored.count, 1);
    assert_string_equal(stored.keys[0].record.scope.model, "M2");
    ub_stored_free(&stored);
    add_key(f, "acme.pub", "acme-m1", "Acme", "M1", "");
    stored = load(f);
    assert_int_equal(stored.count, 2);
    ub_stored_free(&stored);
    /* a name is not taken from one key and given to another */
    assert_int_equal(add_as(f, "other.pub", "acme"), UB_TRU_STORE);
    assert_non_null(strstr(f->err.message, "acme is the name of another key"));
}

static void removing(void **state)
{
    struct fixture *f = *state;
    char id[UB_KEY_ID_TEXT];
    assert_int_equal(ub_store_remove(f->store, "acme", &f->err), UB_TRU_UNKNOWN_KEY);
    assert_false(exists(f, "store"));
    new_key(f, "acme");
    add_key(f, "acme.pub", "one", "", "", "");
    add_key(f, "acme.pub", "two", "", "", "");
    add_key(f, "acme.pub", "three", "", "", "");
    struct ub_stored stored = load(f);
    (void)ub_print(id, sizeof(id), "%s", stored.keys[0].record.id);
    ub_stored_free(&stored);
    assert_int_equal(ub_store_remove(f->store, "one", &f->err), UB_OK);
    assert_int_equal(ub_store_remove(f->store, "one", &f->err), UB_TRU_UNKNOWN_KEY);
    assert_false(exists(f, "store/one.json"));
    assert_int_equal(ub_store_remove(f->store, id, &f->err), UB_OK);
    stored = load(f);
    assert_int_equal(stored.count, 0);
    ub_stored_free(&stored);
}

static void the_site_has_its_own(void **state)
{
    struct fixture *f = *state;
    new_key(f, "site-key");
    new_key(f, "mine");
    assert_int_equal(mkdir(at(f, "site"), 0700), 0);
    assert_int_equal(mkdir(at(f, "site/keys"), 0700), 0);
    copy(f, "site-key.pub", "site/keys/site-key.pub");
    add_key(f, "mine.pub", "", "", "", "");
    struct ub_stored stored = load(f);
    assert_int_equal(stored.count, 2);
    assert_string_equal(stored.keys[0].name, "mine");
    assert_true(stored.keys[1].site);
    ub_stored_free(&stored);
    assert_int_equal(ub_store_remove(f->store, "site-key", &f->err), UB_TRU_STORE);
    assert_non_null(strstr(f->err.message, "not yours to remove"));
    assert_true(exists(f, "site/keys/site-key.pub"));
    /* but it may be distrusted */
    assert_int_equal(ub_store_revoke(f->store, "site-key", "lost", NOW, &f->err), UB_OK);
    stored = load(f);
    assert_non_null(ub_revoked_key(&stored.revoked, stored.keys[1].record.id));
    assert_null(ub_revoked_key(&stored.revoked, stored.keys[0].record.id));
    ub_stored_free(&stored);
    assert_false(exists(f, "site/keys/revoked.json"));
}

static void a_key_put_there_by_hand(void **state)
{
    struct fixture *f = *state;
    new_key(f, "k");
    assert_int_equal(mkdir(at(f, "store"), 0700), 0);
    copy(f, "k.pub", "store/hand.pub");
    put_text(f, "store/README", "not a key");
    put_text(f, "store/.unbrick-0123.tmp", "left over");
    put_text(f, "store/left-over.json", "{\"unbrick_key\": 1}");
    struct ub_stored stored = load(f);
    assert_int_equal(stored.count, 1);
    assert_string_equal(stored.keys[0].name, "hand");
    assert_string_equal(stored.keys[0].record.scope.vendor, "");
    assert_string_equal(stored.keys[0].record.added, "");
    ub_stored_free(&stored);
    put_text(f, "store/hand.json", "{\"unbrick_key\": 1, \"vendor\": \"Acme\", \"x-who\": \"me\"}");
    stored = load(f);
    assert_string_equal(stored.keys[0].record.scope.vendor, "Acme");
    ub_stored_free(&stored);
}

static void what_is_damaged_is_named(void **state)
{
    struct fixture *f = *state;
    static const char *const records[] = {
        "",
        "{",
        "[]",
        "{}",
        "{\"unbrick_key\": 2}",
        "{\"unbrick_key\": 1, \"vender\": \"Acme\"}",
        "{\"unbrick_key\": 1, \"vendor\": 5}",
        "{\"unbrick_key\": 1, \"vendor\": \"\"}",
        "{\"unbrick_key\": 1, \"added\": \"yesterday\"}",
        "{\"unbrick_key\": 1, \"how\": \"by chance\"}",
        "{\"unbrick_key\": 1, \"id\": \"0011223344556677\"}",
    };
    new_key(f, "k");
    add_key(f, "k.pub", "", "", "", "");
    for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
        put_text(f, "store/k.json", records[i]);
        expect_damaged(f, "store/k.json");
    }
    put_text(f, "store/k.json", "{\"unbrick_key\": 1}");
    put_text(f, "store/k.pub", "untrusted comment: x\nRW\n");
    expect_damaged(f, "store/k.pub");
    /* nothing is added to what cannot be read */
    new_key(f, "other");
    assert_int_equal(add_as(f, "other.pub", ""), UB_TRU_STORE);
    assert_false(exists(f, "store/other.pub"));
    assert_int_equal(unlink(at(f, "store/k.pub")), 0);
    put_text(f, "store/revoked.json", "{\"unbrick_revoked\": 1, \"keys\": {}}");
    expect_damaged(f, "store/revoked.json");
}

static void others_must_not_write_there(void **state)
{
    struct fixture *f = *state;
    static const char *const files[] = {"store/k.pub", "store/k.json", "store/revoked.json"};
    new_key(f, "k");
    add_key(f, "k.pub", "", "", "", "");
    assert_int_equal(chmod(at(f, "store"), 0777), 0);
    expect_damaged(f, "anybody on this computer");
    assert_int_equal(chmod(at(f, "store"), 0770), 0);
    expect_damaged(f, "the group");
    assert_int_equal(chmod(at(f, "store"), 0755), 0);
    /* nor the files: each decides */
    assert_int_equal(ub_store_revoke(f->store, "0011223344556677", "", NOW, &f->err), UB_OK);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        assert_int_equal(chmod(at(f, files[i]), 0664), 0);
        expect_damaged(f, files[i]);
        assert_non_null(strstr(f->err.message, "the group"));
        assert_int_equal(chmod(at(f, files[i]), 0646), 0);
        expect_damaged(f, files[i]);
        assert_int_equal(chmod(at(f, files[i]), 0644), 0);
    }
    /* what is written there is guarded, whatever the umask is */
    const mode_t before = umask(0);
    add_key(f, "k.pub", "second", "", "", "");
    assert_int_equal(ub_store_revoke(f->store, "0011223344556678", "", NOW, &f->err), UB_OK);
    (void)umask(before);
    struct ub_stored stored = load(f);
    assert_int_equal(stored.count, 2);
    ub_stored_free(&stored);
    if (geteuid() != 0)
        return; /* only the superuser can give files away */
    const struct passwd *nobody = getpwnam("nobody");
    assert_non_null(nobody);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        assert_int_equal(chown(at(f, files[i]), nobody->pw_uid, (gid_t)-1), 0);
        expect_damaged(f, files[i]);
        assert_non_null(strstr(f->err.message, "belongs to another user"));
        assert_int_equal(chown(at(f, files[i]), 0, (gid_t)-1), 0);
    }
    assert_int_equal(chown(at(f, "store"), nobody->pw_uid, (gid_t)-1), 0);
    expect_damaged(f, "belongs to another user");
    assert_int_equal(chown(at(f, "store"), 0, (gid_t)-1), 0);
}

static void no_place(void **state)
{
    struct fixture *f = *state;
    new_key(f, "k");
    /* where a folder cannot be: not even the superuser can write there */
    ub_store_close(f->store);
    assert_int_equal(ub_store_open(at(f, "fw.bin/keys"), &f->store, &f->err), UB_OK);
    expect_damaged(f, "fw.bin/keys");
    assert_int_equal(add_as(f, "k.pub", ""), UB_TRU_STORE);
    assert_int_equal(ub_store_revoke(f->store, "0011223344556677", "", NOW, &f->err), UB_TRU_STORE);
    free(f->store->user);
    f->store->user = NULL;
    assert_int_equal(add_as(f, "k.pub", ""), UB_TRU_STORE);
    assert_int_equal(ub_store_remove(f->store, "k", &f->err), UB_TRU_STORE);
    assert_int_equal(ub_store_revoke(f->store, "k", "", NOW, &f->err), UB_TRU_STORE);
    struct ub_stored stored = load(f);
    ub_stored_free(&stored);
}

static void places(void **state)
{
    struct fixture *f = *state;
    ub_store_close(f->store);
    assert_int_equal(setenv("UNBRICK_KEYS", "/k", 1), 0);
    assert_int_equal(ub_store_open(NULL, &f->store, &f->err), UB_OK);
    assert_string_equal(f->store->user, "/k");
    ub_store_close(f->store);
    assert_int_equal(unsetenv("UNBRICK_KEYS"), 0);
    assert_int_equal(setenv("XDG_CONFIG_HOME", "/c", 1), 0);
    assert_int_equal(ub_store_open(NULL, &f->store, &f->err), UB_OK);
    assert_string_equal(f->store->user, "/c/unbrick/keys");
    ub_store_close(f->store);
    assert_int_equal(setenv("XDG_CONFIG_HOME", "relative", 1), 0);
    assert_int_equal(setenv("HOME", "/h", 1), 0);
    assert_int_equal(ub_store_open(NULL, &f->store, &f->err), UB_OK);
    assert_string_equal(f->store->user, "/h/.config/unbrick/keys");
    ub_store_close(f->store);
    assert_int_equal(unsetenv("HOME"), 0);
    assert_int_equal(unsetenv("UNBRICK_SITE_CONFIG"), 0);
    assert_int_equal(ub_store_open(NULL, &f->store, &f->err), UB_OK);
    assert_null(f->store->user);
    assert_string_equal(f->store->site, "/etc/unbrick/keys");
}

static void revoking(void **state)
{
    struct fixture *f = *state;
    static const char digest[] = "9F86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    uint8_t sha256[32];
    new_key(f, "acme");
    add_key(f, "acme.pub", "", "", "", "");
    assert_int_equal(ub_store_revoke(f->store, "nobody", "", NOW, &f->err), UB_TRU_UNKNOWN_KEY);
    assert_int_equal(ub_store_revoke(f->store, "acme", "stolen\n", NOW, &f->err), UB_OK);
    assert_int_equal(ub_store_revoke(f->store, "0011223344556677", NULL, NOW, &f->err), UB_OK);
    assert_int_equal(ub_store_revoke(f->store, digest, "bricks", NOW, &f->err), UB_OK);
    assert_int_equal(ub_store_revoke(f->store, digest, "again", NOW + 1, &f->err), UB_OK);
    struct ub_stored stored = load(f);
    assert_int_equal(stored.count, 1);
    assert_int_equal(stored.revoked.count, 3);
    const struct ub_revocation *r = ub_revoked_key(&stored.revoked, stored.keys[0].record.id);
    assert_non_null(r);
    assert_string_equal(r->reason, "stolen?");
    assert_string_equal(r->date, "2026-11-22T10:11:12Z");
    assert_non_null(ub_revoked_key(&stored.revoked, "0011223344556677"));
    assert_null(ub_revoked_key(&stored.revoked, "1011223344556677"));
    assert_true(ub_parse_hex(digest, sha256, 32));
    r = ub_revoked_file(&stored.revoked, sha256);
    assert_non_null(r);
    assert_string_equal(r->reason, "bricks");
    /* a key of MCUboot is known by the digest of its file */
    assert_non_null(ub_revoked_key(&stored.revoked, digest));
    sha256[0] ^= 1;
    assert_null(ub_revoked_file(&stored.revoked, sha256));
    ub_stored_free(&stored);
    assert_int_equal(ub_store_remove(f->store, "acme", &f->err), UB_OK);
    assert_int_equal(add_as(f, "acme.pub", ""), UB_TRU_REVOKED);
    assert_non_null(strstr(f->err.message, "stolen"));
    assert_int_equal(add_as(f, "acme.pub", "new-name"), UB_TRU_REVOKED);
    assert_false(exists(f, "store/new-name.json"));
}

static void a_list_by_hand(void **state)
{
    struct fixture *f = *state;
    static const char *const bad[] = {
        "",
        "{}",
        "{\"unbrick_revoked\": 2}",
        "{\"unbrick_revoked\": 1, \"key\": []}",
        "{\"unbrick_revoked\": 1, \"keys\": [{}]}",
        "{\"unbrick_revoked\": 1, \"keys\": [{\"id\": \"00\", \"date\": "
        "\"2026-11-22T10:11:12Z\"}]}",
        "{\"unbrick_revoked\": 1, \"keys\": [{\"id\": \"0011223344556677\"}]}",
        "{\"unbrick_revoked\": 1, \"keys\": [{\"id\": \"0011223344556677\", \"date\": \"now\"}]}",
        "{\"unbrick_revoked\": 1, \"files\": [{\"sha256\": \"0011223344556677\", \"date\": "
        "\"2026-11-22T10:11:12Z\"}]}",
    };
    struct ub_revoked revoked = {0};
    assert_int_equal(mkdir(at(f, "store"), 0700), 0);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(
            ub_revoked_parse(&revoked, "r", (const uint8_t *)bad[i], strlen(bad[i]), &f->err),
            UB_TRU_STORE);
        assert_int_equal(revoked.count, 0);
        put_text(f, "store/revoked.json", bad[i]);
        assert_int_equal(ub_store_revoke(f->store, "0011223344556677", "", NOW, &f->err),
                         UB_TRU_STORE);
        size_t length;
        uint8_t *after = get(f, "store/revoked.json", &length);
        assert_int_equal(length, strlen(bad[i]));
        assert_memory_equal(after, bad[i], length);
        free(after);
    }
    ub_revoked_free(&revoked);
    /* what somebody added to it stays */
    put_text(f, "store/revoked.json",
             "{\"unbrick_revoked\": 1, \"x-from\": \"the vendor\", \"keys\": []}");
    assert_int_equal(ub_store_revoke(f->store, "0011223344556677", "", NOW, &f->err), UB_OK);
    size_t length;
    uint8_t *after = get(f, "store/revoked.json", &length);
    assert_non_null(strstr((const char *)after, "x-from"));
    assert_non_null(strstr((const char *)after, "0011223344556677"));
    free(after);
}

#define EACH 25u

/** Adds keys, and takes every second one away again. */
static void work(struct fixture *f, unsigned number)
{
    for (unsigned i = 0; i < EACH; i++) {
        char name[32];
        (void)ub_print(name, sizeof(name), "k%u-%u", number, i);
        struct ub_new_key wanted = {.path = at(f, "k.pub"), .name = name};
        (void)ub_print(wanted.scope.vendor, UB_STRING_TEXT, "Acme");
        if (ub_store_add(f->store, &wanted, NOW, &f->err))
            _exit(1);
        if (i % 2 && ub_store_remove(f->store, name, &f->err))
            _exit(2);
        (void)ub_print(name, sizeof(name), "%08x%08x", number, i);
        if (ub_store_revoke(f->store, name, "", NOW, &f->err))
            _exit(3);
    }
    _exit(0);
}

/** Meanwhile no key is ever seen that may speak for more than it should. */
static unsigned watch(struct fixture *f)
{
    int status;
    unsigned bad = 0;
    for (unsigned running = 2; running;) {
        struct ub_stored stored = load(f);
        for (size_t i = 0; i < stored.count; i++)
            assert_string_equal(stored.keys[i].record.scope.vendor, "Acme");
        ub_stored_free(&stored);
        if (waitpid(-1, &status, WNOHANG) > 0) {
            running--;
            bad += status != 0;
        }
    }
    return bad;
}

static void two_at_once(void **state)
{
    struct fixture *f = *state;
    new_key(f, "k");
    for (unsigned i = 0; i < 2; i++) {
        const pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            work(f, i);
    }
    assert_int_equal(watch(f), 0);
    struct ub_stored stored = load(f);
    assert_int_equal(stored.count, 2 * (EACH - EACH / 2));
    assert_int_equal(stored.revoked.count, 2 * EACH);
    ub_stored_free(&stored);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_there),
        TEST(a_key_is_kept_as_it_is),
        TEST(a_key_of_mcuboot),
        TEST(names),
        TEST(what_is_no_key),
        TEST(again_with_another_scope),
        TEST(removing),
        TEST(the_site_has_its_own),
        TEST(a_key_put_there_by_hand),
        TEST(what_is_damaged_is_named),
        TEST(others_must_not_write_there),
        TEST(no_place),
        TEST(revoking),
        TEST(a_list_by_hand),
        TEST(two_at_once),
        TEST(places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
