/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file uf2.h
 * UF2 files: blocks of 512 bytes, each of which says where its content goes (microsoft/uf2,
 * README.md).
 */
#ifndef UB_IMAGE_UF2_H
#define UB_IMAGE_UF2_H

#include "image/image.h"

#define UB_UF2_BLOCK      ((size_t)512)
#define UB_UF2_HEADER     32u
#define UB_UF2_DATA       476u /**< bytes of a block that can be content */
#define UB_UF2_PAYLOAD    256u /**< content of a block as we write it, and as bootloaders want it */
#define UB_UF2_MD5        24u  /**< bytes at the end of the data, with UB_UF2_HAS_MD5 */
#define UB_UF2_TAGS_MAX   4096u /**< that are taken for claims; more are repetitions, or mischief */

#define UB_UF2_START0     0x0a324655u
#define UB_UF2_START1     0x9e5d5157u
#define UB_UF2_END        0x0ab16f30u

#define UB_UF2_NOT_FLASH  0x00000001u /**< a remark, such as the program's source */
#define UB_UF2_CONTAINER  0x00001000u /**< part of a file for a file system */
#define UB_UF2_HAS_FAMILY 0x00002000u
#define UB_UF2_HAS_MD5    0x00004000u
#define UB_UF2_HAS_TAGS   0x00008000u

/** A block. `data` points into the file. */
struct ub_uf2_block {
    uint32_t flags;
    uint32_t address;
    uint32_t size;   /**< of the content at the beginning of `data` */
    uint32_t number; /**< from 0 */
    uint32_t count;  /**< of blocks */
    uint32_t family; /**< id, with UB_UF2_HAS_FAMILY */
    const uint8_t *data;
};

/** Reads the block at `bytes`, which has UB_UF2_BLOCK of them; false if its marks are wrong. */
bool ub_uf2_take(const uint8_t *bytes, struct ub_uf2_block *block);

/** What was seen of a file's tags. Zero to begin with. */
struct ub_uf2_tags {
    const uint8_t *last; /**< the room for tags of the block before, in the file */
    size_t last_length;
    size_t count; /**< of tags that say something, those of repeated rooms not counted */
};

/**
 * Checks what stands behind the content of a block, extension tags and an MD5 sum of what is to be
 * there already, and adds claims of the former, as far as `tags` leaves room: every block may
 * repeat them. `offset` is the block's place in the file. Errors: UB_IMG_UF2, UB_SYS_MEMORY.
 */
enum ub_code ub_uf2_take_tags(const struct ub_uf2_block *block, size_t offset,
                              struct ub_uf2_tags *tags, struct ub_image *image,
                              struct ub_error *err);

/** The short name of a registered family ("RP2040"), or NULL. */
const char *ub_uf2_family_name(uint32_t id);

/** The id of a family by its short name, or by "0x" and hexadecimal digits. */
bool ub_uf2_family_id(const char *word, uint32_t *id);

#endif
