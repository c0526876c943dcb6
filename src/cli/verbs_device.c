/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verbs that work on devices. */
#include "verbs.h"

#define STARTED_AGAIN                                                                              \
    "A device whose firmware ran before is started again afterwards, unless --stay is given."

/* What vouches for an image, and what it is held against. */
#define TRUST_OPTIONS                                                                              \
    CLI_OPT_MEMBER, CLI_OPT_SHA256, CLI_OPT_SHA512, CLI_OPT_SUMS, CLI_OPT_KEY, CLI_OPT_SIGNATURE,  \
        CLI_OPT_MANIFEST, CLI_OPT_TRUST_FIRST_USE, CLI_OPT_LABEL

const struct cli_verb cli_device_verbs[] = {
    {
        .id = CLI_VERB_INFO,
        .name = "info",
        .summary = "everything known about a device: memory, rights, protocol, state",
        .needs_device = true,
        .arguments = {{.name = "DEVICE", .kind = CLI_WORD_DEVICE, .optional = true}},
        .text = "Opens the device and shows its regions with their sectors and rights, its "
                "protocol, transfer sizes, its state on arrival, and what is odd about it. "
                "Changes nothing.",
        .examples = {{"unbrick info port=1-4.2", "the device at this port"},
                     {"unbrick --sim stm32f405 info", "a virtual one, without hardware"}},
    },
    {
        .id = CLI_VERB_ENTER,
        .name = "enter",
        .summary = "bring a running device into DFU mode",
        .needs_device = true,
        .arguments = {{.name = "DEVICE", .kind = CLI_WORD_DEVICE, .optional = true}},
        .text = "Asks the running firmware to hand over to its bootloader (DFU_DETACH) and "
                "waits until the bootloader appears at the same port. A device that is in "
                "DFU mode already is left alone.",
        .examples = {{"unbrick enter", "the only device attached"},
                     {"unbrick enter serial=A1B2C3", "the one with this serial number"}},
    },
    {
        .id = CLI_VERB_LEAVE,
        .name = "leave",
        .summary = "start the firmware and wait for what comes back",
        .needs_device = true,
        .arguments = {{.name = "DEVICE", .kind = CLI_WORD_DEVICE, .optional = true}},
        .text = "Leaves the bootloader and says what came back at the port. Writes nothing.",
        .examples = {{"unbrick leave", "the only device in DFU mode"},
                     {"unbrick leave 1-4.2", "the one at this port"}},
    },
    {
        .id = CLI_VERB_FLASH,
        .name = "flash",
        .summary = "the whole procedure: check, back up, plan, write, verify, leave",
        .needs_device = true,
        .arguments =
            {{.name = "IMAGE", .kind = CLI_WORD_FILE},
             {.name = "DEVICE", .kind = CLI_WORD_DEVICE, .optional = true, .repeats = true}},
        .text = "Brings the device to the image and proves it. What the device holds is backed "
                "up first; sectors that already hold what they should are not touched; what "
                "shares a sector with the image is kept; the sector that makes the device "
                "bootable is finished last; the image is read back before the device is "
                "started.\n\n"
                "Asks once before anything is changed. --yes answers that question; it never "
                "answers for an irreversible step, which needs its own option.\n\n"
                "A run that was cut short is completed by giving the same command again.\n\n"
                "Several DEVICE are done side by side, each of which has to fit exactly one "
                "device. With --all every device that fits any of them is done, without DEVICE "
                "every one in DFU mode; those whose firmware runs are then left out, and named "
                "in the output: a DEVICE that they fit, such as their id, takes them in. "
                "--count N waits, at most 10 minutes, until N devices "
                "fit. --watch is for a station: what is there is done, and each device that is "
                "plugged in later, once, until Ctrl-C. A device is its port, so equal serial "
                "numbers are no obstacle. One that fails stops none of the others; the exit "
                "status is that of the worst: one that is incomplete before all others, then "
                "10, 9, 7, 130, 6, 5, 4, 3, 2.",
        .examples = {{"unbrick flash firmware.dfu", "flash the only device attached"},
                     {"unbrick flash app.bin --at 0x08000000 port=1-4.2",
                      "a raw file needs to be told where it goes"},
                     {"unbrick flash firmware.dfu --all id=0483:df11",
                      "every device with this id, side by side"},
                     {"unbrick --sim stm32f405,state=chip.bin flash app.hex",
                      "rehearse it on a virtual device whose flash is kept in chip.bin"}},
        .options = CLI_OPTIONS(
            CLI_OPT_AT, CLI_OPT_REGION, CLI_OPT_DRY_RUN, CLI_OPT_ALL, CLI_OPT_NUMBER, CLI_OPT_WATCH,
            CLI_OPT_STAY, CLI_OPT_WHOLE, CLI_OPT_READ_ONCE, CLI_OPT_ACCEPT, TRUST_OPTIONS,
            CLI_OPT_DISCARD_NEIGHBOURS, CLI_OPT_NO_BACKUP, CLI_OPT_ERASE_ALL,
            CLI_OPT_WRITE_OPTION_BYTES, CLI_OPT_WRITE_OTP, CLI_OPT_LOSE_PROTECTED_CONTENT),
    },
    {
        .id = CLI_VERB_PLAN,
        .name = "plan",
        .summary = "what flash would do and what it costs; changes nothing",
        .needs_device = true,
        .arguments =
            {{.name = "IMAGE", .kind = CLI_WORD_FILE},
             {.name = "DEVICE", .kind = CLI_WORD_DEVICE, .optional = true, .repeats = true}},
        .text = "Reads the device, compares it with the image and shows which ranges would be "
                "erased, written and kept, how long each would take, and what could not be "
                "undone. Takes the same options as flash, but "
                "neither --count nor --watch. With --all or several DEVICE, which are chosen as "
                "flash chooses them, each device's plan is a line.\n\n" STARTED_AGAIN,
        .examples = {{"unbrick plan firmware.dfu", "the price of flashing it"},
                     {"unbrick plan app.bin --at 0x08004000 --erase-all",
                      "what erasing everything first would change"},
                     {"unbrick plan firmware.dfu --all", "a rehearsal for several devices"}},
        .options = CLI_OPTIONS(CLI_OPT_ALL, CLI_OPT_AT, CLI_OPT_REGION, CLI_OPT_WHOLE,
                               CLI_OPT_READ_ONCE, CLI_OPT_ACCEPT, TRUST_OPTIONS,
                               CLI_OPT_DISCARD_NEIGHBOURS, CLI_OPT_NO_BACKUP, CLI_OPT_ERASE_ALL,
                               CLI_OPT_WRITE_OPTION_BYTES, CLI_OPT_WRITE_OTP,
                               CLI_OPT_LOSE_PROTECTED_CONTENT, CLI_OPT_STAY),
    },
    {
        .id = CLI_VERB_VERIFY,
        .name = "verify",
        .summary = "compare the device with an image",
        .needs_device = true,
        .arguments = {{.name = "IMAGE", .kind = CLI_WORD_FILE},
                      {.name = "DEVICE", .kind = CLI_WORD_DEVICE, .optional = true}},
        .text = "Reads what the image covers and compares it byte by byte. Exit status 9 if "
                "there is a difference. Changes nothing.\n\n" STARTED_AGAIN,
        .examples = {{"unbrick verify firmware.dfu", "does the device hold this file?"},
                     {"unbrick verify app.bin --at 0x08000000 && echo same",
                      "in a script, by exit status"}},
        .options = CLI_OPTIONS(CLI_OPT_AT, CLI_OPT_REGION, CLI_OPT_ACCEPT, TRUST_OPTIONS,
                               CLI_OPT_STAY),
    },
    {
        .id = CLI_VERB_BACKUP,
        .name = "backup",
        .summary = "read everything readable into the vault",
        .needs_device = true,
        .arguments = {{.name = "DEVICE", .kind = CLI_WORD_DEVICE, .optional = true}},
        .text = "Reads all readable memory of the device, twice, compares the two readings, "
                "and keeps them with their digests and the device's "
                "identity.\n\n" STARTED_AGAIN,
        .examples = {{"unbrick backup", "into the vault only"},
                     {"unbrick backup port=1-4.2 -o before.hex",
                      "also into a file; its ending (.dfu, .hex, .bin) chooses the format"}},
        .options = CLI_OPTIONS(CLI_OPT_OUTPUT, CLI_OPT_READ_ONCE, CLI_OPT_STAY),
    },
    {
        .id = CLI_VERB_RESTORE,
        .name = "restore",
        .summary = "put a backup back",
        .needs_device = true,
        .arguments = {{.name = "BACKUP", .kind = CLI_WORD_BACKUP, .optional = true},
                      {.name = "DEVICE", .kind = CLI_WORD_DEVICE, .optional = true}},
        .text = "Writes what a backup holds, through the same checks and the same plan as "
                "flash, and asks as flash does. Without BACKUP, the newest one of this very "
                "device.",
        .examples = {{"unbrick restore", "the newest backup of the only device attached"},
                     {"unbrick restore 2026-11-22-01 port=1-4.2",
                      "this backup, to the device at this port"}},
        .options = CLI_OPTIONS(CLI_OPT_STAY, CLI_OPT_WHOLE, CLI_OPT_READ_ONCE, CLI_OPT_ACCEPT,
                               CLI_OPT_DISCARD_NEIGHBOURS, CLI_OPT_NO_BACKUP, CLI_OPT_ERASE_ALL,
                               CLI_OPT_LOSE_PROTECTED_CONTENT),
    },
    {
        .id = CLI_VERB_ERASE,
        .name = "erase",
        .summary = "erase a region or a range of whole sectors",
        .needs_device = true,
        .arguments = {{.name = "RANGE", .kind = CLI_WORD_TEXT},
                      {.name = "DEVICE", .kind = CLI_WORD_DEVICE, .optional = true}},
        .text = "RANGE is the name of a region as info shows it, or START-END (both included) "
                "or START+LENGTH, made of whole sectors; numbers may be decimal or "
                "hexadecimal with 0x. \"all\" needs --erase-all. Backs up first, and asks once "
                "before anything is changed. The device stays in its bootloader.",
        .examples = {{"unbrick erase 0x08010000+64K", "one sector of 64 KiB"},
                     {"unbrick erase all --erase-all", "everything, named as such"}},
        .options = CLI_OPTIONS(CLI_OPT_READ_ONCE, CLI_OPT_NO_BACKUP, CLI_OPT_ERASE_ALL,
                               CLI_OPT_WRITE_OPTION_BYTES, CLI_OPT_LOSE_PROTECTED_CONTENT),
    },
    {.name = NULL},
};
