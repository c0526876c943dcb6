/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "family/family.h"

#include "base/text.h"

/* Deadlines. A sector erase may take 4 s (F7 256 KiB in x8 parallelism), a mass erase 32 s (F405 in
 * x8 parallelism, OpenOCD; dfu-util allows 35 s), a manifestation 180 s (Poly's devices in fwupd's
 * quirks). No device is known that asks to be left alone for more than 100 s between two polls. */
#define DEADLINES                                                                                  \
    .erase_deadline_ms = 10000, .erase_all_deadline_ms = 40000, .write_deadline_ms = 10000,        \
    .manifest_deadline_ms = 180000, .poll_max_ms = 120000, .erased_value = 0xff
#define HABITS                                                                                     \
    {                                                                                              \
        DEADLINES                                                                                  \
    }
#define HABITS_AT_ONCE                                                                             \
    {                                                                                              \
        DEADLINES, .naks_while_busy = true                                                         \
    }

/* Full-speed control transfers: about 1 ms for a short one through a hub or an emulated bus, 64
 * bytes in a packet and 13 packets in a frame at most (USB 2.0 table 5-1). */
#define FULL_SPEED .transfer_us = 1000, .transfer_kib_us = 1300

/* STM32F405/407/415/417 with 1 MiB: RM0090 table 5. */
static const struct ub_sector_run stm32f405_layout[] = {
    {.address = 0x08000000, .size = 16 * 1024, .count = 4, .rights = 7},
    {.address = 0x08010000, .size = 64 * 1024, .count = 1, .rights = 7},
    {.address = 0x08020000, .size = 128 * 1024, .count = 7, .rights = 7},
};

/* In order of preference: the first that fits is taken; the last fits anything. */
static const struct ub_family families[] = {
    {
        .name = "STM32F405",
        .title = "STM32F405/407/415/417 with 1 MiB, ST's bootloader in ROM",
        .word = "stm32f405",
        .vid = 0x0483,
        .pid = 0xdf11,
        .layout = stm32f405_layout,
        .layout_count = 3,
        .has_boot_address = true,
        .rom_by_pin = true, /* AN2606: pattern 1, BOOT0 = 1 and BOOT1 = 0 */
        .boot_address = 0x08000000,
        /* Typical times at 2.7 to 3.6 V in x32 parallelism: 16 KiB 250 ms, 64 KiB 550 ms, 128 KiB 1
         * s, a word 16 us, all of it 8 s (STM32F405 data sheet, flash memory programming). */
        .costs = {.erase_sector_us = 150000,
                  .erase_kib_us = 6600,
                  .erase_all_us = 8000000,
                  .write_kib_us = 4096,
                  FULL_SPEED},
        /* pydfu and EdgeTX' buddy ask F4 parts at once and never sleep */
        .habits = HABITS_AT_ONCE,
    },
    {
        .name = "STM32",
        .title = "STM32, ST's bootloader in ROM",
        .word = "stm32",
        .vid = 0x0483,
        .pid = 0xdf11,
        .has_boot_address = true,
        .boot_address = 0x08000000,
        .costs = {.erase_sector_us = 22000,
                  .erase_kib_us = 7000,
                  .erase_all_us = 10000000,
                  .write_kib_us = 8192,
                  FULL_SPEED},
        .habits = HABITS,
    },
    {
        .name = "DFU",
        .title = "a device that follows the USB DFU standard",
        .word = "dfu",
        .costs = {.erase_sector_us = 22000,
                  .erase_kib_us = 7000,
                  .erase_all_us = 10000000,
                  .write_kib_us =
                      47000, /* a stream erases as it goes: 20 ms and 512 * 52.5 us a KiB (F1) */
                  FULL_SPEED},
        .habits = HABITS,
    },
};

#define FAMILY_COUNT (sizeof(families) / sizeof(families[0]))

static bool id_fits(const struct ub_family *family, uint16_t vid, uint16_t pid)
{
    return family->vid == 0 || (family->vid == vid && family->pid == pid);
}

const struct ub_family *ub_family_by_id(uint16_t vid, uint16_t pid)
{
    for (size_t i = 0; i < FAMILY_COUNT - 1; i++)
        if (!families[i].layout && id_fits(&families[i], vid, pid))
            return &families[i];
    return &families[FAMILY_COUNT - 1];
}

static bool layout_fits(const struct ub_family *family, const struct ub_region *region)
{
    if (region->run_count != family->layout_count)
        return false;
    for (size_t i = 0; i < family->layout_count; i++) {
        const struct ub_sector_run *want = &family->layout[i];
        const struct ub_sector_run *have = &region->runs[i];
        if (have->address != want->address || have->size != want->size ||
            have->count != want->count)
            return false;
    }
    return true;
}

const struct ub_family *ub_family_by_regions(uint16_t vid, uint16_t pid,
                                             const struct ub_region *regions, size_t count)
{
    for (size_t i = 0; i < FAMILY_COUNT; i++) {
        const struct ub_family *family = &families[i];
        if (!family->layout || !id_fits(family, vid, pid))
            continue;
        for (size_t r = 0; r < count; r++)
            if (regions[r].kind == UB_REGION_FLASH && layout_fits(family, &regions[r]))
                return family;
    }
    return ub_family_by_id(vid, pid);
}

const struct ub_family *ub_family_named(const char *word)
{
    for (size_t i = 0; i < FAMILY_COUNT; i++)
        if (ub_same_word(families[i].word, word))
            return &families[i];
    return NULL;
}
