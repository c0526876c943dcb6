/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file match.h
 * Does an image belong on a device? What the image says of itself and what its bytes show is held
 * against what is known of the device. Pure: nothing is read from a device here.
 */
#ifndef UB_MATCH_MATCH_H
#define UB_MATCH_MATCH_H

#include "family/family.h"
#include "image/image.h"
#include "match/label.h"

/** The ids and the release that a device has in one of its modes. */
struct ub_match_mode {
    bool known;
    uint16_t vid;
    uint16_t pid;
    uint16_t bcdDevice;
    const char *manufacturer; /**< or "" */
    const char *product;      /**< or "" */
};

/**
 * All that the decision is made of. Everything is borrowed. What is not known is zero: nothing
 * contradicts it.
 */
struct ub_match_case {
    const struct ub_image *image;
    const struct ub_image_facts *facts;
    const struct ub_family *family;  /**< NULL: not known */
    const char *where;               /**< "the device at 1-4", or the family's name */
    bool family_only;                /**< there is no device: a family is asked about */
    struct ub_match_mode dfu;        /**< of the bootloader */
    struct ub_match_mode runtime;    /**< of the firmware that runs, or ran before */
    const struct ub_region *regions; /**< of an opened device */
    size_t region_count;
    bool addressed;        /**< its memory has addresses */
    bool takes_lpc_prefix; /**< it wants NXP's boot header before the image */
    const char *running;   /**< version of MCUboot's image that is there, or NULL */
    bool has_at;           /**< the person said where an image without addresses goes */
    uint64_t at;
    struct ub_label label;
    const struct ub_flash_options *options; /**< for what was accepted; may be NULL */
    bool comparing; /**< nothing will be written, so that versions and trust do not matter */
};

/* One row's further findings are counted only, so that no number of them takes the place of another
 * row's; each row has its place (rows.c). What is refused is refused all the same: a row is named
 * as a whole, and what speaks against takes the place of what does not. */
#define UB_MATCH_ROWS   40u /**< most kinds of evidence */
#define UB_MATCH_OF_ROW 6u  /**< most findings of one row that are told */
#define UB_MATCH_MAX    (UB_MATCH_ROWS * UB_MATCH_OF_ROW)

struct ub_match_row;

/** One finding and where it comes from. */
struct ub_match_entry {
    struct ub_finding finding;
    const struct ub_match_row *row;
    size_t more; /**< findings of that row that are not told; in the row's last entry */
};

struct ub_match {
    struct ub_match_entry entries[UB_MATCH_MAX];
    size_t count;
    struct ub_error placement; /**< why it cannot be placed; code UB_OK if it can, or nobody tried
                                */
    struct ub_error policy;    /**< why the policy does not let it on; likewise */
};

/** One kind of evidence. */
struct ub_match_row {
    const char *name;    /**< what --accept calls it */
    const char *meaning; /**< what is accepted by it, one line; NULL: it cannot be accepted */
    enum ub_code code;   /**< with which it is refused */
    const char *by;      /**< "vector table": what speaks for it, in one line with others; NULL: it
                              never does */
    bool of_writing;     /**< of no meaning where nothing will be written */
    void (*look)(const struct ub_match_row *row, const struct ub_match_case *what,
                 struct ub_match *out);
};

/** The kinds of evidence, ending with a row without a name. */
extern const struct ub_match_row ub_match_rows[];

/** Adds a finding of that row. One too many takes the place of the weakest of the same row, or is
 * only counted if none is weaker. */
void ub_match_say(struct ub_match *out, const struct ub_match_case *what,
                  const struct ub_match_row *row, enum ub_weight weight, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/** Looks at all the evidence. *out is filled anew, what speaks against first. */
void ub_match_decide(const struct ub_match_case *what, struct ub_match *out);

/**
 * The refusal because of contradictions that can be accepted and were not: the first one is the
 * message, the others are its context. UB_OK if there is none.
 */
enum ub_code ub_match_contradiction(const struct ub_match *match, struct ub_error *err);

/** The error because of which the image has no place there, which no name makes go away. UB_OK if
 * there is none. */
enum ub_code ub_match_impossible(const struct ub_match *match, struct ub_error *err);

/** Turns match->placement, an error of placing the image on an opened device, into a finding, in
 * the place of what the row "outside" thought. */
void ub_match_add_placement(struct ub_match *match);

/** Number of findings of that weight; accepted ones do not count. */
size_t ub_match_count(const struct ub_match *match, enum ub_weight weight);

/** What speaks for it, in one line: "vector table, addresses and DFU suffix". False if nothing
 * does. */
bool ub_match_reasons(const struct ub_match *match, char *to, size_t size);

/** The version in the MCUboot header at the start of these bytes, as MCUboot writes it:
 * "1.2.3+4". False if there is none. */
bool ub_match_mcuboot_version(const uint8_t *bytes, size_t length, char *to, size_t size);

#endif
