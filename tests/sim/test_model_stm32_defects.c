/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What each model of an STM32 gets wrong, shown by the requests of a host. */
#include "bench.h"

#include "usb/dfu_interface.h"

#define FLASH       0x08000000u
#define MS          UINT64_C(1000)
#define SET_ADDRESS 0x21u
#define ERASE       0x41u

/* The device called `name`, in dfuIDLE. */
static void begin(struct bench *b, const char *name)
{
    bench_open(b, name);
    make_idle(b);
}

static void send_command(struct bench *b, uint8_t code, uint32_t address)
{
    b->data[0] = code;
    ub_put_u32le(&b->data[1], address);
    assert_int_equal(ask(b, DNLOAD, 0, 5), UB_OK);
}

/* A command, and the first answer to a question about it. */
static struct status start_command(struct bench *b, uint8_t code, uint32_t address)
{
    send_command(b, code, address);
    return get_status(b);
}

/* Waits the time claimed, and asks for the result. */
static struct status wait_for(struct bench *b, struct status first)
{
    assert_int_equal(first.bState, UB_FN_DNBUSY);
    ub_sleep(&b->clock, first.poll_ms * MS);
    return get_status(b);
}

static void point_at(struct bench *b, uint32_t address)
{
    assert_int_equal(command(b, SET_ADDRESS, address).bState, UB_FN_DNLOAD_IDLE);
}

static void select_alt(struct bench *b, uint8_t alt)
{
    assert_int_equal(b->transport.ops->set_alt(b->transport.self, b->handle, 0, alt, &b->err),
                     UB_OK);
}

static uint8_t *memory(struct bench *b, uint64_t address)
{
    return ub_sim_device_memory(b->device, address, 1);
}

static void f405_takes_32_s_for_what_it_claims_100_ms(void **state)
{
    (void)state;
    struct bench b;
    begin(&b, "stm32f405,speed=slow");
    b.data[0] = ERASE;
    assert_int_equal(ask(&b, DNLOAD, 0, 1), UB_OK);
    assert_int_equal(get_status(&b).poll_ms, 100);
    uint64_t start = ub_now(&b.clock);
    assert_int_equal(get_status(&b).bState, UB_FN_DNLOAD_IDLE);
    assert_in_range(ub_now(&b.clock) - start, 32000 * MS, 32001 * MS);
    bench_close(&b);
}

static void f411_refuses_each_hundredth_block_once(void **state)
{
    (void)state;
    struct bench b;
    begin(&b, "stm32f411");
    point_at(&b, FLASH);
    for (uint16_t i = 0; i < 99; i++)
        assert_int_equal(download(&b, (uint16_t)(2 + i), "\x12", 1).bState, UB_FN_DNLOAD_IDLE);
    b.data[0] = 0x34;
    assert_int_equal(ask(&b, DNLOAD, 101, 1), UB_USB_STALL);
    struct status s = get_status(&b);
    assert_int_equal(s.bState, UB_FN_ERROR);
    assert_int_equal(s.bStatus, UB_FN_STATUS_STALLEDPKT);
    assert_int_equal(*memory(&b, FLASH + 99 * 2048), 0xff);
    /* The same block, sent again, goes through: nothing was lost. */
    make_idle(&b);
    point_at(&b, FLASH);
    assert_int_equal(download(&b, 101, "\x34", 1).bState, UB_FN_DNLOAD_IDLE);
    assert_int_equal(*memory(&b, FLASH + 99 * 2048), 0x34);
    bench_close(&b);
}

/* The length says one character more than comes. */
static void f427_cuts_its_strings(void **state)
{
    (void)state;
    struct bench b;
    const struct ub_setup string = {.bmRequestType = 0x80,
                                    .bRequest = 6,
                                    .wValue = 0x0300 + UB_SIM_STRING_INTERFACE,
                                    .wIndex = 0x0409,
                                    .wLength = 255};
    bench_open(&b, "stm32f427");
    assert_int_equal(b.transport.ops->control(b.transport.self, b.handle, &string, b.data, 500,
                                              &b.actual, &b.err),
                     UB_OK);
    assert_int_equal(b.actual, 2 + 2 * strlen(b.device->spec.chip->memories[0].name));
    assert_int_equal(b.data[0], b.actual + 2);
    bench_close(&b);
}

static void f427_has_option_bytes_in_a_second_zone(void **state)
{
    (void)state;
    struct bench b;
    begin(&b, "stm32f427");
    select_alt(&b, 1);
    point_at(&b, 0x1ffec000);
    make_idle(&b);
    *memory(&b, 0x1ffec003) = 0x5a;
    assert_int_equal(ask(&b, UPLOAD, 2, 2048), UB_OK);
    assert_int_equal(b.actual, 16);
    assert_int_equal(b.data[3], 0x5a);
    point_at(&b, 0x1fffc000);
    make_idle(&b);
    assert_int_equal(ask(&b, UPLOAD, 2, 2048), UB_OK);
    assert_int_equal(b.actual, 16); /* not into the other zone */
    assert_int_equal(b.data[1], 0xaa);
    assert_int_equal(command(&b, SET_ADDRESS, 0x1fffc010).bStatus, UB_FN_STATUS_TARGET);
    bench_close(&b);
}

static void f745_claims_104_ms_for_setting_an_address(void **state)
{
    (void)state;
    struct bench b;
    begin(&b, "stm32f745");
    uint64_t start = ub_now(&b.clock);
    struct status s = start_command(&b, SET_ADDRESS, FLASH);
    assert_int_equal(s.bState, UB_FN_DNBUSY);
    assert_int_equal(s.poll_ms, 104);
    assert_int_equal(get_status(&b).bState, UB_FN_DNLOAD_IDLE);
    assert_in_range(ub_now(&b.clock) - start, 0, 2 * MS);
    assert_int_equal(counts(&b).early, 1);
    assert_int_equal(counts(&b).busy_us, 0);
    assert_int_equal(start_command(&b, ERASE, FLASH).poll_ms, 100);
    bench_close(&b);
}

static void f767_erases_less_than_its_map_says(void **state)
{
    (void)state;
    struct bench b;
    begin(&b, "stm32f767");
    memset(ub_sim_device_memory(b.device, FLASH, 0x200000), 0, 0x200000);
    /* A sector of 32 KiB by the map: half of it is a sector. */
    assert_int_equal(command(&b, ERASE, FLASH + 0x8000).bState, UB_FN_DNLOAD_IDLE);
    assert_true(ub_all_bytes(memory(&b, FLASH + 0x8000), 0x4000, 0xff));
    assert_int_equal(*memory(&b, FLASH + 0xc000), 0);
    assert_int_equal(*memory(&b, FLASH + 0x7fff), 0);
    /* One of 256 KiB, in the second bank: 16 KiB of it. */
    assert_int_equal(command(&b, ERASE, FLASH + 0x100000).bState, UB_FN_DNLOAD_IDLE);
    assert_true(ub_all_bytes(memory(&b, FLASH + 0x100000), 0x4000, 0xff));
    assert_int_equal(*memory(&b, FLASH + 0x104000), 0);
    /* A mass erase knows better; and the option bytes tell why: nDBANK is 0. */
    assert_int_equal(download(&b, 0, "\x41", 1).bState, UB_FN_DNLOAD_IDLE);
    assert_true(ub_all_bytes(memory(&b, FLASH), 0x200000, 0xff));
    make_idle(&b);
    select_alt(&b, 1);
    point_at(&b, 0x1fff0000);
    make_idle(&b);
    assert_int_equal(ask(&b, UPLOAD, 2, 32), UB_OK);
    assert_int_equal(b.data[9] & 0x20, 0);
    assert_int_equal(b.data[1], 0xaa);
    bench_close(&b);
}

static void h743_works_before_it_answers(void **state)
{
    (void)state;
    struct bench b;
    begin(&b, "stm32h743");
    memset(b.data, 0, 1025);
    assert_int_equal(ask(&b, DNLOAD, 2, 1025), UB_USB_STALL);
    make_idle(&b);
    send_command(&b, ERASE, FLASH + 0x20000);
    uint64_t start = ub_now(&b.clock);
    struct status s = get_status(&b);
    assert_in_range(ub_now(&b.clock) - start, 900 * MS, 901 * MS);
    assert_int_equal(s.bState, UB_FN_DNBUSY);
    assert_int_equal(s.poll_ms, 1000);
    start = ub_now(&b.clock);
    assert_int_equal(get_status(&b).bState, UB_FN_DNLOAD_IDLE);
    assert_in_range(ub_now(&b.clock) - start, 0, 1 * MS);
    assert_int_equal(counts(&b).busy_us, 900 * MS);
    /* Setting the address needs no time before the answer either way. */
    start = ub_now(&b.clock);
    point_at(&b, FLASH + 0x20000);
    assert_in_range(ub_now(&b.clock) - start, 0, 2 * MS);
    bench_close(&b);
}

/* A word of 32 bytes written twice cannot be read until its sector is erased. */
static void h743_poisons_what_is_written_twice(void **state)
{
    (void)state;
    struct bench b;
    uint8_t block[1024];
    memset(block, 0x5a, sizeof(block));
    begin(&b, "stm32h743");
    point_at(&b, FLASH);
    assert_int_equal(download(&b, 2, block, 1024).bState, UB_FN_DNLOAD_IDLE);
    assert_int_equal(download(&b, 3, block, 40).bState, UB_FN_DNLOAD_IDLE);
    assert_int_equal(counts(&b).poisoned, 0);
    assert_int_equal(counts(&b).programs, 34);
    point_at(&b, FLASH + 1024 + 40); /* inside the word that is half written */
    assert_int_equal(download(&b, 2, block, 8).bState, UB_FN_DNLOAD_IDLE);
    assert_int_equal(counts(&b).poisoned, 1);
    assert_int_equal(counts(&b).bit_violations, 0);
    point_at(&b, FLASH);
    make_idle(&b);
    assert_int_equal(ask(&b, UPLOAD, 2, 1024), UB_OK);
    assert_int_equal(b.data[1023], 0x5a);
    assert_int_equal(ask(&b, UPLOAD, 3, 1024), UB_USB_STALL);
    struct status s = get_status(&b);
    assert_int_equal(s.bState, UB_FN_ERROR);
    assert_int_equal(s.bStatus, UB_FN_STATUS_UNKNOWN);
    make_idle(&b);
    assert_int_equal(ask(&b, UPLOAD, 3, 32), UB_OK); /* the word before it is whole */
    make_idle(&b);
    assert_int_equal(command(&b, ERASE, FLASH).bState, UB_FN_DNLOAD_IDLE);
    make_idle(&b);
    assert_int_equal(ask(&b, UPLOAD, 3, 1024), UB_OK);
    assert_true(ub_all_bytes(b.data, 1024, 0xff));
    bench_close(&b);
}

/* Erases at `address`, waits `us`, and frees the device as CubeProgrammer does. */
static void erase_and_free(struct bench *b, uint32_t address, uint64_t us)
{
    uint64_t start = ub_now(&b->clock);
    assert_int_equal(start_command(b, ERASE, address).bState, UB_FN_DNBUSY);
    assert_in_range(ub_now(&b->clock) - start, 0, 2 * MS);
    ub_sleep(&b->clock, us);
    assert_int_equal(get_status(b).bState, UB_FN_DNBUSY);
    assert_int_equal(ask(b, CLRSTATUS, 0, 0), UB_OK);
    struct status s = get_status(b);
    assert_int_equal(s.bState, UB_FN_ERROR);
    assert_int_equal(s.bStatus, UB_FN_STATUS_UNKNOWN);
    assert_int_equal(ask(b, CLRSTATUS, 0, 0), UB_OK);
    s = get_status(b);
    assert_int_equal(s.bState, UB_FN_IDLE);
    assert_int_equal(s.bStatus, UB_FN_STATUS_OK);
}

static void h743v_never_leaves_dnbusy_in_bank_2(void **state)
{
    (void)state;
    struct bench b;
    begin(&b, "stm32h743v");
    memset(ub_sim_device_memory(b.device, FLASH, 0x200000), 0, 0x200000);
    assert_int_equal(command(&b, ERASE, FLASH + 0xe0000).bState, UB_FN_DNLOAD_IDLE);
    assert_int_equal(*memory(&b, FLASH + 0xe0000), 0xff);
    assert_int_equal(counts(&b).busy_us, 900 * MS);
    /* Freed after the chip's time, and an hour later: erased. */
    erase_and_free(&b, FLASH + 0x100000, 900 * MS);
    assert_int_equal(*memory(&b, FLASH + 0x100000), 0xff);
    assert_int_equal(counts(&b).busy_us, 2 * 900 * MS);
    erase_and_free(&b, FLASH + 0x1e0000, 3600000 * MS);
    assert_int_equal(*memory(&b, FLASH + 0x1fffff), 0xff);
    /* Freed too early: as it was. */
    erase_and_free(&b, FLASH + 0x120000, 800 * MS);
    assert_int_equal(*memory(&b, FLASH + 0x120000), 0);
    assert_int_equal(counts(&b).busy_us, 3 * 900 * MS);
    /* Programming there is done as everywhere. */
    point_at(&b, FLASH + 0x100000);
    assert_int_equal(download(&b, 2, "\x12", 1).bState, UB_FN_DNLOAD_IDLE);
    assert_int_equal(*memory(&b, FLASH + 0x100000), 0x12);
    bench_close(&b);
    begin(&b, "stm32h743v-lost");
    *memory(&b, FLASH + 0x100000) = 0;
    erase_and_free(&b, FLASH + 0x100000, 10000 * MS);
    assert_int_equal(*memory(&b, FLASH + 0x100000), 0);
    assert_int_equal(download(&b, 0, "\x41", 1).bState, UB_FN_DNLOAD_IDLE);
    assert_int_equal(*memory(&b, FLASH + 0x100000), 0xff);
    bench_close(&b);
}

static void l4_stalls_questions_while_it_works(void **state)
{
    (void)state;
    struct bench b;
    uint8_t block[2048];
    memset(block, 0, sizeof(block));
    begin(&b, "stm32l4");
    struct status s = start_command(&b, ERASE, FLASH);
    assert_int_equal(s.poll_ms, 21);
    ub_sleep(&b.clock, s.poll_ms * MS);
    assert_int_equal(get_status(&b).code, UB_USB_STALL);
    assert_int_equal(get_state(&b), UB_FN_DNBUSY); /* it is not an error */
    ub_sleep(&b.clock, s.poll_ms * MS);
    assert_int_equal(get_status(&b).bState, UB_FN_DNLOAD_IDLE);
    /* Asked while it does not work but before its time is over, it answers. */
    assert_int_equal(command(&b, SET_ADDRESS, FLASH).bState, UB_FN_DNLOAD_IDLE);
    memcpy(b.data, block, sizeof(block));
    assert_int_equal(ask(&b, DNLOAD, 2, 2048), UB_OK);
    s = get_status(&b);
    ub_sleep(&b.clock, s.poll_ms * MS);
    assert_int_equal(get_status(&b).code, UB_USB_STALL);
    ub_sleep(&b.clock, 1 * MS);
    assert_int_equal(get_status(&b).bState, UB_FN_DNLOAD_IDLE);
    /* 1,024 bytes are done within the time claimed. */
    memcpy(b.data, block, 1024);
    assert_int_equal(ask(&b, DNLOAD, 3, 1024), UB_OK);
    s = get_status(&b);
    ub_sleep(&b.clock, s.poll_ms * MS);
    assert_int_equal(get_status(&b).bState, UB_FN_DNLOAD_IDLE);
    bench_close(&b);
}

static void l0_and_l1_are_zero_when_erased(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t page;
    } parts[] = {{"stm32l0", 128}, {"stm32l1", 256}};
    for (size_t i = 0; i < 2; i++) {
        struct bench b;
        begin(&b, parts[i].name);
        uint32_t page = parts[i].page;
        assert_int_equal(*memory(&b, FLASH), 0);
        memset(memory(&b, FLASH), 0xff, (size_t)page * 3);
        assert_int_equal(command(&b, ERASE, FLASH + page).bState, UB_FN_DNLOAD_IDLE);
        assert_true(ub_all_bytes(memory(&b, FLASH + page), page, 0));
        assert_int_equal(*memory(&b, FLASH + page - 1), 0xff);
        assert_int_equal(*memory(&b, FLASH + page * 2), 0xff);
        point_at(&b, FLASH + page);
        assert_int_equal(download(&b, 2, "\x0f", 1).bState, UB_FN_DNLOAD_IDLE);
        assert_int_equal(counts(&b).bit_violations, 0);
        assert_int_equal(download(&b, 2, "\xf0", 1).bState, UB_FN_DNLOAD_IDLE);
        assert_int_equal(*memory(&b, FLASH + page), 0xff);
        assert_int_equal(counts(&b).bit_violations, 1);
        /* Data EEPROM is written in place. */
        select_alt(&b, 2);
        point_at(&b, 0x08080000);
        assert_int_equal(download(&b, 2, "\x0f", 1).bState, UB_FN_DNLOAD_IDLE);
        assert_int_equal(download(&b, 2, "\xf0", 1).bState, UB_FN_DNLOAD_IDLE);
        assert_int_equal(*memory(&b, 0x08080000), 0xf0);
        assert_int_equal(command(&b, ERASE, 0x08080000).bStatus, UB_FN_STATUS_TARGET);
        bench_close(&b);
    }
}

static void g4_has_option_bytes_in_two_zones(void **state)
{
    (void)state;
    struct bench b;
    begin(&b, "stm32g4");
    assert_int_equal(ask(&b, DNLOAD, 2, 1025), UB_USB_STALL);
    make_idle(&b);
    select_alt(&b, 1);
    point_at(&b, 0x1ffff800);
    make_idle(&b);
    *memory(&b, 0x1ffff82f) = 0x77;
    assert_int_equal(ask(&b, UPLOAD, 2, 1024), UB_OK);
    assert_int_equal(b.actual, 48);
    assert_int_equal(b.data[47], 0x77);
    assert_int_equal(command(&b, SET_ADDRESS, 0x1fff7830).bStatus, UB_FN_STATUS_TARGET);
    bench_close(&b);
}

static void u5_sets_the_address_without_being_busy(void **state)
{
    (void)state;
    struct bench b;
    begin(&b, "stm32u5");
    struct status s = start_command(&b, SET_ADDRESS, FLASH + 0x2000);
    assert_int_equal(s.bState, UB_FN_DNLOAD_IDLE);
    assert_int_equal(s.poll_ms, 0);
    assert_int_equal(get_status(&b).bState, UB_FN_DNLOAD_IDLE);
    b.data[0] = 0x12;
    assert_int_equal(ask(&b, DNLOAD, 2, 1), UB_OK);
    assert_int_equal(wait_for(&b, get_status(&b)).bState, UB_FN_DNLOAD_IDLE);
    assert_int_equal(*memory(&b, FLASH + 0x2000), 0x12);
    s = start_command(&b, SET_ADDRESS, 0x20000000);
    assert_int_equal(s.bState, UB_FN_ERROR);
    assert_int_equal(s.bStatus, UB_FN_STATUS_TARGET);
    make_idle(&b);
    s = wait_for(&b, start_command(&b, ERASE, FLASH + 0x2000));
    assert_int_equal(s.bState, UB_FN_DNLOAD_IDLE);
    bench_close(&b);
}

static void c5_says_nothing_of_its_functional_descriptor(void **state)
{
    (void)state;
    struct bench b;
    uint8_t config[UB_SIM_CONFIG_MAX];
    const struct ub_setup functional = {
        .bmRequestType = 0x81, .bRequest = 6, .wValue = 0x2100, .wLength = 9};
    begin(&b, "stm32c5");
    uint64_t start = ub_now(&b.clock);
    assert_int_equal(b.transport.ops->control(b.transport.self, b.handle, &functional, b.data, 500,
                                              &b.actual, &b.err),
                     UB_USB_TIMEOUT);
    assert_in_range(ub_now(&b.clock) - start, 500 * MS, 501 * MS);
    assert_int_equal(get_state(&b), UB_FN_IDLE); /* and no harm is done by it */
    size_t length = ub_sim_describe_config(b.device, config);
    assert_int_equal(length, 9 + 9 + 9); /* one setting: there are no option bytes */
    static const uint8_t expected[] = {9, 0x21, 0x0b, 0xff, 0, 0x00, 0x04, 0x1a, 0x01};
    assert_memory_equal(config + 18, expected, 9);
    /* DFU_CLRSTATUS is for dfuERROR alone. */
    assert_int_equal(ask(&b, CLRSTATUS, 0, 0), UB_USB_STALL);
    assert_int_equal(get_state(&b), UB_FN_IDLE);
    point_at(&b, FLASH);
    assert_int_equal(ask(&b, CLRSTATUS, 0, 0), UB_USB_STALL);
    assert_int_equal(get_state(&b), UB_FN_DNLOAD_IDLE);
    assert_int_equal(command(&b, SET_ADDRESS, 0).bState, UB_FN_ERROR);
    assert_int_equal(ask(&b, CLRSTATUS, 0, 0), UB_OK);
    assert_int_equal(get_state(&b), UB_FN_IDLE);
    bench_close(&b);
}

static void f072_is_busy_for_ever_when_asked_early(void **state)
{
    (void)state;
    struct bench b;
    begin(&b, "stm32f072");
    /* Who waits the time claimed is answered. */
    struct status s = start_command(&b, ERASE, FLASH);
    assert_int_equal(s.poll_ms, 40);
    ub_sleep(&b.clock, s.poll_ms * MS);
    assert_int_equal(get_status(&b).bState, UB_FN_DNLOAD_IDLE);
    assert_int_equal(counts(&b).early, 0);
    /* The address may be asked for at once, and the state at any time. */
    point_at(&b, FLASH);
    s = start_command(&b, ERASE, FLASH);
    ub_sleep(&b.clock, 30 * MS);
    assert_int_equal(get_state(&b), UB_FN_DNBUSY);
    ub_sleep(&b.clock, 10 * MS);
    assert_int_equal(get_status(&b).bState, UB_FN_DNLOAD_IDLE);
    /* A question too early, though the chip is done: busy for ever, until a bus reset. */
    s = start_command(&b, ERASE, FLASH);
    ub_sleep(&b.clock, 35 * MS);
    uint64_t before = counts(&b).early;
    assert_int_equal(get_status(&b).bState, UB_FN_DNBUSY);
    assert_int_equal(counts(&b).early, before + 1);
    ub_sleep(&b.clock, 3600000 * MS);
    s = get_status(&b);
    assert_int_equal(s.bState, UB_FN_DNBUSY);
    assert_int_equal(s.poll_ms, 40);
    assert_int_equal(b.transport.ops->reset(b.transport.self, b.handle, &b.err), UB_OK);
    make_idle(&b);
    bench_close(&b);
}

static void f103_keeps_its_own_area(void **state)
{
    (void)state;
    struct bench b;
    uint8_t block[1024];
    memset(block, 0, sizeof(block));
    begin(&b, "stm32f103");
    memset(memory(&b, FLASH), 0x42, 0x3000);
    struct status s = start_command(&b, ERASE, FLASH + 0x2fff);
    assert_int_equal(s.poll_ms, 50);
    s = get_status(&b);
    assert_int_equal(s.bState, UB_FN_ERROR);
    assert_int_equal(s.bStatus, UB_FN_STATUS_TARGET);
    make_idle(&b);
    s = start_command(&b, SET_ADDRESS, FLASH + 0x2c01);
    assert_int_equal(s.poll_ms, 50);
    assert_int_equal(get_status(&b).bState, UB_FN_DNLOAD_IDLE); /* it may be read */
    assert_int_equal(download(&b, 2, block, 1023).bStatus, UB_FN_STATUS_TARGET);
    make_idle(&b);
    assert_int_equal(download(&b, 2, block, 1024).bStatus, UB_FN_STATUS_TARGET); /* across */
    make_idle(&b);
    b.data[0] = ERASE;
    assert_int_equal(ask(&b, DNLOAD, 0, 1), UB_USB_STALL);
    make_idle(&b);
    assert_int_equal(command(&b, SET_ADDRESS, FLASH + 0x3000).bState, UB_FN_DNLOAD_IDLE);
    assert_int_equal(download(&b, 2, block, 1024).bState, UB_FN_DNLOAD_IDLE);
    assert_int_equal(*memory(&b, FLASH + 0x3000), 0);
    assert_int_equal(command(&b, ERASE, FLASH + 0x3000).bState, UB_FN_DNLOAD_IDLE);
    assert_int_equal(*memory(&b, FLASH + 0x3000), 0xff);
    assert_true(ub_all_bytes(memory(&b, FLASH), 0x3000, 0x42));
    bench_close(&b);
}

static void put_firmware(struct bench *b)
{
    ub_put_u32le(memory(b, FLASH), 0x20001000);
    ub_put_u32le(memory(b, FLASH + 4), 0x08000101);
}

static void wb55_leaves_only_from_the_end_of_its_flash(void **state)
{
    (void)state;
    struct bench b;
    begin(&b, "stm32wb55");
    put_firmware(&b);
    point_at(&b, FLASH);
    assert_int_equal(ask(&b, DNLOAD, 2, 0), UB_OK);
    assert_int_equal(get_status(&b).bState, UB_FN_MANIFEST);
    assert_false(wait_change(&b, 60000 * MS));
    assert_int_equal(get_state(&b), UB_FN_IDLE); /* nothing happened */
    point_at(&b, 0x080fffff);
    make_idle(&b);
    assert_int_equal(ask(&b, DNLOAD, 0, 0), UB_OK);
    assert_int_equal(get_status(&b).code, UB_USB_STALL);
    assert_true(wait_change(&b, 1000 * MS));
    assert_true(wait_change(&b, 1000 * MS));
    assert_int_equal(b.device->mode, UB_MODE_RUNTIME);
    bench_close(&b);
}

/* Written option bytes are loaded by a reset: the second question is never answered. */
static void option_bytes_reset_every_part_that_has_them(void **state)
{
    (void)state;
    size_t tried = 0;
    for (size_t i = 0; ub_sim_chip_at(i); i++) {
        const struct ub_sim_chip *chip = ub_sim_chip_at(i);
        if (strncmp(chip->model.name, "stm32", 5) != 0 || chip->memory_count < 2)
            continue;
        struct bench b;
        begin(&b, chip->model.name);
        select_alt(&b, 1);
        send_command(&b, SET_ADDRESS, (uint32_t)chip->memories[1].base);
        (void)get_status(&b);
        assert_int_equal(get_status(&b).bState, UB_FN_DNLOAD_IDLE);
        b.data[0] = 0x5a;
        assert_int_equal(ask(&b, DNLOAD, 2, 1), UB_OK);
        struct status s = get_status(&b);
        assert_int_equal(s.bState, UB_FN_DNBUSY);
        ub_sleep(&b.clock, s.poll_ms * MS + 10 * MS); /* an L4 claims too little */
        assert_int_equal(get_status(&b).code, UB_USB_GONE);
        assert_int_equal(*memory(&b, chip->memories[1].base), 0x5a);
        assert_true(wait_change(&b, 1));
        assert_true(wait_change(&b, 1000 * MS));
        assert_int_equal(b.device->mode, UB_MODE_DFU);
        bench_close(&b);
        tried++;
    }
    assert_true(tried >= 15);
}

/* No model of ours does this; usbd-dfu is one that does (its issue 6). */
static void some_loaders_count_in_bytes_of_the_block(void **state)
{
    (void)state;
    struct bench b;
    begin(&b, "stm32f405");
    b.device->spec.dfu.multiplies_wlength = true;
    point_at(&b, FLASH);
    assert_int_equal(download(&b, 4, "\x11\x22\x33\x44", 4).bState, UB_FN_DNLOAD_IDLE);
    assert_memory_equal(memory(&b, FLASH + 8), "\x11\x22\x33\x44", 4);
    make_idle(&b);
    assert_int_equal(ask(&b, UPLOAD, 3, 8), UB_OK);
    assert_memory_equal(b.data, "\x11\x22\x33\x44", 4);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(f405_takes_32_s_for_what_it_claims_100_ms),
        cmocka_unit_test(f411_refuses_each_hundredth_block_once),
        cmocka_unit_test(f427_cuts_its_strings),
        cmocka_unit_test(f427_has_option_bytes_in_a_second_zone),
        cmocka_unit_test(f745_claims_104_ms_for_setting_an_address),
        cmocka_unit_test(f767_erases_less_than_its_map_says),
        cmocka_unit_test(h743_works_before_it_answers),
        cmocka_unit_test(h743_poisons_what_is_written_twice),
        cmocka_unit_test(h743v_never_leaves_dnbusy_in_bank_2),
        cmocka_unit_test(l4_stalls_questions_while_it_works),
        cmocka_unit_test(l0_and_l1_are_zero_when_erased),
        cmocka_unit_test(g4_has_option_bytes_in_two_zones),
        cmocka_unit_test(u5_sets_the_address_without_being_busy),
        cmocka_unit_test(c5_says_nothing_of_its_functional_descriptor),
        cmocka_unit_test(f072_is_busy_for_ever_when_asked_early),
        cmocka_unit_test(f103_keeps_its_own_area),
        cmocka_unit_test(wb55_leaves_only_from_the_end_of_its_flash),
        cmocka_unit_test(option_bytes_reset_every_part_that_has_them),
        cmocka_unit_test(some_loaders_count_in_bytes_of_the_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
