/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parser of quirks, whose text may come from anybody, and the table that is built in. */
#define _POSIX_C_SOURCE 200809L /* mkstemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "family/quirks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct ub_error err;

static struct ub_quirks *empty(void)
{
    struct ub_quirks *quirks = NULL;
    assert_int_equal(ub_quirks_open_empty(&quirks, &err), UB_OK);
    return quirks;
}

static enum ub_code add(struct ub_quirks *quirks, const char *text)
{
    memset(&err, 0, sizeof(err));
    return ub_quirks_add_text(quirks, "own.yaml", true, (const uint8_t *)text, strlen(text), &err);
}

/* What quirks make of the habits of a device that is all zeros but for its ids. */
static struct ub_quirk_effect effect_on(const struct ub_quirks *quirks, uint16_t vid, uint16_t pid)
{
    const struct ub_usb_info info = {.vid = vid, .pid = pid};
    struct ub_quirk_effect effect;
    ub_quirks_look(quirks, &info, &effect);
    return effect;
}

#define ENTRY(name, behaviour)                                                                     \
    "- name: " name "\n  defect: d\n  select: {id: \"1209:0001\"}\n  behaviour: {" behaviour "}\n"

static void later_ones_win(void **state)
{
    struct ub_quirks *quirks = empty();
    assert_int_equal(add(quirks, "quirks:\n" ENTRY("a", "poll_fixed_ms: 5, no_upload: true")
                                     ENTRY("b", "poll_fixed_ms: 7")),
                     UB_OK);
    struct ub_quirk_effect effect = effect_on(quirks, 0x1209, 1);
    assert_true(effect.habits.poll_fixed && effect.habits.no_upload);
    assert_int_equal(effect.habits.poll_fixed_ms, 7);
    effect = effect_on(quirks, 0x1209, 2);
    assert_false(effect.habits.poll_fixed);
    assert_int_equal(
        ub_quirks_add_line(quirks, "id=1209:0001,poll_fixed_ms=9,no_upload=false", &err), UB_OK);
    effect = effect_on(quirks, 0x1209, 1);
    assert_int_equal(effect.habits.poll_fixed_ms, 9);
    assert_false(effect.habits.no_upload);
    ub_quirks_close(quirks);
}

static void the_same_name_takes_the_place(void **state)
{
    struct ub_quirks *quirks = empty();
    assert_int_equal(
        add(quirks, "quirks:\n" ENTRY("a", "poll_fixed_ms: 5") ENTRY("b", "poll_fixed_ms: 7")),
        UB_OK);
    assert_int_equal(add(quirks, "quirks:\n" ENTRY("a", "no_upload: true")), UB_OK);
    assert_int_equal(ub_quirks_count(quirks), 2);
    assert_string_equal(ub_quirks_at(quirks, 0)->name, "b");
    assert_string_equal(ub_quirks_at(quirks, 1)->name, "a");
    assert_string_equal(ub_quirks_at(quirks, 1)->source, "own.yaml");
    assert_null(ub_quirks_at(quirks, 2));
    const struct ub_quirk_effect effect = effect_on(quirks, 0x1209, 1);
    assert_int_equal(effect.habits.poll_fixed_ms, 7);
    assert_true(effect.habits.no_upload);
    ub_quirks_close(quirks);
}

static void what_it_says_of_itself(void **state)
{
    struct ub_quirks *quirks = empty();
    assert_int_equal(add(quirks, "quirks: []\n"), UB_OK);
    assert_int_equal(ub_quirks_count(quirks), 0);
    assert_int_equal(add(quirks, "quirks:\n- name: a\n  defect: d\n  source: s\n  does: much\n"
                                 "  select: {id: [\"1209:0001\", \"1209:0002\"], serial: \"3?\"}\n"
                                 "  behaviour: {no_upload: true, erased_value: 0x00}\n"),
                     UB_OK);
    const struct ub_quirk *quirk = ub_quirks_at(quirks, 0);
    struct ub_usb_info info = {.vid = 0x1209, .pid = 2, .serial = "3x"};
    const struct ub_quirk_device device = {.info = &info};
    struct ub_quirk_hits hits;
    char because[100];
    ub_quirks_find(quirks, &device, &hits);
    ub_quirk_because(quirk, hits.fits[0], because, sizeof(because));
    assert_string_equal(because, "id 1209:0002, serial 3?");
    assert_string_equal(quirk->remedy, "much (no_upload, erased_value=0x00)");
    info.serial[0] = '4';
    ub_quirks_find(quirks, &device, &hits);
    assert_int_equal(hits.fits[0], 0);
    ub_quirks_close(quirks);
}

static void file_line_key_and_what_is_allowed(void **state)
{
#define HEAD "quirks:\n- name: a\n  defect: d\n"
#define BODY HEAD "  select: {id: \"1:2\"}\n  does: x\n"
    static const struct {
        const char *text;
        const char *says;
    } cases[] = {
        {"", "own.yaml:1: there is nothing in it"},
        {"# only a comment\n", "own.yaml:2: there is nothing in it"},
        {"---\n", "own.yaml:2: there is nothing in it"},
        {"{}\n", "own.yaml:1: there is nothing in it"},
        {"quirks: [", "own.yaml:2: this is not YAML"},
        {"quirks:\n\t- a", "own.yaml:2: this is not YAML"},
        {"a: b", "own.yaml:1: the key quirks is expected"},
        {"- a", "own.yaml:1: the key quirks is expected"},
        {"just text", "own.yaml:1: the key quirks is expected"},
        {"quirks: 5", "own.yaml:1: a list of quirks is expected"},
        {"quirks:\n- a", "own.yaml:2: a quirk is expected"},
        {"quirks: []\nmore: 1", "own.yaml:2: the end of the list"},
        {"quirks: []\n---\nquirks: []", "own.yaml:2: the end of the file"},
        {BODY "  does: y\n", "own.yaml:6: does is there twice"},
        {BODY "  vendor: y\n", "own.yaml:6: there is no key \"vendor\""},
        {BODY "  selekt: {id: \"1:2\"}\n",
         "own.yaml:6: there is no key \"selekt\": did you mean select?"},
        {BODY "  behaviour: {poll_fixd_ms: 5}\n",
         "own.yaml:6: there is no key \"poll_fixd_ms\": did you mean poll_fixed_ms?"},
        {BODY "  no_upload: [1]\n",
         "own.yaml:6: there is no key \"no_upload\" in a quirk itself: it is one of behaviour"},
        {BODY "  ? [a]\n  : b\n", "own.yaml:6: a text or a number is expected"},
        {BODY "  behaviour: {poll_fixed_ms: yes}\n",
         "own.yaml:6: poll_fixed_ms \"yes\" is not allowed: poll_fixed_ms is milliseconds from 0 "
         "to "
         "120000"},
        {BODY "  behaviour:\n    memory_map: \"@Flash /0x08000000/04*016Xg\"\n",
         "own.yaml:7: memory_map \"@Flash /0x08000000/04*016Xg\" is not allowed: a type letter "
         "from "
         "a to g is missing, at character 26 of the memory map"},
        {BODY "  behaviour: {memory_map: rubbish}\n",
         "own.yaml:6: memory_map \"rubbish\" is not allowed: the map does not begin with '@'"},
        {BODY "  behaviour: {poll: 5}\n", "own.yaml:6: there is no key \"poll\""},
        {BODY "  behaviour: {id: \"1:2\"}\n", "own.yaml:6: there is no key \"id\""},
        {BODY "  behaviour: {no_upload: [true]}\n", "own.yaml:6: a text or a number is expected"},
        {BODY "  behaviour:\n    no_upload: true\n    no_upload: true\n",
         "own.yaml:8: no_upload is there twice"},
        {BODY "  behaviour: {}\n  behaviour: {}\n", "own.yaml:7: behaviour is there twice"},
        {BODY "  behaviour: 1\n", "own.yaml:6: a mapping of keys to values is expected"},
        {HEAD "  select: {}\n  does: x\n", "own.yaml:2: a says nothing about the devices"},
        {HEAD "  select: {id: \"0483\"}\n",
         "own.yaml:4: id \"0483\" is not allowed: id is VVVV:PPPP in hexadecimal"},
        {HEAD "  select: {no_upload: true}\n", "own.yaml:4: there is no key \"no_upload\""},
        {HEAD "  does: x\n", "own.yaml:2: a says nothing about the devices"},
        {HEAD "  select: {id: \"1:2\"}\n", "own.yaml:2: a changes nothing"},
        {HEAD "  select: {no_upload: true}\n",
         "own.yaml:4: there is no key \"no_upload\" in select: it is one of behaviour"},
        {"quirks:\n- defect: d\n", "own.yaml:2: name is missing"},
        {"quirks:\n- name: a\n", "own.yaml:2: defect is missing"},
        {"quirks:\n- name: A b\n",
         "own.yaml:2: name \"A b\" is not allowed: name is small letters"},
        {"quirks:\n- name: \"\"\n", "own.yaml:2: name \"\" is not allowed"},
        {HEAD "  source: \"\"\n", "own.yaml:4: source is not allowed: source is one line"},
        {HEAD "  source: \"a\\nb\"\n", "own.yaml:4: source is not allowed"},
        {HEAD "  source: \"\\e[31m\"\n", "own.yaml:4: source is not allowed"},
        {HEAD "  source: \"a\\0b\"\n", "own.yaml:4: a text with a NUL in it"},
        {HEAD "  source: &x y\n", "own.yaml:4: anchors, aliases and tags are not taken"},
        {HEAD "  source: !!str y\n", "own.yaml:4: anchors, aliases and tags are not taken"},
        {"quirks: &x [*x]\n", "own.yaml:1: anchors, aliases and tags are not taken"},
        {"%TAG ! tag:example.org,2000:\n---\nquirks: []\n",
         "own.yaml:1: anchors, aliases and tags are not taken"},
    };
    unsigned bad = 0;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ub_quirks *quirks = empty();
        assert_int_equal(add(quirks, cases[i].text), UB_USE_QUIRK);
        bad += strncmp(err.message, cases[i].says, strlen(cases[i].says)) != 0;
        if (strncmp(err.message, cases[i].says, strlen(cases[i].says)) != 0)
            print_error("\"%s\" instead of \"%s\"\n", err.message, cases[i].says);
        assert_int_equal(ub_quirks_count(quirks), 0);
        ub_quirks_close(quirks);
    }
    assert_int_equal(bad, 0);
}

/* What the error tells beyond its first line. */
static const char *more(void)
{
    return err.depth ? err.context[0] : "";
}

static void an_unknown_key(void **state)
{
    struct ub_quirks *quirks = empty();
    assert_int_equal(ub_quirks_add_line(quirks, "id=1:2,colour=red", &err), UB_USE_QUIRK);
    assert_string_equal(err.message, "--quirk 1: there is no key \"colour\"");
    assert_string_equal(more(), "`unbrick help quirks` lists all keys");
    assert_int_equal(ub_quirks_add_line(quirks, "ids=1:2,no_upload", &err), UB_USE_QUIRK);
    assert_string_equal(err.message, "--quirk 2: there is no key \"ids\": did you mean id?");
    assert_int_equal(ub_quirks_add_line(quirks, "id=1:2,no_uplod", &err), UB_USE_QUIRK);
    assert_non_null(strstr(err.message, "did you mean no_upload?"));
    assert_int_equal(add(quirks, "quirks:\n- vendor: [me]\n"), UB_USE_QUIRK);
    assert_string_equal(more(), "there are name, defect, source, does, select, behaviour");
    assert_int_equal(add(quirks, "quirks:\n- select: {vendor: me}\n"), UB_USE_QUIRK);
    assert_string_equal(more(),
                        "there are id, bcdDevice, manufacturer, product, serial, map, holds");
    ub_quirks_close(quirks);
}

/* Across files a name takes the earlier one's place; within one it is a slip. */
static void a_name_twice_in_one_file(void **state)
{
    struct ub_quirks *quirks = empty();
    assert_int_equal(add(quirks, "quirks:\n" ENTRY("a", "no_upload: true")), UB_OK);
    assert_int_equal(add(quirks, "quirks:\n" ENTRY("b", "no_upload: true")
                                     ENTRY("a", "no_upload: true") ENTRY("b", "poll_early: true")),
                     UB_USE_QUIRK);
    assert_string_equal(err.message, "own.yaml:10: b is the name of two quirks in this file");
    ub_quirks_close(quirks);
}

static void a_line_is_called_after_its_option(void **state)
{
    struct ub_quirks *quirks = empty();
    assert_int_equal(add(quirks, "quirks:\n" ENTRY("a", "no_upload: true")), UB_OK);
    assert_int_equal(ub_quirks_add_line(quirks, "id=1:2,no_upload", &err), UB_OK);
    assert_int_equal(ub_quirks_add_line(quirks, "id=1:2,no_upload,name=mine", &err), UB_OK);
    assert_int_equal(ub_quirks_add_line(quirks, "id=1:2,no_upload", &err), UB_OK);
    assert_string_equal(ub_quirks_at(quirks, 1)->name, "--quirk 1");
    assert_string_equal(ub_quirks_at(quirks, 2)->name, "mine");
    assert_string_equal(ub_quirks_at(quirks, 3)->name, "--quirk 3");
    ub_quirks_close(quirks);
}

static void lines(void **state)
{
    static const struct {
        const char *line;
        const char *says;
    } bad[] = {
        {"", "--quirk 1: there is no key \"\""},
        {"id=1:2", "--quirk 2: it changes nothing"},
        {"no_upload", "--quirk 3: it says nothing about the devices"},
        {"id", "--quirk 4: id needs a value"},
        {"id=1:2,poll_fixed_ms", "--quirk 5: poll_fixed_ms needs a value"},
        {"id=1:2,,no_upload", "--quirk 6: there is no key \"\""},
        {"id=1:2,no_upload=maybe", "--quirk 7: no_upload \"maybe\" is not allowed"},
        {"id=1:2,no_upload,no_upload", "--quirk 8: no_upload is there twice"},
        {"select=1", "--quirk 9: there is no key \"select\""},
    };
    struct ub_quirks *quirks = empty();
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(ub_quirks_add_line(quirks, bad[i].line, &err), UB_USE_QUIRK);
        if (strncmp(err.message, bad[i].says, strlen(bad[i].says)) != 0)
            fail_msg("\"%s\" instead of \"%s\"", err.message, bad[i].says);
    }
    char *endless = calloc(1, 4000);
    assert_non_null(endless);
    memset(endless, 'a', 3999);
    assert_int_equal(ub_quirks_add_line(quirks, endless, &err), UB_USE_QUIRK);
    free(endless);
    assert_int_equal(ub_quirks_count(quirks), 0);
    assert_int_equal(ub_quirks_add_line(quirks,
                                        "id=1:2,id=1:3,no_upload,name=mine,source=me,"
                                        "memory_map=@Flash /0x0/01*1Kg\\,02*2Kg",
                                        &err),
                     UB_OK);
    assert_string_equal(ub_quirks_at(quirks, 0)->name, "mine");
    const struct ub_quirk_effect effect = effect_on(quirks, 1, 3);
    assert_string_equal(effect.habits.memory_map, "@Flash /0x0/01*1Kg,02*2Kg");
    ub_quirks_close(quirks);
}

static void limits(void **state)
{
    struct ub_quirks *quirks = empty();
    char line[64];
    uint8_t *large = calloc(1, UB_QUIRKS_FILE_MAX + 1);
    assert_non_null(large);
    memset(large, '#', UB_QUIRKS_FILE_MAX + 1);
    memcpy(large, "quirks: []\n", 11);
    assert_int_equal(ub_quirks_add_text(quirks, "f", true, large, UB_QUIRKS_FILE_MAX, &err), UB_OK);
    assert_int_equal(ub_quirks_add_text(quirks, "f", true, large, UB_QUIRKS_FILE_MAX + 1, &err),
                     UB_USE_QUIRK);
    /* as deep as it can go */
    memset(large, '[', UB_QUIRKS_FILE_MAX);
    assert_int_equal(ub_quirks_add_text(quirks, "f", true, large, UB_QUIRKS_FILE_MAX, &err),
                     UB_USE_QUIRK);
    free(large);
    for (unsigned i = 0; i < UB_QUIRKS_MAX; i++) {
        (void)ub_print(line, sizeof(line), "id=1:2,no_upload,name=a%u", i);
        assert_int_equal(ub_quirks_add_line(quirks, line, &err), UB_OK);
    }
    assert_int_equal(ub_quirks_add_line(quirks, "id=1:2,no_upload,name=b", &err), UB_USE_QUIRK);
    assert_int_equal(ub_quirks_count(quirks), UB_QUIRKS_MAX);
    char many[2048] = "no_upload";
    for (unsigned i = 0; i <= UB_QUIRK_CONDITIONS_MAX; i++)
        (void)ub_append(many, sizeof(many), ",id=1:%x", i);
    assert_int_equal(ub_quirks_add_line(quirks, many, &err), UB_USE_QUIRK);
    ub_quirks_close(quirks);
}

static void files(void **state)
{
    static const char text[] = "quirks:\n" ENTRY("from-a-file", "no_upload: true");
    char path[] = "/tmp/unbrick-quirks-XXXXXX";
    struct ub_quirks *quirks = empty();
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, sizeof(text) - 1), (ssize_t)sizeof(text) - 1);
    (void)close(fd);
    assert_int_equal(ub_quirks_add_file(quirks, path, &err), UB_OK);
    assert_string_equal(ub_quirks_at(quirks, 0)->source, path);
    (void)unlink(path);
    assert_int_equal(ub_quirks_add_file(quirks, path, &err), UB_USE_QUIRK);
    assert_non_null(strstr(err.message, path));
    ub_quirks_close(quirks);
}

/* A text that the pattern fits: '*' stands for nothing, '?' for a digit. */
static void satisfy(const char *pattern, char *to, size_t size)
{
    size_t length = 0;
    for (; *pattern && length + 1 < size; pattern++)
        if (*pattern != '*')
            to[length++] = *pattern == '?' ? '1' : *pattern;
    to[length] = '\0';
}

static bool always(void *self, const struct ub_quirk_condition *condition)
{
    (void)self;
    (void)condition;
    return true;
}

/* A device that the first condition of each kind fits. */
static void make_device(const struct ub_quirk *quirk, struct ub_usb_info *info, char *name,
                        size_t size)
{
    for (size_t i = quirk->condition_count; i-- > 0;) {
        const struct ub_quirk_condition *condition = &quirk->conditions[i];
        switch (condition->by) {
        case UB_QUIRK_BY_ID:
            info->vid = condition->vid;
            info->pid = condition->first;
            break;
        case UB_QUIRK_BY_RELEASE:
            info->bcdDevice = condition->first;
            break;
        case UB_QUIRK_BY_MANUFACTURER:
            satisfy(condition->text, info->manufacturer, sizeof(info->manufacturer));
            break;
        case UB_QUIRK_BY_PRODUCT:
            satisfy(condition->text, info->product, sizeof(info->product));
            break;
        case UB_QUIRK_BY_SERIAL:
            satisfy(condition->text, info->serial, sizeof(info->serial));
            break;
        case UB_QUIRK_BY_MAP:
            satisfy(condition->text, name, size);
            break;
        case UB_QUIRK_BY_HOLDS:
        case UB_QUIRK_BY_COUNT:
            break;
        }
    }
}

/* data/quirks.yaml: the parser is strict; this is what it cannot know. */
static void the_built_in_table_is_sound(void **state)
{
    struct ub_quirks *quirks = NULL;
    assert_int_equal(ub_quirks_open(&quirks, &err), UB_OK);
    assert_true(ub_quirks_count(quirks) > 40);
    for (size_t i = 0; i < ub_quirks_count(quirks); i++) {
        const struct ub_quirk *quirk = ub_quirks_at(quirks, i);
        struct ub_usb_info info = {.vid = 1};
        char name[200] = "";
        const char *const names[] = {name};
        struct ub_quirk_hits hits;
        bool by_id = false;
        assert_null(strstr(quirk->source, "quirks.yaml"));
        assert_true(strlen(quirk->source) > 8);
        assert_true(quirk->defect[strlen(quirk->defect) - 1] == '.');
        for (size_t c = 0; c < quirk->condition_count; c++)
            by_id = by_id || quirk->conditions[c].by == UB_QUIRK_BY_ID;
        assert_true(by_id); /* strings alone are too little to go by */
        make_device(quirk, &info, name, sizeof(name));
        const struct ub_quirk_device device = {
            .info = &info, .names = names, .name_count = 1, .holds = always};
        ub_quirks_find(quirks, &device, &hits);
        if (!hits.fits[i])
            fail_msg("nothing fits %s", quirk->name);
        info.vid = 1;
        ub_quirks_find(quirks, &device, &hits);
        assert_int_equal(hits.fits[i], 0);
    }
    ub_quirks_close(quirks);
}

/* The built-in table has to say where each defect is known from; a person's own file need not. */
static void a_source_is_needed_here(void **state)
{
    static const char text[] = "quirks:\n" ENTRY("a", "no_upload: true");
    struct ub_quirks *quirks = empty();
    assert_int_equal(ub_quirks_add_text(quirks, "built-in", false, (const uint8_t *)text,
                                        sizeof(text) - 1, &err),
                     UB_USE_QUIRK);
    assert_string_equal(err.message, "built-in:2: source is missing");
    ub_quirks_close(quirks);
}

static uint8_t protocol_1[] = {9,    2, 27, 0, 1, 1,    0,    0x80, 50, 9, 4, 0,    0, 0,
                               0xfe, 1, 1,  0, 9, 0x21, 0x0b, 255,  0,  0, 8, 0x1a, 1};

static void modes_that_lie(void **state)
{
    struct ub_quirks *quirks = NULL;
    struct ub_dfu_interface interface;
    struct ub_usb_info info = {
        .vid = 0x1209, .pid = 1, .config = protocol_1, .config_length = sizeof(protocol_1)};
    assert_int_equal(ub_quirks_open(&quirks, &err), UB_OK);
    assert_true(ub_quirks_interface(quirks, &info, &interface));
    assert_int_equal(interface.mode, UB_MODE_RUNTIME);
    info.vid = 0x1fc9; /* NXP's LPC says protocol 1 in DFU mode */
    info.pid = 0x000c;
    assert_true(ub_quirks_interface(quirks, &info, &interface));
    assert_int_equal(interface.mode, UB_MODE_DFU);
    assert_true(ub_quirks_interface(NULL, &info, &interface));
    assert_int_equal(interface.mode, UB_MODE_RUNTIME);
    info.vid = 0x10a5; /* FPC's interface is no DFU interface */
    assert_false(ub_quirks_interface(quirks, &info, &interface));
    info.vid = 0x1eaf; /* Maple says DfuSe and speaks DFU 1.1, in one release */
    info.pid = 3;
    info.bcdDevice = 0x0200;
    assert_true(ub_quirks_interface(quirks, &info, &interface));
    assert_int_equal(interface.functional.bcdDFUVersion, 0x0110);
    info.bcdDevice = 0x0201;
    assert_true(ub_quirks_interface(quirks, &info, &interface));
    assert_int_equal(interface.functional.bcdDFUVersion, 0x011a);
    assert_int_equal(ub_quirks_add_line(quirks, "id=1eaf:0003,mode=dfu", &err), UB_OK);
    assert_int_equal(ub_quirks_add_line(quirks, "id=1eaf:0003,mode=runtime", &err), UB_OK);
    assert_true(ub_quirks_interface(quirks, &info, &interface));
    assert_int_equal(interface.mode, UB_MODE_RUNTIME);
    info.config_length = 0;
    assert_false(ub_quirks_interface(quirks, &info, &interface));
    ub_quirks_close(quirks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(later_ones_win),
        cmocka_unit_test(the_same_name_takes_the_place),
        cmocka_unit_test(what_it_says_of_itself),
        cmocka_unit_test(file_line_key_and_what_is_allowed),
        cmocka_unit_test(an_unknown_key),
        cmocka_unit_test(a_name_twice_in_one_file),
        cmocka_unit_test(a_line_is_called_after_its_option),
        cmocka_unit_test(lines),
        cmocka_unit_test(limits),
        cmocka_unit_test(files),
        cmocka_unit_test(the_built_in_table_is_sound),
        cmocka_unit_test(a_source_is_needed_here),
        cmocka_unit_test(modes_that_lie),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
