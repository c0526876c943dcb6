/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Artery's AT32, id 2e3c:df11, bcdDevice 2.00, serial "AT32", product "DFU in FS Mode" of
 * "Artery-Tech" (`dfu-util -l` and `lsusb` of AT32F403A, F405, F415 and F435 boards).
 *
 * at32f435: "@Internal Flash   /0x08000000/08*04Ka,1000*04Kg", of which the first 32 KiB can only
 * be read, and "@Option byte   /0x1FFFC000/01*4096 g" (Betaflight Configurator, usbdfu.js: the
 * strings that it has to know by heart). 4032 KiB in sectors of 4 KiB.
 *
 * at32f415: blanks in the memory map and an erase-only option area, "@Internal Flash  /0x08000000/
 * 128*1Kg" and "@Option Byte   /0x1FFFF800/02*016 e" (FlashFloppy's and CIDOO V65's instructions).
 *
 * Nothing was found about their times: 50 ms for a sector, 40 us for a word, 2 KiB a block and
 * claims of 50 ms (Artery's middleware follows ST's, which claims that) are assumptions, and so is
 * that the chip is deaf while it works.
 */
#include "sim/dfu_function.h"
#include "usb/dfu_interface.h"

#include "base/bytes.h"

#define FLASH_BASE 0x08000000u
#define SRAM_BASE  0x20000000u
#define SRAM_SIZE  0x00080000u
#define SECTOR_US  50000u
#define WORD_NS    40000u
#define F435_OWN   (UINT64_C(8) * 4096)
#define MS         UINT64_C(1000)

static const struct ub_sim_run f435_runs[] = {{1008, 4096, SECTOR_US, 0}};
static const struct ub_sim_run f435_option_runs[] = {{1, 4096, 0, 0}};
static const struct ub_sim_run f415_runs[] = {{128, 1024, SECTOR_US, 0}};
static const struct ub_sim_run f415_option_runs[] = {{2, 16, 0, 0}};

/* FAP a5 (no access protection) and its complement; the rest unused. */
static const uint8_t option_bytes[] = {0xa5, 0x5a, 0xff, 0x00};

static bool vectors_run(const uint8_t *bytes, size_t length, size_t at)
{
    struct ub_cursor cursor = ub_cursor(bytes + at, length > at ? length - at : 0);
    uint32_t stack = ub_take_u32le(&cursor);
    uint32_t reset = ub_take_u32le(&cursor);
    return !cursor.failed && stack >= SRAM_BASE && stack - SRAM_BASE <= SRAM_SIZE &&
           reset >= FLASH_BASE && reset - FLASH_BASE < length && (reset & 1u) != 0;
}

static bool f435_runs_it(const uint8_t *bytes, size_t length)
{
    return vectors_run(bytes, length, F435_OWN);
}

static bool f415_runs_it(const uint8_t *bytes, size_t length)
{
    return vectors_run(bytes, length, 0);
}

#define IDENTITY                                                                                   \
    {                                                                                              \
        .vid = 0x2e3c, .pid = 0xdf11, .bcdDevice = 0x0200, .bcdUSB = 0x0200,                       \
        .manufacturer = "Artery-Tech", .product = "DFU in FS Mode"                                 \
    }

#define BLINKY                                                                                     \
    {                                                                                              \
        .vid = 0x1209, .pid = 0x0001, .bcdDevice = 0x0100, .bcdUSB = 0x0200,                       \
        .manufacturer = "unbrick bench", .product = "Blinky"                                       \
    }

#define FLASH(runs_, own_, name_)                                                                  \
    {                                                                                              \
        .kind = UB_SIM_FLASH, .base = FLASH_BASE, .runs = (runs_), .run_count = 1,                 \
        .own_sectors = (own_), .erased = 0xff, .unit = 4, .unit_ns = WORD_NS, .name = (name_)      \
    }

#define OPTION(base_, runs_, name_)                                                                \
    {                                                                                              \
        .kind = UB_SIM_OPTION, .base = (base_), .runs = (runs_), .run_count = 1, .erased = 0xff,   \
        .unit = 16, .unit_ns = SECTOR_US * 1000u, .initial = option_bytes,                         \
        .initial_length = sizeof(option_bytes), .name = (name_)                                    \
    }

#define DFU                                                                                        \
    {                                                                                              \
        .dfuse = true, .functional = true, .protocol = 2,                                          \
        .bmAttributes = UB_DFU_CAN_DNLOAD | UB_DFU_CAN_UPLOAD | UB_DFU_WILL_DETACH,                \
        .wDetachTimeOut = 255, .wTransferSize = 2048, .bcdDFUVersion = 0x011a,                     \
        .first_state = UB_FN_IDLE, .first_status = UB_FN_STATUS_OK, .status_length = 6,            \
        .deaf = true, .reset = UB_SIM_RESET_STAYS, .clear = UB_SIM_CLEAR_LENIENT,                  \
        .polls = {50, 50, 50, 50, 1}, .manifest_us = 10 * MS, .detach_us = 50 * MS,                \
        .enter_us = 500 * MS, .return_us = 800 * MS                                                \
    }

static const struct ub_sim_chip chips[] = {
    {.model = {.name = "at32f435",
               .title = "AT32F435M, 4032 KiB of flash of which 32 KiB are the bootloader's"},
     .dfu_identity = IDENTITY,
     .runtime_identity = BLINKY,
     .serial = "AT32",
     .memories = {FLASH(f435_runs, 8, "@Internal Flash   /0x08000000/08*04Ka,1000*04Kg"),
                  OPTION(0x1fffc000, f435_option_runs, "@Option byte   /0x1FFFC000/01*4096 g")},
     .memory_count = 2,
     .dfu = DFU,
     .runs = f435_runs_it},
    {.model = {.name = "at32f415", .title = "AT32F415, 128 KiB of flash, blanks in its memory map"},
     .dfu_identity = IDENTITY,
     .runtime_identity = BLINKY,
     .serial = "AT32",
     .memories = {FLASH(f415_runs, 0, "@Internal Flash  /0x08000000/ 128*1Kg"),
                  OPTION(0x1ffff800, f415_option_runs, "@Option Byte   /0x1FFFF800/02*016 e")},
     .memory_count = 2,
     .dfu = DFU,
     .runs = f415_runs_it},
};

const struct ub_sim_chip_group ub_sim_group_at32 = {chips, sizeof(chips) / sizeof(chips[0])};
