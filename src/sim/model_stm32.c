/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What all models of STM32 share. */
#include "sim/model_stm32.h"

#include "base/bytes.h"

#define FLASH_BASE 0x08000000u
#define ITCM_FLASH 0x00200000u /* the flash as F7 sees it on its instruction bus */

/* Everywhere that any STM32 has memory for a stack. */
static const struct {
    uint32_t base;
    uint32_t size;
} stacks[] = {
    {0x10000000, 128 * KIB},  /* CCM of F4 and G4, SRAM2 of L4 */
    {0x20000000, 2560 * KIB}, /* SRAM; DTCM of F7 and H7 */
    {0x24000000, 1024 * KIB}, /* AXI SRAM of H7 */
    {0x30000000, 288 * KIB},  /* SRAM1 to 3 of H7 */
};

static bool stack_good(uint32_t stack)
{
    for (size_t i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++)
        if (stack >= stacks[i].base && stack - stacks[i].base <= stacks[i].size)
            return true;
    return false;
}

static bool inside(uint32_t address, uint32_t base, size_t length)
{
    return address >= base && address - base < length;
}

/* The ROM jumps to the vector table's second word with its first as stack pointer. */
bool ub_sim_stm32_runs(const uint8_t *bytes, size_t length)
{
    struct ub_cursor cursor = ub_cursor(bytes, length);
    uint32_t stack = ub_take_u32le(&cursor);
    uint32_t reset = ub_take_u32le(&cursor);
    return !cursor.failed && stack_good(stack) && (reset & 1u) != 0 &&
           (inside(reset, FLASH_BASE, length) || inside(reset, ITCM_FLASH, length) ||
            inside(reset, 0, length));
}
