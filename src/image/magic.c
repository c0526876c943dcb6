/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Magic numbers of files that people hand to a flasher by mistake. */
#include "image/magic.h"

#define PACKED  "unpack it and give the firmware that is inside"
#define AGAIN   "fetch or copy the file again"
#define PICTURE "it shows something; fetch the firmware itself"
#define MEDIA   "it is to be played; fetch the firmware itself"
#define UNBOX                                                                                      \
    "it is a program of a computer: run it there, or unpack it, and give the firmware inside"
#define WHOLE       "write it to a card or a stick, or boot it; firmware for a chip is smaller"
#define PHONE       "it is for fastboot: fastboot flash PARTITION FILE"
#define BIOS        "it is for a PC's own firmware: install it with fwupdtool or from the PC's setup"
#define ROUTER      "install it with the device's own update page or with its bootloader"
#define LINUX       "it is for a device with Linux, whose U-Boot may take it by DFU"
#define BESIDE      "it goes beside the firmware, or is named with --key or --signature"

#define MAGIC(text) (text), sizeof(text) - 1
/* What is refused for good; what is refused until it is named. */
#define ROW(offset, text, also, name, advice)                                                      \
    {                                                                                              \
        offset, MAGIC(text), also,                                                                 \
        {                                                                                          \
            name, advice, NULL                                                                     \
        }                                                                                          \
    }
#define SYSTEM(offset, text, also, name, advice)                                                   \
    {                                                                                              \
        offset, MAGIC(text), also,                                                                 \
        {                                                                                          \
            name, advice, "system-image"                                                           \
        }                                                                                          \
    }

const struct ub_magic ub_magics[] = {
    /* firmware that lost something */
    ROW(0, "DfuSe", NULL, "a DfuSe file whose end is missing or damaged", AGAIN),

    /* archives */
    ROW(0, "PK", ub_magic_is_zip, "a ZIP archive", PACKED),
    ROW(0, "\x1f\x8b\x08", NULL, "a gzip file", PACKED),
    ROW(0,
        "\xfd"
        "7zXZ\0",
        NULL, "an xz file", PACKED),
    ROW(0, "\x28\xb5\x2f\xfd", NULL, "a Zstandard file", PACKED),
    ROW(0, "\x04\x22\x4d\x18", ub_magic_is_lz4, "an LZ4 file", PACKED),
    ROW(0, "BZh", ub_magic_is_bzip2, "a bzip2 file", PACKED),
    ROW(0, "\x1f\x9d", ub_magic_is_compress, "a file of compress", PACKED),
    ROW(0, "LZIP\1", NULL, "an lzip file", PACKED),
    ROW(0, "\x89LZO\0\r\n\x1a\n", NULL, "an lzop file", PACKED),
    ROW(0, "7z\xbc\xaf\x27\x1c", NULL, "a 7-Zip archive", PACKED),
    ROW(0, "Rar!\x1a\x07", NULL, "a RAR archive", PACKED),
    ROW(0, "MSCF\0\0\0\0", NULL, "a cabinet archive", PACKED),
    ROW(0, "ISc(", NULL, "a cabinet archive of InstallShield", PACKED),
    ROW(0, "MSWIM\0\0\0", NULL, "a Windows image", PACKED),
    ROW(0, "!<arch>\n", NULL, "an ar archive", PACKED),
    ROW(0, "\xed\xab\xee\xdb", NULL, "an RPM package", PACKED),
    ROW(0, "070701", NULL, "a cpio archive", PACKED),
    ROW(0, "070707", NULL, "a cpio archive", PACKED),
    ROW(0, "xar!\0\x1c", NULL, "a package of macOS", PACKED),
    ROW(257, "ustar", NULL, "a tar archive", PACKED),
    ROW(0x8001, "CD001", NULL, "an ISO 9660 disk image", PACKED),

    /* pictures, documents, fonts */
    ROW(0, "\x89PNG\r\n\x1a\n", NULL, "a PNG picture", PICTURE),
    ROW(0, "\xff\xd8\xff", NULL, "a JPEG picture", PICTURE),
    ROW(0, "GIF87a", NULL, "a GIF picture", PICTURE),
    ROW(0, "GIF89a", NULL, "a GIF picture", PICTURE),
    ROW(8, "WEBP", NULL, "a WebP picture", PICTURE),
    ROW(0, "BM", ub_magic_is_bmp, "a BMP picture", PICTURE),
    ROW(0, "II*\0", NULL, "a TIFF picture", PICTURE),
    ROW(0, "MM\0*", NULL, "a TIFF picture", PICTURE),
    ROW(0, "8BPS\0\1", NULL, "a Photoshop picture", PICTURE),
    ROW(0, "%PDF-", NULL, "a PDF document", PICTURE),
    ROW(0, "%!PS-Adobe", NULL, "a PostScript document", PICTURE),
    ROW(0, "{\\rtf", NULL, "an RTF document", PICTURE),
    ROW(0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", NULL, "a Microsoft document or installer", UNBOX),
    ROW(0, "ITSF\3\0\0\0", NULL, "a Windows help file", PICTURE),
    ROW(0, "OTTO\0", NULL, "a font", PICTURE),
    ROW(0, "ttcf\0", NULL, "a font", PICTURE),
    ROW(0, "wOFF", NULL, "a font", PICTURE),
    ROW(0, "wOF2", NULL, "a font", PICTURE),
    ROW(0, "\0\1\0\0", ub_magic_is_truetype, "a font", PICTURE),

    /* sound and film */
    ROW(0, "RIFF", ub_magic_is_riff, "a WAV or AVI file", MEDIA),
    ROW(0, "OggS\0", NULL, "an Ogg file", MEDIA),
    ROW(0, "fLaC\0", NULL, "a FLAC file", MEDIA),
    ROW(0, "ID3\2", NULL, "an MP3 file", MEDIA),
    ROW(0, "ID3\3", NULL, "an MP3 file", MEDIA),
    ROW(0, "ID3\4", NULL, "an MP3 file", MEDIA),
    ROW(0, "MThd\0\0\0\6", NULL, "a MIDI file", MEDIA),
    ROW(4, "ftyp", NULL, "an MP4 or HEIF file", MEDIA),
    ROW(0, "\x1a\x45\xdf\xa3", NULL, "a Matroska film", MEDIA),
    ROW(0, "FLV\1", NULL, "a Flash film", MEDIA),
    ROW(0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11", NULL, "a Windows Media file", MEDIA),
    ROW(0, "\0\0\1\xba", NULL, "an MPEG film", MEDIA),

    /* programs and data of computers */
    ROW(0, "MZ", ub_magic_is_pe, "a Windows program", UNBOX),
    ROW(0, "\xfe\xed\xfa\xce", NULL, "a Mach-O program", UNBOX),
    ROW(0, "\xfe\xed\xfa\xcf", NULL, "a Mach-O program", UNBOX),
    ROW(0, "\xce\xfa\xed\xfe", NULL, "a Mach-O program", UNBOX),
    ROW(0, "\xcf\xfa\xed\xfe", NULL, "a Mach-O program", UNBOX),
    ROW(0, "\xca\xfe\xba\xbe", NULL, "a Mach-O or Java program", UNBOX),
    ROW(0, "dex\n03", NULL, "an Android program", UNBOX),
    ROW(0, "\0asm\1\0\0\0", NULL, "a WebAssembly module", UNBOX),
    ROW(0, "L\0\0\0\1\x14\2\0", NULL, "a Windows shortcut", "give the file that it leads to"),
    ROW(0, "SQLite format 3\0", NULL, "an SQLite database", NULL),
    ROW(0, "PACK\0\0\0\2", NULL, "a pack of Git's", NULL),
    ROW(0, "d8:announce", NULL, "a torrent", "fetch the file that it stands for"),
    ROW(0, "d10:created", NULL, "a torrent", "fetch the file that it stands for"),
    ROW(0, "\xd4\xc3\xb2\xa1", NULL, "a capture of network or USB traffic", NULL),
    ROW(0, "\xa1\xb2\xc3\xd4", NULL, "a capture of network or USB traffic", NULL),
    ROW(0, "\x0a\x0d\x0d\x0a", NULL, "a capture of network or USB traffic", NULL),
    ROW(0, "\xff\xfe", ub_magic_is_utf16, "UTF-16 text", "save it as plain text (UTF-8)"),
    ROW(0, "\xfe\xff", ub_magic_is_utf16, "UTF-16 text", "save it as plain text (UTF-8)"),

    /* what vouches for firmware */
    ROW(0, "\x88", ub_magic_is_pgp, "a signature of OpenPGP", "check it with gpg --verify"),
    ROW(0, "\x89", ub_magic_is_pgp, "a signature of OpenPGP", "check it with gpg --verify"),

    /* firmware of PCs and of Apple's devices */
    ROW(40, "_FVH", ub_magic_is_uefi_volume, "a UEFI firmware volume", BIOS),
    ROW(0, "\xbd\x86\x66\x3b\x76\x0d\x30\x40\xb7\x0e\xb5\x51\x9e\x2f\xc5\xa0", NULL,
        "a UEFI capsule", BIOS),
    ROW(0, "\xed\xd5\xcb\x6d\x2d\xe8\x44\x4c\xbd\xa1\x71\x94\x19\x9a\xd9\x2a", NULL,
        "a UEFI capsule", BIOS),
    ROW(16, "\x5a\xa5\xf0\x0f", NULL, "the flash of a PC", BIOS),
    ROW(0, "LARCHIVE", NULL, "a coreboot image", BIOS),
    ROW(0, "\x55\xaa", ub_magic_is_option_rom, "an option ROM of a PC", BIOS),
    ROW(0, "3gmI", NULL, "an Apple firmware image (IMG3)",
        "restore it with Finder or idevicerestore"),
    ROW(0, "\x30", ub_magic_is_img4, "an Apple firmware image (IMG4)",
        "restore it with Finder or idevicerestore"),
    ROW(0, "\x30\x82", ub_magic_is_der, "a certificate, key or signature in DER", BESIDE),

    /* systems of phones, routers and other computers */
    SYSTEM(0, "ANDROID!", NULL, "an Android boot image", PHONE),
    SYSTEM(0, "VNDRBOOT", NULL, "an Android boot image", PHONE),
    SYSTEM(0, "\x3a\xff\x26\xed\1\0", NULL, "an Android sparse image", PHONE),
    ROW(0, "CrAU\0\0\0\0", NULL, "an Android update", "install it on the device itself"),
    SYSTEM(0, "\x27\x05\x19\x56", ub_magic_is_uimage, "a U-Boot image (uImage)", LINUX),
    SYSTEM(0, "\xd0\x0d\xfe\xed", ub_magic_is_device_tree, "a device tree or FIT image", LINUX),
    SYSTEM(0, "HDR0", ub_magic_is_trx, "a router's firmware (TRX)", ROUTER),
    SYSTEM(0, "*#$^", NULL, "a router's firmware (CHK)", ROUTER),
    SYSTEM(0, "hsqs", ub_magic_is_squashfs, "a SquashFS file system", LINUX),
    SYSTEM(0, "sqsh", ub_magic_is_squashfs, "a SquashFS file system", LINUX),
    SYSTEM(0, "UBI#\1", NULL, "a UBI image", LINUX),
    SYSTEM(0, "\x31\x18\x10\x06", NULL, "a UBIFS file system", LINUX),
    SYSTEM(0, "\x85\x19", ub_magic_is_jffs2, "a JFFS2 file system", LINUX),
    SYSTEM(16, "Compressed ROMFS", NULL, "a cramfs file system", LINUX),
    SYSTEM(0, "-rom1fs-", NULL, "a romfs file system", LINUX),
    SYSTEM(1080, "\x53\xef", ub_magic_is_ext, "an ext file system", LINUX),
    SYSTEM(54, "FAT", ub_magic_is_fat, "a FAT file system", WHOLE),
    SYSTEM(82, "FAT32", ub_magic_is_fat, "a FAT file system", WHOLE),
    SYSTEM(512, "EFI PART", NULL, "a disk image (GPT)", WHOLE),
    SYSTEM(4096, "EFI PART", NULL, "a disk image (GPT)", WHOLE),
    SYSTEM(510, "\x55\xaa", ub_magic_is_mbr, "a disk image (MBR)", WHOLE),
    ROW(0, "QFI\xfb", NULL, "a virtual disk", WHOLE),
    ROW(0, "KDMV", NULL, "a virtual disk", WHOLE),
    ROW(0, "vhdxfile", NULL, "a virtual disk", WHOLE),
    ROW(0, "conectix", NULL, "a virtual disk", WHOLE),
    {0, NULL, 0, NULL, {NULL, NULL, NULL}},
};
