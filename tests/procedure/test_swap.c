/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between the listing and the opening of a device its plug is pulled, and one is put back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "bench.h"

#include <string.h>

static struct {
    struct ub_transport real;
    struct ub_sim_bus *bus;
    const char *serial; /**< of the one that was there at the listing; NULL: the same */
    unsigned openings;
} swap;

static enum ub_code list_then_swap(void *self, struct ub_usb_list *out, struct ub_error *err)
{
    enum ub_code code = swap.real.ops->enumerate(self, out, err);
    if (code)
        return code;
    if (swap.serial)
        (void)ub_print(out->items[0].serial, sizeof(out->items[0].serial), "%s", swap.serial);
    ub_sim_bus_unplug(swap.bus, 0);
    ub_sim_bus_plug(swap.bus, 0, UB_MODE_DFU);
    return UB_OK;
}

static enum ub_code count_opening(void *self, const char *port, struct ub_usb_handle **out,
                                  struct ub_error *err)
{
    swap.openings++;
    return swap.real.ops->open(self, port, out, err);
}

static enum ub_code flash(struct bench *bench, const char *serial)
{
    static struct ub_transport_ops ops;
    bench_open(bench, "stm32f405");
    swap.real = bench->context->transport;
    swap.bus = bench->context->sim;
    swap.serial = serial;
    swap.openings = 0;
    ops = *swap.real.ops;
    ops.enumerate = list_then_swap;
    ops.open = count_opening;
    bench->context->transport.ops = &ops;
    const struct ub_flash_options options = {0};
    struct ub_image *image = bench_image(FLASH_BASE, 3000, 5);
    enum ub_code code = ub_flash(bench->context, image, NULL, &options, &bench->result,
                                 &bench->err);
    ub_image_close(image);
    bench->context->transport.ops = swap.real.ops;
    return code;
}

static void the_same_device_is_opened_again(void **state)
{
    struct bench bench;
    (void)state;
    assert_int_equal(flash(&bench, NULL), UB_OK);
    assert_true(bench.result.verified);
    assert_int_equal(swap.openings, 2);
    bench_close(&bench);
}

static void another_device_is_not_touched(void **state)
{
    struct bench bench;
    (void)state;
    assert_int_equal(flash(&bench, "355A37593530"), UB_DEV_GONE);
    assert_non_null(strstr(bench.err.message, "another device"));
    assert_int_equal(bench.result.left, UB_LEFT_UNTOUCHED);
    assert_int_equal(bench_counts(&bench, 0).transfers, 0);
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_device_is_opened_again),
        cmocka_unit_test(another_device_is_not_touched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
