/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trust/pem.h"

#include "trust/armour.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <sodium.h>
#include <string.h>

#define BEGIN      "-----BEGIN "
#define BEGIN_KEY  "-----BEGIN PUBLIC KEY-----"
#define END_KEY    "-----END PUBLIC KEY-----"
#define DER_MAX    1024 /* an RSA key of 4096 bits has 550 */
#define BASE64_MAX ((size_t)(DER_MAX + 2) / 3 * 4)
#define POINT      65 /* 0x04, X, Y (SEC 1 §2.3.3) */

bool ub_pem_probe(const uint8_t *bytes, size_t length)
{
    struct ub_line start = {(const char *)bytes, length};
    return ub_line_strip(&start, BEGIN);
}

/** Collects the lines of base64 up to the last line. False if that is not there, something follows,
 * or it is too much. */
static bool body(struct ub_cursor *cursor, char *text, size_t *length)
{
    struct ub_line line;
    *length = 0;
    while (ub_take_line(cursor, &line)) {
        struct ub_line rest = line;
        if (ub_line_strip(&rest, END_KEY))
            return rest.length == 0 && cursor->left == 0;
        if (line.length > BASE64_MAX - *length)
            return false;
        memcpy(text + *length, line.text, line.length);
        *length += line.length;
    }
    return false;
}

static const char *take_key(EVP_PKEY *key, struct ub_public_key *out)
{
    char group[32] = "";
    size_t length = 0;
    switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_ED25519:
        out->kind = UB_KEY_MCUBOOT_ED25519;
        length = 32;
        return EVP_PKEY_get_raw_public_key(key, out->bytes, &length) == 1
                   ? NULL
                   : "it is not a sound key of Ed25519";
    case EVP_PKEY_EC:
        out->kind = UB_KEY_MCUBOOT_P256;
        if (EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) != 1 ||
            strcmp(group, "prime256v1") != 0)
            return "it is of another curve than P-256";
        /* The shape is checked: of the two forms of a point MCUboot takes the long one only. */
        return EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, out->bytes, POINT,
                                               &length) == 1 &&
                       length == POINT && out->bytes[0] == 0x04
                   ? NULL
                   : "its point is not in the long form";
    default:
        return "it is neither of Ed25519 nor of the curve P-256";
    }
}

/** Has it one form only? Else its digest, by which images name their key, would be another. */
static bool is_canonical(const EVP_PKEY *key, const uint8_t *der, size_t length)
{
    unsigned char *again = NULL;
    const int size = i2d_PUBKEY(key, &again);
    const bool same = size > 0 && (size_t)size == length && memcmp(again, der, length) == 0;
    OPENSSL_free(again);
    return same;
}

static const char *parse_der(const uint8_t *der, size_t length, struct ub_public_key *out)
{
    const unsigned char *at = der;
    (void)ERR_set_mark(); /* the caller's own errors of OpenSSL stay as they are */
    EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)length);
    const char *why = "it is not a public key in DER";
    if (key && at == der + length)
        why = is_canonical(key, der, length) ? take_key(key, out) : "its DER is not canonical";
    EVP_PKEY_free(key);
    (void)ERR_pop_to_mark();
    if (!why) {
        (void)crypto_hash_sha256(out->der_sha256, der, length);
        memcpy(out->id, out->der_sha256, sizeof(out->id));
    }
    return why;
}

const char *ub_pem_parse(const uint8_t *bytes, size_t length, struct ub_public_key *out)
{
    struct ub_cursor cursor = ub_cursor(bytes, length);
    struct ub_line line;
    char text[BASE64_MAX];
    uint8_t der[DER_MAX];
    size_t text_length = 0;
    size_t der_length = 0;
    const char *end = NULL;
    if (!ub_take_line(&cursor, &line) || !ub_line_strip(&line, BEGIN_KEY) || line.length > 0)
        return "it is PEM, but not a public key (PUBLIC KEY)";
    if (!body(&cursor, text, &text_length))
        return "its last line is missing, or something follows it";
    if (sodium_base642bin(der, sizeof(der), text, text_length, NULL, &der_length, &end,
                          sodium_base64_VARIANT_ORIGINAL) != 0 ||
        end != text + text_length)
        return "it is not base64";
    return parse_der(der, der_length, out);
}
