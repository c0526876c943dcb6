/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every allocation of a check fails once: the answer is UB_SYS_MEMORY or the same as with memory,
 * nothing leaks, and the next check is as good as ever. The linker puts the functions below in the
 * place of the allocator (--wrap). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bench.h"
#include "image/image.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static bool counting;
static unsigned calls;
static unsigned failing; /* the call that fails, from 1; 0: none */
static struct bench bench;

static bool fails(void)
{
    return counting && ++calls == failing;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

/** Checks with allocation number `n` failing. */
static enum ub_code check_with(const struct ub_image *image, const char *family, unsigned n)
{
    struct ub_match *match = NULL;
    calls = 0;
    failing = n;
    counting = true;
    enum ub_code code = ub_check(bench.context, image, NULL, family, NULL, &match, &bench.err);
    counting = false;
    assert_true((code == UB_OK) == (match != NULL));
    ub_match_free(match);
    return code;
}

static void every_allocation_fails_in_turn(void **state)
{
    static const struct {
        const char *spec;
        const char *family;
        unsigned least;
    } cases[] = {{"stm32f405", NULL, 4}, {"stm32f405,mode=runtime", NULL, 2}, {"dfu", "stm32", 1}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bench_open(&bench, cases[i].spec);
        struct ub_image *image = bench_image(FLASH_BASE, 4096, 1);
        unsigned n = 0;
        do {
            enum ub_code code = check_with(image, cases[i].family, ++n);
            assert_true(code == UB_SYS_MEMORY || code == UB_OK);
        } while (calls >= n);
        assert_true(n > cases[i].least);
        assert_int_equal(check_with(image, cases[i].family, 0), UB_OK);
        ub_image_close(image);
        bench_close(&bench);
    }
}

static void no_families_without_memory(void **state)
{
    struct ub_image *image = bench_image(FLASH_BASE, 4096, 1);
    image->has_ids = true;
    image->vid = 0x0483;
    image->pid = 0xdf11;
    calls = 0;
    failing = 1;
    counting = true;
    const char *family = ub_image_family(image, 0, NULL, 0);
    counting = false;
    assert_null(family);
    assert_non_null(ub_image_family(image, 0, NULL, 0));
    ub_image_close(image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_fails_in_turn),
        cmocka_unit_test(no_families_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
