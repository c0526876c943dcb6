/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A trace file comes with a stranger's bug report: everything in it is checked before it is used.
 */
#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "usb/trace.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    struct ub_trace *trace;
    size_t capacity; /* records there is room for */
    size_t line;     /* number of the line in hand, from 1 */
    struct ub_error *err;
};

static enum ub_code bad(const struct reader *reader, const char *what)
{
    return ub_fail(reader->err, UB_USE_TRACE, "line %zu of the trace: %s", reader->line, what);
}

static bool take_number(const json_t *line, const char *key, uint64_t max, uint64_t *value)
{
    const json_t *number = json_object_get(line, key);
    if (!json_is_integer(number) || json_integer_value(number) < 0)
        return false;
    *value = (uint64_t)json_integer_value(number);
    return *value <= max;
}

/** As take_number(), and 0 if it is not there. */
static bool take_optional(const json_t *line, const char *key, uint64_t max, uint64_t *value)
{
    *value = 0;
    return !json_object_get(line, key) || take_number(line, key, max, value);
}

/** Text that fits and holds nothing but what can be shown. */
static bool take_text(const json_t *line, const char *key, char *to, size_t size)
{
    const char *text = json_string_value(json_object_get(line, key));
    if (!text || strlen(text) >= size)
        return false;
    ub_print_stranger(to, size, text, strlen(text));
    return true;
}

static bool take_id(const json_t *line, const char *key, uint16_t *id)
{
    const char *text = json_string_value(json_object_get(line, key));
    uint64_t value;
    if (!text || strlen(text) != 4 || !ub_parse_digits(text, 4, 16, UINT16_MAX, &value))
        return false;
    *id = (uint16_t)value;
    return true;
}

/** Hexadecimal digits as bytes of the trace's. */
static enum ub_code take_bytes(const struct reader *reader, const json_t *line, const char *key,
                               size_t max, uint8_t **bytes, size_t *length)
{
    const json_t *value = json_object_get(line, key);
    *bytes = NULL;
    *length = 0;
    if (!value)
        return UB_OK;
    const char *text = json_string_value(value);
    if (!text || json_string_length(value) % 2 || json_string_length(value) / 2 > max)
        return bad(reader, "bytes of a wrong length");
    size_t count = json_string_length(value) / 2;
    *bytes = ub_trace_keep(reader->trace, count ? count : 1);
    if (!*bytes)
        return ub_fail_memory(reader->err);
    if (!ub_parse_hex(text, *bytes, count))
        return bad(reader, "bytes that are not hexadecimal");
    *length = count;
    return UB_OK;
}

static bool take_speed(const json_t *line, enum ub_speed *speed)
{
    static const char *const names[] = {"unknown", "low", "full", "high", "super"};
    const char *text = json_string_value(json_object_get(line, "speed"));
    for (size_t i = 0; text && i < sizeof(names) / sizeof(names[0]); i++) {
        *speed = (enum ub_speed)i;
        if (strcmp(names[i], text) == 0)
            return true;
    }
    return false;
}

static enum ub_code take_info(const struct reader *reader, const json_t *line,
                              struct ub_trace_record *record)
{
    struct ub_usb_info *info = ub_trace_keep(reader->trace, sizeof(*info));
    if (!info)
        return ub_fail_memory(reader->err);
    memset(info, 0, sizeof(*info));
    memcpy(info->port, record->port, sizeof(info->port));
    info->generation = record->generation;
    record->info = info;
    if (!take_speed(line, &info->speed) || !take_id(line, "vid", &info->vid) ||
        !take_id(line, "pid", &info->pid) || !take_id(line, "bcdDevice", &info->bcdDevice) ||
        !take_text(line, "manufacturer", info->manufacturer, sizeof(info->manufacturer)) ||
        !take_text(line, "product", info->product, sizeof(info->product)) ||
        !take_text(line, "serial", info->serial, sizeof(info->serial)))
        return bad(reader, "a device is not described as it should be");
    return take_bytes(reader, line, "config", UB_TRACE_CONFIG_MAX, &info->config,
                      &info->config_length);
}

static enum ub_code take_transfer(const struct reader *reader, const json_t *line,
                                  struct ub_trace_record *record)
{
    uint64_t limit;
    uint64_t queue;
    uint64_t actual;
    uint8_t *bytes;
    size_t length;
    const char *setup = json_string_value(json_object_get(line, "setup"));
    if (!setup || !ub_parse_setup(setup, &record->setup))
        return bad(reader, "a request is not written as it should be");
    const size_t most = record->setup.wLength;
    if (!take_number(line, "limit_ms", UINT32_MAX, &limit) ||
        !take_optional(line, "queue", UINT32_MAX, &queue) ||
        !take_optional(line, "actual", most, &actual))
        return bad(reader, "a number is missing or out of range");
    enum ub_code code = take_bytes(reader, line, "data", most, &bytes, &length);
    if (code)
        return code;
    const bool in = record->setup.bmRequestType & UB_SETUP_IN;
    if (in ? record->code && length : length != most)
        return bad(reader, "a request and its data contradict each other");
    record->timeout_ms = (uint32_t)limit;
    record->queue = (uint32_t)queue;
    record->data = bytes;
    record->length = (uint16_t)length;
    record->actual = (uint16_t)(in ? length : record->code ? 0 : actual);
    return UB_OK;
}

static enum ub_code take_alt(const struct reader *reader, const json_t *line,
                             struct ub_trace_record *record)
{
    uint64_t interface;
    uint64_t alt;
    if (!take_number(line, "interface", UINT8_MAX, &interface) ||
        !take_number(line, "alt", UINT8_MAX, &alt))
        return bad(reader, "an alternate setting is not written as it should be");
    record->setup = ub_setup_of_alt((uint8_t)interface, (uint8_t)alt);
    return UB_OK;
}

static enum ub_code take_wait(const struct reader *reader, const json_t *line,
                              struct ub_trace_record *record)
{
    uint64_t limit;
    const json_t *changed = json_object_get(line, "changed");
    if (!take_number(line, "limit_ms", UINT32_MAX, &limit) || !json_is_boolean(changed))
        return bad(reader, "a wait is not written as it should be");
    record->timeout_ms = (uint32_t)limit;
    record->changed = json_is_true(changed);
    return UB_OK;
}

static enum ub_code take_details(const struct reader *reader, const json_t *line,
                                 struct ub_trace_record *record)
{
    uint64_t number;
    switch (record->op) {
    case UB_TRACE_ATTACH:
        return take_info(reader, line, record);
    case UB_TRACE_CONTROL:
        return take_transfer(reader, line, record);
    case UB_TRACE_ALT:
        return take_alt(reader, line, record);
    case UB_TRACE_WAIT:
        return take_wait(reader, line, record);
    case UB_TRACE_CLAIM:
        if (!take_number(line, "interface", UINT8_MAX, &number))
            return bad(reader, "an interface is not a number");
        record->interface = (uint8_t)number;
        return UB_OK;
    default:
        return UB_OK;
    }
}

/** How it ended: nothing in the line means well. */
static enum ub_code take_end(const struct reader *reader, const json_t *line,
                             struct ub_trace_record *record)
{
    const json_t *id = json_object_get(line, "code");
    char message[UB_ERROR_TEXT];
    if (!id)
        return UB_OK;
    const struct ub_explanation *known = json_is_string(id) ? ub_explain_id(json_string_value(id))
                                                            : NULL;
    if (!known || !take_text(line, "message", message, sizeof(message)))
        return bad(reader, "an error is not written as it should be");
    char *copy = ub_trace_keep(reader->trace, strlen(message) + 1);
    if (!copy)
        return ub_fail_memory(reader->err);
    memcpy(copy, message, strlen(message) + 1);
    record->code = known->code;
    record->message = copy;
    return UB_OK;
}

static bool take_op(const json_t *line, enum ub_trace_op *op)
{
    const char *name = json_string_value(json_object_get(line, "op"));
    for (int i = 0; name && i < UB_TRACE_OP_COUNT; i++) {
        *op = (enum ub_trace_op)i;
        if (strcmp(name, ub_trace_op_name(*op)) == 0)
            return true;
    }
    return false;
}

static bool is_about_a_device(enum ub_trace_op op)
{
    return op != UB_TRACE_LIST && op != UB_TRACE_WAIT;
}

static enum ub_code take_record(const struct reader *reader, const json_t *line,
                                struct ub_trace_record *record)
{
    uint64_t generation;
    memset(record, 0, sizeof(*record));
    if (!take_op(line, &record->op))
        return bad(reader, "\"op\" is missing or unknown");
    if (!take_number(line, "at", UB_TRACE_TIME_MAX, &record->at_us) ||
        !take_optional(line, "took", UB_TRACE_TIME_MAX, &record->took_us))
        return bad(reader, "a time is missing or out of range");
    if (is_about_a_device(record->op) || json_object_get(line, "port")) {
        if (!take_text(line, "port", record->port, sizeof(record->port)) || !record->port[0] ||
            !take_number(line, "gen", UINT32_MAX, &generation))
            return bad(reader, "it is not said which device this is about");
        record->generation = (uint32_t)generation;
    }
    enum ub_code code = take_end(reader, line, record);
    return code ? code : take_details(reader, line, record);
}

static enum ub_code take_header(const struct reader *reader, const json_t *line)
{
    uint64_t version;
    struct ub_trace *trace = reader->trace;
    const char *format = json_string_value(json_object_get(line, "format"));
    if (!format || strcmp(format, UB_TRACE_FORMAT) != 0)
        return bad(reader, "this is not a trace of unbrick's");
    if (!take_number(line, "version", INT32_MAX, &version) || version < 1)
        return bad(reader, "the version of the format is missing");
    if (version > UB_TRACE_VERSION)
        return bad(reader, "it was written by a newer unbrick");
    if (!take_text(line, "transport", trace->transport, sizeof(trace->transport)) ||
        !take_text(line, "started", trace->started, sizeof(trace->started)) ||
        !take_text(line, "unbrick", trace->unbrick, sizeof(trace->unbrick)))
        return bad(reader, "the header is not written as it should be");
    trace->queue = json_is_true(json_object_get(line, "queue"));
    return UB_OK;
}

/** Makes room for one record more. */
static enum ub_code grow(struct reader *reader)
{
    struct ub_trace *trace = reader->trace;
    if (trace->count < reader->capacity)
        return UB_OK;
    if (trace->count >= UB_TRACE_RECORDS_MAX)
        return bad(reader, "it has more lines than any trace should");
    size_t larger = reader->capacity ? reader->capacity * 2 : 256;
    struct ub_trace_record *moved = realloc(trace->records, larger * sizeof(*moved));
    if (!moved)
        return ub_fail_memory(reader->err);
    trace->records = moved;
    reader->capacity = larger;
    return UB_OK;
}

static enum ub_code take_line(struct reader *reader, const char *text, size_t length, bool whole)
{
    struct ub_trace *trace = reader->trace;
    json_error_t why;
    json_t *line = json_loadb(text, length, JSON_REJECT_DUPLICATES, &why);
    enum ub_code code = UB_OK;
    if (!line && !whole && reader->line > 1) {
        trace->torn = true;
        return UB_OK;
    }
    if (!json_is_object(line)) {
        code = bad(reader, reader->line > 1 ? "it is not a JSON object"
                                            : "this is not a trace of unbrick's");
    } else if (reader->line == 1) {
        code = take_header(reader, line);
    } else {
        code = grow(reader);
        if (!code)
            code = take_record(reader, line, &trace->records[trace->count]);
        trace->count += code == UB_OK;
    }
    json_decref(line);
    return code;
}

/** Packet captures are recognised, because people will try. */
static bool is_capture(const char *text, size_t length)
{
    struct ub_cursor cursor = ub_cursor(text, length);
    const uint32_t magic = ub_take_u32be(&cursor);
    return magic == UINT32_C(0xd4c3b2a1) || magic == UINT32_C(0xa1b2c3d4) ||
           magic == UINT32_C(0x4d3cb2a1) || magic == UINT32_C(0x0a0d0d0a);
}

enum ub_code ub_trace_parse(const char *text, size_t length, struct ub_trace **out,
                            struct ub_error *err)
{
    struct reader reader = {.trace = calloc(1, sizeof(*reader.trace)), .err = err};
    enum ub_code code = UB_OK;
    if (!reader.trace)
        return ub_fail_memory(err);
    if (is_capture(text, length))
        code = ub_fail(err, UB_USE_TRACE, "this is a packet capture, which holds too little");
    else if (!length)
        code = ub_fail(err, UB_USE_TRACE, "the trace is empty");
    for (size_t at = 0; at < length && !code;) {
        const char *end = memchr(text + at, '\n', length - at);
        size_t size = end ? (size_t)(end - text) - at : length - at;
        reader.line++;
        code = take_line(&reader, text + at, size, end != NULL);
        at += size + 1;
    }
    if (code) {
        ub_trace_free(reader.trace);
        return code;
    }
    *out = reader.trace;
    return UB_OK;
}

enum ub_code ub_trace_read(const char *path, struct ub_trace **out, struct ub_error *err)
{
    uint8_t *bytes = NULL;
    size_t length = 0;
    struct ub_error why;
    enum ub_code code = ub_file_read(path, UB_TRACE_MAX, &bytes, &length, &why);
    if (code == UB_SYS_MEMORY)
        return ub_fail_memory(err);
    if (code)
        return ub_fail(err, UB_USE_TRACE, "%s", why.message);
    code = ub_trace_parse((const char *)bytes, length, out, err);
    free(bytes);
    return code == UB_USE_TRACE ? ub_wrap(err, code, "in %s", path) : code;
}
