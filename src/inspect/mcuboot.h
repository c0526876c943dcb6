/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file mcuboot.h
 * The image format of MCUboot: a header, the firmware, and a list of tag-length-values behind it
 * (MCUboot, "Bootloader", section "Image format").
 */
#ifndef UB_INSPECT_MCUBOOT_H
#define UB_INSPECT_MCUBOOT_H

#include "image/image.h"

/** The kinds of signature that a TLV can hold. */
enum ub_mcuboot_signature {
    UB_MCUBOOT_UNSIGNED,
    UB_MCUBOOT_P256,    /**< TLV 0x22: ECDSA over the curve P-256, in DER */
    UB_MCUBOOT_ED25519, /**< TLV 0x24, over the SHA-256 */
    UB_MCUBOOT_OTHER,   /**< RSA, P-224, P-384, of another hash or of the whole image ("pure"), or a
                             kind that is not known */
};

/** An image of MCUboot. Pointers lead into the bytes that were read. */
struct ub_mcuboot {
    uint32_t load_address;
    uint16_t header_size;
    uint32_t image_size;
    uint32_t flags;
    char version[64];      /**< "1.2.3+4"; a build number of 0 is left out */
    const uint8_t *hashed; /**< what the hash is of: header, firmware, protected TLVs */
    size_t hashed_length;
    size_t length;           /**< of all of it, with the TLVs; what is behind it is padding */
    const uint8_t *sha256;   /**< its SHA-256 as it says, or NULL */
    const uint8_t *sha512;   /**< its SHA-512, instead of that, or NULL */
    bool other_hash;         /**< it has one of another kind: SHA-384 */
    const uint8_t *key_hash; /**< SHA-256 of the public key in DER (TLV 0x01), or NULL */
    enum ub_mcuboot_signature kind;
    const uint8_t *signature; /**< the first of a kind that is known, else the first */
    size_t signature_length;
    bool encrypted; /**< its hash is of what it was before */
    bool has_security_counter;
    uint32_t security_counter; /**< of the protected TLVs: what a device compares for rollback */
};

/** Does it begin like an image of MCUboot, sound or not? */
bool ub_mcuboot_probe(const uint8_t *bytes, size_t length);

/** Reads the header and the TLVs. False if it is no image of MCUboot, or is cut or damaged so that
 * its TLVs are not where they should be; *why is then a reason for the latter, else NULL. */
bool ub_mcuboot_read(const uint8_t *bytes, size_t length, struct ub_mcuboot *out, const char **why);

/** Does its own SHA-256 or SHA-512 match? UB_SELF_NONE also if it is encrypted and therefore cannot
 * be told. */
enum ub_self_check ub_mcuboot_check(const struct ub_mcuboot *mcuboot);

#endif
