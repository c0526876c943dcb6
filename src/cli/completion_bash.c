/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "completion.h"

static void bash_values(FILE *to)
{
    for (size_t i = 0; i < CLI_OPTION_COUNT; i++) {
        const struct cli_option *option = &cli_options[i];
        const char *words = completion_words_kind(option->kind);
        if (option->value == NULL) {
            continue;
        }
        fputs("        ", to);
        completion_option_pattern(to, option);
        if (words != NULL) {
            fprintf(to, ") _unbrick_words \"$cur\" %s; return ;;\n", words);
        } else if (option->kind == CLI_WORD_FILE || option->kind == CLI_WORD_FOLDER) {
            fprintf(to, ") mapfile -t COMPREPLY < <(compgen -%c -- \"$cur\"); return ;;\n",
                    option->kind == CLI_WORD_FILE ? 'f' : 'd');
        } else {
            fputs(") return ;;\n", to);
        }
    }
}

/** What may stand for argument number `count` of each verb. */
static void bash_arguments(FILE *to)
{
    for (size_t i = 1; i < CLI_VERB_COUNT; i++) {
        const struct cli_verb *verb = cli_verb_at(i);
        if (verb->hidden) {
            continue;
        }
        for (size_t a = 0; verb->arguments[a].name != NULL; a++) {
            const struct cli_argument *argument = &verb->arguments[a];
            const char *words = completion_words_kind(argument->kind);
            fprintf(to, "        \"%s/%zu\"%s) ", verb->name, a, "");
            if (words != NULL) {
                fprintf(to, "_unbrick_words \"$cur\" %s ;;\n", words);
            } else if (argument->kind == CLI_WORD_FILE) {
                fputs("mapfile -t COMPREPLY < <(compgen -f -- \"$cur\") ;;\n", to);
            } else {
                fputs(":;;\n", to);
            }
        }
    }
}

static void bash_verb_options(FILE *to)
{
    for (size_t i = 0; i < CLI_VERB_COUNT; i++) {
        if (!cli_verb_at(i)->hidden && cli_verb_at(i)->options != NULL) {
            fprintf(to, "        \"%s\") options+=\"", cli_verb_at(i)->name);
            completion_long_options(to, cli_verb_at(i), false);
            fputs("\" ;;\n", to);
        }
    }
}

static void bash_groups(FILE *to)
{
    const struct cli_group *group = NULL;
    for (size_t i = 0; (group = cli_group_at(i)) != NULL; i++) {
        fprintf(to, "        %s) mapfile -t COMPREPLY < <(compgen -W \"", group->name);
        completion_second_words(to, group);
        fputs("\" -- \"$cur\"); return ;;\n", to);
    }
}

void completion_bash(FILE *to)
{
    fputs("# bash completion for unbrick\n"
          "_unbrick_words()\n{\n"
          "    mapfile -t COMPREPLY < <(compgen -W \"$(unbrick __words \"$2\" 2>/dev/null)\" -- "
          "\"$1\")\n}\n\n"
          "_unbrick()\n{\n"
          "    local cur prev verb count word skip options\n"
          "    _get_comp_words_by_ref -n =: cur prev 2>/dev/null || {\n"
          "        cur=${COMP_WORDS[COMP_CWORD]}\n"
          "        prev=${COMP_WORDS[COMP_CWORD-1]}\n    }\n"
          "    COMPREPLY=()\n"
          "    case $prev in\n",
          to);
    bash_values(to);
    fputs("    esac\n"
          "    verb='' count=0 skip=''\n"
          "    for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
          "        if [[ -n $skip ]]; then skip=''; continue; fi\n"
          "        case $word in\n            ",
          to);
    completion_value_patterns(to, "|");
    fputs(") skip=1 ;;\n"
          "            -*) ;;\n"
          "            *)  if [[ -z $verb ]]; then verb=$word\n"
          "                else case $verb in\n                    ",
          to);
    completion_group_patterns(to);
    fputs(") verb=\"$verb $word\" ;;\n"
          "                    *) count=$((count + 1)) ;;\n"
          "                esac; fi ;;\n"
          "        esac\n    done\n"
          "    if [[ $cur == -* ]]; then\n"
          "        options=\"",
          to);
    completion_long_options(to, cli_verb_at(CLI_VERB_OVERVIEW), true);
    fputs("\"\n        case $verb in\n", to);
    bash_verb_options(to);
    fputs("        esac\n"
          "        mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$cur\")\n"
          "        return\n    fi\n"
          "    case $verb in\n"
          "        '') mapfile -t COMPREPLY < <(compgen -W \"",
          to);
    completion_first_words(to);
    fputs("\" -- \"$cur\"); return ;;\n", to);
    bash_groups(to);
    fputs("    esac\n    case $verb/$count in\n", to);
    bash_arguments(to);
    fputs("    esac\n"
          "    if declare -F __ltrim_colon_completions >/dev/null; then\n"
          "        __ltrim_colon_completions \"$cur\"\n    fi\n}\n"
          "complete -F _unbrick unbrick\n",
          to);
}
