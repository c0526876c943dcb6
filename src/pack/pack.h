/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file pack.h
 * Firmware out of archives: in memory only, and never more of it than is allowed.
 */
#ifndef UB_PACK_PACK_H
#define UB_PACK_PACK_H

#include "unbrick.h"

/** How much of an archive is looked at. More than that is UB_IMG_BOMB. */
struct ub_pack_limits {
    size_t members;  /**< in it and in all archives within it */
    size_t bytes;    /**< unpacked, of all members together; at most UB_IMAGE_FILE_MAX */
    unsigned layers; /**< packed in one another: a zip of gzip files has two, as has a tar.gz */
};

/** 4096 members, UB_IMAGE_FILE_MAX bytes, 3 layers. */
extern const struct ub_pack_limits ub_pack_limits;

/** What is left of the limits. */
struct ub_pack_budget {
    const struct ub_pack_limits *limits;
    size_t members;
    size_t bytes;
};

/** ub_image_open_bytes() with limits of one's own. */
enum ub_code ub_pack_open(const char *name, const uint8_t *bytes, size_t length,
                          const struct ub_image_options *options,
                          const struct ub_pack_limits *limits, struct ub_image **out,
                          struct ub_error *err);

/** ub_image_members() from memory, with limits of one's own. */
enum ub_code ub_pack_members(const char *name, const uint8_t *bytes, size_t length,
                             const struct ub_pack_limits *limits, struct ub_member **out,
                             size_t *count, struct ub_error *err);

#endif
