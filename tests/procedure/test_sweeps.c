/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One thing wrong at every place where it can be wrong: a clear error or a verified success, and
 * what is said of the device is true. */
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

#define SWEEP_LENGTH ((size_t)12000)
#define SWEEP_OLD    0x42
#define STREAM_SIZE  ((size_t)256 * 1024)

/**
 * Flashes a device that does one thing wrong. Whatever comes of it is true, and comes in time:
 * success means that the image is there and nothing else changed, "unchanged" that nothing did.
 */
static bool ends_well(const char *spec, bool no_backup)
{
    const bool stream = spec[0] == 'd';
    const uint64_t base = stream ? 0 : FLASH_BASE;
    const size_t size = stream ? STREAM_SIZE : FLASH_SIZE;
    struct ub_flash_options options = {.no_backup = no_backup};
    struct ub_image *image = bench_image(base, SWEEP_LENGTH, 9);
    uint8_t *bytes = malloc(size);
    assert_non_null(bytes);
    bench_open(&bench, spec);
    uint8_t *memory = bench_memory_at(&bench, base, size);
    memset(memory, SWEEP_OLD, size);
    memset(bytes, SWEEP_OLD, size);
    enum ub_code code = ub_flash(bench.context, image, NULL, &options, &bench.result, &bench.err);
    const enum ub_left left = bench.result.left;
    bool truth = (code == UB_OK) == (left == UB_LEFT_DONE);
    truth = truth && (left > UB_LEFT_UNCHANGED || memcmp(memory, bytes, size) == 0);
    bench_bytes(bytes, SWEEP_LENGTH, 9);
    /* what lies behind it in its last sector is erased with it in a stream */
    size_t mine = stream ? SWEEP_LENGTH : size;
    truth = truth && (left != UB_LEFT_DONE || memcmp(memory, bytes, mine) == 0);
    truth = truth && bench.result.total_us < 300000000 && !bench_counts(&bench, 0).bit_violations;
    truth = truth && (code == UB_OK || (ub_explain(code) && bench.err.message[0]));
    if (!truth)
        print_error("%s%s: %d, left %d: %s\n", spec, no_backup ? ", no backup" : "", (int)code,
                    (int)left, bench.err.message);
    bench_close(&bench);
    ub_image_close(image);
    free(bytes);
    return truth;
}

/** A key of the bench that ends in a number: every number from `first` to `last`. */
struct sweep {
    const char *key;
    unsigned first;
    unsigned last;
};

static void sweep(const struct sweep *over)
{
    static const char *const models[] = {"stm32f405", "dfu"};
    unsigned bad = 0;
    for (size_t m = 0; m < sizeof(models) / sizeof(models[0]); m++)
        for (unsigned n = over->first; n <= over->last; n++) {
            char spec[96];
            (void)ub_print(spec, sizeof(spec), "%s,%s%u", models[m], over->key, n);
            bad += !ends_well(spec, true);
            if (n % 4 == 1) /* a backup reads everything twice, which takes its time */
                bad += !ends_well(spec, false);
        }
    assert_int_equal(bad, 0);
}

#define SWEEP(name, key_, first_, last_)                                                           \
    static void name(void **state)                                                                 \
    {                                                                                              \
        const struct sweep over = {key_, first_, last_};                                           \
        sweep(&over);                                                                              \
    }

SWEEP(descriptors_cut_anywhere, "descriptor=cut@", 1, 64)
SWEEP(functional_descriptors_of_every_length, "descriptor=functional@", 0, 12)
SWEEP(interface_descriptors_of_every_length, "descriptor=interface@", 0, 12)
SWEEP(totals_of_every_length, "descriptor=total@", 0, 64)
SWEEP(a_state_out_of_range_at_every_answer, "badstate=11@", 1, 48)
SWEEP(a_status_out_of_range_at_every_answer, "badstatus=16@", 1, 48)
SWEEP(an_answer_too_long_at_every_place, "answer=long@", 1, 48)
SWEEP(an_upload_that_lies_at_every_place, "upload=lie@", 1, 48)
SWEEP(every_block_dropped_in_turn, "drop=", 1, 24)
SWEEP(every_sector_protected_in_turn, "wrp=", 0, 11)
SWEEP(floods_of_re_enumeration, "flood=", 1, 12)
SWEEP(blocks_of_every_small_size, "xfer=", 0, 40)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(descriptors_cut_anywhere),
        cmocka_unit_test(functional_descriptors_of_every_length),
        cmocka_unit_test(interface_descriptors_of_every_length),
        cmocka_unit_test(totals_of_every_length),
        cmocka_unit_test(a_state_out_of_range_at_every_answer),
        cmocka_unit_test(a_status_out_of_range_at_every_answer),
        cmocka_unit_test(an_answer_too_long_at_every_place),
        cmocka_unit_test(an_upload_that_lies_at_every_place),
        cmocka_unit_test(every_block_dropped_in_turn),
        cmocka_unit_test(every_sector_protected_in_turn),
        cmocka_unit_test(floods_of_re_enumeration),
        cmocka_unit_test(blocks_of_every_small_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
