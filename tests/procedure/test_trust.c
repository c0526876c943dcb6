/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a signed file to a device: what is told, what a policy refuses whatever is accepted, and
 * which versions are remembered. */
#define _XOPEN_SOURCE 700
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/text.h"
#include "bench.h"
#include "image/image.h"
#include "procedure/trust.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SPEC   "stm32f405"
#define LENGTH 2048u

static struct bench bench;
static char paths[2][200];
static unsigned turn;
static char told[1024];
static struct ub_image *image;

static const char *const models[] = {"M1", NULL};
static const char *const stm32f405[] = {"stm32f405", NULL};

static void on_event(void *user, const struct ub_event *event)
{
    (void)user;
    if (event->kind == UB_EVENT_DONE && event->step == UB_STEP_IMAGE)
        (void)ub_append(told, sizeof(told), "%s\n", event->text);
    if (event->kind == UB_EVENT_WARNING)
        (void)ub_append(bench.warnings, sizeof(bench.warnings), "%s\n", event->text);
}

/** A path beside the vault's own files; good until the next but one call. */
static const char *at(const char *name)
{
    char *path = paths[turn++ % 2];
    assert_true(ub_print(path, sizeof(paths[0]), "%s/%s", bench.vault, name));
    return path;
}

static void put(const char *name, const void *bytes, size_t length)
{
    assert_int_equal(ub_file_write(at(name), bytes, length, &bench.err), UB_OK);
}

static bool exists(const char *name)
{
    return access(at(name), F_OK) == 0;
}

static void set_policy(const char *site)
{
    if (!exists("site"))
        assert_int_equal(mkdir(at("site"), 0700), 0);
    put("site/unbrick.yaml", site, strlen(site));
    bench_again(&bench, SPEC);
    bench.context->env.callbacks.event = on_event;
}

/** A device, a file that can start on it, and a key. */
static int setup(void **state)
{
    (void)state;
    uint8_t bytes[LENGTH];
    bench_open(&bench, SPEC); /* makes the folder */
    assert_int_equal(setenv("UNBRICK_KEYS", at("keys"), 1), 0);
    assert_int_equal(setenv("UNBRICK_SITE_CONFIG", at("site"), 1), 0);
    bench_again(&bench, SPEC);
    bench.context->env.callbacks.event = on_event;
    for (size_t i = 0; i < LENGTH / 4; i++)
        ub_put_u32le(bytes + 4 * i, 0x46c0b500u + (uint32_t)(i % 64));
    ub_put_u32le(bytes, 0x20020000u);
    ub_put_u32le(bytes + 4, 0x08000101u);
    put("fw.bin", bytes, sizeof(bytes));
    assert_int_equal(ub_key_new(at("acme"), NULL, NULL, &bench.err), UB_OK);
    told[0] = '\0';
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    ub_image_close(image);
    image = NULL;
    bench_close(&bench);
    return 0;
}

/** Signs fw.bin with a manifest for that version; opens and checks it. */
static void signed_image(const char *version, const char *expires)
{
    const struct ub_manifest manifest = {.vendor = "Acme",
                                         .families = stm32f405,
                                         .models = models,
                                         .version = version,
                                         .expires = expires};
    char key[200];
    (void)ub_print(key, sizeof(key), "%s", at("acme.key"));
    const struct ub_sign_options options = {.key = key, .manifest = &manifest};
    const struct ub_key any = {.name = "acme"};
    if (ub_image_sign(at("fw.bin"), &options, &bench.err) ||
        ub_key_add(bench.context, at("acme.pub"), &any, &bench.err))
        fail_msg("%s", bench.err.message);
    ub_image_close(image);
    image = NULL;
    if (ub_image_open(at("fw.bin"), NULL, &image, &bench.err) ||
        ub_trust_image(bench.context, image, NULL, &bench.err))
        fail_msg("%s", bench.err.message);
    assert_true(image->trust.manifest);
}

static void plain_image(void)
{
    ub_image_close(image);
    image = NULL;
    assert_int_equal(ub_image_open(at("fw.bin"), NULL, &image, &bench.err), UB_OK);
    assert_int_equal(ub_trust_image(bench.context, image, NULL, &bench.err), UB_OK);
}

static enum ub_code flash(const char *accept)
{
    const char *const names[] = {accept, "unsigned"};
    const struct ub_flash_options options = {.has_at = true,
                                             .at = FLASH_BASE,
                                             .accept = names,
                                             .accept_count = accept ? 2 : 0,
                                             .label = "model=M1"};
    memset(&bench.err, 0, sizeof(bench.err));
    return ub_flash(bench.context, image, NULL, &options, &bench.result, &bench.err);
}

static void expect_flash(const char *accept, enum ub_code wanted)
{
    const enum ub_code code = flash(accept);
    if (code != wanted)
        fail_msg("%d, not %d: %s", (int)code, (int)wanted, bench.err.message);
}

static void what_is_told(void **state)
{
    (void)state;
    static const struct {
        struct ub_trust trust;
        const char *text;
    } rows[] = {
        {{0}, "not signed"},
        {{.inside_only = true}, "signed only inside: nobody signed its address"},
        {{.unknown_key = true, .key_id = "0011"}, "signed by a key you do not trust: 0011"},
        {{.level = UB_TRUST_DIGEST, .by = "SHA256SUMS"}, "digest as in SHA256SUMS"},
        {{.level = UB_TRUST_DIGEST, .by = "f.sha256", .unknown_key = true, .key_id = "0011"},
         "digest as in f.sha256, signed by a key you do not trust: 0011"},
        {{.level = UB_TRUST_GIVEN}, "digest as given"},
        {{.level = UB_TRUST_SIGNED, .by = "acme", .key_id = "0011"}, "signed by acme"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[UB_ERROR_TEXT];
        ub_print_trust(text, sizeof(text), &rows[i].trust);
        assert_string_equal(text, rows[i].text);
    }
    plain_image();
    expect_flash(NULL, UB_OK);
    assert_non_null(strstr(told, ", not signed\n"));
    told[0] = '\0';
    signed_image("1.0", NULL);
    expect_flash(NULL, UB_OK);
    assert_non_null(strstr(told, ", signed by acme\n"));
}

static void a_version_is_remembered_when_it_was_written(void **state)
{
    (void)state;
    signed_image("1.10", NULL);
    bench.answer = false;
    expect_flash(NULL, UB_USE_DECLINED);
    assert_false(exists("keys/seen.json"));
    struct ub_plan *plan = NULL;
    const struct ub_flash_options options = {.has_at = true, .at = FLASH_BASE, .label = "model=M1"};
    assert_int_equal(ub_plan(bench.context, image, NULL, &options, &plan, &bench.err), UB_OK);
    ub_plan_free(plan);
    assert_false(exists("keys/seen.json"));
    bench.answer = true;
    expect_flash(NULL, UB_OK);
    assert_true(bench.result.verified);
    uint8_t *text = NULL;
    size_t length = 0;
    assert_int_equal(ub_file_read(at("keys/seen.json"), 4096, &text, &length, NULL), UB_OK);
    assert_non_null(strstr((char *)text, "\"version\": \"1.10\""));
    assert_non_null(strstr((char *)text, "\"bus\": \"virtual\""));
    free(text);
    signed_image("1.10", NULL);
    assert_false(image->trust.rolled_back);
    expect_flash(NULL, UB_OK);
    signed_image("1.9", NULL);
    assert_true(image->trust.rolled_back);
    expect_flash(NULL, UB_TRU_ROLLBACK);
    assert_int_equal(bench.result.left, UB_LEFT_UNCHANGED);
    expect_flash("rolled-back", UB_OK);
    signed_image("1.9", NULL); /* the highest still counts */
    assert_true(image->trust.rolled_back);
    assert_string_equal(bench.warnings, "");
}

static void expired(void **state)
{
    (void)state;
    signed_image("1.0", "2020-01-01T00:00:00Z");
    assert_true(image->trust.expired);
    expect_flash(NULL, UB_TRU_EXPIRED);
    expect_flash("expired", UB_OK);
    signed_image("1.0", "9000-01-01T00:00:00Z");
    assert_false(image->trust.expired);
    expect_flash(NULL, UB_OK);
}

static void a_memory_that_cannot_be_written(void **state)
{
    (void)state;
    signed_image("1.0", NULL);
    assert_int_equal(unlink(at("keys/.lock")), 0);
    assert_int_equal(mkdir(at("keys/.lock"), 0700), 0);
    expect_flash(NULL, UB_OK); /* the device is done all the same */
    assert_non_null(strstr(bench.warnings, "version 1.0 cannot be remembered"));
}

static void a_signature_is_required(void **state)
{
    (void)state;
    plain_image();
    expect_flash(NULL, UB_OK);
    set_policy("require_signature: [stm32f405]\n");
    plain_image();
    expect_flash("other-device", UB_TRU_REQUIRED);
    assert_int_equal(bench.result.left, UB_LEFT_UNCHANGED);
    assert_non_null(strstr(bench.err.message, "site/unbrick.yaml"));
    const struct ub_flash_options options = {.has_at = true, .at = FLASH_BASE};
    struct ub_plan *plan = NULL;
    assert_int_equal(ub_plan(bench.context, image, NULL, &options, &plan, &bench.err),
                     UB_TRU_REQUIRED);
    assert_null(plan);
    const struct ub_flash_options stay = {.stay = true};
    /* reading and comparing are allowed, and so is the way back */
    assert_int_equal(ub_backup(bench.context, NULL, NULL, NULL, &bench.result, &bench.err), UB_OK);
    const enum ub_code code = ub_verify(bench.context, image, NULL, &options, &bench.result,
                                        &bench.err);
    assert_true(code == UB_OK || code == UB_VER_MISMATCH);
    assert_int_equal(ub_restore(bench.context, NULL, NULL, &stay, &bench.result, &bench.err),
                     UB_OK);
    signed_image("1.0", NULL);
    expect_flash(NULL, UB_OK);
}

static void a_stranger_is_not_enough(void **state)
{
    (void)state;
    set_policy("require_signature: all\n");
    char key[200];
    (void)ub_print(key, sizeof(key), "%s", at("acme.key"));
    const struct ub_sign_options options = {.key = key};
    assert_int_equal(ub_image_sign(at("fw.bin"), &options, &bench.err), UB_OK);
    plain_image(); /* it can still be looked at */
    assert_true(image->trust.unknown_key);
    expect_flash(NULL, UB_TRU_UNKNOWN_KEY);
}

/* What is demanded for a family holds for its kinds, and a device of which no more than the general
 * family is known may be one of any kind. */
static void a_general_family_stands_for_its_kinds(void **state)
{
    (void)state;
    struct ub_match *match = NULL;
    static const struct {
        const char *policy;
        const char *family;
        bool demanded;
    } cases[] = {
        {"require_signature: [stm32]\n", "stm32f405", true},
        {"require_signature: [stm32]\n", "stm32", true},
        {"require_signature: [stm32h743]\n", "stm32", true},
        {"require_manifest: [gd32]\n", "gd32vf103", true},
        {"require_signature: [gd32]\n", "stm32f405", false},
        {"require_signature: [stm32h743]\n", "stm32f405", false},
        {"require_signature: [stm32]\n", "dfu", false},
        {"require_signature: [dfu]\n", "stm32f405", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        set_policy(cases[i].policy);
        plain_image();
        assert_int_equal(
            ub_check(bench.context, image, NULL, cases[i].family, NULL, &match, &bench.err), UB_OK);
        if ((ub_match_refusal(match, &bench.err) == UB_TRU_REQUIRED) != cases[i].demanded)
            fail_msg("%s for %s: %s", cases[i].policy, cases[i].family, bench.err.message);
        ub_match_free(match);
    }
    set_policy("require_signature: [stm32]\n");
    plain_image();
    expect_flash(NULL, UB_TRU_REQUIRED); /* an STM32F405 */
}

static void for_another_family_nothing_is_required(void **state)
{
    (void)state;
    set_policy("require_signature: [gd32vf103]\nrequire_manifest: [gd32vf103]\n");
    plain_image();
    expect_flash(NULL, UB_OK);
}

static void what_nobody_may_accept(void **state)
{
    (void)state;
    signed_image("2", NULL);
    expect_flash(NULL, UB_OK);
    set_policy("allow_rollback: never\nallow_expired: never\n");
    signed_image("1", NULL);
    expect_flash("rolled-back", UB_TRU_ROLLBACK);
    signed_image("3", "2020-01-01T00:00:00Z");
    expect_flash("expired", UB_TRU_EXPIRED);
    signed_image("3", NULL);
    expect_flash(NULL, UB_OK);
}

/** Keys can be taken from any folder. The memory of versions cannot be left behind by that where
 * the site forbids what it is for. */
static void a_memory_that_keys_do_not_lead_away_from(void **state)
{
    (void)state;
    static const char *const policies[] = {"allow_rollback: never\n", "keys: site\n"};
    const char *before = getenv("XDG_CONFIG_HOME");
    char *old = before ? strdup(before) : NULL;
    char name[32];
    assert_int_equal(setenv("XDG_CONFIG_HOME", at("config"), 1), 0);
    signed_image("3", NULL);
    expect_flash(NULL, UB_OK);
    assert_false(exists("config")); /* nobody demands it */
    for (int i = 0; i < 2; i++) {
        set_policy(policies[i]);
        signed_image(i ? "5" : "4", NULL);
        expect_flash(NULL, UB_OK);
        assert_true(exists("config/unbrick/keys/seen.json"));
        /* keys from elsewhere, where nothing was seen */
        (void)ub_print(name, sizeof(name), "empty%d", i);
        assert_int_equal(setenv("UNBRICK_KEYS", at(name), 1), 0);
        set_policy(policies[i]);
        signed_image("1", NULL);
        assert_true(image->trust.rolled_back);
        expect_flash(i ? NULL : "rolled-back", UB_TRU_ROLLBACK);
    }
    assert_string_equal(bench.warnings, "");
    if (old)
        (void)setenv("XDG_CONFIG_HOME", old, 1);
    else
        (void)unsetenv("XDG_CONFIG_HOME");
    free(old);
}

/** Who asks that a key be kept is told where it is not. */
static void a_key_that_is_not_kept(void **state)
{
    (void)state;
    char path[200];
    const char *keys[] = {path};
    const struct ub_trust_options options = {.keys = keys, .key_count = 1, .first_use = true};
    signed_image("1", "2020-01-01T00:00:00Z");
    (void)ub_print(path, sizeof(path), "%s", at("acme.pub"));
    assert_int_equal(ub_trust_image(bench.context, image, &options, &bench.err), UB_OK);
    assert_string_equal(bench.warnings, ""); /* it is there already */
    assert_int_equal(ub_key_remove(bench.context, "acme", &bench.err), UB_OK);
    assert_int_equal(ub_trust_image(bench.context, image, &options, &bench.err), UB_OK);
    assert_true(image->trust.not_kept);
    assert_non_null(strstr(bench.warnings, "the key is not kept"));
    assert_false(exists("keys/acme.pub"));
}

static void open_with(const char *policy, enum ub_code wanted, const char *names)
{
    struct ub_context *context = NULL;
    const char *sim = SPEC ",time=virtual";
    const struct ub_config config = {
        .vault = bench.vault, .sims = &sim, .sim_count = 1, .policy = policy};
    const enum ub_code code = ub_context_open(&config, &context, &bench.err);
    if (code != wanted || (names && !strstr(bench.err.message, names)))
        fail_msg("%d: %s", (int)code, bench.err.message);
    ub_context_close(context);
}

static void where_policies_come_from(void **state)
{
    (void)state;
    char path[200];
    char config[200];
    (void)ub_print(path, sizeof(path), "%s", at("mine.yaml"));
    open_with(path, UB_TRU_POLICY, "mine.yaml");
    put("mine.yaml", "keys: site\n", 11);
    open_with(path, UB_OK, NULL);
    put("mine.yaml", "keys: site\nrequire_manifest: [stm32f4050]\n", 42);
    open_with(path, UB_TRU_POLICY, "mine.yaml:2: there is no family");
    /* a name of a family is not its word */
    put("mine.yaml", "require_manifest: [dfu-device-of-no-kind]\n", 42);
    open_with(path, UB_TRU_POLICY, "mine.yaml:1: there is no family");
    /* the user's own place */
    (void)ub_print(config, sizeof(config), "%s", at("config"));
    assert_int_equal(mkdir(config, 0700), 0);
    assert_int_equal(mkdir(at("config/unbrick"), 0700), 0);
    const char *before = getenv("XDG_CONFIG_HOME");
    char *old = before ? strdup(before) : NULL;
    assert_int_equal(setenv("XDG_CONFIG_HOME", config, 1), 0);
    open_with(NULL, UB_OK, NULL);
    put("config/unbrick/unbrick.yaml", "key: site\n", 10);
    open_with(NULL, UB_TRU_POLICY, "config/unbrick/unbrick.yaml:1: there is no key");
    put("mine.yaml", "keys: site\n", 11);
    open_with(path, UB_OK, NULL); /* one takes the other's place */
    /* but not that of the site's */
    assert_int_equal(mkdir(at("site"), 0700), 0);
    put("site/unbrick.yaml", "nonsense", 8);
    open_with(path, UB_TRU_POLICY, "site/unbrick.yaml:1");
    if (old)
        (void)setenv("XDG_CONFIG_HOME", old, 1);
    else
        (void)unsetenv("XDG_CONFIG_HOME");
    free(old);
}

static void the_keys_of_a_context(void **state)
{
    (void)state;
    struct ub_key *keys = NULL;
    size_t count = 42;
    const struct ub_key scope = {.name = "", .vendor = "Acme", .model = "M1", .market = "EU"};
    assert_int_equal(ub_keys(bench.context, &keys, &count, &bench.err), UB_OK);
    assert_int_equal(count, 0);
    assert_non_null(keys);
    free(keys);
    assert_int_equal(ub_key_add(bench.context, at("acme.pub"), &scope, &bench.err), UB_OK);
    assert_int_equal(ub_key_add(bench.context, at("acme.key"), NULL, &bench.err), UB_TRU_KEY);
    assert_int_equal(ub_key_revoke(bench.context, "acme", "a test", &bench.err), UB_OK);
    assert_int_equal(ub_keys(bench.context, &keys, &count, &bench.err), UB_OK);
    assert_int_equal(count, 1);
    assert_string_equal(keys[0].name, "acme");
    assert_string_equal(keys[0].kind, "minisign");
    assert_string_equal(keys[0].vendor, "Acme");
    assert_string_equal(keys[0].model, "M1");
    assert_string_equal(keys[0].market, "EU");
    assert_int_equal(strlen(keys[0].added), strlen("2026-11-22T10:11:12Z"));
    assert_int_equal(strlen(keys[0].id), 16);
    assert_false(keys[0].site);
    assert_false(keys[0].first_use);
    assert_true(keys[0].revoked);
    assert_string_equal(keys[0].reason, "a test");
    free(keys);
    assert_int_equal(ub_key_remove(bench.context, "acme", &bench.err), UB_OK);
    assert_int_equal(ub_key_remove(bench.context, "acme", &bench.err), UB_TRU_UNKNOWN_KEY);
    assert_int_equal(ub_key_add(bench.context, at("acme.pub"), NULL, &bench.err), UB_TRU_REVOKED);
    put("keys/bad.pub", "", 0);
    assert_int_equal(ub_keys(bench.context, &keys, &count, &bench.err), UB_TRU_STORE);
    assert_null(keys);
    assert_int_equal(count, 0);
}

static void several_at_once_remember_one_version(void **state)
{
    (void)state;
    bench_again(&bench, SPEC "|" SPEC "|" SPEC "|" SPEC);
    signed_image("5", NULL);
    const struct ub_flash_options options = {.has_at = true, .at = FLASH_BASE, .label = "model=M1"};
    const struct ub_many_options many = {0};
    struct ub_many_result *result = NULL;
    const enum ub_code code = ub_flash_many(bench.context, image, &many, &options, &result,
                                            &bench.err);
    if (code)
        fail_msg("%s", bench.err.message);
    assert_int_equal(result->count, 4);
    ub_many_free(result);
    assert_string_equal(bench.warnings, "");
    signed_image("4", NULL);
    assert_true(image->trust.rolled_back);
}

/** Files are looked at with the memory of real devices; a replay is of no device. */
static void whose_memory_counts(void **state)
{
    (void)state;
    struct ub_context *context = NULL;
    const char *sim = SPEC ",time=virtual";
    char trace[200];
    (void)ub_print(trace, sizeof(trace), "%s", at("trace.jsonl"));
    assert_string_equal(bench.context->bus, "virtual");
    struct ub_config config = {.vault = bench.vault, .no_bus = true};
    assert_int_equal(ub_context_open(&config, &context, &bench.err), UB_OK);
    assert_string_equal(context->bus, "libusb");
    ub_context_close(context);
    config = (struct ub_config){.vault = bench.vault, .sims = &sim, .sim_count = 1, .trace = trace};
    assert_int_equal(ub_context_open(&config, &context, &bench.err), UB_OK);
    assert_string_equal(context->bus, "virtual");
    struct ub_device *devices = NULL;
    size_t count = 0;
    assert_int_equal(ub_devices(context, true, &devices, &count, &bench.err), UB_OK);
    ub_devices_free(devices);
    ub_context_close(context);
    config = (struct ub_config){.vault = bench.vault, .replay = trace};
    if (ub_context_open(&config, &context, &bench.err))
        fail_msg("%s", bench.err.message);
    assert_null(context->bus);
    ub_context_close(context);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_told),
        TEST(a_version_is_remembered_when_it_was_written),
        TEST(expired),
        TEST(a_memory_that_cannot_be_written),
        TEST(a_signature_is_required),
        TEST(a_stranger_is_not_enough),
        TEST(a_general_family_stands_for_its_kinds),
        TEST(for_another_family_nothing_is_required),
        TEST(what_nobody_may_accept),
        TEST(a_memory_that_keys_do_not_lead_away_from),
        TEST(a_key_that_is_not_kept),
        TEST(where_policies_come_from),
        TEST(the_keys_of_a_context),
        TEST(several_at_once_remember_one_version),
        TEST(whose_memory_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
