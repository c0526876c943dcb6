/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* In real time: what the chips take, not what the program does, decides how long many devices take.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "many_bench.h"

#include <string.h>

#define LENGTH  ((size_t)64 * 1024) /* four sectors of 16 KiB: 1 s of erasing, 0.3 s of writing */
#define PERCENT 110
#define TRIES   4 /* the computer may have other things to do */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SLOWED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SLOWED true
#endif
#endif
#ifndef SLOWED
#define SLOWED false
#endif

static uint64_t time_of(size_t count, const struct ub_image *image)
{
    static const char *const model[] = {"stm32f405", NULL};
    static const struct ub_flash_options options = {
        .no_backup = true, .whole = true, .stay = true, .assume_yes = true};
    static struct many_bench bench;
    const struct ub_clock clock = ub_clock_real();
    many_open(&bench, model, count, "real");
    for (size_t i = 0; i < count; i++)
        memset(many_memory(&bench, i), 0x42, LENGTH);
    const uint64_t start = ub_now(&clock);
    assert_int_equal(many_flash(&bench, image, NULL, &options), UB_OK);
    const uint64_t took = ub_now(&clock) - start;
    assert_int_equal(bench.result->count, count);
    for (size_t i = 0; i < count; i++)
        assert_true(bench.result->items[i].result.verified);
    many_close(&bench);
    return took;
}

static void sixty_four_take_hardly_longer_than_one(void **state)
{
    if (SLOWED)
        skip();
    struct ub_image *image = bench_image(FLASH_BASE, LENGTH, 1);
    uint64_t one = UINT64_MAX;
    uint64_t all = UINT64_MAX;
    for (unsigned i = 0; i < TRIES && (i == 0 || all * 100 > one * PERCENT); i++) {
        const uint64_t one_now = time_of(1, image);
        const uint64_t all_now = time_of(MANY_MAX, image);
        one = one_now < one ? one_now : one;
        all = all_now < all ? all_now : all;
        print_message("one device: %.2f s; 64: %.2f s, %.3f of it\n", (double)one_now / 1e6,
                      (double)all_now / 1e6, (double)all_now / (double)one_now);
    }
    ub_image_close(image);
    assert_true(all * 100 <= one * PERCENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sixty_four_take_hardly_longer_than_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
