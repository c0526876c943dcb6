/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The manifest of an image, and the key that is kept because of it. */
#include "base/error.h"
#include "base/text.h"
#include "trust/check_room.h"
#include "trust/seen.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define SIGNATURE_ENDING ".minisig"

/** A signed manifest without its signature says nothing, and somebody took the signature away. */
static enum ub_code read_signature(struct ub_check *check, const char *path)
{
    uint8_t *bytes = NULL;
    size_t length = 0;
    char *beside = ub_check_beside(path, SIGNATURE_ENDING);
    if (!beside)
        return ub_fail_memory(check->err);
    enum ub_code code = ub_check_read(check, beside, UB_SIGNATURE_FILE_MAX, UB_TRU_SIGNATURE,
                                      &bytes, &length);
    if (!code && !bytes)
        code = ub_fail(check->err, UB_TRU_MANIFEST, "%s is not signed: there is no %s",
                       ub_base_name(path), ub_base_name(beside));
    if (!code)
        code = ub_signature_parse(beside, bytes, length, &check->signature, check->err);
    if (!code && check->signature.kind != UB_KEY_MINISIGN)
        code = ub_fail(check->err, UB_TRU_SIGNATURE, "%s: manifests are signed with minisign",
                       ub_base_name(beside));
    free(bytes);
    free(beside);
    return code;
}

static enum ub_code check_revoked(struct ub_check *check, const char *path, const uint8_t *bytes,
                                  size_t length)
{
    uint8_t sha256[crypto_hash_sha256_BYTES];
    (void)crypto_hash_sha256(sha256, bytes, length);
    const struct ub_revocation *revocation = ub_revoked_file(&check->stored.revoked, sha256);
    if (!revocation)
        return UB_OK;
    return ub_fail(check->err, UB_TRU_REVOKED, "%s was revoked on %.10s%s%s", ub_base_name(path),
                   revocation->date, revocation->reason[0] ? ": " : "", revocation->reason);
}

/** What a good manifest says of time and version. */
static enum ub_code note(struct ub_check *check)
{
    const struct ub_store *store = check->room->store;
    const char *const memories[] = {store->user, store->memory};
    struct ub_trust *trust = &check->trust;
    enum ub_code code = UB_OK;
    trust->manifest = true;
    (void)ub_print(trust->version, sizeof(trust->version), "%s", check->manifest->version);
    trust->expired = ub_manifest_is_expired(check->manifest, check->room->now);
    for (size_t i = 0; !code && check->room->bus && i < 2; i++) {
        char newest[UB_STRING_TEXT];
        code = ub_seen_check(memories[i], check->image, trust->version, trust->key_id,
                             check->room->bus, newest, check->err);
        trust->rolled_back = trust->rolled_back || newest[0] != '\0';
    }
    return code;
}

/** The manifest is by `signer`, which is trusted. */
static enum ub_code take(struct ub_check *check, const char *path, const uint8_t *bytes,
                         size_t length, struct ub_signer *signer)
{
    struct ub_manifest_file *manifest = NULL;
    enum ub_code code = ub_manifest_parse(ub_base_name(path), bytes, length, &manifest, check->err);
    if (code)
        return code;
    check->manifest = manifest;
    const struct ub_subject subject = {manifest->vendor, &manifest->models, &manifest->markets};
    code = ub_check_scope(check, signer, &subject);
    if (!code)
        code = ub_manifest_apply(manifest, check->image, check->err);
    if (code)
        return code;
    ub_check_signed(check, signer, check->signature.comment);
    return note(check);
}

static enum ub_code check_file(struct ub_check *check, const char *path, const uint8_t *bytes,
                               size_t length)
{
    struct ub_signer signer;
    enum ub_code code = check_revoked(check, path, bytes, length);
    if (!code)
        code = read_signature(check, path);
    if (!code)
        code = ub_check_verify(check, ub_base_name(path), bytes, length, &signer);
    if (code)
        return code;
    if (!signer.key)
        return ub_check_unknown(check, signer.id, check->options->manifest != NULL);
    return take(check, path, bytes, length, &signer);
}

enum ub_code ub_check_manifest(struct ub_check *check)
{
    uint8_t *bytes = NULL;
    size_t length = 0;
    const char *named = check->options->manifest;
    char *path = ub_check_beside(named ? named : check->image->path,
                                 named ? "" : UB_MANIFEST_ENDING);
    if (!path)
        return ub_fail_memory(check->err);
    enum ub_code code = ub_check_read(check, path, UB_MANIFEST_FILE_MAX, UB_TRU_MANIFEST, &bytes,
                                      &length);
    if (!code && bytes)
        code = check_file(check, path, bytes, length);
    else if (!code && named)
        code = ub_fail(check->err, UB_TRU_NO_STATEMENT, "there is no manifest %s", named);
    free(bytes);
    free(path);
    return code;
}

/** Another key that the store trusts for that vendor and model, be it because it is trusted for all
 * vendors: then this is not the first use of one. */
static const struct ub_stored_key *other_key(const struct ub_check *check, const char *model)
{
    for (size_t i = 0; i < check->stored.count; i++) {
        const struct ub_scope *scope = &check->stored.keys[i].record.scope;
        if ((!scope->vendor[0] || ub_same_word(scope->vendor, check->manifest->vendor)) &&
            (!scope->model[0] || !model || ub_same_word(scope->model, model)))
            return &check->stored.keys[i];
    }
    return NULL;
}

static bool is_stored(const struct ub_check *check, const struct ub_public_key *key)
{
    for (size_t i = 0; i < check->stored.count; i++)
        if (ub_public_key_same(&check->stored.keys[i].key, key))
            return true;
    return false;
}

static const char *model_at(const struct ub_check *check, size_t index)
{
    const struct ub_words *models = &check->manifest->models;
    return index < models->count ? models->text[index] : NULL;
}

/** Is it the first use for that model? */
static enum ub_code check_first(struct ub_check *check, size_t index)
{
    const char *model = model_at(check, index);
    const struct ub_stored_key *other = other_key(check, model);
    if (!other)
        return UB_OK;
    return ub_fail(check->err, UB_TRU_UNKNOWN_KEY,
                   "this is not the first use: for vendor %s%s%s the key %s is trusted, and "
                   "%s is signed by another one",
                   check->manifest->vendor, model ? ", model " : "", model ? model : "",
                   other->name, check->name);
}

/** Keeps the key for one model, or for the vendor where the manifest names none. */
static enum ub_code keep(struct ub_check *check, size_t index)
{
    const char *model = model_at(check, index);
    struct ub_new_key wanted = {.path = check->given[0].path, .name = "", .first_use = true};
    char name[UB_STORE_NAME_MAX + 1];
    (void)ub_print(wanted.scope.vendor, UB_STRING_TEXT, "%s", check->manifest->vendor);
    if (model)
        (void)ub_print(wanted.scope.model, UB_STRING_TEXT, "%s", model);
    if (index > 0) { /* one name speaks for one model */
        (void)ub_print(name, sizeof(name), "%.16s-%zu", check->trust.key_id, index + 1);
        wanted.name = name;
    }
    return ub_store_add(check->room->store, &wanted, check->room->now, check->err);
}

/** Keeps the key for all models or for none: first all are looked at, then it is added. */
static enum ub_code keep_all(struct ub_check *check)
{
    const size_t models = check->manifest->models.count ? check->manifest->models.count : 1;
    struct ub_error ignored;
    enum ub_code code = UB_OK;
    size_t kept = 0;
    for (size_t i = 0; !code && i < models; i++)
        code = check_first(check, i);
    while (!code && kept < models) {
        code = keep(check, kept);
        kept += !code;
    }
    if (code && kept > 0) /* nothing of that key was there before */
        (void)ub_store_remove(check->room->store, check->given[0].id, &ignored);
    return code;
}

enum ub_code ub_check_first_use(struct ub_check *check)
{
    const struct ub_trust *trust = &check->trust;
    if (!check->options->first_use)
        return UB_OK;
    if (check->given_count != 1)
        return ub_fail(check->err, UB_USE_CONFLICT,
                       "one key is kept on first use, and %zu are given", check->given_count);
    if (is_stored(check, &check->given[0].key))
        return UB_OK;
    if (!trust->manifest || strcmp(trust->key_id, check->given[0].id) != 0)
        return ub_fail(
            check->err, UB_TRU_NO_STATEMENT,
            "only a manifest says for which vendor and model a key is to be kept, and %s "
            "has none by that key",
            check->name);
    if (trust->expired) {
        check->trust.not_kept = true;
        return UB_OK;
    }
    enum ub_code code = keep_all(check);
    check->trust.first_use = !code;
    return code;
}
