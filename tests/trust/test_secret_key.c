/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Secret keys: minisign's and our own, with and without password, and what they sign. */
#define _GNU_SOURCE
#include "statement_test.h"

#include "trust/secret_key.h"

#include <ftw.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* The least that libsodium takes: no wait and no memory. */
static const struct ub_scrypt_limits cheap = {32768, 1 << 20};

struct folder {
    char path[64];
    char key[96];
    char secret[128];
    char public[128];
};

/** What is answered to the questions for a password, in turn; NULL: nothing. */
struct answers {
    const char *texts[3];
    unsigned asked;
    char questions[3][UB_ERROR_TEXT];
};

static bool answer(void *user, const char *question, char *to, size_t size)
{
    struct answers *answers = user;
    const unsigned i = answers->asked++;
    assert_true(i < 3);
    (void)ub_print(answers->questions[i], sizeof(answers->questions[i]), "%s", question);
    if (answers->texts[i])
        (void)ub_print(to, size, "%s", answers->texts[i]);
    return answers->texts[i] != NULL;
}

static int setup(void **state)
{
    struct folder *folder = calloc(1, sizeof(*folder));
    assert_non_null(folder);
    (void)ub_print(folder->path, sizeof(folder->path), "/tmp/unbrick-keys-XXXXXX");
    assert_non_null(mkdtemp(folder->path));
    (void)ub_print(folder->key, sizeof(folder->key), "%s/vendor", folder->path);
    (void)ub_print(folder->secret, sizeof(folder->secret), "%s.key", folder->key);
    (void)ub_print(folder->public, sizeof(folder->public), "%s.pub", folder->key);
    *state = folder;
    return 0;
}

static int delete_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status;
    (void)kind;
    (void)where;
    return remove(path);
}

static int teardown(void **state)
{
    struct folder *folder = *state;
    (void)nftw(folder->path, delete_one, 16, FTW_DEPTH | FTW_PHYS);
    free(folder);
    return 0;
}

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static enum ub_code read_cheap(const char *path, struct answers *answers, struct ub_secret_key *key,
                               struct ub_error *err)
{
    uint8_t *bytes = NULL;
    size_t length = 0;
    assert_int_equal(ub_file_read(path, UB_SECRET_KEY_FILE_MAX, &bytes, &length, NULL), UB_OK);
    const enum ub_code code = ub_secret_key_parse(path, bytes, length, answers ? answer : NULL,
                                                  answers, &cheap, key, err);
    free(bytes);
    return code;
}

/** Signs and verifies; the key read is that of the public one. */
static void prove(const struct ub_secret_key *secret, const struct ub_public_key *public)
{
    static const uint8_t content[] = "firmware";
    struct ub_signature signature;
    struct ub_error err = {0};
    char *text = NULL;
    assert_int_equal(ub_secret_key_sign(secret, content, sizeof(content),
                                        "timestamp:1\tfile:f.bin\thashed", &text, &err),
                     UB_OK);
    assert_int_equal(ub_signature_parse("s", (const uint8_t *)text, strlen(text), &signature, &err),
                     UB_OK);
    assert_true(signature.prehashed);
    if (ub_signature_verify(&signature, public, "f.bin", content, sizeof(content), &err) != UB_OK)
        fail_msg("%s", err.message);
    assert_int_equal(ub_signature_verify(&signature, public, "f.bin", content, 3, &err),
                     UB_TRU_SIGNATURE);
    assert_int_equal(
        ub_signature_verify(&signature, public, "g.bin", content, sizeof(content), &err),
        UB_TRU_COMMENT);
    free(text);
}

static void minisigns_own(void **state)
{
    (void)state;
    struct file file = load("minisign.key");
    const struct ub_public_key public = key_of("trust", "minisign.pub");
    struct ub_secret_key key;
    assert_int_equal(
        ub_secret_key_parse("k", file.bytes, file.length, NULL, NULL, &cheap, &key, NULL), UB_OK);
    assert_memory_equal(key.id, public.id, sizeof(key.id));
    assert_memory_equal(key.bytes + 32, public.bytes, 32);
    prove(&key, &public);
    ub_secret_key_wipe(&key);
    assert_true(ub_all_bytes((const uint8_t *)&key, sizeof(key), 0));
    drop(&file);
}

static void a_pair_without_password(void **state)
{
    struct folder *folder = *state;
    struct ub_secret_key key;
    struct ub_public_key public;
    struct ub_error err = {0};
    struct stat status;
    if (ub_key_new(folder->key, NULL, NULL, &err) != UB_OK)
        fail_msg("%s", err.message);
    assert_int_equal(stat(folder->secret, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(ub_public_key_read(folder->public, &public, &err), UB_OK);
    assert_int_equal(public.kind, UB_KEY_MINISIGN);
    assert_int_equal(ub_secret_key_read(folder->secret, NULL, NULL, &key, &err), UB_OK);
    prove(&key, &public);
}

static void two_pairs_differ(void **state)
{
    struct folder *folder = *state;
    char other[128];
    struct ub_public_key a;
    struct ub_public_key b;
    (void)ub_print(other, sizeof(other), "%s/other", folder->path);
    assert_int_equal(ub_key_new(folder->key, NULL, NULL, NULL), UB_OK);
    assert_int_equal(ub_key_new(other, NULL, NULL, NULL), UB_OK);
    (void)ub_append(other, sizeof(other), ".pub");
    assert_int_equal(ub_public_key_read(folder->public, &a, NULL), UB_OK);
    assert_int_equal(ub_public_key_read(other, &b, NULL), UB_OK);
    assert_memory_not_equal(a.id, b.id, sizeof(a.id));
    assert_memory_not_equal(a.bytes, b.bytes, 32);
}

static void a_pair_with_password(void **state)
{
    struct folder *folder = *state;
    struct ub_secret_key key;
    struct ub_public_key public;
    struct ub_error err = {0};
    struct answers twice = {.texts = {"secret", "secret"}};
    struct answers right = {.texts = {"secret"}};
    struct answers wrong = {.texts = {"secreT"}};
    struct answers none = {.texts = {NULL}};
    assert_int_equal(ub_secret_key_make(folder->key, answer, &twice, &cheap, &err), UB_OK);
    assert_int_equal(twice.asked, 2);
    assert_non_null(strstr(twice.questions[0], "vendor.key"));
    assert_int_equal(ub_public_key_read(folder->public, &public, &err), UB_OK);
    assert_int_equal(read_cheap(folder->secret, &right, &key, &err), UB_OK);
    prove(&key, &public);
    assert_int_equal(read_cheap(folder->secret, &wrong, &key, &err), UB_TRU_PASSWORD);
    assert_non_null(strstr(err.message, "not its password"));
    assert_true(ub_all_bytes((const uint8_t *)&key, sizeof(key), 0));
    assert_int_equal(read_cheap(folder->secret, &none, &key, &err), UB_TRU_PASSWORD);
    assert_int_equal(read_cheap(folder->secret, NULL, &key, &err), UB_TRU_PASSWORD);
    assert_non_null(strstr(err.message, "there is no password"));
}

static void passwords_that_will_not_do(void **state)
{
    struct folder *folder = *state;
    static const struct answers rows[] = {
        {.texts = {NULL}}, {.texts = {""}}, {.texts = {"a", NULL}}, {.texts = {"a", "b"}}};
    for (size_t i = 0; i < 4; i++) {
        struct answers answers = rows[i];
        struct ub_error err = {0};
        assert_int_equal(ub_key_new(folder->key, answer, &answers, &err), UB_TRU_PASSWORD);
        assert_non_null(strstr(err.message, "vendor.key"));
        assert_false(exists(folder->secret));
        assert_false(exists(folder->public));
    }
}

/** Nothing is overwritten, and no half of a pair is left. */
static void files_that_are_there(void **state)
{
    struct folder *folder = *state;
    struct ub_error err = {0};
    assert_int_equal(ub_file_write(folder->public, "mine", 4, NULL), UB_OK);
    assert_int_equal(ub_key_new(folder->key, NULL, NULL, &err), UB_SYS_WRITE);
    assert_false(exists(folder->secret));
    assert_int_equal(unlink(folder->public), 0);
    assert_int_equal(ub_file_write(folder->secret, "mine", 4, NULL), UB_OK);
    assert_int_equal(ub_key_new(folder->key, NULL, NULL, &err), UB_SYS_WRITE);
    assert_false(exists(folder->public));
    uint8_t *bytes = NULL;
    size_t length = 0;
    assert_int_equal(ub_file_read(folder->secret, 100, &bytes, &length, NULL), UB_OK);
    assert_int_equal(length, 4);
    free(bytes);
    assert_int_equal(ub_key_new("/nonexistent/key", NULL, NULL, &err), UB_SYS_WRITE);
}

static void refuse(const uint8_t raw[158], const char *why)
{
    char base64[256];
    char text[400];
    struct ub_secret_key key;
    struct ub_error err = {0};
    struct answers answers = {.texts = {"x"}};
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t n = 0;
    for (size_t i = 0; i < 158; i += 3) {
        const unsigned long bits = (unsigned long)raw[i] << 16 |
                                   (unsigned long)(i + 1 < 158 ? raw[i + 1] : 0) << 8 |
                                   (unsigned long)(i + 2 < 158 ? raw[i + 2] : 0);
        base64[n++] = digits[bits >> 18];
        base64[n++] = digits[bits >> 12 & 63];
        base64[n++] = digits[bits >> 6 & 63];
        base64[n++] = i + 2 < 158 ? digits[bits & 63] : '=';
    }
    base64[n] = '\0';
    (void)ub_print(text, sizeof(text), "untrusted comment: x\n%s\n", base64);
    const enum ub_code code = ub_secret_key_parse("k", (const uint8_t *)text, strlen(text), answer,
                                                  &answers, &cheap, &key, &err);
    if (code != (why ? UB_TRU_KEY : UB_OK) || (why && !strstr(err.message, why)))
        fail_msg("%d \"%s\" instead of \"%s\"", (int)code, err.message, why ? why : "");
    ub_secret_key_wipe(&key);
}

/** Fields that are not what minisign writes; no file may cost more than any key does. */
static void hostile_fields(void **state)
{
    (void)state;
    struct file file = load("minisign.key");
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *line = (const char *)memchr(file.bytes, '\n', file.length) + 1;
    uint8_t raw[162];
    for (size_t i = 0, n = 0; n < 158; i += 4, n += 3) {
        unsigned long bits = 0;
        for (size_t k = 0; k < 4; k++) {
            const char *digit = strchr(digits, line[i + k]);
            bits = bits << 6 | (unsigned long)(digit ? digit - digits : 0);
        }
        raw[n] = (uint8_t)(bits >> 16);
        raw[n + 1] = (uint8_t)(bits >> 8);
        raw[n + 2] = (uint8_t)bits;
    }
    drop(&file);
    refuse(raw, NULL);
    raw[60] ^= 1; /* the id: any is right, as nothing vouches for it */
    refuse(raw, NULL);
    raw[70] ^= 1;
    refuse(raw, "do not belong together");
    raw[70] ^= 1;
    raw[0] = 'e';
    refuse(raw, "not known");
    raw[0] = 'E';
    raw[4] = 'b';
    refuse(raw, "not known");
    raw[4] = 'B';
    memcpy(raw + 2, "Xx", 2);
    refuse(raw, "kind of encryption");
    memcpy(raw + 2, "Sc", 2);
    for (size_t at = 38; at < 54; at++) { /* opslimit and memlimit, a byte of each in turn */
        memset(raw + 38, 0, 16);
        raw[at] = 0x80;
        const bool much = at < 46 ? at >= 40 : at >= 49;
        if (much || (at >= 40 && at < 46))
            refuse(raw, "more memory or time");
    }
}

static void what_is_no_key(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"", "empty"},
        {"hello\n", "does not begin"},
        {"untrusted comment: x\nAAAA\n", "158 bytes"},
        {"untrusted comment: x\nRWR5ks7s5nkHa7lYwRHouOmHGacu6i/tprgYtfRYmtP9mGL82i8FeTwp\n",
         "public key"}};
    struct ub_secret_key key;
    struct ub_error err = {0};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(ub_secret_key_parse("k", (const uint8_t *)rows[i][0], strlen(rows[i][0]),
                                             NULL, NULL, &cheap, &key, &err),
                         UB_TRU_KEY);
        if (!strstr(err.message, rows[i][1]))
            fail_msg("\"%s\" instead of \"%s\"", err.message, rows[i][1]);
    }
    struct file signify = load("signify.sec");
    assert_int_equal(
        ub_secret_key_parse("k", signify.bytes, signify.length, NULL, NULL, &cheap, &key, &err),
        UB_TRU_KEY);
    drop(&signify);
    assert_int_equal(ub_secret_key_read("/nonexistent", NULL, NULL, &key, &err), UB_TRU_KEY);
}

static void comments_that_will_not_do(void **state)
{
    (void)state;
    struct ub_secret_key key = {0};
    char *text = NULL;
    char *longer = calloc(1, 9000);
    assert_non_null(longer);
    memset(longer, 'x', 8192);
    assert_int_equal(ub_secret_key_sign(&key, NULL, 0, "a\nb", &text, NULL), UB_USE_OPTION);
    assert_int_equal(ub_secret_key_sign(&key, NULL, 0, "a\rb", &text, NULL), UB_USE_OPTION);
    assert_int_equal(ub_secret_key_sign(&key, NULL, 0, longer, &text, NULL), UB_USE_OPTION);
    assert_null(text);
    longer[8191] = '\0';
    assert_int_equal(ub_secret_key_sign(&key, NULL, 0, longer, &text, NULL), UB_OK);
    free(text);
    free(longer);
}

/** Checking a password must not be possible for whoever lacks the memory, and says so. */
static void too_little_memory(void **state)
{
    struct folder *folder = *state;
    struct answers twice = {.texts = {"secret", "secret"}};
    struct ub_error err = {0};
    struct rlimit was;
    assert_int_equal(getrlimit(RLIMIT_AS, &was), 0);
#if defined(__SANITIZE_ADDRESS__)
    skip(); /* its shadow memory is larger than any limit */
#endif
    struct rlimit small = {(rlim_t)512 << 20, was.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_AS, &small), 0);
    const enum ub_code code = ub_key_new(folder->key, answer, &twice, &err);
    assert_int_equal(setrlimit(RLIMIT_AS, &was), 0);
    assert_int_equal(code, UB_SYS_MEMORY);
    assert_non_null(strstr(err.message, "1024 MiB"));
    assert_false(exists(folder->secret));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(minisigns_own),
        cmocka_unit_test_setup_teardown(a_pair_without_password, setup, teardown),
        cmocka_unit_test_setup_teardown(two_pairs_differ, setup, teardown),
        cmocka_unit_test_setup_teardown(a_pair_with_password, setup, teardown),
        cmocka_unit_test_setup_teardown(passwords_that_will_not_do, setup, teardown),
        cmocka_unit_test_setup_teardown(files_that_are_there, setup, teardown),
        cmocka_unit_test(hostile_fields),
        cmocka_unit_test(what_is_no_key),
        cmocka_unit_test(comments_that_will_not_do),
        cmocka_unit_test_setup_teardown(too_little_memory, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
