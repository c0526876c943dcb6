/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trust/key.h"

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "trust/armour.h"
#include "trust/pem.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define ID_LENGTH        8
#define ED25519_LENGTH   32
#define PUBLIC_LENGTH    (2 + ID_LENGTH + ED25519_LENGTH)
#define SIGNATURE_LENGTH 74  /* of either kind */
#define SIGNIFY_SECRET   104 /* signify(1) */
#define MINISIGN_SECRET  158

/** Is that word in the line, whatever its case? */
static bool has_word(const struct ub_line *line, const char *word)
{
    const size_t length = strlen(word);
    char piece[16];
    for (size_t i = 0; i + length <= line->length && length < sizeof(piece); i++) {
        (void)ub_print(piece, sizeof(piece), "%.*s", (int)length, line->text + i);
        if (ub_same_word(piece, word))
            return true;
    }
    return false;
}

/** What else it is, for a person, or NULL. */
static const char *other_thing(size_t length)
{
    switch (length) {
    case SIGNATURE_LENGTH:
        return "it is a signature, not a key";
    case SIGNIFY_SECRET:
    case MINISIGN_SECRET:
        return "it is a secret key; the public one (*.pub) is needed";
    default:
        return "a public key has 42 bytes";
    }
}

/** Both kinds look the same but for what their programs write into the comment. */
static const char *parse_armoured(const uint8_t *bytes, size_t length, struct ub_public_key *out)
{
    struct ub_cursor cursor = ub_cursor(bytes, length);
    uint8_t raw[UB_ARMOUR_BYTES_MAX];
    size_t raw_length = 0;
    struct ub_line comment;
    const char *why;
    const bool whole = ub_take_armour(&cursor, true, &comment, raw, &raw_length, &why);
    struct ub_cursor fields = ub_cursor(raw, raw_length);
    const uint8_t *letters = ub_take_bytes(&fields, 2);
    const uint8_t *id = ub_take_bytes(&fields, ID_LENGTH);
    const uint8_t *key = ub_take_bytes(&fields, ED25519_LENGTH);
    if (!whole)
        goto out;
    why = other_thing(raw_length);
    if (!letters || !id || !key || raw_length != PUBLIC_LENGTH)
        goto out;
    why = "its kind of key is not known; Ed25519 is";
    if (memcmp(letters, "Ed", 2) != 0)
        goto out;
    why = "something follows the key";
    if (cursor.left > 0)
        goto out;
    const bool bare = comment.length == 0 || has_word(&comment, "minisign");
    out->kind = bare ? UB_KEY_MINISIGN : UB_KEY_SIGNIFY;
    memcpy(out->id, id, ID_LENGTH);
    memcpy(out->bytes, key, ED25519_LENGTH);
    ub_print_stranger(out->comment, sizeof(out->comment), comment.text, comment.length);
    why = NULL;
out:
    sodium_memzero(raw, sizeof(raw)); /* it may have been a secret one */
    return why;
}

enum ub_code ub_public_key_parse(const char *name, const uint8_t *bytes, size_t length,
                                 struct ub_public_key *out, struct ub_error *err)
{
    memset(out, 0, sizeof(*out));
    if (length > UB_KEY_FILE_MAX)
        return ub_fail(err, UB_TRU_KEY, "%s: larger than any key", name);
    const char *why = ub_pem_probe(bytes, length) ? ub_pem_parse(bytes, length, out)
                                                  : parse_armoured(bytes, length, out);
    return why ? ub_fail(err, UB_TRU_KEY, "%s: %s", name, why) : UB_OK;
}

enum ub_code ub_public_key_read(const char *path, struct ub_public_key *out, struct ub_error *err)
{
    struct ub_error why;
    uint8_t *bytes = NULL;
    size_t length = 0;
    memset(out, 0, sizeof(*out));
    enum ub_code code = ub_file_read(path, UB_KEY_FILE_MAX, &bytes, &length, &why);
    if (code == UB_SYS_MEMORY)
        return ub_fail_memory(err);
    if (code)
        return ub_fail(err, UB_TRU_KEY, "%s", why.message);
    code = ub_public_key_parse(path, bytes, length, out, err);
    sodium_memzero(bytes, length);
    free(bytes);
    return code;
}

void ub_public_key_id(const struct ub_public_key *key, char text[UB_KEY_ID_TEXT])
{
    if (key->kind == UB_KEY_MCUBOOT_ED25519 || key->kind == UB_KEY_MCUBOOT_P256)
        ub_print_hex(text, key->der_sha256, sizeof(key->der_sha256));
    else
        ub_key_id_print(key->id, text);
}

void ub_key_id_print(const uint8_t id[8], char text[UB_KEY_ID_TEXT])
{
    text[0] = '\0';
    for (size_t i = ID_LENGTH; i > 0; i--)
        (void)ub_append(text, UB_KEY_ID_TEXT, "%02X", id[i - 1]);
}

const char *ub_key_kind_name(enum ub_key_kind kind)
{
    switch (kind) {
    case UB_KEY_MINISIGN:
        return "minisign";
    case UB_KEY_SIGNIFY:
        return "signify";
    case UB_KEY_MCUBOOT_ED25519:
    case UB_KEY_MCUBOOT_P256:
        return "mcuboot";
    }
    return "?";
}

/** minisign's and signify's keys are the same thing under two names. */
static enum ub_key_kind shape(const struct ub_public_key *key)
{
    return key->kind == UB_KEY_SIGNIFY ? UB_KEY_MINISIGN : key->kind;
}

bool ub_public_key_same(const struct ub_public_key *a, const struct ub_public_key *b)
{
    return shape(a) == shape(b) && memcmp(a->id, b->id, sizeof(a->id)) == 0 &&
           memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}
