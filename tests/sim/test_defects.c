/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Faults at given transfers, and devices that behave badly. */
#include "bench.h"

static void faults_strike_at_their_transfer(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "dfu,fault=stall@2,fault=timeout@4");
    assert_int_equal(get_state(&b), UB_FN_IDLE);
    assert_int_equal(ask(&b, GETSTATE, 0, 1), UB_USB_STALL);
    assert_int_equal(get_state(&b), UB_FN_IDLE); /* the stall was not the device's own doing */
    uint64_t start = ub_now(&b.clock);
    assert_int_equal(ask(&b, GETSTATE, 0, 1), UB_USB_TIMEOUT);
    assert_in_range(ub_now(&b.clock) - start, 40000000, 40000001);
    assert_int_equal(get_state(&b), UB_FN_IDLE);
    assert_int_equal(counts(&b).transfers, 5);
    bench_close(&b);
}

static void short_and_corrupt_wait_for_data(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "dfu,fault=short@1,fault=corrupt@3");
    assert_int_equal(ask(&b, ABORT, 0, 0), UB_OK);
    assert_int_equal(ask(&b, GETSTATUS, 0, 6), UB_OK);
    assert_int_equal(b.actual, 3);
    memset(b.data, 0, 1024);
    assert_int_equal(ask(&b, DNLOAD, 0, 1024), UB_OK);
    assert_true(ub_all_bytes(b.data, 1024, 0)); /* the host's buffer is the host's */
    assert_int_equal(get_status(&b).bState, UB_FN_DNBUSY);
    const uint8_t *memory = ub_sim_device_memory(b.device, 0, 1024);
    size_t ones = 0;
    for (size_t i = 0; i < 1024; i++)
        ones += memory[i] != 0;
    assert_int_equal(ones, 1);
    bench_close(&b);
}

static void unplugged_device_keeps_its_flash(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "stm32f405,fault=unplug@5");
    make_idle(&b);
    *ub_sim_device_memory(b.device, 0x08000000, 1) = 0x12;
    assert_int_equal(get_state(&b), UB_FN_IDLE);
    assert_int_equal(ask(&b, GETSTATE, 0, 1), UB_USB_GONE);
    assert_true(wait_change(&b, 1));
    assert_false(wait_change(&b, 3600000000));
    assert_int_equal(ask(&b, GETSTATE, 0, 1), UB_USB_GONE);
    struct ub_usb_handle *handle = NULL;
    assert_int_equal(b.transport.ops->open(b.transport.self, "1-1", &handle, &b.err), UB_DEV_GONE);
    ub_sim_device_plug(b.device, UB_MODE_DFU);
    assert_true(wait_change(&b, 0));
    assert_int_equal(ask(&b, GETSTATE, 0, 1), UB_USB_GONE); /* the old handle stays dead */
    bench_close_handle(&b);
    bench_open_handle(&b);
    assert_int_equal(get_state(&b), UB_FN_ERROR);
    assert_int_equal(*ub_sim_device_memory(b.device, 0x08000000, 1), 0x12);
    ub_sim_device_unplug(b.device);
    ub_sim_device_plug(b.device, UB_MODE_RUNTIME);
    assert_int_equal(b.device->mode, UB_MODE_RUNTIME);
    bench_close(&b);
}

static void reset_comes_back_by_itself(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "stm32f405,fault=reset@1");
    assert_int_equal(ask(&b, GETSTATE, 0, 1), UB_USB_GONE);
    assert_true(wait_change(&b, 0));
    assert_true(wait_change(&b, 1000000));
    bench_close_handle(&b);
    bench_open_handle(&b);
    assert_int_equal(get_state(&b), UB_FN_ERROR);
    bench_close(&b);
}

static void arrives_in_any_state(void **state)
{
    (void)state;
    static const struct {
        const char *spec;
        uint8_t state;
    } cases[] = {{"stm32f405,arrive=idle", 2},
                 {"dfu,arrive=dnload-sync", 3},
                 {"dfu,arrive=dnbusy", 4},
                 {"stm32f405,arrive=dnload-idle", 5},
                 {"dfu,arrive=manifest-sync", 6},
                 {"dfu,arrive=manifest", 7},
                 {"stm32f405,arrive=upload-idle", 9},
                 {"dfu,arrive=error", 10}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bench b;
        bench_open(&b, cases[i].spec);
        assert_int_equal(b.transport.ops->set_alt(b.transport.self, b.handle, 0, 0, &b.err), UB_OK);
        assert_int_equal(get_state(&b), cases[i].state);
        /* After a power cycle it is an ordinary device. */
        ub_sim_device_plug(b.device, UB_MODE_DFU);
        assert_int_equal(b.device->fn.state, b.device->spec.dfu.first_state);
        bench_close(&b);
    }
    struct bench b;
    bench_open(&b, "dfu-notolerant,arrive=manifest-wait");
    assert_int_equal(ask(&b, GETSTATE, 0, 1), UB_USB_STALL);
    bench_close(&b);
}

static void claims_bogus_poll_times(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "stm32f405,poll=16777215");
    assert_int_equal(get_status(&b).poll_ms, 16777215);
    bench_close(&b);
    bench_open(&b, "stm32f405,poll=generous");
    make_idle(&b);
    memcpy(b.data, "\x21\0\0\0\x08", 5);
    assert_int_equal(ask(&b, DNLOAD, 0, 5), UB_OK);
    assert_int_equal(get_status(&b).poll_ms, 100);
    bench_close(&b);
    bench_open(&b, "stm32f405,poll=typical");
    make_idle(&b);
    b.data[0] = 0x41;
    assert_int_equal(ask(&b, DNLOAD, 0, 1), UB_OK);
    assert_int_equal(get_status(&b).poll_ms, 8000);
    bench_close(&b);
}

static void sticks_in_dnbusy(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "stm32f405,stuck=2");
    make_idle(&b);
    assert_int_equal(command(&b, 0x21, 0x08000000).bState, UB_FN_DNLOAD_IDLE);
    assert_int_equal(command(&b, 0x21, 0x08000000).bState, UB_FN_DNBUSY);
    ub_sleep(&b.clock, 3600000000);
    assert_int_equal(get_status(&b).bState, UB_FN_DNBUSY);
    /* A bus reset helps, until the next download. */
    assert_int_equal(b.transport.ops->reset(b.transport.self, b.handle, &b.err), UB_OK);
    make_idle(&b);
    assert_int_equal(command(&b, 0x21, 0x08000000).bState, UB_FN_DNBUSY);
    bench_close(&b);
}

static void reports_success_and_does_not_write(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "stm32f405,drop=2");
    make_idle(&b);
    for (uint16_t n = 2; n < 5; n++)
        assert_int_equal(download(&b, n, "\x01", 1).bState, UB_FN_DNLOAD_IDLE);
    assert_int_equal(*ub_sim_device_memory(b.device, 0x08000000, 1), 1);
    assert_int_equal(*ub_sim_device_memory(b.device, 0x08000800, 1), 0xff);
    assert_int_equal(*ub_sim_device_memory(b.device, 0x08001000, 1), 1);
    bench_close(&b);
    bench_open(&b, "stm32f405,silent");
    make_idle(&b);
    *ub_sim_device_memory(b.device, 0x08000000, 1) = 0x12;
    assert_int_equal(command(&b, 0x41, 0x08000000).bState, UB_FN_DNLOAD_IDLE);
    assert_int_equal(download(&b, 2, "\0", 1).bState, UB_FN_DNLOAD_IDLE);
    assert_int_equal(*ub_sim_device_memory(b.device, 0x08000000, 1), 0x12);
    bench_close(&b);
}

static void odd_descriptors(void **state)
{
    (void)state;
    struct bench b;
    uint8_t bytes[UB_SIM_CONFIG_MAX];
    bench_open(&b, "stm32f405,nofunc,protocol=0,map=@Lie/0x0/1*1Ma,id=1234:5678");
    assert_int_equal(ub_sim_describe_config(b.device, bytes), 45);
    assert_int_equal(bytes[9 + 7], 0);
    assert_string_equal(ub_sim_string_text(b.device, 4), "@Lie/0x0/1*1Ma");
    assert_int_equal(ub_sim_device_identity(b.device)->vid, 0x1234);
    bench_close(&b);
    bench_open(&b, "dfu10,xfer=64");
    size_t length = ub_sim_describe_config(b.device, bytes);
    static const uint8_t functional[] = {7, 0x21, 0x07, 0xe8, 3, 64, 0};
    assert_memory_equal(bytes + length - 7, functional, 7);
    assert_int_equal(ask(&b, DNLOAD, 0, 65), UB_USB_STALL);
    bench_close(&b);
    bench_open(&b, "dfu,xfer=0");
    assert_int_equal(ask(&b, DNLOAD, 0, 1), UB_USB_STALL);
    bench_close(&b);
}

static void short_status_and_stalling_set_interface(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "stm32f405,short=0,setalt=stall");
    assert_int_equal(ask(&b, GETSTATUS, 0, 6), UB_OK);
    assert_int_equal(b.actual, 0);
    assert_int_equal(b.transport.ops->set_alt(b.transport.self, b.handle, 0, 0, &b.err),
                     UB_USB_STALL);
    assert_int_equal(b.transport.ops->set_alt(b.transport.self, b.handle, 0, 1, &b.err), UB_OK);
    assert_int_equal(b.transport.ops->set_alt(b.transport.self, b.handle, 0, 1, &b.err),
                     UB_USB_STALL);
    assert_int_equal(counts(&b).transfers, 4);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_strike_at_their_transfer),
        cmocka_unit_test(short_and_corrupt_wait_for_data),
        cmocka_unit_test(unplugged_device_keeps_its_flash),
        cmocka_unit_test(reset_comes_back_by_itself),
        cmocka_unit_test(arrives_in_any_state),
        cmocka_unit_test(claims_bogus_poll_times),
        cmocka_unit_test(sticks_in_dnbusy),
        cmocka_unit_test(reports_success_and_does_not_write),
        cmocka_unit_test(odd_descriptors),
        cmocka_unit_test(short_status_and_stalling_set_interface),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
