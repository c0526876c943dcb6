/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A policy out of YAML: one mapping, whose values are words or lists of words. Anchors, aliases and
 * tags are refused, and so is a second document. A slip must not make the policy a looser one, so
 * nothing is guessed.
 */
#define _POSIX_C_SOURCE 200809L
#include "base/error.h"
#include "base/text.h"
#include "trust/policy_room.h"

#include <yaml.h>

#include <stdlib.h>
#include <string.h>

#define WORD_MAX     64u
#define FAMILIES_MAX 1000u /* of one list */

struct reader {
    yaml_parser_t parser;
    yaml_event_t event; /* the one in hand */
    bool has_event;
    size_t line;
    const char *file;
    struct ub_policy *policy;
    ub_policy_family *is_family;
    unsigned seen; /* bits: keys that were there */
    struct ub_error *err;
};

static enum ub_code bad(struct reader *reader, const char *what, const char *word)
{
    char clean[WORD_MAX];
    ub_print_stranger(clean, sizeof(clean), word, strlen(word));
    return ub_fail(reader->err, UB_TRU_POLICY, "%s:%zu: %s%s%s%s", reader->file, reader->line, what,
                   word[0] ? " \"" : "", clean, word[0] ? "\"" : "");
}

static void drop_event(struct reader *reader)
{
    if (reader->has_event)
        yaml_event_delete(&reader->event);
    reader->has_event = false;
}

static bool has_machinery(const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_ALIAS_EVENT:
        return true;
    case YAML_SCALAR_EVENT:
        return event->data.scalar.anchor || event->data.scalar.tag;
    case YAML_SEQUENCE_START_EVENT:
        return event->data.sequence_start.anchor || event->data.sequence_start.tag;
    case YAML_MAPPING_START_EVENT:
        return event->data.mapping_start.anchor || event->data.mapping_start.tag;
    case YAML_DOCUMENT_START_EVENT:
        return event->data.document_start.tag_directives.start !=
               event->data.document_start.tag_directives.end;
    default:
        return false;
    }
}

static enum ub_code next(struct reader *reader)
{
    drop_event(reader);
    if (!yaml_parser_parse(&reader->parser, &reader->event)) {
        const yaml_parser_t *parser = &reader->parser;
        if (parser->error == YAML_MEMORY_ERROR)
            return ub_fail_memory(reader->err);
        reader->line = parser->problem_mark.line + 1;
        return bad(reader, "this is not YAML:", parser->problem ? parser->problem : "?");
    }
    reader->has_event = true;
    reader->line = reader->event.start_mark.line + 1;
    return has_machinery(&reader->event)
               ? bad(reader, "anchors, aliases and tags are not taken here", "")
               : UB_OK;
}

static bool at(const struct reader *reader, yaml_event_type_t type)
{
    return reader->event.type == type;
}

static enum ub_code expect(struct reader *reader, yaml_event_type_t type, const char *what)
{
    enum ub_code code = next(reader);
    return code || at(reader, type) ? code : bad(reader, "expected here:", what);
}

/** The word in hand, copied out of its event. */
static enum ub_code take_word(struct reader *reader, char word[WORD_MAX])
{
    word[0] = '\0';
    if (!at(reader, YAML_SCALAR_EVENT))
        return bad(reader, "a word is expected here", "");
    const char *text = (const char *)reader->event.data.scalar.value;
    const size_t length = reader->event.data.scalar.length;
    if (length == 0 || strlen(text) != length || length >= WORD_MAX)
        return bad(reader, "a word of 1 to 63 characters is expected here", "");
    memcpy(word, text, length + 1);
    return UB_OK;
}

static enum ub_code take_family(struct reader *reader, struct ub_policy_demand *demand)
{
    char word[WORD_MAX];
    enum ub_code code = take_word(reader, word);
    if (!code && !reader->is_family(word))
        code = bad(reader, "there is no family", word);
    return code ? code : ub_policy_demand_add(demand, word, reader->file, reader->err);
}

/** "all", "none", or a list of families. */
static enum ub_code read_demand(struct reader *reader, struct ub_policy_demand *demand)
{
    char word[WORD_MAX];
    enum ub_code code = next(reader);
    if (!code && at(reader, YAML_SEQUENCE_START_EVENT)) {
        for (unsigned count = 0; !code; count++) {
            code = next(reader);
            if (code || at(reader, YAML_SEQUENCE_END_EVENT))
                return code;
            code = count < FAMILIES_MAX ? take_family(reader, demand)
                                        : bad(reader, "too many families", "");
        }
        return code;
    }
    if (!code)
        code = take_word(reader, word);
    if (code || strcmp(word, "none") == 0)
        return code;
    if (strcmp(word, "all") == 0)
        return ub_policy_demand_add(demand, NULL, reader->file, reader->err);
    return bad(reader, "all, none, or a list of families in [] is expected here, not", word);
}

/** "never" notes the file; "named" leaves things as they are. */
static enum ub_code read_never(struct reader *reader, char **never)
{
    char word[WORD_MAX];
    enum ub_code code = next(reader);
    if (!code)
        code = take_word(reader, word);
    if (code || strcmp(word, "named") == 0)
        return code;
    if (strcmp(word, "never") != 0)
        return bad(reader, "never or named is expected here, not", word);
    if (!*never)
        *never = strdup(reader->file);
    return *never ? UB_OK : ub_fail_memory(reader->err);
}

static enum ub_code read_keys(struct reader *reader)
{
    static const char *const words[] = {"any", "stored", "site"};
    char word[WORD_MAX];
    enum ub_code code = next(reader);
    if (!code)
        code = take_word(reader, word);
    if (code)
        return code;
    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i], word) != 0)
            continue;
        if ((enum ub_policy_keys)i > reader->policy->keys)
            reader->policy->keys = (enum ub_policy_keys)i;
        return UB_OK;
    }
    return bad(reader, "any, stored or site is expected here, not", word);
}

static enum ub_code read_value(struct reader *reader, const char *key)
{
    static const char *const keys[] = {"require_signature", "require_manifest", "allow_rollback",
                                       "allow_expired", "keys"};
    struct ub_policy *policy = reader->policy;
    unsigned number = 0;
    while (number < sizeof(keys) / sizeof(keys[0]) && strcmp(keys[number], key) != 0)
        number++;
    if (number == sizeof(keys) / sizeof(keys[0]))
        return bad(reader, "there is no key", key);
    if (reader->seen & 1u << number)
        return bad(reader, "it is there twice:", key);
    reader->seen |= 1u << number;
    switch (number) {
    case 0:
        return read_demand(reader, &policy->signature);
    case 1:
        return read_demand(reader, &policy->manifest);
    case 2:
        return read_never(reader, &policy->no_rollback);
    case 3:
        return read_never(reader, &policy->no_expired);
    default:
        return read_keys(reader);
    }
}

static enum ub_code read_document(struct reader *reader)
{
    char key[WORD_MAX];
    enum ub_code code = next(reader);
    if (!code && !at(reader, YAML_MAPPING_START_EVENT))
        code = bad(reader, "a mapping of keys to values is expected here", "");
    while (!code) {
        code = next(reader);
        if (code || at(reader, YAML_MAPPING_END_EVENT))
            break;
        code = take_word(reader, key);
        if (!code)
            code = read_value(reader, key);
    }
    return code;
}

/* A file without a word may be one that was cut short. */
static enum ub_code read_stream(struct reader *reader)
{
    enum ub_code code = expect(reader, YAML_STREAM_START_EVENT, "YAML");
    if (!code)
        code = expect(reader, YAML_DOCUMENT_START_EVENT, "a policy, and there is nothing");
    if (!code)
        code = read_document(reader);
    if (!code && !reader->seen)
        code = bad(reader, "there is nothing in it", "");
    if (!code)
        code = expect(reader, YAML_DOCUMENT_END_EVENT, "the end of the document");
    return code ? code : expect(reader, YAML_STREAM_END_EVENT, "the end of the file");
}

enum ub_code ub_policy_add_text(struct ub_policy *policy, const char *file, const uint8_t *text,
                                size_t length, ub_policy_family *is_family, struct ub_error *err)
{
    struct reader reader = {
        .file = file, .policy = policy, .is_family = is_family, .err = err, .line = 1};
    if (length > UB_POLICY_FILE_MAX)
        return bad(&reader, "the file is larger than any policy", "");
    if (!yaml_parser_initialize(&reader.parser))
        return ub_fail_memory(err);
    yaml_parser_set_input_string(&reader.parser, text, length);
    enum ub_code code = read_stream(&reader);
    drop_event(&reader);
    yaml_parser_delete(&reader.parser);
    return code;
}
