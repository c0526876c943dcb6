/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The signature inside an image of MCUboot (MCUboot, "Bootloader", section "Image format"). */
#include "base/bytes.h"
#include "base/error.h"
#include "inspect/mcuboot.h"
#include "trust/signature.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <sodium.h>
#include <string.h>

#define HASH_LENGTH  32
#define POINT        65
#define PREFIX       26
#define TRAILER      256 /* what the bootloader notes at the end of a slot, and more */
#define MAGIC        16
#define MAGIC_COMMON 14

/** What stands before the point in the DER of a key of P-256 (RFC 5480 §2). */
static const uint8_t p256_prefix[PREFIX] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                            0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                            0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};

/** The two magics at the end of a slot, without the two bytes that tell its alignment
 * (MCUboot, boot/bootutil/src/bootutil_public.c). */
static const uint8_t magics[2][MAGIC_COMMON] = {
    {0x95, 0xf3, 0x60, 0xd2, 0xef, 0x7f, 0x35, 0x52, 0x50, 0x0f, 0x2c, 0xb6, 0x79, 0x80},
    {0x2d, 0xe1, 0x5d, 0x29, 0x41, 0x0b, 0x8d, 0x77, 0x67, 0x9c, 0x11, 0x0f, 0x1f, 0x8a},
};

/** Is what lies behind the image nothing but erased memory, and perhaps the bootloader's notes at
 * the end of the slot? Nobody signed it. */
static bool is_padding(const uint8_t *bytes, size_t length)
{
    if (length >= MAGIC) {
        const uint8_t *end = bytes + length - MAGIC_COMMON;
        if (memcmp(end, magics[0], MAGIC_COMMON) == 0 || memcmp(end, magics[1], MAGIC_COMMON) == 0)
            length -= length < TRAILER ? length : TRAILER;
    }
    return ub_all_bytes(bytes, length, 0xff) || ub_all_bytes(bytes, length, 0x00);
}

static bool ed25519_matches(const struct ub_mcuboot *mcuboot, const struct ub_public_key *key,
                            const uint8_t hash[HASH_LENGTH])
{
    return mcuboot->signature_length == crypto_sign_BYTES &&
           crypto_sign_verify_detached(mcuboot->signature, hash, HASH_LENGTH, key->bytes) == 0;
}

/** The length of the DER, without the zeros that imgtool --pad-sig puts behind it; 0 if there is
 * anything else. */
static size_t der_length(const uint8_t *signature, size_t length)
{
    if (length < 2 || signature[0] != 0x30 || signature[1] >= 0x80)
        return 0;
    const size_t der = (size_t)signature[1] + 2;
    return der <= length && ub_all_bytes(signature + der, length - der, 0) ? der : 0;
}

static bool p256_matches(const struct ub_mcuboot *mcuboot, const struct ub_public_key *key,
                         const uint8_t hash[HASH_LENGTH])
{
    uint8_t der[PREFIX + POINT];
    const unsigned char *at = der;
    bool good = false;
    const size_t length = der_length(mcuboot->signature, mcuboot->signature_length);
    if (length == 0)
        return false;
    memcpy(der, p256_prefix, PREFIX);
    memcpy(der + PREFIX, key->bytes, POINT);
    (void)ERR_set_mark(); /* the caller's own errors of OpenSSL stay as they are */
    EVP_PKEY *public = d2i_PUBKEY(NULL, &at, (long)sizeof(der));
    EVP_PKEY_CTX *context = public ? EVP_PKEY_CTX_new(public, NULL) : NULL;
    if (context && EVP_PKEY_verify_init(context) == 1 &&
        EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) == 1)
        good = EVP_PKEY_verify(context, mcuboot->signature, length, hash, HASH_LENGTH) == 1;
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(public);
    (void)ERR_pop_to_mark();
    return good;
}

/** Could the key have made the signature in the image? */
static bool may_be_by(const struct ub_mcuboot *mcuboot, const struct ub_public_key *key)
{
    const bool fits = (key->kind == UB_KEY_MCUBOOT_ED25519 &&
                       mcuboot->kind == UB_MCUBOOT_ED25519) ||
                      (key->kind == UB_KEY_MCUBOOT_P256 && mcuboot->kind == UB_MCUBOOT_P256);
    /* The hash of an encrypted one is of what it was before. */
    return fits && !mcuboot->encrypted &&
           (!mcuboot->key_hash || memcmp(mcuboot->key_hash, key->der_sha256, HASH_LENGTH) == 0);
}

enum ub_code ub_signature_verify_mcuboot(const struct ub_image *image,
                                         const struct ub_public_key *key, bool *present,
                                         struct ub_error *err)
{
    struct ub_mcuboot mcuboot;
    const char *why = NULL;
    uint8_t hash[HASH_LENGTH];
    *present = false;
    /* What stands beside it would not be signed. */
    if (image->segment_count != 1)
        return UB_OK;
    const struct ub_segment *segment = &image->segments[0];
    if (!ub_mcuboot_read(segment->data, segment->length, &mcuboot, &why) ||
        !may_be_by(&mcuboot, key))
        return UB_OK;
    *present = true;
    (void)crypto_hash_sha256(hash, mcuboot.hashed, mcuboot.hashed_length);
    if (mcuboot.sha256 && memcmp(mcuboot.sha256, hash, HASH_LENGTH) != 0)
        return ub_fail(err, UB_TRU_SIGNATURE, "%s: its own SHA-256 is of other bytes", image->name);
    const bool good = key->kind == UB_KEY_MCUBOOT_P256 ? p256_matches(&mcuboot, key, hash)
                                                       : ed25519_matches(&mcuboot, key, hash);
    if (!good)
        return ub_fail(err, UB_TRU_SIGNATURE, "%s: the key did not sign this image of MCUboot",
                       image->name);
    if (!is_padding(segment->data + mcuboot.length, segment->length - mcuboot.length))
        return ub_fail(err, UB_TRU_SIGNATURE,
                       "%s: behind the signed image of MCUboot there is more, which nobody signed",
                       image->name);
    return UB_OK;
}
