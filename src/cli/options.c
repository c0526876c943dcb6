/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options' part of the table in verbs.h, and looking things up in it. */
#include "verbs.h"

#include <string.h>

const cli_option_set cli_global_options = CLI_BIT(CLI_OPT_SIM) | CLI_BIT(CLI_OPT_VAULT) |
                                          CLI_BIT(CLI_OPT_JSON) | CLI_BIT(CLI_OPT_YES) |
                                          CLI_BIT(CLI_OPT_QUIRKS) | CLI_BIT(CLI_OPT_QUIRK) |
                                          CLI_BIT(CLI_OPT_TRACE) | CLI_BIT(CLI_OPT_REPLAY) |
                                          CLI_BIT(CLI_OPT_LENIENT) | CLI_BIT(CLI_OPT_QUIET) |
                                          CLI_BIT(CLI_OPT_VERBOSE) | CLI_BIT(CLI_OPT_NO_COLOR) |
                                          CLI_BIT(CLI_OPT_ASCII) | CLI_BIT(CLI_OPT_HELP) |
                                          CLI_BIT(CLI_OPT_VERSION);

const cli_option_set cli_irreversible_options = CLI_BIT(CLI_OPT_NO_BACKUP) |
                                                CLI_BIT(CLI_OPT_DISCARD_NEIGHBOURS) |
                                                CLI_BIT(CLI_OPT_ERASE_ALL) |
                                                CLI_BIT(CLI_OPT_WRITE_OPTION_BYTES) |
                                                CLI_BIT(CLI_OPT_WRITE_OTP) |
                                                CLI_BIT(CLI_OPT_LOSE_PROTECTED_CONTENT);

const struct cli_option cli_options[CLI_OPTION_COUNT] = {
    [CLI_OPT_SIM] = {.name = "sim",
                     .repeats = true,
                     .kind = CLI_WORD_MODEL,
                     .value = "MODEL[,KEY=VALUE...]",
                     .help = "Work on a virtual device in this process instead of the real bus. "
                             "May be given several times. Its keys: unbrick help sim-keys."},
    [CLI_OPT_VAULT] = {.name = "vault",
                       .kind = CLI_WORD_FOLDER,
                       .value = "FOLDER",
                       .help = "Keep and look for backups in FOLDER."},
    [CLI_OPT_QUIRKS] = {.name = "quirks",
                        .repeats = true,
                        .kind = CLI_WORD_FILE,
                        .value = "FILE",
                        .help = "Know the defects of devices in FILE too. Its form: unbrick help "
                                "quirks."},
    [CLI_OPT_QUIRK] = {.name = "quirk",
                       .repeats = true,
                       .kind = CLI_WORD_TEXT,
                       .value = "KEY=VALUE[,...]",
                       .help = "One defect more, such as id=28e9:0189,poll_fixed_ms=5."},
    [CLI_OPT_TRACE] = {.name = "trace",
                       .kind = CLI_WORD_FILE,
                       .value = "FILE",
                       .help = "Record every transfer in FILE: for Wireshark if it ends in .pcap, "
                               "else to be replayed. It holds the firmware and serial numbers."},
    [CLI_OPT_REPLAY] = {.name = "replay",
                        .kind = CLI_WORD_FILE,
                        .value = "FILE",
                        .help = "Work on the devices of a recorded trace instead of the real bus."},
    [CLI_OPT_LENIENT] = {.name = "lenient",
                         .help = "With --replay: bear another order and other numbers of questions "
                                 "than were recorded."},
    [CLI_OPT_JSON] = {.name = "json",
                      .help = "Write JSON lines for programs, and ask no questions. Its keys: "
                              "unbrick help json."},
    [CLI_OPT_YES] = {.name = "yes",
                     .letter = 'y',
                     .help = "Answer yes to questions that have a safe default; never to an "
                             "irreversible step."},
    [CLI_OPT_QUIET] = {.name = "quiet",
                       .letter = 'q',
                       .help = "Leave out the steps; show results, warnings and errors."},
    [CLI_OPT_VERBOSE] = {.name = "verbose",
                         .letter = 'v',
                         .help = "Show the raw facts too: transfers, states, predictions."},
    [CLI_OPT_NO_COLOR] = {.name = "no-color",
                          .help = "No colours. So does a NO_COLOR in the environment."},
    [CLI_OPT_ASCII] = {.name = "ascii", .help = "Nothing but ASCII characters."},
    [CLI_OPT_HELP] = {.name = "help", .letter = 'h', .help = "Help on the verb."},
    [CLI_OPT_VERSION] = {.name = "version", .help = "The version."},
    [CLI_OPT_ALL] = {.name = "all",
                     .help =
                         "With list, also devices without a DFU interface; with flash and plan, "
                         "every device that fits DEVICE, without DEVICE every one in DFU mode."},
    [CLI_OPT_WATCH] = {.name = "watch",
                       .letter = 'w',
                       .help = "Go on until Ctrl-C: show what is plugged in or out, or flash each "
                               "device plugged in once."},
    [CLI_OPT_NUMBER] = {.name = "count",
                        .kind = CLI_WORD_TEXT,
                        .value = "N",
                        .help = "Wait until N devices fit, then flash them all."},
    [CLI_OPT_AT] = {.name = "at",
                    .letter = 'a',
                    .kind = CLI_WORD_TEXT,
                    .value = "ADDRESS",
                    .help = "Where a raw file goes, such as 0x08000000. Refused when the file "
                            "itself carries addresses that differ."},
    [CLI_OPT_REGION] = {.name = "region",
                        .letter = 'r',
                        .kind = CLI_WORD_TEXT,
                        .value = "REGION",
                        .help = "The region (its alternate setting or its name, as info shows "
                                "them) for a file that names none."},
    [CLI_OPT_DRY_RUN] = {.name = "dry-run",
                         .letter = 'n',
                         .help = "Show the plan and change nothing; the same as plan."},
    [CLI_OPT_STAY] = {.name = "stay", .help = "Leave the device in its bootloader afterwards."},
    [CLI_OPT_WHOLE] = {.name = "whole",
                       .help = "Write every sector of the image without comparing first."},
    [CLI_OPT_READ_ONCE] = {.name = "read-once",
                           .help = "Back up by one reading instead of two that are compared."},
    [CLI_OPT_ACCEPT] = {.name = "accept",
                        .repeats = true,
                        .kind = CLI_WORD_TEXT,
                        .value = "NAME",
                        .help = "Go on although the image contradicts the device in this: "
                                "bad-crc, other-device, ... The error that refuses it says the "
                                "name."},
    [CLI_OPT_DISCARD_NEIGHBOURS] = {.name = "discard-neighbours",
                                    .help = "Lose what shares a sector with the image instead of "
                                            "keeping it."},
    [CLI_OPT_NO_BACKUP] = {.name = "no-backup",
                           .help = "Make no backup: what the device holds now is lost."},
    [CLI_OPT_ERASE_ALL] = {.name = "erase-all",
                           .help = "Erase everything first: all that the device holds is lost."},
    [CLI_OPT_WRITE_OPTION_BYTES] = {.name = "write-option-bytes",
                                    .help = "Allow writing option bytes: a wrong value can lock "
                                            "the device for ever."},
    [CLI_OPT_WRITE_OTP] = {.name = "write-otp",
                           .help = "Allow writing one-time programmable memory: it can never be "
                                   "changed again."},
    [CLI_OPT_LOSE_PROTECTED_CONTENT] = {.name = "lose-protected-content",
                                        .help = "Lift read protection: the device erases itself, "
                                                "and what it held is lost."},
    [CLI_OPT_OUTPUT] = {.name = "output",
                        .letter = 'o',
                        .kind = CLI_WORD_FILE,
                        .value = "FILE",
                        .help = "Also write to FILE, which must not exist yet."},
    [CLI_OPT_ATTACH] = {.name = "attach",
                        .help = "Plug the device into the local kernel through vhci-hcd; needs "
                                "root and the module."},
    [CLI_OPT_USBIP] = {.name = "usbip",
                       .kind = CLI_WORD_TEXT,
                       .value = "ADDRESS:PORT",
                       .help = "Listen there with the USB/IP protocol."},
};

static const struct cli_group cli_groups[] = {
    {"image", "firmware files"},
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

const struct cli_verb *cli_verb_find(const char *name)
{
    for (size_t i = 0; i < CLI_VERB_COUNT; i++) {
        if (cli_verbs[i].name[0] != '\0' && strcmp(cli_verbs[i].name, name) == 0) {
            return &cli_verbs[i];
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

enum cli_verb_id cli_verb_id(const struct cli_verb *verb)
{
    return (enum cli_verb_id)(verb - cli_verbs);
}

bool cli_verb_takes(const struct cli_verb *verb, enum cli_option_id option)
{
    return ((verb->options | cli_global_options) & CLI_BIT(option)) != 0;
}
