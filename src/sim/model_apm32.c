/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Geehy's APM32F103, 128 KiB, id 314b:0106. `dfu-util -l` shows ver=0010, alternate settings
 * "@Internal Flash  /0x8000000/06*002Kg,058*002Kg", whose address has seven digits, and
 * "@Option Bytes  /0x1FFFF800/01*016 e", serial 0448. Product "APM32 DFU ISP Mode": OpenI6X issue
 * 266.
 *
 * Nothing was found about its times. It is sold as a register-level copy of the STM32F103, so the
 * flash takes what that one takes (data sheet: 20 to 40 ms for a page, 40 to 70 us for a
 * half-word); true claims, transfer size and deafness are assumptions.
 */
#include "sim/dfu_function.h"
#include "usb/dfu_interface.h"

#include "base/bytes.h"

#define FLASH_BASE 0x08000000u
#define SRAM_BASE  0x20000000u
#define SRAM_SIZE  0x00005000u
#define MS         UINT64_C(1000)

static const struct ub_sim_run flash_runs[] = {{64, 2048, 20000, 40000}};
static const struct ub_sim_run option_runs[] = {{1, 16, 0, 0}};

static const uint8_t option_bytes[] = {0xa5, 0x5a, 0xff, 0x00, 0xff, 0x00, 0xff, 0x00,
                                       0xff, 0x00, 0xff, 0x00, 0xff, 0x00, 0xff, 0x00};

static bool firmware_runs(const uint8_t *bytes, size_t length)
{
    struct ub_cursor cursor = ub_cursor(bytes, length);
    uint32_t stack = ub_take_u32le(&cursor);
    uint32_t reset = ub_take_u32le(&cursor);
    return !cursor.failed && stack >= SRAM_BASE && stack - SRAM_BASE <= SRAM_SIZE &&
           reset >= FLASH_BASE && reset - FLASH_BASE < length && (reset & 1u) != 0;
}

static const struct ub_sim_chip chip = {
    .model = {.name = "apm32", .title = "APM32F103CB, 128 KiB of flash, Geehy's ROM"},
    .dfu_identity = {.vid = 0x314b,
                     .pid = 0x0106,
                     .bcdDevice = 0x0010,
                     .bcdUSB = 0x0200,
                     .manufacturer = "Geehy",
                     .product = "APM32 DFU ISP Mode"},
    .runtime_identity = {.vid = 0x1209,
                         .pid = 0x0001,
                         .bcdDevice = 0x0100,
                         .bcdUSB = 0x0200,
                         .manufacturer = "unbrick bench",
                         .product = "Blinky"},
    .serial = "0448",
    .memories = {{.kind = UB_SIM_FLASH,
                  .base = FLASH_BASE,
                  .runs = flash_runs,
                  .run_count = 1,
                  .erased = 0xff,
                  .unit = 2,
                  .unit_ns = 52500,
                  .unit_slow_ns = 70000,
                  .mass_erase_us = 20 * MS,
                  .mass_erase_slow_us = 40 * MS,
                  .name = "@Internal Flash  /0x8000000/06*002Kg,058*002Kg"},
                 {.kind = UB_SIM_OPTION,
                  .base = 0x1ffff800,
                  .runs = option_runs,
                  .run_count = 1,
                  .erased = 0xff,
                  .unit = 16,
                  .unit_ns = 20000000,
                  .initial = option_bytes,
                  .initial_length = sizeof(option_bytes),
                  .name = "@Option Bytes  /0x1FFFF800/01*016 e"}},
    .memory_count = 2,
    .dfu = {.dfuse = true,
            .functional = true,
            .protocol = 2,
            .bmAttributes = UB_DFU_CAN_DNLOAD | UB_DFU_CAN_UPLOAD | UB_DFU_WILL_DETACH,
            .wDetachTimeOut = 255,
            .wTransferSize = 2048,
            .bcdDFUVersion = 0x011a,
            .first_state = UB_FN_IDLE,
            .first_status = UB_FN_STATUS_OK,
            .status_length = 6,
            .deaf = true,
            .reset = UB_SIM_RESET_STAYS,
            .clear = UB_SIM_CLEAR_LENIENT,
            .polls = {UB_SIM_POLL_TRUE, UB_SIM_POLL_TRUE, UB_SIM_POLL_TRUE, UB_SIM_POLL_TRUE,
                      UB_SIM_POLL_TRUE},
            .manifest_us = 10 * MS,
            .detach_us = 50 * MS,
            .enter_us = 500 * MS,
            .return_us = 800 * MS},
    .runs = firmware_runs,
};

const struct ub_sim_chip_group ub_sim_group_apm32 = {&chip, 1};
