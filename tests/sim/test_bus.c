/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench.h"

#include <pthread.h>

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

#define DEVICES 16
#define ASKED   200

/** One of many that work on a bus side by side. */
struct worker {
    struct bench b; /* its own handle on the shared bus */
    pthread_t thread;
    uint64_t took_us;
    unsigned wrong;
};

static void *ask_often(void *argument)
{
    struct worker *worker = argument;
    const uint64_t start = ub_now(&worker->b.clock);
    for (unsigned i = 0; i < ASKED; i++)
        worker->wrong += ask(&worker->b, GETSTATUS, 0, 6) != UB_OK || worker->b.data[4] > 10;
    worker->took_us = ub_now(&worker->b.clock) - start;
    ub_attend(&worker->b.clock, false);
    return NULL;
}

/* Each device has its own wire as far as time goes: what one is asked does not hold up another. */
static void threads_work_on_devices_side_by_side(void **state)
{
    (void)state;
    char texts[DEVICES][40];
    const char *specs[DEVICES];
    static struct worker workers[DEVICES];
    struct ub_sim_bus *bus = NULL;
    for (size_t i = 0; i < DEVICES; i++) {
        (void)snprintf(texts[i], sizeof(texts[i]), "stm32f405,time=virtual");
        specs[i] = texts[i];
    }
    assert_int_equal(ub_sim_bus_open(specs, DEVICES, &bus, NULL), UB_OK);
    for (size_t i = 0; i < DEVICES; i++) {
        struct bench *b = &workers[i].b;
        b->bus = bus;
        b->transport = ub_sim_bus_transport(bus);
        b->clock = ub_sim_bus_clock(bus);
        b->device = ub_sim_bus_device(bus, i);
        bench_open_handle(b);
        ub_attend(&b->clock, true);
    }
    for (size_t i = 0; i < DEVICES; i++)
        assert_int_equal(pthread_create(&workers[i].thread, NULL, ask_often, &workers[i]), 0);
    for (size_t i = 0; i < DEVICES; i++)
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
    for (size_t i = 0; i < DEVICES; i++) {
        assert_int_equal(workers[i].wrong, 0);
        assert_int_equal(workers[i].took_us, workers[0].took_us);
        assert_int_equal(counts(&workers[i].b).transfers, ASKED);
        assert_int_equal(counts(&workers[i].b).wire_us, workers[i].took_us);
        bench_close_handle(&workers[i].b);
    }
    ub_sim_bus_close(bus);
}

static enum ub_code wait_port(struct bench *b, const char *port, uint32_t generation, uint64_t us,
                              bool *came)
{
    struct ub_usb_info info = {0};
    enum ub_code code = ub_wait_port(&b->transport, port, generation, us, &info, came, &b->err);
    if (*came) {
        assert_string_equal(info.port, port);
        assert_int_not_equal(info.generation, generation);
        assert_true(info.config_length > 0);
        free(info.config);
    }
    return code;
}

static void a_port_is_waited_at_alone(void **state)
{
    (void)state;
    struct bench b;
    bool came = true;
    bench_open(&b, "dfu");
    const uint32_t generation = b.device->generation;
    uint64_t start = ub_now(&b.clock);
    assert_int_equal(wait_port(&b, "1-1", 0, 0, &came), UB_OK); /* a look costs no time */
    assert_true(came);
    assert_int_equal(ub_now(&b.clock), start);
    assert_int_equal(wait_port(&b, "1-1", generation, 5000, &came), UB_OK);
    assert_false(came);
    assert_int_equal(ub_now(&b.clock), start + 5000);
    assert_int_equal(wait_port(&b, "1-9", 0, 5000, &came), UB_OK); /* nothing was ever there */
    assert_false(came);

    ub_sim_bus_unplug(b.bus, 0);
    assert_int_equal(wait_port(&b, "1-1", 0, 5000, &came), UB_OK);
    assert_false(came);
    ub_sim_bus_plug(b.bus, 0, UB_MODE_DFU);
    assert_int_equal(wait_port(&b, "1-1", generation, 5000, &came), UB_OK);
    assert_true(came);
    bench_close_handle(&b);

    /* it comes back by itself: at that moment, not later */
    bench_open_handle(&b);
    b.device->arrive_at_us = ub_now(&b.clock) + 300000;
    b.device->present = false;
    start = ub_now(&b.clock);
    assert_int_equal(wait_port(&b, "1-1", b.device->generation, 5000000, &came), UB_OK);
    assert_true(came);
    assert_int_equal(ub_now(&b.clock), start + 300000);
    bench_close(&b);
}

/* Without an operation of its own a transport is looked at as a whole. */
static void a_port_is_waited_at_by_looking_at_all(void **state)
{
    (void)state;
    struct bench b;
    bool came = true;
    bench_open(&b, "dfu");
    struct ub_transport_ops plain = *b.transport.ops;
    plain.wait_port = NULL;
    b.transport.ops = &plain;
    assert_int_equal(wait_port(&b, "1-1", 0, 0, &came), UB_OK);
    assert_true(came);
    assert_int_equal(wait_port(&b, "1-1", b.device->generation, 5000, &came), UB_OK);
    assert_false(came);
    const uint32_t generation = b.device->generation;
    b.device->arrive_at_us = ub_now(&b.clock) + 300000;
    b.device->present = false;
    assert_int_equal(wait_port(&b, "1-1", generation, 0, &came), UB_OK);
    assert_false(came);
    assert_int_equal(wait_port(&b, "1-1", generation, 5000000, &came), UB_OK);
    assert_true(came);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_a_stm32f405_as_it_is),
        cmocka_unit_test(full_write_takes_the_chips_time),
        cmocka_unit_test(threads_work_on_devices_side_by_side),
        cmocka_unit_test(a_port_is_waited_at_alone),
        cmocka_unit_test(a_port_is_waited_at_by_looking_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
