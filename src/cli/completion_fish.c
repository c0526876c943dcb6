/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Completion for fish: one line a word, each with the condition under which it fits. */
#include "completion.h"

#include <string.h>

/** The condition under which a fish completion of this verb applies. */
static void fish_condition(FILE *to, const struct cli_verb *verb)
{
    const char *space = strchr(verb->name, ' ');
    if (space == NULL) {
        fprintf(to, "complete -c unbrick -n '__fish_seen_subcommand_from %s'", verb->name);
    } else {
        fprintf(to,
                "complete -c unbrick -n '__fish_seen_subcommand_from %.*s; and "
                "__fish_seen_subcommand_from %s'",
                (int)(space - verb->name), verb->name, space + 1);
    }
}

static void fish_option(FILE *to, const struct cli_option *option)
{
    const char *words = completion_words_kind(option->kind);
    fprintf(to, " -l %s", option->name);
    if (option->letter != '\0') {
        fprintf(to, " -s %c", option->letter);
    }
    if (option->value != NULL && words != NULL) {
        fprintf(to, " -x -a '(unbrick __words %s 2>/dev/null)'", words);
    } else if (option->value != NULL) {
        fputs(option->kind == CLI_WORD_TEXT ? " -x" : " -r -F", to);
    }
    fputs(" -d '", to);
    for (const char *c = option->help; *c != '\0'; c++) {
        fputs(*c == '\'' ? "\\'" : (const char[2]){*c, '\0'}, to);
    }
    fputs("'\n", to);
}

static void fish_verb(FILE *to, const struct cli_verb *verb)
{
    for (size_t i = 0; i < CLI_OPTION_COUNT; i++) {
        if (!cli_options[i].global && cli_verb_takes(verb, (enum cli_option_id)i)) {
            fish_condition(to, verb);
            fish_option(to, &cli_options[i]);
        }
    }
    for (size_t a = 0; verb->arguments[a].name != NULL; a++) {
        const char *words = completion_words_kind(verb->arguments[a].kind);
        if (words != NULL) {
            fish_condition(to, verb);
            fprintf(to, " -a '(unbrick __words %s 2>/dev/null)'\n", words);
        } else if (verb->arguments[a].kind == CLI_WORD_FILE) {
            fish_condition(to, verb);
            fputs(" -F\n", to);
        }
    }
}

void completion_fish(FILE *to)
{
    const struct cli_group *group = NULL;
    fputs("# fish completion for unbrick\ncomplete -c unbrick -f\n", to);
    for (size_t i = 0; i < CLI_OPTION_COUNT; i++) {
        if (cli_options[i].global) {
            fputs("complete -c unbrick", to);
            fish_option(to, &cli_options[i]);
        }
    }
    for (size_t i = 1; i < CLI_VERB_COUNT; i++) {
        const struct cli_verb *verb = cli_verb_at(i);
        if (verb->hidden) {
            continue;
        }
        if (strchr(verb->name, ' ') == NULL) {
            fprintf(to, "complete -c unbrick -n __fish_use_subcommand -a %s -d '%s'\n", verb->name,
                    verb->summary);
        }
        fish_verb(to, verb);
    }
    for (size_t i = 0; (group = cli_group_at(i)) != NULL; i++) {
        fprintf(to, "complete -c unbrick -n __fish_use_subcommand -a %s -d '%s'\n", group->name,
                group->summary);
        fprintf(to, "complete -c unbrick -n '__fish_seen_subcommand_from %s' -a '", group->name);
        completion_second_words(to, group);
        fputs("'\n", to);
    }
}
