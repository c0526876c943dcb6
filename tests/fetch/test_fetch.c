/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is fetched is kept if it is verified, under its name, and is gone otherwise. */
#define _GNU_SOURCE
#include "fetch_test.h"

#include "base/file.h"
#include "base/text.h"

#include <sys/stat.h>
#include <unistd.h>

static void by_the_digest_that_was_given(void **state)
{
    struct world *world = *state;
    char path[TEXT];
    world->options.trust.sha256 = content_sha256();
    fetch_from(world, "good", "fw.bin", UB_OK);
    in_downloads(world, "fw.bin", path);
    assert_string_equal(world->got.path, path);
    expect_file(path, content(), CONTENT_SIZE);
    assert_int_equal(world->got.length, CONTENT_SIZE);
    assert_int_equal(world->got.resumed, 0);
    assert_int_equal(world->got.trust.level, UB_TRUST_GIVEN);
    assert_int_equal(world->last_done, CONTENT_SIZE);
    assert_string_equal(world->done, "fw.bin, 300,000 bytes, has the digest that was given");
    assert_string_equal(world->warnings, "");
    assert_int_equal(kept(world), 1);
    assert_int_equal(unfinished(world), 0);
    world->options.trust.sha256 = NULL;
    world->options.trust.sha512 = content_sha512();
    fetch_from(world, "good", "fw.bin", UB_OK);
    assert_string_equal(world->got.path, path); /* the same is there already */
    assert_int_equal(kept(world), 1);
}

static void another_digest(void **state)
{
    struct world *world = *state;
    char digits[65];
    (void)ub_print(digits, sizeof(digits), "%s", content_sha256());
    digits[0] = digits[0] == '0' ? '1' : '0';
    world->options.trust.sha256 = digits;
    fetch_from(world, "good", "fw.bin", UB_TRU_DIGEST);
    assert_string_equal(world->got.path, "");
    assert_int_equal(kept(world), 0);
    assert_int_equal(unfinished(world), 0);
    world->options.keep_unverified = true; /* what is wrong is not what nobody vouches for */
    fetch_from(world, "good", "fw.bin", UB_TRU_DIGEST);
    assert_int_equal(kept(world), 0);
}

/** A slip is told before anything is asked of anybody. */
static void slips(void **state)
{
    struct world *world = *state;
    const char *key = "/nonexistent.pub";
    const size_t before = server_requests();
    char digits[70];
    (void)ub_print(digits, sizeof(digits), "%s0", content_sha256());
    world->options.trust.sha256 = digits;
    fetch_from(world, "good", "fw.bin", UB_USE_OPTION);
    world->options.trust.sha256 = NULL;
    world->options.trust.sha512 = content_sha256();
    fetch_from(world, "good", "fw.bin", UB_USE_OPTION);
    world->options.trust.sha512 = NULL;
    world->options.trust.keys = &key;
    world->options.trust.key_count = 1;
    fetch_from(world, "good", "fw.bin", UB_TRU_KEY);
    assert_int_equal(server_requests(), before);
    assert_false(exists(world->vault));
}

static void nobody_vouches(void **state)
{
    struct world *world = *state;
    fetch_from(world, "good", "fw.bin", UB_NET_UNVERIFIED);
    assert_string_equal(world->err.message, "nobody vouches for fw.bin");
    assert_int_equal(kept(world), 0);
    assert_int_equal(unfinished(world), 0);
    world->options.keep_unverified = true;
    fetch_from(world, "good", "fw.bin", UB_OK);
    assert_int_equal(world->got.trust.level, UB_TRUST_NONE);
    assert_non_null(strstr(world->warnings, "nobody vouches"));
    assert_non_null(strstr(world->done, "not verified"));
    expect_file(world->got.path, content(), CONTENT_SIZE);
}

/** A digest from the same server says that it is whole, not that it is genuine. */
static void a_digest_beside_it(void **state)
{
    struct world *world = *state;
    static const char *const names[] = {"fw.bin.sha256", "SHA256SUMS"};
    char line[128];
    char path[TEXT];
    for (size_t i = 0; i < 2; i++) {
        (void)ub_print(line, sizeof(line), "%s  %s\n", content_sha256(),
                       i ? "fw.bin\n1234  other" : "fw.bin");
        server_has(names[i], line, strlen(line));
        world->options.keep_unverified = false;
        fetch_from(world, "good", "fw.bin", UB_NET_UNVERIFIED);
        assert_non_null(strstr(world->err.message, "nobody says whose it is"));
        world->options.keep_unverified = true;
        fetch_from(world, "good", "fw.bin", UB_OK);
        assert_int_equal(world->got.trust.level, UB_TRUST_DIGEST);
        in_downloads(world, "fw.bin.sha256", path);
        assert_true(exists(path));
        line[0] = line[0] == '0' ? '1' : '0';
        server_has(names[i], line, strlen(line));
        fetch_from(world, "good", "fw.bin", UB_TRU_DIGEST);
        server_lacks(names[i]);
    }
}

/** Who is asked for is only told of what was given where that is enough. */
static void no_digests_are_asked_for_where_one_was_given(void **state)
{
    struct world *world = *state;
    const size_t before = server_requests();
    world->options.trust.sha256 = content_sha256();
    fetch_from(world, "good", "fw.bin", UB_OK);
    const size_t after = server_requests();
    assert_true(after > before);
    for (size_t i = before; i < after; i++) {
        char line[TEXT];
        server_request((long)i, line);
        assert_null(strstr(line, "sha256"));
        assert_null(strstr(line, "SHA256SUMS"));
    }
}

static void by_a_key_that_was_given(void **state)
{
    struct world *world = *state;
    char public[TEXT];
    char path[TEXT];
    const char *key = public;
    make_key(world, "vendor", public);
    sign(world, "vendor", "fw.bin", content(), CONTENT_SIZE);
    world->options.trust.keys = &key;
    world->options.trust.key_count = 1;
    fetch_from(world, "good", "fw.bin", UB_OK);
    assert_int_equal(world->got.trust.level, UB_TRUST_SIGNED);
    assert_non_null(strstr(world->done, "signed by vendor.pub"));
    in_downloads(world, "fw.bin.minisig", path); /* for when it is flashed */
    assert_true(exists(path));
    assert_int_equal(kept(world), 2);
    /* over http as well, and from this computer */
    char url[TEXT];
    server_url("http", "good", "fw.bin", url);
    fetch(world, url, UB_OK);
    server_path("files/fw.bin", path);
    (void)ub_print(url, sizeof(url), "file://%s", path);
    fetch(world, url, UB_OK);
    assert_int_equal(world->got.trust.level, UB_TRUST_SIGNED);
    assert_int_equal(kept(world), 2);
    server_lacks("fw.bin.minisig");
}

static void by_a_key_of_the_store(void **state)
{
    struct world *world = *state;
    char public[TEXT];
    const struct ub_key scope = {.name = "acme"};
    make_key(world, "vendor", public);
    sign(world, "vendor", "fw.bin", content(), CONTENT_SIZE);
    fetch_from(world, "good", "fw.bin", UB_NET_UNVERIFIED);
    assert_non_null(strstr(world->err.message, "signed by the key"));
    assert_int_equal(ub_key_add(world->context, public, &scope, NULL), UB_OK);
    fetch_from(world, "good", "fw.bin", UB_OK);
    assert_string_equal(world->got.trust.by, "acme");
    server_lacks("fw.bin.minisig");
}

static void an_altered_file(void **state)
{
    struct world *world = *state;
    char public[TEXT];
    const char *key = public;
    make_key(world, "vendor", public);
    sign(world, "vendor", "fw.bin", content(), CONTENT_SIZE - 1);
    world->options.trust.keys = &key;
    world->options.trust.key_count = 1;
    world->options.keep_unverified = true;
    fetch_from(world, "good", "fw.bin", UB_TRU_SIGNATURE);
    sign(world, "vendor", "other.bin", content(), CONTENT_SIZE);
    char from[TEXT];
    char to[TEXT];
    server_path("files/other.bin.minisig", from);
    server_path("files/fw.bin.minisig", to);
    assert_int_equal(rename(from, to), 0);
    fetch_from(world, "good", "fw.bin", UB_TRU_COMMENT);
    assert_int_equal(kept(world), 0);
    assert_int_equal(unfinished(world), 0);
    server_lacks("fw.bin.minisig");
}

static void a_key_without_signature(void **state)
{
    struct world *world = *state;
    char public[TEXT];
    char other[TEXT];
    const char *key = public;
    make_key(world, "vendor", public);
    make_key(world, "other", other);
    world->options.trust.keys = &key;
    world->options.trust.key_count = 1;
    fetch_from(world, "good", "fw.bin", UB_TRU_NO_STATEMENT);
    assert_int_equal(kept(world), 0);
    sign(world, "other", "fw.bin", content(), CONTENT_SIZE);
    fetch_from(world, "good", "fw.bin", UB_TRU_UNKNOWN_KEY);
    assert_int_equal(kept(world), 0);
    assert_int_equal(unfinished(world), 0);
    world->options.keep_unverified = true;
    fetch_from(world, "good", "fw.bin", UB_OK);
    assert_int_equal(world->got.trust.level, UB_TRUST_NONE);
    server_lacks("fw.bin.minisig");
    fetch_from(world, "good", "fw.bin", UB_OK);
}

/** A digest that was given is enough, whoever signed. */
static void a_digest_beside_an_unknown_key(void **state)
{
    struct world *world = *state;
    char public[TEXT];
    make_key(world, "vendor", public);
    sign(world, "vendor", "fw.bin", content(), CONTENT_SIZE);
    world->options.trust.sha256 = content_sha256();
    fetch_from(world, "good", "fw.bin", UB_OK);
    assert_int_equal(world->got.trust.level, UB_TRUST_GIVEN);
    server_lacks("fw.bin.minisig");
}

static void a_signature_elsewhere(void **state)
{
    struct world *world = *state;
    char public[TEXT];
    char from[TEXT];
    char to[TEXT];
    char url[TEXT];
    const char *key = public;
    make_key(world, "vendor", public);
    sign(world, "vendor", "fw.bin", content(), CONTENT_SIZE);
    server_path("files/fw.bin.minisig", from);
    server_path("files/elsewhere", to);
    assert_int_equal(rename(from, to), 0);
    world->options.trust.keys = &key;
    world->options.trust.key_count = 1;
    fetch_from(world, "good", "fw.bin", UB_TRU_NO_STATEMENT);
    server_url("https", "good", "elsewhere", url);
    world->options.trust.signature = url;
    fetch_from(world, "good", "fw.bin", UB_OK);
    assert_int_equal(world->got.trust.level, UB_TRUST_SIGNED);
    (void)ub_print(url, sizeof(url), "file://%s", to);
    fetch_from(world, "good", "fw.bin", UB_OK);
    server_url("https", "good", "nowhere", url);
    fetch_from(world, "good", "fw.bin", UB_NET_REFUSED);
    server_url("https", "good", "fw.bin", url); /* which is no signature */
    fetch_from(world, "good", "fw.bin", UB_NET_TOO_LARGE);
    server_has("elsewhere", "hello", 5);
    server_url("https", "good", "elsewhere", url);
    fetch_from(world, "good", "fw.bin", UB_TRU_SIGNATURE);
    (void)ub_print(url, sizeof(url), "elsewhere");
    fetch_from(world, "good", "fw.bin", UB_NET_URL);
    server_lacks("elsewhere");
}

/** Signs a manifest of that file as `options` say; the server has it and its signature then. */
static void give_manifest(struct world *world, const char *name, const void *bytes, size_t length,
                          const struct ub_manifest *manifest,
                          const struct ub_image_options *opening)
{
    static const char *const endings[] = {".manifest.json", ".manifest.json.minisig"};
    char path[TEXT];
    char secret[TEXT];
    struct ub_error err = {0};
    (void)ub_print(path, sizeof(path), "%s/%s", world->folder, name);
    (void)ub_print(secret, sizeof(secret), "%s/vendor.key", world->folder);
    assert_int_equal(ub_file_write(path, bytes, length, NULL), UB_OK);
    const struct ub_sign_options options = {.key = secret, .manifest = manifest, .image = opening};
    if (ub_image_sign(path, &options, &err) != UB_OK)
        fail_msg("%s", err.message);
    for (size_t i = 0; i < 2; i++) {
        uint8_t *text = NULL;
        size_t text_length = 0;
        char file[64];
        (void)ub_print(file, sizeof(file), "%s%s", name, endings[i]);
        (void)ub_print(path, sizeof(path), "%s/%s", world->folder, file);
        assert_int_equal(ub_file_read(path, 1 << 16, &text, &text_length, NULL), UB_OK);
        server_has(file, text, text_length);
        free(text);
    }
}

static const char *const models[] = {"X2", NULL};

/** A manifest is fetched with its signature; alone it says nothing. */
static void a_manifest(void **state)
{
    struct world *world = *state;
    char public[TEXT];
    const char *key = public;
    const struct ub_manifest manifest = {.vendor = "ACME", .models = models, .version = "1.2"};
    make_key(world, "vendor", public);
    give_manifest(world, "fw.bin", content(), CONTENT_SIZE, &manifest, NULL);
    world->options.trust.keys = &key;
    world->options.trust.key_count = 1;
    fetch_from(world, "good", "fw.bin", UB_OK);
    assert_true(world->got.trust.manifest);
    assert_string_equal(world->got.trust.version, "1.2");
    assert_int_equal(kept(world), 3);
    server_lacks("fw.bin.manifest.json.minisig");
    world->options.keep_unverified = true;
    fetch_from(world, "good", "fw.bin", UB_OK);
    assert_int_equal(world->got.trust.level, UB_TRUST_NONE);
    server_lacks("fw.bin.manifest.json");
}

/** What its maker does not vouch for any more is not kept until that is named. */
static void manifests_of_the_past(void **state)
{
    struct world *world = *state;
    char public[TEXT];
    char path[TEXT];
    char seen[TEXT];
    const char *key = public;
    struct ub_manifest manifest = {
        .vendor = "ACME", .models = models, .version = "1.2", .expires = "2020-01-01T00:00:00Z"};
    make_key(world, "vendor", public);
    give_manifest(world, "fw.bin", content(), CONTENT_SIZE, &manifest, NULL);
    world->options.trust.keys = &key;
    world->options.trust.key_count = 1;
    fetch_from(world, "good", "fw.bin", UB_TRU_EXPIRED);
    assert_int_equal(kept(world), 0);
    assert_int_equal(unfinished(world), 0);
    world->options.keep_unverified = true;
    fetch_from(world, "good", "fw.bin", UB_OK);
    assert_true(world->got.trust.expired);
    assert_non_null(strstr(world->warnings, "time of its manifest is over"));
    assert_null(strstr(world->warnings, "nobody vouches"));
    assert_int_equal(kept(world), 3);
    /* version 2.0 was put on such a device before */
    manifest.expires = NULL;
    give_manifest(world, "fw.bin", content(), CONTENT_SIZE, &manifest, NULL);
    (void)ub_print(seen, sizeof(seen),
                   "{\"unbrick_seen\": 1, \"seen\": [{\"vendor\": \"ACME\", \"model\": \"X2\", "
                   "\"key\": \"%s\", \"bus\": \"libusb\", \"version\": \"2.0\", \"date\": "
                   "\"2026-01-01T00:00:00Z\"}]}",
                   world->got.trust.key_id);
    (void)ub_print(path, sizeof(path), "%s/seen.json", world->keys);
    (void)mkdir(world->keys, 0700);
    assert_int_equal(ub_file_write(path, seen, strlen(seen), NULL), UB_OK);
    world->options.keep_unverified = false;
    fetch_from(world, "good", "fw.bin", UB_TRU_ROLLBACK);
    assert_int_equal(unfinished(world), 0);
    world->options.keep_unverified = true;
    fetch_from(world, "good", "fw.bin", UB_OK);
    assert_true(world->got.trust.rolled_back);
    assert_non_null(strstr(world->warnings, "a newer version was seen"));
    server_lacks("fw.bin.manifest.json");
    server_lacks("fw.bin.manifest.json.minisig");
}

/** A manifest about one image of an archive with several, as a tar archive without much ado. */
static void a_manifest_of_a_member(void **state)
{
    struct world *world = *state;
    static const char *const hex[] = {":0400000001020304F2\n:00000001FF\n",
                                      ":0400000005060708E2\n:00000001FF\n"};
    static const char *const names[] = {"a.hex", "b.hex"};
    static const struct ub_image_options second = {.member = "b.hex"};
    const struct ub_manifest manifest = {.vendor = "ACME", .models = models, .version = "1.2"};
    char public[TEXT];
    const char *key = public;
    uint8_t tar[6 * 512] = {0};
    struct ub_image *image = NULL;
    struct ub_error err;
    for (size_t i = 0; i < 2; i++) {
        char *head = (char *)tar + i * 1024;
        unsigned sum = 0;
        (void)ub_print(head, 100, "%s", names[i]);
        (void)ub_print(head + 100, 8, "0000644");
        (void)ub_print(head + 124, 12, "%011o", (unsigned)strlen(hex[i]));
        (void)ub_print(head + 136, 12, "%011o", 0u);
        memcpy(head + 148, "        0", 9);
        memcpy(head + 257, "ustar\00000", 8);
        for (size_t n = 0; n < 512; n++)
            sum += (uint8_t)head[n];
        (void)ub_print(head + 148, 8, "%06o", sum);
        memcpy(head + 512, hex[i], strlen(hex[i]));
    }
    make_key(world, "vendor", public);
    server_has("two.tar", tar, sizeof(tar));
    give_manifest(world, "two.tar", tar, sizeof(tar), &manifest, &second);
    world->options.trust.keys = &key;
    world->options.trust.key_count = 1;
    fetch_from(world, "good", "two.tar", UB_OK);
    assert_int_equal(world->got.trust.level, UB_TRUST_SIGNED);
    /* it speaks for that member, and for no other */
    for (size_t i = 0; i < 2; i++) {
        const struct ub_image_options options = {.member = names[i]};
        assert_int_equal(ub_image_open(world->got.path, &options, &image, NULL), UB_OK);
        assert_int_equal(ub_trust_image(world->context, image, &world->options.trust, &err),
                         i ? UB_OK : UB_TRU_OTHER_IMAGE);
        ub_image_close(image);
    }
    server_lacks("two.tar.manifest.json");
    server_lacks("two.tar.manifest.json.minisig");
}

/** A list of digests that the person has counts like a digest that was given: over http too. */
static void by_a_list_of_ones_own(void **state)
{
    struct world *world = *state;
    char line[128];
    char list[TEXT];
    char url[TEXT];
    (void)ub_print(list, sizeof(list), "%s/digests", world->folder);
    (void)ub_print(line, sizeof(line), "%s  fw.bin\n", content_sha256());
    assert_int_equal(ub_file_write(list, line, strlen(line), NULL), UB_OK);
    world->options.trust.sums = list;
    server_url("http", "good", "fw.bin", url);
    fetch(world, url, UB_OK);
    assert_int_equal(world->got.trust.level, UB_TRUST_GIVEN);
    assert_string_equal(world->warnings, "");
    assert_int_equal(kept(world), 1);
    line[0] = line[0] == '0' ? '1' : '0';
    assert_int_equal(ub_file_write(list, line, strlen(line), NULL), UB_OK);
    fetch(world, url, UB_TRU_DIGEST);
    assert_int_equal(ub_file_write(list, "", 0, NULL), UB_OK);
    fetch(world, url, UB_TRU_NO_STATEMENT);
    assert_int_equal(kept(world), 1);
}

/** Many servers answer any address with a page; that is no signature. */
static void pages_instead_of_not_found(void **state)
{
    struct world *world = *state;
    world->options.keep_unverified = true;
    server_has("fwpage.bin", "<html>log in</html>", 19);
    fetch_from(world, "page", "fwpage.bin", UB_OK);
    assert_int_equal(kept(world), 1);
    server_lacks("fwpage.bin");
}

static void what_is_no_firmware(void **state)
{
    struct world *world = *state;
    world->options.trust.sha256 =
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    server_has("fwempty.bin", "", 0);
    fetch_from(world, "good", "fwempty.bin", UB_OK);
    assert_int_equal(world->got.length, 0);
    server_lacks("fwempty.bin");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(by_the_digest_that_was_given),
        TEST(another_digest),
        TEST(slips),
        TEST(nobody_vouches),
        TEST(a_digest_beside_it),
        TEST(no_digests_are_asked_for_where_one_was_given),
        TEST(by_a_key_that_was_given),
        TEST(by_a_key_of_the_store),
        TEST(an_altered_file),
        TEST(a_key_without_signature),
        TEST(a_digest_beside_an_unknown_key),
        TEST(a_signature_elsewhere),
        TEST(a_manifest),
        TEST(manifests_of_the_past),
        TEST(a_manifest_of_a_member),
        TEST(by_a_list_of_ones_own),
        TEST(pages_instead_of_not_found),
        TEST(what_is_no_firmware),
    };
    return cmocka_run_group_tests(tests, server_start, server_stop);
}
