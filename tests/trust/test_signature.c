/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signatures made by minisign, signify and imgtool: taken as they are, refused with any change. */
#include "statement_test.h"

#include "inspect/mcuboot.h"

#include <sodium.h>

static enum ub_code verify(const char *signature, const char *key, const char *name,
                           struct ub_error *err)
{
    const struct ub_signature s = signature_of(signature);
    const struct ub_public_key k = key_of("trust", key);
    struct file content = load("firmware.bin");
    const enum ub_code code = ub_signature_verify(&s, &k, name, content.bytes, content.length, err);
    drop(&content);
    return code;
}

static void what_others_signed(void **state)
{
    (void)state;
    static const char *const rows[][2] = {{"firmware.bin.minisig", "minisign.pub"},
                                          {"firmware.bin.legacy.minisig", "minisign.pub"},
                                          {"firmware.bin.words.minisig", "minisign.pub"},
                                          {"firmware.bin.sig", "signify.pub"}};
    for (size_t i = 0; i < 4; i++) {
        struct ub_error err = {0};
        if (verify(rows[i][0], rows[i][1], "firmware.bin", &err) != UB_OK)
            fail_msg("%s: %s", rows[i][0], err.message);
    }
}

static void what_they_say(void **state)
{
    (void)state;
    char id[UB_KEY_ID_TEXT];
    struct ub_signature s = signature_of("firmware.bin.minisig");
    ub_signature_key_id(&s, id);
    assert_string_equal(id, "6B0779E6ECCE9279");
    assert_int_equal(s.kind, UB_KEY_MINISIGN);
    assert_true(s.prehashed);
    assert_non_null(strstr(s.comment, "\tfile:firmware.bin\thashed"));
    s = signature_of("firmware.bin.legacy.minisig");
    assert_int_equal(s.kind, UB_KEY_MINISIGN);
    assert_false(s.prehashed);
    s = signature_of("firmware.bin.sig");
    assert_int_equal(s.kind, UB_KEY_SIGNIFY);
    assert_string_equal(s.comment, "");
}

static void another_key(void **state)
{
    (void)state;
    struct ub_error err = {0};
    const struct ub_signature s = signature_of("firmware.bin.minisig");
    struct ub_public_key k = key_of("trust", "other.pub");
    assert_false(ub_signature_is_by(&s, &k));
    assert_int_equal(verify("firmware.bin.minisig", "other.pub", "firmware.bin", &err),
                     UB_TRU_SIGNATURE);
    assert_non_null(strstr(err.message, "6B0779E6ECCE9279"));
    assert_non_null(strstr(err.message, "A2F8FC0DBAB522D8"));
    /* another one that claims to be it */
    struct file content = load("firmware.bin");
    memcpy(k.id, s.key_id, sizeof(k.id));
    assert_true(ub_signature_is_by(&s, &k));
    assert_int_equal(
        ub_signature_verify(&s, &k, "firmware.bin", content.bytes, content.length, &err),
        UB_TRU_SIGNATURE);
    assert_non_null(strstr(err.message, "did not sign these bytes"));
    drop(&content);
}

/** Without its trusted comment minisign's signature would be signify's, and the name not signed. */
static void the_comment_cannot_be_taken_away(void **state)
{
    (void)state;
    struct file file = load("firmware.bin.legacy.minisig");
    struct file content = load("firmware.bin");
    const uint8_t *end = memchr(file.bytes, '\n', file.length);
    end = memchr(end + 1, '\n', file.length - (size_t)(end + 1 - file.bytes));
    struct ub_signature s;
    assert_int_equal(ub_signature_parse("s", file.bytes, (size_t)(end + 1 - file.bytes), &s, NULL),
                     UB_OK);
    assert_int_equal(s.kind, UB_KEY_SIGNIFY);
    struct ub_public_key k = key_of("trust", "minisign.pub");
    assert_false(ub_signature_is_by(&s, &k));
    assert_int_equal(
        ub_signature_verify(&s, &k, "renamed.bin", content.bytes, content.length, NULL),
        UB_TRU_SIGNATURE);
    drop(&file);
    drop(&content);
}

/** A key whose comment was rewritten checks minisign's signatures all the same. */
static void a_key_with_another_comment(void **state)
{
    (void)state;
    const struct ub_signature s = signature_of("firmware.bin.minisig");
    struct ub_public_key k = key_of("trust", "minisign.pub");
    struct file content = load("firmware.bin");
    k.kind = UB_KEY_SIGNIFY;
    assert_int_equal(
        ub_signature_verify(&s, &k, "firmware.bin", content.bytes, content.length, NULL), UB_OK);
    assert_int_equal(ub_signature_verify(&s, &k, "other.bin", content.bytes, content.length, NULL),
                     UB_TRU_COMMENT);
    drop(&content);
}

static void every_changed_byte_of_the_file(void **state)
{
    (void)state;
    static const char *const rows[][2] = {{"firmware.bin.minisig", "minisign.pub"},
                                          {"firmware.bin.legacy.minisig", "minisign.pub"},
                                          {"firmware.bin.sig", "signify.pub"}};
    struct file content = load("firmware.bin");
    for (size_t n = 0; n < 3; n++) {
        const struct ub_signature s = signature_of(rows[n][0]);
        const struct ub_public_key k = key_of("trust", rows[n][1]);
        for (size_t i = 0; i < content.length; i += 7) {
            content.bytes[i] ^= 1;
            assert_int_equal(
                ub_signature_verify(&s, &k, "firmware.bin", content.bytes, content.length, NULL),
                UB_TRU_SIGNATURE);
            content.bytes[i] ^= 1;
        }
        assert_int_equal(
            ub_signature_verify(&s, &k, "firmware.bin", content.bytes, content.length - 1, NULL),
            UB_TRU_SIGNATURE);
    }
    drop(&content);
}

/** Each byte of the signature's file changed: refused, or it was the untrusted comment. */
static void every_changed_byte_of_the_signature(void **state)
{
    (void)state;
    static const char *const rows[][2] = {{"firmware.bin.minisig", "minisign.pub"},
                                          {"firmware.bin.legacy.minisig", "minisign.pub"},
                                          {"firmware.bin.sig", "signify.pub"}};
    struct file content = load("firmware.bin");
    for (size_t n = 0; n < 3; n++) {
        struct file file = load(rows[n][0]);
        const struct ub_public_key k = key_of("trust", rows[n][1]);
        const uint8_t *line = memchr(file.bytes, '\n', file.length);
        const size_t comment = (size_t)(line - file.bytes);
        for (size_t i = 0; i + 1 < file.length; i++) {
            struct ub_signature s;
            const uint8_t was = file.bytes[i];
            file.bytes[i] = was == 'x' ? 'y' : 'x';
            enum ub_code code = ub_signature_parse("s", file.bytes, file.length, &s, NULL);
            if (!code)
                code = ub_signature_verify(&s, &k, "firmware.bin", content.bytes, content.length,
                                           NULL);
            const bool free_text = i >= strlen("untrusted comment: ") && i < comment;
            if (code != (free_text ? UB_OK : UB_TRU_SIGNATURE))
                fail_msg("%s: byte %zu: %d", rows[n][0], i, (int)code);
            file.bytes[i] = was;
        }
        drop(&file);
    }
    drop(&content);
}

/** Signs with a key made here, so that the comment can be anything. */
static enum ub_code verify_comment(const char *comment, const char *name, struct ub_error *err)
{
    static const uint8_t content[] = "x";
    struct ub_signature s = {.kind = UB_KEY_MINISIGN, .prehashed = true};
    uint8_t hash[64];
    struct ub_public_key k = {.kind = UB_KEY_MINISIGN};
    uint8_t secret[crypto_sign_SECRETKEYBYTES];
    uint8_t all[sizeof(s.bytes) + 256];
    (void)crypto_sign_keypair(k.bytes, secret);
    (void)crypto_generichash(hash, sizeof(hash), content, 1, NULL, 0);
    (void)crypto_sign_detached(s.bytes, NULL, hash, sizeof(hash), secret);
    (void)ub_print(s.comment, sizeof(s.comment), "%s", comment);
    memcpy(all, s.bytes, sizeof(s.bytes));
    memcpy(all + sizeof(s.bytes), comment, strlen(comment));
    (void)crypto_sign_detached(s.global, NULL, all, sizeof(s.bytes) + strlen(comment), secret);
    return ub_signature_verify(&s, &k, name, content, 1, err);
}

static void the_name_in_the_comment(void **state)
{
    (void)state;
    static const struct {
        const char *comment;
        const char *name;
        enum ub_code code;
    } rows[] = {
        {"timestamp:1\tfile:a.bin\thashed", "a.bin", UB_OK},
        {"timestamp:1\tfile:a.bin\thashed", "b.bin", UB_TRU_COMMENT},
        {"timestamp:1\tfile:a.bin\thashed", "a.bi", UB_TRU_COMMENT},
        {"timestamp:1\tfile:a.bin\thashed", "a.bin2", UB_TRU_COMMENT},
        {"timestamp:1\tfile:a.bin", "a.bin", UB_OK},
        {"file:a.bin", "a.bin", UB_OK},
        {"file:a.bin", "b.bin", UB_TRU_COMMENT},
        {"timestamp:1\tfile:build/out/a.bin\thashed", "a.bin", UB_OK},
        {"timestamp:1\tfile:C:\\out\\a.bin\thashed", "a.bin", UB_OK},
        {"timestamp:1\tfile:a.bin/\thashed", "a.bin", UB_TRU_COMMENT},
        {"timestamp:1\tfile:my a.bin\thashed", "my a.bin", UB_OK},
        {"timestamp:1\tfile:my a.bin\thashed", "my", UB_TRU_COMMENT},
        {"timestamp:1 file:a.bin hashed", "a.bin", UB_OK},
        {"timestamp:1 file:a.bin hashed", "b.bin", UB_TRU_COMMENT},
        {"signed file:my a.bin", "my a.bin", UB_OK},
        {"file:a.bin\tfile:b.bin", "a.bin", UB_TRU_COMMENT},
        {"file:\thashed", "a.bin", UB_OK}, /* no name is none */
        {"file:", "a.bin", UB_OK},
        {"release notes in file: NEWS", "a.bin", UB_OK},
        {"notes in file: NEWS, file:b.bin", "a.bin", UB_TRU_COMMENT},
        {"profile:b.bin", "a.bin", UB_OK},
        {"release 1.2", "a.bin", UB_OK},
        {"", "a.bin", UB_OK},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ub_error err = {0};
        const enum ub_code code = verify_comment(rows[i].comment, rows[i].name, &err);
        if (code != rows[i].code)
            fail_msg("\"%s\" for %s: %d %s", rows[i].comment, rows[i].name, (int)code, err.message);
        if (code && !strstr(err.message, rows[i].name))
            fail_msg("%s", err.message);
    }
    struct ub_error err = {0};
    (void)verify_comment("timestamp:1\tfile:a.bin\thashed", "b.bin", &err);
    assert_string_equal(err.message, "signed was a file named \"a.bin\", this one is \"b.bin\"");
}

/** The letters "ED" and "Ed" are not signed: a signature of a hash is one of a file that holds it,
 * if those are changed. */
static void moved_to_a_file_that_holds_the_hash(void **state)
{
    (void)state;
    struct ub_error err = {0};
    struct file content = load("firmware.bin");
    struct ub_signature s = signature_of("firmware.bin.minisig");
    const struct ub_public_key minisign = key_of("trust", "minisign.pub");
    uint8_t hash[64];
    (void)crypto_generichash(hash, sizeof(hash), content.bytes, content.length, NULL, 0);
    assert_int_equal(crypto_sign_verify_detached(s.bytes, hash, sizeof(hash), minisign.bytes), 0);
    s.prehashed = false;
    assert_int_equal(ub_signature_verify(&s, &minisign, "firmware.bin", hash, sizeof(hash), &err),
                     UB_TRU_SIGNATURE);
    assert_non_null(strstr(err.message, "another file's hash"));
    /* also where the comment does not say that it was hashed */
    struct ub_public_key k = {.kind = UB_KEY_MINISIGN};
    uint8_t secret[crypto_sign_SECRETKEYBYTES];
    uint8_t all[65];
    (void)crypto_sign_keypair(k.bytes, secret);
    s = (struct ub_signature){.kind = UB_KEY_MINISIGN, .comment = "x"};
    for (size_t length = 63; length <= 65; length++) {
        (void)crypto_sign_detached(s.bytes, NULL, content.bytes, length, secret);
        memcpy(all, s.bytes, 64);
        all[64] = 'x';
        (void)crypto_sign_detached(s.global, NULL, all, sizeof(all), secret);
        assert_int_equal(ub_signature_verify(&s, &k, "f", content.bytes, length, &err),
                         length == 64 ? UB_TRU_SIGNATURE : UB_OK);
    }
    drop(&content);
}

/** Who says in what is signed that it was hashed did not sign the file itself. */
static void one_that_says_it_was_hashed(void **state)
{
    (void)state;
    static const char *const comments[] = {"timestamp:1\tfile:f\thashed",
                                           "hashed\tfile:f",
                                           "hashed",
                                           "not hashed",
                                           "unhashed",
                                           "file:f\thashed too",
                                           ""};
    static const uint8_t content[] = "x";
    struct ub_public_key k = {.kind = UB_KEY_MINISIGN};
    uint8_t secret[crypto_sign_SECRETKEYBYTES];
    (void)crypto_sign_keypair(k.bytes, secret);
    for (size_t i = 0; i < sizeof(comments) / sizeof(comments[0]); i++) {
        struct ub_signature s = {.kind = UB_KEY_MINISIGN};
        uint8_t all[sizeof(s.bytes) + 64];
        const size_t length = strlen(comments[i]);
        (void)crypto_sign_detached(s.bytes, NULL, content, 1, secret);
        (void)ub_print(s.comment, sizeof(s.comment), "%s", comments[i]);
        memcpy(all, s.bytes, sizeof(s.bytes));
        memcpy(all + sizeof(s.bytes), comments[i], length);
        (void)crypto_sign_detached(s.global, NULL, all, sizeof(s.bytes) + length, secret);
        const enum ub_code code = ub_signature_verify(&s, &k, "f", content, 1, NULL);
        if (code != (i < 3 ? UB_TRU_SIGNATURE : UB_OK))
            fail_msg("%s: %d", comments[i], (int)code);
    }
}

static void line_ends_of_windows(void **state)
{
    (void)state;
    static const char *const rows[][2] = {{"firmware.bin.minisig", "minisign.pub"},
                                          {"firmware.bin.sig", "signify.pub"}};
    struct file content = load("firmware.bin");
    for (size_t n = 0; n < 2; n++) {
        struct file plain = load(rows[n][0]);
        struct file crlf = with_crlf(&plain);
        struct ub_signature s;
        const struct ub_public_key k = key_of("trust", rows[n][1]);
        assert_int_equal(ub_signature_parse("s", crlf.bytes, crlf.length, &s, NULL), UB_OK);
        assert_int_equal(
            ub_signature_verify(&s, &k, "firmware.bin", content.bytes, content.length, NULL),
            UB_OK);
        drop(&plain);
        drop(&crlf);
    }
    drop(&content);
}

static void refuse(const char *text, const char *why)
{
    struct file file = file_of(text);
    struct ub_signature signature;
    struct ub_error err = {0};
    assert_int_equal(ub_signature_parse("s.sig", file.bytes, file.length, &signature, &err),
                     UB_TRU_SIGNATURE);
    if (strncmp(err.message, "s.sig: ", 7) != 0 || !strstr(err.message, why))
        fail_msg("\"%s\" instead of \"%s\" for: %s", err.message, why, text);
    drop(&file);
}

#define BLOB                                                                                       \
    "RUR5ks7s5nkHa3OkH8U9e5DkJKSvgx0scmETPdPyl5nZDnKAf+4+"                                         \
    "sCoMI3aabVMaTDcUfmovZvpx4lM2KI9dMNgB840ED"                                                    \
    "+GvoQo=\n"
#define GLOBAL                                                                                     \
    "GDcZx0jIQlvdpdqo5v1XCnMife7VTXdJmc3wz5nJXb1IjEB6DuxQCVNzmnE3t+KPqP20fnVWU+qwMaDMaIvXCQ==\n"
#define HEAD "untrusted comment: x\n"

static void what_is_no_signature(void **state)
{
    (void)state;
    refuse("", "empty");
    refuse("x\n" BLOB, "does not begin");
    refuse(BLOB, "does not begin");
    refuse(HEAD, "missing");
    refuse(HEAD "AAAA\n", "74 bytes");
    refuse(HEAD BLOB, "trusted comment is missing");
    refuse(HEAD BLOB "comment: x\n" GLOBAL, "trusted comment is missing");
    refuse(HEAD BLOB "trusted comment: x\n", "malformed");
    refuse(HEAD BLOB "trusted comment: x\nAAAA\n", "malformed");
    refuse(HEAD BLOB "trusted comment: x\ry\n" GLOBAL, "not text");
    refuse(HEAD BLOB "trusted comment: x\n" GLOBAL "\n", "follows");
    refuse(HEAD BLOB "trusted comment: x\n" GLOBAL "more", "follows");
    refuse(HEAD "RWR5ks7s5nkHa7lYwRHouOmHGacu6i/tprgYtfRYmtP9mGL82i8FeTwp\n", "public key");
    refuse(HEAD
           "RVR5ks7s5nkHa3OkH8U9e5DkJKSvgx0scmETPdPyl5nZDnKAf+4+sCoMI3aabVMaTDcUfmovZvpx4lM2KI9"
           "dMNgB840ED+GvoQo=\n",
           "not known");
}

static void long_comments(void **state)
{
    (void)state;
    for (size_t length = 8191; length <= 8192; length++) {
        char *text = calloc(1, 16384);
        assert_non_null(text);
        (void)ub_append(text, 16384, HEAD BLOB "trusted comment: ");
        memset(text + strlen(text), 'x', length);
        (void)ub_append(text, 16384, "\n" GLOBAL);
        struct ub_signature s;
        assert_int_equal(ub_signature_parse("s", (const uint8_t *)text, strlen(text), &s, NULL),
                         length == 8191 ? UB_OK : UB_TRU_SIGNATURE);
        free(text);
    }
}

static struct ub_image *image_of(const struct file *file)
{
    struct ub_image *image = NULL;
    assert_int_equal(ub_image_new("firmware.bin", &image, NULL), UB_OK);
    assert_int_equal(
        ub_image_add(image, UB_IMAGE_ALT_NONE, false, 0, file->bytes, file->length, NULL), UB_OK);
    return image;
}

static enum ub_code verify_mcuboot(const char *name, const char *key_name, bool *present)
{
    struct file file = load_from("inspect", name);
    const struct ub_public_key key = key_of("inspect", key_name);
    struct ub_image *image = image_of(&file);
    struct ub_error err = {0};
    const enum ub_code code = ub_signature_verify_mcuboot(image, &key, present, &err);
    if (code)
        assert_true(err.message[0] != '\0');
    ub_image_close(image);
    drop(&file);
    return code;
}

static void mcuboot_images(void **state)
{
    (void)state;
    static const char p256[] = "mcuboot-ecdsa-p256.pub.pem";
    static const char ed25519[] = "mcuboot-ed25519.pub.pem";
    static const struct {
        const char *image;
        const char *key;
        bool present;
    } rows[] = {
        {"mcuboot-ed25519.bin", ed25519, true},
        {"mcuboot-ed25519-counter.bin", ed25519, true},
        {"mcuboot-ed25519-fullkey.bin", ed25519, true},
        {"mcuboot-ecdsa-p256.bin", p256, true},
        {"mcuboot-ecdsa-p256-padded.bin", p256, true},
        {"mcuboot-unsigned.bin", ed25519, false},
        {"mcuboot-unsigned.bin", p256, false},
        {"mcuboot-ed25519.bin", p256, false},
        {"mcuboot-ecdsa-p256.bin", ed25519, false},
        {"mcuboot-ed25519-sha512.bin", ed25519, false},
        {"mcuboot-ed25519-pure.bin", ed25519, false},
        {"mcuboot-ecdsa-p384.bin", p256, false},
        {"mcuboot-rsa-2048.bin", p256, false},
        {"mcuboot-encrypted.bin", ed25519, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool present = !rows[i].present;
        if (verify_mcuboot(rows[i].image, rows[i].key, &present) != UB_OK ||
            present != rows[i].present)
            fail_msg("%s by %s: %d", rows[i].image, rows[i].key, present);
    }
}

/** No byte of the header or the firmware can be changed; of the list behind, which nobody signs,
 * those that tell the kinds of what is not needed. */
static void every_changed_byte_of_an_image(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"mcuboot-ed25519.bin", "mcuboot-ed25519.pub.pem"},
        {"mcuboot-ecdsa-p256.bin", "mcuboot-ecdsa-p256.pub.pem"},
        {"mcuboot-ecdsa-p256-padded.bin", "mcuboot-ecdsa-p256.pub.pem"}};
    for (size_t n = 0; n < 3; n++) {
        struct file file = load_from("inspect", rows[n][0]);
        const struct ub_public_key key = key_of("inspect", rows[n][1]);
        size_t unsigned_bytes = 0;
        struct ub_mcuboot mcuboot;
        const char *why = NULL;
        assert_true(ub_mcuboot_read(file.bytes, file.length, &mcuboot, &why));
        const size_t hashed = mcuboot.hashed_length;
        for (size_t i = 0; i < file.length; i++) {
            bool present = false;
            file.bytes[i] ^= 0x10;
            struct ub_image *image = image_of(&file);
            const enum ub_code code = ub_signature_verify_mcuboot(image, &key, &present, NULL);
            assert_true(code == UB_OK || (code == UB_TRU_SIGNATURE && present));
            if (!code && present && i < hashed)
                fail_msg("%s: byte %zu changed nothing", rows[n][0], i);
            unsigned_bytes += !code && present;
            ub_image_close(image);
            file.bytes[i] ^= 0x10;
        }
        /* in the padded one the bootloader's notes, too */
        if (unsigned_bytes > (n == 2 ? 260 : 4))
            fail_msg("%s: %zu bytes changed nothing", rows[n][0], unsigned_bytes);
        drop(&file);
    }
}

static void something_behind_or_beside_an_image(void **state)
{
    (void)state;
    struct file file = load_from("inspect", "mcuboot-ed25519.bin");
    const struct ub_public_key key = key_of("inspect", "mcuboot-ed25519.pub.pem");
    struct file longer = {calloc(1, file.length + 64), file.length + 64};
    bool present = false;
    struct ub_error err = {0};
    memcpy(longer.bytes, file.bytes, file.length);
    struct ub_image *image = image_of(&longer);
    assert_int_equal(ub_signature_verify_mcuboot(image, &key, &present, &err), UB_OK);
    ub_image_close(image);
    longer.bytes[file.length + 5] = 1;
    image = image_of(&longer);
    assert_int_equal(ub_signature_verify_mcuboot(image, &key, &present, &err), UB_TRU_SIGNATURE);
    assert_non_null(strstr(err.message, "nobody signed"));
    ub_image_close(image);
    image = image_of(&file);
    assert_int_equal(ub_image_add(image, 1, false, 0, file.bytes, 16, NULL), UB_OK);
    assert_int_equal(ub_signature_verify_mcuboot(image, &key, &present, &err), UB_OK);
    assert_false(present);
    ub_image_close(image);
    drop(&longer);
    drop(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_others_signed),
        cmocka_unit_test(what_they_say),
        cmocka_unit_test(another_key),
        cmocka_unit_test(the_comment_cannot_be_taken_away),
        cmocka_unit_test(a_key_with_another_comment),
        cmocka_unit_test(every_changed_byte_of_the_file),
        cmocka_unit_test(every_changed_byte_of_the_signature),
        cmocka_unit_test(the_name_in_the_comment),
        cmocka_unit_test(moved_to_a_file_that_holds_the_hash),
        cmocka_unit_test(one_that_says_it_was_hashed),
        cmocka_unit_test(line_ends_of_windows),
        cmocka_unit_test(what_is_no_signature),
        cmocka_unit_test(long_comments),
        cmocka_unit_test(mcuboot_images),
        cmocka_unit_test(every_changed_byte_of_an_image),
        cmocka_unit_test(something_behind_or_beside_an_image),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
