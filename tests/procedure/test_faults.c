/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every fault at every transfer of a flash: the statement about the device is true, and one more
 * flash completes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "bench.h"

#include <stdlib.h>
#include <string.h>

#define OLD    0x42
#define LENGTH ((size_t)40000)
/* No run may take longer than this on the bus' clock: the longest deadline is that of a mass erase.
 */
#define LONGEST_US UINT64_C(120000000)

static struct bench bench;

/** The image is there; with `neighbours`, so is what shares its last sector. */
static bool holds_image(bool neighbours)
{
    uint8_t *bytes = malloc(LENGTH);
    assert_non_null(bytes);
    bench_bytes(bytes, LENGTH, 1);
    bool same = memcmp(bench_memory(&bench, 0), bytes, LENGTH) == 0;
    free(bytes);
    for (size_t i = LENGTH; neighbours && same && i < FLASH_SIZE; i++)
        same = bench_memory(&bench, 0)[i] == OLD;
    return same;
}

static bool holds_old(void)
{
    for (size_t i = 0; i < FLASH_SIZE; i++)
        if (bench_memory(&bench, 0)[i] != OLD)
            return false;
    return true;
}

static enum ub_code flash(const struct ub_image *image)
{
    struct ub_flash_options options = {.no_backup = true};
    return ub_flash(bench.context, image, NULL, &options, &bench.result, &bench.err);
}

/** Is what was said of the device true? */
static void check_statement(enum ub_code code, const char *what, unsigned at)
{
    bool truth = !(code && bench.result.left == UB_LEFT_DONE); /* a false error */
    if (code == UB_OK || bench.result.left == UB_LEFT_DONE)
        truth = truth && holds_image(true);
    else if (bench.result.left <= UB_LEFT_UNCHANGED)
        truth = holds_old();
    if (!truth || bench.result.total_us > LONGEST_US || (code && !bench.err.message[0]))
        fail_msg("%s at transfer %u: code %d, left %d, %u s: %s", what, at, (int)code,
                 (int)bench.result.left, (unsigned)(bench.result.total_us / 1000000),
                 bench.err.message);
}

/** True if the fault came before the procedure's end. */
static bool run_one(const struct ub_image *image, const char *kind, unsigned at)
{
    char spec[64];
    (void)ub_print(spec, sizeof(spec), "stm32f405,fault=%s@%u", kind, at);
    bench_open(&bench, spec);
    memset(bench_memory(&bench, 0), OLD, FLASH_SIZE);
    enum ub_code code = flash(image);
    check_statement(code, kind, at);
    bool fired = bench_counts(&bench, 0).transfers >= at;

    ub_sim_device_unplug(ub_sim_bus_device(bench.context->sim, 0));
    ub_sim_device_plug(ub_sim_bus_device(bench.context->sim, 0), UB_MODE_DFU);
    if (bench_counts(&bench, 0).transfers < at)
        goto out; /* it would strike now */
    /* what shared an erased sector was given up with the backup */
    code = flash(image);
    if (code || !holds_image(false))
        fail_msg("%s at transfer %u: the second flash ended with %d: %s", kind, at, (int)code,
                 bench.err.message);
out:
    assert_int_equal(bench_counts(&bench, 0).bit_violations, 0);
    bench_close(&bench);
    return fired;
}

static void sweep(const char *kind)
{
    struct ub_image *image = bench_image(FLASH_BASE, LENGTH, 1);
    unsigned at = 1;
    while (run_one(image, kind, at))
        at++;
    print_message("%s: %u transfers struck in turn\n", kind, at - 1);
    assert_true(at > 80);
    ub_image_close(image);
}

static void unplug_at_every_transfer(void **state)
{
    sweep("unplug");
}

static void stall_at_every_transfer(void **state)
{
    sweep("stall");
}

static void timeout_at_every_transfer(void **state)
{
    sweep("timeout");
}

static void short_answer_at_every_transfer(void **state)
{
    sweep("short");
}

static void corrupt_data_at_every_transfer(void **state)
{
    sweep("corrupt");
}

static void reset_at_every_transfer(void **state)
{
    sweep("reset");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unplug_at_every_transfer),
        cmocka_unit_test(stall_at_every_transfer),
        cmocka_unit_test(timeout_at_every_transfer),
        cmocka_unit_test(short_answer_at_every_transfer),
        cmocka_unit_test(corrupt_data_at_every_transfer),
        cmocka_unit_test(reset_at_every_transfer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
