/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench.h"

/* Writes `length` bytes of `fill` in whole blocks, waiting as the device asks. */
static struct status write_stream(struct bench *b, uint16_t block, uint16_t count, uint8_t fill)
{
    struct status s = {0};
    for (uint16_t n = 0; n < count; n++) {
        memset(b->data, fill, block);
        assert_int_equal(ask(b, DNLOAD, n, block), UB_OK);
        for (s = get_status(b); s.bState == UB_FN_DNBUSY; s = get_status(b))
            ub_sleep(&b->clock, (uint64_t)s.poll_ms * 1000);
        if (s.bState != UB_FN_DNLOAD_IDLE)
            break;
    }
    return s;
}

static struct status finish(struct bench *b, uint16_t number)
{
    assert_int_equal(ask(b, DNLOAD, number, 0), UB_OK);
    struct status s = get_status(b);
    assert_int_equal(s.bState, UB_FN_MANIFEST);
    ub_sleep(&b->clock, (uint64_t)s.poll_ms * 1000);
    return s;
}

static void a_tolerant_device_goes_back_to_idle(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "dfu");
    assert_int_equal(write_stream(&b, 1024, 3, 0x11).bState, UB_FN_DNLOAD_IDLE);
    struct status s = finish(&b, 3);
    assert_int_equal(s.poll_ms, 50);
    s = get_status(&b);
    assert_int_equal(s.bState, UB_FN_IDLE);
    assert_int_equal(s.bStatus, UB_FN_STATUS_OK);
    assert_int_equal(counts(&b).erases, 2);
    assert_int_equal(counts(&b).bit_violations, 0);
    assert_int_equal(*ub_sim_device_memory(b.device, 3071, 1), 0x11);
    assert_int_equal(*ub_sim_device_memory(b.device, 3072, 1), 0xff);
    /* A bus reset starts what was written. */
    assert_int_equal(b.transport.ops->reset(b.transport.self, b.handle, &b.err), UB_USB_GONE);
    assert_true(wait_change(&b, 2000000));
    assert_true(wait_change(&b, 2000000));
    assert_int_equal(b.device->mode, UB_MODE_RUNTIME);
    bench_close(&b);
}

static void one_that_is_not_waits_for_the_reset(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "dfu-notolerant");
    assert_int_equal(write_stream(&b, 4096, 2, 0x22).bState, UB_FN_DNLOAD_IDLE);
    (void)finish(&b, 2);
    assert_int_equal(get_status(&b).code, UB_USB_STALL);
    assert_int_equal(ask(&b, ABORT, 0, 0), UB_USB_STALL);
    assert_int_equal(b.device->fn.state, UB_FN_MANIFEST_WAIT_RESET);
    assert_int_equal(b.transport.ops->reset(b.transport.self, b.handle, &b.err), UB_USB_GONE);
    while (wait_change(&b, 1000000))
        continue;
    assert_true(b.device->present);
    assert_int_equal(b.device->mode, UB_MODE_RUNTIME);
    bench_close(&b);
}

static void one_that_detaches_leaves_by_itself(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "dfu-wdetach");
    assert_int_equal(write_stream(&b, 1024, 1, 0x33).bState, UB_FN_DNLOAD_IDLE);
    (void)finish(&b, 1);
    assert_true(wait_change(&b, 1000000));
    assert_int_equal(get_status(&b).code, UB_USB_GONE);
    assert_true(wait_change(&b, 1000000));
    assert_int_equal(b.device->mode, UB_MODE_RUNTIME);
    bench_close(&b);
}

static void a_broken_download_stays_in_dfu_mode(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "dfu");
    assert_int_equal(write_stream(&b, 1024, 1, 0x33).bState, UB_FN_DNLOAD_IDLE);
    assert_int_equal(b.transport.ops->reset(b.transport.self, b.handle, &b.err), UB_OK);
    struct status s = get_status(&b);
    assert_int_equal(s.bState, UB_FN_ERROR);
    assert_int_equal(s.bStatus, UB_FN_STATUS_FIRMWARE);
    bench_close(&b);
}

static void block_numbers_must_go_on(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "dfu");
    assert_int_equal(ask(&b, DNLOAD, 1, 64), UB_USB_STALL);
    make_idle(&b);
    assert_int_equal(write_stream(&b, 1024, 2, 0x44).bState, UB_FN_DNLOAD_IDLE);
    /* The last block once more is taken and changes nothing. */
    memset(b.data, 0x99, 1024);
    assert_int_equal(ask(&b, DNLOAD, 1, 1024), UB_OK);
    assert_int_equal(get_status(&b).bState, UB_FN_DNBUSY);
    assert_int_equal(get_status(&b).bState, UB_FN_DNLOAD_IDLE);
    assert_int_equal(*ub_sim_device_memory(b.device, 1024, 1), 0x44);
    assert_int_equal(ask(&b, DNLOAD, 3, 1024), UB_USB_STALL);
    bench_close(&b);
}

static void more_than_the_memory_is_erraddress(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "dfu-notolerant");
    struct status s = write_stream(&b, 4096, 65, 0x44);
    assert_int_equal(s.bState, UB_FN_ERROR);
    assert_int_equal(s.bStatus, UB_FN_STATUS_ADDRESS);
    assert_int_equal(*ub_sim_device_memory(b.device, 262143, 1), 0x44);
    bench_close(&b);
}

static void reads_all_and_ends_short(void **state)
{
    (void)state;
    struct bench b;
    uint32_t sum = 0;
    uint16_t n = 0;
    bench_open(&b, "dfu");
    *ub_sim_device_memory(b.device, 262143, 1) = 0x77;
    do {
        assert_int_equal(ask(&b, UPLOAD, n++, 1000), UB_OK);
        sum += b.actual;
        if (b.actual)
            assert_int_equal(b.data[b.actual - 1], sum == 262144 ? 0x77 : 0xff);
    } while (b.actual == 1000);
    assert_int_equal(sum, 262144);
    assert_int_equal(get_state(&b), UB_FN_IDLE);
    bench_close(&b);
}

/* DFU 1.1 section 5.1: a bus reset within the detach timer, and only then. */
static void detaches_at_a_reset_in_time(void **state)
{
    (void)state;
    for (int late = 0; late < 2; late++) {
        struct bench b;
        bench_open(&b, "dfu,mode=runtime");
        assert_int_equal(ask(&b, DETACH, 5000, 0), UB_OK);
        assert_int_equal(get_state(&b), UB_FN_APP_DETACH);
        /* The device's own limit of 1000 ms is the shorter one. */
        ub_sleep(&b.clock, late ? 1010000 : 900000);
        assert_int_equal(get_state(&b), late ? UB_FN_APP_IDLE : UB_FN_APP_DETACH);
        assert_int_equal(b.transport.ops->reset(b.transport.self, b.handle, &b.err),
                         late ? UB_OK : UB_USB_GONE);
        while (wait_change(&b, 2000000))
            continue;
        assert_int_equal(b.device->mode, late ? UB_MODE_RUNTIME : UB_MODE_DFU);
        assert_int_equal(b.device->fn.state, late ? UB_FN_APP_IDLE : UB_FN_IDLE);
        bench_close(&b);
    }
}

static void the_hosts_shorter_timer_counts(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "dfu,mode=runtime");
    assert_int_equal(ask(&b, DETACH, 10, 0), UB_OK);
    ub_sleep(&b.clock, 11000);
    assert_int_equal(get_state(&b), UB_FN_APP_IDLE);
    bench_close(&b);
}

static void set_interface_resets_the_machine(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "dfu");
    assert_int_equal(write_stream(&b, 1024, 1, 0x44).bState, UB_FN_DNLOAD_IDLE);
    assert_int_equal(b.transport.ops->set_alt(b.transport.self, b.handle, 0, 0, &b.err), UB_OK);
    assert_int_equal(get_state(&b), UB_FN_IDLE);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tolerant_device_goes_back_to_idle),
        cmocka_unit_test(one_that_is_not_waits_for_the_reset),
        cmocka_unit_test(one_that_detaches_leaves_by_itself),
        cmocka_unit_test(a_broken_download_stays_in_dfu_mode),
        cmocka_unit_test(block_numbers_must_go_on),
        cmocka_unit_test(more_than_the_memory_is_erraddress),
        cmocka_unit_test(reads_all_and_ends_short),
        cmocka_unit_test(detaches_at_a_reset_in_time),
        cmocka_unit_test(the_hosts_shorter_timer_counts),
        cmocka_unit_test(set_interface_resets_the_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
