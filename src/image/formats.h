/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file formats.h
 * The formats that the table in formats.c names; each is the whole of one file.
 */
#ifndef UB_IMAGE_FORMATS_H
#define UB_IMAGE_FORMATS_H

#include "image/image.h"

extern const struct ub_format ub_format_dfuse; /**< dfuse_file.c */
extern const struct ub_format ub_format_dfu;   /**< dfu_suffix.c */
extern const struct ub_format ub_format_elf;   /**< elf.c */
extern const struct ub_format ub_format_uf2;   /**< uf2.c */
extern const struct ub_format ub_format_ihex;  /**< ihex.c */
extern const struct ub_format ub_format_srec;  /**< srec.c */
extern const struct ub_format ub_format_raw;   /**< raw.c */

/** Writes an image as Intel HEX (ihex_write.c); the contract of ub_format.write. */
enum ub_code ub_ihex_write(const struct ub_image *image, const struct ub_save_options *options,
                           uint8_t **bytes, size_t *length, struct ub_error *err);

/** Writes an image as S-records (srec_write.c); the contract of ub_format.write. */
enum ub_code ub_srec_write(const struct ub_image *image, const struct ub_save_options *options,
                           uint8_t **bytes, size_t *length, struct ub_error *err);

/** Writes an image as UF2 (uf2_write.c); the contract of ub_format.write. */
enum ub_code ub_uf2_write(const struct ub_image *image, const struct ub_save_options *options,
                          uint8_t **bytes, size_t *length, struct ub_error *err);

#endif
