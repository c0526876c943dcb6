/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Header lines of a server, one by one, and addresses. */
#include "fetch/answer.h"

#include "base/text.h"
#include "fetch/record.h"
#include "fetch/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void take(struct ub_headers *headers, const char *line)
{
    ub_headers_take(headers, line, strlen(line));
}

static void what_a_server_says(void **state)
{
    (void)state;
    struct ub_headers headers = {0};
    struct ub_net_answer answer;
    take(&headers, "HTTP/1.1 206 Partial Content\r\n");
    take(&headers, "ETAG:\t \"v1\" \r\n");
    take(&headers, "last-Modified: Sat, 21 Nov 2026 10:00:00 GMT\r\n");
    take(&headers, "Content-Range: bytes 100-199/200\r\n");
    take(&headers, "\r\n");
    assert_true(ub_headers_answer(&headers, true, 100, &answer));
    assert_string_equal(answer.etag, "\"v1\"");
    assert_string_equal(answer.modified, "Sat, 21 Nov 2026 10:00:00 GMT");
    assert_int_equal(answer.from, 100);
    assert_true(answer.has_total);
    assert_int_equal(answer.total, 200);
    /* the next answer, behind a redirect, has nothing of this one */
    take(&headers, "HTTP/2 200\r\n");
    assert_true(ub_headers_answer(&headers, false, 5, &answer));
    assert_string_equal(answer.etag, "");
    assert_int_equal(answer.total, 5);
    assert_true(ub_headers_answer(&headers, false, -1, &answer));
    assert_false(answer.has_total);
    assert_false(ub_headers_answer(&headers, true, 5, &answer));
}

static void ranges(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        bool good;
        bool has_total;
        uint64_t from;
        uint64_t total;
    } rows[] = {
        {"bytes 0-0/1", true, true, 0, 1},
        {"bytes 5-9/*", true, false, 5, 0},
        {"bytes 5-9/9", false, false, 0, 0},
        {"bytes 9-5/20", false, false, 0, 0},
        {"bytes */20", false, false, 0, 0},
        {"bytes 5-9", false, false, 0, 0},
        {"bytes 5-9/", false, false, 0, 0},
        {"bytes -9/20", false, false, 0, 0},
        {"bytes 5-/20", false, false, 0, 0},
        {"bytes 5-9/20x", false, false, 0, 0},
        {"bytes 5-9/+20", false, false, 0, 0},
        {"bytes 18446744073709551616-18446744073709551617/*", false, false, 0, 0},
        {"lines 5-9/20", false, false, 0, 0},
        {"bytes", false, false, 0, 0},
        {"", false, false, 0, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ub_headers headers = {0};
        struct ub_net_answer answer;
        char line[128];
        (void)ub_print(line, sizeof(line), "Content-Range: %s\r\n", rows[i].value);
        take(&headers, line);
        if (ub_headers_answer(&headers, true, 5, &answer) != rows[i].good)
            fail_msg("%s", rows[i].value);
        if (rows[i].good) {
            assert_int_equal(answer.from, rows[i].from);
            assert_int_equal(answer.has_total, rows[i].has_total);
            assert_int_equal(answer.total, rows[i].total);
        }
    }
}

static void lines_that_will_not_do(void **state)
{
    (void)state;
    static const char *const lines[] = {"ETag",
                                        "ETag\r\n",
                                        ":",
                                        "",
                                        "\r\n",
                                        "ETag \"v1\"\r\n",
                                        "XETag: \"v1\"\r\n",
                                        "ETag: \"v\x01\"\r\n",
                                        "ETag: \"v\xff\"\r\n"};
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct ub_headers headers = {0};
        take(&headers, lines[i]);
        assert_string_equal(headers.etag, "");
    }
    char longer[512] = "ETag: \"";
    struct ub_headers headers = {.etag = "\"old\""};
    while (strlen(longer) < 300)
        (void)ub_append(longer, sizeof(longer), "x");
    take(&headers, longer);
    assert_string_equal(headers.etag, "");
}

/** If-Range takes strong words only (RFC 9110 §13.1.5). */
static void what_if_range_is_asked_with(void **state)
{
    (void)state;
    struct ub_part_record record = {.etag = "\"v1\"", .modified = "Sat"};
    assert_string_equal(ub_part_record_validator(&record), "\"v1\"");
    (void)ub_print(record.etag, sizeof(record.etag), "W/\"v1\"");
    assert_string_equal(ub_part_record_validator(&record), "Sat");
    record.modified[0] = '\0';
    assert_null(ub_part_record_validator(&record));
}

static void addresses_beside_one(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        {"https://h/a/fw.bin", "https://h/a/fw.bin.sig", "https://h/a/SUMS"},
        {"https://h:81/a%20b/fw.bin?x=1&y=%2F#z", "https://h:81/a%20b/fw.bin.sig?x=1&y=%2F",
         "https://h:81/a%20b/SUMS?x=1&y=%2F"},
        {"https://h/", "https://h/.sig", "https://h/SUMS"},
        {"https://h", "https://h/.sig", "https://h/SUMS"},
        {"file:///a/fw.bin", "file:///a/fw.bin.sig", "file:///a/SUMS"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ub_url url;
        struct ub_url other;
        assert_int_equal(ub_url_parse(rows[i][0], &url, NULL), UB_OK);
        assert_int_equal(ub_url_with_ending(&url, ".sig", &other, NULL), UB_OK);
        assert_string_equal(other.text, rows[i][1]);
        assert_int_equal(ub_url_beside(&url, "SUMS", &other, NULL), UB_OK);
        assert_string_equal(other.text, rows[i][2]);
        assert_string_equal(other.name, "SUMS");
    }
    char longest[UB_URL_MAX] = "https://h/";
    struct ub_url url;
    struct ub_url other;
    memset(longest + 10, 'x', sizeof(longest) - 11);
    longest[sizeof(longest) - 1] = '\0';
    assert_int_equal(ub_url_parse(longest, &url, NULL), UB_OK);
    assert_int_equal(ub_url_with_ending(&url, ".sig", &other, NULL), UB_NET_URL);
    assert_int_equal(ub_url_beside(&url, "SUMS", &other, NULL), UB_OK);
}

static void names_of_files(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"https://h/a/fw.bin", "fw.bin"},       {"https://h/a/fw.bin?name=x", "fw.bin"},
        {"https://h/a/", "download"},           {"https://h", "download"},
        {"https://h/a/..", "download"},         {"https://h/a/%2E%2E", "_."},
        {"https://h/.bashrc", "_bashrc"},       {"https://h/a%2Fb", "b"},
        {"https://h/C:%5Cfw.bin", "C__fw.bin"}, {"https://h/%C3%BC.bin", "\xc3\xbc.bin"},
        {"https://h/%FF.bin", "?.bin"},         {"file:///tmp/fw%20x.bin", "fw x.bin"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ub_url url;
        struct ub_error err = {0};
        if (ub_url_parse(rows[i][0], &url, &err) != UB_OK)
            fail_msg("%s: %s", rows[i][0], err.message);
        assert_string_equal(url.name, rows[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_server_says),     cmocka_unit_test(ranges),
        cmocka_unit_test(lines_that_will_not_do), cmocka_unit_test(what_if_range_is_asked_with),
        cmocka_unit_test(addresses_beside_one),   cmocka_unit_test(names_of_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
