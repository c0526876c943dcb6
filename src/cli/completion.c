/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Completion scripts. Each is a list of cases out of the table; what is attached, kept or modelled
 * is asked of `unbrick __words` when Tab is pressed. */
#include "help.h"

#include <stdio.h>
#include <string.h>

/** The kind of words that `unbrick __words` gives, or NULL. */
static const char *words_kind(enum cli_word_kind kind)
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
static void first_words(FILE *to)
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
static void second_words(FILE *to, const struct cli_group *group)
{
    const char *gap = "";
    for (size_t i = 0; i < CLI_VERB_COUNT; i++) {
        if (cli_verb_in_group(&cli_verbs[i], group->name)) {
            fprintf(to, "%s%s", gap, cli_verbs[i].name + strlen(group->name) + 1);
            gap = " ";
        }
    }
}

static void long_options(FILE *to, cli_option_set set)
{
    for (size_t i = 0; i < CLI_OPTION_COUNT; i++) {
        if ((set & CLI_BIT(i)) != 0) {
            fprintf(to, " --%s", cli_options[i].name);
        }
    }
}

/** A case pattern for an option: "--at|-a". */
static void option_pattern(FILE *to, const struct cli_option *option)
{
    fprintf(to, "--%s", option->name);
    if (option->letter != '\0') {
        fprintf(to, "|-%c", option->letter);
    }
}

static void bash_values(FILE *to)
{
    for (size_t i = 0; i < CLI_OPTION_COUNT; i++) {
        const struct cli_option *option = &cli_options[i];
        const char *words = words_kind(option->kind);
        if (option->value == NULL) {
            continue;
        }
        fputs("        ", to);
        option_pattern(to, option);
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
        const struct cli_verb *verb = &cli_verbs[i];
        if (verb->hidden) {
            continue;
        }
        for (size_t a = 0; verb->arguments[a].name != NULL; a++) {
            const struct cli_argument *argument = &verb->arguments[a];
            const char *words = words_kind(argument->kind);
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
        if (!cli_verbs[i].hidden && cli_verbs[i].options != 0) {
            fprintf(to, "        \"%s\") options+=\"", cli_verbs[i].name);
            long_options(to, cli_verbs[i].options);
            fputs("\" ;;\n", to);
        }
    }
}

static void bash_groups(FILE *to)
{
    const struct cli_group *group = NULL;
    for (size_t i = 0; (group = cli_group_at(i)) != NULL; i++) {
        fprintf(to, "        %s) mapfile -t COMPREPLY < <(compgen -W \"", group->name);
        second_words(to, group);
        fputs("\" -- \"$cur\"); return ;;\n", to);
    }
}

static void value_patterns(FILE *to, const char *gap)
{
    const char *before = "";
    for (size_t i = 0; i < CLI_OPTION_COUNT; i++) {
        if (cli_options[i].value != NULL) {
            fputs(before, to);
            option_pattern(to, &cli_options[i]);
            before = gap;
        }
    }
}

static void group_patterns(FILE *to)
{
    const struct cli_group *group = NULL;
    for (size_t i = 0; (group = cli_group_at(i)) != NULL; i++) {
        fprintf(to, "%s%s", i > 0 ? "|" : "", group->name);
    }
}

static void bash(FILE *to)
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
    value_patterns(to, "|");
    fputs(") skip=1 ;;\n"
          "            -*) ;;\n"
          "            *)  if [[ -z $verb ]]; then verb=$word\n"
          "                else case $verb in\n                    ",
          to);
    group_patterns(to);
    fputs(") verb=\"$verb $word\" ;;\n"
          "                    *) count=$((count + 1)) ;;\n"
          "                esac; fi ;;\n"
          "        esac\n    done\n"
          "    if [[ $cur == -* ]]; then\n"
          "        options=\"",
          to);
    long_options(to, cli_global_options);
    fputs("\"\n        case $verb in\n", to);
    bash_verb_options(to);
    fputs("        esac\n"
          "        mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$cur\")\n"
          "        return\n    fi\n"
          "    case $verb in\n"
          "        '') mapfile -t COMPREPLY < <(compgen -W \"",
          to);
    first_words(to);
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

/** Text inside single quotes; for zsh's _arguments, brackets and colons are protected too. */
static void quoted(FILE *to, const char *text, bool zsh)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            fputs("'\\''", to);
        } else if (zsh && (*text == '[' || *text == ']' || *text == ':')) {
            fprintf(to, "\\%c", *text);
        } else {
            fputc(*text, to);
        }
    }
}

static void zsh_action(FILE *to, enum cli_word_kind kind)
{
    const char *words = words_kind(kind);
    if (words != NULL) {
        fprintf(to, "{_unbrick_words %s}", words);
    } else if (kind == CLI_WORD_FILE) {
        fputs("_files", to);
    } else if (kind == CLI_WORD_FOLDER) {
        fputs("_files -/", to);
    } else {
        fputs(" ", to);
    }
}

static void zsh_options(FILE *to, cli_option_set set, const char *indent)
{
    for (size_t i = 0; i < CLI_OPTION_COUNT; i++) {
        const struct cli_option *option = &cli_options[i];
        if ((set & CLI_BIT(i)) == 0) {
            continue;
        }
        fprintf(to, "%s'%s--%s%s[", indent, option->repeats ? "*" : "", option->name,
                option->value != NULL ? "=" : "");
        quoted(to, option->help, true);
        fputs("]", to);
        if (option->value != NULL) {
            fputs(":", to);
            quoted(to, option->value, true);
            fputs(":", to);
            zsh_action(to, option->kind);
        }
        fputs("' \\\n", to);
    }
}

static void zsh_verb(FILE *to, const struct cli_verb *verb)
{
    fprintf(to, "        '%s')\n            _arguments -S \\\n", verb->name);
    zsh_options(to, verb->options | cli_global_options, "                ");
    for (size_t a = 0; verb->arguments[a].name != NULL; a++) {
        const struct cli_argument *argument = &verb->arguments[a];
        if (argument->repeats) {
            fprintf(to, "                '*:%s:", argument->name);
        } else {
            fprintf(to, "                '%zu:%s:", a + 1, argument->name);
        }
        zsh_action(to, argument->kind);
        fputs("' \\\n", to);
    }
    fputs("                && return ;;\n", to);
}

static void zsh_describe(FILE *to, const char *name, const char *summary)
{
    fputs("        '", to);
    quoted(to, name, true);
    fputs(":", to);
    quoted(to, summary, false);
    fputs("'\n", to);
}

static void zsh(FILE *to)
{
    const struct cli_group *group = NULL;
    fputs("#compdef unbrick\n"
          "_unbrick_words() { compadd -- ${(f)\"$(unbrick __words $1 2>/dev/null)\"} }\n"
          "_unbrick() {\n"
          "    local -a verbs\n    local verb\n    local -i at\n"
          "    for (( at = 2; at < CURRENT; at++ )); do\n"
          "        case $words[at] in\n            ",
          to);
    value_patterns(to, "|");
    fputs(") (( at++ )) ;;\n"
          "            -*) ;;\n"
          "            *) verb=$words[at]; break ;;\n"
          "        esac\n    done\n"
          "    verbs=(\n",
          to);
    for (size_t i = 1; i < CLI_VERB_COUNT; i++) {
        if (!cli_verbs[i].hidden && strchr(cli_verbs[i].name, ' ') == NULL) {
            zsh_describe(to, cli_verbs[i].name, cli_verbs[i].summary);
        }
    }
    for (size_t i = 0; (group = cli_group_at(i)) != NULL; i++) {
        zsh_describe(to, group->name, group->summary);
    }
    fputs("    )\n"
          "    if [[ -z $verb ]]; then\n"
          "        _arguments -S \\\n",
          to);
    zsh_options(to, cli_global_options, "            ");
    fputs("            '*:verb:{_describe verb verbs}'\n        return\n    fi\n"
          "    words=(\"${words[@]:$((at - 1))}\"); (( CURRENT -= at - 1 ))\n"
          "    case $verb in\n        ",
          to);
    group_patterns(to);
    fputs(")\n            if (( CURRENT == 2 )); then\n                case $verb in\n", to);
    for (size_t i = 0; (group = cli_group_at(i)) != NULL; i++) {
        fprintf(to, "                    %s) compadd -- ", group->name);
        second_words(to, group);
        fputs(" ;;\n", to);
    }
    fputs("                esac\n                return\n            fi\n"
          "            verb=\"$verb $words[2]\"; shift words; (( CURRENT-- )) ;;\n"
          "    esac\n    case $verb in\n",
          to);
    for (size_t i = 1; i < CLI_VERB_COUNT; i++) {
        if (!cli_verbs[i].hidden) {
            zsh_verb(to, &cli_verbs[i]);
        }
    }
    fputs("    esac\n}\n_unbrick \"$@\"\n", to);
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
    const char *words = words_kind(option->kind);
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
        const char *words = words_kind(verb->arguments[a].kind);
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
        second_words(to, group);
        fputs("'\n", to);
    }
}

bool completion_print(FILE *to, const char *shell)
{
    if (strcmp(shell, "bash") == 0) {
        bash(to);
    } else if (strcmp(shell, "zsh") == 0) {
        zsh(to);
    } else if (strcmp(shell, "fish") == 0) {
        fish(to);
    } else {
        return false;
    }
    return true;
}
