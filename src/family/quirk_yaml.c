/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Quirks out of YAML. A file may come from anybody: its form is fixed, so nothing in it decides
 * how deep this goes; anchors, aliases and tags are refused, and so is a second document.
 */
#include "base/error.h"
#include "family/quirks.h"

#include <yaml.h>

#include <stdlib.h>
#include <string.h>

#define KEY_MAX 64u

struct reader {
    yaml_parser_t parser;
    yaml_event_t event; /* the one in hand */
    bool has_event;
    struct ub_quirk_place place;
    struct ub_quirks *quirks;
    struct ub_quirk quirk; /* the one being read */
    size_t added;          /* quirks of this text, which are the last ones of the table */
    bool own;
    struct ub_error *err;
};

static void drop_event(struct reader *reader)
{
    if (reader->has_event)
        yaml_event_delete(&reader->event);
    reader->has_event = false;
}

static enum ub_code bad_yaml(struct reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    if (parser->error == YAML_MEMORY_ERROR)
        return ub_fail_memory(reader->err);
    reader->place.line = parser->problem_mark.line + 1;
    return ub_quirk_bad(&reader->place, reader->err, "this is not YAML: %s",
                        parser->problem ? parser->problem : "it cannot be read");
}

/* YAML's own machinery, which a table has no use for and a stranger has. */
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
    if (!yaml_parser_parse(&reader->parser, &reader->event))
        return bad_yaml(reader);
    reader->has_event = true;
    reader->place.line = reader->event.start_mark.line + 1;
    if (has_machinery(&reader->event))
        return ub_quirk_bad(&reader->place, reader->err,
                            "anchors, aliases and tags are not taken here");
    return UB_OK;
}

static bool at(const struct reader *reader, yaml_event_type_t type)
{
    return reader->event.type == type;
}

/* The next event, which has to be of that type. */
static enum ub_code expect(struct reader *reader, yaml_event_type_t type, const char *what)
{
    enum ub_code code = next(reader);
    if (!code && !at(reader, type))
        code = ub_quirk_bad(&reader->place, reader->err, "%s is expected here", what);
    return code;
}

/* The text of the scalar in hand, which has no NUL in it. */
static enum ub_code scalar(struct reader *reader, const char **text)
{
    *text = "";
    if (!at(reader, YAML_SCALAR_EVENT))
        return ub_quirk_bad(&reader->place, reader->err, "a text or a number is expected here");
    const char *value = (const char *)reader->event.data.scalar.value;
    if (strlen(value) != reader->event.data.scalar.length)
        return ub_quirk_bad(&reader->place, reader->err, "a text with a NUL in it");
    *text = value;
    return UB_OK;
}

/* The key in hand, copied out of its event. */
static enum ub_code take_key(struct reader *reader, char key[KEY_MAX])
{
    const char *text;
    enum ub_code code = scalar(reader, &text);
    size_t length = strlen(text);
    if (!code && length >= KEY_MAX)
        code = ub_quirk_bad(&reader->place, reader->err, "there is no key as long as that");
    if (!code)
        memcpy(key, text, length + 1);
    return code;
}

typedef enum ub_code setter(struct ub_quirk *quirk, const char *key, const char *text,
                            const struct ub_quirk_place *place, bool *known, struct ub_error *err);

/* Some keys, and who takes their values. */
struct section {
    enum ub_quirk_section name;
    setter *set;
    bool several; /* a key may have a list of values */
};

static const struct section entry = {UB_QUIRK_IN_ENTRY, ub_quirk_say, false};
static const struct section selection = {UB_QUIRK_IN_SELECT, ub_quirk_select, true};
static const struct section behaviour = {UB_QUIRK_IN_BEHAVIOUR, ub_quirk_change, false};

/* The key in hand, which is one of the section's: said before its value is looked at, which may
 * have any form. */
static enum ub_code take_known_key(struct reader *reader, const struct section *section,
                                   char key[KEY_MAX])
{
    enum ub_code code = take_key(reader, key);
    if (!code && !ub_quirk_key_in(section->name, key))
        code = ub_quirk_unknown_key(section->name, key, &reader->place, reader->err);
    return code;
}

/* One value, the event in hand, for `key`. */
static enum ub_code set_value(struct reader *reader, const struct section *section, const char *key)
{
    const char *text;
    bool known = false;
    enum ub_code code = scalar(reader, &text);
    if (!code)
        code = section->set(&reader->quirk, key, text, &reader->place, &known, reader->err);
    return code;
}

/* A value, or where several may be a list of values, each set in turn. */
static enum ub_code read_values(struct reader *reader, const struct section *section,
                                const char *key)
{
    enum ub_code code = next(reader);
    if (code || !section->several || !at(reader, YAML_SEQUENCE_START_EVENT))
        return code ? code : set_value(reader, section, key);
    for (;;) {
        code = next(reader);
        if (code || at(reader, YAML_SEQUENCE_END_EVENT))
            return code;
        code = set_value(reader, section, key);
        if (code)
            return code;
    }
}

/* A mapping of keys to values: `select` or `behaviour`. */
static enum ub_code read_section(struct reader *reader, const struct section *section)
{
    char key[KEY_MAX];
    enum ub_code code = expect(reader, YAML_MAPPING_START_EVENT, "a mapping of keys to values");
    while (!code) {
        code = next(reader);
        if (code || at(reader, YAML_MAPPING_END_EVENT))
            break;
        code = take_known_key(reader, section, key);
        if (!code)
            code = read_values(reader, section, key);
    }
    return code;
}

static enum ub_code read_key(struct reader *reader, bool *selected, bool *behaves)
{
    char key[KEY_MAX];
    enum ub_code code = take_known_key(reader, &entry, key);
    if (code)
        return code;
    bool *twice = strcmp(key, "select") == 0      ? selected
                  : strcmp(key, "behaviour") == 0 ? behaves
                                                  : NULL;
    if (!twice)
        return read_values(reader, &entry, key);
    if (*twice)
        return ub_quirk_bad(&reader->place, reader->err, "%s is there twice", key);
    *twice = true;
    return read_section(reader, twice == selected ? &selection : &behaviour);
}

/* A name that is there twice is a slip: the second would silently take the first one's place. */
static enum ub_code check_name(struct reader *reader, const struct ub_quirk_place *begin)
{
    const size_t count = ub_quirks_count(reader->quirks);
    for (size_t i = count - reader->added; i < count; i++)
        if (strcmp(ub_quirks_at(reader->quirks, i)->name, reader->quirk.name) == 0)
            return ub_quirk_bad(begin, reader->err, "%s is the name of two quirks in this file",
                                reader->quirk.name);
    return UB_OK;
}

/* One quirk; its mapping's start is in hand. */
static enum ub_code read_quirk(struct reader *reader)
{
    const struct ub_quirk_place begin = reader->place;
    bool selected = false;
    bool behaves = false;
    bool known;
    enum ub_code code = UB_OK;
    while (!code) {
        code = next(reader);
        if (code || at(reader, YAML_MAPPING_END_EVENT))
            break;
        code = read_key(reader, &selected, &behaves);
    }
    if (!code && reader->own && !reader->quirk.source)
        code = ub_quirk_say(&reader->quirk, "source", begin.file, &begin, &known, reader->err);
    if (!code)
        code = ub_quirk_finish(&reader->quirk, &begin, reader->err);
    if (!code)
        code = check_name(reader, &begin);
    if (!code)
        code = ub_quirks_add(reader->quirks, &reader->quirk, &begin, reader->err);
    reader->added += !code;
    return code;
}

static enum ub_code read_list(struct reader *reader)
{
    enum ub_code code = expect(reader, YAML_SEQUENCE_START_EVENT, "a list of quirks");
    while (!code) {
        code = next(reader);
        if (code || at(reader, YAML_SEQUENCE_END_EVENT))
            break;
        code = at(reader, YAML_MAPPING_START_EVENT)
                   ? read_quirk(reader)
                   : ub_quirk_bad(&reader->place, reader->err, "a quirk is expected here");
    }
    return code;
}

/* A file without quirks is hardly the one that was meant; one that says so has an empty list. */
static enum ub_code nothing(struct reader *reader)
{
    return ub_quirk_bad(&reader->place, reader->err,
                        "there is nothing in it: a file of quirks has the key quirks, with a list");
}

static enum ub_code read_document(struct reader *reader)
{
    const char *key = "";
    enum ub_code code = next(reader);
    if (code)
        return code;
    if (at(reader, YAML_SCALAR_EVENT) && reader->event.data.scalar.length == 0)
        return nothing(reader); /* nothing but a marker */
    if (!at(reader, YAML_MAPPING_START_EVENT))
        return ub_quirk_bad(&reader->place, reader->err, "the key quirks is expected here");
    code = next(reader);
    if (!code && at(reader, YAML_MAPPING_END_EVENT))
        return nothing(reader);
    if (!code)
        code = scalar(reader, &key);
    if (!code && strcmp(key, "quirks") != 0)
        code = ub_quirk_bad(&reader->place, reader->err, "the key quirks is expected here");
    if (!code)
        code = read_list(reader);
    return code ? code
                : expect(reader, YAML_MAPPING_END_EVENT, "the end of the list, and nothing more,");
}

static enum ub_code read_stream(struct reader *reader)
{
    enum ub_code code = expect(reader, YAML_STREAM_START_EVENT, "YAML");
    if (!code)
        code = next(reader);
    if (!code && at(reader, YAML_STREAM_END_EVENT))
        code = nothing(reader);
    if (code)
        return code;
    code = read_document(reader);
    if (!code)
        code = expect(reader, YAML_DOCUMENT_END_EVENT, "the end of the document");
    return code ? code : expect(reader, YAML_STREAM_END_EVENT, "the end of the file");
}

enum ub_code ub_quirks_add_text(struct ub_quirks *quirks, const char *file, bool own,
                                const uint8_t *text, size_t length, struct ub_error *err)
{
    struct reader reader = {.place = {.file = file}, .quirks = quirks, .own = own, .err = err};
    if (length > UB_QUIRKS_FILE_MAX)
        return ub_quirk_bad(&reader.place, err, "larger than %zu bytes", UB_QUIRKS_FILE_MAX);
    if (!yaml_parser_initialize(&reader.parser))
        return ub_fail_memory(err);
    yaml_parser_set_input_string(&reader.parser, text, length);
    enum ub_code code = read_stream(&reader);
    drop_event(&reader);
    yaml_parser_delete(&reader.parser);
    ub_quirk_clear(&reader.quirk);
    return code;
}
