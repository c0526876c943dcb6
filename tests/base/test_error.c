/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An error keeps what happened, gathers context innermost first, and never overflows. */
#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void message_and_context(void **state)
{
    (void)state;
    struct ub_error err;
    memset(&err, 0xa5, sizeof(err));
    assert_int_equal(ub_fail(&err, UB_IMG_READ, "%s: %d", "a", 7), UB_IMG_READ);
    assert_int_equal(err.code, UB_IMG_READ);
    assert_string_equal(err.message, "a: 7");
    assert_int_equal(err.depth, 0);
    assert_false(err.raw.has_transfer);
    assert_int_equal(ub_wrap(&err, UB_IMG_READ, "while %s", "reading"), UB_IMG_READ);
    assert_int_equal(ub_wrap(&err, UB_IMG_READ, "while opening"), UB_IMG_READ);
    assert_int_equal(err.depth, 2);
    assert_string_equal(err.context[0], "while reading");
    assert_string_equal(err.context[1], "while opening");
}

static void a_second_failure_starts_anew(void **state)
{
    (void)state;
    struct ub_error err;
    (void)ub_fail(&err, UB_IMG_READ, "first");
    (void)ub_wrap(&err, UB_IMG_READ, "context");
    err.raw.has_transfer = true;
    assert_int_equal(ub_fail_memory(&err), UB_SYS_MEMORY);
    assert_int_equal(err.code, UB_SYS_MEMORY);
    assert_int_equal(err.depth, 0);
    assert_string_equal(err.context[0], "");
    assert_false(err.raw.has_transfer);
    ub_error_clear(&err);
    assert_int_equal(err.code, UB_OK);
    assert_string_equal(err.message, "");
}

static void nobody_need_listen(void **state)
{
    (void)state;
    assert_int_equal(ub_fail(NULL, UB_IMG_READ, "x"), UB_IMG_READ);
    assert_int_equal(ub_wrap(NULL, UB_IMG_READ, "x"), UB_IMG_READ);
    assert_int_equal(ub_fail_memory(NULL), UB_SYS_MEMORY);
    ub_error_clear(NULL);
}

static void long_text_and_deep_context_are_cut(void **state)
{
    (void)state;
    struct ub_error err;
    char text[2 * UB_ERROR_TEXT];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    (void)ub_fail(&err, UB_IMG_READ, "%s", text);
    assert_int_equal(strlen(err.message), UB_ERROR_TEXT - 1);
    for (int i = 0; i < UB_ERROR_DEPTH + 2; i++)
        (void)ub_wrap(&err, UB_IMG_READ, "%d%s", i, text);
    assert_int_equal(err.depth, UB_ERROR_DEPTH);
    assert_int_equal(err.context[UB_ERROR_DEPTH - 1][0], '0' + UB_ERROR_DEPTH - 1);
    assert_int_equal(strlen(err.context[UB_ERROR_DEPTH - 1]), UB_ERROR_TEXT - 1);
    assert_false(err.raw.has_transfer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(message_and_context),
        cmocka_unit_test(a_second_failure_starts_anew),
        cmocka_unit_test(nobody_need_listen),
        cmocka_unit_test(long_text_and_deep_context_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
