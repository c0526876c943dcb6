/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file prefix.h
 * What some bootloaders want in front of an image: NXP's boot header for LPC18xx and LPC43xx, and
 * the DFU prefix of TI's Stellaris and Tiva. Both stand at the head of raw content, inside a DFU
 * suffix if there is one; dfu-prefix of dfu-util adds and checks the same ones.
 */
#ifndef UB_IMAGE_PREFIX_H
#define UB_IMAGE_PREFIX_H

#include "image/image.h"

#define UB_LPC_PREFIX_LENGTH 16u
#define UB_TI_PREFIX_LENGTH  8u

enum ub_prefix_kind {
    UB_PREFIX_NONE,
    UB_PREFIX_LPC,
    UB_PREFIX_TI,
};

/** A prefix that was found. */
struct ub_prefix {
    enum ub_prefix_kind kind;
    size_t length;    /**< of the prefix itself; 0: there is none */
    uint64_t address; /**< TI: where the content goes */
    bool encrypted;   /**< LPC: what follows is encrypted for one chip */
};

/** Looks for a prefix at the head of raw content (without DFU suffix). */
struct ub_prefix ub_prefix_find(const uint8_t *bytes, size_t length);

/** Adds what ub_prefix_find() finds to the image's claims. Errors: UB_SYS_MEMORY. */
enum ub_code ub_prefix_claim(struct ub_image *image, const uint8_t *bytes, size_t length,
                             struct ub_error *err);

/**
 * True if the bytes begin with the boot header of NXP's LPC18xx and LPC43xx (UM10503, boot image
 * header) and it covers all of them. Otherwise *why, if not NULL, says what is wrong.
 */
bool ub_lpc_prefix_fits(const uint8_t *bytes, size_t length, const char **why);

/** "lpc", "ti" or "none" as ub_save_options.prefix has it; false for any other word. */
bool ub_prefix_word(const char *word, enum ub_prefix_kind *kind);

/**
 * Makes the prefix for content of `length` bytes; `to` has room for UB_LPC_PREFIX_LENGTH. *made is
 * its length. Errors: UB_IMG_UNWRITABLE (the content is too long for it), UB_USE_OPTION (`address`,
 * which TI counts in units of 1024, cannot be said).
 */
enum ub_code ub_prefix_make(enum ub_prefix_kind kind, uint64_t address, size_t length, uint8_t *to,
                            size_t *made, struct ub_error *err);

#endif
