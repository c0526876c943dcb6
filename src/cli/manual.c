/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Manual pages in mdoc(7): unbrick.1, and unbrick-VERB.1 for each verb and group. */
#include "fault.h"
#include "help.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define MANUAL_DATE "November 22, 2026" /* of the text; fixed, so that builds can be repeated */
#define LINE        72

/** One character of running text. */
static void character(FILE *to, char c)
{
    if (c == '\\') {
        fputs("\\e", to);
    } else if (c == '-') {
        fputs("\\-", to);
    } else {
        fputc(c, to);
    }
}

/**
 * Running text in lines of at most LINE columns, a sentence a line as mdoc wants it. A line that
 * begins with a dot or an apostrophe would be a macro.
 */
static void text(FILE *to, const char *words)
{
    size_t column = 0;
    while (*words != '\0') {
        size_t length = strcspn(words, " \n");
        bool sentence = length > 0 && words[length - 1] == '.';
        if (column > 0 && column + 1 + length > LINE) {
            fputc('\n', to);
            column = 0;
        } else if (column > 0) {
            fputc(' ', to);
        }
        if (column == 0 && (*words == '.' || *words == '\'')) {
            fputs("\\&", to);
        }
        for (size_t i = 0; i < length; i++) {
            character(to, words[i]);
        }
        column += length + 1;
        words += length;
        if (strncmp(words, "\n\n", 2) == 0) {
            fputs("\n.Pp\n", to);
            column = 0;
        } else if (sentence) {
            fputc('\n', to);
            column = 0;
        }
        words += strspn(words, " \n");
    }
    fputs(column > 0 ? "\n" : "", to);
}

/** Words as the arguments of a macro: each protected from being taken for a macro or punctuation.
 */
static void macro(FILE *to, const char *name, const char *words)
{
    fprintf(to, ".%s \"", name);
    for (const char *c = words; *c != '\0'; c++) {
        if (c == words) {
            fputs("\\&", to);
        }
        if (*c == '"') {
            fputs("\\(dq", to);
        } else if (*c == '\\') {
            fputs("\\e", to);
        } else if (*c == '-') {
            fputs("\\-", to);
        } else {
            fputc(*c, to);
        }
    }
    fputs("\"\n", to);
}

static void page_name(const char *verb, char *to, size_t size)
{
    (void)snprintf(to, size, "unbrick%s%s", verb[0] != '\0' ? "-" : "", verb);
}

static void begin(FILE *to, const char *name, const char *summary)
{
    char upper[64];
    size_t i = 0;
    for (; name[i] != '\0' && i + 1 < sizeof(upper); i++) {
        upper[i] = (char)toupper((unsigned char)name[i]);
    }
    upper[i] = '\0';
    fprintf(to, ".Dd " MANUAL_DATE "\n.Dt %s 1\n.Os\n.Sh NAME\n.Nm %s\n.Nd %s\n", upper, name,
            summary);
}

static bool has_options(const struct cli_verb *verb, enum cli_option_part part)
{
    for (size_t i = 0; i < CLI_OPTION_COUNT; i++) {
        if (cli_option_in((enum cli_option_id)i, verb, part)) {
            return true;
        }
    }
    return false;
}

static void option_items(FILE *to, const struct cli_verb *verb, enum cli_option_part part)
{
    fputs(".Bl -tag -width Ds\n", to);
    for (size_t i = 0; i < CLI_OPTION_COUNT; i++) {
        const struct cli_option *option = &cli_options[i];
        if (!cli_option_in((enum cli_option_id)i, verb, part)) {
            continue;
        }
        fputs(".It ", to);
        if (option->letter != '\0') {
            fprintf(to, "Fl %c , ", option->letter);
        }
        fputs("Fl Fl ", to);
        for (const char *c = option->name; *c != '\0'; c++) {
            character(to, *c);
        }
        if (option->value != NULL) {
            fprintf(to, " Ar \"%s\"", option->value);
        }
        fputc('\n', to);
        text(to, option->help);
    }
    fputs(".El\n", to);
}

static void synopsis(FILE *to, const struct cli_verb *verb)
{
    fprintf(to, ".Nm unbrick\n");
    if (verb->name[0] != '\0') {
        fprintf(to, ".Cm %s\n", verb->name);
    }
    for (const struct cli_argument *a = verb->arguments; a->name != NULL; a++) {
        fprintf(to, ".%sAr %s%s\n", a->optional ? "Op " : "", a->name, a->repeats ? " Ns ..." : "");
    }
    if (verb->options != NULL) {
        fputs(".Op Ar options\n", to);
    }
}

static void examples(FILE *to, const struct cli_verb *verb)
{
    fputs(".Bl -tag -width Ds\n", to);
    for (size_t i = 0; i < CLI_MAX_EXAMPLES && verb->examples[i].command != NULL; i++) {
        macro(to, "It Li", verb->examples[i].command);
        text(to, verb->examples[i].says);
    }
    fputs(".El\n", to);
}

static void verb_body(FILE *to, const struct cli_verb *verb)
{
    fprintf(to, "%c%s.\n", toupper((unsigned char)verb->summary[0]), verb->summary + 1);
    if (verb->text[0] != '\0') {
        fputs(".Pp\n", to);
        text(to, verb->text);
    }
    if (has_options(verb, CLI_PART_OWN)) {
        fputs(".Pp\nOptions:\n", to);
        option_items(to, verb, CLI_PART_OWN);
    }
    if (has_options(verb, CLI_PART_LOSES)) {
        fputs(".Pp\nOptions that give something up:\n", to);
        option_items(to, verb, CLI_PART_LOSES);
    }
}

static void see_also(FILE *to, const char *own)
{
    const char *names[CLI_VERB_COUNT + 8];
    size_t count = 0;
    const struct cli_group *group = NULL;
    names[count++] = "";
    for (size_t i = 1; i < CLI_VERB_COUNT; i++) {
        if (!cli_verb_at(i)->hidden && strchr(cli_verb_at(i)->name, ' ') == NULL) {
            names[count++] = cli_verb_at(i)->name;
        }
    }
    for (size_t i = 0; i < 7 && (group = cli_group_at(i)) != NULL; i++) {
        names[count++] = group->name;
    }
    for (size_t i = 1; i < count; i++) { /* in order of name, as mdoc wants it */
        for (size_t j = i; j > 0 && strcmp(names[j - 1], names[j]) > 0; j--) {
            const char *swap = names[j];
            names[j] = names[j - 1];
            names[j - 1] = swap;
        }
    }
    fputs(".Sh SEE ALSO\n", to);
    size_t last = strcmp(names[count - 1], own) == 0 ? count - 2 : count - 1;
    for (size_t i = 0; i < count; i++) {
        char name[64];
        if (strcmp(names[i], own) != 0) {
            page_name(names[i], name, sizeof(name));
            fprintf(to, ".Xr %s 1%s\n", name, i < last ? " ," : "");
        }
    }
}

static void exit_status(FILE *to)
{
    const struct cli_topic *topic = cli_topic_find("status");
    fputs(".Sh EXIT STATUS\n", to);
    text(to, topic->text);
    fputs(".Bl -tag -width Ds\n", to);
    struct cli_item item;
    char room[CLI_ITEM_TEXT];
    for (size_t i = 0; cli_topic_item(topic, i, room, &item); i++) {
        macro(to, "It", item.term);
        text(to, item.text);
    }
    fputs(".El\n", to);
}

static void verb_page(FILE *to, const struct cli_verb *verb)
{
    char name[64];
    page_name(verb->name, name, sizeof(name));
    begin(to, name, verb->summary);
    fputs(".Sh SYNOPSIS\n", to);
    synopsis(to, verb);
    fputs(".Sh DESCRIPTION\n", to);
    verb_body(to, verb);
    fputs(".Pp\nThe options that every verb takes are in\n.Xr unbrick 1 .\n", to);
    exit_status(to);
    fputs(".Sh EXAMPLES\n", to);
    examples(to, verb);
    see_also(to, verb->name);
}

static void group_page(FILE *to, const struct cli_group *group)
{
    char name[64];
    page_name(group->name, name, sizeof(name));
    begin(to, name, group->summary);
    fputs(".Sh SYNOPSIS\n", to);
    for (size_t i = 0; i < CLI_VERB_COUNT; i++) {
        if (cli_verb_in_group(cli_verb_at(i), group->name)) {
            synopsis(to, cli_verb_at(i));
        }
    }
    fputs(".Sh DESCRIPTION\n", to);
    for (size_t i = 0; i < CLI_VERB_COUNT; i++) {
        if (cli_verb_in_group(cli_verb_at(i), group->name)) {
            macro(to, "Ss", cli_verb_at(i)->name);
            verb_body(to, cli_verb_at(i));
        }
    }
    exit_status(to);
    fputs(".Sh EXAMPLES\n", to);
    for (size_t i = 0; i < CLI_VERB_COUNT; i++) {
        if (cli_verb_in_group(cli_verb_at(i), group->name)) {
            examples(to, cli_verb_at(i));
        }
    }
    see_also(to, group->name);
}

static void topic_section(FILE *to, const struct cli_topic *topic)
{
    macro(to, "Ss", topic->title);
    if (topic->text[0] != '\0') {
        text(to, topic->text);
    }
    fputs(".Bl -tag -width Ds\n", to);
    struct cli_item item;
    char room[CLI_ITEM_TEXT];
    for (size_t i = 0; cli_topic_item(topic, i, room, &item); i++) {
        macro(to, "It Li", item.term);
        text(to, item.text);
    }
    fputs(".El\n", to);
}

static void main_page(FILE *to)
{
    const struct cli_topic *topic = NULL;
    begin(to, "unbrick", "bring a device with a bootloader to verified firmware");
    fputs(".Sh SYNOPSIS\n.Nm unbrick\n.Op Ar verb ...\n.Op Ar options\n.Sh DESCRIPTION\n", to);
    text(to, "Without a verb, shows what is attached and the next sensible step for each device. "
             "Options may stand anywhere on the command line.");
    fputs(".Pp\nThe verbs are:\n.Bl -tag -width Ds\n", to);
    for (size_t i = 1; i < CLI_VERB_COUNT; i++) {
        char arguments[96];
        const struct cli_verb *verb = cli_verb_at(i);
        if (!verb->hidden) {
            help_arguments(verb, arguments, sizeof(arguments));
            fprintf(to, ".It Cm %s Ns Ar \"%s\"\n", verb->name, arguments);
            text(to, verb->summary);
        }
    }
    fputs(".El\n.Pp\nEvery verb takes these options:\n", to);
    option_items(to, cli_verb_at(CLI_VERB_OVERVIEW), CLI_PART_GLOBAL);
    for (size_t i = 0; (topic = cli_topic_at(i)) != NULL; i++) {
        if (strcmp(topic->name, "status") != 0) {
            topic_section(to, topic);
        }
    }
    exit_status(to);
    fputs(".Sh EXAMPLES\n", to);
    examples(to, cli_verb_at(CLI_VERB_OVERVIEW));
    examples(to, cli_verb_at(CLI_VERB_FLASH));
    see_also(to, "");
}

static enum ub_code write_page(const char *folder, const char *verb, const struct cli_group *group,
                               struct ub_error *err)
{
    char name[64];
    char path[4096];
    page_name(verb, name, sizeof(name));
    int length = snprintf(path, sizeof(path), "%s/%s.1", folder, name);
    FILE *to = length > 0 && (size_t)length < sizeof(path) ? fopen(path, "w") : NULL;
    if (to == NULL) {
        return cli_fail(err, UB_SYS_WRITE, "%s: %s", path, strerror(errno));
    }
    if (group != NULL) {
        group_page(to, group);
    } else if (verb[0] == '\0') {
        main_page(to);
    } else {
        verb_page(to, cli_verb_find(verb));
    }
    bool bad = ferror(to) != 0;
    if (fclose(to) != 0 || bad) {
        return cli_fail(err, UB_SYS_WRITE, "%s could not be written", path);
    }
    return UB_OK;
}

enum ub_code manual_write(const char *folder, struct ub_error *err)
{
    const struct cli_group *group = NULL;
    enum ub_code code = UB_OK;
    if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
        return cli_fail(err, UB_SYS_WRITE, "%s: %s", folder, strerror(errno));
    }
    for (size_t i = 0; code == UB_OK && i < CLI_VERB_COUNT; i++) {
        if (!cli_verb_at(i)->hidden && strchr(cli_verb_at(i)->name, ' ') == NULL) {
            code = write_page(folder, cli_verb_at(i)->name, NULL, err);
        }
    }
    for (size_t i = 0; code == UB_OK && (group = cli_group_at(i)) != NULL; i++) {
        code = write_page(folder, group->name, group, err);
    }
    return code;
}

enum ub_code cmd_generate(struct cli *cli, struct ub_error *err)
{
    const char *kind = cli_argument(&cli->words, 0);
    const char *folder = cli_argument(&cli->words, 1);
    if (strcmp(kind, "man") == 0 && folder != NULL) {
        return manual_write(folder, err);
    }
    if (strcmp(kind, "man") == 0 || !completion_print(cli->term.out.file, kind)) {
        return cli_fail(err, UB_USE_ARGUMENT, "man needs a folder; else bash, zsh or fish");
    }
    return UB_OK;
}
