/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verbs that work on this computer. */
#include "verbs.h"

const struct cli_verb cli_host_verbs[] = {
    {
        .id = CLI_VERB_OVERVIEW,
        .name = "",
        .summary = "what is attached, in which mode, and the next sensible step for each",
        .text = "Lists every device that can be flashed, with the command that a person would "
                "sensibly give next. Opens no device, so it works without permission.",
        .examples = {{"unbrick", "what is attached to this computer"},
                     {"unbrick --sim stm32f405", "the same with a virtual STM32F405"}},
    },
    {
        .id = CLI_VERB_LIST,
        .name = "list",
        .summary = "ports, ids, mode, family and serial number of what is attached",
        .text = "One line for each device that has a DFU interface. Opens no device, so it "
                "works without permission.",
        .examples = {{"unbrick list --watch", "follow what is plugged in and out"},
                     {"unbrick list --all --json", "every USB device, as JSON lines"}},
        .options = CLI_OPTIONS(CLI_OPT_ALL, CLI_OPT_WATCH),
    },
    {
        .id = CLI_VERB_SIM,
        .name = "sim",
        .summary = "a virtual device for any tool",
        .arguments = {{.name = "MODEL", .kind = CLI_WORD_MODEL, .optional = true}},
        .text = "Offers a virtual device to the local kernel (--attach) or to others over "
                "USB/IP (--usbip), until it is stopped with Ctrl-C. Without either option it "
                "listens on 127.0.0.1:3240. Without MODEL, lists the models.\n\n"
                "MODEL may carry keys: see \"unbrick help sim-keys\". For a virtual device "
                "inside one command, use the option --sim instead; it needs no privileges.",
        .examples = {{"unbrick sim", "the models there are"},
                     {"sudo unbrick sim stm32f405 --attach",
                      "plug one into this computer's kernel; dfu-util sees it too"},
                     {"unbrick sim stm32f405,state=chip.bin --usbip 127.0.0.1:3240",
                      "for usbip attach; its flash is kept in chip.bin"}},
        .options = CLI_OPTIONS(CLI_OPT_ATTACH, CLI_OPT_USBIP),
    },
    {
        .id = CLI_VERB_EXPLAIN,
        .name = "explain",
        .summary = "what an error means, its likely causes and what to do",
        .arguments = {{.name = "ID", .kind = CLI_WORD_ERROR, .optional = true}},
        .text = "Without ID, lists every error that unbrick can report.",
        .examples = {{"unbrick explain UB-DFU-012", "one error in full"},
                     {"unbrick explain", "all of them, one line each"}},
    },
    {
        .id = CLI_VERB_VERSION,
        .name = "version",
        .summary = "the version of the command and its library",
        .text = "",
        .examples = {{"unbrick version", "one line"},
                     {"unbrick --version --json", "for a program"}},
    },
    {
        .id = CLI_VERB_HELP,
        .name = "help",
        .summary = "help on a verb or a topic",
        .arguments = {{.name = "VERB", .kind = CLI_WORD_TOPIC, .optional = true, .repeats = true}},
        .text = "Without VERB, lists verbs and topics.",
        .examples = {{"unbrick help flash", "the same as unbrick flash --help"},
                     {"unbrick help json", "a topic: the keys of JSON output"}},
    },
    {
        .id = CLI_VERB_GENERATE,
        .name = "__generate",
        .summary = "manual pages and completion scripts, for the build",
        .hidden = true,
        .arguments = {{.name = "KIND", .kind = CLI_WORD_TEXT},
                      {.name = "FOLDER", .kind = CLI_WORD_FOLDER, .optional = true}},
        .text = "KIND is man (into FOLDER), bash, zsh or fish (to standard output).",
        .examples = {{"unbrick __generate man build/man1", "manual pages into a folder"},
                     {"unbrick __generate bash", "completion for bash"}},
    },
    {
        .id = CLI_VERB_WORDS,
        .name = "__words",
        .summary = "words for completion, one a line",
        .hidden = true,
        .arguments = {{.name = "KIND", .kind = CLI_WORD_TEXT}},
        .text = "KIND is devices, backups, keys, models, families, formats, acceptable, errors or "
                "topics.",
        .examples = {{"unbrick __words models", "the models"},
                     {"unbrick __words errors", "the ids of all errors"}},
    },
    {.name = NULL},
};
