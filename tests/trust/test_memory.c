/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory that runs out anywhere: it is said so, nothing is lost, and nobody is trusted. The linker
 * puts the functions below in the place of the system's (--wrap). */
#define _XOPEN_SOURCE 700
#include "check_fixture.h"

#include "trust/policy.h"

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__wrap_realloc(void *block, size_t size);

static unsigned fails_at; /* counted down; 0: none fails */

static bool strikes(void)
{
    return fails_at > 0 && --fails_at == 0;
}

void *__wrap_malloc(size_t size)
{
    return strikes() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return strikes() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size)
{
    return strikes() ? NULL : __real_realloc(block, size);
}

typedef enum ub_code operation(struct fixture *f);

/** Runs it again and again; each time one allocation later fails. */
static void sweep(struct fixture *f, operation *run, unsigned least)
{
    for (unsigned n = 1;; n++) {
        assert_true(n < 2000);
        memset(&f->err, 0, sizeof(f->err));
        fails_at = n;
        const enum ub_code code = run(f);
        const bool struck = fails_at == 0;
        fails_at = 0;
        if (!struck) {
            if (code)
                fail_msg("%s", f->err.message);
            if (n <= least)
                fail_msg("only %u allocations", n - 1);
            return;
        }
        if (code != UB_SYS_MEMORY || f->err.code != UB_SYS_MEMORY)
            fail_msg("allocation %u: %d %s", n, (int)code, f->err.message);
    }
}

static enum ub_code check_all(struct fixture *f)
{
    static char path[160];
    static const char *const keys[] = {path};
    (void)ub_print(path, sizeof(path), "%s", at(f, "acme.pub"));
    const struct ub_trust_options options = {.keys = keys, .key_count = 1};
    const enum ub_code code = ub_trust_check(&f->room, f->image, &options, &f->err);
    if (code)
        assert_int_equal(f->image->trust.level, UB_TRUST_NONE);
    return code;
}

static void while_checking(void **state)
{
    struct fixture *f = *state;
    new_key(f, "acme");
    new_key(f, "other");
    add_key(f, "other.pub", "", "Acme", "M1", "EU");
    add_key(f, "acme.pub", "", "Acme", "M1", "");
    assert_int_equal(ub_store_revoke(f->store, "0011223344556677", "", NOW, &f->err), UB_OK);
    sign(f, "fw.bin", "acme", NULL);
    sign(f, "fw.bin", "acme", &acme);
    put_text(f, "SHA256SUMS", "0000\n");
    open_image(f, "fw.bin");
    sweep(f, check_all, 25);
    assert_int_equal(f->image->trust.level, UB_TRUST_SIGNED);
}

static enum ub_code add(struct fixture *f)
{
    const struct ub_new_key wanted = {.path = at(f, "acme.pub"), .scope.vendor = "Acme"};
    return ub_store_add(f->store, &wanted, NOW, &f->err);
}

static enum ub_code revoke(struct fixture *f)
{
    return ub_store_revoke(f->store, "acme", "lost", NOW, &f->err);
}

static enum ub_code take_away(struct fixture *f)
{
    const enum ub_code code = ub_store_remove(f->store, "acme", &f->err);
    return code == UB_TRU_UNKNOWN_KEY ? UB_OK : code; /* it was done by half before */
}

static void while_changing_the_store(void **state)
{
    struct fixture *f = *state;
    new_key(f, "acme");
    sweep(f, add, 5);
    sweep(f, revoke, 5);
    sweep(f, take_away, 2);
    assert_false(exists(f, "store/acme.pub"));
}

static enum ub_code remember(struct fixture *f)
{
    char newest[UB_STRING_TEXT];
    enum ub_code code = ub_seen_record(f->store->user, f->image, "libusb", NOW, &f->err);
    if (!code)
        code = ub_seen_check(f->store->user, f->image, "1", f->image->trust.key_id, "libusb",
                             newest, &f->err);
    return code;
}

static void while_remembering(void **state)
{
    struct fixture *f = *state;
    new_key(f, "acme");
    add_key(f, "acme.pub", "", "", "", "");
    sign(f, "fw.bin", "acme", &acme);
    expect(f, NULL, UB_OK);
    sweep(f, remember, 5);
}

static bool is_family(const char *word)
{
    return strcmp(word, "dfu") == 0;
}

static enum ub_code demand(struct fixture *f)
{
    static const char text[] = "require_signature: [dfu]\nrequire_manifest: all\nkeys: site\n"
                               "allow_rollback: never\nallow_expired: never\n";
    struct ub_policy *policy = NULL;
    enum ub_code code = ub_policy_open(&policy, &f->err);
    if (!code)
        code = ub_policy_add_text(policy, "f", (const uint8_t *)text, sizeof(text) - 1, is_family,
                                  &f->err);
    ub_policy_close(policy);
    return code;
}

static void while_reading_a_policy(void **state)
{
    struct fixture *f = *state;
    sweep(f, demand, 3);
}

static enum ub_code write_manifest(struct fixture *f)
{
    char *text = NULL;
    const enum ub_code code = ub_manifest_write(f->image, &acme, &text, &f->err);
    free(text);
    return code;
}

static void while_writing_a_manifest(void **state)
{
    struct fixture *f = *state;
    open_image(f, "fw.bin");
    sweep(f, write_manifest, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(while_checking),         TEST(while_changing_the_store), TEST(while_remembering),
        TEST(while_reading_a_policy), TEST(while_writing_a_manifest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
