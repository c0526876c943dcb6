/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file policy_room.h
 * What a policy is made of: for policy.c and policy_yaml.c only.
 */
#ifndef UB_TRUST_POLICY_ROOM_H
#define UB_TRUST_POLICY_ROOM_H

#include "trust/policy.h"

/** Something is demanded of the images for one family. Strings are owned. */
struct ub_policy_rule {
    char *family; /**< its word; NULL: all */
    char *from;   /**< the file that demands it */
};

/** For which families something is demanded. */
struct ub_policy_demand {
    struct ub_policy_rule *rules;
    size_t count;
};

/** Which keys' signatures meet a demand; later ones are stricter. */
enum ub_policy_keys {
    UB_POLICY_KEYS_ANY,    /**< those given for this once too */
    UB_POLICY_KEYS_STORED, /**< those of a store */
    UB_POLICY_KEYS_SITE,   /**< those of the site's store */
};

struct ub_policy {
    struct ub_policy_demand signature;
    struct ub_policy_demand manifest;
    enum ub_policy_keys keys;
    /* the file that says never; NULL: what is named may be. Owned. */
    char *no_rollback;
    char *no_expired;
};

/** Adds a demand; `family` NULL means all. Errors: UB_SYS_MEMORY. */
enum ub_code ub_policy_demand_add(struct ub_policy_demand *demand, const char *family,
                                  const char *from, struct ub_error *err);

#endif
