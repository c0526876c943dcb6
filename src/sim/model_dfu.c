/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Devices with a plain DFU bootloader, one for each way in which such bootloaders differ. The
 * memory is that of a small microcontroller: 2 KiB pages erased in 20 ms, half-words programmed in
 * 52.5 us (STM32F1 data sheet, typical). Ids are pid.codes' test ids.
 */
#include "sim/dfu_function.h"
#include "usb/dfu_interface.h"

#define MS UINT64_C(1000)

static const struct ub_sim_run pages[] = {{128, 2048, 20000, 40000}};

#define IDENTITY(pid_, product_)                                                                   \
    {                                                                                              \
        .vid = 0x1209, .pid = (pid_), .bcdDevice = 0x0100, .bcdUSB = 0x0200,                       \
        .manufacturer = "unbrick bench", .product = (product_)                                     \
    }

#define MEMORY                                                                                     \
    {                                                                                              \
        .kind = UB_SIM_FLASH, .base = 0, .runs = pages, .run_count = 1, .erased = 0xff, .unit = 2, \
        .unit_ns = 52500, .name = "Flash"                                                          \
    }

#define DFU(attributes_, transfer_, version_)                                                      \
    {                                                                                              \
        .functional = true, .protocol = 2, .bmAttributes = (attributes_), .wDetachTimeOut = 1000,  \
        .wTransferSize = (transfer_), .bcdDFUVersion = (version_), .first_state = UB_FN_IDLE,      \
        .first_status = UB_FN_STATUS_OK, .status_length = 6, .setalt_resets = true,                \
        .reset = UB_SIM_RESET_RUNS,                                                                \
        .polls = {UB_SIM_POLL_TRUE, UB_SIM_POLL_TRUE, UB_SIM_POLL_TRUE, UB_SIM_POLL_TRUE,          \
                  UB_SIM_POLL_TRUE},                                                               \
        .manifest_us = 50 * MS, .detach_us = 50 * MS, .enter_us = 400 * MS, .return_us = 600 * MS  \
    }

#define CHIP(name_, title_, pid_, serial_, attributes_, transfer_, version_)                       \
    {                                                                                              \
        .model = {.name = (name_), .title = (title_)},                                             \
        .dfu_identity = IDENTITY((pid_) + 1, "Bench (DFU)"),                                       \
        .runtime_identity = IDENTITY((pid_), "Bench"), .serial = (serial_), .memories = {MEMORY},  \
        .memory_count = 1, .dfu = DFU(attributes_, transfer_, version_)                            \
    }

#define BOTH (UB_DFU_CAN_DNLOAD | UB_DFU_CAN_UPLOAD)

static const struct ub_sim_chip chips[] = {
    CHIP("dfu", "DFU 1.1, tolerant of manifestation, read and write", 0x0002, "BENCH-0002",
         BOTH | UB_DFU_MANIFEST_TOL, 1024, 0x0110),
    CHIP("dfu-notolerant", "DFU 1.1, waits for a bus reset after manifestation", 0x0004,
         "BENCH-0004", BOTH, 4096, 0x0110),
    CHIP("dfu-noupload", "DFU 1.1, tolerant of manifestation, write only", 0x0006, "BENCH-0006",
         UB_DFU_CAN_DNLOAD | UB_DFU_MANIFEST_TOL, 1024, 0x0110),
    CHIP("dfu-wdetach", "DFU 1.1, detaches by itself, when asked to and after manifestation",
         0x0008, "BENCH-0008", BOTH | UB_DFU_WILL_DETACH, 1024, 0x0110),
    CHIP("dfu10", "DFU 1.0: a functional descriptor of 7 bytes", 0x000a, "BENCH-000A",
         BOTH | UB_DFU_MANIFEST_TOL, 1024, 0x0100),
};

const struct ub_sim_chip_group ub_sim_group_dfu = {chips, sizeof(chips) / sizeof(chips[0])};
