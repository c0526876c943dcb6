/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file magic.h
 * The table of magic numbers, and the further tests for those that are too weak alone.
 */
#ifndef UB_IMAGE_MAGIC_H
#define UB_IMAGE_MAGIC_H

#include "image/recognise.h"

/** One row: `length` bytes of magic at `offset`, and a further test if magic alone is too weak. */
struct ub_magic {
    size_t offset;
    const char *bytes;
    size_t length;
    bool (*also)(const uint8_t *bytes, size_t length);
    struct ub_recognised what;
};

/** The rows, the first that fits counts; the last one has no name. */
extern const struct ub_magic ub_magics[];

/* Is the whole of it what its magic promises? Each is given the file from its first byte on. */
bool ub_magic_is_bmp(const uint8_t *bytes, size_t length);
bool ub_magic_is_bzip2(const uint8_t *bytes, size_t length);
bool ub_magic_is_compress(const uint8_t *bytes, size_t length);
bool ub_magic_is_der(const uint8_t *bytes, size_t length);
bool ub_magic_is_device_tree(const uint8_t *bytes, size_t length);
bool ub_magic_is_ext(const uint8_t *bytes, size_t length);
bool ub_magic_is_fat(const uint8_t *bytes, size_t length);
bool ub_magic_is_img4(const uint8_t *bytes, size_t length);
bool ub_magic_is_jffs2(const uint8_t *bytes, size_t length);
bool ub_magic_is_lz4(const uint8_t *bytes, size_t length);
bool ub_magic_is_mbr(const uint8_t *bytes, size_t length);
bool ub_magic_is_option_rom(const uint8_t *bytes, size_t length);
bool ub_magic_is_pe(const uint8_t *bytes, size_t length);
bool ub_magic_is_pgp(const uint8_t *bytes, size_t length);
bool ub_magic_is_riff(const uint8_t *bytes, size_t length);
bool ub_magic_is_squashfs(const uint8_t *bytes, size_t length);
bool ub_magic_is_truetype(const uint8_t *bytes, size_t length);
bool ub_magic_is_trx(const uint8_t *bytes, size_t length);
bool ub_magic_is_uefi_volume(const uint8_t *bytes, size_t length);
bool ub_magic_is_uimage(const uint8_t *bytes, size_t length);
bool ub_magic_is_utf16(const uint8_t *bytes, size_t length);
bool ub_magic_is_zip(const uint8_t *bytes, size_t length);

#endif
