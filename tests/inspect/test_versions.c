/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Texts that look like a version are found, numbers that are none are not. */
#include "inspect_test.h"

#include "inspect/versions.h"

#include <time.h>

struct sample {
    const char *text;
    const char *found; /* all that is found, with a blank between; "" for nothing */
};

static const struct sample samples[] = {
    {"v1.2.3", "v1.2.3"},
    {"1.2.3", "1.2.3"},
    {"1.2.3-rc4+g0123abc", "1.2.3-rc4+g0123abc"},
    {"Tomu Bootloader (0) 2.0~rc7-2", "2.0~rc7-2"},
    {"2022.09.1", "2022.09.1"},
    {"ubertooth 2018-12-R1 (user@localhost)", "2018-12-R1"},
    {"micro:bit v1.0.1+unknown on 2023-02-24; MicroPython v1.9.2-34-gd64154c73 on 2017-09-01",
     "v1.9.2-34-gd64154c73 v1.0.1+unknown"},
    {"Firmware Version: 1.2", "1.2"},
    {"FwVersion=1.2.3.4", "1.2.3.4"},
    {"FW_1.10", "1.10"},
    {"ver1.10", "1.10"},
    {"release 2023-02-24", "2023-02-24"},
    {"fw v2.0 built 2023-02-24, based on 1.0.0", "v2.0 2023-02-24 1.0.0"},
    {"V2.10b", "V2.10b"},
    {"1.1.1k", "1.1.1k"},
    {"foo-1.2.3.tar.gz", "1.2.3"},
    {"1.2.3.dev4", "1.2.3.dev4"},
    {"v1.2.", "v1.2"},
    {"see v1.2.3, or v1.2.4", "v1.2.3 v1.2.4"},
    {"v1.2.3 1.2.3", "v1.2.3"}, /* the same, with and without its letter */
    {"v1.2.3\tv1.2.3\n", "v1.2.3"},
    {"FreeRTOS Kernel V10.4.3 LTS", "V10.4.3"},

    {"", ""},
    {"3.14159", ""},
    {"2.4GHz band, 3.3V, 1.8 V, 1.5A", ""},
    {"%3.1f", ""},
    {"192.168.1.1", ""},
    {"255.255.255.0", ""},
    {"1.3.6.1.4.1.311", ""},
    {"v1.3.6.1.4.1.311", ""},
    {"0.0.0", ""},
    {"v0.0", ""},
    {"2023-02-24", ""},
    {"2023-02-13T21:22", ""},
    {"GCC: (GNU) 12.2.1 20221205", ""},
    {"gcc (Debian 12.2.0-14) 12.2.0", ""},
    {"clang version 14.0.6", ""},
    {"Licensed under the Apache License, Version 2.0", ""},
    {"<?xml version=\"1.0\"?>", ""},
    {"HTTP/1.1", ""},
    {"server 1.2", ""},
    {"a1.2.3", ""},
    {"abc1.2", ""},
    {"12345", ""},
    {"v12", ""},
    {"1.2", ""},
    {"123456789.2.3", ""},
};

static void join(const struct ub_version_texts *texts, char *to, size_t size)
{
    to[0] = '\0';
    for (size_t i = 0; i < texts->count; i++)
        assert_true(ub_append(to, size, "%s%s", i ? " " : "", texts->items[i].text));
}

static void expect_found(const uint8_t *bytes, size_t length, const char *found)
{
    struct ub_version_texts texts;
    char all[1024];
    uint8_t *copy = copy_of(bytes, length);
    memset(&texts, 0, sizeof(texts));
    ub_versions_find(copy, length, &texts);
    join(&texts, all, sizeof(all));
    if (strcmp(all, found) != 0)
        print_error("%.*s\n", (int)length, (const char *)bytes);
    assert_string_equal(all, found);
    free(copy);
}

static void samples_in_ascii(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        uint8_t bytes[256];
        size_t length = strlen(samples[i].text);
        expect_found((const uint8_t *)samples[i].text, length, samples[i].found);
        /* Among other things, as in a binary. */
        memset(bytes, 0x81, sizeof(bytes));
        memcpy(bytes + 3, samples[i].text, length + 1);
        expect_found(bytes, sizeof(bytes), samples[i].found);
    }
}

static void samples_in_utf16(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        for (size_t odd = 0; odd < 2; odd++) {
            uint8_t bytes[512];
            size_t length = strlen(samples[i].text);
            memset(bytes, 0x81, sizeof(bytes));
            for (size_t n = 0; n < length; n++) {
                bytes[odd + 8 + 2 * n] = (uint8_t)samples[i].text[n];
                bytes[odd + 9 + 2 * n] = 0;
            }
            expect_found(bytes, sizeof(bytes), samples[i].found);
        }
    }
}

static void text_that_does_not_end_is_chance(void **state)
{
    (void)state;
    expect_found((const uint8_t *)"v1.2.3\x80\x80", 8, "");
    expect_found((const uint8_t *)"v1.2.3\xff", 7, "v1.2.3");
    expect_found((const uint8_t *)"v1.2.3\0", 7, "v1.2.3");
}

static void the_best_of_many_are_kept(void **state)
{
    (void)state;
    char text[1024] = "";
    for (unsigned i = 1; i <= 30; i++)
        assert_true(ub_append(text, sizeof(text), "lib 7.%u.0; ", i));
    assert_true(ub_append(text, sizeof(text), "fw v1.2.3-rc1; 9.9.9-g0123456789; "));
    struct ub_version_texts texts;
    memset(&texts, 0, sizeof(texts));
    ub_versions_find((const uint8_t *)text, strlen(text), &texts);
    assert_int_equal(texts.count, UB_FACT_VERSIONS);
    assert_string_equal(texts.items[0].text, "v1.2.3-rc1");
    assert_string_equal(texts.items[1].text, "9.9.9-g0123456789");
    for (size_t i = 0; i < texts.count; i++)
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(texts.items[i].text, texts.items[j].text);
}

static void long_ones_are_left_out(void **state)
{
    (void)state;
    char text[200] = "v1.2.3-";
    memset(text + 7, 'x', 150);
    expect_found((const uint8_t *)text, strlen(text), "");
    text[63] = '\0';
    expect_found((const uint8_t *)text, strlen(text), text);
}

/** 2 MiB of the worst: each a candidate, each compared with all. */
static void time_is_linear(void **state)
{
    (void)state;
    static const char *const worst[] = {"1.1.1 ", "v1.1-a.",  "1.1.1-",
                                        ".1.1.",  "version ", "11111"};
    size_t length = (size_t)2 << 20;
    uint8_t *bytes = malloc(length);
    assert_non_null(bytes);
    for (size_t i = 0; i < sizeof(worst) / sizeof(worst[0]); i++) {
        size_t n = strlen(worst[i]);
        for (size_t at = 0; at + n <= length; at += n)
            memcpy(bytes + at, worst[i], n);
        struct ub_version_texts texts;
        memset(&texts, 0, sizeof(texts));
        clock_t start = clock();
        ub_versions_find(bytes, length, &texts);
        double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
        print_message("%s %.2f s\n", worst[i], seconds);
        assert_true(seconds < 8); /* quadratic would be long; sanitizers take their time */
    }
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_in_ascii),
        cmocka_unit_test(samples_in_utf16),
        cmocka_unit_test(text_that_does_not_end_is_chance),
        cmocka_unit_test(the_best_of_many_are_kept),
        cmocka_unit_test(long_ones_are_left_out),
        cmocka_unit_test(time_is_linear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
