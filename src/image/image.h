/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file image.h
 * The image model: firmware as address segments plus what the file claims about itself.
 */
#ifndef UB_IMAGE_IMAGE_H
#define UB_IMAGE_IMAGE_H

#include "unbrick.h"

#define UB_IMAGE_FILE_MAX   ((size_t)64 * 1024 * 1024)  /**< larger files are refused */
#define UB_IMAGE_TEXT_MAX   ((size_t)256 * 1024 * 1024) /**< of formats of hexadecimal lines */
#define UB_IMAGE_PIECES_MAX ((size_t)1 << 20) /**< as are files in more pieces than this */
#define UB_IMAGE_CLAIMS_MAX ((size_t)256)
#define UB_IMAGE_ALT_NONE   (-1)
#define UB_IMAGE_ID_ANY     0xffffu
/** In the detail of UB_CLAIM_ENTRY: the low 32 bits are CS:IP, as Intel HEX can have it. */
#define UB_IMAGE_ENTRY_SEGMENTED (UINT64_C(1) << 32)

/** A segment; `data` is owned by the image. */
struct ub_segment {
    bool has_address;
    uint64_t address;
    int alt; /**< alternate setting named by the file, or UB_IMAGE_ALT_NONE */
    uint8_t *data;
    size_t length;
};

struct ub_format;
struct ub_line_format;

/** An image. Segments are sorted by (alt, address) and do not overlap. */
struct ub_image {
    char name[UB_STRING_TEXT]; /**< file name without folder */
    const struct ub_format *format;
    uint64_t file_size;
    uint8_t sha256[32]; /**< of the file */
    struct ub_segment *segments;
    size_t segment_count;
    bool has_ids;
    uint16_t vid; /**< UB_IMAGE_ID_ANY: any */
    uint16_t pid;
    uint16_t bcdDevice;
    char target_name[UB_STRING_TEXT];
    char *path;                  /**< where it was read from, or NULL; owned */
    char packed[64];             /**< "zip, gzip", or "" */
    char member[UB_STRING_TEXT]; /**< its path in the archive, or "" */
    char note[UB_STRING_TEXT];   /**< what of the file, or of its archive, was left out, or "" */
    struct ub_claim *claims;     /**< owned */
    size_t claim_count;
    struct ub_trust trust; /**< what ub_trust_image() found */
};

/** One file format. A new format is one new file and one row in formats.c. */
struct ub_format {
    const char *name;           /**< "ihex" */
    const char *title;          /**< "Intel HEX" */
    const char *const *endings; /**< file name endings for writing (".hex"), NULL-terminated */
    bool keeps_addresses;       /**< a file of this format says where each byte goes */
    bool has_members;           /**< may hold several images: options->member says which is meant */

    /** True if the content is of this format, by content alone. */
    bool (*probe)(const uint8_t *bytes, size_t length);

    /** Adds the file's segments and claims to *image. Errors: UB_IMG domain, UB_SYS_MEMORY. */
    enum ub_code (*read)(const uint8_t *bytes, size_t length,
                         const struct ub_image_options *options, struct ub_image *image,
                         struct ub_error *err);

    /** For a format of hexadecimal lines, which can be read piece by piece (lines.h); else NULL. */
    const struct ub_line_format *lines;

    /**
     * Makes a file of the image. `options` may be NULL; a format takes from them what it can say
     * (ids, UF2 family) and leaves the rest to ub_image_save(). *bytes is the caller's
     * (free()). NULL if the format cannot be written. Errors: UB_IMG_UNWRITABLE (the image does not
     * fit the format), UB_USE_OPTION, UB_SYS_MEMORY.
     */
    enum ub_code (*write)(const struct ub_image *image, const struct ub_save_options *options,
                          uint8_t **bytes, size_t *length, struct ub_error *err);
};

/** The table of formats in order of probing, ending with NULL; the last one, raw, takes anything.
 */
extern const struct ub_format *const ub_formats[];

/** Source of the claims of an LVFS cabinet's metainfo: "metainfo". Nobody signed it; this very
 * pointer tells that its versions are those that the device shows. */
extern const char ub_metainfo_source[];

/**
 * Adds a claim; `source` is static, `text` is a stranger's and may be NULL. One that is there
 * already is not added again. More than UB_IMAGE_CLAIMS_MAX are dropped. Errors: UB_SYS_MEMORY.
 */
enum ub_code ub_image_add_claim(struct ub_image *image, enum ub_claim_kind kind, const char *source,
                                uint64_t number, uint64_t detail, const char *text,
                                struct ub_error *err);

/** The first claim of that kind, or NULL. */
const struct ub_claim *ub_image_find_claim(const struct ub_image *image, enum ub_claim_kind kind);

/**
 * Reads a firmware file that is in memory and not packed: finds the format by content, and lets it
 * read. *out is the caller's. file_size and sha256 are those of `bytes`; whoever unpacked them puts
 * the archive's there. Errors: the UB_IMG domain, UB_SYS_MEMORY.
 */
enum ub_code ub_image_parse(const char *name, const uint8_t *bytes, size_t length,
                            const struct ub_image_options *options, struct ub_image **out,
                            struct ub_error *err);

/** True if the bytes are of a format in which ub_image_options.member can name one of several
 * images, as in an archive. */
bool ub_image_has_members(const uint8_t *bytes, size_t length);

/** Where the bytes of a file come from, one after the other. */
struct ub_image_source {
    /** Puts up to `length` bytes at `to`, fewer (*got) only at the file's end. */
    enum ub_code (*take)(void *user, uint8_t *to, size_t length, size_t *got, struct ub_error *err);
    void *user;
};

/**
 * Reads a file of hexadecimal lines in pieces of `piece` bytes (at least 1024), with the result of
 * ub_image_parse(). If it is none, *taken is false, *out NULL, and nothing failed. The caller has
 * made sure that it does not end with a DFU suffix. *out is the caller's. Errors: the UB_IMG
 * domain, UB_SYS_MEMORY, those of the source.
 */
enum ub_code ub_image_parse_pieces(const char *name, const struct ub_image_source *source,
                                   size_t piece, const struct ub_image_options *options,
                                   struct ub_image **out, bool *taken, struct ub_error *err);

/**
 * Opens a file and, if it is one of hexadecimal lines, reads it piece by piece, so that its text is
 * never in memory as a whole. *taken tells whether it was one; if not, *out is NULL and nothing
 * failed. *out is the caller's. Errors: as ub_image_parse(), and UB_IMG_READ.
 */
enum ub_code ub_image_parse_file(const char *path, const struct ub_image_options *options,
                                 struct ub_image **out, bool *taken, struct ub_error *err);

/** An empty image with a name (copied). *out is the caller's (ub_image_close()). */
enum ub_code ub_image_new(const char *name, struct ub_image **out, struct ub_error *err);

/** Adds a copy of `data` as a segment; no bytes add none. Errors: UB_IMG_TOO_LARGE (more than
 * UB_IMAGE_PIECES_MAX), UB_SYS_MEMORY. Call ub_image_finish() after the last. */
enum ub_code ub_image_add(struct ub_image *image, int alt, bool has_address, uint64_t address,
                          const uint8_t *data, size_t length, struct ub_error *err);

/** As ub_image_add(), but takes over `data` (from malloc()) instead of copying it, and frees it on
 * failure. */
enum ub_code ub_image_adopt(struct ub_image *image, int alt, bool has_address, uint64_t address,
                            uint8_t *data, size_t length, struct ub_error *err);

/** Sorts, joins touching segments, and refuses overlaps. Errors: UB_IMG_OVERLAP, UB_IMG_EMPTY,
 * UB_SYS_MEMORY. */
enum ub_code ub_image_finish(struct ub_image *image, struct ub_error *err);

/** The first format of the table whose endings match the file name, or NULL. */
const struct ub_format *ub_format_for_name(const char *path);

/**
 * The format in which this image is to be written to a file of that name, or NULL if no ending
 * matches. `.dfu` means two formats: DfuSe for an image with addresses, a plain DFU file for one
 * without.
 */
const struct ub_format *ub_format_for_image(const char *path, const struct ub_image *image);

/**
 * If the bytes are recognised as something that must never be flashed raw (ELF, PNG, PDF, ZIP,
 * HTML, text, a damaged firmware container, ...): its name for a person ("an ELF file"). Else NULL.
 */
const char *ub_image_recognise(const uint8_t *bytes, size_t length);

#endif
