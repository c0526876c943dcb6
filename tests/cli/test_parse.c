/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command line: what is understood, what is refused, and what is suggested instead. */
#include "cli/parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct cli_words words;
static struct ub_error err;

/** Parses "unbrick" and up to four words; NULL ends them. */
static enum ub_code parse(const char *a, const char *b, const char *c, const char *d)
{
    static char name[] = "unbrick";
    char *argv[] = {name, (char *)(uintptr_t)a, (char *)(uintptr_t)b, (char *)(uintptr_t)c,
                    (char *)(uintptr_t)d};
    int argc = 1;
    while (argc < 5 && argv[argc] != NULL) {
        argc++;
    }
    memset(&err, 0, sizeof(err));
    cli_words_free(&words);
    return cli_parse(argc, argv, &words, &err);
}

static int teardown(void **state)
{
    (void)state;
    cli_words_free(&words);
    return 0;
}

static void no_word_is_the_overview(void **state)
{
    (void)state;
    assert_int_equal(parse(NULL, NULL, NULL, NULL), UB_OK);
    assert_int_equal(words.verb->id, CLI_VERB_OVERVIEW);
    assert_int_equal(parse("--version", NULL, NULL, NULL), UB_OK);
    assert_int_equal(words.verb->id, CLI_VERB_VERSION);
}

static void global_options_stand_anywhere(void **state)
{
    (void)state;
    assert_int_equal(parse("--sim", "stm32f405", "info", "port=1-1"), UB_OK);
    assert_int_equal(words.verb->id, CLI_VERB_INFO);
    assert_int_equal(words.list[CLI_OPT_SIM].count, 1);
    assert_string_equal(words.list[CLI_OPT_SIM].items[0], "stm32f405");
    assert_string_equal(cli_argument(&words, 0), "port=1-1");
    assert_int_equal(parse("info", "--sim=a", "--sim=b,c=d", "--json"), UB_OK);
    assert_int_equal(words.list[CLI_OPT_SIM].count, 2);
    assert_string_equal(words.list[CLI_OPT_SIM].items[1], "b,c=d");
    assert_true(cli_given(&words, CLI_OPT_JSON));
}

static void values_in_every_form(void **state)
{
    (void)state;
    assert_int_equal(parse("flash", "f", "--at=0x10", NULL), UB_OK);
    assert_string_equal(words.value[CLI_OPT_AT], "0x10");
    assert_int_equal(parse("flash", "f", "--at", "0x10"), UB_OK);
    assert_string_equal(words.value[CLI_OPT_AT], "0x10");
    assert_int_equal(parse("flash", "f", "-a", "0x10"), UB_OK);
    assert_string_equal(words.value[CLI_OPT_AT], "0x10");
    assert_int_equal(parse("flash", "f", "-ya0x10", NULL), UB_OK);
    assert_string_equal(words.value[CLI_OPT_AT], "0x10");
    assert_true(cli_given(&words, CLI_OPT_YES));
}

static void values_that_are_missing_or_too_much(void **state)
{
    (void)state;
    assert_int_equal(parse("flash", "f", "--at", NULL), UB_USE_OPTION);
    assert_int_equal(parse("flash", "f", "--at=", NULL), UB_USE_OPTION);
    assert_int_equal(parse("flash", "f", "-a", NULL), UB_USE_OPTION);
    assert_int_equal(parse("flash", "f", "--stay=yes", NULL), UB_USE_OPTION);
    assert_int_equal(parse("flash", "f", "--at=1", "--at=2"), UB_USE_CONFLICT);
    assert_int_equal(parse("flash", "f", "--at=1", "--at=1"), UB_OK);
}

static void two_dashes_end_options(void **state)
{
    (void)state;
    assert_int_equal(parse("flash", "--", "--at", NULL), UB_OK);
    assert_string_equal(cli_argument(&words, 0), "--at");
    assert_false(cli_given(&words, CLI_OPT_AT));
    assert_int_equal(parse("flash", "-", NULL, NULL), UB_OK);
    assert_string_equal(cli_argument(&words, 0), "-");
}

static void unknown_options_suggest_the_nearest(void **state)
{
    (void)state;
    assert_int_equal(parse("flash", "f", "--stya", NULL), UB_USE_OPTION);
    assert_non_null(strstr(err.message, "did you mean --stay?"));
    assert_int_equal(parse("--simm", "stm32f405", "info", NULL), UB_USE_OPTION);
    assert_non_null(strstr(err.message, "did you mean --sim?"));
    assert_int_equal(parse("flash", "f", "--erase", NULL), UB_USE_OPTION);
    assert_non_null(strstr(err.message, "did you mean --erase-all?"));
    assert_int_equal(parse("list", "--erase-al", NULL, NULL), UB_USE_OPTION);
    assert_null(strstr(err.message, "did you mean")); /* list does not take it */
    assert_int_equal(parse("list", "--frobnicate", NULL, NULL), UB_USE_OPTION);
    assert_null(strstr(err.message, "did you mean"));
    assert_int_equal(parse("list", "-z", NULL, NULL), UB_USE_OPTION);
}

static void names_are_not_abbreviated(void **state)
{
    (void)state;
    assert_int_equal(parse("flash", "f", "--erase-al", NULL), UB_USE_OPTION);
    assert_int_equal(parse("lis", NULL, NULL, NULL), UB_USE_ARGUMENT);
    assert_non_null(strstr(err.message, "did you mean \"list\"?"));
}

static void options_of_another_verb_are_refused(void **state)
{
    (void)state;
    assert_int_equal(parse("info", "--erase-all", NULL, NULL), UB_USE_OPTION);
    assert_int_equal(parse("flash", "f", "--output=x", NULL), UB_USE_OPTION);
    assert_int_equal(parse("--watch", NULL, NULL, NULL), UB_USE_OPTION);
}

static void contradictions_are_refused(void **state)
{
    (void)state;
    const struct cli_conflict *conflict = NULL;
    size_t tried = 0;
    for (size_t i = 0; (conflict = cli_conflict_at(i)) != NULL; i++) {
        char one[64];
        char other[64];
        (void)snprintf(one, sizeof(one), "--%s%s", cli_options[conflict->one].name,
                       cli_options[conflict->one].value != NULL ? "=1" : "");
        (void)snprintf(other, sizeof(other), "--%s%s", cli_options[conflict->other].name,
                       cli_options[conflict->other].value != NULL ? "=1" : "");
        const char *verb = cli_verb_takes(cli_verb_find("flash"), conflict->one) ? "flash" : "sim";
        assert_int_equal(parse(verb, "f", one, other), UB_USE_CONFLICT);
        tried++;
    }
    assert_true(tried > 0);
}

static void arguments_are_counted(void **state)
{
    (void)state;
    assert_int_equal(parse("flash", NULL, NULL, NULL), UB_USE_ARGUMENT);
    assert_non_null(strstr(err.message, "IMAGE"));
    assert_int_equal(parse("plan", "a", "b", "c"), UB_OK);
    assert_int_equal(parse("verify", "a", "b", "c"), UB_USE_ARGUMENT);
    assert_non_null(strstr(err.message, "\"c\""));
    assert_int_equal(parse("version", "x", NULL, NULL), UB_USE_ARGUMENT);
    assert_int_equal(parse("flash", "", NULL, NULL), UB_USE_ARGUMENT);
    assert_int_equal(parse("image", "info", "a", "b"), UB_OK);
    assert_int_equal(words.argument_count, 2);
}

static void groups_need_their_second_word(void **state)
{
    (void)state;
    assert_int_equal(parse("vault", "list", NULL, NULL), UB_OK);
    assert_int_equal(words.verb->id, CLI_VERB_VAULT_LIST);
    assert_int_equal(words.argument_count, 0);
    assert_int_equal(parse("vault", "show", "2026-11-22-01", NULL), UB_OK);
    assert_string_equal(cli_argument(&words, 0), "2026-11-22-01");
    assert_int_equal(parse("vault", NULL, NULL, NULL), UB_USE_ARGUMENT);
    assert_int_equal(parse("vault", "burn", NULL, NULL), UB_USE_ARGUMENT);
    assert_int_equal(parse("vault list", NULL, NULL, NULL), UB_USE_ARGUMENT);
}

static void help_forgives_what_is_missing(void **state)
{
    (void)state;
    assert_int_equal(parse("flash", "--help", NULL, NULL), UB_OK);
    assert_int_equal(words.verb->id, CLI_VERB_FLASH);
    assert_int_equal(parse("vault", "-h", NULL, NULL), UB_OK);
}

static void a_verb_is_there_after_an_error_too(void **state)
{
    (void)state;
    assert_int_equal(parse("nonsense", NULL, NULL, NULL), UB_USE_ARGUMENT);
    assert_non_null(words.verb);
    assert_int_equal(parse("vault", "nonsense", "--json", NULL), UB_USE_ARGUMENT);
    assert_non_null(words.verb);
    assert_true(cli_given(&words, CLI_OPT_JSON));
}

static void numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
        uint64_t value;
    } rows[] = {
        {"0", true, 0},
        {"10", true, 10},
        {"0x08000000", true, 0x08000000},
        {"0XfF", true, 255},
        {"4K", true, 4096},
        {"0x10K", true, 16384},
        {"1M", true, 1048576},
        {"18446744073709551615", true, UINT64_MAX},
        {"0xffffffffffffffff", true, UINT64_MAX},
        {"18446744073709551616", false, 0},
        {"0x10000000000000000", false, 0},
        {"18446744073709551615K", false, 0},
        {"", false, 0},
        {"0x", false, 0},
        {"-1", false, 0},
        {"+1", false, 0},
        {" 1", false, 0},
        {"1 ", false, 0},
        {"010", false, 0},
        {"ff", false, 0},
        {"1k", false, 0},
        {"1KK", false, 0},
        {"K", false, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t value = 0;
        assert_int_equal(cli_number(rows[i].text, UINT64_MAX, &value), rows[i].good);
        assert_int_equal(value, rows[i].value);
    }
    uint64_t value = 7;
    assert_false(cli_number("256", 255, &value));
    assert_int_equal(value, 7);
}

static void backup_ids(void **state)
{
    (void)state;
    assert_true(cli_is_backup_id("2026-11-22-01"));
    assert_true(cli_is_backup_id("2026-11-22-123"));
    assert_false(cli_is_backup_id("1-4.2"));
    assert_false(cli_is_backup_id("2026-11-22"));
    assert_false(cli_is_backup_id("2026-11-22-"));
    assert_false(cli_is_backup_id("2026-11-22-1x"));
    assert_false(cli_is_backup_id(""));
}

static void distances(void **state)
{
    (void)state;
    assert_int_equal(cli_distance("", ""), 0);
    assert_int_equal(cli_distance("", "abc"), 3);
    assert_int_equal(cli_distance("stay", "stay"), 0);
    assert_int_equal(cli_distance("stya", "stay"), 1);
    assert_int_equal(cli_distance("flsh", "flash"), 1);
    assert_int_equal(cli_distance("kitten", "sitting"), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_word_is_the_overview),
        cmocka_unit_test(global_options_stand_anywhere),
        cmocka_unit_test(values_in_every_form),
        cmocka_unit_test(values_that_are_missing_or_too_much),
        cmocka_unit_test(two_dashes_end_options),
        cmocka_unit_test(unknown_options_suggest_the_nearest),
        cmocka_unit_test(names_are_not_abbreviated),
        cmocka_unit_test(options_of_another_verb_are_refused),
        cmocka_unit_test(contradictions_are_refused),
        cmocka_unit_test(arguments_are_counted),
        cmocka_unit_test(groups_need_their_second_word),
        cmocka_unit_test(help_forgives_what_is_missing),
        cmocka_unit_test(a_verb_is_there_after_an_error_too),
        cmocka_unit_test(numbers),
        cmocka_unit_test(backup_ids),
        cmocka_unit_test(distances),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
