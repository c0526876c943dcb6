/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A disk that is full or fails while the store is changed: it is said so, and what is there
 * afterwards is what was there before or what was wanted, never a key that is trusted for more. The
 * linker puts the functions below in the place of the system's (--wrap). */
#define _XOPEN_SOURCE 700
#include "trust_fixture.h"

#include "trust/manifest.h"
#include "trust/seen.h"

#include <errno.h>

ssize_t __real_write(int fd, const void *bytes, size_t length);
ssize_t __wrap_write(int fd, const void *bytes, size_t length);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __real_unlink(const char *path);
int __wrap_unlink(const char *path);

/** The call that fails, counted down; 0: none does. */
static unsigned fails_at;
static int number;

static bool strikes(void)
{
    if (fails_at == 0 || --fails_at > 0)
        return false;
    errno = number;
    return true;
}

ssize_t __wrap_write(int fd, const void *bytes, size_t length)
{
    return fd > 2 && strikes() ? -1 : __real_write(fd, bytes, length);
}

int __wrap_fsync(int fd)
{
    return strikes() ? -1 : __real_fsync(fd);
}

int __wrap_rename(const char *from, const char *to)
{
    return strikes() ? -1 : __real_rename(from, to);
}

int __wrap_unlink(const char *path)
{
    return !strstr(path, ".tmp") && strikes() ? -1 : __real_unlink(path);
}

static const struct ub_stored_key *find(const struct ub_stored *stored, const char *name)
{
    for (size_t i = 0; i < stored->count; i++)
        if (strcmp(stored->keys[i].name, name) == 0)
            return &stored->keys[i];
    return NULL;
}

/** The key "acme" is there for that model, for another that it had before, or not there. */
static void check_store(struct fixture *f, const char *before, const char *after, bool done)
{
    struct ub_stored stored;
    if (ub_store_load(f->store, &stored, &f->err))
        fail_msg("%s", f->err.message);
    const struct ub_stored_key *key = find(&stored, "acme");
    if (done)
        assert_int_equal(key != NULL, after != NULL);
    if (key && done)
        assert_string_equal(key->record.scope.model, after);
    else if (key)
        assert_true((before && strcmp(key->record.scope.model, before) == 0) ||
                    (after && strcmp(key->record.scope.model, after) == 0));
    ub_stored_free(&stored);
}

typedef enum ub_code operation(struct fixture *f);

static enum ub_code add_m1(struct fixture *f)
{
    const struct ub_new_key wanted = {
        .path = at(f, "acme.pub"), .name = "acme", .scope.model = "M1"};
    return ub_store_add(f->store, &wanted, NOW, &f->err);
}

static enum ub_code add_m2(struct fixture *f)
{
    const struct ub_new_key wanted = {
        .path = at(f, "acme.pub"), .name = "acme", .scope.model = "M2"};
    return ub_store_add(f->store, &wanted, NOW, &f->err);
}

static enum ub_code take_away(struct fixture *f)
{
    return ub_store_remove(f->store, "acme", &f->err);
}

/** Fails each of the operation's calls in turn, from the same beginning each time. */
static void sweep(struct fixture *f, operation *begin, operation *run, const char *before,
                  const char *after)
{
    unsigned failed = 0;
    for (unsigned n = 1;; n++) {
        assert_true(n < 100);
        fails_at = 0;
        (void)take_away(f);
        if (begin)
            assert_int_equal(begin(f), UB_OK);
        fails_at = n;
        const enum ub_code code = run(f);
        const bool struck = fails_at == 0;
        fails_at = 0;
        if (!struck) {
            assert_int_equal(code, UB_OK);
            check_store(f, before, after, true);
            break;
        }
        failed++;
        assert_int_equal(code, UB_TRU_STORE);
        if (number == ENOSPC && run != take_away)
            assert_non_null(strstr(f->err.message, "No space left"));
        check_store(f, before, after, false);
    }
    assert_true(failed >= 2);
}

static void each_call_fails_in_turn(void **state)
{
    struct fixture *f = *state;
    static const int numbers[] = {ENOSPC, EIO, EROFS};
    new_key(f, "acme");
    assert_int_equal(mkdir(at(f, "store"), 0700), 0);
    for (size_t i = 0; i < 3; i++) {
        number = numbers[i];
        sweep(f, NULL, add_m1, NULL, "M1");
        sweep(f, add_m1, add_m2, "M1", "M2");
        sweep(f, add_m1, take_away, "M1", NULL);
    }
}

static void a_revocation_is_not_lost_unsaid(void **state)
{
    struct fixture *f = *state;
    number = ENOSPC;
    assert_int_equal(ub_store_revoke(f->store, "0011223344556677", "", NOW, &f->err), UB_OK);
    for (unsigned n = 1; n < 4; n++) {
        struct ub_stored stored;
        fails_at = n;
        assert_int_equal(ub_store_revoke(f->store, "8899aabbccddeeff", "", NOW, &f->err),
                         UB_TRU_STORE);
        fails_at = 0;
        assert_int_equal(ub_store_load(f->store, &stored, &f->err), UB_OK);
        assert_non_null(ub_revoked_key(&stored.revoked, "0011223344556677"));
        ub_stored_free(&stored);
    }
}

static void a_version_that_cannot_be_remembered(void **state)
{
    struct fixture *f = *state;
    char newest[UB_STRING_TEXT];
    open_image(f, "fw.bin");
    assert_int_equal(mkdir(at(f, "store"), 0700), 0);
    assert_int_equal(
        ub_image_add_claim(f->image, UB_CLAIM_VENDOR, UB_MANIFEST_SOURCE, 0, 0, "Acme", NULL),
        UB_OK);
    assert_int_equal(
        ub_image_add_claim(f->image, UB_CLAIM_MODEL, UB_MANIFEST_SOURCE, 0, 0, "M1", NULL), UB_OK);
    f->image->trust = (struct ub_trust){.manifest = true, .key_id = "k", .version = "2"};
    number = ENOSPC;
    fails_at = 1;
    assert_int_equal(ub_seen_record(at(f, "store"), f->image, "libusb", NOW, &f->err),
                     UB_TRU_STORE);
    assert_int_equal(fails_at, 0);
    assert_int_equal(ub_seen_record(at(f, "store"), f->image, "libusb", NOW, &f->err), UB_OK);
    assert_int_equal(ub_seen_check(at(f, "store"), f->image, "1", "k", "libusb", newest, &f->err),
                     UB_OK);
    assert_string_equal(newest, "2");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_call_fails_in_turn),
        TEST(a_revocation_is_not_lost_unsaid),
        TEST(a_version_that_cannot_be_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
