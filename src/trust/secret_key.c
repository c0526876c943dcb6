/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trust/secret_key.h"

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "trust/armour.h"
#include "trust/minisign_secret.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define ID_LENGTH   8
#define KEY_LENGTH  64
#define COMMENT_MAX 8192 /* minisign: TRUSTEDCOMMENTMAXBYTES */

const struct ub_scrypt_limits ub_scrypt_usual = {
    crypto_pwhash_scryptsalsa208sha256_OPSLIMIT_SENSITIVE,
    crypto_pwhash_scryptsalsa208sha256_MEMLIMIT_SENSITIVE,
};

/** The file's fields; pointers lead into its bytes. */
struct fields {
    const uint8_t *letters; /**< "Ed" */
    const uint8_t *kdf;     /**< "Sc", or zeros if it is not encrypted */
    const uint8_t *check;   /**< "B2" */
    const uint8_t *salt;
    struct ub_scrypt_limits cost;
    const uint8_t *sealed;
};

void ub_secret_key_wipe(struct ub_secret_key *key)
{
    sodium_memzero(key, sizeof(*key));
}

void ub_minisign_check(const struct ub_secret_key *key, uint8_t check[UB_MINISIGN_CHECK])
{
    uint8_t all[2 + ID_LENGTH + KEY_LENGTH] = "Ed";
    memcpy(all + 2, key->id, ID_LENGTH);
    memcpy(all + 2 + ID_LENGTH, key->bytes, KEY_LENGTH);
    (void)crypto_generichash(check, UB_MINISIGN_CHECK, all, sizeof(all), NULL, 0);
    sodium_memzero(all, sizeof(all));
}

enum ub_code ub_minisign_seal(uint8_t sealed[UB_MINISIGN_SEALED], const char *password,
                              const uint8_t salt[UB_MINISIGN_SALT],
                              const struct ub_scrypt_limits *cost, struct ub_error *err)
{
    uint8_t stream[UB_MINISIGN_SEALED];
    if (cost->memlimit > SIZE_MAX ||
        crypto_pwhash_scryptsalsa208sha256(stream, sizeof(stream), password, strlen(password), salt,
                                           cost->opslimit, (size_t)cost->memlimit) != 0)
        return ub_fail(err, UB_SYS_MEMORY, "the key's password takes %llu MiB to check",
                       (unsigned long long)(cost->memlimit >> 20));
    for (size_t i = 0; i < sizeof(stream); i++)
        sealed[i] ^= stream[i];
    sodium_memzero(stream, sizeof(stream));
    return UB_OK;
}

static uint64_t take_u64le(struct ub_cursor *cursor)
{
    const uint64_t low = ub_take_u32le(cursor);
    return low | (uint64_t)ub_take_u32le(cursor) << 32;
}

/** NULL, or what is wrong. */
static const char *take_fields(const uint8_t *raw, size_t length,
                               const struct ub_scrypt_limits *limits, struct fields *out)
{
    struct ub_cursor cursor = ub_cursor(raw, length);
    out->letters = ub_take_bytes(&cursor, 2);
    out->kdf = ub_take_bytes(&cursor, 2);
    out->check = ub_take_bytes(&cursor, 2);
    out->salt = ub_take_bytes(&cursor, UB_MINISIGN_SALT);
    out->cost.opslimit = take_u64le(&cursor);
    out->cost.memlimit = take_u64le(&cursor);
    out->sealed = ub_take_bytes(&cursor, UB_MINISIGN_SEALED);
    if (length == 42)
        return "it is a public key; the secret one (*.key) is needed";
    if (cursor.failed || cursor.left > 0)
        return "it is not minisign's secret key, which has 158 bytes";
    if (memcmp(out->letters, "Ed", 2) != 0 || memcmp(out->check, "B2", 2) != 0)
        return "its kind of key is not known; minisign's is Ed25519";
    if (memcmp(out->kdf, "\0\0", 2) == 0)
        return NULL;
    if (memcmp(out->kdf, "Sc", 2) != 0)
        return "its kind of encryption is not known";
    if (out->cost.opslimit > limits->opslimit || out->cost.memlimit > limits->memlimit)
        return "its encryption asks for more memory or time than any key's";
    return NULL;
}

static void take_key(const uint8_t sealed[UB_MINISIGN_SEALED], struct ub_secret_key *out)
{
    memcpy(out->id, sealed, ID_LENGTH);
    memcpy(out->bytes, sealed + ID_LENGTH, KEY_LENGTH);
}

/** The key's second half is the public key of its first. */
static bool is_whole(const struct ub_secret_key *key)
{
    uint8_t public[crypto_sign_PUBLICKEYBYTES];
    uint8_t secret[crypto_sign_SECRETKEYBYTES];
    const bool whole = crypto_sign_seed_keypair(public, secret, key->bytes) == 0 &&
                       sodium_memcmp(secret, key->bytes, sizeof(secret)) == 0;
    sodium_memzero(secret, sizeof(secret));
    return whole;
}

static enum ub_code unseal(const char *name, const struct fields *fields, ub_password *password,
                           void *user, struct ub_secret_key *out, struct ub_error *err)
{
    char question[UB_ERROR_TEXT];
    char text[UB_PASSWORD_MAX] = "";
    uint8_t sealed[UB_MINISIGN_SEALED];
    uint8_t check[UB_MINISIGN_CHECK];
    (void)ub_print(question, sizeof(question), "Password of %s: ", name);
    memcpy(sealed, fields->sealed, sizeof(sealed));
    enum ub_code code = UB_OK;
    if (!password || !password(user, question, text, sizeof(text)))
        code = ub_fail(err, UB_TRU_PASSWORD, "%s: the key is encrypted, and there is no password",
                       name);
    text[sizeof(text) - 1] = '\0';
    if (!code)
        code = ub_minisign_seal(sealed, text, fields->salt, &fields->cost, err);
    if (!code) {
        take_key(sealed, out);
        ub_minisign_check(out, check);
        if (sodium_memcmp(check, sealed + ID_LENGTH + KEY_LENGTH, sizeof(check)) != 0)
            code = ub_fail(err, UB_TRU_PASSWORD, "%s: this is not its password", name);
    }
    sodium_memzero(text, sizeof(text));
    sodium_memzero(sealed, sizeof(sealed));
    return code;
}

enum ub_code ub_secret_key_parse(const char *name, const uint8_t *bytes, size_t length,
                                 ub_password *password, void *user,
                                 const struct ub_scrypt_limits *limits, struct ub_secret_key *out,
                                 struct ub_error *err)
{
    struct ub_cursor cursor = ub_cursor(bytes, length);
    uint8_t raw[UB_ARMOUR_BYTES_MAX];
    size_t raw_length = 0;
    struct ub_line comment;
    struct fields fields = {0};
    const char *why;
    enum ub_code code = UB_OK;
    memset(out, 0, sizeof(*out));
    const bool whole = ub_take_armour(&cursor, false, &comment, raw, &raw_length, &why);
    if (whole)
        why = cursor.left > 0 ? "something follows the key"
                              : take_fields(raw, raw_length, limits, &fields);
    if (!whole || why)
        code = ub_fail(err, UB_TRU_KEY, "%s: %s", name, why);
    else if (fields.kdf[0] != 0)
        code = unseal(name, &fields, password, user, out, err);
    else
        take_key(fields.sealed, out);
    if (!code && !is_whole(out))
        code = ub_fail(err, UB_TRU_KEY, "%s: the halves of the key do not belong together", name);
    if (code)
        ub_secret_key_wipe(out);
    sodium_memzero(raw, sizeof(raw));
    return code;
}

enum ub_code ub_secret_key_read(const char *path, ub_password *password, void *user,
                                struct ub_secret_key *out, struct ub_error *err)
{
    struct ub_error why;
    uint8_t *bytes = NULL;
    size_t length = 0;
    enum ub_code code = ub_file_read(path, UB_SECRET_KEY_FILE_MAX, &bytes, &length, &why);
    if (code == UB_SYS_MEMORY)
        return ub_fail_memory(err);
    if (code)
        return ub_fail(err, UB_TRU_KEY, "%s", why.message);
    code = ub_secret_key_parse(path, bytes, length, password, user, &ub_scrypt_usual, out, err);
    sodium_memzero(bytes, length);
    free(bytes);
    return code;
}

/** The two signatures in base64, and the comment between them. */
static char *print_signature(const uint8_t blob[74], const char *comment,
                             const uint8_t global[crypto_sign_BYTES])
{
    static const char head[] = UB_COMMENT_UNTRUSTED "signature from minisign secret key";
    char texts[2][128];
    (void)sodium_bin2base64(texts[0], sizeof(texts[0]), blob, 74, sodium_base64_VARIANT_ORIGINAL);
    (void)sodium_bin2base64(texts[1], sizeof(texts[1]), global, crypto_sign_BYTES,
                            sodium_base64_VARIANT_ORIGINAL);
    const size_t size = sizeof(head) + sizeof(texts) + sizeof(UB_COMMENT_TRUSTED) +
                        strlen(comment) + 4;
    char *text = malloc(size);
    if (text)
        (void)ub_print(text, size, "%s\n%s\n" UB_COMMENT_TRUSTED "%s\n%s\n", head, texts[0],
                       comment, texts[1]);
    return text;
}

enum ub_code ub_secret_key_sign(const struct ub_secret_key *key, const uint8_t *content,
                                size_t length, const char *trusted_comment, char **text,
                                struct ub_error *err)
{
    const struct ub_line comment = {trusted_comment, strlen(trusted_comment)};
    uint8_t hash[64];
    uint8_t blob[2 + ID_LENGTH + crypto_sign_BYTES] = "ED";
    uint8_t global[crypto_sign_BYTES];
    *text = NULL;
    if (comment.length >= COMMENT_MAX || !ub_line_is_plain(&comment))
        return ub_fail(err, UB_USE_OPTION,
                       "the trusted comment has to be one line of text, shorter than %d bytes",
                       COMMENT_MAX);
    uint8_t *all = malloc(crypto_sign_BYTES + comment.length + 1);
    if (!all)
        return ub_fail_memory(err);
    (void)crypto_generichash(hash, sizeof(hash), content, length, NULL, 0);
    memcpy(blob + 2, key->id, ID_LENGTH);
    (void)crypto_sign_detached(blob + 2 + ID_LENGTH, NULL, hash, sizeof(hash), key->bytes);
    memcpy(all, blob + 2 + ID_LENGTH, crypto_sign_BYTES);
    memcpy(all + crypto_sign_BYTES, trusted_comment, comment.length);
    (void)crypto_sign_detached(global, NULL, all, crypto_sign_BYTES + comment.length, key->bytes);
    free(all);
    *text = print_signature(blob, trusted_comment, global);
    return *text ? UB_OK : ub_fail_memory(err);
}
