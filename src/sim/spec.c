/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _POSIX_C_SOURCE 200809L
#include "sim/spec.h"

#include "base/error.h"
#include "base/text.h"
#include "usb/dfu_interface.h"

#include <stdlib.h>
#include <string.h>

#define VALUE_MAX    1024u
#define POLL_MAX     0xffffffu
#define WORDS(array) (array), sizeof(array) / sizeof((array)[0])

/* One key's value on its way into the spec. */
struct value {
    const char *key;
    const char *text;
    struct ub_error *err;
};

/* A word of a closed set and what it stands for. */
struct word {
    const char *name;
    uint8_t value;
};

static enum ub_code bad(const struct value *value, const char *allowed)
{
    return ub_fail(value->err, UB_SIM_SPEC, "%s=%s is not allowed: %s is %s", value->key,
                   value->text, value->key, allowed);
}

static enum ub_code take_number(const struct value *value, uint64_t least, uint64_t most,
                                uint64_t *to)
{
    if (ub_parse_number(value->text, most, to) && *to >= least)
        return UB_OK;
    char allowed[64];
    (void)ub_print(allowed, sizeof(allowed), "a number from %llu to %llu",
                   (unsigned long long)least, (unsigned long long)most);
    return bad(value, allowed);
}

static enum ub_code take_u32(const struct value *value, uint64_t least, uint64_t most, uint32_t *to)
{
    uint64_t number = 0;
    enum ub_code code = take_number(value, least, most, &number);
    if (!code)
        *to = (uint32_t)number;
    return code;
}

static enum ub_code take_word(const struct value *value, const struct word *words, size_t count,
                              uint8_t *to)
{
    char allowed[160] = "";
    for (size_t i = 0; i < count; i++) {
        if (ub_same_word(value->text, words[i].name)) {
            *to = words[i].value;
            return UB_OK;
        }
        (void)ub_append(allowed, sizeof(allowed), "%s%s", i ? ", " : "one of ", words[i].name);
    }
    return bad(value, allowed);
}

static enum ub_code take_copy(const struct value *value, char **to)
{
    if (!value->text[0])
        return bad(value, "a text");
    free(*to);
    *to = strdup(value->text);
    return *to ? UB_OK : ub_fail_memory(value->err);
}

static enum ub_code set_state(struct ub_sim_spec *spec, const struct value *value)
{
    return take_copy(value, &spec->state);
}

static enum ub_code set_content(struct ub_sim_spec *spec, const struct value *value)
{
    return take_copy(value, &spec->content);
}

static enum ub_code set_map(struct ub_sim_spec *spec, const struct value *value)
{
    return take_copy(value, &spec->map);
}

static enum ub_code set_mode(struct ub_sim_spec *spec, const struct value *value)
{
    static const struct word words[] = {{"dfu", UB_MODE_DFU}, {"runtime", UB_MODE_RUNTIME}};
    uint8_t mode = 0;
    enum ub_code code = take_word(value, WORDS(words), &mode);
    if (!code)
        spec->mode = (enum ub_mode)mode;
    return code;
}

static enum ub_code set_time(struct ub_sim_spec *spec, const struct value *value)
{
    static const struct word words[] = {{"real", 0}, {"virtual", 1}};
    uint8_t is_virtual = 0;
    enum ub_code code = take_word(value, WORDS(words), &is_virtual);
    spec->has_time = true;
    spec->virtual_time = is_virtual != 0;
    return code;
}

/* A port is BUS-PORT[.PORT...], as the kernel names it. */
static bool port_valid(const char *text)
{
    bool digit = false;
    bool dash = false;
    for (; *text; text++) {
        if (*text >= '0' && *text <= '9') {
            digit = true;
        } else if (digit && ((*text == '-' && !dash) || (*text == '.' && dash))) {
            dash = true;
            digit = false;
        } else {
            return false;
        }
    }
    return digit && dash;
}

static enum ub_code set_port(struct ub_sim_spec *spec, const struct value *value)
{
    if (!port_valid(value->text) || strlen(value->text) >= sizeof(spec->port))
        return bad(value, "a bus and a port path such as 1-4.2");
    (void)ub_print(spec->port, sizeof(spec->port), "%s", value->text);
    return UB_OK;
}

static enum ub_code set_serial(struct ub_sim_spec *spec, const struct value *value)
{
    if (strlen(value->text) > 126)
        return bad(value, "at most 126 characters");
    (void)ub_print(spec->serial, sizeof(spec->serial), "%s", value->text);
    return UB_OK;
}

static enum ub_code take_id(const struct value *value, struct ub_sim_identity *identity)
{
    uint64_t vid = 0;
    uint64_t pid = 0;
    const char *colon = strchr(value->text, ':');
    if (!colon ||
        !ub_parse_digits(value->text, (size_t)(colon - value->text), 16, UINT16_MAX, &vid) ||
        !ub_parse_digits(colon + 1, strlen(colon + 1), 16, UINT16_MAX, &pid))
        return bad(value, "VID:PID in hexadecimal, such as 1d50:6003");
    identity->vid = (uint16_t)vid;
    identity->pid = (uint16_t)pid;
    return UB_OK;
}

static enum ub_code set_id(struct ub_sim_spec *spec, const struct value *value)
{
    return take_id(value, &spec->dfu_identity);
}

static enum ub_code set_appid(struct ub_sim_spec *spec, const struct value *value)
{
    return take_id(value, &spec->runtime_identity);
}

static enum ub_code set_fault(struct ub_sim_spec *spec, const struct value *value)
{
    char allowed[160];
    (void)ub_print(allowed, sizeof(allowed), "KIND@N with N from 1 on and KIND one of %s",
                   ub_sim_fault_names);
    const char *at = strchr(value->text, '@');
    uint64_t number = 0;
    if (!at || !ub_parse_digits(at + 1, strlen(at + 1), 10, UINT32_MAX, &number) || number == 0)
        return bad(value, allowed);
    enum ub_sim_fault_kind kind = ub_sim_fault_kind_named(value->text, (size_t)(at - value->text));
    if (kind == UB_SIM_FAULT_NONE)
        return bad(value, allowed);
    if (spec->faults.count == UB_SIM_FAULTS_MAX)
        return bad(value, "given at most 16 times");
    spec->faults.items[spec->faults.count].kind = kind;
    spec->faults.items[spec->faults.count++].at = (uint32_t)number;
    return UB_OK;
}

/*
 * poll=typical: claims what the operations take, as a careful bootloader would. poll=generous: 100
 * ms for a command and 104 ms for a block whatever they take, as the ROM of an STM32F745 was seen
 * to.
 */
static enum ub_code set_poll(struct ub_sim_spec *spec, const struct value *value)
{
    const uint32_t t = UB_SIM_POLL_TRUE;
    bool typical = ub_same_word(value->text, "typical");
    if (typical || ub_same_word(value->text, "generous")) {
        spec->dfu.polls = typical ? (struct ub_sim_polls){t, t, t, t, t}
                                  : (struct ub_sim_polls){100, 104, 100, 100, t};
        return UB_OK;
    }
    spec->dfu.poll_fixed = true;
    if (take_u32(value, 0, POLL_MAX, &spec->dfu.poll_ms) == UB_OK)
        return UB_OK;
    return bad(value, "milliseconds from 0 to 16777215, typical or generous");
}

static enum ub_code set_stuck(struct ub_sim_spec *spec, const struct value *value)
{
    return take_u32(value, 1, UINT32_MAX, &spec->stuck);
}

static enum ub_code set_drop(struct ub_sim_spec *spec, const struct value *value)
{
    return take_u32(value, 1, UINT32_MAX, &spec->drop);
}

static enum ub_code set_xfer(struct ub_sim_spec *spec, const struct value *value)
{
    uint32_t size = 0;
    enum ub_code code = take_u32(value, 0, UINT16_MAX, &size);
    spec->dfu.wTransferSize = (uint16_t)size;
    return code;
}

static enum ub_code set_protocol(struct ub_sim_spec *spec, const struct value *value)
{
    uint32_t protocol = 0;
    enum ub_code code = take_u32(value, 0, UINT8_MAX, &protocol);
    spec->dfu.protocol = (uint8_t)protocol;
    return code;
}

static enum ub_code set_short(struct ub_sim_spec *spec, const struct value *value)
{
    uint32_t length = 0;
    enum ub_code code = take_u32(value, 0, 6, &length);
    spec->dfu.status_length = (uint8_t)length;
    return code;
}

static enum ub_code set_wrp(struct ub_sim_spec *spec, const struct value *value)
{
    uint32_t sector = 0;
    uint32_t count = 0;
    for (size_t i = 0; i < spec->chip->memories[0].run_count; i++)
        count += spec->chip->memories[0].runs[i].count;
    enum ub_code code = take_u32(value, 0, count - 1, &sector);
    if (!code)
        spec->wrp[sector / 8] |= (uint8_t)(1u << sector % 8);
    return code;
}

static enum ub_code set_setalt(struct ub_sim_spec *spec, const struct value *value)
{
    static const struct word words[] = {{"stall", 1}};
    uint8_t stalls = 0;
    enum ub_code code = take_word(value, WORDS(words), &stalls);
    spec->dfu.setalt_stalls = stalls != 0;
    return code;
}

static enum ub_code set_arrive(struct ub_sim_spec *spec, const struct value *value)
{
    static const struct word words[] = {{"idle", UB_FN_IDLE},
                                        {"dnload-sync", UB_FN_DNLOAD_SYNC},
                                        {"dnbusy", UB_FN_DNBUSY},
                                        {"dnload-idle", UB_FN_DNLOAD_IDLE},
                                        {"manifest-sync", UB_FN_MANIFEST_SYNC},
                                        {"manifest", UB_FN_MANIFEST},
                                        {"manifest-wait", UB_FN_MANIFEST_WAIT_RESET},
                                        {"upload-idle", UB_FN_UPLOAD_IDLE},
                                        {"error", UB_FN_ERROR}};
    spec->has_arrive = true;
    return take_word(value, WORDS(words), &spec->arrive);
}

static enum ub_code set_leave(struct ub_sim_spec *spec, const struct value *value)
{
    static const struct word words[] = {{"stall", UB_SIM_LEAVE_STALL},
                                        {"gone", UB_SIM_LEAVE_GONE},
                                        {"gone-before-status", UB_SIM_LEAVE_GONE_BEFORE},
                                        {"mute", UB_SIM_LEAVE_MUTE}};
    uint8_t leave = 0;
    enum ub_code code = take_word(value, WORDS(words), &leave);
    spec->leave = (enum ub_sim_leave)leave;
    return code;
}

static enum ub_code set_silent(struct ub_sim_spec *spec, const struct value *value)
{
    (void)value;
    spec->silent = true;
    return UB_OK;
}

static enum ub_code set_nofunc(struct ub_sim_spec *spec, const struct value *value)
{
    (void)value;
    spec->dfu.functional = false;
    return UB_OK;
}

static enum ub_code set_rdp(struct ub_sim_spec *spec, const struct value *value)
{
    (void)value;
    spec->rdp = true;
    return UB_OK;
}

static const struct {
    const char *name;
    bool takes_value;
    enum ub_code (*set)(struct ub_sim_spec *spec, const struct value *value);
} keys[] = {
    {"state", true, set_state},       {"content", true, set_content},
    {"mode", true, set_mode},         {"fault", true, set_fault},
    {"time", true, set_time},         {"port", true, set_port},
    {"serial", true, set_serial},     {"id", true, set_id},
    {"appid", true, set_appid},       {"poll", true, set_poll},
    {"stuck", true, set_stuck},       {"drop", true, set_drop},
    {"silent", false, set_silent},    {"map", true, set_map},
    {"xfer", true, set_xfer},         {"nofunc", false, set_nofunc},
    {"protocol", true, set_protocol}, {"rdp", false, set_rdp},
    {"wrp", true, set_wrp},           {"setalt", true, set_setalt},
    {"arrive", true, set_arrive},     {"short", true, set_short},
    {"leave", true, set_leave},
};
#define KEY_COUNT (sizeof(keys) / sizeof(keys[0]))

static enum ub_code set_key(struct ub_sim_spec *spec, char *item, struct ub_error *err)
{
    char *equals = strchr(item, '=');
    if (equals)
        *equals = '\0';
    struct value value = {.key = item, .text = equals ? equals + 1 : "", .err = err};
    char known[UB_ERROR_TEXT] = "";
    for (size_t i = 0; i < KEY_COUNT; i++) {
        (void)ub_append(known, sizeof(known), "%s%s", i ? ", " : "", keys[i].name);
        if (strcmp(item, keys[i].name) != 0)
            continue;
        if (keys[i].takes_value != (equals != NULL))
            return ub_fail(err, UB_SIM_SPEC, "%s %s", item,
                           equals ? "takes no value" : "needs a value: write KEY=VALUE");
        return keys[i].set(spec, &value);
    }
    return ub_fail(err, UB_SIM_SPEC, "a virtual device has no key \"%s\"; it has %s", item, known);
}

/* Copies text up to the next bare comma, taking backslashes out; *text moves behind the comma. */
static bool next_item(const char **text, char *item, size_t size)
{
    size_t length = 0;
    const char *at = *text;
    for (; *at && *at != ','; at++) {
        if (*at == '\\' && at[1])
            at++;
        if (length + 1 >= size)
            return false;
        item[length++] = *at;
    }
    item[length] = '\0';
    *text = *at ? at + 1 : at;
    return true;
}

static enum ub_code find_model(const char *name, struct ub_sim_spec *spec, struct ub_error *err)
{
    spec->chip = ub_sim_chip_find(name, strlen(name));
    if (spec->chip)
        return UB_OK;
    char known[UB_ERROR_TEXT] = "";
    for (size_t i = 0; ub_sim_chip_at(i); i++)
        (void)ub_append(known, sizeof(known), "%s%s", i ? ", " : "", ub_sim_chip_at(i)->model.name);
    return ub_fail(err, UB_SIM_SPEC, "there is no virtual device \"%s\"; there are %s", name,
                   known);
}

static enum ub_code parse(const char *text, struct ub_sim_spec *spec, struct ub_error *err)
{
    char item[VALUE_MAX];
    if (!next_item(&text, item, sizeof(item)))
        return ub_fail(err, UB_SIM_SPEC, "the description of the virtual device is too long");
    enum ub_code code = find_model(item, spec, err);
    if (code)
        return code;
    spec->dfu = spec->chip->dfu;
    spec->leave = spec->chip->dfu.leave;
    spec->mode = UB_MODE_DFU;
    spec->dfu_identity = spec->chip->dfu_identity;
    spec->runtime_identity = spec->chip->runtime_identity;
    (void)ub_print(spec->serial, sizeof(spec->serial), "%s", spec->chip->serial);
    while (*text && !code) {
        if (!next_item(&text, item, sizeof(item)))
            return ub_fail(err, UB_SIM_SPEC, "a value in the description is too long");
        code = set_key(spec, item, err);
    }
    /* A device that is to be met in a certain state must not be brought out of it by the
     * SET_INTERFACE with which every host begins. */
    if (spec->has_arrive)
        spec->dfu.setalt_resets = false;
    return code;
}

enum ub_code ub_sim_spec_parse(const char *text, struct ub_sim_spec *out, struct ub_error *err)
{
    *out = (struct ub_sim_spec){0};
    enum ub_code code = parse(text, out, err);
    if (code)
        ub_sim_spec_free(out);
    return code;
}

void ub_sim_spec_free(struct ub_sim_spec *spec)
{
    free(spec->state);
    free(spec->content);
    free(spec->map);
    *spec = (struct ub_sim_spec){0};
}
