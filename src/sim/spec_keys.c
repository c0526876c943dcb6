/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The keys of a description: where the device is, what it holds, how its chip and its bootloader
 * behave. Those of hostile devices: spec_hostile.c. */
#include "sim/spec_value.h"

#include "base/text.h"

#include <string.h>

#define POLL_MAX 0xffffffu

static enum ub_code set_state(struct ub_sim_spec *spec, const struct ub_sim_value *value)
{
    return ub_sim_value_copy(value, &spec->state);
}

static enum ub_code set_content(struct ub_sim_spec *spec, const struct ub_sim_value *value)
{
    return ub_sim_value_copy(value, &spec->content);
}

static enum ub_code set_map(struct ub_sim_spec *spec, const struct ub_sim_value *value)
{
    return ub_sim_value_copy(value, &spec->map);
}

static enum ub_code set_mode(struct ub_sim_spec *spec, const struct ub_sim_value *value)
{
    static const struct ub_sim_word words[] = {{"dfu", UB_MODE_DFU}, {"runtime", UB_MODE_RUNTIME}};
    uint8_t mode = 0;
    enum ub_code code = ub_sim_value_word(value, UB_SIM_WORDS(words), &mode);
    if (!code)
        spec->mode = (enum ub_mode)mode;
    return code;
}

static enum ub_code set_time(struct ub_sim_spec *spec, const struct ub_sim_value *value)
{
    static const struct ub_sim_word words[] = {{"real", 0}, {"virtual", 1}};
    uint8_t is_virtual = 0;
    enum ub_code code = ub_sim_value_word(value, UB_SIM_WORDS(words), &is_virtual);
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

static enum ub_code set_port(struct ub_sim_spec *spec, const struct ub_sim_value *value)
{
    if (!port_valid(value->text) || strlen(value->text) >= sizeof(spec->port))
        return ub_sim_value_bad(value, "a bus and a port path such as 1-4.2");
    (void)ub_print(spec->port, sizeof(spec->port), "%s", value->text);
    return UB_OK;
}

static enum ub_code set_serial(struct ub_sim_spec *spec, const struct ub_sim_value *value)
{
    if (strlen(value->text) > 126)
        return ub_sim_value_bad(value, "at most 126 characters");
    (void)ub_print(spec->serial, sizeof(spec->serial), "%s", value->text);
    return UB_OK;
}

static enum ub_code take_id(const struct ub_sim_value *value, struct ub_sim_identity *identity)
{
    uint64_t vid = 0;
    uint64_t pid = 0;
    const char *colon = strchr(value->text, ':');
    if (!colon ||
        !ub_parse_digits(value->text, (size_t)(colon - value->text), 16, UINT16_MAX, &vid) ||
        !ub_parse_digits(colon + 1, strlen(colon + 1), 16, UINT16_MAX, &pid))
        return ub_sim_value_bad(value, "VID:PID in hexadecimal, such as 1d50:6003");
    identity->vid = (uint16_t)vid;
    identity->pid = (uint16_t)pid;
    return UB_OK;
}

static enum ub_code set_id(struct ub_sim_spec *spec, const struct ub_sim_value *value)
{
    return take_id(value, &spec->dfu_identity);
}

static enum ub_code set_appid(struct ub_sim_spec *spec, const struct ub_sim_value *value)
{
    return take_id(value, &spec->runtime_identity);
}

static enum ub_code set_fault(struct ub_sim_spec *spec, const struct ub_sim_value *value)
{
    char allowed[160];
    (void)ub_print(allowed, sizeof(allowed), "KIND@N with N from 1 on and KIND one of %s",
                   ub_sim_fault_names);
    const char *at = strchr(value->text, '@');
    uint64_t number = 0;
    if (!at || !ub_parse_digits(at + 1, strlen(at + 1), 10, UINT32_MAX, &number) || number == 0)
        return ub_sim_value_bad(value, allowed);
    enum ub_sim_fault_kind kind = ub_sim_fault_kind_named(value->text, (size_t)(at - value->text));
    if (kind == UB_SIM_FAULT_NONE)
        return ub_sim_value_bad(value, allowed);
    if (spec->faults.count == UB_SIM_FAULTS_MAX)
        return ub_sim_value_bad(value, "given at most 16 times");
    spec->faults.items[spec->faults.count].kind = kind;
    spec->faults.items[spec->faults.count++].at = (uint32_t)number;
    return UB_OK;
}

/*
 * poll=typical: claims what the operations take, as a careful bootloader would. poll=generous: 100
 * ms for a command and 104 ms for a block whatever they take, as the ROM of an STM32F745 was seen
 * to.
 */
static enum ub_code set_poll(struct ub_sim_spec *spec, const struct ub_sim_value *value)
{
    const uint32_t t = UB_SIM_POLL_TRUE;
    bool typical = ub_same_word(value->text, "typical");
    if (typical || ub_same_word(value->text, "generous")) {
        spec->dfu.polls = typical ? (struct ub_sim_polls){t, t, t, t, t}
                                  : (struct ub_sim_polls){100, 104, 100, 100, t};
        return UB_OK;
    }
    spec->dfu.poll_fixed = true;
    if (ub_sim_value_u32(value, 0, POLL_MAX, &spec->dfu.poll_ms) == UB_OK)
        return UB_OK;
    return ub_sim_value_bad(value, "milliseconds from 0 to 16777215, typical or generous");
}

static enum ub_code set_stuck(struct ub_sim_spec *spec, const struct ub_sim_value *value)
{
    return ub_sim_value_u32(value, 1, UINT32_MAX, &spec->stuck);
}

static enum ub_code set_drop(struct ub_sim_spec *spec, const struct ub_sim_value *value)
{
    return ub_sim_value_u32(value, 1, UINT32_MAX, &spec->drop);
}

static enum ub_code set_xfer(struct ub_sim_spec *spec, const struct ub_sim_value *value)
{
    uint32_t size = 0;
    enum ub_code code = ub_sim_value_u32(value, 0, UINT16_MAX, &size);
    spec->dfu.wTransferSize = (uint16_t)size;
    return code;
}

static enum ub_code set_protocol(struct ub_sim_spec *spec, const struct ub_sim_value *value)
{
    uint32_t protocol = 0;
    enum ub_code code = ub_sim_value_u32(value, 0, UINT8_MAX, &protocol);
    spec->dfu.protocol = (uint8_t)protocol;
    return code;
}

static enum ub_code set_short(struct ub_sim_spec *spec, const struct ub_sim_value *value)
{
    uint32_t length = 0;
    enum ub_code code = ub_sim_value_u32(value, 0, 6, &length);
    spec->dfu.status_length = (uint8_t)length;
    return code;
}

static enum ub_code set_wrp(struct ub_sim_spec *spec, const struct ub_sim_value *value)
{
    uint32_t sector = 0;
    uint32_t count = 0;
    for (size_t i = 0; i < spec->chip->memories[0].run_count; i++)
        count += spec->chip->memories[0].runs[i].count;
    enum ub_code code = ub_sim_value_u32(value, 0, count - 1, &sector);
    if (!code)
        spec->wrp[sector / 8] |= (uint8_t)(1u << sector % 8);
    return code;
}

static enum ub_code set_setalt(struct ub_sim_spec *spec, const struct ub_sim_value *value)
{
    static const struct ub_sim_word words[] = {{"stall", 1}};
    uint8_t stalls = 0;
    enum ub_code code = ub_sim_value_word(value, UB_SIM_WORDS(words), &stalls);
    spec->dfu.setalt_stalls = stalls != 0;
    return code;
}

static enum ub_code set_arrive(struct ub_sim_spec *spec, const struct ub_sim_value *value)
{
    static const struct ub_sim_word words[] = {{"idle", UB_FN_IDLE},
                                               {"dnload-sync", UB_FN_DNLOAD_SYNC},
                                               {"dnbusy", UB_FN_DNBUSY},
                                               {"dnload-idle", UB_FN_DNLOAD_IDLE},
                                               {"manifest-sync", UB_FN_MANIFEST_SYNC},
                                               {"manifest", UB_FN_MANIFEST},
                                               {"manifest-wait", UB_FN_MANIFEST_WAIT_RESET},
                                               {"upload-idle", UB_FN_UPLOAD_IDLE},
                                               {"error", UB_FN_ERROR}};
    spec->has_arrive = true;
    return ub_sim_value_word(value, UB_SIM_WORDS(words), &spec->arrive);
}

static enum ub_code set_leave(struct ub_sim_spec *spec, const struct ub_sim_value *value)
{
    static const struct ub_sim_word words[] = {
        {"well", UB_SIM_LEAVE_WELL}, {"stall", UB_SIM_LEAVE_STALL},
        {"gone", UB_SIM_LEAVE_GONE}, {"gone-before-status", UB_SIM_LEAVE_GONE_BEFORE},
        {"mute", UB_SIM_LEAVE_MUTE}, {"random", UB_SIM_LEAVE_RANDOM}};
    uint8_t leave = 0;
    enum ub_code code = ub_sim_value_word(value, UB_SIM_WORDS(words), &leave);
    spec->leave = (enum ub_sim_leave)leave;
    return code;
}

static enum ub_code set_silent(struct ub_sim_spec *spec, const struct ub_sim_value *value)
{
    (void)value;
    spec->silent = true;
    return UB_OK;
}

static enum ub_code set_nofunc(struct ub_sim_spec *spec, const struct ub_sim_value *value)
{
    (void)value;
    spec->dfu.functional = false;
    return UB_OK;
}

static enum ub_code set_rdp(struct ub_sim_spec *spec, const struct ub_sim_value *value)
{
    (void)value;
    spec->rdp = true;
    return UB_OK;
}

static enum ub_code set_report(struct ub_sim_spec *spec, const struct ub_sim_value *value)
{
    return ub_sim_value_copy(value, &spec->report);
}

static enum ub_code set_speed(struct ub_sim_spec *spec, const struct ub_sim_value *value)
{
    static const struct ub_sim_word words[] = {{"typical", 0}, {"slow", 1}};
    uint8_t slow = 0;
    enum ub_code code = ub_sim_value_word(value, UB_SIM_WORDS(words), &slow);
    spec->dfu.slow = slow != 0;
    return code;
}

static enum ub_code set_seed(struct ub_sim_spec *spec, const struct ub_sim_value *value)
{
    return ub_sim_value_number(value, 0, UINT64_MAX, &spec->seed);
}

const struct ub_sim_key ub_sim_keys_common[] = {
    {"state", true, set_state},    {"content", true, set_content},
    {"mode", true, set_mode},      {"fault", true, set_fault},
    {"time", true, set_time},      {"port", true, set_port},
    {"serial", true, set_serial},  {"id", true, set_id},
    {"appid", true, set_appid},    {"speed", true, set_speed},
    {"seed", true, set_seed},      {"report", true, set_report},
    {"poll", true, set_poll},      {"stuck", true, set_stuck},
    {"drop", true, set_drop},      {"silent", false, set_silent},
    {"map", true, set_map},        {"xfer", true, set_xfer},
    {"nofunc", false, set_nofunc}, {"protocol", true, set_protocol},
    {"rdp", false, set_rdp},       {"wrp", true, set_wrp},
    {"setalt", true, set_setalt},  {"arrive", true, set_arrive},
    {"short", true, set_short},    {"leave", true, set_leave},
};
const size_t ub_sim_keys_common_count = sizeof(ub_sim_keys_common) / sizeof(ub_sim_keys_common[0]);
