/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each kind of evidence, for and against, and where it has to be silent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "match_bench.h"
#include "trust/manifest.h"

#include <stdio.h>
#include <string.h>

#define BASE UINT64_C(0x08000000)

static struct match_bench bench;

static void open_plain(const char *family)
{
    match_open_table(&bench, family, BASE, 0x20001000, 0x08000041);
}

static void ids_of_either_mode(void **state)
{
    static const struct {
        uint16_t vid, pid;
        bool runtime;
        const char *says;
    } cases[] = {
        {0x0483, 0xdf11, false, "for"},     {0x0483, 0xffff, false, "for"},
        {0xffff, 0xdf11, false, "for"},     {0xffff, 0xffff, false, "none"},
        {0x28e9, 0x0189, false, "against"}, {0x1209, 0x0001, false, "against"},
        {0x1209, 0x0001, true, "for"},      {0x1209, 0x0002, true, "against"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        open_plain("stm32f405");
        bench.image->has_ids = true;
        bench.image->vid = cases[i].vid;
        bench.image->pid = cases[i].pid;
        bench.what.runtime = (struct ub_match_mode){
            .known = cases[i].runtime, .vid = 0x1209, .pid = 0x0001, .product = ""};
        match_expect(&bench, "other-device", cases[i].says);
        match_close(&bench);
    }
}

/* What is not known cannot contradict. */
static void ids_where_a_mode_is_unknown(void **state)
{
    open_plain("stm32f405");
    match_expect(&bench, "other-device", "none");
    bench.image->has_ids = true;
    bench.image->vid = 0x1209;
    bench.image->pid = 0x0002;
    bench.what.runtime = bench.what.dfu;
    bench.what.dfu.known = false;
    match_expect(&bench, "other-device", "weak");
    bench.what.runtime.known = false;
    match_expect(&bench, "other-device", "none");
    match_close(&bench);
}

static void targets_by_name(void **state)
{
    static const struct {
        uint64_t alt;
        const char *text;
        const char *says;
    } cases[] = {
        {0, "Internal Flash", "for"},
        {0, "ST...", "none"},
        {0, "", "none"},
        {0, "Option Bytes", "against"},
        {0, "My App", "weak"},
        {7, "Option Bytes", "none"}, /* has no place at all */
    };
    struct ub_region regions[2];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        open_plain("stm32f405");
        regions[0] = bench.region;
        regions[1] = (struct ub_region){.alt = 1, .kind = UB_REGION_OPTION, .name = "Option Bytes"};
        bench.what.regions = regions;
        bench.what.region_count = 2;
        match_claim(&bench, UB_CLAIM_TARGET, "DfuSe target", cases[i].alt, 0, cases[i].text);
        match_expect(&bench, "other-target", cases[i].says);
        match_close(&bench);
    }
}

static void guids_of_either_mode(void **state)
{
    open_plain("stm32f405");
    match_claim(&bench, UB_CLAIM_GUID, ub_metainfo_source, 0, 0,
                "12345678-0000-0000-0000-000000000000");
    match_expect(&bench, "other-guid", "weak"); /* what its firmware shows is not known */
    bench.what.runtime = (struct ub_match_mode){
        .known = true, .vid = 0x0a5c, .pid = 0x6412, .bcdDevice = 0x0001};
    match_expect(&bench, "other-guid", "against");
    match_claim(&bench, UB_CLAIM_GUID, ub_metainfo_source, 0, 0,
                "52FD36DC-5904-5936-B114-D98E9D410B25");
    match_expect(&bench, "other-guid", "for");
    bench.what.runtime.bcdDevice = 0x0002;
    match_expect(&bench, "other-guid", "against");
    bench.what.dfu.known = bench.what.runtime.known = false;
    match_expect(&bench, "other-guid", "none");
    match_close(&bench);
    open_plain("stm32f405");
    match_claim(&bench, UB_CLAIM_GUID, ub_metainfo_source, 0, 0,
                "5aea1200-2286-5819-93e6-3b5548b6c88a");
    match_expect(&bench, "other-guid", "for"); /* USB\VID_0483&PID_DF11 */
    match_close(&bench);
}

static void families_of_a_manifest(void **state)
{
    static const struct {
        const char *device;
        const char *claims[2];
        const char *says;
    } cases[] = {
        {"stm32f405", {"stm32f405", NULL}, "for"},
        {"stm32f405", {"STM32F411", "STM32F405"}, "for"},
        {"stm32f405", {"stm32", NULL}, "for"},
        {"stm32f405", {"stm32h743", NULL}, "against"},
        {"stm32f405", {"nrf52840", NULL}, "against"}, /* one that is not known here */
        {"stm32", {"stm32h743", NULL}, "weak"},       /* it may be one */
        {"stm32", {"gd32vf103", NULL}, "against"},
        {"dfu", {"stm32f405", NULL}, "weak"},
        {"gd32vf103", {"stm32", NULL}, "against"},
        {NULL, {"stm32f405", NULL}, "none"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        open_plain(cases[i].device);
        for (size_t c = 0; c < 2 && cases[i].claims[c]; c++)
            match_claim(&bench, UB_CLAIM_FAMILY, UB_MANIFEST_SOURCE, 0, 0, cases[i].claims[c]);
        match_expect(&bench, "other-family", cases[i].says);
        match_close(&bench);
    }
}

static void labels(void **state)
{
    static const struct {
        enum ub_claim_kind kind;
        const char *name;
        const char *good;
        const char *bad;
    } cases[] = {
        {UB_CLAIM_VENDOR, "other-vendor", "vendor=ACME", "vendor=Other"},
        {UB_CLAIM_MODEL, "other-model", "model=acme", "model=X"},
        {UB_CLAIM_REVISION, "other-revision", "revision=ACME", "revision=B"},
        {UB_CLAIM_MARKET, "other-market", "market=ACME", "market=EU"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        open_plain("stm32f405");
        assert_int_equal(ub_label_parse(cases[i].bad, &bench.what.label, NULL), UB_OK);
        match_expect(&bench, cases[i].name, "none"); /* the image says nothing */
        match_claim(&bench, cases[i].kind, UB_MANIFEST_SOURCE, 0, 0, "Something");
        match_claim(&bench, cases[i].kind, UB_MANIFEST_SOURCE, 0, 0, "Acme");
        match_expect(&bench, cases[i].name, "against");
        match_expect(&bench, "no-label", "none");
        assert_int_equal(ub_label_parse(cases[i].good, &bench.what.label, NULL), UB_OK);
        match_expect(&bench, cases[i].name, "for");
        match_expect(&bench, "no-label", "none");
        assert_int_equal(ub_label_parse(NULL, &bench.what.label, NULL), UB_OK);
        match_expect(&bench, cases[i].name, "none");
        match_expect(&bench, "no-label", i == 0 ? "none" : "weak");
        match_close(&bench);
    }
}

/* The device says its model itself; a label that says another one is the better witness. */
static void what_the_device_says_of_itself(void **state)
{
    open_plain("stm32f405");
    match_claim(&bench, UB_CLAIM_MODEL, UB_MANIFEST_SOURCE, 0, 0, "bench (dfu)");
    match_claim(&bench, UB_CLAIM_VENDOR, UB_MANIFEST_SOURCE, 0, 0, "Bench");
    match_expect(&bench, "other-model", "for");
    match_expect(&bench, "other-vendor", "for");
    match_expect(&bench, "no-label", "none");
    (void)snprintf(bench.what.label.model, UB_STRING_TEXT, "X");
    match_expect(&bench, "other-model", "against");
    match_expect(&bench, "product", "none");
    match_claim(&bench, UB_CLAIM_PRODUCT, ub_metainfo_source, 0, 0, "Other");
    match_expect(&bench, "product", "none");
    match_claim(&bench, UB_CLAIM_PRODUCT, ub_metainfo_source, 0, 0, "Bench (DFU)");
    match_expect(&bench, "product", "for");
    match_expect(&bench, "usb-ids", "none");
    bench.facts.has_usb_ids = true;
    bench.facts.usb_vid = 0x1209;
    bench.facts.usb_pid = 0x0001;
    bench.what.runtime = (struct ub_match_mode){.known = true, .vid = 0x1209, .pid = 0x0001};
    match_expect(&bench, "usb-ids", "for");
    bench.facts.usb_pid = 0x0002;
    match_expect(&bench, "usb-ids", "none");
    match_close(&bench);
}

static void uf2_families(void **state)
{
    static const struct {
        const char *device;
        uint64_t id;
        const char *text;
        const char *says;
    } cases[] = {
        {"stm32f405", 0x57755a57, "STM32F4", "for"},
        {"stm32f405", 0x5d1a0a2e, "STM32F2", "for"}, /* the same memory map */
        {"stm32f405", 0xe48bff56, "RP2040", "against"},
        {"stm32f405", 0x6db66082, "STM32H7", "against"},
        {"stm32f405", 0x12345678, "", "weak"},
        {"stm32h743", 0x6db66082, "STM32H7", "for"},
        {"stm32", 0x6db66082, "STM32H7", "for"},
        {"stm32", 0xe48bff56, "RP2040", "against"},
        {"gd32vf103", 0x9af03e33, "GD32VF103", "for"},
        {"gd32vf103", 0x57755a57, "STM32F4", "against"},
        {"dfu", 0xe48bff56, "RP2040", "none"},
        {"stm32u5", 0xe48bff56, "RP2040", "none"}, /* no id is known for it */
        {NULL, 0xe48bff56, "RP2040", "none"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        open_plain(cases[i].device);
        match_claim(&bench, UB_CLAIM_UF2_FAMILY, "UF2", cases[i].id, 0, cases[i].text);
        match_expect(&bench, "other-uf2-family", cases[i].says);
        match_close(&bench);
    }
    open_plain("stm32f405"); /* one file for several */
    match_claim(&bench, UB_CLAIM_UF2_FAMILY, "UF2", 0xe48bff56, 0, "RP2040");
    match_claim(&bench, UB_CLAIM_UF2_FAMILY, "UF2", 0x57755a57, 0, "STM32F4");
    match_expect(&bench, "other-uf2-family", "for");
    match_close(&bench);
}

static void machines(void **state)
{
    static const struct {
        const char *device;
        uint64_t machine;
        uint64_t flags;
        const char *says;
        const char *flags_say;
    } cases[] = {
        {"stm32f405", 40, 0x05000400, "for", "none"},
        {"stm32f405", 40, 0x05800200, "for", "weak"}, /* BE8 */
        {"stm32f042", 40, 0x05000400, "for", "weak"},
        {"stm32f042", 40, 0x05000200, "for", "none"},
        {"stm32f405", 243, 0x1, "against", "none"},
        {"gd32vf103", 243, 0x1, "for", "none"},
        {"gd32vf103", 243, 0x3, "for", "weak"},
        {"gd32vf103", 40, 0, "against", "none"},
        {"stm32f405", 62, 0, "against", "none"},
        {"stm32f405", 3, 0, "against", "none"},
        {"dfu", 62, 0, "against", "none"},
        {"dfu", 40, 0, "none", "none"},
        {"dfu", 183, 0, "none", "none"},
        {NULL, 3, 0, "against", "none"},
        {NULL, 40, 0, "none", "none"},
    };
    static const uint32_t code[64] = {0x0000006f}; /* a jump; no vector table */
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (cases[i].device && strcmp(cases[i].device, "gd32vf103") == 0)
            match_open(&bench, cases[i].device, BASE, code, 64);
        else
            open_plain(cases[i].device);
        match_claim(&bench, UB_CLAIM_MACHINE, "ELF header", cases[i].machine, cases[i].flags, "M");
        match_expect(&bench, "other-machine", cases[i].says);
        match_expect(&bench, "other-float", cases[i].flags_say);
        match_close(&bench);
    }
}

static void espressif(void **state)
{
    open_plain("stm32f405");
    match_expect(&bench, "other-chip", "none");
    bench.facts.esp = true;
    match_expect(&bench, "other-chip", "against");
    match_claim(&bench, UB_CLAIM_CHIP, "ESP image header", 9, 0, "ESP32-S3");
    match_expect(&bench, "other-chip", "against");
    match_close(&bench);
    open_plain("dfu");
    bench.facts.esp = true;
    match_claim(&bench, UB_CLAIM_CHIP, "ESP image header", 9, 0, "ESP32-S3");
    match_expect(&bench, "other-chip", "none"); /* a board with such a chip may be anything */
    bench.what.dfu.vid = 0x303a;
    bench.what.dfu.pid = 0x0009;
    match_expect(&bench, "other-chip", "for");
    bench.what.dfu.pid = 0x0002;
    match_expect(&bench, "other-chip", "against");
    match_close(&bench);
}

static void prefixes(void **state)
{
    open_plain("dfu");
    match_claim(&bench, UB_CLAIM_PREFIX, "LPC boot header", 0, 0, "lpc");
    match_expect(&bench, "other-prefix", "none");
    bench.what.takes_lpc_prefix = true;
    match_expect(&bench, "other-prefix", "for");
    match_close(&bench);
    open_plain("stm32f405");
    match_claim(&bench, UB_CLAIM_PREFIX, "LPC boot header", 0, 0, "lpc");
    match_expect(&bench, "other-prefix", "against");
    match_close(&bench);

    match_open_table(&bench, "stm32f405", 0, 0x20001000, 0x08000041);
    match_claim(&bench, UB_CLAIM_PREFIX, "TI DFU prefix", 0x4000, 0, "ti");
    bench.what.has_at = true;
    bench.what.at = BASE;
    match_expect(&bench, "other-prefix", "against"); /* for another address */
    bench.what.at = 0x4000;
    match_expect(&bench, "other-prefix", "against"); /* and the bytes are no firmware there */
    match_close(&bench);
    open_plain("dfu");
    match_claim(&bench, UB_CLAIM_PREFIX, "TI DFU prefix", BASE, 0, "ti");
    match_expect(&bench, "other-prefix", "none");
    bench.what.takes_lpc_prefix = true;
    match_expect(&bench, "other-prefix", "against");
    match_close(&bench);
}

static void initial_stack_pointer(void **state)
{
    static const struct {
        const char *device;
        uint32_t stack;
        const char *says;
    } cases[] = {
        {"stm32f405", 0x20020000, "for"},     {"stm32f405", 0x10010000, "for"},
        {"stm32f405", 0x20050000, "for"},     {"stm32f405", 0x20050004, "against"},
        {"stm32f405", 0x24080000, "against"}, /* an H7's AXI RAM */
        {"stm32f405", 0x20000000, "against"}, /* nothing below */
        {"stm32h743", 0x24080000, "for"},     {"stm32h743", 0x20030000, "against"},
        {"stm32f042", 0x20001800, "for"},     {"stm32f042", 0x20004000, "against"},
        {"stm32", 0x24080000, "none"},        {"dfu", 0x24080000, "none"},
        {"gd32vf103", 0x24080000, "none"},    {NULL, 0x24080000, "none"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        match_open_table(&bench, cases[i].device, BASE, cases[i].stack, 0x08000041);
        match_expect(&bench, "other-ram", cases[i].says);
        match_close(&bench);
    }
}

static void reset_vector(void **state)
{
    static const struct {
        const char *device;
        uint64_t address;
        uint32_t reset;
        const char *says;
    } cases[] = {
        {"stm32f405", BASE, 0x08000041, "for"},
        {"stm32f405", BASE, 0x00000041, "for"},     /* seen at 0 too */
        {"stm32f405", BASE, 0x00004041, "weak"},    /* in its flash, but not in the image */
        {"stm32f405", BASE, 0x08004041, "against"}, /* linked for behind a bootloader */
        {"stm32f405", BASE, 0x08000101, "against"}, /* one past its end */
        {"stm32f405", BASE + 0x4000, 0x08004041, "for"},
        {"stm32f405", BASE + 0x4000, 0x08000041, "against"},
        {"stm32f405", BASE, 0x20000041, "weak"}, /* it may be there already */
        {"stm32f767", BASE, 0x00200041, "for"},  /* through the ITCM interface */
        {"stm32h743", BASE, 0x08020041, "against"},
        {"stm32", BASE, 0x08004041, "against"},
        {"dfu", BASE, 0x08004041, "none"},
        {"gd32vf103", BASE, 0x08004041, "none"},
        {NULL, BASE, 0x08004041, "none"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        match_open_table(&bench, cases[i].device, cases[i].address, 0x20001000, cases[i].reset);
        match_expect(&bench, "other-address", cases[i].says);
        match_close(&bench);
    }
}

/* A raw file has the address that --at says, or that its own vectors say. */
static void raw_files_are_judged_where_they_go(void **state)
{
    match_open_table(&bench, "stm32f405", 0, 0x20001000, 0x08004041);
    match_expect(&bench, "other-address", "none"); /* it cannot be placed at all */
    bench.what.has_at = true;
    bench.what.at = BASE;
    match_expect(&bench, "other-address", "against");
    bench.what.at = BASE + 0x4000;
    match_expect(&bench, "other-address", "for");
    match_close(&bench);
    match_open_table(&bench, "stm32f405", 0, 0x20001000, 0x08000041);
    match_expect(&bench, "other-address", "for");
    match_expect(&bench, "other-ram", "for");
    match_close(&bench);
}

static void what_is_no_table(void **state)
{
    static const uint32_t noise[64] = {0x9e3779b9, 0x7f4a7c15, 0xf39cc060, 0x5cedc834};
    static const uint32_t mcuboot[64] = {0x96f3b83d, 0, 32, 200, 0, 0x00010201};
    match_open(&bench, "stm32f405", BASE, noise, 64);
    match_expect(&bench, "no-vectors", "weak");
    match_expect(&bench, "encrypted", "none");
    bench.facts.dense = true;
    match_expect(&bench, "no-vectors", "none"); /* said once */
    match_expect(&bench, "encrypted", "weak");
    match_close(&bench);
    match_open(&bench, "stm32f405", BASE + 0x4000, noise, 64);
    bench.facts.dense = true;
    match_expect(&bench, "no-vectors", "none"); /* not what the chip starts */
    match_expect(&bench, "encrypted", "none");
    match_close(&bench);
    match_open(&bench, "gd32vf103", BASE, noise, 64);
    match_expect(&bench, "no-vectors", "none"); /* code may look like anything */
    match_close(&bench);
    match_open_table(&bench, "gd32vf103", BASE, 0x20001000, 0x08000041);
    match_expect(&bench, "other-machine", "against"); /* but not like an Arm's */
    match_expect(&bench, "no-vectors", "none");
    match_close(&bench);
    match_open(&bench, "dfu", 0, noise, 64);
    bench.facts.dense = true;
    match_expect(&bench, "encrypted", "none"); /* its bootloader may decrypt */
    match_expect(&bench, "no-vectors", "none");
    match_close(&bench);
    static const char *const no_vectors[] = {"no-vectors", "unsigned"};
    struct ub_error err;
    match_open(&bench, "stm32f405", BASE, mcuboot, 64);
    match_expect(&bench, "over-bootloader", "against");
    match_expect(&bench, "no-vectors", "none"); /* said once */
    bench.options.accept = no_vectors;          /* a warning's name does not stand for it */
    bench.options.accept_count = 2;
    match_expect(&bench, "over-bootloader", "against");
    assert_int_equal(ub_match_contradiction(&bench.match, &err), UB_IMG_CONTRADICTION);
    match_close(&bench);
    match_open(&bench, "gd32vf103", BASE, mcuboot, 64);
    match_expect(&bench, "over-bootloader", "against");
    match_close(&bench);
    match_open(&bench, "stm32f405", BASE + 0x10000, mcuboot, 64);
    match_expect(&bench, "over-bootloader", "none");
    match_expect(&bench, "no-vectors", "none");
    match_close(&bench);
    open_plain("stm32f405");
    bench.facts.dense = true; /* it unpacks itself */
    match_expect(&bench, "encrypted", "none");
    match_expect(&bench, "no-vectors", "none");
    match_close(&bench);
}

static void entries(void **state)
{
    static const struct {
        uint64_t entry;
        const char *says;
    } cases[] = {
        {0x08000041, "none"}, {0x080000ff, "none"}, {0x08000100, "weak"}, {0, "none"},
        {0x00000040, "none"}, {0x20000000, "weak"}, {UINT64_MAX, "weak"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        open_plain("stm32f405");
        match_claim(&bench, UB_CLAIM_ENTRY, "ELF header", cases[i].entry, 0, NULL);
        match_expect(&bench, "other-entry", cases[i].says);
        match_close(&bench);
    }
}

static void addresses(void **state)
{
    static const struct {
        const char *device;
        uint64_t address;
        bool family_only;
        const char *says;
    } cases[] = {
        {"stm32f405", BASE, false, "for"},
        {"stm32f405", BASE + 0xfff00, false, "for"},
        {"stm32f405", BASE + 0xfff01, false, "against"},
        {"stm32f405", 0x10000000, false, "against"},
        {"stm32f405", UINT64_MAX - 1000, false, "against"},
        {"stm32f405", BASE, true, "for"},
        {"stm32f405", BASE + 0xfff01, true, "against"},
        {"stm32g4", BASE + 0x7ff00, true, "for"}, /* sizes differ in the family */
        {"stm32g4", 0x1000, true, "against"},
        {"stm32", 0x1000, true, "against"},
        {"stm32", BASE, true, "for"},
        {"dfu", BASE, true, "none"},
        {"dfu", 0x1000, false, "none"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        match_open_table(&bench, cases[i].device, cases[i].address, 0x20001000, 0x08000041);
        bench.what.family_only = cases[i].family_only;
        if (cases[i].family_only)
            bench.what.region_count = 0;
        match_expect(&bench, "outside", cases[i].says);
        match_close(&bench);
    }
}

static void damage(void **state)
{
    open_plain("dfu");
    bench.facts.mcuboot_hash = bench.facts.esp_hash = UB_SELF_WRONG;
    match_expect(&bench, "damaged", "none"); /* no such format */
    bench.facts.mcuboot = true;
    match_expect(&bench, "damaged", "against");
    bench.facts.mcuboot_hash = UB_SELF_RIGHT;
    match_expect(&bench, "damaged", "none");
    match_expect(&bench, "unsigned", "none");
    bench.facts.mcuboot_unsigned = true;
    match_expect(&bench, "unsigned", "weak");
    bench.facts.esp = true;
    match_expect(&bench, "damaged", "against");
    match_close(&bench);
}

static void older_than_what_runs(void **state)
{
    static const uint32_t mcuboot[64] = {0x96f3b83d, 0, 32, 200, 0, 0x00010201}; /* 1.2.1 */
    static const struct {
        const char *running;
        const char *says;
    } cases[] = {
        {"1.2.1+7", "none"}, {"1.2.0+0", "none"}, {"1.2.2+0", "against"}, {"1.10.0+0", "against"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        match_open(&bench, "dfu", 0, mcuboot, 64);
        bench.what.running = cases[i].running;
        match_expect(&bench, "downgrade", cases[i].says);
        bench.what.comparing = true;
        match_expect(&bench, "downgrade", "none");
        match_close(&bench);
    }
    open_plain("dfu");
    match_claim(&bench, UB_CLAIM_VERSION, UB_MANIFEST_SOURCE, 0, 0, "1.1.0");
    match_expect(&bench, "downgrade", "none"); /* what runs is not known */
    bench.what.runtime = (struct ub_match_mode){.known = true, .bcdDevice = 0x0200};
    match_expect(&bench, "downgrade", "against");
    bench.what.runtime.bcdDevice = 0x0110;
    match_expect(&bench, "downgrade", "none"); /* 1.10 or 1.1.0 */
    match_close(&bench);
    open_plain("dfu");
    match_claim(&bench, UB_CLAIM_VERSION, "a text in it", 0, 0, "1.1.0");
    bench.what.runtime = (struct ub_match_mode){.known = true, .bcdDevice = 0x0200};
    match_expect(&bench, "downgrade", "none"); /* nobody vouches for that */
    match_close(&bench);
    /* Nordic's counters and MCUboot's versions are no releases, whatever their source is called */
    static const char *const others[] = {"Nordic manifest", "package", "manifest", "metainfo"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        open_plain("dfu");
        match_claim(&bench, UB_CLAIM_VERSION, others[i], 0, 0, "0");
        bench.what.runtime = (struct ub_match_mode){.known = true, .bcdDevice = 0x0100};
        match_expect(&bench, "downgrade", "none");
        match_claim(&bench, UB_CLAIM_VERSION, UB_MANIFEST_SOURCE, 0, 0, "0.9");
        match_expect(&bench, "downgrade", "against"); /* but that one is */
        match_close(&bench);
    }
}

static void release_of_a_suffix(void **state)
{
    static const struct {
        uint16_t suffix, running;
        const char *says;
    } cases[] = {
        {0x0100, 0x0200, "weak"}, {0x0200, 0x0200, "none"}, {0x0300, 0x0200, "none"},
        {0xffff, 0x0200, "none"}, {0x0000, 0x0200, "none"}, {0x00f0, 0x0200, "none"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        open_plain("dfu");
        bench.image->has_ids = true;
        bench.image->vid = 0x1209;
        bench.image->pid = 0x0001;
        bench.image->bcdDevice = cases[i].suffix;
        bench.what.runtime = (struct ub_match_mode){
            .known = true, .vid = 0x1209, .pid = 0x0001, .bcdDevice = cases[i].running};
        match_expect(&bench, "downgrade", cases[i].says);
        bench.image->pid = 0x0002; /* the bootloader's: then that is what the release is of */
        match_expect(&bench, "downgrade", "none");
        match_close(&bench);
    }
}

static void least_versions(void **state)
{
    static const struct {
        const char *needs;
        const char *format;
        uint16_t has;
        const char *says;
    } cases[] = {
        {"1.0", NULL, 0x0120, "none"},        {"1.3", NULL, 0x0120, "weak"}, /* 1.20 or 1.2.0 */
        {"2.0", NULL, 0x0120, "against"},     {"1.3", "bcd", 0x0120, "none"},
        {"1.21", "bcd", 0x0120, "against"},   {"1.33", "pair", 0x0120, "against"},
        {"1.32", "pair", 0x0120, "none"},     {"289", "plain", 0x0120, "against"},
        {"1.2.3", "triplet", 0x0120, "weak"}, {"words", NULL, 0x0120, "weak"},
    };
    static const enum ub_claim_kind kinds[] = {UB_CLAIM_MIN_VERSION, UB_CLAIM_MIN_LOADER};
    static const char *const names[] = {"min-version", "min-loader"};
    for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
        const size_t c = i / 2;
        open_plain("dfu");
        match_claim(&bench, kinds[i % 2], ub_metainfo_source, 0, 0, cases[c].needs);
        if (cases[c].format)
            match_claim(&bench, UB_CLAIM_VERSION_FORMAT, ub_metainfo_source, 0, 0, cases[c].format);
        *(i % 2 ? &bench.what.dfu : &bench.what.runtime) = (struct ub_match_mode){
            .known = true, .bcdDevice = cases[c].has};
        match_expect(&bench, names[i % 2], cases[c].says);
        (i % 2 ? &bench.what.dfu : &bench.what.runtime)->known = false;
        match_expect(&bench, names[i % 2], "weak");
        bench.what.family_only = true;
        match_expect(&bench, names[i % 2], "none");
        match_close(&bench);
    }
    open_plain("dfu");
    bench.what.running = "1.2.3+4";
    match_claim(&bench, UB_CLAIM_MIN_VERSION, UB_MANIFEST_SOURCE, 0, 0, "1.2.4");
    match_expect(&bench, "min-version", "against");
    bench.what.running = "1.2.4+0";
    match_expect(&bench, "min-version", "none");
    match_close(&bench);
}

static void flags_of_trust(void **state)
{
    struct ub_error err;
    open_plain("dfu");
    match_expect(&bench, "expired", "none");
    match_expect(&bench, "rolled-back", "none");
    bench.image->trust.expired = true;
    match_expect(&bench, "expired", "against");
    assert_int_equal(ub_match_contradiction(&bench.match, &err), UB_TRU_EXPIRED);
    bench.image->trust.expired = false;
    bench.image->trust.rolled_back = true;
    match_expect(&bench, "rolled-back", "against");
    assert_int_equal(ub_match_contradiction(&bench.match, &err), UB_TRU_ROLLBACK);
    assert_non_null(strstr(err.message, "(named by --accept rolled-back)"));
    bench.what.comparing = true;
    match_expect(&bench, "rolled-back", "none");
    match_close(&bench);
}

#define TEST(name_) cmocka_unit_test(name_)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ids_of_either_mode),
        TEST(ids_where_a_mode_is_unknown),
        TEST(targets_by_name),
        TEST(guids_of_either_mode),
        TEST(families_of_a_manifest),
        TEST(labels),
        TEST(what_the_device_says_of_itself),
        TEST(uf2_families),
        TEST(machines),
        TEST(espressif),
        TEST(prefixes),
        TEST(initial_stack_pointer),
        TEST(reset_vector),
        TEST(raw_files_are_judged_where_they_go),
        TEST(what_is_no_table),
        TEST(entries),
        TEST(addresses),
        TEST(damage),
        TEST(older_than_what_runs),
        TEST(release_of_a_suffix),
        TEST(least_versions),
        TEST(flags_of_trust),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
