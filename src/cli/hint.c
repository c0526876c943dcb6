/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hint.h"

#include "fault.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char command[] = "unbrick ";
#define COMMAND_LENGTH (sizeof(command) - 1)

/* A step that helps only where several devices can be meant. */
static const char all_of_them[] = "flash IMAGE --all";

/** A text being put together; `full` once something did not fit. */
struct paper {
    char *to;
    size_t used;
    bool full;
};

static void put(struct paper *paper, const char *text, size_t length)
{
    if (paper->full || length >= HINT_TEXT - paper->used) {
        paper->full = true;
        return;
    }
    memcpy(paper->to + paper->used, text, length);
    paper->used += length;
    paper->to[paper->used] = '\0';
}

static void put_text(struct paper *paper, const char *text)
{
    put(paper, text, strlen(text));
}

static void put_word(struct paper *paper, const char *word)
{
    char *quoted = cli_quoted(word);
    put_text(paper, quoted != NULL ? quoted : word);
    free(quoted);
}

/** The place of an argument of this kind and name in the table, or -1. */
static int place_of(const struct cli_verb *verb, const char *name)
{
    for (int i = 0; verb->arguments[i].name != NULL; i++) {
        if (strcmp(verb->arguments[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

const char *cli_device_argument(const struct cli_words *words)
{
    int place = place_of(words->verb, "DEVICE");
    if (place < 0) {
        return NULL;
    }
    if (words->verb->id == CLI_VERB_RESTORE && words->argument_count == 1 &&
        !cli_is_backup_id(words->arguments[0])) {
        place = 0;
    }
    return cli_argument(words, (size_t)place);
}

static void put_option(struct paper *paper, const struct cli_words *words, enum cli_option_id id)
{
    if (words->value[id] != NULL) {
        put_text(paper, " --");
        put_text(paper, cli_options[id].name);
        put_text(paper, " ");
        put_word(paper, words->value[id]);
    }
}

/** An option as it was given, whatever its kind. */
static void put_given(struct paper *paper, const struct cli_words *words, enum cli_option_id id)
{
    put_option(paper, words, id);
    for (size_t i = 0; i < words->list[id].count; i++) {
        put_text(paper, " --");
        put_text(paper, cli_options[id].name);
        put_text(paper, " ");
        put_word(paper, words->list[id].items[i]);
    }
    if (cli_options[id].value == NULL && cli_given(words, id)) {
        put_text(paper, " --");
        put_text(paper, cli_options[id].name);
    }
}

/** The verb in a command's words, of one word or of two; NULL if there is none. */
static const struct cli_verb *verb_of(const char *words, size_t length)
{
    char name[32];
    size_t end = strcspn(words, " `.,:");
    (void)snprintf(name, sizeof(name), "%.*s", (int)(end < length ? end : length), words);
    if (cli_group_find(name) != NULL && end < length) {
        end += 1 + strcspn(words + end + 1, " `.,:");
        (void)snprintf(name, sizeof(name), "%.*s", (int)(end < length ? end : length), words);
    }
    return cli_verb_find(name);
}

static bool has(const char *words, size_t length, const char *what)
{
    size_t size = strlen(what);
    for (size_t i = 0; i + size <= length; i++) {
        if (strncmp(words + i, what, size) == 0) {
            return true;
        }
    }
    return false;
}

/** The image file that this run is about, or NULL. */
static const char *image_of(const struct cli_words *words)
{
    bool image = place_of(words->verb, "IMAGE") == 0 || cli_verb_in_group(words->verb, "image");
    bool one = words->argument_count == 1 || words->verb->needs_device ||
               words->verb->id == CLI_VERB_IMAGE_CHECK;
    return image && one && words->verb->id != CLI_VERB_IMAGE_FETCH ? cli_argument(words, 0) : NULL;
}

/** The image with what says how it is to be taken, and what it was held against and checked by, as
 * far as the command takes that and says none of it. */
static void put_image(struct paper *paper, const struct cli_words *words,
                      const struct cli_verb *verb, const char *text, size_t length)
{
    static const enum cli_option_id how[] = {
        CLI_OPT_MEMBER, CLI_OPT_AT,  CLI_OPT_REGION,    CLI_OPT_LABEL,
        CLI_OPT_SUMS,   CLI_OPT_KEY, CLI_OPT_SIGNATURE, CLI_OPT_MANIFEST,
    };
    put_word(paper, cli_argument(words, 0));
    for (size_t i = 0; i < sizeof(how) / sizeof(how[0]); i++) {
        bool takes = verb == NULL || cli_verb_takes(verb, how[i]);
        if (takes && !(how[i] == CLI_OPT_AT && has(text, length, "--at"))) {
            put_given(paper, words, how[i]);
        }
    }
}

/** The devices that a command is about: the one that failed, of several; else those that were
 * given, as far as the command takes them. */
static void put_devices(struct paper *paper, const struct cli *cli, bool all, bool named)
{
    const struct cli_words *words = &cli->words;
    const struct ub_many_result *result = cli->many_result;
    const char *device = cli_device_argument(words);
    if (result != NULL && result->failed > 0) {
        put_text(paper, " port=");
        put_text(paper, cli->result.port);
    } else if (all) {
        for (int i = place_of(words->verb, "DEVICE"); i < (int)words->argument_count; i++) {
            put_text(paper, " ");
            put_word(paper, words->arguments[i]);
        }
    } else if (device != NULL && words->argument_count <= CLI_MAX_ARGUMENTS) {
        put_text(paper, " ");
        put_word(paper, device);
    } else if (place_of(words->verb, "DEVICE") >= 0 && cli->result.port[0] != '\0' && named) {
        put_text(paper, " port=");
        put_text(paper, cli->result.port);
    }
}

/** What the catalogue writes for a port that it cannot know. */
static const char some_port[] = "port=1-4.2";
#define SOME_PORT_LENGTH (sizeof(some_port) - 1)

/** "unbrick" with what this run's context is made of, for a verb; `plain` if it needs none. */
static void put_prefix(struct paper *paper, const struct cli *cli, const struct cli_verb *verb)
{
    bool bus = verb != NULL &&
               (verb->needs_device || verb->id == CLI_VERB_LIST ||
                verb->id == CLI_VERB_IMAGE_CHECK || cli_verb_in_group(verb, "vault"));
    bool keys = verb != NULL &&
                (cli_verb_in_group(verb, "image") || cli_verb_in_group(verb, "key"));
    char *prefix = bus || keys ? cli_command_prefix(cli, bus) : NULL;
    put_text(paper, prefix != NULL ? prefix : "unbrick");
    put_text(paper, " ");
    free(prefix);
}

/** The length of a word of the catalogue that stands for the image (IMAGE, and FILE where a verb
 * looks at one), else 0. */
static size_t image_word(const char *text, const struct cli_verb *verb)
{
    static const char image[] = "IMAGE";
    static const char file[] = "FILE";
    bool looks = verb != NULL &&
                 (verb->id == CLI_VERB_IMAGE_INFO || verb->id == CLI_VERB_IMAGE_CHECK);
    return strncmp(text, image, sizeof(image) - 1) == 0          ? sizeof(image) - 1
           : looks && strncmp(text, file, sizeof(file) - 1) == 0 ? sizeof(file) - 1
                                                                 : 0;
}

/** One command without its "unbrick ": `length` bytes of `text`. */
static void put_command(struct paper *paper, const struct cli *cli, const char *text, size_t length)
{
    const struct cli_words *words = &cli->words;
    const struct cli_verb *verb = verb_of(text, length);
    const char *image = image_of(words);
    put_prefix(paper, cli, verb);
    for (size_t i = 0; i < length; i++) {
        bool begins = i == 0 || text[i - 1] == ' ';
        size_t stands = image != NULL && begins ? image_word(text + i, verb) : 0;
        if (stands > 0) {
            put_image(paper, words, verb, text, length);
            i += stands - 1;
        } else if (cli->candidate[0] != '\0' &&
                   strncmp(text + i, some_port, SOME_PORT_LENGTH) == 0) {
            put_text(paper, "port=");
            put_text(paper, cli->candidate);
            i += SOME_PORT_LENGTH - 1;
        } else {
            put(paper, text + i, 1);
        }
    }
    if (verb != NULL && place_of(verb, "DEVICE") >= 0 && !has(text, length, "=")) {
        put_devices(paper, cli, has(text, length, all_of_them), verb->id == CLI_VERB_IMAGE_CHECK);
    }
}

bool hint_member(const struct cli *cli, const char *member, char to[HINT_TEXT])
{
    struct paper paper = {.to = to, .used = 0, .full = false};
    const struct cli_words *words = &cli->words;
    to[0] = '\0';
    put_prefix(&paper, cli, words->verb);
    put_text(&paper, words->verb->name);
    for (size_t i = 0; i < words->argument_count; i++) {
        put_text(&paper, " ");
        put_word(&paper, words->arguments[i]);
    }
    put_text(&paper, " --member ");
    put_word(&paper, member);
    for (size_t i = 0; i < CLI_OPTION_COUNT; i++) {
        if (!cli_options[i].global && i != CLI_OPT_MEMBER) {
            put_given(&paper, words, (enum cli_option_id)i);
        }
    }
    return !paper.full;
}

const char *hint_fill(const struct cli *cli, bool bare, const char *text, char to[HINT_TEXT])
{
    struct paper paper = {.to = to, .used = 0, .full = false};
    const char *from = text;
    to[0] = '\0';
    while (*from != '\0') {
        bool begins = from == text ? bare : from[-1] == '`' || (bare && from[-1] == ' ');
        if (begins && strncmp(from, command, COMMAND_LENGTH) == 0) {
            from += COMMAND_LENGTH;
            size_t length = strcspn(from, bare ? "," : "`");
            put_command(&paper, cli, from, length);
            from += length;
        } else {
            put(&paper, from++, 1);
        }
    }
    if (paper.full) {
        (void)snprintf(to, HINT_TEXT, "%s", text);
    }
    return to;
}

bool hint_fits(const struct cli *cli, const char *text)
{
    if (strstr(text, all_of_them) != NULL && cli->words.verb->id != CLI_VERB_FLASH) {
        return false;
    }
    return !cli->flash.no_backup || strstr(text, "unbrick restore") == NULL;
}

const char *hint_usage(const struct cli *cli, enum ub_code code, char to[HINT_TEXT])
{
    const struct cli_words *words = &cli->words;
    bool named = words->verb->name[0] != '\0' && !words->verb->hidden;
    const char *name = named ? words->verb->name : words->group != NULL ? words->group->name : "";
    switch (code) {
    case UB_USE_SELECTOR:
        (void)hint_fill(cli, false,
                        "What is attached: `unbrick list`. How to name it: "
                        "`unbrick help device`.",
                        to);
        break;
    case UB_USE_QUIRK:
        (void)snprintf(to, HINT_TEXT, "Keys and forms: `unbrick help quirks`.");
        break;
    case UB_USE_EXPLAIN:
        (void)snprintf(to, HINT_TEXT, "All ids: `unbrick explain`.");
        break;
    case UB_USE_NO_ANSWER:
    case UB_USE_DECLINED:
        (void)hint_fill(cli, false,
                        place_of(words->verb, "IMAGE") == 0
                            ? "What would be done: `unbrick plan IMAGE`; it changes nothing."
                            : "What the device is: `unbrick info`; it changes nothing.",
                        to);
        break;
    default:
        if (words->verb->id == CLI_VERB_HELP) {
            name = "";
        }
        (void)snprintf(to, HINT_TEXT, "See `unbrick help%s%s`.", name[0] != '\0' ? " " : "", name);
        break;
    }
    return to;
}

/** "0483:df11" */
static bool is_id(const char *word)
{
    size_t first = strspn(word, "0123456789abcdefABCDEF");
    const char *second = word + first + 1;
    return first > 0 && first <= 4 && word[first] == ':' &&
           strlen(second) == strspn(second, "0123456789abcdefABCDEF") && second[0] != '\0' &&
           strlen(second) <= 4;
}

/** The serial number of a device that is attached, or what looks like one: digits and capitals. */
static bool is_serial(struct cli *cli, const char *word)
{
    struct ub_device *devices = NULL;
    size_t count = 0;
    bool found = false;
    if (cli->context != NULL && ub_devices(cli->context, true, &devices, &count, NULL) == UB_OK) {
        for (size_t i = 0; i < count && !found; i++) {
            found = strcmp(devices[i].serial, word) == 0;
        }
        ub_devices_free(devices);
    }
    size_t digits = 0;
    for (const char *c = word; *c != '\0'; c++) {
        digits += isdigit((unsigned char)*c) ? 1U : 0U;
    }
    return found || (strlen(word) >= 6 && digits >= 2 &&
                     word[strspn(word, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")] == '\0');
}

/** The first port in an error's list of candidates: "port=1-4.2 (0483:df11), port=...". */
static void keep_candidate(struct cli *cli, const struct ub_error *err)
{
    for (unsigned i = 0; i < err->depth && i < UB_ERROR_DEPTH; i++) {
        const char *port = strstr(err->context[i], "port=");
        if (port != NULL) {
            port += strlen("port=");
            (void)snprintf(cli->candidate, sizeof(cli->candidate), "%.*s", (int)strcspn(port, " "),
                           port);
            return;
        }
    }
}

void hint_selector(struct cli *cli, struct ub_error *err)
{
    const char *word = cli_device_argument(&cli->words);
    if (err->code == UB_DEV_SEVERAL) {
        keep_candidate(cli, err);
    }
    if (err->code != UB_USE_SELECTOR || word == NULL) {
        return;
    }
    if (is_id(word)) {
        (void)cli_add(err, "did you mean id=%s?", word);
    } else if (is_serial(cli, word)) {
        (void)cli_add(err, "did you mean serial=%s?", word);
    }
}
