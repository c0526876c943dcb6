/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file archive.h
 * One archive, or one compressed file: which kind it is by its content, and what is in it. Archives
 * within it stay what they are. Everything happens in memory.
 */
#ifndef UB_PACK_ARCHIVE_H
#define UB_PACK_ARCHIVE_H

#include "pack/pack.h"

enum ub_packing {
    UB_PACKING_NONE, /**< not an archive, or not of a kind that is unpacked */
    UB_PACKING_ZIP,
    UB_PACKING_TAR,
    UB_PACKING_7Z,
    UB_PACKING_CAB,
    UB_PACKING_GZIP, /**< from here on: one compressed file, perhaps a tar */
    UB_PACKING_XZ,
    UB_PACKING_ZSTD,
    UB_PACKING_BZIP2,
    UB_PACKING_LZ4,
};

#define UB_PACKING_HEAD 512 /**< bytes that are enough to tell a kind */

/** The kind of archive, by how it begins. */
enum ub_packing ub_packing(const uint8_t *bytes, size_t length);

/** Something in an archive. */
struct ub_packed {
    char path[UB_STRING_TEXT]; /**< as the archive says, made printable */
    bool is_file;              /**< not a folder, a link or a device */
    bool encrypted;            /**< its content is, so it was not read */
    uint8_t *bytes;            /**< NULL if it was not read, or is empty */
    size_t length;             /**< as read; else as the archive says */
};

/** What an archive holds. */
struct ub_archive {
    char packing[32]; /**< "zip"; "gzip, tar" */
    unsigned layers;  /**< 1; 2 for a compressed tar */
    struct ub_packed *members;
    size_t count;
};

/** An archive to be read. */
struct ub_archive_source {
    const char
        *name; /**< for messages, and what a compressed file without a name is called after */
    const uint8_t *bytes;
    size_t length;
    /** Whether the content of a file is needed. Where leaving one out saves nothing, it is read all
     * the same. */
    bool (*wants)(const void *user, const char *path);
    const void *user;
};

/**
 * Reads an archive of a kind that ub_packing() knows; what is read is taken off the budget. *out
 * has to be freed with ub_archive_free(), also on failure. Errors: UB_IMG_CONTAINER,
 * UB_IMG_ENCRYPTED (not even the list can be read), UB_IMG_BOMB, UB_SYS_MEMORY.
 */
enum ub_code ub_archive_read(const struct ub_archive_source *source, struct ub_pack_budget *budget,
                             struct ub_archive *out, struct ub_error *err);
void ub_archive_free(struct ub_archive *archive);

/**
 * Looks at the list of a zip or 7z before the library that unpacks does: that one would hold all of
 * it in memory, however long it is. Errors: UB_IMG_BOMB, UB_IMG_ENCRYPTED, UB_IMG_CONTAINER.
 */
enum ub_code ub_archive_check_list(const struct ub_archive_source *source, enum ub_packing packing,
                                   struct ub_error *err);

#endif
