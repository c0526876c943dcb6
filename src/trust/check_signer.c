/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which key made a signature, and may it speak for the image? */
#include "base/error.h"
#include "base/text.h"
#include "trust/check_room.h"

#include <string.h>

enum ub_code ub_check_key(struct ub_check *check, const char *id)
{
    const struct ub_revocation *revocation = ub_revoked_key(&check->stored.revoked, id);
    if (!revocation)
        return UB_OK;
    return ub_fail(check->err, UB_TRU_REVOKED,
                   "%s is signed by the key %s, which was revoked on %.10s%s%s", check->name, id,
                   revocation->date, revocation->reason[0] ? ": " : "", revocation->reason);
}

/** Does the signature claim to be that key's, whether or not it is of a kind that the key checks?
 */
static bool has_its_id(const struct ub_signature *signature, const struct ub_public_key *key)
{
    return (key->kind == UB_KEY_MINISIGN || key->kind == UB_KEY_SIGNIFY) &&
           memcmp(signature->key_id, key->id, sizeof(key->id)) == 0;
}

/** What was signed. */
struct content {
    const char *name;
    const uint8_t *bytes;
    size_t length;
};

/** Tries one key. *failed is set if the signature claims to be by it, and is not. */
static bool is_by(struct ub_check *check, const struct ub_public_key *key,
                  const struct content *content, enum ub_code *failed)
{
    struct ub_error why = {0};
    if (!has_its_id(&check->signature, key))
        return false;
    enum ub_code code = ub_signature_verify(&check->signature, key, content->name, content->bytes,
                                            content->length, &why);
    if (code && !*failed) {
        *failed = code;
        if (check->err)
            *check->err = why;
    }
    return !code;
}

/** Is there a key at all that could have made it? */
static bool may_be_known(const struct ub_check *check)
{
    for (size_t i = 0; i < check->given_count; i++)
        if (has_its_id(&check->signature, &check->given[i].key))
            return true;
    for (size_t i = 0; i < check->stored.count; i++)
        if (has_its_id(&check->signature, &check->stored.keys[i].key))
            return true;
    return false;
}

enum ub_code ub_check_verify(struct ub_check *check, const char *name, const uint8_t *bytes,
                             size_t length, struct ub_signer *signer)
{
    struct content content = {name, bytes, length};
    enum ub_code failed = UB_OK;
    *signer = (struct ub_signer){0};
    ub_signature_key_id(&check->signature, signer->id);
    enum ub_code code = ub_check_key(check, signer->id);
    if (code || !may_be_known(check))
        return code;
    if (!bytes) {
        code = ub_check_load(check);
        content = (struct content){name, check->bytes, check->length};
    }
    if (code)
        return code;
    for (size_t i = 0; i < check->given_count && !signer->key; i++)
        if (is_by(check, &check->given[i].key, &content, &failed)) {
            signer->given = &check->given[i];
            signer->key = &check->given[i].key;
        }
    for (size_t i = 0; i < check->stored.count && !signer->key; i++)
        if (is_by(check, &check->stored.keys[i].key, &content, &failed)) {
            signer->stored = &check->stored.keys[i];
            signer->key = &check->stored.keys[i].key;
        }
    if (!signer->key)
        return failed;
    ub_error_clear(check->err);
    return UB_OK;
}

/** An empty scope is any. */
static bool is_within(const char *scope, const char *word)
{
    return !scope[0] || (word && ub_same_word(scope, word));
}

/** The stored entry of the signer's key that speaks for that vendor, model and market, the site's
 * before the user's; or NULL. */
static const struct ub_stored_key *speaks_for(const struct ub_check *check,
                                              const struct ub_signer *signer, const char *vendor,
                                              const char *model, const char *market)
{
    const struct ub_stored_key *found = NULL;
    for (size_t i = 0; i < check->stored.count; i++) {
        const struct ub_stored_key *entry = &check->stored.keys[i];
        const struct ub_scope *scope = &entry->record.scope;
        if (ub_public_key_same(&entry->key, signer->key) && is_within(scope->vendor, vendor) &&
            is_within(scope->model, model) && is_within(scope->market, market) &&
            (!found || (entry->site && !found->site)))
            found = entry;
    }
    return found;
}

static const char *word_at(const struct ub_words *words, size_t index)
{
    return index < words->count ? words->text[index] : NULL;
}

/** Each model in each market has to be one that the key speaks for. What is not said is within no
 * scope but "any". The entry that is told of is a user's if one was needed: what the site vouches
 * for in part, it does not vouch for. */
static const struct ub_stored_key *covers(const struct ub_check *check,
                                          const struct ub_signer *signer,
                                          const struct ub_subject *subject)
{
    const size_t models = subject->models->count ? subject->models->count : 1;
    const size_t markets = subject->markets->count ? subject->markets->count : 1;
    const struct ub_stored_key *weakest = NULL;
    for (size_t i = 0; i < models; i++)
        for (size_t j = 0; j < markets; j++) {
            const struct ub_stored_key *entry = speaks_for(check, signer, subject->vendor,
                                                           word_at(subject->models, i),
                                                           word_at(subject->markets, j));
            if (!entry)
                return NULL;
            if (!weakest || (weakest->site && !entry->site))
                weakest = entry;
        }
    return weakest;
}

enum ub_code ub_check_scope(struct ub_check *check, struct ub_signer *signer,
                            const struct ub_subject *subject)
{
    const struct ub_stored_key *entry = covers(check, signer, subject);
    if (entry) {
        signer->stored = entry;
        return UB_OK;
    }
    if (signer->given)
        return UB_OK;
    const char *model = word_at(subject->models, 0);
    const char *market = word_at(subject->markets, 0);
    return ub_fail(
        check->err, UB_TRU_SCOPE,
        "%s is signed by %s, which is not trusted for vendor %s, model %s%s, market %s%s",
        check->name, signer->stored->name, subject->vendor ? subject->vendor : "(any)",
        model ? model : "(any)", subject->models->count > 1 ? " and others" : "",
        market ? market : "(any)", subject->markets->count > 1 ? " and others" : "");
}

enum ub_code ub_check_unknown(struct ub_check *check, const char *id, bool asked)
{
    if (!check->unknown)
        (void)ub_print(check->unknown_id, sizeof(check->unknown_id), "%s", id);
    check->unknown = true;
    if (!asked)
        return UB_OK;
    return ub_fail(check->err, UB_TRU_UNKNOWN_KEY,
                   "%s is signed by the key %s, which is neither in the store nor given",
                   check->name, id);
}

void ub_check_signed(struct ub_check *check, const struct ub_signer *signer, const char *comment)
{
    struct ub_trust *trust = &check->trust;
    if (trust->level == UB_TRUST_SIGNED)
        return;
    trust->level = UB_TRUST_SIGNED;
    ub_public_key_id(signer->key, trust->key_id);
    ub_print_stranger(trust->comment, sizeof(trust->comment), comment, strlen(comment));
    const char *name = signer->stored ? signer->stored->name : ub_base_name(signer->given->path);
    ub_print_stranger(trust->by, sizeof(trust->by), name, strlen(name));
    trust->origin = !signer->stored        ? UB_KEY_GIVEN
                    : signer->stored->site ? UB_KEY_SITE
                                           : UB_KEY_USER;
}
