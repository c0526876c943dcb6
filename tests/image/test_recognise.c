/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What must not be flashed raw is recognised by its content; real firmware is not. */
#include "image_test.h"

struct sample {
    const char *bytes;
    size_t length;
    const char *name; /* NULL: may be firmware */
};

#define BYTES(text) (text), sizeof(text) - 1

static const struct sample samples[] = {
    {BYTES("S1 04 0000 41 BA\r\n"), "text, perhaps a damaged file of S-records"},
    {BYTES("DfuSe\1\0\0\0\0\1"), "a DfuSe file whose end is missing or damaged"},
    {BYTES("\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), "a PNG picture"},
    {BYTES("\xff\xd8\xff\xe0\0\x10JFIF"), "a JPEG picture"},
    {BYTES("GIF89a\0\0"), "a GIF picture"},
    {BYTES("GIF87a\0\0"), "a GIF picture"},
    {BYTES("RIFF\0\0\0\0WEBPVP8 "), "a WebP picture"},
    {BYTES("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n\0"), "a PDF document"},
    {BYTES("PK\3\4\x14\0"), "a ZIP archive"},
    {BYTES("PK\5\6\0\0"), "a ZIP archive"},
    {BYTES("\x1f\x8b\x08\0"), "a gzip file"},
    {BYTES("\xfd"
           "7zXZ\0\0\4"),
     "an xz file"},
    {BYTES("\x28\xb5\x2f\xfd\0"), "a Zstandard file"},
    {BYTES("\x04\x22\x4d\x18\x64\x40\xa7"), "an LZ4 file"},
    {BYTES("BZh91AY&SY\0"), "a bzip2 file"},
    {BYTES("7z\xbc\xaf\x27\x1c\0\4"), "a 7-Zip archive"},
    {BYTES("Rar!\x1a\x07\1\0"), "a RAR archive"},
    {BYTES("MSCF\0\0\0\0"), "a cabinet archive"},
    {BYTES("!<arch>\ndebian-binary"), "an ar archive"},
    {BYTES("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0"), "a Microsoft document or installer"},
    {BYTES("\xcf\xfa\xed\xfe\7\0\0\1"), "a Mach-O program"},
    {BYTES("\xfe\xed\xfa\xce\0\0\0\1"), "a Mach-O program"},
    {BYTES("\xca\xfe\xba\xbe\0\0\0\2"), "a Mach-O or Java program"},
    {BYTES("\0asm\1\0\0\0"), "a WebAssembly module"},
    {BYTES("SQLite format 3\0"), "an SQLite database"},
    {BYTES("\xff\xfe:\0001\0000\0"), "UTF-16 text"},
    {BYTES("\xfe\xff\0:\0001\0000"), "UTF-16 text"},
    {BYTES("<!DOCTYPE html>\n<html>"), "a web page"},
    {BYTES("\n  <HTML><head>"), "a web page"},
    {BYTES("\xef\xbb\xbf<!doctype html>"), "a web page"},
    {BYTES("<?xml version=\"1.0\"?>"), "an XML file"},
    {BYTES("<svg xmlns="), "an SVG picture"},
    {BYTES("{\"message\": \"Not Found\"}"), "a web server's error message"},
    {BYTES("{\"version\": 1}"), "a JSON file"},
    {BYTES("[{\"a\": 1}]"), "a JSON file"},
    {BYTES("#!/bin/sh\nexit\n"), "a script"},
    {BYTES("version https://git-lfs.github.com/spec/v1\n"), "a Git LFS pointer"},
    {BYTES("-----BEGIN PGP SIGNATURE-----\n"), "a signature of OpenPGP"},
    {BYTES("-----BEGIN PGP SIGNED MESSAGE-----\n"), "a signed text of OpenPGP"},
    {BYTES("-----BEGIN PGP PUBLIC KEY BLOCK-----\n"), "a public key of OpenPGP"},
    {BYTES("-----BEGIN CERTIFICATE-----\n"), "a certificate"},
    {BYTES("-----BEGIN PUBLIC KEY-----\n"), "a public key"},
    {BYTES("-----BEGIN PRIVATE KEY-----\n"), "a key, certificate or signature"},
    {BYTES("ssh-ed25519 AAAA"), "a public key of SSH"},
    {BYTES("SHA256 (fw.bin) = 00"), "a file of digests"},
    {BYTES("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  fw.bin\n"),
     "a file of digests"},
    {BYTES("E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"),
     "a file of digests"},
    {BYTES("da39a3ee5e6b4b0d3255bfef95601890afd80709 *fw.bin"), "a file of digests"},
    {BYTES("d41d8cd98f00b204e9800998ecf8427e  fw.bin"), "a file of digests"},
    {BYTES("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85g"), "a text file"},
    {BYTES("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8  fw"), "a text file"},
    {BYTES("untrusted comment: minisign public key 1\n"
           "RWTKaRO2Rv7XMTHV8bEpGs33AEYd8nXWDeStQQCzRoXUgKrrACFoNmZq\n"),
     "a public key of minisign or signify"},
    {BYTES("untrusted comment: signature\r\n"
           "RUTKaRO2Rv7XMTHV8bEpGs33AEYd8nXWDeStQQCzRoXUgKrrACFoNmZqRUTKaRO2Rv7XMTHV8bEpGs33AEYd8nX"
           "WDeStQQCz"
           "Rw==\r\n"),
     "a signature of minisign or signify"},
    {BYTES("untrusted comment: verify with key.pub"), "a text file"},
    {BYTES("---\nmodel: x\n"), "a YAML file"},
    {BYTES("diff --git a/x b/x"), "a patch"},
    {BYTES("#include <stdio.h>"), "source code"},
    {BYTES("/* firmware */"), "source code"},
    {BYTES("<!-- moved -->"), "a web page"},
    {BYTES("<Error><Code>AccessDenied"), "a web server's error message"},
    {BYTES("{\\rtf1\\ansi"), "an RTF document"},
    {BYTES(":xx00000001FF\n"), "text, perhaps a damaged Intel HEX file"},
    {BYTES("404: Not Found"), "a web server's error message"},
    {BYTES("Not Found\n"), "a web server's error message"},
    {BYTES("Read me first.\n"), "a text file"},
    {BYTES("Gr\xc3\xbc\xc3\x9f"
           "e aus dem Quelltext\n"),
     "a text file"},

    /* Near misses that may be firmware. */
    {BYTES("\x7f"
           "EL\0"),
     NULL},
    {BYTES("UF2\n\0\0\0\0\0\0\0\0"), NULL},
    {BYTES("S0 is a wor\0"), NULL},
    {BYTES("MZ\x90\0\3\0\0\0"), NULL}, /* no PE header behind it */
    {BYTES("PK\1\1\0\0"), NULL},
    {BYTES("BZh9\0\0\0\0\0\0\0\0"), NULL},
    {BYTES("\xff\xfe\xff\xfe\xff\xfe"), NULL},
    {BYTES("short"), NULL}, /* could be chance */
    {BYTES("text with a zero\0in it"), NULL},
    {BYTES("text with a \1 in it"), NULL},
    {BYTES("\xff\xff\xff\xff\xff\xff\xff\xff"), NULL},
    {BYTES("\0\0\0\0\0\0\0\0"), NULL},
    {BYTES("\x00\x20\x00\x20\x1d\x41\x00\x00"), NULL}, /* toboot's vector table */
    {BYTES("\x0c\x94\x34\x00\x0c\x94\x51\x00"), NULL}, /* AVR jmp */
    {BYTES("\xe9\x03\x02\x2f\x34\x02\x08\x40"), NULL}, /* ESP32 */
    {BYTES("\x27\x05\x19\x56\xaa\xbb\xcc\xdd"), NULL}, /* U-Boot legacy image */
};

/** Archives have been opened before a file is looked at as raw bytes, so this asks the parser. */
static void expect_not_raw(const char *name, const void *bytes, size_t length, const char *words)
{
    struct ub_image *image = NULL;
    struct ub_error err;
    assert_int_equal(ub_image_parse(name, bytes, length, NULL, &image, &err), UB_IMG_NOT_RAW);
    assert_null(image);
    assert_non_null(strstr(err.message, words));
    assert_non_null(strstr(err.message, name)); /* says which file */
}

static void samples_are_recognised(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        const struct sample *s = &samples[i];
        const char *name = ub_image_recognise((const uint8_t *)s->bytes, s->length);
        if (!s->name) {
            if (name)
                print_error("row %zu taken for %s\n", i, name);
            assert_null(name);
            continue;
        }
        if (!name)
            print_error("row %zu (%s) not recognised\n", i, s->name);
        assert_non_null(name);
        assert_string_equal(name, s->name);
        expect_not_raw("fw.bin", s->bytes, s->length, s->name);
    }
}

static void every_cut_of_a_sample_is_safe(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        for (size_t n = 0; n < samples[i].length; n++) {
            /* A copy without slack, so that a read past its end is seen by the sanitizer. */
            uint8_t *cut = malloc(n ? n : 1);
            assert_non_null(cut);
            memcpy(cut, samples[i].bytes, n);
            (void)ub_image_recognise(cut, n);
            free(cut);
        }
    }
}

static void magic_further_inside(void **state)
{
    (void)state;
    uint8_t *bytes = malloc(0x8006);
    assert_non_null(bytes);
    memset(bytes, 0x80, 0x8006);
    assert_null(ub_image_recognise(bytes, 0x8006));
    memcpy(bytes + 0x8001, "CD001", 5);
    assert_string_equal(ub_image_recognise(bytes, 0x8006), "an ISO 9660 disk image");
    assert_null(ub_image_recognise(bytes, 0x8005));
    memcpy(bytes + 257, "ustar", 5);
    assert_string_equal(ub_image_recognise(bytes, 0x8006), "a tar archive");
    memset(bytes, 0x80, 0x8006);
    memcpy(bytes, "MZ", 2);
    memcpy(bytes + 0x3c, "\x80\0\0\0", 4);
    assert_null(ub_image_recognise(bytes, 0x8006));
    memcpy(bytes + 0x80, "PE\0\0", 4);
    assert_string_equal(ub_image_recognise(bytes, 0x8006), "a Windows program");
    assert_null(ub_image_recognise(bytes, 0x83));
    free(bytes);
}

static void the_refusal_says_what_to_do(void **state)
{
    (void)state;
    expect_refused("toboot.elf",
                   "\x7f"
                   "ELF\1\1\1\0",
                   8, UB_IMG_ELF, "inside its header");
    expect_refused("fw.uf2", "UF2\nWQ]\x9e\0\0\0\0", 12, UB_IMG_UF2, "cut short");
    expect_not_raw("fw.zip", "PK\3\4\0\0", 6, "unpack it");
    /* What it is counts for more than what it is called. */
    expect_not_raw("fw.dfu", "<html><body>not found", 21, "a web page");
}

static void a_name_that_promises_more_than_raw(void **state)
{
    (void)state;
    expect_refused("fw.dfu", "\0\1\2\3", 4, UB_IMG_SUFFIX, "has no DFU suffix");
    expect_refused("fw.hex", "\0\1\2\3", 4, UB_IMG_HEX_SYNTAX, "line 1");
    expect_refused("fw.elf", "\0\1\2\3", 4, UB_IMG_ELF, "named like");
    expect_refused("fw.uf2", "\0\1\2\3", 4, UB_IMG_UF2, "named like");
    struct ub_image *image = open_good("fw.anything", "\0\1\2\3", 4);
    ub_image_close(image);
}

static void raw_files_are_written_when_in_one_part(void **state)
{
    (void)state;
    struct ub_image *image = open_good("fw.bin", "\0abc", 4);
    const struct ub_format *raw = ub_format_for_name("x.bin");
    struct ub_error err;
    uint8_t *bytes = NULL;
    size_t length = 0;
    assert_int_equal(raw->write(image, NULL, &bytes, &length, &err), UB_OK);
    assert_int_equal(length, 4);
    assert_memory_equal(bytes, "\0abc", 4);
    free(bytes);
    image->segments[0].has_address = true;
    assert_int_equal(ub_image_add(image, -1, true, 100, (const uint8_t *)"x", 1, NULL), UB_OK);
    assert_int_equal(raw->write(image, NULL, &bytes, &length, &err), UB_IMG_UNWRITABLE);
    assert_non_null(strstr(err.message, "2 separate parts"));
    ub_image_close(image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_are_recognised),
        cmocka_unit_test(every_cut_of_a_sample_is_safe),
        cmocka_unit_test(magic_further_inside),
        cmocka_unit_test(the_refusal_says_what_to_do),
        cmocka_unit_test(a_name_that_promises_more_than_raw),
        cmocka_unit_test(raw_files_are_written_when_in_one_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
