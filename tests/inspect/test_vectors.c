/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Vector tables of Cortex-M: real ones are found, random bytes are none. */
#include "inspect_test.h"

#include "inspect/vectors.h"

#include <sodium.h>

#define SIZE 4096

/** A table for code at `base`, with bytes behind it. */
static void make(uint8_t *bytes, uint32_t stack, uint32_t base)
{
    memset(bytes, 0x46, SIZE);
    memset(bytes, 0, 64);
    ub_put_u32le(bytes, stack);
    ub_put_u32le(bytes + 4, base + 0x101);
    static const unsigned handlers[] = {2, 3, 11, 14, 15};
    for (size_t i = 0; i < 5; i++)
        ub_put_u32le(bytes + 4 * (size_t)handlers[i], base + 0x201);
}

static void a_whole_table(void **state)
{
    (void)state;
    uint8_t bytes[SIZE];
    struct ub_vectors v;
    static const uint32_t bases[] = {0,          0x4000,     0x08000000, 0x08004000,
                                     0x10000000, 0x60002000, 0x90000000};
    for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
        make(bytes, 0x20005000, bases[i]);
        assert_true(ub_vectors_read(bytes, SIZE, UINT64_MAX, &v));
        assert_true(v.whole);
        assert_true(v.inside);
        assert_int_equal(v.stack, 0x20005000);
        assert_int_equal(v.reset, bases[i] + 0x101);
    }
}

static void a_table_that_leads_elsewhere(void **state)
{
    (void)state;
    uint8_t bytes[SIZE];
    struct ub_vectors v;
    make(bytes, 0x20005000, 0x08000000);
    ub_put_u32le(bytes + 4, 0x08002001); /* further from its handlers than it is long */
    assert_true(ub_vectors_read(bytes, SIZE, UINT64_MAX, &v));
    assert_false(v.inside);
    ub_put_u32le(bytes + 4, 0x20000101); /* one that is copied to RAM does not count */
    assert_true(ub_vectors_read(bytes, SIZE, UINT64_MAX, &v));
    assert_true(v.inside);
}

static void what_is_no_table(void **state)
{
    (void)state;
    uint8_t bytes[SIZE];
    struct ub_vectors v;
    static const struct {
        unsigned word;
        uint32_t to;
    } wrong[] = {
        {0, 0},          {0, 0x08000000},  {0, 0x20005002},  {0, 0x40000004}, {1, 0x0800f100},
        {1, 0xe000e101}, {1, 0x40001001},  {1, 1},           {2, 0x0800f200}, {3, 0xe59ff018},
        {11, 2},         {14, 0x50000001}, {15, 0xfffffffe},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        make(bytes, 0x20005000, 0x0800f000); /* nowhere that is usual */
        assert_true(ub_vectors_read(bytes, SIZE, UINT64_MAX, &v));
        ub_put_u32le(bytes + (size_t)4 * wrong[i].word, wrong[i].to);
        if (ub_vectors_read(bytes, SIZE, UINT64_MAX, &v))
            print_error("row %zu\n", i);
        assert_false(ub_vectors_read(bytes, SIZE, UINT64_MAX, &v));
    }
}

static void a_table_of_two_words(void **state)
{
    (void)state;
    uint8_t bytes[SIZE];
    struct ub_vectors v;
    make(bytes, 0x20005000, 0x08004000);
    ub_put_u32le(bytes + 8, 0x12345678);
    assert_false(ub_vectors_read(bytes, SIZE, UINT64_MAX, &v));
    assert_true(ub_vectors_read(bytes, SIZE, 0x08004000, &v));
    assert_false(v.whole);
    assert_false(ub_vectors_read(bytes, SIZE, 0x08000000, &v));
    ub_put_u32le(bytes + 4, 0x08000101);
    assert_true(ub_vectors_read(bytes, SIZE, UINT64_MAX, &v));
    for (size_t n = 0; n < 64; n++) {
        uint8_t *cut = copy_of(bytes, n);
        assert_false(ub_vectors_read(cut, n, UINT64_MAX, &v)); /* the reset vector leads out */
        assert_int_equal(ub_vectors_read(cut, n, 0x080000f0, &v), n > 0x11);
        free(cut);
    }
}

static void real_tables(void **state)
{
    (void)state;
    /* toboot of firmware-tomu: its handlers are in RAM. */
    uint8_t bytes[SIZE];
    struct ub_vectors v;
    memset(bytes, 0, sizeof(bytes));
    ub_put_u32le(bytes, 0x20002000);
    ub_put_u32le(bytes + 4, 0x34f);
    for (size_t i = 2; i < 16; i++)
        ub_put_u32le(bytes + 4 * i, 0x200007c1);
    assert_true(ub_vectors_read(bytes, SIZE, UINT64_MAX, &v));
    assert_true(v.whole && v.inside);
    /* NXT: an ARM7 begins with instructions. */
    for (size_t i = 0; i < 16; i++)
        ub_put_u32le(bytes + 4 * i, i ? 0xe1a00000 : 0xe59ff018);
    assert_false(ub_vectors_read(bytes, SIZE, UINT64_MAX, &v));
    memset(bytes, 0, SIZE);
    assert_false(ub_vectors_read(bytes, SIZE, UINT64_MAX, &v));
    memset(bytes, 0xff, SIZE);
    assert_false(ub_vectors_read(bytes, SIZE, UINT64_MAX, &v));
}

static void random_bytes_are_none(void **state)
{
    (void)state;
    static const unsigned char seed[randombytes_SEEDBYTES] = {4};
    size_t size = (size_t)4 << 20;
    uint8_t *bytes = malloc(size);
    struct ub_vectors v;
    unsigned found = 0;
    assert_non_null(bytes);
    randombytes_buf_deterministic(bytes, size, seed);
    for (size_t at = 0; at + SIZE <= size; at += 64)
        found += ub_vectors_read(bytes + at, SIZE, UINT64_MAX, &v);
    free(bytes);
    print_message("%u of %zu\n", found, size / 64);
    assert_true(found <= 2); /* 0.047 * 0.31 * 0.31^5 of 65536 are expected: about 3 in 100000 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_table),    cmocka_unit_test(a_table_that_leads_elsewhere),
        cmocka_unit_test(what_is_no_table), cmocka_unit_test(a_table_of_two_words),
        cmocka_unit_test(real_tables),      cmocka_unit_test(random_bytes_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
