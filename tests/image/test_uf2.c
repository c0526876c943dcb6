/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* UF2 files, with two that uf2conv.py of microsoft/uf2 made as known answers. */
#include "image_test.h"

#include "base/bytes.h"
#include "image/formats.h"
#include "image/uf2.h"

#include <time.h>

#define BLOCKS  16
#define RP2040  0xe48bff56u
#define STM32F4 0x57755a57u

static enum ub_code write_uf2(const struct ub_image *image, const struct ub_save_options *options,
                              uint8_t **bytes, size_t *length)
{
    return ub_uf2_write(image, options, bytes, length, NULL);
}

/** A file being made. */
struct file {
    uint8_t bytes[BLOCKS * UB_UF2_BLOCK];
    size_t count;
};

/** Adds a block; its content is `size` bytes of `value`. */
static uint8_t *add(struct file *f, uint32_t flags, uint32_t address, uint32_t size,
                    uint32_t number, uint32_t count, uint32_t family, uint8_t value)
{
    assert_true(f->count < BLOCKS);
    uint8_t *b = f->bytes + f->count++ * UB_UF2_BLOCK;
    memset(b, 0, UB_UF2_BLOCK);
    ub_put_u32le(b, UB_UF2_START0);
    ub_put_u32le(b + 4, UB_UF2_START1);
    ub_put_u32le(b + 8, flags);
    ub_put_u32le(b + 12, address);
    ub_put_u32le(b + 16, size);
    ub_put_u32le(b + 20, number);
    ub_put_u32le(b + 24, count);
    ub_put_u32le(b + 28, family);
    memset(b + 32, value, size <= UB_UF2_DATA ? size : 0);
    ub_put_u32le(b + 508, UB_UF2_END);
    return b;
}

static struct ub_image *good(const struct file *f)
{
    return open_good("fw.uf2", f->bytes, f->count * UB_UF2_BLOCK);
}

static void bad(const struct file *f, const char *words)
{
    expect_refused("fw.uf2", f->bytes, f->count * UB_UF2_BLOCK, UB_IMG_UF2, words);
}

/** Opens the file for the family `member`. */
static enum ub_code open_for(const struct file *f, const char *member, struct ub_image **image,
                             struct ub_error *err)
{
    struct ub_image_options options = {.member = member};
    return ub_image_open_bytes("fw.uf2", f->bytes, f->count * UB_UF2_BLOCK, &options, image, err);
}

static void a_file_made_by_uf2conv(void **state)
{
    (void)state;
    struct ub_image_info info;
    size_t length;
    uint8_t *file = read_dump("uf2conv-bin.txt", &length);
    struct ub_image *image = open_good("fw.uf2", file, length);
    ub_image_info(image, &info);
    assert_string_equal(info.format, "uf2");
    assert_string_equal(info.note, "");
    assert_int_equal(image->segment_count, 1);
    expect_segment(image, 0, UB_IMAGE_ALT_NONE, 0x10000000, 768);
    expect_piece(image->segments[0].data, 'a', 0, 600);
    assert_true(ub_all_bytes(image->segments[0].data + 600, 168, 0)); /* to the end of the page */
    const struct ub_claim *claim = ub_image_find_claim(image, UB_CLAIM_UF2_FAMILY);
    assert_non_null(claim);
    assert_true(claim->number == RP2040);
    assert_string_equal(claim->text, "RP2040");
    assert_string_equal(claim->source, "UF2 family");
    ub_image_close(image);
    free(file);
}

/* What uf2conv made of raw bytes, filled with zeros, and of Intel HEX that begins within a page. */
static void what_is_written_is_what_uf2conv_writes(void **state)
{
    (void)state;
    uint8_t content[600];
    for (size_t i = 0; i < sizeof(content); i++)
        content[i] = (uint8_t)(i * 7 + 3);
    for (int hex = 0; hex <= 1; hex++) {
        struct ub_save_options options = {
            .has_fill = !hex, .has_uf2_family = true, .uf2_family = hex ? STM32F4 : RP2040};
        struct ub_image *image = NULL;
        uint8_t *bytes = NULL;
        size_t length;
        size_t known_length;
        assert_int_equal(ub_image_new("fw", &image, NULL), UB_OK);
        assert_int_equal(
            ub_image_add(image, -1, true, hex ? 0x10000080 : 0x10000000, content, 600, NULL),
            UB_OK);
        assert_int_equal(write_uf2(image, &options, &bytes, &length), UB_OK);
        uint8_t *known = read_dump(hex ? "uf2conv-hex.txt" : "uf2conv-bin.txt", &known_length);
        assert_int_equal(length, known_length);
        assert_memory_equal(bytes, known, length);
        free(known);
        free(bytes);
        ub_image_close(image);
    }
}

/** Writes an image as UF2 and opens that. */
static struct ub_image *again(const struct ub_image *image, const struct ub_save_options *options)
{
    uint8_t *bytes = NULL;
    size_t length = 0;
    assert_int_equal(write_uf2(image, options, &bytes, &length), UB_OK);
    struct ub_image *second = open_good("again.uf2", bytes, length);
    free(bytes);
    return second;
}

static void pages_of_several_pieces(void **state)
{
    (void)state;
    struct ub_image *image = NULL;
    assert_int_equal(ub_image_new("fw", &image, NULL), UB_OK);
    assert_int_equal(ub_image_add(image, -1, true, 0x10, (const uint8_t *)"ab", 2, NULL), UB_OK);
    assert_int_equal(ub_image_add(image, -1, true, 0xff, (const uint8_t *)"cd", 2, NULL), UB_OK);
    assert_int_equal(ub_image_add(image, -1, true, 0x180, (const uint8_t *)"e", 1, NULL), UB_OK);
    assert_int_equal(ub_image_add(image, -1, true, 0xffffffff, (const uint8_t *)"f", 1, NULL),
                     UB_OK);
    assert_int_equal(ub_image_finish(image, NULL), UB_OK);
    struct ub_image *second = again(image, NULL);
    assert_int_equal(second->segment_count, 2);
    expect_segment(second, 0, -1, 0, 512);
    expect_segment(second, 1, -1, 0xffffff00, 256);
    const uint8_t *page = second->segments[0].data;
    assert_memory_equal(page + 0x10, "ab", 2);
    assert_memory_equal(page + 0xff, "cd", 2);
    assert_int_equal(page[0x180], 'e');
    assert_int_equal(page[0x181], 0xff);
    assert_int_equal(second->segments[1].data[255], 'f');
    assert_null(ub_image_find_claim(second, UB_CLAIM_UF2_FAMILY)); /* neither given nor known */
    ub_image_close(second);
    /* The family that the image has is kept, unless another one is given. */
    assert_int_equal(ub_image_add_claim(image, UB_CLAIM_UF2_FAMILY, "test", STM32F4, 0, "", NULL),
                     UB_OK);
    second = again(image, NULL);
    assert_true(ub_image_find_claim(second, UB_CLAIM_UF2_FAMILY)->number == STM32F4);
    ub_image_close(second);
    second = again(image, &(struct ub_save_options){.has_uf2_family = true, .uf2_family = 0x123});
    assert_true(ub_image_find_claim(second, UB_CLAIM_UF2_FAMILY)->number == 0x123);
    assert_string_equal(ub_image_find_claim(second, UB_CLAIM_UF2_FAMILY)->text, "");
    ub_image_close(second);
    ub_image_close(image);
}

static void what_uf2_cannot_hold(void **state)
{
    (void)state;
    struct ub_image *image = open_good("fw.bin", "\0abc", 4);
    uint8_t *bytes = NULL;
    size_t length = 0;
    assert_int_equal(write_uf2(image, NULL, &bytes, &length), UB_IMG_UNWRITABLE);
    image->segments[0].has_address = true;
    image->segments[0].address = 0xfffffffe;
    assert_int_equal(write_uf2(image, NULL, &bytes, &length), UB_IMG_UNWRITABLE);
    image->segments[0].address = 0;
    assert_int_equal(ub_image_add(image, 1, true, 9, (const uint8_t *)"q", 1, NULL), UB_OK);
    assert_int_equal(write_uf2(image, NULL, &bytes, &length), UB_IMG_UNWRITABLE);
    assert_null(bytes);
    ub_image_close(image);
}

static void blocks_in_any_order(void **state)
{
    (void)state;
    struct file f = {.count = 0};
    (void)add(&f, 0, 0x300, 256, 2, 4, 0, 3);
    (void)add(&f, 0, 0x200, 256, 1, 4, 0, 2);
    (void)add(&f, 0, 0x100, 256, 0, 4, 0, 1);
    (void)add(&f, 0, 0x800, 1, 3, 4, 0, 4);
    struct ub_image *image = good(&f);
    assert_int_equal(image->segment_count, 2);
    expect_segment(image, 0, -1, 0x100, 768);
    assert_int_equal(image->segments[0].data[0], 1);
    assert_int_equal(image->segments[0].data[767], 3);
    expect_segment(image, 1, -1, 0x800, 1);
    assert_null(ub_image_find_claim(image, UB_CLAIM_UF2_FAMILY));
    ub_image_close(image);
}

static void four_gigabytes_in_two_kilobytes(void **state)
{
    (void)state;
    struct file f = {.count = 0};
    (void)add(&f, 0, 0, 4, 0, 4, 0, 1);
    (void)add(&f, 0, 0xffffff00, 256, 1, 4, 0, 2);
    (void)add(&f, 0, 0x80000000, 476, 2, 4, 0, 3);
    (void)add(&f, 0, 4, 4, 3, 4, 0, 4); /* behind the end would be the beginning */
    struct ub_image *image = good(&f);
    struct ub_image_info info;
    ub_image_info(image, &info);
    assert_true(info.length == 4 + 256 + 476 + 4);
    assert_int_equal(image->segment_count, 3);
    expect_segment(image, 2, -1, 0xffffff00, 256);
    ub_image_close(image);
    f.count = 0;
    (void)add(&f, 0, 0xffffff00, 256, 0, 2, 0, 1);
    (void)add(&f, 0, 0, 256, 1, 2, 0, 2); /* does not join up with the end */
    image = good(&f);
    assert_int_equal(image->segment_count, 2);
    ub_image_close(image);
}

static void numbers_have_to_agree(void **state)
{
    (void)state;
    struct file f = {.count = 0};
    (void)add(&f, 0, 0x000, 256, 0, 3, 0, 1);
    (void)add(&f, 0, 0x100, 256, 1, 3, 0, 2);
    bad(&f, "counts 3 blocks, but the file has 2: it is cut short");
    (void)add(&f, 0, 0x200, 256, 1, 3, 0, 3);
    bad(&f, "block number 1 of 3 is there twice");
    f.count = 2;
    (void)add(&f, 0, 0x200, 256, 3, 3, 0, 3);
    bad(&f, "block number 3 of 3 does not exist");
    f.count = 2;
    (void)add(&f, 0, 0x200, 256, 0, 1, 0, 3);
    bad(&f, "block number 0 of 1 contradicts the blocks before it");
    f.count = 0;
    (void)add(&f, 0, 0x000, 256, 0, 0, 0, 1);
    bad(&f, "counts 0 blocks");
    f.count = 0;
    (void)add(&f, 0, 0x000, 256, 0, 0xffffffff, 0, 1);
    bad(&f, "counts 4294967295 blocks");
    /* One lost from the middle, another chip's in its place. */
    f.count = 0;
    (void)add(&f, UB_UF2_HAS_FAMILY, 0x000, 256, 0, 3, RP2040, 1);
    (void)add(&f, UB_UF2_HAS_FAMILY, 0x200, 256, 2, 3, RP2040, 2);
    (void)add(&f, UB_UF2_HAS_FAMILY, 0x000, 256, 0, 1, STM32F4, 3);
    struct ub_image *image = NULL;
    struct ub_error err;
    assert_int_equal(open_for(&f, "RP2040", &image, &err), UB_IMG_UF2);
    assert_non_null(strstr(err.message, "block number 1 of 3 is missing"));
}

static void several_families(void **state)
{
    (void)state;
    struct file f = {.count = 0};
    struct ub_image *image = NULL;
    struct ub_error err;
    (void)add(&f, UB_UF2_HAS_FAMILY, 0x100, 256, 0, 2, RP2040, 1);
    (void)add(&f, UB_UF2_HAS_FAMILY, 0x100, 256, 0, 2, STM32F4, 2);
    (void)add(&f, UB_UF2_HAS_FAMILY, 0x200, 256, 1, 2, RP2040, 3);
    (void)add(&f, UB_UF2_HAS_FAMILY, 0x200, 256, 1, 2, STM32F4, 4);
    expect_refused("fw.uf2", f.bytes, f.count * UB_UF2_BLOCK, UB_IMG_SEVERAL,
                   "is for 2 families of chips: 0xe48bff56 RP2040, 0x57755a57 STM32F4");
    static const char *const words[] = {"STM32F4", "stm32f4", "0x57755a57", "0x57755A57"};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(open_for(&f, words[i], &image, &err), UB_OK);
        assert_int_equal(image->segment_count, 1);
        expect_segment(image, 0, -1, 0x100, 512);
        assert_int_equal(image->segments[0].data[0], 2);
        assert_int_equal(image->segments[0].data[256], 4);
        assert_int_equal(image->claim_count, 1);
        assert_string_equal(image->claims[0].text, "STM32F4");
        assert_string_equal(image->note, "the blocks for 1 other families of chips");
        ub_image_close(image);
        image = NULL;
    }
    assert_int_equal(open_for(&f, "SAMD21", &image, &err), UB_IMG_NONE_INSIDE);
    assert_non_null(strstr(err.message, "is not for SAMD21; it is for 0xe48bff56 RP2040, "));
    /* A name in an archive, out of which the file came, is no family. */
    assert_int_equal(open_for(&f, "build/fw.uf2", &image, &err), UB_IMG_SEVERAL);
    f.count = 1;
    ub_put_u32le(f.bytes + 24, 1);
    assert_int_equal(open_for(&f, "build/fw.uf2", &image, &err), UB_OK);
    ub_image_close(image);
    image = NULL;
    assert_int_equal(open_for(&f, "SAMD21", &image, &err), UB_IMG_NONE_INSIDE);
    (void)add(&f, 0, 0x900, 256, 1, 2, 0, 2);
    bad(&f, "1 blocks do not say for which family");
}

/* Some tools number the blocks of all chips through. */
static void one_numbering_for_all_families(void **state)
{
    (void)state;
    struct file f = {.count = 0};
    struct ub_image *image = NULL;
    (void)add(&f, UB_UF2_HAS_FAMILY, 0x100, 256, 0, 3, RP2040, 1);
    (void)add(&f, UB_UF2_HAS_FAMILY, 0x100, 256, 1, 3, STM32F4, 2);
    (void)add(&f, UB_UF2_HAS_FAMILY, 0x200, 256, 2, 3, RP2040, 3);
    assert_int_equal(open_for(&f, "RP2040", &image, NULL), UB_OK);
    expect_segment(image, 0, -1, 0x100, 512);
    ub_image_close(image);
    image = NULL;
    assert_int_equal(open_for(&f, "STM32F4", &image, NULL), UB_OK);
    expect_segment(image, 0, -1, 0x100, 256);
    ub_image_close(image);
    image = NULL;
    ub_put_u32le(f.bytes + 2 * UB_UF2_BLOCK + 20, 1); /* one number twice, one never */
    assert_int_equal(open_for(&f, "RP2040", &image, NULL), UB_IMG_UF2);
}

static void too_many_families(void **state)
{
    (void)state;
    static uint8_t bytes[80 * UB_UF2_BLOCK];
    struct file f;
    for (uint32_t i = 0; i < 80; i++) {
        f.count = 0;
        memcpy(bytes + i * UB_UF2_BLOCK, add(&f, UB_UF2_HAS_FAMILY, 0, 256, 0, 1, i, 0),
               UB_UF2_BLOCK);
    }
    expect_refused("fw.uf2", bytes, 60 * UB_UF2_BLOCK, UB_IMG_SEVERAL, "60 families");
    expect_refused("fw.uf2", bytes, sizeof(bytes), UB_IMG_UF2, "more than 64 families");
}

static void what_is_not_for_flash(void **state)
{
    (void)state;
    struct file f = {.count = 0};
    (void)add(&f, 0, 0x100, 256, 0, 3, 0, 1);
    (void)add(&f, UB_UF2_NOT_FLASH, 0x200, 9999, 1, 3, 0, 2); /* a remark may look like anything */
    (void)add(&f, 0, 0x200, 256, 2, 3, 0, 3);
    struct ub_image *image = good(&f);
    expect_segment(image, 0, -1, 0x100, 512);
    assert_string_equal(image->note, "1 blocks that are not for flash");
    ub_image_close(image);
    f.bytes[8] = f.bytes[2 * UB_UF2_BLOCK + 8] = UB_UF2_NOT_FLASH;
    expect_refused("fw.uf2", f.bytes, f.count * UB_UF2_BLOCK, UB_IMG_EMPTY, "no firmware");
    f.count = 0;
    (void)add(&f, UB_UF2_CONTAINER | UB_UF2_NOT_FLASH, 0, 256, 0, 1, 256, 1);
    bad(&f, "for the file system of a device that runs");
}

/* RP2350, erratum E10: picotool's first block is there to be ignored. */
static void the_block_that_rp2350_ignores(void **state)
{
    (void)state;
    struct file f = {.count = 0};
    uint8_t *b = add(&f, UB_UF2_HAS_FAMILY | UB_UF2_HAS_TAGS, 0x10ffff00, 256, 0, 2, 0xe48bff57,
                     0xef);
    ub_put_u32le(b + 32 + 256, 0x9957e304);
    (void)add(&f, UB_UF2_HAS_FAMILY, 0x10000000, 256, 0, 2, 0xe48bff59, 1);
    (void)add(&f, UB_UF2_HAS_FAMILY, 0x10000100, 256, 1, 2, 0xe48bff59, 2);
    struct ub_image *image = good(&f);
    assert_int_equal(image->segment_count, 1);
    expect_segment(image, 0, -1, 0x10000000, 512);
    assert_string_equal(image->claims[0].text, "RP2350_ARM_S");
    assert_string_equal(image->note, "1 block that RP2350 chips are to ignore");
    ub_image_close(image);
    b[32 + 17] = 0; /* content after all */
    expect_refused("fw.uf2", f.bytes, f.count * UB_UF2_BLOCK, UB_IMG_SEVERAL, "RP2XXX_ABSOLUTE");
}

static void sizes_and_addresses(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {0, 477, 512, 0x80000000, 0xffffffff};
    for (size_t i = 0; i < 5; i++) {
        struct file f = {.count = 0};
        (void)add(&f, 0, 0x100, sizes[i], 0, 1, 0, 1);
        bad(&f, "bytes of content; 1 to 476 have room in it");
    }
    for (uint32_t size = 1; size <= 476; size += 19) {
        struct file f = {.count = 0};
        (void)add(&f, 0, 0x101, size, 0, 1, 0, 1);
        struct ub_image *image = good(&f);
        expect_segment(image, 0, -1, 0x101, size);
        ub_image_close(image);
    }
    struct file f = {.count = 0};
    (void)add(&f, 0, 0xffffff01, 256, 0, 1, 0, 1);
    bad(&f, "run past 0xffffffff");
    f.count = 0;
    (void)add(&f, 0, 0x100, 256, 0, 2, 0, 1);
    (void)add(&f, 0, 0x1ff, 256, 1, 2, 0, 1);
    expect_refused("fw.uf2", f.bytes, 1024, UB_IMG_OVERLAP, "0x000001ff to 0x000001ff");
}

static void md5_sums(void **state)
{
    (void)state;
    struct file f = {.count = 0};
    uint8_t *b = add(&f, UB_UF2_HAS_MD5, 0x1000, 452, 0, 1, 0, 7);
    ub_put_u32le(b + 32 + 452, 0x1000);
    ub_put_u32le(b + 32 + 456, 0x1000);
    struct ub_image *image = good(&f);
    expect_segment(image, 0, -1, 0x1000, 452);
    assert_int_equal(image->claim_count, 0);
    ub_image_close(image);
    ub_put_u32le(b + 32 + 452, 0xfffff001);
    bad(&f, "an MD5 sum of 4096 bytes at 0xfffff001 that run past 0xffffffff");
    ub_put_u32le(b + 16, 453);
    bad(&f, "1 to 452 have room in it");
}

/** Puts an extension tag at data[at]. */
static size_t put_tag(uint8_t *block, size_t at, uint32_t type, const void *bytes, size_t length)
{
    ub_put_u32le(block + 32 + at, (uint32_t)(length + 4) | type << 8);
    memcpy(block + 32 + at + 4, bytes, length);
    return at + ((length + 7) & ~(size_t)3);
}

static void extension_tags(void **state)
{
    (void)state;
    struct file f = {.count = 0};
    uint8_t *b = add(&f, UB_UF2_HAS_TAGS, 0x100, 255, 0, 1, 0, 1);
    /* The example of the specification, and more behind it. */
    size_t at = put_tag(b, 256, 0x9fc7bc, "0.1.2", 5);
    at = put_tag(b, at, 0x650d9d, "ACME Toaster mk3", 16);
    at = put_tag(b, at, 0x0be9f7, "\0\1\0\0", 4);
    at = put_tag(b, at, 0xc8a729, "\x78\x56\x34\x12", 4);
    at = put_tag(b, at, 0xc8a729, "\1\0\0\0\2\0\0\0", 8);
    at = put_tag(b, at, 0x123456, "someone's own", 13);
    at = put_tag(b, at, 0x9fc7bc, "", 0);
    ub_put_u32le(b + 32 + at, 0xffffffff);
    struct ub_image *image = good(&f);
    assert_int_equal(image->claim_count, 4);
    assert_int_equal(image->claims[0].kind, UB_CLAIM_VERSION);
    assert_string_equal(image->claims[0].text, "0.1.2");
    assert_int_equal(image->claims[1].kind, UB_CLAIM_PRODUCT);
    assert_string_equal(image->claims[1].text, "ACME Toaster mk3");
    assert_string_equal(image->claims[2].source, "UF2 device type");
    assert_true(image->claims[2].number == 0x12345678);
    assert_string_equal(image->claims[2].text, "0x12345678");
    assert_true(image->claims[3].number == 0x200000001);
    ub_image_close(image);
    /* Lengths that cannot be. */
    ub_put_u32le(b + 32 + 256, 0x9fc7bc03);
    bad(&f, "an extension tag of 3 bytes");
    ub_put_u32le(b + 32 + 256, 0x9fc7bcff);
    bad(&f, "an extension tag of 255 bytes, where 4 to 220 fit");
    ub_put_u32le(b + 8, UB_UF2_HAS_TAGS | UB_UF2_HAS_MD5); /* the sum's place is not theirs */
    ub_put_u32le(b + 32 + 256, 0x9fc7bc00u | 197);
    bad(&f, "an extension tag of 197 bytes, where 4 to 196 fit");
    ub_put_u32le(b + 32 + 256, 0);
    image = good(&f);
    assert_int_equal(image->claim_count, 0);
    ub_image_close(image);
}

/** A file of `count` blocks with room for 59 tags in each; the caller frees. */
static uint8_t *make_long(size_t count)
{
    uint8_t *bytes = calloc(count, UB_UF2_BLOCK);
    assert_non_null(bytes);
    for (size_t i = 0; i < count; i++) {
        struct file f = {.count = 0};
        memcpy(bytes + i * UB_UF2_BLOCK,
               add(&f, UB_UF2_HAS_TAGS, 0x1000 + 4 * (uint32_t)i, 4, (uint32_t)i, (uint32_t)count,
                   0, 1),
               UB_UF2_BLOCK);
    }
    return bytes;
}

/* Every block may have tags, and every tag is held against up to 256 claims: 64 MiB of such blocks
 * took 12 seconds. */
static void tags_in_every_block(void **state)
{
    (void)state;
    const size_t count = 32768;
    uint8_t *bytes = make_long(count);
    struct ub_image *image = NULL;
    for (size_t i = 0; i < count; i++) {
        size_t at = 4;
        for (uint32_t tag = 0; tag < 59; tag++) {
            char text[5];
            /* 255 different ones, in an order that is never that of the block before */
            (void)ub_print(text, sizeof(text), "%04u", (unsigned)((i * 7 + tag) % 255));
            at = put_tag(bytes + i * UB_UF2_BLOCK, at, 0x9fc7bc, text, 4);
        }
    }
    const clock_t start = clock();
    assert_int_equal(ub_image_open_bytes("fw.uf2", bytes, count * UB_UF2_BLOCK, NULL, &image, NULL),
                     UB_OK);
    assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 1.0);
    assert_true(image->claim_count >= 255);
    ub_image_close(image);
    free(bytes);
}

/* Those that every block repeats are counted once, and hide none that comes later. */
static void repeated_tags(void **state)
{
    (void)state;
    const size_t count = UB_UF2_TAGS_MAX + 2;
    uint8_t *bytes = make_long(count);
    struct ub_image *image = NULL;
    for (size_t i = 0; i < count; i++)
        (void)put_tag(bytes + i * UB_UF2_BLOCK, 4, 0x9fc7bc, i + 1 < count ? "1.0" : "2.0", 3);
    assert_int_equal(ub_image_open_bytes("fw.uf2", bytes, count * UB_UF2_BLOCK, NULL, &image, NULL),
                     UB_OK);
    assert_int_equal(image->claim_count, 2);
    assert_string_equal(image->claims[1].text, "2.0");
    ub_image_close(image);
    free(bytes);
}

/* Damaged or cut, it is never taken for raw bytes. */
static void damaged_files(void **state)
{
    (void)state;
    size_t length;
    uint8_t *file = read_dump("uf2conv-bin.txt", &length);
    for (size_t n = 4; n < length; n++)
        expect_refused("fw.bin", file, n, UB_IMG_UF2, "cut short");
    for (size_t block = 0; block < 3; block++) {
        static const size_t marks[] = {0, 4, 508};
        for (size_t i = 0; i < 3; i++) {
            uint8_t *byte = file + block * UB_UF2_BLOCK + marks[i];
            *byte ^= 1;
            expect_refused("fw.bin", file, length, UB_IMG_UF2, "does not have the marks of UF2");
            *byte ^= 1;
        }
    }
    memset(file, 0, 8); /* the second block tells what it is */
    expect_refused("fw.bin", file, length, UB_IMG_UF2, "block 1 of 3 does not have the marks");
    free(file);
}

static void families_by_name(void **state)
{
    (void)state;
    uint32_t id = 0;
    assert_string_equal(ub_uf2_family_name(0x00ff6919), "STM32L4");
    assert_string_equal(ub_uf2_family_name(0xada52840), "NRF52840");
    assert_string_equal(ub_uf2_family_name(0x68ed2b88), "SAMD21");
    assert_string_equal(ub_uf2_family_name(0xc47e5767), "ESP32S3");
    assert_string_equal(ub_uf2_family_name(0xe48bff5b), "RP2350_ARM_NS");
    assert_null(ub_uf2_family_name(0));
    assert_true(ub_uf2_family_id("esp32s3", &id) && id == 0xc47e5767);
    assert_true(ub_uf2_family_id("0x0", &id) && id == 0);
    assert_false(ub_uf2_family_id("0x100000000", &id));
    assert_false(ub_uf2_family_id("0x", &id));
    assert_false(ub_uf2_family_id("e48bff56", &id));
    assert_false(ub_uf2_family_id("", &id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_made_by_uf2conv),
        cmocka_unit_test(what_is_written_is_what_uf2conv_writes),
        cmocka_unit_test(pages_of_several_pieces),
        cmocka_unit_test(what_uf2_cannot_hold),
        cmocka_unit_test(blocks_in_any_order),
        cmocka_unit_test(four_gigabytes_in_two_kilobytes),
        cmocka_unit_test(numbers_have_to_agree),
        cmocka_unit_test(several_families),
        cmocka_unit_test(one_numbering_for_all_families),
        cmocka_unit_test(too_many_families),
        cmocka_unit_test(what_is_not_for_flash),
        cmocka_unit_test(the_block_that_rp2350_ignores),
        cmocka_unit_test(sizes_and_addresses),
        cmocka_unit_test(md5_sums),
        cmocka_unit_test(extension_tags),
        cmocka_unit_test(tags_in_every_block),
        cmocka_unit_test(repeated_tags),
        cmocka_unit_test(damaged_files),
        cmocka_unit_test(families_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
