/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Does an image belong on a device? What ub_check() says is what ub_flash() does, on several
 * models; nothing is changed by looking. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/text.h"
#include "bench.h"
#include "image/image.h"
#include "trust/manifest.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LENGTH  2048u
#define MCUBOOT UINT32_C(0x96f3b83d)

static struct bench bench;
static char told[4096]; /* what was done, line by line */

static void on_event(void *user, const struct ub_event *event)
{
    (void)user;
    if (event->kind == UB_EVENT_DONE && event->step == UB_STEP_IMAGE)
        (void)ub_append(told, sizeof(told), "%s\n", event->text);
    if (event->kind == UB_EVENT_WARNING)
        (void)ub_append(bench.warnings, sizeof(bench.warnings), "%s\n", event->text);
}

static void open_bench(const char *specs)
{
    bench_open(&bench, specs);
    bench.context->env.callbacks.event = on_event;
    told[0] = '\0';
}

/** An image of something like code behind four words. */
static struct ub_image *image_of(uint64_t address, const uint32_t words[4])
{
    uint8_t bytes[LENGTH];
    struct ub_image *image = NULL;
    for (size_t i = 0; i < LENGTH / 4; i++)
        ub_put_u32le(bytes + 4 * i, i < 4 ? words[i] : 0x46c0b500u + (uint32_t)(i % 64));
    assert_int_equal(ub_image_new("test.bin", &image, NULL), UB_OK);
    assert_int_equal(
        ub_image_add(image, UB_IMAGE_ALT_NONE, address != 0, address, bytes, LENGTH, NULL), UB_OK);
    assert_int_equal(ub_image_finish(image, NULL), UB_OK);
    image->format = ub_formats[0];
    return image;
}

static struct ub_image *bootable(uint64_t address, uint32_t stack, uint32_t reset)
{
    const uint32_t words[4] = {stack, reset, reset + 4, reset + 4};
    return image_of(address, words);
}

static void claim(struct ub_image *image, enum ub_claim_kind kind, const char *source,
                  uint64_t number, const char *text)
{
    assert_int_equal(ub_image_add_claim(image, kind, source, number, 0, text, NULL), UB_OK);
}

/** MCUboot's header, code, and a list with its SHA-256 (MCUboot, "Image format"). */
static struct ub_image *mcuboot(uint64_t address, uint8_t minor, bool damaged)
{
    uint8_t bytes[32 + 1024 + 4 + 4 + 32] = {0};
    struct ub_image *image = NULL;
    for (size_t i = 0; i < 1024; i++)
        bytes[32 + i] = (uint8_t)(i / 3);
    ub_put_u32le(bytes, MCUBOOT);
    ub_put_u16le(bytes + 8, 32);
    ub_put_u32le(bytes + 12, 1024);
    bytes[20] = 1;
    bytes[21] = minor;
    ub_put_u16le(bytes + 1056, 0x6907);
    ub_put_u16le(bytes + 1058, 4 + 4 + 32);
    ub_put_u16le(bytes + 1060, 0x10);
    ub_put_u16le(bytes + 1062, 32);
    crypto_hash_sha256(bytes + 1064, bytes, 1056);
    bytes[500] ^= damaged;
    assert_int_equal(ub_image_new("signed.bin", &image, NULL), UB_OK);
    assert_int_equal(
        ub_image_add(image, UB_IMAGE_ALT_NONE, address != 0, address, bytes, sizeof(bytes), NULL),
        UB_OK);
    assert_int_equal(ub_image_finish(image, NULL), UB_OK);
    image->format = ub_formats[0];
    return image;
}

/** The weight of the first finding of that name, or -1. */
static int weight_of(const struct ub_match *match, const char *name)
{
    struct ub_finding finding;
    for (size_t i = 0; ub_match_finding(match, i, &finding); i++)
        if (strcmp(finding.name, name) == 0)
            return (int)finding.weight;
    return -1;
}

/** Checks, flashes, and compares: the same refusal in the same words, and nothing was changed by
 * looking. Returns what both came to. */
static enum ub_code check_and_flash(const struct ub_image *image,
                                    const struct ub_flash_options *options)
{
    struct ub_match *match = NULL;
    struct ub_error refusal;
    const struct ub_sim_counts before = bench_counts(&bench, 0);
    assert_int_equal(ub_check(bench.context, image, NULL, NULL, options, &match, &bench.err),
                     UB_OK);
    const struct ub_sim_counts after = bench_counts(&bench, 0);
    assert_int_equal(after.erases, before.erases);
    assert_int_equal(after.programs, before.programs);
    const enum ub_code foretold = ub_match_refusal(match, &refusal);
    const enum ub_code code = ub_flash(bench.context, image, NULL, options, &bench.result,
                                       &bench.err);
    if (code != foretold)
        print_error("foretold %d %s, came %d %s\n", (int)foretold, refusal.message, (int)code,
                    bench.err.message);
    assert_int_equal(code, foretold);
    if (code) {
        assert_string_equal(bench.err.message, refusal.message);
        assert_int_equal(bench.err.depth, refusal.depth);
        assert_int_equal(bench_counts(&bench, 0).programs, before.programs);
    }
    ub_match_free(match);
    return code;
}

static const char *const other_machine[] = {"other-machine"};
static const char *const other_uf2[] = {"other-uf2-family"};
static const char *const other_address[] = {"other-address"};
static const char *const other_ram[] = {"other-ram"};
static const char *const both[] = {"OTHER-RAM", "other-address"};

/* Firmware for other chips and other addresses, on a real one's model. */
static void images_of_others(void **state)
{
    const struct ub_flash_options plain = {.assume_yes = true};
    const struct ub_flash_options at = {.assume_yes = true, .has_at = true, .at = FLASH_BASE};
    static const struct {
        uint64_t address;
        uint32_t stack, reset;
        const char *const *accept;
        size_t accept_count;
        enum ub_code code;
    } cases[] = {
        {FLASH_BASE, 0x20020000, 0x08000101, NULL, 0, UB_OK},
        {0, 0x20020000, 0x08000101, NULL, 0, UB_OK},
        /* an H7's */
        {FLASH_BASE, 0x24080000, 0x08000101, NULL, 0, UB_IMG_CONTRADICTION},
        {FLASH_BASE, 0x24080000, 0x08000101, other_ram, 1, UB_OK},
        {FLASH_BASE, 0x24080000, 0x08000101, other_address, 1, UB_IMG_CONTRADICTION},
        /* linked for behind a bootloader */
        {0, 0x20020000, 0x08004101, NULL, 0, UB_IMG_CONTRADICTION},
        {0, 0x20020000, 0x08004101, other_address, 1, UB_OK},
        {FLASH_BASE, 0x24080000, 0x08020101, other_address, 1, UB_IMG_CONTRADICTION},
        {FLASH_BASE, 0x24080000, 0x08020101, both, 2, UB_OK},
        /* an RP2040's: no name makes memory */
        {0x10000000, 0x20042000, 0x10000101, NULL, 0, UB_IMG_CONTRADICTION},
        {0x10000000, 0x20042000, 0x10000101, other_ram, 1, UB_MEM_OUTSIDE},
        {0, 0x20002000, 0x0000034f, NULL, 0, UB_OK},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        open_bench("stm32f405");
        struct ub_image *image = bootable(cases[i].address, cases[i].stack, cases[i].reset);
        struct ub_flash_options options = cases[i].address ? plain : at;
        options.accept = cases[i].accept;
        options.accept_count = cases[i].accept_count;
        if (cases[i].address == 0x10000000 && !cases[i].accept_count)
            claim(image, UB_CLAIM_UF2_FAMILY, "UF2", 0xe48bff56, "RP2040");
        const enum ub_code code = check_and_flash(image, &options);
        if (code != cases[i].code)
            fail_msg("case %zu came to %d: %s", i, (int)code, bench.err.message);
        ub_image_close(image);
        bench_close(&bench);
    }
}

static void claims_of_others(void **state)
{
    static const struct {
        enum ub_claim_kind kind;
        uint64_t number;
        const char *text;
        const char *const *accept;
    } cases[] = {
        {UB_CLAIM_MACHINE, 62, "x86-64", other_machine},
        {UB_CLAIM_MACHINE, 243, "RISC-V", other_machine},
        {UB_CLAIM_UF2_FAMILY, 0xe48bff56, "RP2040", other_uf2},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ub_flash_options options = {.assume_yes = true};
        open_bench("stm32f405");
        struct ub_image *image = bootable(FLASH_BASE, 0x20020000, 0x08000101);
        claim(image, cases[i].kind, "its header", cases[i].number, cases[i].text);
        assert_int_equal(check_and_flash(image, &options), UB_IMG_CONTRADICTION);
        assert_non_null(strstr(bench.err.message, cases[i].text));
        assert_non_null(strstr(bench.err.message, cases[i].accept[0]));
        options.accept = cases[i].accept;
        options.accept_count = 1;
        assert_int_equal(check_and_flash(image, &options), UB_OK);
        ub_image_close(image);
        bench_close(&bench);
    }
}

/* What fits is one line, what is doubtful a warning each, and both are told once. */
static void what_is_told(void **state)
{
    const struct ub_flash_options options = {.assume_yes = true, .lose_protected_content = true};
    static const char *const machine[] = {"other-entry"};
    const struct ub_flash_options quiet = {
        .assume_yes = true, .accept = machine, .accept_count = 1};
    open_bench("stm32f405");
    struct ub_image *image = bootable(FLASH_BASE, 0x20020000, 0x08000101);
    assert_int_equal(ub_flash(bench.context, image, NULL, &options, &bench.result, &bench.err),
                     UB_OK);
    const char *line = strstr(told, "fits: STM32F405 by its stack pointer, vector table and "
                                    "addresses\n");
    assert_non_null(line);
    assert_null(strstr(line + 1, "fits:"));
    assert_null(strstr(bench.warnings, "its "));
    claim(image, UB_CLAIM_ENTRY, "ELF header", 0x1000, NULL);
    told[0] = '\0';
    assert_int_equal(ub_flash(bench.context, image, NULL, &options, &bench.result, &bench.err),
                     UB_OK);
    assert_null(strstr(told, "fits:"));
    line = strstr(bench.warnings, "its ELF header starts it at 0x00001000");
    assert_non_null(line);
    assert_null(strstr(line + 1, "its ELF header"));
    bench.warnings[0] = '\0';
    assert_int_equal(ub_flash(bench.context, image, NULL, &quiet, &bench.result, &bench.err),
                     UB_OK);
    assert_string_equal(bench.warnings, ""); /* named, so not said again */
    assert_int_equal(ub_verify(bench.context, image, NULL, &options, &bench.result, &bench.err),
                     UB_OK);
    assert_string_equal(bench.warnings, ""); /* who compares is not warned */
    ub_image_close(image);
    bench_close(&bench);
}

/* The slot of an MCUboot is read, and nothing else is asked about. */
static void older_than_what_is_in_the_slot(void **state)
{
    static const struct {
        const char *spec;
        uint64_t address;
    } cases[] = {{"stm32f405", FLASH_BASE + 0x20000}, {"dfu", 0}};
    static const char *const downgrade[] = {"downgrade"};
    const struct ub_flash_options options = {.assume_yes = true};
    const struct ub_flash_options named = {
        .assume_yes = true, .accept = downgrade, .accept_count = 1};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ub_image *old = mcuboot(cases[i].address, 2, false);
        struct ub_image *new = mcuboot(cases[i].address, 3, false);
        open_bench(cases[i].spec);
        assert_int_equal(check_and_flash(new, &options), UB_OK);
        bench_close(&bench);
        open_bench(cases[i].spec);
        assert_int_equal(check_and_flash(old, &options), UB_OK);
        ub_sim_device_plug(ub_sim_bus_device(bench.context->sim, 0), UB_MODE_DFU);
        assert_int_equal(check_and_flash(new, &options), UB_OK);
        ub_sim_device_plug(ub_sim_bus_device(bench.context->sim, 0), UB_MODE_DFU);
        assert_int_equal(check_and_flash(old, &options), UB_IMG_CONTRADICTION);
        assert_non_null(strstr(bench.err.message, "it is version 1.2.0+0"));
        assert_non_null(strstr(bench.err.message, "has 1.3.0+0 there"));
        /* an older one may be compared */
        assert_int_equal(ub_verify(bench.context, old, NULL, &options, &bench.result, &bench.err),
                         UB_VER_MISMATCH);
        assert_int_equal(check_and_flash(old, &named), UB_OK);
        bench_close(&bench);
        ub_image_close(old);
        ub_image_close(new);
    }
}

/* A device that cannot be read has a version that is not known. */
static void a_slot_that_cannot_be_read(void **state)
{
    static const char *const specs[] = {"dfu-noupload", "stm32f405,rdp"};
    const struct ub_flash_options options = {.assume_yes = true};
    for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++) {
        struct ub_image *image = mcuboot(i ? FLASH_BASE + 0x20000 : 0, 2, false);
        struct ub_match *match = NULL;
        open_bench(specs[i]);
        assert_int_equal(ub_check(bench.context, image, NULL, NULL, &options, &match, &bench.err),
                         UB_OK);
        assert_int_equal(weight_of(match, "downgrade"), -1);
        assert_int_equal(weight_of(match, "unsigned"), UB_FINDING_WEAK);
        ub_match_free(match);
        ub_image_close(image);
        bench_close(&bench);
    }
}

static void damaged_and_misplaced(void **state)
{
    const struct ub_flash_options options = {.assume_yes = true};
    struct ub_image *image = mcuboot(0, 2, true);
    open_bench("dfu");
    assert_int_equal(check_and_flash(image, &options), UB_IMG_CONTRADICTION);
    assert_non_null(strstr(bench.err.message, "it is damaged (named by --accept damaged)"));
    bench_close(&bench);
    ub_image_close(image);
    image = mcuboot(FLASH_BASE, 2, false);
    open_bench("stm32f405");
    assert_int_equal(check_and_flash(image, &options), UB_IMG_CONTRADICTION);
    assert_non_null(strstr(bench.err.message, "(named by --accept over-bootloader)"));
    bench_close(&bench);
    ub_image_close(image);
}

/* The firmware that ran told its release, and its ids. */
static void of_a_device_that_runs(void **state)
{
    const struct ub_flash_options options = {.assume_yes = true};
    struct ub_match *match = NULL;
    struct ub_image *image = image_of(0, (const uint32_t[4]){1, 2, 3, 4});
    claim(image, UB_CLAIM_VERSION, UB_MANIFEST_SOURCE, 0, "0.9.0");
    claim(image, UB_CLAIM_MIN_VERSION, UB_MANIFEST_SOURCE, 0, "3.0");
    claim(image, UB_CLAIM_MODEL, UB_MANIFEST_SOURCE, 0, "Bench");
    open_bench("dfu,mode=runtime");
    assert_int_equal(ub_check(bench.context, image, NULL, NULL, &options, &match, &bench.err),
                     UB_OK);
    assert_int_equal(weight_of(match, "downgrade"), UB_FINDING_AGAINST);
    assert_int_equal(weight_of(match, "min-version"), UB_FINDING_AGAINST);
    assert_int_equal(weight_of(match, "other-model"), UB_FINDING_FOR);
    assert_int_equal(bench_counts(&bench, 0).opens, 0); /* it goes on running */
    ub_match_free(match);
    assert_int_equal(ub_flash(bench.context, image, NULL, &options, &bench.result, &bench.err),
                     UB_IMG_CONTRADICTION);
    assert_int_equal(bench.err.depth, 1);
    assert_non_null(strstr(bench.err.context[0], "(named by --accept min-version)"));
    bench_close(&bench);
    open_bench("dfu"); /* met in its bootloader nothing is known of what ran */
    assert_int_equal(ub_check(bench.context, image, NULL, NULL, &options, &match, &bench.err),
                     UB_OK);
    assert_int_equal(weight_of(match, "downgrade"), -1);
    assert_int_equal(weight_of(match, "min-version"), UB_FINDING_WEAK);
    ub_match_free(match);
    bench_close(&bench);
    ub_image_close(image);
}

static void manifest_for_another_model(void **state)
{
    static const char *const other_model[] = {"other-model"};
    struct ub_flash_options options = {.assume_yes = true, .label = "model=WP-100,revision=B"};
    struct ub_image *image = bootable(FLASH_BASE, 0x20020000, 0x08000101);
    claim(image, UB_CLAIM_MODEL, UB_MANIFEST_SOURCE, 0, "WP-200");
    claim(image, UB_CLAIM_REVISION, UB_MANIFEST_SOURCE, 0, "A");
    claim(image, UB_CLAIM_REVISION, UB_MANIFEST_SOURCE, 0, "b");
    claim(image, UB_CLAIM_FAMILY, UB_MANIFEST_SOURCE, 0, "stm32f405");
    image->trust.expired = true;
    open_bench("stm32f405");
    assert_int_equal(check_and_flash(image, &options), UB_IMG_CONTRADICTION);
    assert_string_equal(bench.err.message, "it is for model WP-200; the label says WP-100 (named "
                                           "by --accept other-model)");
    assert_non_null(strstr(bench.err.context[0], "expired"));
    options.accept = other_model;
    options.accept_count = 1;
    assert_int_equal(check_and_flash(image, &options), UB_TRU_EXPIRED);
    image->trust.expired = false;
    image->trust.rolled_back = true;
    assert_int_equal(check_and_flash(image, &options), UB_TRU_ROLLBACK);
    image->trust.rolled_back = false;
    options.label = "model=wp-200";
    options.accept_count = 0;
    assert_int_equal(check_and_flash(image, &options), UB_OK);
    assert_non_null(
        strstr(bench.warnings, "it is for revision A or b: compare the device's label"));
    ub_image_close(image);
    bench_close(&bench);
}

/* A target of a DfuSe file that is named after another memory; and one that there is none of. */
static void targets(void **state)
{
    const struct ub_flash_options options = {.assume_yes = true};
    open_bench("stm32f405");
    struct ub_image *image = bootable(FLASH_BASE, 0x20020000, 0x08000101);
    image->segments[0].alt = 0;
    claim(image, UB_CLAIM_TARGET, "DfuSe target", 0, "Option Bytes");
    assert_int_equal(check_and_flash(image, &options), UB_IMG_WRONG_TARGET);
    assert_non_null(strstr(bench.err.message, "(named by --accept other-target)"));
    image->claim_count = 0;
    image->segments[0].alt = 9;
    assert_int_equal(check_and_flash(image, &options), UB_IMG_WRONG_TARGET);
    image->segments[0].alt = 0;
    assert_int_equal(check_and_flash(image, &options), UB_OK);
    ub_image_close(image);
    bench_close(&bench);
}

static void families_without_a_device(void **state)
{
    struct ub_match *match = NULL;
    struct ub_image *image = bootable(FLASH_BASE, 0x24080000, 0x08000101);
    open_bench("stm32f405");
    assert_int_equal(ub_check(bench.context, image, NULL, "stm32h743", NULL, &match, &bench.err),
                     UB_OK);
    assert_int_equal(ub_match_refusal(match, &bench.err), UB_OK);
    assert_int_equal(weight_of(match, "other-ram"), UB_FINDING_FOR);
    ub_match_free(match);
    assert_int_equal(ub_check(bench.context, image, NULL, "STM32F405", NULL, &match, &bench.err),
                     UB_OK);
    assert_int_equal(ub_match_refusal(match, &bench.err), UB_IMG_CONTRADICTION);
    struct ub_finding finding;
    assert_true(ub_match_finding(match, 0, &finding));
    assert_int_equal(finding.weight, UB_FINDING_AGAINST);
    assert_true(finding.acceptable && !finding.accepted);
    ub_match_free(match);
    assert_int_equal(ub_check(bench.context, image, NULL, "stm32x", NULL, &match, &bench.err),
                     UB_USE_OPTION);
    assert_null(match);
    assert_int_equal(bench_counts(&bench, 0).opens, 0);
    ub_image_close(image);
    bench_close(&bench);
}

/* What is asked for wrongly is refused before any device is looked for. */
static void wrong_options_are_refused_early(void **state)
{
    static const char *const unknown[] = {"everything"};
    static const struct ub_flash_options wrong[] = {
        {.assume_yes = true, .accept = unknown, .accept_count = 1},
        {.assume_yes = true, .label = "colour=red"},
    };
    struct ub_image *image = bootable(FLASH_BASE, 0x20020000, 0x08000101);
    open_bench("stm32f405");
    for (size_t i = 0; i < 2; i++) {
        const struct ub_flash_options *options = &wrong[i];
        struct ub_plan *plan;
        struct ub_match *match;
        struct ub_many_result *many;
        struct ub_context *c = bench.context;
        struct ub_result *r = &bench.result;
        struct ub_error *e = &bench.err;
        assert_int_equal(ub_flash(c, image, NULL, options, r, e), UB_USE_OPTION);
        assert_int_equal(ub_verify(c, image, NULL, options, r, e), UB_USE_OPTION);
        assert_int_equal(ub_plan(c, image, NULL, options, &plan, e), UB_USE_OPTION);
        assert_int_equal(ub_check(c, image, NULL, NULL, options, &match, e), UB_USE_OPTION);
        assert_int_equal(ub_check(c, image, NULL, "stm32", options, &match, e), UB_USE_OPTION);
        assert_int_equal(ub_backup(c, NULL, NULL, options, r, e), UB_USE_OPTION);
        assert_int_equal(ub_restore(c, NULL, NULL, options, r, e), UB_USE_OPTION);
        assert_int_equal(ub_erase(c, "0x08000000+0x4000", NULL, options, r, e), UB_USE_OPTION);
        assert_int_equal(ub_flash_many(c, image, NULL, options, &many, e), UB_USE_OPTION);
        ub_many_free(many);
        assert_int_equal(ub_plan_many(c, image, NULL, options, &many, e), UB_USE_OPTION);
        ub_many_free(many);
    }
    assert_int_equal(bench_counts(&bench, 0).opens, 0);
    bench_close(&bench);
    ub_image_close(image);
}

/* The way back is not doubted by its bytes: what this very device held belongs on it. */
static void a_backup_is_not_doubted(void **state)
{
    const struct ub_flash_options options = {.assume_yes = true, .stay = true};
    struct ub_image *image = bootable(FLASH_BASE, 0x20020000, 0x08000101);
    open_bench("stm32f405");
    uint8_t *memory = bench_memory(&bench, 0);
    for (size_t i = 0; i < FLASH_SIZE; i++) /* an H7's firmware, for another address */
        memory[i] = (uint8_t)(i * 7);
    ub_put_u32le(memory, 0x24080000);
    ub_put_u32le(memory + 4, 0x08200101);
    assert_int_equal(ub_flash(bench.context, image, NULL, &options, &bench.result, &bench.err),
                     UB_OK);
    told[0] = bench.warnings[0] = '\0';
    assert_int_equal(ub_restore(bench.context, NULL, NULL, &options, &bench.result, &bench.err),
                     UB_OK);
    assert_null(strstr(bench.warnings, "stack"));
    assert_null(strstr(told, "fits:"));
    assert_int_equal(memory[7], 0x08);
    ub_image_close(image);
    bench_close(&bench);
}

/** Opens a file of Debian's; NULL if its package is not installed. */
static struct ub_image *debian(const char *path)
{
    const struct ub_image_options options = {.accept_bad_crc = true};
    struct ub_image *image = NULL;
    if (access(path, R_OK) != 0)
        return NULL;
    assert_int_equal(ub_image_open(path, &options, &image, &bench.err), UB_OK);
    return image;
}

/* Every published file on the device that it is for: no refusal, and no doubt. */
static void published_firmware_on_its_device(void **state)
{
    static const struct {
        const char *spec;
        const char *path;
        bool at;
        size_t doubts;
    } cases[] = {
        {"ubertooth", "/usr/share/ubertooth/firmware/assembly_test.dfu", false, 0},
        {"ubertooth", "/usr/share/ubertooth/firmware/blinky.dfu", false, 0},
        {"ubertooth", "/usr/share/ubertooth/firmware/bluetooth_rxtx.dfu", false, 0},
        {"ubertooth", "/usr/share/ubertooth/firmware/cc2400_test.dfu", false, 0},
        {"ubertooth", "/usr/share/ubertooth/firmware/clock_test.dfu", false, 0},
        {"ubertooth", "/usr/share/ubertooth/firmware/usb_test.dfu", false, 0},
        {"hackrf", "/usr/share/hackrf/hackrf_one_usb.dfu", false, 0},
        {"hackrf", "/usr/share/hackrf/hackrf_jawbreaker_usb.dfu", false, 0},
        {"hackrf", "/usr/share/hackrf/hackrf_rad1o_usb.dfu", false, 0},
        {"dfu,id=1209:70b1", "/usr/lib/firmware-tomu/toboot.bin", false, 0},
        {"dfu,id=1209:70b1", "/usr/lib/firmware-tomu/toboot.ihex", false, 0},
        {"dfu,id=1209:70b1", "/usr/lib/firmware-tomu/toboot.elf", false, 0},
        {"dfu,id=1209:70b1", "/usr/lib/firmware-tomu/toboot-booster.bin", false, 0},
        {"dfu,id=1209:70b1", "/usr/lib/firmware-tomu/toboot-booster.dfu", false, 0},
        /* the demonstration: linked for 0, where such a chip sees its flash too */
        {"stm32f405", "/usr/lib/firmware-tomu/toboot.bin", true, 0},
        {"stm32f405", "/usr/lib/firmware-tomu/toboot-booster.bin", true, 1},
    };
    size_t seen = 0;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct ub_flash_options options = {
            .assume_yes = true, .has_at = cases[i].at, .at = FLASH_BASE};
        struct ub_image *image = debian(cases[i].path);
        struct ub_match *match;
        struct ub_finding finding;
        size_t doubts = 0;
        if (!image)
            continue;
        seen++;
        open_bench(cases[i].spec);
        assert_int_equal(ub_check(bench.context, image, NULL, NULL, &options, &match, &bench.err),
                         UB_OK);
        for (size_t f = 0; ub_match_finding(match, f, &finding); f++) {
            if (finding.weight == UB_FINDING_AGAINST)
                fail_msg("%s: %s", cases[i].path, finding.text);
            doubts += finding.weight == UB_FINDING_WEAK;
        }
        if (doubts != cases[i].doubts)
            fail_msg("%s: %zu doubts", cases[i].path, doubts);
        ub_match_free(match);
        ub_image_close(image);
        bench_close(&bench);
    }
    if (seen == 0)
        skip();
}

#define TEST(name_) cmocka_unit_test(name_)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(images_of_others),
        TEST(claims_of_others),
        TEST(what_is_told),
        TEST(older_than_what_is_in_the_slot),
        TEST(a_slot_that_cannot_be_read),
        TEST(damaged_and_misplaced),
        TEST(of_a_device_that_runs),
        TEST(manifest_for_another_model),
        TEST(targets),
        TEST(families_without_a_device),
        TEST(wrong_options_are_refused_early),
        TEST(a_backup_is_not_doubted),
        TEST(published_firmware_on_its_device),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
