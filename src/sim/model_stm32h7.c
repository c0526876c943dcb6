/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * STM32H743, revisions Y and V, in its ROM bootloader.
 *
 * Strings: dfu-util -l of H743 and H750 boards (two memories, option bytes at the registers).
 * Transfers of 1,024 bytes. 256 bits with ECC are programmed at once, and once between two erases
 * (ST community 734674; RM0433 section 4.3.9); reading a word written twice or in part is a fault
 * (PX4 and ArduPilot pull request 22090).
 *
 * A sector takes 0.9 s: the answer to the first question behind the command comes that much later
 * and says dfuDNBUSY, the next one is answered at once and says that it is done (log in ST
 * community 234209, revision V, lower bank). So the ROM works before it answers. At worst 2 s, a
 * unit in 100, at worst 200 us, recalled (64 bits at a time). It claims 1,000 ms for a sector
 * (dfu-util ticket 88); what it claims for the rest is not known, and is what it takes here.
 */
#include "sim/model_stm32.h"

#define H7_MEMORIES                                                                                \
    MEMORIES(FLASH("@Internal Flash   /0x08000000/16*128Kg",                                       \
                   LAYOUT(SECTORS(16, 128 * KIB, MS(900), MS(2000))),                              \
                   PROGRAM_ECC(32, 100000, 200000), .erased = 0xff),                               \
             OPTION_BYTES("@Option Bytes   /0x5200201C/01*128 e", 0x5200201c, 300000,              \
                          LAYOUT(SECTORS(1, 128, 0, 0)),                                           \
                          CONTENT(0xf0, 0xaa, 0xc6, 0x13, 0xf0, 0xaa, 0xc6, 0x13),                 \
                          .erased = 0x00))
#define H7_DFUSE(...)                                                                              \
    NEW_DFUSE(1024, POLLS(HONEST, HONEST, 1000, HONEST), .works_first = true,                      \
              .clear = UB_SIM_CLEAR_LENIENT, __VA_ARGS__)

static const struct ub_sim_chip chips[] = {
    {
        NEW_ROM("stm32h743", "STM32H743, 2 MiB; transfers of 1,024 bytes, units of 32 with ECC",
                "200364500000"),
        H7_MEMORIES,
        H7_DFUSE(.bank2 = UB_SIM_BANK2_WELL),
    },
    /*
     * Erasing from 0x08100000 on is answered dfuDNBUSY at once and for ever. CubeProgrammer waits
     * the time claimed, sends DFU_CLRSTATUS twice (errUNKNOWN in dfuERROR, then dfuIDLE) and takes
     * the sector for erased (ST community 234209; betaflight-configurator pull requests 1861 and
     * 5348, dfu-util ticket 88). The bank that does not hold the ROM can erase while it runs on, so
     * the erase is taken to be done once its time is over; whoever clears before loses it.
     */
    {
        NEW_ROM("stm32h743v",
                "STM32H743 revision V; erasing the upper bank never ends, DFU_CLRSTATUS frees it",
                "200364500000"),
        H7_MEMORIES,
        H7_DFUSE(.bank2 = UB_SIM_BANK2_STUCK),
    },
    /* Nobody has shown that such an erase is done: a host must look. Here it is not. */
    {
        NEW_ROM("stm32h743v-lost",
                "STM32H743 revision V, supposing that what is freed was not erased",
                "200364500000"),
        H7_MEMORIES,
        H7_DFUSE(.bank2 = UB_SIM_BANK2_LOST),
    },
};

const struct ub_sim_chip_group ub_sim_group_stm32h7 = {chips, sizeof(chips) / sizeof(chips[0])};
