/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The lists of words that the completion scripts are made of. */
#include "completion.h"

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
    case CLI_WORD_KEY:
        return "keys";
    case CLI_WORD_ACCEPT:
        return "acceptable";
    case CLI_WORD_FAMILY:
        return "families";
    case CLI_WORD_FORMAT:
        return "formats";
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
        const struct cli_verb *verb = cli_verb_at(i);
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
        if (cli_verb_in_group(cli_verb_at(i), group->name)) {
            fprintf(to, "%s%s", gap, cli_verb_at(i)->name + strlen(group->name) + 1);
            gap = " ";
        }
    }
}

void completion_long_options(FILE *to, const struct cli_verb *verb, bool global)
{
    for (size_t i = 0; i < CLI_OPTION_COUNT; i++) {
        if (global == cli_options[i].global && cli_verb_takes(verb, (enum cli_option_id)i)) {
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
