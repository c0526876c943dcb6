/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define FLASH 0x08000000u
#define BLOCK 2048u

static struct mock mock;
static struct ub_loader *loader;
static struct ub_error err;
static uint8_t buffer[64 * 1024];

static int setup(void **state)
{
    (void)state;
    mock_init(&mock, 0x011a);
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
    const struct ub_loader_ops *ops = ub_loader_for(&mock.interface);
    assert_int_equal(ops->open(&mock.port, &loader, &err), UB_OK);
    const struct ub_region *regions = loader->ops->regions(loader, &count);
    assert_true(count > 0);
    mock_forget(&mock);
    return regions;
}

/* The F405's four alternate settings. */
static void four_alternates(void)
{
    mock.interface.alt_count = 4;
    for (uint8_t i = 0; i < 4; i++) {
        mock.interface.alts[i].alt = i;
        mock.interface.alts[i].iInterface = (uint8_t)(i + 1);
    }
    mock.strings[2] = "@Option Bytes  /0x1FFFC000/01*016 e";
    mock.strings[3] = "@OTP Memory /0x1FFF7800/01*512 e,01*016 e";
    mock.strings[4] = "@Device Feature/0xFFFF0000/01*004 e";
}

static void regions_come_from_the_names(void **state)
{
    (void)state;
    size_t count;
    four_alternates();
    const struct ub_region *regions = open_it();
    (void)loader->ops->regions(loader, &count);
    assert_int_equal(count, 4);
    assert_int_equal(regions[0].kind, UB_REGION_FLASH);
    assert_int_equal(regions[0].run_count, 3);
    assert_int_equal(regions[1].kind, UB_REGION_OPTION);
    assert_int_equal(regions[1].alt, 1);
    assert_int_equal(regions[2].kind, UB_REGION_OTP);
    assert_int_equal(regions[3].kind, UB_REGION_OTHER);
    assert_null(loader->ops->warning(loader, 0));
}

static void first_write_sets_the_pointer_once(void **state)
{
    (void)state;
    const struct ub_region *region = open_it();
    assert_int_equal(loader->ops->write(loader, region, FLASH, buffer, 4 * BLOCK, &err), UB_OK);
    assert_int_equal(loader->ops->write(loader, region, FLASH + 4 * BLOCK, buffer, BLOCK, &err),
                     UB_OK);
    /* 2 for the pointer (this device is done at once), 2 per block */
    assert_int_equal(mock.log_length, 2 + 5 * 2);
    assert_int_equal(mock.log[0].value, 0);
    assert_memory_equal(mock.log[0].data, "\x21\x00\x00\x00\x08", 5);
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(mock.log[2 + 2 * i].value, 2 + i);
        assert_int_equal(mock.touched[i], FLASH + i * BLOCK);
    }
    assert_int_equal(mock.time.now, 1000000 + 13 * 100); /* arrival too, and no sleep at all */
}

static void anchor_at_the_start_serves_any_order(void **state)
{
    (void)state;
    size_t actual;
    const struct ub_region *region = open_it();
    assert_int_equal(loader->ops->write(loader, region, FLASH + 0x20000, buffer, BLOCK, &err),
                     UB_OK);
    assert_int_equal(loader->ops->write(loader, region, FLASH + 0x4000, buffer, BLOCK, &err),
                     UB_OK);
    assert_int_equal(loader->ops->write(loader, region, FLASH, buffer, BLOCK, &err), UB_OK);
    assert_int_equal(
        loader->ops->read(loader, region, FLASH + 0x8000, buffer, BLOCK, &actual, &err), UB_OK);
    const uint32_t addresses[] = {FLASH + 0x20000, FLASH + 0x4000, FLASH, FLASH + 0x8000};
    assert_memory_equal(mock.touched, addresses, sizeof(addresses));
    /* 2 pointer, 3 x 2, ABORT, UPLOAD */
    assert_int_equal(mock.log_length, 10);
    assert_int_equal(mock.log[8].request, DFU_ABORT);
    assert_int_equal(mock.log[9].request, DFU_UPLOAD);
}

static void short_block_gets_its_own_pointer(void **state)
{
    (void)state;
    const struct ub_region *region = open_it();
    assert_int_equal(loader->ops->write(loader, region, FLASH, buffer, BLOCK + 100, &err), UB_OK);
    const uint32_t addresses[] = {FLASH, FLASH + BLOCK};
    assert_memory_equal(mock.touched, addresses, sizeof(addresses));
    assert_int_equal(mock.log[4].value, 0);
    assert_memory_equal(mock.log[4].data, "\x21\x00\x08\x00\x08", 5);
    assert_int_equal(mock.log[6].value, 2);
    assert_int_equal(mock.log[6].length, 100);
    /* a short block where the pointer is already needs no other */
    mock_forget(&mock);
    assert_int_equal(loader->ops->write(loader, region, FLASH + BLOCK, buffer, 8, &err), UB_OK);
    assert_int_equal(mock.log_length, 2);
}

static void unaligned_range_is_anchored_where_it_is(void **state)
{
    (void)state;
    const struct ub_region *region = open_it();
    assert_int_equal(loader->ops->write(loader, region, FLASH + 100, buffer, 2 * BLOCK, &err),
                     UB_OK);
    const uint32_t addresses[] = {FLASH + 100, FLASH + 100 + BLOCK};
    assert_memory_equal(mock.touched, addresses, sizeof(addresses));
    assert_int_equal(mock.log_length, 2 + 4);
}

static void block_number_never_passes_its_end(void **state)
{
    (void)state;
    size_t actual;
    mock.strings[1] = "@Huge Flash /0x10000000/4096*256Kg";
    mock.interface.functional.wTransferSize = 64;
    const struct ub_region *region = open_it();
    /* the last block that 16 bits reach from the region's start, and the first that they do not */
    uint32_t last = 0x10000000u + 65533u * 64u;
    assert_int_equal(loader->ops->read(loader, region, last, buffer, 128, &actual, &err), UB_OK);
    assert_int_equal(mock.touched[0], last);
    assert_int_equal(mock.touched[1], last + 64);
    assert_int_equal(mock.log[2].request, DFU_ABORT);
    assert_int_equal(mock.log[3].value, 65535);
    assert_int_equal(mock_count(&mock, DFU_DNLOAD), 2); /* re-anchored */
    assert_int_equal(mock.log[mock.log_length - 1].value, 2);
    /* and it goes on counting from there */
    mock_forget(&mock);
    assert_int_equal(loader->ops->read(loader, region, last + 128, buffer, 256, &actual, &err),
                     UB_OK);
    assert_int_equal(mock.log_length, 4);
    assert_int_equal(mock.log[3].value, 6);
    for (size_t i = 0; i < mock.touched_count; i++)
        assert_int_equal(mock.touched[i], last + 64 * i);
    for (size_t i = 0; i < mock.log_length; i++)
        assert_true(mock.log[i].value >= 2);
}

static void capped_blocks_are_not_counted(void **state)
{
    (void)state;
    size_t actual;
    mock.interface.functional.wTransferSize = 8192;
    const struct ub_region *region = open_it();
    assert_int_equal(loader->ops->read(loader, region, FLASH, buffer, 12288, &actual, &err), UB_OK);
    const uint32_t addresses[] = {FLASH, FLASH + 4096, FLASH + 8192};
    assert_memory_equal(mock.touched, addresses, sizeof(addresses));
    for (size_t i = 0; i < mock.log_length; i++)
        if (mock.log[i].request == DFU_UPLOAD)
            assert_int_equal(mock.log[i].value, 2);
}

static void erase_takes_three_transfers_and_forgets_the_pointer(void **state)
{
    (void)state;
    const struct ub_region *region = open_it();
    const struct mock_step script[] = {TAKES(DFU_DNLOAD, 0), STATUS(0, 250, 4), STATUS(0, 0, 5)};
    assert_int_equal(loader->ops->write(loader, region, FLASH, buffer, BLOCK, &err), UB_OK);
    mock_forget(&mock);
    PLAY(&mock, script);
    assert_int_equal(loader->ops->erase(loader, region, FLASH + 0x4000, &err), UB_OK);
    mock_played(&mock);
    assert_int_equal(mock.log_length, 3);
    assert_memory_equal(mock.log[0].data, "\x41\x00\x40\x00\x08", 5);
    assert_int_equal(mock.log[0].length, 5);
    mock_forget(&mock);
    mock.state = DFU_DNLOAD_IDLE;
    assert_int_equal(loader->ops->write(loader, region, FLASH, buffer, BLOCK, &err), UB_OK);
    assert_int_equal(mock.log_length, 4); /* the pointer again */
}

static void mass_erase_outlasts_its_claim(void **state)
{
    (void)state;
    (void)open_it();
    const struct mock_step script[] = {TAKES(DFU_DNLOAD, 0),
                                       STATUS(0, 100, 4),
                                       {.request = DFU_GETSTATUS,
                                        .length = 6,
                                        .answer = STATUS_BYTES(0, 0, 5),
                                        .takes_ms = 32000}};
    PLAY(&mock, script);
    assert_int_equal(loader->ops->erase_all(loader, &err), UB_OK);
    mock_played(&mock);
    assert_int_equal(mock.log[0].length, 1);
    assert_true(mock.log[2].timeout_ms > 32000);
}

static void write_sleeps_only_while_busy(void **state)
{
    (void)state;
    const struct ub_region *region = open_it();
    const struct mock_step script[] = {TAKES(DFU_DNLOAD, 0), STATUS(0, 104, 4), STATUS(0, 104, 5),
                                       TAKES(DFU_DNLOAD, 2), STATUS(0, 9, 4),   STATUS(0, 104, 5),
                                       TAKES(DFU_DNLOAD, 3), STATUS(0, 104, 5)};
    PLAY(&mock, script);
    uint64_t started = mock.time.now;
    assert_int_equal(loader->ops->write(loader, region, FLASH, buffer, 2 * BLOCK, &err), UB_OK);
    mock_played(&mock);
    assert_int_equal(mock.time.now - started, 9000 + 8 * 100);
}

static void protection_is_explained(void **state)
{
    (void)state;
    size_t actual;
    const struct ub_region *region = open_it();
    const struct mock_step read[] = {TAKES(DFU_DNLOAD, 0), STATUS(0, 0, 5), TAKES(DFU_ABORT, 0),
                                     FAILS(DFU_UPLOAD, UB_USB_STALL), STATUS(11, 0, 10)};
    PLAY(&mock, read);
    assert_int_equal(loader->ops->read(loader, region, FLASH, buffer, BLOCK, &actual, &err),
                     UB_DFU_PROTECTED);
    assert_int_equal(err.code, UB_DFU_PROTECTED);
    assert_int_equal(err.raw.bStatus, 11);
    mock_played(&mock);
    const struct mock_step erase[] = {STATUS(11, 0, 10), TAKES(DFU_CLRSTATUS, 0),
                                      STATUS(0, 0, 2),   TAKES(DFU_DNLOAD, 0),
                                      STATUS(0, 10, 4),  STATUS(11, 0, 10)};
    PLAY(&mock, erase);
    assert_int_equal(loader->ops->erase(loader, region, FLASH, &err), UB_DFU_PROTECTED);
    mock_played(&mock);
}

static void unknown_command_is_told(void **state)
{
    (void)state;
    (void)open_it();
    const struct mock_step script[] = {FAILS(DFU_DNLOAD, UB_USB_STALL), STATUS(15, 0, 10)};
    PLAY(&mock, script);
    assert_int_equal(loader->ops->erase_all(loader, &err), UB_DFU_COMMAND);
    assert_int_equal(err.code, UB_DFU_COMMAND);
}

static void every_error_of_a_block_is_told(void **state)
{
    (void)state;
    for (uint8_t bStatus = 1; bStatus <= 15; bStatus++) {
        const struct mock_step script[] = {TAKES(DFU_DNLOAD, 0), STATUS(0, 0, 5),
                                           TAKES(DFU_DNLOAD, 2), STATUS(0, 3, 4),
                                           STATUS(bStatus, 0, 10)};
        setup(NULL);
        const struct ub_region *region = open_it();
        PLAY(&mock, script);
        memset(buffer, 0x77, BLOCK); /* and the device's memory holds something else */
        enum ub_code code = loader->ops->write(loader, region, FLASH, buffer, BLOCK, &err);
        assert_int_equal(code, bStatus == 11 ? UB_DFU_PROTECTED : 400 + bStatus);
        teardown(NULL);
    }
}

static void short_answer_is_refused(void **state)
{
    (void)state;
    size_t actual;
    const struct ub_region *region = open_it();
    const struct mock_step script[] = {TAKES(DFU_DNLOAD, 0),
                                       STATUS(0, 0, 5),
                                       TAKES(DFU_ABORT, 0),
                                       {.request = DFU_UPLOAD, .value = 2, .length = 1000}};
    PLAY(&mock, script);
    assert_int_equal(loader->ops->read(loader, region, FLASH, buffer, BLOCK, &actual, &err),
                     UB_USB_SHORT);
    assert_int_equal(actual, 0);
}

static void reading_survives_a_bad_cable(void **state)
{
    (void)state;
    size_t actual;
    const struct ub_region *region = open_it();
    const struct mock_step script[] = {TAKES(DFU_DNLOAD, 0), STATUS(0, 0, 5),
                                       TAKES(DFU_ABORT, 0),  FAILS(DFU_UPLOAD, UB_USB_IO),
                                       STATUS(0, 0, 9),      TAKES(DFU_ABORT, 0),
                                       STATUS(0, 0, 2),      TAKES(DFU_DNLOAD, 0),
                                       STATUS(0, 0, 5),      TAKES(DFU_ABORT, 0)};
    PLAY(&mock, script);
    mock.pointer = FLASH;
    assert_int_equal(loader->ops->read(loader, region, FLASH, buffer, BLOCK, &actual, &err), UB_OK);
    assert_int_equal(actual, BLOCK);
    mock_played(&mock);
    const struct mock_step dead[] = {
        {.request = DFU_UPLOAD, .value = MOCK_ANY, .code = UB_USB_GONE}};
    PLAY(&mock, dead);
    assert_int_equal(loader->ops->read(loader, region, FLASH, buffer, BLOCK, &actual, &err),
                     UB_USB_GONE);
    mock_played(&mock);
}

static void ranges_are_checked_before_anything_is_sent(void **state)
{
    (void)state;
    size_t actual;
    mock.strings[1] = "@F /0x08000000/4*2Ka,4*2Kd,4*2Kg/0x08010000/4*2Kg";
    const struct ub_region *region = open_it();
    const struct ub_loader_ops *ops = loader->ops;
    assert_int_equal(ops->read(loader, region, FLASH + 0x2000, buffer, 1, &actual, &err),
                     UB_MEM_NOT_READABLE);
    assert_int_equal(ops->read(loader, region, FLASH + 0x1fff, buffer, 2, &actual, &err),
                     UB_MEM_NOT_READABLE);
    assert_int_equal(ops->write(loader, region, FLASH + 0x1fff, buffer, 2, &err), UB_MEM_READ_ONLY);
    assert_int_equal(ops->erase(loader, region, FLASH + 0x2000, &err), UB_MEM_READ_ONLY);
    assert_int_equal(ops->write(loader, region, FLASH + 0x5fff, buffer, 2, &err), UB_MEM_OUTSIDE);
    assert_int_equal(ops->read(loader, region, FLASH - 1, buffer, 2, &actual, &err),
                     UB_MEM_OUTSIDE);
    assert_int_equal(ops->read(loader, region, UINT64_MAX, buffer, 2, &actual, &err),
                     UB_MEM_OUTSIDE);
    assert_int_equal(ops->erase(loader, region, UINT64_C(0x100000000), &err), UB_MEM_OUTSIDE);
    assert_int_equal(mock.log_length, 0);
    /* the anchor of the second stretch is its own start */
    assert_int_equal(ops->write(loader, region, FLASH + 0x10800, buffer, BLOCK, &err), UB_OK);
    assert_memory_equal(mock.log[0].data, "\x21\x00\x00\x01\x08", 5);
}

static void settings_are_selected_on_demand(void **state)
{
    (void)state;
    size_t actual;
    four_alternates();
    const struct ub_region *regions = open_it();
    assert_int_equal(loader->ops->write(loader, &regions[0], FLASH, buffer, BLOCK, &err), UB_OK);
    assert_int_equal(loader->ops->write(loader, &regions[0], FLASH, buffer, BLOCK, &err), UB_OK);
    assert_int_equal(mock_count(&mock, MOCK_SET_ALT), 1);
    assert_int_equal(mock.log[0].request, MOCK_SET_ALT);
    mock_forget(&mock);
    assert_int_equal(loader->ops->read(loader, &regions[1], 0x1fffc000, buffer, 16, &actual, &err),
                     UB_OK);
    assert_int_equal(mock.log[0].request, DFU_ABORT);
    assert_int_equal(mock.log[1].request, MOCK_SET_ALT);
    assert_int_equal(mock.log[1].value, 1);
    assert_int_equal(mock.log[2].request, DFU_DNLOAD); /* the pointer was forgotten */
    assert_int_equal(mock.touched[2], 0x1fffc000);
}

static void redundant_selection_may_be_refused(void **state)
{
    (void)state;
    size_t actual;
    four_alternates();
    const struct ub_region *regions = open_it();
    const struct mock_step redundant[] = {FAILS(MOCK_SET_ALT, UB_USB_STALL)};
    PLAY(&mock, redundant);
    assert_int_equal(loader->ops->read(loader, &regions[0], FLASH, buffer, BLOCK, &actual, &err),
                     UB_OK);
    const struct mock_step needed[] = {TAKES(DFU_ABORT, 0), FAILS(MOCK_SET_ALT, UB_USB_STALL)};
    PLAY(&mock, needed);
    assert_int_equal(loader->ops->read(loader, &regions[1], 0x1fffc000, buffer, 16, &actual, &err),
                     UB_DFU_ALT);
    assert_int_equal(err.code, UB_DFU_ALT);
    mock_played(&mock);
}

static void first_selection_of_another_setting_must_work(void **state)
{
    (void)state;
    size_t actual;
    four_alternates();
    const struct ub_region *regions = open_it();
    const struct mock_step script[] = {FAILS(MOCK_SET_ALT, UB_USB_STALL)};
    PLAY(&mock, script);
    assert_int_equal(loader->ops->read(loader, &regions[1], 0x1fffc000, buffer, 16, &actual, &err),
                     UB_DFU_ALT);
}

/* Two settings may show the same addresses, and the pointer of one is not the other's. */
static void pointer_belongs_to_its_setting(void **state)
{
    (void)state;
    size_t actual;
    four_alternates();
    mock.strings[2] = "@Other Bank /0x08000000/04*016Kg";
    const struct ub_region *regions = open_it();
    assert_int_equal(loader->ops->read(loader, &regions[0], FLASH, buffer, BLOCK, &actual, &err),
                     UB_OK);
    mock_forget(&mock);
    assert_int_equal(loader->ops->read(loader, &regions[1], FLASH, buffer, BLOCK, &actual, &err),
                     UB_OK);
    assert_int_equal(mock_count(&mock, DFU_DNLOAD), 1);
}

static enum ub_code leave(const struct mock_step *script, size_t length)
{
    teardown(NULL);
    setup(NULL);
    (void)open_it();
    mock_play(&mock, script, length);
    enum ub_code code = loader->ops->leave(loader, FLASH, &err);
    mock_played(&mock);
    return code;
}

#define LEAVE(script) leave((script), sizeof(script) / sizeof((script)[0]))

static void leaving_is_success_however_the_device_goes(void **state)
{
    (void)state;
    const struct mock_step manifest[] = {TAKES(DFU_DNLOAD, 0), STATUS(0, 0, 5),
                                         TAKES(DFU_DNLOAD, 2), STATUS(0, 0, 7)};
    assert_int_equal(LEAVE(manifest), UB_OK);
    static const enum ub_code codes[] = {UB_USB_STALL, UB_USB_GONE, UB_USB_TIMEOUT, UB_USB_IO};
    for (size_t i = 0; i < 4; i++) {
        const struct mock_step question[] = {TAKES(DFU_DNLOAD, 0), STATUS(0, 0, 5),
                                             TAKES(DFU_DNLOAD, 2), FAILS(DFU_GETSTATUS, codes[i])};
        assert_int_equal(LEAVE(question), UB_OK);
        const struct mock_step block[] = {TAKES(DFU_DNLOAD, 0), STATUS(0, 0, 5),
                                          FAILS(DFU_DNLOAD, codes[i])};
        assert_int_equal(LEAVE(block), UB_OK);
    }
    const struct mock_step pointer[] = {FAILS(DFU_DNLOAD, UB_USB_GONE)};
    assert_int_equal(LEAVE(pointer), UB_OK);
}

static void device_that_says_no_to_leaving_is_heard(void **state)
{
    (void)state;
    const struct mock_step target[] = {TAKES(DFU_DNLOAD, 0), STATUS(0, 0, 4), STATUS(1, 0, 10)};
    assert_int_equal(LEAVE(target), UB_DFU_ERR_TARGET);
    const struct mock_step error[] = {TAKES(DFU_DNLOAD, 0), STATUS(0, 0, 5), TAKES(DFU_DNLOAD, 2),
                                      STATUS(10, 0, 10)};
    assert_int_equal(LEAVE(error), UB_DFU_ERR_FIRMWARE);
}

static void pointer_that_is_right_is_not_set_again(void **state)
{
    (void)state;
    size_t actual;
    const struct ub_region *region = open_it();
    assert_int_equal(loader->ops->read(loader, region, FLASH, buffer, BLOCK, &actual, &err), UB_OK);
    mock_forget(&mock);
    assert_int_equal(loader->ops->leave(loader, FLASH, &err), UB_OK);
    assert_int_equal(mock.log_length, 3);
    assert_int_equal(mock.log[0].request, DFU_ABORT);
    assert_int_equal(mock.log[1].length, 0);
}

static void damaged_map_of_the_first_memory_is_an_error(void **state)
{
    (void)state;
    four_alternates();
    mock.strings[1] = "@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*";
    assert_int_equal(ub_loader_for(&mock.interface)->open(&mock.port, &loader, &err),
                     UB_DFU_MEMORY_MAP);
    assert_null(loader);
}

static void damaged_map_of_another_memory_is_a_warning(void **state)
{
    (void)state;
    size_t count;
    four_alternates();
    mock.strings[2] = "@Option Bytes  /0x1FFFC000/01*";
    mock.strings[4] = NULL;
    const struct ub_region *regions = open_it();
    (void)loader->ops->regions(loader, &count);
    assert_int_equal(count, 2);
    assert_int_equal(regions[1].alt, 2);
    assert_non_null(loader->ops->warning(loader, 0));
    assert_non_null(loader->ops->warning(loader, 1));
    assert_null(loader->ops->warning(loader, 2));
}

static void abort_is_not_stopped_by_the_wish_to_stop(void **state)
{
    (void)state;
    (void)open_it();
    const struct mock_step script[] = {STATUS(0, 3000, 4), STATUS(0, 0, 5), STATUS(0, 0, 5),
                                       TAKES(DFU_ABORT, 0), STATUS(0, 0, 2)};
    PLAY(&mock, script);
    atomic_store(&mock.env.cancelled, true);
    assert_int_equal(loader->ops->abort(loader, &err), UB_OK);
    mock_played(&mock);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(regions_come_from_the_names),
        TEST(first_write_sets_the_pointer_once),
        TEST(anchor_at_the_start_serves_any_order),
        TEST(short_block_gets_its_own_pointer),
        TEST(unaligned_range_is_anchored_where_it_is),
        TEST(block_number_never_passes_its_end),
        TEST(capped_blocks_are_not_counted),
        TEST(erase_takes_three_transfers_and_forgets_the_pointer),
        TEST(mass_erase_outlasts_its_claim),
        TEST(write_sleeps_only_while_busy),
        TEST(protection_is_explained),
        TEST(unknown_command_is_told),
        TEST(every_error_of_a_block_is_told),
        TEST(short_answer_is_refused),
        TEST(reading_survives_a_bad_cable),
        TEST(ranges_are_checked_before_anything_is_sent),
        TEST(settings_are_selected_on_demand),
        TEST(redundant_selection_may_be_refused),
        TEST(first_selection_of_another_setting_must_work),
        TEST(pointer_belongs_to_its_setting),
        TEST(leaving_is_success_however_the_device_goes),
        TEST(device_that_says_no_to_leaving_is_heard),
        TEST(pointer_that_is_right_is_not_set_again),
        TEST(damaged_map_of_the_first_memory_is_an_error),
        TEST(damaged_map_of_another_memory_is_a_warning),
        TEST(abort_is_not_stopped_by_the_wish_to_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
