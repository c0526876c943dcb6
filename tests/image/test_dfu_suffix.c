/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plain DFU files, with one made by dfu-suffix 0.11 as the known answer. */
#include "image_test.h"

#include "base/bytes.h"
#include "image/dfu_suffix.h"

static void the_crc_is_that_of_the_standard(void **state)
{
    (void)state;
    /* CRC-32/JAMCRC of "123456789", from the catalogue of parametrised CRC algorithms. */
    assert_int_equal(ub_dfu_crc((const uint8_t *)"123456789", 9), 0x340bc6d9);
    assert_int_equal(ub_dfu_crc(NULL, 0), 0xffffffff);
}

static void a_file_made_by_dfu_suffix(void **state)
{
    (void)state;
    size_t length;
    uint8_t *file = read_dump("dfu-suffix.txt", &length);
    struct ub_image *image = open_good("s.dfu", file, length);
    struct ub_image_info info;
    struct ub_image_segment s;
    ub_image_info(image, &info);
    assert_string_equal(info.format, "dfu");
    assert_true(info.has_ids);
    assert_int_equal(info.vid, 0x1209);
    assert_int_equal(info.pid, 0x70b1);
    assert_int_equal(info.bcdDevice, 0x0123);
    assert_int_equal(info.length, 40);
    assert_int_equal(info.file_size, 56);
    assert_true(ub_image_segment(image, 0, &s));
    assert_false(s.has_address);
    assert_int_equal(s.alt, -1);
    expect_piece(s.data, 'a', 0, 40);
    /* Written again it is the same file, byte for byte. */
    uint8_t *again = NULL;
    size_t again_length = 0;
    const struct ub_format *format = ub_format_for_image("x.dfu", image);
    assert_int_equal(format->write(image, NULL, &again, &again_length, NULL), UB_OK);
    assert_int_equal(again_length, length);
    assert_memory_equal(again, file, length);
    free(again);
    ub_image_close(image);
    free(file);
}

static void every_flipped_bit_is_noticed(void **state)
{
    (void)state;
    size_t length;
    uint8_t *file = read_dump("dfu-suffix.txt", &length);
    for (size_t bit = 0; bit < 8 * length; bit++) {
        struct ub_image *image = NULL;
        file[bit / 8] ^= (uint8_t)(1u << bit % 8);
        enum ub_code code = ub_image_open_bytes("s.dfu", file, length, NULL, &image, NULL);
        size_t from_end = length - bit / 8;
        if (from_end <= 8 && from_end > 5)
            assert_int_equal(code, UB_IMG_SUFFIX); /* the mark itself: known by its name then */
        else if (from_end == 5 && (file[bit / 8] < 16 || file[bit / 8] > length))
            assert_int_equal(code, UB_IMG_SUFFIX); /* the length */
        else
            assert_int_equal(code, UB_IMG_SUFFIX_CRC);
        assert_null(image);
        file[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    free(file);
}

static void a_wrong_crc_can_be_accepted_by_name(void **state)
{
    (void)state;
    size_t length;
    uint8_t *file = read_dump("dfu-suffix.txt", &length);
    struct ub_image_options accept = {.accept_bad_crc = true};
    struct ub_image *image = NULL;
    file[3] ^= 0x10;
    expect_refused("s.dfu", file, length, UB_IMG_SUFFIX_CRC,
                   "byte 52: the DFU suffix' CRC is 0x8a2209e2, but the file's content makes 0x");
    assert_int_equal(ub_image_open_bytes("s.dfu", file, length, &accept, &image, NULL), UB_OK);
    assert_int_equal(image->segments[0].length, 40);
    assert_int_equal(image->vid, 0x1209);
    ub_image_close(image);
    /* The length is checked all the same. */
    image = NULL;
    file[length - 5] = 15;
    assert_int_equal(ub_image_open_bytes("s.dfu", file, length, &accept, &image, NULL),
                     UB_IMG_SUFFIX);
    assert_null(image);
    free(file);
}

/** A file of `payload` bytes 0x00, 0x01, ... and a suffix of bLength `suffix_length`. */
static size_t make_file(uint8_t *to, size_t payload, uint8_t suffix_length)
{
    size_t length = payload + suffix_length;
    for (size_t i = 0; i < length; i++)
        to[i] = (uint8_t)i;
    const uint8_t head[] = {0xff, 0xff, 0xb1, 0x70, 0x09, 0x12, 0x00, 0x01, 'U', 'F', 'D'};
    memcpy(to + length - 16, head, sizeof(head));
    to[length - 5] = suffix_length;
    uint32_t crc = ub_dfu_crc(to, length - 4);
    for (int i = 0; i < 4; i++)
        to[length - 4 + (size_t)i] = (uint8_t)(crc >> 8 * i);
    return length;
}

static void lengths_of_the_suffix(void **state)
{
    (void)state;
    uint8_t file[300];
    size_t length = make_file(file, 10, 16);
    struct ub_image *image = open_good("x.dfu", file, length);
    assert_int_equal(image->segments[0].length, 10);
    assert_int_equal(image->bcdDevice, 0xffff);
    ub_image_close(image);
    length = make_file(file, 10, 20); /* a longer suffix grows at its front */
    image = open_good("x.dfu", file, length);
    assert_int_equal(image->segments[0].length, 10);
    ub_image_close(image);
    length = make_file(file, 0, 16);
    expect_refused("x.dfu", file, length, UB_IMG_EMPTY, "no firmware");
    (void)make_file(file, 10, 30); /* says more than the file has */
    expect_refused("x.dfu", file + 20, 20, UB_IMG_SUFFIX, "30 bytes long");
    length = make_file(file, 10, 16);
    file[length - 5] = 0;
    expect_refused("x.dfu", file, length, UB_IMG_SUFFIX,
                   "byte 21: the DFU suffix says that it is 0");
}

static void versions_of_the_suffix(void **state)
{
    (void)state;
    static const uint16_t good[] = {0x0100, 0x0101, 0x0110};
    static const uint16_t bad[] = {0x0000, 0x0200, 0x0011, 0xffff};
    uint8_t file[64];
    size_t length = make_file(file, 40, 16);
    for (size_t i = 0; i < 3; i++) {
        ub_put_u16le(file + length - 10, good[i]);
        ub_put_u32le(file + length - 4, ub_dfu_crc(file, length - 4));
        ub_image_close(open_good("x.dfu", file, length));
    }
    for (size_t i = 0; i < 4; i++) {
        ub_put_u16le(file + length - 10, bad[i]);
        ub_put_u32le(file + length - 4, ub_dfu_crc(file, length - 4));
        expect_refused("x.dfu", file, length, UB_IMG_SUFFIX,
                       "byte 46: the DFU suffix is of version");
    }
}

/* The files of HackRF: the suffix was made first, and a boot header put in front of all that. */
static void a_header_in_front_of_the_finished_file(void **state)
{
    (void)state;
    uint8_t file[16 + 256] = {0xda, 0xff, 1, 0};
    struct ub_image_options accept = {.accept_bad_crc = true};
    struct ub_image *image = NULL;
    size_t length = 16 + make_file(file + 16, 40, 16);
    memset(file + 4, 0xff, 12);
    expect_refused("x.dfu", file, length, UB_IMG_SUFFIX_CRC,
                   "the boot header of 16 bytes was put in front afterwards, as in HackRF's files; "
                   "all that follows it is whole");
    assert_int_equal(ub_image_open_bytes("x.dfu", file, length, &accept, &image, NULL), UB_OK);
    assert_int_equal(image->segments[0].length, 56);
    assert_string_equal(ub_image_find_claim(image, UB_CLAIM_PREFIX)->text, "lpc");
    ub_image_close(image);
    file[20] ^= 1; /* damaged as well */
    expect_refused("x.dfu", file, length, UB_IMG_SUFFIX_CRC, "the file is damaged, or was made by");
}

static void ids_that_are_given(void **state)
{
    (void)state;
    const struct ub_save_options options = {
        .has_ids = true, .vid = 0x1234, .pid = 0x5678, .bcdDevice = 0xffff};
    struct ub_image *image = open_good("fw.bin", "\0abc", 4);
    uint8_t *bytes = NULL;
    size_t length = 0;
    assert_int_equal(ub_formats[1]->write(image, &options, &bytes, &length, NULL), UB_OK);
    struct ub_image *again = open_good("x.dfu", bytes, length);
    assert_int_equal(again->vid, 0x1234);
    assert_int_equal(again->pid, 0x5678);
    assert_int_equal(again->bcdDevice, 0xffff);
    free(bytes);
    ub_image_close(again);
    ub_image_close(image);
}

static void a_cut_file_is_never_taken_for_raw(void **state)
{
    (void)state;
    uint8_t file[64];
    size_t length = make_file(file, 40, 16);
    for (size_t n = 1; n < length; n++)
        expect_refused("x.dfu", file, n, UB_IMG_SUFFIX, "no DFU suffix");
}

static void what_a_plain_file_cannot_hold(void **state)
{
    (void)state;
    const struct ub_format *dfu = ub_formats[1];
    struct ub_image *image = open_good("fw.bin", "\0abc", 4);
    struct ub_error err;
    uint8_t *bytes = NULL;
    size_t length = 0;
    assert_string_equal(dfu->name, "dfu");
    assert_int_equal(dfu->write(image, NULL, &bytes, &length, &err), UB_OK);
    assert_int_equal(length, 20);
    assert_memory_equal(bytes + 4, "\xff\xff\xff\xff\xff\xff\0\1UFD\x10", 12); /* any device */
    free(bytes);
    memcpy(image->segments[0].data, "\0xyz", 4);
    assert_int_equal(ub_image_add(image, 0, true, 9, (const uint8_t *)"q", 1, NULL), UB_OK);
    assert_int_equal(dfu->write(image, NULL, &bytes, &length, &err), UB_IMG_UNWRITABLE);
    ub_image_close(image);
    image = NULL;
    assert_int_equal(ub_image_new("fw.bin", &image, NULL), UB_OK);
    assert_int_equal(ub_image_add(image, 0, false, 0, (const uint8_t *)"DfuSe...", 8, NULL), UB_OK);
    assert_int_equal(dfu->write(image, NULL, &bytes, &length, &err), UB_IMG_UNWRITABLE);
    assert_non_null(strstr(err.message, "misread"));
    ub_image_close(image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_crc_is_that_of_the_standard),
        cmocka_unit_test(a_file_made_by_dfu_suffix),
        cmocka_unit_test(every_flipped_bit_is_noticed),
        cmocka_unit_test(a_wrong_crc_can_be_accepted_by_name),
        cmocka_unit_test(lengths_of_the_suffix),
        cmocka_unit_test(a_cut_file_is_never_taken_for_raw),
        cmocka_unit_test(what_a_plain_file_cannot_hold),
        cmocka_unit_test(versions_of_the_suffix),
        cmocka_unit_test(a_header_in_front_of_the_finished_file),
        cmocka_unit_test(ids_that_are_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
