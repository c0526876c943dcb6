/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Quantities as a person reads them. */
#include "cli/format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static char to[FORMAT_TEXT];

static void grouped(void **state)
{
    (void)state;
    assert_string_equal(format_grouped(to, 0), "0");
    assert_string_equal(format_grouped(to, 999), "999");
    assert_string_equal(format_grouped(to, 1000), "1,000");
    assert_string_equal(format_grouped(to, 1048576), "1,048,576");
    assert_string_equal(format_grouped(to, UINT64_MAX), "18,446,744,073,709,551,615");
}

static void durations(void **state)
{
    (void)state;
    assert_string_equal(format_duration(to, 0), "0.0 s");
    assert_string_equal(format_duration(to, 1), "1 ms");
    assert_string_equal(format_duration(to, 49000), "49 ms");
    assert_string_equal(format_duration(to, 50000), "0.1 s");
    assert_string_equal(format_duration(to, 3140000), "3.1 s");
    assert_string_equal(format_duration(to, 9940000), "9.9 s");
    assert_string_equal(format_duration(to, 9950000), "10 s");
    assert_string_equal(format_duration(to, 59499999), "59 s");
    assert_string_equal(format_duration(to, 59500000), "1 min 00 s");
    assert_string_equal(format_duration(to, 125000000), "2 min 05 s");
    assert_string_equal(format_duration(to, UINT64_C(3661000000)), "1 h 01 min");
    assert_non_null(format_duration(to, UINT64_MAX));
}

static void rates(void **state)
{
    (void)state;
    assert_string_equal(format_rate(to, 999), "999 B/s");
    assert_string_equal(format_rate(to, 18999), "18 KB/s");
    assert_string_equal(format_rate(to, 1250000), "1.2 MB/s");
}

static void sizes(void **state)
{
    (void)state;
    assert_string_equal(format_size(to, 0), "0 B");
    assert_string_equal(format_size(to, 16), "16 B");
    assert_string_equal(format_size(to, 131072), "128 KiB");
    assert_string_equal(format_size(to, 1048576), "1 MiB");
    assert_string_equal(format_size(to, 1048577), "1,048,577 B");
}

static void ranges(void **state)
{
    (void)state;
    assert_string_equal(format_range(to, 0x08000000, 0x100000), "0x08000000-0x080fffff");
    assert_string_equal(format_range(to, 16, 0), "0x00000010-0x00000010");
    assert_string_equal(format_range(to, UINT64_MAX, 1), "0xffffffffffffffff-0xffffffffffffffff");
    assert_string_equal(format_range(to, UINT64_MAX, 2), "0xffffffffffffffff-0xffffffffffffffff");
}

static void rights(void **state)
{
    (void)state;
    assert_string_equal(format_rights(to, 0), "none");
    assert_string_equal(format_rights(to, UB_CAN_READ | UB_CAN_WRITE), "read, write");
    assert_string_equal(format_rights(to, UB_CAN_READ | UB_CAN_ERASE | UB_CAN_WRITE),
                        "read, erase, write");
}

static void requests(void **state)
{
    (void)state;
    assert_string_equal(format_request(0x21, 1), "DFU_DNLOAD");
    assert_string_equal(format_request(0xa1, 3), "DFU_GETSTATUS");
    assert_null(format_request(0x21, 3));
}

static void digests(void **state)
{
    (void)state;
    uint8_t digest[32] = {0x3b, 0x1f};
    digest[31] = 0x9c;
    assert_string_equal(format_sha256(to, digest),
                        "3b1f00000000000000000000000000000000000000000000000000000000009c");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grouped),  cmocka_unit_test(durations), cmocka_unit_test(rates),
        cmocka_unit_test(sizes),    cmocka_unit_test(ranges),    cmocka_unit_test(rights),
        cmocka_unit_test(requests), cmocka_unit_test(digests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
