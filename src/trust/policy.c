/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _POSIX_C_SOURCE 200809L
#include "trust/policy.h"

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "trust/policy_room.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum ub_code ub_policy_open(struct ub_policy **out, struct ub_error *err)
{
    *out = calloc(1, sizeof(**out));
    return *out ? UB_OK : ub_fail_memory(err);
}

static void free_demand(struct ub_policy_demand *demand)
{
    for (size_t i = 0; i < demand->count; i++) {
        free(demand->rules[i].family);
        free(demand->rules[i].from);
    }
    free(demand->rules);
}

void ub_policy_close(struct ub_policy *policy)
{
    if (!policy)
        return;
    free_demand(&policy->signature);
    free_demand(&policy->manifest);
    free(policy->no_rollback);
    free(policy->no_expired);
    free(policy);
}

enum ub_code ub_policy_demand_add(struct ub_policy_demand *demand, const char *family,
                                  const char *from, struct ub_error *err)
{
    struct ub_policy_rule rule = {.from = strdup(from)};
    struct ub_policy_rule *rules = realloc(demand->rules, (demand->count + 1) * sizeof(*rules));
    if (rules)
        demand->rules = rules;
    if (family)
        rule.family = strdup(family);
    if (!rules || !rule.from || (family && !rule.family)) {
        free(rule.from);
        free(rule.family);
        return ub_fail_memory(err);
    }
    rules[demand->count++] = rule;
    return UB_OK;
}

enum ub_code ub_policy_add_file(struct ub_policy *policy, const char *path, bool must,
                                ub_policy_family *is_family, struct ub_error *err)
{
    uint8_t *text = NULL;
    size_t length = 0;
    struct ub_error why = {0};
    /* Only one that is surely not there is left out; one that may not be looked at is an error. */
    if (!must && access(path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR))
        return UB_OK;
    enum ub_code code = ub_file_read(path, UB_POLICY_FILE_MAX, &text, &length, &why);
    if (code == UB_SYS_MEMORY)
        return ub_fail_memory(err);
    if (code)
        return ub_fail(err, UB_TRU_POLICY, "%s", why.message);
    code = ub_policy_add_text(policy, path, text, length, is_family, err);
    free(text);
    return code;
}

/** The first rule that is for that family, or NULL. */
static const struct ub_policy_rule *find(const struct ub_policy_demand *demand, const char *family,
                                         ub_policy_covers *covers)
{
    for (size_t i = 0; i < demand->count; i++)
        if (!demand->rules[i].family || covers(demand->rules[i].family, family))
            return &demand->rules[i];
    return NULL;
}

bool ub_policy_keeps_memory(const struct ub_policy *policy)
{
    return policy->no_rollback || policy->keys == UB_POLICY_KEYS_SITE;
}

static bool key_counts(const struct ub_policy *policy, const struct ub_trust *trust)
{
    if (trust->level != UB_TRUST_SIGNED)
        return false;
    switch (policy->keys) {
    case UB_POLICY_KEYS_ANY:
        return true;
    case UB_POLICY_KEYS_STORED:
        return trust->origin == UB_KEY_USER || trust->origin == UB_KEY_SITE;
    case UB_POLICY_KEYS_SITE:
        return trust->origin == UB_KEY_SITE;
    }
    return false;
}

static enum ub_code fail_unsigned(const struct ub_policy *policy, const struct ub_policy_rule *rule,
                                  const char *family, const struct ub_trust *trust,
                                  struct ub_error *err)
{
    if (trust->level == UB_TRUST_SIGNED)
        return ub_fail(
            err, UB_TRU_UNKNOWN_KEY,
            "%s takes only images signed by a key %s for %s, and %s is not one", rule->from,
            policy->keys == UB_POLICY_KEYS_SITE ? "of the site" : "in a store", family, trust->by);
    if (trust->unknown_key)
        return ub_fail(err, UB_TRU_UNKNOWN_KEY,
                       "%s takes only signed images for %s, and the key %s is not trusted",
                       rule->from, family, trust->key_id);
    return ub_fail(err, UB_TRU_REQUIRED, "%s takes only signed images for %s, and %s", rule->from,
                   family,
                   trust->inside_only ? "MCUboot's signature in this one is not of its address"
                   : trust->level == UB_TRUST_NONE ? "nobody signed this one"
                                                   : "a digest is no signature");
}

enum ub_code ub_policy_check(const struct ub_policy *policy, const char *family,
                             ub_policy_covers *covers, const struct ub_trust *trust,
                             struct ub_error *err)
{
    const struct ub_policy_rule *manifest = find(&policy->manifest, family, covers);
    const struct ub_policy_rule *signature = manifest ? manifest
                                                      : find(&policy->signature, family, covers);
    if (signature && !key_counts(policy, trust))
        return fail_unsigned(policy, signature, family, trust, err);
    if (manifest && !trust->manifest)
        return ub_fail(err, UB_TRU_REQUIRED,
                       "%s takes only images with a signed manifest for %s, and this one has none",
                       manifest->from, family);
    if (trust->expired && policy->no_expired)
        return ub_fail(
            err, UB_TRU_EXPIRED,
            "the manifest's time is over or has not begun, and %s lets nobody accept that",
            policy->no_expired);
    if (trust->rolled_back && policy->no_rollback)
        return ub_fail(err, UB_TRU_ROLLBACK,
                       "version %s is older than one seen before, and %s lets nobody accept that",
                       trust->version, policy->no_rollback);
    return UB_OK;
}
