/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "family/quirk_key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A value that a key takes and that is not what zeroed memory holds already. */
static void sample(const struct ub_quirk_change_key *key, char *to, size_t size)
{
    switch (key->kind) {
    case UB_QUIRK_FLAG:
        (void)snprintf(to, size, "true");
        break;
    case UB_QUIRK_NUMBER:
        (void)snprintf(to, size, "0x%llx", (unsigned long long)key->most);
        break;
    case UB_QUIRK_VERSION:
        (void)snprintf(to, size, "1.1a");
        break;
    case UB_QUIRK_MAP:
        (void)snprintf(to, size, "@Flash /0x0/1*1Kg");
        break;
    case UB_QUIRK_WORD:
        (void)snprintf(to, size, "%s", key->words[1]);
        break;
    }
}

/* Every key changes its own member, and the flag that goes with it; nothing else. */
static void each_key_changes_its_member(void **state)
{
    const struct ub_quirk_change_key *key;
    for (size_t i = 0; (key = ub_quirk_change_at(i)) != NULL; i++) {
        struct ub_quirk_effect effect = {0};
        struct ub_quirk_value value;
        char text[32];
        bool memory;
        sample(key, text, sizeof(text));
        assert_true(ub_quirk_value_read(key, text, &value, &memory));
        ub_quirk_value_apply(&value, &effect);
        uint8_t *bytes = (uint8_t *)&effect;
        bool changed = false;
        for (size_t at = 0; at < sizeof(effect); at++) {
            bool own = at >= key->offset && at < key->offset + key->width;
            bool flag = key->sets && at == key->flag;
            changed = changed || (own && bytes[at]);
            if (bytes[at] && !own && !flag)
                fail_msg("%s changes byte %zu", key->shown.name, at);
        }
        assert_true(changed);
        assert_true(!key->sets || bytes[key->flag] == 1);
        free(value.text);
    }
}

/* No two keys mean the same member; names are told apart. */
static void keys_are_unique(void **state)
{
    const struct ub_quirk_change_key *key;
    const struct ub_quirk_change_key *other;
    for (size_t i = 0; (key = ub_quirk_change_at(i)) != NULL; i++) {
        assert_ptr_equal(ub_quirk_change_named(key->shown.name), key);
        assert_false(key->shown.selects);
        assert_true(key->shown.text[0] && key->shown.value[0]);
        for (size_t j = i + 1; (other = ub_quirk_change_at(j)) != NULL; j++) {
            assert_string_not_equal(key->shown.name, other->shown.name);
            assert_true(key->offset + key->width <= other->offset ||
                        other->offset + other->width <= key->offset);
        }
    }
    assert_null(ub_quirk_change_named("vid"));
}

static void what_is_not_allowed(void **state)
{
    static const struct {
        const char *key;
        const char *text;
    } bad[] = {
        {"naks_while_busy", ""},
        {"naks_while_busy", "yes"},
        {"naks_while_busy", "1"},
        {"naks_while_busy", "True"},
        {"poll_fixed_ms", ""},
        {"poll_fixed_ms", "-1"},
        {"poll_fixed_ms", "120001"},
        {"poll_fixed_ms", "5 ms"},
        {"erase_deadline_ms", "0"},
        {"erased_value", "256"},
        {"program_unit", "4097"},
        {"bcdDFUVersion", "1.1ab"},
        {"bcdDFUVersion", "1."},
        {"bcdDFUVersion", ".1"},
        {"bcdDFUVersion", "0x10000"},
        {"bcdDFUVersion", "1.g"},
        {"bcdDFUVersion", "9"},
        {"bcdDFUVersion", "0x0200"},
        {"bcdDFUVersion", "1.2"},
        {"transfer_size_max", "4097"},
        {"leave_address", "0x100000000"},
        {"mode", "DFU"},
        {"mode", ""},
        {"prefix", "ti"},
        {"memory_map", "rubbish"},
        {"memory_map", "@Internal Flash"},
        {"memory_map", "@Internal Flash /0x08000000/04*016Xg"},
        {"memory_map", "@Internal Flash /0x08000000/04*016Kg,01*064K"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct ub_quirk_value value;
        bool memory = true;
        const struct ub_quirk_change_key *key = ub_quirk_change_named(bad[i].key);
        assert_non_null(key);
        if (ub_quirk_value_read(key, bad[i].text, &value, &memory) || memory)
            fail_msg("%s took \"%s\"", bad[i].key, bad[i].text);
        assert_null(value.text);
    }
    struct ub_quirk_value value;
    bool memory;
    char text[UB_QUIRK_TEXT_MAX + 2];
    const char map[] = "/0x08000000/04*016Kg";
    memset(text, '@', sizeof(text));
    memcpy(text + sizeof(text) - sizeof(map), map, sizeof(map));
    assert_true(
        ub_quirk_value_read(ub_quirk_change_named("memory_map"), text + 1, &value, &memory));
    free(value.text);
    assert_false(ub_quirk_value_read(ub_quirk_change_named("memory_map"), text, &value, &memory));
}

static void versions(void **state)
{
    static const struct {
        const char *text;
        uint16_t bcd;
    } cases[] = {{"1.0", 0x0100},  {"1.1", 0x0110},    {"1.10", 0x0110}, {"1.1a", 0x011a},
                 {"1.01", 0x0101}, {"0x0110", 0x0110}, {"0", 0}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ub_quirk_effect effect = {.habits = {.bcdDFUVersion = 0xeeee}};
        struct ub_quirk_value value;
        bool memory;
        assert_true(ub_quirk_value_read(ub_quirk_change_named("bcdDFUVersion"), cases[i].text,
                                        &value, &memory));
        ub_quirk_value_apply(&value, &effect);
        assert_int_equal(effect.habits.bcdDFUVersion, cases[i].bcd);
        free(value.text);
    }
}

static void take(struct ub_quirk_effect *effect, struct ub_quirk_value *value, const char *key,
                 const char *text)
{
    bool memory;
    assert_true(ub_quirk_value_read(ub_quirk_change_named(key), text, value, &memory));
    ub_quirk_value_apply(value, effect);
}

static void what_was_said_is_taken_back(void **state)
{
    struct ub_quirk_effect effect = {0};
    struct ub_quirk_value values[8];
    take(&effect, &values[0], "memory_map", "@Flash /0x0/1*1Kg");
    assert_string_equal(effect.habits.memory_map, "@Flash /0x0/1*1Kg");
    take(&effect, &values[1], "memory_map", "");
    assert_null(effect.habits.memory_map);
    take(&effect, &values[2], "leave_address", "0x080fffff");
    assert_true(effect.habits.has_leave_address && effect.habits.leave_address == 0x080fffff);
    take(&effect, &values[3], "has_leave_address", "false");
    assert_false(effect.habits.has_leave_address);
    take(&effect, &values[4], "mode", "none");
    assert_int_equal(effect.mode, UB_QUIRK_MODE_NONE);
    take(&effect, &values[5], "mode", "said");
    assert_int_equal(effect.mode, UB_QUIRK_MODE_SAID);
    take(&effect, &values[6], "program_unit", "4K");
    assert_int_equal(effect.habits.program_unit, 4096);
    take(&effect, &values[7], "prefix", "lpc");
    assert_int_equal(effect.prefix, UB_QUIRK_PREFIX_LPC);
    for (size_t i = 0; i < 8; i++)
        free(values[i].text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_key_changes_its_member), cmocka_unit_test(keys_are_unique),
        cmocka_unit_test(what_is_not_allowed),         cmocka_unit_test(versions),
        cmocka_unit_test(what_was_said_is_taken_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
