/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Manifests: the one of the documentation, what is missing or too much in others, and whether one
 * is of an image. */
#define _XOPEN_SOURCE 700
#include "trust_fixture.h"

#include "trust/manifest.h"

#define DIGEST "\"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\""
#define HEAD   "{\"unbrick_manifest\": 1, "
#define IMAGE  "\"image\": {\"name\": \"fw.bin\", \"size\": 4, \"sha256\": " DIGEST "}, "
#define REST   "\"vendor\": \"Acme\", \"models\": [\"M1\"], \"version\": \"1.2\""
#define WHOLE  HEAD IMAGE REST

static enum ub_code parse(const char *text, struct ub_manifest_file **out, struct ub_error *err)
{
    /* without slack, so that a read past its end is seen */
    const size_t length = strlen(text);
    uint8_t *bytes = malloc(length ? length : 1);
    assert_non_null(bytes);
    memcpy(bytes, text, length);
    const enum ub_code code = ub_manifest_parse("m", bytes, length, out, err);
    free(bytes);
    return code;
}

static struct ub_manifest_file *good(const char *text)
{
    struct ub_manifest_file *manifest = NULL;
    struct ub_error err = {0};
    if (parse(text, &manifest, &err))
        fail_msg("%s: %s", text, err.message);
    return manifest;
}

static void the_least(void **state)
{
    (void)state;
    struct ub_manifest_file *m = good(WHOLE "}");
    assert_string_equal(m->name, "fw.bin");
    assert_int_equal(m->size, 4);
    assert_int_equal(m->sha256[0], 0x9f);
    assert_string_equal(m->vendor, "Acme");
    assert_string_equal(m->version, "1.2");
    assert_int_equal(m->models.count, 1);
    assert_string_equal(m->models.text[0], "M1");
    assert_int_equal(m->families.count + m->revisions.count + m->markets.count, 0);
    assert_string_equal(m->min_version, "");
    assert_string_equal(m->min_loader, "");
    assert_false(m->has_not_before);
    assert_false(m->has_expires);
    assert_int_equal(m->region_count, 0);
    ub_manifest_free(m);
    ub_manifest_free(NULL);
}

/** The example of the documentation is one that is taken. */
static void the_documented_one(void **state)
{
    (void)state;
    const char *repo = getenv("REPO");
    char path[1024];
    uint8_t *text = NULL;
    size_t length = 0;
    assert_true(ub_print(path, sizeof(path), "%s/docs/trust.md", repo ? repo : "."));
    assert_int_equal(ub_file_read(path, 1 << 20, &text, &length, NULL), UB_OK);
    const char *begin = strstr((const char *)text, "```json\n{\n  \"unbrick_manifest\"");
    assert_non_null(begin);
    begin += strlen("```json\n");
    char *end = strstr(begin, "\n```");
    assert_non_null(end);
    *end = '\0';
    struct ub_manifest_file *m = good(begin);
    assert_true(m->families.count && m->models.count && m->revisions.count && m->markets.count);
    assert_true(m->has_not_before && m->has_expires && m->region_count);
    assert_true(m->min_version[0] && m->min_loader[0]);
    ub_manifest_free(m);
    free(text);
}

static void times(void **state)
{
    (void)state;
    struct ub_manifest_file *m = good(WHOLE ", \"not_before\": \"2026-11-22T10:11:12Z\", "
                                            "\"expires\": \"2026-11-22T10:11:14Z\"}");
    assert_true(ub_manifest_is_expired(m, NOW - 1));
    assert_false(ub_manifest_is_expired(m, NOW));
    assert_false(ub_manifest_is_expired(m, NOW + 1));
    assert_true(ub_manifest_is_expired(m, NOW + 2));
    ub_manifest_free(m);
    m = good(WHOLE "}");
    assert_false(ub_manifest_is_expired(m, 0));
    assert_false(ub_manifest_is_expired(m, INT64_MAX));
    ub_manifest_free(m);
}

static void what_may_be_added(void **state)
{
    (void)state;
    struct ub_manifest_file *m = good(
        HEAD "\"x-note\": {\"a\": [1]}, \"image\": {\"name\": \"fw.bin\", \"x-y\": 1, \"size\": 4, "
             "\"sha256\": " DIGEST "}, " REST ", \"families\": [], \"regions\": [{\"x-z\": null, "
             "\"length\": 4, \"sha256\": " DIGEST "}]}");
    assert_int_equal(m->region_count, 1);
    assert_false(m->regions[0].has_address);
    assert_int_equal(m->regions[0].alt, UB_IMAGE_ALT_NONE);
    ub_manifest_free(m);
}

static const struct {
    const char *text;
    const char *why;
} refused[] = {
    {"", "line 1: this is not JSON"},
    {"[]", "no number unbrick_manifest"},
    {"{}", "no number unbrick_manifest"},
    {WHOLE, "this is not JSON"},
    {WHOLE "} {}", "this is not JSON"},
    {WHOLE "}\\u0000", "this is not JSON"},
    {WHOLE ", \"vendor\": \"Other\"}", "this is not JSON: duplicate"},
    {WHOLE ", \"modles\": [\"M2\"]}", "a key that is not known: \"modles\""},
    {"{\"unbrick_manifest\": 2, " IMAGE REST "}", "knows up to 1"},
    {"{\"unbrick_manifest\": \"1\", " IMAGE REST "}", "no number unbrick_manifest"},
    {"{\"unbrick_manifest\": 0, " IMAGE REST "}", "no number unbrick_manifest"},
    {HEAD REST "}", "image has to be an object"},
    {HEAD "\"image\": \"fw.bin\", " REST "}", "image has to be an object"},
    {HEAD "\"image\": {\"size\": 4, \"sha256\": " DIGEST "}, " REST "}", "name is missing"},
    {HEAD "\"image\": {\"name\": \"a/b\", \"size\": 4, \"sha256\": " DIGEST "}, " REST "}",
     "without folder"},
    {HEAD "\"image\": {\"name\": \"a\", \"size\": 0, \"sha256\": " DIGEST "}, " REST "}",
     "size has to be a whole number from 1"},
    {HEAD "\"image\": {\"name\": \"a\", \"size\": 4.0, \"sha256\": " DIGEST "}, " REST "}",
     "size has to be a whole number"},
    {HEAD "\"image\": {\"name\": \"a\", \"size\": -1, \"sha256\": " DIGEST "}, " REST "}",
     "size has to be a whole number"},
    {HEAD "\"image\": {\"name\": \"a\", \"size\": 99999999999, \"sha256\": " DIGEST "}, " REST "}",
     "size has to be a whole number"},
    {HEAD "\"image\": {\"name\": \"a\", \"size\": 4, \"sha256\": \"00\"}, " REST "}",
     "64 hexadecimal digits"},
    {HEAD "\"image\": {\"name\": \"a\", \"size\": 4}, " REST "}", "64 hexadecimal digits"},
    {HEAD "\"image\": {\"name\": \"a\", \"size\": 4, \"sha\": 1, \"sha256\": " DIGEST "}, " REST
          "}",
     "image has a key that is not known: \"sha\""},
    {HEAD IMAGE "\"models\": [\"M1\"], \"version\": \"1\"}", "vendor is missing"},
    {HEAD IMAGE "\"vendor\": \"\", \"models\": [\"M1\"], \"version\": \"1\"}",
     "vendor has to be a text that is not empty"},
    {HEAD IMAGE "\"vendor\": 7, \"models\": [\"M1\"], \"version\": \"1\"}",
     "vendor has to be a text"},
    {HEAD IMAGE "\"vendor\": \"A\\u0007\", \"models\": [\"M1\"], \"version\": \"1\"}",
     "vendor has control characters"},
    {HEAD IMAGE "\"vendor\": \"A \", \"models\": [\"M1\"], \"version\": \"1\"}",
     "blanks at its end"},
    {HEAD IMAGE "\"vendor\": \"A\", \"version\": \"1\"}", "for no family and no model"},
    {HEAD IMAGE "\"vendor\": \"A\", \"models\": [], \"version\": \"1\"}",
     "for no family and no model"},
    {HEAD IMAGE "\"vendor\": \"A\", \"markets\": [\"EU\"], \"version\": \"1\"}",
     "for no family and no model"},
    {HEAD IMAGE "\"vendor\": \"A\", \"models\": \"M1\", \"version\": \"1\"}",
     "models has to be a list"},
    {HEAD IMAGE "\"vendor\": \"A\", \"models\": [7], \"version\": \"1\"}",
     "models has to be a list of texts"},
    {HEAD IMAGE "\"vendor\": \"A\", \"models\": [\"\"], \"version\": \"1\"}",
     "models has to be a list of texts"},
    {HEAD IMAGE "\"vendor\": \"A\", \"models\": [\"B\", \"B\"], \"version\": \"1\"}",
     "models has \"B\" twice"},
    {HEAD IMAGE "\"vendor\": \"A\", \"models\": [\"B\\n\"], \"version\": \"1\"}",
     "models has control characters"},
    {HEAD IMAGE "\"vendor\": \"A\", \"models\": [\"B\"]}", "version is missing"},
    {HEAD IMAGE "\"vendor\": \"A\", \"models\": [\"B\"], \"version\": \"new\"}",
     "version has to be numbers"},
    {WHOLE ", \"min_version\": \"\"}", "min_version has to be a text that is not empty"},
    {WHOLE ", \"min_version\": \"x\"}", "min_version has to be numbers"},
    {WHOLE ", \"min_loader\": 2}", "min_loader has to be a text"},
    {WHOLE ", \"expires\": \"tomorrow\"}", "expires has to be a time"},
    {WHOLE ", \"expires\": null}", "expires has to be a text"},
    {WHOLE ", \"not_before\": \"2026-11-22T10:11:12Z\", \"expires\": "
           "\"2026-11-22T10:11:12Z\"}",
     "expires before it is valid"},
    {WHOLE ", \"regions\": {}}", "regions has to be a list"},
    {WHOLE ", \"regions\": [1]}", "an entry of regions has to be an object"},
    {WHOLE ", \"regions\": [{\"address\": 5, \"length\": 4, \"sha256\": " DIGEST "}]}",
     "address has to be a text"},
    {WHOLE ", \"regions\": [{\"address\": \"8000000\", \"length\": 4, \"sha256\": " DIGEST "}]}",
     "address has to be a text as"},
    {WHOLE ", \"regions\": [{\"address\": \"0x\", \"length\": 4, \"sha256\": " DIGEST "}]}",
     "address has to be a text as"},
    {WHOLE
     ", \"regions\": [{\"address\": \"0x10000000000000000\", \"length\": 4, \"sha256\": " DIGEST
     "}]}",
     "address has to be a text as"},
    {WHOLE
     ", \"regions\": [{\"address\": \"0xffffffffffffffff\", \"length\": 4, \"sha256\": " DIGEST
     "}]}",
     "leads beyond all addresses"},
    {WHOLE ", \"regions\": [{\"address\": \"0x0\", \"sha256\": " DIGEST "}]}", "length is missing"},
    {WHOLE ", \"regions\": [{\"address\": \"0x0\", \"length\": 0, \"sha256\": " DIGEST "}]}",
     "length has to be"},
    {WHOLE ", \"regions\": [{\"alt\": 256, \"length\": 1, \"sha256\": " DIGEST "}]}",
     "alt has to be a whole number from 0 to 255"},
    {WHOLE ", \"regions\": [{\"address\": \"0x0\", \"length\": 4, \"md5\": 1}]}",
     "a key that is not known: \"md5\""},
};

static void what_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct ub_manifest_file *m = (void *)1; /* to be overwritten */
        struct ub_error err = {0};
        const enum ub_code code = parse(refused[i].text, &m, &err);
        if (code != UB_TRU_MANIFEST || !strstr(err.message, refused[i].why) ||
            strncmp(err.message, "m: ", 3) != 0)
            fail_msg("%s: %d \"%s\", not \"%s\"", refused[i].text, (int)code, err.message,
                     refused[i].why);
        assert_null(m);
    }
}

static void limits(void **state)
{
    (void)state;
    const size_t room = UB_MANIFEST_FILE_MAX + 100;
    struct ub_manifest_file *m = NULL;
    struct ub_error err = {0};
    char *text = malloc(room);
    assert_non_null(text);
    for (unsigned count = UB_MANIFEST_WORDS_MAX; count <= UB_MANIFEST_WORDS_MAX + 1; count++) {
        (void)ub_print(text, room, "%s, \"revisions\": [\"0\"", WHOLE);
        for (unsigned i = 1; i < count; i++)
            (void)ub_append(text, room, ", \"%u\"", i);
        (void)ub_append(text, room, "]}");
        assert_int_equal(parse(text, &m, &err),
                         count > UB_MANIFEST_WORDS_MAX ? UB_TRU_MANIFEST : UB_OK);
        ub_manifest_free(m);
    }
    /* exactly as large as may be, and one byte more */
    const size_t used = strlen(WHOLE "}");
    (void)ub_print(text, room, "%s}", WHOLE);
    memset(text + used, ' ', room - used);
    assert_int_equal(ub_manifest_parse("m", (const uint8_t *)text, UB_MANIFEST_FILE_MAX, &m, &err),
                     UB_OK);
    ub_manifest_free(m);
    assert_int_equal(
        ub_manifest_parse("m", (const uint8_t *)text, UB_MANIFEST_FILE_MAX + 1, &m, &err),
        UB_TRU_MANIFEST);
    memset(text, '[', room); /* deeper than any parser goes */
    assert_int_equal(ub_manifest_parse("m", (const uint8_t *)text, UB_MANIFEST_FILE_MAX, &m, &err),
                     UB_TRU_MANIFEST);
    (void)ub_print(text, room, "%s, \"min_loader\": \"1", WHOLE);
    for (unsigned i = 0; i < UB_STRING_TEXT / 2; i++)
        (void)ub_append(text, room, ".0");
    (void)ub_append(text, room, "\"}");
    assert_int_equal(parse(text, &m, &err), UB_TRU_MANIFEST);
    free(text);
}

static const char *const families[] = {"stm32f405", NULL};
static const char *const models[] = {"M1", "M2", NULL};
static const char *const revisions[] = {"B", "C", NULL};
static const char *const markets[] = {"EU", NULL};
static const struct ub_manifest full = {
    .vendor = "Acme \"GmbH\" \xc3\xbc",
    .families = families,
    .models = models,
    .revisions = revisions,
    .markets = markets,
    .version = "1.2.3",
    .min_version = "1.0",
    .min_loader = "0.9",
    .not_before = "2026-01-01T00:00:00Z",
    .expires = "2027-01-01T00:00:00+01:00",
};

static struct ub_image *hex_image(void)
{
    static const uint8_t bytes[300] = {1, 2, 3};
    struct ub_image *image = NULL;
    assert_int_equal(ub_image_new("fw.hex", &image, NULL), UB_OK);
    assert_int_equal(
        ub_image_add(image, UB_IMAGE_ALT_NONE, true, 0x08000000, bytes, sizeof(bytes), NULL),
        UB_OK);
    assert_int_equal(ub_image_add(image, UB_IMAGE_ALT_NONE, true, 0x08010000, bytes, 16, NULL),
                     UB_OK);
    assert_int_equal(ub_image_add(image, 3, false, 0, bytes, 7, NULL), UB_OK);
    assert_int_equal(ub_image_finish(image, NULL), UB_OK);
    image->file_size = 1234;
    memset(image->sha256, 0xa5, sizeof(image->sha256));
    return image;
}

static struct ub_manifest_file *written(const struct ub_image *image,
                                        const struct ub_manifest *manifest)
{
    struct ub_manifest_file *m = NULL;
    struct ub_error err = {0};
    char *text = NULL;
    if (ub_manifest_write(image, manifest, &text, &err))
        fail_msg("%s", err.message);
    m = good(text);
    free(text);
    return m;
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    struct ub_image *image = hex_image();
    struct ub_manifest_file *m = written(image, &full);
    assert_string_equal(m->name, "fw.hex");
    assert_int_equal(m->size, 1234);
    assert_memory_equal(m->sha256, image->sha256, 32);
    assert_string_equal(m->vendor, full.vendor);
    assert_int_equal(m->models.count, 2);
    assert_string_equal(m->models.text[1], "M2");
    assert_string_equal(m->revisions.text[1], "C");
    assert_string_equal(m->markets.text[0], "EU");
    assert_string_equal(m->families.text[0], "stm32f405");
    assert_string_equal(m->version, "1.2.3");
    assert_string_equal(m->min_version, "1.0");
    assert_string_equal(m->min_loader, "0.9");
    assert_int_equal(m->not_before, 1767225600);
    assert_int_equal(m->expires, 1798758000);
    assert_int_equal(m->region_count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(m->regions[i].alt, image->segments[i].alt);
        assert_int_equal(m->regions[i].address, image->segments[i].address);
        assert_int_equal(m->regions[i].length, image->segments[i].length);
    }
    ub_manifest_free(m);
    ub_image_close(image);
}

static void what_cannot_be_written(void **state)
{
    (void)state;
    static const char *const odd[] = {"a\xff", NULL};
    struct ub_image *image = hex_image();
    struct ub_manifest wrong[7] = {full, full, full, full, full, full, full};
    wrong[0].vendor = NULL;
    wrong[1].version = NULL;
    wrong[2].version = "one";
    wrong[3].families = wrong[3].models = NULL;
    wrong[4].expires = "2026-01-01";
    wrong[5].models = odd;
    wrong[6].vendor = "\xc3";
    for (size_t i = 0; i < 7; i++) {
        struct ub_error err = {0};
        char *text = (char *)image;
        assert_int_equal(ub_manifest_write(image, &wrong[i], &text, &err), UB_TRU_MANIFEST);
        assert_null(text);
        assert_true(err.message[0]);
    }
    ub_image_close(image);
}

static void many_pieces_have_no_regions(void **state)
{
    (void)state;
    struct ub_image *image = NULL;
    const uint8_t byte = 7;
    assert_int_equal(ub_image_new("fw.hex", &image, NULL), UB_OK);
    for (uint64_t i = 0; i <= UB_MANIFEST_REGIONS_MAX; i++)
        assert_int_equal(ub_image_add(image, UB_IMAGE_ALT_NONE, true, i * 16, &byte, 1, NULL),
                         UB_OK);
    assert_int_equal(ub_image_finish(image, NULL), UB_OK);
    image->file_size = 1;
    struct ub_manifest_file *m = written(image, &full);
    assert_int_equal(m->region_count, 0);
    assert_int_equal(ub_manifest_apply(m, image, NULL), UB_OK);
    ub_manifest_free(m);
    ub_image_close(image);
}

static size_t count_of(const struct ub_image *image, enum ub_claim_kind kind, const char *text)
{
    size_t count = 0;
    for (size_t i = 0; i < image->claim_count; i++)
        count += image->claims[i].kind == kind && strcmp(image->claims[i].text, text) == 0 &&
                 strcmp(image->claims[i].source, "manifest") == 0;
    return count;
}

static void its_words_become_claims(void **state)
{
    (void)state;
    struct ub_image *image = hex_image();
    struct ub_manifest_file *m = written(image, &full);
    assert_int_equal(ub_manifest_apply(m, image, NULL), UB_OK);
    assert_int_equal(ub_manifest_apply(m, image, NULL), UB_OK); /* and once only */
    assert_int_equal(image->claim_count, 10);
    assert_int_equal(count_of(image, UB_CLAIM_VENDOR, full.vendor), 1);
    assert_int_equal(count_of(image, UB_CLAIM_FAMILY, "stm32f405"), 1);
    assert_int_equal(count_of(image, UB_CLAIM_MODEL, "M1"), 1);
    assert_int_equal(count_of(image, UB_CLAIM_MODEL, "M2"), 1);
    assert_int_equal(count_of(image, UB_CLAIM_REVISION, "B"), 1);
    assert_int_equal(count_of(image, UB_CLAIM_REVISION, "C"), 1);
    assert_int_equal(count_of(image, UB_CLAIM_MARKET, "EU"), 1);
    assert_int_equal(count_of(image, UB_CLAIM_VERSION, "1.2.3"), 1);
    assert_int_equal(count_of(image, UB_CLAIM_MIN_VERSION, "1.0"), 1);
    assert_int_equal(count_of(image, UB_CLAIM_MIN_LOADER, "0.9"), 1);
    ub_manifest_free(m);
    ub_image_close(image);
}

/** What is to be changed so that the manifest is of another image. */
static void change(unsigned number, struct ub_image *image, struct ub_manifest_file *m)
{
    switch (number) {
    case 0:
        image->file_size++;
        break;
    case 1:
        image->sha256[31] ^= 1;
        break;
    case 2:
        image->segments[0].data[299] ^= 1;
        break;
    case 3:
        image->segments[1].length--;
        break;
    case 4:
        m->regions[1].address++;
        break;
    case 5:
        m->regions[2].alt = UB_IMAGE_ALT_NONE;
        break;
    case 6:
        m->region_count--; /* there is more in the image than in the manifest */
        break;
    case 7:
        m->regions[2] = m->regions[1]; /* the same twice, and as long as all of it */
        m->regions[2].length = 7;
        break;
    default:
        m->regions[0].length = INT64_MAX;
        break;
    }
}

static void of_another_image(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 9; i++) {
        struct ub_image *image = hex_image();
        struct ub_manifest_file *m = written(image, &full);
        struct ub_error err = {0};
        change(i, image, m);
        if (ub_manifest_apply(m, image, &err) != UB_TRU_OTHER_IMAGE)
            fail_msg("change %u is not noticed", i);
        assert_true(err.message[0]);
        assert_int_equal(image->claim_count, 0);
        ub_manifest_free(m);
        ub_image_close(image);
    }
}

static void no_claim_is_dropped(void **state)
{
    (void)state;
    struct ub_image *image = hex_image();
    struct ub_manifest_file *m = written(image, &full);
    for (unsigned i = 0; i < UB_IMAGE_CLAIMS_MAX - 5; i++)
        assert_int_equal(ub_image_add_claim(image, UB_CLAIM_GUID, "metainfo", i, 0, "g", NULL),
                         UB_OK);
    assert_int_equal(ub_manifest_apply(m, image, NULL), UB_TRU_MANIFEST);
    ub_manifest_free(m);
    ub_image_close(image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_least),
        cmocka_unit_test(the_documented_one),
        cmocka_unit_test(times),
        cmocka_unit_test(what_may_be_added),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(limits),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(what_cannot_be_written),
        cmocka_unit_test(many_pieces_have_no_regions),
        cmocka_unit_test(its_words_become_claims),
        cmocka_unit_test(of_another_image),
        cmocka_unit_test(no_claim_is_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
