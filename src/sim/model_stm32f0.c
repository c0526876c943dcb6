/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* STM32F072 in its ROM bootloader, and STM32F103 with the DFU demo of ST's USB library. */
#include "sim/model_stm32.h"

/* An option byte and its complement, eight times: RDP level 0, USER, two of data, WRP off. */
#define F0_OPTIONS                                                                                 \
    CONTENT(0xaa, 0x55, 0xff, 0x00, 0xff, 0x00, 0xff, 0x00, 0xff, 0x00, 0xff, 0x00, 0xff, 0x00,    \
            0xff, 0x00)

#define F1_OWN (12 * KIB) /* where the demo ends and the firmware begins */

/* The demo starts what lies behind itself if its stack pointer is in SRAM. */
static bool runs_behind_demo(const uint8_t *bytes, size_t length)
{
    return length > F1_OWN && ub_sim_stm32_runs(bytes + F1_OWN, length - F1_OWN);
}

static const struct ub_sim_chip chips[] = {
    /*
     * Strings and serial number (the same on each): dfu-util -l of F072 boards (NanoVNA-H,
     * candleLight). A page of 2 KiB takes 20, at worst 40 ms, and the ROM claims 40 (dfu-util
     * ticket 78); a half-word 53.5, at worst 70 us (recalled).
     *
     * On some hosts it answers dfuDNBUSY for ever, cured by a hub (dfu-util tickets 25 and 78, ST
     * community 772965), and a host that does not wait gets a broken pipe (openmv issue 1508).
     * Why is not known; here a question before the time claimed is over does it.
     */
    {
        OLD_ROM("stm32f072", "STM32F072, 128 KiB; asked too early it stays busy for ever",
                "FFFFFFFEFFFF"),
        MEMORIES(FLASH("@Internal Flash  /0x08000000/064*0002Kg",
                       LAYOUT(SECTORS(64, 2 * KIB, MS(20), MS(40))), PROGRAM(2, 53500, 70000),
                       .erased = 0xff, MASS_ERASE(MS(20), MS(40))),
                 OPTION_BYTES("@Option Bytes  /0x1FFFF800/01*016 e", 0x1ffff800, 40000,
                              LAYOUT(SECTORS(1, 16, 0, 0)), F0_OPTIONS, .erased = 0xff)),
        OLD_DFUSE(2048, POLLS(HONEST, HONEST, 40, 40), .early = UB_SIM_EARLY_STUCK),
    },
    /*
     * The Device_Firmware_Upgrade project of STM32_USB-FS-Device_Lib on a medium-density part:
     * memory map and "STM32 DFU" from its usb_desc.c, 50 ms for everything from its usb_conf.h
     * (setting an address is claimed as a write), 1,024 bytes a block, dfuERROR with errFIRMWARE on
     * arrival. It lies in the first 12 KiB of the flash and runs from there, deaf while it works.
     * ST's later library refuses to write its own area (usbd_dfu_mal.c, DFU_MAL_IS_PROTECTED_AREA);
     * that such a refusal is errTARGET is what AN3156 says of the ROMs. No mass erase.
     *
     * A page of 1 KiB takes 20, at worst 40 ms, a half-word 52.5, at worst 70 us (data sheet; black
     * magic probe's dfu_f1.c).
     */
    {
        IDENTITY("stm32f103", "STM32F103, 128 KiB, ST's DFU demo in its first 12 KiB",
                 "48FF6A064884", 0x0200, 0x0200, "STM32 DFU"),
        .runs = runs_behind_demo,
        MEMORIES(FLASH("@Internal Flash   /0x08000000/12*001Ka,116*001Kg",
                       LAYOUT(SECTORS(128, 1 * KIB, MS(20), MS(40))), PROGRAM(2, 52500, 70000),
                       .erased = 0xff, .own_sectors = 12)),
        OLD_DFUSE(1024, POLLS(50, 50, 50, 50), .deaf = true, .no_mass_erase = true),
    },
};

const struct ub_sim_chip_group ub_sim_group_stm32f0 = {chips, sizeof(chips) / sizeof(chips[0])};
