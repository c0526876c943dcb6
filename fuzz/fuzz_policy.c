/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A configuration file: what is taken can only make a policy stricter, and in any order the same.
 */
#include "base/text.h"
#include "trust/policy.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_MAX ((size_t)16384)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const families[] = {"dfu", "stm32f405", "gd32vf103"};

static bool is_family(const char *word)
{
    for (size_t i = 0; i < 3; i++)
        if (strcmp(families[i], word) == 0)
            return true;
    return false;
}

static enum ub_code add(struct ub_policy *policy, const uint8_t *data, size_t size)
{
    struct ub_error err = {0};
    const enum ub_code code = ub_policy_add_text(policy, "f", data, size, is_family, &err);
    if (code && ((code != UB_TRU_POLICY && code != UB_SYS_MEMORY) || !err.message[0]))
        abort();
    return code;
}

/** A policy of up to three texts; NULL if one was not taken. */
static struct ub_policy *policy_of(const uint8_t *data, size_t size, const char *before,
                                   const char *after)
{
    struct ub_policy *policy = NULL;
    if (ub_policy_open(&policy, NULL) != UB_OK)
        return NULL;
    if ((before && add(policy, (const uint8_t *)before, strlen(before))) ||
        add(policy, data, size) || (after && add(policy, (const uint8_t *)after, strlen(after)))) {
        ub_policy_close(policy);
        return NULL;
    }
    return policy;
}

/** All kinds of trust that a policy tells apart. */
static struct ub_trust trust_of(unsigned number)
{
    struct ub_trust trust = {0};
    trust.level = (enum ub_trust_level)(number % 4);
    if (trust.level == UB_TRUST_SIGNED) {
        trust.origin = (enum ub_key_origin)(1 + number / 4 % 3);
        trust.manifest = number / 12 % 2;
    }
    trust.expired = number / 24 % 2;
    trust.rolled_back = number / 48 % 2;
    return trust;
}

/** What covers what does not matter here, only that it is asked. */
static bool covers(const char *rule, const char *family)
{
    return ub_same_word(rule, family) || ub_same_word(rule, families[1]);
}

#define TRUSTS 96u

static void compare(const struct ub_policy *alone, const struct ub_policy *first,
                    const struct ub_policy *last)
{
    for (unsigned n = 0; n < TRUSTS; n++)
        for (size_t i = 0; i < 3; i++) {
            const struct ub_trust trust = trust_of(n);
            const enum ub_code code = ub_policy_check(alone, families[i], covers, &trust, NULL);
            const enum ub_code with = ub_policy_check(first, families[i], covers, &trust, NULL);
            /* more demands never let more through, and their order does not matter */
            if ((code && !with) ||
                !with != !ub_policy_check(last, families[i], covers, &trust, NULL))
                abort();
            if (!with && (trust.level != UB_TRUST_SIGNED || trust.rolled_back))
                abort();
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char strict[] = "require_signature: all\nallow_rollback: never\n";
    if (size > TEXT_MAX)
        return 0;
    struct ub_policy *alone = policy_of(data, size, NULL, NULL);
    struct ub_policy *first = alone ? policy_of(data, size, NULL, strict) : NULL;
    struct ub_policy *last = alone ? policy_of(data, size, strict, NULL) : NULL;
    if (first && last)
        compare(alone, first, last);
    ub_policy_close(alone);
    ub_policy_close(first);
    ub_policy_close(last);
    return 0;
}
