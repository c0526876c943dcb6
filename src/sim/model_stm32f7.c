/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * STM32F72x, F745 and F767 in their ROM bootloaders.
 *
 * Erasing and programming at 2.7 to 3.6 V, 32 bits at a time, recalled from the data sheets: 16 and
 * 32 KiB in 250, at worst 500 ms (an F745 took 351 ms for 32 KiB: fwupd issue 2696); 64 KiB in 550,
 * 1,100; 128 KiB in 1 and 2 s where it is the large sector and in 550, 1,100 ms beside one of 256
 * KiB, which takes 1 and 2 s; a word in 16 us, at worst 100 (1,832 bytes were written in less than
 * 12 ms: fwupd pull request 1944). Deaf while they work: the question behind an erase was answered
 * when it was over.
 */
#include "sim/model_stm32.h"

#define F7_PROGRAM   PROGRAM(4, 16000, 100000)
#define F7_OPTION_US 300000u /* an assumption, as for F4 */
/* FLASH_OPTCR in halves, each followed by its complement, a half every 8 bytes (RM0410 section
 * 3.4.1); `high` is nDBANK and what is beside it. */
#define F7_OPTIONS(high, not_high)                                                                 \
    CONTENT(0xff, 0xaa, 0x00, 0x55, 0xff, 0xff, 0xff, 0xff, 0xff, (high), 0x00, (not_high), 0xff,  \
            0xff, 0xff, 0xff, 0x80, 0x00, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0x40, 0x00, 0xbf,    \
            0xff, 0xff, 0xff, 0xff, 0xff)
/* 100 ms for an erase, 104 for anything else (fwupd issue 2696); the same pair as in ST's DFU demo
 * for STM32L1, usb_conf.h. */
#define F7_POLLS POLLS(104, 104, 100, 100)

static const struct ub_sim_chip chips[] = {
    /*
     * Strings: dfu-util -l of an F722. Its map leaves zeros out ("01*64Kg"), and its OTP memory has
     * a size without unit ("528e"; fwupd has the quirk absent-sector-size for it). It claims 5 ms
     * for a block, as an F7 was taken to (fwupd pull request 1944; whether the device said so or
     * the tool's default is not certain).
     */
    {
        OLD_ROM("stm32f72x", "STM32F722, 512 KiB; memory map with a size that lacks its unit",
                "205A30893652"),
        MEMORIES(FLASH("@Internal Flash  /0x08000000/04*016Kg,01*64Kg,03*128Kg",
                       LAYOUT(SECTORS(4, 16 * KIB, MS(250), MS(500)),
                              SECTORS(1, 64 * KIB, MS(550), MS(1100)),
                              SECTORS(3, 128 * KIB, MS(1000), MS(2000))),
                       F7_PROGRAM, .erased = 0xff, MASS_ERASE(MS(4000), MS(8000))),
                 OPTION_BYTES("@Option Bytes  /0x1FFF0000/01*048 e", 0x1fff0000, F7_OPTION_US,
                              LAYOUT(SECTORS(1, 48, 0, 0)), F7_OPTIONS(0xff, 0x00), .erased = 0xff),
                 OTP("@OTP Memory /0x1FF07800/01*528e", 0x1ff07800, LAYOUT(SECTORS(1, 528, 0, 0)),
                     F7_PROGRAM),
                 DEVICE_FEATURE),
        OLD_DFUSE(2048, POLLS(5, 5, 100, 100), .deaf = true),
    },
    /* The map: betaflight-configurator, usbdfu.js. The other strings follow RM0385 (OTP of 1,024
     * bytes at 0x1FF0F000, option bytes at 0x1FFF0000); no list of this part was found. */
    {
        OLD_ROM("stm32f745", "STM32F745, 1 MiB; claims 104 ms for setting an address",
                "329834733137"),
        MEMORIES(FLASH("@Internal Flash  /0x08000000/04*032Kg,01*128Kg,03*256Kg",
                       LAYOUT(SECTORS(4, 32 * KIB, MS(250), MS(500)),
                              SECTORS(1, 128 * KIB, MS(550), MS(1100)),
                              SECTORS(3, 256 * KIB, MS(1000), MS(2000))),
                       F7_PROGRAM, .erased = 0xff, MASS_ERASE(MS(8000), MS(16000))),
                 OPTION_BYTES("@Option Bytes  /0x1FFF0000/01*032 e", 0x1fff0000, F7_OPTION_US,
                              LAYOUT(SECTORS(1, 32, 0, 0)), F7_OPTIONS(0xff, 0x00), .erased = 0xff),
                 OTP("@OTP Memory /0x1FF0F000/01*1024 e", 0x1ff0f000,
                     LAYOUT(SECTORS(1, 1024, 0, 0)), F7_PROGRAM),
                 DEVICE_FEATURE),
        OLD_DFUSE(2048, F7_POLLS, .deaf = true),
    },
    /*
     * In dual bank mode (nDBANK, FLASH_OPTCR bit 29, is 0; these are the option bytes of a Nucleo
     * F767ZI in that mode). The flash is then two banks with sectors of half the size, and the
     * bootloader knows nothing of it: erasing goes wrong without an error, and only after a mass
     * erase does a download succeed (ST community, "Dual bank mode: built-in bootloader doesn't
     * seem to work properly"; the same with CubeProgrammer: STM32Cube_MCU_Overall_Offer issues 11
     * and 34). Here the map is that of a single bank (micropython, mboot/main.c), and an erase
     * reaches the real sector at its address, which is smaller than the map says.
     */
    {
        OLD_ROM("stm32f767", "STM32F767, 2 MiB in dual bank mode, which its memory map ignores",
                "206F32A05056"),
        MEMORIES(FLASH("@Internal Flash  /0x08000000/04*032Kg,01*128Kg,07*256Kg",
                       LAYOUT(SECTORS(4, 16 * KIB, MS(250), MS(500)),
                              SECTORS(1, 64 * KIB, MS(550), MS(1100)),
                              SECTORS(7, 128 * KIB, MS(1000), MS(2000)),
                              SECTORS(4, 16 * KIB, MS(250), MS(500)),
                              SECTORS(1, 64 * KIB, MS(550), MS(1100)),
                              SECTORS(7, 128 * KIB, MS(1000), MS(2000))),
                       F7_PROGRAM, .erased = 0xff, MASS_ERASE(MS(16000), MS(32000))),
                 OPTION_BYTES("@Option Bytes  /0x1FFF0000/01*032 e", 0x1fff0000, F7_OPTION_US,
                              LAYOUT(SECTORS(1, 32, 0, 0)), F7_OPTIONS(0xdf, 0x20), .erased = 0xff),
                 OTP("@OTP Memory /0x1FF0F000/01*1024 e", 0x1ff0f000,
                     LAYOUT(SECTORS(1, 1024, 0, 0)), F7_PROGRAM),
                 DEVICE_FEATURE),
        OLD_DFUSE(2048, F7_POLLS, .deaf = true),
    },
};

const struct ub_sim_chip_group ub_sim_group_stm32f7 = {chips, sizeof(chips) / sizeof(chips[0])};
