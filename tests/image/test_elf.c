/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ELF files, with some that GNU ld made, and what objcopy makes of them, as known answers. */
#include "image_test.h"

#include "base/bytes.h"

#define TYPE    16 /* offsets in Elf32_Ehdr */
#define MACHINE 18
#define ENTRY   24
#define PHOFF   28
#define SHOFF   32
#define EHSIZE  40
#define PHSIZE  42
#define PHNUM   44
#define SHSIZE  46
#define SHNUM   48

static void expect_same_image(const struct ub_image *a, const struct ub_image *b)
{
    assert_int_equal(a->segment_count, b->segment_count);
    for (size_t i = 0; i < a->segment_count; i++) {
        assert_true(a->segments[i].address == b->segments[i].address);
        assert_int_equal(a->segments[i].length, b->segments[i].length);
        assert_memory_equal(a->segments[i].data, b->segments[i].data, a->segments[i].length);
    }
}

static void expect_claim(const struct ub_image *image, enum ub_claim_kind kind, uint64_t number,
                         uint64_t detail, const char *text)
{
    const struct ub_claim *claim = ub_image_find_claim(image, kind);
    assert_non_null(claim);
    assert_true(claim->number == number);
    assert_true(claim->detail == detail);
    assert_string_equal(claim->text, text);
    assert_string_equal(claim->source, "ELF header");
}

static void what_objcopy_makes_of_it(void **state)
{
    (void)state;
    static const char *const names[] = {"elf-arm", "elf-armeb", "elf-headers"};
    for (size_t i = 0; i < 3; i++) {
        char name[64];
        size_t length;
        (void)ub_print(name, sizeof(name), "%s.txt", names[i]);
        uint8_t *elf = read_dump(name, &length);
        struct ub_image *image = open_good("fw.elf", elf, length);
        free(elf);
        (void)ub_print(name, sizeof(name), "%s.hex", names[i]);
        uint8_t *hex = read_data(name, &length);
        struct ub_image *known = open_good("fw.hex", hex, length);
        free(hex);
        assert_string_equal(image->format->name, "elf");
        assert_null(image->format->write);
        expect_same_image(image, known);
        expect_claim(image, UB_CLAIM_MACHINE, 40, 0x5000200, "Arm");
        expect_claim(image, UB_CLAIM_ENTRY, i == 2 ? 0x08000088 : 0x08000040, 0, "");
        ub_image_close(image);
        ub_image_close(known);
    }
}

/* The same firmware as objcopy and dfu-suffix made four files of it. */
static void one_firmware_in_four_formats(void **state)
{
    (void)state;
    size_t length;
    uint8_t *bytes = read_dump("four-bin.txt", &length);
    size_t size = length;
    struct ub_image *raw = open_good("four.bin", bytes, length);
    free(bytes);
    bytes = read_data("four.hex", &length);
    struct ub_image *hex = open_good("four.hex", bytes, length);
    free(bytes);
    bytes = read_dump("four-elf.txt", &length);
    struct ub_image *elf = open_good("four.elf", bytes, length);
    free(bytes);
    bytes = read_dump("four-dfu.txt", &length);
    struct ub_image *dfu = open_good("four.dfu", bytes, length);
    free(bytes);
    expect_segment(elf, 0, UB_IMAGE_ALT_NONE, 0x08000000, size);
    expect_same_image(elf, hex);
    expect_same_image(raw, dfu);
    assert_int_equal(raw->segment_count, 1);
    assert_int_equal(raw->segments[0].length, size);
    assert_memory_equal(raw->segments[0].data, elf->segments[0].data, size);
    ub_image_close(raw);
    ub_image_close(hex);
    ub_image_close(elf);
    ub_image_close(dfu);
}

/** The file of that name, to be spoilt. */
static uint8_t *fresh(const char *name, size_t *length)
{
    return read_dump(name, length);
}

/** A file with one 16-bit field of its header changed has to be refused in those words. */
static void refuse_field(size_t offset, uint16_t value, const char *words)
{
    size_t length;
    uint8_t *elf = fresh("elf-arm.txt", &length);
    ub_put_u16le(elf + offset, value);
    expect_refused("fw.elf", elf, length, UB_IMG_ELF, words);
    free(elf);
}

static void what_is_no_firmware_is_named(void **state)
{
    (void)state;
    size_t length;
    refuse_field(TYPE, 1, "is an object file, not linked yet, for another machine (Arm)");
    refuse_field(TYPE, 4, "(a core file)");
    refuse_field(TYPE, 0xfe00, "of an unknown kind");
    refuse_field(MACHINE, 3, "is a program for a PC (x86), not firmware");
    refuse_field(MACHINE, 183, "for a computer (AArch64)");
    uint8_t *elf = fresh("elf-arm.txt", &length);
    elf[4] = 2;
    ub_put_u16le(elf + MACHINE, 62);
    expect_refused("ls", elf, length, UB_IMG_ELF, "a program for a PC (x86-64), not firmware: it");
    ub_put_u16le(elf + TYPE, 3);
    expect_refused("ls", elf, length, UB_IMG_ELF, "is a library or a program for a PC (x86-64)");
    ub_put_u16le(elf + MACHINE, 0x7777);
    expect_refused("ls", elf, length, UB_IMG_ELF, "(machine 30583)");
    free(elf);
    /* A machine without a name can have firmware. */
    elf = fresh("elf-arm.txt", &length);
    ub_put_u16le(elf + MACHINE, 0x7777);
    struct ub_image *image = open_good("fw.elf", elf, length);
    expect_claim(image, UB_CLAIM_MACHINE, 0x7777, 0x5000200, "");
    ub_image_close(image);
    free(elf);
}

/* Position-independent firmware says where it starts; a shared library does not. */
static void dynamic_files(void **state)
{
    (void)state;
    size_t length;
    uint8_t *elf = fresh("elf-arm.txt", &length);
    ub_put_u16le(elf + TYPE, 3);
    ub_image_close(open_good("fw.elf", elf, length));
    ub_put_u32le(elf + ENTRY, 0x09000000);
    expect_refused("fw.elf", elf, length, UB_IMG_ELF, "a library or a program for another machine");
    ub_put_u16le(elf + TYPE, 2);
    ub_put_u32le(elf + 52 + 3 * 32, 3); /* the last program header names an interpreter */
    expect_refused("fw.elf", elf, length, UB_IMG_ELF, "wants an operating system's loader");
    free(elf);
}

static void damaged_headers(void **state)
{
    (void)state;
    size_t length;
    uint8_t *elf = fresh("elf-arm.txt", &length);
    for (size_t n = 4; n < 52; n++)
        expect_refused("fw.elf", elf, n, UB_IMG_ELF, n < 20 ? "inside its header" : "cut short");
    for (size_t n = 52; n < length; n++)
        expect_refused("fw.elf", elf, n, UB_IMG_ELF, "is cut short");
    elf[4] = 3;
    expect_refused("fw.elf", elf, length, UB_IMG_ELF, "class 3");
    elf[4] = 1;
    elf[5] = 0;
    expect_refused("fw.elf", elf, length, UB_IMG_ELF, "encoding 0");
    free(elf);
    refuse_field(EHSIZE, 51, "damaged");
    refuse_field(PHSIZE, 31, "program headers are said to have 31 bytes");
    refuse_field(PHNUM, 0, "no program headers");
    refuse_field(PHNUM, 257, "a handful");
    refuse_field(PHNUM, 0xffff, "a handful");
    refuse_field(SHSIZE, 0, "section headers are said to have 0 bytes");
    refuse_field(SHNUM, 0xffff, "65535 section headers");
    refuse_field(SHNUM, 0, "counts none");
    refuse_field(PHOFF + 2, 0xffff, "program headers from byte");
    refuse_field(SHOFF + 2, 0xffff, "section headers from byte");
}

/* One byte after the other takes every value that is likely to hurt. */
static void any_byte_may_be_wrong(void **state)
{
    (void)state;
    static const uint8_t values[] = {0, 1, 2, 0x7f, 0x80, 0xff};
    size_t length;
    uint8_t *elf = fresh("elf-arm.txt", &length);
    for (size_t i = 4; i < length; i++) {
        uint8_t before = elf[i];
        for (size_t v = 0; v < sizeof(values); v++) {
            struct ub_image *image = NULL;
            elf[i] = values[v];
            enum ub_code code = ub_image_open_bytes("x", elf, length, NULL, &image, NULL);
            assert_true(code == UB_OK || code == UB_IMG_ELF || code == UB_IMG_OVERLAP ||
                        code == UB_IMG_EMPTY);
            ub_image_close(image);
        }
        elf[i] = before;
    }
    free(elf);
}

static void segments_that_cannot_be(void **state)
{
    (void)state;
    size_t length;
    uint8_t *elf = fresh("elf-arm.txt", &length);
    uint8_t *second = elf + 52 + 32; /* .text: offset 0xd0, 0x13 bytes */
    ub_put_u32le(second + 16, 0x14); /* more in the file than in memory */
    expect_refused("fw.elf", elf, length, UB_IMG_ELF, "than in memory");
    ub_put_u32le(second + 16, 0x13);
    ub_put_u32le(second + 12, 0xfffffff8); /* .text ends past the end of memory */
    expect_refused("fw.elf", elf, length, UB_IMG_ELF, "run past 0xffffffff");
    ub_put_u32le(second + 12, 0x08000004); /* over the vectors */
    expect_refused("fw.elf", elf, length, UB_IMG_OVERLAP, "0x08000004 to 0x08000007");
    free(elf);
    /* Sections that are all the same bytes would make more of the file than there is. */
    elf = fresh("elf-arm.txt", &length);
    size_t grown = length + 200 * 40;
    elf = realloc(elf, grown);
    assert_non_null(elf);
    for (size_t i = 0; i < 200; i++)
        memcpy(elf + length + 40 * i, elf + 0x12c + 2 * 40, 40);
    for (size_t i = 0; i < 200; i++)
        ub_put_u32le(elf + length + 40 * i + 20, 0x13);
    ub_put_u32le(elf + SHOFF, (uint32_t)length);
    ub_put_u16le(elf + SHNUM, 200);
    expect_refused("fw.elf", elf, length + 200 * 40, UB_IMG_OVERLAP, "is there twice");
    ub_put_u32le(second = elf + 52 + 32, 1);
    ub_put_u32le(second + 16, (uint32_t)(grown - 0xd0)); /* the rest of the file, 200 times */
    ub_put_u32le(second + 20, (uint32_t)(grown - 0xd0));
    for (size_t i = 0; i < 200; i++)
        ub_put_u32le(elf + length + 40 * i + 20, (uint32_t)(grown - 0xd0));
    expect_refused("fw.elf", elf, grown, UB_IMG_ELF, "overlap in the file");
    free(elf);
}

/* Linkers that know no physical addresses leave them zero; bytes go where they run. */
static void no_physical_addresses(void **state)
{
    (void)state;
    size_t length;
    uint8_t *elf = fresh("elf-arm.txt", &length);
    for (size_t i = 0; i < 4; i++)
        ub_put_u32le(elf + 52 + 32 * i + 12, 0);
    struct ub_image *image = open_good("fw.elf", elf, length);
    assert_int_equal(image->segment_count, 4);
    expect_segment(image, 2, UB_IMAGE_ALT_NONE, 0x08000050, 3);
    expect_segment(image, 3, UB_IMAGE_ALT_NONE, 0x20000000, 5);
    ub_image_close(image);
    free(elf);
}

static void without_section_headers(void **state)
{
    (void)state;
    size_t length;
    uint8_t *elf = fresh("elf-arm.txt", &length);
    ub_put_u32le(elf + SHOFF, 0);
    ub_put_u16le(elf + SHNUM, 0);
    struct ub_image *image = open_good("fw.elf", elf, length);
    assert_int_equal(image->segment_count, 2); /* .text to .data, with what is between them */
    expect_segment(image, 0, UB_IMAGE_ALT_NONE, 0x08000000, 8);
    expect_segment(image, 1, UB_IMAGE_ALT_NONE, 0x08000040, 0x18);
    ub_image_close(image);
    free(elf);
    elf = fresh("elf-headers.txt", &length);
    ub_put_u32le(elf + SHOFF, 0);
    ub_put_u16le(elf + SHNUM, 0);
    expect_refused("fw.elf", elf, length, UB_IMG_ELF, "begins with the ELF header itself");
    /* A segment of headers alone is none. */
    ub_put_u32le(elf + 52 + 16, 52 + 2 * 32);
    image = open_good("fw.elf", elf, length);
    assert_int_equal(image->segment_count, 1);
    expect_segment(image, 0, UB_IMAGE_ALT_NONE, 0x08000100, 5);
    ub_image_close(image);
    free(elf);
}

static void nothing_to_load(void **state)
{
    (void)state;
    size_t length;
    uint8_t *elf = fresh("elf-arm.txt", &length);
    for (size_t i = 0; i < 4; i++)
        ub_put_u32le(elf + 52 + 32 * i, 4); /* PT_NOTE */
    expect_refused("fw.elf", elf, length, UB_IMG_EMPTY, "no firmware");
    free(elf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_objcopy_makes_of_it),
        cmocka_unit_test(one_firmware_in_four_formats),
        cmocka_unit_test(what_is_no_firmware_is_named),
        cmocka_unit_test(dynamic_files),
        cmocka_unit_test(damaged_headers),
        cmocka_unit_test(any_byte_may_be_wrong),
        cmocka_unit_test(segments_that_cannot_be),
        cmocka_unit_test(no_physical_addresses),
        cmocka_unit_test(without_section_headers),
        cmocka_unit_test(nothing_to_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
