/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The model: order, joining, overlaps; and opening what is not a firmware file at all. */
#define _POSIX_C_SOURCE 200809L
#include "image_test.h"

#include <sodium.h>
#include <unistd.h>

static struct ub_image *new_image(void)
{
    struct ub_image *image = NULL;
    assert_int_equal(ub_image_new("/some/folder/fw.bin", &image, NULL), UB_OK);
    return image;
}

static void add(struct ub_image *image, int alt, uint64_t address, const char *text)
{
    struct ub_error err;
    assert_int_equal(
        ub_image_add(image, alt, true, address, (const uint8_t *)text, strlen(text), &err), UB_OK);
}

static void expect_overlap(struct ub_image *image, const char *words)
{
    struct ub_error err;
    assert_int_equal(ub_image_finish(image, &err), UB_IMG_OVERLAP);
    if (!strstr(err.message, words))
        print_error("%s\n  instead of ...%s...\n", err.message, words);
    assert_non_null(strstr(err.message, words));
    ub_image_close(image);
}

static void a_new_image_is_empty(void **state)
{
    (void)state;
    struct ub_image *image = new_image();
    struct ub_image_info info;
    struct ub_error err;
    struct ub_image_segment s;
    assert_int_equal(ub_image_finish(image, &err), UB_IMG_EMPTY);
    ub_image_info(image, &info);
    assert_string_equal(info.name, "fw.bin");
    assert_string_equal(info.format, "");
    assert_int_equal(info.length, 0);
    assert_false(info.has_ids);
    assert_int_equal(info.vid, 0xffff);
    assert_false(ub_image_segment(image, 0, &s));
    ub_image_close(image);
    ub_image_close(NULL);
}

static void segments_are_sorted_and_joined(void **state)
{
    (void)state;
    struct ub_image *image = new_image();
    add(image, 1, 0x100, "other");
    add(image, 0, 0x208, "cc");
    add(image, 0, 0x200, "aaaa");
    add(image, 0, 0x204, "bbbb");
    add(image, 0, 0x20b, "after a gap");
    add(image, 0, 0x105, "low");
    add(image, 0, 0x105, ""); /* nothing */
    assert_int_equal(ub_image_finish(image, NULL), UB_OK);
    assert_int_equal(image->segment_count, 4);
    expect_segment(image, 0, 0, 0x105, 3);
    expect_segment(image, 1, 0, 0x200, 10);
    expect_segment(image, 2, 0, 0x20b, 11);
    expect_segment(image, 3, 1, 0x100, 5);
    assert_memory_equal(image->segments[1].data, "aaaabbbbcc", 10);
    assert_memory_equal(image->segments[3].data, "other", 5);
    ub_image_close(image);
}

static void many_pieces_in_reverse_become_one(void **state)
{
    (void)state;
    struct ub_image *image = new_image();
    for (unsigned i = 1000; i-- > 0;) {
        uint8_t byte = (uint8_t)i;
        assert_int_equal(ub_image_add(image, -1, true, i, &byte, 1, NULL), UB_OK);
    }
    assert_int_equal(ub_image_finish(image, NULL), UB_OK);
    assert_int_equal(image->segment_count, 1);
    expect_segment(image, 0, -1, 0, 1000);
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(image->segments[0].data[i], i & 0xff);
    /* More can be added to what was joined. */
    add(image, -1, 1000, "x");
    add(image, -1, 5000, "y");
    assert_int_equal(ub_image_finish(image, NULL), UB_OK);
    assert_int_equal(image->segment_count, 2);
    expect_segment(image, 0, -1, 0, 1001);
    ub_image_close(image);
}

static void overlaps_are_refused(void **state)
{
    (void)state;
    struct ub_image *image = new_image();
    add(image, -1, 0x08000000, "0123456789abcdef");
    add(image, -1, 0x08000008, "01234567");
    expect_overlap(image, "fw.bin: 0x08000008 to 0x0800000f is there twice");
    image = new_image();
    add(image, 2, 0x1001, "b");
    add(image, 2, 0x1000, "aaaa"); /* one inside the other */
    expect_overlap(image, "0x00001001 to 0x00001001 of alternate setting 2 is there twice");
    image = new_image();
    add(image, 0, 0x1000, "same");
    add(image, 0, 0x1000, "same"); /* equal bytes are no excuse */
    expect_overlap(image, "twice");
    image = new_image();
    add(image, 0, UINT64_MAX - 4, "last");
    add(image, 0, UINT64_MAX - 1, "x");
    expect_overlap(image, "twice");
}

static void the_same_address_elsewhere_is_no_overlap(void **state)
{
    (void)state;
    struct ub_image *image = new_image();
    add(image, 0, 0x1000, "zero");
    add(image, 1, 0x1000, "one");
    add(image, 1, 0xffe, "ab"); /* touches alt 1 only */
    assert_int_equal(ub_image_finish(image, NULL), UB_OK);
    assert_int_equal(image->segment_count, 2);
    expect_segment(image, 1, 1, 0xffe, 5);
    ub_image_close(image);
}

static void parts_without_address(void **state)
{
    (void)state;
    const uint8_t bytes[] = {1, 2};
    struct ub_image *image = new_image();
    assert_int_equal(ub_image_add(image, 0, false, 99, bytes, 2, NULL), UB_OK);
    assert_int_equal(ub_image_add(image, 1, false, 99, bytes, 2, NULL), UB_OK);
    assert_int_equal(ub_image_finish(image, NULL), UB_OK);
    assert_int_equal(image->segment_count, 2);
    assert_int_equal(ub_image_add(image, 1, false, 0, bytes, 2, NULL), UB_OK);
    expect_overlap(image, "do not say where they go");
    image = new_image();
    assert_int_equal(ub_image_add(image, -1, false, 0, bytes, 2, NULL), UB_OK);
    assert_int_equal(ub_image_add(image, -1, true, 0x1000, bytes, 2, NULL), UB_OK);
    expect_overlap(image, "do not say where they go");
}

static void a_segment_past_the_last_address(void **state)
{
    (void)state;
    struct ub_image *image = new_image();
    struct ub_error err;
    uint8_t *data = calloc(1, 4);
    assert_int_equal(ub_image_adopt(image, 0, true, UINT64_MAX - 1, data, 4, &err),
                     UB_SYS_INTERNAL);
    assert_int_equal(image->segment_count, 0);
    ub_image_close(image);
}

static void a_million_pieces_are_too_many(void **state)
{
    (void)state;
    struct ub_image *image = new_image();
    struct ub_error err;
    const uint8_t byte = 0;
    for (size_t i = 0; i < UB_IMAGE_PIECES_MAX; i++)
        if (ub_image_add(image, 0, true, 2 * i, &byte, 1, &err))
            fail();
    assert_int_equal(ub_image_add(image, 0, true, 4, &byte, 1, &err), UB_IMG_TOO_LARGE);
    assert_non_null(strstr(err.message, "1048576 pieces"));
    assert_int_equal(ub_image_finish(image, &err), UB_OK);
    assert_int_equal(image->segment_count, UB_IMAGE_PIECES_MAX);
    ub_image_close(image);
}

static void names_of_strangers_are_tamed(void **state)
{
    (void)state;
    struct ub_image *image = open_good("/x/a\x1b[2J\n.bin", "\0\1\2\3", 4);
    struct ub_image_info info;
    ub_image_info(image, &info);
    assert_string_equal(info.name, "a?[2J?.bin");
    ub_image_close(image);
}

static void what_a_raw_file_is(void **state)
{
    (void)state;
    const uint8_t bytes[] = {0x00, 0x20, 0x00, 0x20, 0x1d, 0x41};
    uint8_t sum[32];
    struct ub_image *image = open_good("fw.bin", bytes, sizeof(bytes));
    struct ub_image_info info;
    struct ub_image_segment s;
    ub_image_info(image, &info);
    assert_string_equal(info.format, "raw");
    assert_int_equal(info.file_size, 6);
    assert_int_equal(info.length, 6);
    assert_int_equal(info.segment_count, 1);
    assert_false(info.has_ids);
    assert_string_equal(info.target_name, "");
    (void)crypto_hash_sha256(sum, bytes, sizeof(bytes));
    assert_memory_equal(info.sha256, sum, 32);
    assert_true(ub_image_segment(image, 0, &s));
    assert_false(s.has_address);
    assert_int_equal(s.alt, -1);
    assert_memory_equal(s.data, bytes, sizeof(bytes));
    assert_ptr_not_equal(s.data, bytes);
    ub_image_close(image);
}

/* SHA-256 of "abc" with a zero in front, from sha256sum: not computed by the same library. */
static void the_digest_is_sha256(void **state)
{
    (void)state;
    struct ub_image *image = open_good("fw.bin", "\0abc", 4);
    char hex[65];
    ub_print_hex(hex, image->sha256, 32);
    assert_string_equal(hex, "609f6e36d2405585188d5cfd761f407c7cc46a7d3f314c88270469dde315fcd1");
    ub_image_close(image);
}

static void files_that_cannot_be_opened(void **state)
{
    (void)state;
    struct ub_image *image = NULL;
    struct ub_error err;
    char path[] = "/tmp/unbrick-image-XXXXXX";
    assert_int_equal(ub_image_open("/nonexistent/fw.bin", NULL, &image, &err), UB_IMG_READ);
    assert_non_null(strstr(err.message, "/nonexistent/fw.bin: No such file"));
    assert_int_equal(ub_image_open("/tmp", NULL, &image, &err), UB_IMG_READ);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(ub_image_open(path, NULL, &image, &err), UB_IMG_EMPTY);
    assert_non_null(strstr(err.message, "is empty"));
    assert_int_equal(write(fd, "\0\1\2\3", 4), 4);
    assert_int_equal(ub_image_open(path, NULL, &image, &err), UB_OK);
    assert_int_equal(image->file_size, 4);
    ub_image_close(image);
    image = NULL;
    assert_int_equal(ftruncate(fd, (off_t)UB_IMAGE_FILE_MAX + 1), 0); /* sparse: costs no disk */
    assert_int_equal(ub_image_open(path, NULL, &image, &err), UB_IMG_TOO_LARGE);
    assert_non_null(strstr(err.message, "67,108,864"));
    assert_null(image);
    (void)close(fd);
    (void)unlink(path);
}

static void too_many_bytes_from_memory(void **state)
{
    (void)state;
    uint8_t *bytes = calloc(1, UB_IMAGE_FILE_MAX + 1); /* never touched, so never there */
    assert_non_null(bytes);
    expect_refused("fw.bin", bytes, UB_IMAGE_FILE_MAX + 1, UB_IMG_TOO_LARGE, "67,108,864");
    free(bytes);
    expect_refused("fw.bin", "", 0, UB_IMG_EMPTY, "empty");
}

static void names_choose_formats(void **state)
{
    (void)state;
    static const char *const rows[][2] = {{"a.hex", "ihex"},  {"A.HEX", "ihex"},
                                          {"a.ihex", "ihex"}, {"a.bin", "raw"},
                                          {"a.dfu", "dfuse"}, {"/x.dfu/b.bin", "raw"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_string_equal(ub_format_for_name(rows[i][0])->name, rows[i][1]);
    assert_null(ub_format_for_name("a.txt"));
    assert_null(ub_format_for_name("hex"));
    assert_null(ub_format_for_name(""));
    struct ub_image *image = open_good("fw.bin", "\0abc", 4);
    assert_string_equal(ub_format_for_image("a.dfu", image)->name, "dfu");
    assert_string_equal(ub_format_for_image("a.bin", image)->name, "raw");
    assert_string_equal(ub_format_for_image("a.hex", image)->name, "ihex");
    image->segments[0].has_address = true;
    assert_string_equal(ub_format_for_image("a.dfu", image)->name, "dfuse");
    assert_string_equal(ub_format_for_image("a.bin", image)->name, "raw");
    assert_null(ub_format_for_image("a.txt", image));
    ub_image_close(image);
}

static void every_format_has_all_its_parts(void **state)
{
    (void)state;
    size_t count = 0;
    for (; ub_formats[count]; count++) {
        const struct ub_format *f = ub_formats[count];
        assert_non_null(f->name);
        assert_non_null(f->title);
        assert_non_null(f->endings[0]);
        assert_non_null(f->probe);
        assert_non_null(f->read);
        assert_true(f->write || strcmp(f->name, "elf") == 0); /* only a linker writes those */
    }
    assert_true(count > 4);
    assert_string_equal(ub_formats[count - 1]->name, "raw");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_image_is_empty),
        cmocka_unit_test(segments_are_sorted_and_joined),
        cmocka_unit_test(many_pieces_in_reverse_become_one),
        cmocka_unit_test(overlaps_are_refused),
        cmocka_unit_test(the_same_address_elsewhere_is_no_overlap),
        cmocka_unit_test(parts_without_address),
        cmocka_unit_test(a_segment_past_the_last_address),
        cmocka_unit_test(a_million_pieces_are_too_many),
        cmocka_unit_test(names_of_strangers_are_tamed),
        cmocka_unit_test(what_a_raw_file_is),
        cmocka_unit_test(the_digest_is_sha256),
        cmocka_unit_test(files_that_cannot_be_opened),
        cmocka_unit_test(too_many_bytes_from_memory),
        cmocka_unit_test(names_choose_formats),
        cmocka_unit_test(every_format_has_all_its_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
