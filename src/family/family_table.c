/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The families, in order of preference: the first that fits is taken, the last fits anything.
 *
 * Times are typical ones out of the data sheets' tables of flash memory characteristics, at 2.7 to
 * 3.6 V, where nothing else is said; none was measured on a chip. What a family's ROM does while it
 * works is known from the tools that rely on it (pydfu and EdgeTX' buddy ask F4, F7, H7 and WB
 * parts at once and never sleep) and from those that fell over it (data/quirks.yaml): where neither
 * is known, the ROM is asked when it wants to be asked.
 */
#include "family/family.h"
#include "family/family_firmware.h"

/* Deadlines. A sector erase may take 4 s (F7 256 KiB in x8 parallelism), a mass erase 32 s (F405 in
 * x8 parallelism, OpenOCD; dfu-util allows 35 s), a manifestation 180 s (Poly's devices in fwupd's
 * quirks). No device is known that asks to be left alone for more than 100 s between two polls. */
#define DEADLINES                                                                                  \
    .erase_deadline_ms = 10000, .erase_all_deadline_ms = 40000, .write_deadline_ms = 10000,        \
    .manifest_deadline_ms = 180000, .poll_max_ms = 120000

/* Full-speed control transfers: about 1 ms for a short one through a hub or an emulated bus, 64
 * bytes in a packet and 13 packets in a frame at most (USB 2.0 table 5-1). */
#define FULL_SPEED .transfer_us = 1000, .transfer_kib_us = 1300

/* Costs: a fixed part and a part per KiB of a sector's erase, the erase of everything, one KiB of
 * programming. */
#define COSTS(sector_, kib_, all_, write_)                                                         \
    {                                                                                              \
        .erase_sector_us = (sector_), .erase_kib_us = (kib_), .erase_all_us = (all_),              \
        .write_kib_us = (write_), FULL_SPEED                                                       \
    }

/* What the bootloader asks for is more than that: an erase, and a block. */
#define COSTS_ASKING(sector_, kib_, all_, write_, erase_ask_, write_ask_)                          \
    {                                                                                              \
        .erase_sector_us = (sector_), .erase_kib_us = (kib_), .erase_all_us = (all_),              \
        .write_kib_us = (write_), .erase_ask_us = (erase_ask_), .write_ask_us = (write_ask_),      \
        FULL_SPEED                                                                                 \
    }

/* Who it is: without a boot address what the map has first to write is taken for it. ST's ROMs are
 * entered by a pin (AN2606). */
#define NAMED(name_, title_, word_, vid_, pid_)                                                    \
    .name = (name_), .title = (title_), .word = (word_), .vid = (vid_), .pid = (pid_)
#define ST_ROM(name_, title_, word_)                                                               \
    NAMED(name_, title_, word_, 0x0483, 0xdf11), .has_boot_address = true,                         \
                                                 .boot_address = 0x08000000, .rom_by_pin = true

#define LAYOUT(runs_) .layout = (runs_), .layout_count = sizeof(runs_) / sizeof((runs_)[0])

/* The rights of a run are not compared. A count of 0 is any. */
#define RUN(address_, size_, count_)                                                               \
    {                                                                                              \
        .address = (address_), .size = (size_), .count = (count_)                                  \
    }
#define K 1024u

static const struct ub_sector_run f405[] = {RUN(0x08000000, 16 * K, 4), RUN(0x08010000, 64 * K, 1),
                                            RUN(0x08020000, 128 * K, 7)};
static const struct ub_sector_run f411[] = {RUN(0x08000000, 16 * K, 4), RUN(0x08010000, 64 * K, 1),
                                            RUN(0x08020000, 128 * K, 3)};
static const struct ub_sector_run two_mib_in_two_banks[] = {
    RUN(0x08000000, 16 * K, 4), RUN(0x08010000, 64 * K, 1), RUN(0x08020000, 128 * K, 7),
    RUN(0x08100000, 16 * K, 4), RUN(0x08110000, 64 * K, 1), RUN(0x08120000, 128 * K, 7)};
static const struct ub_sector_run f745[] = {RUN(0x08000000, 32 * K, 4), RUN(0x08020000, 128 * K, 1),
                                            RUN(0x08040000, 256 * K, 3)};
static const struct ub_sector_run f767[] = {RUN(0x08000000, 32 * K, 4), RUN(0x08020000, 128 * K, 1),
                                            RUN(0x08040000, 256 * K, 7)};
static const struct ub_sector_run sectors_of_128k[] = {RUN(0x08000000, 128 * K, 0)};
static const struct ub_sector_run pages_of_8k[] = {RUN(0x08000000, 8 * K, 0)};
static const struct ub_sector_run pages_of_4k[] = {RUN(0x08000000, 4 * K, 0)};
static const struct ub_sector_run pages_of_2k[] = {RUN(0x08000000, 2 * K, 0)};
static const struct ub_sector_run pages_of_1k[] = {RUN(0x08000000, 1 * K, 0)};
static const struct ub_sector_run pages_of_256[] = {RUN(0x08000000, 256, 0)};
static const struct ub_sector_run pages_of_128[] = {RUN(0x08000000, 128, 0)};
/* ST's demonstration of DFU for the F10x: its own pages first. */
static const struct ub_sector_run f103_demo[] = {RUN(0x08000000, 1 * K, 12),
                                                 RUN(0x08003000, 1 * K, 116)};

/* GigaDevice's example for a GD32F103 with 256 KiB */
static const struct ub_sector_run gd32f103_example[] = {RUN(0x08000000, 2 * K, 16),
                                                        RUN(0x08008000, 2 * K, 112)};

/* Where the option bytes are tells F7 from F4 and the parts with pages of 2 KiB from each other
 * (reference manuals; the alternate settings' names as devices show them). */
#define OPTIONS_F7 0x1fff0000u
#define OPTIONS_L4 0x1fff7800u
#define OPTIONS_WB 0x1fff8000u
#define OPTIONS_F0 0x1ffff800u
#define OPTIONS_U5 0x40022040u

/* F4 and F7: 16 KiB 250 ms, 64 KiB 550 ms, 128 KiB 1 s, a word 16 us in x32 parallelism; F7 has the
 * same times for sectors of twice the size. */
#define F4_COSTS(all_) COSTS(150000, 6600, all_, 4096)
#define F7_COSTS(all_) COSTS(150000, 3300, all_, 4096)

/* The ROM answers nothing until it is done, so it is asked at once. */
#define AT_ONCE .naks_while_busy = true, .poll_early = true
#define FF      .erased_value = 0xff
/* Programmed by units with ECC, once between erases. */
#define ECC(unit_) .program_unit = (unit_), .write_once = true

#define HABITS_F4                                                                                  \
    {                                                                                              \
        DEADLINES, AT_ONCE, .erased_value = 0xff, .program_unit = 4, .erase_typical_us = 250000,   \
                            .write_typical_us = 4096                                               \
    }

static const struct ub_family families[] = {
    {
        ST_ROM("STM32F405", "STM32F405/407/415/417 with 1 MiB, ST's bootloader in ROM",
               "stm32f405"),
        LAYOUT(f405),
        .firmware = &ub_firmware_f4,
        .costs = F4_COSTS(8000000),
        .habits = HABITS_F4,
    },
    {
        ST_ROM("STM32F72x", "STM32F722/723/732/733 with 512 KiB, ST's bootloader in ROM",
               "stm32f72x"),
        LAYOUT(f411),
        .mark = {.address = OPTIONS_F7},
        .firmware = &ub_firmware_f72x,
        .costs = F4_COSTS(4000000),
        .habits = HABITS_F4,
    },
    {
        ST_ROM("STM32F411", "STM32F411/401/446 with 512 KiB, ST's bootloader in ROM", "stm32f411"),
        LAYOUT(f411),
        .firmware = &ub_firmware_f4,
        .costs = F4_COSTS(4000000),
        .habits = HABITS_F4,
    },
    {
        ST_ROM("STM32F767", "STM32F76x/77x with 2 MiB in two banks, ST's bootloader in ROM",
               "stm32f767"),
        LAYOUT(two_mib_in_two_banks),
        .mark = {.address = OPTIONS_F7},
        .firmware = &ub_firmware_f7,
        .costs = F4_COSTS(16000000),
        .habits = HABITS_F4,
    },
    {
        ST_ROM("STM32F427", "STM32F42x/43x with 2 MiB, ST's bootloader in ROM", "stm32f427"),
        LAYOUT(two_mib_in_two_banks),
        .firmware = &ub_firmware_f4,
        .costs = F4_COSTS(16000000),
        .habits = HABITS_F4,
    },
    {
        ST_ROM("STM32F745", "STM32F74x/75x with 1 MiB, ST's bootloader in ROM", "stm32f745"),
        LAYOUT(f745),
        .firmware = &ub_firmware_f7,
        .costs = F7_COSTS(8000000),
        .habits = HABITS_F4,
    },
    {
        ST_ROM("STM32F767", "STM32F76x/77x with 2 MiB in one bank, ST's bootloader in ROM",
               "stm32f767"),
        LAYOUT(f767),
        .firmware = &ub_firmware_f7,
        .costs = F7_COSTS(16000000),
        .habits = HABITS_F4,
    },
    {
        /* 128 KiB 0.9 s (log in ST community 234209), 256 bits 100 us. It works before it answers
         * the first question. */
        ST_ROM("STM32H743", "STM32H7 with sectors of 128 KiB, ST's bootloader in ROM", "stm32h743"),
        LAYOUT(sectors_of_128k),
        .firmware = &ub_firmware_h7,
        .costs = COSTS(0, 7032, 14400000, 3200),
        .habits = {DEADLINES, AT_ONCE, ECC(32), FF, .erase_typical_us = 900000,
                   .write_typical_us = 3200},
    },
    {
        /* 2 KiB 22.02 ms, 64 bits 81.69 us. The option bytes tell it from an L4. */
        ST_ROM("STM32G4", "STM32G4, ST's bootloader in ROM", "stm32g4"),
        LAYOUT(pages_of_2k),
        .mark = {.address = OPTIONS_L4, .size = 48},
        .firmware = &ub_firmware_g4,
        .costs = COSTS(22020, 0, 22130, 10457),
        .habits = {DEADLINES, ECC(8), FF, .erase_typical_us = 22020, .write_typical_us = 10457},
    },
    {
        /* As a G4. Never asked early (quirk stm32l4-early). */
        ST_ROM("STM32L4", "STM32L4, ST's bootloader in ROM", "stm32l4"),
        LAYOUT(pages_of_2k),
        .mark = {.address = OPTIONS_L4},
        .firmware = &ub_firmware_l4,
        .costs = COSTS(22020, 0, 22130, 10457),
        .habits = {DEADLINES, ECC(8), FF, .erase_typical_us = 22020, .write_typical_us = 10457},
    },
    {
        /* 4 KiB 22.02 ms, 64 bits 81.69 us */
        ST_ROM("STM32WB55", "STM32WB55, ST's bootloader in ROM", "stm32wb55"),
        LAYOUT(pages_of_4k),
        .mark = {.address = OPTIONS_WB},
        .firmware = &ub_firmware_wb,
        .costs = COSTS(22020, 0, 22130, 10457),
        .habits = {DEADLINES, AT_ONCE, ECC(8), FF, .erase_typical_us = 22020,
                   .write_typical_us = 10457},
    },
    {
        /* 8 KiB 1.5 ms, 128 bits 118 us */
        ST_ROM("STM32U5", "STM32U5, ST's bootloader in ROM", "stm32u5"),
        LAYOUT(pages_of_8k),
        .mark = {.address = OPTIONS_U5},
        .firmware = &ub_firmware_u5,
        .costs = COSTS(1500, 0, 390000, 7552),
        .habits = {DEADLINES, ECC(16), FF, .erase_typical_us = 1500, .write_typical_us = 7552},
    },
    {
        /* no data sheet was at hand: a U5's times are taken */
        ST_ROM("STM32C5", "STM32C5, ST's bootloader in ROM", "stm32c5"),
        LAYOUT(pages_of_8k),
        .alone = true,
        .firmware = &ub_firmware_cortex_m,
        .costs = COSTS(1500, 0, 195000, 7552),
        .habits = {DEADLINES, ECC(16), FF, .erase_typical_us = 1500, .write_typical_us = 7552},
    },
    {
        /* A page of 128 bytes and half of it take 3.28 ms each. Erased is zero. The ROM is taken to
         * ask for what ST's DFU demonstration for the L1 asks for (usb_conf.h: 100 and 104 ms). */
        ST_ROM("STM32L0", "STM32L0, ST's bootloader in ROM", "stm32l0"),
        LAYOUT(pages_of_128),
        .firmware = &ub_firmware_l0,
        .costs = COSTS_ASKING(3280, 0, 5038000, 52480, 100000, 104000),
        .habits = {DEADLINES, .erased_value = 0x00, .program_unit = 64, .erase_typical_us = 3280,
                   .write_typical_us = 52480},
    },
    {
        /* The same for 256 bytes. */
        ST_ROM("STM32L1", "STM32L1, ST's bootloader in ROM", "stm32l1"),
        LAYOUT(pages_of_256),
        .firmware = &ub_firmware_l1,
        .costs = COSTS_ASKING(3280, 0, 3359000, 26240, 100000, 104000),
        .habits = {DEADLINES, .erased_value = 0x00, .program_unit = 128, .erase_typical_us = 3280,
                   .write_typical_us = 26240},
    },
    {
        /* A page of 2 KiB 20 ms, for which the ROM asks for 40 (dfu-util ticket 78), a
         * half-word 53.5 us. Never asked early (quirk stm32f072-early). */
        ST_ROM("STM32F072", "STM32F07x and F3 with pages of 2 KiB, ST's bootloader in ROM",
               "stm32f072"),
        LAYOUT(pages_of_2k),
        .mark = {.address = OPTIONS_F0},
        .firmware = &ub_firmware_f072,
        .costs = COSTS_ASKING(20000, 0, 20000, 27392, 40000, 0),
        .habits = {DEADLINES, FF, .program_unit = 2, .erase_typical_us = 20000,
                   .write_typical_us = 27392},
    },
    {
        ST_ROM("STM32F042", "STM32F04x with pages of 1 KiB, ST's bootloader in ROM", "stm32f042"),
        LAYOUT(pages_of_1k),
        .mark = {.address = OPTIONS_F0},
        .firmware = &ub_firmware_f042,
        .costs = COSTS(20000, 0, 20000, 27392),
        .habits = {DEADLINES, FF, .program_unit = 2, .erase_typical_us = 20000,
                   .write_typical_us = 27392},
    },
    {
        /* A bootloader in flash, from where it runs: the core stands still while that flash works,
         * so it answers nothing. What starts the firmware is the vector table behind the
         * bootloader. A page of 1 KiB 20 ms, a half-word 52.5 us. */
        NAMED("STM32F103", "STM32F103 with ST's demonstration bootloader in its flash", "stm32f103",
              0x0483, 0xdf11),
        LAYOUT(f103_demo),
        .has_boot_address = true,
        .boot_address = 0x08003000,
        .firmware = &ub_firmware_f103,
        .costs = COSTS(20000, 0, 2320000, 26880),
        .habits = {DEADLINES, AT_ONCE, FF, .program_unit = 2, .erase_typical_us = 20000,
                   .write_typical_us = 26880},
    },
    {
        /* Whatever else says that it is one. Most of the newer parts have ECC over up to 256 bits,
         * so none is programmed by less. */
        NAMED("STM32", "STM32, ST's bootloader in ROM", "stm32", 0x0483, 0xdf11),
        .has_boot_address = true,
        .boot_address = 0x08000000,
        .firmware = &ub_firmware_stm32,
        .costs = COSTS(22000, 7000, 10000000, 8192),
        .habits = {DEADLINES, ECC(32), FF},
    },
    {
        /* A page of 1 KiB 50 ms (400 ms at worst), a word 37.5 us, as the GD32F103's. It asks for
         * 100 ms whatever it does. GigaDevice's own code for such bootloaders works in the
         * interrupt that took the request (dfu_core.c of its examples), and so answers nothing
         * meanwhile. */
        NAMED("GD32VF103", "GD32VF103, GigaDevice's bootloader in ROM", "gd32vf103", 0x28e9,
              0x0189),
        LAYOUT(pages_of_1k),
        .has_boot_address = true,
        .boot_address = 0x08000000,
        .rom_by_pin = true,
        .firmware = &ub_firmware_gd32vf103,
        .costs = COSTS(50000, 0, 3200000, 9600),
        .habits = {DEADLINES, AT_ONCE, FF, .program_unit = 4, .erase_typical_us = 50000,
                   .write_typical_us = 9600},
    },
    {
        /* The same code in the chip's own flash. */
        NAMED("GD32F103", "GD32F103 with GigaDevice's example bootloader in its flash", "gd32f103",
              0x28e9, 0x0189),
        LAYOUT(gd32f103_example),
        .has_boot_address = true,
        .boot_address = 0x08008000,
        .firmware = &ub_firmware_gd32f103,
        .costs = COSTS(50000, 0, 5600000, 9600),
        .habits = {DEADLINES, AT_ONCE, FF, .program_unit = 4, .erase_typical_us = 50000,
                   .write_typical_us = 9600},
    },
    {
        NAMED("GD32", "GD32, GigaDevice's bootloader", "gd32", 0x28e9, 0x0189),
        .costs = COSTS(50000, 0, 10000000, 9600),
        .habits = {DEADLINES, ECC(32), FF},
    },
    {
        /* A sector 50 ms, a word 40 us: no data sheet was at hand. Artery's middleware follows
         * ST's, which asks for 50 ms. */
        NAMED("AT32", "AT32F4, Artery's bootloader", "at32", 0x2e3c, 0xdf11),
        .firmware = &ub_firmware_at32,
        .costs = COSTS_ASKING(50000, 0, 15000000, 10240, 50000, 50000),
        .habits = {DEADLINES, FF, .program_unit = 4, .erase_typical_us = 50000,
                   .write_typical_us = 10240},
    },
    {
        /* An STM32F103's times are taken. */
        NAMED("APM32", "APM32, Geehy's bootloader", "apm32", 0x314b, 0x0106),
        .firmware = &ub_firmware_apm32,
        .costs = COSTS(20000, 0, 20000, 26880),
        .habits = {DEADLINES, FF, .program_unit = 2, .erase_typical_us = 20000,
                   .write_typical_us = 26880},
    },
    {
        NAMED("WB32", "WB32, Westberry's bootloader", "wb32", 0x342d, 0xdfa0),
        .firmware = &ub_firmware_wb32,
        .costs = COSTS(22000, 7000, 10000000, 26880),
        .habits = {DEADLINES, ECC(32), FF},
    },
    {
        NAMED("X32", "X32, a bootloader made after ST's", "x32", 0x3997, 0xdf11),
        .costs = COSTS(22000, 7000, 10000000, 8192),
        .habits = {DEADLINES, ECC(32), FF},
    },
    {
        /* An STM32F103: a page of 1 KiB 20 ms, a half-word 52.5 us */
        NAMED("Black Magic Probe", "Black Magic Probe, its own bootloader", "blackmagic", 0x1d50,
              0x6017),
        .firmware = &ub_firmware_blackmagic,
        .costs = COSTS(20000, 0, 2400000, 26880),
        .habits = {DEADLINES, FF, .program_unit = 2, .erase_typical_us = 20000,
                   .write_typical_us = 26880},
    },
    {
        NAMED("DFU", "a device that follows the USB DFU standard", "dfu", 0, 0),
        /* a stream erases as it goes: 20 ms for 2 KiB, and 512 * 52.5 us a KiB (F1) */
        .costs = COSTS(22000, 7000, 10000000, 37000),
        .habits = {DEADLINES, FF},
    },
};

const struct ub_family *ub_family_at(size_t index)
{
    return index < sizeof(families) / sizeof(families[0]) ? &families[index] : NULL;
}
