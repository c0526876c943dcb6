/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Images larger than the bootloader that they are meant to stand behind, at the wrong address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "match/linked.h"
#include "match_bench.h"

#include <stdio.h>
#include <string.h>

#define LENGTH    ((size_t)256 * 1024)
#define FUNCTIONS 8u

static uint8_t image[LENGTH];

static void put(size_t offset, uint16_t instruction)
{
    ub_put_u16le(image + offset, instruction);
}

/** Code (MOVS r0, #0), with functions all over it; the vectors lead to them. */
static void make(uint32_t base, size_t functions)
{
    static const uint16_t first[] = {0xb510, 0x4803, 0xe7fe, 0xe92d,
                                     0xb082, 0xf01e, 0xb672, 0x4770};
    for (size_t i = 0; i < LENGTH; i += 2)
        put(i, 0x2000);
    ub_put_u32le(image, 0x20020000);
    for (size_t i = 0; i < 48; i++) {
        const size_t offset = 0x1000 + i % functions * 0x5552;
        put(offset, first[i % functions % FUNCTIONS]);
        ub_put_u32le(image + 4 * (i + 1), base + (uint32_t)offset + 1);
    }
    ub_put_u32le(image + 4 * 6, 0); /* one that is not used */
    ub_put_u32le(image + 4 * 49, 0);
}

static void found_where_it_belongs(void **state)
{
    static const uint32_t bases[] = {0x08000000, 0x08004000, 0x08008000,
                                     0x08010000, 0x00000000, 0x08000400};
    uint32_t base;
    for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
        make(bases[i], FUNCTIONS);
        assert_false(ub_linked_elsewhere(image, LENGTH, bases[i], &base));
        for (uint32_t distance = 0x400; distance <= 0x10000; distance *= 2) {
            assert_true(ub_linked_elsewhere(image, LENGTH, bases[i] + distance, &base));
            assert_int_equal(base, bases[i]);
            if (bases[i] < distance)
                continue;
            assert_true(ub_linked_elsewhere(image, LENGTH, bases[i] - distance, &base));
            assert_int_equal(base, bases[i]);
        }
    }
}

/* Too little to go by is no evidence. */
static void few_vectors_say_nothing(void **state)
{
    uint32_t base;
    make(0x08004000, 4);
    assert_false(ub_linked_elsewhere(image, LENGTH, 0x08000000, &base));
    make(0x08004000, 5);
    assert_true(ub_linked_elsewhere(image, LENGTH, 0x08000000, &base));
    ub_put_u32le(image + 8, 0x08000100); /* the second vector is none: the table ends there */
    assert_false(ub_linked_elsewhere(image, LENGTH, 0x08000000, &base));
    assert_false(ub_linked_elsewhere(image, 0, 0x08000000, &base));
    assert_false(ub_linked_elsewhere(image, 3, 0x08000000, &base));
    make(0x08004000, FUNCTIONS);
    assert_false(ub_linked_elsewhere(image, 200, 0x08000000, &base)); /* cut off */
}

static void noise_says_nothing(void **state)
{
    uint32_t x = 1;
    uint32_t base;
    for (unsigned run = 0; run < 200; run++) {
        for (size_t i = 0; i < LENGTH; i++) {
            x = x * 1664525u + 1013904223u;
            image[i] = (uint8_t)(x >> 24);
        }
        assert_false(ub_linked_elsewhere(image, LENGTH, 0x08000000, &base));
    }
    for (unsigned run = 0; run < 200; run++) { /* with vectors that look right */
        for (size_t i = 0; i < 48; i++) {
            x = x * 1664525u + 1013904223u;
            ub_put_u32le(image + 4 * i, 0x08000000u + ((x >> 8) % LENGTH | 1u));
        }
        assert_false(ub_linked_elsewhere(image, LENGTH, 0x08000000, &base));
    }
}

static void an_image_at_the_wrong_place_is_refused(void **state)
{
    static struct match_bench bench;
    static const uint32_t words[4] = {0x20020000, 0x08000101, 0x08000101, 0x08000101};
    for (unsigned wrong = 0; wrong < 2; wrong++) {
        match_open(&bench, "stm32f405", 0x08000000, words, 4);
        struct ub_segment *segment = &bench.image->segments[0];
        uint8_t *own = segment->data;
        make(wrong ? 0x08004000 : 0x08000000, FUNCTIONS);
        segment->data = image;
        segment->length = LENGTH;
        match_expect(&bench, "other-address", wrong ? "against" : "for");
        if (wrong)
            assert_non_null(strstr(bench.match.entries[0].finding.text, "linked for 0x08004000"));
        segment->data = own;
        segment->length = 16;
        match_close(&bench);
    }
}

/* Debian's hackrf-firmware, which is linked for 0. */
static void published_firmware(void **state)
{
    static const char *const files[] = {"/usr/share/hackrf/hackrf_one_usb.bin",
                                        "/usr/share/hackrf/hackrf_jawbreaker_usb.bin",
                                        "/usr/share/hackrf/hackrf_rad1o_usb.bin"};
    uint32_t base;
    size_t seen = 0;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        FILE *file = fopen(files[i], "rb");
        if (!file)
            continue;
        const size_t length = fread(image, 1, LENGTH, file);
        (void)fclose(file);
        assert_false(ub_linked_elsewhere(image, length, 0, &base));
        unsigned found = 0; /* at a few of 64 places enough vectors lead to something by chance */
        for (uint32_t at = 0x400; at <= 0x10000; at += 0x400)
            found += ub_linked_elsewhere(image, length, at, &base) && base == 0;
        assert_true(found >= 58);
        seen++;
    }
    if (seen == 0)
        skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(found_where_it_belongs),
        cmocka_unit_test(few_vectors_say_nothing),
        cmocka_unit_test(noise_says_nothing),
        cmocka_unit_test(an_image_at_the_wrong_place_is_refused),
        cmocka_unit_test(published_firmware),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
