/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is done after a block failed, rule by rule. Blocks have 8 bytes here, so that the script can
 * say what the memory holds. */
#include "mock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#define FLASH   0x08000000u
#define OPTIONS 0x1fffc000u

static struct mock mock;
static struct ub_loader *loader;
static const struct ub_region *flash;
static const struct ub_region *options;
static struct ub_error err;
static const uint8_t data[16] = {0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0,
                                 1,    2,    3,    4,    5,    6,    7,    8};

#define POINT TAKES(DFU_DNLOAD, 0), STATUS(0, 0, 5)
#define BACK  STATUS(0, 0, 10), TAKES(DFU_CLRSTATUS, 0), STATUS(0, 0, 2) /* from dfuERROR */
#define HOLDS(...)                                                                                 \
    {                                                                                              \
        .request = DFU_UPLOAD, .value = 2, .length = 8, .answer = { __VA_ARGS__ }                  \
    }
#define BLANK HOLDS(255, 255, 255, 255, 255, 255, 255, 255)
#define SAME  HOLDS(0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0)
#define HALF  HOLDS(0x12, 0x34, 0x56, 0x78, 255, 255, 255, 255)
#define OTHER HOLDS(0, 0x34, 0x56, 0x78, 255, 255, 255, 255)
/* A block that failed: taken, then errPROG. */
#define FAILED  TAKES(DFU_DNLOAD, 2), STATUS(0, 0, 4), STATUS(6, 0, 10)
#define WRITTEN TAKES(DFU_DNLOAD, 2), STATUS(0, 0, 5)

static int setup(void **state)
{
    (void)state;
    mock_init(&mock, 0x011a);
    mock.interface.functional.wTransferSize = 8;
    mock.interface.alt_count = 2;
    mock.interface.alts[1].alt = 1;
    mock.interface.alts[1].iInterface = 2;
    mock.strings[2] = "@Option Bytes  /0x1FFFC000/01*016 e";
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

static void open_it(void)
{
    size_t count;
    assert_int_equal(ub_loader_for(&mock.interface)->open(&mock.port, &loader, &err), UB_OK);
    flash = loader->ops->regions(loader, &count);
    assert_int_equal(count, 2);
    options = flash + 1;
    const struct mock_step select[] = {TAKES(MOCK_SET_ALT, 0), TAKES(DFU_DNLOAD, 0),
                                       STATUS(0, 0, 5)};
    PLAY(&mock, select);
    mock.state = DFU_DNLOAD_IDLE;
    (void)loader->ops->write(loader, flash, FLASH + 0x100, data, 8, &err); /* all is selected */
    mock_forget(&mock);
    mock.warnings = 0;
    loader->ops->forget(loader);
}

static enum ub_code write_one(const struct mock_step *script, size_t length)
{
    mock_play(&mock, script, length);
    enum ub_code code = loader->ops->write(loader, flash, FLASH, data, 8, &err);
    mock_played(&mock);
    return code;
}

#define WRITE(script) write_one((script), sizeof(script) / sizeof((script)[0]))

static void block_that_is_there_is_taken(void **state)
{
    (void)state;
    open_it();
    const struct mock_step script[] = {POINT, FAILED, BACK, POINT, TAKES(DFU_ABORT, 0), SAME};
    assert_int_equal(WRITE(script), UB_OK);
    assert_int_equal(mock.warnings, 1);
    assert_int_equal(err.code, UB_OK);
}

static void blank_block_is_sent_again(void **state)
{
    (void)state;
    mock.port.habits.write_once = true;
    mock.port.habits.program_unit = 8;
    open_it();
    const struct mock_step script[] = {
        POINT, FAILED, BACK, POINT, TAKES(DFU_ABORT, 0), BLANK, TAKES(DFU_ABORT, 0), WRITTEN};
    assert_int_equal(WRITE(script), UB_OK);
}

static void half_a_block_is_never_sent_again_to_ecc_memory(void **state)
{
    (void)state;
    mock.port.habits.write_once = true;
    mock.port.habits.program_unit = 8;
    open_it();
    const struct mock_step script[] = {POINT, FAILED, BACK, POINT, TAKES(DFU_ABORT, 0), HALF};
    assert_int_equal(WRITE(script), UB_DFU_ERR_PROG);
    assert_non_null(strstr(err.context[err.depth - 1], "must be erased"));
    assert_int_equal(err.raw.bStatus, 6);
}

static void half_a_block_is_completed_elsewhere(void **state)
{
    (void)state;
    open_it();
    const struct mock_step script[] = {
        POINT, FAILED, BACK, POINT, TAKES(DFU_ABORT, 0), HALF, TAKES(DFU_ABORT, 0), WRITTEN};
    assert_int_equal(WRITE(script), UB_OK);
    /* but not where a bit would have to go back */
    teardown(NULL);
    setup(NULL);
    open_it();
    const struct mock_step spoilt[] = {POINT, FAILED, BACK, POINT, TAKES(DFU_ABORT, 0), OTHER};
    assert_int_equal(WRITE(spoilt), UB_DFU_ERR_PROG);
    assert_non_null(strstr(err.context[err.depth - 1], "must be erased"));
}

/* STM32L0: erased memory reads as 0, and programming sets bits. */
static void bits_go_the_other_way_where_erased_is_zero(void **state)
{
    (void)state;
    mock.port.habits.erased_value = 0;
    open_it();
    const struct mock_step zero[] = {POINT,
                                     FAILED,
                                     BACK,
                                     POINT,
                                     TAKES(DFU_ABORT, 0),
                                     HOLDS(0, 0, 0, 0, 0, 0, 0, 0),
                                     TAKES(DFU_ABORT, 0),
                                     FAILED,
                                     BACK,
                                     POINT,
                                     TAKES(DFU_ABORT, 0),
                                     HOLDS(0x12, 0x30, 0, 0, 0, 0, 0, 0),
                                     TAKES(DFU_ABORT, 0),
                                     FAILED,
                                     BACK,
                                     POINT,
                                     TAKES(DFU_ABORT, 0),
                                     HOLDS(0x13, 0x34, 0, 0, 0, 0, 0, 0)};
    assert_int_equal(WRITE(zero), UB_DFU_ERR_PROG);
}

static void each_block_has_three_retries(void **state)
{
    (void)state;
    open_it();
#define AGAIN BACK, POINT, TAKES(DFU_ABORT, 0), BLANK, TAKES(DFU_ABORT, 0), FAILED
    const struct mock_step script[] = {POINT, FAILED, AGAIN, AGAIN, AGAIN};
    assert_int_equal(WRITE(script), UB_DFU_ERR_PROG);
    assert_int_equal(mock.warnings, 1);
}

static void run_has_its_bound(void **state)
{
    (void)state;
    open_it();
    unsigned mended = 0;
    for (; mended < 100; mended++) {
        const struct mock_step script[] = {POINT, FAILED, BACK, POINT, TAKES(DFU_ABORT, 0), SAME};
        mock_play(&mock, NULL, 0);
        mock.state = DFU_IDLE;
        assert_int_equal(loader->ops->abort(loader, &err), UB_OK);
        PLAY(&mock, script);
        enum ub_code code = loader->ops->write(loader, flash, FLASH, data, 8, &err);
        if (code)
            break;
    }
    /* 16, and one more for each 16 commands and blocks that went well */
    assert_true(mended >= 16 && mended < 24);
    assert_int_equal(mock.warnings, 1);
}

static void failures_that_stay_are_told_at_once(void **state)
{
    (void)state;
    static const uint8_t stay[] = {1, 2, 8, 10, 11};
    for (size_t i = 0; i < sizeof(stay); i++) {
        teardown(NULL);
        setup(NULL);
        open_it();
        const struct mock_step script[] = {POINT, TAKES(DFU_DNLOAD, 2), STATUS(0, 0, 4),
                                           STATUS(stay[i], 0, 10)};
        assert_int_equal(WRITE(script), stay[i] == 11 ? UB_DFU_PROTECTED : 400 + stay[i]);
        assert_int_equal(mock.warnings, 0);
    }
    teardown(NULL);
    setup(NULL);
    open_it();
    const struct mock_step gone[] = {POINT, TAKES(DFU_DNLOAD, 2),
                                     FAILS(DFU_GETSTATUS, UB_USB_GONE)};
    assert_int_equal(WRITE(gone), UB_USB_GONE);
}

static void device_that_vanishes_on_the_way_back_is_told(void **state)
{
    (void)state;
    open_it();
    const struct mock_step script[] = {POINT, FAILED, FAILS(DFU_GETSTATUS, UB_USB_GONE)};
    assert_int_equal(WRITE(script), UB_USB_GONE);
    assert_int_equal(err.code, UB_USB_GONE);
}

static void what_cannot_be_read_is_sent_again_only_if_it_was_refused(void **state)
{
    (void)state;
    mock.port.habits.no_upload = true;
    open_it();
    const struct mock_step refused[] = {
        POINT, FAILS(DFU_DNLOAD, UB_USB_STALL), STATUS(15, 0, 10), BACK, POINT, WRITTEN};
    assert_int_equal(WRITE(refused), UB_OK);
    loader->ops->forget(loader);
    const struct mock_step taken[] = {POINT, FAILED, BACK};
    mock.state = DFU_IDLE;
    assert_int_equal(WRITE(taken), UB_DFU_ERR_PROG);
    assert_non_null(strstr(err.context[err.depth - 1], "cannot be read"));
    const struct mock_step lost[] = {POINT, FAILS(DFU_DNLOAD, UB_USB_IO), STATUS(0, 0, 5),
                                     TAKES(DFU_ABORT, 0), STATUS(0, 0, 2)};
    loader->ops->forget(loader);
    assert_int_equal(WRITE(lost), UB_USB_IO);
}

static void option_bytes_are_never_written_twice(void **state)
{
    (void)state;
    open_it();
    const struct mock_step once[] = {TAKES(DFU_ABORT, 0), TAKES(MOCK_SET_ALT, 1), POINT, FAILED};
    PLAY(&mock, once);
    mock.state = DFU_DNLOAD_IDLE;
    assert_int_equal(loader->ops->write(loader, options, OPTIONS, data, 8, &err), UB_DFU_ERR_PROG);
    mock_played(&mock);
    assert_int_equal(mock.warnings, 0);
}

static void erases_and_pointers_are_sent_again(void **state)
{
    (void)state;
    open_it();
    const struct mock_step erase[] = {FAILS(DFU_DNLOAD, UB_USB_IO),
                                      STATUS(0, 0, 2),
                                      TAKES(DFU_DNLOAD, 0),
                                      STATUS(0, 20, 4),
                                      STATUS(4, 0, 10),
                                      BACK,
                                      TAKES(DFU_DNLOAD, 0),
                                      STATUS(0, 20, 4),
                                      STATUS(0, 0, 5)};
    PLAY(&mock, erase);
    assert_int_equal(loader->ops->erase(loader, flash, FLASH, &err), UB_OK);
    mock_played(&mock);
    assert_int_equal(mock.warnings, 1);
    const struct mock_step pointer[] = {FAILS(DFU_DNLOAD, UB_USB_STALL), STATUS(15, 0, 10), BACK,
                                        POINT, WRITTEN};
    assert_int_equal(WRITE(pointer), UB_OK);
    /* but everything is erased only as often as the person asked for it */
    const struct mock_step all[] = {TAKES(DFU_DNLOAD, 0), STATUS(0, 20, 4), STATUS(4, 0, 10)};
    PLAY(&mock, all);
    assert_int_equal(loader->ops->erase_all(loader, &err), UB_DFU_ERR_ERASE);
    mock_played(&mock);
}

static void sectors_that_stay_unblank_are_an_error(void **state)
{
    (void)state;
    mock.port.habits.erase_unproved = true;
    mock.strings[1] = "@Internal Flash  /0x08000000/128*008Bg";
    open_it();
#define ERASED TAKES(DFU_DNLOAD, 0), STATUS(0, 0, 5), POINT, TAKES(DFU_ABORT, 0)
    const struct mock_step never[] = {
        ERASED, HALF, TAKES(DFU_ABORT, 0), ERASED, HALF, TAKES(DFU_ABORT, 0), ERASED, HALF};
    PLAY(&mock, never);
    assert_int_equal(loader->ops->erase(loader, flash, FLASH, &err), UB_DFU_ERR_CHECK_ERASED);
    mock_played(&mock);
    const struct mock_step second[] = {TAKES(DFU_ABORT, 0), ERASED, HALF,
                                       TAKES(DFU_ABORT, 0), ERASED, BLANK};
    PLAY(&mock, second);
    assert_int_equal(loader->ops->erase(loader, flash, FLASH, &err), UB_OK);
    mock_played(&mock);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(block_that_is_there_is_taken),
        TEST(blank_block_is_sent_again),
        TEST(half_a_block_is_never_sent_again_to_ecc_memory),
        TEST(half_a_block_is_completed_elsewhere),
        TEST(bits_go_the_other_way_where_erased_is_zero),
        TEST(each_block_has_three_retries),
        TEST(run_has_its_bound),
        TEST(failures_that_stay_are_told_at_once),
        TEST(device_that_vanishes_on_the_way_back_is_told),
        TEST(what_cannot_be_read_is_sent_again_only_if_it_was_refused),
        TEST(option_bytes_are_never_written_twice),
        TEST(erases_and_pointers_are_sent_again),
        TEST(sectors_that_stay_unblank_are_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
