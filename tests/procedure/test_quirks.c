/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What quirks make of devices, from recognition to leaving: virtual devices under the ids of every
 * device that data/quirks.yaml knows, and each model as the family that it is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/text.h"
#include "bench.h"
#include "image/image.h"
#include "image/prefix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH ((size_t)3000)
#define S      UINT64_C(1000000)

static struct bench bench;

static struct ub_details *details_of(const char *spec)
{
    struct ub_details *details = NULL;
    bench_open(&bench, spec);
    enum ub_code code = ub_details(bench.context, NULL, &details, &bench.err);
    if (code)
        fail_msg("%s: %s", spec, bench.err.message);
    return details;
}

static bool has(const struct ub_details *details, const char *quirk)
{
    for (size_t i = 0; i < details->quirk_count; i++)
        if (strcmp(details->quirks[i].name, quirk) == 0)
            return true;
    return false;
}

/* Every chip by its family, and one quirk that it has; "" for none of its own. */
static void each_model_is_known(void **state)
{
    static const struct {
        const char *model;
        const char *family;
        const char *quirk;
        const char * not ;
    } cases[] = {
        {"stm32f405", "STM32F405", "stm32f405-mass-erase", "stm32f427-strings"},
        {"stm32f411", "STM32F411", "stm32f411-refuses", "stm32f72x-units"},
        {"stm32f427", "STM32F427", "stm32f427-strings", "stm32f405-mass-erase"},
        {"stm32f72x", "STM32F72x", "stm32f72x-units", "stm32f411-refuses"},
        {"stm32f745", "STM32F745", "stm32f745-slow-answers", "stm32f767-banks"},
        {"stm32f767", "STM32F767", "stm32f767-banks", "stm32f427-strings"},
        {"stm32h743", "STM32H743", "stm32h743-stuck", "stm32f405-mass-erase"},
        {"stm32l0", "STM32L0", "stm32lx-erased", "stm32l4-early"},
        {"stm32l1", "STM32L1", "stm32lx-erased", "stm32l072-pages"},
        {"stm32l4", "STM32L4", "stm32l4-early", "stm32g4-two-zones"},
        {"stm32g4", "STM32G4", "stm32g4-two-zones", "stm32l4-early"},
        {"stm32u5", "STM32U5", "stm32u5-set-address", "stm32c5-mute"},
        {"stm32c5", "STM32C5", "stm32c5-mute", "stm32u5-set-address"},
        {"stm32wb55", "STM32WB55", "stm32wb55-leave", "stm32l4-early"},
        {"stm32f072", "STM32F072", "stm32f072-early", "stm32l4-early"},
        {"stm32f103", "STM32F103", "stm32f103-own-area", "stm32f072-early"},
        {"gd32vf103", "GD32VF103", "gd32vf103-pages", "gd32vf103-blank"},
        {"gd32vf103b", "GD32VF103", "gd32vf103-blank", "gd32vf103-pages-64k"},
        {"gd32f103", "GD32F103", "gd32f103-slow-erase", "gd32vf103-pages"},
        {"at32f435", "AT32", "at32-option-byte", "stm32-set-addres"},
        {"apm32", "APM32", "clone-ids", "at32-option-byte"},
        {"blackmagic", "Black Magic Probe", "blackmagic-busy", "stm32-set-address"},
        {"hackrf", "DFU", "lpc-dfu-mode", "jabra-protocol"},
        {"ubertooth", "DFU", "ubertooth-places", "lpc-dfu-mode"},
        {"openmoko", "DFU", "openmoko-poll", "openpcd-poll"},
        {"jabra", "DFU", "jabra-protocol", "lpc-dfu-mode"},
        {"mstack", "DFU", "m-stack-upload", "poly-manifest"},
        {"slowmanifest", "DFU", "poly-manifest", "m-stack-upload"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ub_details *details = details_of(cases[i].model);
        if (strcmp(details->device.family, cases[i].family) != 0)
            fail_msg("%s is taken for %s", cases[i].model, details->device.family);
        if (!has(details, cases[i].quirk) || has(details, cases[i].not ))
            fail_msg("%s has not %s, or has %s", cases[i].model, cases[i].quirk, cases[i].not );
        assert_int_equal(details->device.mode, UB_MODE_DFU);
        ub_details_free(details);
        bench_close(&bench);
    }
}

static struct ub_image *image_for(bool addressed, bool prefix)
{
    struct ub_image *image = bench_image(addressed ? FLASH_BASE : 0, LENGTH, 7);
    static const uint8_t lpc[] = {0x1a, 0x3f, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff};
    if (prefix)
        memcpy(image->segments[0].data, lpc, sizeof(lpc));
    return image;
}

/* One device under the ids of another kind: it is written and proved, whatever the quirks of those
 * ids say, or it is refused for what they say. */
static void flash_as(const char *model, uint16_t vid, uint16_t pid, const struct ub_quirk *quirk)
{
    char spec[64];
    struct ub_quirk_effect effect;
    static const struct ub_flash_options options = {
        .assume_yes = true, .no_backup = true, .stay = true};
    (void)ub_print(spec, sizeof(spec), "%s,id=%04x:%04x", model, vid, pid);
    bench_open(&bench, spec);
    const struct ub_usb_info info = {.vid = vid, .pid = pid, .bcdDevice = 0x0100};
    ub_quirks_look(bench.context->quirks, &info, &effect);
    bool none = effect.mode == UB_QUIRK_MODE_NONE;
    bool addressed = strcmp(model, "dfu") != 0;
    if (effect.habits.first_block) { /* where its stream begins the bench's device has nothing */
        bench_close(&bench);
        return;
    }
    struct ub_image *image = image_for(addressed, effect.prefix == UB_QUIRK_PREFIX_LPC);
    enum ub_code code = ub_flash(bench.context, image, "1-1", &options, &bench.result, &bench.err);
    enum ub_code wanted = none ? UB_DEV_NOT_DFU : UB_OK;
    if (code != wanted)
        fail_msg("%s as %s: %s", spec, quirk->name, bench.err.message);
    if (!none)
        assert_memory_equal(bench_memory_at(&bench, addressed ? FLASH_BASE : 0, LENGTH),
                            image->segments[0].data, LENGTH);
    ub_image_close(image);
    bench_close(&bench);
}

static void every_id_of_the_table(void **state)
{
    struct ub_quirks *quirks = NULL;
    unsigned count = 0;
    assert_int_equal(ub_quirks_open(&quirks, &bench.err), UB_OK);
    for (size_t i = 0; i < ub_quirks_count(quirks); i++) {
        const struct ub_quirk *quirk = ub_quirks_at(quirks, i);
        for (size_t c = 0; c < quirk->condition_count; c++) {
            const struct ub_quirk_condition *condition = &quirk->conditions[c];
            if (condition->by != UB_QUIRK_BY_ID)
                continue;
            flash_as("dfu", condition->vid, condition->first, quirk);
            count++;
        }
    }
    ub_quirks_close(quirks);
    assert_true(count > 60);
}

/* ST's bootloader under the ids of its clones. */
static void clones(void **state)
{
    static const struct {
        uint16_t vid;
        uint16_t pid;
        const char *family;
    } cases[] = {{0x2e3c, 0xdf11, "AT32"}, {0x314b, 0x0106, "APM32"}, {0x342d, 0xdfa0, "WB32"},
                 {0x3997, 0xdf11, "X32"},  {0x28e9, 0x0189, "GD32"},  {0x1209, 0x0001, "DFU"}};
    static char name[] = "a clone";
    const struct ub_quirk quirk = {.name = name};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char spec[64];
        (void)ub_print(spec, sizeof(spec), "stm32f405,id=%04x:%04x", cases[i].vid, cases[i].pid);
        struct ub_details *details = details_of(spec);
        assert_string_equal(details->device.family, cases[i].family);
        assert_int_equal(has(details, "clone-ids"), strcmp(cases[i].family, "DFU") != 0);
        ub_details_free(details);
        bench_close(&bench);
        flash_as("stm32f405", cases[i].vid, cases[i].pid, &quirk);
    }
}

static void why_and_what(void **state)
{
    struct ub_details *details = details_of("gd32vf103");
    assert_true(details->quirk_count > 0);
    const struct ub_quirk_info *pages = details->quirks;
    for (size_t i = 0; i < details->quirk_count; i++)
        if (strcmp(details->quirks[i].name, "gd32vf103-pages") == 0)
            pages = &details->quirks[i];
    assert_string_equal(pages->name, "gd32vf103-pages");
    assert_string_equal(pages->because, "id 28e9:0189, serial 3??J");
    assert_string_equal(pages->remedy, "memory_map=@Internal Flash  /0x08000000/128*001Kg");
    assert_non_null(strstr(pages->source, "dfu-util"));
    assert_string_equal(details->device.serial, "3CBJ");
    assert_int_equal(details->regions[0].runs[0].size, 1024);
    assert_int_equal(details->regions[0].runs[0].count, 128);
    ub_details_free(details);
    /* the serial number by which it is shown is the one by which it is named */
    assert_int_equal(ub_details(bench.context, "serial=3CBJ", &details, &bench.err), UB_OK);
    ub_details_free(details);
    bench_close(&bench);
    /* firmware that runs is not opened for this: its ids and strings are enough */
    details = details_of("dfu,mode=runtime,appid=0b0e:0412");
    assert_int_equal(details->device.mode, UB_MODE_RUNTIME);
    assert_true(has(details, "jabra-protocol"));
    assert_int_equal(bench_counts(&bench, 0).opens, 0);
    ub_details_free(details);
    bench_close(&bench);
}

/* The map of an F767 is that of one bank; its option bytes say that it has two. */
static void memory_that_tells(void **state)
{
    static char name[] = "an F767";
    const struct ub_quirk quirk = {.name = name};
    struct ub_details *details = details_of("stm32f767");
    assert_int_equal(details->regions[0].run_count, 6);
    assert_string_equal(ub_dfu_state_name(details->bState), "dfuERROR"); /* as it was met */
    assert_int_equal(bench_counts(&bench, 0).opens, 2);
    ub_details_free(details);
    bench_close(&bench);
    flash_as("stm32f767", 0x0483, 0xdf11, &quirk);
    /* whoever knows better is believed */
    bench_open(&bench, "stm32f767");
    assert_int_equal(ub_quirks_add_line(bench.context->quirks,
                                        "name=stm32f767-banks,id=0483:df11,does=nothing",
                                        &bench.err),
                     UB_OK);
    assert_int_equal(ub_details(bench.context, NULL, &details, &bench.err), UB_OK);
    assert_int_equal(details->regions[0].run_count, 3);
    assert_int_equal(bench_counts(&bench, 0).opens, 1);
    ub_details_free(details);
    bench_close(&bench);
}

/* What decides which sectors are erased is not left to one transfer. */
static void memory_that_tells_in_spite_of_faults(void **state)
{
    static const char *const kinds[] = {"stall", "short", "corrupt", "timeout"};
    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
        for (unsigned at = 1; at <= 14; at++) {
            char spec[64];
            struct ub_details *details = NULL;
            (void)ub_print(spec, sizeof(spec), "stm32f767,fault=%s@%u", kinds[k], at);
            bench_open(&bench, spec);
            enum ub_code code = ub_details(bench.context, NULL, &details, &bench.err);
            assert_true(code != UB_OK || details->regions[0].run_count == 6);
            ub_details_free(details);
            bench_close(&bench);
        }
}

static void a_person_overrides(void **state)
{
    struct ub_details *details = NULL;
    bench_open(&bench, "stm32f405");
    struct ub_quirks *quirks = bench.context->quirks;
    assert_int_equal(ub_quirks_add_line(quirks,
                                        "id=0483:df11,map=*04?016Kg*,memory_map=@Internal Flash  "
                                        "/0x08000000/04*016Kg,transfer_size_max=512",
                                        &bench.err),
                     UB_OK);
    assert_int_equal(ub_details(bench.context, NULL, &details, &bench.err), UB_OK);
    assert_int_equal(details->regions[0].run_count, 1);
    assert_int_equal(details->transfer_size, 512);
    const struct ub_quirk_info *last = &details->quirks[details->quirk_count - 1];
    assert_string_equal(last->source, "--quirk");
    assert_string_equal(last->because, "id 0483:df11, map *04?016Kg*");
    ub_details_free(details);
    assert_int_equal(ub_quirks_add_line(quirks, "id=0483:df11,mode=none", &bench.err), UB_OK);
    assert_int_equal(ub_details(bench.context, NULL, &details, &bench.err), UB_DEV_NONE);
    bench_close(&bench);
}

static void an_lpc_prefix(void **state)
{
    uint8_t bytes[1040] = {0x1a, 0x3f, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff};
    const char *why;
    assert_true(ub_lpc_prefix_fits(bytes, 1040, &why)); /* 2 frames of 512 and the header */
    assert_null(why);
    bytes[0] = 0xda; /* not signed, not encrypted */
    bytes[1] = 0xff;
    assert_true(ub_lpc_prefix_fits(bytes, 1024, NULL));
    bytes[0] = 0x25; /* encrypted */
    assert_true(ub_lpc_prefix_fits(bytes, 1024, NULL));
    bytes[2] = 1;
    assert_false(ub_lpc_prefix_fits(bytes, 1024, &why));
    assert_non_null(strstr(why, "smaller image"));
    bytes[2] = 2;
    assert_false(ub_lpc_prefix_fits(bytes, 15, NULL));
    assert_false(ub_lpc_prefix_fits(NULL, 0, &why));
    assert_non_null(strstr(why, "does not begin"));
    static const size_t places[] = {0, 1, 12, 15};
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        uint8_t kept = bytes[places[i]];
        bytes[places[i]] = 0x00;
        assert_false(ub_lpc_prefix_fits(bytes, 1024, NULL));
        bytes[places[i]] = kept;
    }
}

/* Firmware as Debian ships it for the HackRF (package hackrf-firmware), with the prefix and bare.
 */
static void real_firmware(void **state)
{
    static const struct {
        const char *path;
        bool prefixed;
    } files[] = {{"/usr/share/hackrf/hackrf_one_usb.dfu", true},
                 {"/usr/share/hackrf/hackrf_jawbreaker_usb.dfu", true},
                 {"/usr/share/hackrf/hackrf_rad1o_usb.dfu", true},
                 {"/usr/share/hackrf/hackrf_one_usb.bin", false}};
    unsigned seen = 0;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        uint8_t *bytes = NULL;
        size_t length = 0;
        if (ub_file_read(files[i].path, (size_t)1 << 20, &bytes, &length, NULL))
            continue;
        assert_int_equal(ub_lpc_prefix_fits(bytes, length - (files[i].prefixed ? 16 : 0), NULL),
                         files[i].prefixed);
        free(bytes);
        seen++;
    }
    if (!seen)
        skip();
}

static void without_its_prefix_nothing_is_touched(void **state)
{
    static const char *const specs[] = {"hackrf", "dfu,id=1fc9:000c,protocol=1"};
    static const struct ub_flash_options options = {.assume_yes = true, .no_backup = true};
    for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++) {
        struct ub_image *bare = image_for(false, false);
        struct ub_image *whole = image_for(false, true);
        bench_open(&bench, specs[i]);
        assert_int_equal(ub_flash(bench.context, bare, NULL, &options, &bench.result, &bench.err),
                         UB_IMG_NO_PREFIX);
        assert_int_equal(bench.result.left, UB_LEFT_UNCHANGED);
        assert_int_equal(bench_counts(&bench, 0).programs, 0);
        assert_int_equal(ub_flash(bench.context, whole, NULL, &options, &bench.result, &bench.err),
                         UB_OK);
        ub_image_close(bare);
        ub_image_close(whole);
        bench_close(&bench);
    }
}

/* A device that stays away long is waited for as long as it is known to. */
static void patience(void **state)
{
    static const char *const lines[] = {"id=0483:df11,return_deadline_ms=60000",
                                        "id=0483:df11,return_deadline_ms=0"};
    static const uint64_t waits[] = {60 * S, 5 * S};
    for (size_t i = 0; i < 2; i++) {
        bench_open(&bench, "stm32f405,leave=stall");
        assert_int_equal(ub_quirks_add_line(bench.context->quirks, lines[i], &bench.err), UB_OK);
        assert_int_equal(ub_leave(bench.context, NULL, &bench.result, &bench.err), UB_OK);
        assert_false(bench.result.came_back);
        assert_true(bench.result.return_us >= waits[i] && bench.result.return_us < waits[i] + S);
        bench_close(&bench);
    }
}

/* A bootloader in the flash that no family knows: firmware begins behind its own sectors. */
static void firmware_is_behind_its_bootloader(void **state)
{
    static const char *const specs[] = {
        "stm32f103,map=@Internal Flash   /0x08000000/12*001Ka\\,116*001Kg", "gd32f103", "at32f435",
        "blackmagic"};
    static const uint64_t places[] = {0x08003000, 0x08008000, 0x08008000, 0x08002000};
    static const struct ub_flash_options options = {.assume_yes = true, .no_backup = true};
    for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++) {
        static const uint8_t vectors[] = {0x00, 0x10, 0x00, 0x20, 0x01, 0x90, 0x00, 0x08};
        struct ub_image *image = bench_image(places[i], LENGTH, 9);
        memcpy(image->segments[0].data, vectors, sizeof(vectors));
        bench_open(&bench, specs[i]);
        enum ub_code code = ub_flash(bench.context, image, NULL, &options, &bench.result,
                                     &bench.err);
        if (code || !bench.result.came_back || bench.result.returned.mode != UB_MODE_RUNTIME)
            fail_msg("%s: %s", specs[i], bench.err.message);
        ub_image_close(image);
        bench_close(&bench);
    }
}

/* What cannot be read stops everything before a bus is opened. */
static void a_bad_quirk_opens_nothing(void **state)
{
    static const char *const good[] = {"stm32f405,time=virtual"};
    static const char *const lines[] = {"id=0483:df11,colour=red"};
    static const char *const files[] = {"/nonexistent/quirks.yaml"};
    struct ub_context *context = NULL;
    struct ub_error err;
    struct ub_config config = {
        .sims = good, .sim_count = 1, .vault = "/tmp", .quirks = lines, .quirk_count = 1};
    assert_int_equal(ub_context_open(&config, &context, &err), UB_USE_QUIRK);
    assert_null(context);
    config.quirk_count = 0;
    config.quirk_files = files;
    config.quirk_file_count = 1;
    assert_int_equal(ub_context_open(&config, &context, &err), UB_USE_QUIRK);
    assert_non_null(strstr(err.message, files[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_model_is_known),
        cmocka_unit_test(every_id_of_the_table),
        cmocka_unit_test(clones),
        cmocka_unit_test(why_and_what),
        cmocka_unit_test(memory_that_tells),
        cmocka_unit_test(memory_that_tells_in_spite_of_faults),
        cmocka_unit_test(a_person_overrides),
        cmocka_unit_test(an_lpc_prefix),
        cmocka_unit_test(real_firmware),
        cmocka_unit_test(without_its_prefix_nothing_is_touched),
        cmocka_unit_test(patience),
        cmocka_unit_test(firmware_is_behind_its_bootloader),
        cmocka_unit_test(a_bad_quirk_opens_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
