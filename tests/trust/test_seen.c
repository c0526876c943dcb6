/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is remembered of versions: the highest, by vendor, model, key and bus. */
#define _XOPEN_SOURCE 700
#include "trust_fixture.h"

#include "trust/manifest.h"
#include "trust/seen.h"

/** The image as it would be with a signed manifest. */
static void vouch(struct fixture *f, const char *vendor, enum ub_claim_kind kind, const char *first,
                  const char *second, const char *version)
{
    open_image(f, "fw.bin");
    f->image->trust = (struct ub_trust){.level = UB_TRUST_SIGNED, .manifest = true};
    (void)ub_print(f->image->trust.key_id, UB_KEY_ID_TEXT, "0011223344556677");
    (void)ub_print(f->image->trust.version, UB_STRING_TEXT, "%s", version);
    assert_int_equal(
        ub_image_add_claim(f->image, UB_CLAIM_VENDOR, ub_manifest_source, 0, 0, vendor, NULL), 0);
    assert_int_equal(ub_image_add_claim(f->image, kind, ub_manifest_source, 0, 0, first, NULL), 0);
    if (second)
        assert_int_equal(ub_image_add_claim(f->image, kind, ub_manifest_source, 0, 0, second, NULL),
                         0);
}

static void remember(struct fixture *f)
{
    if (ub_seen_record(f->store->user, f->image, "libusb", NOW, &f->err))
        fail_msg("%s", f->err.message);
}

static const char *newest(struct fixture *f, const char *key, const char *bus)
{
    static char text[UB_STRING_TEXT];
    if (ub_seen_check(f->store->user, f->image, f->image->trust.version, key, bus, text, &f->err))
        fail_msg("%s", f->err.message);
    return text;
}

#define KEY "0011223344556677"

static void the_highest_counts(void **state)
{
    struct fixture *f = *state;
    vouch(f, "Acme", UB_CLAIM_MODEL, "M1", NULL, "1.9");
    assert_string_equal(newest(f, KEY, "libusb"), "");
    assert_false(exists(f, "store"));
    remember(f);
    vouch(f, "Acme", UB_CLAIM_MODEL, "M1", NULL, "1.10");
    assert_string_equal(newest(f, KEY, "libusb"), "");
    remember(f);
    vouch(f, "Acme", UB_CLAIM_MODEL, "M1", NULL, "1.9");
    assert_string_equal(newest(f, KEY, "libusb"), "1.10");
    remember(f); /* somebody named it */
    assert_string_equal(newest(f, KEY, "libusb"), "1.10");
    vouch(f, "Acme", UB_CLAIM_MODEL, "M1", NULL, "1.10.0");
    assert_string_equal(newest(f, KEY, "libusb"), "");
}

static void each_has_its_own(void **state)
{
    struct fixture *f = *state;
    vouch(f, "Acme", UB_CLAIM_MODEL, "M1", NULL, "2");
    remember(f);
    vouch(f, "Acme", UB_CLAIM_MODEL, "M2", NULL, "1");
    assert_string_equal(newest(f, KEY, "libusb"), "");
    vouch(f, "Other", UB_CLAIM_MODEL, "M1", NULL, "1");
    assert_string_equal(newest(f, KEY, "libusb"), "");
    vouch(f, "Acme", UB_CLAIM_FAMILY, "M1", NULL, "1");
    assert_string_equal(newest(f, KEY, "libusb"), "");
    vouch(f, "ACME", UB_CLAIM_MODEL, "m1", NULL, "1");
    assert_string_equal(newest(f, KEY, "libusb"), "2");
    assert_string_equal(newest(f, "8899aabbccddeeff", "libusb"), "");
    assert_string_equal(newest(f, KEY, "virtual"), "");
}

static void one_of_several_models(void **state)
{
    struct fixture *f = *state;
    vouch(f, "Acme", UB_CLAIM_MODEL, "M1", "M2", "2");
    remember(f);
    vouch(f, "Acme", UB_CLAIM_MODEL, "M2", NULL, "3");
    remember(f);
    vouch(f, "Acme", UB_CLAIM_MODEL, "M1", NULL, "2");
    assert_string_equal(newest(f, KEY, "libusb"), "");
    vouch(f, "Acme", UB_CLAIM_MODEL, "M1", "M2", "2");
    assert_string_equal(newest(f, KEY, "libusb"), "3");
    vouch(f, "Acme", UB_CLAIM_MODEL, "M1", "M2", "1");
    assert_string_equal(newest(f, KEY, "libusb"), "3");
    vouch(f, "Acme", UB_CLAIM_FAMILY, "stm32f405", NULL, "5");
    remember(f);
    vouch(f, "Acme", UB_CLAIM_FAMILY, "stm32f405", NULL, "4");
    assert_string_equal(newest(f, KEY, "libusb"), "5");
}

/** What an archive says of itself is not what a signed manifest says. */
static void only_what_is_signed(void **state)
{
    struct fixture *f = *state;
    open_image(f, "fw.bin");
    assert_int_equal(ub_seen_record(f->store->user, f->image, "libusb", NOW, &f->err), UB_OK);
    assert_false(exists(f, "store"));
    vouch(f, "Acme", UB_CLAIM_MODEL, "M1", NULL, "2");
    assert_int_equal(ub_seen_record(NULL, f->image, "libusb", NOW, &f->err), UB_OK);
    remember(f);
    static char unsigned_source[] = "manifest";
    open_image(f, "fw.bin");
    (void)ub_print(f->image->trust.version, UB_STRING_TEXT, "1");
    assert_int_equal(
        ub_image_add_claim(f->image, UB_CLAIM_VENDOR, unsigned_source, 0, 0, "Acme", NULL), 0);
    assert_int_equal(
        ub_image_add_claim(f->image, UB_CLAIM_MODEL, unsigned_source, 0, 0, "M1", NULL), 0);
    assert_string_equal(newest(f, KEY, "libusb"), "");
}

static void a_damaged_memory_is_said(void **state)
{
    struct fixture *f = *state;
    static const char *const bad[] = {
        "",
        "{",
        "{}",
        "{\"unbrick_seen\": 2, \"seen\": []}",
        "{\"unbrick_seen\": 1, \"saw\": []}",
        "{\"unbrick_seen\": 1, \"seen\": {}}",
        "{\"unbrick_seen\": 1, \"seen\": [{}]}",
        "{\"unbrick_seen\": 1, \"seen\": [{\"vendor\": \"a\", \"model\": \"b\", \"key\": \"c\", "
        "\"bus\": \"d\", \"version\": \"e\", \"date\": \"2026-11-22T10:11:12Z\"}]}",
        "{\"unbrick_seen\": 1, \"seen\": [{\"vendor\": \"a\", \"model\": \"b\", \"key\": \"c\", "
        "\"bus\": \"d\", \"version\": \"1\", \"date\": \"then\"}]}",
        "{\"unbrick_seen\": 1, \"seen\": [{\"vendor\": \"a\", \"model\": \"b\", \"family\": \"f\", "
        "\"key\": \"c\", \"bus\": \"d\", \"version\": \"1\", \"date\": \"2026-11-22T10:11:12Z\"}]}",
    };
    char text[UB_STRING_TEXT];
    assert_int_equal(mkdir(at(f, "store"), 0700), 0);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        put_text(f, "store/seen.json", bad[i]);
        vouch(f, "Acme", UB_CLAIM_MODEL, "M1", NULL, "1");
        assert_int_equal(ub_seen_check(f->store->user, f->image, "1", KEY, "libusb", text, &f->err),
                         UB_TRU_STORE);
        assert_non_null(strstr(f->err.message, "store/seen.json"));
        assert_int_equal(ub_seen_record(f->store->user, f->image, "libusb", NOW, &f->err),
                         UB_TRU_STORE);
    }
}

static void it_is_never_full_of_one(void **state)
{
    struct fixture *f = *state;
    vouch(f, "Acme", UB_CLAIM_MODEL, "M1", NULL, "0");
    for (unsigned i = 1; i < 40; i++) {
        (void)ub_print(f->image->trust.version, UB_STRING_TEXT, "%u", i);
        remember(f);
    }
    struct ub_seen_list seen;
    size_t length;
    uint8_t *text = get(f, "store/seen.json", &length);
    assert_int_equal(ub_seen_parse("s", text, length, &seen, &f->err), UB_OK);
    assert_int_equal(seen.count, 1);
    assert_string_equal(seen.list[0].version, "39");
    free(seen.list);
    free(text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_highest_counts),  TEST(each_has_its_own),         TEST(one_of_several_models),
        TEST(only_what_is_signed), TEST(a_damaged_memory_is_said), TEST(it_is_never_full_of_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
