/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "procedure/select.h"

#include "base/error.h"
#include "base/text.h"
#include "family/family.h"

#include <string.h>

static const char *protocol_name(const struct ub_dfu_interface *interface)
{
    switch (interface->functional.bcdDFUVersion) {
    case 0x0100:
        return "DFU 1.0";
    case 0x0110:
        return "DFU 1.1";
    case 0x011a:
        return "DfuSe 1.1a";
    default:
        return "DFU";
    }
}

static const char *next_step(enum ub_mode mode)
{
    switch (mode) {
    case UB_MODE_DFU:
        return "unbrick flash IMAGE";
    case UB_MODE_RUNTIME:
        return "unbrick flash IMAGE, which enters its bootloader first";
    case UB_MODE_NONE:
        break;
    }
    return "";
}

void ub_describe(const struct ub_quirks *quirks, const struct ub_usb_info *info,
                 struct ub_device *out)
{
    memset(out, 0, sizeof(*out));
    struct ub_dfu_interface interface;
    struct ub_quirk_effect effect;
    bool found = ub_quirks_interface(quirks, info, &interface);
    ub_quirks_look(quirks, info, &effect);
    out->vid = info->vid;
    out->pid = info->pid;
    out->bcdDevice = info->bcdDevice;
    out->mode = found ? interface.mode : UB_MODE_NONE;
    out->family = out->mode == UB_MODE_DFU ? ub_family_by_id(info->vid, info->pid)->name : "";
    out->protocol = found ? protocol_name(&interface) : "";
    out->next_step = next_step(out->mode);
    (void)ub_print(out->port, sizeof(out->port), "%s", info->port);
    (void)ub_print(out->manufacturer, sizeof(out->manufacturer), "%s", info->manufacturer);
    (void)ub_print(out->product, sizeof(out->product), "%s", info->product);
    if (!effect.serial_bytes || !ub_quirk_unpack(info->serial, out->serial, sizeof(out->serial)))
        (void)ub_print(out->serial, sizeof(out->serial), "%s", info->serial);
}

const struct ub_usb_info *ub_usb_list_port(const struct ub_usb_list *list, const char *port)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].port, port) == 0)
            return &list->items[i];
    return NULL;
}

enum kind { BY_PORT, BY_SERIAL, BY_ID, BY_FAMILY };

/** One term of a selector. */
struct term {
    enum kind kind;
    char text[UB_STRING_TEXT];
    uint16_t vid;
    uint16_t pid;
    const struct ub_family *family;
};

#define TERMS_MAX 8

static bool looks_like_port(const char *text)
{
    return text[0] >= '0' && text[0] <= '9' && strchr(text, '-') != NULL &&
           text[strspn(text, "0123456789-.")] == '\0';
}

static bool parse_id(const char *text, struct term *term)
{
    const char *colon = strchr(text, ':');
    uint64_t vid;
    uint64_t pid;
    if (!colon || !ub_parse_digits(text, (size_t)(colon - text), 16, UINT16_MAX, &vid) ||
        !ub_parse_digits(colon + 1, strlen(colon + 1), 16, UINT16_MAX, &pid))
        return false;
    term->kind = BY_ID;
    term->vid = (uint16_t)vid;
    term->pid = (uint16_t)pid;
    return true;
}

static bool parse_term(const char *text, struct term *term)
{
    memset(term, 0, sizeof(*term));
    const char *value = strchr(text, '=');
    if (!value) {
        term->kind = looks_like_port(text) ? BY_PORT : BY_FAMILY;
        term->family = ub_family_named(text);
        (void)ub_print(term->text, sizeof(term->text), "%s", text);
        return term->kind == BY_PORT || term->family;
    }
    size_t key = (size_t)(value - text);
    value++;
    (void)ub_print(term->text, sizeof(term->text), "%s", value);
    if (key == 4 && strncmp(text, "port", key) == 0) {
        term->kind = BY_PORT;
        return value[0] != '\0';
    }
    if (key == 6 && strncmp(text, "serial", key) == 0) {
        term->kind = BY_SERIAL;
        return value[0] != '\0';
    }
    return key == 2 && strncmp(text, "id", key) == 0 && parse_id(value, term);
}

static enum ub_code parse_selector(const char *selector, struct term *terms, size_t *count,
                                   struct ub_error *err)
{
    *count = 0;
    while (selector && *selector) {
        size_t length = strcspn(selector, ",");
        char text[UB_STRING_TEXT];
        if (*count == TERMS_MAX ||
            !ub_print(text, sizeof(text), "%.*s", (int)(length < 1024 ? length : 1024), selector) ||
            !parse_term(text, &terms[*count]))
            return ub_fail(err, UB_USE_SELECTOR,
                           "cannot read \"%s\" as a device: port=1-4.2, serial=..., id=0483:df11 "
                           "or a family",
                           selector);
        (*count)++;
        selector += length + (selector[length] == ',');
    }
    return UB_OK;
}

static bool term_fits(const struct term *term, const struct ub_device *device)
{
    switch (term->kind) {
    case BY_PORT:
        return strcmp(term->text, device->port) == 0;
    case BY_SERIAL:
        return strcmp(term->text, device->serial) == 0;
    case BY_ID:
        return term->vid == device->vid && term->pid == device->pid;
    case BY_FAMILY:
        break;
    }
    return term->family->vid == 0 ||
           (term->family->vid == device->vid && term->family->pid == device->pid);
}

static bool fits(const struct term *terms, size_t count, const struct ub_device *device)
{
    for (size_t i = 0; i < count; i++)
        if (!term_fits(&terms[i], device))
            return false;
    return true;
}

/** Which modes are looked for. */
enum wanted { IN_DFU, EITHER, NEITHER };

static bool is_wanted(enum wanted wanted, enum ub_mode mode)
{
    switch (wanted) {
    case IN_DFU:
        return mode == UB_MODE_DFU;
    case EITHER:
        return mode != UB_MODE_NONE;
    case NEITHER:
        break;
    }
    return mode == UB_MODE_NONE;
}

/* Bytes kept free for the end of a roll: ", and 127 more: unbrick list". */
#define MORE_TEXT 32

void ub_roll_add(struct ub_roll *roll, const struct ub_device *device)
{
    char text[UB_PORT_TEXT + UB_STRING_TEXT + 32];
    (void)ub_print(text, sizeof(text), "%sport=%s (%04x:%04x%s%s)", roll->count ? ", " : "",
                   device->port, device->vid, device->pid, device->serial[0] ? ", serial " : "",
                   device->serial);
    roll->count++;
    if (roll->more || strlen(roll->text) + strlen(text) + MORE_TEXT >= sizeof(roll->text))
        roll->more++;
    else
        (void)ub_append(roll->text, sizeof(roll->text), "%s", text);
}

const char *ub_roll_end(struct ub_roll *roll)
{
    if (roll->more)
        (void)ub_append(roll->text, sizeof(roll->text), "%s%zu more: unbrick list",
                        roll->text[0] ? ", and " : "", roll->more);
    return roll->text;
}

/** Lists the devices that fit and notes the last one. */
static void candidates(const struct ub_quirks *quirks, const struct ub_usb_list *list,
                       const struct term *terms, size_t count, enum wanted wanted, size_t *last,
                       struct ub_roll *roll)
{
    memset(roll, 0, sizeof(*roll));
    for (size_t i = 0; i < list->count; i++) {
        struct ub_device device;
        ub_describe(quirks, &list->items[i], &device);
        if (!fits(terms, count, &device) || !is_wanted(wanted, device.mode))
            continue;
        *last = i;
        ub_roll_add(roll, &device);
    }
    (void)ub_roll_end(roll);
}

enum ub_code ub_select(const struct ub_quirks *quirks, const struct ub_usb_list *list,
                       const char *selector, size_t *index, struct ub_error *err)
{
    struct term terms[TERMS_MAX] = {0};
    size_t count;
    enum ub_code code = parse_selector(selector, terms, &count, err);
    if (code)
        return code;
    struct ub_roll roll;
    /* without a selector a headset's runtime interface must not stand in the way of a bootloader */
    candidates(quirks, list, terms, count, count ? EITHER : IN_DFU, index, &roll);
    if (!roll.count && !count)
        candidates(quirks, list, terms, count, EITHER, index, &roll);
    if (roll.count == 1)
        return UB_OK;
    if (roll.count > 1) {
        code = ub_fail(err, UB_DEV_SEVERAL, "%zu devices fit, and one has to be named", roll.count);
        return ub_wrap(err, code, "%s", roll.text);
    }
    candidates(quirks, list, terms, count, NEITHER, index, &roll);
    if (roll.count == 1 && count && list->items[*index].config_length == 0)
        return ub_fail(err, UB_DEV_DESCRIPTOR, "the configuration descriptor of %s cannot be read",
                       roll.text);
    if (roll.count && count)
        return ub_fail(err, UB_DEV_NOT_DFU, "no DFU interface at %s", roll.text);
    return count ? ub_fail(err, UB_DEV_NONE, "no attached device fits \"%s\"", selector)
                 : ub_fail(err, UB_DEV_NONE, "no device with a DFU interface is attached");
}

static size_t mark(const struct ub_quirks *quirks, const struct ub_usb_list *list,
                   const struct term *terms, size_t count, enum wanted wanted, bool *chosen)
{
    size_t found = 0;
    for (size_t i = 0; i < list->count; i++) {
        struct ub_device device;
        ub_describe(quirks, &list->items[i], &device);
        if (!fits(terms, count, &device) || !is_wanted(wanted, device.mode))
            continue;
        chosen[i] = true;
        found++;
    }
    return found;
}

enum ub_code ub_select_all(const struct ub_quirks *quirks, const struct ub_usb_list *list,
                           const char *selector, bool *chosen, size_t *found, struct ub_error *err)
{
    struct term terms[TERMS_MAX] = {0};
    size_t count;
    enum ub_code code = parse_selector(selector, terms, &count, err);
    if (code)
        return code;
    *found = mark(quirks, list, terms, count, count ? EITHER : IN_DFU, chosen);
    return UB_OK;
}
