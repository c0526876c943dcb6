/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Real devices with a DFU bootloader of their own, each with what is odd about it. What no source
 * gives is marked as an assumption; all times of leaving and coming back are assumptions.
 */
#include "sim/dfu_function.h"
#include "usb/dfu_interface.h"

#include "base/bytes.h"

#define MS   UINT64_C(1000)
#define S    (1000 * MS)
#define BOTH (UB_DFU_CAN_DNLOAD | UB_DFU_CAN_UPLOAD)
#define TRUE_POLLS                                                                                 \
    {                                                                                              \
        UB_SIM_POLL_TRUE, UB_SIM_POLL_TRUE, UB_SIM_POLL_TRUE, UB_SIM_POLL_TRUE, UB_SIM_POLL_TRUE   \
    }
/* What all of them share. */
#define PLAIN(protocol_, attributes_, transfer_, version_)                                         \
    .protocol = (protocol_), .bmAttributes = (attributes_), .wTransferSize = (transfer_),          \
    .bcdDFUVersion = (version_), .first_state = UB_FN_IDLE, .first_status = UB_FN_STATUS_OK,       \
    .status_length = 6, .setalt_resets = true, .detach_us = 50 * MS, .enter_us = 400 * MS,         \
    .return_us = 600 * MS

/*
 * HackRF One in the ROM of its LPC4320: 1fc9:000c, strings NXP, LPC, ABCD (hackrf issues 227, 622);
 * DFU 1.00, 2048 bytes, met in dfuIDLE, named "DFU", gone when asked for status at the end (hackrf
 * issues 347, 1358, 1446); bInterfaceProtocol 1 although it is in DFU mode (dfu-util, dfu_util.c).
 * It wants the LPC prefix in front of the image, loads the rest into RAM at 0x10000000 (96 KiB of
 * local RAM, data sheet of the LPC4320) and starts it; it cannot be read (hackrf,
 * updating_firmware.rst). In truth a high-speed device. Attributes: an assumption beyond "download
 * only". RAM takes no time; a claim of 1 ms is an assumption.
 */
static const struct ub_sim_run lpc_ram[] = {{1, 96 * 1024, 0, 0}};

/*
 * Ubertooth One: firmware/bootloader/bootloader.cpp and dfu.cpp. 1d50:6003, no serial number,
 * attributes 0x0f, detach time 15 s, 256 bytes, bcdDFUVersion 1.01 in a descriptor of 9 bytes. The
 * number of a block is its place in the flash, only whole blocks are taken, and the first 16 KiB,
 * the bootloader's own, are refused: ubertooth-dfu begins with block 64 and fills the last one up
 * with 0xff. A sector is erased when its first block comes. Each upload ends with its block. Every
 * status answer claims 20 ms.
 *
 * The real one programs before it acknowledges the block and is never in dfuDNBUSY; refuses with
 * errWRITE and errUNKNOWN, where this one says errSTALLEDPKT. LPC1756: 16 sectors of 4 KiB and 6 of
 * 32 KiB, 100 ms for an erase and 1 ms for 256 bytes (UM10360; NXP community, td-p/538286); 400 ms
 * at worst (SparkFun forum 5306, LPC2368).
 */
static const struct ub_sim_run lpc1756_runs[] = {{16, 4096, 100000, 400000},
                                                 {6, 32 * 1024, 100000, 400000}};

/*
 * Black Magic Probe (native, STM32F103CB): src/platforms/common/stm32/dfucore.c and dfu_f1.c.
 * DfuSe; the bootloader's 8 KiB are marked readable only and refused with errTARGET. Pages of 1
 * KiB: 20 to 40 ms, half-words of 52.5 to 70 us. Current sources claim 20 and 27 ms and are done
 * when they answer next; the defect modelled is that of older ones, for which dfu-util gives up
 * after 100 answers "dfuDNBUSY, 0 ms" (dfuse.c: "e.g. Black Magic Probe"): the poll time is always
 * 0 and it answers while it works. No mass erase: the command is taken and nothing is done; refused
 * here.
 */
static const struct ub_sim_run f103_runs[] = {{128, 1024, 20000, 40000}};

/*
 * Openmoko FreeRunner (GTA02) in U-Boot: drivers/usb/usbdfu.c. 1457:5119 in both modes,
 * bcdUSB 1.00, bcdDevice 0, attributes 0x07, detach time 0xff00 ms, 4096 bytes, bcdDFUVersion 1.00
 * in a descriptor of 9 bytes. bwPollTimeout is never set: it is what was in the buffer before,
 * 70 minutes here. The real one never is in dfuDNBUSY, and it goes back to its firmware from
 * dfuMANIFEST-WAIT-RESET only, into which DFU_DETACH brings it. 256 KiB of u-boot and 64 KiB of its
 * environment, in NAND blocks of 16 KiB erased in 2 ms and pages of 512 bytes written in 200 us:
 * assumptions.
 */
static const struct ub_sim_run uboot_runs[] = {{16, 16 * 1024, 2000, 0}};
static const uint8_t uboot[] = {0x12, 0x00, 0x00, 0xea}; /* how every ARM U-Boot begins */
static const struct ub_sim_run environment_runs[] = {{4, 16 * 1024, 2000, 0}};

/*
 * Jabra Speak 410: 0b0e:0411 in both modes, bInterfaceProtocol 0, one interface in DFU mode
 * (dfu-util, dfu_util.c: "Old Jabra devices"); uploads are not to be believed (fwupd, dfu.quirk:
 * ignore-upload). fwupd also resets it twice to get it going, which is not modelled. Attributes,
 * transfer size, version and memory are assumptions.
 */
static const struct ub_sim_run pages[] = {{128, 2048, 20000, 40000}};

/*
 * m-stack: ColorHug+ (273f:1003), colorhug-plus-firmware, src/bootloader. Attributes 0x0f, detach
 * time 100 ms, blocks of 64 bytes, DFU 1.10, no serial number, an interface name that looks like a
 * DfuSe memory map and is none ("@Flash /0x0/1*16Ke"). A bus reset starts the firmware only if
 * something was read or written before. The flash is erased in blocks of 1 KiB. PIC18F46J50: 33 ms
 * for an erase, 2.8 ms for 64 bytes (an assumption, from memory of its data sheet).
 */
static const struct ub_sim_run pic_runs[] = {{16, 1024, 33000, 0}};

/*
 * A device with a system of its own behind DFU, as the Poly Studio (095d:9217, DFU 9218): blocks of
 * 4096 bytes that are taken at once with a poll time of 0 (fwupd issue 3640), then manifestation
 * for up to three minutes (dfu.quirk: RemoveDelay 180000) in which it answers, and which a bus
 * reset breaks off (fwupd issue 2347); then it leaves by itself. Attributes and memory are
 * assumptions.
 */
static const struct ub_sim_run disk_runs[] = {{64, 64 * 1024, 0, 0}};

/* The bootloader jumps to the application if its stack pointer lies in RAM (dfu_f1.c). */
static bool bmp_runs(const uint8_t *bytes, size_t length)
{
    size_t own = (size_t)8 * 1024;
    struct ub_cursor cursor = ub_cursor(bytes + own, length > own ? length - own : 0);
    uint32_t stack = ub_take_u32le(&cursor);
    return !cursor.failed && (stack & 0x2ffe0000u) == 0x20000000u;
}

static const struct ub_sim_chip chips[] = {
    {.model = {.name = "hackrf", .title = "HackRF One in the LPC4320's ROM: loads into RAM"},
     .dfu_identity = {0x1fc9, 0x000c, 0x0100, 0x0200, "NXP", "LPC"},
     .runtime_identity = {0x1d50, 0x6089, 0x0102, 0x0200, "Great Scott Gadgets", "HackRF One"},
     .serial = "ABCD",
     .memories = {{.kind = UB_SIM_PLAIN,
                   .base = 0x10000000,
                   .runs = lpc_ram,
                   .run_count = 1,
                   .erased = 0xff,
                   .unit = 4,
                   .name = "DFU"}},
     .memory_count = 1,
     .dfu = {PLAIN(1, UB_DFU_CAN_DNLOAD, 2048, 0x0100), .functional = true, .wDetachTimeOut = 1000,
             .reset = UB_SIM_RESET_RUNS, .manifest_us = 50 * MS, .polls = {1, 1, 1, 1, 1},
             .checks_prefix = true, .leave = UB_SIM_LEAVE_GONE}},
    {.model = {.name = "ubertooth",
               .title = "Ubertooth One: block numbers are places in the flash"},
     .dfu_identity = {0x1d50, 0x6003, 0x0100, 0x0200,
                      "http://github.com/greatscottgadgets/ubertooth", "usb_bootloader"},
     .runtime_identity = {0x1d50, 0x6002, 0x0107, 0x0200, "Great Scott Gadgets", "Ubertooth One"},
     .serial = "",
     .memories = {{.kind = UB_SIM_FLASH,
                   .base = 0,
                   .runs = lpc1756_runs,
                   .run_count = 2,
                   .own_sectors = 4,
                   .erased = 0xff,
                   .unit = 16,
                   .unit_ns = 62500}},
     .memory_count = 1,
     .dfu = {PLAIN(2, BOTH | UB_DFU_MANIFEST_TOL | UB_DFU_WILL_DETACH, 256, 0x0101),
             .functional = true, .wDetachTimeOut = 15000, .reset = UB_SIM_RESET_RUNS,
             .manifest_us = 1 * MS, .polls = TRUE_POLLS, .poll_fixed = true, .poll_ms = 20,
             .whole_blocks = true}},
    {.model = {.name = "blackmagic", .title = "Black Magic Probe: dfuDNBUSY with a poll time of 0"},
     .dfu_identity = {0x1d50, 0x6017, 0x0100, 0x0200, "Black Magic Debug",
                      "Black Magic Probe DFU v1.10.2"},
     .runtime_identity = {0x1d50, 0x6018, 0x0109, 0x0200, "Black Magic Debug",
                          "Black Magic Probe v1.10.2"},
     .serial = "7BB180B4",
     .memories = {{.kind = UB_SIM_FLASH,
                   .base = 0x08000000,
                   .runs = f103_runs,
                   .run_count = 1,
                   .own_sectors = 8,
                   .erased = 0xff,
                   .unit = 2,
                   .unit_ns = 52500,
                   .unit_slow_ns = 70000,
                   .name = "@Internal Flash   /0x08000000/8*001Ka,120*001Kg"}},
     .memory_count = 1,
     .dfu = {PLAIN(2, BOTH | UB_DFU_WILL_DETACH, 1024, 0x011a), .dfuse = true, .functional = true,
             .wDetachTimeOut = 255, .reset = UB_SIM_RESET_STAYS, .manifest_us = 10 * MS,
             .polls = TRUE_POLLS, .poll_fixed = true, .poll_ms = 0, .no_mass_erase = true},
     .runs = bmp_runs},
    {.model = {.name = "openmoko",
               .title = "Openmoko FreeRunner's U-Boot: poll times mean nothing"},
     .dfu_identity = {0x1457, 0x5119, 0x0000, 0x0100, "OpenMoko, Inc", "Neo1973 Bootloader U-Boot"},
     .runtime_identity = {0x1457, 0x5119, 0x0000, 0x0110, "OpenMoko, Inc",
                          "Neo1973 Bootloader U-Boot"},
     .serial = "0000000",
     .memories = {{.kind = UB_SIM_FLASH,
                   .base = 0,
                   .runs = uboot_runs,
                   .run_count = 1,
                   .erased = 0xff,
                   .unit = 128,
                   .unit_ns = 50000,
                   .initial = uboot,
                   .initial_length = sizeof(uboot),
                   .name = "u-boot"},
                  {.kind = UB_SIM_FLASH,
                   .base = 0x40000,
                   .runs = environment_runs,
                   .run_count = 1,
                   .erased = 0xff,
                   .unit = 128,
                   .unit_ns = 50000,
                   .name = "u-boot_env"}},
     .memory_count = 2,
     .dfu = {PLAIN(2, BOTH | UB_DFU_MANIFEST_TOL, 4096, 0x0100), .functional = true,
             .functional_length = 9, .wDetachTimeOut = 0xff00, .reset = UB_SIM_RESET_RUNS,
             .manifest_us = 1 * MS, .polls = TRUE_POLLS, .poll_fixed = true, .poll_ms = 0x404040}},
    {.model = {.name = "jabra", .title = "Jabra Speak 410: protocol 0, uploads are rubbish"},
     .dfu_identity = {0x0b0e, 0x0411, 0x0100, 0x0200, "GN Netcom A/S", "Jabra SPEAK 410 USB"},
     .runtime_identity = {0x0b0e, 0x0411, 0x0100, 0x0200, "GN Netcom A/S", "Jabra SPEAK 410 USB"},
     .serial = "50C971AC0B3D",
     .memories = {{.kind = UB_SIM_FLASH,
                   .base = 0,
                   .runs = pages,
                   .run_count = 1,
                   .erased = 0xff,
                   .unit = 2,
                   .unit_ns = 52500}},
     .memory_count = 1,
     .dfu = {PLAIN(0, BOTH | UB_DFU_MANIFEST_TOL, 1024, 0x0110), .functional = true,
             .wDetachTimeOut = 1000, .reset = UB_SIM_RESET_RUNS, .manifest_us = 50 * MS,
             .polls = TRUE_POLLS, .upload_rubbish = true}},
    {.model = {.name = "mstack", .title = "m-stack on a ColorHug+: starts nothing untouched"},
     .dfu_identity = {0x273f, 0x1003, 0x0101, 0x0200, "Hughski Ltd.", "ColorHug+ [DFU]"},
     .runtime_identity = {0x273f, 0x1002, 0x0101, 0x0200, "Hughski Ltd.", "ColorHug+"},
     .serial = "",
     .memories = {{.kind = UB_SIM_FLASH,
                   .base = 0,
                   .runs = pic_runs,
                   .run_count = 1,
                   .erased = 0xff,
                   .unit = 64,
                   .unit_ns = 2800000,
                   .name = "@Flash /0x0/1*16Ke"}},
     .memory_count = 1,
     .dfu = {PLAIN(2, BOTH | UB_DFU_MANIFEST_TOL | UB_DFU_WILL_DETACH, 64, 0x0110),
             .functional = true, .wDetachTimeOut = 100, .reset = UB_SIM_RESET_RUNS,
             .manifest_us = 1 * MS, .polls = TRUE_POLLS, .upload_to_run = true}},
    {.model = {.name = "slowmanifest", .title = "Three minutes of manifestation, poll time 0"},
     .dfu_identity = {0x095d, 0x9218, 0x0100, 0x0200, "Poly", "Poly Studio USB"},
     .runtime_identity = {0x095d, 0x9217, 0x0100, 0x0200, "Poly", "Poly Studio USB"},
     .serial = "8L19240A55D0",
     .memories = {{.kind = UB_SIM_PLAIN,
                   .base = 0,
                   .runs = disk_runs,
                   .run_count = 1,
                   .erased = 0xff,
                   .unit = 64,
                   .unit_ns = 1000}},
     .memory_count = 1,
     .dfu = {PLAIN(2, UB_DFU_CAN_DNLOAD | UB_DFU_WILL_DETACH, 4096, 0x0110), .functional = true,
             .wDetachTimeOut = 1000, .reset = UB_SIM_RESET_RUNS, .manifest_us = 180 * S,
             .poll_fixed = true, .poll_ms = 0, .manifest_fragile = true}},
    {.model = {.name = "nofunctional", .title = "No functional descriptor at all"},
     .dfu_identity = {0x1209, 0x000d, 0x0100, 0x0200, "unbrick bench", "Bench (DFU)"},
     .runtime_identity = {0x1209, 0x000c, 0x0100, 0x0200, "unbrick bench", "Bench"},
     .serial = "BENCH-000C",
     .memories = {{.kind = UB_SIM_FLASH,
                   .base = 0,
                   .runs = pages,
                   .run_count = 1,
                   .erased = 0xff,
                   .unit = 2,
                   .unit_ns = 52500,
                   .name = "Flash"}},
     .memory_count = 1,
     .dfu = {PLAIN(2, BOTH | UB_DFU_MANIFEST_TOL, 1024, 0x0110), .wDetachTimeOut = 1000,
             .reset = UB_SIM_RESET_RUNS, .manifest_us = 50 * MS, .polls = TRUE_POLLS}},
};

const struct ub_sim_chip_group ub_sim_group_odd = {chips, sizeof(chips) / sizeof(chips[0])};
