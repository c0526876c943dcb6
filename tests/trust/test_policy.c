/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a configuration demands; the strictest of all holds, and a slip is never a loosening. */
#define _XOPEN_SOURCE 700
#include "base/text.h"
#include "trust/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct ub_trust nobody = {.level = UB_TRUST_NONE};
static const struct ub_trust digest = {.level = UB_TRUST_GIVEN};
static const struct ub_trust stranger = {.unknown_key = true, .key_id = "1122334455667788"};
static const struct ub_trust by_given = {
    .level = UB_TRUST_SIGNED, .by = "once", .origin = UB_KEY_GIVEN};
static const struct ub_trust by_user = {
    .level = UB_TRUST_SIGNED, .by = "mine", .origin = UB_KEY_USER};
static const struct ub_trust by_site = {
    .level = UB_TRUST_SIGNED, .by = "ours", .origin = UB_KEY_SITE};
static const struct ub_trust manifest = {
    .level = UB_TRUST_SIGNED, .by = "mine", .origin = UB_KEY_USER, .manifest = true};

static bool is_family(const char *word)
{
    return strcmp(word, "stm32f405") == 0 || strcmp(word, "stm32") == 0 || strcmp(word, "dfu") == 0;
}

/** "stm32" is the general word for "stm32f405" and "stm32f411". */
static bool covers(const char *rule, const char *family)
{
    return ub_same_word(rule, family) ||
           (ub_same_word(rule, "stm32") && strncmp(family, "stm32", 5) == 0);
}

static enum ub_code add(struct ub_policy *policy, const char *file, const char *text,
                        struct ub_error *err)
{
    return ub_policy_add_text(policy, file, (const uint8_t *)text, strlen(text), is_family, err);
}

/** A policy of up to two files. */
static struct ub_policy *policy_of(const char *site, const char *user)
{
    struct ub_policy *policy = NULL;
    struct ub_error err = {0};
    assert_int_equal(ub_policy_open(&policy, &err), UB_OK);
    if (site && add(policy, "site.yaml", site, &err))
        fail_msg("%s", err.message);
    if (user && add(policy, "user.yaml", user, &err))
        fail_msg("%s", err.message);
    return policy;
}

static void expect(const struct ub_policy *policy, const char *family, const struct ub_trust *trust,
                   enum ub_code wanted)
{
    struct ub_error err = {0};
    const enum ub_code code = ub_policy_check(policy, family, covers, trust, &err);
    if (code != wanted)
        fail_msg("%d, not %d: %s", (int)code, (int)wanted, err.message);
    assert_int_equal(err.code, wanted);
}

static void nothing_is_demanded(void **state)
{
    (void)state;
    struct ub_trust old = nobody;
    old.expired = old.rolled_back = true;
    struct ub_policy *policy = policy_of(NULL, NULL);
    expect(policy, "dfu", &nobody, UB_OK);
    expect(policy, "dfu", &old, UB_OK);
    ub_policy_close(policy);
    policy = policy_of("require_signature: none\nrequire_manifest: []\nallow_rollback: named\n"
                       "allow_expired: named\nkeys: any\n",
                       NULL);
    expect(policy, "dfu", &stranger, UB_OK);
    expect(policy, "dfu", &old, UB_OK);
    ub_policy_close(policy);
}

static void a_signature_for_all(void **state)
{
    (void)state;
    struct ub_policy *policy = policy_of("require_signature: all\n", NULL);
    expect(policy, "dfu", &nobody, UB_TRU_REQUIRED);
    expect(policy, "stm32f405", &digest, UB_TRU_REQUIRED);
    expect(policy, "anything", &stranger, UB_TRU_UNKNOWN_KEY);
    expect(policy, "dfu", &by_given, UB_OK);
    expect(policy, "dfu", &by_user, UB_OK);
    ub_policy_close(policy);
}

static void a_signature_for_some(void **state)
{
    (void)state;
    struct ub_policy *policy = policy_of("require_signature: [stm32f405]\n", NULL);
    expect(policy, "stm32f405", &nobody, UB_TRU_REQUIRED);
    expect(policy, "STM32F405", &nobody, UB_TRU_REQUIRED);
    expect(policy, "dfu", &nobody, UB_OK);
    ub_policy_close(policy);
    policy = policy_of("require_signature:\n- dfu\n- stm32f405\n", NULL);
    expect(policy, "stm32f405", &nobody, UB_TRU_REQUIRED);
    expect(policy, "dfu", &nobody, UB_TRU_REQUIRED);
    ub_policy_close(policy);
}

/* Which rule is for which family the caller knows. */
static void a_rule_for_a_general_family(void **state)
{
    (void)state;
    struct ub_policy *policy = policy_of("require_signature: [stm32]\n", NULL);
    expect(policy, "stm32f405", &nobody, UB_TRU_REQUIRED);
    expect(policy, "stm32", &nobody, UB_TRU_REQUIRED);
    expect(policy, "dfu", &nobody, UB_OK);
    ub_policy_close(policy);
    policy = policy_of("require_manifest: [dfu, stm32]\n", NULL);
    expect(policy, "stm32f405", &by_site, UB_TRU_REQUIRED);
    expect(policy, "stm32f405", &manifest, UB_OK);
    ub_policy_close(policy);
}

static void a_manifest(void **state)
{
    (void)state;
    struct ub_policy *policy = policy_of("require_manifest: [dfu]\n", NULL);
    expect(policy, "dfu", &nobody, UB_TRU_REQUIRED);
    expect(policy, "dfu", &by_site, UB_TRU_REQUIRED);
    expect(policy, "dfu", &manifest, UB_OK);
    expect(policy, "stm32f405", &nobody, UB_OK);
    ub_policy_close(policy);
}

static void which_keys_count(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum ub_code given, user, site;
    } rows[] = {
        {"keys: any\nrequire_signature: all", UB_OK, UB_OK, UB_OK},
        {"keys: stored\nrequire_signature: all", UB_TRU_UNKNOWN_KEY, UB_OK, UB_OK},
        {"keys: site\nrequire_signature: all", UB_TRU_UNKNOWN_KEY, UB_TRU_UNKNOWN_KEY, UB_OK},
        {"keys: site", UB_OK, UB_OK, UB_OK},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ub_policy *policy = policy_of(rows[i].text, NULL);
        expect(policy, "dfu", &by_given, rows[i].given);
        expect(policy, "dfu", &by_user, rows[i].user);
        expect(policy, "dfu", &by_site, rows[i].site);
        ub_policy_close(policy);
    }
}

static void never(void **state)
{
    (void)state;
    struct ub_trust old = manifest;
    struct ub_trust late = manifest;
    old.rolled_back = true;
    late.expired = true;
    struct ub_policy *policy = policy_of("allow_rollback: never\n", NULL);
    expect(policy, "dfu", &old, UB_TRU_ROLLBACK);
    expect(policy, "dfu", &late, UB_OK);
    ub_policy_close(policy);
    policy = policy_of("allow_expired: never\n", NULL);
    expect(policy, "dfu", &old, UB_OK);
    expect(policy, "dfu", &late, UB_TRU_EXPIRED);
    ub_policy_close(policy);
}

static void the_strictest_holds(void **state)
{
    (void)state;
    static const char strict[] = "require_signature: all\nrequire_manifest: [dfu]\nkeys: site\n"
                                 "allow_rollback: never\nallow_expired: never\n";
    static const char loose[] = "require_signature: none\nrequire_manifest: none\nkeys: any\n"
                                "allow_rollback: named\nallow_expired: named\n";
    struct ub_trust old = by_site;
    struct ub_trust late = by_site;
    old.rolled_back = true;
    late.expired = true;
    for (unsigned i = 0; i < 2; i++) {
        struct ub_policy *policy = policy_of(i ? loose : strict, i ? strict : loose);
        expect(policy, "stm32f405", &nobody, UB_TRU_REQUIRED);
        expect(policy, "stm32f405", &by_user, UB_TRU_UNKNOWN_KEY);
        expect(policy, "dfu", &by_site, UB_TRU_REQUIRED);
        expect(policy, "stm32f405", &old, UB_TRU_ROLLBACK);
        expect(policy, "stm32f405", &late, UB_TRU_EXPIRED);
        expect(policy, "stm32f405", &by_site, UB_OK);
        ub_policy_close(policy);
    }
    struct ub_policy *policy = policy_of("require_signature: [dfu]",
                                         "require_signature: [stm32f405]");
    expect(policy, "dfu", &nobody, UB_TRU_REQUIRED);
    expect(policy, "stm32f405", &nobody, UB_TRU_REQUIRED);
    ub_policy_close(policy);
}

static void slips_are_errors_with_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *message;
    } rows[] = {
        {"", "f:1: "},
        {"# nothing\n", "f:2: "},
        {"---\n", "f:2: a mapping"},
        {"{}", "f:1: there is nothing in it"},
        {"- all\n", "f:1: a mapping"},
        {"require_signatures: all\n", "f:1: there is no key \"require_signatures\""},
        {"keys: any\nkeys: any\n", "f:2: it is there twice: \"keys\""},
        {"\nrequire_signature: al\n", "f:2: all, none"},
        {"require_signature: stm32f405\n", "f:1: all, none"},
        {"require_signature: [stm32f40]\n", "f:1: there is no family \"stm32f40\""},
        {"require_signature: [all]\n", "f:1: there is no family \"all\""},
        {"require_signature: [[dfu]]\n", "f:1: a word"},
        {"require_signature: {dfu: 1}\n", "f:1: a word"},
        {"require_signature:\n", "f:1: a word"},
        {"allow_rollback: no\n", "f:1: never or named"},
        {"allow_rollback: [never]\n", "f:1: a word"},
        {"keys: mine\n", "f:1: any, stored or site"},
        {"keys: \"si\\0te\"\n", "f:1: a word"},
        {"keys: &a site\n", "f:1: anchors"},
        {"keys: !!str site\n", "f:1: anchors"},
        {"require_signature: *a\n", "f:1: anchors"},
        {"keys: site\n---\nkeys: any\n", "f:2: expected here: \"the end of the file\""},
        {"keys: [site\n", "f:1: a word"},
        {"keys: site\n\tx: y\n", "f:2: this is not YAML"},
        {"\xc3\x28", "f:1: this is not YAML"},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: x",
         "f:1: a word"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ub_policy *policy = policy_of(NULL, NULL);
        struct ub_error err = {0};
        const enum ub_code code = add(policy, "f", rows[i].text, &err);
        if (code != UB_TRU_POLICY || strncmp(err.message, rows[i].message, strlen(rows[i].message)))
            fail_msg("%s: %d \"%s\", not \"%s\"", rows[i].text, (int)code, err.message,
                     rows[i].message);
        ub_policy_close(policy);
    }
}

static void too_large(void **state)
{
    (void)state;
    struct ub_policy *policy = policy_of(NULL, NULL);
    struct ub_error err = {0};
    char *text = calloc(1, UB_POLICY_FILE_MAX + 1);
    assert_non_null(text);
    assert_int_equal(ub_policy_add_text(policy, "f", (const uint8_t *)text, UB_POLICY_FILE_MAX + 1,
                                        is_family, &err),
                     UB_TRU_POLICY);
    free(text);
    ub_policy_close(policy);
}

static void files(void **state)
{
    (void)state;
    struct ub_policy *policy = policy_of(NULL, NULL);
    struct ub_error err = {0};
    char folder[] = "/tmp/unbrick-policy-XXXXXX";
    char path[64];
    assert_non_null(mkdtemp(folder));
    (void)ub_print(path, sizeof(path), "%s/unbrick.yaml", folder);
    assert_int_equal(ub_policy_add_file(policy, path, false, is_family, &err), UB_OK);
    assert_int_equal(ub_policy_add_file(policy, path, true, is_family, &err), UB_TRU_POLICY);
    assert_non_null(strstr(err.message, path));
    expect(policy, "dfu", &nobody, UB_OK);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs("require_signature: all\n", file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(ub_policy_add_file(policy, path, false, is_family, &err), UB_OK);
    expect(policy, "dfu", &nobody, UB_TRU_REQUIRED);
    /* one that is there and cannot be read is not left out */
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(ub_policy_add_file(policy, path, false, is_family, &err), UB_TRU_POLICY);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(symlink(path, path), 0); /* it leads nowhere, round and round */
    assert_int_equal(ub_policy_add_file(policy, path, false, is_family, &err), UB_TRU_POLICY);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
    ub_policy_close(policy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_demanded),
        cmocka_unit_test(a_signature_for_all),
        cmocka_unit_test(a_signature_for_some),
        cmocka_unit_test(a_rule_for_a_general_family),
        cmocka_unit_test(a_manifest),
        cmocka_unit_test(which_keys_count),
        cmocka_unit_test(never),
        cmocka_unit_test(the_strictest_holds),
        cmocka_unit_test(slips_are_errors_with_their_line),
        cmocka_unit_test(too_large),
        cmocka_unit_test(files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
