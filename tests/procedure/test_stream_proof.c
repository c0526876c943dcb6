/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plain DFU devices that restart to take in an image: success has to be proved by reading. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "bench.h"
#include "procedure/costs.h"

#include <stdlib.h>
#include <string.h>

#define LENGTH ((size_t)4096)
#define SEED   7

static struct bench bench;

static enum ub_code flash(const struct ub_flash_options *options)
{
    struct ub_image *image = bench_image(0, LENGTH, SEED);
    enum ub_code code = ub_flash(bench.context, image, NULL, options, &bench.result, &bench.err);
    ub_image_close(image);
    return code;
}

static bool holds(void)
{
    uint8_t bytes[LENGTH];
    bench_bytes(bytes, LENGTH, SEED);
    return memcmp(bench_memory_at(&bench, 0, LENGTH), bytes, LENGTH) == 0;
}

static void open_full(const char *spec)
{
    bench_open(&bench, spec);
    bench_bytes(bench_memory_at(&bench, 0, LENGTH), LENGTH, 1);
}

static const char *const restarting[] = {
    "dfu-notolerant",
    "dfu-wdetach",
    "dfu,leave=gone",
    "dfu10,leave=gone",
    "dfu,leave=gone-before-status",
};
#define COUNT (sizeof(restarting) / sizeof(restarting[0]))

static void what_restarts_is_brought_back_and_read(void **state)
{
    for (size_t i = 0; i < COUNT; i++)
        for (int no_backup = 0; no_backup < 2; no_backup++) {
            const struct ub_flash_options options = {.no_backup = no_backup != 0};
            open_full(restarting[i]);
            enum ub_code code = flash(&options);
            if (code)
                print_error("%s: %s\n", restarting[i], bench.err.message);
            assert_int_equal(code, UB_OK);
            assert_true(holds());
            assert_true(bench.result.verified);
            assert_false(bench.result.proved);
            assert_int_equal(bench.result.left, UB_LEFT_DONE);
            assert_true(bench.result.came_back);
            assert_int_equal(bench.result.returned.mode, UB_MODE_RUNTIME);
            bench_close(&bench);
        }
}

static void what_restarts_and_wrote_nothing_is_found_out(void **state)
{
    static const char *const lies[] = {"silent", "drop=3"};
    char spec[64];
    for (size_t i = 0; i < COUNT; i++)
        for (size_t lie = 0; lie < 2; lie++) {
            /* blocks of 4 KiB: there is no third one to drop */
            if (i == 0 && lie == 1)
                continue;
            assert_true(ub_print(spec, sizeof(spec), "%s,%s", restarting[i], lies[lie]));
            open_full(spec);
            enum ub_code code = flash(NULL);
            if (code != UB_VER_NOT_WRITTEN)
                print_error("%s: %d %s\n", spec, (int)code, bench.err.message);
            assert_int_equal(code, UB_VER_NOT_WRITTEN);
            assert_false(bench.result.verified || bench.result.proved);
            assert_int_equal(bench.result.left, UB_LEFT_INCOMPLETE);
            bench_close(&bench);
        }
}

static void who_wishes_to_stay_ends_in_dfu_mode(void **state)
{
    const struct ub_flash_options stay = {.stay = true};
    for (size_t i = 0; i < COUNT; i++) {
        struct ub_device *devices = NULL;
        size_t count = 0;
        open_full(restarting[i]);
        assert_int_equal(flash(&stay), UB_OK);
        assert_true(bench.result.verified);
        assert_int_equal(ub_devices(bench.context, false, &devices, &count, &bench.err), UB_OK);
        assert_int_equal(count, 1);
        assert_int_equal(devices[0].mode, UB_MODE_DFU);
        ub_devices_free(devices);
        bench_close(&bench);
    }
}

/* Deaf, but a bus reset is what it waits for: it comes back and is read. */
static void what_a_reset_brings_back_is_read(void **state)
{
    open_full("dfu-notolerant,leave=mute");
    assert_int_equal(flash(NULL), UB_OK);
    assert_true(bench.result.verified && holds());
    bench_close(&bench);
    open_full("dfu-notolerant,leave=mute,silent");
    assert_int_equal(flash(NULL), UB_VER_NOT_WRITTEN);
    bench_close(&bench);
}

/** A device that no bus reset brings back. */
static void open_deaf(const char *spec)
{
    open_full(spec);
    assert_int_equal(
        ub_quirks_add_line(bench.context->quirks, "id=1209:*,no_leave_reset=true", &bench.err),
        UB_OK);
}

/* It took the image and was never heard of again: nothing says that it lives. */
static void silence_is_no_proof(void **state)
{
    static const char *const mute[] = {"dfu-notolerant,leave=mute", "dfu-wdetach,leave=mute",
                                       "dfu,leave=mute", "dfu-noupload,leave=mute"};
    const struct ub_flash_options options = {.no_backup = true};
    for (size_t i = 0; i < sizeof(mute) / sizeof(mute[0]); i++) {
        open_deaf(mute[i]);
        enum ub_code code = flash(&options);
        if (code != UB_DFU_MANIFEST)
            print_error("%s: %d %s\n", mute[i], (int)code, bench.err.message);
        assert_int_equal(code, UB_DFU_MANIFEST);
        assert_false(bench.result.verified || bench.result.proved);
        assert_int_equal(bench.result.left, UB_LEFT_INCOMPLETE);
        bench_close(&bench);
    }
}

/* Not readable before, so not readable after: its word is all there is. */
static void the_word_of_what_cannot_be_read_still_counts(void **state)
{
    const struct ub_flash_options options = {.no_backup = true};
    open_full("dfu-noupload,leave=gone");
    assert_int_equal(flash(&options), UB_OK);
    assert_true(bench.result.proved && !bench.result.verified);
    assert_true(bench.result.came_back);
    bench_close(&bench);
}

/* The costs of a kind of device are those of runs in which all went well. */
static void an_odd_run_teaches_nothing(void **state)
{
    struct ub_plan_info calm;
    struct ub_plan_info after;
    for (int odd = 0; odd < 2; odd++) {
        struct ub_plan *plan = NULL;
        const struct ub_flash_options options = {.no_backup = true, .whole = true};
        struct ub_image *image = bench_image(0, LENGTH, SEED);
        open_full(odd ? "dfu-wdetach,leave=mute" : "dfu-wdetach");
        if (odd)
            assert_int_equal(flash(&options), UB_OK); /* after 180 s, and a bus reset */
        bench_again(&bench, "dfu-wdetach");
        assert_int_equal(ub_plan(bench.context, image, NULL, &options, &plan, &bench.err), UB_OK);
        ub_plan_info(plan, odd ? &after : &calm);
        ub_plan_free(plan);
        ub_image_close(image);
        bench_close(&bench);
    }
    assert_int_equal(after.predicted_us, calm.predicted_us);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_restarts_is_brought_back_and_read),
        cmocka_unit_test(what_restarts_and_wrote_nothing_is_found_out),
        cmocka_unit_test(who_wishes_to_stay_ends_in_dfu_mode),
        cmocka_unit_test(what_a_reset_brings_back_is_read),
        cmocka_unit_test(silence_is_no_proof),
        cmocka_unit_test(the_word_of_what_cannot_be_read_still_counts),
        cmocka_unit_test(an_odd_run_teaches_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
