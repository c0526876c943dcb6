/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Times of RFC 3339, against those of the system. */
#define _GNU_SOURCE /* timegm */
#include "trust/moment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <time.h>

static void known_moments(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t seconds;
    } rows[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01T01:00:00+01:00", 0},
        {"1969-12-31T23:59:59Z", -1}, /* refused, see below */
        {"2000-02-29T12:00:00Z", 951825600},
        {"2026-11-22T10:11:12Z", 1795342272},
        {"2026-11-22t10:11:12z", 1795342272},
        {"2026-11-22T10:11:12.999Z", 1795342272},
        {"2026-11-22T09:41:12-00:30", 1795342272},
        {"9999-12-31T23:59:59Z", INT64_C(253402300799)},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t seconds = 42;
        assert_int_equal(ub_moment_parse(rows[i].text, &seconds), rows[i].seconds >= 0);
        if (rows[i].seconds >= 0)
            assert_int_equal(seconds, rows[i].seconds);
    }
}

static void as_the_system_has_it(void **state)
{
    (void)state;
    for (int64_t at = 0; at < INT64_C(253402300800); at += INT64_C(86399) * 97 + 61) {
        char text[UB_MOMENT_TEXT];
        char system[UB_MOMENT_TEXT];
        const time_t moment = (time_t)at;
        struct tm utc;
        int64_t back;
        ub_moment_print(at, text);
        assert_non_null(gmtime_r(&moment, &utc));
        assert_true(strftime(system, sizeof(system), "%Y-%m-%dT%H:%M:%SZ", &utc) > 0);
        assert_string_equal(text, system);
        assert_true(ub_moment_parse(text, &back));
        assert_int_equal(back, at);
    }
}

static void what_is_none(void **state)
{
    (void)state;
    static const char *const none[] = {
        "",
        "2026-11-22",
        "2026-11-22T10:11:12",
        "2026-11-22 10:11:12Z",
        "2026-02-29T10:11:12Z",
        "2100-02-29T10:11:12Z",
        "2026-13-01T10:11:12Z",
        "2026-00-01T10:11:12Z",
        "2026-11-00T10:11:12Z",
        "2026-11-31T10:11:12Z",
        "2026-11-22T24:00:00Z",
        "2026-11-22T10:60:00Z",
        "2026-11-22T10:11:61Z",
        "2026-11-22T10:11:12.Z",
        "2026-11-22T10:11:12+1:00",
        "2026-11-22T10:11:12+24:00",
        "2026-11-22T10:11:12Z ",
        "2026-11-22T10:11:12ZZ",
        "02026-11-22T10:11:12Z",
        "+026-11-22T10:11:12Z",
        "2026-1 -22T10:11:12Z",
    };
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        int64_t seconds;
        if (ub_moment_parse(none[i], &seconds))
            fail_msg("\"%s\" was taken", none[i]);
    }
    char text[UB_MOMENT_TEXT];
    ub_moment_print(-1, text);
    assert_string_equal(text, "");
    ub_moment_print(INT64_MAX, text);
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_moments),
        cmocka_unit_test(as_the_system_has_it),
        cmocka_unit_test(what_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
