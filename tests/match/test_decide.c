/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The decision as a whole: order, refusal, what naming a contradiction does, and the line that sums
 * up what fits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "match_bench.h"
#include "trust/manifest.h"

#include <string.h>

#define BASE UINT64_C(0x08000000)

static struct match_bench bench;

/** An STM32F405 and an image that has everything against it. */
static void open_wrong(void)
{
    match_open_table(&bench, "stm32f405", BASE, 0x24080000, 0x08020041);
    bench.image->has_ids = true;
    bench.image->vid = 0x1209;
    bench.image->pid = 0x0001;
    bench.image->trust.expired = true;
    match_claim(&bench, UB_CLAIM_FAMILY, UB_MANIFEST_SOURCE, 0, 0, "stm32h743");
    match_claim(&bench, UB_CLAIM_UF2_FAMILY, "UF2", 0xe48bff56, 0, "RP2040");
    match_claim(&bench, UB_CLAIM_MACHINE, "ELF header", 62, 0, "x86-64");
    match_claim(&bench, UB_CLAIM_PREFIX, "LPC boot header", 0, 0, "lpc");
    match_claim(&bench, UB_CLAIM_ENTRY, "ELF header", 0x1000, 0, NULL);
}

static void what_speaks_against_comes_first(void **state)
{
    open_wrong();
    ub_match_decide(&bench.what, &bench.match);
    assert_true(bench.match.count > 8);
    for (size_t i = 1; i < bench.match.count; i++) {
        const struct ub_match_entry *before = &bench.match.entries[i - 1];
        const struct ub_match_entry *entry = &bench.match.entries[i];
        assert_true(before->finding.weight >= entry->finding.weight);
        if (before->finding.weight == entry->finding.weight)
            assert_true(before->row <= entry->row);
    }
    match_close(&bench);
}

static void all_contradictions_are_told(void **state)
{
    struct ub_error err;
    open_wrong();
    ub_match_decide(&bench.what, &bench.match);
    assert_int_equal(ub_match_contradiction(&bench.match, &err), UB_IMG_WRONG_DEVICE);
    assert_string_equal(err.message,
                        "test.bin says that it is for 1209:0001; the device at 1-4 is 0483:df11 "
                        "(named by --accept other-device)");
    assert_int_equal(err.depth, UB_ERROR_DEPTH);
    assert_non_null(strstr(err.context[0], "(named by --accept other-family)"));
    assert_string_equal(err.context[UB_ERROR_DEPTH - 1], "and 2 more: unbrick image check");
    match_close(&bench);
}

/* Each one removes itself and nothing else, until nothing is left that refuses. */
static void naming_one_removes_that_one(void **state)
{
    const char *names[16];
    size_t named = 0;
    struct ub_error err;
    open_wrong();
    bench.options.accept = names;
    for (;;) {
        const size_t before = ub_match_count(&bench.match, UB_FINDING_AGAINST);
        ub_match_decide(&bench.what, &bench.match);
        const size_t left = ub_match_count(&bench.match, UB_FINDING_AGAINST);
        assert_true(named == 0 || left == before - 1);
        if (!ub_match_contradiction(&bench.match, &err))
            break;
        for (size_t i = 0; i < bench.match.count; i++)
            if (!bench.match.entries[i].finding.accepted) {
                names[named++] = bench.match.entries[i].finding.name;
                break;
            }
        bench.options.accept_count = named;
    }
    assert_int_equal(named, 8);
    assert_int_equal(ub_match_count(&bench.match, UB_FINDING_WEAK), 1);
    match_close(&bench);
}

static void what_has_no_name_is_never_accepted(void **state)
{
    static const char *const names[] = {"outside", "other-ram", "other-address"};
    struct ub_error err;
    match_open_table(&bench, "stm32f405", 0x10000000, 0x20001000, 0x10000041);
    bench.options.accept = names;
    bench.options.accept_count = 3;
    match_expect(&bench, "outside", "against");
    assert_false(bench.match.entries[0].finding.acceptable);
    assert_false(bench.match.entries[0].finding.accepted);
    assert_int_equal(ub_match_contradiction(&bench.match, &err), UB_OK);
    assert_int_equal(ub_match_impossible(&bench.match, &err), UB_MEM_OUTSIDE);
    /* what placing it says takes the place of that */
    (void)memset(&bench.match.placement, 0, sizeof(bench.match.placement));
    bench.match.placement.code = UB_IMG_DOES_NOT_FIT;
    memcpy(bench.match.placement.message, "too large", 10);
    ub_match_add_placement(&bench.match);
    assert_string_equal(bench.match.entries[0].finding.text, "too large");
    assert_int_equal(ub_match_impossible(&bench.match, &err), UB_IMG_DOES_NOT_FIT);
    assert_int_equal(ub_match_count(&bench.match, UB_FINDING_AGAINST), 1);
    match_close(&bench);
}

static void what_fits_is_one_line(void **state)
{
    char line[UB_ERROR_TEXT];
    match_open_table(&bench, "stm32f405", BASE, 0x20020000, 0x08000041);
    bench.image->has_ids = true;
    bench.image->vid = 0x0483;
    bench.image->pid = 0xdf11;
    ub_match_decide(&bench.what, &bench.match);
    assert_true(ub_match_reasons(&bench.match, line, sizeof(line)));
    assert_string_equal(line, "DFU suffix, stack pointer, vector table and addresses");
    /* said once, whatever number of targets says so */
    match_claim(&bench, UB_CLAIM_TARGET, "DfuSe target", 0, 0, "Internal Flash");
    match_claim(&bench, UB_CLAIM_TARGET, "DfuSe target", 0, 1, "Internal Flash");
    ub_match_decide(&bench.what, &bench.match);
    assert_true(ub_match_reasons(&bench.match, line, sizeof(line)));
    assert_string_equal(line, "DFU suffix, target name, stack pointer, vector table and addresses");
    match_close(&bench);
    match_open_table(&bench, "dfu", 0, 0x20020000, 0x08000041);
    ub_match_decide(&bench.what, &bench.match);
    assert_int_equal(bench.match.count, 0); /* nothing is known, nothing is said */
    assert_false(ub_match_reasons(&bench.match, line, sizeof(line)));
    match_close(&bench);
}

/** Told findings of that name. */
static size_t count_of(const char *name)
{
    size_t count = 0;
    for (size_t i = 0; i < bench.match.count; i++)
        count += strcmp(bench.match.entries[i].finding.name, name) == 0;
    return count;
}

/* A file with so many harmless findings that they alone would fill the table hides nothing. */
static void a_flood_of_findings_hides_nothing(void **state)
{
    static const char *const hidden[] = {"other-family", "other-uf2-family", "other-machine",
                                         "other-prefix", "other-ram",        "other-address",
                                         "damaged",      "expired",          "rolled-back"};
    static const char *const all[] = {"other-device"};
    char name[32] = "zz";
    struct ub_error err;
    open_wrong();
    bench.image->trust.rolled_back = true;
    bench.facts.mcuboot = true;
    bench.facts.mcuboot_hash = UB_SELF_WRONG;
    for (uint64_t i = 0; i < 100; i++) {
        name[2] = (char)('a' + i / 10);
        name[3] = (char)('a' + i % 10);
        match_claim(&bench, UB_CLAIM_TARGET, "DfuSe target", 0, i, name);
    }
    for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
        match_expect(&bench, hidden[i], "against");
    match_expect(&bench, "other-target", "weak");
    assert_int_equal(count_of("other-target"), UB_MATCH_OF_ROW);
    size_t told = 0; /* nothing is left out without a word */
    for (size_t i = 0; i < bench.match.count; i++)
        told += strstr(bench.match.entries[i].finding.text, " (and 94 more)") != NULL;
    assert_int_equal(told, 1);
    bench.options.accept = all;
    bench.options.accept_count = 1;
    ub_match_decide(&bench.what, &bench.match);
    assert_int_equal(ub_match_contradiction(&bench.match, &err), UB_IMG_CONTRADICTION);
    match_close(&bench);
}

/* Nor do those of its own kind. */
static void what_speaks_against_takes_the_place_of_what_does_not(void **state)
{
    char name[32] = "zz";
    struct ub_error err;
    struct ub_region regions[2];
    match_open_table(&bench, "stm32f405", BASE, 0x20020000, 0x08000041);
    regions[0] = regions[1] = bench.region;
    regions[1].alt = 1;
    (void)ub_print(regions[1].name, sizeof(regions[1].name), "Option Bytes");
    bench.what.regions = regions;
    bench.what.region_count = 2;
    for (uint64_t i = 0; i < 20; i++) {
        name[2] = (char)('a' + i);
        match_claim(&bench, UB_CLAIM_TARGET, "DfuSe target", 0, i, name);
    }
    match_claim(&bench, UB_CLAIM_TARGET, "DfuSe target", 0, 20, "Option Bytes");
    match_expect(&bench, "other-target", "against");
    assert_int_equal(count_of("other-target"), UB_MATCH_OF_ROW);
    assert_int_equal(ub_match_contradiction(&bench.match, &err), UB_IMG_WRONG_TARGET);
    match_close(&bench);
}

static void no_number_of_claims_is_too_many(void **state)
{
    match_open_table(&bench, "stm32f405", BASE, 0x20020000, 0x08000041);
    for (uint64_t i = 0; i < UB_IMAGE_CLAIMS_MAX; i++)
        match_claim(&bench, UB_CLAIM_ENTRY, "ELF header", 0x1000 + 2 * i, 0, NULL);
    ub_match_decide(&bench.what, &bench.match);
    assert_int_equal(count_of("other-entry"), UB_MATCH_OF_ROW);
    match_close(&bench);
    match_open_table(&bench, "stm32f405", BASE, 0x20020000, 0x08000041);
    bench.image->segment_count = 0; /* an image of nothing */
    match_claim(&bench, UB_CLAIM_PREFIX, "TI DFU prefix", 0, 0, "ti");
    match_claim(&bench, UB_CLAIM_ENTRY, "ELF header", 0x1000, 0, NULL);
    ub_match_decide(&bench.what, &bench.match);
    bench.image->segment_count = 1;
    match_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_speaks_against_comes_first),
        cmocka_unit_test(all_contradictions_are_told),
        cmocka_unit_test(naming_one_removes_that_one),
        cmocka_unit_test(what_has_no_name_is_never_accepted),
        cmocka_unit_test(what_fits_is_one_line),
        cmocka_unit_test(a_flood_of_findings_hides_nothing),
        cmocka_unit_test(what_speaks_against_takes_the_place_of_what_does_not),
        cmocka_unit_test(no_number_of_claims_is_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
