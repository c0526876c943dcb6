/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file model_stm32.h
 * The words in which a model of an STM32 is written, so that it reads like a page of its data
 * sheet. What ST's ROMs have in common is here; what a part has of its own is in its file.
 *
 * Where a comment in a model says "recalled", the figure is that of ST's data sheet as known, not
 * read again for this. Serial numbers are made up in the form that the part gives them.
 *
 * Descriptors (lsusb -v of an STM32F411, and of F105/F107 and G4 in public logs): no endpoint, one
 * interface with an alternate setting for each memory, one functional descriptor behind the last:
 * bmAttributes 0x0b (will detach, intolerant of manifestation), wDetachTimeOut 255, bcdDFUVersion
 * 1.1a. The older ROMs have bcdDevice 22.00 and call themselves "STM32  BOOTLOADER"; they arrive in
 * dfuERROR with errFIRMWARE (dfu-util logs of F407, F072 and L083). The newer ones have bcdDevice
 * 2.00, are "DFU in FS Mode", and arrive in dfuIDLE (dfu-util log of an STM32G0B1).
 *
 * DFU_CLRSTATUS outside dfuERROR is taken: configurators have sent it in any state for years, to F4
 * and F7 and H7, and it does what ST's middleware does (betaflight-configurator pull requests 1861
 * and 5348). Option bytes that were written are loaded by a reset (AN3156 section 5.1).
 */
#ifndef UB_SIM_MODEL_STM32_H
#define UB_SIM_MODEL_STM32_H

#include "sim/dfu_function.h"
#include "usb/dfu_interface.h"

#define KIB                  UINT64_C(1024)
#define MS(n)                ((n)*UINT64_C(1000))
#define HONEST               UB_SIM_POLL_TRUE

#define COUNT_OF(type_, ...) (sizeof((const type_[]){__VA_ARGS__}) / sizeof(type_))

/** `count` sectors of `size` bytes, erased in `typical` us, at worst in `slow` us. */
#define SECTORS(count_, size_, typical_, slow_)                                                    \
    {                                                                                              \
        (count_), (size_), (typical_), (slow_)                                                     \
    }
/** The sectors of a memory, from its start on. */
#define LAYOUT(...)                                                                                \
    .runs = (const struct ub_sim_run[]){__VA_ARGS__},                                              \
    .run_count = COUNT_OF(struct ub_sim_run, __VA_ARGS__)
/** Programming: `bytes` at a time in `typical` ns, at worst in `slow` ns. */
#define PROGRAM(bytes_, typical_, slow_)                                                           \
    .unit = (bytes_), .unit_ns = (typical_), .unit_slow_ns = (slow_)
/** The same, with ECC over each unit. */
#define PROGRAM_ECC(bytes_, typical_, slow_) PROGRAM(bytes_, typical_, slow_), .ecc = true
/** Mass erase, in us. */
#define MASS_ERASE(typical_, slow_) .mass_erase_us = (typical_), .mass_erase_slow_us = (slow_)
/** Content at first power-up; the rest is erased. */
#define CONTENT(...)                                                                               \
    .initial = (const uint8_t[]){__VA_ARGS__}, .initial_length = COUNT_OF(uint8_t, __VA_ARGS__)

/** The program memory. `...`: LAYOUT, PROGRAM, MASS_ERASE and what else is special. */
#define FLASH(name_, ...)                                                                          \
    {                                                                                              \
        .kind = UB_SIM_FLASH, .base = 0x08000000, .name = (name_), __VA_ARGS__                     \
    }
/** The option bytes: written as a whole in `us`, and loaded by a reset. `...`: LAYOUT, CONTENT. */
#define OPTION_BYTES(name_, base_, us_, ...)                                                       \
    {                                                                                              \
        .kind = UB_SIM_OPTION, .base = (base_), .name = (name_), .launches = true, .unit = 128,    \
        .unit_ns = (us_)*1000u, __VA_ARGS__                                                        \
    }
/** Memory that is programmed once. */
#define OTP(name_, base_, ...)                                                                     \
    {                                                                                              \
        .kind = UB_SIM_OTP, .base = (base_), .name = (name_), .erased = 0xff, __VA_ARGS__          \
    }
/** Data EEPROM: written in place, without erasing (L0, L1). */
#define EEPROM(name_, base_, ...)                                                                  \
    {                                                                                              \
        .kind = UB_SIM_PLAIN, .base = (base_), .name = (name_), __VA_ARGS__                        \
    }
/** What the older ROMs show as their fourth memory: a word that holds what the device can do. */
#define DEVICE_FEATURE                                                                             \
    {                                                                                              \
        .kind = UB_SIM_PLAIN, .base = 0xffff0000, .name = "@Device Feature/0xFFFF0000/01*004 e",   \
        .erased = 0xff, .unit = 4, .unit_ns = 16000, LAYOUT(SECTORS(1, 4, 0, 0))                   \
    }
#define MEMORIES(...)                                                                              \
    .memories = {__VA_ARGS__}, .memory_count = COUNT_OF(struct ub_sim_memory, __VA_ARGS__)

/** Who it is. The firmware that runs on it is the bench's own. */
#define IDENTITY(name_, title_, serial_, device_, usb_, product_)                                  \
    .model = {.name = (name_), .title = (title_)},                                                 \
    .dfu_identity = {.vid = 0x0483,                                                                \
                     .pid = 0xdf11,                                                                \
                     .bcdDevice = (device_),                                                       \
                     .bcdUSB = (usb_),                                                             \
                     .manufacturer = "STMicroelectronics",                                         \
                     .product = (product_)},                                                       \
    .runtime_identity = {.vid = 0x1209,                                                            \
                         .pid = 0x0001,                                                            \
                         .bcdDevice = 0x0100,                                                      \
                         .bcdUSB = 0x0200,                                                         \
                         .manufacturer = "unbrick bench",                                          \
                         .product = "Blinky"},                                                     \
    .serial = (serial_)
/** A part with one of the older ROMs, or of the newer ones. */
#define OLD_ROM(name_, title_, serial_)                                                            \
    IDENTITY(name_, title_, serial_, 0x2200, 0x0100, "STM32  BOOTLOADER"), .runs = ub_sim_stm32_runs
#define NEW_ROM(name_, title_, serial_)                                                            \
    IDENTITY(name_, title_, serial_, 0x0200, 0x0200, "DFU in FS Mode"), .runs = ub_sim_stm32_runs

/** What bwPollTimeout claims, in ms, for setting the address, a block, a sector, everything. */
#define POLLS(address_, write_, erase_, all_)                                                      \
    .polls = {.set_address = (address_),                                                           \
              .write = (write_),                                                                   \
              .erase = (erase_),                                                                   \
              .mass_erase = (all_),                                                                \
              .manifest = HONEST}

#define DFUSE(transfer_, ...)                                                                      \
    .dfu = {.dfuse = true,                                                                         \
            .functional = true,                                                                    \
            .protocol = 2,                                                                         \
            .bmAttributes = UB_DFU_CAN_DNLOAD | UB_DFU_CAN_UPLOAD | UB_DFU_WILL_DETACH,            \
            .wDetachTimeOut = 255,                                                                 \
            .wTransferSize = (transfer_),                                                          \
            .bcdDFUVersion = 0x011a,                                                               \
            .status_length = 6,                                                                    \
            .reset = UB_SIM_RESET_STAYS,                                                           \
            .manifest_us = MS(10),                                                                 \
            .detach_us = MS(50),                                                                   \
            .enter_us = MS(500),                                                                   \
            .return_us = MS(800),                                                                  \
            __VA_ARGS__}
/** The bootloader: transfer size in bytes, POLLS, and what is special about it. */
#define OLD_DFUSE(transfer_, ...)                                                                  \
    DFUSE(transfer_, .first_state = UB_FN_ERROR, .first_status = UB_FN_STATUS_FIRMWARE,            \
          .clear = UB_SIM_CLEAR_LENIENT, __VA_ARGS__)
#define NEW_DFUSE(transfer_, ...)                                                                  \
    DFUSE(transfer_, .first_state = UB_FN_IDLE, .first_status = UB_FN_STATUS_OK, __VA_ARGS__)

/** Would an STM32 start what is at the beginning of these bytes, its program memory? */
bool ub_sim_stm32_runs(const uint8_t *bytes, size_t length);

#endif
