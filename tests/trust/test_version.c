/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Versions are in the order that Semantic Versioning gives, and what is no version is not guessed
 * at. */
#include "trust/version.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void each_is_newer_than_those_before(void **state)
{
    (void)state;
    /* Semantic Versioning 2.0.0 §11.4 has the pre-releases */
    static const char *const order[] = {
        "0",
        "0.0.1-a",
        "0.0.1",
        "0.9",
        "0.10",
        "1.0.0-0",
        "1.0.0-9",
        "1.0.0-10",
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-beta",
        "1.0.0-beta.2",
        "1.0.0-beta.11",
        "1.0.0-rc.1",
        "1.0.0-rc.1.0",
        "1.0.0",
        "1.0.0.1",
        "1.0.1",
        "1.2",
        "1.10",
        "2",
        "10",
        "2024.02.1",
        "18446744073709551616",
        "18446744073709551617",
        "99999999999999999999999999.1",
    };
    const size_t count = sizeof(order) / sizeof(order[0]);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++) {
            int result = 42;
            assert_true(ub_version_compare(order[i], order[j], &result));
            const int wanted = (i > j) - (i < j);
            if ((result > 0) - (result < 0) != wanted)
                fail_msg("%s against %s: %d, not %d", order[i], order[j], result, wanted);
        }
}

static void some_are_the_same(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"1", "1.0"},      {"1.0.0", "1"},     {"v1.2", "1.2.0"},          {"V1", "v1.0"},
        {"01.002", "1.2"}, {"1.0+7", "1.0+8"}, {"1.0-rc.1+a", "1.0-rc.1"}, {"1-01", "1-1"},
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        int result = 42;
        assert_true(ub_version_compare(pairs[i][0], pairs[i][1], &result));
        assert_int_equal(result, 0);
    }
}

static void what_is_none(void **state)
{
    (void)state;
    static const char *const none[] = {
        "",   "v",     "vv1",  "1.",     ".1",   "1..2", "1.2b",  "r12",
        "1 ", " 1",    "1.2 ", "1-",     "1-a.", "1-.a", "1+",    "1+a..b",
        "-1", "1.0-_", "1,2",  "latest", "1.x",  "1\n",  "1+a+b",
    };
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        int result = 42;
        if (ub_version_valid(none[i]))
            fail_msg("\"%s\" was taken", none[i]);
        assert_false(ub_version_compare(none[i], "1", &result));
        assert_int_equal(result, 0);
        assert_false(ub_version_compare("1", none[i], &result));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_newer_than_those_before),
        cmocka_unit_test(some_are_the_same),
        cmocka_unit_test(what_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
