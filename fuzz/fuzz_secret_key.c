/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file of a secret key from a stranger: no file makes scrypt take more than it may, and what is
 * taken for a key can sign. */
#include "trust/secret_key.h"
#include "trust/signature.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct ub_scrypt_limits cheap = {32768, 1 << 18};

static bool answer(void *user, const char *question, char *to, size_t size)
{
    (void)user;
    if (!question[0] || size < 2)
        abort();
    to[0] = 'x';
    to[1] = '\0';
    return true;
}

static void prove(const struct ub_secret_key *secret)
{
    static struct ub_signature signature; /* 8 KiB */
    struct ub_public_key key = {.kind = UB_KEY_MINISIGN};
    char *text = NULL;
    memcpy(key.id, secret->id, sizeof(key.id));
    memcpy(key.bytes, secret->bytes + 32, 32);
    if (ub_secret_key_sign(secret, secret->id, 8, "file:f", &text, NULL) != UB_OK)
        return;
    if (ub_signature_parse("s", (const uint8_t *)text, strlen(text), &signature, NULL) != UB_OK ||
        ub_signature_verify(&signature, &key, "f", secret->id, 8, NULL) != UB_OK)
        abort();
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ub_secret_key key;
    struct ub_error err = {0};
    const enum ub_code code = ub_secret_key_parse("key", data, size, answer, NULL, &cheap, &key,
                                                  &err);
    if (code == UB_OK)
        prove(&key);
    else if ((code != UB_TRU_KEY && code != UB_TRU_PASSWORD && code != UB_SYS_MEMORY) ||
             !err.message[0])
        abort();
    ub_secret_key_wipe(&key);
    return 0;
}
