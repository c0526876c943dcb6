/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Intel HEX: files of objcopy and srec_cat as known answers, and every way a line can be wrong. */
#include "image_test.h"

#define END ":00000001FF\n"

static struct ub_image *good(const char *text)
{
    return open_good("fw.hex", text, strlen(text));
}

static void bad(const char *text, enum ub_code code, const char *words)
{
    expect_refused("fw.hex", text, strlen(text), code, words);
}

static void a_file_made_by_objcopy(void **state)
{
    (void)state;
    size_t length;
    uint8_t *text = read_data("objcopy.hex", &length);
    struct ub_image *image = open_good("objcopy.hex", text, length);
    struct ub_image_info info;
    ub_image_info(image, &info);
    assert_string_equal(info.format, "ihex");
    assert_int_equal(info.length, 40);
    assert_false(info.has_ids);
    assert_int_equal(image->segment_count, 1); /* across a 64 KiB border */
    expect_segment(image, 0, -1, 0x0800fff0, 40);
    expect_piece(image->segments[0].data, 'a', 0, 40);
    ub_image_close(image);
    free(text);
}

static void a_file_of_srec_cat_with_segments(void **state)
{
    (void)state;
    size_t length;
    uint8_t *text = read_data("srec_cat-segments.hex", &length);
    struct ub_image *image = open_good("seg.hex", text, length);
    assert_int_equal(image->segment_count, 2);
    expect_segment(image, 0, -1, 0xfff0, 40);
    expect_segment(image, 1, -1, 0x20000, 24);
    expect_piece(image->segments[0].data, 'a', 0, 40);
    expect_piece(image->segments[1].data, 'b', 0, 24);
    ub_image_close(image);
    free(text);
}

static void every_line_end_reads_the_same(void **state)
{
    (void)state;
    static const char *const texts[] = {
        ":0100000041BE\n:0100010042BC\n:00000001FF\n",
        ":0100000041BE\r\n:0100010042BC\r\n:00000001FF\r\n",
        ":0100000041BE\r:0100010042BC\r:00000001FF\r",
        ":0100000041BE\n:0100010042BC\n:00000001FF",
        ":0100000041BE\r\n:0100010042BC\r\n:00000001FF",
        "\n\n:0100000041BE  \n\t\n \t:0100010042BC\t\n:00000001FF\n\n\n",
        ":0100000041be\n:0100010042bc\n:00000001ff\x1a",
        ":0100000041BE\n:0100010042BC\n:00000001FF\r\n\x1a\x1a",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct ub_image *image = good(texts[i]);
        assert_int_equal(image->segment_count, 1);
        expect_segment(image, 0, -1, 0, 2);
        assert_memory_equal(image->segments[0].data, "AB", 2);
        ub_image_close(image);
    }
}

static void all_types_of_record(void **state)
{
    (void)state;
    struct ub_image *image = good(":0400000300003800C1\n" /* CS:IP */
                                  ":0400000508000101ED\n" /* EIP */
                                  ":020000040800F2\n"     /* linear 0x08000000 */
                                  ":01FFFF0011F0\n"       /* the last byte below 64 KiB */
                                  ":020000021000EC\n"     /* segment 0x1000 takes its place */
                                  ":0100100022CD\n"       /* 0x10010 */
                                  ":020000040000FA\n"     /* linear 0 takes its place */
                                  ":0100200033AC\n"       /* 0x20 */
                                  ":00003000D0\n"         /* no bytes */
                                  END);
    assert_int_equal(image->segment_count, 3);
    expect_segment(image, 0, -1, 0x20, 1);
    expect_segment(image, 1, -1, 0x10010, 1);
    expect_segment(image, 2, -1, 0x0800ffff, 1);
    assert_int_equal(image->segments[0].data[0], 0x33);
    assert_int_equal(image->segments[1].data[0], 0x22);
    assert_int_equal(image->segments[2].data[0], 0x11);
    ub_image_close(image);
}

static void addresses_up_to_the_last(void **state)
{
    (void)state;
    struct ub_image *image = good(":02000004FFFFFC\n:02FFFE001122CE\n" END);
    expect_segment(image, 0, -1, 0xfffffffe, 2);
    ub_image_close(image);
    bad(":02000004FFFFFC\n:02FFFF001122CD\n" END, UB_IMG_HEX_SYNTAX,
        "line 2: 2 bytes at 0xffffffff run past 0xffffffff");
    /* Linear addresses go on past 64 KiB, in the middle of a line too. */
    image = good(":020000040001F9\n:02FFFF001122CD\n" END);
    expect_segment(image, 0, -1, 0x1ffff, 2);
    ub_image_close(image);
    image = good(":02FFFF001122CD\n" END);
    expect_segment(image, 0, -1, 0xffff, 2);
    ub_image_close(image);
    image = good(":02000002FFFFFE\n:01FFFF001AE7\n" END); /* the last that a segment reaches */
    expect_segment(image, 0, -1, 0x10ffef, 1);
    ub_image_close(image);
}

static void a_line_past_its_segment_is_ambiguous(void **state)
{
    (void)state;
    bad(":020000021000EC\n:02FFFF001122CD\n" END, UB_IMG_HEX_SYNTAX,
        "line 2: 2 bytes at 0xffff run past the end of their 64 KiB segment");
    struct ub_image *image = good(":020000021000EC\n:02FFFE001122CE\n" END);
    expect_segment(image, 0, -1, 0x1fffe, 2);
    ub_image_close(image);
}

static void jumps_cost_nothing(void **state)
{
    (void)state;
    struct ub_image *image = good(":0100000041BE\n:02000004FFFFFC\n:01FFFF0042BF\n" END);
    assert_int_equal(image->segment_count, 2);
    expect_segment(image, 1, -1, 0xffffffff, 1);
    ub_image_close(image);
    bad(":020000040000FA\n:020000040100F9\n:02000004FFFFFC\n" END, UB_IMG_EMPTY, "no firmware");
    bad(END, UB_IMG_EMPTY, "no firmware");
    bad(":0000000000\n" END, UB_IMG_EMPTY, "no firmware");
}

static void lines_in_any_order(void **state)
{
    (void)state;
    struct ub_image *image = good(
        ":0100020043BA\n:0100010042BC\n:0100000041BE\n:0100050044B6\n" END);
    assert_int_equal(image->segment_count, 2);
    assert_memory_equal(image->segments[0].data, "ABC", 3);
    ub_image_close(image);
    bad(":0100000041BE\n:0100010042BC\n:0100000041BE\n" END, UB_IMG_OVERLAP,
        "0x00000000 to 0x00000000 is there twice");
}

static void wrong_checksums(void **state)
{
    (void)state;
    bad(":0100000041BE\n:0100010042BD\n" END, UB_IMG_HEX_CHECKSUM,
        "fw.hex: line 2: the checksum is 0xbd, but the bytes of the line make 0xbc");
    bad(":0100000041BE\r\n\r\n:0100010042FF\r\n" END, UB_IMG_HEX_CHECKSUM, "line 3");
    bad(":0100000041BE\r\r:0100010042FF\r" END, UB_IMG_HEX_CHECKSUM, "line 3");
    bad(":0100000041BE\n:00000001FE\n", UB_IMG_HEX_CHECKSUM, "line 2");
}

static void types_that_do_not_exist(void **state)
{
    (void)state;
    bad(":00000006FA\n" END, UB_IMG_HEX_TYPE, "line 1: record type 06; Intel HEX has 00 to 05");
    bad(":0400000A9903C0DEB8\n" END, UB_IMG_HEX_TYPE, "record type 0a"); /* micro:bit universal */
    bad(":000000FF01\n" END, UB_IMG_HEX_TYPE, "record type ff");
}

static void lengths_that_do_not_fit_the_type(void **state)
{
    (void)state;
    bad(":0100000108F6\n", UB_IMG_HEX_SYNTAX,
        "line 1: a record of type 01 holds 1 bytes; expected 0");
    bad(":0100000208F5\n" END, UB_IMG_HEX_SYNTAX, "type 02 holds 1 bytes; expected 2");
    bad(":03000004080000F1\n" END, UB_IMG_HEX_SYNTAX, "type 04 holds 3 bytes; expected 2");
    bad(":00000004FC\n" END, UB_IMG_HEX_SYNTAX, "type 04 holds 0 bytes; expected 2");
    bad(":0000000400FC\n" END, UB_IMG_HEX_SYNTAX, "line 1, column 12: 'F' where the end of");
    bad(":020000030000FB\n" END, UB_IMG_HEX_SYNTAX, "type 03 holds 2 bytes; expected 4");
    bad(":020000050000F9\n" END, UB_IMG_HEX_SYNTAX, "type 05 holds 2 bytes; expected 4");
}

static void characters_that_do_not_belong(void **state)
{
    (void)state;
    bad(":01000000G1BE\n" END, UB_IMG_HEX_SYNTAX,
        "line 1, column 10: 'G' where a hexadecimal digit should be");
    bad(":0100000041BE;\n" END, UB_IMG_HEX_SYNTAX,
        "line 1, column 14: ';' where the end of the line should be");
    bad(":0100000041BE:0100010042BC\n" END, UB_IMG_HEX_SYNTAX, "column 14: ':'");
    bad(":0100000041BE\n; comment\n" END, UB_IMG_HEX_SYNTAX, "line 2, column 1: ';' where ':'");
    bad(":0100000041BE\n:0100010042\x80"
        "C\n" END,
        UB_IMG_HEX_SYNTAX, "byte 0x80 where a hexa");
    expect_refused("fw.hex", ":0100000041BE\n:01000100\0" END, 36, UB_IMG_HEX_SYNTAX,
                   "line 2, column 10: byte 0x00");
}

static void lines_too_short(void **state)
{
    (void)state;
    bad(":100000000102030405060708090A0B0C0D0E0F10\n" END, UB_IMG_HEX_SYNTAX,
        "line 1: ends after column 41, 2 digits short of what its length asks for");
    bad(":0100000041BE\n:\n" END, UB_IMG_HEX_SYNTAX, "line 2: ends after column 1, 2 digits short");
    bad(":01000000 41BE\n" END, UB_IMG_HEX_SYNTAX, "line 1: ends after column 9, 4 digits short");
}

static void files_that_are_cut(void **state)
{
    (void)state;
    bad(":0100000041BE\n", UB_IMG_HEX_TRUNCATED, "line 2: the file ends without an end-of-file");
    bad(":0100000041BE", UB_IMG_HEX_TRUNCATED, "line 1: the file ends without");
    bad(":0100000041BE\n:01000100", UB_IMG_HEX_TRUNCATED, "line 2: the file ends in the middle");
    bad(":0100000041BE\n:00000001F", UB_IMG_HEX_TRUNCATED, "line 2: the file ends in the middle");
    bad(":0100000041BE\n:", UB_IMG_HEX_TRUNCATED, "line 2: the file ends in the middle");
    bad(":FF0000", UB_IMG_HEX_TRUNCATED, "line 1: the file ends in the middle");
}

static void more_behind_the_end(void **state)
{
    (void)state;
    bad(":0100000041BE\n" END ":0100010042BC\n" END, UB_IMG_HEX_SYNTAX,
        "line 3: there is more behind the end-of-file record of line 2");
    bad(":0100000041BE\n" END "junk", UB_IMG_HEX_SYNTAX, "line 3");
    bad(":0100000041BE\n:00000001FF:00000001FF", UB_IMG_HEX_SYNTAX, "the end of the line");
}

static void every_cut_of_a_file_is_refused(void **state)
{
    (void)state;
    size_t length;
    uint8_t *text = read_data("objcopy.hex", &length);
    assert_int_equal(text[length - 1], '\n');
    for (size_t n = 1; n + 1 < length; n++) {
        uint8_t *cut = malloc(n);
        struct ub_image *image = NULL;
        assert_non_null(cut);
        memcpy(cut, text, n);
        enum ub_code code = ub_image_open_bytes("fw.hex", cut, n, NULL, &image, NULL);
        assert_int_equal(code, n < 3 ? UB_IMG_HEX_SYNTAX : UB_IMG_HEX_TRUNCATED);
        free(cut);
    }
    free(text);
}

/* An 8-bit sum sees every single wrong digit, whatever the field. */
static void every_changed_digit_is_refused(void **state)
{
    (void)state;
    size_t length;
    uint8_t *text = read_data("objcopy.hex", &length);
    for (size_t i = 0; i < length; i++) {
        struct ub_image *image = NULL;
        uint8_t was = text[i];
        if (was == '\n')
            continue;
        text[i] = was == '1' ? '2' : '1';
        enum ub_code code = ub_image_open_bytes("x", text, length, NULL, &image, NULL);
        assert_int_not_equal(code, UB_OK);
        assert_null(image);
        text[i] = was;
    }
    free(text);
}

static void expect_written(struct ub_image *image, const char *text)
{
    uint8_t *bytes = NULL;
    size_t length = 0;
    const struct ub_format *ihex = ub_format_for_name("x.hex");
    assert_int_equal(ihex->write(image, NULL, &bytes, &length, NULL), UB_OK);
    assert_int_equal(length, strlen(text));
    assert_memory_equal(bytes, text, length);
    free(bytes);
    ub_image_close(image);
}

static void written_text(void **state)
{
    (void)state;
    expect_written(good(":0100000041BE\n" END), ":0100000041BE\n" END);
    /* No line crosses 64 KiB, and the upper half is said when it changes. */
    expect_written(good(":020000040001F9\n:04FFFE0001020304F5\n" END),
                   ":020000040001F9\n:02FFFE000102FE\n:020000040002F8\n:020000000304F7\n" END);
}

static void written_files_of_objcopy_are_the_same(void **state)
{
    (void)state;
    size_t length;
    uint8_t *text = read_data("objcopy.hex", &length);
    struct ub_image *image = open_good("x.hex", text, length);
    uint8_t *bytes = NULL;
    size_t written = 0;
    assert_int_equal(ub_format_for_name("x.hex")->write(image, NULL, &bytes, &written, NULL),
                     UB_OK);
    assert_non_null(strstr((char *)text, ":04000005")); /* with the address to start at */
    assert_int_equal(written, length);
    assert_memory_equal(bytes, text, written);
    free(bytes);
    free(text);
    ub_image_close(image);
}

static const struct ub_claim *entry_of(const struct ub_image *image)
{
    return ub_image_find_claim(image, UB_CLAIM_ENTRY);
}

static void start_addresses_are_claims(void **state)
{
    (void)state;
    static const char linear[] = ":0100000041BE\n:0400000508000101ED\n" END;
    static const char segmented[] = ":0100000041BE\n:0400000312345678E5\n" END;
    struct ub_image *image = good(linear);
    assert_non_null(entry_of(image));
    assert_true(entry_of(image)->number == 0x08000101);
    assert_string_equal(entry_of(image)->source, "Intel HEX");
    expect_written(image, linear);
    image = good(segmented); /* CS:IP, written as it was */
    assert_true(entry_of(image)->number == 0x12340 + 0x5678);
    expect_written(image, segmented);
    image = good(":0400000508000101ED\n:0100000041BE\n:0400000508000201EC\n" END);
    assert_int_equal(image->claim_count, 1); /* the last one holds, as for others */
    assert_true(entry_of(image)->number == 0x08000201);
    ub_image_close(image);
    image = good(":0100000041BE\n" END);
    assert_null(entry_of(image));
    ub_image_close(image);
}

static void unwritable(struct ub_image *image, const char *words)
{
    struct ub_error err;
    uint8_t *bytes = NULL;
    size_t length = 0;
    assert_int_equal(ub_format_for_name("x.hex")->write(image, NULL, &bytes, &length, &err),
                     UB_IMG_UNWRITABLE);
    assert_non_null(strstr(err.message, words));
    ub_image_close(image);
}

static void what_intel_hex_cannot_say(void **state)
{
    (void)state;
    struct ub_image *image = open_good("fw.bin", "\0\1", 2);
    unwritable(image, "does not say where");
    image = good(":0100000041BE\n" END);
    assert_int_equal(ub_image_add(image, 3, true, 0, (const uint8_t *)"x", 1, NULL), UB_OK);
    unwritable(image, "alternate settings -1 and 3");
    image = good(":0100000041BE\n" END);
    assert_int_equal(
        ub_image_add(image, -1, true, UINT64_C(0xffffffff), (const uint8_t *)"xy", 2, NULL), UB_OK);
    unwritable(image, "0x100000000");
}

static void what_is_not_intel_hex_at_all(void **state)
{
    (void)state;
    /* Firmware that happens to begin like a record. */
    struct ub_image *image = open_good("fw.bin", ":10\0\1\2\3", 7);
    assert_string_equal(image->format->name, "raw");
    ub_image_close(image);
    image = open_good("fw.bin", ":\xff\xff", 3);
    assert_string_equal(image->format->name, "raw");
    ub_image_close(image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_made_by_objcopy),
        cmocka_unit_test(a_file_of_srec_cat_with_segments),
        cmocka_unit_test(every_line_end_reads_the_same),
        cmocka_unit_test(all_types_of_record),
        cmocka_unit_test(addresses_up_to_the_last),
        cmocka_unit_test(a_line_past_its_segment_is_ambiguous),
        cmocka_unit_test(jumps_cost_nothing),
        cmocka_unit_test(lines_in_any_order),
        cmocka_unit_test(wrong_checksums),
        cmocka_unit_test(types_that_do_not_exist),
        cmocka_unit_test(lengths_that_do_not_fit_the_type),
        cmocka_unit_test(characters_that_do_not_belong),
        cmocka_unit_test(lines_too_short),
        cmocka_unit_test(files_that_are_cut),
        cmocka_unit_test(more_behind_the_end),
        cmocka_unit_test(every_cut_of_a_file_is_refused),
        cmocka_unit_test(every_changed_digit_is_refused),
        cmocka_unit_test(written_text),
        cmocka_unit_test(written_files_of_objcopy_are_the_same),
        cmocka_unit_test(start_addresses_are_claims),
        cmocka_unit_test(what_intel_hex_cannot_say),
        cmocka_unit_test(what_is_not_intel_hex_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
