/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * STM32F405/407 with 1 MiB of flash, in its ROM bootloader.
 *
 * Descriptors and strings: as devices show them (`dfu-util -l` and `lsusb -v` of F405 and F407
 * boards: bcdUSB 1.00, bcdDevice 22.00, self-powered, 100 mA, interface strings 4 to 7).
 *
 * Erase and program times: typical values of the data sheet for x32 parallelism (2.7 to 3.6 V), and
 * the worst; a mass erase takes 8 s and claims 100 ms. It can take 32 s (OpenOCD, x8 parallelism),
 * and dfu-util therefore waits 35.
 *
 * bwPollTimeout: no log of an F405 itself was found. An STM32F745 claims 100 ms for erasing and
 * 104 ms for writing 2048 bytes (fwupd issue 2696; the answer to the second DFU_GETSTATUS came when
 * the erase was over, 351 ms later: the ROM is deaf while it works); on an F4 with 2 MB a browser
 * tool that sleeps as asked needed 31 ms a block (EdgeTX buddy pull request 88), which leaves no
 * room for such claims. The model claims what the chip needs: of the two the assumption that lets a
 * host which sleeps least look least good.
 *
 * DFU_CLRSTATUS outside dfuERROR, and the reset behind written option bytes: see model_stm32.h.
 *
 * After power-up dfu-util finds dfuERROR with errFIRMWARE on F407 (and F767) and clears it.
 */
#include "sim/dfu_function.h"
#include "usb/dfu_interface.h"

#include "base/bytes.h"

#define FLASH_BASE   0x08000000u
#define FLASH_SIZE   0x00100000u
#define SRAM_BASE    0x20000000u
#define SRAM_SIZE    0x00020000u
#define CCM_BASE     0x10000000u
#define CCM_SIZE     0x00010000u
#define MS           UINT64_C(1000)
#define WORD_NS      16000u
#define WORD_SLOW_NS 100000u
#define OPTION_US    300000u /* erase and program of the option sector; an assumption */
#define SERIAL_TEXT  "357236543131"

static const struct ub_sim_run flash_runs[] = {{4, 16 * 1024, 250000, 500000},
                                               {1, 64 * 1024, 550000, 1100000},
                                               {7, 128 * 1024, 1000000, 2000000}};
static const struct ub_sim_run option_runs[] = {{1, 16, 0, 0}};
static const struct ub_sim_run otp_runs[] = {{1, 512, 0, 0}, {1, 16, 0, 0}};
static const struct ub_sim_run feature_runs[] = {{1, 4, 0, 0}};

/* FLASH_OPTCR's reset value 0x0fffaaed as the option bytes hold it: user and RDP byte, then nWRP
 * (RM0090 section 3.9.10). */
static const uint8_t option_bytes[] = {0xef, 0xaa, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                       0xff, 0x0f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

static bool inside(uint32_t address, uint32_t base, uint32_t size)
{
    return address >= base && address - base <= size;
}

/* The ROM jumps to the vector table's second word with its first as stack pointer. */
static bool firmware_runs(const uint8_t *bytes, size_t length)
{
    struct ub_cursor cursor = ub_cursor(bytes, length);
    uint32_t stack = ub_take_u32le(&cursor);
    uint32_t reset = ub_take_u32le(&cursor);
    bool stack_good = inside(stack, SRAM_BASE, SRAM_SIZE) || inside(stack, CCM_BASE, CCM_SIZE);
    bool reset_good = (reset & 1u) != 0 && (inside(reset, FLASH_BASE, FLASH_SIZE - 1) ||
                                            inside(reset, 0, FLASH_SIZE - 1));
    return !cursor.failed && stack_good && reset_good;
}

static const struct ub_sim_chip chip = {
    .model = {.name = "stm32f405",
              .title = "STM32F405, 1 MiB of flash, ST's DfuSe bootloader in ROM"},
    .dfu_identity = {.vid = 0x0483,
                     .pid = 0xdf11,
                     .bcdDevice = 0x2200,
                     .bcdUSB = 0x0100,
                     .manufacturer = "STMicroelectronics",
                     .product = "STM32  BOOTLOADER"},
    .runtime_identity = {.vid = 0x1209,
                         .pid = 0x0001,
                         .bcdDevice = 0x0100,
                         .bcdUSB = 0x0200,
                         .manufacturer = "unbrick bench",
                         .product = "Blinky"},
    .serial = SERIAL_TEXT,
    .memories = {{.kind = UB_SIM_FLASH,
                  .base = FLASH_BASE,
                  .runs = flash_runs,
                  .run_count = 3,
                  .erased = 0xff,
                  .unit = 4,
                  .unit_ns = WORD_NS,
                  .unit_slow_ns = WORD_SLOW_NS,
                  .mass_erase_us = 8000 * MS,
                  .mass_erase_slow_us = 32000 * MS,
                  .name = "@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg"},
                 {.kind = UB_SIM_OPTION,
                  .base = 0x1fffc000,
                  .runs = option_runs,
                  .run_count = 1,
                  .erased = 0xff,
                  .unit = 16,
                  .unit_ns = OPTION_US * 1000u,
                  .launches = true,
                  .initial = option_bytes,
                  .initial_length = sizeof(option_bytes),
                  .name = "@Option Bytes  /0x1FFFC000/01*016 e"},
                 {.kind = UB_SIM_OTP,
                  .base = 0x1fff7800,
                  .runs = otp_runs,
                  .run_count = 2,
                  .erased = 0xff,
                  .unit = 4,
                  .unit_ns = WORD_NS,
                  .name = "@OTP Memory /0x1FFF7800/01*512 e,01*016 e"},
                 {.kind = UB_SIM_PLAIN,
                  .base = 0xffff0000,
                  .runs = feature_runs,
                  .run_count = 1,
                  .erased = 0xff,
                  .unit = 4,
                  .unit_ns = WORD_NS,
                  .name = "@Device Feature/0xFFFF0000/01*004 e"}},
    .memory_count = 4,
    .dfu = {.dfuse = true,
            .functional = true,
            .protocol = 2,
            .bmAttributes = UB_DFU_CAN_DNLOAD | UB_DFU_CAN_UPLOAD | UB_DFU_WILL_DETACH,
            .wDetachTimeOut = 255,
            .wTransferSize = 2048,
            .bcdDFUVersion = 0x011a,
            .first_state = UB_FN_ERROR,
            .first_status = UB_FN_STATUS_FIRMWARE,
            .status_length = 6,
            .deaf = true,
            .clear = UB_SIM_CLEAR_LENIENT,
            .reset = UB_SIM_RESET_STAYS,
            .polls = {.set_address = UB_SIM_POLL_TRUE,
                      .write = UB_SIM_POLL_TRUE,
                      .erase = UB_SIM_POLL_TRUE,
                      .mass_erase = 100,
                      .manifest = UB_SIM_POLL_TRUE},
            .manifest_us = 10 * MS,
            .detach_us = 50 * MS,
            .enter_us = 500 * MS,
            .return_us = 800 * MS},
    .runs = firmware_runs,
};

const struct ub_sim_chip_group ub_sim_group_stm32f405 = {&chip, 1};
