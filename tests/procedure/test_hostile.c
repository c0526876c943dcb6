/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices that lie, stall, crawl and vanish: one clear error each, true, and in time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "bench.h"

#include <stdlib.h>
#include <string.h>

static struct bench bench;

/** One row: a device, what flashing it must end with, and in what state it says the device is left.
 */
struct row {
    const char *spec;
    uint64_t address; /**< of the image; 0: none, for streams */
    struct ub_flash_options options;
    enum ub_code code;
    enum ub_left left;
};

static const struct row rows[] = {
    /* a status poll time of 16,777 s */
    {"stm32f405,poll=16777215",
     FLASH_BASE,
     {.no_backup = true},
     UB_DFU_POLL_TIME,
     UB_LEFT_UNCHANGED},
    /* stays in dfuDNBUSY for ever */
    {"stm32f405,stuck=3", FLASH_BASE, {.no_backup = true}, UB_DFU_BUSY, UB_LEFT_INCOMPLETE},
    {"dfu,stuck=3", 0, {.no_backup = true}, UB_DFU_BUSY, UB_LEFT_INCOMPLETE},
    /* answers with too few bytes */
    {"stm32f405,short=3", FLASH_BASE, {.no_backup = true}, UB_USB_SHORT, UB_LEFT_UNTOUCHED},
    {"stm32f405,short=0", FLASH_BASE, {.no_backup = true}, UB_USB_SHORT, UB_LEFT_UNTOUCHED},
    /* reports success and does not write */
    {"stm32f405,silent", FLASH_BASE, {.no_backup = true}, UB_VER_NOT_WRITTEN, UB_LEFT_INCOMPLETE},
    {"stm32f405,drop=5", FLASH_BASE, {.no_backup = true}, UB_VER_NOT_WRITTEN, UB_LEFT_INCOMPLETE},
    {"stm32f405,wrp=1", FLASH_BASE, {.no_backup = true}, UB_VER_NOT_WRITTEN, UB_LEFT_INCOMPLETE},
    {"dfu,silent", 0, {.no_backup = true}, UB_VER_NOT_WRITTEN, UB_LEFT_INCOMPLETE},
    /* read protection */
    {"stm32f405,rdp", FLASH_BASE, {.no_backup = false}, UB_DFU_PROTECTED, UB_LEFT_UNCHANGED},
    /* memory maps that lie or are cut */
    {"stm32f405,map=@Internal Flash  /0x08000000/04*016Kg\\,01*0",
     FLASH_BASE,
     {.no_backup = true},
     UB_DFU_MEMORY_MAP,
     UB_LEFT_UNTOUCHED},
    {"stm32f405,map=@Internal Flash  /0xfffff000/99*128Kg",
     FLASH_BASE,
     {.no_backup = true},
     UB_DFU_MEMORY_MAP,
     UB_LEFT_UNTOUCHED},
    {"stm32f405,map=@Internal Flash  ",
     FLASH_BASE,
     {.no_backup = true},
     UB_DFU_MEMORY_MAP,
     UB_LEFT_UNTOUCHED},
    /* transfer sizes */
    {"stm32f405,xfer=0", FLASH_BASE, {.no_backup = true}, UB_DFU_TRANSFER_SIZE, UB_LEFT_UNTOUCHED},
    /* addresses */
    {"stm32f405", 0x20000000, {.no_backup = true}, UB_MEM_OUTSIDE, UB_LEFT_UNCHANGED},
    {"stm32f405", 0x1fffc000, {.no_backup = true}, UB_MEM_IRREVERSIBLE, UB_LEFT_UNCHANGED},
    {"stm32f405", 0x080fff00, {.no_backup = true}, UB_IMG_DOES_NOT_FIT, UB_LEFT_UNCHANGED},
    {"stm32f405", 0, {.no_backup = true}, UB_IMG_NO_ADDRESS, UB_LEFT_UNCHANGED},
    /* cannot be read, and giving up the backup was not named */
    {"dfu-noupload", 0, {.no_backup = false}, UB_MEM_NO_BACKUP, UB_LEFT_UNCHANGED},
    /* leaves badly after a verified write: success */
    {"stm32f405,leave=stall", FLASH_BASE, {.no_backup = true}, UB_OK, UB_LEFT_DONE},
    {"stm32f405,leave=gone", FLASH_BASE, {.no_backup = true}, UB_OK, UB_LEFT_DONE},
    {"stm32f405,leave=gone-before-status", FLASH_BASE, {.no_backup = true}, UB_OK, UB_LEFT_DONE},
    {"stm32f405,leave=mute", FLASH_BASE, {.no_backup = true}, UB_OK, UB_LEFT_DONE},
    {"dfu-notolerant", 0, {.no_backup = true}, UB_OK, UB_LEFT_DONE},
    {"dfu-noupload", 0, {.no_backup = true}, UB_OK, UB_LEFT_DONE},
    {"dfu10", 0, {.no_backup = true}, UB_OK, UB_LEFT_DONE},
    /* odd, but workable */
    {"stm32f405,setalt=stall", FLASH_BASE, {.no_backup = true}, UB_OK, UB_LEFT_DONE},
    {"stm32f405,poll=0", FLASH_BASE, {.no_backup = true}, UB_OK, UB_LEFT_DONE},
    {"stm32f405,xfer=65535", FLASH_BASE, {.no_backup = true}, UB_OK, UB_LEFT_DONE},
    {"dfu,xfer=64", 0, {.no_backup = true}, UB_OK, UB_LEFT_DONE},
    {"dfu,nofunc", 0, {.no_backup = true}, UB_OK, UB_LEFT_DONE},
    /* every state that can be met on arrival */
    {"stm32f405,arrive=dnload-sync", FLASH_BASE, {.no_backup = true}, UB_OK, UB_LEFT_DONE},
    {"stm32f405,arrive=dnbusy", FLASH_BASE, {.no_backup = true}, UB_OK, UB_LEFT_DONE},
    {"stm32f405,arrive=dnload-idle", FLASH_BASE, {.no_backup = true}, UB_OK, UB_LEFT_DONE},
    {"stm32f405,arrive=upload-idle", FLASH_BASE, {.no_backup = true}, UB_OK, UB_LEFT_DONE},
    {"stm32f405,arrive=error", FLASH_BASE, {.no_backup = true}, UB_OK, UB_LEFT_DONE},
    {"dfu,arrive=error", 0, {.no_backup = true}, UB_OK, UB_LEFT_DONE},
    {"dfu,arrive=dnload-idle", 0, {.no_backup = true}, UB_OK, UB_LEFT_DONE},
    {"dfu,arrive=manifest-sync", 0, {.no_backup = true}, UB_OK, UB_LEFT_DONE},
    {"dfu,arrive=manifest", 0, {.no_backup = true}, UB_OK, UB_LEFT_DONE},
    /* waits for the reset that ends an earlier update, and gets it */
    {"dfu,arrive=manifest-wait", 0, {.no_backup = true}, UB_OK, UB_LEFT_DONE},
    {"dfu-notolerant,arrive=manifest-wait", 0, {.no_backup = true}, UB_OK, UB_LEFT_DONE},
};

static void each_row_ends_as_it_must(void **state)
{
    unsigned wrong = 0;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *row = &rows[i];
        struct ub_image *image = bench_image(row->address, 30000, 9);
        bench_open(&bench, row->spec);
        if (row->address)
            memset(bench_memory(&bench, 0), 0x42, FLASH_SIZE);
        enum ub_code code = ub_flash(bench.context, image, NULL, &row->options, &bench.result,
                                     &bench.err);
        if (code != row->code || bench.result.left != row->left ||
            bench_counts(&bench, 0).bit_violations || bench.result.total_us > 300000000) {
            print_error("%s: %d, not %d; left %d, not %d; %u s; %s\n", row->spec, (int)code,
                        (int)row->code, (int)bench.result.left, (int)row->left,
                        (unsigned)(bench.result.total_us / 1000000), bench.err.message);
            wrong++;
        }
        if (code && !ub_explain(code))
            fail_msg("no catalogue entry for %d", (int)code);
        bench_close(&bench);
        ub_image_close(image);
    }
    assert_int_equal(wrong, 0);
}

static void nothing_is_written_when_refused(void **state)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *row = &rows[i];
        if (row->left > UB_LEFT_UNCHANGED)
            continue;
        struct ub_image *image = bench_image(row->address, 30000, 9);
        bench_open(&bench, row->spec);
        enum ub_code code = ub_flash(bench.context, image, NULL, &row->options, &bench.result,
                                     &bench.err);
        assert_int_equal(code, row->code);
        assert_int_equal(bench_counts(&bench, 0).erases, 0);
        assert_int_equal(bench_counts(&bench, 0).programs, 0);
        bench_close(&bench);
        ub_image_close(image);
    }
}

static void a_runtime_device_is_entered_written_and_left(void **state)
{
    static const char *const specs[] = {"dfu,mode=runtime", "dfu-notolerant,mode=runtime",
                                        "dfu10,mode=runtime"};
    for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++) {
        struct ub_image *image = bench_image(0, 30000, 4);
        struct ub_flash_options options = {.no_backup = true};
        bench_open(&bench, specs[i]);
        enum ub_code code = ub_flash(bench.context, image, NULL, &options, &bench.result,
                                     &bench.err);
        if (code)
            fail_msg("%s: %s", specs[i], bench.err.message);
        assert_int_equal(bench.result.left, UB_LEFT_DONE);
        assert_true(bench.result.came_back);
        assert_int_equal(bench.result.returned.mode, UB_MODE_RUNTIME);
        ub_image_close(image);
        bench_close(&bench);
    }
}

static void no_device_is_an_error_of_its_own(void **state)
{
    struct ub_details *details = NULL;
    bench_open(&bench, "stm32f405");
    assert_int_equal(ub_details(bench.context, "id=1234:5678", &details, &bench.err), UB_DEV_NONE);
    assert_int_equal(ub_details(bench.context, "port=9-9", &details, &bench.err), UB_DEV_NONE);
    assert_int_equal(ub_details(bench.context, "id=12345:5678", &details, &bench.err),
                     UB_USE_SELECTOR);
    assert_int_equal(ub_details(bench.context, "colour=red", &details, &bench.err),
                     UB_USE_SELECTOR);
    assert_int_equal(ub_details(bench.context, "id=0483:df11,port=1-1", &details, &bench.err),
                     UB_OK);
    assert_string_equal(details->device.family, "STM32F405");
    assert_int_equal(details->region_count, 4);
    ub_details_free(details);
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_ends_as_it_must),
        cmocka_unit_test(nothing_is_written_when_refused),
        cmocka_unit_test(a_runtime_device_is_entered_written_and_left),
        cmocka_unit_test(no_device_is_an_error_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
