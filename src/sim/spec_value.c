/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _POSIX_C_SOURCE 200809L
#include "sim/spec_value.h"

#include "base/error.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum ub_code ub_sim_value_bad(const struct ub_sim_value *value, const char *allowed)
{
    return ub_fail(value->err, UB_SIM_SPEC, "%s=%s is not allowed: %s is %s", value->key,
                   value->text, value->key, allowed);
}

enum ub_code ub_sim_value_number(const struct ub_sim_value *value, uint64_t least, uint64_t most,
                                 uint64_t *to)
{
    if (ub_parse_number(value->text, most, to) && *to >= least)
        return UB_OK;
    char allowed[64];
    (void)ub_print(allowed, sizeof(allowed), "a number from %llu to %llu",
                   (unsigned long long)least, (unsigned long long)most);
    return ub_sim_value_bad(value, allowed);
}

enum ub_code ub_sim_value_u32(const struct ub_sim_value *value, uint64_t least, uint64_t most,
                              uint32_t *to)
{
    uint64_t number = 0;
    enum ub_code code = ub_sim_value_number(value, least, most, &number);
    if (!code)
        *to = (uint32_t)number;
    return code;
}

enum ub_code ub_sim_value_word(const struct ub_sim_value *value, const struct ub_sim_word *words,
                               size_t count, uint8_t *to)
{
    char allowed[160] = "";
    for (size_t i = 0; i < count; i++) {
        if (ub_same_word(value->text, words[i].name)) {
            *to = words[i].value;
            return UB_OK;
        }
        (void)ub_append(allowed, sizeof(allowed), "%s%s", i ? ", " : "one of ", words[i].name);
    }
    return ub_sim_value_bad(value, allowed);
}

enum ub_code ub_sim_value_copy(const struct ub_sim_value *value, char **to)
{
    if (!value->text[0])
        return ub_sim_value_bad(value, "a text");
    free(*to);
    *to = strdup(value->text);
    return *to ? UB_OK : ub_fail_memory(value->err);
}

const struct ub_sim_key *ub_sim_key_at(size_t index)
{
    if (index < ub_sim_keys_common_count)
        return &ub_sim_keys_common[index];
    index -= ub_sim_keys_common_count;
    return index < ub_sim_keys_hostile_count ? &ub_sim_keys_hostile[index] : NULL;
}
