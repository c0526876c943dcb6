/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Help on the terminal. */
#include "help.h"

#include "fault.h"

#include <stdio.h>
#include <string.h>

#define ITEM_COLUMN   26
#define TERM_COLUMN   22
#define PIPED_COLUMNS 80

static void append(char *to, size_t size, const char *text)
{
    size_t used = strlen(to);
    if (used < size) {
        (void)snprintf(to + used, size - used, "%s", text);
    }
}

void help_arguments(const struct cli_verb *verb, char *to, size_t size)
{
    to[0] = '\0';
    for (const struct cli_argument *a = verb->arguments; a->name != NULL; a++) {
        append(to, size, a->optional ? " [" : " ");
        append(to, size, a->name);
        append(to, size, a->repeats ? "..." : "");
        append(to, size, a->optional ? "]" : "");
    }
}

void help_option(const struct cli_option *option, char *to, size_t size)
{
    (void)snprintf(to, size, "%c%c%s--%s%s%s", option->letter != '\0' ? '-' : ' ',
                   option->letter != '\0' ? option->letter : ' ',
                   option->letter != '\0' ? ", " : "  ", option->name,
                   option->value != NULL ? " " : "", option->value != NULL ? option->value : "");
}

/** Help is running text: it is broken for a pager too. */
static size_t columns(const struct cli *cli)
{
    size_t found = term_text_columns(&cli->term.out);
    return found > 0 ? found : PIPED_COLUMNS;
}

static void heading(struct cli *cli, const char *text)
{
    term_print(&cli->term.out, TERM_BOLD, "\n%s\n", text);
}

/** A term in its column and a text beside it, or below it if the term is too long. */
static void item(struct cli *cli, const char *name, const char *text, size_t column)
{
    struct term_stream *out = &cli->term.out;
    term_print(out, TERM_PLAIN, "  ");
    term_pad(out, TERM_BOLD, name, column - 2);
    if (term_width(name) + 1 > column - 2) {
        term_print(out, TERM_PLAIN, "\n%*s", (int)column, "");
    }
    term_wrap(out, TERM_PLAIN, column, columns(cli), text);
    term_print(out, TERM_PLAIN, "\n");
}

static void paragraphs(struct cli *cli, const char *text)
{
    if (text[0] != '\0') {
        term_print(&cli->term.out, TERM_PLAIN, "\n");
        term_wrap(&cli->term.out, TERM_PLAIN, 0, columns(cli), text);
        term_print(&cli->term.out, TERM_PLAIN, "\n");
    }
}

static void options(struct cli *cli, const char *title, const struct cli_verb *verb,
                    enum cli_option_part part)
{
    char text[128];
    bool any = false;
    for (size_t i = 0; i < CLI_OPTION_COUNT; i++) {
        if (cli_option_in((enum cli_option_id)i, verb, part)) {
            if (!any) {
                heading(cli, title);
            }
            any = true;
            help_option(&cli_options[i], text, sizeof(text));
            item(cli, text, cli_options[i].help, ITEM_COLUMN + 4);
        }
    }
}

static void examples(struct cli *cli, const struct cli_verb *verb)
{
    heading(cli, "Examples");
    for (size_t i = 0; i < CLI_MAX_EXAMPLES && verb->examples[i].command != NULL; i++) {
        term_print(&cli->term.out, TERM_ACTIVE, "  %s\n", verb->examples[i].command);
        term_print(&cli->term.out, TERM_PLAIN, "      ");
        term_wrap(&cli->term.out, TERM_PLAIN, 6, columns(cli), verb->examples[i].says);
        term_print(&cli->term.out, TERM_PLAIN, "\n");
    }
}

static void usage_line(struct cli *cli, const struct cli_verb *verb)
{
    char text[128];
    help_arguments(verb, text, sizeof(text));
    term_print(&cli->term.out, TERM_BOLD, "unbrick%s%s", verb->name[0] != '\0' ? " " : "",
               verb->name);
    term_print(&cli->term.out, TERM_PLAIN, "%s%s\n", text,
               verb->options != NULL ? " [OPTIONS]" : "");
}

static void on_verb(struct cli *cli, const struct cli_verb *verb)
{
    usage_line(cli, verb);
    term_print(&cli->term.out, TERM_PLAIN, "  ");
    term_wrap(&cli->term.out, TERM_PLAIN, 2, columns(cli), verb->summary);
    term_print(&cli->term.out, TERM_PLAIN, "\n");
    paragraphs(cli, verb->text);
    options(cli, "Options", verb, CLI_PART_OWN);
    options(cli, "Options that give something up", verb, CLI_PART_LOSES);
    options(cli, "Options of every verb", verb, CLI_PART_GLOBAL);
    examples(cli, verb);
}

static void verb_items(struct cli *cli, const char *group)
{
    char text[128];
    char arguments[96];
    for (size_t i = 0; i < CLI_VERB_COUNT; i++) {
        const struct cli_verb *verb = cli_verb_at(i);
        if (verb->hidden || (group != NULL && !cli_verb_in_group(verb, group))) {
            continue;
        }
        help_arguments(verb, arguments, sizeof(arguments));
        (void)snprintf(text, sizeof(text), "%s%s", verb->name[0] != '\0' ? verb->name : "(no verb)",
                       arguments);
        item(cli, text, verb->summary, ITEM_COLUMN + 2);
    }
}

static void on_group(struct cli *cli, const struct cli_group *group)
{
    term_print(&cli->term.out, TERM_BOLD, "unbrick %s", group->name);
    term_print(&cli->term.out, TERM_PLAIN, " VERB\n  %s\n\n", group->summary);
    verb_items(cli, group->name);
    for (size_t i = 0; i < CLI_VERB_COUNT; i++) {
        if (cli_verb_in_group(cli_verb_at(i), group->name)) {
            term_print(&cli->term.out, TERM_PLAIN, "\n");
            usage_line(cli, cli_verb_at(i));
            paragraphs(cli, cli_verb_at(i)->text);
            options(cli, "Options", cli_verb_at(i), CLI_PART_OWN);
            examples(cli, cli_verb_at(i));
        }
    }
}

static void on_topic(struct cli *cli, const struct cli_topic *topic)
{
    term_print(&cli->term.out, TERM_BOLD, "%s\n", topic->title);
    paragraphs(cli, topic->text);
    term_print(&cli->term.out, TERM_PLAIN, "\n");
    struct cli_item one;
    char room[CLI_ITEM_TEXT];
    for (size_t i = 0; cli_topic_item(topic, i, room, &one); i++) {
        item(cli, one.term, one.text, TERM_COLUMN);
    }
}

static void on_everything(struct cli *cli)
{
    const struct cli_topic *topic = NULL;
    struct term_stream *out = &cli->term.out;
    term_print(out, TERM_BOLD, "unbrick VERB ... [OPTIONS]\n");
    term_print(out, TERM_PLAIN, "  brings a device with a bootloader to verified firmware\n");
    heading(cli, "Verbs");
    verb_items(cli, NULL);
    options(cli, "Options of every verb", cli->words.verb, CLI_PART_GLOBAL);
    heading(cli, "Topics");
    for (size_t i = 0; (topic = cli_topic_at(i)) != NULL; i++) {
        item(cli, topic->name, topic->title, ITEM_COLUMN + 2);
    }
    heading(cli, "Examples");
    term_print(out, TERM_ACTIVE, "  unbrick flash firmware.dfu\n");
    term_print(out, TERM_PLAIN, "      back up, write, verify and start the only device\n");
    term_print(out, TERM_ACTIVE, "  unbrick --sim stm32f405 info\n");
    term_print(out, TERM_PLAIN, "      look at a virtual device, without hardware\n");
    term_print(out, TERM_DIM, "\nunbrick help VERB tells more about a verb or a topic.\n");
}

static enum ub_code on_name(struct cli *cli, const char *name, struct ub_error *err)
{
    const struct cli_verb *verb = cli_verb_find(name);
    const struct cli_group *group = cli_group_find(name);
    const struct cli_topic *topic = cli_topic_find(name);
    if (verb != NULL) {
        on_verb(cli, verb);
    } else if (group != NULL) {
        on_group(cli, group);
    } else if (topic != NULL) {
        on_topic(cli, topic);
    } else {
        return cli_fail(err, UB_USE_ARGUMENT, "there is no help on \"%s\"", name);
    }
    return UB_OK;
}

enum ub_code cmd_help(struct cli *cli, struct ub_error *err)
{
    char name[128];
    const char *first = cli_argument(&cli->words, 0);
    const char *second = cli_argument(&cli->words, 1);
    bool asked_by_verb = cli->words.verb->id == CLI_VERB_HELP;
    cli->json = false; /* help is for people */
    if (!asked_by_verb && cli->words.verb->name[0] != '\0') {
        on_verb(cli, cli->words.verb);
        return UB_OK;
    }
    if (!asked_by_verb || first == NULL) {
        if (asked_by_verb && cli_given(&cli->words, CLI_OPT_HELP)) {
            on_verb(cli, cli->words.verb);
        } else {
            on_everything(cli);
        }
        return UB_OK;
    }
    (void)snprintf(name, sizeof(name), "%s%s%s", first, second != NULL ? " " : "",
                   second != NULL ? second : "");
    return on_name(cli, name, err);
}
