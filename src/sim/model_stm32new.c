/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * STM32G4, U5, C5 and WB55 in their ROM bootloaders, which are of the newer kind. None of them has
 * been seen to claim anything odd: bwPollTimeout is what the operation takes.
 */
#include "sim/model_stm32.h"

#define NEW_POLLS POLLS(HONEST, HONEST, HONEST, HONEST)

static const struct ub_sim_chip chips[] = {
    /*
     * Strings: dfu-util -l of a WeAct G474. Blocks of 1,024 bytes, no more (web-stm32-updater issue
     * 3). The option bytes of the second bank are a second zone, which tools that expect one trip
     * over (betaflight-configurator, usbdfu.js). Times as for L4 (Zephyr's stm32g4.dtsi: 8 bytes a
     * write, pages of 2 KiB), a unit at worst in 82.55 us, recalled.
     */
    {
        NEW_ROM("stm32g4", "STM32G474, 512 KiB; option bytes in two zones, blocks of 1,024 bytes",
                "205939885530"),
        MEMORIES(FLASH("@Internal Flash   /0x08000000/256*02Kg",
                       LAYOUT(SECTORS(256, 2 * KIB, 22020, 24470)), PROGRAM_ECC(8, 81690, 82550),
                       .erased = 0xff, MASS_ERASE(22130, 24590)),
                 OPTION_BYTES("@Option Bytes   /0x1FFF7800/01*048 e/0x1FFFF800/01*048 e",
                              0x1fff7800, 25000, LAYOUT(SECTORS(1, 48, 0, 0), SECTORS(1, 48, 0, 0)),
                              .zone_run = 1, .zone_base = 0x1ffff800,
                              CONTENT(0xaa, 0xf8, 0xef, 0xff, 0x55, 0x07, 0x10, 0x00),
                              .erased = 0xff),
                 OTP("@OTP Memory   /0x1FFF7000/01*1024 e", 0x1fff7000,
                     LAYOUT(SECTORS(1, 1 * KIB, 0, 0)), PROGRAM_ECC(8, 81690, 82550))),
        NEW_DFUSE(1024, NEW_POLLS, .clear = UB_SIM_CLEAR_LENIENT, .deaf = true),
    },
    /*
     * Strings: dfu-util -l of U585 boards with 2 MiB. Setting the address is done at the first
     * question, which says dfuDNLOAD-IDLE where dfuDNBUSY is expected (dfu-util ticket 145). A page
     * of 8 KiB takes 1.5, at worst 2.4 ms, 128 bits 118 us, a bank 195, at worst 310 ms, recalled.
     */
    {
        NEW_ROM("stm32u5", "STM32U585, 2 MiB; sets the address without being busy", "207136863530"),
        MEMORIES(FLASH("@Internal Flash   /0x08000000/256*08Kg",
                       LAYOUT(SECTORS(256, 8 * KIB, 1500, 2400)), PROGRAM_ECC(16, 118000, 118000),
                       .erased = 0xff, MASS_ERASE(MS(390), MS(620))),
                 OPTION_BYTES("@Option Bytes   /0x40022040/01*64 e", 0x40022040, 5000,
                              LAYOUT(SECTORS(1, 64, 0, 0)), CONTENT(0xaa, 0xf8, 0xef, 0x1f),
                              .erased = 0xff),
                 OTP("@OTP Memory   /0x0BFA0000/01*512 e", 0x0bfa0000,
                     LAYOUT(SECTORS(1, 512, 0, 0)), PROGRAM_ECC(16, 118000, 118000))),
        NEW_DFUSE(1024, NEW_POLLS, .clear = UB_SIM_CLEAR_LENIENT, .set_address_at_once = true),
    },
    /*
     * betaflight-configurator pull request 5300 and its test (a C562): one memory and no option
     * bytes, blocks of 1,024 bytes, no answer to GET_DESCRIPTOR of the functional descriptor, STALL
     * to DFU_CLRSTATUS outside dfuERROR. No figures of its flash were at hand; U5's are assumed.
     */
    {
        NEW_ROM("stm32c5", "STM32C562, 512 KiB; does not tell its functional descriptor when asked",
                "205A37774130"),
        MEMORIES(FLASH("@Internal Flash /0x08000000/64*08Kg",
                       LAYOUT(SECTORS(64, 8 * KIB, 1500, 2400)), PROGRAM_ECC(16, 118000, 118000),
                       .erased = 0xff, MASS_ERASE(MS(195), MS(310)))),
        NEW_DFUSE(1024, NEW_POLLS, .clear = UB_SIM_CLEAR_REFUSED, .functional_mute = true),
    },
    /*
     * The map: a script that selects the setting by it. Option bytes at 0x1FFF8000 and OTP of 1,024
     * bytes at 0x1FFF7000: qFlipper, stm32wb55.cpp; their strings are written after those of G4.
     * qFlipper leaves with the pointer at 0x080FFFFF and expects the status question to fail
     * (dfusedevice.cpp). What happens with another pointer is not on record; here the device stays.
     * Times as for L4, pages of 4 KiB. Deaf while it works (pydfu.py, which never sleeps, works).
     */
    {
        NEW_ROM("stm32wb55", "STM32WB55, 1 MiB; leaves only with the pointer at the end of flash",
                "207F38933030"),
        MEMORIES(FLASH("@Internal Flash   /0x08000000/256*04Kg",
                       LAYOUT(SECTORS(256, 4 * KIB, 22020, 24470)), PROGRAM_ECC(8, 81690, 90760),
                       .erased = 0xff, MASS_ERASE(22130, 24590)),
                 OPTION_BYTES("@Option Bytes   /0x1FFF8000/01*128 e", 0x1fff8000, 25000,
                              LAYOUT(SECTORS(1, 128, 0, 0)),
                              CONTENT(0xaa, 0xf1, 0xff, 0x3d, 0x55, 0x0e, 0x00, 0xc2),
                              .erased = 0xff),
                 OTP("@OTP Memory   /0x1FFF7000/01*1024 e", 0x1fff7000,
                     LAYOUT(SECTORS(1, 1 * KIB, 0, 0)), PROGRAM_ECC(8, 81690, 90760))),
        NEW_DFUSE(1024, NEW_POLLS, .clear = UB_SIM_CLEAR_LENIENT, .deaf = true,
                  .leave_pointer = 0x080fffff, .leave = UB_SIM_LEAVE_STALL),
    },
};

const struct ub_sim_chip_group ub_sim_group_stm32new = {chips, sizeof(chips) / sizeof(chips[0])};
