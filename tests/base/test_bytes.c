/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The cursor cannot leave its buffer; sums and products say when they overflow. */
#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13};

static void values_in_both_orders(void **state)
{
    (void)state;
    struct ub_cursor c = ub_cursor(bytes, sizeof(bytes));
    assert_int_equal(ub_take_u8(&c), 0x01);
    assert_int_equal(ub_take_u16le(&c), 0x0302);
    assert_int_equal(ub_take_u16be(&c), 0x0405);
    assert_int_equal(ub_take_u32le(&c), 0x09080706);
    assert_int_equal(ub_take_u32be(&c), 0x0a0b0c0d);
    assert_int_equal(c.left, 0);
    assert_false(c.failed);
    assert_int_equal(ub_take_u8(&c), 0);
    assert_true(c.failed);
}

static void a_failed_cursor_stays_failed(void **state)
{
    (void)state;
    struct ub_cursor c = ub_cursor(bytes, 3);
    assert_int_equal(ub_take_u32le(&c), 0);
    assert_true(c.failed);
    assert_int_equal(ub_take_u8(&c), 0);
    assert_null(ub_take_bytes(&c, 0));
    struct ub_cursor d = ub_cursor(bytes, 3);
    assert_int_equal(ub_take_u32be(&d), 0);
    assert_true(d.failed);
    struct ub_cursor e = ub_cursor(bytes, 1);
    assert_int_equal(ub_take_u16le(&e), 0);
    assert_true(e.failed);
    struct ub_cursor f = ub_cursor(bytes, 1);
    assert_int_equal(ub_take_u16be(&f), 0);
    assert_true(f.failed);
}

static void bytes_and_parts(void **state)
{
    (void)state;
    struct ub_cursor c = ub_cursor(bytes, 4);
    assert_ptr_equal(ub_take_bytes(&c, 1), bytes);
    struct ub_cursor part = ub_take_cursor(&c, 2);
    assert_int_equal(part.left, 2);
    assert_int_equal(ub_take_u16be(&part), 0x0203);
    assert_int_equal(ub_take_u8(&part), 0); /* the part ends, although the whole does not */
    assert_true(part.failed);
    assert_false(c.failed);
    struct ub_cursor too_long = ub_take_cursor(&c, 2);
    assert_true(too_long.failed);
    assert_int_equal(too_long.left, 0);
    assert_true(c.failed);
    struct ub_cursor empty = ub_cursor(NULL, 0);
    assert_null(ub_take_bytes(&empty, SIZE_MAX));
    assert_true(empty.failed);
}

static void what_is_put_can_be_taken(void **state)
{
    (void)state;
    uint8_t to[12];
    ub_put_u16le(to, 0xa1b2);
    ub_put_u16be(to + 2, 0xa1b2);
    ub_put_u32le(to + 4, 0xa1b2c3d4);
    ub_put_u32be(to + 8, 0xa1b2c3d4);
    const uint8_t expected[] = {0xb2, 0xa1, 0xa1, 0xb2, 0xd4, 0xc3,
                                0xb2, 0xa1, 0xa1, 0xb2, 0xc3, 0xd4};
    assert_memory_equal(to, expected, sizeof(expected));
}

static void sums_and_products(void **state)
{
    (void)state;
    uint64_t r;
    assert_true(ub_add_u64(1, UINT64_MAX - 1, &r));
    assert_true(r == UINT64_MAX);
    assert_false(ub_add_u64(1, UINT64_MAX, &r));
    assert_true(ub_mul_u64(0, UINT64_MAX, &r));
    assert_true(r == 0);
    assert_true(ub_mul_u64(UINT32_MAX, UINT32_MAX, &r));
    assert_true(r == UINT64_C(0xfffffffe00000001));
    assert_false(ub_mul_u64(UINT64_C(1) << 32, UINT64_C(1) << 32, &r));
    assert_false(ub_mul_u64(3, UINT64_MAX / 2, &r));
}

static void all_bytes(void **state)
{
    (void)state;
    const uint8_t blank[] = {0xff, 0xff, 0xff, 0xfe};
    assert_true(ub_all_bytes(blank, 3, 0xff));
    assert_false(ub_all_bytes(blank, 4, 0xff));
    assert_false(ub_all_bytes(blank, 1, 0));
    assert_true(ub_all_bytes(NULL, 0, 0xff));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_in_both_orders), cmocka_unit_test(a_failed_cursor_stays_failed),
        cmocka_unit_test(bytes_and_parts),       cmocka_unit_test(what_is_put_can_be_taken),
        cmocka_unit_test(sums_and_products),     cmocka_unit_test(all_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
