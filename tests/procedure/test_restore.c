/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The way back on devices with more than one memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "bench.h"

#include <stdio.h>
#include <string.h>

/* U-Boot and its environment in the model openmoko: two streams. */
#define UBOOT_SIZE       ((size_t)256 * 1024)
#define ENVIRONMENT_BASE UINT64_C(0x40000)
#define ENVIRONMENT_SIZE ((size_t)64 * 1024)

static struct bench bench;
static char spec[256];

/** Opens a device of whose memories the first one outlives bench_again(). */
static void open_kept(void)
{
    bench_open(&bench, "openmoko");
    (void)ub_print(spec, sizeof(spec), "openmoko,state=%s/chip", bench.vault);
    bench_again(&bench, spec);
}

static void again_with(const char *more)
{
    char text[300];
    (void)ub_print(text, sizeof(text), "%s%s", spec, more);
    bench_again(&bench, text);
}

static void fill(uint8_t uboot, uint8_t environment)
{
    memset(bench_memory_at(&bench, 0, UBOOT_SIZE), uboot, UBOOT_SIZE);
    memset(bench_memory_at(&bench, ENVIRONMENT_BASE, ENVIRONMENT_SIZE), environment,
           ENVIRONMENT_SIZE);
}

static void assert_all(uint64_t base, size_t size, uint8_t byte)
{
    const uint8_t *bytes = bench_memory_at(&bench, base, size);
    for (size_t i = 0; i < size; i++)
        assert_int_equal(bytes[i], byte);
}

static void keep(char id[UB_BACKUP_ID])
{
    assert_int_equal(ub_backup(bench.context, NULL, NULL, NULL, &bench.result, &bench.err), UB_OK);
    memcpy(id, bench.result.backup, UB_BACKUP_ID);
    assert_true(id[0] != '\0');
}

static enum ub_code restore(const char *id)
{
    static const struct ub_flash_options options = {.assume_yes = true};
    return ub_restore(bench.context, id, NULL, &options, &bench.result, &bench.err);
}

static void every_stream_of_a_backup_is_put_back(void **state)
{
    char id[UB_BACKUP_ID];
    open_kept();
    fill(0x11, 0x22);
    keep(id);
    again_with("");
    fill(0x33, 0x44);
    assert_int_equal(restore(id), UB_OK);
    assert_int_equal(bench.result.left, UB_LEFT_DONE);
    assert_true(bench.result.verified);
    assert_int_equal(bench.result.bytes_written, UBOOT_SIZE + ENVIRONMENT_SIZE);
    assert_int_equal(bench.result.write.predicted_us + bench.result.verify.predicted_us,
                     bench.result.predicted_us);
    assert_all(0, UBOOT_SIZE, 0x11);
    assert_all(ENVIRONMENT_BASE, ENVIRONMENT_SIZE, 0x22);

    /* of which one is as it was: the other alone is written */
    again_with("");
    fill(0x11, 0x44);
    assert_int_equal(restore(id), UB_OK);
    assert_true(bench.result.verified);
    assert_int_equal(bench.result.bytes_written, ENVIRONMENT_SIZE);
    assert_all(ENVIRONMENT_BASE, ENVIRONMENT_SIZE, 0x22);

    again_with("");
    fill(0x11, 0x22);
    assert_int_equal(restore(id), UB_OK);
    assert_int_equal(bench.result.bytes_written, 0);
    assert_true(bench.result.verified);
    bench_close(&bench);
}

/* The first part stands when the second one fails: the device is neither as it was nor done. */
static void a_later_part_that_fails_leaves_it_incomplete(void **state)
{
    char id[UB_BACKUP_ID];
    char fault[64];
    open_kept();
    fill(0x11, 0x22);
    keep(id);
    again_with("");
    fill(0x33, 0x44);
    assert_int_equal(restore(id), UB_OK);
    const unsigned late = (unsigned)bench.result.transfers - 40;
    (void)ub_print(fault, sizeof(fault), ",fault=unplug@%u", late);
    again_with(fault);
    fill(0x33, 0x44);
    assert_int_not_equal(restore(id), UB_OK);
    assert_int_equal(bench.result.left, UB_LEFT_INCOMPLETE);
    assert_false(bench.result.verified);
    assert_false(bench.result.left_bootloader);
    assert_all(0, UBOOT_SIZE, 0x11); /* it was in the second one */

    /* what is read now is not what anybody wants back, and the note says so */
    char half[UB_BACKUP_ID];
    again_with("");
    fill(0x11, 0x99);
    keep(half);
    struct ub_backup_info *backups = NULL;
    size_t count = 0;
    assert_int_equal(ub_vault_list(bench.context, &backups, &count, &bench.err), UB_OK);
    for (size_t i = 0; i < count; i++)
        if (strcmp(backups[i].id, half) == 0)
            assert_true(backups[i].interrupted);
    ub_vault_free(backups, count);
    assert_int_equal(restore(id), UB_OK);
    assert_all(0, UBOOT_SIZE, 0x11);
    assert_all(ENVIRONMENT_BASE, ENVIRONMENT_SIZE, 0x22);
    bench_close(&bench);
}

/* A memory with gaps is several parts of a backup, and one thing for a person. */
static void what_is_not_put_back_is_told_once(void **state)
{
    char id[UB_BACKUP_ID];
    bench_open(&bench, "stm32f427");
    keep(id);
    assert_int_equal(restore(id), UB_OK);
    const char *first = strstr(bench.warnings, "\"Option Bytes\" is in the backup");
    assert_non_null(first);
    assert_null(strstr(first + 1, "\"Option Bytes\" is in the backup"));
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_stream_of_a_backup_is_put_back),
        cmocka_unit_test(a_later_part_that_fails_leaves_it_incomplete),
        cmocka_unit_test(what_is_not_put_back_is_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
