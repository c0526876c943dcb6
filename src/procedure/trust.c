/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The keys and the policy of a context. */
#include "procedure/trust.h"

#include "base/error.h"
#include "base/text.h"
#include "trust/check.h"
#include "trust/place.h"
#include "trust/policy.h"
#include "trust/seen.h"
#include "trust/store.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define POLICY_NAME "unbrick.yaml"
#define REAL_BUS    "libusb"

static bool is_family(const char *word)
{
    const struct ub_family *family = ub_family_named(word);
    return family && ub_same_word(family->word, word);
}

static bool covers(const char *rule, const char *word)
{
    const struct ub_family *family = ub_family_named(word);
    return family && ub_family_relation(family, rule) >= UB_FAMILY_MAYBE;
}

static enum ub_code load_policy(struct ub_context *context, const struct ub_config *config,
                                struct ub_error *err)
{
    char *site = NULL;
    char *user = NULL;
    enum ub_code code = ub_policy_open(&context->policy, err);
    if (!code)
        code = ub_place_site(POLICY_NAME, &site, err);
    if (!code)
        code = ub_policy_add_file(context->policy, site, false, is_family, err);
    if (!code && !config->policy)
        code = ub_place_user(POLICY_NAME, &user, err);
    if (!code && config->policy)
        code = ub_policy_add_file(context->policy, config->policy, true, is_family, err);
    else if (!code && user)
        code = ub_policy_add_file(context->policy, user, false, is_family, err);
    free(site);
    free(user);
    return code;
}

/** Which memory of versions counts: that of real devices also where no device is looked for; a
 * replay is of no device. */
static const char *bus_of(const struct ub_context *context, const struct ub_config *config)
{
    if (config->no_bus)
        return REAL_BUS;
    return context->replay ? NULL : context->transport.ops->name;
}

enum ub_code ub_trust_open(struct ub_context *context, const struct ub_config *config,
                           struct ub_error *err)
{
    context->bus = bus_of(context, config);
    if (sodium_init() < 0)
        return ub_fail(err, UB_SYS_INTERNAL, "the cryptographic library cannot be started");
    enum ub_code code = ub_store_open(config->keys, &context->keys, err);
    if (!code)
        code = load_policy(context, config, err);
    if (!code && ub_policy_keeps_memory(context->policy))
        code = ub_store_keep_memory(context->keys, err);
    return code;
}

void ub_trust_close(struct ub_context *context)
{
    ub_store_close(context->keys);
    ub_policy_close(context->policy);
}

/** The time of day: what others wrote into their files lives by no other. */
static int64_t now_of_day(void)
{
    return (int64_t)time(NULL);
}

enum ub_code ub_trust_image(struct ub_context *context, struct ub_image *image,
                            const struct ub_trust_options *options, struct ub_error *err)
{
    static const struct ub_trust_options nothing;
    const struct ub_trust_room room = {
        .store = context->keys, .bus = context->bus, .now = now_of_day()};
    ub_error_clear(err);
    enum ub_code code = ub_trust_check(&room, image, options ? options : &nothing, err);
    if (!code && image->trust.not_kept)
        ub_env_warn(&context->env,
                    "the key is not kept: the time of the manifest that says for what it is over, "
                    "or has not begun");
    return code;
}

static void describe(const struct ub_stored *stored, const struct ub_stored_key *key,
                     struct ub_key *out)
{
    const struct ub_revocation *revocation = ub_revoked_key(&stored->revoked, key->record.id);
    *out = (struct ub_key){
        .site = key->site, .first_use = key->record.first_use, .revoked = revocation != NULL};
    (void)ub_print(out->name, sizeof(out->name), "%s", key->name);
    (void)ub_print(out->id, sizeof(out->id), "%s", key->record.id);
    (void)ub_print(out->kind, sizeof(out->kind), "%s", ub_key_kind_name(key->key.kind));
    (void)ub_print(out->vendor, sizeof(out->vendor), "%s", key->record.scope.vendor);
    (void)ub_print(out->model, sizeof(out->model), "%s", key->record.scope.model);
    (void)ub_print(out->market, sizeof(out->market), "%s", key->record.scope.market);
    (void)ub_print(out->added, sizeof(out->added), "%s", key->record.added);
    if (revocation)
        (void)ub_print(out->reason, sizeof(out->reason), "%s", revocation->reason);
}

enum ub_code ub_keys(struct ub_context *context, struct ub_key **out, size_t *count,
                     struct ub_error *err)
{
    struct ub_stored stored;
    ub_error_clear(err);
    *out = NULL;
    *count = 0;
    enum ub_code code = ub_store_load(context->keys, &stored, err);
    if (!code) {
        *out = calloc(stored.count ? stored.count : 1, sizeof(**out));
        code = *out ? UB_OK : ub_fail_memory(err);
    }
    if (!code) {
        *count = stored.count;
        for (size_t i = 0; i < stored.count; i++)
            describe(&stored, &stored.keys[i], &(*out)[i]);
    }
    ub_stored_free(&stored);
    return code;
}

enum ub_code ub_key_add(struct ub_context *context, const char *path, const struct ub_key *scope,
                        struct ub_error *err)
{
    struct ub_new_key wanted = {.path = path, .name = scope ? scope->name : ""};
    ub_error_clear(err);
    if (scope) {
        (void)ub_print(wanted.scope.vendor, UB_STRING_TEXT, "%s", scope->vendor);
        (void)ub_print(wanted.scope.model, UB_STRING_TEXT, "%s", scope->model);
        (void)ub_print(wanted.scope.market, UB_STRING_TEXT, "%s", scope->market);
    }
    return ub_store_add(context->keys, &wanted, now_of_day(), err);
}

enum ub_code ub_key_remove(struct ub_context *context, const char *key, struct ub_error *err)
{
    ub_error_clear(err);
    return ub_store_remove(context->keys, key, err);
}

enum ub_code ub_key_revoke(struct ub_context *context, const char *what, const char *reason,
                           struct ub_error *err)
{
    ub_error_clear(err);
    return ub_store_revoke(context->keys, what, reason, now_of_day(), err);
}

enum ub_code ub_check_family_policy(const struct ub_context *context,
                                    const struct ub_family *family, const struct ub_image *image,
                                    struct ub_error *err)
{
    return ub_policy_check(context->policy, family->word, covers, &image->trust, err);
}

enum ub_code ub_check_policy(const struct ub_session *session, const struct ub_image *image,
                             struct ub_error *err)
{
    return ub_check_family_policy(session->context, session->target.family, image, err);
}

void ub_remember_version(struct ub_session *session, const struct ub_image *image)
{
    const struct ub_context *context = session->context;
    const char *const memories[] = {context->keys->user, context->keys->memory};
    struct ub_error why;
    for (size_t i = 0; context->bus && i < 2; i++)
        if (ub_seen_record(memories[i], image, context->bus, now_of_day(), &why))
            ub_env_warn(&session->context->env, "version %s cannot be remembered: %s",
                        image->trust.version, why.message);
}

void ub_print_trust(char *to, size_t size, const struct ub_trust *trust)
{
    const char *unknown = trust->unknown_key ? ", signed by a key you do not trust: " : "";
    const char *id = trust->unknown_key ? trust->key_id : "";
    switch (trust->level) {
    case UB_TRUST_SIGNED:
        (void)ub_print(to, size, "signed by %s", trust->by);
        break;
    case UB_TRUST_GIVEN:
        (void)ub_print(to, size, "digest as given%s%s", unknown, id);
        break;
    case UB_TRUST_DIGEST:
        (void)ub_print(to, size, "digest as in %s%s%s", trust->by, unknown, id);
        break;
    case UB_TRUST_NONE:
        (void)ub_print(to, size, "%s%s",
                       unknown[0]           ? unknown + 2
                       : trust->inside_only ? "signed only inside: nobody signed its address"
                                            : "not signed",
                       id);
        break;
    }
}
