/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signing files: what is written beside them, and what is refused. */
#define _GNU_SOURCE
#include "statement_test.h"

#include "image/image.h"
#include "trust/manifest.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

struct folder {
    char path[64];
    char file[96]; /**< a copy of firmware.bin */
    char key[1024];
    struct ub_sign_options options;
    struct ub_error err;
};

static int setup(void **state)
{
    const char *repo = getenv("REPO");
    struct folder *folder = calloc(1, sizeof(*folder));
    assert_non_null(folder);
    (void)ub_print(folder->path, sizeof(folder->path), "/tmp/unbrick-sign-XXXXXX");
    assert_non_null(mkdtemp(folder->path));
    (void)ub_print(folder->file, sizeof(folder->file), "%s/firmware.bin", folder->path);
    (void)ub_print(folder->key, sizeof(folder->key), "%s/tests/trust/data/minisign.key",
                   repo ? repo : ".");
    struct file content = load("firmware.bin");
    assert_int_equal(ub_file_write(folder->file, content.bytes, content.length, NULL), UB_OK);
    drop(&content);
    folder->options.key = folder->key;
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

/** Reads the signature beside a file of the folder, and holds it against that file. */
static enum ub_code verify(struct folder *folder, const char *name, struct ub_signature *signature)
{
    const struct ub_public_key key = key_of("trust", "minisign.pub");
    char path[128];
    uint8_t *text = NULL;
    uint8_t *content = NULL;
    size_t text_length = 0;
    size_t length = 0;
    (void)ub_print(path, sizeof(path), "%s/%s", folder->path, name);
    assert_int_equal(ub_file_read(path, 1 << 20, &content, &length, NULL), UB_OK);
    (void)ub_append(path, sizeof(path), ".minisig");
    assert_int_equal(ub_file_read(path, 1 << 20, &text, &text_length, NULL), UB_OK);
    assert_int_equal(ub_signature_parse(name, text, text_length, signature, NULL), UB_OK);
    const enum ub_code code = ub_signature_verify(signature, &key, name, content, length,
                                                  &folder->err);
    free(text);
    free(content);
    return code;
}

static void a_file(void **state)
{
    struct folder *folder = *state;
    struct ub_signature signature;
    if (ub_image_sign(folder->file, &folder->options, &folder->err) != UB_OK)
        fail_msg("%s", folder->err.message);
    assert_int_equal(verify(folder, "firmware.bin", &signature), UB_OK);
    assert_true(signature.prehashed);
    /* as minisign writes it */
    assert_int_equal(strncmp(signature.comment, "timestamp:", 10), 0);
    assert_string_equal(strchr(signature.comment, '\t'), "\tfile:firmware.bin\thashed");
}

static void a_comment_of_ones_own(void **state)
{
    struct folder *folder = *state;
    struct ub_signature signature;
    assert_int_equal(ub_image_sign(folder->file, &folder->options, NULL), UB_OK);
    folder->options.comment = "release 7";
    assert_int_equal(ub_image_sign(folder->file, &folder->options, NULL), UB_OK); /* replaced */
    assert_int_equal(verify(folder, "firmware.bin", &signature), UB_OK);
    assert_string_equal(signature.comment, "release 7");
    folder->options.comment = "two\nlines";
    assert_int_equal(ub_image_sign(folder->file, &folder->options, NULL), UB_USE_OPTION);
    folder->options.comment = "file:other.bin";
    assert_int_equal(ub_image_sign(folder->file, &folder->options, NULL), UB_OK);
    assert_int_equal(verify(folder, "firmware.bin", &signature), UB_TRU_COMMENT);
}

static void a_manifest(void **state)
{
    struct folder *folder = *state;
    static const char *const models[] = {"X2", NULL};
    const struct ub_manifest manifest = {.vendor = "ACME", .models = models, .version = "1.2"};
    struct ub_signature signature;
    char path[128];
    uint8_t *text = NULL;
    size_t length = 0;
    struct ub_manifest_file *read = NULL;
    folder->options.manifest = &manifest;
    if (ub_image_sign(folder->file, &folder->options, &folder->err) != UB_OK)
        fail_msg("%s", folder->err.message);
    assert_int_equal(verify(folder, "firmware.bin.manifest.json", &signature), UB_OK);
    assert_non_null(strstr(signature.comment, "\tfile:firmware.bin.manifest.json\t"));
    (void)ub_print(path, sizeof(path), "%s.manifest.json", folder->file);
    assert_int_equal(ub_file_read(path, 1 << 16, &text, &length, NULL), UB_OK);
    assert_int_equal(ub_manifest_parse("m", text, length, &read, NULL), UB_OK);
    assert_string_equal(read->name, "firmware.bin");
    assert_string_equal(read->vendor, "ACME");
    assert_int_equal(read->size, 700);
    ub_manifest_free(read);
    free(text);
    /* the file itself is not signed then */
    (void)ub_print(path, sizeof(path), "%s.minisig", folder->file);
    assert_int_equal(access(path, F_OK), -1);
}

static void a_manifest_that_lacks_something(void **state)
{
    struct folder *folder = *state;
    const struct ub_manifest manifest = {.vendor = "ACME"};
    char path[128];
    folder->options.manifest = &manifest;
    assert_int_equal(ub_image_sign(folder->file, &folder->options, NULL), UB_TRU_MANIFEST);
    (void)ub_print(path, sizeof(path), "%s.manifest.json", folder->file);
    assert_int_equal(access(path, F_OK), -1);
}

static void what_cannot_be_signed(void **state)
{
    struct folder *folder = *state;
    const struct ub_sign_options none = {0};
    const struct ub_manifest manifest = {.vendor = "ACME", .version = "1"};
    char path[128];
    assert_int_equal(ub_image_sign(folder->file, NULL, &folder->err), UB_TRU_KEY);
    assert_int_equal(ub_image_sign(folder->file, &none, &folder->err), UB_TRU_KEY);
    assert_int_equal(ub_image_sign("/nonexistent.bin", &folder->options, NULL), UB_IMG_READ);
    folder->options.manifest = &manifest;
    assert_int_equal(ub_image_sign("/nonexistent.bin", &folder->options, NULL), UB_IMG_READ);
    folder->options.manifest = NULL;
    folder->options.key = folder->file;
    assert_int_equal(ub_image_sign(folder->file, &folder->options, &folder->err), UB_TRU_KEY);
    folder->options.key = folder->key;
    (void)ub_print(path, sizeof(path), "%s.minisig", folder->file);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(ub_image_sign(folder->file, &folder->options, NULL), UB_SYS_WRITE);
}

/** What can be read as an image can be signed: files of hexadecimal lines have a limit of their
 * own.
 */
static void a_long_file(void **state)
{
    struct folder *folder = *state;
    char path[128];
    const int fd = open(folder->file, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)UB_IMAGE_FILE_MAX + 1), 0); /* sparse */
    if (ub_image_sign(folder->file, &folder->options, &folder->err) != UB_OK)
        fail_msg("%s", folder->err.message);
    assert_int_equal(ftruncate(fd, (off_t)UB_IMAGE_TEXT_MAX + 1), 0);
    assert_int_equal(ub_image_sign(folder->file, &folder->options, NULL), UB_IMG_TOO_LARGE);
    (void)close(fd);
    (void)ub_print(path, sizeof(path), "%s.minisig", folder->file);
    assert_int_equal(access(path, F_OK), 0);
}

/** A signature of a file is of all of it: a member is named for manifests only. */
static void a_member(void **state)
{
    struct folder *folder = *state;
    static const char *const models[] = {"X2", NULL};
    const struct ub_manifest manifest = {.vendor = "ACME", .models = models, .version = "1.2"};
    const struct ub_image_options image = {.member = "fw.hex"};
    folder->options.image = &image;
    assert_int_equal(ub_image_sign(folder->file, &folder->options, &folder->err), UB_USE_CONFLICT);
    assert_non_null(strstr(folder->err.message, "only a manifest is about fw.hex"));
    folder->options.manifest = &manifest;
    assert_int_equal(ub_image_sign(folder->file, &folder->options, NULL), UB_IMG_NONE_INSIDE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_file),
        TEST(a_comment_of_ones_own),
        TEST(a_manifest),
        TEST(a_manifest_that_lacks_something),
        TEST(what_cannot_be_signed),
        TEST(a_long_file),
        TEST(a_member),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
