/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/sha256.h"

#include "base/error.h"

#include <openssl/evp.h>
#include <stdlib.h>

struct ub_sha256 {
    EVP_MD_CTX *context;
    bool failed;
};

enum ub_code ub_sha256_new(struct ub_sha256 **out, struct ub_error *err)
{
    struct ub_sha256 *digest = calloc(1, sizeof(*digest));
    if (digest)
        digest->context = EVP_MD_CTX_new();
    if (!digest || !digest->context) {
        free(digest);
        return ub_fail_memory(err);
    }
    digest->failed = EVP_DigestInit_ex(digest->context, EVP_sha256(), NULL) != 1;
    *out = digest;
    return UB_OK;
}

void ub_sha256_feed(struct ub_sha256 *digest, const void *bytes, size_t length)
{
    digest->failed = digest->failed || EVP_DigestUpdate(digest->context, bytes, length) != 1;
}

enum ub_code ub_sha256_take(struct ub_sha256 *digest, uint8_t sha256[32], struct ub_error *err)
{
    unsigned length = 0;
    if (!digest->failed && EVP_DigestFinal_ex(digest->context, sha256, &length) == 1 &&
        length == 32)
        return UB_OK;
    return ub_fail(err, UB_SYS_INTERNAL, "libcrypto cannot make a SHA-256");
}

void ub_sha256_free(struct ub_sha256 *digest)
{
    if (!digest)
        return;
    EVP_MD_CTX_free(digest->context);
    free(digest);
}
