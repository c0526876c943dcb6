/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* STM32L0, L1 and L4 in their ROM bootloaders. */
#include "sim/model_stm32.h"

/*
 * L0 and L1: an erased byte is 0x00. A page takes 3.28, at worst 3.94 ms to erase, and so does half
 * a page to program, recalled. They claim what ST's DFU demo for L1 claims (usb_conf.h: 100 ms for
 * an erase, 104 for a write), and are deaf while they work as F4 and F7 are; both are assumptions,
 * no log of a ROM was found. Data EEPROM: a word in 3.28 ms.
 */
#define LX_MS_TYPICAL 3280u /* us */
#define LX_MS_WORST   3940u
#define LX_PAGES(n, size)                                                                          \
    LAYOUT(SECTORS((n), (size), LX_MS_TYPICAL, LX_MS_WORST)),                                      \
        PROGRAM((size) / 2, LX_MS_TYPICAL * 1000, LX_MS_WORST * 1000)
#define LX_EEPROM(name, count, size)                                                               \
    EEPROM(name, 0x08080000, LAYOUT(SECTORS((count), (size), 0, 0)),                               \
           PROGRAM(4, LX_MS_TYPICAL * 1000, LX_MS_WORST * 1000))
#define LX_POLLS POLLS(104, 104, 100, 100)
/* Half-words, each followed by its complement: RDP level 0, USER, WRP off. */
#define LX_OPTIONS                                                                                 \
    CONTENT(0xaa, 0x00, 0x55, 0xff, 0x70, 0x80, 0x8f, 0x7f, 0x00, 0x00, 0xff, 0xff, 0x00, 0x00,    \
            0xff, 0xff)

static const struct ub_sim_chip chips[] = {
    /*
     * Strings: dfu-util -l and a download log of an L083 with 192 KiB (2,048 bytes a block; "1536*"
     * "128g" has no unit). The same strings come from parts with 128 KiB, whose ROM dies when it is
     * asked for more (ST community 214330 and 443209); this one has what it says.
     */
    {
        OLD_ROM("stm32l0", "STM32L083, 192 KiB; erased bytes are 0x00, pages of 128 bytes",
                "7FB4A4356130"),
        MEMORIES(FLASH("@Internal Flash  /0x08000000/1536*128g", LX_PAGES(1536, 128)),
                 OPTION_BYTES("@Option Bytes  /0x1FF80000/01*032 e", 0x1ff80000,
                              2 * LX_MS_TYPICAL * 5, LAYOUT(SECTORS(1, 32, 0, 0)), LX_OPTIONS),
                 LX_EEPROM("@DATA Memory /0x08080000/2*3Ke", 2, 3 * KIB)),
        OLD_DFUSE(2048, LX_POLLS, .deaf = true),
    },
    /* Strings: dfu-util -l of an L151 with 256 KiB. */
    {
        OLD_ROM("stm32l1", "STM32L151, 256 KiB; erased bytes are 0x00, pages of 256 bytes",
                "76B0A1336830"),
        MEMORIES(FLASH("@Internal Flash  /0x08000000/1024*256 g", LX_PAGES(1024, 256)),
                 OPTION_BYTES("@Option Bytes  /0x1FF80000/01*032 e", 0x1ff80000,
                              2 * LX_MS_TYPICAL * 5, LAYOUT(SECTORS(1, 32, 0, 0)), LX_OPTIONS),
                 LX_EEPROM("@DATA Memory /0x08080000/02*004Ke", 2, 4 * KIB)),
        OLD_DFUSE(2048, LX_POLLS, .deaf = true),
    },
    /*
     * Strings: dfu-util -l of L4 parts with 512 KiB, and of 1 MiB for the flash. A page
     * takes 22.02, at worst 24.47 ms, and so does a bank; 64 bits take 81.69, at worst 90.76 us,
     * recalled (Zephyr: 25 ms a page), and are programmed once between two erases (RM0351
     * section 3.3.7; the chip may refuse the second time with PROGERR instead of spoiling the word;
     * the harsher reading is the one here).
     *
     * The time that L412 and L432 claim is too short, and they stall DFU_GETSTATUS while they work
     * (dfu-util, dfuse.c and ticket 208; solo1-cli issue 98). 21 ms is on record for a command, and
     * blocks of 1,024 bytes go through where 2,048 do not (ST community 85626).
     */
    {
        OLD_ROM("stm32l4", "STM32L4, 1 MiB; claims too little time and stalls while it works",
                "2056316B5630"),
        MEMORIES(FLASH("@Internal Flash  /0x08000000/512*0002Kg",
                       LAYOUT(SECTORS(512, 2 * KIB, 22020, 24470)), PROGRAM_ECC(8, 81690, 90760),
                       .erased = 0xff, MASS_ERASE(22130, 24590)),
                 OPTION_BYTES("@Option Bytes  /0x1FFF7800/01*040 e", 0x1fff7800, 25000,
                              LAYOUT(SECTORS(1, 40, 0, 0)),
                              CONTENT(0xaa, 0xf8, 0xef, 0xff, 0x55, 0x07, 0x10, 0x00),
                              .erased = 0xff),
                 OTP("@OTP Memory /0x1FFF7000/01*0001Ke", 0x1fff7000,
                     LAYOUT(SECTORS(1, 1 * KIB, 0, 0)), PROGRAM_ECC(8, 81690, 90760)),
                 DEVICE_FEATURE),
        OLD_DFUSE(2048, POLLS(HONEST, 20, 21, 21), .early = UB_SIM_EARLY_STALLED),
    },
};

const struct ub_sim_chip_group ub_sim_group_stm32l = {chips, sizeof(chips) / sizeof(chips[0])};
