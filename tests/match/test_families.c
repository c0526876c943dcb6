/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the table of families says of firmware makes sense, and leads an image to its families. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "match_bench.h"

#include <string.h>

#define BASE UINT64_C(0x08000000)

static struct match_bench bench;

static void check_ram(const struct ub_family *family)
{
    const struct ub_family_firmware *firmware = family->firmware;
    for (size_t i = 0; i < firmware->ram_count; i++) {
        const struct ub_family_ram *ram = &firmware->ram[i];
        assert_true(ram->length >= 4096 && ram->length <= 4 * 1024 * 1024);
        assert_int_equal(ram->address % 4096, 0);
        /* the code and SRAM regions of an Arm; and nothing lies in the flash */
        assert_true(ram->address + ram->length <= 0x40000000u);
        assert_true(ram->address >= 0x10000000u || ram->address + ram->length <= 0x00200000u);
        for (size_t j = 0; j < i; j++)
            assert_true(ram->address >= firmware->ram[j].address + firmware->ram[j].length ||
                        firmware->ram[j].address >= ram->address + ram->length);
    }
}

static void what_is_known_makes_sense(void **state)
{
    const struct ub_family *family;
    size_t with_ram = 0;
    for (size_t i = 0; (family = ub_family_at(i)) != NULL; i++) {
        const struct ub_family_firmware *firmware = family->firmware;
        if (!firmware)
            continue;
        assert_true(firmware->core != UB_CORE_UNKNOWN);
        assert_true(!firmware->ram_count == !firmware->ram);
        assert_true(!firmware->uf2_count == !firmware->uf2);
        assert_true(!firmware->alias_count == !firmware->aliases);
        check_ram(family);
        with_ram += firmware->ram_count > 0;
        for (size_t u = 0; u < firmware->uf2_count; u++)
            for (size_t v = 0; v < u; v++)
                assert_int_not_equal(firmware->uf2[u], firmware->uf2[v]);
        if (firmware->alias_count && family->has_boot_address)
            assert_true(family->boot_address >= firmware->flash &&
                        family->boot_address - firmware->flash < 0x00100000);
        /* RAM is only known where the memory map tells the chip, or its maker has few of them */
        assert_true(!firmware->ram_count || family->layout || family->vid != 0x0483);
    }
    assert_true(with_ram >= 20);
    assert_null(ub_family_named("dfu")->firmware);
    assert_int_equal(ub_family_named("stm32")->firmware->ram_count, 0);
}

static void image_is_first(const char *word, const char *why)
{
    char text[UB_ERROR_TEXT];
    const char *family = ub_image_family(bench.image, 0, text, sizeof(text));
    assert_non_null(family);
    assert_string_equal(family, word);
    if (why)
        assert_string_equal(text, why);
}

static bool can_be(const char *word)
{
    const char *family;
    for (size_t i = 0; (family = ub_image_family(bench.image, i, NULL, 0)) != NULL; i++)
        if (strcmp(family, word) == 0)
            return true;
    return false;
}

static void families_an_image_can_belong_to(void **state)
{
    match_open_table(&bench, "stm32f405", BASE, 0x20020000, 0x08000041);
    image_is_first("stm32f405", "stack pointer, vector table and addresses");
    assert_true(can_be("stm32f411") && can_be("stm32h743"));
    assert_false(can_be("stm32f042")); /* less RAM */
    assert_false(can_be("stm32f103")); /* its firmware begins elsewhere */
    assert_false(can_be("dfu"));
    match_close(&bench);

    match_open_table(&bench, NULL, BASE, 0x24080000, 0x08000041);
    image_is_first("stm32h743", NULL);
    assert_false(can_be("stm32f405"));
    match_close(&bench);

    match_open_table(&bench, NULL, BASE, 0x20001000, 0x08000041);
    match_claim(&bench, UB_CLAIM_UF2_FAMILY, "UF2", 0x70d16653, 0, "STM32WB");
    image_is_first("stm32wb55", NULL);
    assert_false(can_be("stm32f405"));
    match_close(&bench);

    match_open_table(&bench, NULL, BASE, 0x20001000, 0x08000041);
    match_claim(&bench, UB_CLAIM_MACHINE, "ELF header", 62, 0, "x86-64");
    assert_null(ub_image_family(bench.image, 0, NULL, 0));
    match_close(&bench);

    /* an RP2040's and an nRF51's fit themselves, and no family that is known */
    match_open_table(&bench, NULL, 0x10000000, 0x20042000, 0x10000041);
    assert_null(ub_image_family(bench.image, 0, NULL, 0));
    match_close(&bench);
    match_open_table(&bench, NULL, 0x00001000, 0x20004000, 0x00001041);
    assert_null(ub_image_family(bench.image, 0, NULL, 0));
    match_close(&bench);

    match_open_table(&bench, NULL, 0, 0x20001000, 0x00000041);
    assert_null(ub_image_family(bench.image, 0, NULL, 0)); /* nothing says anything */
    match_close(&bench);
}

static void families_are_named_once(void **state)
{
    match_open_table(&bench, NULL, BASE, 0x20001000, 0x08000041);
    const char *family;
    size_t count = 0;
    for (; (family = ub_image_family(bench.image, count, NULL, 0)) != NULL; count++)
        for (size_t i = 0; i < count; i++)
            assert_string_not_equal(family, ub_image_family(bench.image, i, NULL, 0));
    assert_true(count > 10);
    assert_null(ub_image_family(bench.image, 1000, NULL, 0));
    match_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_known_makes_sense),
        cmocka_unit_test(families_an_image_can_belong_to),
        cmocka_unit_test(families_are_named_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
