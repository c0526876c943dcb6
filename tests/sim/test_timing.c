/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The limit that a model reports: the time its chip works plus the time its transfers take on the
 * wire. Neither what the bootloader claims nor what the host sleeps is in it, and a host that never
 * sleeps against a device that is deaf while it works needs exactly that time.
 */
#include "bench.h"

#define FLASH       0x08000000u
#define SET_ADDRESS 0x21u
#define ERASE       0x41u
#define US_PER_MS   UINT64_C(1000)

static uint64_t paced(bool slow, uint64_t typical, uint64_t worst)
{
    return !slow ? typical : worst ? worst : typical * 2;
}

/* Time on the wire of a transfer that moves `length` bytes. */
static uint64_t wire_us(uint32_t length)
{
    return UB_SIM_TRANSFER_US + (length + 63) / 64 * UB_SIM_PACKET_US;
}

/* Waits until the device has done what it was told, without a question that it could take amiss. */
static void settle(struct bench *b)
{
    struct status s = get_status(b);
    while (s.code || s.bState == UB_FN_DNBUSY) {
        if (!b->device->spec.dfu.deaf && !b->device->spec.dfu.works_first)
            ub_sleep(&b->clock, s.poll_ms ? s.poll_ms * US_PER_MS : 1000);
        s = get_status(b);
    }
    assert_int_equal(s.bState, UB_FN_DNLOAD_IDLE);
}

static void erase_at(struct bench *b, uint32_t address)
{
    b->data[0] = ERASE;
    ub_put_u32le(&b->data[1], address);
    assert_int_equal(ask(b, DNLOAD, 0, 5), UB_OK);
    settle(b);
}

static void write_block(struct bench *b, uint16_t number, uint16_t length)
{
    memset(b->data, 0x5a, length);
    assert_int_equal(ask(b, DNLOAD, number, length), UB_OK);
    settle(b);
}

/* Where a host may write in each model: behind what is the bootloader's own. */
static uint32_t writable(const struct ub_sim_chip *chip)
{
    return FLASH + chip->memories[0].own_sectors * chip->memories[0].runs[0].size;
}

static void check_busy_time(const struct ub_sim_chip *chip, bool slow)
{
    struct bench b;
    const struct ub_sim_memory *memory = &chip->memories[0];
    uint64_t unit_ns = paced(slow, memory->unit_ns, memory->unit_slow_ns);
    bench_open(&b, chip->model.name);
    make_idle(&b);
    b.device->store.flashes[0].slow = slow;
    erase_at(&b, writable(chip));
    uint64_t expected = paced(slow, memory->runs[0].erase_us, memory->runs[0].erase_slow_us);
    assert_int_equal(counts(&b).busy_us, expected);
    /* A whole block, and one that ends inside a unit. */
    uint16_t size = chip->dfu.wTransferSize;
    uint32_t page = memory->runs[0].size < size ? memory->runs[0].size : size;
    write_block(&b, 2, (uint16_t)page);
    uint64_t units = page / memory->unit;
    expected += (units * unit_ns + 999) / 1000;
    assert_int_equal(counts(&b).busy_us, expected);
    assert_int_equal(counts(&b).programs, units);
    if (page < memory->runs[0].size) {
        write_block(&b, 3, 1);
        expected += (unit_ns + 999) / 1000;
        assert_int_equal(counts(&b).busy_us, expected);
    }
    assert_int_equal(counts(&b).poisoned, 0);
    assert_int_equal(counts(&b).bit_violations, 0);
    bench_close(&b);
}

static void busy_time_is_the_chips_own(void **state)
{
    (void)state;
    size_t tried = 0;
    for (size_t i = 0; ub_sim_chip_at(i); i++) {
        if (strncmp(ub_sim_chip_at(i)->model.name, "stm32", 5) != 0)
            continue;
        check_busy_time(ub_sim_chip_at(i), false);
        check_busy_time(ub_sim_chip_at(i), true);
        tried++;
    }
    assert_true(tried >= 17);
}

/* Each byte and each transfer once, stalled ones too; what the device does with it is no matter. */
static void wire_time_is_the_transfers(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "stm32h743");
    make_idle(&b);
    uint64_t before = counts(&b).wire_us;
    memset(b.data, 0x5a, 1024);
    assert_int_equal(ask(&b, DNLOAD, 2, 1024), UB_OK);
    uint64_t expected = wire_us(1024);
    assert_int_equal(counts(&b).wire_us - before, expected);
    (void)get_status(&b); /* answered after the chip has worked: 3.2 ms that are not the wire's */
    (void)get_status(&b);
    expected += 2 * wire_us(6);
    assert_int_equal(counts(&b).wire_us - before, expected);
    assert_int_equal(ask(&b, UPLOAD, 2, 1024), UB_USB_STALL);
    assert_int_equal(counts(&b).wire_us - before, expected + wire_us(0));
    bench_close(&b);
}

/* The fastest host there can be: it asks at once and never sleeps. */
static void a_host_that_never_sleeps_meets_the_limit(void **state)
{
    (void)state;
    static const char *const names[] = {"stm32f405", "stm32f745", "stm32h743", "stm32f103",
                                        "stm32g4",   "stm32l0",   "stm32wb55"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct bench b;
        bench_open(&b, names[i]);
        make_idle(&b);
        uint64_t start = ub_now(&b.clock);
        uint64_t before = counts(&b).wire_us + counts(&b).busy_us;
        uint32_t address = writable(b.device->spec.chip);
        erase_at(&b, address);
        uint16_t size = b.device->spec.dfu.wTransferSize;
        for (uint16_t n = 2; n < 12; n++) {
            erase_at(&b, address + (uint32_t)(n - 2) * size);
            (void)command(&b, SET_ADDRESS, address + (uint32_t)(n - 2) * size);
            write_block(&b, 2, size);
        }
        uint64_t took = ub_now(&b.clock) - start;
        uint64_t limit = counts(&b).wire_us + counts(&b).busy_us - before;
        assert_int_equal(took, limit);
        bench_close(&b);
    }
}

/* Questions before the time claimed is over are counted; they cost nothing else. */
static void early_questions_are_counted(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "stm32u5");
    make_idle(&b);
    b.data[0] = ERASE;
    assert_int_equal(ask(&b, DNLOAD, 0, 1), UB_OK);
    assert_int_equal(get_status(&b).poll_ms, 390);
    assert_int_equal(counts(&b).early, 0);
    for (uint32_t left = 389; left > 380; left--) {
        uint32_t poll = get_status(&b).poll_ms;
        assert_in_range(poll, left - 5, 390);
    }
    assert_int_equal(counts(&b).early, 9);
    assert_int_equal(get_state(&b), UB_FN_DNBUSY);
    ub_sleep(&b.clock, 390 * US_PER_MS);
    assert_int_equal(get_status(&b).bState, UB_FN_DNLOAD_IDLE);
    assert_int_equal(counts(&b).early, 9);
    assert_int_equal(counts(&b).busy_us, 390 * US_PER_MS);
    bench_close(&b);
}

/* What is not done takes no time of the chip's, whatever is claimed for it. */
static void what_is_not_done_takes_no_time(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "stm32f745,silent");
    make_idle(&b);
    erase_at(&b, FLASH);
    write_block(&b, 2, 2048);
    assert_int_equal(counts(&b).busy_us, 0);
    bench_close(&b);
    bench_open(&b, "stm32f103");
    make_idle(&b);
    assert_int_equal(command(&b, ERASE, FLASH).bStatus, UB_FN_STATUS_TARGET);
    assert_int_equal(counts(&b).busy_us, 0);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(busy_time_is_the_chips_own),
        cmocka_unit_test(wire_time_is_the_transfers),
        cmocka_unit_test(a_host_that_never_sleeps_meets_the_limit),
        cmocka_unit_test(early_questions_are_counted),
        cmocka_unit_test(what_is_not_done_takes_no_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
