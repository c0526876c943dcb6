/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _POSIX_C_SOURCE 200809L /* what POSIX adds to C11 */
#include "json.h"

#include "format.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

json_t *json_of_text(const char *text)
{
    if (text == NULL) {
        return json_null();
    }
    json_t *value = json_string(text); /* NULL if the text is not UTF-8 */
    if (value == NULL) {
        char *copy = strdup(text);
        for (char *c = copy; c != NULL && *c != '\0'; c++) {
            if ((unsigned char)*c >= 0x80) {
                *c = '?';
            }
        }
        value = copy != NULL ? json_string(copy) : json_null();
        free(copy);
    }
    return value;
}

json_t *json_of_number(uint64_t value)
{
    return json_integer((json_int_t)(value > INT64_MAX ? INT64_MAX : value));
}

void json_add_text(json_t *object, const char *key, const char *text)
{
    (void)json_object_set_new(object, key, json_of_text(text));
}

void json_add_number(json_t *object, const char *key, uint64_t value)
{
    (void)json_object_set_new(object, key, json_of_number(value));
}

void json_add_bool(json_t *object, const char *key, bool value)
{
    (void)json_object_set_new(object, key, json_boolean(value));
}

void json_add_sha256(json_t *object, const uint8_t *digest)
{
    char text[FORMAT_TEXT];
    json_add_text(object, "sha256", format_sha256(text, digest));
}

void json_line(struct cli *cli, const char *type, json_t *object)
{
    json_t *line = json_object();
    (void)json_object_set_new(line, "type", json_of_text(type));
    (void)json_object_update(line, object);
    char *text = json_dumps(line, JSON_COMPACT);
    if (text != NULL) {
        term_raw(&cli->term.out, text);
        term_raw(&cli->term.out, "\n");
        term_flush(&cli->term.out);
        free(text);
    } else if (cli->term.out.failed == 0) {
        cli->term.out.failed = -1; /* out of memory: a line is missing, which must not pass */
    }
    json_decref(line);
    json_decref(object);
}

json_t *json_of_device(const struct ub_device *device)
{
    char id[FORMAT_TEXT];
    json_t *object = json_object();
    json_add_text(object, "port", device->port);
    json_add_text(object, "id", format_id(id, device));
    json_add_number(object, "vid", device->vid);
    json_add_number(object, "pid", device->pid);
    json_add_number(object, "release", device->bcdDevice);
    json_add_text(object, "mode", format_mode_key(device->mode));
    json_add_text(object, "family", device->family);
    json_add_text(object, "protocol", device->protocol);
    json_add_text(object, "manufacturer", device->manufacturer);
    json_add_text(object, "product", device->product);
    json_add_text(object, "serial", device->serial);
    json_add_text(object, "next_step", device->next_step);
    return object;
}

static json_t *rights_array(unsigned rights)
{
    json_t *array = json_array();
    if ((rights & UB_CAN_READ) != 0) {
        (void)json_array_append_new(array, json_string("read"));
    }
    if ((rights & UB_CAN_ERASE) != 0) {
        (void)json_array_append_new(array, json_string("erase"));
    }
    if ((rights & UB_CAN_WRITE) != 0) {
        (void)json_array_append_new(array, json_string("write"));
    }
    return array;
}

static json_t *region_object(const struct ub_region *region)
{
    json_t *object = json_object();
    json_t *runs = json_array();
    json_add_number(object, "alt", region->alt);
    json_add_text(object, "name", region->name);
    json_add_text(object, "kind", format_kind(region->kind));
    (void)json_object_set_new(object, "rights", rights_array(region->rights));
    for (size_t i = 0; i < region->run_count; i++) {
        json_t *run = json_object();
        json_add_number(run, "address", region->runs[i].address);
        json_add_number(run, "size", region->runs[i].size);
        json_add_number(run, "count", region->runs[i].count);
        (void)json_object_set_new(run, "rights", rights_array(region->runs[i].rights));
        (void)json_array_append_new(runs, run);
    }
    (void)json_object_set_new(object, "runs", runs);
    return object;
}

static json_t *quirk_object(const struct ub_quirk_info *quirk)
{
    json_t *object = json_object();
    json_add_text(object, "name", quirk->name);
    json_add_text(object, "defect", quirk->defect);
    json_add_text(object, "remedy", quirk->remedy);
    json_add_text(object, "because", quirk->because);
    json_add_text(object, "source", quirk->source);
    return object;
}

json_t *json_of_details(const struct ub_details *details)
{
    json_t *object = json_object();
    json_t *regions = json_array();
    json_t *warnings = json_array();
    json_t *quirks = json_array();
    (void)json_object_set_new(object, "device", json_of_device(&details->device));
    json_add_number(object, "dfu_version", details->bcdDFUVersion);
    json_add_number(object, "attributes", details->bmAttributes);
    json_add_bool(object, "can_download", details->can_write);
    json_add_bool(object, "can_upload", details->can_read);
    json_add_bool(object, "manifestation_tolerant", (details->bmAttributes & 4) != 0);
    json_add_bool(object, "will_detach", (details->bmAttributes & 8) != 0);
    json_add_number(object, "transfer_size_claimed", details->wTransferSize);
    json_add_number(object, "transfer_size", details->transfer_size);
    json_add_number(object, "detach_timeout_ms", details->wDetachTimeOut);
    json_add_text(object, "state", ub_dfu_state_name(details->bState));
    json_add_text(object, "status", ub_dfu_status_name(details->bStatus));
    json_add_bool(object, "read_protected", details->read_protected);
    for (size_t i = 0; i < details->region_count; i++) {
        (void)json_array_append_new(regions, region_object(&details->regions[i]));
    }
    for (size_t i = 0; i < details->warning_count; i++) {
        (void)json_array_append_new(warnings, json_of_text(details->warnings[i]));
    }
    (void)json_object_set_new(object, "regions", regions);
    for (size_t i = 0; i < details->quirk_count; i++) {
        (void)json_array_append_new(quirks, quirk_object(&details->quirks[i]));
    }
    (void)json_object_set_new(object, "warnings", warnings);
    (void)json_object_set_new(object, "quirks", quirks);
    return object;
}

/** The ways that were considered, cheapest first. */
static json_t *choices_array(const struct ub_plan *plan)
{
    struct ub_plan_choice choice;
    json_t *choices = json_array();
    for (size_t i = 0; ub_plan_choice(plan, i, &choice); i++) {
        json_t *one = json_object();
        json_add_text(one, "way", choice.way);
        json_add_bool(one, "chosen", choice.chosen);
        json_add_bool(one, "allowed", choice.allowed);
        json_add_text(one, "why", choice.why);
        json_add_number(one, "predicted_us", choice.predicted_us);
        (void)json_array_append_new(choices, one);
    }
    return choices;
}

json_t *json_of_plan(const struct ub_plan *plan)
{
    struct ub_plan_info info;
    struct ub_plan_step step;
    json_t *object = json_object();
    json_t *steps = json_array();
    ub_plan_info(plan, &info);
    for (size_t i = 0; ub_plan_step(plan, i, &step); i++) {
        json_t *one = json_object();
        json_add_text(one, "action", format_action(step.action));
        json_add_number(one, "alt", step.alt);
        json_add_number(one, "address", step.address);
        json_add_number(one, "length", step.length);
        json_add_number(one, "predicted_us", step.predicted_us);
        json_add_bool(one, "irreversible", step.irreversible);
        (void)json_array_append_new(steps, one);
    }
    json_add_number(object, "sectors_erased", info.sectors_erased);
    json_add_number(object, "sectors_touched", info.sectors_touched);
    json_add_number(object, "sectors_total", info.sectors_total);
    json_add_number(object, "bytes_written", info.bytes_written);
    json_add_number(object, "bytes_kept", info.bytes_kept);
    json_add_number(object, "bytes_preserved", info.bytes_preserved);
    json_add_number(object, "predicted_us", info.predicted_us);
    json_add_number(object, "may_add_us", info.may_add_us);
    json_add_bool(object, "read_back", info.read_back);
    json_add_bool(object, "nothing_to_do", info.nothing_to_do);
    json_add_bool(object, "needs_no_backup", info.needs_no_backup);
    (void)json_object_set_new(object, "choices", choices_array(plan));
    (void)json_object_set_new(object, "steps", steps);
    return object;
}

json_t *json_of_backup(const struct ub_backup_info *backup)
{
    json_t *object = json_object();
    json_t *parts = json_array();
    json_add_text(object, "id", backup->id);
    json_add_text(object, "created", backup->created);
    json_add_text(object, "transport", backup->transport);
    (void)json_object_set_new(object, "device", json_of_device(&backup->device));
    json_add_number(object, "readings", backup->readings);
    json_add_bool(object, "interrupted", backup->interrupted);
    json_add_number(object, "length", backup->length);
    for (size_t i = 0; i < backup->part_count; i++) {
        const struct ub_backup_part *part = &backup->parts[i];
        json_t *one = json_object();
        json_add_number(one, "alt", part->alt);
        json_add_text(one, "name", part->name);
        (void)json_object_set_new(one, "address",
                                  part->has_address ? json_of_number(part->address) : json_null());
        json_add_number(one, "length", part->length);
        json_add_sha256(one, part->sha256);
        (void)json_array_append_new(parts, one);
    }
    (void)json_object_set_new(object, "parts", parts);
    return object;
}

static json_t *text_array(const char *const *texts)
{
    json_t *array = json_array();
    for (size_t i = 0; texts != NULL && texts[i] != NULL; i++) {
        (void)json_array_append_new(array, json_of_text(texts[i]));
    }
    return array;
}

json_t *json_of_explanation(const struct ub_explanation *explanation)
{
    json_t *object = json_object();
    json_add_text(object, "id", explanation->id);
    json_add_text(object, "title", explanation->title);
    json_add_text(object, "meaning", explanation->meaning);
    (void)json_object_set_new(object, "causes", text_array(explanation->causes));
    (void)json_object_set_new(object, "next", text_array(explanation->next));
    json_add_number(object, "status", (uint64_t)explanation->status);
    return object;
}

json_t *json_of_event(const struct ub_event *event)
{
    static const char *const kinds[] = {
        [UB_EVENT_BEGIN] = "begin", [UB_EVENT_PROGRESS] = "progress",
        [UB_EVENT_WAIT] = "wait",   [UB_EVENT_WARNING] = "warning",
        [UB_EVENT_DONE] = "done",   [UB_EVENT_SKIPPED] = "skipped",
    };
    json_t *object = json_object();
    json_add_text(object, "kind", kinds[event->kind]);
    json_add_text(object, "step", ub_step_name(event->step));
    json_add_text(object, "port", event->port);
    json_add_text(object, "text", event->text);
    json_add_number(object, "done", event->done);
    json_add_number(object, "total", event->total);
    json_add_number(object, "rate", event->rate);
    json_add_number(object, "left_us", event->left_us);
    json_add_number(object, "elapsed_us", event->elapsed_us);
    return object;
}

static json_t *raw_object(const struct ub_raw_transfer *raw)
{
    json_t *object = json_object();
    if (raw->has_transfer) {
        json_add_text(object, "request", format_request(raw->bmRequestType, raw->bRequest));
        json_add_number(object, "bmRequestType", raw->bmRequestType);
        json_add_number(object, "bRequest", raw->bRequest);
        json_add_number(object, "wValue", raw->wValue);
        json_add_number(object, "wIndex", raw->wIndex);
        json_add_number(object, "wLength", raw->wLength);
        (void)json_object_set_new(object, "actual", json_integer(raw->actual));
    }
    if (raw->has_status) {
        json_add_text(object, "status", ub_dfu_status_name(raw->bStatus));
        json_add_text(object, "state", ub_dfu_state_name(raw->bState));
        json_add_number(object, "bStatus", raw->bStatus);
        json_add_number(object, "bState", raw->bState);
    }
    return object;
}

json_t *json_of_error(const struct ub_error *err)
{
    char id[FORMAT_TEXT];
    const struct ub_explanation *explanation = ub_explain(err->code);
    json_t *object = json_object();
    json_t *context = json_array();
    (void)snprintf(id, sizeof(id), "UB-%d", (int)err->code);
    json_add_text(object, "id", explanation != NULL ? explanation->id : id);
    json_add_text(object, "message", err->message);
    for (unsigned i = 0; i < err->depth && i < UB_ERROR_DEPTH; i++) {
        (void)json_array_append_new(context, json_of_text(err->context[i]));
    }
    (void)json_object_set_new(object, "context", context);
    json_add_text(object, "title", explanation != NULL ? explanation->title : NULL);
    (void)json_object_set_new(object, "causes",
                              text_array(explanation != NULL ? explanation->causes : NULL));
    (void)json_object_set_new(object, "next",
                              text_array(explanation != NULL ? explanation->next : NULL));
    (void)json_object_set_new(object, "raw",
                              err->raw.has_transfer || err->raw.has_status ? raw_object(&err->raw)
                                                                           : json_null());
    return object;
}

static void set_phase(json_t *object, const char *key, const struct ub_phase *phase)
{
    json_t *one = json_object();
    json_add_number(one, "predicted_us", phase->predicted_us);
    json_add_number(one, "actual_us", phase->actual_us);
    (void)json_object_set_new(object, key, one);
}

static void set_result(json_t *object, const struct ub_result *result)
{
    json_add_text(object, "port", result->port);
    json_add_text(object, "backup", result->backup[0] != '\0' ? result->backup : NULL);
    json_add_number(object, "bytes_written", result->bytes_written);
    json_add_number(object, "bytes_kept", result->bytes_kept);
    json_add_number(object, "sectors_erased", result->sectors_erased);
    json_add_bool(object, "verified", result->verified);
    json_add_bool(object, "proved", result->proved);
    json_add_bool(object, "left_bootloader", result->left_bootloader);
    json_add_bool(object, "came_back", result->came_back);
    (void)json_object_set_new(object, "returned",
                              result->came_back ? json_of_device(&result->returned) : json_null());
    json_add_number(object, "return_us", result->return_us);
    json_add_number(object, "predicted_us", result->predicted_us);
    json_add_number(object, "actual_us", result->actual_us);
    set_phase(object, "erase", &result->erase);
    set_phase(object, "write", &result->write);
    set_phase(object, "verify", &result->verify);
    json_add_number(object, "total_us", result->total_us);
    json_add_number(object, "transfers", result->transfers);
    json_add_number(object, "repeats", result->repeats);
}

json_t *json_of_item(const struct ub_many_item *item)
{
    json_t *object = json_object();
    const int status = ub_exit_status(item->error.code, item->result.left);
    json_add_number(object, "status", (uint64_t)status);
    json_add_text(object, "left", format_left(item->result.left));
    set_result(object, &item->result);
    (void)json_object_set_new(object, "device", json_of_device(&item->result.device));
    (void)json_object_set_new(
        object, "error", item->error.code != UB_OK ? json_of_error(&item->error) : json_null());
    return object;
}

static void set_many(json_t *object, const struct ub_many_result *result)
{
    json_t *devices = json_array();
    for (size_t i = 0; i < result->count; i++) {
        (void)json_array_append_new(devices, json_of_item(&result->items[i]));
    }
    json_t *left_out = json_array();
    for (size_t i = 0; i < result->left_out_count; i++) {
        (void)json_array_append_new(left_out, json_of_device(&result->left_out[i]));
    }
    json_add_number(object, "count", result->count);
    json_add_number(object, "failed", result->failed);
    json_add_text(object, "worst",
                  result->failed > 0 ? result->items[result->worst].result.port : NULL);
    (void)json_object_set_new(object, "devices", devices);
    (void)json_object_set_new(object, "left_out", left_out);
}

json_t *json_of_end(const struct cli *cli, const struct ub_error *err, int status)
{
    json_t *object = json_object();
    json_add_text(object, "verb", cli->words.verb->name);
    json_add_number(object, "status", (uint64_t)status);
    json_add_text(object, "left",
                  format_left(cli->has_result ? cli->result.left : UB_LEFT_UNTOUCHED));
    (void)json_object_set_new(object, "error",
                              err != NULL && err->code != UB_OK ? json_of_error(err) : json_null());
    if (cli->many_result != NULL) {
        set_many(object, cli->many_result);
    } else if (cli->has_result) {
        set_result(object, &cli->result);
    }
    return object;
}
