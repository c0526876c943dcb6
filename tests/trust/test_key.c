/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Public keys in every form that is known, and what is not one. */
#include "statement_test.h"

#define MINISIGN_LINE "RWR5ks7s5nkHa7lYwRHouOmHGacu6i/tprgYtfRYmtP9mGL82i8FeTwp"

static void minisigns_key(void **state)
{
    (void)state;
    struct ub_public_key key = key_of("trust", "minisign.pub");
    char id[UB_KEY_ID_TEXT];
    ub_public_key_id(&key, id);
    assert_int_equal(key.kind, UB_KEY_MINISIGN);
    assert_string_equal(ub_key_kind_name(key.kind), "minisign");
    assert_string_equal(id, "6B0779E6ECCE9279");
    assert_string_equal(key.comment, "minisign public key 6B0779E6ECCE9279");
}

static void signifys_key(void **state)
{
    (void)state;
    struct ub_public_key key = key_of("trust", "signify.pub");
    assert_int_equal(key.kind, UB_KEY_SIGNIFY);
    assert_string_equal(ub_key_kind_name(key.kind), "signify");
    assert_string_equal(key.comment, "unbrick test public key");
}

/** As it stands on vendors' pages: the line alone. */
static void a_bare_line(void **state)
{
    (void)state;
    const struct ub_public_key whole = key_of("trust", "minisign.pub");
    const struct ub_public_key other = key_of("trust", "other.pub");
    static const char *const texts[] = {MINISIGN_LINE, MINISIGN_LINE "\n", MINISIGN_LINE "\r\n"};
    for (size_t i = 0; i < 3; i++) {
        struct file file = file_of(texts[i]);
        struct ub_public_key key;
        assert_int_equal(ub_public_key_parse("k", file.bytes, file.length, &key, NULL), UB_OK);
        assert_int_equal(key.kind, UB_KEY_MINISIGN);
        assert_true(ub_public_key_same(&key, &whole));
        assert_false(ub_public_key_same(&key, &other));
        drop(&file);
    }
}

/** The comment is nobody's word: the same key under another one is the same key. */
static void another_comment(void **state)
{
    (void)state;
    const struct ub_public_key whole = key_of("trust", "minisign.pub");
    struct file file = file_of("untrusted comment: ACME releases\n" MINISIGN_LINE "\n");
    struct ub_public_key key;
    assert_int_equal(ub_public_key_parse("k", file.bytes, file.length, &key, NULL), UB_OK);
    assert_int_equal(key.kind, UB_KEY_SIGNIFY);
    assert_true(ub_public_key_same(&key, &whole));
    drop(&file);
}

static void line_ends_of_windows(void **state)
{
    (void)state;
    static const char *const names[] = {"minisign.pub", "signify.pub"};
    for (size_t i = 0; i < 2; i++) {
        struct file plain = load(names[i]);
        struct file crlf = with_crlf(&plain);
        struct ub_public_key a;
        struct ub_public_key b;
        assert_int_equal(ub_public_key_parse("k", plain.bytes, plain.length, &a, NULL), UB_OK);
        assert_int_equal(ub_public_key_parse("k", crlf.bytes, crlf.length, &b, NULL), UB_OK);
        assert_memory_equal(&a, &b, sizeof(a));
        drop(&plain);
        drop(&crlf);
    }
    struct file plain = load_from("inspect", "mcuboot-ecdsa-p256.pub.pem");
    struct file crlf = with_crlf(&plain);
    struct ub_public_key key;
    assert_int_equal(ub_public_key_parse("k", crlf.bytes, crlf.length, &key, NULL), UB_OK);
    drop(&plain);
    drop(&crlf);
}

static void mcuboots_keys(void **state)
{
    (void)state;
    static const struct {
        const char *pem;
        const char *der;
        enum ub_key_kind kind;
        size_t key_at; /* in the DER */
        size_t key_length;
    } rows[] = {
        {"mcuboot-ed25519.pub.pem", "mcuboot-ed25519.pub.der", UB_KEY_MCUBOOT_ED25519, 12, 32},
        {"mcuboot-ecdsa-p256.pub.pem", "mcuboot-ecdsa-p256.pub.der", UB_KEY_MCUBOOT_P256, 26, 65},
    };
    for (size_t i = 0; i < 2; i++) {
        const struct ub_public_key key = key_of("inspect", rows[i].pem);
        struct file der = load_from("inspect", rows[i].der);
        char id[UB_KEY_ID_TEXT];
        ub_public_key_id(&key, id);
        assert_int_equal(key.kind, rows[i].kind);
        assert_string_equal(ub_key_kind_name(key.kind), "mcuboot");
        assert_int_equal(strlen(id), 64);
        assert_int_equal(der.length, rows[i].key_at + rows[i].key_length);
        assert_memory_equal(key.bytes, der.bytes + rows[i].key_at, rows[i].key_length);
        assert_memory_equal(key.id, key.der_sha256, sizeof(key.id));
        drop(&der);
    }
}

static void refuse(const char *text, const char *why)
{
    struct file file = file_of(text);
    struct ub_public_key key;
    struct ub_error err = {0};
    assert_int_equal(ub_public_key_parse("k.pub", file.bytes, file.length, &key, &err), UB_TRU_KEY);
    if (strncmp(err.message, "k.pub: ", 7) != 0 || !strstr(err.message, why))
        fail_msg("\"%s\" instead of \"%s\" for: %s", err.message, why, text);
    drop(&file);
}

static void what_is_no_key(void **state)
{
    (void)state;
    refuse("", "empty");
    refuse("hello\n", "not base64");
    refuse("untrusted comment: minisign public key\n", "line below the comment");
    refuse("untrusted comment: minisign public key\n" MINISIGN_LINE "\nmore\n", "follows");
    refuse("untrusted comment: minisign public key\n" MINISIGN_LINE "\n\n", "follows");
    refuse("untrusted comment: minisign public key\n" MINISIGN_LINE " \n", "not base64");
    refuse("untrusted comment: a\x1b[2Jb\n" MINISIGN_LINE "\n", "not text");
    refuse("untrusted comment: x\n\n" MINISIGN_LINE "\n", "not base64");
    refuse("RWR5ks7s5nkHa7lYwRHouOmHGacu6i/tprgYtfRYmtP9mGL82i8FeTw\n", "not base64");
    refuse("RWR5ks7s5nkHa7lYwRHouOmHGacu6i/tprgYtfRYmtP9mGL82i8F\n", "42 bytes");
    refuse("RXR5ks7s5nkHa7lYwRHouOmHGacu6i/tprgYtfRYmtP9mGL82i8FeTwp\n", "not known");
    refuse("RWR5ks7s5nkHa3OkH8U9e5DkJKSvgx0scmETPdPyl5nZDnKAf+4+sCoMI3aabVMaTDcUfmovZvpx4lM2KI9dMNg"
           "B840ED+GvoQo=\n",
           "a signature");
}

static void a_secret_key_is_named(void **state)
{
    (void)state;
    static const char *const names[] = {"minisign.key", "signify.sec"};
    for (size_t i = 0; i < 2; i++) {
        struct file file = load(names[i]);
        struct ub_public_key key;
        struct ub_error err = {0};
        assert_int_equal(ub_public_key_parse("k", file.bytes, file.length, &key, &err), UB_TRU_KEY);
        assert_non_null(strstr(err.message, "secret key"));
        drop(&file);
    }
}

static void a_long_comment(void **state)
{
    (void)state;
    char text[2048] = "untrusted comment: ";
    struct ub_public_key key;
    for (size_t length = 1024; length <= 1025; length++) {
        text[19] = '\0';
        for (size_t i = 0; i < length; i++)
            (void)ub_append(text, sizeof(text), "x");
        (void)ub_append(text, sizeof(text), "\n%s\n", MINISIGN_LINE);
        struct file file = file_of(text);
        assert_int_equal(ub_public_key_parse("k", file.bytes, file.length, &key, NULL),
                         length == 1024 ? UB_OK : UB_TRU_KEY);
        drop(&file);
    }
}

static void what_is_no_pem(void **state)
{
    (void)state;
    refuse("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", "PUBLIC KEY");
    refuse("-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n", "PUBLIC KEY");
    refuse("-----BEGIN PUBLIC KEY-----\nMAA=\n", "last line");
    refuse("-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----\nx", "follows");
    refuse("-----BEGIN PUBLIC KEY-----\nM A=\n-----END PUBLIC KEY-----\n", "base64");
    refuse("-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----\n", "DER");
    struct file rsa = load_from("inspect", "mcuboot-rsa-2048.pub.pem");
    struct file p384 = load_from("inspect", "mcuboot-ecdsa-p384.pub.pem");
    struct ub_public_key key;
    struct ub_error err = {0};
    assert_int_equal(ub_public_key_parse("k", rsa.bytes, rsa.length, &key, &err), UB_TRU_KEY);
    assert_non_null(strstr(err.message, "neither"));
    assert_int_equal(ub_public_key_parse("k", p384.bytes, p384.length, &key, &err), UB_TRU_KEY);
    assert_non_null(strstr(err.message, "curve"));
    drop(&rsa);
    drop(&p384);
}

/** Every byte of the PEM changed in turn: never another key with the digest of this one. */
static void every_changed_byte_of_pem(void **state)
{
    (void)state;
    struct file file = load_from("inspect", "mcuboot-ecdsa-p256.pub.pem");
    const struct ub_public_key good = key_of("inspect", "mcuboot-ecdsa-p256.pub.pem");
    size_t refused = 0;
    for (size_t i = 0; i < file.length; i++) {
        struct ub_public_key key;
        const uint8_t was = file.bytes[i];
        file.bytes[i] = was == 'A' ? 'B' : 'A';
        const enum ub_code code = ub_public_key_parse("k", file.bytes, file.length, &key, NULL);
        refused += code == UB_TRU_KEY;
        if (!code && memcmp(key.der_sha256, good.der_sha256, sizeof(key.der_sha256)) == 0)
            fail_msg("byte %zu changed nothing", i);
        file.bytes[i] = was;
    }
    assert_int_equal(refused, file.length); /* no such point is on the curve */
    drop(&file);
}

static void every_cut_is_refused(void **state)
{
    (void)state;
    static const char *const names[][2] = {{"trust", "minisign.pub"},
                                           {"trust", "signify.pub"},
                                           {"inspect", "mcuboot-ed25519.pub.pem"}};
    for (size_t n = 0; n < 3; n++) {
        struct file file = load_from(names[n][0], names[n][1]);
        for (size_t length = 0; length + 1 < file.length; length++) {
            struct file cut = {malloc(length ? length : 1), length};
            struct ub_public_key key;
            assert_non_null(cut.bytes);
            memcpy(cut.bytes, file.bytes, length);
            assert_int_equal(ub_public_key_parse("k", cut.bytes, cut.length, &key, NULL),
                             UB_TRU_KEY);
            drop(&cut);
        }
        drop(&file);
    }
}

static void files_that_cannot_be_read(void **state)
{
    (void)state;
    struct ub_public_key key;
    struct ub_error err = {0};
    assert_int_equal(ub_public_key_read("/nonexistent/k.pub", &key, &err), UB_TRU_KEY);
    assert_non_null(strstr(err.message, "/nonexistent/k.pub"));
    assert_int_equal(ub_public_key_read("/tmp", &key, &err), UB_TRU_KEY);
    assert_non_null(strstr(err.message, "folder"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(minisigns_key),
        cmocka_unit_test(signifys_key),
        cmocka_unit_test(a_bare_line),
        cmocka_unit_test(another_comment),
        cmocka_unit_test(line_ends_of_windows),
        cmocka_unit_test(mcuboots_keys),
        cmocka_unit_test(what_is_no_key),
        cmocka_unit_test(a_secret_key_is_named),
        cmocka_unit_test(a_long_comment),
        cmocka_unit_test(what_is_no_pem),
        cmocka_unit_test(every_changed_byte_of_pem),
        cmocka_unit_test(every_cut_is_refused),
        cmocka_unit_test(files_that_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
