/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench.h"

static void lists_a_stm32f405_as_it_is(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "stm32f405");
    struct ub_usb_list list;
    assert_int_equal(b.transport.ops->enumerate(b.transport.self, &list, &b.err), UB_OK);
    assert_int_equal(list.count, 1);
    assert_string_equal(list.items[0].port, "1-1");
    assert_int_equal(list.items[0].vid, 0x0483);
    assert_int_equal(list.items[0].pid, 0xdf11);
    assert_int_equal(list.items[0].bcdDevice, 0x2200);
    assert_string_equal(list.items[0].manufacturer, "STMicroelectronics");
    assert_string_equal(list.items[0].product, "STM32  BOOTLOADER");
    assert_string_equal(list.items[0].serial, "357236543131");
    assert_int_equal(list.items[0].config_length, 54);
    static const uint8_t functional[] = {9, 0x21, 0x0b, 0xff, 0, 0, 8, 0x1a, 1};
    assert_memory_equal(list.items[0].config + 45, functional, sizeof(functional));
    ub_usb_list_free(&list);
    assert_int_equal(counts(&b).transfers, 0);
    bench_close(&b);
}

static void full_write_takes_the_chips_time(void **state)
{
    (void)state;
    struct bench b;
    uint8_t block[2048];
    bench_open(&b, "stm32f405");
    make_idle(&b);
    for (uint32_t at = 0x08000000; at < 0x08100000;) {
        assert_int_equal(command(&b, 0x41, at).bState, UB_FN_DNLOAD_IDLE);
        at += at < 0x08010000 ? 0x4000u : at < 0x08020000 ? 0x10000u : 0x20000u;
    }
    assert_int_equal(command(&b, 0x21, 0x08000000).bState, UB_FN_DNLOAD_IDLE);
    for (uint16_t n = 0; n < 512; n++) {
        memset(block, n & 0xff, sizeof(block));
        assert_int_equal(download(&b, (uint16_t)(n + 2), block, 2048).bState, UB_FN_DNLOAD_IDLE);
    }
    /* 8.55 s of erasing and 262,144 words of 16 us. */
    assert_int_equal(counts(&b).busy_us, 8550000 + 512 * 8192);
    assert_int_equal(counts(&b).erases, 12);
    assert_int_equal(counts(&b).bit_violations, 0);
    assert_true(ub_now(&b.clock) >= counts(&b).busy_us + counts(&b).wire_us);
    assert_int_equal(ub_sim_device_memory(b.device, 0x08000800, 1)[0], 1);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_a_stm32f405_as_it_is),
        cmocka_unit_test(full_write_takes_the_chips_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
