/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * GigaDevice's chips: the ROM of the GD32VF103 in its two variants, and the bootloader that
 * GigaDevice gives away as an example, on a GD32F103.
 *
 * gd32vf103, as on the Longan Nano: `dfu-util -l` shows ver=1000, alternate settings
 * "@Internal Flash  /0x08000000/512*002Kg" and "@Option Bytes  /0x1FFFF800/01*016 g", serial 3CBJ
 * (gd32-dfu-utils issue 5); the chip has 128 pages of 1 KiB (user manual 2.3.1). It is met in
 * dfuERROR with errFIRMWARE and claims 100 ms for a command, for SET_ADDRESS too, and 104 ms for
 * 2048 bytes (gd32-dfu-utils issue 3). Product string: IronOS issue 817. Mass erase works (issue
 * 5).
 *
 * gd32vf103b, the chip as sold alone: ver=0100, one setting with the true map, mass erase always
 * fails, and memory that is not blank is not programmed although it says so (issue 5). Attributes
 * 0x0b, detach time 255 ms, 2048 bytes, 60 ms claimed for an erase: dfu-util ticket 148. Strings:
 * lsusb of a GD32F350 with the same version (28e9:0189, bcdDevice 1.00).
 *
 * gd32vf103-64k: the chip of gd32-dfu-utils issue 3, a GD32VF103C8 with 64 pages; its map is the
 * same, of the same ROM (an assumption: the log does not show it).
 *
 * All: bytes instead of UTF-16 in the serial number, of which the third tells the size (4, 6, 8,
 * B: 16, 32, 64, 128 KiB; dfu-util quirks.c, fwupd's dfu plugin). The status question after "leave"
 * is answered or not (issue 4, pull request 6 "but sometimes"): GigaDevice's example resets the
 * chip while the answer is on its way. What the commands take: the example (dfu_core.c for
 * GD32F150) claims fixed times and works in the interrupt behind the status answer, deaf meanwhile;
 * SET_ADDRESS is a store. DFU_CLRSTATUS outside dfuERROR is taken there as in ST's middleware.
 *
 * gd32f103: the example on a chip with 256 KiB: "@Internal Flash   /0x08000000/16*002Ka,112*002Kg",
 * erase 60 ms and program 80 ms claimed whatever they take (GigaDevice's usb_dfu example for
 * GD32F10x and GD32F403, flash_if). The chip takes up to 400 ms to erase a page: with speed=slow
 * the claim is far too short.
 *
 * Flash times: GD32F103, 50 ms typical and 400 ms at most for a page, 37.5 us and 105 us for a word
 * (Black Magic Probe, dfu_f1.c). For the GD32VF103, of the same series, the same: an assumption. So
 * is the time of a mass erase: half of what its pages take one by one.
 */
#include "sim/dfu_function.h"
#include "usb/dfu_interface.h"

#include "base/bytes.h"

#define FLASH_BASE     0x08000000u
#define SRAM_BASE      0x20000000u
#define SRAM_SIZE      0x00010000u
#define PAGE_US        50000u
#define PAGE_SLOW_US   400000u
#define WORD_NS        37500u
#define WORD_SLOW_NS   105000u
#define VF_SMALL_PAGES 64u
#define VF_PAGES       128u
#define F103_PAGES     128u
#define F103_PAGE      2048u
#define F103_OWN       16u
#define MS             UINT64_C(1000)
#define BLINKY                                                                                     \
    {                                                                                              \
        .vid = 0x1209, .pid = 0x0001, .bcdDevice = 0x0100, .bcdUSB = 0x0200,                       \
        .manufacturer = "unbrick bench", .product = "Blinky"                                       \
    }

static const struct ub_sim_run vf_pages[] = {{VF_PAGES, 1024, PAGE_US, PAGE_SLOW_US}};
static const struct ub_sim_run vf_small_pages[] = {{VF_SMALL_PAGES, 1024, PAGE_US, PAGE_SLOW_US}};
static const struct ub_sim_run f103_pages[] = {{F103_PAGES, F103_PAGE, PAGE_US, PAGE_SLOW_US}};
static const struct ub_sim_run option_runs[] = {{1, 16, 0, 0}};

/* Option bytes at their reset values: RDP a5, user ff, each followed by its complement (user manual
 * section 2.3.10). */
static const uint8_t option_bytes[] = {0xa5, 0x5a, 0xff, 0x00, 0xff, 0x00, 0xff, 0x00,
                                       0xff, 0x00, 0xff, 0x00, 0xff, 0x00, 0xff, 0x00};

/* A RISC-V core begins to run at the first byte of the flash: whatever is not blank runs. */
static bool riscv_runs(const uint8_t *bytes, size_t length)
{
    return length >= 4 && !ub_all_bytes(bytes, 4, 0xff) && !ub_all_bytes(bytes, 4, 0x00);
}

/* A Cortex-M3 behind a bootloader: its vector table lies behind the bootloader's own pages. */
static bool f103_runs(const uint8_t *bytes, size_t length)
{
    size_t own = (size_t)F103_OWN * F103_PAGE;
    struct ub_cursor cursor = ub_cursor(bytes + own, length > own ? length - own : 0);
    uint32_t stack = ub_take_u32le(&cursor);
    uint32_t reset = ub_take_u32le(&cursor);
    return !cursor.failed && stack >= SRAM_BASE && stack - SRAM_BASE <= SRAM_SIZE &&
           reset >= FLASH_BASE && reset - FLASH_BASE < length && (reset & 1u) != 0;
}

#define VF_MEMORY(runs_, pages_, name_)                                                            \
    {                                                                                              \
        .kind = UB_SIM_FLASH, .base = FLASH_BASE, .runs = (runs_), .run_count = 1, .erased = 0xff, \
        .unit = 4, .unit_ns = WORD_NS, .unit_slow_ns = WORD_SLOW_NS,                               \
        .mass_erase_us = (uint64_t)(pages_)*PAGE_US / 2, .name = (name_)                           \
    }

#define VF_NAME "@Internal Flash  /0x08000000/512*002Kg"

#define VF_IDENTITY                                                                                \
    {                                                                                              \
        .vid = 0x28e9, .pid = 0x0189, .bcdDevice = 0x1000, .bcdUSB = 0x0200,                       \
        .manufacturer = "GigaDevice", .product = "GD32 0x418 DFU Bootloader"                       \
    }

/* Erased and programmed in the time of a page: an assumption. */
#define VF_OPTIONS                                                                                 \
    {                                                                                              \
        .kind = UB_SIM_OPTION, .base = 0x1ffff800, .runs = option_runs, .run_count = 1,            \
        .erased = 0xff, .unit = 16, .unit_ns = PAGE_US * 1000u, .initial = option_bytes,           \
        .initial_length = sizeof(option_bytes), .name = "@Option Bytes  /0x1FFFF800/01*016 g"      \
    }

#define DFU(first_state_, first_status_, leave_, no_mass_erase_, set_address_, write_, erase_,     \
            bytes_)                                                                                \
    {                                                                                              \
        .dfuse = true, .functional = true, .protocol = 2,                                          \
        .bmAttributes = UB_DFU_CAN_DNLOAD | UB_DFU_CAN_UPLOAD | UB_DFU_WILL_DETACH,                \
        .wDetachTimeOut = 255, .wTransferSize = 2048, .bcdDFUVersion = 0x011a,                     \
        .first_state = (first_state_), .first_status = (first_status_), .status_length = 6,        \
        .deaf = true, .reset = UB_SIM_RESET_STAYS, .clear = UB_SIM_CLEAR_LENIENT,                  \
        .leave = (leave_), .no_mass_erase = (no_mass_erase_), .serial_bytes = (bytes_),            \
        .polls = {.set_address = (set_address_),                                                   \
                  .write = (write_),                                                               \
                  .erase = (erase_),                                                               \
                  .mass_erase = (erase_),                                                          \
                  .manifest = 1},                                                                  \
        .manifest_us = 10 * MS, .detach_us = 50 * MS, .enter_us = 500 * MS, .return_us = 800 * MS  \
    }

static const struct ub_sim_chip chips[] = {
    {.model = {.name = "gd32vf103",
               .title = "GD32VF103CB, 128 KiB of flash of which it says 1 MiB, GigaDevice's ROM"},
     .dfu_identity = VF_IDENTITY,
     .runtime_identity = BLINKY,
     .serial = "3CBJ",
     .memories = {VF_MEMORY(vf_pages, VF_PAGES, VF_NAME), VF_OPTIONS},
     .memory_count = 2,
     .dfu = DFU(UB_FN_ERROR, UB_FN_STATUS_FIRMWARE, UB_SIM_LEAVE_RANDOM, false, 100, 104, 100,
                true),
     .runs = riscv_runs},
    {.model = {.name = "gd32vf103-64k", .title = "GD32VF103C8: the same with 64 KiB of flash"},
     .dfu_identity = VF_IDENTITY,
     .runtime_identity = BLINKY,
     .serial = "3C8J",
     .memories = {VF_MEMORY(vf_small_pages, VF_SMALL_PAGES, VF_NAME), VF_OPTIONS},
     .memory_count = 2,
     .dfu = DFU(UB_FN_ERROR, UB_FN_STATUS_FIRMWARE, UB_SIM_LEAVE_RANDOM, false, 100, 104, 100,
                true),
     .runs = riscv_runs},
    {.model = {.name = "gd32vf103b",
               .title = "GD32VF103CB with the other ROM: no mass erase, one alternate setting"},
     .dfu_identity = {.vid = 0x28e9,
                      .pid = 0x0189,
                      .bcdDevice = 0x0100,
                      .bcdUSB = 0x0200,
                      .manufacturer = "GigaDevice",
                      .product = "GD32 USB DFU in FS Mode"},
     .runtime_identity = BLINKY,
     .serial = "3CBJ",
     .memories = {VF_MEMORY(vf_pages, VF_PAGES, "@Internal Flash  /0x08000000/128*001Kg")},
     .memory_count = 1,
     /* 80 ms for what is not an erase: GigaDevice's example, as above */
     .dfu = DFU(UB_FN_IDLE, UB_FN_STATUS_OK, UB_SIM_LEAVE_RANDOM, true, 80, 80, 60, true),
     .runs = riscv_runs},
    {.model = {.name = "gd32f103",
               .title = "GD32F103 with GigaDevice's example bootloader; a page takes up to 400 ms"},
     .dfu_identity = {.vid = 0x28e9,
                      .pid = 0x0189,
                      .bcdDevice = 0x0100,
                      .bcdUSB = 0x0200,
                      .manufacturer = "GigaDevice",
                      .product = "GD32 USB DFU in FS Mode"},
     .runtime_identity = BLINKY,
     .serial = "32374D4C3233", /* an assumption: the example makes it of the chip's unique id */
     .memories = {{.kind = UB_SIM_FLASH,
                   .base = FLASH_BASE,
                   .runs = f103_pages,
                   .run_count = 1,
                   .own_sectors = F103_OWN,
                   .erased = 0xff,
                   .unit = 4,
                   .unit_ns = WORD_NS,
                   .unit_slow_ns = WORD_SLOW_NS,
                   .name = "@Internal Flash   /0x08000000/16*002Ka,112*002Kg"}},
     .memory_count = 1,
     .dfu = DFU(UB_FN_IDLE, UB_FN_STATUS_OK, UB_SIM_LEAVE_GONE, true, 80, 80, 60, false),
     .runs = f103_runs},
};

const struct ub_sim_chip_group ub_sim_group_gd32 = {chips, sizeof(chips) / sizeof(chips[0])};
