/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Further tests for magic numbers of two or three bytes, which code has by chance, and for those at
 * a place where firmware may have anything. */
#include "image/magic.h"

#include "base/bytes.h"

#include <string.h>

static struct ub_cursor from(const uint8_t *bytes, size_t length, size_t offset)
{
    struct ub_cursor cursor = ub_cursor(bytes, length);
    (void)ub_take_bytes(&cursor, offset);
    return cursor;
}

static bool has(const uint8_t *bytes, size_t length, size_t offset, const char *text, size_t size)
{
    return length >= offset && length - offset >= size && memcmp(bytes + offset, text, size) == 0;
}

/** PE (Microsoft, "PE Format"): the DOS header's field at 0x3c leads to "PE\0\0". */
bool ub_magic_is_pe(const uint8_t *bytes, size_t length)
{
    struct ub_cursor c = from(bytes, length, 0x3c);
    uint32_t header = ub_take_u32le(&c);
    struct ub_cursor pe = from(bytes, length, header);
    return !c.failed && ub_take_u32be(&pe) == 0x50450000;
}

/** A ZIP's first record is a file, the end of an empty archive, or a spanning mark (APPNOTE 4.3).
 */
bool ub_magic_is_zip(const uint8_t *bytes, size_t length)
{
    return length >= 4 && ((bytes[2] == 3 && bytes[3] == 4) || (bytes[2] == 5 && bytes[3] == 6) ||
                           (bytes[2] == 7 && bytes[3] == 8));
}

bool ub_magic_is_bzip2(const uint8_t *bytes, size_t length)
{
    return length >= 10 && bytes[3] >= '1' && bytes[3] <= '9' &&
           (memcmp(bytes + 4, "\x31\x41\x59\x26\x53\x59", 6) == 0 ||
            memcmp(bytes + 4, "\x17\x72\x45\x38\x50\x90", 6) == 0);
}

/** LZ4 Frame Format 1.6: version 1, and a size of blocks that exists. */
bool ub_magic_is_lz4(const uint8_t *bytes, size_t length)
{
    return length >= 7 && (bytes[4] & 0xc2) == 0x40 && (bytes[5] & 0x8f) == 0 && bytes[5] >= 0x40;
}

/** compress(1): block mode, 9 to 16 bits. */
bool ub_magic_is_compress(const uint8_t *bytes, size_t length)
{
    return length >= 5 && (bytes[2] & 0x60) == 0 && (bytes[2] & 0x80) != 0 &&
           (bytes[2] & 0x1f) >= 9 && (bytes[2] & 0x1f) <= 16 && bytes[3] < 0x80 &&
           (bytes[4] & 1) == 0; /* the first code is a byte, in 9 bits */
}

/** UTF-16 of plain letters has a zero at every other place. */
bool ub_magic_is_utf16(const uint8_t *bytes, size_t length)
{
    size_t zero = bytes[0] == 0xff ? 3 : 2;
    return length >= 6 && bytes[zero] == 0 && bytes[zero + 2] == 0 && bytes[zero ^ 1] != 0;
}

/** The size of the file, and that of the header behind it. */
bool ub_magic_is_bmp(const uint8_t *bytes, size_t length)
{
    struct ub_cursor c = from(bytes, length, 2);
    uint32_t size = ub_take_u32le(&c);
    uint32_t reserved = ub_take_u32le(&c);
    uint32_t pixels = ub_take_u32le(&c);
    uint32_t header = ub_take_u32le(&c);
    return !c.failed && size == length && reserved == 0 && pixels < length &&
           (header == 12 || header == 40 || header == 108 || header == 124);
}

bool ub_magic_is_riff(const uint8_t *bytes, size_t length)
{
    return has(bytes, length, 8, "WAVE", 4) || has(bytes, length, 8, "AVI ", 4) ||
           has(bytes, length, 8, "RMID", 4);
}

/** The table of a TrueType font: what is derived from the number of tables. */
bool ub_magic_is_truetype(const uint8_t *bytes, size_t length)
{
    struct ub_cursor c = from(bytes, length, 4);
    unsigned tables = ub_take_u16be(&c);
    unsigned range = ub_take_u16be(&c);
    unsigned selector = ub_take_u16be(&c);
    unsigned shift = ub_take_u16be(&c);
    return !c.failed && tables >= 4 && tables < 64 && selector < 7 && range == 16u << selector &&
           shift == tables * 16 - range;
}

/** A binary signature of OpenPGP (RFC 4880 section 5.2): one packet, version 4, over a file, with
 * algorithms that exist. */
bool ub_magic_is_pgp(const uint8_t *bytes, size_t length)
{
    struct ub_cursor c = from(bytes, length, 0);
    unsigned tag = ub_take_u8(&c);
    size_t rest = tag == 0x88 ? ub_take_u8(&c) : ub_take_u16be(&c);
    size_t left = c.left;
    unsigned version = ub_take_u8(&c);
    unsigned type = ub_take_u8(&c);
    unsigned key = ub_take_u8(&c);
    unsigned hash = ub_take_u8(&c);
    return !c.failed && rest == left && version == 4 && type <= 1 &&
           (key == 1 || key == 17 || key == 19 || key == 22 || key == 27) && hash >= 1 &&
           hash <= 14;
}

/** A DER sequence that is as long as the file, in a sequence or behind an object identifier: a
 * certificate or PKCS #7. */
bool ub_magic_is_der(const uint8_t *bytes, size_t length)
{
    struct ub_cursor c = from(bytes, length, 2);
    size_t rest = ub_take_u16be(&c);
    size_t left = c.left;
    unsigned inner = ub_take_u8(&c);
    unsigned size = ub_take_u8(&c);
    return !c.failed && rest == left && rest >= 64 &&
           ((inner == 0x30 && size >= 0x80 && size <= 0x82) || (inner == 0x06 && size == 9) ||
            (inner == 0x02 && size == 1));
}

/** Apple's IMG4 and IM4P: a DER sequence that begins with that text. */
bool ub_magic_is_img4(const uint8_t *bytes, size_t length)
{
    size_t head = length >= 2 && bytes[1] > 0x80 ? 2 + (size_t)(bytes[1] & 0x7f) : 2;
    return head <= 6 && (has(bytes, length, head, "\x16\x04IMG4", 6) ||
                         has(bytes, length, head, "\x16\x04IM4P", 6));
}

static uint32_t crc32_of(const uint8_t *bytes, size_t length, uint32_t crc)
{
    for (size_t i = 0; i < length; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ ((crc & 1) ? UINT32_C(0xedb88320) : 0);
    }
    return crc;
}

/** U-Boot's image.h: 64 bytes, whose CRC at 4 is made with zeros in its place. */
bool ub_magic_is_uimage(const uint8_t *bytes, size_t length)
{
    uint8_t header[64];
    struct ub_cursor c = from(bytes, length, 4);
    uint32_t crc = ub_take_u32be(&c);
    if (length < sizeof(header))
        return false;
    memcpy(header, bytes, sizeof(header));
    memset(header + 4, 0, 4);
    return crc == ~crc32_of(header, sizeof(header), UINT32_MAX);
}

/** Devicetree Specification, section 5.2: sizes and offsets that lie in each other. */
bool ub_magic_is_device_tree(const uint8_t *bytes, size_t length)
{
    struct ub_cursor c = from(bytes, length, 4);
    uint32_t total = ub_take_u32be(&c);
    uint32_t structure = ub_take_u32be(&c);
    uint32_t strings = ub_take_u32be(&c);
    (void)ub_take_u32be(&c);
    uint32_t version = ub_take_u32be(&c);
    return !c.failed && structure >= 40 && structure < total && strings >= 40 && strings <= total &&
           version >= 1 && version <= 32;
}

/** OpenWrt, trx.h: the length, a version, and where the first part begins. */
bool ub_magic_is_trx(const uint8_t *bytes, size_t length)
{
    struct ub_cursor c = from(bytes, length, 4);
    uint32_t size = ub_take_u32le(&c);
    (void)ub_take_u32le(&c); /* CRC */
    (void)ub_take_u16le(&c); /* flags */
    unsigned version = ub_take_u16le(&c);
    uint32_t first = ub_take_u32le(&c);
    return !c.failed && (version == 1 || version == 2) && first >= 28 && first < size;
}

/** The version at 28 is 4.0, or older at the same place. */
bool ub_magic_is_squashfs(const uint8_t *bytes, size_t length)
{
    struct ub_cursor c = from(bytes, length, 28);
    unsigned major = bytes[0] == 's' ? ub_take_u16be(&c) : ub_take_u16le(&c);
    return !c.failed && major >= 1 && major <= 4;
}

/** The first node (jffs2.h of Linux): a kind that exists, and the CRC of its head, which begins
 * with 0. */
bool ub_magic_is_jffs2(const uint8_t *bytes, size_t length)
{
    struct ub_cursor c = from(bytes, length, 2);
    unsigned type = ub_take_u16le(&c);
    uint32_t size = ub_take_u32le(&c);
    uint32_t crc = ub_take_u32le(&c);
    bool known = type == 0x2003 || type == 0xe001 || type == 0xe002 || type == 0x2004 ||
                 type == 0x2006 || type == 0xe008 || type == 0xe009;
    return !c.failed && known && size >= 12 && crc == crc32_of(bytes, 8, 0);
}

/** ext2 to ext4: the superblock at 1024 (ext4 documentation of Linux). */
bool ub_magic_is_ext(const uint8_t *bytes, size_t length)
{
    struct ub_cursor c = from(bytes, length, 1024);
    uint32_t inodes = ub_take_u32le(&c);
    uint32_t blocks = ub_take_u32le(&c);
    (void)ub_take_bytes(&c, 4);
    uint32_t free_blocks = ub_take_u32le(&c);
    uint32_t free_inodes = ub_take_u32le(&c);
    (void)ub_take_u32le(&c);
    uint32_t block_size = ub_take_u32le(&c);
    return !c.failed && inodes > 0 && blocks > 0 && free_blocks <= blocks &&
           free_inodes <= inodes && block_size <= 6;
}

static bool has_boot_mark(const uint8_t *bytes, size_t length)
{
    return has(bytes, length, 510, "\x55\xaa", 2);
}

/** A boot sector: a jump, and the mark at its end; "FAT" is where the row has it. */
bool ub_magic_is_fat(const uint8_t *bytes, size_t length)
{
    return has_boot_mark(bytes, length) && (bytes[0] == 0xeb || bytes[0] == 0xe9);
}

/** A table of four partitions, of which at least one is there and all are sensible. */
bool ub_magic_is_mbr(const uint8_t *bytes, size_t length)
{
    unsigned used = 0;
    for (size_t i = 0; i < 4; i++) {
        struct ub_cursor c = from(bytes, length, 446 + 16 * i);
        unsigned status = ub_take_u8(&c);
        (void)ub_take_bytes(&c, 3);
        unsigned type = ub_take_u8(&c);
        (void)ub_take_bytes(&c, 3);
        uint32_t start = ub_take_u32le(&c);
        uint32_t sectors = ub_take_u32le(&c);
        if (c.failed || (status != 0 && status != 0x80))
            return false;
        if (type == 0 && start == 0 && sectors == 0)
            continue;
        if (type == 0 || sectors == 0 || start == 0)
            return false;
        used++;
    }
    return used > 0;
}

/** An expansion ROM of a PC: the field at 0x18 leads to "PCIR" (PCI 2.2 section 6.3). */
bool ub_magic_is_option_rom(const uint8_t *bytes, size_t length)
{
    struct ub_cursor c = from(bytes, length, 0x18);
    unsigned structure = ub_take_u16le(&c);
    return !c.failed && has(bytes, length, structure, "PCIR", 4);
}

/** UEFI PI 1.7, volume 3, section 3.2.1: the header's length and revision. */
bool ub_magic_is_uefi_volume(const uint8_t *bytes, size_t length)
{
    struct ub_cursor c = from(bytes, length, 48);
    unsigned header = ub_take_u16le(&c);
    (void)ub_take_bytes(&c, 5);
    unsigned revision = ub_take_u8(&c);
    return !c.failed && header >= 56 && header <= 4096 && revision >= 1 && revision <= 2;
}
