/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table is complete and does not contradict itself. */
#include "cli/verbs.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void every_verb_is_complete(void **state)
{
    (void)state;
    for (size_t i = 0; i < CLI_VERB_COUNT; i++) {
        const struct cli_verb *verb = cli_verb_at(i);
        assert_non_null(verb); /* each id has its verb, and only one: its name is found below */
        assert_non_null(verb->name);
        assert_non_null(verb->summary);
        assert_non_null(verb->text);
        assert_true(strlen(verb->summary) > 10);
        assert_int_equal(verb->id, i);
    }
    assert_null(cli_verb_at(CLI_VERB_COUNT));
}

static void every_verb_has_two_examples_of_itself(void **state)
{
    (void)state;
    for (size_t i = 0; i < CLI_VERB_COUNT; i++) {
        const struct cli_verb *verb = cli_verb_at(i);
        for (size_t e = 0; e < 2; e++) {
            assert_non_null(verb->examples[e].command);
            assert_non_null(verb->examples[e].says);
            assert_non_null(strstr(verb->examples[e].command, "unbrick"));
            assert_non_null(strstr(verb->examples[e].command, verb->name));
        }
        assert_string_not_equal(verb->examples[0].command, verb->examples[1].command);
    }
}

static void names_and_letters_are_unique(void **state)
{
    (void)state;
    for (size_t i = 0; i < CLI_OPTION_COUNT; i++) {
        const struct cli_option *option = &cli_options[i];
        assert_non_null(option->name);
        assert_non_null(option->help);
        assert_int_equal(cli_option_find(option->name, strlen(option->name)), i);
        if (option->letter != 0) {
            assert_true(isalpha((unsigned char)option->letter));
            assert_int_equal(cli_option_by_letter(option->letter), i);
        }
        assert_int_equal(option->value != NULL, option->kind != CLI_WORD_NONE);
    }
    for (size_t i = 1; i < CLI_VERB_COUNT; i++) {
        assert_ptr_equal(cli_verb_find(cli_verb_at(i)->name), cli_verb_at(i));
        assert_null(cli_group_find(cli_verb_at(i)->name));
        assert_null(cli_topic_find(cli_verb_at(i)->name));
    }
}

static void every_option_is_taken_by_a_verb(void **state)
{
    (void)state;
    for (size_t o = 0; o < CLI_OPTION_COUNT; o++) {
        size_t takers = 0;
        for (size_t i = 0; i < CLI_VERB_COUNT; i++) {
            const struct cli_verb *verb = cli_verb_at(i);
            bool own = cli_option_in((enum cli_option_id)o, verb, CLI_PART_OWN);
            bool loses = cli_option_in((enum cli_option_id)o, verb, CLI_PART_LOSES);
            takers += cli_verb_takes(verb, (enum cli_option_id)o) ? 1U : 0U;
            assert_false(cli_options[o].global && (own || loses));
            assert_false(own && loses);
        }
        assert_true(takers > 0);
        assert_true(!cli_options[o].global || takers == CLI_VERB_COUNT);
    }
}

static void optional_arguments_come_last(void **state)
{
    (void)state;
    for (size_t i = 0; i < CLI_VERB_COUNT; i++) {
        const struct cli_argument *argument = cli_verb_at(i)->arguments;
        for (; argument->name != NULL; argument++) {
            if (argument->optional || argument->repeats) {
                assert_true(argument[1].name == NULL || argument[1].optional);
            }
            assert_false(argument->repeats && argument[1].name != NULL);
        }
    }
}

static void a_group_has_verbs_and_a_verb_its_group(void **state)
{
    (void)state;
    const struct cli_group *group = NULL;
    size_t in_groups = 0;
    size_t with_space = 0;
    for (size_t i = 0; i < CLI_VERB_COUNT; i++) {
        with_space += strchr(cli_verb_at(i)->name, ' ') != NULL ? 1U : 0U;
    }
    for (size_t g = 0; (group = cli_group_at(g)) != NULL; g++) {
        size_t members = 0;
        for (size_t i = 0; i < CLI_VERB_COUNT; i++) {
            members += cli_verb_in_group(cli_verb_at(i), group->name) ? 1U : 0U;
        }
        assert_true(members > 0);
        in_groups += members;
    }
    assert_int_equal(in_groups, with_space);
}

static void plan_takes_what_flash_takes(void **state)
{
    (void)state;
    const struct cli_verb *flash = cli_verb_find("flash");
    const struct cli_verb *plan = cli_verb_find("plan");
    for (size_t i = 0; i < CLI_OPTION_COUNT; i++) {
        bool waits = i == CLI_OPT_NUMBER || i == CLI_OPT_WATCH;
        bool takes = cli_verb_takes(flash, (enum cli_option_id)i) && i != CLI_OPT_DRY_RUN && !waits;
        assert_int_equal(cli_verb_takes(plan, (enum cli_option_id)i), takes);
    }
}

static void topics_have_content(void **state)
{
    (void)state;
    const struct cli_topic *topic = NULL;
    size_t count = 0;
    for (; (topic = cli_topic_at(count)) != NULL; count++) {
        assert_ptr_equal(cli_topic_find(topic->name), topic);
        struct cli_item one;
        char room[CLI_ITEM_TEXT];
        assert_true(cli_topic_item(topic, 0, room, &one));
        for (size_t i = 0; cli_topic_item(topic, i, room, &one); i++) {
            const struct cli_item *item = &one;
            assert_non_null(item->text);
        }
    }
    assert_true(count >= 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_verb_is_complete),
        cmocka_unit_test(every_verb_has_two_examples_of_itself),
        cmocka_unit_test(names_and_letters_are_unique),
        cmocka_unit_test(every_option_is_taken_by_a_verb),
        cmocka_unit_test(optional_arguments_come_last),
        cmocka_unit_test(a_group_has_verbs_and_a_verb_its_group),
        cmocka_unit_test(plan_takes_what_flash_takes),
        cmocka_unit_test(topics_have_content),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
