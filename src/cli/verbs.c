/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looking things up in the table, and what it holds besides verbs, options and topics. */
#include "verbs.h"

#include <string.h>

static const struct cli_group cli_groups[] = {
    {"image", "firmware files"},
    {"key", "keys that vouch for firmware"},
    {"vault", "the backups"},
};

static const struct cli_conflict cli_conflicts[] = {
    {CLI_OPT_QUIET, CLI_OPT_VERBOSE, "one shows less, the other more"},
    {CLI_OPT_NO_BACKUP, CLI_OPT_READ_ONCE, "no backup is made, so nothing is read for it"},
    {CLI_OPT_SIM, CLI_OPT_REPLAY, "one bus takes the place of the other"},
    {CLI_OPT_NUMBER, CLI_OPT_WATCH, "a station has no last device"},
    {CLI_OPT_NUMBER, CLI_OPT_DRY_RUN, "a plan is for what is attached now, and waits for nothing"},
    {CLI_OPT_WATCH, CLI_OPT_DRY_RUN, "a plan is for what is attached now, and waits for nothing"},
    {CLI_OPT_ATTACH, CLI_OPT_USBIP, "the device can be plugged in at one place only"},
    {CLI_OPT_DISCARD_NEIGHBOURS, CLI_OPT_ERASE_ALL,
     "erasing everything leaves no neighbours to decide about"},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const struct cli_group *cli_group_at(size_t index)
{
    return index < COUNT(cli_groups) ? &cli_groups[index] : NULL;
}

const struct cli_conflict *cli_conflict_at(size_t index)
{
    return index < COUNT(cli_conflicts) ? &cli_conflicts[index] : NULL;
}

const struct cli_verb *cli_verb_at(size_t id)
{
    static const struct cli_verb *const parts[] = {cli_host_verbs, cli_device_verbs,
                                                   cli_file_verbs};
    for (size_t p = 0; p < COUNT(parts); p++) {
        for (const struct cli_verb *verb = parts[p]; verb->name != NULL; verb++) {
            if (verb->id == id) {
                return verb;
            }
        }
    }
    return NULL;
}

const struct cli_verb *cli_verb_find(const char *name)
{
    const struct cli_verb *verb = NULL;
    for (size_t i = 0; (verb = cli_verb_at(i)) != NULL; i++) {
        if (verb->name[0] != '\0' && strcmp(verb->name, name) == 0) {
            return verb;
        }
    }
    return NULL;
}

const struct cli_group *cli_group_find(const char *name)
{
    for (size_t i = 0; i < COUNT(cli_groups); i++) {
        if (strcmp(cli_groups[i].name, name) == 0) {
            return &cli_groups[i];
        }
    }
    return NULL;
}

const struct cli_topic *cli_topic_find(const char *name)
{
    const struct cli_topic *topic = NULL;
    for (size_t i = 0; (topic = cli_topic_at(i)) != NULL; i++) {
        if (strcmp(topic->name, name) == 0) {
            return topic;
        }
    }
    return NULL;
}

enum cli_option_id cli_option_find(const char *name, size_t length)
{
    for (size_t i = 0; i < CLI_OPTION_COUNT; i++) {
        if (strlen(cli_options[i].name) == length &&
            strncmp(cli_options[i].name, name, length) == 0) {
            return (enum cli_option_id)i;
        }
    }
    return CLI_OPTION_COUNT;
}

enum cli_option_id cli_option_by_letter(char letter)
{
    for (size_t i = 0; i < CLI_OPTION_COUNT; i++) {
        if (letter != '\0' && cli_options[i].letter == letter) {
            return (enum cli_option_id)i;
        }
    }
    return CLI_OPTION_COUNT;
}

bool cli_verb_in_group(const struct cli_verb *verb, const char *group)
{
    size_t length = strlen(group);
    return strncmp(verb->name, group, length) == 0 && verb->name[length] == ' ';
}

/** True if the verb itself names the option. */
static bool own(const struct cli_verb *verb, enum cli_option_id option)
{
    const enum cli_option_id *id = verb->options;
    while (id != NULL && *id != CLI_OPTION_COUNT && *id != option) {
        id++;
    }
    return id != NULL && *id == option;
}

bool cli_verb_takes(const struct cli_verb *verb, enum cli_option_id option)
{
    return cli_options[option].global || own(verb, option);
}

bool cli_option_in(enum cli_option_id option, const struct cli_verb *verb,
                   enum cli_option_part part)
{
    const struct cli_option *one = &cli_options[option];
    if (part == CLI_PART_GLOBAL) {
        return one->global;
    }
    return own(verb, option) && one->loses == (part == CLI_PART_LOSES);
}
