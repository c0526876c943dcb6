/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every allocation of planning, carrying out and verifying fails once: the answer is UB_SYS_MEMORY,
 * nothing leaks and nothing is freed twice (seen by the sanitizers and valgrind), and a plan that
 * was made is carried out right. The linker puts the functions below in the place of the allocator
 * (--wrap). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chip.h"

#include <string.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

#define ALL (UB_CAN_READ | UB_CAN_WRITE | UB_CAN_ERASE)

static bool counting;
static unsigned calls;
static unsigned failing; /* the call that fails, from 1; 0: none */
static struct chip chip;
static uint8_t image[CHIP_MOST];

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

/** Writes an image that begins and ends inside sectors, with allocation number `n` failing. */
static enum ub_code write_with(const struct ub_flash_options *options, unsigned n)
{
    static const struct chip_layout layout = {
        .runs = {{.size = 128, .count = 64, .rights = ALL},
                 {.size = 4096, .count = 8, .rights = ALL}},
        .run_count = 2,
        .block = 1024,
        .unit = 4,
        .erased = 0xff,
    };
    struct ub_plan *plan = NULL;
    struct ub_error err = {0};
    enum ub_left left = UB_LEFT_UNCHANGED;
    chip_init(&chip, &layout);
    for (size_t i = 0; i < chip.size; i++) {
        chip.memory[i] = i % 5000 < 4000 ? (uint8_t)i : 0xff;
        image[i] = i % 3000 < 2000 ? (uint8_t)(i / 7) : chip.memory[i];
    }
    struct ub_piece pieces[] = {{&chip.region, CHIP_BASE + 300, 9000, image + 300},
                                {&chip.region, CHIP_BASE + 9400, 12000, image + 9400}};
    const struct ub_placement placement = {.pieces = pieces, .count = 2};
    const struct ub_plan_wish wish = {.placement = &placement, .options = options};
    calls = 0;
    failing = n;
    counting = true;
    enum ub_code code = ub_plan_build(&chip.target, &wish, &plan, &err);
    if (!code)
        code = ub_plan_execute(plan, &chip.target, &left, &err);
    if (!code)
        code = ub_plan_verify(plan, &chip.target, &err);
    counting = false;
    ub_plan_free(plan);
    if (code)
        assert_int_equal(err.code, code);
    return code;
}

static void every_allocation_fails_in_turn(void **state)
{
    static const struct ub_flash_options options[] = {
        {.no_backup = true},
        {.no_backup = true, .whole = true},
        {.no_backup = true, .erase_all = true},
        {.no_backup = true, .discard_neighbours = true},
    };
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        unsigned n = 1;
        while (write_with(&options[i], n) == UB_SYS_MEMORY)
            n++;
        assert_true(n > 6);
        assert_true(calls < n); /* it ended because there was none left to fail */
        assert_memory_equal(chip.memory + 300, image + 300, 9000);
        assert_memory_equal(chip.memory + 9400, image + 9400, 12000);
        assert_true(chip_unharmed(&chip));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_fails_in_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
