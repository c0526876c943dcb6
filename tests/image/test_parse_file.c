/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _POSIX_C_SOURCE 200809L
/* Files of hexadecimal lines in pieces: cut anywhere, they read as they do whole, also what is
 * wrong with them; and no file is too long to be refused in bounded memory. */
#include "image/dfu_suffix.h"
#include "image/lines.h"
#include "image_test.h"

#include <unistd.h>

#define PIECE 1024u

/** A file in memory, handed out piece by piece. */
struct text {
    const uint8_t *bytes;
    size_t left;
};

static enum ub_code take(void *user, uint8_t *to, size_t length, size_t *got, struct ub_error *err)
{
    struct text *text = user;
    (void)err;
    *got = length < text->left ? length : text->left;
    if (*got > 0)
        memcpy(to, text->bytes, *got);
    text->bytes += *got;
    text->left -= *got;
    return UB_OK;
}

static enum ub_code parse(const uint8_t *bytes, size_t length, size_t piece, struct ub_image **out,
                          bool *taken, struct ub_error *err)
{
    struct text text = {.bytes = bytes, .left = length};
    const struct ub_image_source source = {.take = take, .user = &text};
    return ub_image_parse_pieces("fw", &source, piece, NULL, out, taken, err);
}

static void expect_same_image(const struct ub_image *a, const struct ub_image *b)
{
    assert_ptr_equal(a->format, b->format);
    assert_true(a->file_size == b->file_size);
    assert_memory_equal(a->sha256, b->sha256, sizeof(a->sha256));
    assert_int_equal(a->segment_count, b->segment_count);
    for (size_t i = 0; i < a->segment_count; i++) {
        assert_true(a->segments[i].address == b->segments[i].address);
        assert_int_equal(a->segments[i].length, b->segments[i].length);
        assert_memory_equal(a->segments[i].data, b->segments[i].data, a->segments[i].length);
    }
    assert_int_equal(a->claim_count, b->claim_count);
    for (size_t i = 0; i < a->claim_count; i++)
        assert_true(a->claims[i].number == b->claims[i].number);
}

/** Reads a text whole and in pieces; all of it must be the same, image or error. */
static void expect_same(const char *text, size_t length)
{
    for (size_t piece = PIECE; piece < PIECE + 64; piece++) {
        struct ub_image *whole = NULL;
        struct ub_image *pieces = NULL;
        struct ub_error a = {0};
        struct ub_error b = {0};
        bool taken = false;
        enum ub_code code = ub_image_parse("fw", (const uint8_t *)text, length, NULL, &whole, &a);
        assert_int_equal(parse((const uint8_t *)text, length, piece, &pieces, &taken, &b), code);
        assert_true(taken);
        assert_string_equal(a.message, b.message);
        assert_int_equal(whole != NULL, pieces != NULL);
        if (whole)
            expect_same_image(whole, pieces);
        ub_image_close(whole);
        ub_image_close(pieces);
    }
}

/** Appends `count` lines of data with the address running on; every line end in turn. */
static void add_lines(char *text, size_t size, unsigned count)
{
    static const char *const ends[] = {"\r\n", "\n", "\r", "\r\r\n\n", "  \r\n \t"};
    for (unsigned i = 0; i < count; i++) {
        unsigned at = 3 * i;
        unsigned sum = 3 + (at >> 8) + at + 1 + 2 + i;
        assert_true(ub_append(text, size, ":03%04X000102%02X%02X%s", at, i & 0xff, -sum & 0xff,
                              ends[i % 5]));
    }
}

static void cut_anywhere_it_reads_the_same(void **state)
{
    (void)state;
    char text[12000] = "\r\n";
    add_lines(text, sizeof(text), 400);
    assert_true(ub_append(text, sizeof(text), ":0400000508000101ED\n:00000001FF\r\n\x1a junk"));
    expect_same(text, strlen(text));
}

static void errors_are_the_same(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        ":0100000041BD\n",              /* checksum */
        ":0100000041BEx",               /* more behind */
        "x",                            /* no record at all */
        ":01000000",                    /* cut */
        ":0100\n",                      /* short */
        ":000000FF01\n",                /* type */
        ":00000001FF\n:0100000041BE\n", /* more behind the end */
        "",                             /* no end */
        ":0103E80041D3\n:00000001FF\n", /* there twice */
        "                              x",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char text[12000] = "";
        add_lines(text, sizeof(text), 400);
        assert_true(ub_append(text, sizeof(text), "%s", wrong[i]));
        expect_same(text, strlen(text));
    }
}

static void long_lines_and_long_gaps(void **state)
{
    (void)state;
    char text[12000] = "S1FF0000";
    for (int i = 0; i < 252; i++)
        assert_true(ub_append(text, sizeof(text), "00"));
    assert_true(ub_append(text, sizeof(text), "00\n"));
    for (int i = 0; i < 3000; i++)
        assert_true(ub_append(text, sizeof(text), i % 7 ? " " : "\r"));
    assert_true(ub_append(text, sizeof(text),
                          "S10401004"
                          "1B9\nS9030000FC\n"));
    expect_same(text, strlen(text));
}

static void what_is_no_text_is_left_to_others(void **state)
{
    (void)state;
    struct ub_image *image = NULL;
    struct ub_error err;
    bool taken = true;
    assert_int_equal(parse((const uint8_t *)"\0\1\2", 3, PIECE, &image, &taken, &err), UB_OK);
    assert_false(taken);
    assert_null(image);
    taken = true;
    assert_int_equal(parse(NULL, 0, PIECE, &image, &taken, &err), UB_OK);
    assert_false(taken);
}

/** A file without end: one line, over and over. */
struct endless {
    const char *line;
    size_t at;
};

static enum ub_code take_endless(void *user, uint8_t *to, size_t length, size_t *got,
                                 struct ub_error *err)
{
    struct endless *endless = user;
    size_t line = strlen(endless->line);
    (void)err;
    for (size_t done = 0; done < length;) {
        size_t part = line - endless->at < length - done ? line - endless->at : length - done;
        memcpy(to + done, endless->line + endless->at, part);
        done += part;
        endless->at = (endless->at + part) % line;
    }
    *got = length;
    return UB_OK;
}

static void expect_too_large(const char *line, const char *words)
{
    struct endless endless = {.line = line};
    const struct ub_image_source source = {.take = take_endless, .user = &endless};
    struct ub_image *image = NULL;
    struct ub_error err;
    bool taken = false;
    assert_int_equal(ub_image_parse_pieces("fw", &source, 256 * 1024, NULL, &image, &taken, &err),
                     UB_IMG_TOO_LARGE);
    assert_true(taken);
    assert_null(image);
    assert_non_null(strstr(err.message, words));
}

static void files_without_end_are_refused(void **state)
{
    (void)state;
    char line[600] = ":FF000000";
    char blank[4096];
    for (int i = 0; i < 255; i++)
        assert_true(ub_append(line, sizeof(line), "00"));
    assert_true(ub_append(line, sizeof(line), "01\n"));
    memset(blank, ' ', sizeof(blank));
    memcpy(blank, ":00000000", 9);
    memcpy(blank + 9, "00\n", 3);
    blank[sizeof(blank) - 1] = '\0';
    expect_too_large(line, "more than 67,108,864 bytes of firmware");
    expect_too_large(blank, "larger than 268,435,456 bytes");
}

static enum ub_code take_error(void *user, uint8_t *to, size_t length, size_t *got,
                               struct ub_error *err)
{
    bool *begun = user;
    if (*begun)
        return ub_fail(err, UB_IMG_READ, "fw: gone");
    *begun = true;
    memset(to, '\n', length);
    memcpy(to, ":0100000041BE\n", 14);
    *got = length;
    return UB_OK;
}

static void a_source_that_fails(void **state)
{
    (void)state;
    bool begun = false;
    const struct ub_image_source source = {.take = take_error, .user = &begun};
    struct ub_image *image = NULL;
    struct ub_error err;
    bool taken = false;
    assert_int_equal(ub_image_parse_pieces("fw", &source, PIECE, NULL, &image, &taken, &err),
                     UB_IMG_READ);
    assert_null(image);
    assert_int_equal(ub_image_parse_pieces("fw", &source, PIECE, NULL, &image, &taken, &err),
                     UB_IMG_READ);
    assert_false(taken);
}

static void parse_a_file(const void *bytes, size_t length, bool expected)
{
    char path[] = "/tmp/unbrick-lines-XXXXXX";
    struct ub_image *image = NULL;
    struct ub_image *opened = NULL;
    struct ub_error err;
    bool taken = !expected;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
    assert_int_equal(ub_file_write(path, bytes, length, &err), UB_OK);
    assert_int_equal(ub_image_parse_file(path, NULL, &image, &taken, &err), UB_OK);
    assert_int_equal(taken, expected);
    assert_int_equal(image != NULL, expected);
    assert_int_equal(ub_image_open(path, NULL, &opened, &err), UB_OK);
    if (image)
        expect_same_image(image, opened);
    ub_image_close(opened);
    ub_image_close(image);
    assert_int_equal(remove(path), 0);
}

static void files(void **state)
{
    (void)state;
    static const char text[] = "S104000041BA\nS9030000FC\n";
    struct ub_image *image = open_good("fw.srec", text, sizeof(text) - 1);
    uint8_t with_suffix[sizeof(text) - 1 + 16];
    parse_a_file(text, sizeof(text) - 1, true);
    parse_a_file("\0\1\2\3", 4, false);
    /* What ends with a DFU suffix is a DFU file, whatever it begins with. */
    memcpy(with_suffix, text, sizeof(text) - 1);
    ub_dfu_suffix_put(with_suffix, sizeof(text) - 1, image, NULL, UB_BCD_DFU);
    parse_a_file(with_suffix, sizeof(with_suffix), false);
    ub_image_close(image);
}

static void files_that_cannot_be_opened(void **state)
{
    (void)state;
    struct ub_image *image = NULL;
    struct ub_error err;
    bool taken = false;
    assert_int_equal(ub_image_parse_file("/no/such/file.hex", NULL, &image, &taken, &err),
                     UB_IMG_READ);
    assert_int_equal(ub_image_parse_file("/tmp", NULL, &image, &taken, &err), UB_IMG_READ);
    assert_non_null(strstr(err.message, "is a folder"));
    assert_int_equal(ub_image_parse_file("/dev/null", NULL, &image, &taken, &err), UB_IMG_READ);
    assert_false(taken);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_anywhere_it_reads_the_same),
        cmocka_unit_test(errors_are_the_same),
        cmocka_unit_test(long_lines_and_long_gaps),
        cmocka_unit_test(what_is_no_text_is_left_to_others),
        cmocka_unit_test(files_without_end_are_refused),
        cmocka_unit_test(a_source_that_fails),
        cmocka_unit_test(files),
        cmocka_unit_test(files_that_cannot_be_opened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
