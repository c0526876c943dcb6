/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Making a pair of keys, in the form of minisign's. */
#define _XOPEN_SOURCE 700
#include "base/error.h"
#include "base/text.h"
#include "trust/armour.h"
#include "trust/key.h"
#include "trust/minisign_secret.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ID_LENGTH     8
#define KEY_LENGTH    64
#define PUBLIC_LENGTH 42
#define SECRET_MODE   0600
#define PUBLIC_MODE   0666 /* the umask takes from it */
#define FILE_TEXT     512

/** Asks twice for a new password. False if there is none, or they differ; *why is why. */
static bool ask_twice(const char *path, ub_password *password, void *user,
                      char text[UB_PASSWORD_MAX], const char **why)
{
    char question[UB_ERROR_TEXT];
    char again[UB_PASSWORD_MAX] = "";
    bool good = false;
    (void)ub_print(question, sizeof(question), "New password for %s.key: ", path);
    *why = "there is no password";
    if (!password(user, question, text, UB_PASSWORD_MAX))
        goto out;
    text[UB_PASSWORD_MAX - 1] = '\0';
    *why = "an empty password protects nothing";
    if (!text[0])
        goto out;
    *why = "there is no second password to compare";
    if (!password(user, "The same password again: ", again, sizeof(again)))
        goto out;
    again[sizeof(again) - 1] = '\0';
    *why = "the two passwords differ";
    good = strcmp(text, again) == 0;
out:
    sodium_memzero(again, sizeof(again));
    return good;
}

static void put_u64le(uint8_t *to, uint64_t value)
{
    ub_put_u32le(to, (uint32_t)value);
    ub_put_u32le(to + 4, (uint32_t)(value >> 32));
}

/** The bytes of the secret key's file; encrypted if there is a text. */
static enum ub_code pack_secret(const struct ub_secret_key *key, const char *text,
                                const struct ub_scrypt_limits *cost,
                                uint8_t raw[UB_MINISIGN_SECRET], struct ub_error *err)
{
    uint8_t *sealed = raw + UB_MINISIGN_HEAD;
    uint8_t *salt = raw + 6;
    memset(raw, 0, UB_MINISIGN_SECRET);
    memcpy(raw, "Ed", 2);
    memcpy(raw + 4, "B2", 2);
    memcpy(sealed, key->id, ID_LENGTH);
    memcpy(sealed + ID_LENGTH, key->bytes, KEY_LENGTH);
    if (!text)
        return UB_OK;
    memcpy(raw + 2, "Sc", 2);
    randombytes_buf(salt, UB_MINISIGN_SALT);
    put_u64le(salt + UB_MINISIGN_SALT, cost->opslimit);
    put_u64le(salt + UB_MINISIGN_SALT + 8, cost->memlimit);
    ub_minisign_check(key, sealed + ID_LENGTH + KEY_LENGTH);
    return ub_minisign_seal(sealed, text, salt, cost, err);
}

static enum ub_code fail_write(struct ub_error *err, int number, const char *path)
{
    char why[128];
    if (strerror_r(number, why, sizeof(why)) != 0)
        (void)ub_print(why, sizeof(why), "error %d", number);
    const bool full = number == ENOSPC || number == EDQUOT;
    return ub_fail(err, full ? UB_SYS_DISK_FULL : UB_SYS_WRITE, "%s: cannot write: %s", path, why);
}

/** Writes a text to a file that must not be there yet, and never has another mode. */
static enum ub_code create(const char *path, mode_t mode, const char *text, struct ub_error *err)
{
    int number = 0;
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0)
        return fail_write(err, errno, path);
    for (size_t left = strlen(text); left > 0 && !number;) {
        const ssize_t n = write(fd, text, left);
        if (n < 0 && errno != EINTR)
            number = errno;
        if (n > 0) {
            text += n;
            left -= (size_t)n;
        }
    }
    if (!number && fsync(fd) != 0)
        number = errno;
    if (close(fd) != 0 && !number)
        number = errno;
    if (!number)
        return UB_OK;
    (void)unlink(path);
    return fail_write(err, number, path);
}

static enum ub_code write_secret(const char *path, const struct ub_secret_key *key,
                                 const char *text, const struct ub_scrypt_limits *cost,
                                 struct ub_error *err)
{
    uint8_t raw[UB_MINISIGN_SECRET];
    char base64[256];
    char file[FILE_TEXT];
    enum ub_code code = pack_secret(key, text, cost, raw, err);
    if (!code) {
        (void)sodium_bin2base64(base64, sizeof(base64), raw, sizeof(raw),
                                sodium_base64_VARIANT_ORIGINAL);
        (void)ub_print(file, sizeof(file), UB_COMMENT_UNTRUSTED "minisign %ssecret key\n%s\n",
                       text ? "encrypted " : "", base64);
        code = create(path, SECRET_MODE, file, err);
    }
    sodium_memzero(raw, sizeof(raw));
    sodium_memzero(base64, sizeof(base64));
    sodium_memzero(file, sizeof(file));
    return code;
}

static enum ub_code write_public(const char *path, const struct ub_secret_key *key,
                                 struct ub_error *err)
{
    uint8_t raw[PUBLIC_LENGTH] = "Ed";
    char base64[128];
    char id[UB_KEY_ID_TEXT];
    char file[FILE_TEXT];
    memcpy(raw + 2, key->id, ID_LENGTH);
    memcpy(raw + 2 + ID_LENGTH, key->bytes + crypto_sign_SEEDBYTES, crypto_sign_PUBLICKEYBYTES);
    (void)sodium_bin2base64(base64, sizeof(base64), raw, sizeof(raw),
                            sodium_base64_VARIANT_ORIGINAL);
    ub_key_id_print(key->id, id);
    (void)ub_print(file, sizeof(file), UB_COMMENT_UNTRUSTED "minisign public key %s\n%s\n", id,
                   base64);
    return create(path, PUBLIC_MODE, file, err);
}

/** Both files or none. */
static enum ub_code write_pair(const char *path, const struct ub_secret_key *key, const char *text,
                               const struct ub_scrypt_limits *cost, struct ub_error *err)
{
    const size_t size = strlen(path) + sizeof(".key");
    char *secret = malloc(size);
    char *public = malloc(size);
    enum ub_code code = UB_OK;
    if (!secret || !public) {
        code = ub_fail_memory(err);
        goto out;
    }
    (void)ub_print(secret, size, "%s.key", path);
    (void)ub_print(public, size, "%s.pub", path);
    code = write_secret(secret, key, text, cost, err);
    if (code)
        goto out;
    code = write_public(public, key, err);
    if (code)
        (void)unlink(secret);
out:
    free(secret);
    free(public);
    return code;
}

enum ub_code ub_secret_key_make(const char *path, ub_password *password, void *user,
                                const struct ub_scrypt_limits *limits, struct ub_error *err)
{
    struct ub_secret_key key;
    uint8_t public[crypto_sign_PUBLICKEYBYTES];
    char text[UB_PASSWORD_MAX] = "";
    const char *why = NULL;
    enum ub_code code = UB_OK;
    if (sodium_init() < 0)
        return ub_fail(err, UB_SYS_INTERNAL, "the cryptographic library cannot be started");
    if (password && !ask_twice(path, password, user, text, &why))
        code = ub_fail(err, UB_TRU_PASSWORD, "%s.key: %s", path, why);
    if (!code) {
        (void)crypto_sign_keypair(public, key.bytes);
        randombytes_buf(key.id, sizeof(key.id));
        code = write_pair(path, &key, password ? text : NULL, limits, err);
    }
    ub_secret_key_wipe(&key);
    sodium_memzero(text, sizeof(text));
    return code;
}

enum ub_code ub_key_new(const char *path, ub_password *password, void *user, struct ub_error *err)
{
    ub_error_clear(err);
    return ub_secret_key_make(path, password, user, &ub_scrypt_usual, err);
}
