/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file rows.h
 * What each row of the table looks at. A new kind of evidence is a function here and a row in
 * rows.c.
 */
#ifndef UB_MATCH_ROWS_H
#define UB_MATCH_ROWS_H

#include "match/match.h"

#define UB_MATCH_LOOK(name_)                                                                       \
    void name_(const struct ub_match_row *row, const struct ub_match_case *what,                   \
               struct ub_match *out)

/* look_ids.c: who the image says it is for */
UB_MATCH_LOOK(ub_match_ids);     /**< ids of a DFU suffix or of DfuSe */
UB_MATCH_LOOK(ub_match_target);  /**< names of DfuSe targets against those of the memories */
UB_MATCH_LOOK(ub_match_guid);    /**< GUIDs of LVFS metainfo */
UB_MATCH_LOOK(ub_match_product); /**< names of products against the device's strings */
UB_MATCH_LOOK(ub_match_usb_ids); /**< the ids in its own USB device descriptor */

/* look_label.c: what its manifest says it is for */
UB_MATCH_LOOK(ub_match_family);
UB_MATCH_LOOK(ub_match_vendor);
UB_MATCH_LOOK(ub_match_model);
UB_MATCH_LOOK(ub_match_revision);
UB_MATCH_LOOK(ub_match_market);
UB_MATCH_LOOK(ub_match_label); /**< of those what nobody compared */

/* look_chip.c: for which chip it was made */
UB_MATCH_LOOK(ub_match_uf2);
UB_MATCH_LOOK(ub_match_machine);
UB_MATCH_LOOK(ub_match_float); /**< flags of the ELF header */
UB_MATCH_LOOK(ub_match_esp);
UB_MATCH_LOOK(ub_match_prefix);

/* look_start.c: what the chip will start */
UB_MATCH_LOOK(ub_match_ram);        /**< initial stack pointer */
UB_MATCH_LOOK(ub_match_reset);      /**< reset vector */
UB_MATCH_LOOK(ub_match_bootloader); /**< an image for MCUboot in MCUboot's place */
UB_MATCH_LOOK(ub_match_vectors);    /**< is there a vector table at all? */
UB_MATCH_LOOK(ub_match_entry);
UB_MATCH_LOOK(ub_match_addresses);

/* look_state.c: how old, how whole, how trusted */
UB_MATCH_LOOK(ub_match_damaged);
UB_MATCH_LOOK(ub_match_dense);
UB_MATCH_LOOK(ub_match_unsigned);
UB_MATCH_LOOK(ub_match_downgrade);
UB_MATCH_LOOK(ub_match_min_version);
UB_MATCH_LOOK(ub_match_min_loader);
UB_MATCH_LOOK(ub_match_expired);
UB_MATCH_LOOK(ub_match_rolled_back);

/** Says a finding of the row at hand. */
#define UB_MATCH_FOR(...)     ub_match_say(out, what, row, UB_FINDING_FOR, __VA_ARGS__)
#define UB_MATCH_WEAK(...)    ub_match_say(out, what, row, UB_FINDING_WEAK, __VA_ARGS__)
#define UB_MATCH_AGAINST(...) ub_match_say(out, what, row, UB_FINDING_AGAINST, __VA_ARGS__)

/** Claim number `*index` or a later one of that kind; *index is moved behind it. NULL: none. */
const struct ub_claim *ub_match_claim(const struct ub_image *image, enum ub_claim_kind kind,
                                      size_t *index);
/** The texts of all claims of that kind: "A, B or C". */
void ub_match_claims(const struct ub_image *image, enum ub_claim_kind kind, char *to, size_t size);

/** The core that runs the firmware. */
enum ub_family_core ub_match_core(const struct ub_match_case *what);

/** True if the chip would start from the vector table of an Arm: initial stack pointer, and three
 * vectors that lead into the image. look_start.c */
bool ub_match_starts_as_arm(const struct ub_match_case *what);

/** A vector table, and where it lies. */
struct ub_match_table {
    bool there;     /**< it can be one */
    bool sure;      /**< its next vectors look like some, too */
    bool boots;     /**< it is where the family starts from */
    bool placed;    /**< it is known where it goes */
    uint64_t at;    /**< if it is */
    uint32_t stack; /**< initial stack pointer */
    uint32_t reset; /**< address of the first instruction, without its lowest bit */
};

/** The words from which a Cortex-M would start; false if there are none, because the image is too
 * short or does not begin like that. look_table.c */
bool ub_match_find_table(const struct ub_match_case *what, struct ub_match_table *table);
/** The bytes of the image at `address`, and how many follow there; NULL: none. An image without
 * addresses is taken to lie where it will go. */
const uint8_t *ub_match_bytes(const struct ub_match_case *what, uint64_t address, size_t *length);
/** Where an image without addresses goes; false if that is not known. */
bool ub_match_place(const struct ub_match_case *what, uint64_t *address);
/** True if the family starts from an address that the image covers; the bytes are those there. */
bool ub_match_boot_bytes(const struct ub_match_case *what, const uint8_t **bytes, size_t *length);

#endif
