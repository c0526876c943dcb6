/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signatures of the file itself, beside it or, for MCUboot, inside. */
#include "base/error.h"
#include "base/text.h"
#include "inspect/mcuboot.h"
#include "trust/check_room.h"

#include <stdlib.h>
#include <string.h>

#define COMMENT "untrusted comment:"

/** All claims of one kind. words->text is the caller's. */
static enum ub_code collect(struct ub_check *check, enum ub_claim_kind kind, struct ub_words *words)
{
    const struct ub_image *image = check->image;
    *words = (struct ub_words){0};
    if (!image->claim_count)
        return UB_OK;
    words->text = calloc(image->claim_count, sizeof(*words->text));
    if (!words->text)
        return ub_fail_memory(check->err);
    for (size_t i = 0; i < image->claim_count; i++)
        if (image->claims[i].kind == kind)
            (void)ub_print(words->text[words->count++], UB_STRING_TEXT, "%s",
                           image->claims[i].text);
    return UB_OK;
}

/** Claims past the limit are dropped without a word. A scope that is dropped would be none, so a
 * file that fills the list is refused. */
static enum ub_code claim(struct ub_check *check, enum ub_claim_kind kind, const char *text)
{
    if (!text[0])
        return UB_OK;
    if (check->image->claim_count >= UB_IMAGE_CLAIMS_MAX)
        return ub_fail(check->err, UB_TRU_SCOPE,
                       "%s says %zu things of itself, which leaves no room for what its key is "
                       "trusted for",
                       check->name, check->image->claim_count);
    return ub_image_add_claim(check->image, kind, UB_SCOPE_SOURCE, 0, 0, text, check->err);
}

/** Is that one of the entries by which the signer speaks? Where it is the site's, the user's of the
 * same key do not widen it: the signature counts as one of the site's. */
static bool speaks_by(const struct ub_signer *signer, const struct ub_stored_key *entry)
{
    return ub_public_key_same(&entry->key, signer->key) && (entry->site || !signer->stored->site);
}

/** Does one of the key's entries leave this open? Then nothing follows from the others. */
static void open_ends(const struct ub_check *check, const struct ub_signer *signer, bool open[3])
{
    open[0] = open[1] = open[2] = false;
    for (size_t i = 0; i < check->stored.count; i++) {
        const struct ub_scope *scope = &check->stored.keys[i].record.scope;
        if (!speaks_by(signer, &check->stored.keys[i]))
            continue;
        open[0] = open[0] || !scope->vendor[0];
        open[1] = open[1] || !scope->model[0];
        open[2] = open[2] || !scope->market[0];
    }
}

/** Whoever signs for one vendor, model or market only makes an image for that one. */
static enum ub_code claim_scope(struct ub_check *check, const struct ub_signer *signer)
{
    bool open[3];
    enum ub_code code = UB_OK;
    if (!signer->stored || check->trust.manifest)
        return UB_OK;
    open_ends(check, signer, open);
    for (size_t i = 0; !code && i < check->stored.count; i++) {
        const struct ub_scope *scope = &check->stored.keys[i].record.scope;
        if (!speaks_by(signer, &check->stored.keys[i]))
            continue;
        code = open[0] ? UB_OK : claim(check, UB_CLAIM_VENDOR, scope->vendor);
        if (!code && !open[1])
            code = claim(check, UB_CLAIM_MODEL, scope->model);
        if (!code && !open[2])
            code = claim(check, UB_CLAIM_MARKET, scope->market);
    }
    return code;
}

/** What the image says of itself, held against the key's scope: what it does not say is not against
 * it. */
static bool contradicts(const char *scope, const struct ub_words *said)
{
    bool bad = scope[0] && said->count;
    for (size_t i = 0; i < said->count; i++)
        if (ub_same_word(scope, said->text[i]))
            bad = false;
    return bad;
}

/** The entry of the key that nothing in the image contradicts, the site's before the user's; or
 * NULL. */
static const struct ub_stored_key *fitting(const struct ub_check *check,
                                           const struct ub_public_key *key,
                                           const struct ub_words said[3])
{
    const struct ub_stored_key *found = NULL;
    for (size_t i = 0; i < check->stored.count; i++) {
        const struct ub_stored_key *entry = &check->stored.keys[i];
        const struct ub_scope *scope = &entry->record.scope;
        if (ub_public_key_same(&entry->key, key) && !contradicts(scope->vendor, &said[0]) &&
            !contradicts(scope->model, &said[1]) && !contradicts(scope->market, &said[2]) &&
            (!found || (entry->site && !found->site)))
            found = entry;
    }
    return found;
}

/** The signature is good; may its key speak for this? */
static enum ub_code accept_signer(struct ub_check *check, struct ub_signer *signer,
                                  const char *comment)
{
    static const enum ub_claim_kind kinds[] = {UB_CLAIM_VENDOR, UB_CLAIM_MODEL, UB_CLAIM_MARKET};
    struct ub_words said[3] = {{0}};
    enum ub_code code = UB_OK;
    for (size_t i = 0; !code && i < 3; i++)
        code = collect(check, kinds[i], &said[i]);
    if (!code) {
        const struct ub_stored_key *entry = fitting(check, signer->key, said);
        if (!entry && !signer->given)
            code = ub_fail(check->err, UB_TRU_SCOPE,
                           "%s is signed by %s, which is not trusted for the vendor, model or "
                           "market that the image names",
                           check->name, signer->stored->name);
        else
            signer->stored = entry;
    }
    if (!code)
        code = claim_scope(check, signer);
    if (!code)
        ub_check_signed(check, signer, comment);
    for (size_t i = 0; i < 3; i++)
        free(said[i].text);
    return code;
}

/** GnuPG's signatures often have the same name; those are not looked at. */
static bool is_ours(const uint8_t *bytes, size_t length)
{
    return length >= sizeof(COMMENT) - 1 && memcmp(bytes, COMMENT, sizeof(COMMENT) - 1) == 0;
}

static enum ub_code check_file(struct ub_check *check, const char *path, bool must)
{
    struct ub_signer signer;
    uint8_t *bytes = NULL;
    size_t length = 0;
    const bool asked = check->options->signature != NULL;
    enum ub_code code = ub_check_read(check, path, UB_SIGNATURE_FILE_MAX, UB_TRU_SIGNATURE, &bytes,
                                      &length);
    if (code || !bytes || (!must && !is_ours(bytes, length)))
        goto out;
    code = ub_signature_parse(ub_base_name(path), bytes, length, &check->signature, check->err);
    if (!code)
        code = ub_check_verify(check, check->name, NULL, 0, &signer);
    if (!code)
        code = signer.key ? accept_signer(check, &signer, check->signature.comment)
                          : ub_check_unknown(check, signer.id, asked);
out:
    if (!code && !bytes && asked)
        code = ub_fail(check->err, UB_TRU_NO_STATEMENT, "there is no signature %s", path);
    free(bytes);
    return code;
}

static enum ub_code check_beside(struct ub_check *check, const char *ending, bool must)
{
    char *path = ub_check_beside(check->image->path, ending);
    enum ub_code code = path ? check_file(check, path, must) : ub_fail_memory(check->err);
    free(path);
    return code;
}

enum ub_code ub_check_detached(struct ub_check *check)
{
    if (check->options->signature)
        return check_file(check, check->options->signature, true);
    enum ub_code code = check_beside(check, ".minisig", true);
    return code ? code : check_beside(check, ".sig", false);
}

static bool is_mcuboot(const struct ub_public_key *key)
{
    return key->kind == UB_KEY_MCUBOOT_ED25519 || key->kind == UB_KEY_MCUBOOT_P256;
}

/** What the image says of who signed it: the id of the key, or "". */
static void named_key(const struct ub_image *image, char id[UB_KEY_ID_TEXT])
{
    struct ub_mcuboot mcuboot;
    const char *why;
    id[0] = '\0';
    if (image->segment_count != 1 ||
        !ub_mcuboot_read(image->segments[0].data, image->segments[0].length, &mcuboot, &why))
        return;
    if (mcuboot.key_hash)
        ub_print_hex(id, mcuboot.key_hash, 32);
}

/** Does the file say where its firmware belongs? MCUboot signs the firmware alone. */
static bool is_placed(const struct ub_image *image)
{
    return !image->format || image->format->keeps_addresses ||
           image->segments[0].alt != UB_IMAGE_ALT_NONE;
}

/** Tries one key of MCUboot. `must` makes a signature that does not match an error. */
static enum ub_code try_key(struct ub_check *check, struct ub_signer *signer, bool must, bool *done)
{
    bool present = false;
    struct ub_error why = {0};
    enum ub_code code = ub_signature_verify_mcuboot(check->image, signer->key, &present, &why);
    if (code && must && check->err)
        *check->err = why;
    if (code)
        return must ? code : UB_OK;
    if (!present)
        return UB_OK;
    *done = true;
    ub_public_key_id(signer->key, signer->id);
    code = ub_check_key(check, signer->id);
    if (!code && is_placed(check->image))
        check->inside = true;
    else if (!code)
        code = accept_signer(check, signer, "");
    return code;
}

enum ub_code ub_check_mcuboot(struct ub_check *check)
{
    char named[UB_KEY_ID_TEXT];
    bool any = false;
    bool done = false;
    named_key(check->image, named);
    enum ub_code code = named[0] ? ub_check_key(check, named) : UB_OK;
    for (size_t i = 0; !code && !done && i < check->given_count; i++) {
        struct ub_signer signer = {.key = &check->given[i].key, .given = &check->given[i]};
        if (!is_mcuboot(signer.key))
            continue;
        any = true;
        code = try_key(check, &signer, named[0] || check->given_count == 1, &done);
    }
    for (size_t i = 0; !code && !done && i < check->stored.count; i++) {
        struct ub_signer signer = {.key = &check->stored.keys[i].key,
                                   .stored = &check->stored.keys[i]};
        if (!is_mcuboot(signer.key))
            continue;
        any = true;
        /* an image that names no key may be any vendor's */
        code = try_key(check, &signer, named[0] != '\0', &done);
    }
    if (!code && any && !done && named[0])
        code = ub_check_unknown(check, named, false);
    return code;
}
