/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The keys that make a device hostile. */
#include "sim/spec_value.h"

#include "base/text.h"

#include <string.h>

/* Splits "NAME@N" and reads N; false if there is no @, or no number from `least` to `most`. */
static bool take_at(const char *text, uint64_t least, uint64_t most, size_t *name_length,
                    uint64_t *number)
{
    const char *at = strchr(text, '@');
    if (!at)
        return false;
    *name_length = (size_t)(at - text);
    return ub_parse_digits(at + 1, strlen(at + 1), 10, most, number) && *number >= least;
}

static bool named(const char *name, const char *text, size_t length)
{
    return strlen(name) == length && memcmp(name, text, length) == 0;
}

/* The kinds that take a length, with what it may be. */
static const struct {
    const char *name;
    enum ub_sim_bent bent;
    uint16_t least;
    uint16_t most;
} lengths[] = {
    {"cut", UB_SIM_BENT_CUT, 1, UINT16_MAX},
    {"functional", UB_SIM_BENT_FUNCTIONAL, 0, UINT8_MAX},
    {"interface", UB_SIM_BENT_INTERFACE, 0, UINT8_MAX},
    {"total", UB_SIM_BENT_TOTAL, 0, UINT16_MAX},
};

static enum ub_code set_descriptor(struct ub_sim_spec *spec, const struct ub_sim_value *value)
{
    static const struct ub_sim_word words[] = {{"short", UB_SIM_BENT_SHORT},
                                               {"long", UB_SIM_BENT_LONG},
                                               {"zero", UB_SIM_BENT_ZERO},
                                               {"loop", UB_SIM_BENT_LOOP},
                                               {"garbage", UB_SIM_BENT_GARBAGE}};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (ub_same_word(value->text, words[i].name)) {
            spec->hostile.bent = (enum ub_sim_bent)words[i].value;
            return UB_OK;
        }
    }
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        uint64_t number = 0;
        size_t length = 0;
        if (take_at(value->text, lengths[i].least, lengths[i].most, &length, &number) &&
            named(lengths[i].name, value->text, length)) {
            spec->hostile.bent = lengths[i].bent;
            spec->hostile.bent_n = (uint16_t)number;
            return UB_OK;
        }
    }
    return ub_sim_value_bad(value, "one of short, long, zero, loop, garbage, cut@N, functional@N, "
                                   "interface@N, total@N");
}

static enum ub_code set_strings(struct ub_sim_spec *spec, const struct ub_sim_value *value)
{
    static const struct ub_sim_word words[] = {
        {"none", UB_SIM_STRINGS_NONE}, {"long", UB_SIM_STRINGS_LONG}, {"cut", UB_SIM_STRINGS_CUT}};
    uint8_t strings = 0;
    enum ub_code code = ub_sim_value_word(value, UB_SIM_WORDS(words), &strings);
    spec->hostile.strings = (enum ub_sim_strings)strings;
    return code;
}

/* "N", or "N@FROM". */
static enum ub_code take_bad_number(const struct ub_sim_value *value, struct ub_sim_bad_number *to)
{
    uint64_t number = 0;
    uint64_t from = 1;
    size_t length = strlen(value->text);
    bool good = true;
    if (strchr(value->text, '@'))
        good = take_at(value->text, 1, UINT32_MAX, &length, &from);
    good = good && ub_parse_digits(value->text, length, 10, UINT8_MAX, &number);
    if (!good)
        return ub_sim_value_bad(value, "N or N@ANSWER with N from 0 to 255 and ANSWER from 1 on");
    *to = (struct ub_sim_bad_number){
        .given = true, .value = (uint8_t)number, .from = (uint32_t)from};
    return UB_OK;
}

static enum ub_code set_badstate(struct ub_sim_spec *spec, const struct ub_sim_value *value)
{
    return take_bad_number(value, &spec->hostile.state);
}

static enum ub_code set_badstatus(struct ub_sim_spec *spec, const struct ub_sim_value *value)
{
    return take_bad_number(value, &spec->hostile.status);
}

static enum ub_code set_answer(struct ub_sim_spec *spec, const struct ub_sim_value *value)
{
    uint64_t at = 0;
    size_t length = 0;
    bool good = ub_same_word(value->text, "long") ||
                (take_at(value->text, 1, UINT32_MAX, &length, &at) &&
                 named("long", value->text, length));
    if (!good)
        return ub_sim_value_bad(value, "long or long@N with N from 1 on");
    spec->hostile.answers_long = true;
    spec->hostile.answers_at = (uint32_t)at;
    return UB_OK;
}

static enum ub_code set_upload(struct ub_sim_spec *spec, const struct ub_sim_value *value)
{
    uint64_t at = 0;
    size_t length = 0;
    if (!take_at(value->text, 1, UINT32_MAX, &length, &at) || !named("lie", value->text, length))
        return ub_sim_value_bad(value, "lie@N with N from 1 on");
    spec->hostile.lies_at = (uint32_t)at;
    return UB_OK;
}

static enum ub_code set_flood(struct ub_sim_spec *spec, const struct ub_sim_value *value)
{
    return ub_sim_value_u32(value, 1, UINT32_MAX, &spec->hostile.reenumerates);
}

static enum ub_code set_endless(struct ub_sim_spec *spec, const struct ub_sim_value *value)
{
    (void)value;
    spec->dfu.endless = true;
    return UB_OK;
}

const struct ub_sim_key ub_sim_keys_hostile[] = {
    {"descriptor", true, set_descriptor}, {"strings", true, set_strings},
    {"badstate", true, set_badstate},     {"badstatus", true, set_badstatus},
    {"answer", true, set_answer},         {"upload", true, set_upload},
    {"endless", false, set_endless},      {"flood", true, set_flood},
};
const size_t ub_sim_keys_hostile_count = sizeof(ub_sim_keys_hostile) /
                                         sizeof(ub_sim_keys_hostile[0]);
