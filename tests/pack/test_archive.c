/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every kind of archive, whole and damaged. */
#include "pack_test.h"

#include "pack/archive.h"

/** A kind as it is written here. */
struct way {
    const char *name;
    int format;
    int filter;
    const char *packed;
    const char *member; /* as which "fw.hex" comes out of `name` */
};

static const struct way ways[] = {
    {"a.zip", ARCHIVE_FORMAT_ZIP, 0, "zip", "fw.hex"},
    {"a.tar", ARCHIVE_FORMAT_TAR_USTAR, 0, "tar", "fw.hex"},
    {"a.tar", ARCHIVE_FORMAT_TAR_PAX_INTERCHANGE, 0, "tar", "fw.hex"},
    {"a.tar", ARCHIVE_FORMAT_TAR_GNUTAR, 0, "tar", "fw.hex"},
    {"a.7z", ARCHIVE_FORMAT_7ZIP, 0, "7z", "fw.hex"},
    {"a.tar.gz", ARCHIVE_FORMAT_TAR_PAX_INTERCHANGE, ARCHIVE_FILTER_GZIP, "gzip, tar", "fw.hex"},
    {"a.tar.xz", ARCHIVE_FORMAT_TAR_GNUTAR, ARCHIVE_FILTER_XZ, "xz, tar", "fw.hex"},
    {"a.tar.zst", ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_ZSTD, "zstd, tar", "fw.hex"},
    {"a.tar.bz2", ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_BZIP2, "bzip2, tar", "fw.hex"},
    {"a.tar.lz4", ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_LZ4, "lz4, tar", "fw.hex"},
    {"fw.hex.gz", ARCHIVE_FORMAT_RAW, ARCHIVE_FILTER_GZIP, "gzip", "fw.hex"},
    {"fw.hex.xz", ARCHIVE_FORMAT_RAW, ARCHIVE_FILTER_XZ, "xz", "fw.hex"},
    {"fw.hex.zst", ARCHIVE_FORMAT_RAW, ARCHIVE_FILTER_ZSTD, "zstd", "fw.hex"},
    {"fw.hex.bz2", ARCHIVE_FORMAT_RAW, ARCHIVE_FILTER_BZIP2, "bzip2", "fw.hex"},
    {"fw.hex.lz4", ARCHIVE_FORMAT_RAW, ARCHIVE_FILTER_LZ4, "lz4", "fw.hex"},
};

#define WAYS (sizeof(ways) / sizeof(ways[0]))

static const struct piece firmware[] = {PIECE("fw.hex", HEX_A)};

static void every_kind(void **state)
{
    (void)state;
    for (size_t i = 0; i < WAYS; i++) {
        struct blob blob = pack_with(ways[i].format, ways[i].filter, NULL, firmware, 1);
        expect_member(ways[i].name, &blob, NULL, ways[i].packed, ways[i].member);
        expect_member(ways[i].name, &blob, "fw.hex", ways[i].packed, ways[i].member);
        /* The content tells, not the name. */
        struct ub_image *image = open_member("picture.png", &blob, NULL);
        ub_image_close(image);
        free(blob.bytes);
    }
}

/** A file that was cut anywhere is refused, or, where only what follows the content is missing,
 * gives the whole content: never part of it. */
static void cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < WAYS; i++) {
        struct blob blob = pack_with(ways[i].format, ways[i].filter, NULL, firmware, 1);
        for (size_t length = 1; length < blob.length; length++) {
            struct ub_image *image = NULL;
            struct ub_image_segment s;
            struct ub_error err = {0};
            uint8_t *exact = malloc(length); /* so that reading past it is seen */
            assert_non_null(exact);
            memcpy(exact, blob.bytes, length);
            enum ub_code code = ub_image_open_bytes(ways[i].name, exact, length, NULL, &image,
                                                    &err);
            if (!code && strcmp(image->packed, "") != 0) {
                assert_true(ub_image_segment(image, 0, &s));
                assert_int_equal(s.length, 4);
                assert_memory_equal(s.data, "\1\2\3\4", 4);
            }
            ub_image_close(image);
            free(exact);
        }
        free(blob.bytes);
    }
}

/** Every byte of the archive changed in turn: an error, or the content as it was. */
static void change_every_byte(const char *name, struct blob *blob)
{
    for (size_t at = 0; at < blob->length; at++) {
        struct ub_image *image = NULL;
        struct ub_image_segment s;
        blob->bytes[at] ^= 0x55;
        if (!ub_image_open_bytes(name, blob->bytes, blob->length, NULL, &image, NULL) &&
            strcmp(image->packed, "") != 0) {
            assert_true(ub_image_segment(image, 0, &s));
            assert_int_equal(s.length, 4);
            assert_memory_equal(s.data, "\1\2\3\4", 4);
        }
        ub_image_close(image);
        blob->bytes[at] ^= 0x55;
    }
}

/** Intel HEX has check sums of its own, which find what those of the archive do not look at. */
static void every_byte_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < WAYS; i++) {
        struct blob blob = pack_with(ways[i].format, ways[i].filter, NULL, firmware, 1);
        change_every_byte(ways[i].name, &blob);
        free(blob.bytes);
    }
    struct blob blob = read_data("umlaut.cab");
    change_every_byte("umlaut.cab", &blob);
    free(blob.bytes);
}

/** Raw bytes have none: those of the archive have to be compared. */
static void wrong_check_sum(void **state)
{
    static const struct way kept[] = {
        {"a.zip", ARCHIVE_FORMAT_ZIP, 0, "zip:compression=store", NULL},
        {"a.7z", ARCHIVE_FORMAT_7ZIP, 0, "7zip:compression=store", NULL},
        {"fw.bin.gz", ARCHIVE_FORMAT_RAW, ARCHIVE_FILTER_GZIP, "gzip:compression-level=1", NULL},
        {"fw.bin.xz", ARCHIVE_FORMAT_RAW, ARCHIVE_FILTER_XZ, NULL, NULL},
        {"fw.bin.bz2", ARCHIVE_FORMAT_RAW, ARCHIVE_FILTER_BZIP2, NULL, NULL},
        {"fw.bin.lz4", ARCHIVE_FORMAT_RAW, ARCHIVE_FILTER_LZ4, NULL, NULL},
        {"a.tar.gz", ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_GZIP, NULL, NULL},
    };
    static const struct piece piece[] = {PIECE("fw.bin", RAW_A)};
    (void)state;
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        struct blob blob = pack_with(kept[i].format, kept[i].filter, kept[i].packed, piece, 1);
        for (size_t at = 0; at < blob.length; at++) {
            struct ub_image_options options = {.member = "fw.bin"};
            struct ub_image *image = NULL;
            struct ub_image_segment s;
            blob.bytes[at] ^= 0x10;
            if (!ub_image_open_bytes(kept[i].name, blob.bytes, blob.length, &options, &image,
                                     NULL)) {
                assert_true(ub_image_segment(image, 0, &s));
                if (s.length != sizeof(RAW_A) - 1 || memcmp(s.data, RAW_A, s.length) != 0)
                    fail_msg("%s: byte %zu changed, and taken", kept[i].name, at);
            }
            ub_image_close(image);
            blob.bytes[at] ^= 0x10;
        }
        free(blob.bytes);
    }
}

static void damaged(void **state)
{
    (void)state;
    struct blob blob = compress_with(ARCHIVE_FILTER_GZIP, HEX_A, sizeof(HEX_A) - 1);
    blob.bytes[blob.length - 5] ^= 1;
    expect_error("fw.hex.gz", &blob, NULL, UB_IMG_CONTAINER, "check sum");
    free(blob.bytes);
    blob = pack_zip(firmware, 1);
    blob.length -= 30;
    expect_error("a.zip", &blob, NULL, UB_IMG_CONTAINER, "cannot be unpacked");
    free(blob.bytes);
    blob = pack_with(ARCHIVE_FORMAT_7ZIP, 0, NULL, firmware, 1);
    blob.length -= 8;
    expect_error("a.7z", &blob, NULL, UB_IMG_CONTAINER, "ends before its list");
    free(blob.bytes);
    static const char cabinet[] = "MSCF\0\0\0\0 not a cabinet after all.........";
    blob = (struct blob){0};
    blob_add(&blob, cabinet, sizeof(cabinet) - 1);
    expect_error("a.cab", &blob, NULL, UB_IMG_CONTAINER, "cab cannot be unpacked");
    free(blob.bytes);
}

/** gzip's header may have a name, a comment and more. */
static void gzip_name(void **state)
{
    (void)state;
    static const uint8_t named[] = {0x1f, 0x8b, 8, 0x08, 0, 0, 0, 0, 0, 3};
    struct blob plain = compress_with(ARCHIVE_FILTER_GZIP, RAW_A, sizeof(RAW_A) - 1);
    struct blob blob = {0};
    blob_add(&blob, named, sizeof(named));
    blob_add(&blob, "../fw\x1b[31m.bin", sizeof("../fw\x1b[31m.bin"));
    blob_add(&blob, plain.bytes + 10, plain.length - 10);
    expect_member("x.gz", &blob, NULL, "gzip", "../fw?[31m.bin");
    free(blob.bytes);
    expect_member("fw.bin.gz", &plain, NULL, "gzip", "fw.bin");
    /* Without a name of firmware raw bytes have to be asked for. */
    expect_error("fw.gz", &plain, NULL, UB_IMG_NONE_INSIDE, "fw (raw bytes, 23 bytes)");
    expect_member("fw.gz", &plain, "fw", "gzip", "fw");
    free(plain.bytes);
}

/** Names beyond ASCII come out as they are, although no locale was set. */
static void foreign_names(void **state)
{
    (void)state;
    static const struct piece pieces[] = {PIECE("f\xc3\xbcr-\xe6\x96\xb0.hex", HEX_A)};
    static const char *const files[] = {"umlaut.zip", "umlaut.7z", "umlaut.cab"};
    struct blob blob = pack_with(ARCHIVE_FORMAT_TAR_GNUTAR, 0, NULL, pieces, 1);
    expect_member("a.tar", &blob, NULL, "tar", "f\xc3\xbcr-\xe6\x96\xb0.hex");
    free(blob.bytes);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        blob = read_data(files[i]);
        struct ub_image *image = open_member(files[i], &blob, NULL);
        assert_string_equal(image->member, "f\xc3\xbcr.hex");
        ub_image_close(image);
        free(blob.bytes);
    }
}

/** Known answers: made by Debian's zip, 7z, gcab. */
static void encrypted(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        const char *words;
    } rows[] = {
        {"legacy.zip", "fw.hex is encrypted"},
        {"aes.zip", "fw.hex is encrypted"},
        {"content.7z", "fw.hex is encrypted"},
        {"list.7z", "even its list"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct blob blob = read_data(rows[i].file);
        expect_error(rows[i].file, &blob, NULL, UB_IMG_ENCRYPTED, rows[i].words);
        expect_error(rows[i].file, &blob, "fw.hex", UB_IMG_ENCRYPTED, "encrypted");
        free(blob.bytes);
    }
    /* One of two is: the other may be taken by its name. */
    struct blob blob = read_data("mixed.zip");
    expect_error("mixed.zip", &blob, NULL, UB_IMG_ENCRYPTED, "secret.hex is encrypted");
    expect_error("mixed.zip", &blob, "secret.hex", UB_IMG_ENCRYPTED, "secret.hex is encrypted");
    expect_member("mixed.zip", &blob, "open.hex", "zip", "open.hex");
    free(blob.bytes);
}

/** A firmware format is not taken apart, whatever it carries: this one is a DFU file of a gzip. */
static void payload_is_left_alone(void **state)
{
    (void)state;
    struct blob blob = read_data("gzip-inside.dfu");
    assert_int_equal(ub_packing(blob.bytes, blob.length), UB_PACKING_GZIP);
    struct ub_image *image = open_member("gzip-inside.dfu", &blob, NULL);
    assert_string_equal(image->format->name, "dfu");
    assert_string_equal(image->packed, "");
    ub_image_close(image);
    blob.bytes[blob.length - 17] ^= 1; /* of its payload */
    expect_error("gzip-inside.dfu", &blob, NULL, UB_IMG_SUFFIX_CRC, "CRC");
    free(blob.bytes);
}

/** And the other way round: this cabinet ends with the suffix of the DFU file that it holds. */
static void ends_like_its_member(void **state)
{
    (void)state;
    struct blob blob = read_data("stored-dfu.cab");
    assert_memory_equal(blob.bytes + blob.length - 8, "UFD\x10", 4);
    struct ub_image *image = open_member("stored-dfu.cab", &blob, NULL);
    assert_string_equal(image->packed, "cab");
    assert_string_equal(image->member, "firmware.dfu");
    assert_string_equal(image->format->name, "dfu");
    ub_image_close(image);
    free(blob.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind),
        cmocka_unit_test(cut),
        cmocka_unit_test(every_byte_wrong),
        cmocka_unit_test(wrong_check_sum),
        cmocka_unit_test(damaged),
        cmocka_unit_test(gzip_name),
        cmocka_unit_test(foreign_names),
        cmocka_unit_test(encrypted),
        cmocka_unit_test(payload_is_left_alone),
        cmocka_unit_test(ends_like_its_member),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
