/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _POSIX_C_SOURCE 200809L /* strdup */
#include "family/quirk_select.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define PATTERN_MAX 126u /* a USB string has 126 characters (USB 2.0 section 9.6.7) */

#define PATTERN     "a pattern: * stands for any characters, ? for one"

static const struct ub_quirk_key keys[UB_QUIRK_BY_COUNT] = {
    [UB_QUIRK_BY_ID] = {"id",
                        "VVVV:PPPP in hexadecimal; PPPP may be a range such as 5117-5126, or *",
                        "vendor and product id", true},
    [UB_QUIRK_BY_RELEASE] = {"bcdDevice", "hexadecimal, such as 0200, or a range such as 0000-01ff",
                             "release number of the device", true},
    [UB_QUIRK_BY_MANUFACTURER] = {"manufacturer", PATTERN, "name of its maker", true},
    [UB_QUIRK_BY_PRODUCT] = {"product", PATTERN, "its name", true},
    [UB_QUIRK_BY_SERIAL] = {"serial", PATTERN, "serial number", true},
    [UB_QUIRK_BY_MAP] = {"map", PATTERN,
                         "name of any of its alternate settings, which is known only once it is "
                         "open",
                         true},
    [UB_QUIRK_BY_HOLDS] = {"holds", "ADDRESS&MASK=BYTE, such as 0x1fff0009&0x20=0x00",
                           "a byte of its memory, such as its option bytes", true},
};

const struct ub_quirk_key *ub_quirk_select_key(enum ub_quirk_by by)
{
    return &keys[by];
}

enum ub_quirk_by ub_quirk_select_named(const char *name)
{
    size_t by = 0;
    while (by < UB_QUIRK_BY_COUNT && strcmp(keys[by].name, name) != 0)
        by++;
    return (enum ub_quirk_by)by;
}

static bool read_hex16(const char *text, size_t length, uint16_t *out)
{
    uint64_t value = 0;
    if (length > 4 || !ub_parse_digits(text, length, 16, UINT16_MAX, &value))
        return false;
    *out = (uint16_t)value;
    return true;
}

/* "5117", "5117-5126" or, where `any` allows it, "*". */
static bool read_range(const char *text, bool any, uint16_t *first, uint16_t *last)
{
    if (any && strcmp(text, "*") == 0) {
        *first = 0;
        *last = UINT16_MAX;
        return true;
    }
    const char *dash = strchr(text, '-');
    size_t length = dash ? (size_t)(dash - text) : strlen(text);
    if (!read_hex16(text, length, first))
        return false;
    *last = *first;
    return !dash || (read_hex16(dash + 1, strlen(dash + 1), last) && *first <= *last);
}

static bool read_id(const char *text, struct ub_quirk_condition *out)
{
    const char *colon = strchr(text, ':');
    return colon && read_hex16(text, (size_t)(colon - text), &out->vid) &&
           read_range(colon + 1, true, &out->first, &out->last);
}

/* "0x1fff0009&0x20=0x00" */
static bool read_holds(const char *text, struct ub_quirk_condition *out)
{
    char address[16];
    char mask[16];
    uint64_t numbers[3];
    const char *and_sign = strchr(text, '&');
    const char *equals = and_sign ? strchr(and_sign, '=') : NULL;
    if (!equals || !ub_print(address, sizeof(address), "%.*s", (int)strcspn(text, "&"), text) ||
        !ub_print(mask, sizeof(mask), "%.*s", (int)strcspn(and_sign + 1, "="), and_sign + 1) ||
        !ub_parse_number(address, UINT32_MAX, &numbers[0]) ||
        !ub_parse_number(mask, UINT8_MAX, &numbers[1]) ||
        !ub_parse_number(equals + 1, UINT8_MAX, &numbers[2]))
        return false;
    out->address = (uint32_t)numbers[0];
    out->mask = (uint8_t)numbers[1];
    out->value = (uint8_t)numbers[2];
    return out->mask != 0 && (out->value & ~out->mask) == 0;
}

static bool read_text(enum ub_quirk_by by, const char *text, struct ub_quirk_condition *out)
{
    switch (by) {
    case UB_QUIRK_BY_ID:
        return read_id(text, out);
    case UB_QUIRK_BY_RELEASE:
        return read_range(text, false, &out->first, &out->last);
    case UB_QUIRK_BY_HOLDS:
        return read_holds(text, out);
    case UB_QUIRK_BY_MANUFACTURER:
    case UB_QUIRK_BY_PRODUCT:
    case UB_QUIRK_BY_SERIAL:
    case UB_QUIRK_BY_MAP:
        return text[0] != '\0' && strlen(text) <= PATTERN_MAX;
    case UB_QUIRK_BY_COUNT:
        break;
    }
    return false;
}

bool ub_quirk_condition_read(enum ub_quirk_by by, const char *text, struct ub_quirk_condition *out,
                             bool *memory)
{
    *memory = false;
    *out = (struct ub_quirk_condition){.by = by};
    if (!read_text(by, text, out))
        return false;
    out->text = strdup(text);
    *memory = out->text == NULL;
    return !*memory;
}

/* Behind one character of UTF-8. */
static const char *behind(const char *text)
{
    do
        text++;
    while (((uint8_t)*text & 0xc0u) == 0x80u);
    return text;
}

bool ub_quirk_pattern_fits(const char *pattern, const char *text)
{
    const char *star = NULL; /* the last '*' that was met, and the text from which it was tried */
    const char *from = NULL;
    while (*text) {
        if (*pattern == '*') {
            star = pattern++;
            from = text;
        } else if (*pattern == '?') {
            pattern++;
            text = behind(text);
        } else if (*pattern == *text) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star + 1;
            from = behind(from);
            text = from;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

static bool printable(uint32_t byte)
{
    return byte >= 0x20 && byte < 0x7f;
}

bool ub_quirk_unpack(const char *text, char *to, size_t size)
{
    const uint8_t *at = (const uint8_t *)text;
    size_t length = 0;
    for (; *at; at += 3) {
        /* two printable bytes make a character from U+2020 to U+7E7E: three bytes of UTF-8 */
        if ((at[0] & 0xf0u) != 0xe0u || (at[1] & 0xc0u) != 0x80u || (at[2] & 0xc0u) != 0x80u)
            return false;
        uint32_t c = (at[0] & 0x0fu) << 12 | (at[1] & 0x3fu) << 6 | (at[2] & 0x3fu);
        if (!printable(c & 0xffu) || !printable(c >> 8) || length + 2 >= size)
            return false;
        to[length++] = (char)(c & 0xffu);
        to[length++] = (char)(c >> 8);
    }
    if (size)
        to[length] = '\0';
    return length > 0;
}

static bool serial_fits(const char *pattern, const char *serial)
{
    char bytes[UB_STRING_TEXT];
    return ub_quirk_pattern_fits(pattern, serial) ||
           (ub_quirk_unpack(serial, bytes, sizeof(bytes)) && ub_quirk_pattern_fits(pattern, bytes));
}

static bool name_fits(const char *pattern, const struct ub_quirk_device *device)
{
    for (size_t i = 0; device->names && i < device->name_count; i++)
        if (ub_quirk_pattern_fits(pattern, device->names[i]))
            return true;
    return false;
}

static bool condition_fits(const struct ub_quirk_condition *condition,
                           const struct ub_quirk_device *device)
{
    const struct ub_usb_info *info = device->info;
    switch (condition->by) {
    case UB_QUIRK_BY_ID:
        return info->vid == condition->vid && info->pid >= condition->first &&
               info->pid <= condition->last;
    case UB_QUIRK_BY_RELEASE:
        return info->bcdDevice >= condition->first && info->bcdDevice <= condition->last;
    case UB_QUIRK_BY_MANUFACTURER:
        return ub_quirk_pattern_fits(condition->text, info->manufacturer);
    case UB_QUIRK_BY_PRODUCT:
        return ub_quirk_pattern_fits(condition->text, info->product);
    case UB_QUIRK_BY_SERIAL:
        return serial_fits(condition->text, info->serial);
    case UB_QUIRK_BY_MAP:
        return name_fits(condition->text, device);
    case UB_QUIRK_BY_HOLDS:
        return device->holds && device->holds(device->self, condition);
    case UB_QUIRK_BY_COUNT:
        break;
    }
    return false;
}

uint32_t ub_quirk_conditions_fit(const struct ub_quirk_condition *conditions, size_t count,
                                 const struct ub_quirk_device *device)
{
    /* kind by kind, so that memory, the last one, is read only if all else fits */
    uint32_t all = 0;
    for (size_t by = 0; by < UB_QUIRK_BY_COUNT; by++) {
        bool asked = false;
        bool fits = false;
        for (size_t i = 0; i < count && i < UB_QUIRK_CONDITIONS_MAX; i++) {
            if (conditions[i].by != by)
                continue;
            bool one = condition_fits(&conditions[i], device);
            asked = true;
            fits = fits || one;
            all |= (uint32_t)one << i;
        }
        if (asked && !fits)
            return 0;
    }
    return all;
}
