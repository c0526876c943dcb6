/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * STM32F411 and F427 in their ROM bootloaders. The F405 has a file of its own.
 *
 * Erasing and programming at 2.7 to 3.6 V, 32 bits at a time, recalled from the data sheets: a
 * sector of 16 KiB in 250, at worst 500 ms; 64 KiB in 550, 1,100 ms; 128 KiB in 1 and 2 s (the
 * latter measured as 2.2 s: fwupd pull request 6249); a word in 16 us, at worst 100. The whole in
 * 8 s a MiB, at worst twice that.
 *
 * The ROM runs from the flash that works, so it is deaf while it does (micropython's pydfu.py never
 * sleeps and lives by it). What it claims is what the F405 of this bench claims; see there.
 */
#include "sim/model_stm32.h"

#define F4_BANK_START                                                                              \
    SECTORS(4, 16 * KIB, MS(250), MS(500)), SECTORS(1, 64 * KIB, MS(550), MS(1100))
#define F4_SECTORS(n) SECTORS((n), 128 * KIB, MS(1000), MS(2000))
#define F4_PROGRAM    PROGRAM(4, 16000, 100000)
#define F4_OPTION_US  300000u /* erase and program of the option sector; an assumption */
/* FLASH_OPTCR's reset value as the option bytes hold it (RM0090 section 3.9.10). */
#define F4_OPTIONS                                                                                 \
    CONTENT(0xef, 0xaa, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f, 0xff, 0xff, 0xff, 0xff,    \
            0xff, 0xff)
#define F4_POLLS POLLS(HONEST, HONEST, HONEST, 100)

static const struct ub_sim_chip chips[] = {
    /*
     * Strings: dfu-util -l and lsusb -v of F411 boards. Some refuse data blocks for no reason
     * (dfu-util ticket 141, qmk_firmware issues 17576 and 17890: LIBUSB_ERROR_PIPE in
     * dfuse_download, on three boards of three). How often is not known: here it is each hundredth
     * block.
     */
    {
        OLD_ROM("stm32f411", "STM32F411, 512 KiB; refuses a data block now and then",
                "337A38973430"),
        MEMORIES(FLASH("@Internal Flash  /0x08000000/04*016Kg,01*064Kg,03*128Kg",
                       LAYOUT(F4_BANK_START, F4_SECTORS(3)), F4_PROGRAM, .erased = 0xff,
                       MASS_ERASE(MS(4000), MS(8000))),
                 OPTION_BYTES("@Option Bytes  /0x1FFFC000/01*016 e", 0x1fffc000, F4_OPTION_US,
                              LAYOUT(SECTORS(1, 16, 0, 0)), F4_OPTIONS, .erased = 0xff),
                 OTP("@OTP Memory /0x1FFF7800/01*512 e,01*016 e", 0x1fff7800,
                     LAYOUT(SECTORS(1, 512, 0, 0), SECTORS(1, 16, 0, 0)), F4_PROGRAM),
                 DEVICE_FEATURE),
        OLD_DFUSE(2048, F4_POLLS, .deaf = true, .refuse_nth = 100),
    },
    /*
     * Strings: dfu-util -l of a Pixhawk's F427 (ArduPilot documentation, "Loading firmware onto
     * boards without ArduPilot"); with them the device ends its string descriptors before the
     * length that they give (dfu-util, get_string_descriptor: "Workaround for STM32F427"). Two
     * banks of 1 MiB; option bytes and OTP of the second bank are shown as a second zone, below the
     * first.
     */
    {
        OLD_ROM("stm32f427", "STM32F427, 2 MiB in two banks; string descriptors cut short",
                "315A66351432"),
        MEMORIES(FLASH("@Internal Flash /0x08000000/"
                       "04*016Kg,01*064Kg,07*128Kg,04*016Kg,01*064Kg,07*128Kg",
                       LAYOUT(F4_BANK_START, F4_SECTORS(7), F4_BANK_START, F4_SECTORS(7)),
                       F4_PROGRAM, .erased = 0xff, MASS_ERASE(MS(16000), MS(32000))),
                 OPTION_BYTES("@Option Bytes  /0x1FFFC000/01*016 e/0x1FFEC000/01*016 e", 0x1fffc000,
                              F4_OPTION_US, LAYOUT(SECTORS(1, 16, 0, 0), SECTORS(1, 16, 0, 0)),
                              .zone_run = 1, .zone_base = 0x1ffec000, F4_OPTIONS, .erased = 0xff),
                 OTP("@OTP Memory /0x1FFF7800/01*512 e,01*016 e/0x1FFE7800/01*512 e,01*016 e",
                     0x1fff7800,
                     LAYOUT(SECTORS(1, 512, 0, 0), SECTORS(1, 16, 0, 0), SECTORS(1, 512, 0, 0),
                            SECTORS(1, 16, 0, 0)),
                     .zone_run = 2, .zone_base = 0x1ffe7800, F4_PROGRAM),
                 DEVICE_FEATURE),
        OLD_DFUSE(2048, F4_POLLS, .deaf = true, .strings_cut = true),
    },
};

const struct ub_sim_chip_group ub_sim_group_stm32f4 = {chips, sizeof(chips) / sizeof(chips[0])};
