/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Public keys and signatures from a stranger, and images of MCUboot held against a key. Nobody here
 * signed anything, so nothing may verify. */
#include "trust/signature.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(enum ub_code code, enum ub_code allowed, const struct ub_error *err)
{
    if (code != UB_OK && (code != allowed || !err->message[0]))
        abort();
}

static void try_key(const uint8_t *data, size_t size, struct ub_public_key *key)
{
    struct ub_error err = {0};
    char id[UB_KEY_ID_TEXT];
    expect(ub_public_key_parse("key", data, size, key, &err), UB_TRU_KEY, &err);
    ub_public_key_id(key, id);
    const size_t digits = key->kind == UB_KEY_MINISIGN || key->kind == UB_KEY_SIGNIFY ? 16 : 64;
    if (strlen(id) != digits || !ub_public_key_same(key, key))
        abort();
}

static void try_signature(const uint8_t *data, size_t size, const struct ub_public_key *key)
{
    static struct ub_signature signature; /* 8 KiB */
    struct ub_public_key claimed = *key;
    struct ub_error err = {0};
    const enum ub_code code = ub_signature_parse("signature", data, size, &signature, &err);
    expect(code, UB_TRU_SIGNATURE, &err);
    if (code)
        return;
    if (signature.prehashed && signature.kind != UB_KEY_MINISIGN)
        abort();
    /* the key that it names, with other bytes */
    claimed.kind = signature.kind;
    memcpy(claimed.id, signature.key_id, sizeof(claimed.id));
    if (!ub_signature_is_by(&signature, &claimed) ||
        ub_signature_verify(&signature, &claimed, "name", data, size, &err) != UB_TRU_SIGNATURE)
        abort();
}

static void try_mcuboot(const uint8_t *data, size_t size)
{
    struct ub_public_key key = {.kind = UB_KEY_MCUBOOT_ED25519, .bytes = {0x04}};
    struct ub_image *image = NULL;
    struct ub_error err = {0};
    if (ub_image_new("image", &image, NULL) != UB_OK)
        return;
    if (ub_image_add(image, UB_IMAGE_ALT_NONE, false, 0, data, size, NULL) == UB_OK) {
        for (unsigned i = 0; i < 2; i++) {
            bool present = false;
            const enum ub_code code = ub_signature_verify_mcuboot(image, &key, &present, &err);
            expect(code, UB_TRU_SIGNATURE, &err);
            if (present && code == UB_OK)
                abort();
            key.kind = UB_KEY_MCUBOOT_P256;
        }
    }
    ub_image_close(image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ub_public_key key;
    try_key(data, size, &key);
    try_signature(data, size, &key);
    try_mcuboot(data, size);
    return 0;
}
