/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file contents.h
 * Everything in an archive and in the archives within it, as one flat list of files.
 */
#ifndef UB_PACK_CONTENTS_H
#define UB_PACK_CONTENTS_H

#include "pack/archive.h"
#include "pack/list.h"

/** One archive: the outermost, or one within another. */
struct ub_pack_group {
    size_t parent;               /**< index of the group it lies in; its own for the outermost */
    char prefix[UB_STRING_TEXT]; /**< before its files' paths: "", "inner.zip/" */
    char packed[64];             /**< all layers down to here: "zip, gzip" */
    unsigned layers;
    struct ub_packed self;    /**< as it lies in its parent; zero for the outermost */
    struct ub_pack_list list; /**< what the manifest in it says; none: no entries */
};

/** A file, or something else that is no archive. */
struct ub_pack_file {
    size_t group;
    struct ub_packed what; /**< its path is the whole one: "inner.zip/fw.bin" */
};

struct ub_pack_contents {
    char name[UB_STRING_TEXT]; /**< of the outermost archive, without its folder */
    struct ub_pack_group *groups;
    size_t group_count;
    struct ub_pack_file *files;
    size_t file_count;
};

/** Whether the bytes are to be unpacked: an archive, and none of the formats of firmware. */
bool ub_pack_is_archive(const uint8_t *bytes, size_t length);

/**
 * Unpacks all of it; with `member` only what lies on the way to that path, and manifests. *out has
 * to be freed with ub_pack_contents_free(), also on failure. Errors: as ub_archive_read().
 */
enum ub_code ub_pack_contents(const char *name, const uint8_t *bytes, size_t length,
                              const char *member, const struct ub_pack_limits *limits,
                              struct ub_pack_contents *out, struct ub_error *err);
void ub_pack_contents_free(struct ub_pack_contents *contents);

/** Whether `path` is `folder` or lies in it. A slash at the end of `folder` makes no difference. */
bool ub_pack_lies_in(const char *path, const char *folder);

/** The file of that path in that group, or NULL. */
const struct ub_pack_file *ub_pack_find(const struct ub_pack_contents *contents, size_t group,
                                        const char *path);

/** Reads the manifests of all groups into their lists. Errors: UB_IMG_METADATA, UB_SYS_MEMORY. */
enum ub_code ub_pack_read_lists(struct ub_pack_contents *contents, struct ub_error *err);

#endif
