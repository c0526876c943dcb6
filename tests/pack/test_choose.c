/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _XOPEN_SOURCE 700 /* mkstemp, pwrite */
/* Which file of an archive is the firmware: never guessed. */
#include "pack_test.h"

#include "base/bytes.h"

#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char text[] = "This is how it is flashed: carefully.\n";

static void zip_is(const struct piece *pieces, size_t count, const char *asked, const char *member)
{
    struct blob blob = pack_zip(pieces, count);
    expect_member("a.zip", &blob, asked, "zip", member);
    free(blob.bytes);
}

static void note_is(const struct piece *pieces, size_t count, const char *note)
{
    struct blob blob = pack_zip(pieces, count);
    struct ub_image *image = open_member("a.zip", &blob, NULL);
    assert_string_equal(image->note, note);
    ub_image_close(image);
    free(blob.bytes);
}

static void zip_fails(const struct piece *pieces, size_t count, const char *asked,
                      enum ub_code code, const char *words)
{
    struct blob blob = pack_zip(pieces, count);
    expect_error("a.zip", &blob, asked, code, words);
    free(blob.bytes);
}

/** A format of firmware is taken before raw bytes, whatever else lies beside it. */
static void the_only_one(void **state)
{
    (void)state;
    const struct piece pieces[] = {
        PIECE("readme.txt", text),
        PIECE("fw/board.bin", RAW_A),
        PIECE("fw/board.hex", HEX_A),
        PIECE("picture.bin", "\x89PNG\r\n\x1a\n........"),
    };
    zip_is(pieces, COUNT(pieces), NULL, "fw/board.hex");
    zip_is(pieces, COUNT(pieces), "fw/board.bin", "fw/board.bin");
    /* Without it the raw file is the only one: the picture is named like firmware, but is none. */
    const struct piece raw[] = {pieces[0], pieces[1], pieces[3]};
    zip_is(raw, COUNT(raw), NULL, "fw/board.bin");
    zip_is(raw, COUNT(raw), "fw", "fw/board.bin");
    zip_is(raw, COUNT(raw), "fw/", "fw/board.bin");
}

static void none(void **state)
{
    (void)state;
    const struct piece pieces[] = {PIECE("readme.txt", text), PIECE("data", RAW_A),
                                   PIECE("empty.bin", "")};
    zip_fails(pieces, COUNT(pieces), NULL, UB_IMG_NONE_INSIDE, "holds no firmware");
    zip_fails(pieces, COUNT(pieces), NULL, UB_IMG_NONE_INSIDE,
              "readme.txt (a text file, 38 bytes)");
    zip_fails(pieces, COUNT(pieces), "fw.bin", UB_IMG_NONE_INSIDE, "of the name fw.bin");
    zip_fails(pieces, COUNT(pieces), "fw.bin", UB_IMG_NONE_INSIDE, "readme.txt");
    zip_fails(pieces, COUNT(pieces), "readme.txt", UB_IMG_NOT_RAW, "text file");
    zip_fails(pieces, COUNT(pieces), "empty.bin", UB_IMG_EMPTY, "empty");
    zip_is(pieces, COUNT(pieces), "data", "data");
    zip_fails(NULL, 0, NULL, UB_IMG_NONE_INSIDE, "it is empty");
    struct blob hex = {(uint8_t *)HEX_A, sizeof(HEX_A) - 1, 0};
    expect_error("fw.hex", &hex, "x", UB_IMG_NONE_INSIDE, "is no archive");
}

static void several(void **state)
{
    (void)state;
    const struct piece pieces[] = {PIECE("a.hex", HEX_A), PIECE("b.hex", HEX_B)};
    zip_fails(pieces, 2, NULL, UB_IMG_SEVERAL, "2 files");
    zip_fails(pieces, 2, NULL, UB_IMG_SEVERAL, "a.hex (Intel HEX, 32 bytes)");
    zip_fails(pieces, 2, NULL, UB_IMG_SEVERAL, "b.hex (Intel HEX, 32 bytes)");
    zip_is(pieces, 2, "b.hex", "b.hex");
    const struct piece raw[] = {PIECE("a.bin", RAW_A), PIECE("B.BIN", RAW_A "x")};
    zip_fails(raw, 2, NULL, UB_IMG_SEVERAL, "B.BIN (raw bytes, 24 bytes)");
    /* One path twice: nobody can say which. */
    const struct piece twice[] = {PIECE("a.hex", HEX_A), PIECE("a.hex", HEX_B)};
    zip_fails(twice, 2, "a.hex", UB_IMG_SEVERAL, "a.hex");
}

/** The same firmware in several formats is one. At another address it is another. */
static void the_same(void **state)
{
    (void)state;
    const struct piece same[] = {
        PIECE("a.hex", HEX_A),
        PIECE("copy/b.hex", HEX_A),
        PIECE("c.srec", "S107000001020304EE\nS9030000FC\n"),
    };
    zip_is(same, COUNT(same), NULL, "a.hex");
    note_is(same, 3, "the same firmware is in copy/b.hex and c.srec");
    note_is(same, 2, "the same firmware is in copy/b.hex");
    note_is(same, 1, "");
    static const char folder[] =
        "a-folder-with-a-name-that-is-so-long-that-two-of-them-do-not-fit/";
    char names[2][sizeof(folder) + 8];
    struct piece far[3] = {same[0], same[0], same[0]};
    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "%s%zu.hex", folder, i);
        far[i + 1].path = names[i];
    }
    note_is(far, 3, "the same firmware is in 2 more files");
    const struct piece other[] = {PIECE("a.hex", HEX_A), PIECE("b.hex", HEX_LATE)};
    zip_fails(other, 2, NULL, UB_IMG_SEVERAL, "b.hex");
}

/** What is damaged counts: it may be the one that is meant. */
static void damaged_one(void **state)
{
    (void)state;
    const struct piece pieces[] = {PIECE("a.hex", ":0400000001020304F3\n:00000001FF\n"),
                                   PIECE("a.bin", RAW_A), PIECE("b.hex", HEX_A)};
    zip_fails(pieces, 1, NULL, UB_IMG_HEX_CHECKSUM, "while reading a.hex of a.zip");
    zip_fails(pieces, 2, NULL, UB_IMG_HEX_CHECKSUM, "while reading a.hex of a.zip");
    zip_fails(pieces, 3, NULL, UB_IMG_SEVERAL, "a.hex");
    zip_is(pieces, 3, "a.bin", "a.bin");
}

/** The flashing program for a computer that vendors put beside the firmware is not meant; alone, it
 * is what is wrong. */
static void program_beside(void **state)
{
    (void)state;
    static const uint8_t elf64[64] = {0x7f, 'E', 'L', 'F', 2, 1, 1, 0,  0, 0, 0,
                                      0,    0,   0,   0,   0, 2, 0, 62, 0, 1};
    const struct piece pieces[] = {{"flasher", elf64, sizeof(elf64), NULL}, PIECE("a.hex", HEX_A)};
    zip_is(pieces, 2, NULL, "a.hex");
    zip_fails(pieces, 1, NULL, UB_IMG_ELF, "flasher");
}

/** A file system is for devices with Linux, and blank bytes for nobody, unless they are named. */
static void accepted_kinds(void **state)
{
    (void)state;
    char romfs[64] = "-rom1fs-";
    uint8_t blank[1024];
    memset(blank, 0xff, sizeof(blank));
    const struct piece pieces[] = {{"root", romfs, sizeof(romfs), NULL},
                                   {"blank.bin", blank, sizeof(blank), NULL},
                                   PIECE("x.txt", text)};
    struct blob blob = pack_zip(pieces, 3);
    struct ub_image_options options = {.accept_system_image = true};
    struct ub_image *image = NULL;
    expect_error("a.zip", &blob, NULL, UB_IMG_NONE_INSIDE, "root (a romfs file system, 64 bytes)");
    assert_int_equal(ub_image_open_bytes("a.zip", blob.bytes, blob.length, &options, &image, NULL),
                     UB_OK);
    assert_string_equal(image->member, "root");
    ub_image_close(image);
    options = (struct ub_image_options){.accept_blank = true};
    assert_int_equal(ub_image_open_bytes("a.zip", blob.bytes, blob.length, &options, &image, NULL),
                     UB_OK);
    assert_string_equal(image->member, "blank.bin");
    ub_image_close(image);
    free(blob.bytes);
}

/** The list ends where the error has no more room, and says so. */
static void many(void **state)
{
    (void)state;
    enum { MANY = 100 };
    struct piece pieces[MANY];
    char paths[MANY][24];
    char content[MANY][40];
    for (unsigned i = 0; i < MANY; i++) {
        (void)ub_print(paths[i], sizeof(paths[i]), "board-%02u/firmware.bin", i);
        memcpy(content[i], RAW_A, sizeof(RAW_A));
        content[i][8] = (char)i;
        pieces[i] = (struct piece){paths[i], content[i], sizeof(RAW_A) - 1, NULL};
    }
    struct blob blob = pack_zip(pieces, MANY);
    expect_error("a.zip", &blob, NULL, UB_IMG_SEVERAL, "100 files");
    expect_error("a.zip", &blob, NULL, UB_IMG_SEVERAL, "board-00/firmware.bin");
    struct ub_image *image = NULL;
    struct ub_error err = {0};
    assert_int_equal(ub_image_open_bytes("a.zip", blob.bytes, blob.length, NULL, &image, &err),
                     UB_IMG_SEVERAL);
    assert_int_equal(err.depth, UB_ERROR_DEPTH - 1);
    unsigned told = 0;
    for (unsigned line = 0; line < err.depth; line++)
        for (const char *at = err.context[line]; (at = strstr(at, "firmware.bin")); at++)
            told++;
    char more[32];
    (void)ub_print(more, sizeof(more), "; and %u more", MANY - told);
    assert_true(told > 15);
    assert_non_null(strstr(err.context[err.depth - 1], more));
    free(blob.bytes);
}

/** zip in zip, gzip in zip; the paths lead through them. */
static void nested(void **state)
{
    (void)state;
    const struct piece inner[] = {PIECE("readme.txt", text), PIECE("fw/x.hex", HEX_A)};
    struct blob zip = pack_zip(inner, COUNT(inner));
    struct blob gz = compress_with(ARCHIVE_FILTER_GZIP, HEX_B, sizeof(HEX_B) - 1);
    struct blob tar = pack_with(ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_XZ, NULL, inner, 2);
    const struct piece outer[] = {{"inner.zip", zip.bytes, zip.length, NULL},
                                  {"y.hex.gz", gz.bytes, gz.length, NULL},
                                  {"z.tar.xz", tar.bytes, tar.length, NULL}};
    zip_fails(outer, 2, NULL, UB_IMG_SEVERAL, "y.hex.gz/y.hex (Intel HEX, 32 bytes)");
    struct blob blob = pack_zip(outer, 3);
    expect_member("a.zip", &blob, "inner.zip/fw/x.hex", "zip, zip", "inner.zip/fw/x.hex");
    expect_member("a.zip", &blob, "inner.zip", "zip, zip", "inner.zip/fw/x.hex");
    expect_member("a.zip", &blob, "y.hex.gz", "zip, gzip", "y.hex.gz/y.hex");
    expect_member("a.zip", &blob, "z.tar.xz", "zip, xz, tar", "z.tar.xz/fw/x.hex");
    expect_error("a.zip", &blob, "inner.zip/y.hex", UB_IMG_NONE_INSIDE, "inner.zip/fw/x.hex");
    free(blob.bytes);
    blob = pack_with(ARCHIVE_FORMAT_TAR_USTAR, 0, NULL, outer, 1);
    expect_member("a.tar", &blob, NULL, "tar, zip", "inner.zip/fw/x.hex");
    free(blob.bytes);
    free(zip.bytes);
    free(gz.bytes);
    free(tar.bytes);
}

/** One block of a UF2 file (its specification, "File format"). */
static void uf2_block(uint8_t *block, uint32_t family)
{
    memset(block, 0, 512);
    ub_put_u32le(block, 0x0a324655);
    ub_put_u32le(block + 4, 0x9e5d5157);
    ub_put_u32le(block + 8, 0x2000); /* a family follows */
    ub_put_u32le(block + 12, 0x10000000);
    ub_put_u32le(block + 16, 256);
    ub_put_u32le(block + 24, 1);
    ub_put_u32le(block + 28, family);
    block[32] = (uint8_t)family;
    ub_put_u32le(block + 508, 0x0ab16f30);
}

/** A file in an archive may hold several images itself: the path leads on into it. */
static void several_in_the_file(void **state)
{
    (void)state;
    uint8_t uf2[1024];
    uf2_block(uf2, 0xe48bff56);       /* RP2040 */
    uf2_block(uf2 + 512, 0xe48bff59); /* RP2350, Arm, secure */
    const struct piece pieces[] = {{"d/fw.uf2", uf2, sizeof(uf2), NULL}, PIECE("x.txt", text)};
    zip_fails(pieces, 2, NULL, UB_IMG_SEVERAL, "2 families");
    zip_fails(pieces, 2, "d/fw.uf2", UB_IMG_SEVERAL, "2 families");
    zip_fails(pieces, 2, "d/fw.uf2/nonsense", UB_IMG_SEVERAL, "2 families");
    zip_fails(pieces, 2, "x.txt/RP2040", UB_IMG_NONE_INSIDE, "of the name x.txt/RP2040");
    struct blob blob = pack_zip(pieces, 2);
    struct ub_image *image = open_member("a.zip", &blob, "d/fw.uf2/0xe48bff56");
    assert_string_equal(image->member, "d/fw.uf2");
    assert_int_equal(image->segments[0].data[0], 0x56);
    ub_image_close(image);
    image = open_member("a.zip", &blob, "d/fw.uf2/0xe48bff59");
    assert_int_equal(image->segments[0].data[0], 0x59);
    ub_image_close(image);
    /* it is shown as firmware, and how it is opened */
    struct ub_member *list = NULL;
    size_t count = 0;
    assert_int_equal(
        ub_pack_members("a.zip", blob.bytes, blob.length, &ub_pack_limits, &list, &count, NULL),
        UB_OK);
    assert_int_equal(count, 2);
    assert_true(list[0].firmware);
    assert_string_equal(list[0].what, "UF2 file for several families: PATH/FAMILY is one");
    assert_false(list[1].firmware);
    free(list);
    free(blob.bytes);
}

/** A damaged archive inside is passed over by naming something else. */
static void damaged_inside(void **state)
{
    (void)state;
    const struct piece pieces[] = {PIECE("a.hex", HEX_A), PIECE("tools.zip", "PK\3\4 nothing more"),
                                   PIECE("b.gz", "\x1f\x8b\x08 nor here")};
    zip_fails(pieces, 2, NULL, UB_IMG_CONTAINER, "in tools.zip, which is in a.zip");
    zip_is(pieces, 3, "a.hex", "a.hex");
}

/** What ub_image_members() tells. */
static void members(void **state)
{
    (void)state;
    const struct piece inner[] = {PIECE("x.hex", HEX_A)};
    struct blob zip = pack_zip(inner, 1);
    const struct piece pieces[] = {PIECE("a.bin", RAW_A),
                                   PIECE("notes", text),
                                   {"in.zip", zip.bytes, zip.length, NULL},
                                   {"link.bin", "", 0, "a.bin"},
                                   PIECE("bad\nname.hex", ":0400000001020304F3\n:00000001FF\n"),
                                   PIECE("other", RAW_A)};
    static const struct ub_member want[] = {
        {"a.bin", sizeof(RAW_A) - 1, "raw bytes", true},
        {"notes", sizeof(text) - 1, "a text file", false},
        {"in.zip/x.hex", sizeof(HEX_A) - 1, "Intel HEX", true},
        {"link.bin", 0, "a folder or a link", false},
        {"bad?name.hex", sizeof(HEX_A) - 1, "Intel HEX", false},
        {"other", sizeof(RAW_A) - 1, "raw bytes", false},
    };
    struct blob blob = pack_with(ARCHIVE_FORMAT_TAR_PAX_INTERCHANGE, 0, NULL, pieces,
                                 COUNT(pieces));
    struct ub_member *list = NULL;
    size_t count = 0;
    char path[] = "/tmp/unbrick-members-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, blob.bytes, blob.length), (ssize_t)blob.length);
    assert_int_equal(ub_image_members(path, &list, &count, NULL), UB_OK);
    assert_int_equal(count, COUNT(want));
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(list[i].path, want[i].path);
        assert_string_equal(list[i].what, want[i].what);
        assert_int_equal(list[i].length, want[i].length);
        assert_int_equal(list[i].firmware, want[i].firmware);
    }
    free(list);
    /* No archive has no members; what is not there is an error. */
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(pwrite(fd, HEX_A, sizeof(HEX_A) - 1, 0), (ssize_t)sizeof(HEX_A) - 1);
    assert_int_equal(ub_image_members(path, &list, &count, NULL), UB_OK);
    assert_true(list == NULL && count == 0);
    (void)close(fd);
    (void)unlink(path);
    struct ub_error err;
    assert_int_equal(ub_image_members(path, &list, &count, &err), UB_IMG_READ);
    free(blob.bytes);
    free(zip.bytes);
}

/** Those that are encrypted are listed all the same. */
static void members_encrypted(void **state)
{
    (void)state;
    struct blob blob = read_data("mixed.zip");
    struct ub_member *list = NULL;
    size_t count = 0;
    assert_int_equal(
        ub_pack_members("mixed.zip", blob.bytes, blob.length, &ub_pack_limits, &list, &count, NULL),
        UB_OK);
    assert_int_equal(count, 2);
    assert_string_equal(list[1].path, "secret.hex");
    assert_string_equal(list[1].what, "encrypted");
    assert_false(list[1].firmware);
    assert_true(list[0].firmware);
    free(list);
    free(blob.bytes);
}

/** ub_image_open() tells the path as well. */
static void from_disk(void **state)
{
    (void)state;
    const struct piece pieces[] = {PIECE("a.hex", HEX_A)};
    struct blob blob = pack_zip(pieces, 1);
    char path[] = "/tmp/unbrick-open-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, blob.bytes, blob.length), (ssize_t)blob.length);
    struct ub_image *image = NULL;
    uint8_t digest[32];
    assert_int_equal(ub_image_open(path, NULL, &image, NULL), UB_OK);
    assert_string_equal(image->path, path);
    assert_string_equal(image->name, strrchr(path, '/') + 1);
    assert_string_equal(image->member, "a.hex");
    /* The digest is that of the file on disk. */
    struct ub_image *raw = NULL;
    blob.bytes[0] = 'Q'; /* no archive any more */
    assert_int_equal(pwrite(fd, "PK", 2, 0), 2);
    assert_int_equal(ub_image_parse("x.bin", blob.bytes, blob.length, NULL, &raw, NULL), UB_OK);
    assert_memory_not_equal(image->sha256, raw->sha256, 32);
    ub_image_close(raw);
    blob.bytes[0] = 'P';
    memcpy(digest, image->sha256, sizeof(digest));
    ub_image_close(image);
    image = open_member("a.zip", &blob, NULL);
    assert_memory_equal(image->sha256, digest, sizeof(digest));
    ub_image_close(image);
    struct ub_image_options options = {.member = "b.hex"};
    assert_int_equal(ub_image_open(path, &options, &image, NULL), UB_IMG_NONE_INSIDE);
    (void)close(fd);
    (void)unlink(path);
    free(blob.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_only_one),
        cmocka_unit_test(none),
        cmocka_unit_test(several),
        cmocka_unit_test(the_same),
        cmocka_unit_test(damaged_one),
        cmocka_unit_test(program_beside),
        cmocka_unit_test(accepted_kinds),
        cmocka_unit_test(many),
        cmocka_unit_test(nested),
        cmocka_unit_test(several_in_the_file),
        cmocka_unit_test(damaged_inside),
        cmocka_unit_test(members),
        cmocka_unit_test(members_encrypted),
        cmocka_unit_test(from_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
