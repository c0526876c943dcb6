/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who vouches for an image: each kind of statement, alone and together, right and wrong. */
#define _XOPEN_SOURCE 700
#include "check_fixture.h"

#include <sodium.h>

/** The digest of a file, as text. */
static void digest_of(struct fixture *f, const char *name, bool wide, char digits[129])
{
    uint8_t bytes[64];
    size_t length;
    uint8_t *content = get(f, name, &length);
    if (wide)
        (void)crypto_hash_sha512(bytes, content, length);
    else
        (void)crypto_hash_sha256(bytes, content, length);
    ub_print_hex(digits, bytes, wide ? 64 : 32);
    free(content);
}

static void read_text(struct fixture *f, const char *name, char *to, size_t size)
{
    size_t length;
    uint8_t *bytes = get(f, name, &length);
    assert_true(ub_print(to, size, "%s", (const char *)bytes));
    free(bytes);
}

static void nobody(void **state)
{
    struct fixture *f = *state;
    expect(f, NULL, UB_OK);
    assert_int_equal(trust(f)->level, UB_TRUST_NONE);
    assert_string_equal(trust(f)->by, "");
    assert_string_equal(trust(f)->key_id, "");
    assert_false(trust(f)->unknown_key);
}

static void a_digest_that_was_given(void **state)
{
    struct fixture *f = *state;
    char narrow[129];
    char wide[129];
    digest_of(f, "fw.bin", false, narrow);
    digest_of(f, "fw.bin", true, wide);
    struct ub_trust_options options = {.sha256 = narrow, .sha512 = wide};
    expect(f, &options, UB_OK);
    assert_int_equal(trust(f)->level, UB_TRUST_GIVEN);
    damage(f, "fw.bin", 4095);
    expect(f, &options, UB_TRU_DIGEST);
    options.sha256 = NULL;
    expect(f, &options, UB_TRU_DIGEST);
    options = (struct ub_trust_options){.sha256 = wide};
    expect(f, &options, UB_USE_OPTION);
    options = (struct ub_trust_options){.sha512 = narrow};
    expect(f, &options, UB_USE_OPTION);
    options = (struct ub_trust_options){.sha256 = ""};
    expect(f, &options, UB_USE_OPTION);
}

static void digests_beside(void **state)
{
    struct fixture *f = *state;
    static const char *const names[] = {"fw.bin.sha256", "fw.bin.sha512", "SHA256SUMS",
                                        "SHA512SUMS"};
    char digits[129];
    char line[200];
    for (size_t i = 0; i < 4; i++) {
        digest_of(f, "fw.bin", i % 2, digits);
        (void)ub_print(line, sizeof(line), "%s  fw.bin\n", digits);
        put_text(f, names[i], line);
        expect(f, NULL, UB_OK);
        assert_int_equal(trust(f)->level, UB_TRUST_DIGEST);
        assert_string_equal(trust(f)->by, names[i]);
        line[0] = line[0] == '0' ? '1' : '0';
        put_text(f, names[i], line);
        expect(f, NULL, UB_TRU_DIGEST);
        line[strlen(line) - 2] = 'o'; /* a list without a line for this file says nothing */
        put_text(f, names[i], line);
        expect(f, NULL, UB_OK);
        assert_int_equal(trust(f)->level, UB_TRUST_NONE);
        /* but not where it was named */
        char path[160];
        (void)ub_print(path, sizeof(path), "%s", at(f, names[i]));
        const struct ub_trust_options named = {.sums = path};
        expect(f, &named, UB_TRU_NO_STATEMENT);
        assert_int_equal(unlink(path), 0);
        expect(f, &named, UB_TRU_NO_STATEMENT);
        expect(f, NULL, UB_OK);
    }
    /* one that was named is the only one that counts */
    digest_of(f, "fw.bin", false, digits);
    put_text(f, "mine", digits);
    put_text(f, "SHA256SUMS",
             "0000000000000000000000000000000000000000000000000000000000000000  "
             "fw.bin\n");
    expect(f, NULL, UB_TRU_DIGEST);
    const struct ub_trust_options mine = {.sums = at(f, "mine")};
    expect(f, &mine, UB_OK);
    assert_string_equal(trust(f)->by, "mine");
}

/** A list in the file's folder speaks of files below it, too: those are others. */
static void files_of_other_folders(void **state)
{
    struct fixture *f = *state;
    char digits[129];
    char lines[400];
    digest_of(f, "fw.bin", false, digits);
    (void)ub_print(lines, sizeof(lines), "%s  old/fw.bin\n%s  ./fw.bin.txt\n", digits, digits);
    put_text(f, "SHA256SUMS", lines);
    expect(f, NULL, UB_OK);
    assert_int_equal(trust(f)->level, UB_TRUST_NONE);
    lines[0] = lines[0] == '0' ? '1' : '0';
    put_text(f, "SHA256SUMS", lines);
    expect(f, NULL, UB_OK);
    (void)ub_print(lines, sizeof(lines), "%s  ./fw.bin\n", digits);
    put_text(f, "SHA256SUMS", lines);
    expect(f, NULL, UB_OK);
    assert_int_equal(trust(f)->level, UB_TRUST_DIGEST);
    /* the file's own, and a list that is named, may have been made elsewhere */
    assert_int_equal(unlink(at(f, "SHA256SUMS")), 0);
    (void)ub_print(lines, sizeof(lines), "%s  build/fw.bin\n", digits);
    put_text(f, "fw.bin.sha256", lines);
    expect(f, NULL, UB_OK);
    assert_int_equal(trust(f)->level, UB_TRUST_DIGEST);
}

static void a_signature_of_a_key_in_the_store(void **state)
{
    struct fixture *f = *state;
    new_key(f, "acme");
    sign(f, "fw.bin", "acme", NULL);
    add_key(f, "acme.pub", "", "", "", "");
    expect(f, NULL, UB_OK);
    assert_int_equal(trust(f)->level, UB_TRUST_SIGNED);
    assert_string_equal(trust(f)->by, "acme");
    assert_int_equal(strlen(trust(f)->key_id), 16);
    assert_non_null(strstr(trust(f)->comment, "file:fw.bin"));
    assert_int_equal(trust(f)->origin, UB_KEY_USER);
    assert_false(trust(f)->manifest);
    assert_false(trust(f)->unknown_key);
    assert_null(claim(f, UB_CLAIM_VENDOR));
}

static void of_the_site(void **state)
{
    struct fixture *f = *state;
    new_key(f, "acme");
    sign(f, "fw.bin", "acme", NULL);
    assert_int_equal(mkdir(at(f, "site"), 0700), 0);
    assert_int_equal(mkdir(at(f, "site/keys"), 0700), 0);
    copy(f, "acme.pub", "site/keys/acme.pub");
    expect(f, NULL, UB_OK);
    assert_int_equal(trust(f)->origin, UB_KEY_SITE);
}

static void a_key_for_this_once(void **state)
{
    struct fixture *f = *state;
    new_key(f, "acme");
    new_key(f, "other");
    char path[2][160];
    (void)ub_print(path[0], sizeof(path[0]), "%s", at(f, "acme.pub"));
    (void)ub_print(path[1], sizeof(path[1]), "%s", at(f, "other.pub"));
    const char *keys[] = {path[1], path[0]};
    const struct ub_trust_options options = {.keys = keys, .key_count = 2};
    expect(f, &options, UB_TRU_NO_STATEMENT);
    assert_true(says(f, "fw.bin.minisig"));
    sign(f, "fw.bin", "acme", NULL);
    expect(f, &options, UB_OK);
    assert_int_equal(trust(f)->level, UB_TRUST_SIGNED);
    assert_string_equal(trust(f)->by, "acme.pub");
    assert_int_equal(trust(f)->origin, UB_KEY_GIVEN);
    assert_false(exists(f, "store"));
    /* one that is in the store too is the store's */
    add_key(f, "acme.pub", "stored", "", "", "");
    expect(f, &options, UB_OK);
    assert_string_equal(trust(f)->by, "stored");
    assert_int_equal(trust(f)->origin, UB_KEY_USER);
    const char *secret[] = {"/nonexistent/key.pub"};
    const struct ub_trust_options none = {.keys = secret, .key_count = 1};
    expect(f, &none, UB_TRU_KEY);
}

static void by_somebody_unknown(void **state)
{
    struct fixture *f = *state;
    char path[160];
    new_key(f, "stranger");
    new_key(f, "acme");
    sign(f, "fw.bin", "stranger", NULL);
    /* it merely lies there */
    expect(f, NULL, UB_OK);
    assert_int_equal(trust(f)->level, UB_TRUST_NONE);
    assert_true(trust(f)->unknown_key);
    assert_int_equal(strlen(trust(f)->key_id), 16);
    assert_string_equal(trust(f)->by, "");
    assert_string_equal(trust(f)->comment, "");
    assert_int_equal(trust(f)->origin, UB_KEY_NONE);
    /* a digest does not make it a signature */
    char digits[129];
    digest_of(f, "fw.bin", false, digits);
    put_text(f, "fw.bin.sha256", digits);
    expect(f, NULL, UB_OK);
    assert_int_equal(trust(f)->level, UB_TRUST_DIGEST);
    assert_true(trust(f)->unknown_key);
    /* a key was given, and it is another one's */
    (void)ub_print(path, sizeof(path), "%s", at(f, "acme.pub"));
    const char *keys[] = {path};
    const struct ub_trust_options given = {.keys = keys, .key_count = 1};
    expect(f, &given, UB_TRU_UNKNOWN_KEY);
    /* the signature was named */
    char signature[160];
    (void)ub_print(signature, sizeof(signature), "%s", at(f, "fw.bin.minisig"));
    const struct ub_trust_options named = {.signature = signature};
    expect(f, &named, UB_TRU_UNKNOWN_KEY);
}

static void altered(void **state)
{
    struct fixture *f = *state;
    new_key(f, "acme");
    sign(f, "fw.bin", "acme", NULL);
    add_key(f, "acme.pub", "", "", "", "");
    damage(f, "fw.bin", 0);
    expect(f, NULL, UB_TRU_SIGNATURE);
    damage(f, "fw.bin", 0);
    expect(f, NULL, UB_OK);
    char text[1024];
    read_text(f, "fw.bin.minisig", text, sizeof(text));
    char *comment = strstr(text, "timestamp:");
    assert_non_null(comment);
    comment[10] = comment[10] == '0' ? '1' : '0';
    put_text(f, "fw.bin.minisig", text);
    expect(f, NULL, UB_TRU_SIGNATURE);
    /* without its trusted comment it would be of any file */
    *strstr(text, "trusted comment: timestamp") = '\0';
    put_text(f, "fw.bin.minisig", text);
    expect(f, NULL, UB_TRU_SIGNATURE);
    put_text(f, "fw.bin.minisig", "nonsense");
    expect(f, NULL, UB_TRU_SIGNATURE);
    put_text(f, "fw.bin.minisig", "");
    expect(f, NULL, UB_TRU_SIGNATURE);
}

static void of_a_file_with_another_name(void **state)
{
    struct fixture *f = *state;
    new_key(f, "acme");
    add_key(f, "acme.pub", "", "", "", "");
    copy(f, "fw.bin", "fw-1.0.bin");
    sign(f, "fw-1.0.bin", "acme", NULL);
    copy(f, "fw-1.0.bin.minisig", "fw.bin.minisig");
    expect(f, NULL, UB_TRU_COMMENT);
    assert_true(says(f, "fw-1.0.bin"));
}

static void where_it_is(void **state)
{
    struct fixture *f = *state;
    char path[160];
    new_key(f, "acme");
    add_key(f, "acme.pub", "", "", "", "");
    sign(f, "fw.bin", "acme", NULL);
    copy(f, "fw.bin.minisig", "elsewhere");
    assert_int_equal(unlink(at(f, "fw.bin.minisig")), 0);
    (void)ub_print(path, sizeof(path), "%s", at(f, "elsewhere"));
    struct ub_trust_options options = {.signature = path};
    expect(f, &options, UB_OK);
    assert_int_equal(trust(f)->level, UB_TRUST_SIGNED);
    assert_int_equal(unlink(path), 0);
    expect(f, &options, UB_TRU_NO_STATEMENT);
    /* .sig is ours if it begins like one */
    put_text(f, "fw.bin.sig", "\x88\x75\x04 GnuPG");
    expect(f, NULL, UB_OK);
    assert_int_equal(trust(f)->level, UB_TRUST_NONE);
    (void)ub_print(path, sizeof(path), "%s", at(f, "fw.bin.sig"));
    expect(f, &options, UB_TRU_SIGNATURE);
    put_text(f, "fw.bin.sig", "untrusted comment: x\nRWQ\n");
    expect(f, NULL, UB_TRU_SIGNATURE);
    sign(f, "fw.bin", "acme", NULL);
    copy(f, "fw.bin.minisig", "fw.bin.sig");
    assert_int_equal(unlink(at(f, "fw.bin.minisig")), 0);
    expect(f, NULL, UB_OK);
    assert_int_equal(trust(f)->level, UB_TRUST_SIGNED);
    /* a folder of that name is there, and wrong */
    assert_int_equal(mkdir(at(f, "fw.bin.minisig"), 0700), 0);
    expect(f, NULL, UB_IMG_READ);
}

/** What was signed, by a key with two entries, took the place of the file that was read: neither
 * entry lets it through. */
static void the_file_changed(void **state)
{
    struct fixture *f = *state;
    static const struct ub_trust_options nothing;
    char digits[129];
    new_key(f, "acme");
    add_key(f, "acme.pub", "one", "", "", "");
    add_key(f, "acme.pub", "two", "", "", "");
    open_image(f, "fw.bin");
    digest_of(f, "fw.bin", true, digits);
    damage(f, "fw.bin", 100);
    sign(f, "fw.bin", "acme", NULL);
    assert_int_equal(ub_trust_check(&f->room, f->image, &nothing, &f->err), UB_IMG_READ);
    assert_true(says(f, "changed while"));
    assert_int_equal(trust(f)->level, UB_TRUST_NONE);
    assert_int_equal(unlink(at(f, "fw.bin.minisig")), 0);
    const struct ub_trust_options given = {.sha512 = digits};
    assert_int_equal(ub_trust_check(&f->room, f->image, &given, &f->err), UB_IMG_READ);
    assert_int_equal(unlink(at(f, "fw.bin")), 0);
    assert_int_equal(ub_trust_check(&f->room, f->image, &given, &f->err), UB_IMG_READ);
    /* what was read is what is vouched for */
    ub_print_hex(digits, f->image->sha256, 32);
    const struct ub_trust_options narrow = {.sha256 = digits};
    assert_int_equal(ub_trust_check(&f->room, f->image, &narrow, &f->err), UB_OK);
    assert_int_equal(trust(f)->level, UB_TRUST_GIVEN);
    struct ub_image *image = NULL;
    assert_int_equal(
        ub_image_open_bytes("x.bin", (const uint8_t *)"\1\2\3\4\5\6\7", 7, NULL, &image, &f->err),
        UB_OK);
    assert_int_equal(ub_trust_check(&f->room, image, &nothing, &f->err), UB_IMG_READ);
    ub_image_close(image);
}

static void revoked(void **state)
{
    struct fixture *f = *state;
    char digits[129];
    char path[160];
    new_key(f, "acme");
    add_key(f, "acme.pub", "", "", "", "");
    sign(f, "fw.bin", "acme", &acme);
    expect(f, NULL, UB_OK);
    /* the manifest */
    digest_of(f, "fw.bin.manifest.json", false, digits);
    assert_int_equal(ub_store_revoke(f->store, digits, "wrong model", NOW, &f->err), UB_OK);
    expect(f, NULL, UB_TRU_REVOKED);
    assert_true(says(f, "2026-11-22: wrong model"));
    assert_int_equal(unlink(at(f, "store/revoked.json")), 0);
    /* the key, also if it is given for this once, and even if nobody trusts it */
    assert_int_equal(ub_store_revoke(f->store, "acme", "stolen", NOW, &f->err), UB_OK);
    expect(f, NULL, UB_TRU_REVOKED);
    assert_true(says(f, "stolen"));
    assert_int_equal(ub_store_remove(f->store, "acme", &f->err), UB_OK);
    expect(f, NULL, UB_TRU_REVOKED);
    (void)ub_print(path, sizeof(path), "%s", at(f, "acme.pub"));
    const char *keys[] = {path};
    const struct ub_trust_options options = {.keys = keys, .key_count = 1, .sha256 = NULL};
    expect(f, &options, UB_TRU_REVOKED);
    assert_int_equal(unlink(at(f, "store/revoked.json")), 0);
    /* the file, whoever vouches for it */
    digest_of(f, "fw.bin", false, digits);
    assert_int_equal(ub_store_revoke(f->store, digits, "bricks", NOW, &f->err), UB_OK);
    struct ub_trust_options given = {.sha256 = digits};
    expect(f, &given, UB_TRU_REVOKED);
    expect(f, NULL, UB_TRU_REVOKED);
    /* and in another file too */
    open_image(f, "fw.bin");
    const struct ub_save_options as_dfu = {.format = "dfu"};
    if (ub_image_save(f->image, at(f, "other.dfu"), &as_dfu, &f->err))
        fail_msg("%s", f->err.message);
    open_image(f, "other.dfu");
    static const struct ub_trust_options nothing;
    assert_int_equal(ub_trust_check(&f->room, f->image, &nothing, &f->err), UB_TRU_REVOKED);
}

static void revoked_by_the_site(void **state)
{
    struct fixture *f = *state;
    new_key(f, "acme");
    add_key(f, "acme.pub", "", "", "", "");
    sign(f, "fw.bin", "acme", NULL);
    assert_int_equal(mkdir(at(f, "site"), 0700), 0);
    assert_int_equal(mkdir(at(f, "site/keys"), 0700), 0);
    struct ub_store *site = NULL;
    assert_int_equal(ub_store_open(at(f, "site/keys"), &site, &f->err), UB_OK);
    expect(f, NULL, UB_OK);
    const char *id = trust(f)->key_id;
    assert_int_equal(ub_store_revoke(site, id, "", NOW, &f->err), UB_OK);
    expect(f, NULL, UB_TRU_REVOKED);
    ub_store_close(site);
}

static void a_damaged_store(void **state)
{
    struct fixture *f = *state;
    new_key(f, "acme");
    add_key(f, "acme.pub", "", "", "", "");
    put_text(f, "store/acme.json", "{");
    expect(f, NULL, UB_TRU_STORE);
}

static void inside_an_image_of_mcuboot(void **state)
{
    struct fixture *f = *state;
    static const char *const kinds[] = {"ed25519", "ecdsa-p256"};
    char name[64];
    char path[160];
    const char *keys[] = {path};
    const struct ub_trust_options options = {.keys = keys, .key_count = 1};
    for (size_t i = 0; i < 2; i++) {
        (void)ub_print(name, sizeof(name), "mcuboot-%s.bin", kinds[i]);
        copy_data(f, "inspect", name, "fw.bin");
        (void)ub_print(name, sizeof(name), "mcuboot-%s.pub.pem", kinds[i]);
        copy_data(f, "inspect", name, "boot.pem");
        (void)ub_print(path, sizeof(path), "%s", at(f, "boot.pem"));
        expect(f, NULL, UB_OK);
        assert_int_equal(trust(f)->level, UB_TRUST_NONE);
        assert_false(trust(f)->unknown_key);
        expect(f, &options, UB_OK);
        assert_int_equal(trust(f)->level, UB_TRUST_SIGNED);
        assert_string_equal(trust(f)->by, "boot.pem");
        assert_int_equal(strlen(trust(f)->key_id), 64);
        damage(f, "fw.bin", 100);
        expect(f, &options, UB_TRU_SIGNATURE);
        damage(f, "fw.bin", 100);
        /* another key than the one that the image names */
        copy_data(f, "inspect", i ? "mcuboot-ed25519.pub.pem" : "mcuboot-ecdsa-p256.pub.pem",
                  "wrong.pem");
        (void)ub_print(path, sizeof(path), "%s", at(f, "wrong.pem"));
        expect(f, &options, UB_TRU_UNKNOWN_KEY);
        add_key(f, "wrong.pem", "wrong", "", "", "");
        expect(f, NULL, UB_OK);
        assert_int_equal(trust(f)->level, UB_TRUST_NONE);
        assert_true(trust(f)->unknown_key);
        add_key(f, "boot.pem", "right", "Acme", "", "");
        expect(f, NULL, UB_OK);
        assert_int_equal(trust(f)->level, UB_TRUST_SIGNED);
        assert_string_equal(trust(f)->by, "right");
        assert_string_equal(claim(f, UB_CLAIM_VENDOR)->text, "Acme");
        damage(f, "fw.bin", 100);
        expect(f, NULL, UB_TRU_SIGNATURE);
        damage(f, "fw.bin", 100);
        assert_int_equal(ub_store_revoke(f->store, "right", "leaked", NOW, &f->err), UB_OK);
        expect(f, NULL, UB_TRU_REVOKED);
        assert_int_equal(ub_store_remove(f->store, "right", &f->err), UB_OK);
        expect(f, NULL, UB_TRU_REVOKED);
        assert_int_equal(ub_store_remove(f->store, "wrong", &f->err), UB_OK);
        assert_int_equal(unlink(at(f, "store/revoked.json")), 0);
    }
    copy_data(f, "inspect", "mcuboot-unsigned.bin", "fw.bin");
    expect(f, &options, UB_TRU_NO_STATEMENT);
}

/** Checks the image in fw.bin as it is in another file. */
static enum ub_code check_as(struct fixture *f, const char *name, const char *format, bool has_at,
                             const struct ub_trust_options *options)
{
    struct ub_image *placed = NULL;
    const struct ub_save_options out = {.format = format, .replace = true};
    size_t length;
    uint8_t *bytes = get(f, "fw.bin", &length);
    if (ub_image_new(name, &placed, &f->err) ||
        ub_image_add(placed, UB_IMAGE_ALT_NONE, has_at, has_at ? 0x08000000 : 0, bytes, length,
                     &f->err) ||
        ub_image_finish(placed, &f->err) || ub_image_save(placed, at(f, name), &out, &f->err))
        fail_msg("%s", f->err.message);
    ub_image_close(placed);
    free(bytes);
    open_image(f, name);
    return ub_trust_check(&f->room, f->image, options, &f->err);
}

/** MCUboot signs firmware, and not where a file puts it. */
static void inside_a_file_with_addresses(void **state)
{
    struct fixture *f = *state;
    static const struct ub_trust_options nothing;
    static const char *const formats[] = {"ihex", "srec", "dfuse"};
    char path[160];
    const char *keys[] = {path};
    const struct ub_trust_options given = {.keys = keys, .key_count = 1};
    copy_data(f, "inspect", "mcuboot-ed25519.bin", "fw.bin");
    copy_data(f, "inspect", "mcuboot-ed25519.pub.pem", "boot.pem");
    (void)ub_print(path, sizeof(path), "%s", at(f, "boot.pem"));
    assert_int_equal(check_as(f, "fw.dfu", "dfu", false, &given), UB_OK);
    assert_int_equal(trust(f)->level, UB_TRUST_SIGNED);
    assert_false(trust(f)->inside_only);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(check_as(f, "fw.out", formats[i], true, &given), UB_TRU_NO_STATEMENT);
        assert_true(says(f, "nobody signed where"));
    }
    add_key(f, "boot.pem", "", "Acme", "", "");
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(check_as(f, "fw.out", formats[i], true, &nothing), UB_OK);
        assert_int_equal(trust(f)->level, UB_TRUST_NONE);
        assert_true(trust(f)->inside_only);
        assert_false(trust(f)->unknown_key);
        assert_string_equal(trust(f)->by, "");
        assert_null(claim(f, UB_CLAIM_VENDOR));
    }
    /* who signs the file signs its addresses */
    new_key(f, "acme");
    add_key(f, "acme.pub", "", "", "", "");
    sign(f, "fw.out", "acme", NULL);
    assert_int_equal(check_as(f, "fw.out", formats[2], true, &nothing), UB_OK);
    assert_int_equal(trust(f)->level, UB_TRUST_SIGNED);
    assert_false(trust(f)->inside_only);
}

static void all_together(void **state)
{
    struct fixture *f = *state;
    char digits[129];
    new_key(f, "acme");
    new_key(f, "stranger");
    add_key(f, "acme.pub", "", "", "", "");
    sign(f, "fw.bin", "stranger", NULL);
    sign(f, "fw.bin", "acme", &acme);
    digest_of(f, "fw.bin", false, digits);
    put_text(f, "fw.bin.sha256", digits);
    const struct ub_trust_options options = {.sha256 = digits};
    expect(f, &options, UB_OK);
    assert_int_equal(trust(f)->level, UB_TRUST_SIGNED);
    assert_string_equal(trust(f)->by, "acme");
    assert_false(trust(f)->unknown_key); /* somebody known has spoken */
    /* one wrong statement is one too many, and takes the manifest's words back */
    put_text(f, "SHA256SUMS",
             "0000000000000000000000000000000000000000000000000000000000000000  "
             "fw.bin\n");
    expect(f, &options, UB_TRU_DIGEST);
    assert_null(claim(f, UB_CLAIM_VENDOR));
    assert_int_equal(trust(f)->level, UB_TRUST_NONE);
}

static void a_second_check_forgets_the_first(void **state)
{
    struct fixture *f = *state;
    static const struct ub_trust_options nothing;
    new_key(f, "acme");
    add_key(f, "acme.pub", "", "", "", "");
    sign(f, "fw.bin", "acme", &acme);
    expect(f, NULL, UB_OK);
    const size_t claims = f->image->claim_count;
    assert_int_equal(ub_image_add_claim(f->image, UB_CLAIM_REVISION, "metainfo", 0, 0, "B", NULL),
                     UB_OK);
    assert_int_equal(ub_trust_check(&f->room, f->image, &nothing, &f->err), UB_OK);
    assert_int_equal(f->image->claim_count, claims + 1);
    assert_int_equal(ub_store_remove(f->store, "acme", &f->err), UB_OK);
    assert_int_equal(ub_trust_check(&f->room, f->image, &nothing, &f->err), UB_OK);
    assert_int_equal(f->image->claim_count, 1);
    assert_string_equal(f->image->claims[0].source, "metainfo");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nobody),
        TEST(a_digest_that_was_given),
        TEST(digests_beside),
        TEST(files_of_other_folders),
        TEST(a_signature_of_a_key_in_the_store),
        TEST(of_the_site),
        TEST(a_key_for_this_once),
        TEST(by_somebody_unknown),
        TEST(altered),
        TEST(of_a_file_with_another_name),
        TEST(where_it_is),
        TEST(the_file_changed),
        TEST(revoked),
        TEST(revoked_by_the_site),
        TEST(a_damaged_store),
        TEST(inside_an_image_of_mcuboot),
        TEST(inside_a_file_with_addresses),
        TEST(all_together),
        TEST(a_second_check_forgets_the_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
