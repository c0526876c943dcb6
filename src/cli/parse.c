/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "parse.h"

#include "fault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORD_MAX 63

/** What the first pass over the command line gathers; complaints wait until the verb is known. */
struct reading {
    struct cli_words *words;
    char *const *argv;
    int argc;
    int at;              /**< the next word */
    bool only_arguments; /**< after `--` */
    const char *unknown; /**< first option that no verb has */
};

/** The three ways to get one letter further, and the fourth: two letters swapped. */
static size_t cheapest(const size_t before[], const size_t above[], const size_t row[],
                       const char *a, const char *b, size_t i, size_t j)
{
    size_t best = above[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U);
    if (above[j] + 1 < best) {
        best = above[j] + 1;
    }
    if (row[j - 1] + 1 < best) {
        best = row[j - 1] + 1;
    }
    if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
        before[j - 2] + 1 < best) {
        best = before[j - 2] + 1;
    }
    return best;
}

size_t cli_distance(const char *a, const char *b)
{
    size_t rows[3][WORD_MAX + 1] = {{0}};
    size_t la = strlen(a);
    size_t lb = strlen(b);
    if (la > WORD_MAX || lb > WORD_MAX) {
        return WORD_MAX;
    }
    for (size_t j = 0; j <= lb; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= la; i++) {
        size_t *row = rows[i % 3];
        row[0] = i;
        for (size_t j = 1; j <= lb; j++) {
            row[j] = cheapest(rows[(i + 1) % 3], rows[(i + 2) % 3], row, a, b, i, j);
        }
    }
    return rows[la % 3][lb];
}

/** Keeps the better of two suggestions. A word that begins with what was typed is close too. */
static void suggest(const char *typed, const char *candidate, const char **best, size_t *distance)
{
    size_t length = strlen(typed);
    size_t found = cli_distance(typed, candidate);
    if (length >= 3 && strncmp(typed, candidate, length) == 0) {
        found = 1;
    }
    if (found < *distance) {
        *distance = found;
        *best = candidate;
    }
}

/** How far a suggestion may be from what was typed, plus one. */
static size_t reach(const char *typed)
{
    size_t third = strlen(typed) / 3;
    return (third < 1 ? 1 : third > 3 ? 3 : third) + 1;
}

static const char *nearest_option(const char *typed, const struct cli_verb *verb)
{
    const char *best = NULL;
    size_t distance = reach(typed);
    for (size_t i = 0; i < CLI_OPTION_COUNT; i++) {
        if (verb == NULL || cli_verb_takes(verb, (enum cli_option_id)i)) {
            suggest(typed, cli_options[i].name, &best, &distance);
        }
    }
    return best;
}

static const char *nearest_verb(const char *typed)
{
    const char *best = NULL;
    size_t distance = reach(typed);
    const struct cli_group *group = NULL;
    for (size_t i = 0; i < CLI_VERB_COUNT; i++) {
        if (!cli_verb_at(i)->hidden && cli_verb_at(i)->name[0] != '\0') {
            suggest(typed, cli_verb_at(i)->name, &best, &distance);
        }
    }
    for (size_t i = 0; (group = cli_group_at(i)) != NULL; i++) {
        suggest(typed, group->name, &best, &distance);
    }
    return best;
}

static enum ub_code add_to_list(struct cli_list *list, const char *value, struct ub_error *err)
{
    const char **items = realloc(list->items, (list->count + 1) * sizeof(*items));
    if (items == NULL) {
        return cli_fail_memory(err);
    }
    list->items = items;
    items[list->count++] = value;
    return UB_OK;
}

static enum ub_code keep_value(struct cli_words *words, enum cli_option_id id, const char *value,
                               struct ub_error *err)
{
    const struct cli_option *option = &cli_options[id];
    if (value[0] == '\0') {
        return cli_fail(err, UB_USE_OPTION, "option --%s needs a value: --%s %s", option->name,
                        option->name, option->value);
    }
    if (option->repeats) {
        return add_to_list(&words->list[id], value, err);
    }
    if (words->value[id] != NULL && strcmp(words->value[id], value) != 0) {
        return cli_fail(err, UB_USE_CONFLICT, "option --%s is given twice, as \"%s\" and as \"%s\"",
                        option->name, words->value[id], value);
    }
    words->value[id] = value;
    return UB_OK;
}

/** Takes an option whose value, if any was attached to it, is `attached`. */
static enum ub_code take(struct reading *r, enum cli_option_id id, const char *attached,
                         struct ub_error *err)
{
    const struct cli_option *option = &cli_options[id];
    r->words->given[id] = true;
    if (option->value == NULL) {
        if (attached != NULL) {
            return cli_fail(err, UB_USE_OPTION, "option --%s takes no value", option->name);
        }
        return UB_OK;
    }
    if (attached == NULL) {
        if (r->at >= r->argc) {
            return cli_fail(err, UB_USE_OPTION, "option --%s needs a value: --%s %s", option->name,
                            option->name, option->value);
        }
        attached = r->argv[r->at++];
    }
    return keep_value(r->words, id, attached, err);
}

static enum ub_code take_long(struct reading *r, const char *word, struct ub_error *err)
{
    const char *name = word + 2;
    const char *equals = strchr(name, '=');
    size_t length = equals != NULL ? (size_t)(equals - name) : strlen(name);
    enum cli_option_id id = cli_option_find(name, length);
    if (id == CLI_OPTION_COUNT) {
        r->unknown = r->unknown != NULL ? r->unknown : word;
        return UB_OK;
    }
    return take(r, id, equals != NULL ? equals + 1 : NULL, err);
}

static enum ub_code take_letters(struct reading *r, const char *word, struct ub_error *err)
{
    for (const char *letter = word + 1; *letter != '\0'; letter++) {
        enum cli_option_id id = cli_option_by_letter(*letter);
        if (id == CLI_OPTION_COUNT) {
            r->unknown = r->unknown != NULL ? r->unknown : word;
            return UB_OK;
        }
        if (cli_options[id].value != NULL) {
            return take(r, id, letter[1] != '\0' ? letter + 1 : NULL, err);
        }
        enum ub_code code = take(r, id, NULL, err);
        if (code != UB_OK) {
            return code;
        }
    }
    return UB_OK;
}

static enum ub_code read_words(struct reading *r, struct ub_error *err)
{
    while (r->at < r->argc) {
        const char *word = r->argv[r->at++];
        enum ub_code code = UB_OK;
        if (r->only_arguments || word[0] != '-' || word[1] == '\0') {
            r->words->arguments[r->words->argument_count++] = word;
        } else if (strcmp(word, "--") == 0) {
            r->only_arguments = true;
        } else if (word[1] == '-') {
            code = take_long(r, word, err);
        } else {
            code = take_letters(r, word, err);
        }
        if (code != UB_OK) {
            return code;
        }
    }
    return UB_OK;
}

static void drop_arguments(struct cli_words *words, size_t count)
{
    words->argument_count -= count;
    for (size_t i = 0; i < words->argument_count; i++) {
        words->arguments[i] = words->arguments[i + count];
    }
}

static enum ub_code choose_in_group(struct cli_words *words, struct ub_error *err)
{
    char name[WORD_MAX + 1];
    const char *second = cli_argument(words, 1);
    if (second == NULL && cli_given(words, CLI_OPT_HELP)) {
        words->verb = cli_verb_at(CLI_VERB_HELP);
        return UB_OK;
    }
    if (second == NULL) {
        return cli_fail(err, UB_USE_ARGUMENT, "\"%s\" needs a second word", words->group->name);
    }
    (void)snprintf(name, sizeof(name), "%s %s", words->group->name, second);
    words->verb = cli_verb_find(name);
    if (words->verb == NULL) {
        return cli_fail(err, UB_USE_ARGUMENT, "there is no verb \"%s %s\"", words->group->name,
                        second);
    }
    words->group = NULL;
    drop_arguments(words, 2);
    return UB_OK;
}

static enum ub_code choose_verb(struct cli_words *words, struct ub_error *err)
{
    const char *first = cli_argument(words, 0);
    if (first == NULL) {
        words->verb = cli_verb_at(cli_given(words, CLI_OPT_VERSION) ? CLI_VERB_VERSION
                                                                    : CLI_VERB_OVERVIEW);
        return UB_OK;
    }
    words->group = cli_group_find(first);
    if (words->group != NULL) {
        return choose_in_group(words, err);
    }
    words->verb = strchr(first, ' ') == NULL ? cli_verb_find(first) : NULL;
    if (words->verb == NULL) {
        const char *near = nearest_verb(first);
        (void)cli_fail(err, UB_USE_ARGUMENT, "there is no verb \"%s\"%s%s%s", first,
                       near != NULL ? "; did you mean \"" : "", near != NULL ? near : "",
                       near != NULL ? "\"?" : "");
        return err->code;
    }
    drop_arguments(words, 1);
    return UB_OK;
}

static enum ub_code refuse_unknown(const struct reading *r, const struct cli_verb *verb,
                                   struct ub_error *err)
{
    char name[WORD_MAX + 1];
    const char *word = r->unknown + (r->unknown[1] == '-' ? 2 : 1);
    size_t length = strcspn(word, "=");
    (void)snprintf(name, sizeof(name), "%.*s", (int)(length > WORD_MAX ? WORD_MAX : length), word);
    const char *near = r->unknown[1] == '-' ? nearest_option(name, verb) : NULL;
    return cli_fail(err, UB_USE_OPTION, "there is no option %s%s%s%s%s",
                    r->unknown[1] == '-' ? "--" : "-", name,
                    near != NULL ? "; did you mean --" : "", near != NULL ? near : "",
                    near != NULL ? "?" : "");
}

/** What there is to say about an option that a verb does not take, though it might seem to. */
static const char *why_not(const struct cli_verb *verb, enum cli_option_id id)
{
    bool waits = id == CLI_OPT_NUMBER || id == CLI_OPT_WATCH;
    return verb->id == CLI_VERB_PLAN && waits
               ? ": a plan is for what is attached now, and waits for nothing"
               : "";
}

static enum ub_code check_options(const struct cli_words *words, struct ub_error *err)
{
    const struct cli_conflict *conflict = NULL;
    for (size_t i = 0; i < CLI_OPTION_COUNT; i++) {
        enum cli_option_id id = (enum cli_option_id)i;
        if (cli_given(words, id) && !cli_verb_takes(words->verb, id)) {
            return cli_fail(err, UB_USE_OPTION, "\"unbrick%s%s\" does not take --%s%s",
                            words->verb->name[0] != '\0' ? " " : "", words->verb->name,
                            cli_options[i].name, why_not(words->verb, id));
        }
    }
    for (size_t i = 0; (conflict = cli_conflict_at(i)) != NULL; i++) {
        if (cli_given(words, conflict->one) && cli_given(words, conflict->other)) {
            return cli_fail(err, UB_USE_CONFLICT, "--%s and --%s contradict each other: %s",
                            cli_options[conflict->one].name, cli_options[conflict->other].name,
                            conflict->why);
        }
    }
    if (cli_given(words, CLI_OPT_LENIENT) && !cli_given(words, CLI_OPT_REPLAY)) {
        return cli_fail(err, UB_USE_OPTION,
                        "--lenient says how a trace is replayed: it needs --replay FILE");
    }
    return UB_OK;
}

static enum ub_code check_arguments(const struct cli_words *words, struct ub_error *err)
{
    size_t taken = 0;
    for (size_t i = 0; words->verb->arguments[i].name != NULL; i++) {
        const struct cli_argument *argument = &words->verb->arguments[i];
        if (!argument->optional && i >= words->argument_count) {
            return cli_fail(err, UB_USE_ARGUMENT, "\"unbrick %s\" needs %s", words->verb->name,
                            argument->name);
        }
        taken = argument->repeats ? SIZE_MAX : i + 1;
    }
    if (words->argument_count > taken) {
        return cli_fail(err, UB_USE_ARGUMENT, "\"%s\" is one argument too many for \"unbrick %s\"",
                        cli_argument(words, taken), words->verb->name);
    }
    for (size_t i = 0; i < words->argument_count; i++) {
        const char *argument = cli_argument(words, i);
        if (argument != NULL && argument[0] == '\0') {
            return cli_fail(err, UB_USE_ARGUMENT, "an argument of \"unbrick %s\" is empty",
                            words->verb->name);
        }
    }
    return UB_OK;
}

enum ub_code cli_parse(int argc, char *const *argv, struct cli_words *out, struct ub_error *err)
{
    struct reading r = {.words = out, .argv = argv, .argc = argc, .at = 1};
    size_t room = argc > 0 ? (size_t)argc : 1;
    memset(out, 0, sizeof(*out));
    out->verb = cli_verb_at(CLI_VERB_OVERVIEW);
    out->arguments = calloc(room, sizeof(*out->arguments));
    if (out->arguments == NULL) {
        return cli_fail_memory(err);
    }
    enum ub_code code = read_words(&r, err);
    bool readable = code == UB_OK;
    struct ub_error ignored;
    if (readable) {
        code = choose_verb(out, err);
    } else {
        (void)choose_verb(out, &ignored); /* so that the end can speak of the verb that was meant */
    }
    if (readable && r.unknown != NULL) { /* its value may have been taken for the verb */
        code = refuse_unknown(&r, code == UB_OK ? out->verb : NULL, err);
    }
    if (code == UB_OK && !cli_given(out, CLI_OPT_HELP)) {
        code = check_options(out, err);
    }
    if (code == UB_OK && !cli_given(out, CLI_OPT_HELP)) {
        code = check_arguments(out, err);
    }
    if (out->verb == NULL) {
        out->verb = cli_verb_at(CLI_VERB_OVERVIEW);
    }
    return code;
}

void cli_words_free(struct cli_words *words)
{
    for (size_t i = 0; i < CLI_OPTION_COUNT; i++) {
        free(words->list[i].items);
        words->list[i] = (struct cli_list){NULL, 0};
    }
    free(words->arguments);
    words->arguments = NULL;
}

bool cli_given(const struct cli_words *words, enum cli_option_id option)
{
    return words->given[option];
}

const char *cli_argument(const struct cli_words *words, size_t index)
{
    return index < words->argument_count ? words->arguments[index] : NULL;
}

static bool digit_value(char c, unsigned base, unsigned *value)
{
    if (c >= '0' && c <= '9') {
        *value = (unsigned)(c - '0');
    } else if (c >= 'a' && c <= 'f') {
        *value = (unsigned)(c - 'a') + 10;
    } else if (c >= 'A' && c <= 'F') {
        *value = (unsigned)(c - 'A') + 10;
    } else {
        return false;
    }
    return *value < base;
}

bool cli_number(const char *text, uint64_t max, uint64_t *value)
{
    unsigned base = 10;
    uint64_t number = 0;
    unsigned digit = 0;
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        text += 2;
    } else if (text[0] == '0' && text[1] != '\0') {
        return false; /* 010: eight or ten? */
    }
    if (!digit_value(text[0], base, &digit)) {
        return false;
    }
    for (; digit_value(*text, base, &digit); text++) {
        if (number > (UINT64_MAX - digit) / base) {
            return false;
        }
        number = number * base + digit;
    }
    if (*text == 'K' || *text == 'M') {
        uint64_t factor = *text == 'K' ? 1024 : UINT64_C(1024) * 1024;
        if (number > UINT64_MAX / factor) {
            return false;
        }
        number *= factor;
        text++;
    }
    if (*text != '\0' || number > max) {
        return false;
    }
    *value = number;
    return true;
}

bool cli_is_backup_id(const char *text)
{
    static const char form[] = "dddd-dd-dd-d";
    size_t i = 0;
    for (; form[i] != '\0'; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        if (form[i] == 'd' ? !digit : text[i] != form[i]) {
            return false;
        }
    }
    while (text[i] >= '0' && text[i] <= '9') {
        i++;
    }
    return text[i] == '\0';
}
