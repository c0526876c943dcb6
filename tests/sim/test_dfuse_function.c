/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench.h"

#define FLASH 0x08000000u

static void arrives_with_a_firmware_error(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "stm32f405");
    struct status s = get_status(&b);
    assert_int_equal(s.bState, UB_FN_ERROR);
    assert_int_equal(s.bStatus, UB_FN_STATUS_FIRMWARE);
    make_idle(&b);
    assert_int_equal(get_status(&b).bStatus, UB_FN_STATUS_OK);
    bench_close(&b);
}

static void tells_its_commands(void **state)
{
    (void)state;
    struct bench b;
    static const uint8_t commands[] = {0x00, 0x21, 0x41, 0x92};
    bench_open(&b, "stm32f405");
    make_idle(&b);
    assert_int_equal(ask(&b, UPLOAD, 0, 16), UB_OK);
    assert_int_equal(b.actual, 4);
    assert_memory_equal(b.data, commands, 4);
    assert_int_equal(get_state(&b), UB_FN_IDLE);
    bench_close(&b);
}

static void reads_and_writes_by_pointer_and_block(void **state)
{
    (void)state;
    struct bench b;
    uint8_t block[2048];
    memset(block, 0x3c, sizeof(block));
    bench_open(&b, "stm32f405");
    make_idle(&b);
    assert_int_equal(command(&b, 0x21, FLASH + 0x1000).bState, UB_FN_DNLOAD_IDLE);
    assert_int_equal(download(&b, 5, block, 100).bState, UB_FN_DNLOAD_IDLE);
    assert_int_equal(*ub_sim_device_memory(b.device, FLASH + 0x1000 + 3 * 2048, 1), 0x3c);
    assert_int_equal(*ub_sim_device_memory(b.device, FLASH + 0x1000 + 3 * 2048 + 100, 1), 0xff);
    assert_int_equal(counts(&b).programs, 25);
    /* dfuDNLOAD-IDLE must be left before reading. */
    assert_int_equal(ask(&b, UPLOAD, 5, 2048), UB_USB_STALL);
    make_idle(&b);
    assert_int_equal(ask(&b, UPLOAD, 5, 2048), UB_OK);
    assert_int_equal(b.actual, 2048);
    assert_int_equal(b.data[99], 0x3c);
    assert_int_equal(b.data[100], 0xff);
    assert_int_equal(get_state(&b), UB_FN_UPLOAD_IDLE);
    bench_close(&b);
}

static void refuses_block_one_and_bad_commands(void **state)
{
    (void)state;
    struct bench b;
    static const uint8_t bad[][6] = {{0x22, 0, 0, 0, 8}, {0x21, 0, 0, 8}, {0x41, 0}, {0x92, 0}};
    static const uint16_t lengths[] = {5, 4, 2, 2};
    bench_open(&b, "stm32f405");
    make_idle(&b);
    assert_int_equal(ask(&b, DNLOAD, 1, 64), UB_USB_STALL);
    make_idle(&b);
    assert_int_equal(ask(&b, UPLOAD, 1, 64), UB_USB_STALL);
    make_idle(&b);
    for (size_t i = 0; i < 4; i++) {
        memcpy(b.data, bad[i], 6);
        assert_int_equal(ask(&b, DNLOAD, 0, lengths[i]), UB_USB_STALL);
        assert_int_equal(get_status(&b).bStatus, UB_FN_STATUS_STALLEDPKT);
        make_idle(&b);
    }
    bench_close(&b);
}

static void an_address_outside_is_errtarget(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "stm32f405");
    static const struct {
        uint8_t code;
        uint32_t address;
    } cases[] = {{0x21, 0x08100000}, {0x41, 0x08100000}, {0x21, 0}, {0x41, 0x1fffc000}};
    for (size_t i = 0; i < 4; i++) {
        make_idle(&b);
        struct status s = command(&b, cases[i].code, cases[i].address);
        assert_int_equal(s.bState, UB_FN_ERROR);
        assert_int_equal(s.bStatus, UB_FN_STATUS_TARGET);
    }
    make_idle(&b);
    assert_int_equal(command(&b, 0x21, 0x080ff800).bState, UB_FN_DNLOAD_IDLE);
    assert_int_equal(download(&b, 3, "\0", 1).bStatus, UB_FN_STATUS_TARGET);
    make_idle(&b);
    assert_int_equal(ask(&b, UPLOAD, 3, 16), UB_USB_STALL);
    assert_int_equal(get_status(&b).bStatus, UB_FN_STATUS_TARGET);
    bench_close(&b);
}

static void erases_the_sector_and_moves_the_pointer(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "stm32f405");
    make_idle(&b);
    memset(ub_sim_device_memory(b.device, FLASH, 0x100000), 0, 0x100000);
    assert_int_equal(command(&b, 0x41, FLASH + 0x20123).bState, UB_FN_DNLOAD_IDLE);
    assert_int_equal(*ub_sim_device_memory(b.device, FLASH + 0x1ffff, 1), 0);
    assert_true(
        ub_all_bytes(ub_sim_device_memory(b.device, FLASH + 0x20000, 0x20000), 0x20000, 0xff));
    assert_int_equal(*ub_sim_device_memory(b.device, FLASH + 0x40000, 1), 0);
    assert_int_equal(download(&b, 2, "\x12", 1).bState, UB_FN_DNLOAD_IDLE);
    assert_int_equal(*ub_sim_device_memory(b.device, FLASH + 0x20123, 1), 0x12);
    assert_int_equal(counts(&b).erases, 1);
    assert_int_equal(counts(&b).busy_us, 1000000 + 16);
    bench_close(&b);
}

/* The ROM answers nothing while the chip works: the second question waits until it is done. */
static void is_deaf_while_it_works(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "stm32f405");
    make_idle(&b);
    uint64_t start = ub_now(&b.clock);
    assert_int_equal(command(&b, 0x41, FLASH + 0x20000).bState, UB_FN_DNLOAD_IDLE);
    uint64_t took = ub_now(&b.clock) - start;
    assert_in_range(took, 1000000, 1002000);
    bench_close(&b);
}

static void a_request_given_up_while_deaf_never_happened(void **state)
{
    (void)state;
    struct bench b;
    const struct ub_setup abort_setup = {.bmRequestType = 0x21, .bRequest = ABORT};
    bench_open(&b, "stm32f405");
    make_idle(&b);
    b.data[0] = 0x41;
    ub_put_u32le(&b.data[1], FLASH + 0x20000);
    assert_int_equal(ask(&b, DNLOAD, 0, 5), UB_OK);
    assert_int_equal(get_status(&b).bState, UB_FN_DNBUSY);
    assert_int_equal(b.transport.ops->control(b.transport.self, b.handle, &abort_setup, b.data, 100,
                                              &b.actual, &b.err),
                     UB_USB_TIMEOUT);
    assert_int_equal(b.err.raw.bRequest, ABORT);
    assert_int_equal(get_status(&b).bState, UB_FN_DNLOAD_IDLE);
    bench_close(&b);
}

static void a_mass_erase_lies_about_its_time(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "stm32f405");
    make_idle(&b);
    *ub_sim_device_memory(b.device, FLASH + 0xfffff, 1) = 0;
    b.data[0] = 0x41;
    assert_int_equal(ask(&b, DNLOAD, 0, 1), UB_OK);
    struct status s = get_status(&b);
    assert_int_equal(s.bState, UB_FN_DNBUSY);
    assert_int_equal(s.poll_ms, 100);
    uint64_t start = ub_now(&b.clock);
    assert_int_equal(get_status(&b).bState, UB_FN_DNLOAD_IDLE);
    assert_in_range(ub_now(&b.clock) - start, 8000000, 8001000);
    assert_int_equal(*ub_sim_device_memory(b.device, FLASH + 0xfffff, 1), 0xff);
    assert_int_equal(counts(&b).erases, 12);
    bench_close(&b);
}

static void set_alt(struct bench *b, uint8_t alt, enum ub_code expected)
{
    assert_int_equal(b->transport.ops->set_alt(b->transport.self, b->handle, 0, alt, &b->err),
                     expected);
}

static void one_time_memory_only_clears_bits(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "stm32f405");
    make_idle(&b);
    set_alt(&b, 2, UB_OK);
    assert_int_equal(command(&b, 0x21, 0x1fff7800).bState, UB_FN_DNLOAD_IDLE);
    assert_int_equal(download(&b, 2, "\x0f", 1).bState, UB_FN_DNLOAD_IDLE);
    assert_int_equal(download(&b, 2, "\xf1", 1).bState, UB_FN_DNLOAD_IDLE);
    assert_int_equal(*ub_sim_device_memory(b.device, 0x1fff7800, 1), 0x01);
    assert_int_equal(counts(&b).bit_violations, 1);
    assert_int_equal(command(&b, 0x41, 0x1fff7800).bStatus, UB_FN_STATUS_TARGET);
    bench_close(&b);
}

static void option_bytes_are_replaced(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "stm32f405");
    make_idle(&b);
    set_alt(&b, 1, UB_OK);
    set_alt(&b, 4, UB_USB_STALL);
    assert_int_equal(command(&b, 0x21, 0x1fffc000).bState, UB_FN_DNLOAD_IDLE);
    make_idle(&b);
    assert_int_equal(ask(&b, UPLOAD, 2, 2048), UB_OK);
    assert_int_equal(b.actual, 16); /* all there is: a short answer */
    assert_int_equal(b.data[1], 0xaa);
    assert_int_equal(get_state(&b), UB_FN_IDLE);
    /* The chip loads them by a reset, so the second question is never answered. */
    assert_int_equal(download(&b, 2, "\xff\xff", 2).code, UB_USB_GONE);
    assert_int_equal(*ub_sim_device_memory(b.device, 0x1fffc001, 1), 0xff);
    assert_int_equal(counts(&b).bit_violations, 0);
    assert_true(wait_change(&b, 1));
    assert_true(wait_change(&b, 1000000));
    bench_close_handle(&b);
    bench_open_handle(&b);
    assert_int_equal(get_state(&b), UB_FN_ERROR);
    bench_close(&b);
}

static void a_protected_chip_gives_errvendor(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "stm32f405,rdp");
    make_idle(&b);
    assert_int_equal(ask(&b, UPLOAD, 2, 64), UB_USB_STALL);
    assert_int_equal(get_status(&b).bStatus, UB_FN_STATUS_VENDOR);
    make_idle(&b);
    assert_int_equal(command(&b, 0x41, FLASH).bStatus, UB_FN_STATUS_VENDOR);
    make_idle(&b);
    assert_int_equal(download(&b, 2, "\0", 1).bStatus, UB_FN_STATUS_VENDOR);
    make_idle(&b);
    /* Read unprotect: everything is erased, and the chip comes back by itself. */
    *ub_sim_device_memory(b.device, FLASH, 1) = 0;
    b.data[0] = 0x92;
    assert_int_equal(ask(&b, DNLOAD, 0, 1), UB_OK);
    assert_int_equal(get_status(&b).bState, UB_FN_DNBUSY);
    assert_int_equal(get_status(&b).code, UB_USB_GONE);
    assert_int_equal(*ub_sim_device_memory(b.device, FLASH, 1), 0xff);
    assert_true(wait_change(&b, 1));
    assert_true(wait_change(&b, 1000000));
    bench_close_handle(&b);
    bench_open_handle(&b);
    make_idle(&b);
    assert_int_equal(ask(&b, UPLOAD, 2, 64), UB_OK);
    bench_close(&b);
}

static void a_write_protected_sector_says_ok(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "stm32f405,wrp=1,wrp=5");
    make_idle(&b);
    *ub_sim_device_memory(b.device, FLASH + 0x4000, 1) = 0x55;
    assert_int_equal(command(&b, 0x41, FLASH + 0x4000).bState, UB_FN_DNLOAD_IDLE);
    assert_int_equal(*ub_sim_device_memory(b.device, FLASH + 0x4000, 1), 0x55);
    assert_int_equal(download(&b, 2, "\0", 1).bState, UB_FN_DNLOAD_IDLE);
    assert_int_equal(*ub_sim_device_memory(b.device, FLASH + 0x4000, 1), 0x55);
    assert_int_equal(command(&b, 0x21, FLASH).bState, UB_FN_DNLOAD_IDLE);
    assert_int_equal(download(&b, 2, "\0", 1).bState, UB_FN_DNLOAD_IDLE);
    assert_int_equal(*ub_sim_device_memory(b.device, FLASH, 1), 0);
    bench_close(&b);
}

static void counts_bits_that_needed_an_erase(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "stm32f405");
    make_idle(&b);
    assert_int_equal(download(&b, 2, "\x00\xf0\xff", 3).bState, UB_FN_DNLOAD_IDLE);
    assert_int_equal(counts(&b).bit_violations, 0);
    assert_int_equal(download(&b, 2, "\x01\x0f\x00", 3).bState, UB_FN_DNLOAD_IDLE);
    assert_int_equal(counts(&b).bit_violations, 2);
    assert_memory_equal(ub_sim_device_memory(b.device, FLASH, 3), "\x00\x00\x00", 3);
    bench_close(&b);
}

/* The vector table of something that runs. */
static void put_vectors(struct bench *b, uint32_t stack, uint32_t reset)
{
    uint8_t *at = ub_sim_device_memory(b->device, FLASH, 8);
    ub_put_u32le(at, stack);
    ub_put_u32le(at + 4, reset);
}

static void leave(struct bench *b)
{
    assert_int_equal(ask(b, DNLOAD, 0, 0), UB_OK);
    assert_int_equal(get_status(b).bState, UB_FN_MANIFEST);
}

static void leaves_into_a_sane_firmware(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "stm32f405");
    make_idle(&b);
    put_vectors(&b, 0x20020000, 0x08000141);
    leave(&b);
    assert_true(wait_change(&b, 100000));
    assert_int_equal(get_status(&b).code, UB_USB_GONE);
    uint64_t gone = ub_now(&b.clock);
    assert_true(wait_change(&b, 2000000));
    assert_in_range(ub_now(&b.clock) - gone, 790000, 810000);
    assert_int_equal(b.device->mode, UB_MODE_RUNTIME);
    struct ub_usb_list list;
    assert_int_equal(b.transport.ops->enumerate(b.transport.self, &list, &b.err), UB_OK);
    assert_int_equal(list.items[0].vid, 0x1209);
    assert_int_equal(list.items[0].pid, 0x0001);
    assert_string_equal(list.items[0].product, "Blinky");
    assert_string_equal(list.items[0].port, "1-1");
    ub_usb_list_free(&list);
    /* And back again: it detaches by itself. */
    bench_close_handle(&b);
    bench_open_handle(&b);
    assert_int_equal(b.interface, 1);
    assert_int_equal(ask(&b, DETACH, 1000, 0), UB_OK);
    assert_true(wait_change(&b, 1000000));
    assert_true(wait_change(&b, 1000000));
    assert_int_equal(b.device->mode, UB_MODE_DFU);
    bench_close(&b);
}

static void stays_away_with_a_firmware_that_cannot_start(void **state)
{
    (void)state;
    static const uint32_t vectors[][2] = {{0xffffffff, 0xffffffff}, /* blank */
                                          {0x20020004, 0x08000141}, /* stack above the RAM */
                                          {0x20001000, 0x08000140}, /* not Thumb */
                                          {0x20001000, 0x08100001}, /* above the flash */
                                          {0x10010004, 0x00000141}};
    static const uint32_t good[] = {0x10010000, 0x00000141}; /* CCM, and the alias at 0 */
    for (size_t i = 0; i < 6; i++) {
        struct bench b;
        bench_open(&b, "stm32f405");
        make_idle(&b);
        const uint32_t *v = i < 5 ? vectors[i] : good;
        put_vectors(&b, v[0], v[1]);
        leave(&b);
        assert_true(wait_change(&b, 100000));
        assert_int_equal(wait_change(&b, 60000000), i == 5);
        bench_close(&b);
    }
}

static void leaves_oddly_when_asked_to(void **state)
{
    (void)state;
    static const struct {
        const char *spec;
        enum ub_code zero;
        enum ub_code status;
        bool returns;
    } cases[] = {{"stm32f405,leave=stall", UB_OK, UB_USB_STALL, true},
                 {"stm32f405,leave=gone", UB_OK, UB_USB_GONE, true},
                 {"stm32f405,leave=gone-before-status", UB_OK, UB_USB_GONE, true},
                 {"stm32f405,leave=mute", UB_OK, UB_USB_TIMEOUT, false}};
    for (size_t i = 0; i < 4; i++) {
        struct bench b;
        bench_open(&b, cases[i].spec);
        make_idle(&b);
        put_vectors(&b, 0x20020000, 0x08000141);
        assert_int_equal(ask(&b, DNLOAD, 0, 0), cases[i].zero);
        assert_int_equal(get_status(&b).code, cases[i].status);
        bool back = false;
        for (int n = 0; n < 3; n++)
            back = wait_change(&b, 3000000) || back;
        assert_int_equal(back, cases[i].returns);
        assert_int_equal(b.device->mode, back ? UB_MODE_RUNTIME : UB_MODE_DFU);
        bench_close(&b);
    }
}

static void starts_over_at_a_bus_reset(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "stm32f405");
    make_idle(&b);
    assert_int_equal(command(&b, 0x21, FLASH + 0x4000).bState, UB_FN_DNLOAD_IDLE);
    set_alt(&b, 2, UB_OK);
    assert_int_equal(b.transport.ops->reset(b.transport.self, b.handle, &b.err), UB_OK);
    assert_int_equal(b.device->store.alt, 0);
    assert_int_equal(get_status(&b).bState, UB_FN_ERROR);
    make_idle(&b);
    assert_int_equal(download(&b, 2, "\x12", 1).bState, UB_FN_DNLOAD_IDLE);
    assert_int_equal(*ub_sim_device_memory(b.device, FLASH, 1), 0x12);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrives_with_a_firmware_error),
        cmocka_unit_test(tells_its_commands),
        cmocka_unit_test(reads_and_writes_by_pointer_and_block),
        cmocka_unit_test(refuses_block_one_and_bad_commands),
        cmocka_unit_test(an_address_outside_is_errtarget),
        cmocka_unit_test(erases_the_sector_and_moves_the_pointer),
        cmocka_unit_test(is_deaf_while_it_works),
        cmocka_unit_test(a_request_given_up_while_deaf_never_happened),
        cmocka_unit_test(a_mass_erase_lies_about_its_time),
        cmocka_unit_test(one_time_memory_only_clears_bits),
        cmocka_unit_test(option_bytes_are_replaced),
        cmocka_unit_test(a_protected_chip_gives_errvendor),
        cmocka_unit_test(a_write_protected_sector_says_ok),
        cmocka_unit_test(counts_bits_that_needed_an_erase),
        cmocka_unit_test(leaves_into_a_sane_firmware),
        cmocka_unit_test(stays_away_with_a_firmware_that_cannot_start),
        cmocka_unit_test(leaves_oddly_when_asked_to),
        cmocka_unit_test(starts_over_at_a_bus_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
