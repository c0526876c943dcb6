/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "completion.h"

#include <string.h>

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
    const char *words = completion_words_kind(kind);
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

static void zsh_options(FILE *to, const struct cli_verb *verb, const char *indent)
{
    for (size_t i = 0; i < CLI_OPTION_COUNT; i++) {
        const struct cli_option *option = &cli_options[i];
        if (!cli_verb_takes(verb, (enum cli_option_id)i)) {
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
    zsh_options(to, verb, "                ");
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

void completion_zsh(FILE *to)
{
    const struct cli_group *group = NULL;
    fputs("#compdef unbrick\n"
          "_unbrick_words() { compadd -- ${(f)\"$(unbrick __words $1 2>/dev/null)\"} }\n"
          "_unbrick() {\n"
          "    local -a verbs\n    local verb\n    local -i at\n"
          "    for (( at = 2; at < CURRENT; at++ )); do\n"
          "        case $words[at] in\n            ",
          to);
    completion_value_patterns(to, "|");
    fputs(") (( at++ )) ;;\n"
          "            -*) ;;\n"
          "            *) verb=$words[at]; break ;;\n"
          "        esac\n    done\n"
          "    verbs=(\n",
          to);
    for (size_t i = 1; i < CLI_VERB_COUNT; i++) {
        if (!cli_verb_at(i)->hidden && strchr(cli_verb_at(i)->name, ' ') == NULL) {
            zsh_describe(to, cli_verb_at(i)->name, cli_verb_at(i)->summary);
        }
    }
    for (size_t i = 0; (group = cli_group_at(i)) != NULL; i++) {
        zsh_describe(to, group->name, group->summary);
    }
    fputs("    )\n"
          "    if [[ -z $verb ]]; then\n"
          "        _arguments -S \\\n",
          to);
    zsh_options(to, cli_verb_at(CLI_VERB_OVERVIEW), "            ");
    fputs("            '*:verb:{_describe verb verbs}'\n        return\n    fi\n"
          "    words=(\"${words[@]:$((at - 1))}\"); (( CURRENT -= at - 1 ))\n"
          "    case $verb in\n        ",
          to);
    completion_group_patterns(to);
    fputs(")\n            if (( CURRENT == 2 )); then\n                case $verb in\n", to);
    for (size_t i = 0; (group = cli_group_at(i)) != NULL; i++) {
        fprintf(to, "                    %s) compadd -- ", group->name);
        completion_second_words(to, group);
        fputs(" ;;\n", to);
    }
    fputs("                esac\n                return\n            fi\n"
          "            verb=\"$verb $words[2]\"; shift words; (( CURRENT-- )) ;;\n"
          "    esac\n    case $verb in\n",
          to);
    for (size_t i = 1; i < CLI_VERB_COUNT; i++) {
        if (!cli_verb_at(i)->hidden) {
            zsh_verb(to, cli_verb_at(i));
        }
    }
    fputs("    esac\n}\n_unbrick \"$@\"\n", to);
}
