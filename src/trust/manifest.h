/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file manifest.h
 * A manifest: a small signed file that says for what an image is (docs/trust.md). Whoever calls
 * this has checked its signature before.
 */
#ifndef UB_TRUST_MANIFEST_H
#define UB_TRUST_MANIFEST_H

#include "image/image.h"

#define UB_MANIFEST_ENDING      ".manifest.json" /**< behind the name of the image's file */
#define UB_MANIFEST_FILE_MAX    ((size_t)64 * 1024)
#define UB_MANIFEST_WORDS_MAX   32  /**< entries of one list */
#define UB_MANIFEST_REGIONS_MAX 256 /**< an image in more pieces has none in its manifest */

/** Source of the claims that a manifest makes: "manifest". Other files' manifests, which nobody
 * signed, may have a source of the same text; this very pointer is a signed manifest's. */
extern const char ub_manifest_source[];
#define UB_MANIFEST_SOURCE ub_manifest_source

/** A list of words; owned by the manifest. */
struct ub_words {
    char (*text)[UB_STRING_TEXT];
    size_t count;
};

/** One piece of the image. */
struct ub_manifest_region {
    int alt; /**< alternate setting, or UB_IMAGE_ALT_NONE */
    bool has_address;
    uint64_t address;
    uint64_t length;
    uint8_t sha256[32];
};

/** A manifest that was read. */
struct ub_manifest_file {
    char name[UB_STRING_TEXT]; /**< of the image's file when it was signed */
    uint64_t size;             /**< of the image's file */
    uint8_t sha256[32];
    char vendor[UB_STRING_TEXT];
    struct ub_words families;
    struct ub_words models;
    struct ub_words revisions;
    struct ub_words markets;
    char version[UB_STRING_TEXT];
    char min_version[UB_STRING_TEXT]; /**< or "" */
    char min_loader[UB_STRING_TEXT];  /**< or "" */
    bool has_not_before;
    int64_t not_before; /**< seconds since 1970 */
    bool has_expires;
    int64_t expires;
    struct ub_manifest_region *regions; /**< owned */
    size_t region_count;
};

/**
 * Reads a manifest. Strict: what is not known is refused, unless its name begins with "x-". `name`
 * is used in messages. *out is the caller's (ub_manifest_free()). Errors: UB_TRU_MANIFEST,
 * UB_SYS_MEMORY.
 */
enum ub_code ub_manifest_parse(const char *name, const uint8_t *bytes, size_t length,
                               struct ub_manifest_file **out, struct ub_error *err);
/** NULL is allowed. */
void ub_manifest_free(struct ub_manifest_file *manifest);

/**
 * The text of the image's manifest, which ub_manifest_parse() takes. *text is the caller's
 * (free()). Errors: UB_TRU_MANIFEST (something that it must say is missing or makes no sense),
 * UB_SYS_MEMORY.
 */
enum ub_code ub_manifest_write(const struct ub_image *image, const struct ub_manifest *manifest,
                               char **text, struct ub_error *err);

/**
 * Is it of this image? Then its words become the image's claims. Changes nothing on failure.
 * Errors: UB_TRU_OTHER_IMAGE, UB_SYS_MEMORY.
 */
enum ub_code ub_manifest_apply(const struct ub_manifest_file *manifest, struct ub_image *image,
                               struct ub_error *err);

/** Its time is over, or has not begun; `now` is in seconds since 1970. */
bool ub_manifest_is_expired(const struct ub_manifest_file *manifest, int64_t now);

#endif
