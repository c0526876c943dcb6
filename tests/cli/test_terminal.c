/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What reaches a terminal, a pipe and a place that shows only ASCII. */
#define _GNU_SOURCE /* fmemopen */
#include "cli/terminal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static char shown[1024];
static struct term_stream stream;

static void start(bool utf8, bool colour)
{
    memset(shown, 0, sizeof(shown));
    memset(&stream, 0, sizeof(stream));
    stream.file = fmemopen(shown, sizeof(shown) - 1, "w");
    assert_non_null(stream.file);
    stream.utf8 = utf8;
    stream.colour = colour;
}

static const char *finish(void)
{
    term_flush(&stream);
    assert_int_equal(stream.failed, 0);
    assert_int_equal(fclose(stream.file), 0);
    return shown;
}

static void control_characters_do_not_reach_a_terminal(void **state)
{
    (void)state;
    start(true, false);
    term_print(&stream, TERM_PLAIN, "%s",
               "a\033[31mb\rc\ad\x7f\xc2\x9b"
               "e\tf\n");
    assert_string_equal(finish(), "a?[31mb?c?d??e?f\n");
}

static void bytes_that_are_no_utf8_are_replaced(void **state)
{
    (void)state;
    start(true, false);
    term_print(&stream, TERM_PLAIN, "%s", "\xff\xc3 \xe2\x82");
    assert_string_equal(finish(), "?? ??");
}

static void ascii_gets_what_comes_closest(void **state)
{
    (void)state;
    start(false, false);
    term_mark(&stream, TERM_MARK_DONE);
    term_mark(&stream, TERM_MARK_ACTIVE);
    term_mark(&stream, TERM_MARK_WARNING);
    term_mark(&stream, TERM_MARK_FAILED);
    term_mark(&stream, TERM_MARK_SKIPPED);
    term_print(&stream, TERM_PLAIN, " 4 × 16 · 3b1f…9c → ü");
    assert_string_equal(finish(), "+>!x- 4 x 16 - 3b1f...9c -> ?");
}

static void utf8_passes_where_it_can_be_shown(void **state)
{
    (void)state;
    start(true, false);
    term_mark(&stream, TERM_MARK_DONE);
    term_print(&stream, TERM_PLAIN, " ü");
    assert_string_equal(finish(), "✓ ü");
}

static void colours_only_where_they_are_shown(void **state)
{
    (void)state;
    start(true, true);
    term_print(&stream, TERM_BAD, "no");
    term_print(&stream, TERM_PLAIN, "yes");
    assert_string_equal(finish(), "\033[1;31mno\033[0myes");
    start(true, false);
    term_print(&stream, TERM_BAD, "no");
    assert_string_equal(finish(), "no");
}

static void text_is_broken_at_words(void **state)
{
    (void)state;
    start(true, false);
    term_wrap(&stream, TERM_PLAIN, 4, 30, "one two three four five six seven eight");
    assert_string_equal(finish(), "one two three four five\n    six seven eight");
    start(true, false);
    term_wrap(&stream, TERM_PLAIN, 4, 0, "one two three four five six seven eight");
    assert_string_equal(finish(), "one two three four five six seven eight");
    start(true, false);
    term_wrap(&stream, TERM_PLAIN, 2, 24, "abcdefghijabcdefghijabcdefghijabcdefghij end");
    assert_string_equal(finish(), "abcdefghijabcdefghijabcdefghijabcdefghij\n  end");
}

static void a_number_keeps_its_unit(void **state)
{
    (void)state;
    start(true, false);
    term_wrap(&stream, TERM_PLAIN, 2, 24, "map=@Flash  /0x0/04*016Kg,01*064Kg,07*128Kg end");
    assert_string_equal(finish(), "map=@Flash \n  /0x0/04*016Kg,\n  01*064Kg,07*128Kg end");
    start(true, false);
    term_wrap(&stream, TERM_PLAIN, 0, 23, "it will take about 1.8 s or so");
    assert_string_equal(finish(), "it will take about\n1.8 s or so");
}

static void widths_are_columns(void **state)
{
    (void)state;
    assert_int_equal(term_width(""), 0);
    assert_int_equal(term_width("abc"), 3);
    assert_int_equal(term_width("✓ ▸"), 3);
    start(true, false);
    term_pad(&stream, TERM_PLAIN, "ü", 3);
    term_pad(&stream, TERM_PLAIN, "long", 2);
    assert_string_equal(finish(), "ü  long");
}

static void a_failed_write_is_remembered(void **state)
{
    (void)state;
    memset(&stream, 0, sizeof(stream));
    stream.file = fopen("/dev/full", "w");
    if (stream.file == NULL) {
        skip();
    }
    term_print(&stream, TERM_PLAIN, "text");
    term_flush(&stream);
    assert_int_not_equal(stream.failed, 0);
    (void)fclose(stream.file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(control_characters_do_not_reach_a_terminal),
        cmocka_unit_test(bytes_that_are_no_utf8_are_replaced),
        cmocka_unit_test(ascii_gets_what_comes_closest),
        cmocka_unit_test(utf8_passes_where_it_can_be_shown),
        cmocka_unit_test(colours_only_where_they_are_shown),
        cmocka_unit_test(text_is_broken_at_words),
        cmocka_unit_test(a_number_keeps_its_unit),
        cmocka_unit_test(widths_are_columns),
        cmocka_unit_test(a_failed_write_is_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
