/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file dfu_suffix.h
 * The suffix that ends every DFU file (DFU 1.1 appendix B), plain or DfuSe.
 */
#ifndef UB_IMAGE_DFU_SUFFIX_H
#define UB_IMAGE_DFU_SUFFIX_H

#include "image/image.h"

#define UB_DFU_SUFFIX_LENGTH 16u
#define UB_BCD_DFU           0x0100u /**< bcdDFU of a plain file (DFU 1.1 appendix B) */
#define UB_BCD_DFUSE         0x011au /**< bcdDFU of a DfuSe file (UM0391 section 2.2) */

/** The fields of a suffix, named as in the standard. */
struct ub_dfu_suffix {
    uint16_t bcdDevice;
    uint16_t idProduct;
    uint16_t idVendor;
    uint16_t bcdDFU;
    uint8_t bLength; /**< of the whole suffix, at least UB_DFU_SUFFIX_LENGTH */
    uint32_t dwCRC;
};

/** Reads the suffix if its mark "UFD" is where it belongs; checks nothing else. */
bool ub_dfu_suffix_find(const uint8_t *bytes, size_t length, struct ub_dfu_suffix *suffix);

/**
 * Checks the suffix of a file in which ub_dfu_suffix_find() found one and takes the ids into
 * *image; *payload is the length of what comes before the suffix. Errors: UB_IMG_SUFFIX,
 * UB_IMG_SUFFIX_CRC (not with options->accept_bad_crc), of which a header that was put in
 * front of the finished file is told apart.
 */
enum ub_code ub_dfu_suffix_take(const uint8_t *bytes, size_t length,
                                const struct ub_image_options *options, struct ub_image *image,
                                size_t *payload, struct ub_error *err);

/** Writes a suffix with the image's ids, or those of the options (may be NULL), behind `payload`
 * bytes of `file`, which has room for UB_DFU_SUFFIX_LENGTH more. */
void ub_dfu_suffix_put(uint8_t *file, size_t payload, const struct ub_image *image,
                       const struct ub_save_options *options, uint16_t bcdDFU);

/** The CRC of DFU 1.1 appendix B: that of IEEE 802.3, without the last complement. */
uint32_t ub_dfu_crc(const uint8_t *bytes, size_t length);

#endif
