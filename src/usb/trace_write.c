/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A record as a line of JSON: what trace_read.c reads. */
#include "base/text.h"
#include "usb/trace.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/** Sets a member and takes `value` over; *good falls when there is no memory for it. */
static void set(json_t *object, const char *key, json_t *value, bool *good)
{
    if (json_object_set_new(object, key, value) != 0)
        *good = false;
}

static void set_number(json_t *object, const char *key, uint64_t value, bool *good)
{
    set(object, key, json_integer((json_int_t)(value < INT64_MAX ? value : INT64_MAX)), good);
}

/** Text of a stranger, made printable first, so that jansson cannot refuse it. */
static void set_text(json_t *object, const char *key, const char *text, bool *good)
{
    char clean[UB_ERROR_TEXT];
    ub_print_stranger(clean, sizeof(clean), text, strlen(text));
    set(object, key, json_string(clean), good);
}

static void set_bytes(json_t *object, const char *key, const uint8_t *bytes, size_t length,
                      bool *good)
{
    char *text = malloc(2 * length + 1);
    if (text)
        ub_print_hex(text, bytes, length);
    set(object, key, text ? json_string(text) : NULL, good);
    free(text);
}

static void set_id(json_t *object, const char *key, uint16_t id, bool *good)
{
    char text[8];
    (void)ub_print(text, sizeof(text), "%04x", id);
    set(object, key, json_string(text), good);
}

static void set_info(json_t *line, const struct ub_usb_info *info, bool *good)
{
    static const char *const speeds[] = {
        [UB_SPEED_UNKNOWN] = "unknown", [UB_SPEED_LOW] = "low",     [UB_SPEED_FULL] = "full",
        [UB_SPEED_HIGH] = "high",       [UB_SPEED_SUPER] = "super",
    };
    bool known = (size_t)info->speed < sizeof(speeds) / sizeof(speeds[0]);
    set_text(line, "speed", speeds[known ? info->speed : UB_SPEED_UNKNOWN], good);
    set_id(line, "vid", info->vid, good);
    set_id(line, "pid", info->pid, good);
    set_id(line, "bcdDevice", info->bcdDevice, good);
    set_text(line, "manufacturer", info->manufacturer, good);
    set_text(line, "product", info->product, good);
    set_text(line, "serial", info->serial, good);
    /* longer than wTotalLength can say is no configuration */
    bool sane = info->config_length <= UB_TRACE_CONFIG_MAX;
    set_bytes(line, "config", info->config, sane ? info->config_length : 0, good);
}

static void set_transfer(json_t *line, const struct ub_trace_record *record, bool *good)
{
    char setup[UB_SETUP_TEXT];
    ub_print_setup(setup, &record->setup);
    set_text(line, "setup", setup, good);
    set_number(line, "limit_ms", record->timeout_ms, good);
    if (record->queue)
        set_number(line, "queue", record->queue, good);
    if (record->length)
        set_bytes(line, "data", record->data, record->length, good);
    if (!(record->setup.bmRequestType & UB_SETUP_IN) && record->code == UB_OK)
        set_number(line, "actual", record->actual, good);
}

static void set_details(json_t *line, const struct ub_trace_record *record, bool *good)
{
    switch (record->op) {
    case UB_TRACE_ATTACH:
        set_info(line, record->info, good);
        break;
    case UB_TRACE_CLAIM:
        set_number(line, "interface", record->interface, good);
        break;
    case UB_TRACE_ALT:
        set_number(line, "interface", record->setup.wIndex, good);
        set_number(line, "alt", record->setup.wValue, good);
        break;
    case UB_TRACE_CONTROL:
        set_transfer(line, record, good);
        break;
    case UB_TRACE_WAIT:
        set_number(line, "limit_ms", record->timeout_ms, good);
        set(line, "changed", json_boolean(record->changed), good);
        break;
    default:
        break;
    }
}

/** One line out of an object, which is freed. */
static char *finish(json_t *line, bool good)
{
    char *text = good ? json_dumps(line, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
    json_decref(line);
    if (!text)
        return NULL;
    size_t length = strlen(text);
    char *longer = realloc(text, length + 2);
    if (!longer) {
        free(text);
        return NULL;
    }
    longer[length] = '\n';
    longer[length + 1] = '\0';
    return longer;
}

char *ub_trace_print_header(const char *transport, bool queue, const char *started)
{
    bool good = true;
    json_t *line = json_object();
    set_text(line, "format", UB_TRACE_FORMAT, &good);
    set_number(line, "version", UB_TRACE_VERSION, &good);
    set_text(line, "unbrick", ub_version(), &good);
    set_text(line, "started", started, &good);
    set_text(line, "transport", transport, &good);
    set(line, "queue", json_boolean(queue), &good);
    return finish(line, good);
}

char *ub_trace_print(const struct ub_trace_record *record)
{
    bool good = true;
    json_t *line = json_object();
    set_number(line, "at", record->at_us, &good);
    set_text(line, "op", ub_trace_op_name(record->op), &good);
    if (record->port[0]) {
        set_text(line, "port", record->port, &good);
        set_number(line, "gen", record->generation, &good);
    }
    set_details(line, record, &good);
    if (record->op != UB_TRACE_ATTACH && record->op != UB_TRACE_DETACH)
        set_number(line, "took", record->took_us, &good);
    if (record->code) {
        const struct ub_explanation *explanation = ub_explain(record->code);
        set_text(line, "code", explanation ? explanation->id : "UB-SYS-002", &good);
        set_text(line, "message", record->message ? record->message : "", &good);
    }
    return finish(line, good);
}
