/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file place.h
 * Where the parts of an image go in this device's memory, and whether they may.
 */
#ifndef UB_FLASH_PLACE_H
#define UB_FLASH_PLACE_H

#include "flash/target.h"
#include "image/image.h"

/** A stretch of a region that shall hold `data`, or be blank where `data` is NULL. Data is
 * borrowed. */
struct ub_piece {
    const struct ub_region *region;
    uint64_t address;
    uint64_t length;
    const uint8_t *data;
};

/** Pieces in order of region and address; they do not overlap. */
struct ub_placement {
    struct ub_piece *pieces;
    size_t count;
    bool addresses_dropped; /**< the file has addresses, and the device takes a stream without */
    bool by_vectors; /**< a raw file was placed where its own vector table says that it belongs */
};

/**
 * Places every segment of the image. *out is the caller's (ub_placement_free()); it borrows the
 * image's data. Errors: UB_IMG_WRONG_TARGET, UB_IMG_NO_ADDRESS, UB_IMG_ADDRESS_CONFLICT,
 * UB_IMG_DOES_NOT_FIT, UB_IMG_OVERLAP, UB_MEM_OUTSIDE, UB_MEM_READ_ONLY, UB_MEM_IRREVERSIBLE,
 * UB_USE_CONFLICT, UB_USE_OPTION, UB_SYS_MEMORY.
 */
enum ub_code ub_place_image(const struct ub_target *target, const struct ub_image *image,
                            const struct ub_flash_options *options, struct ub_placement *out,
                            struct ub_error *err);

/**
 * Places the parts of an image that names the alternate setting of each (a backup's) on a device
 * that takes streams, one of which is written after the other. *out is the caller's; it borrows
 * the image's data. Errors: UB_IMG_EMPTY, UB_IMG_WRONG_TARGET, UB_SYS_MEMORY.
 */
enum ub_code ub_place_parts(const struct ub_target *target, const struct ub_image *image,
                            struct ub_placement *out, struct ub_error *err);

/**
 * Places "blank" over what a person names: a region's name, "START-END" (both included) or
 * "START+LENGTH", made of whole sectors. Errors: UB_MEM_RANGE, UB_MEM_OUTSIDE, UB_MEM_READ_ONLY,
 * UB_MEM_IRREVERSIBLE, UB_SYS_MEMORY.
 */
enum ub_code ub_place_blank(const struct ub_target *target, const char *what,
                            const struct ub_flash_options *options, struct ub_placement *out,
                            struct ub_error *err);

/** ub_place_blank() over all of one region. */
enum ub_code ub_place_region_blank(const struct ub_target *target, const struct ub_region *region,
                                   const struct ub_flash_options *options, struct ub_placement *out,
                                   struct ub_error *err);

/** Does a region of a kind that needs its name (option bytes, OTP), or that is no memory for
 * firmware, share an address with [address, address + length)? */
bool ub_place_is_guarded(const struct ub_target *target, uint64_t address, uint64_t length);

void ub_placement_free(struct ub_placement *placement);

#endif
