/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trust/signature.h"

#include "base/error.h"
#include "base/text.h"
#include "trust/armour.h"

#include <sodium.h>
#include <string.h>

#define ID_LENGTH     8
#define LETTERS       2
#define BLOB_LENGTH   (LETTERS + ID_LENGTH + crypto_sign_BYTES)
#define PUBLIC_LENGTH 42
#define HASH_LENGTH   64 /* BLAKE2b-512 (minisign, "Signature format") */

/** The two lines that minisign adds: the trusted comment, and the signature of all of it. */
static const char *take_trusted(struct ub_cursor *cursor, struct ub_signature *out)
{
    struct ub_line line;
    uint8_t raw[UB_ARMOUR_BYTES_MAX];
    size_t length = 0;
    if (!ub_take_line(cursor, &line) || !ub_line_strip(&line, UB_COMMENT_TRUSTED))
        return "its trusted comment is missing";
    if (line.length >= sizeof(out->comment) || !ub_line_is_plain(&line))
        return "its trusted comment is too long or not text";
    memcpy(out->comment, line.text, line.length);
    out->comment[line.length] = '\0';
    if (!ub_take_line(cursor, &line) || !ub_line_base64(&line, raw, &length) ||
        length != sizeof(out->global))
        return "the signature of its trusted comment is missing or malformed";
    memcpy(out->global, raw, sizeof(out->global));
    return NULL;
}

static const char *take_blob(const uint8_t *raw, size_t length, struct ub_signature *out)
{
    struct ub_cursor cursor = ub_cursor(raw, length);
    const uint8_t *letters = ub_take_bytes(&cursor, LETTERS);
    const uint8_t *id = ub_take_bytes(&cursor, ID_LENGTH);
    const uint8_t *signature = ub_take_bytes(&cursor, crypto_sign_BYTES);
    if (length == PUBLIC_LENGTH)
        return "it is a public key, not a signature";
    if (!letters || !id || !signature || length != BLOB_LENGTH)
        return "a signature has 74 bytes";
    out->prehashed = memcmp(letters, "ED", LETTERS) == 0;
    if (!out->prehashed && memcmp(letters, "Ed", LETTERS) != 0)
        return "its kind of signature is not known; Ed25519 is";
    memcpy(out->key_id, id, ID_LENGTH);
    memcpy(out->bytes, signature, sizeof(out->bytes));
    return NULL;
}

static const char *parse(const uint8_t *bytes, size_t length, struct ub_signature *out)
{
    struct ub_cursor cursor = ub_cursor(bytes, length);
    uint8_t raw[UB_ARMOUR_BYTES_MAX];
    size_t raw_length = 0;
    struct ub_line comment;
    const char *why;
    if (!ub_take_armour(&cursor, false, &comment, raw, &raw_length, &why))
        return why;
    why = take_blob(raw, raw_length, out);
    if (why)
        return why;
    out->kind = cursor.left > 0 || out->prehashed ? UB_KEY_MINISIGN : UB_KEY_SIGNIFY;
    if (out->kind == UB_KEY_MINISIGN)
        why = take_trusted(&cursor, out);
    if (!why && cursor.left > 0)
        why = "something follows the signature";
    return why;
}

enum ub_code ub_signature_parse(const char *name, const uint8_t *bytes, size_t length,
                                struct ub_signature *out, struct ub_error *err)
{
    memset(out, 0, sizeof(*out));
    const char *why = length > UB_SIGNATURE_FILE_MAX ? "larger than any signature"
                                                     : parse(bytes, length, out);
    return why ? ub_fail(err, UB_TRU_SIGNATURE, "%s: %s", name, why) : UB_OK;
}

bool ub_signature_is_by(const struct ub_signature *signature, const struct ub_public_key *key)
{
    if (memcmp(signature->key_id, key->id, sizeof(key->id)) != 0)
        return false;
    /* A minisign signature without its trusted comment looks like signify's: whoever took that
     * away would have taken the file's name away. */
    return key->kind == UB_KEY_SIGNIFY ||
           (key->kind == UB_KEY_MINISIGN && signature->kind == UB_KEY_MINISIGN);
}

void ub_signature_key_id(const struct ub_signature *signature, char text[UB_KEY_ID_TEXT])
{
    ub_key_id_print(signature->key_id, text);
}

/** Without what stands before its last slash, of either kind. */
static struct ub_line base_name(struct ub_line name)
{
    for (size_t i = name.length; i > 0; i--)
        if (name.text[i - 1] == '/' || name.text[i - 1] == '\\')
            return (struct ub_line){name.text + i, name.length - i};
    return name;
}

static bool same_name(struct ub_line said, const char *name)
{
    const struct ub_line is = base_name((struct ub_line){name, strlen(name)});
    said = base_name(said);
    return said.length == is.length && memcmp(said.text, is.text, is.length) == 0;
}

/** The name behind a "file:" that begins at `text`: minisign separates by tabs; by hand it may be
 * spaces, which names can have, so both readings count. */
static bool names_file(const char *text, bool tabs, const char *name, struct ub_line *said)
{
    *said = (struct ub_line){text, strcspn(text, "\t")};
    if (same_name(*said, name))
        return true;
    if (tabs)
        return false;
    said->length = strcspn(text, "\t ");
    return same_name(*said, name);
}

/** Does the comment have a field (minisign separates them by tabs) of that one word? */
static bool has_field(const char *comment, const char *word)
{
    const size_t length = strlen(word);
    for (const char *at = comment; at; at = strchr(at, '\t')) {
        at += *at == '\t';
        if (strcspn(at, "\t") == length && memcmp(at, word, length) == 0)
            return true;
    }
    return false;
}

/**
 * The letters that tell whether the file or its hash was signed are not signed themselves. So a
 * signature of a hash could be passed off as one of a file that holds nothing but that hash: one of
 * 64 bytes is refused. minisign notes in the trusted comment, which is signed, that it hashed.
 */
static bool is_moved(const struct ub_signature *signature, size_t length)
{
    return !signature->prehashed &&
           (length == HASH_LENGTH || has_field(signature->comment, "hashed"));
}

/** Is the comment for a file of that name, or for no file in particular? */
static enum ub_code check_comment(const char *comment, const char *name, struct ub_error *err)
{
    static const char word[] = "file:";
    const bool tabs = strchr(comment, '\t') != NULL;
    for (const char *at = strstr(comment, word); at; at = strstr(at + 1, word)) {
        struct ub_line said;
        if (at != comment && at[-1] != '\t' && at[-1] != ' ')
            continue; /* part of another word */
        if (!at[sizeof(word) - 1] || strchr("\t ", at[sizeof(word) - 1]))
            continue; /* of a sentence: it names none */
        if (names_file(at + sizeof(word) - 1, tabs, name, &said))
            continue;
        char shown[UB_STRING_TEXT];
        ub_print_stranger(shown, sizeof(shown), said.text, said.length);
        return ub_fail(err, UB_TRU_COMMENT, "signed was a file named \"%s\", this one is \"%s\"",
                       shown, name);
    }
    return UB_OK;
}

static bool is_signed(const struct ub_signature *signature, const struct ub_public_key *key,
                      const uint8_t *content, size_t length)
{
    uint8_t hash[HASH_LENGTH];
    if (signature->prehashed) {
        (void)crypto_generichash(hash, sizeof(hash), content, length, NULL, 0);
        content = hash;
        length = sizeof(hash);
    }
    return crypto_sign_verify_detached(signature->bytes, content, length, key->bytes) == 0;
}

/** minisign signs the signature with the comment behind it (minisign, "Signature format"). */
static bool is_comment_signed(const struct ub_signature *signature, const struct ub_public_key *key)
{
    uint8_t all[sizeof(signature->bytes) + sizeof(signature->comment)];
    const size_t length = strlen(signature->comment);
    memcpy(all, signature->bytes, sizeof(signature->bytes));
    memcpy(all + sizeof(signature->bytes), signature->comment, length);
    return crypto_sign_verify_detached(signature->global, all, sizeof(signature->bytes) + length,
                                       key->bytes) == 0;
}

enum ub_code ub_signature_verify(const struct ub_signature *signature,
                                 const struct ub_public_key *key, const char *name,
                                 const uint8_t *content, size_t length, struct ub_error *err)
{
    char ids[2][UB_KEY_ID_TEXT];
    ub_signature_key_id(signature, ids[0]);
    ub_public_key_id(key, ids[1]);
    if (!ub_signature_is_by(signature, key))
        return ub_fail(err, UB_TRU_SIGNATURE, "%s: the %s signature is by the key %s, not by %s %s",
                       name, ub_key_kind_name(signature->kind), ids[0], ub_key_kind_name(key->kind),
                       ids[1]);
    if (is_moved(signature, length))
        return ub_fail(err, UB_TRU_SIGNATURE,
                       "%s: the signature may have been made of another file's hash, as it says so "
                       "or as this file is as long as one",
                       name);
    if (!is_signed(signature, key, content, length))
        return ub_fail(err, UB_TRU_SIGNATURE, "%s: the key %s did not sign these bytes", name,
                       ids[1]);
    if (signature->kind != UB_KEY_MINISIGN)
        return UB_OK;
    if (!is_comment_signed(signature, key))
        return ub_fail(err, UB_TRU_SIGNATURE,
                       "%s: the key %s did not sign the trusted comment of the signature", name,
                       ids[1]);
    return check_comment(signature->comment, name, err);
}
