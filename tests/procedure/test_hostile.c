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
    {"dfu,drop=3", 0, {.no_backup = true}, UB_VER_NOT_WRITTEN, UB_LEFT_INCOMPLETE},
    {"dfu,wrp=1", 0, {.no_backup = true}, UB_VER_NOT_WRITTEN, UB_LEFT_INCOMPLETE},
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
    {"stm32f405,xfer=1", FLASH_BASE, {.no_backup = true}, UB_DFU_TRANSFER_SIZE, UB_LEFT_UNTOUCHED},
    {"dfu,xfer=0", 0, {.no_backup = true}, UB_DFU_TRANSFER_SIZE, UB_LEFT_UNTOUCHED},
    {"dfu,xfer=1", 0, {.no_backup = true}, UB_DFU_TRANSFER_SIZE, UB_LEFT_UNTOUCHED},
    /* descriptors */
    {"stm32f405,descriptor=garbage",
     FLASH_BASE,
     {.no_backup = true},
     UB_DEV_NONE,
     UB_LEFT_UNTOUCHED},
    {"stm32f405,descriptor=loop", FLASH_BASE, {.no_backup = true}, UB_DEV_NONE, UB_LEFT_UNTOUCHED},
    {"dfu,descriptor=loop", 0, {.no_backup = true}, UB_DEV_NONE, UB_LEFT_UNTOUCHED},
    /* taken for DfuSe by its names, not for a stream */
    {"stm32f405,descriptor=zero", FLASH_BASE, {.no_backup = true}, UB_OK, UB_LEFT_DONE},
    {"stm32f405,descriptor=long", FLASH_BASE, {.no_backup = true}, UB_OK, UB_LEFT_DONE},
    {"dfu,descriptor=long", 0, {.no_backup = true}, UB_OK, UB_LEFT_DONE},
    {"dfu,descriptor=short", 0, {.no_backup = true}, UB_OK, UB_LEFT_DONE},
    {"dfu,descriptor=zero", 0, {.no_backup = true}, UB_OK, UB_LEFT_DONE},
    {"stm32f405,descriptor=total@65535", FLASH_BASE, {.no_backup = true}, UB_OK, UB_LEFT_DONE},
    /* strings, of which the name of a memory is one that nobody can do without */
    {"stm32f405,strings=none", FLASH_BASE, {.no_backup = true}, UB_USB_STALL, UB_LEFT_UNTOUCHED},
    {"stm32f405,strings=cut",
     FLASH_BASE,
     {.no_backup = true},
     UB_DFU_MEMORY_MAP,
     UB_LEFT_UNTOUCHED},
    {"stm32f405,strings=long", FLASH_BASE, {.no_backup = true}, UB_OK, UB_LEFT_DONE},
    {"dfu,strings=none", 0, {.no_backup = true}, UB_OK, UB_LEFT_DONE},
    {"dfu,strings=long", 0, {.no_backup = true}, UB_OK, UB_LEFT_DONE},
    {"dfu,strings=cut", 0, {.no_backup = true}, UB_OK, UB_LEFT_DONE},
    /* states and statuses that there are not */
    {"stm32f405,badstate=11",
     FLASH_BASE,
     {.no_backup = true},
     UB_DFU_STATUS_INVALID,
     UB_LEFT_UNTOUCHED},
    {"dfu,badstate=255", 0, {.no_backup = true}, UB_DFU_STATUS_INVALID, UB_LEFT_UNTOUCHED},
    {"dfu,badstatus=16", 0, {.no_backup = true}, UB_DFU_STATUS_INVALID, UB_LEFT_UNTOUCHED},
    {"stm32f405,badstate=11@30",
     FLASH_BASE,
     {.no_backup = true},
     UB_DFU_STATUS_INVALID,
     UB_LEFT_INCOMPLETE},
    {"dfu,badstatus=255@30", 0, {.no_backup = true}, UB_DFU_STATUS_INVALID, UB_LEFT_INCOMPLETE},
    /* answers longer than was asked for */
    {"stm32f405,answer=long", FLASH_BASE, {.no_backup = true}, UB_USB_OVERFLOW, UB_LEFT_UNTOUCHED},
    {"dfu,answer=long", 0, {.no_backup = true}, UB_USB_OVERFLOW, UB_LEFT_UNTOUCHED},
    /* an upload that never ends */
    {"dfu,endless", 0, {.no_backup = false}, UB_USB_OVERFLOW, UB_LEFT_UNCHANGED},
    {"dfu,endless", 0, {.no_backup = true}, UB_OK, UB_LEFT_DONE},
    /* comes back again and again as something new */
    {"stm32f405,flood=1000", FLASH_BASE, {.no_backup = true}, UB_USB_GONE, UB_LEFT_UNCHANGED},
    /* an upload that lies once, before anything is erased: two readings are asked for */
    {"stm32f405,upload=lie@1",
     FLASH_BASE,
     {.no_backup = false},
     UB_VER_READS_DIFFER,
     UB_LEFT_UNCHANGED},
    {"dfu,upload=lie@1", 0, {.no_backup = false}, UB_VER_READS_DIFFER, UB_LEFT_UNCHANGED},
    /* and when what was written is read back: said to be what it looks like */
    {"dfu,upload=lie@3", 0, {.no_backup = true}, UB_VER_NOT_WRITTEN, UB_LEFT_INCOMPLETE},
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

/** Memory maps that are odd but true; commas are taken by the spec, hence the backslashes. */
#define RUNS_GENERIC    "map=@Internal Flash  /0x08000000/04*016Kg\\,01*064Kg\\,06*128Kg"
#define RUNS_UNREADABLE "map=@Internal Flash  /0x08000000/04*016Kg\\,01*064Kf\\,07*128Kg"
#define RUNS_RESIDENT   "map=@Internal Flash  /0x08000000/01*016Ka\\,03*016Kg\\,01*064Kg\\,07*128Kg"
#define RUNS_ONE_WAY    "map=@Internal Flash  /0x08000000/01*016Ke\\,03*016Kg\\,01*064Kg\\,07*128Kg"
#define RUNS_SMALL      "map=@Internal Flash  /0x08000000/1024*001Kg"
#define RUNS_ENDLESS    "map=@Internal Flash  /0x08000000/1048576*1Bg"

static enum ub_code flash_at(uint64_t address, size_t length, struct ub_flash_options options)
{
    struct ub_image *image = bench_image(address, length, 9);
    enum ub_code code = ub_flash(bench.context, image, NULL, &options, &bench.result, &bench.err);
    ub_image_close(image);
    return code;
}

static bool holds(uint64_t address, size_t length)
{
    uint8_t *bytes = malloc(length);
    assert_non_null(bytes);
    bench_bytes(bytes, length, 9);
    bool same = memcmp(bench_memory(&bench, 0) + (address - FLASH_BASE), bytes, length) == 0;
    free(bytes);
    return same;
}

static void a_boot_sector_that_came_along_is_kept(void **state)
{
    struct ub_flash_options discard = {.no_backup = true, .discard_neighbours = true};
    bench_open(&bench, "stm32f405," RUNS_GENERIC);
    memset(bench_memory(&bench, 0), 0x42, FLASH_SIZE);
    assert_int_equal(flash_at(FLASH_BASE + 0x10000, 20000, discard), UB_OK);
    assert_true(holds(FLASH_BASE + 0x10000, 20000));
    for (size_t i = 0; i < 0x4000; i++)
        assert_int_equal(bench_memory(&bench, 0)[i], 0x42);
    bench_close(&bench);
}

static void what_cannot_be_read_is_not_erased_behind_a_backup(void **state)
{
    struct ub_flash_options careful = {.stay = true};
    bench_open(&bench, "stm32f405," RUNS_UNREADABLE);
    memset(bench_memory(&bench, 0), 0x42, FLASH_SIZE);
    assert_int_equal(flash_at(FLASH_BASE, 131072, careful), UB_MEM_NO_BACKUP);
    assert_int_equal(bench_counts(&bench, 0).erases, 0);

    /* given up by name: written, and what can be read back is; it is not called verified */
    struct ub_flash_options named = {.stay = true, .no_backup = true};
    assert_int_equal(flash_at(FLASH_BASE, 131072, named), UB_OK);
    assert_false(bench.result.verified);
    assert_false(bench.result.proved);
    assert_true(holds(FLASH_BASE, 131072));
    bench_close(&bench);
    bench_open(&bench, "stm32f405,drop=3," RUNS_UNREADABLE);
    memset(bench_memory(&bench, 0), 0x42, FLASH_SIZE);
    assert_int_equal(flash_at(FLASH_BASE, 131072, named), UB_VER_NOT_WRITTEN);
    bench_close(&bench);
}

static void a_resident_bootloader_is_no_obstacle_to_a_restore(void **state)
{
    struct ub_flash_options stay = {.stay = true};
    bench_open(&bench, "stm32f405," RUNS_RESIDENT);
    memset(bench_memory(&bench, 0), 0x42, FLASH_SIZE);
    assert_int_equal(flash_at(FLASH_BASE + 0x4000, 60000, stay), UB_OK);
    assert_int_equal(ub_restore(bench.context, NULL, NULL, &stay, &bench.result, &bench.err),
                     UB_OK);
    for (size_t i = 0; i < FLASH_SIZE; i++)
        assert_int_equal(bench_memory(&bench, 0)[i], 0x42);
    bench_close(&bench);
}

static void sectors_smaller_than_a_block_are_all_sent(void **state)
{
    struct ub_flash_options options = {.no_backup = true};
    bench_open(&bench, "stm32f405," RUNS_SMALL);
    memset(bench_memory(&bench, 0), 0x42, FLASH_SIZE);
    assert_int_equal(flash_at(FLASH_BASE, 8192, options), UB_OK);
    assert_true(holds(FLASH_BASE, 8192));
    bench_close(&bench);
}

static void memory_without_erase_is_not_burnt(void **state)
{
    struct ub_flash_options options = {.no_backup = true};
    bench_open(&bench, "stm32f405," RUNS_ONE_WAY);
    memset(bench_memory(&bench, 0), 0x42, FLASH_SIZE);
    assert_int_equal(flash_at(FLASH_BASE, 16384, options), UB_MEM_READ_ONLY);
    assert_int_equal(bench_counts(&bench, 0).programs, 0);
    bench_close(&bench);
}

static void a_map_of_a_million_sectors_is_refused(void **state)
{
    bench_open(&bench, "stm32f405," RUNS_ENDLESS);
    assert_int_equal(flash_at(FLASH_BASE, 16384, (struct ub_flash_options){.no_backup = true}),
                     UB_DFU_MEMORY_MAP);
    bench_close(&bench);
}

static void a_boot_sector_with_old_vectors_is_opened(void **state)
{
    /* the same vectors, code appended behind them, and another sector changed */
    struct ub_flash_options options = {.no_backup = true, .stay = true};
    bench_open(&bench, "stm32f405," RUNS_GENERIC);
    memset(bench_memory(&bench, 0) + 0x4000, 0x42, 0x4000);
    bench_bytes(bench_memory(&bench, 0), 4096, 9);
    assert_int_equal(flash_at(FLASH_BASE, 0x8000, options), UB_OK);
    assert_int_equal(bench_counts(&bench, 0).erases, 2);
    assert_true(holds(FLASH_BASE, 0x8000));
    bench_close(&bench);
}

static void a_device_that_resets_at_each_opening_is_given_up(void **state)
{
    bench_open(&bench, "stm32f405,fault=reset@1,fault=reset@2,fault=reset@3,fault=reset@4,"
                       "fault=reset@5,fault=reset@6,fault=reset@7,fault=reset@8");
    assert_int_equal(flash_at(FLASH_BASE, 16384, (struct ub_flash_options){.no_backup = true}),
                     UB_USB_GONE);
    assert_int_equal(bench.result.left, UB_LEFT_UNTOUCHED);
    bench_close(&bench);
}

static void a_tolerant_device_may_restart_after_all(void **state)
{
    for (unsigned at = 30; at < 45; at++) {
        char spec[64];
        (void)ub_print(spec, sizeof(spec), "dfu,fault=reset@%u", at);
        bench_open(&bench, spec);
        enum ub_code code = flash_at(0, 8192, (struct ub_flash_options){.no_backup = true});
        if (code == UB_OK)
            assert_int_equal(bench.result.left, UB_LEFT_DONE);
        else
            assert_int_equal(bench.result.left, UB_LEFT_INCOMPLETE);
        bench_close(&bench);
    }
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

static void who_only_looks_gives_the_device_back(void **state)
{
    struct ub_image *image = bench_image(0, 30000, 4);
    for (unsigned verb = 0; verb < 3; verb++) {
        struct ub_device *devices = NULL;
        struct ub_plan *plan = NULL;
        size_t count = 0;
        bench_open(&bench, "dfu,mode=runtime");
        uint8_t *memory = ub_sim_device_memory(ub_sim_bus_device(bench.context->sim, 0), 0, 1024);
        assert_non_null(memory);
        memset(memory, 0x42, 1024); /* it has firmware to go back to */
        enum ub_code code = verb == 0 ? ub_plan(bench.context, image, NULL, NULL, &plan, &bench.err)
                            : verb == 1 ? ub_verify(bench.context, image, NULL, NULL, &bench.result,
                                                    &bench.err)
                                        : ub_backup(bench.context, NULL, NULL, NULL, &bench.result,
                                                    &bench.err);
        assert_int_equal(code, verb == 1 ? UB_VER_MISMATCH : UB_OK);
        assert_int_equal(ub_devices(bench.context, false, &devices, &count, &bench.err), UB_OK);
        assert_int_equal(count, 1);
        assert_int_equal(devices[0].mode, UB_MODE_RUNTIME);
        ub_devices_free(devices);
        ub_plan_free(plan);
        bench_close(&bench);
    }
    ub_image_close(image);
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
        cmocka_unit_test(a_boot_sector_that_came_along_is_kept),
        cmocka_unit_test(what_cannot_be_read_is_not_erased_behind_a_backup),
        cmocka_unit_test(a_resident_bootloader_is_no_obstacle_to_a_restore),
        cmocka_unit_test(sectors_smaller_than_a_block_are_all_sent),
        cmocka_unit_test(memory_without_erase_is_not_burnt),
        cmocka_unit_test(a_map_of_a_million_sectors_is_refused),
        cmocka_unit_test(a_boot_sector_with_old_vectors_is_opened),
        cmocka_unit_test(a_device_that_resets_at_each_opening_is_given_up),
        cmocka_unit_test(a_tolerant_device_may_restart_after_all),
        cmocka_unit_test(a_runtime_device_is_entered_written_and_left),
        cmocka_unit_test(who_only_looks_gives_the_device_back),
        cmocka_unit_test(no_device_is_an_error_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
