/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file choose.h
 * Which file of an archive is the firmware.
 */
#ifndef UB_PACK_CHOOSE_H
#define UB_PACK_CHOOSE_H

#include "pack/contents.h"

/** What a file in an archive may be to us. */
enum ub_pack_rank {
    UB_PACK_NO,      /**< no firmware, or not what the manifest means */
    UB_PACK_PROGRAM, /**< an ELF file that is not for a microcontroller */
    UB_PACK_RAW,     /**< no format knows it, but its name is that of raw firmware, or
                        options->accept_... names its kind */
    UB_PACK_FORMAT,  /**< a format of firmware, whole or damaged; or named by the manifest */
};

/** A file of the contents, judged. */
struct ub_pack_judged {
    const struct ub_pack_file *file;
    enum ub_pack_rank rank;
    const struct ub_pack_entry *entry; /**< what the manifest says of it, or NULL */
    bool entry_is_archive;             /**< that is about the archive in which it lies */
};

/** Judges file number `index`. */
struct ub_pack_judged ub_pack_judge(const struct ub_pack_contents *contents, size_t index,
                                    const struct ub_image_options *options);

/** What a file is, for a person: "Intel HEX", "a text file", "a folder or a link". Static. */
const char *ub_pack_describe(const struct ub_packed *file);

/**
 * Opens the one file that is meant: `options->member`, else the one that the manifest names, else
 * the only one that is firmware. *out is the caller's. `options` may not be NULL. Errors:
 * UB_IMG_ENCRYPTED, UB_IMG_SEVERAL, UB_IMG_NONE_INSIDE, UB_IMG_METADATA, UB_IMG_MEMBER_DIGEST,
 * those of ub_image_parse().
 */
enum ub_code ub_pack_choose(const struct ub_pack_contents *contents,
                            const struct ub_image_options *options, struct ub_image **out,
                            struct ub_error *err);

#endif
