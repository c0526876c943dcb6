/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Several requests handed over at once: to whom, and what happens when one of them fails. */
#include "mock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#define FLASH 0x08000000u
#define BLOCK 8u

static struct mock mock;
static struct ub_loader *loader;
static struct ub_error err;
static uint8_t buffer[64 * BLOCK];

static int setup(void **state)
{
    (void)state;
    mock_init(&mock, 0x011a);
    mock.interface.functional.wTransferSize = BLOCK;
    mock_queues(&mock);
    memset(buffer, 0x21, sizeof(buffer));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    if (loader)
        loader->ops->close(loader);
    loader = NULL;
    return 0;
}

static const struct ub_region *open_it(void)
{
    size_t count;
    assert_int_equal(ub_loader_for(&mock.interface)->open(&mock.port, &loader, &err), UB_OK);
    const struct ub_region *region = loader->ops->regions(loader, &count);
    mock_forget(&mock);
    mock.queue_count = 0;
    return region;
}

#define POINT   TAKES(DFU_DNLOAD, 0), STATUS(0, 0, 5), STATUS(0, 0, 5)
#define GOOD(n) TAKES(DFU_DNLOAD, (n)), STATUS(0, 1, 4), STATUS(0, 0, 5)
#define HOLDS(n, b)                                                                                \
    {                                                                                              \
        .request = DFU_UPLOAD, .value = (n), .length = 8, .answer = { b, b, b, b, b, b, b, b }     \
    }

static void block_goes_with_its_first_question(void **state)
{
    (void)state;
    const struct ub_region *region = open_it();
    const struct mock_step script[] = {POINT,           TAKES(DFU_DNLOAD, 2), STATUS(0, 30, 4),
                                       STATUS(0, 0, 5), TAKES(DFU_DNLOAD, 3), STATUS(0, 0, 5)};
    PLAY(&mock, script);
    assert_int_equal(loader->ops->write(loader, region, FLASH, buffer, 2 * BLOCK, &err), UB_OK);
    mock_played(&mock);
    /* the pointer with two questions, each block with one */
    assert_int_equal(mock.queue_count, 3);
    assert_int_equal(mock.queue_log[0], 3);
    assert_int_equal(mock.queue_log[1], 2);
    assert_int_equal(mock.queue_log[2], 2);
    /* and between them what the device asks for */
    assert_int_equal(mock.log[5].at_us - mock.log[4].at_us, 30100);
}

static void reason_for_a_refusal_came_with_it(void **state)
{
    (void)state;
    const struct ub_region *region = open_it();
    const struct mock_step script[] = {POINT, FAILS(DFU_DNLOAD, UB_USB_STALL), STATUS(8, 0, 10)};
    PLAY(&mock, script);
    assert_int_equal(loader->ops->write(loader, region, FLASH, buffer, BLOCK, &err),
                     UB_DFU_ERR_ADDRESS);
    mock_played(&mock);
    assert_int_equal(mock.log_length, 5);
    assert_int_equal(err.raw.bRequest, DFU_DNLOAD);
    assert_int_equal(err.raw.bStatus, 8);
}

static void answer_lost_in_a_queue_is_asked_for_again(void **state)
{
    (void)state;
    const struct ub_region *region = open_it();
    const struct mock_step script[] = {POINT, TAKES(DFU_DNLOAD, 2), FAILS(DFU_GETSTATUS, UB_USB_IO),
                                       STATUS(0, 10, 4), STATUS(0, 0, 5)};
    PLAY(&mock, script);
    assert_int_equal(loader->ops->write(loader, region, FLASH, buffer, BLOCK, &err), UB_OK);
    mock_played(&mock);
    assert_int_equal(mock_count(&mock, DFU_DNLOAD), 2);
    assert_int_equal(mock.warnings, 0);
}

static void vanishing_in_a_queue_is_told(void **state)
{
    (void)state;
    const struct ub_region *region = open_it();
    const struct mock_step script[] = {POINT, TAKES(DFU_DNLOAD, 2),
                                       FAILS(DFU_GETSTATUS, UB_USB_GONE)};
    PLAY(&mock, script);
    assert_int_equal(loader->ops->write(loader, region, FLASH, buffer, BLOCK, &err), UB_USB_GONE);
}

static void every_device_is_read_several_blocks_at_a_time(void **state)
{
    (void)state;
    size_t actual;
    const struct ub_region *region = open_it();
    assert_int_equal(loader->ops->read(loader, region, FLASH, buffer, 40 * BLOCK, &actual, &err),
                     UB_OK);
    assert_int_equal(mock.queue_count, 4); /* the pointer, 16, 16 and 8 blocks */
    assert_int_equal(mock.queue_log[1], 16);
    assert_int_equal(mock.queue_log[3], 8);
    for (size_t i = 0; i < 40; i++)
        assert_int_equal(buffer[i * BLOCK], i + 2);
}

static void read_that_failed_goes_on_one_by_one(void **state)
{
    (void)state;
    size_t actual;
    const struct ub_region *region = open_it();
    const struct mock_step script[] = {
        POINT,       TAKES(DFU_ABORT, 0), HOLDS(2, 1),         FAILS(DFU_UPLOAD, UB_USB_IO),
        HOLDS(4, 3), STATUS(0, 0, 9),     TAKES(DFU_ABORT, 0), STATUS(0, 0, 2),
        POINT,       TAKES(DFU_ABORT, 0), HOLDS(2, 1),         HOLDS(3, 2),
        HOLDS(4, 3)};
    PLAY(&mock, script);
    assert_int_equal(loader->ops->read(loader, region, FLASH, buffer, 3 * BLOCK, &actual, &err),
                     UB_OK);
    mock_played(&mock);
    assert_int_equal(buffer[0], 1);
    assert_int_equal(buffer[BLOCK], 2);
    assert_int_equal(buffer[2 * BLOCK], 3);
    mock.queue_count = 0;
    mock.state = DFU_UPLOAD_IDLE;
    assert_int_equal(loader->ops->read(loader, region, FLASH, buffer, 3 * BLOCK, &actual, &err),
                     UB_OK);
    assert_int_equal(mock.queue_count, 0);
}

static void silent(void)
{
    mock.port.habits.naks_while_busy = true;
    mock.port.habits.write_once = true;
    mock.port.habits.program_unit = BLOCK;
}

static void silent_device_gets_ten_blocks_at_a_time(void **state)
{
    (void)state;
    silent();
    const struct ub_region *region = open_it();
    assert_int_equal(loader->ops->write(loader, region, FLASH, buffer, 25 * BLOCK, &err), UB_OK);
    assert_int_equal(mock.queue_count, 4);
    assert_int_equal(mock.queue_log[1], 30);
    assert_int_equal(mock.queue_log[2], 30);
    assert_int_equal(mock.queue_log[3], 15);
    for (size_t i = 0; i < 25; i++)
        assert_int_equal(mock.log[3 + 3 * i].value, 2 + i);
}

/* The second of three blocks was lost on the wire; the third went past it. Each is read before it
 * is sent again, and the third is not. */
static void blocks_of_a_failed_queue_are_read_first(void **state)
{
    (void)state;
    silent();
    const struct ub_region *region = open_it();
    const struct mock_step script[] = {POINT,
                                       GOOD(2),
                                       FAILS(DFU_DNLOAD, UB_USB_IO),
                                       STATUS(0, 0, 5),
                                       STATUS(0, 0, 5),
                                       GOOD(4),
                                       STATUS(0, 0, 5), /* on the way back */
                                       TAKES(DFU_ABORT, 0),
                                       STATUS(0, 0, 2),
                                       POINT,
                                       TAKES(DFU_ABORT, 0),
                                       HOLDS(3, 0xff),
                                       TAKES(DFU_ABORT, 0),
                                       GOOD(3),
                                       TAKES(DFU_ABORT, 0),
                                       HOLDS(4, 0x21)};
    PLAY(&mock, script);
    assert_int_equal(loader->ops->write(loader, region, FLASH, buffer, 3 * BLOCK, &err), UB_OK);
    mock_played(&mock);
    assert_int_equal(mock.warnings, 1);
    assert_int_equal(mock.env.step_done, 3 * BLOCK);
}

static void queue_is_used_again_behind_what_failed(void **state)
{
    (void)state;
    silent();
    const struct ub_region *region = open_it();
    const struct mock_step script[] = {POINT,
                                       GOOD(2),
                                       FAILS(DFU_DNLOAD, UB_USB_STALL),
                                       STATUS(15, 0, 10),
                                       STATUS(15, 0, 10),
                                       STATUS(15, 0, 10),
                                       TAKES(DFU_CLRSTATUS, 0),
                                       STATUS(0, 0, 2),
                                       POINT,
                                       TAKES(DFU_ABORT, 0),
                                       HOLDS(3, 0xff),
                                       TAKES(DFU_ABORT, 0),
                                       GOOD(3)};
    PLAY(&mock, script);
    mock.state = DFU_DNLOAD_IDLE;
    assert_int_equal(loader->ops->write(loader, region, FLASH, buffer, 2 * BLOCK, &err), UB_OK);
    mock_played(&mock);
    mock.queue_count = 0;
    assert_int_equal(loader->ops->write(loader, region, FLASH + 2 * BLOCK, buffer, 4 * BLOCK, &err),
                     UB_OK);
    assert_int_equal(mock.queue_count, 1);
    assert_int_equal(mock.queue_log[0], 12);
}

/* The habits are wrong: it answers while it is busy. The block was taken, and nothing is lost. */
static void device_that_answers_while_busy_is_not_queued(void **state)
{
    (void)state;
    silent();
    const struct ub_region *region = open_it();
    const struct mock_step script[] = {POINT,
                                       TAKES(DFU_DNLOAD, 2),
                                       STATUS(0, 10, 4),
                                       STATUS(0, 10, 4),
                                       FAILS(DFU_DNLOAD, UB_USB_STALL),
                                       STATUS(15, 0, 10),
                                       STATUS(15, 0, 10),
                                       STATUS(15, 0, 10),
                                       TAKES(DFU_CLRSTATUS, 0),
                                       STATUS(0, 0, 2),
                                       POINT,
                                       TAKES(DFU_ABORT, 0),
                                       HOLDS(2, 0x21),
                                       HOLDS(3, 0xff),
                                       TAKES(DFU_ABORT, 0),
                                       TAKES(DFU_DNLOAD, 3),
                                       STATUS(0, 10, 4),
                                       STATUS(0, 0, 5)};
    PLAY(&mock, script);
    assert_int_equal(loader->ops->write(loader, region, FLASH, buffer, 2 * BLOCK, &err), UB_OK);
    mock_played(&mock);
    assert_int_equal(mock.warnings, 0);
    mock.queue_count = 0;
    mock.state = DFU_DNLOAD_IDLE;
    assert_int_equal(loader->ops->write(loader, region, FLASH + 2 * BLOCK, buffer, 4 * BLOCK, &err),
                     UB_OK);
    assert_int_equal(mock.queue_count, 4); /* one block and one question each */
}

static void what_cannot_be_read_is_not_queued(void **state)
{
    (void)state;
    silent();
    mock.port.habits.no_upload = true;
    const struct ub_region *region = open_it();
    assert_int_equal(loader->ops->write(loader, region, FLASH, buffer, 4 * BLOCK, &err), UB_OK);
    for (size_t i = 0; i < mock.queue_count; i++)
        assert_int_equal(mock.queue_log[i], 3);
}

static void queue_ends_before_block_numbers_do(void **state)
{
    (void)state;
    silent();
    mock.strings[1] = "@Huge Flash /0x10000000/4096*256Kg";
    const struct ub_region *region = open_it();
    const uint32_t near_end = 0x10000000u + 65520u * BLOCK;
    assert_int_equal(loader->ops->write(loader, region, near_end, buffer, 40 * BLOCK, &err), UB_OK);
    uint32_t address = near_end;
    uint32_t pointer = 0;
    for (size_t i = 0; i < mock.log_length; i++) {
        const struct mock_entry *entry = &mock.log[i];
        if (entry->request != DFU_DNLOAD)
            continue;
        assert_int_not_equal(entry->value, 1);
        if (entry->value == 0) {
            assert_int_equal(entry->data[0], 0x21);
            pointer = (uint32_t)entry->data[1] | (uint32_t)entry->data[2] << 8 |
                      (uint32_t)entry->data[3] << 16 | (uint32_t)entry->data[4] << 24;
            continue;
        }
        assert_int_equal(pointer + (entry->value - 2u) * BLOCK, address);
        address += BLOCK;
    }
    assert_int_equal(address, near_end + 40 * BLOCK);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(block_goes_with_its_first_question),
        TEST(reason_for_a_refusal_came_with_it),
        TEST(answer_lost_in_a_queue_is_asked_for_again),
        TEST(vanishing_in_a_queue_is_told),
        TEST(every_device_is_read_several_blocks_at_a_time),
        TEST(read_that_failed_goes_on_one_by_one),
        TEST(silent_device_gets_ten_blocks_at_a_time),
        TEST(blocks_of_a_failed_queue_are_read_first),
        TEST(queue_is_used_again_behind_what_failed),
        TEST(device_that_answers_while_busy_is_not_queued),
        TEST(what_cannot_be_read_is_not_queued),
        TEST(queue_ends_before_block_numbers_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
