/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of magic numbers: every row is reached, and none by firmware. */
#include "image_test.h"

#include "base/bytes.h"
#include "image/magic.h"

#include <sodium.h>

#define SIZE 8192

/** Firmware's first bytes must not be a row's, so a row's must not be firmware's. */
static bool is_stack_pointer(const uint8_t *bytes)
{
    uint32_t word = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
                    (uint32_t)bytes[3] << 24;
    return word >= 0x10000000 && word <= 0x40000000 && (word & 3u) == 0;
}

/* What makes the weak rows true, in a file of `length` zeros with their magic. */
struct filling {
    const char *name;
    size_t offset;
    const char *magic;
    size_t length;
    struct {
        size_t at;
        const char *bytes;
        size_t size;
    } parts[4];
};

#define PART(at, text)                                                                             \
    {                                                                                              \
        at, (text), sizeof(text) - 1                                                               \
    }

static const struct filling fillings[] = {
    {"a ZIP archive", 0, "PK", 64, {PART(2, "\3\4")}},
    {"a bzip2 file", 0, "BZh", 64, {PART(3, "9\x31\x41\x59\x26\x53\x59")}},
    {"an LZ4 file", 0, "\x04\x22\x4d\x18", 64, {PART(4, "\x64\x40\xa7")}},
    {"a file of compress", 0, "\x1f\x9d", 64, {PART(2, "\x90\x41\x84")}},
    {"a BMP picture", 0, "BM", 64, {PART(2, "\x40\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0")}},
    {"a font", 0, "\0\1\0\0", 64, {PART(4, "\0\x0b\0\x80\0\3\0\x30")}},
    {"a WAV or AVI file", 0, "RIFF", 64, {PART(8, "WAVE")}},
    {"a WAV or AVI file", 0, "RIFF", 64, {PART(8, "AVI ")}},
    {"a Windows program", 0, "MZ", 256, {PART(0x3c, "\x80\0\0\0"), PART(0x80, "PE\0\0")}},
    {"UTF-16 text", 0, "\xff\xfe", 64, {PART(2, ":\0001\0")}},
    {"UTF-16 text", 0, "\xfe\xff", 64, {PART(2, "\0:\0001")}},
    {"a signature of OpenPGP", 0, "\x88", 0x7b + 2, {PART(1, "\x7b\4\0\x16\x08")}},
    {"a signature of OpenPGP", 0, "\x89", 0x133 + 3, {PART(1, "\1\x33\4\0\1\x08")}},
    {"a UEFI firmware volume", 40, "_FVH", 128, {PART(48, "\x48\0"), PART(55, "\2")}},
    {"an option ROM of a PC", 0, "\x55\xaa", 256, {PART(0x18, "\x40\0"), PART(0x40, "PCIR")}},
    {"an Apple firmware image (IMG4)", 0, "\x30", 64, {PART(1, "\x83\1\0\0\x16\4IM4P")}},
    {"an Apple firmware image (IMG4)", 0, "\x30", 64, {PART(1, "\x20\x16\4IMG4")}},
    {"a certificate, key or signature in DER", 0, "\x30\x82", 0x304, {PART(2, "\3\0\x30\x82")}},
    {"a certificate, key or signature in DER", 0, "\x30\x82", 0x304, {PART(2, "\3\0\6\x09")}},
    /* a header that says nothing; its CRC by zlib */
    {"a U-Boot image (uImage)", 0, "\x27\x05\x19\x56", 64, {PART(4, "\x33\xa9\x13\x15")}},
    {"a router's firmware (TRX)", 0, "HDR0", 64, {PART(4, "\x40\0\0\0\0\0\0\0\0\0\1\0\x1c\0\0\0")}},
    {"a device tree or FIT image",
     0,
     "\xd0\x0d\xfe\xed",
     256,
     {PART(4, "\0\0\1\0\0\0\0\x38\0\0\0\x80\0\0\0\x28\0\0\0\x11")}},
    {"a SquashFS file system", 0, "hsqs", 128, {PART(28, "\4\0\0\0")}},
    {"a SquashFS file system", 0, "sqsh", 128, {PART(28, "\0\3\0\0")}},
    /* the clean marker of an empty erase block, as mkfs.jffs2 writes it */
    {"a JFFS2 file system", 0, "\x85\x19", 64, {PART(2, "\3\x20\x0c\0\0\0\xb1\xb0\x1e\xe4")}},
    {"an ext file system",
     1080,
     "\x53\xef",
     4096,
     {PART(1024, "\x80\0\0\0\0\x02\0\0"), PART(1036, "\xf0\1\0\0\x75\0\0\0")}},
    {"a FAT file system", 54, "FAT", 1024, {PART(0, "\xeb\x3c\x90"), PART(510, "\x55\xaa")}},
    {"a FAT file system", 82, "FAT32", 1024, {PART(0, "\xeb\x58\x90"), PART(510, "\x55\xaa")}},
    {"a disk image (MBR)",
     510,
     "\x55\xaa",
     1024,
     {PART(446, "\x80\0\0\0\x0c\0\0\0\0\x08\0\0\0\0\1\0")}},
};

static uint8_t *make(const struct ub_magic *m, const struct filling *f, size_t length)
{
    uint8_t *bytes = calloc(1, length);
    assert_non_null(bytes);
    memcpy(bytes + m->offset, m->bytes, m->length);
    for (size_t i = 0; f && i < 4 && f->parts[i].bytes; i++)
        memcpy(bytes + f->parts[i].at, f->parts[i].bytes, f->parts[i].size);
    return bytes;
}

static void expect_name(const uint8_t *bytes, size_t length, const char *name)
{
    const struct ub_recognised *what = ub_recognise(bytes, length);
    if ((what == NULL) != (name == NULL) || (name && strcmp(what->name, name) != 0))
        print_error("%s instead of %s\n", what ? what->name : "nothing", name ? name : "nothing");
    if (!name) {
        assert_null(what);
        return;
    }
    assert_non_null(what);
    assert_string_equal(what->name, name);
}

/** A row with a further test is true with it, and false in a file of zeros and the magic alone. */
static size_t expect_weak_row(const struct ub_magic *m)
{
    size_t found = 0;
    for (size_t i = 0; i < sizeof(fillings) / sizeof(fillings[0]); i++) {
        const struct filling *f = &fillings[i];
        if (f->offset != m->offset || strcmp(f->name, m->what.name) != 0 ||
            memcmp(f->magic, m->bytes, m->length) != 0)
            continue;
        uint8_t *bytes = make(m, f, f->length);
        expect_name(bytes, f->length, f->name);
        for (size_t n = 0; n < f->length; n += 1 + n / 64) { /* every cut is safe */
            uint8_t *cut = malloc(n ? n : 1);
            assert_non_null(cut);
            memcpy(cut, bytes, n);
            (void)ub_recognise(cut, n);
            free(cut);
        }
        free(bytes);
        bytes = make(m, NULL, SIZE);
        expect_name(bytes, SIZE, NULL);
        free(bytes);
        found++;
    }
    return found;
}

static void every_row_is_reached(void **state)
{
    (void)state;
    for (const struct ub_magic *m = ub_magics; m->what.name; m++) {
        assert_true(strlen(m->what.name) < 64);
        if (m->also) {
            if (!expect_weak_row(m))
                print_error("no sample for %s\n", m->what.name);
            assert_true(expect_weak_row(m) > 0);
            continue;
        }
        size_t length = m->offset + m->length;
        uint8_t *bytes = make(m, NULL, length + 100);
        expect_name(bytes, length + 100, m->what.name);
        const struct ub_recognised *cut = ub_recognise(bytes, length - 1);
        assert_true(!cut || strcmp(cut->name, m->what.name) != 0);
        free(bytes);
    }
}

/** Strong enough: as few bytes as firmware would have by chance need a further test. */
static void no_row_is_weak(void **state)
{
    (void)state;
    for (const struct ub_magic *m = ub_magics; m->what.name; m++) {
        assert_true(m->length >= 3 || m->also);
        if (m->offset == 0 && m->length >= 4 && m->length < 6 && !m->also) {
            if (is_stack_pointer((const uint8_t *)m->bytes))
                print_error("%s begins like a vector table\n", m->what.name);
            assert_false(is_stack_pointer((const uint8_t *)m->bytes));
        }
    }
}

/** Firmware that begins with a vector table is firmware, whatever stands further inside. */
static void vectors_count_more_than_what_is_inside(void **state)
{
    (void)state;
    for (const struct ub_magic *m = ub_magics; m->what.name; m++) {
        if (m->offset < 8)
            continue;
        uint8_t *bytes = make(m, NULL, m->offset + 4096);
        ub_put_u32le(bytes, 0x20005000);
        ub_put_u32le(bytes + 4, 0x08000101);
        expect_name(bytes, m->offset + 4096, NULL);
        free(bytes);
    }
}

static void random_bytes(uint8_t *bytes, size_t length, uint32_t number)
{
    unsigned char seed[randombytes_SEEDBYTES] = {0};
    ub_put_u32le(seed, number);
    randombytes_buf_deterministic(bytes, length, seed);
}

static void ten_thousand_random_files(void **state)
{
    (void)state;
    uint8_t bytes[4096];
    for (uint32_t i = 0; i < 10000; i++) {
        size_t length = 16 + i % 4000;
        random_bytes(bytes, length, i);
        expect_name(bytes, length, NULL);
        ub_put_u32le(bytes, 0x20000000 + (bytes[0] & 0xffu) * 0x400); /* and with vectors */
        ub_put_u32le(bytes + 4, 0x08000000 | bytes[4] | 1u);
        expect_name(bytes, length, NULL);
    }
}

static void files_of_one_byte(void **state)
{
    (void)state;
    uint8_t bytes[1024];
    memset(bytes, 0, sizeof(bytes));
    expect_name(bytes, 255, NULL);
    expect_name(bytes, 256, "nothing but zeros");
    bytes[1023] = 1;
    expect_name(bytes, 1024, NULL);
    memset(bytes, 0xff, sizeof(bytes));
    expect_name(bytes, 255, NULL);
    expect_name(bytes, 1024, "nothing but blank bytes (0xff)");
    memset(bytes, 0xa5, sizeof(bytes));
    expect_name(bytes, 1024, NULL);
}

/** What some devices take can be named; nothing else can, and not under another name. */
static void what_can_be_named(void **state)
{
    (void)state;
    struct ub_image *image = NULL;
    struct ub_error err;
    struct ub_image_options options = {.accept_blank = true, .accept_bad_crc = true};
    uint8_t bytes[1024] = "hsqs";
    bytes[28] = 4;
    assert_int_equal(ub_image_parse("fs.bin", bytes, 1024, &options, &image, &err), UB_IMG_NOT_RAW);
    assert_non_null(strstr(err.message, "--accept system-image"));
    options = (struct ub_image_options){.accept_system_image = true};
    assert_int_equal(ub_image_parse("fs.bin", bytes, 1024, &options, &image, &err), UB_OK);
    assert_string_equal(image->format->name, "raw");
    ub_image_close(image);
    memset(bytes, 0, sizeof(bytes));
    assert_int_equal(ub_image_parse("0.bin", bytes, 1024, &options, &image, &err), UB_IMG_NOT_RAW);
    assert_non_null(strstr(err.message, "--accept blank"));
    options = (struct ub_image_options){.accept_blank = true};
    assert_int_equal(ub_image_parse("0.bin", bytes, 1024, &options, &image, &err), UB_OK);
    ub_image_close(image);
    options.accept_system_image = true;
    memcpy(bytes, "\x89PNG\r\n\x1a\n", 8);
    assert_int_equal(ub_image_parse("x.bin", bytes, 1024, &options, &image, &err), UB_IMG_NOT_RAW);
    assert_null(strstr(err.message, "--accept"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_reached),
        cmocka_unit_test(no_row_is_weak),
        cmocka_unit_test(vectors_count_more_than_what_is_inside),
        cmocka_unit_test(ten_thousand_random_files),
        cmocka_unit_test(files_of_one_byte),
        cmocka_unit_test(what_can_be_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
