/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file list.h
 * What a manifest in an archive says: which of the files are firmware, what they are for, and what
 * their digests are.
 */
#ifndef UB_PACK_LIST_H
#define UB_PACK_LIST_H

#include "image/image.h"

#define UB_PACK_MANIFEST_MAX ((size_t)1 << 20) /**< bytes of a manifest */
#define UB_PACK_ENTRIES_MAX  64                /**< firmware files that one may name */
#define UB_PACK_CLAIMS_MAX   32                /**< claims for one of them */
#define UB_PACK_INIT_MAX     4096              /**< bytes of a Nordic init packet */

/** One firmware file of the list. */
struct ub_pack_entry {
    const char *source;        /**< static: who says so ("metainfo") */
    char file[UB_STRING_TEXT]; /**< its path in the same archive */
    char init[UB_STRING_TEXT]; /**< the path of its Nordic init packet, or "" */
    struct ub_claim claims[UB_PACK_CLAIMS_MAX];
    size_t claim_count;
    bool has_sha256;
    uint8_t sha256[32];
    bool has_sha1;
    uint8_t sha1[20];
    bool has_crc16; /**< CRC-16/CCITT from 0xffff, of Nordic's SDKs before 12 */
    uint16_t crc16;
};

/** All of them. Zero: none. */
struct ub_pack_list {
    struct ub_pack_entry *entries; /**< owned */
    size_t count;
};

/** A further entry, zeroed but for its source, or NULL with the error set: UB_IMG_METADATA (too
 * many), UB_SYS_MEMORY. */
struct ub_pack_entry *ub_pack_list_add(struct ub_pack_list *list, const char *source,
                                       struct ub_error *err);
void ub_pack_list_free(struct ub_pack_list *list);

/** Adds a claim; one without text, or one too many, is dropped. */
void ub_pack_claim(struct ub_pack_entry *entry, enum ub_claim_kind kind, const char *text);

/**
 * Reads the metainfo of an LVFS cabinet (AppStream's XML). Adds an entry for each component of type
 * firmware. `name` is for messages. Errors: UB_IMG_METADATA, UB_SYS_MEMORY.
 */
enum ub_code ub_metainfo_read(const char *name, const uint8_t *bytes, size_t length,
                              struct ub_pack_list *list, struct ub_error *err);

/**
 * Reads a manifest.json: that of a Nordic DFU package, or that of a package of MCUboot images from
 * Zephyr's and Nordic's build. Adds nothing if it is another kind of JSON. Errors: UB_IMG_METADATA,
 * UB_SYS_MEMORY.
 */
enum ub_code ub_manifest_json_read(const char *name, const uint8_t *bytes, size_t length,
                                   struct ub_pack_list *list, struct ub_error *err);

/**
 * Adds what a Nordic init packet says to the entry it is for: versions and the digest. A packet of
 * the older, binary kind is left alone. Errors: UB_IMG_METADATA.
 */
enum ub_code ub_nordic_init_read(const char *name, const uint8_t *bytes, size_t length,
                                 struct ub_pack_entry *entry, struct ub_error *err);

/** Compares a file with the digests of its entry. Errors: UB_IMG_MEMBER_DIGEST, UB_SYS_INTERNAL
 * (libcrypto lacks SHA-1). */
enum ub_code ub_pack_check(const struct ub_pack_entry *entry, const char *name,
                           const uint8_t *bytes, size_t length, struct ub_error *err);

#endif
