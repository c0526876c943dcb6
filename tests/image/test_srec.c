/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Motorola S-records: files of objcopy and srec_cat as known answers, every way a line can be
 * wrong, and what is written. */
#include "image_test.h"

#define END "S9030000FC\n"

static struct ub_image *good(const char *text)
{
    return open_good("fw.srec", text, strlen(text));
}

static void bad(const char *text, enum ub_code code, const char *words)
{
    expect_refused("fw.srec", text, strlen(text), code, words);
}

static const struct ub_claim *entry_of(const struct ub_image *image)
{
    return ub_image_find_claim(image, UB_CLAIM_ENTRY);
}

static void a_file_made_by_objcopy(void **state)
{
    (void)state;
    size_t length;
    uint8_t *text = read_data("objcopy.srec", &length);
    struct ub_image *image = open_good("objcopy.srec", text, length);
    struct ub_image_info info;
    ub_image_info(image, &info);
    assert_string_equal(info.format, "srec");
    assert_int_equal(image->segment_count, 1);
    expect_segment(image, 0, -1, 0x0800fff0, 40);
    expect_piece(image->segments[0].data, 'a', 0, 40);
    assert_true(entry_of(image)->number == 0x0800fff0);
    assert_string_equal(entry_of(image)->source, "S-records");
    ub_image_close(image);
    free(text);
}

static void files_of_srec_cat(void **state)
{
    (void)state;
    size_t length;
    uint8_t *text = read_data("srec_cat.s28", &length);
    struct ub_image *image = open_good("srec_cat.s28", text, length);
    assert_int_equal(image->segment_count, 2);
    expect_segment(image, 0, -1, 0xfff0, 40);
    expect_segment(image, 1, -1, 0x20000, 24);
    expect_piece(image->segments[0].data, 'a', 0, 40);
    expect_piece(image->segments[1].data, 'b', 0, 24);
    assert_null(entry_of(image)); /* it ends with its count */
    ub_image_close(image);
    free(text);
    text = read_data("srec_cat.s19", &length);
    image = open_good("srec_cat.s19", text, length);
    expect_segment(image, 0, -1, 0x100, 40);
    assert_true(entry_of(image)->number == 0x101);
    ub_image_close(image);
    free(text);
}

static void every_line_end_and_case_reads_the_same(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "S104000041BA\nS104000142B8\n" END,
        "S104000041BA\r\nS104000142B8\r\nS9030000FC\r\n",
        "S104000041BA\rS104000142B8\rS9030000FC\r",
        "S104000041BA\nS104000142B8\nS9030000FC",
        "\n\nS104000041BA  \n\t\n \tS104000142B8\t\nS9030000FC\n\n\n",
        "s104000041ba\ns104000142b8\ns9030000fc\x1a",
        "S00600004844521B\nS104000041BA\nS104000142B8\nS5030002FA\nS9030000FC\r\n\x1a\x1a",
        "S104000041BA\nS104000142B8\nS5030002FA\n",   /* whole, as the count says */
        "S104000041BA\nS104000142B8\nS604000002F9\n", /* with 24 bits */
        "S104000142B8\nS00600004844521B\nS104000041BA\n" END,
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct ub_image *image = good(texts[i]);
        assert_int_equal(image->segment_count, 1);
        expect_segment(image, 0, -1, 0, 2);
        assert_memory_equal(image->segments[0].data, "AB", 2);
        ub_image_close(image);
    }
}

static void all_widths_in_one_file(void **state)
{
    (void)state;
    struct ub_image *image = good("S104000041BA\nS20501234541"
                                  "50\nS3060800000041B0\n"
                                  "S1030005F7\n" /* no bytes */
                                  "S70508000101F0\n");
    assert_int_equal(image->segment_count, 3);
    expect_segment(image, 0, -1, 0, 1);
    expect_segment(image, 1, -1, 0x12345, 1);
    expect_segment(image, 2, -1, 0x08000000, 1);
    assert_true(entry_of(image)->number == 0x08000101);
    ub_image_close(image);
    image = good("S104000041BA\nS80401234592\n");
    assert_true(entry_of(image)->number == 0x12345);
    ub_image_close(image);
    image = good("S104000041BA\n" END); /* 0 means that it is not known */
    assert_null(entry_of(image));
    ub_image_close(image);
}

static void addresses_up_to_the_last(void **state)
{
    (void)state;
    struct ub_image *image = good("S307FFFFFFFE41427A\n" END);
    expect_segment(image, 0, -1, 0xfffffffe, 2);
    ub_image_close(image);
    bad("S307FFFFFFFF414279\n" END, UB_IMG_SREC_SYNTAX,
        "line 1: 2 bytes at 0xffffffff run past 0xffffffff");
    image = good("S105FFFF414279\n" END); /* goes straight on, as others have it */
    expect_segment(image, 0, -1, 0xffff, 2);
    ub_image_close(image);
}

static void counts_are_checked(void **state)
{
    (void)state;
    bad("S104000041BA\nS5030002FA\n" END, UB_IMG_SREC_COUNT,
        "fw.srec: line 2: says that 2 lines of data come before it, but there are 1");
    bad("S104000041BA\nS104000142B8\nS604000001FA\n" END, UB_IMG_SREC_COUNT, "line 3: says that 1");
    bad("S104000041BA\nS104000142B8\nS5030003F9\n", UB_IMG_SREC_COUNT, "there are 2");
}

static void an_end_that_is_missing(void **state)
{
    (void)state;
    bad("S104000041BA\nS104000142B8\n", UB_IMG_SREC_COUNT,
        "line 3: the file ends without a termination record (S7, S8 or S9)");
    bad("S104000041BA\nS5030001FB\nS104000142B8\n", UB_IMG_SREC_COUNT, "line 4");
    bad("S104000041BA\nS10400", UB_IMG_SREC_SYNTAX,
        "line 2: the file ends in the middle of this line");
    bad("S104000041BA\nS1", UB_IMG_SREC_SYNTAX, "line 2: the file ends in the middle");
    bad("S104000041BA\nS", UB_IMG_SREC_SYNTAX, "line 2: the file ends in the middle");
    bad("S104000041BA\n" END "S104000142B8\n" END, UB_IMG_SREC_SYNTAX,
        "line 3: there is more behind the termination record of line 2");
}

static void no_firmware(void **state)
{
    (void)state;
    bad(END, UB_IMG_EMPTY, "no firmware");
    bad("S00600004844521B\nS5030000FC\n" END, UB_IMG_EMPTY, "no firmware");
    bad("S1030005F7\n" END, UB_IMG_EMPTY, "no firmware");
}

static void wrong_checksums(void **state)
{
    (void)state;
    bad("S104000041BA\nS104000142B9\n" END, UB_IMG_SREC_CHECKSUM,
        "fw.srec: line 2: the checksum is 0xb9, but the bytes of the line make 0xb8");
    bad("S00600004844521C\n" END, UB_IMG_SREC_CHECKSUM, "line 1");
    bad("S104000041BA\nS9030000FD\n", UB_IMG_SREC_CHECKSUM, "line 2");
}

static void lengths_that_do_not_fit_the_type(void **state)
{
    (void)state;
    bad("S10200FD\n" END, UB_IMG_SREC_SYNTAX,
        "line 1: an S1 record of length 2; it needs at least 3");
    bad("S304080000F3\n" END, UB_IMG_SREC_SYNTAX, "an S3 record of length 4; it needs at least 5");
    bad("S000\n", UB_IMG_SREC_SYNTAX, "line 1: an S0 record of length 0");
    bad("S104000041BA\nS90400007883\n", UB_IMG_SREC_SYNTAX,
        "line 2: an S9 record with 1 bytes of data; it has none");
    bad("S50400017882\n" END, UB_IMG_SREC_SYNTAX, "an S5 record with 1 bytes of data");
    bad("S4030000FC\n" END, UB_IMG_SREC_SYNTAX, "line 1: an S4 record");
}

static void characters_that_do_not_belong(void **state)
{
    (void)state;
    bad("S10400G041BA\n" END, UB_IMG_SREC_SYNTAX,
        "line 1, column 7: 'G' where a hexadecimal digit should be");
    bad("S104000041BA;\n" END, UB_IMG_SREC_SYNTAX,
        "line 1, column 13: ';' where the end of the line should be");
    bad("S104000041BA\n:00000001FF\n", UB_IMG_SREC_SYNTAX, "line 2, column 1: ':' where 'S'");
    bad("S104000041BA\n SA04000041BA\n", UB_IMG_SREC_SYNTAX,
        "line 2, column 3: 'A' where a digit should be");
    bad("S104000041BA\nS1040\n" END, UB_IMG_SREC_SYNTAX,
        "line 2: ends after column 5, 7 digits short of what its length asks for");
}

static void what_is_taken_for_s_records(void **state)
{
    (void)state;
    /* Damaged or cut ones are explained, and not written as raw bytes. */
    bad("S10400", UB_IMG_SREC_SYNTAX, "line 1");
    bad("\r\n  S0060X004844521B\n", UB_IMG_SREC_SYNTAX, "line 2, column 8");
    expect_refused("fw.bin", "S1 040000 41 BA\n", 16, UB_IMG_NOT_RAW, "S-records");
    /* A vector table may begin like one. */
    struct ub_image *image = open_good("fw.bin", "S12\x00\x00\x80\x00\x20", 8);
    assert_string_equal(image->format->name, "raw");
    ub_image_close(image);
    expect_refused("fw.s19", "\0\1\2\3", 4, UB_IMG_SREC_SYNTAX,
                   "line 1: named like Motorola S-records, but does not begin with 'S'");
}

static void expect_written(struct ub_image *image, const char *text)
{
    uint8_t *bytes = NULL;
    size_t length = 0;
    const struct ub_format *srec = ub_format_for_name("x.mot");
    assert_string_equal(srec->name, "srec");
    assert_int_equal(srec->write(image, NULL, &bytes, &length, NULL), UB_OK);
    assert_int_equal(length, strlen(text));
    assert_memory_equal(bytes, text, length);
    free(bytes);
    ub_image_close(image);
}

static void written_text(void **state)
{
    (void)state;
    static const char s19[] = "S00A000066772E737265633D\nS104000041BA\nS5030001FB\nS9030000FC\n";
    static const char s28[] = "S00A000066772E737265633D\nS2050123454150\nS5030001FB\n"
                              "S804000000FB\n";
    static const char s37[] = "S00A000066772E737265633D\nS3060800000041B0\nS5030001FB\n"
                              "S70508000101F0\n";
    /* The highest address chooses the width, the start address too. */
    static const char far_start[] = "S00A000066772E737265633D\nS3060000000041B8\nS5030001FB\n"
                                    "S70508000101F0\n";
    expect_written(good("S104000041BA\n" END), s19);
    expect_written(good(s19), s19);
    expect_written(good(s28), s28);
    expect_written(good(s37), s37);
    expect_written(good("S104000041BA\nS70508000101F0\n"), far_start);
}

static void many_lines_are_counted_in_24_bits(void **state)
{
    (void)state;
    struct ub_image *image = NULL;
    uint8_t *data = calloc(1, 0x100000);
    uint8_t *text = NULL;
    size_t length = 0;
    assert_non_null(data);
    assert_int_equal(ub_image_new("fw.bin", &image, NULL), UB_OK);
    assert_int_equal(ub_image_adopt(image, -1, true, 0x1000, data, 0x100000, NULL), UB_OK);
    assert_int_equal(ub_format_for_name("x.s")->write(image, NULL, &text, &length, NULL), UB_OK);
    ub_image_close(image);
    image = open_good("fw.s28", text, length);
    expect_segment(image, 0, -1, 0x1000, 0x100000);
    ub_image_close(image);
    static const char tail[] = "S604010000FA\nS804000000FB\n";
    assert_memory_equal(text + length - strlen(tail), tail, strlen(tail));
    free(text);
}

static void what_s_records_cannot_say(void **state)
{
    (void)state;
    struct ub_error err;
    uint8_t *bytes = NULL;
    size_t length = 0;
    struct ub_image *image = open_good("fw.bin", "\0\1", 2);
    assert_int_equal(ub_format_for_name("x.s37")->write(image, NULL, &bytes, &length, &err),
                     UB_IMG_UNWRITABLE);
    assert_non_null(strstr(err.message, "does not say where"));
    ub_image_close(image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_made_by_objcopy),
        cmocka_unit_test(files_of_srec_cat),
        cmocka_unit_test(every_line_end_and_case_reads_the_same),
        cmocka_unit_test(all_widths_in_one_file),
        cmocka_unit_test(addresses_up_to_the_last),
        cmocka_unit_test(counts_are_checked),
        cmocka_unit_test(an_end_that_is_missing),
        cmocka_unit_test(no_firmware),
        cmocka_unit_test(wrong_checksums),
        cmocka_unit_test(lengths_that_do_not_fit_the_type),
        cmocka_unit_test(characters_that_do_not_belong),
        cmocka_unit_test(what_is_taken_for_s_records),
        cmocka_unit_test(written_text),
        cmocka_unit_test(many_lines_are_counted_in_24_bits),
        cmocka_unit_test(what_s_records_cannot_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
