/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Completion scripts. Each is a list of cases out of the table; what is attached, kept or modelled
 * is asked of `unbrick __words` when Tab is pressed. */
#include "completion.h"
#include "help.h"

#include <stdio.h>
#include <string.h>

/** The kind of words that `unbrick __words` gives, or NULL. */
const char *completion_words_kind(enum cli_word_kind kind)
{
    switch (kind) {
    case CLI_WORD_DEVICE:
        return "devices";
    case CLI_WORD_BACKUP:
        return "backups";
    case CLI_WORD_MODEL:
        return "models";
    case CLI_WORD_ERROR:
        return "errors";
    case CLI_WORD_TOPIC:
        return "topics";
    case CLI_WORD_NONE:
    case CLI_WORD_TEXT:
    case CLI_WORD_FILE:
    case CLI_WORD_FOLDER:
        break;
    }
    return NULL;
}

/** First words: the verbs without a group, and the groups. */
void completion_first_words(FILE *to)
{
    const struct cli_group *group = NULL;
    const char *gap = "";
    for (size_t i = 0; i < CLI_VERB_COUNT; i++) {
        const struct cli_verb *verb = &cli_verbs[i];
        if (!verb->hidden && verb->name[0] != '\0' && strchr(verb->name, ' ') == NULL) {
            fprintf(to, "%s%s", gap, verb->name);
            gap = " ";
        }
    }
    for (size_t i = 0; (group = cli_group_at(i)) != NULL; i++) {
        fprintf(to, " %s", group->name);
    }
}

/** Second words of a group. */
void completion_second_words(FILE *to, const struct cli_group *group)
{
    const char *gap = "";
    for (size_t i = 0; i < CLI_VERB_COUNT; i++) {
        if (cli_verb_in_group(&cli_verbs[i], group->name)) {
            fprintf(to, "%s%s", gap, cli_verbs[i].name + strlen(group->name) + 1);
            gap = " ";
        }
    }
}

void completion_long_options(FILE *to, cli_option_set set)
{
    for (size_t i = 0; i < CLI_OPTION_COUNT; i++) {
        if ((set & CLI_BIT(i)) != 0) {
            fprintf(to, " --%s", cli_options[i].name);
        }
    }
}

/** A case pattern for an option: "--at|-a". */
void completion_option_pattern(FILE *to, const struct cli_option *option)
{
    fprintf(to, "--%s", option->name);
    if (option->letter != '\0') {
        fprintf(to, "|-%c", option->letter);
    }
}

void completion_value_patterns(FILE *to, const char *gap)
{
    const char *before = "";
    for (size_t i = 0; i < CLI_OPTION_COUNT; i++) {
        if (cli_options[i].value != NULL) {
            fputs(before, to);
            completion_option_pattern(to, &cli_options[i]);
            before = gap;
        }
    }
}

void completion_group_patterns(FILE *to)
{
    const struct cli_group *group = NULL;
    for (size_t i = 0; (group = cli_group_at(i)) != NULL; i++) {
        fprintf(to, "%s%s", i > 0 ? "|" : "", group->name);
    }
}

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
        if ((verb->options & CLI_BIT(i)) != 0) {
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

static void fish(FILE *to)
{
    const struct cli_group *group = NULL;
    fputs("# fish completion for unbrick\ncomplete -c unbrick -f\n", to);
    for (size_t i = 0; i < CLI_OPTION_COUNT; i++) {
        if ((cli_global_options & CLI_BIT(i)) != 0) {
            fputs("complete -c unbrick", to);
            fish_option(to, &cli_options[i]);
        }
    }
    for (size_t i = 1; i < CLI_VERB_COUNT; i++) {
        const struct cli_verb *verb = &cli_verbs[i];
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

bool completion_print(FILE *to, const char *shell)
{
    if (strcmp(shell, "bash") == 0) {
        completion_bash(to);
    } else if (strcmp(shell, "zsh") == 0) {
        completion_zsh(to);
    } else if (strcmp(shell, "fish") == 0) {
        fish(to);
    } else {
        return false;
    }
    return true;
}
