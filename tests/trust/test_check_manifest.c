/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who vouches for an image: manifests, for whom keys speak, time and version, first use. */
#define _XOPEN_SOURCE 700
#include "check_fixture.h"

static const char *const two_models[] = {"M1", "M2", NULL};
static const char *const families[] = {"stm32f405", NULL};
static const char *const markets[] = {"EU", NULL};

static void a_manifest(void **state)
{
    struct fixture *f = *state;
    new_key(f, "acme");
    add_key(f, "acme.pub", "", "", "", "");
    sign(f, "fw.bin", "acme", &acme);
    assert_true(exists(f, "fw.bin.manifest.json"));
    assert_true(exists(f, "fw.bin.manifest.json.minisig"));
    expect(f, NULL, UB_OK);
    assert_int_equal(trust(f)->level, UB_TRUST_SIGNED);
    assert_true(trust(f)->manifest);
    assert_string_equal(trust(f)->version, "1.2");
    assert_non_null(strstr(trust(f)->comment, "file:fw.bin.manifest.json"));
    assert_false(trust(f)->expired);
    assert_false(trust(f)->rolled_back);
    assert_string_equal(claim(f, UB_CLAIM_VENDOR)->text, "Acme");
    assert_string_equal(claim(f, UB_CLAIM_MODEL)->source, "manifest");
    /* another version of the file */
    damage(f, "fw.bin", 7);
    expect(f, NULL, UB_TRU_OTHER_IMAGE);
    assert_null(claim(f, UB_CLAIM_VENDOR));
    damage(f, "fw.bin", 7);
    damage(f, "fw.bin.manifest.json", 40);
    expect(f, NULL, UB_TRU_SIGNATURE);
    assert_null(claim(f, UB_CLAIM_VENDOR));
}

/** An Intel HEX file longer than any other kind of file may be. */
static void put_long_hex(struct fixture *f)
{
    const size_t lines = UB_IMAGE_FILE_MAX / 268 + 1;
    char *text = malloc(UB_IMAGE_FILE_MAX + (1 << 16));
    assert_non_null(text);
    size_t length = 0;
    for (size_t i = 0; i < lines; i++) {
        const unsigned page = 0x0800 + (unsigned)(i / 512);
        const unsigned at = (unsigned)(i % 512) * 128;
        if (at == 0) {
            const unsigned sum = 6 + (page >> 8) + (page & 0xff);
            (void)ub_print(text + length, 17, ":02000004%04X%02X\n", page, -sum & 0xff);
            length += 16;
        }
        const unsigned sum = 0x80 + (at >> 8) + (at & 0xff) + 128 * 0xaa;
        (void)ub_print(text + length, 10, ":80%04X00", at);
        memset(text + length + 9, 'A', 256);
        (void)ub_print(text + length + 265, 4, "%02X\n", -sum & 0xff);
        length += 268;
    }
    memcpy(text + length, ":00000001FF\n", 12);
    assert_true(length + 12 > UB_IMAGE_FILE_MAX);
    put(f, "fw.bin", text, length + 12);
    free(text);
}

/** What can be opened can be vouched for: hexadecimal lines have a limit of their own. */
static void a_long_file(void **state)
{
    struct fixture *f = *state;
    new_key(f, "acme");
    add_key(f, "acme.pub", "", "", "", "");
    put_long_hex(f);
    sign(f, "fw.bin", "acme", NULL);
    expect(f, NULL, UB_OK);
    assert_int_equal(trust(f)->level, UB_TRUST_SIGNED);
    assert_int_equal(unlink(at(f, "fw.bin.minisig")), 0);
    sign(f, "fw.bin", "acme", &acme);
    expect(f, NULL, UB_OK);
    assert_true(trust(f)->manifest);
}

static void a_manifest_without_signature(void **state)
{
    struct fixture *f = *state;
    new_key(f, "acme");
    add_key(f, "acme.pub", "", "", "", "");
    sign(f, "fw.bin", "acme", &acme);
    assert_int_equal(unlink(at(f, "fw.bin.manifest.json.minisig")), 0);
    expect(f, NULL, UB_TRU_MANIFEST);
    assert_true(says(f, "not signed"));
    copy_data(f, "trust", "firmware.bin.sig", "fw.bin.manifest.json.minisig");
    expect(f, NULL, UB_TRU_SIGNATURE);
    assert_true(says(f, "with minisign"));
}

static void a_malformed_manifest(void **state)
{
    struct fixture *f = *state;
    new_key(f, "acme");
    add_key(f, "acme.pub", "", "", "", "");
    put_text(f, "fw.bin.manifest.json", "{\"unbrick_manifest\": 1}");
    sign(f, "fw.bin.manifest.json", "acme", NULL);
    expect(f, NULL, UB_TRU_MANIFEST);
    /* by a stranger it is not even read */
    new_key(f, "stranger");
    sign(f, "fw.bin.manifest.json", "stranger", NULL);
    expect(f, NULL, UB_OK);
    assert_true(trust(f)->unknown_key);
    uint8_t *large = calloc(1, UB_MANIFEST_FILE_MAX + 1);
    assert_non_null(large);
    put(f, "fw.bin.manifest.json", large, UB_MANIFEST_FILE_MAX + 1);
    free(large);
    expect(f, NULL, UB_TRU_MANIFEST);
}

static void a_manifest_of_another_file(void **state)
{
    struct fixture *f = *state;
    char path[160];
    new_key(f, "acme");
    add_key(f, "acme.pub", "", "", "", "");
    copy(f, "fw.bin", "old.bin");
    damage(f, "old.bin", 1);
    sign(f, "old.bin", "acme", &acme);
    /* put in its place, with a genuine signature */
    copy(f, "old.bin.manifest.json", "fw.bin.manifest.json");
    copy(f, "old.bin.manifest.json.minisig", "fw.bin.manifest.json.minisig");
    expect(f, NULL, UB_TRU_COMMENT);
    assert_int_equal(unlink(at(f, "fw.bin.manifest.json")), 0);
    (void)ub_print(path, sizeof(path), "%s", at(f, "old.bin.manifest.json"));
    const struct ub_trust_options options = {.manifest = path};
    expect(f, &options, UB_TRU_OTHER_IMAGE);
    assert_int_equal(unlink(path), 0);
    expect(f, &options, UB_TRU_NO_STATEMENT);
}

static void a_manifest_by_somebody_unknown(void **state)
{
    struct fixture *f = *state;
    char path[160];
    new_key(f, "stranger");
    sign(f, "fw.bin", "stranger", &acme);
    expect(f, NULL, UB_OK);
    assert_int_equal(trust(f)->level, UB_TRUST_NONE);
    assert_true(trust(f)->unknown_key);
    assert_false(trust(f)->manifest);
    assert_null(claim(f, UB_CLAIM_VENDOR)); /* its words are not even a hint */
    (void)ub_print(path, sizeof(path), "%s", at(f, "fw.bin.manifest.json"));
    const struct ub_trust_options options = {.manifest = path};
    expect(f, &options, UB_TRU_UNKNOWN_KEY);
}

/** What a key may speak for, and whether a manifest for vendor Acme is among it. */
static void scopes(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *vendor, *model, *market;
        struct ub_manifest manifest;
        enum ub_code wanted;
    } rows[] = {
        {"Acme", "", "", {.vendor = "Acme", .models = models, .version = "1"}, UB_OK},
        {"acme", "m1", "", {.vendor = "Acme", .models = models, .version = "1"}, UB_OK},
        {"Other", "", "", {.vendor = "Acme", .models = models, .version = "1"}, UB_TRU_SCOPE},
        {"Acme", "M2", "", {.vendor = "Acme", .models = models, .version = "1"}, UB_TRU_SCOPE},
        {"Acme", "M1", "", {.vendor = "Acme", .models = two_models, .version = "1"}, UB_TRU_SCOPE},
        {"", "M1", "", {.vendor = "Acme", .families = families, .version = "1"}, UB_TRU_SCOPE},
        {"", "", "EU", {.vendor = "Acme", .models = models, .version = "1"}, UB_TRU_SCOPE},
        {"",
         "",
         "EU",
         {.vendor = "Acme", .models = models, .markets = markets, .version = "1"},
         UB_OK},
        {"",
         "",
         "US",
         {.vendor = "Acme", .models = models, .markets = markets, .version = "1"},
         UB_TRU_SCOPE},
    };
    new_key(f, "acme");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        add_key(f, "acme.pub", "", rows[i].vendor, rows[i].model, rows[i].market);
        sign(f, "fw.bin", "acme", &rows[i].manifest);
        if (check(f, NULL) != rows[i].wanted)
            fail_msg("row %zu: %d %s", i, (int)f->err.code, f->err.message);
    }
    /* several entries together */
    sign(f, "fw.bin", "acme",
         &(struct ub_manifest){.vendor = "Acme", .models = two_models, .version = "1"});
    add_key(f, "acme.pub", "", "Acme", "M1", "");
    expect(f, NULL, UB_TRU_SCOPE);
    add_key(f, "acme.pub", "second", "Acme", "M2", "");
    expect(f, NULL, UB_OK);
    /* a key that is given for this once has no scope */
    char path[160];
    (void)ub_print(path, sizeof(path), "%s", at(f, "acme.pub"));
    const char *keys[] = {path};
    const struct ub_trust_options options = {.keys = keys, .key_count = 1};
    assert_int_equal(ub_store_remove(f->store, "second", &f->err), UB_OK);
    expect(f, &options, UB_OK);
    assert_int_equal(trust(f)->origin, UB_KEY_GIVEN);
}

/** A file itself says nothing of its model; then it is for the one that the key is for. */
static void a_scope_without_manifest(void **state)
{
    struct fixture *f = *state;
    static const struct ub_trust_options nothing;
    new_key(f, "acme");
    sign(f, "fw.bin", "acme", NULL);
    add_key(f, "acme.pub", "", "Acme", "M1", "");
    expect(f, NULL, UB_OK);
    assert_string_equal(claim(f, UB_CLAIM_VENDOR)->text, "Acme");
    assert_string_equal(claim(f, UB_CLAIM_MODEL)->text, "M1");
    assert_string_equal(claim(f, UB_CLAIM_MODEL)->source, "key");
    assert_null(claim(f, UB_CLAIM_MARKET));
    /* what it does say must not contradict the key */
    open_image(f, "fw.bin");
    assert_int_equal(ub_image_add_claim(f->image, UB_CLAIM_VENDOR, "metainfo", 0, 0, "Other", NULL),
                     UB_OK);
    assert_int_equal(ub_trust_check(&f->room, f->image, &nothing, &f->err), UB_TRU_SCOPE);
    assert_null(claim(f, UB_CLAIM_MODEL));
    open_image(f, "fw.bin");
    assert_int_equal(ub_image_add_claim(f->image, UB_CLAIM_VENDOR, "metainfo", 0, 0, "ACME", NULL),
                     UB_OK);
    assert_int_equal(ub_trust_check(&f->room, f->image, &nothing, &f->err), UB_OK);
    /* an entry that leaves it open says nothing of it */
    add_key(f, "acme.pub", "any-model", "Acme", "", "");
    expect(f, NULL, UB_OK);
    assert_string_equal(claim(f, UB_CLAIM_VENDOR)->text, "Acme");
    assert_null(claim(f, UB_CLAIM_MODEL));
}

/** A file cannot say so much of itself that what its key is for is lost. */
static void a_scope_is_not_crowded_out(void **state)
{
    struct fixture *f = *state;
    static const struct ub_trust_options nothing;
    new_key(f, "acme");
    sign(f, "fw.bin", "acme", NULL);
    add_key(f, "acme.pub", "", "Acme", "M1", "");
    for (size_t said = UB_IMAGE_CLAIMS_MAX - 3; said <= UB_IMAGE_CLAIMS_MAX; said++) {
        open_image(f, "fw.bin");
        for (size_t i = 0; i < said; i++)
            assert_int_equal(
                ub_image_add_claim(f->image, UB_CLAIM_TARGET, "DfuSe target", i, 0, "x", NULL),
                UB_OK);
        assert_int_equal(f->image->claim_count, said);
        const bool room = said + 2 <= UB_IMAGE_CLAIMS_MAX;
        assert_int_equal(ub_trust_check(&f->room, f->image, &nothing, &f->err),
                         room ? UB_OK : UB_TRU_SCOPE);
        assert_int_equal(trust(f)->level, room ? UB_TRUST_SIGNED : UB_TRUST_NONE);
        if (room)
            assert_string_equal(claim(f, UB_CLAIM_MODEL)->text, "M1");
        else
            assert_true(says(f, "leaves no room"));
    }
}

static void site_key(struct fixture *f, const char *name, const char *record)
{
    char file[64];
    (void)mkdir(at(f, "site"), 0700);
    (void)mkdir(at(f, "site/keys"), 0700);
    (void)ub_print(file, sizeof(file), "site/keys/%s.pub", name);
    copy(f, "acme.pub", file);
    (void)ub_print(file, sizeof(file), "site/keys/%s.json", name);
    put_text(f, file, record);
}

/** Who adds a key of the site too takes nothing from the site's word, and adds nothing to it. */
static void a_key_of_the_site_and_of_the_user(void **state)
{
    struct fixture *f = *state;
    struct ub_manifest both = acme;
    both.models = two_models;
    new_key(f, "acme");
    site_key(f, "acme", "{\"unbrick_key\": 1, \"vendor\": \"Acme\", \"model\": \"M1\"}");
    add_key(f, "acme.pub", "mine", "", "", "");
    sign(f, "fw.bin", "acme", NULL);
    expect(f, NULL, UB_OK);
    assert_int_equal(trust(f)->origin, UB_KEY_SITE);
    assert_string_equal(claim(f, UB_CLAIM_MODEL)->text, "M1");
    assert_int_equal(unlink(at(f, "fw.bin.minisig")), 0);
    sign(f, "fw.bin", "acme", &acme);
    expect(f, NULL, UB_OK);
    assert_int_equal(trust(f)->origin, UB_KEY_SITE);
    assert_string_equal(trust(f)->by, "acme");
    /* what the site's does not cover, or not all of it, is the user's word */
    sign(f, "fw.bin", "acme", &both);
    expect(f, NULL, UB_OK);
    assert_int_equal(trust(f)->origin, UB_KEY_USER);
    assert_string_equal(trust(f)->by, "mine");
    assert_int_equal(ub_store_remove(f->store, "mine", &f->err), UB_OK);
    add_key(f, "acme.pub", "mine", "Acme", "M2", "");
    expect(f, NULL, UB_OK);
    assert_int_equal(trust(f)->origin, UB_KEY_USER);
    site_key(f, "second", "{\"unbrick_key\": 1, \"vendor\": \"Acme\", \"model\": \"M2\"}");
    expect(f, NULL, UB_OK);
    assert_int_equal(trust(f)->origin, UB_KEY_SITE);
}

static void its_time(void **state)
{
    struct fixture *f = *state;
    struct ub_manifest manifest = acme;
    manifest.not_before = "2026-11-22T10:11:12Z";
    manifest.expires = "2026-11-22T10:11:13Z";
    new_key(f, "acme");
    add_key(f, "acme.pub", "", "", "", "");
    sign(f, "fw.bin", "acme", &manifest);
    for (int64_t now = NOW - 1; now <= NOW + 1; now++) {
        f->room.now = now;
        expect(f, NULL, UB_OK);
        assert_int_equal(trust(f)->level, UB_TRUST_SIGNED);
        assert_int_equal(trust(f)->expired, now != NOW);
    }
}

static void older_than_before(void **state)
{
    struct fixture *f = *state;
    struct ub_manifest manifest = acme;
    new_key(f, "acme");
    add_key(f, "acme.pub", "", "", "", "");
    manifest.version = "1.10";
    sign(f, "fw.bin", "acme", &manifest);
    expect(f, NULL, UB_OK);
    assert_int_equal(ub_seen_record(f->store->user, f->image, "libusb", NOW, &f->err), UB_OK);
    expect(f, NULL, UB_OK);
    assert_false(trust(f)->rolled_back);
    manifest.version = "1.9";
    sign(f, "fw.bin", "acme", &manifest);
    expect(f, NULL, UB_OK);
    assert_true(trust(f)->rolled_back);
    f->room.bus = "virtual";
    expect(f, NULL, UB_OK);
    assert_false(trust(f)->rolled_back);
    f->room.bus = NULL;
    expect(f, NULL, UB_OK);
    assert_false(trust(f)->rolled_back);
    f->room.bus = "libusb";
    put_text(f, "store/seen.json", "{");
    expect(f, NULL, UB_TRU_STORE);
}

static void first_use(void **state)
{
    struct fixture *f = *state;
    char path[160];
    new_key(f, "acme");
    new_key(f, "other");
    (void)ub_print(path, sizeof(path), "%s", at(f, "acme.pub"));
    const char *keys[] = {path, path};
    struct ub_trust_options options = {.keys = keys, .key_count = 1, .first_use = true};
    /* a signature says for nobody in particular */
    sign(f, "fw.bin", "acme", NULL);
    expect(f, &options, UB_TRU_NO_STATEMENT);
    assert_false(exists(f, "store"));
    sign(f, "fw.bin", "acme", &acme);
    options.key_count = 2;
    expect(f, &options, UB_USE_CONFLICT);
    options.key_count = 1;
    expect(f, &options, UB_OK);
    assert_true(trust(f)->first_use);
    assert_int_equal(trust(f)->origin, UB_KEY_GIVEN);
    struct ub_stored stored;
    assert_int_equal(ub_store_load(f->store, &stored, &f->err), UB_OK);
    assert_int_equal(stored.count, 1);
    assert_true(stored.keys[0].record.first_use);
    assert_string_equal(stored.keys[0].name, "acme");
    assert_string_equal(stored.keys[0].record.scope.vendor, "Acme");
    assert_string_equal(stored.keys[0].record.scope.model, "M1");
    ub_stored_free(&stored);
    /* the second time it is an old acquaintance */
    expect(f, &options, UB_OK);
    assert_false(trust(f)->first_use);
    expect(f, NULL, UB_OK);
    assert_string_equal(trust(f)->by, "acme");
    /* and another key for the same is no first use */
    (void)ub_print(path, sizeof(path), "%s", at(f, "other.pub"));
    assert_int_equal(unlink(at(f, "fw.bin.minisig")), 0);
    sign(f, "fw.bin", "other", &acme);
    expect(f, &options, UB_TRU_UNKNOWN_KEY);
    assert_true(says(f, "not the first use"));
    assert_false(exists(f, "store/other.pub"));
}

static void first_use_for_several_models(void **state)
{
    struct fixture *f = *state;
    char path[160];
    struct ub_manifest manifest = acme;
    new_key(f, "acme");
    (void)ub_print(path, sizeof(path), "%s", at(f, "acme.pub"));
    const char *keys[] = {path};
    const struct ub_trust_options options = {.keys = keys, .key_count = 1, .first_use = true};
    manifest.models = two_models;
    manifest.expires = "2026-11-22T10:11:12Z";
    sign(f, "fw.bin", "acme", &manifest);
    expect(f, &options, UB_OK); /* its time is over: nothing is kept */
    assert_true(trust(f)->expired);
    assert_false(trust(f)->first_use);
    assert_true(trust(f)->not_kept);
    assert_false(exists(f, "store"));
    manifest.expires = NULL;
    sign(f, "fw.bin", "acme", &manifest);
    expect(f, &options, UB_OK);
    assert_true(trust(f)->first_use);
    assert_false(trust(f)->not_kept);
    struct ub_stored stored;
    assert_int_equal(ub_store_load(f->store, &stored, &f->err), UB_OK);
    assert_int_equal(stored.count, 2);
    ub_stored_free(&stored);
    expect(f, NULL, UB_OK);
    assert_int_equal(trust(f)->level, UB_TRUST_SIGNED);
}

static enum ub_code use_first(struct fixture *f, const char *key)
{
    char path[160];
    const char *keys[] = {path};
    const struct ub_trust_options options = {.keys = keys, .key_count = 1, .first_use = true};
    (void)ub_print(path, sizeof(path), "%s", at(f, key));
    return check(f, &options);
}

static size_t stored_keys(struct fixture *f)
{
    struct ub_stored stored;
    assert_int_equal(ub_store_load(f->store, &stored, &f->err), UB_OK);
    const size_t count = stored.count;
    ub_stored_free(&stored);
    return count;
}

/** A newcomer that may not have all of its models is kept for none of them. */
static void a_newcomer_that_is_refused(void **state)
{
    struct fixture *f = *state;
    struct ub_manifest manifest = acme;
    new_key(f, "acme");
    new_key(f, "other");
    add_key(f, "acme.pub", "", "Acme", "M2", "");
    manifest.models = two_models;
    sign(f, "fw.bin", "other", &manifest);
    assert_int_equal(use_first(f, "other.pub"), UB_TRU_UNKNOWN_KEY);
    assert_true(says(f, "model M2"));
    assert_int_equal(stored_keys(f), 1);
    /* nor if the second of its entries cannot be added */
    assert_int_equal(ub_store_remove(f->store, "acme", &f->err), UB_OK);
    expect(f, NULL, UB_OK);
    char name[96];
    (void)ub_print(name, sizeof(name), "%.16s-2", trust(f)->key_id);
    add_key(f, "acme.pub", name, "Else", "", "");
    assert_int_equal(use_first(f, "other.pub"), UB_TRU_STORE);
    assert_int_equal(stored_keys(f), 1);
    assert_false(exists(f, "store/other.pub"));
    assert_int_equal(ub_store_remove(f->store, name, &f->err), UB_OK);
    assert_int_equal(use_first(f, "other.pub"), UB_OK);
    assert_int_equal(stored_keys(f), 2);
}

/** A key that is trusted for all vendors is trusted for this one. */
static void no_first_use_beside_a_key_for_all(void **state)
{
    struct fixture *f = *state;
    new_key(f, "acme");
    new_key(f, "other");
    sign(f, "fw.bin", "other", &acme);
    add_key(f, "acme.pub", "", "", "", "");
    assert_int_equal(use_first(f, "other.pub"), UB_TRU_UNKNOWN_KEY);
    add_key(f, "acme.pub", "", "", "M1", "");
    assert_int_equal(use_first(f, "other.pub"), UB_TRU_UNKNOWN_KEY);
    add_key(f, "acme.pub", "", "", "M2", "");
    assert_int_equal(stored_keys(f), 1);
    assert_int_equal(use_first(f, "other.pub"), UB_OK);
    assert_int_equal(stored_keys(f), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_manifest),
        TEST(a_long_file),
        TEST(a_manifest_without_signature),
        TEST(a_malformed_manifest),
        TEST(a_manifest_of_another_file),
        TEST(a_manifest_by_somebody_unknown),
        TEST(scopes),
        TEST(a_scope_without_manifest),
        TEST(a_scope_is_not_crowded_out),
        TEST(a_key_of_the_site_and_of_the_user),
        TEST(its_time),
        TEST(older_than_before),
        TEST(first_use),
        TEST(first_use_for_several_models),
        TEST(a_newcomer_that_is_refused),
        TEST(no_first_use_beside_a_key_for_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
