/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What firmware looks like. A memory map of sectors does not tell one chip: each list of RAM is
 * that of all chips that show the map, the largest of each kind, from the sections "Memory
 * organization" of ST's reference manuals, which are named beside each. So a stack pointer outside
 * of it fits none of them. UF2's family ids: microsoft/uf2, utils/uf2families.json.
 */
#include "family/family_firmware.h"

#define K 1024u

#define RAM(list_)                                                                                 \
    .ram = (list_), .ram_count = sizeof(list_) / sizeof((list_)[0]), .core = UB_CORE_CORTEX_M
#define UF2(list_) .uf2 = (list_), .uf2_count = sizeof(list_) / sizeof((list_)[0])
#define SEEN_AT(list_)                                                                             \
    .flash = 0x08000000, .aliases = (list_), .alias_count = sizeof(list_) / sizeof((list_)[0])

/* After reset the flash is seen at 0 too (RM0090 2.4, RM0091 2.5, RM0351 2.6). An F7 sees it
 * through its ITCM interface (RM0410 2.2), a U5 as secure memory (RM0456 2.3). */
static const uint32_t at_zero[] = {0};
static const uint32_t at_itcm[] = {0x00200000};
static const uint32_t at_secure[] = {0, 0x0c000000};

#define UF2_F0      0x647824b6u
#define UF2_F1      0x5ee21072u
#define UF2_F2      0x5d1a0a2eu
#define UF2_F3      0x6b846188u
#define UF2_F4      0x57755a57u
#define UF2_F407    0x6d0922fau
#define UF2_F407VG  0x8fb060feu
#define UF2_F411_C  0x06d1097bu
#define UF2_F411_E  0x2dc309c5u
#define UF2_F7      0x53b80f00u
#define UF2_G0      0x300f5633u
#define UF2_G4      0x4c71240au
#define UF2_H5      0x4e8f1c5du
#define UF2_H7      0x6db66082u
#define UF2_L0      0x202e3a91u
#define UF2_L1      0x1e1f432du
#define UF2_L4      0x00ff6919u
#define UF2_L5      0x04240bdfu
#define UF2_WB      0x70d16653u
#define UF2_WL      0x21460ff0u
#define UF2_GD32VF1 0x9af03e33u

static const uint32_t uf2_stm32[] = {
    UF2_F0, UF2_F1, UF2_F2, UF2_F3, UF2_F4, UF2_F7, UF2_F407, UF2_F407VG, UF2_F411_C, UF2_F411_E,
    UF2_G0, UF2_G4, UF2_H5, UF2_H7, UF2_L0, UF2_L1, UF2_L4,   UF2_L5,     UF2_WB,     UF2_WL};
/* F2 parts show the maps of F4 parts (RM0033 3.3), and G0B1 and G0C1 that of an L4 (RM0444 2.2) */
static const uint32_t uf2_f4[] = {UF2_F4, UF2_F407, UF2_F407VG, UF2_F411_C, UF2_F411_E, UF2_F2};
static const uint32_t uf2_f7[] = {UF2_F7};
static const uint32_t uf2_h7[] = {UF2_H7};
static const uint32_t uf2_g4[] = {UF2_G4};
static const uint32_t uf2_l4[] = {UF2_L4, UF2_G0};
static const uint32_t uf2_wb[] = {UF2_WB};
static const uint32_t uf2_l0[] = {UF2_L0};
static const uint32_t uf2_l1[] = {UF2_L1};
static const uint32_t uf2_f042[] = {UF2_F0};
static const uint32_t uf2_f072[] = {UF2_F0, UF2_F1, UF2_F3};
static const uint32_t uf2_f103[] = {UF2_F1};
static const uint32_t uf2_gd32vf103[] = {UF2_GD32VF1};

/* F405/407, F42x/43x: 128 and 192 KiB, 64 KiB of CCM (RM0090 2.3); F469: 320 KiB (RM0386 2.3);
 * F411 128 KiB (RM0383), F412 256 KiB (RM0402), F446 128 KiB (RM0390) */
static const struct ub_family_ram ram_f4[] = {{0x20000000, 320 * K}, {0x10000000, 64 * K}};
/* F74x: 320 KiB (RM0385 2.2); F76x, which may show the same map: 512 KiB (RM0410 2.2) */
static const struct ub_family_ram ram_f7[] = {{0x20000000, 512 * K}, {0x00000000, 16 * K}};
/* F72x/73x: 256 KiB (RM0431 2.2) */
static const struct ub_family_ram ram_f72x[] = {{0x20000000, 256 * K}, {0x00000000, 16 * K}};
/* H74x: DTCM 128 KiB, AXI 512 KiB, SRAM1 to 3 288 KiB, SRAM4 64 KiB, backup 4 KiB, ITCM 64 KiB
 * (RM0433 2.3); H72x: ITCM up to 256 KiB (RM0468 2.3); the M4 of an H745 sees SRAM1 to 3 at
 * 0x10000000 (RM0399 2.3) */
static const struct ub_family_ram ram_h7[] = {
    {0x20000000, 128 * K}, {0x24000000, 512 * K}, {0x30000000, 288 * K}, {0x38000000, 64 * K},
    {0x38800000, 4 * K},   {0x10000000, 288 * K}, {0x00000000, 256 * K},
};
/* G47x: SRAM1 80 KiB, SRAM2 16 KiB, and CCM 32 KiB behind them and at 0x10000000 (RM0440 2.4) */
static const struct ub_family_ram ram_g4[] = {{0x20000000, 128 * K}, {0x10000000, 32 * K}};
/* L49x: SRAM1 256 KiB, SRAM2 64 KiB behind it and at 0x10000000 (RM0351 2.4); the others have
 * less (RM0394 2.4) */
static const struct ub_family_ram ram_l4[] = {{0x20000000, 320 * K}, {0x10000000, 64 * K}};
/* WB55: SRAM1 192 KiB, SRAM2 64 KiB behind it and at 0x10000000 (RM0434 2.3) */
static const struct ub_family_ram ram_wb[] = {{0x20000000, 256 * K}, {0x10000000, 64 * K}};
/* U5Fx: SRAM1, 2, 3, 5 and 6 3008 KiB, SRAM4 16 KiB; secure 0x10000000 higher (RM0456 2.3) */
static const struct ub_family_ram ram_u5[] = {
    {0x20000000, 3072 * K}, {0x28000000, 16 * K}, {0x30000000, 3072 * K}, {0x38000000, 16 * K}};
/* L07x: 20 KiB (RM0376 2.3) */
static const struct ub_family_ram ram_l0[] = {{0x20000000, 20 * K}};
/* L15x, L162xE: 80 KiB (RM0038 2.3) */
static const struct ub_family_ram ram_l1[] = {{0x20000000, 80 * K}};
/* F07x: 16 KiB (RM0091 2.3); F303xE: 64 KiB and 16 KiB of CCM (RM0316 3.2); F107: 64 KiB (RM0008
 * 3.3) */
static const struct ub_family_ram ram_f072[] = {{0x20000000, 64 * K}, {0x10000000, 16 * K}};
/* F04x, F070x6: 6 KiB (RM0091 2.3, RM0360 2.3) */
static const struct ub_family_ram ram_f042[] = {{0x20000000, 6 * K}};
/* F103xB: 20 KiB (RM0008 3.3, data sheet DS5319) */
static const struct ub_family_ram ram_f103[] = {{0x20000000, 20 * K}};
/* GD32F103xC: 48 KiB; the larger ones 96 KiB (GD32F103 data sheet, table of devices) */
static const struct ub_family_ram ram_gd32f103[] = {{0x20000000, 96 * K}};
/* GD32VF103xB: 32 KiB (data sheet, table of devices) */
static const struct ub_family_ram ram_gd32vf103[] = {{0x20000000, 32 * K}};
/* AT32F435: up to 512 KiB, of which 64 KiB are seen at 0x10000000 too (its reference manual) */
static const struct ub_family_ram ram_at32[] = {{0x20000000, 512 * K}, {0x10000000, 64 * K}};
/* APM32F103xE: 128 KiB (data sheet, table of devices) */
static const struct ub_family_ram ram_apm32[] = {{0x20000000, 128 * K}};

const struct ub_family_firmware ub_firmware_cortex_m = {.core = UB_CORE_CORTEX_M};
/* Any STM32: nothing is known of its RAM. */
const struct ub_family_firmware ub_firmware_stm32 = {
    .core = UB_CORE_CORTEX_M, UF2(uf2_stm32), SEEN_AT(at_zero)};
const struct ub_family_firmware ub_firmware_f042 = {RAM(ram_f042), UF2(uf2_f042), SEEN_AT(at_zero),
                                                    .no_fpu = true};
/* with the F3, which has an FPU */
const struct ub_family_firmware ub_firmware_f072 = {RAM(ram_f072), UF2(uf2_f072), SEEN_AT(at_zero)};
const struct ub_family_firmware ub_firmware_f103 = {RAM(ram_f103), UF2(uf2_f103), SEEN_AT(at_zero),
                                                    .no_fpu = true};
const struct ub_family_firmware ub_firmware_f4 = {RAM(ram_f4), UF2(uf2_f4), SEEN_AT(at_zero)};
const struct ub_family_firmware ub_firmware_f7 = {RAM(ram_f7), UF2(uf2_f7), SEEN_AT(at_itcm)};
const struct ub_family_firmware ub_firmware_f72x = {RAM(ram_f72x), UF2(uf2_f7), SEEN_AT(at_itcm)};
const struct ub_family_firmware ub_firmware_g4 = {RAM(ram_g4), UF2(uf2_g4), SEEN_AT(at_zero)};
const struct ub_family_firmware ub_firmware_h7 = {RAM(ram_h7), UF2(uf2_h7)};
const struct ub_family_firmware ub_firmware_l0 = {RAM(ram_l0), UF2(uf2_l0), SEEN_AT(at_zero),
                                                  .no_fpu = true};
const struct ub_family_firmware ub_firmware_l1 = {RAM(ram_l1), UF2(uf2_l1), SEEN_AT(at_zero),
                                                  .no_fpu = true};
const struct ub_family_firmware ub_firmware_l4 = {RAM(ram_l4), UF2(uf2_l4), SEEN_AT(at_zero)};
const struct ub_family_firmware ub_firmware_u5 = {RAM(ram_u5), SEEN_AT(at_secure)};
const struct ub_family_firmware ub_firmware_wb = {RAM(ram_wb), UF2(uf2_wb), SEEN_AT(at_zero)};
const struct ub_family_firmware ub_firmware_gd32f103 = {RAM(ram_gd32f103), SEEN_AT(at_zero),
                                                        .no_fpu = true};
/* RISC-V: the first instruction is executed, seen at 0 too (user manual 1.3) */
const struct ub_family_firmware ub_firmware_gd32vf103 = {
    .ram = ram_gd32vf103,
    .ram_count = 1,
    .core = UB_CORE_RISCV,
    .no_fpu = true,
    UF2(uf2_gd32vf103),
    SEEN_AT(at_zero),
};
const struct ub_family_firmware ub_firmware_apm32 = {RAM(ram_apm32), SEEN_AT(at_zero),
                                                     .no_fpu = true};
const struct ub_family_firmware ub_firmware_at32 = {RAM(ram_at32), SEEN_AT(at_zero)};
/* It is built for many boards, all of them with a Cortex-M. */
const struct ub_family_firmware ub_firmware_blackmagic = {.core = UB_CORE_CORTEX_M,
                                                          SEEN_AT(at_zero)};
/* Its bootloader takes firmware for 0x08000000 (wb32-dfu-updater, as QMK calls it). */
const struct ub_family_firmware ub_firmware_wb32 = {.core = UB_CORE_CORTEX_M, .flash = 0x08000000};
